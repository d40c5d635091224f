"""What is stored about the one who asks: the account, the post behind it, and all that both have done.

Read by oneself alone; nobody reads it of another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from gridmap.models import (
    Account,
    Area,
    AuditEntry,
    Building,
    Entrance,
    FieldEntry,
    Handoff,
    Issue,
    IssueEvent,
    Notice,
    NoticePart,
    NoticeReceiver,
    Order,
    OrderEvent,
    Shift,
    Staff,
    Station,
    StationSignIn,
    Visit,
)
from gridmap.services.actors import Actor, require
from gridmap.services.postings import list_postings_of_staff_ever
from gridmap.services.rows import fetch

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.rows import AnySelect

Rows = list[dict[str, Any]]


def list_own_data(session: Session, actor: Actor) -> dict[str, Rows]:
    """List all that is stored about the actor, oldest first.

    Returns
    -------
    dict
        ``account``, ``post``, ``postings``, ``shifts``, ``visits``, ``field_entries`` (what phones sent),
        ``issue_steps``, ``handoffs``, ``notices``, ``notice_reaches``, ``order_steps``, ``station_sign_ins``
        and ``changes`` (the audit of what the account changed), each a list of rows; empty ones are there,
        too.
    """
    require(actor, "accounts.own")
    account, staff = actor.account_id or 0, actor.staff_id or 0
    queries = {
        "account": _account(account),
        "post": _post(staff),
        "shifts": _shifts(staff),
        "visits": _visits(staff),
        "field_entries": _field_entries(staff),
        "issue_steps": _issue_steps(account, staff),
        "handoffs": _handoffs(account, staff),
        "notices": _notices(staff),
        "notice_reaches": _notice_reaches(staff),
        "order_steps": _order_steps(account, staff),
        "station_sign_ins": _station_sign_ins(staff),
        "changes": _changes(account),
    }
    found = {name: [row._asdict() for row in fetch(session, query)] for name, query in queries.items()}
    found["postings"] = [row._asdict() for row in list_postings_of_staff_ever(session, staff)]
    return found


def _account(account_id: int) -> AnySelect:
    return select(Account.username, Account.role, Account.language, Account.active, Account.created_at).where(
        Account.id == account_id
    )


def _post(staff_id: int) -> AnySelect:
    query = select(
        Staff.code,
        Staff.role,
        Staff.organisation,
        Area.code.label("office"),
        Station.code.label("station"),
        Staff.duty_phone,
        Staff.skills,
    )
    query = query.outerjoin(Area, Area.id == Staff.office_id)
    return query.outerjoin(Station, Station.id == Staff.station_id).where(Staff.id == staff_id)


def _shifts(staff_id: int) -> AnySelect:
    place = func.coalesce(Station.code, Area.code).label("place")
    query = select(Shift.starts_at, Shift.ends_at, place)
    query = query.outerjoin(Station, Station.id == Shift.station_id).outerjoin(Area, Area.id == Shift.area_id)
    return query.where(Shift.staff_id == staff_id).order_by(Shift.starts_at)


def _visits(staff_id: int) -> AnySelect:
    query = select(
        Visit.client_id,
        Visit.kind,
        Visit.visited_at,
        Visit.building_id,
        Building.address,
        Entrance.number.label("entrance_number"),
        Visit.note,
        Visit.created_at,
    )
    query = query.join(Building, Building.id == Visit.building_id)
    query = query.outerjoin(Entrance, Entrance.id == Visit.entrance_id)
    return query.where(Visit.staff_id == staff_id).order_by(Visit.visited_at, Visit.id)


def _field_entries(staff_id: int) -> AnySelect:
    query = select(
        FieldEntry.id,
        FieldEntry.what,
        FieldEntry.subject,
        FieldEntry.subject_id,
        FieldEntry.made_at,
        FieldEntry.received_at,
        FieldEntry.state,
        FieldEntry.payload,
    )
    return query.where(FieldEntry.staff_id == staff_id).order_by(FieldEntry.received_at, FieldEntry.id)


def _issue_steps(account_id: int, staff_id: int) -> AnySelect:
    query = select(IssueEvent.at, Issue.source, Issue.source_id, IssueEvent.from_state, IssueEvent.to_state)
    query = query.join(Issue, Issue.id == IssueEvent.issue_id)
    mine = or_(IssueEvent.account_id == account_id, IssueEvent.staff_id == staff_id)
    return query.where(mine).order_by(IssueEvent.at, IssueEvent.id)


def _handoffs(account_id: int, staff_id: int) -> AnySelect:
    mine = or_(Handoff.staff_id == staff_id, Handoff.acknowledged_by == account_id)
    query = select(Handoff.plan_id, Handoff.effective_on, Handoff.acknowledged_at)
    return query.where(mine).order_by(Handoff.effective_on, Handoff.plan_id)


def _notices(staff_id: int) -> AnySelect:
    query = select(
        Notice.title, Notice.sent_at, NoticeReceiver.micro_grid_code, NoticeReceiver.acknowledged_at
    )
    query = query.join(Notice, Notice.id == NoticeReceiver.notice_id)
    query = query.where(NoticeReceiver.staff_id == staff_id)
    return query.order_by(Notice.sent_at, Notice.id, NoticeReceiver.micro_grid_code)


def _notice_reaches(staff_id: int) -> AnySelect:
    part = (NoticePart.building_id, NoticePart.entrance_number, NoticePart.micro_grid_code)
    query = select(Notice.title, *part, NoticePart.reached_at)
    query = query.join(Notice, Notice.id == NoticePart.notice_id).where(NoticePart.reached_by == staff_id)
    return query.order_by(NoticePart.reached_at, NoticePart.id)


def _station_sign_ins(staff_id: int) -> AnySelect:
    query = select(Station.code.label("station"), StationSignIn.day, StationSignIn.signed_at)
    query = query.join(Station, Station.id == StationSignIn.station_id)
    return query.where(StationSignIn.staff_id == staff_id).order_by(StationSignIn.signed_at, Station.code)


def _order_steps(account_id: int, staff_id: int) -> AnySelect:
    query = select(OrderEvent.at, Order.title, OrderEvent.action, OrderEvent.to_state)
    query = query.join(Order, Order.id == OrderEvent.order_id)
    mine = or_(OrderEvent.account_id == account_id, OrderEvent.staff_id == staff_id)
    return query.where(mine).order_by(OrderEvent.at, OrderEvent.id)


def _changes(account_id: int) -> AnySelect:
    query = select(
        AuditEntry.at, AuditEntry.action, AuditEntry.subject, AuditEntry.subject_id, AuditEntry.details
    )
    return query.where(AuditEntry.account_id == account_id).order_by(AuditEntry.id)
