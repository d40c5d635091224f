"""What posts do with a notice: they acknowledge it, take it round, and say which buildings they have reached.

The same told twice changes nothing, and of two moments told for the same homes the earlier one counts: so
what phones send late, or in another order, gives the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from gridmap.db import sql
from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.models import Area, Building, Compound, Notice, NoticePart, NoticeReceiver
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.notices import (
    OPEN_FOR,
    READ,
    RECEIVE,
    WRITE,
    find_own_areas,
    get_notice,
    homes_in,
)
from gridmap.services.postings import today
from gridmap.services.rows import AnyRow, fetch

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass
class NoticeBuilding:
    """A building of a notice, as far as one's own post has to reach it.

    Attributes
    ----------
    entrance_numbers
        Of a post that answers for these entrances only; empty = its part of the whole building.
    reached_at
        When the last of these homes was reached; None while some are left.
    """

    id: int
    name: str
    address: str
    compound_name: str
    households: int
    households_reached: int
    reached_at: datetime | None
    entrance_numbers: list[int] = field(default_factory=list)


@dataclass
class MyNotice:
    """An open notice that concerns a post.

    Attributes
    ----------
    mine
        Whether the post received it; others only answer for buildings in it.
    households, households_reached
        Of the post's own buildings, each household once.
    """

    id: int
    title: str
    text: str
    area_code: str
    area_name: str
    area_name_en: str | None
    sent_at: datetime
    mine: bool
    acknowledged_at: datetime | None
    households: int = 0
    households_estimated: bool = False
    households_reached: int = 0
    buildings: list[NoticeBuilding] = field(default_factory=list)


@dataclass(frozen=True)
class Reached:
    """What a message about reached buildings changed.

    Attributes
    ----------
    buildings, households
        Reached now and not before.
    households_known
        Told before.
    """

    notice_id: int
    buildings: int
    households: int
    households_known: int


def list_my_notices(session: Session, actor: Actor, *, now: datetime | None = None) -> list[MyNotice]:
    """List the open notices with homes that the actor's own post has to reach, the newest first.

    Raises
    ------
    NotFound
        If no post stands behind the account.
    """
    require(actor, RECEIVE)
    staff_id = _post_of(actor)
    opened = select(
        Notice.id,
        Notice.title,
        Notice.text,
        Notice.sent_at,
        Area.code.label("area_code"),
        Area.name.label("area_name"),
        Area.name_en.label("area_name_en"),
    ).join(Area, Area.id == Notice.area_id)
    since = (now or datetime.now(UTC)) - OPEN_FOR
    opened = opened.where(Notice.closed_at.is_(None), Notice.sent_at >= since)
    rows = fetch(session, opened.order_by(Notice.sent_at.desc(), Notice.id.desc()))
    if not rows:
        return []
    ids = [row.id for row in rows]
    received = dict(
        session.execute(
            select(NoticeReceiver.notice_id, NoticeReceiver.acknowledged_at).where(
                NoticeReceiver.notice_id.in_(ids), NoticeReceiver.staff_id == staff_id
            )
        ).all()
    )
    parts = _own_parts(session, staff_id, ids)
    buildings = _describe_buildings(session, {part.building_id for part in parts})
    found = {
        row.id: MyNotice(**row._asdict(), mine=row.id in received, acknowledged_at=received.get(row.id))
        for row in rows
    }
    for part in parts:
        _add_part(found[part.notice_id], part, buildings[part.building_id])
    return [one for one in found.values() if one.buildings]


def acknowledge_notices(session: Session, actor: Actor, notice_ids: Sequence[int] | None = None) -> list[int]:
    """Say that one's own post has read notices and takes them round: some, or all that are open.

    Returns
    -------
    list of int
        Notices acknowledged now; those acknowledged before are left out.

    Raises
    ------
    NotFound
        If no post stands behind the account, or the post did not receive one of them.
    """
    require(actor, RECEIVE)
    staff_id = _post_of(actor)
    received = select(NoticeReceiver.notice_id).where(NoticeReceiver.staff_id == staff_id)
    if notice_ids is None:
        received = received.join(Notice).where(Notice.closed_at.is_(None))
    else:
        received = received.where(NoticeReceiver.notice_id.in_(notice_ids))
    known = set(session.scalars(received))
    if not known.issuperset(notice_ids or ()):
        raise NotFound
    written = update(NoticeReceiver).where(
        NoticeReceiver.notice_id.in_(known),
        NoticeReceiver.staff_id == staff_id,
        NoticeReceiver.acknowledged_at.is_(None),
    )
    written = written.values(acknowledged_at=datetime.now(UTC)).returning(NoticeReceiver.notice_id)
    done = sorted(set(session.scalars(written.execution_options(synchronize_session=False))))
    if done:
        record(session, actor, "acknowledged", "notice", done[0], notices=len(done))
    return done


def reach_buildings(
    session: Session,
    actor: Actor,
    notice_id: int,
    building_ids: Iterable[int] | None = None,
    *,
    reached_at: datetime | None = None,
) -> Reached:
    """Say that all homes of some buildings have got a notice, as far as the actor answers for them.

    Field staff say it of buildings of their own post: one, several or all; the desk, of any in its areas.

    Parameters
    ----------
    building_ids
        None = all of one's own post.
    reached_at
        With zone, by the clock of the phone; a time before sending or still to come is put right.

    Raises
    ------
    NotFound
        If there is no such notice, or no post behind a field account.
    BadInput
        If a building is not the actor's to reach.
    Conflict
        If the notice was closed by then; what was reached before and is told late still counts.
    """
    require(actor, RECEIVE if actor.role == "field" else WRITE)
    notice, parts = _find_parts(session, actor, notice_id)
    asked = None if building_ids is None else set(building_ids)
    if asked is not None:
        foreign = sorted(asked - {part.building_id for part in parts})
        if foreign:
            raise BadInput(fields=[FieldError("body", "building_ids", "notice_not_yours", str(foreign[0]))])
        parts = [part for part in parts if part.building_id in asked]
    elif actor.role != "field":
        raise BadInput(fields=[FieldError("body", "building_ids", "api_missing")])
    at = min(max(reached_at or datetime.now(UTC), notice.sent_at), datetime.now(UTC))
    if notice.closed_at is not None and at >= notice.closed_at:
        raise Conflict("notice_closed")
    new = [part for part in parts if part.reached_at is None]
    earlier = [part.id for part in parts if part.reached_at is None or part.reached_at > at]
    if earlier:
        told = update(NoticePart).where(
            NoticePart.id.in_(earlier), or_(NoticePart.reached_at.is_(None), NoticePart.reached_at > at)
        )
        told = told.values(reached_at=at, reached_by=actor.staff_id)
        session.execute(told.execution_options(synchronize_session=False))
    done = Reached(
        notice.id,
        len({part.building_id for part in new}),
        sum(part.households for part in new),
        sum(part.households for part in parts) - sum(part.households for part in new),
    )
    if earlier:
        figures = {"buildings": done.buildings, "households": done.households}
        record(session, actor, "reached", "notice", notice.id, **figures)
    return done


def _find_parts(session: Session, actor: Actor, notice_id: int) -> tuple[Notice, list[AnyRow]]:
    """Find a notice with the parts that the actor may write, locked against being closed meanwhile."""
    if actor.role != "field":
        require(actor, READ)
        notice = get_notice(session, actor, notice_id, lock=True)
        columns = (NoticePart.id, NoticePart.building_id, NoticePart.households, NoticePart.reached_at)
        mine = homes_in(find_own_areas(session, actor, notice))
        return notice, fetch(session, select(*columns).where(NoticePart.notice_id == notice.id, mine))
    staff_id = _post_of(actor)
    found = session.scalar(select(Notice).where(Notice.id == notice_id).with_for_update(read=True))
    parts = [] if found is None else _own_parts(session, staff_id, [found.id])
    if found is None or not parts:
        raise NotFound
    return found, parts


def _own_parts(session: Session, staff_id: int, notice_ids: list[int]) -> list[AnyRow]:
    asked = {"notice_ids": notice_ids, "staff_id": staff_id, "on_date": today()}
    return list(session.execute(sql("notice_own_parts"), asked))


def _post_of(actor: Actor) -> int:
    if actor.staff_id is None:
        raise NotFound("no_post")
    return actor.staff_id


def _describe_buildings(session: Session, ids: set[int]) -> dict[int, AnyRow]:
    query = select(Building.id, Building.name, Building.address, Compound.name.label("compound_name"))
    query = query.outerjoin(Compound, Compound.id == Building.compound_id).where(Building.id.in_(ids))
    return {row.id: row for row in fetch(session, query)}


def _add_part(notice: MyNotice, part: AnyRow, about: AnyRow) -> None:
    reached = part.households if part.reached_at is not None else 0
    notice.households += part.households
    notice.households_reached += reached
    notice.households_estimated |= part.households_estimated
    last = notice.buildings[-1] if notice.buildings else None
    if last is None or last.id != part.building_id:
        compound = about.compound_name or ""
        last = NoticeBuilding(about.id, about.name, about.address, compound, 0, 0, part.reached_at)
        notice.buildings.append(last)
        last.entrance_numbers = [] if part.entrance_number is None else [part.entrance_number]
    elif part.entrance_number is None:
        last.entrance_numbers = []  # the numbered ones come first
    elif part.entrance_number not in last.entrance_numbers:
        last.entrance_numbers.append(part.entrance_number)
    last.households += part.households
    last.households_reached += reached
    if part.reached_at is None or last.reached_at is None:
        last.reached_at = None
    else:
        last.reached_at = max(last.reached_at, part.reached_at)
