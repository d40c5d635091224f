"""Steps of issues: the one door through which an issue changes its state.

A step is checked against the register, written with its event, its audit row and the clocks reckoned anew,
and followed by the issues merged into it, all in the caller's transaction. Refused, it changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.handling.register import AGREED, BEFORE, RESIDENT, SAME, TIERS, Transition, read_register
from gridmap.models import Issue, IssueEvent
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.issue_clocks import write_clocks
from gridmap.services.issue_legality import (
    Taker,
    find_taker,
    hash_secret,
    list_legal,
    refusal,
    require_legal,
)
from gridmap.services.issue_merges import follow, lock_parent, move_children
from gridmap.services.issue_receivers import find_receiver
from gridmap.services.issue_scope import is_seen_by
from gridmap.services.webhooks import call_sender

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LONGEST_PAUSE_DAYS = 366
DEPARTMENT = TIERS[-1]


@dataclass(frozen=True)
class Given:
    """What comes with a step; which of it must is said by the register.

    Attributes
    ----------
    until
        Approved end of a pause, with zone.
    rating
        1 to 5, 5 is best.
    dispatched_to
        ``staff:<code>``, ``station:<code>`` or ``department:<name>``.
    reason
        Why it was dispatched there: rule, plan version, candidates; plain JSON values.
    """

    note: str = ""
    outcome: str | None = None
    parent_id: int | None = None
    until: datetime | None = None
    rating: int | None = None
    dispatched_to: str | None = None
    reason: Mapping[str, Any] = field(default_factory=dict)

    def value_of(self, name: str) -> Any:
        """Give what came for a word of the register."""
        return self.parent_id if name == "parent" else getattr(self, name)


NOTHING = Given()


@dataclass(frozen=True)
class Taken:
    """What an issue is after a step."""

    issue_id: int
    state: str
    tier: str
    version: int
    due_at: datetime | None


def take_step(
    session: Session,
    actor: Actor,
    issue_id: int,
    action: str,
    given: Given = NOTHING,
    *,
    version: int | None = None,
    secret: str | None = None,
    client_id: str | None = None,
    now: datetime | None = None,
) -> Taken:
    """Take a step on an issue.

    Parameters
    ----------
    version
        Of the issue as it was last seen; None does not ask.
    secret
        Of the issue's link: who gives it acts as the resident.
    client_id
        Made by the client; the same one again changes nothing and gives the issue as it is.

    Raises
    ------
    NotFound
        If there is no such issue in the actor's scope, or the secret is not its.
    NotSignedIn, NotAllowed
        If nobody is signed in, or the role may not take the step.
    Conflict
        If the step is not legal now, or somebody else was first; ``legal`` names what is possible.
    BadInput
        If something that must come with the step is missing or wrong.
    """
    at = now or datetime.now(UTC)
    issue = _lock_issue(session, actor, issue_id, secret)
    taker = find_taker(actor, issue, secret)
    if client_id is not None and _is_taken(session, issue_id, client_id):
        return _as_taken(issue)
    if version is not None and version != issue.version:
        raise refusal(session, taker, issue, action, at, "step_moved_on")
    step = require_legal(session, taker, issue, action, at)
    check_given(step, given, at)
    return _write_step(session, taker, issue, step, given, at, client_id)


def list_steps(
    session: Session, actor: Actor, issue_id: int, *, secret: str | None = None, now: datetime | None = None
) -> list[Transition]:
    """List the steps the actor (or who holds the secret) may take on an issue now."""
    at = now or datetime.now(UTC)
    if secret is None:
        require(actor, "issues.read")
    issue = session.scalar(_visible(actor, issue_id, secret))
    if issue is None:
        raise NotFound
    return list_legal(session, find_taker(actor, issue, secret), issue, at)


def _visible(actor: Actor, issue_id: int, secret: str | None) -> Any:
    query = select(Issue).where(Issue.id == issue_id)
    if secret is not None:
        return query.where(Issue.secret_hash == hash_secret(secret))
    return query.where(is_seen_by(actor))


def _lock_issue(session: Session, actor: Actor, issue_id: int, secret: str | None) -> Issue:
    query = _visible(actor, issue_id, secret).with_for_update().execution_options(populate_existing=True)
    issue: Issue | None = session.scalar(query)
    if issue is None:
        if actor.role == "visitor" and secret is None:
            require(actor, "issues.read")
        raise NotFound
    return issue


def _is_taken(session: Session, issue_id: int, client_id: str) -> bool:
    query = select(IssueEvent.id).where(IssueEvent.issue_id == issue_id, IssueEvent.client_id == client_id)
    return session.scalar(query) is not None


def _as_taken(issue: Issue) -> Taken:
    return Taken(issue.id, issue.state, issue.tier, issue.version, issue.due_at)


def check_given(step: Transition, given: Given, at: datetime) -> None:
    """Raise `BadInput` that says all that is missing, too much or wrong."""
    faults = []
    for name in ("parent", "until", "rating", "dispatched_to", "note"):
        value = given.value_of(name)
        column = "parent_id" if name == "parent" else name
        if name in step.gives and (value is None or (isinstance(value, str) and not value.strip())):
            faults.append(FieldError("body", column, "step_needed"))
        elif name not in step.gives and name != "note" and value is not None:
            faults.append(FieldError("body", column, "step_not_asked"))
    faults += _outcome_faults(step, given)
    faults += _range_faults(given, at)
    if faults:
        raise BadInput(fields=faults)


def _range_faults(given: Given, at: datetime) -> list[FieldError]:
    faults = []
    last = at + timedelta(days=LONGEST_PAUSE_DAYS)
    if given.until is not None and not at < given.until <= last:
        faults.append(FieldError("body", "until", "step_until_past", value=given.until.isoformat()))
    if given.rating is not None and not 1 <= given.rating <= 5:
        faults.append(FieldError("body", "rating", "api_out_of_range", value=str(given.rating), hint="1-5"))
    return faults


def _outcome_faults(step: Transition, given: Given) -> list[FieldError]:
    if given.outcome is None:
        return [FieldError("body", "outcome", "step_needed")] if len(step.outcomes) > 1 else []
    if not step.outcomes:
        return [FieldError("body", "outcome", "step_not_asked")]
    if given.outcome not in step.outcomes:
        hint = ", ".join(step.outcomes)
        return [FieldError("body", "outcome", "api_not_one_of", value=given.outcome[:60], hint=hint)]
    return []


def _write_step(
    session: Session,
    taker: Taker,
    issue: Issue,
    step: Transition,
    given: Given,
    at: datetime,
    client_id: str | None,
) -> Taken:
    start = issue.state
    event = IssueEvent(
        issue_id=issue.id,
        at=at,
        from_state=start,
        action=step.action,
        account_id=taker.actor.account_id if taker.role != RESIDENT else None,
        staff_id=taker.actor.staff_id if taker.role != RESIDENT else None,
        note=given.note,
        until=given.until,
        client_id=client_id,
        details={},
    )
    _apply_place(session, taker, issue, step, given, event, at)
    _apply_state(issue, step, given, event, at)
    if step.action == "rate":
        issue.rating, issue.rated_at = given.rating, at
        issue.rated_by = "desk" if taker.is_for_resident(step) else "resident"
        event.details = {"rating": given.rating, "by": issue.rated_by}
    issue.version += 1
    session.add(event)
    write_clocks(session, issue)
    followed = follow(session, issue, start, event) if issue.state != "merged" else 0
    record(
        session,
        taker.actor,
        "step_taken",
        "issue",
        issue.id,
        step=step.action,
        from_state=start,
        to_state=issue.state,
        role=taker.role,
        followed=followed,
    )
    call_sender(session)
    return _as_taken(issue)


def _apply_place(
    session: Session,
    taker: Taker,
    issue: Issue,
    step: Transition,
    given: Given,
    event: IssueEvent,
    at: datetime,
) -> None:
    """Set whom it lies with: receiver, tier, parent."""
    if given.dispatched_to is not None:
        receiver = find_receiver(session, given.dispatched_to, whistle=step.action == "whistle")
        issue.dispatched_to, issue.organisation = receiver.reference, receiver.organisation
        event.details = {"to": receiver.reference, "reason": dict(given.reason)}
    if step.action == "whistle":
        issue.tier = DEPARTMENT
    elif step.action == "escalate":
        if issue.tier == DEPARTMENT:
            raise Conflict("step_highest_tier")
        issue.tier = TIERS[TIERS.index(issue.tier) + 1]
        event.details = {"tier": issue.tier}
    elif step.action == "merge":
        assert given.parent_id is not None
        parent = lock_parent(session, taker.actor, issue, given.parent_id)
        issue.parent_id = event.parent_id = parent.id
        event.counts_as, event.until = parent.state, parent.resumes_at
        move_children(session, issue, parent, at)
    elif step.action == "split":
        issue.parent_id = None


def _apply_state(issue: Issue, step: Transition, given: Given, event: IssueEvent, at: datetime) -> None:
    """Set the state, and what goes with opening, closing and pausing."""
    states = read_register().states
    start = issue.state
    if step.to_state == BEFORE:
        issue.state = issue.resumes_to or "accepted"
    elif step.to_state not in (SAME, AGREED):
        issue.state = step.to_state
    event.to_state = issue.state
    now, was = states[issue.state], states[start]
    if now.pauses:
        issue.resumes_to, issue.resumes_at = start, given.until
    else:
        issue.resumes_to = issue.resumes_at = None
    if step.outcomes:
        issue.outcome = event.outcome = given.outcome or step.outcomes[0]
    if was.is_open and not now.is_open:
        issue.closed_at = at
    elif now.is_open and not was.is_open:
        issue.closed_at = issue.settled_at = issue.outcome = None
    if issue.state == "settled":
        issue.settled_at = at
