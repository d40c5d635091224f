"""The demo city's heads of micro-grids: posted as a city would do it, by the import contract."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from gridmap.formats.demo_city.heads import Heads, build_heads
from gridmap.formats.layers import layer_of
from gridmap.models import Area, AuditEntry, MicroGrid, Posting, Staff
from gridmap.services.exchange import load_layer
from gridmap.services.postings import CURRENT, HEAD_ROLE
from gridmap.services.rows import AnyRow, fetch

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

_HELPED = 3  # micro-grids that the post of the field account answers for besides their heads


def post_heads(session: Session, actor: Actor, district_code: str) -> Heads | None:
    """Post a head to each published micro-grid of a demo district but a few, once.

    The post behind the ``field`` account answers for the first three of its grid as well.

    Returns
    -------
    Heads or None
        None where nothing was done: no demo district, nothing published, or heads are there already.
    """
    built = find_making(session, district_code)
    if built is None:
        return None
    inside = _is_in(session, district_code)
    micro_grids = _list_micro_grids(session, inside)
    has_heads = exists().where(Staff.role == HEAD_ROLE, Staff.office_id.in_(select(Area.id).where(inside)))
    if not micro_grids or session.scalar(select(has_heads)):
        return None
    heads = build_heads(
        [(row.code, row.community) for row in micro_grids],
        _find_helped(session, built["officer"][0]),
        district_code,
        date.fromisoformat(built["day"]),
        np.random.default_rng([built["seed"], int(district_code)]),
    )
    for kind, frame in (("staff", heads.staff), ("postings", heads.postings)):
        load_layer(session, actor, kind, layer_of(kind, frame), source="demo")
    return heads


def find_making(session: Session, code: str) -> dict[str, Any] | None:
    """Find what the audit tells of the making of a demo district: seed, day, the field account's officer."""
    entry = select(AuditEntry.details).where(
        AuditEntry.subject == "demo_district", AuditEntry.subject_id == code, AuditEntry.action == "built"
    )
    return session.scalar(entry.order_by(AuditEntry.id).limit(1))


def _is_in(session: Session, district_code: str) -> ColumnElement[bool]:
    district = session.scalar(select(Area.id).where(Area.code == district_code))
    return Area.lineage.contains([district])


def _list_micro_grids(session: Session, inside: ColumnElement[bool]) -> list[AnyRow]:
    community = aliased(Area)
    query = (
        select(MicroGrid.code, community.code.label("community"))
        .join(Area, Area.id == MicroGrid.grid_id)
        .join(community, community.id == Area.parent_id)
        .where(*CURRENT, inside)
    )
    return fetch(session, query.order_by(MicroGrid.code))


def _find_helped(session: Session, officer: str) -> tuple[str, list[str]]:
    grids = select(Posting.area_id).join(Staff, Staff.id == Posting.staff_id).where(Staff.code == officer)
    first = select(MicroGrid.code).where(*CURRENT, MicroGrid.grid_id.in_(grids)).order_by(MicroGrid.code)
    return officer, list(session.scalars(first.limit(_HELPED)))
