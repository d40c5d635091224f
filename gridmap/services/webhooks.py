"""Webhooks: addresses that are told of every step of every issue, and the telling.

What is to be told is written by the database with the step itself (trigger ``note_steps``), whoever takes it:
it exists when, and only when, the step was committed, and no step waits for anybody. The worker sends it, at
least once: the same ``GridMap-Delivery`` again means the same thing again.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import exists, func, select, true, update
from sqlalchemy.orm import aliased

from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.handling.register import read_register
from gridmap.models import WebhookDelivery, WebhookTarget
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.jobs import defer
from gridmap.services.rows import AnyRow, fetch
from gridmap.services.webhook_posts import Answer, check_address, post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from gridmap.db import Database

KEEP = "webhooks.keep"
SECRET_BYTES = 32
TRIAL = "trial"
"""Action of a message that tells nothing: it asks whether there is anybody."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))
"""After each attempt that failed; after the last one nothing more is tried."""
LEASE = timedelta(minutes=2)  # a worker that died in between is not waited for longer
AT_ONCE = 20


@dataclass(frozen=True)
class NewTarget:
    """An address just registered, with the secret that signs what it is told: it is shown once."""

    id: int
    secret: str


def list_actions() -> tuple[str, ...]:
    """List what an address may be told of: reports, and every action of the register."""
    return ("report", *read_register().actions)


def add_target(
    session: Session, actor: Actor, address: str, *, actions: Sequence[str] = (), allow_private: bool = False
) -> NewTarget:
    """Tell an address of steps from now on.

    Parameters
    ----------
    actions
        Only these; empty = all.
    allow_private
        Whether it may lie in a private network.

    Raises
    ------
    BadInput
        If the address or an action is not right.
    Conflict
        If the address is told already.
    """
    require(actor, KEEP)
    check_address(address, allow_private=allow_private)
    known = list_actions()
    hint = ", ".join(known)
    wrong = [
        FieldError("webhook", "actions", "api_not_one_of", value=action[:60], hint=hint)
        for action in actions
        if action not in known
    ]
    if wrong:
        raise BadInput(fields=wrong)
    if session.scalar(select(exists().where(WebhookTarget.address == address))):
        raise Conflict("webhook_known")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    target = WebhookTarget(address=address, secret=secret, actions=list(actions))
    session.add(target)
    session.flush()
    record(session, actor, "created", "webhook", target.id, actions=list(actions))
    return NewTarget(target.id, secret)


def list_targets(session: Session, actor: Actor) -> list[AnyRow]:
    """List the addresses with the state of what they are told.

    Returns
    -------
    list of Row
        ``id``, ``address``, ``actions``, ``is_on``, ``created_at``; how many deliveries are ``waiting``,
        ``delivered`` and ``dead``; ``next_at``, when the first of those that wait is tried; ``answer`` and
        ``tried_at`` of the last attempt, None before the first.
    """
    require(actor, KEEP)
    counts = [
        func.count().filter(WebhookDelivery.state == state).label(state)
        for state in ("waiting", "delivered", "dead")
    ]
    next_at = func.min(WebhookDelivery.next_at).filter(WebhookDelivery.state == "waiting").label("next_at")
    tried = aliased(WebhookDelivery)
    last = (
        select(tried.answer, tried.tried_at)
        .where(tried.target_id == WebhookTarget.id, tried.tried_at.is_not(None))
        .order_by(tried.tried_at.desc(), tried.id.desc())
        .limit(1)
        .lateral()
    )
    query = (
        select(
            WebhookTarget.id,
            WebhookTarget.address,
            WebhookTarget.actions,
            WebhookTarget.is_on,
            WebhookTarget.created_at,
            *counts,
            next_at,
            last.c.answer,
            last.c.tried_at,
        )
        .outerjoin(WebhookDelivery, WebhookDelivery.target_id == WebhookTarget.id)
        .outerjoin(last, true())
        .group_by(WebhookTarget.id, last.c.answer, last.c.tried_at)
        .order_by(WebhookTarget.id)
    )
    return fetch(session, query)


def switch_target(session: Session, actor: Actor, target_id: int, *, is_on: bool) -> None:
    """Tell an address nothing for a while, or again.

    Steps taken while it is off are not told to it, later neither; what was waiting goes on waiting.
    """
    require(actor, KEEP)
    target = _target_of(session, target_id)
    if target.is_on != is_on:
        target.is_on = is_on
        session.flush()
        record(session, actor, "switched on" if is_on else "switched off", "webhook", target_id)
    if is_on:
        call_sender(session)


def send_trial(session: Session, actor: Actor, target_id: int) -> None:
    """Send an address a message of the action ``trial``, signed like all others and tried again like them.

    Raises
    ------
    Conflict
        If the address is switched off.
    """
    require(actor, KEEP)
    target = _target_of(session, target_id)
    if not target.is_on:
        raise Conflict("webhook_off")
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    body = {"action": TRIAL, "at": at}
    session.add(WebhookDelivery(target_id=target_id, delivery_id=uuid4(), body=body))
    session.flush()
    record(session, actor, "tried", "webhook", target_id)
    call_sender(session)


def remove_target(session: Session, actor: Actor, target_id: int) -> None:
    """Tell an address nothing more; what was still to be told is forgotten."""
    require(actor, KEEP)
    session.delete(_target_of(session, target_id))
    record(session, actor, "removed", "webhook", target_id)


def revive_deliveries(session: Session, actor: Actor, target_id: int) -> int:
    """Try again what was given up for an address; gives how many."""
    require(actor, KEEP)
    _target_of(session, target_id)
    dead = (WebhookDelivery.target_id == target_id, WebhookDelivery.state == "dead")
    again = update(WebhookDelivery).where(*dead).values(state="waiting", attempts=0, next_at=func.now())
    number = len(session.scalars(again.returning(WebhookDelivery.id)).all())
    record(session, actor, "revived", "webhook", target_id, deliveries=number)
    call_sender(session)
    return number


def call_sender(session: Session) -> None:
    """Have what was just written sent at once, where there is anybody to tell."""
    if session.scalar(select(exists().where(WebhookTarget.is_on))):
        defer(session, "send_webhooks")


def send_webhooks(database: Database, *, allow_private: bool = False, now: datetime | None = None) -> int:
    """Send what is due, a few at a time, each in no transaction; gives how many were taken."""
    taken = 0
    while claimed := _claim(database, now or datetime.now(UTC)):
        for row in claimed:
            body = json.dumps({"id": str(row.delivery_id), **row.body}, ensure_ascii=False).encode()
            answer = post(
                row.address,
                row.secret,
                body,
                delivery=str(row.delivery_id),
                event=row.body["action"],
                allow_private=allow_private,
            )
            taken += answer.is_taken
            _note(database, row, answer, now or datetime.now(UTC))
    return taken


def _claim(database: Database, now: datetime) -> list[AnyRow]:
    """Take some deliveries that are due; nobody else takes them for a while."""
    due = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.state == "waiting", WebhookDelivery.next_at <= now)
        .where(WebhookDelivery.target_id.in_(select(WebhookTarget.id).where(WebhookTarget.is_on)))
        .order_by(WebhookDelivery.next_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    claim = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(due), WebhookTarget.id == WebhookDelivery.target_id)
        .values(attempts=WebhookDelivery.attempts + 1, next_at=now + LEASE)
        .returning(
            WebhookDelivery.id,
            WebhookDelivery.delivery_id,
            WebhookDelivery.body,
            WebhookDelivery.attempts,
            WebhookTarget.address,
            WebhookTarget.secret,
        )
        .execution_options(synchronize_session=False)
    )
    with database.transaction() as session:
        return list(session.execute(claim).all())


def _note(database: Database, row: AnyRow, answer: Answer, now: datetime) -> None:
    """Write down what came of an attempt."""
    wait = WAITS[min(row.attempts, len(WAITS)) - 1]
    values: dict[str, object] = {"state": "delivered", "delivered_at": now}
    if not answer.is_taken:
        gives_up = row.attempts > len(WAITS)
        values = {"state": "dead" if gives_up else "waiting", "next_at": now + wait}
    values |= {"answer": answer.words, "tried_at": now}
    noted = update(WebhookDelivery).where(WebhookDelivery.id == row.id).values(**values)
    with database.transaction() as session:
        session.execute(noted.execution_options(synchronize_session=False))
        if values["state"] == "waiting":
            defer(session, "send_webhooks", at=now + wait)


def _target_of(session: Session, target_id: int) -> WebhookTarget:
    target = session.get(WebhookTarget, target_id)
    if target is None:
        raise NotFound
    return target
