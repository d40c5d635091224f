"""Visits of the demo city, loaded as a city would load its own; each kind stays below its target."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import func, select

from gridmap.formats.demo_city.visits import build_visits
from gridmap.formats.layers import layer_of
from gridmap.models import Area, Assignment, Building, MicroGrid, Posting, Staff, Visit
from gridmap.services.demo_heads import find_making
from gridmap.services.exchange import load_layer
from gridmap.services.postings import CURRENT, HEAD_ROLE, is_open
from gridmap.services.rows import fetch
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor


def visit_buildings(
    session: Session, actor: Actor, district_code: str, *, now: datetime | None = None
) -> int:
    """Let heads and officers of a demo district visit most of their buildings, once.

    Parameters
    ----------
    now
        With zone; the clock's by default. Visits lie in the weeks before it.

    Returns
    -------
    int
        Visits loaded; 0 where it is no demo district or has visits already.
    """
    built = find_making(session, district_code)
    moment = (now or datetime.now(ZoneInfo(LOCAL_ZONE))).astimezone(ZoneInfo(LOCAL_ZONE))
    homes = [] if built is None else _list_homes(session, district_code, moment)
    if built is None or not homes:
        return 0
    there = select(Visit.id).where(Visit.building_id.in_([row.id for row in homes])).limit(1)
    if session.scalar(there) is not None:
        return 0
    rng = np.random.default_rng([built["seed"], int(district_code), 3])
    frame = build_visits(
        [(row.source_id, row.head, row.officer) for row in homes], moment.replace(tzinfo=None), rng
    )
    source = homes[0].source
    return load_layer(session, actor, "visits", layer_of("visits", frame), source=source).inserted


def _list_homes(session: Session, district_code: str, at: datetime) -> list[Any]:
    """List the buildings with homes: their head (of the first micro-grid) and an officer of their grid."""
    district = session.scalar(select(Area.id).where(Area.code == district_code))
    day = at.date()
    head = (
        select(func.min(Staff.code))
        .join(Posting, Posting.staff_id == Staff.id)
        .join(MicroGrid, MicroGrid.code == Posting.micro_grid_code)
        .join(Assignment, Assignment.micro_grid_id == MicroGrid.id)
        .where(Staff.role == HEAD_ROLE, is_open(day), *CURRENT, Assignment.building_id == Building.id)
    )
    officer = (
        select(func.min(Staff.code))
        .join(Posting, Posting.staff_id == Staff.id)
        .where(Staff.role == "grid_officer", is_open(day), Posting.area_id == Building.grid_id)
    )
    query = select(
        Building.id,
        Building.source,
        Building.source_id,
        head.scalar_subquery().label("head"),
        officer.scalar_subquery().label("officer"),
    ).join(Area, Area.id == Building.grid_id)
    inside = (Area.lineage.contains([district]), Building.households > 0)
    return fetch(session, query.where(*inside).order_by(Building.source_id))
