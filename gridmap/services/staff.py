"""Staff: posts by role and number, the places they answer for, and what one's own post answers for."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from gridmap.errors import NotFound
from gridmap.models import Area, Posting, Staff, StaffRole, Station
from gridmap.services.actors import Actor, lineage_meets, require
from gridmap.services.micro_grids import list_micro_grids
from gridmap.services.places import get_area, list_buildings
from gridmap.services.postings import (
    is_open,
    lies_in,
    list_postings_of_staff,
    today,
)
from gridmap.services.rows import AnyRow, fetch


def list_roles(session: Session, actor: Actor) -> list[StaffRole]:
    """List the register of roles: ``code``, ``name_zh``, ``name_en``."""
    require(actor, "staff.read")
    return list(session.scalars(select(StaffRole).order_by(StaffRole.code)))


def list_staff(
    session: Session,
    actor: Actor,
    *,
    area_code: str | None = None,
    role: str | None = None,
    after_code: str = "",
    limit: int | None = 100,
) -> list[AnyRow]:
    """List posts by code: those with their office or a posting inside the actor's areas.

    Returns
    -------
    list of Row
        ``code``, ``role``, ``role_zh``, ``role_en``, ``organisation``, ``office_code``, ``station_code``,
        ``duty_phone``, ``skills``.
    """
    where = _staff_where(session, actor, area_code, role)
    query = _staff().where(*where, Staff.code > after_code).order_by(Staff.code).limit(limit)
    return fetch(session, query)


def count_staff(
    session: Session, actor: Actor, *, area_code: str | None = None, role: str | None = None
) -> int:
    """Count what `list_staff` would list."""
    where = _staff_where(session, actor, area_code, role)
    return session.scalar(select(func.count()).select_from(Staff).where(*where)) or 0


def get_staff(session: Session, actor: Actor, code: str, *, on: date | None = None) -> dict[str, Any]:
    """Get a post with the places it answers for on a day (today by default).

    Raises
    ------
    NotFound
        If there is none, or neither its office nor a posting lies inside the actor's areas.
    """
    where = [*_staff_where(session, actor, None, None), Staff.code == code]
    row = session.execute(_staff().add_columns(Staff.id).where(*where)).one_or_none()
    if row is None:
        raise NotFound
    return {**row._asdict(), "postings": list_postings_of_staff(session, row.id, on or today())}


def get_my_post(session: Session, actor: Actor) -> dict[str, Any]:
    """Get the post behind the actor's account with the places it answers for today.

    Raises
    ------
    NotFound
        If no post stands behind it.
    """
    require(actor, "staff.read")
    row = session.execute(
        _staff().add_columns(Staff.id).where(Staff.id == (actor.staff_id or 0))
    ).one_or_none()
    if row is None:
        raise NotFound("no_post")
    return {**row._asdict(), "postings": list_postings_of_staff(session, row.id, today())}


def my_micro_grids(session: Session, actor: Actor) -> list[AnyRow]:
    """List the published micro-grids that the actor's post answers for today; see `list_micro_grids`."""
    return list_micro_grids(session, actor, mine=True, limit=None)


def my_buildings(session: Session, actor: Actor) -> list[AnyRow]:
    """List the buildings that the actor's post answers for today; see `list_buildings`."""
    return list_buildings(session, actor, mine=True, limit=None)


def _staff() -> Any:
    office = aliased(Area)
    return (
        select(
            Staff.code,
            Staff.role,
            StaffRole.name_zh.label("role_zh"),
            StaffRole.name_en.label("role_en"),
            Staff.organisation,
            office.code.label("office_code"),
            Station.code.label("station_code"),
            Staff.duty_phone,
            Staff.skills,
        )
        .join(StaffRole, StaffRole.code == Staff.role)
        .outerjoin(office, office.id == Staff.office_id)
        .outerjoin(Station, Station.id == Staff.station_id)
    )


def _staff_where(
    session: Session, actor: Actor, area_code: str | None, role: str | None
) -> list[ColumnElement[bool]]:
    require(actor, "staff.read")
    where = []
    if actor.area_ids is not None:
        where.append(_works_in(actor.area_ids))
    if area_code is not None:
        where.append(_works_in((get_area(session, actor, area_code).id,)))
    if role is not None:
        where.append(Staff.role == role)
    return where


def _works_in(area_ids: tuple[int, ...]) -> ColumnElement[bool]:
    posted = exists().where(Posting.staff_id == Staff.id, is_open(today()), lies_in(area_ids))
    return or_(Staff.office_id.in_(select(Area.id).where(lineage_meets(area_ids))), posted)
