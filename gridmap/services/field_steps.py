"""Steps of issues taken without signal: applied while nobody contradicts, else kept as sides.

An entry knows the version of the issue its chain began at. All chains from one version are looked at together
(`gridmap.handling.chains`): what they agree on is taken, once; where they part, what was taken beyond is
taken back (`gridmap.services.issue_contests`). Where somebody else has acted since, an entry that says the
same agrees with them; one that says something else changes nothing and stands beside what happened.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from gridmap.errors import BadInput, Conflict, FieldError, NotAllowed, NotFound
from gridmap.handling.chains import Link, Step, find_agreed, find_sides, find_step, find_ways
from gridmap.handling.clocks import CONTEST, drop_undone
from gridmap.handling.register import read_register
from gridmap.models import FieldEntry, Issue, IssueEvent, Staff
from gridmap.services.issue_contests import contest, remember
from gridmap.services.issue_scope import is_seen_by
from gridmap.services.issue_steps import Given, check_given, take_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

ISSUE = "issue"


@dataclass(frozen=True)
class Wanted:
    """A step that an entry wants to be taken."""

    action: str
    given: Given

    @property
    def step(self) -> Step:
        """What it is compared by."""
        return self.action, self.given.outcome or ""


@dataclass(frozen=True)
class Since:
    """What happened to an issue since the version a chain began at.

    Attributes
    ----------
    events
        In their order, without escalations by the clock before the first other event.
    state
        Of the issue at that version.
    """

    events: Sequence[IssueEvent]
    state: str

    def is_only_by(self, links: Mapping[str, FieldEntry]) -> bool:
        """Tell whether nobody acted but those entries, and what they led to."""
        return all(
            event.action == CONTEST if event.client_id is None else entry_id_of(event) in links
            for event in self.events
        )

    @property
    def standing(self) -> list[IssueEvent]:
        """The steps that stand."""
        return drop_undone(self.events, _undoes)


def _undoes(event: IssueEvent) -> int | None:
    return event.details.get("undoes", 0) if event.action == CONTEST else None


def entry_id_of(event: IssueEvent) -> str:
    """Give the entry that an event comes from; empty where it comes from none."""
    return (event.client_id or "").partition("/")[0]


def step_of(event: IssueEvent) -> Step:
    """Give what an event is compared by."""
    return event.action or "", event.outcome or ""


def take_field_step(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Take a step that a phone took; held while the issue or the step before it has not come.

    Raises
    ------
    NotFound
        If there is no such issue for the actor.
    Conflict, NotAllowed
        If the step was not legal where it was taken.
    BadInput
        If something that must come with it is missing or wrong.
    """
    said = entry.payload
    issue_id, waits_for = _find_issue(session, entry, said)
    after = UUID(said["after"]) if said.get("after") else None
    before = None if after is None else session.get(FieldEntry, after)
    if after is not None and (before is None or before.state == "held"):
        waits_for = after
    if waits_for is not None or issue_id is None:
        entry.state, entry.waits_for = "held", waits_for
        return
    issue = lock_issue(session, actor, issue_id)
    if before is not None:
        if (before.subject, before.subject_id) != (ISSUE, str(issue_id)) or "base" not in before.answer:
            raise BadInput(fields=[FieldError("body", "after", "step_after_another", value=str(after))])
        base = before.answer["base"]
    else:
        version = said.get("version")
        base = version if version is not None else (0 if said.get("issue") else issue.version)
    wanted = Wanted(said["action"], as_given(said.get("given") or {}))
    take_chain(session, actor, issue, entry, base, [wanted], str(after or ""))


def _find_issue(
    session: Session, entry: FieldEntry, said: Mapping[str, Any]
) -> tuple[int | None, UUID | None]:
    """Find the issue of a step: its number, or the entry that is waited for."""
    if not said.get("issue"):
        return int(said["issue_id"]), None
    source = session.get(FieldEntry, UUID(said["issue"]))
    if source is None or source.state == "held":
        return None, UUID(said["issue"])
    if source.staff_id != entry.staff_id or "issue_id" not in source.answer:
        raise NotFound
    return int(source.answer["issue_id"]), None


def lock_issue(session: Session, actor: Actor, issue_id: int) -> Issue:
    """Lock an issue that the actor sees."""
    query = select(Issue).where(Issue.id == issue_id, is_seen_by(actor))
    issue = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if issue is None:
        raise NotFound
    return issue


def as_given(said: Mapping[str, Any]) -> Given:
    """Read what comes with a step from plain JSON values."""
    names = {field.name for field in fields(Given)}
    values = {name: value for name, value in said.items() if name in names and value is not None}
    if "until" in values:
        values["until"] = datetime.fromisoformat(values["until"])
    return Given(**values)


def take_chain(
    session: Session,
    actor: Actor,
    issue: Issue,
    entry: FieldEntry,
    base: int,
    wanted: Sequence[Wanted],
    after: str,
) -> None:
    """Take the steps of an entry on an issue, as far as they are agreed with all that began where it began.

    Parameters
    ----------
    base
        Version of the issue at which its chain began.
    after
        Id of the entry it goes on from; empty at the beginning of a chain.
    """
    since = _read_since(session, issue, base)
    entry.subject, entry.subject_id = ISSUE, str(issue.id)
    others = _entries_from(session, issue.id, base, entry.id)
    links = {one: _as_link(other) for one, other in others.items()}
    links[str(entry.id)] = Link(str(entry.id), after, tuple(one.step for one in wanted))
    ways = find_ways(links.values())
    way = ways[str(entry.id)]
    _require_legal(issue, actor, since.state, way[: -len(wanted)] if wanted else way, wanted)
    entry.answer = {"issue_id": issue.id, "base": base, "after": after, "steps": _as_json(wanted)}
    entry.answer = entry.answer | {"taken": [], "agreed": 0}
    entry.state, entry.waits_for = "stored", None
    everybody = others | {str(entry.id): entry}
    if since.is_only_by(everybody):
        _settle(session, actor, issue, entry, everybody, ways, since, wanted)
    else:
        _stand_beside(session, actor, issue, entry, way, since, wanted)


def _read_since(session: Session, issue: Issue, base: int) -> Since:
    """Read what was written since a version: each version more is one event."""
    if base > issue.version:
        raise BadInput(
            fields=[FieldError("body", "version", "api_out_of_range", str(base), f"≤ {issue.version}")]
        )
    query = select(IssueEvent).where(IssueEvent.issue_id == issue.id).order_by(IssueEvent.id.desc())
    events = list(session.scalars(query.limit(issue.version - base))) if issue.version > base else []
    events.reverse()
    state = (events[0].from_state if events else None) or issue.state
    while events and events[0].action == "escalate" and events[0].account_id is None:
        events.pop(0)  # a clock that ran out contradicts nobody
    return Since(events, state)


def _entries_from(session: Session, issue_id: int, base: int, without: UUID) -> dict[str, FieldEntry]:
    query = select(FieldEntry).where(
        FieldEntry.subject == ISSUE,
        FieldEntry.subject_id == str(issue_id),
        FieldEntry.state.in_(("stored", "conflict")),
        FieldEntry.answer["base"].as_integer() == base,
        FieldEntry.id != without,
    )
    return {str(one.id): one for one in session.scalars(query.order_by(FieldEntry.id))}


def _as_link(entry: FieldEntry) -> Link:
    steps = tuple((one["action"], one["given"].get("outcome") or "") for one in entry.answer["steps"])
    return Link(str(entry.id), entry.answer["after"], steps)


def _as_json(wanted: Sequence[Wanted]) -> list[dict[str, Any]]:
    found = []
    for one in wanted:
        given: dict[str, Any] = {
            "note": one.given.note,
            "outcome": one.given.outcome,
            "dispatched_to": one.given.dispatched_to,
            "until": one.given.until and one.given.until.isoformat(),
        }
        found.append({"action": one.action, "given": {name: value for name, value in given.items() if value}})
    return found


def _require_legal(
    issue: Issue, actor: Actor, state: str, before: tuple[Step, ...], wanted: Sequence[Wanted]
) -> None:
    """Raise if a step was not legal where its chain had led; what others did meanwhile plays no part."""
    register, now = read_register(), datetime.now(UTC)
    for one in wanted:
        step, stands_in = find_step(register, state, issue.resumes_to or "accepted", before, one.action)
        if actor.role not in register.roles_of(one.action) or (step and actor.role not in step.roles):
            raise NotAllowed(action=one.action, role=actor.role)
        if step is None:
            raise Conflict("step_not_there", state=stands_in, action=one.action)
        check_given(step, one.given, now)
        before = (*before, one.step)


def _settle(
    session: Session,
    actor: Actor,
    issue: Issue,
    entry: FieldEntry,
    everybody: Mapping[str, FieldEntry],
    ways: Mapping[str, tuple[Step, ...]],
    since: Since,
    wanted: Sequence[Wanted],
) -> None:
    """Bring the issue to what all chains from one version agree on."""
    agreed = find_agreed(ways.values())
    standing = since.standing
    if len(agreed) < len(standing):
        undone = standing[len(agreed) :]
        _take_back(session, actor, issue, everybody, ways, undone)
    else:
        first = len(ways[str(entry.id)]) - len(wanted)
        for place, one in enumerate(wanted):
            if len(standing) <= first + place < len(agreed):
                _apply(session, actor, issue, entry, one)
            elif first + place < len(agreed):
                _note_agreement(session, standing[first + place], one, entry)
    sides = find_sides(ways)
    for name, other in everybody.items():
        other.state = "conflict" if name in sides else "stored"
        own = len(other.answer["steps"])
        other.answer = other.answer | {"agreed": max(0, own - len(sides.get(name, ())))}
    if len(agreed) >= len(standing) and str(entry.id) in sides:
        _tell_side(session, [everybody[name] for name in sides])


def _apply(session: Session, actor: Actor, issue: Issue, entry: FieldEntry, one: Wanted) -> None:
    taken = entry.answer["taken"]
    client_id = f"{entry.id}/{len(taken)}" if taken else str(entry.id)
    before = remember(issue)
    take_step(session, actor, issue.id, one.action, one.given, client_id=client_id)
    query = select(IssueEvent.id).where(IssueEvent.issue_id == issue.id, IssueEvent.client_id == client_id)
    entry.answer = entry.answer | {"taken": [*taken, {"event": session.scalar(query), "before": before}]}


def _note_agreement(session: Session, event: IssueEvent, one: Wanted, entry: FieldEntry) -> None:
    """Keep that somebody else did the same, with what they wrote."""
    post = session.get_one(Staff, entry.staff_id)
    said = {"post": post.code, "note": one.given.note, "made_at": entry.made_at.isoformat()}
    known = [*event.details.get("agreed", ()), said]
    event.details = event.details | {"agreed": sorted(known, key=lambda row: (row["made_at"], row["post"]))}


def _take_back(
    session: Session,
    actor: Actor,
    issue: Issue,
    everybody: Mapping[str, FieldEntry],
    ways: Mapping[str, tuple[Step, ...]],
    undone: Sequence[IssueEvent],
) -> None:
    """Take back what is no longer agreed; who resolves it goes on from the version the issue has then."""
    sides = [everybody[name] for name in find_sides(ways)]
    kept = {one["event"]: one["before"] for other in everybody.values() for one in other.answer["taken"]}
    told = describe_sides(session, sides)
    event = contest(session, actor, issue, [one.id for one in undone], kept[undone[0].id], told)
    for side in sides:
        side.answer = side.answer | {"parted": issue.version, "event": event.id}


def _tell_side(session: Session, sides: Sequence[FieldEntry]) -> None:
    """Add sides to the contest that the first of them stand in."""
    known = [one.answer for one in sides if "event" in one.answer]
    latest = max(known, key=lambda answer: int(answer["event"]))
    event = session.get_one(IssueEvent, latest["event"])
    event.details = event.details | {"sides": describe_sides(session, sides)}
    for side in sides:
        side.answer = side.answer | {"parted": latest["parted"], "event": latest["event"]}


def describe_sides(session: Session, sides: Sequence[FieldEntry]) -> list[dict[str, Any]]:
    """Say what each side would do, in one order whoever came first."""
    ids = {side.staff_id for side in sides}
    posts = {post.id: post for post in session.scalars(select(Staff).where(Staff.id.in_(ids)))}
    return [
        {
            "entry": str(side.id),
            "post": posts[side.staff_id].code,
            "role": posts[side.staff_id].role,
            "made_at": side.made_at.isoformat(),
            "steps": side.answer["steps"],
        }
        for side in sorted(sides, key=lambda one: str(one.id))
    ]


def _stand_beside(
    session: Session,
    actor: Actor,
    issue: Issue,
    entry: FieldEntry,
    way: tuple[Step, ...],
    since: Since,
    wanted: Sequence[Wanted],
) -> None:
    """Compare with what others did since: the same agrees, more goes on from there, anything else is late."""
    done = [step_of(event) for event in since.standing]
    first = len(way) - len(wanted)
    common = min(len(way), len(done))
    if list(way[:common]) == done[:common]:
        for place, one in enumerate(wanted):
            if first + place < len(done):
                _note_agreement(session, since.standing[first + place], one, entry)
            else:
                _apply(session, actor, issue, entry, one)
        return
    entry.state = "conflict"
    before = session.get(FieldEntry, UUID(entry.answer["after"])) if entry.answer["after"] else None
    if before is not None and before.state == "conflict":
        query = select(FieldEntry).where(
            FieldEntry.subject == ISSUE,
            FieldEntry.subject_id == str(issue.id),
            FieldEntry.answer["event"].as_integer() == before.answer["event"],
        )
        _tell_side(session, [*session.scalars(query), entry])
        return
    event = contest(session, actor, issue, (), None, describe_sides(session, [entry]))
    entry.answer = entry.answer | {"parted": issue.version, "event": event.id}
