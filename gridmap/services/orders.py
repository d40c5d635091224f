"""Orders: written for residents by the desk and field staff, claimed by helpers of the area, done, confirmed.

Who claims first has it: the row is locked while a step is taken, so of two at once one gets it and the other
is told by which role it was taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from gridmap.errors import BadInput, Conflict, FieldError, NotAllowed, NotFound
from gridmap.handling.orders import (
    CLAIM,
    CLAIMED,
    CLOSED,
    HELPER_ROLES,
    KINDS,
    OPEN,
    read_steps,
    steps_for,
)
from gridmap.models import Area, Building, Order, OrderEvent, Staff, StaffRole
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.audit import record
from gridmap.services.places import get_area, in_area
from gridmap.services.postings import today
from gridmap.services.rows import AnyRow, AnySelect, fetch

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

READ, WRITE = "orders.read", "orders.write"
LONGEST_TITLE, LONGEST_TEXT = 60, 300


@dataclass(frozen=True)
class OrderDraft:
    """An order as it is written.

    Attributes
    ----------
    client_id
        Made by the writer: the same order keeps it however often it is sent.
    kind
        One of `KINDS`.
    building_id, area_code
        Where it is wanted; the building's grid where both are left to it. One of them is needed.
    wanted_by
        Last day, local.
    """

    client_id: UUID
    kind: str
    title: str
    text: str = ""
    building_id: int | None = None
    area_code: str | None = None
    wanted_by: date | None = None


def create_order(session: Session, actor: Actor, draft: OrderDraft) -> int:
    """Write an order; sent again with the same id, nothing changes. Gives its number.

    Raises
    ------
    BadInput
        If something is missing, too long, or not there.
    Conflict
        If another order has the id.
    """
    require(actor, WRITE)
    session.execute(select(func.pg_advisory_xact_lock(draft.client_id.int & 0x7FFFFFFFFFFFFFFF)))
    there = session.scalar(select(Order).where(Order.client_id == draft.client_id))
    if there is not None:
        if (there.kind, there.title, there.building_id) != (
            draft.kind,
            draft.title.strip(),
            draft.building_id,
        ):
            raise Conflict("order_id_taken")
        return there.id
    area_id = _find_place(session, actor, draft)
    if faults := _find_faults(draft, area_id):
        raise BadInput(fields=faults)
    order = Order(
        client_id=draft.client_id,
        kind=draft.kind,
        title=draft.title.strip(),
        text=draft.text.strip(),
        area_id=area_id,
        building_id=draft.building_id,
        wanted_by=draft.wanted_by,
        state=OPEN,
        created_by=actor.account_id,
        ordered_by=actor.staff_id,
    )
    session.add(order)
    session.flush()
    _note(session, actor, order, "create", datetime.now(UTC))
    record(session, actor, "created", "order", order.id, kind=order.kind)
    return order.id


def take_order_step(session: Session, actor: Actor, order_id: int, action: str) -> str:
    """Take a step on an order; the step one took last, sent again, changes nothing. Gives the state after it.

    Raises
    ------
    NotFound
        If there is none in the actor's scope.
    NotAllowed
        If it is a step, but not the actor's.
    Conflict
        If the state does not allow it; of a claim that came second, with the role that has it.
    """
    require(actor, WRITE)
    found = select(Order).where(Order.id == order_id, _is_seen(actor))
    order = session.scalar(found.with_for_update())
    if order is None:
        raise NotFound
    step = read_steps().get((order.state, action))
    if step is None:
        if _is_repeated(session, actor, order, action):
            return order.state
        raise _refusal(session, order, action)
    if not step.by & _parts_of(session, actor, order):
        raise NotAllowed(action=action, role=actor.role)
    now = datetime.now(UTC)
    order.state = step.to_state
    order.version += 1
    if action == CLAIM:
        order.claimed_by = actor.staff_id
    elif step.to_state == OPEN:
        order.claimed_by = None
    order.closed_at = now if step.to_state in CLOSED else None
    _note(session, actor, order, action, now)
    record(session, actor, "moved", "order", order.id, step=action, state=order.state)
    return order.state


def list_orders(
    session: Session,
    actor: Actor,
    *,
    area_code: str | None = None,
    kind: str | None = None,
    state: str | None = None,
    is_open: bool | None = None,
    before_id: int = 0,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """List orders of the actor's areas, the newest first.

    Parameters
    ----------
    is_open
        Whether something is left to do.
    before_id
        Only those with a smaller number; 0 = from the newest.

    Returns
    -------
    list of dict
        ``id``, ``kind``, ``title``, ``text``, ``area_code``, ``area_name``, ``area_name_en``,
        ``building_id``, ``building_name``, ``lon``, ``lat``, ``wanted_by``, ``is_overdue``, ``state``,
        ``version``, ``created_at``, ``claimed_role_zh``, ``claimed_role_en``, ``is_mine`` (claimed by one's
        own post), ``is_ordered_by_me``, and ``steps``: the actions one may take now.
    """
    require(actor, READ)
    where: list[ColumnElement[bool]] = [_is_seen(actor)]
    if area_code is not None:
        where.append(in_area(Order.area_id, get_area(session, actor, area_code)))
    if kind is not None:
        where.append(Order.kind == kind)
    if state is not None:
        where.append(Order.state == state)
    if is_open is not None:
        where.append(Order.state.not_in(CLOSED) if is_open else Order.state.in_(CLOSED))
    if before_id:
        where.append(Order.id < before_id)
    query = _orders().where(*where).order_by(Order.id.desc()).limit(limit)
    is_helper = _is_helper(session, actor)
    return [_describe(actor, row, is_helper) for row in fetch(session, query)]


def get_order(session: Session, actor: Actor, order_id: int) -> dict[str, Any]:
    """Get an order; as in `list_orders`.

    Raises
    ------
    NotFound
        If there is none in the actor's scope.
    """
    require(actor, READ)
    rows = fetch(session, _orders().where(Order.id == order_id, _is_seen(actor)))
    if not rows:
        raise NotFound
    return _describe(actor, rows[0], _is_helper(session, actor))


def list_my_orders(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """List the orders that concern the actor's own post: open to it, claimed by it, or ordered by it."""
    require(actor, READ)
    if actor.staff_id is None:
        raise NotFound("no_post")
    is_helper = _is_helper(session, actor)
    mine = [Order.claimed_by == actor.staff_id, Order.ordered_by == actor.staff_id]
    if is_helper:
        mine.append(Order.state == OPEN)
    query = _orders().where(_is_seen(actor), Order.state.not_in(CLOSED), or_(*mine))
    rows = fetch(session, query.order_by(Order.wanted_by.nulls_last(), Order.id))
    return [_describe(actor, row, is_helper) for row in rows]


def _is_seen(actor: Actor) -> ColumnElement[bool]:
    """Build the condition that an order lies in the actor's areas, or is one of its post."""
    seen = scope_of(actor, Order.area_id)
    if actor.staff_id is None:
        return seen
    return or_(seen, Order.claimed_by == actor.staff_id, Order.ordered_by == actor.staff_id)


def _orders() -> AnySelect:
    claimant = aliased(Staff)
    spot = func.coalesce(Building.point, func.ST_PointOnSurface(Area.geom))
    return (
        select(
            Order.id,
            Order.kind,
            Order.title,
            Order.text,
            Area.code.label("area_code"),
            Area.name.label("area_name"),
            Area.name_en.label("area_name_en"),
            Order.building_id,
            func.coalesce(func.nullif(Building.address, ""), Building.name).label("building_name"),
            func.ST_X(spot).label("lon"),
            func.ST_Y(spot).label("lat"),
            Order.wanted_by,
            Order.state,
            Order.version,
            Order.created_at,
            Order.created_by,
            Order.ordered_by,
            Order.claimed_by,
            StaffRole.name_zh.label("claimed_role_zh"),
            StaffRole.name_en.label("claimed_role_en"),
        )
        .join(Area, Area.id == Order.area_id)
        .outerjoin(Building, Building.id == Order.building_id)
        .outerjoin(claimant, claimant.id == Order.claimed_by)
        .outerjoin(StaffRole, StaffRole.code == claimant.role)
    )


def _describe(actor: Actor, row: AnyRow, is_helper: bool) -> dict[str, Any]:
    order = row._asdict()
    steps = steps_for(row.state, _parts(actor, row, is_helper)) if actor.may(WRITE) else []
    created, ordered, claimed = (order.pop(name) for name in ("created_by", "ordered_by", "claimed_by"))
    return order | {
        "is_overdue": row.wanted_by is not None and row.wanted_by < today() and row.state not in CLOSED,
        "is_mine": claimed is not None and claimed == actor.staff_id,
        "is_ordered_by_me": _is_orderer(actor, created, ordered),
        "steps": [step.action for step in steps],
    }


def _is_orderer(actor: Actor, created_by: int | None, ordered_by: int | None) -> bool:
    by_account = created_by is not None and created_by == actor.account_id
    return by_account or (ordered_by is not None and ordered_by == actor.staff_id)


def _is_helper(session: Session, actor: Actor) -> bool:
    if actor.staff_id is None:
        return False
    return session.scalar(select(Staff.role).where(Staff.id == actor.staff_id)) in HELPER_ROLES


def _parts(actor: Actor, order: Order | AnyRow, is_helper: bool) -> set[str]:
    parts = {
        "helper": is_helper,
        "claimant": order.claimed_by is not None and order.claimed_by == actor.staff_id,
        "orderer": _is_orderer(actor, order.created_by, order.ordered_by),
        "desk": actor.role != "field",
    }
    return {name for name, holds in parts.items() if holds}


def _parts_of(session: Session, actor: Actor, order: Order) -> set[str]:
    return _parts(actor, order, _is_helper(session, actor))


def _is_repeated(session: Session, actor: Actor, order: Order, action: str) -> bool:
    """Tell whether the last step on an order was this one, taken by the same actor."""
    last = select(OrderEvent).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id.desc()).limit(1)
    event = session.scalars(last).one()
    return (event.action, event.account_id, event.staff_id) == (action, actor.account_id, actor.staff_id)


def _refusal(session: Session, order: Order, action: str) -> Conflict:
    if action == CLAIM and order.state == CLAIMED:
        role = select(StaffRole).join(Staff, Staff.role == StaffRole.code).where(Staff.id == order.claimed_by)
        if (found := session.scalar(role)) is not None:
            return Conflict("order_claimed", role_zh=found.name_zh, role_en=found.name_en)
    return Conflict("order_moved_on")


def _find_place(session: Session, actor: Actor, draft: OrderDraft) -> int | None:
    """Find the area an order lies in, as far as the actor may see it; None = no such place."""
    if draft.building_id is not None:
        where = (Building.id == draft.building_id, scope_of(actor, Building.grid_id))
        return session.scalar(select(Building.grid_id).where(*where))
    if draft.area_code is not None:
        return get_area(session, actor, draft.area_code).id
    return None


def _find_faults(draft: OrderDraft, area_id: int | None) -> list[FieldError]:
    faults = []
    if draft.kind not in KINDS:
        faults.append(FieldError("body", "kind", "api_not_one_of", draft.kind, " | ".join(KINDS)))
    if not draft.title.strip():
        faults.append(FieldError("body", "title", "api_missing"))
    for name, value, most in (("title", draft.title, LONGEST_TITLE), ("text", draft.text, LONGEST_TEXT)):
        if len(value.strip()) > most:
            faults.append(FieldError("body", name, "api_too_long", hint=str(most)))
    if area_id is None:
        reason = "api_missing" if draft.building_id is None else "unknown_building"
        faults.append(FieldError("body", "building_id", reason, str(draft.building_id or "")))
    if draft.wanted_by is not None and draft.wanted_by < today():
        faults.append(FieldError("body", "wanted_by", "order_day_over", draft.wanted_by.isoformat()))
    return faults


def _note(session: Session, actor: Actor, order: Order, action: str, at: datetime) -> None:
    event = OrderEvent(
        order_id=order.id,
        at=at,
        action=action,
        to_state=order.state,
        account_id=actor.account_id,
        staff_id=actor.staff_id,
    )
    session.add(event)
    session.flush()
