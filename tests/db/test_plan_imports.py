"""Plans from outside on the sample town: what comes out goes in again and is the same; faults are named."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from sqlalchemy import func, select

from gridmap.formats.layers import read_layer
from gridmap.formats.plan_files import write_plan
from gridmap.models import Assignment, MicroGrid, Plan
from gridmap.services import plan_runs, plans
from gridmap.services.actors import SYSTEM
from gridmap.services.exchange import ACTIONS, load_layer
from gridmap.services.plan_export import export_plan
from gridmap.services.plan_frames import read_frame
from gridmap.services.plan_imports import Imported, Source, import_plan

if TYPE_CHECKING:
    from gridmap.db import Database

TOWN = Path(__file__).parents[2] / "geodata" / "sample_town"
DISTRICT, GRID_1, GRID_2 = "370698", "370698001001001", "370698001001002"
HEADER = ["micro_grid", "building_source", "building_id", "entrance_number", "floor_from", "floor_to"]
NARROW = {"households_min": 20, "households_target": 25, "households_max": 30}


@pytest.fixture
def town(database: Database) -> Database:
    """The sample town: grid 1 has six slabs of 48 households, grid 2 three towers of 72 and one of 44."""
    with database.transaction() as session:
        for kind in ACTIONS:
            (path,) = TOWN.glob(f"{kind}.*")
            load_layer(session, SYSTEM, kind, read_layer(kind, path))
    return database


def create(town: Database, **rules: Any) -> Plan:
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


def drawn(town: Database, plan_id: int) -> dict[str, tuple[Any, ...]]:
    """Everything a micro-grid shows, by code; the polygon to the last bit."""
    query = select(
        MicroGrid.code, MicroGrid.households, MicroGrid.households_estimated, MicroGrid.building_count,
        MicroGrid.status, MicroGrid.stacked, MicroGrid.contents, func.ST_AsBinary(MicroGrid.geom),
    )  # fmt: skip
    with town.transaction() as session:
        rows = session.execute(query.where(MicroGrid.plan_id == plan_id)).all()
    return {row[0]: (*row[1:-1], None if row[-1] is None else bytes(row[-1])) for row in rows}


def shapes_of(town: Database, plan_id: int) -> dict[str, Any]:
    with town.transaction() as session:
        frame = read_frame(session, "plan_micro_grids", plan_id=plan_id)
    return dict(zip(frame["code"], frame.geometry, strict=True))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("rules", [{}, NARROW], ids=["usual", "floors"])
def test_what_is_exported_comes_back_as_it_was(
    town: Database, tmp_path: Path, ending: str, rules: dict[str, int]
) -> None:
    plan = create(town, **rules)
    path = export(town, plan, tmp_path / f"plan.{ending}")
    made = bring(town, path, rules=rules)
    assert made.plan.id != plan.id
    assert made.plan.status == "draft"
    assert (made.buildings_unassigned, made.doubtful, made.retired_codes) == (0, (), ())
    assert made.rows == plan.measures["atoms"]
    assert digest_of(town, made.plan.id) == digest_of(town, plan.id)
    before, after = drawn(town, plan.id), drawn(town, made.plan.id)
    assert {code: row[:-1] for code, row in after.items()} == {code: row[:-1] for code, row in before.items()}
    old, new = shapes_of(town, plan.id), shapes_of(town, made.plan.id)
    for code, shape in old.items():
        assert (shape is None) == (new[code] is None)
        if shape is not None:
            assert shapely.equals(shape, new[code]), code
    same = {"micro_grids", "in_band", "households", "atoms", "buildings", "buildings_broken"}
    assert {name: made.plan.measures[name] for name in same} == {name: plan.measures[name] for name in same}
    with town.transaction() as session:
        kinds = {one["kind"] for one in plans.check_plan(session, SYSTEM, made.plan.id)}
        assert kinds <= {"outside_band", "not_contiguous"}


def test_the_narrow_band_breaks_buildings_into_floors(town: Database) -> None:
    """So that the round trip above has entrances and floor bands to carry."""
    plan = create(town, **NARROW)
    with town.transaction() as session:
        atoms = session.scalars(select(Assignment.atom).where(Assignment.plan_id == plan.id)).all()
        hanging = session.scalar(
            select(func.count()).where(MicroGrid.plan_id == plan.id, MicroGrid.geom.is_(None))
        )
    assert [atom for atom in atoms if atom.count("/") == 2]
    assert hanging
