"""Hand-off lists as they are read, printed and acknowledged: one's own, or for planners those of a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, NotFound
from gridmap.formats.handoff_lists import CarriedPosting, HandedPart, HandoffList
from gridmap.formats.plan_sheets.holdings import order_of
from gridmap.models import Area, Handoff, HandoffCarry, Plan, Staff, StaffRole
from gridmap.services import audit
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.places import get_area
from gridmap.services.plans import get_plan
from gridmap.services.rows import AnyRow
from gridmap.services.staff import get_staff
from gridmap.settings import LOCAL_ZONE

MOST_SHEETS = 150  # as of booklets: an answer stays well below the server's patience


def list_handoffs(
    session: Session, actor: Actor, staff_code: str, *, is_open: bool | None = None
) -> list[HandoffList]:
    """List what a post has handed over and taken over, the newest plan first.

    Everybody reads the lists of the own post; those of others planners, in their areas.

    Parameters
    ----------
    is_open
        True: those not acknowledged yet; False: those that are; None: all.

    Raises
    ------
    NotFound
        If there is no such post for the actor.
    """
    require(actor, "staff.read")
    own = session.scalar(select(Staff.id).where(Staff.code == staff_code))
    where: list[ColumnElement[bool]] = [Staff.code == staff_code]
    is_own = own is not None and own == actor.staff_id
    if not is_own:
        require(actor, "plans.write")
        where.append(scope_of(actor, Plan.area_id))
    if is_open is not None:
        where.append(Handoff.acknowledged_at.is_(None) if is_open else Handoff.acknowledged_at.is_not(None))
    found = _load(session, where)
    if not found and not is_own:
        get_staff(session, actor, staff_code)  # tells a post that has none from one that is not there
    return found


def list_my_handoffs(session: Session, actor: Actor, *, is_open: bool | None = None) -> list[HandoffList]:
    """List what the post behind the actor's account has handed over and taken over; see `list_handoffs`.

    Raises
    ------
    NotFound
        If no post stands behind it.
    """
    return list_handoffs(session, actor, _own_code(session, actor), is_open=is_open)


def get_handoff(session: Session, actor: Actor, staff_code: str, plan_id: int) -> HandoffList:
    """Get the hand-off list of a post for one plan.

    Raises
    ------
    NotFound
        If there is none for the actor.
    """
    for one in list_handoffs(session, actor, staff_code):
        if one.plan_id == plan_id:
            return one
    raise NotFound("no_handoff", post=staff_code, plan=plan_id)


def list_handoffs_of_plan(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    area_code: str | None = None,
    state: str = "",
    after_code: str = "",
    limit: int | None = None,
) -> list[AnyRow]:
    """List the posts that have a hand-off list of a plan, by code: counts, no order of merit.

    Parameters
    ----------
    area_code
        Only those with buildings or micro-grids of this area on their list.
    state
        ``open``, ``acknowledged`` or ``undecided`` (with a posting to be decided); empty = all.

    Returns
    -------
    list of Row
        The columns of ``sql/handoff_counts.sql``.

    Raises
    ------
    NotFound
        If there is no such plan or area for the actor.
    """
    require(actor, "plans.write")
    plan = get_plan(session, actor, plan_id)
    area = None if area_code is None else get_area(session, actor, area_code).id
    asked = {"plan_id": plan.id, "area_id": area, "state": state, "after_code": after_code, "at_most": limit}
    return list(session.execute(sql("handoff_counts"), asked).all())


def count_handoffs_of_plan(
    session: Session, actor: Actor, plan_id: int, *, area_code: str | None = None
) -> dict[str, int]:
    """Count the hand-off lists of a plan, or of an area of it.

    Returns
    -------
    dict
        ``posts`` (with a list), ``acknowledged``, ``open``, ``undecided`` (postings), ``most_sheets`` (so
        many are printed at once).
    """
    rows = list_handoffs_of_plan(session, actor, plan_id, area_code=area_code)
    acknowledged = sum(row.is_acknowledged for row in rows)
    return {
        "posts": len(rows),
        "acknowledged": acknowledged,
        "open": len(rows) - acknowledged,
        "undecided": sum(len(row.undecided) for row in rows),
        "most_sheets": MOST_SHEETS,
    }


def get_handoffs_of_plan(
    session: Session, actor: Actor, plan_id: int, *, area_code: str | None = None, most: int | None = None
) -> list[HandoffList]:
    """Read the hand-off lists of a plan whole, for tables and sheets.

    Parameters
    ----------
    most
        How many there may be; None = any number.

    Raises
    ------
    NotFound
        If there is no such plan or area for the actor.
    BadInput
        If there are none, or too many for sheets.
    """
    rows = list_handoffs_of_plan(session, actor, plan_id, area_code=area_code)
    if most is not None and not rows:
        raise BadInput("handoffs_none", plan=plan_id)
    if most is not None and len(rows) > most:
        raise BadInput("handoffs_too_many", plan=plan_id, count=len(rows), most=most)
    ids = [row.staff_id for row in rows]
    return _load(session, [Handoff.plan_id == plan_id, Handoff.staff_id.in_(ids)])


def acknowledge_handoff(session: Session, actor: Actor, plan_id: int) -> HandoffList:
    """Say that the actor's own post has taken over what a plan gave it; saying it twice changes nothing.

    Raises
    ------
    NotFound
        If no post stands behind the account, or it has no hand-off list of this plan.
    """
    code = _own_code(session, actor)
    row = session.get(Handoff, (plan_id, actor.staff_id), with_for_update=True)
    if row is None:
        raise NotFound("no_handoff", post=code, plan=plan_id)
    if row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = func.now(), actor.account_id
        session.flush()
        audit.record(session, actor, "acknowledged", "handoff", f"{plan_id}/{code}", plan=plan_id)
    return get_handoff(session, actor, code, plan_id)


def _own_code(session: Session, actor: Actor) -> str:
    require(actor, "staff.read")
    code = session.scalar(select(Staff.code).where(Staff.id == (actor.staff_id or 0)))
    if code is None:
        raise NotFound("no_post")
    return code


def _load(session: Session, where: Sequence[ColumnElement[bool]]) -> list[HandoffList]:
    """Read hand-off lists with all that stands on them: newest plan first, then by post."""
    heads = _read_heads(session, where)
    asked = {"plan_ids": [row.plan_id for row in heads], "staff_ids": [row.staff_id for row in heads]}
    parts: dict[tuple[int, int], list[HandedPart]] = defaultdict(list)
    for row in session.execute(sql("handoff_list_parts"), asked):
        values = row._asdict()
        key = (values.pop("plan_id"), values.pop("staff_id"))
        parts[key].append(HandedPart(**values | {"others": tuple(row.others)}))
    carries: dict[tuple[int, int], list[CarriedPosting]] = defaultdict(list)
    plans, staff = set(asked["plan_ids"]), set(asked["staff_ids"])
    query = select(HandoffCarry).where(HandoffCarry.plan_id.in_(plans), HandoffCarry.staff_id.in_(staff))
    for one in session.scalars(query.order_by(HandoffCarry.from_code, HandoffCarry.starts_on)):
        carries[one.plan_id, one.staff_id].append(_carry(one))
    return [_list(row, parts, carries) for row in heads]


def _read_heads(session: Session, where: Sequence[ColumnElement[bool]]) -> list[AnyRow]:
    query = (
        select(
            Handoff.plan_id,
            Handoff.staff_id,
            Handoff.effective_on,
            Handoff.acknowledged_at,
            Staff.code,
            Staff.role,
            Staff.organisation,
            StaffRole.name_zh,
            StaffRole.name_en,
            Area.code.label("area_code"),
            Area.name.label("area_name"),
            Area.name_en.label("area_name_en"),
        )
        .join(Staff, Staff.id == Handoff.staff_id)
        .join(StaffRole, StaffRole.code == Staff.role)
        .join(Plan, Plan.id == Handoff.plan_id)
        .join(Area, Area.id == Plan.area_id)
        .where(*where)
        .order_by(Handoff.plan_id.desc(), Staff.code)
    )
    return list(session.execute(query).all())


def _carry(row: HandoffCarry) -> CarriedPosting:
    return CarriedPosting(row.from_code, row.to_code, row.outcome, row.households, row.households_shared)


def _list(row: AnyRow, parts: Any, carries: Any) -> HandoffList:
    key = (row.plan_id, row.staff_id)
    said = row.acknowledged_at
    return HandoffList(
        staff_code=row.code,
        role=row.role,
        role_zh=row.name_zh,
        role_en=row.name_en,
        organisation=row.organisation,
        plan_id=row.plan_id,
        area_code=row.area_code,
        area_name=row.area_name,
        area_name_en=row.area_name_en or row.area_name,
        effective_on=row.effective_on,
        acknowledged_at=said and said.astimezone(ZoneInfo(LOCAL_ZONE)),
        parts=tuple(sorted(parts[key], key=order_of)),
        carries=tuple(carries[key]),
    )
