"""Bearer tokens of machines: issued for an account, shown once, kept as a digest."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.models import ApiToken
from gridmap.services.accounts import get_kept
from gridmap.services.actors import Actor
from gridmap.services.audit import record

TOKEN_DAYS = (1, 366)
TOKEN_PREFIX = "gm_"  # noqa: S105 - marks a lost token in a log as ours


def issue_token(
    session: Session, actor: Actor, username: str, label: str, *, days: int = 90
) -> tuple[str, ApiToken]:
    """Issue a bearer token; its text is in no database and cannot be shown again.

    Parameters
    ----------
    label
        What it is for.
    days
        Until it expires.
    """
    account = get_kept(session, actor, username)
    low, high = TOKEN_DAYS
    if not low <= days <= high:
        fault = FieldError("token", "days", "api_out_of_range", value=str(days), hint=f"{low}-{high}")
        raise BadInput(fields=[fault])
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        account_id=account.id,
        label=label,
        digest=hashlib.sha256(token.encode()).digest(),
        expires_at=datetime.now(UTC) + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    record(session, actor, "token_issued", "account", username, token=row.id, label=label, days=days)
    return token, row


def list_tokens(session: Session, actor: Actor, username: str) -> list[ApiToken]:
    """List an account's tokens: id, label, created_at, expires_at."""
    account = get_kept(session, actor, username)
    return list(
        session.scalars(select(ApiToken).where(ApiToken.account_id == account.id).order_by(ApiToken.id))
    )


def revoke_token(session: Session, actor: Actor, username: str, token_id: int) -> None:
    """Make a token worthless from its next use."""
    account = get_kept(session, actor, username)
    gone = delete(ApiToken).where(ApiToken.id == token_id, ApiToken.account_id == account.id)
    if session.scalar(gone.returning(ApiToken.id)) is None:
        raise NotFound
    record(session, actor, "token_revoked", "account", username, token=token_id)
