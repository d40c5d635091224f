"""Workload: what a posting carries, and how that spreads among the posts of its role. Nobody is ranked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, FieldError, NotAllowed
from gridmap.i18n import translate
from gridmap.models import Area, MicroGrid, Posting, Staff, StaffRole
from gridmap.services.actors import Actor, require
from gridmap.services.coverage import day_of
from gridmap.services.places import get_area
from gridmap.services.postings import CURRENT, is_open, lies_in
from gridmap.services.staff import get_staff
from gridmap.services.workload_figures import FEWEST_POSTS, Load, Spread, build_spreads, find_loads


@dataclass(frozen=True)
class RoleSpread:
    """How the workload of a role spreads in an area.

    Attributes
    ----------
    posts
        Posts of the role with a posting in the area on the day.
    spreads
        Of each figure, see `gridmap.services.workload_figures`.
    plan_version
        Newest published plan of the area, None without one.
    """

    area_code: str
    role: str
    role_zh: str
    role_en: str
    posts: int
    spreads: list[Spread]
    on: date
    plan_version: int | None
    definition: str
    as_of: datetime


@dataclass(frozen=True)
class Workload:
    """What one post carries, beside the spread of its role in its district (None without a district)."""

    staff_code: str
    load: Load
    spread: RoleSpread | None
    on: date
    definition: str
    as_of: datetime


def find_spread(
    session: Session,
    actor: Actor,
    area_code: str,
    role: str,
    at: datetime | None = None,
    *,
    language: str | None = None,
) -> RoleSpread:
    """Find how the workload of a role spreads in an area.

    Parameters
    ----------
    at
        Moment, with zone, whose local day counts; now by default.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        For an unknown role.
    """
    require(actor, "coverage.read")
    area = get_area(session, actor, area_code)
    return _spread_in(session, area, role, day_of(at), language or actor.language)


def find_workload(
    session: Session,
    actor: Actor,
    staff_code: str,
    at: datetime | None = None,
    *,
    language: str | None = None,
) -> Workload:
    """Find what a post carries; field staff see their own.

    Raises
    ------
    NotFound
        If there is no such post in the actor's scope.
    NotAllowed
        If it is somebody else's and the actor may not read coverage.
    """
    post = get_staff(session, actor, staff_code)
    staff = session.scalar(select(Staff).where(Staff.code == staff_code))
    assert staff is not None
    if staff.id != actor.staff_id and not actor.may("coverage.read"):
        raise NotAllowed(action="coverage.read", role=actor.role)
    on, spoken = day_of(at), language or actor.language
    district = _find_district(session, staff, on)
    spread = None if district is None else _spread_in(session, district, post["role"], on, spoken)
    load = find_loads(session, [staff.id], on)[staff.id]
    return Workload(staff_code, load, spread, on, _define(spoken), datetime.now(UTC))


def list_posts_of_role(session: Session, area: Area, roles: list[str], on: date) -> list[Staff]:
    """List the posts of some roles with a posting in an area on a day, by code."""
    posted = select(Posting.staff_id).where(is_open(on), lies_in((area.id,)))
    query = select(Staff).where(Staff.role.in_(roles), Staff.id.in_(posted)).order_by(Staff.code)
    return list(session.scalars(query))


def _spread_in(session: Session, area: Area, role: str, on: date, language: str) -> RoleSpread:
    known = session.get(StaffRole, role)
    if known is None:
        hint = " | ".join(session.scalars(select(StaffRole.code).order_by(StaffRole.code)))
        raise BadInput(fields=[FieldError("query", "role", "duty_role", role[:60], hint)])
    ids = [staff.id for staff in list_posts_of_role(session, area, [role], on)]
    loads = find_loads(session, ids, on).values()
    below = select(Area.id).where(Area.lineage.contains([area.id]))
    plan = session.scalar(select(func.max(MicroGrid.plan_id)).where(*CURRENT, MicroGrid.grid_id.in_(below)))
    return RoleSpread(
        area.code,
        role,
        known.name_zh,
        known.name_en,
        len(ids),
        build_spreads(loads),
        on,
        plan,
        _define(language),
        datetime.now(UTC),
    )


def _define(language: str) -> str:
    return translate("workload.definition", language, fewest=FEWEST_POSTS)


def _find_district(session: Session, staff: Staff, on: date) -> Area | None:
    """Find the district a post works in: of a place it answers for, else of its office."""
    districts = select(Area).where(Area.level == "district").order_by(Area.code)
    for area in session.scalars(districts):
        if session.scalar(select(Posting.id).where(_held_in(staff, area, on)).limit(1)) is not None:
            return area
    office = session.get(Area, staff.office_id) if staff.office_id is not None else None
    return session.get(Area, office.lineage[0]) if office else None


def _held_in(staff: Staff, area: Area, on: date) -> ColumnElement[bool]:
    return (Posting.staff_id == staff.id) & is_open(on) & lies_in((area.id,))
