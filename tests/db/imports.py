"""Plans sent as files to the sample town (see `tests.db.lives`): out, in again, refused."""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from gridmap.errors import BadInput
from gridmap.formats.plan_files import write_plan
from gridmap.models import Assignment, Finding, MicroGrid, Plan
from gridmap.services import plan_runs
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_export import export_plan
from gridmap.services.plan_imports import Imported, Source, import_plan
from tests.db.lives import DISTRICT

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.db import Database

HEADER = ["micro_grid", "building_source", "building_id", "entrance_number", "floor_from", "floor_to"]


def create(town: Database, **rules: Any) -> Plan:
    """Make a draft of the district with other rules."""
    return plan_runs.create_plan(town, SYSTEM, DISTRICT, rules=rules or None)


def export(town: Database, plan: Plan, path: Path) -> Path:
    with town.transaction() as session:
        frames = export_plan(session, SYSTEM, plan.id)
    write_plan(frames, path)
    return path


def bring(town: Database, path: Path, area: str = DISTRICT, **options: Any) -> Imported:
    rules = options.pop("rules", None)
    with town.transaction() as session:
        return import_plan(session, SYSTEM, area, Source(path, **options), rules=rules)


def digest_of(town: Database, plan_id: int) -> str:
    """Hash of (atom, code)."""
    query = select(Assignment.atom, MicroGrid.code).outerjoin(
        MicroGrid, MicroGrid.id == Assignment.micro_grid_id
    )
    with town.transaction() as session:
        rows = session.execute(query.where(Assignment.plan_id == plan_id).order_by(Assignment.atom)).all()
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def table_of(tmp_path: Path, *rows: tuple[Any, ...], header: list[str] | None = None) -> Path:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header or HEADER, *rows])
    return path


def refused(town: Database, path: Path, area: str = DISTRICT) -> list[tuple[str, str, str, str, str]]:
    """What is wrong: row, column, reason, value, hint; and nothing is there afterwards."""
    with pytest.raises(BadInput) as error:
        bring(town, path, area)
    with town.transaction() as session:
        for table in (Plan, MicroGrid, Assignment, Finding):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    return [
        (one.where.partition(":")[2], one.column, one.reason, one.value, one.hint)
        for one in error.value.fields
    ]
