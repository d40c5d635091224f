"""Keys of applications that report by Open311: shown once, kept as a digest, revocable, with a rate each."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gridmap.errors import BadInput, FieldError, NotAllowed, NotFound, TooMany
from gridmap.models import Open311Key, Open311Request
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KEY_PREFIX = "o311_"  # marks a lost key in a log as ours
LONGEST_NAME = 64
PER_HOUR = 600
MOST_PER_HOUR = 100_000
WINDOW = timedelta(hours=1)

READER = Actor(
    account_id=None, username="", role="visitor", area_ids=None, rights=frozenset({"open311.read"})
)
"""Whoever reads without a key."""


@dataclass(frozen=True)
class Application:
    """An application with a key.

    Attributes
    ----------
    actor
        A visitor who may also report, and read what the key allows.
    """

    key_id: int
    actor: Actor


def find_application(session: Session, key: str) -> Application:
    """Find whose key it is.

    Raises
    ------
    NotAllowed
        If it is empty, unknown or revoked.
    """
    if not key:
        raise NotAllowed("open311_key_missing")
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    query = select(Open311Key).where(Open311Key.digest == digest, Open311Key.revoked_at.is_(None))
    row = session.scalar(query)
    if row is None:
        raise NotAllowed("open311_key_unknown")
    rights = {"open311.read", "issues.write", "places.read"}
    if row.reads_details:
        rights.add("open311.details")
    name = f"open311:{row.application}"
    return Application(row.id, Actor(None, name, "visitor", area_ids=None, rights=frozenset(rights)))


def require_room(session: Session, key_id: int) -> None:
    """Raise `TooMany` when the key has sent as much as it may; one report of a key at a time passes here."""
    row = session.get_one(Open311Key, key_id, with_for_update=True)
    now = datetime.now(UTC)
    sent = select(Open311Request.created_at).where(
        Open311Request.key_id == key_id, Open311Request.created_at > now - WINDOW
    )
    count = session.scalar(select(func.count()).select_from(sent.subquery())) or 0
    if count < row.per_hour:
        return
    # The report that must first fall out of the hour before there is room for another.
    oldest = sent.order_by(Open311Request.created_at.desc()).offset(row.per_hour - 1).limit(1)
    leaves_at = session.scalars(oldest).one() + WINDOW
    wait_s = int((leaves_at - now).total_seconds()) + 1
    raise TooMany("open311_key_rate", per_hour=row.per_hour, retry_after_s=wait_s)


def issue_key(
    session: Session,
    actor: Actor,
    application: str,
    *,
    per_hour: int = PER_HOUR,
    reads_details: bool = False,
) -> tuple[str, Open311Key]:
    """Issue a key; its text is in no database and cannot be shown again.

    Parameters
    ----------
    per_hour
        Reports it may send in any 60 minutes.
    reads_details
        Whether it sees descriptions, answers and exact places of all services.
    """
    require(actor, "open311.keep")
    faults = []
    if not application.strip() or len(application) > LONGEST_NAME:
        faults.append(FieldError("key", "application", "open311_name", hint=str(LONGEST_NAME)))
    if not 1 <= per_hour <= MOST_PER_HOUR:
        hint = f"1-{MOST_PER_HOUR}"
        faults.append(FieldError("key", "per_hour", "api_out_of_range", value=str(per_hour), hint=hint))
    if faults:
        raise BadInput(fields=faults)
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    digest = hashlib.sha256(key.encode()).digest()
    row = Open311Key(application=application, digest=digest, per_hour=per_hour, reads_details=reads_details)
    session.add(row)
    session.flush()
    record(
        session,
        actor,
        "issued",
        "open311_key",
        row.id,
        application=application,
        per_hour=per_hour,
        reads_details=reads_details,
    )
    return key, row


def list_keys(session: Session, actor: Actor) -> list[Open311Key]:
    """List all keys, revoked ones included, the oldest first."""
    require(actor, "open311.keep")
    return list(session.scalars(select(Open311Key).order_by(Open311Key.id)))


def revoke_key(session: Session, actor: Actor, key_id: int) -> None:
    """Make a key worthless from its next use.

    Raises
    ------
    NotFound
        If there is no such key, or it is revoked already.
    """
    require(actor, "open311.keep")
    query = select(Open311Key).where(Open311Key.id == key_id, Open311Key.revoked_at.is_(None))
    row = session.scalar(query.with_for_update())
    if row is None:
        raise NotFound("open311_no_key", number=key_id)
    row.revoked_at = datetime.now(UTC)
    record(session, actor, "revoked", "open311_key", key_id)
