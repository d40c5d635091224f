"""Whether somebody may take a step on an issue now: the register, asked with the issue at hand."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from gridmap.errors import Conflict, NotAllowed, NotFound, NotSignedIn
from gridmap.handling.register import (
    DESK,
    LINK_OR_DESK,
    RESIDENT,
    Transition,
    action_text,
    read_register,
    roles_allowed,
)
from gridmap.i18n import translate
from gridmap.models import Issue, IssueEvent
from gridmap.services.actors import Actor


class StepRefused(Conflict):
    """The step is not in the table, or not now; ``legal`` names the actions that are possible."""

    def detail(self, language: str = "zh") -> str:
        """Say it with the names of state and actions."""
        named = dict(self.details)
        legal: Iterable[str] = named.get("legal", ())
        between = "、" if language == "zh" else ", "
        named["legal"] = between.join(action_text(action, language) for action in legal) or "–"
        named["state"] = translate(f"pages.state_{named['state']}", language)
        named["action"] = action_text(str(named["action"]), language)
        return translate(f"error.{self.message}", language, **named)


@dataclass(frozen=True)
class Taker:
    """Who takes a step: an account, the system, or whoever holds the secret link.

    Attributes
    ----------
    role
        As in the register.
    """

    actor: Actor
    role: str

    def may(self, step: Transition) -> bool:
        """Tell whether the role may take the step, for a resident or by itself."""
        return self.role in roles_allowed(step)

    def is_for_resident(self, step: Transition) -> bool:
        """Tell whether the desk writes down what a resident says."""
        return self.role in DESK and self.role not in step.roles and step.resident == LINK_OR_DESK


def hash_secret(secret: str) -> bytes:
    """Give what is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def find_taker(actor: Actor, issue: Issue, secret: str | None) -> Taker:
    """Find as whom somebody acts.

    Raises
    ------
    NotSignedIn
        If it is a visitor without a link.
    NotFound
        If the secret is another's.
    """
    if secret is not None:
        if not hmac.compare_digest(issue.secret_hash or b"", hash_secret(secret)):
            raise NotFound
        return Taker(actor, RESIDENT)
    if actor.role == "visitor":
        raise NotSignedIn
    return Taker(actor, actor.role)


def list_legal(session: Session, taker: Taker, issue: Issue, at: datetime) -> list[Transition]:
    """List the steps that may be taken now, in the order of the register."""
    return [
        step
        for step in read_register().steps_from(issue.state)
        if taker.may(step)
        and not _window_fault(step, issue, at)[0]
        and not _is_own_work(session, taker, step, issue)
    ]


def require_legal(session: Session, taker: Taker, issue: Issue, action: str, at: datetime) -> Transition:
    """Give the step that an action is now, or raise.

    Raises
    ------
    NotAllowed
        If the role may not take it here, or nowhere.
    StepRefused
        If the state does not know it, or it is too early, too late, or for somebody else to do.
    """
    register = read_register()
    if taker.role not in register.roles_of(action):
        raise NotAllowed(action=action, role=taker.role)
    step = register.find(issue.state, action)
    if step is not None and not taker.may(step):
        raise NotAllowed(action=action, role=taker.role)
    fault, days = ("step_not_legal", 0) if step is None else _window_fault(step, issue, at)
    if step is not None and not fault and _is_own_work(session, taker, step, issue):
        fault = "step_own_work"
    if step is None or fault:
        raise refusal(session, taker, issue, action, at, fault, days=days)
    return step


def refusal(
    session: Session, taker: Taker, issue: Issue, action: str, at: datetime, fault: str, **details: object
) -> StepRefused:
    """Build the refusal that names what is possible instead."""
    legal = [step.action for step in list_legal(session, taker, issue, at)]
    return StepRefused(fault, state=issue.state, action=action, version=issue.version, legal=legal, **details)


def _window_fault(step: Transition, issue: Issue, at: datetime) -> tuple[str, int]:
    """Why a step may not be taken so long after closing, and the days of the limit; empty if it may."""
    if issue.closed_at is None:
        return "", 0
    if step.within_days is not None and at > issue.closed_at + timedelta(days=step.within_days):
        return "step_too_late", step.within_days
    if step.after_days is not None and at < issue.closed_at + timedelta(days=step.after_days):
        return "step_too_early", step.after_days
    return "", 0


def _is_own_work(session: Session, taker: Taker, step: Transition, issue: Issue) -> bool:
    """Tell whether whoever takes it did on this issue what somebody else has to have done."""
    actor = taker.actor
    if not step.apart_from or taker.role == RESIDENT or actor.account_id is None:
        return False
    same = [IssueEvent.account_id == actor.account_id]
    if actor.staff_id is not None:
        same.append(IssueEvent.staff_id == actor.staff_id)
    query = select(IssueEvent.id).where(
        IssueEvent.issue_id == issue.id, IssueEvent.action == step.apart_from, or_(*same)
    )
    return session.scalar(query.limit(1)) is not None
