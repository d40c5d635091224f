"""What phones send: entries that were made without signal, each answered by itself, kept once, in any order.

One register says which kinds there are (`KINDS`). An entry is never lost: stored, held until what it waits
for has come, kept as a side of a conflict, or refused with a reason, and then it stays on the phone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError

from gridmap.errors import Conflict, GridMapError, NotFound
from gridmap.models import FieldEntry, Issue
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.field_notices import take_acknowledgement, take_reach
from gridmap.services.field_orders import take_order
from gridmap.services.field_resolutions import take_resolution
from gridmap.services.field_steps import ISSUE, take_field_step
from gridmap.services.field_visits import take_removal, take_visit
from gridmap.services.handoff_lists import acknowledge_handoff
from gridmap.services.issues import create_issue
from gridmap.services.station_sign_ins import SIGN_IN, take_sign_in

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SYNC = "field.sync"
STORED, KNOWN, HELD, CONFLICT, REFUSED = "stored", "known", "held", "conflict", "refused"
CLOCKS_DIFFER = timedelta(minutes=10)
"""By so much the clock of a phone may be wrong without being corrected."""

Take = Callable[["Session", Actor, FieldEntry], None]


@dataclass(frozen=True)
class SentEntry:
    """An entry as it is sent.

    Attributes
    ----------
    id
        Made by the phone: the same entry keeps it however often it is sent.
    what
        A word of `KINDS`.
    made_at
        By the clock of the phone, with zone.
    payload
        All the rest, plain JSON values.
    """

    id: UUID
    what: str
    made_at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class EntryAnswer:
    """What became of an entry: stored, known, held, a side of a conflict, or refused with the error."""

    id: UUID
    state: str
    error: GridMapError | None = None
    result: Mapping[str, Any] | None = None


def _take_issue(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Report an issue found on the spot."""
    issue_id = create_issue(session, actor, **entry.payload["fields"], client_id=str(entry.id))
    entry.subject, entry.subject_id, entry.state = ISSUE, str(issue_id), STORED
    entry.answer = {"issue_id": issue_id}


def _take_handoff(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Acknowledge what a plan gave and took."""
    plan_id = entry.payload["plan_id"]
    acknowledge_handoff(session, actor, plan_id)
    entry.subject, entry.subject_id, entry.state = "handoff", str(plan_id), STORED


KINDS: Mapping[str, Take] = {
    "visit": take_visit,
    "removal": take_removal,
    "issue": _take_issue,
    "step": take_field_step,
    "handoff": _take_handoff,
    "notice_ack": take_acknowledgement,
    "reach": take_reach,
    "order": take_order,
    "resolve": take_resolution,
    SIGN_IN: take_sign_in,
}
"""What may be sent -> what takes it: it sets state and subject of the entry, or raises why not."""


def require_post(actor: Actor) -> int:
    """Give the post behind a field account.

    Raises
    ------
    NotAllowed
        If it is another role's account.
    NotFound
        If no post stands behind it.
    """
    require(actor, SYNC)
    if actor.staff_id is None:
        raise NotFound("no_post")
    return actor.staff_id


def take_entries(
    session: Session,
    actor: Actor,
    sent: Sequence[SentEntry],
    *,
    client_version: int,
    sent_at: datetime | None = None,
    unread: Collection[UUID] = (),
) -> list[EntryAnswer]:
    """Take what a phone sends, each answered by itself: one that is refused never stops the rest.

    Parameters
    ----------
    sent_at
        By the clock of the phone when it sent them, with zone: tells by how much that clock is wrong.
    unread
        Ids of entries of the same message that could not be read: what goes on from them is refused, too.

    Raises
    ------
    NotAllowed, NotFound
        If the account is no field account, or has no post.
    """
    staff_id = require_post(actor)
    # Messages of one post follow each other, and those of several lock the issues they name in one order.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"field:{staff_id}", 0))))
    _lock_issues(session, sent)
    known = {
        one.id: one
        for one in session.scalars(select(FieldEntry).where(FieldEntry.id.in_({s.id for s in sent})))
    }
    there = set(known)
    refused: dict[int, GridMapError] = {}
    missing = set(unread)
    freed: set[UUID] = set()
    for place, one in enumerate(sent):
        entry = known.get(one.id) or _make(actor, staff_id, one, client_version, sent_at)
        error = _take_one(session, actor, one, entry, one.id in known, missing)
        if error is not None:
            refused[place] = error
            missing.add(one.id)
        else:
            known[one.id] = entry
            freed |= _find_freed(entry)
    _wake(session, actor, staff_id, freed)
    answers = []
    for place, one in enumerate(sent):
        answers.append(_answer(one.id, known.get(one.id), refused.get(place), first=one.id not in there))
        there.add(one.id)
    _leave_audit(session, actor, [answer for answer in answers if answer.state != KNOWN])
    return answers


def _lock_issues(session: Session, sent: Sequence[SentEntry]) -> None:
    ids = {one.payload["issue_id"] for one in sent if one.payload.get("issue_id") is not None}
    if ids:
        session.execute(select(Issue.id).where(Issue.id.in_(ids)).order_by(Issue.id).with_for_update())


def _make(
    actor: Actor, staff_id: int, one: SentEntry, client_version: int, sent_at: datetime | None
) -> FieldEntry:
    now = datetime.now(UTC)
    ahead = (sent_at or max(one.made_at, now)) - now
    seconds = round(ahead.total_seconds() / 60) * 60 if abs(ahead) > CLOCKS_DIFFER else 0
    return FieldEntry(
        id=one.id,
        account_id=actor.account_id,
        staff_id=staff_id,
        what=one.what,
        subject="",
        subject_id="",
        made_at=one.made_at,
        clock_ahead_s=seconds,
        client_version=client_version,
        payload=dict(one.payload),
        state=HELD,
        answer={},
    )


def _take_one(
    session: Session,
    actor: Actor,
    one: SentEntry,
    entry: FieldEntry,
    is_known: bool,
    missing: Collection[UUID],
) -> GridMapError | None:
    """Take an entry by itself, wholly or not at all; gives why not."""
    if is_known and (entry.staff_id, entry.what, entry.payload) != (
        actor.staff_id,
        one.what,
        dict(one.payload),
    ):
        return Conflict("entry_id_taken")
    if is_known and entry.state not in (HELD, REFUSED):
        return None
    before = {one.payload.get(name) for name in ("after", "issue", "conflict")}
    if before & {str(other) for other in missing}:
        return Conflict("entry_before_refused")
    return _try(session, actor, entry)


def _try(session: Session, actor: Actor, entry: FieldEntry) -> GridMapError | None:
    try:
        with session.begin_nested():
            KINDS[entry.what](session, actor, entry)
            session.add(entry)
            session.flush()
    except GridMapError as error:
        return error
    except (DataError, IntegrityError):
        return Conflict("entry_not_taken")
    return None


def _find_freed(entry: FieldEntry) -> set[UUID]:
    """Find what others may have waited for: the entry itself, and the record it makes."""
    if entry.state == HELD:
        return set()
    return {entry.id, UUID(entry.payload["record"])} if "record" in entry.payload else {entry.id}


def _wake(session: Session, actor: Actor, staff_id: int, freed: Collection[UUID]) -> None:
    """Take what was held until some entries or records had come, and what waited for that."""
    while freed:
        query = select(FieldEntry).where(
            FieldEntry.waits_for.in_(freed), FieldEntry.staff_id == staff_id, FieldEntry.state == HELD
        )
        freed = set()
        for held in session.scalars(query.order_by(FieldEntry.id)).all():
            if _try(session, actor, held) is not None:
                session.refresh(held)
                held.state, held.waits_for = REFUSED, None
                session.flush()
            freed |= _find_freed(held)


def _answer(
    entry_id: UUID, entry: FieldEntry | None, error: GridMapError | None, *, first: bool
) -> EntryAnswer:
    if error is not None or entry is None:
        return EntryAnswer(entry_id, REFUSED, error)
    if entry.state == REFUSED:
        return EntryAnswer(entry_id, REFUSED, Conflict("entry_refused_late"))
    state = KNOWN if entry.state == STORED and not first else entry.state
    return EntryAnswer(entry_id, state, None, result_of(entry))


def result_of(entry: FieldEntry) -> dict[str, Any] | None:
    """Say what an entry led to: the number of its issue, or the record of its visit."""
    if "issue_id" in entry.answer:
        return {"issue_id": entry.answer["issue_id"]}
    return {entry.subject: entry.subject_id} if entry.subject else None


def _leave_audit(session: Session, actor: Actor, answers: Sequence[EntryAnswer]) -> None:
    counts = {
        state: sum(one.state == state for one in answers) for state in (STORED, HELD, CONFLICT, REFUSED)
    }
    if any(counts[state] for state in (STORED, HELD, CONFLICT)):
        record(session, actor, "sent", "field_entries", min(one.id for one in answers), **counts)
