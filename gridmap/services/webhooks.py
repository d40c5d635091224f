"""Webhooks: addresses that are told of every step of every issue, and the telling.

What is to be told is written by the database with the step itself (trigger ``note_steps``), whoever takes it:
it exists when, and only when, the step was committed, and no step waits for anybody. The worker sends it, at
least once: the same ``GridMap-Delivery`` again means the same thing again.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select, update

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

SECRET_BYTES = 32
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))
"""After each attempt that failed; after the last one nothing more is tried."""
LEASE = timedelta(minutes=2)  # a worker that died in between is not waited for longer
AT_ONCE = 20


def add_target(
    session: Session, actor: Actor, address: str, *, actions: Sequence[str] = (), allow_private: bool = False
) -> str:
    """Tell an address of steps from now on; gives the secret that signs, shown once.

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
    require(actor, "webhooks.keep")
    check_address(address, allow_private=allow_private)
    known = ("report", *read_register().actions)
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
    return secret


def list_targets(session: Session, actor: Actor) -> list[AnyRow]:
    """List the addresses: ``id``, ``address``, ``actions``, ``waiting``, ``delivered``, ``dead``, ``answer``.

    ``answer`` is that of the newest attempt that failed.
    """
    require(actor, "webhooks.keep")
    counts = {
        state: func.count().filter(WebhookDelivery.state == state).label(state)
        for state in ("waiting", "delivered", "dead")
    }
    failed = (
        select(WebhookDelivery.answer)
        .where(WebhookDelivery.target_id == WebhookTarget.id, WebhookDelivery.state != "delivered")
        .order_by(WebhookDelivery.id.desc())
        .limit(1)
        .correlate(WebhookTarget)
        .scalar_subquery()
    )
    query = (
        select(
            WebhookTarget.id,
            WebhookTarget.address,
            WebhookTarget.actions,
            *counts.values(),
            failed.label("answer"),
        )
        .outerjoin(WebhookDelivery, WebhookDelivery.target_id == WebhookTarget.id)
        .group_by(WebhookTarget.id)
        .order_by(WebhookTarget.id)
    )
    return fetch(session, query)


def remove_target(session: Session, actor: Actor, target_id: int) -> None:
    """Tell an address nothing more; what was still to be told is forgotten."""
    require(actor, "webhooks.keep")
    session.delete(_target_of(session, target_id))
    record(session, actor, "removed", "webhook", target_id)


def revive_deliveries(session: Session, actor: Actor, target_id: int) -> int:
    """Try again what was given up for an address; gives how many."""
    require(actor, "webhooks.keep")
    _target_of(session, target_id)
    dead = (WebhookDelivery.target_id == target_id, WebhookDelivery.state == "dead")
    again = update(WebhookDelivery).where(*dead).values(state="waiting", attempts=0, next_at=func.now())
    number = len(session.scalars(again.returning(WebhookDelivery.id)).all())
    record(session, actor, "revived", "webhook", target_id, deliveries=number)
    call_sender(session)
    return number


def call_sender(session: Session) -> None:
    """Have what was just written sent at once, where there is anybody to tell."""
    if session.scalar(select(exists().where(WebhookTarget.id.is_not(None)))):
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
    values: dict[str, object] = {"answer": answer.words, "state": "delivered", "delivered_at": now}
    if not answer.is_taken:
        gives_up = row.attempts > len(WAITS)
        values = {"answer": answer.words, "state": "dead" if gives_up else "waiting", "next_at": now + wait}
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
