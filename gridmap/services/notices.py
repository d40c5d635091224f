"""Notices down the tree: an office sends one to the micro-grids of an area, once; and closes it again.

What has to be reached, and who is to reach it, is written down at sending: a plan published in between
changes nothing in a notice under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, any_, case, false, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from gridmap.db import copy_rows, sql
from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.handling.reach import next_reminder
from gridmap.models import Account, Area, Building, Notice, NoticePart
from gridmap.services.actors import Actor, lineage_meets, require, scope_of
from gridmap.services.audit import record
from gridmap.services.places import get_area
from gridmap.services.postings import today
from gridmap.services.rows import AnyRow, AnySelect, fetch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

READ, WRITE, RECEIVE = "notices.read", "notices.write", "notices.receive"
LONGEST_TITLE, LONGEST_TEXT = 60, 1000
LEAST_MINUTES, USUAL_MINUTES, MOST_MINUTES = 10, 60, 1440
OPEN_FOR = timedelta(days=7)
"""A notice that nobody closed leaves the phones after so long."""

_PARTS = {
    "notice_id": "int8",
    "building_id": "int8",
    "micro_grid_code": "text",
    "entrance_number": "int2",
    "households": "int4",
    "households_estimated": "bool",
}
_RECEIVERS = {"notice_id": "int8", "staff_id": "int8", "micro_grid_code": "text"}


@dataclass(frozen=True)
class Outlook:
    """Whom a notice to an area would reach, were it sent now.

    Attributes
    ----------
    households
        Of the area, each once.
    households_unheld
        Of these, held by no micro-grid.
    receivers
        Posts that would get it.
    without_receiver
        Codes of micro-grids that nobody answers for.
    plan_id
        Newest plan that divides the area; None = none does.
    """

    households: int
    households_estimated: bool
    households_unheld: int
    buildings: int
    micro_grids: int
    receivers: int
    without_receiver: list[str]
    plan_id: int | None


@dataclass(frozen=True)
class _Holdings:
    parts: list[AnyRow]
    posts: list[AnyRow]

    def look(self) -> Outlook:
        codes = {row.micro_grid_code for row in self.parts if row.micro_grid_code is not None}
        return Outlook(
            households=sum(row.households for row in self.parts),
            households_estimated=any(row.households_estimated for row in self.parts),
            households_unheld=sum(row.households for row in self.parts if row.micro_grid_code is None),
            buildings=len({row.building_id for row in self.parts}),
            micro_grids=len(codes),
            receivers=len({row.staff_id for row in self.posts}),
            without_receiver=sorted(codes - {row.micro_grid_code for row in self.posts}),
            plan_id=max((row.plan_id for row in self.parts if row.plan_id is not None), default=None),
        )


def find_outlook(session: Session, actor: Actor, area_code: str) -> Outlook:
    """Find whom a notice to an area would reach.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    """
    require(actor, WRITE)
    return _find_holdings(session, get_area(session, actor, area_code)).look()


def send_notice(
    session: Session,
    actor: Actor,
    client_id: UUID,
    area_code: str,
    title: str,
    text: str,
    remind_after_minutes: int = USUAL_MINUTES,
    *,
    now: datetime | None = None,
) -> Notice:
    """Send a notice to all micro-grids of an area; sent again with the same id, nothing changes.

    Parameters
    ----------
    client_id
        Made by the sender.
    remind_after_minutes
        From sending to the first tier's reminders, and from each tier to the next.
    now
        With zone; the clock's by default.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        If there is nothing to say, or no home to reach.
    Conflict
        If another notice has the id.
    """
    require(actor, WRITE)
    area = get_area(session, actor, area_code)
    session.execute(select(func.pg_advisory_xact_lock(client_id.int & 0x7FFFFFFFFFFFFFFF)))
    there = session.scalar(select(Notice).where(Notice.client_id == client_id))
    title, words = title.strip(), text.strip()
    if there is not None:
        if (there.area_id, there.title, there.text) != (area.id, title, words):
            raise Conflict("notice_id_taken")
        return there
    holdings = _find_holdings(session, area)
    look = holdings.look()
    if faults := list(_faults_of(title, words, area_code, look)):
        raise BadInput(fields=faults)
    sent_at = now or datetime.now(UTC)
    notice = Notice(
        client_id=client_id,
        area_id=area.id,
        title=title,
        text=words,
        sent_by=actor.account_id,
        sent_at=sent_at,
        plan_id=look.plan_id,
        households=look.households,
        remind_after_minutes=remind_after_minutes,
        remind_at=next_reminder(sent_at, remind_after_minutes, sent_at),
    )
    session.add(notice)
    session.flush()
    _write_holdings(session, notice.id, holdings)
    figures = {"households": look.households, "micro_grids": look.micro_grids, "receivers": look.receivers}
    record(session, actor, "sent", "notice", notice.id, area=area_code, **figures)
    return notice


def close_notice(session: Session, actor: Actor, notice_id: int) -> Notice:
    """Close a notice: it leaves the phones and reminds nobody any more; its figures stay.

    Raises
    ------
    NotFound
        If there is none in the actor's scope.
    """
    require(actor, WRITE)
    notice = get_notice(session, actor, notice_id, lock=True, only_inside=True)
    if notice.closed_at is None:
        notice.closed_at, notice.remind_at = datetime.now(UTC), None
        record(session, actor, "closed", "notice", notice.id)
    return notice


def get_notice(
    session: Session, actor: Actor, notice_id: int, *, lock: bool = False, only_inside: bool = False
) -> Notice:
    """Get a notice to homes of the actor's areas.

    Parameters
    ----------
    only_inside
        Not one to a wider area, of which only some homes are the actor's.

    Raises
    ------
    NotFound
        If there is none.
    """
    require(actor, READ)
    seen = scope_of(actor, Notice.area_id)
    query = select(Notice).where(Notice.id == notice_id, seen if only_inside else seen | _is_wider(actor))
    notice = session.scalar(query.with_for_update() if lock else query)
    if notice is None:
        raise NotFound
    return notice


def list_notices(session: Session, actor: Actor, *, before_id: int = 0, limit: int = 50) -> list[AnyRow]:
    """List the notices to homes of the actor's areas, the newest first.

    Parameters
    ----------
    before_id
        Only those with a smaller number; 0 = from the newest.

    Returns
    -------
    list of Row
        ``id``, ``title``, ``text``, ``area_code``, ``area_name``, ``area_name_en``, ``sent_at``, ``sent_by``
        (account role), ``closed_at``, ``is_wider`` (sent to more than the actor's areas), ``households`` and
        ``households_reached`` (of the actor's areas), ``plan_version``, ``remind_after_minutes``.
    """
    require(actor, READ)
    query = _notices(actor).where(scope_of(actor, Notice.area_id) | _is_wider(actor))
    if before_id:
        query = query.where(Notice.id < before_id)
    return fetch(session, query.order_by(Notice.id.desc()).limit(limit))


def describe_notice(session: Session, actor: Actor, notice_id: int) -> AnyRow:
    """Describe one notice; the columns of `list_notices`.

    Raises
    ------
    NotFound
        If there is none in the actor's scope.
    """
    notice = get_notice(session, actor, notice_id)
    return session.execute(_notices(actor).where(Notice.id == notice.id)).one()


def find_own_areas(session: Session, actor: Actor, notice: Notice) -> list[int] | None:
    """Find the actor's areas where a notice went to a wider one; None where all of it is the actor's."""
    if actor.area_ids is None:
        return None
    lineage = session.scalars(select(Area.lineage).where(Area.id == notice.area_id)).one()
    return None if set(actor.area_ids) & set(lineage) else list(actor.area_ids)


def homes_in(area_ids: Iterable[int] | None) -> ColumnElement[bool]:
    """Build the condition that homes of a notice lie in areas; None = wherever they lie."""
    if area_ids is None:
        return true()
    inside = select(Building.id).join(Area, Area.id == Building.grid_id).where(lineage_meets(area_ids))
    return NoticePart.building_id.in_(inside)


def _is_wider(actor: Actor) -> ColumnElement[bool]:
    """Build the condition that a notice went to an area above the actor's, and to homes there."""
    if actor.area_ids is None:
        return false()
    own = aliased(Area)
    above = select(own.id).where(own.id.in_(actor.area_ids), Notice.area_id == any_(own.lineage))
    there = select(NoticePart.id).where(NoticePart.notice_id == Notice.id, homes_in(actor.area_ids))
    return ~scope_of(actor, Notice.area_id) & above.exists() & there.exists()


def _faults_of(title: str, words: str, area_code: str, look: Outlook) -> Iterator[FieldError]:
    for name, value, most in (("title", title, LONGEST_TITLE), ("text", words, LONGEST_TEXT)):
        if not value:
            yield FieldError("body", name, "api_missing")
        elif len(value) > most:
            yield FieldError("body", name, "api_too_long", hint=str(most))
    if not look.households:
        yield FieldError("body", "area_code", "notice_no_homes", area_code)


def _notices(actor: Actor) -> AnySelect:
    every = select(func.coalesce(func.sum(NoticePart.households), 0)).where(NoticePart.notice_id == Notice.id)
    some = every.where(homes_in(actor.area_ids))
    wider = _is_wider(actor)

    def counted(wide: AnySelect, whole: ColumnElement[int] | InstrumentedAttribute[int]) -> Any:
        return whole if actor.area_ids is None else case((wider, wide.scalar_subquery()), else_=whole)

    is_reached = NoticePart.reached_at.is_not(None)
    return (
        select(
            Notice.id,
            Notice.title,
            Notice.text,
            Area.code.label("area_code"),
            Area.name.label("area_name"),
            Area.name_en.label("area_name_en"),
            Notice.sent_at,
            Account.role.label("sent_by"),
            Notice.closed_at,
            wider.label("is_wider"),
            counted(some, Notice.households).label("households"),
            counted(some.where(is_reached), every.where(is_reached).scalar_subquery()).label(
                "households_reached"
            ),
            Notice.plan_id.label("plan_version"),
            Notice.remind_after_minutes,
        )
        .join(Area, Area.id == Notice.area_id)
        .outerjoin(Account, Account.id == Notice.sent_by)
    )


def _find_holdings(session: Session, area: Area) -> _Holdings:
    day = today()
    parts = list(session.execute(sql("notice_holdings"), {"area_id": area.id, "on_date": day}))
    codes = sorted({row.micro_grid_code for row in parts if row.micro_grid_code is not None})
    posts = session.execute(sql("notice_posts"), {"codes": codes, "on_date": day})
    return _Holdings(parts, list(posts))


def _write_holdings(session: Session, notice_id: int, holdings: _Holdings) -> None:
    parts = (
        (
            notice_id,
            row.building_id,
            row.micro_grid_code,
            row.entrance_number,
            row.households,
            row.households_estimated,
        )
        for row in holdings.parts
    )
    copy_rows(session, "notice_parts", _PARTS, parts)
    posts = ((notice_id, row.staff_id, row.micro_grid_code) for row in holdings.posts)
    copy_rows(session, "notice_receivers", _RECEIVERS, posts)
