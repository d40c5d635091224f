"""Accounts: who may sign in as what, with which areas; passwords, tokens, and the brake on guessing.

A password is kept as argon2id, a token and the name of a failed sign-in only as digests. Nothing here tells
an unknown name from a wrong password, neither in words nor in time.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import ColumnElement, delete, exists, func, select, true, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, Conflict, FieldError, NotFound, TooMany
from gridmap.i18n import LANGUAGES
from gridmap.models import Account, AccountArea, ApiToken, Area, FailedSignIn, Staff
from gridmap.models.accounts import ACCOUNT_ROLES
from gridmap.services.actors import Actor, area_in_scope, require
from gridmap.services.audit import record
from gridmap.services.rows import AnyRow, fetch

WINDOW = timedelta(minutes=15)
FAILURES_PER_NAME = 5  # of one name from one address
FAILURES_PER_ADDRESS = 50  # an office stands behind one address
PASSWORD_LENGTH = (8, 128)
USERNAME_LENGTH = 64

# Figures of the OWASP cheat sheet: 46 MiB, so that all threads of a small server can check at once.
_HASHER = PasswordHasher(time_cost=2, memory_cost=47_104, parallelism=1)


# Signing in.


def sign_in(session: Session, username: str, password: str, address: str) -> Actor | None:
    """Check name and password; a failure is counted, so the caller must commit even then.

    Parameters
    ----------
    address
        Network address the try came from.

    Returns
    -------
    Actor or None
        None when name or password is wrong, the account is switched off, or it has no password.

    Raises
    ------
    TooMany
        After `FAILURES_PER_NAME` or `FAILURES_PER_ADDRESS` failures within `WINDOW`.
    """
    # One at a time from one address: several workers cannot pass the brake side by side.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(address, 0))))
    name = _digest_of(username)
    _brake(session, name, address)
    account = session.scalar(select(Account).where(Account.username == username, Account.active))
    if password_fits(account, password):
        assert account is not None
        assert account.password_hash is not None
        if _HASHER.check_needs_rehash(account.password_hash):
            account.password_hash = _HASHER.hash(password)
        session.execute(
            delete(FailedSignIn).where(FailedSignIn.username == name, FailedSignIn.address == address)
        )
        return _actor_where(session, account.id)
    now = datetime.now(UTC)
    session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - WINDOW))
    session.add(FailedSignIn(username=name, address=address, at=now))
    session.flush()
    return None


def password_fits(account: Account | None, password: str) -> bool:
    """Tell whether this is the account's password; False for no account and for one without a password."""
    # An unknown name costs the same work, so that the time of the answer tells nothing.
    kept = account.password_hash if account is not None and account.password_hash else _nobodys_hash()
    try:
        fits = _HASHER.verify(kept, password)
    except VerificationError:
        return False
    return fits and account is not None and account.password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))


def _brake(session: Session, name: str, address: str) -> None:
    now = datetime.now(UTC)
    recent = [FailedSignIn.address == address, FailedSignIn.at > now - WINDOW]
    for limit, which in (
        (FAILURES_PER_NAME, [*recent, FailedSignIn.username == name]),
        (FAILURES_PER_ADDRESS, recent),
    ):
        # The try that must first fall out of the window before there is room for another.
        latest = session.scalars(
            select(FailedSignIn.at).where(*which).order_by(FailedSignIn.at.desc()).limit(limit)
        ).all()
        if len(latest) == limit:
            raise TooMany(retry_after_s=int((latest[-1] + WINDOW - now).total_seconds()) + 1)


def _digest_of(text: str) -> str:
    """People type their password into the field of the name; nothing they typed is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def actor_of_session(session: Session, account_id: int, session_epoch: int) -> Actor | None:
    """Find the one behind a session cookie; None when the account is off or its sessions were ended."""
    actor = _actor_where(session, account_id)
    return actor if actor is not None and actor.session_epoch == session_epoch else None


def actor_of_token(session: Session, token: str) -> Actor | None:
    """Find the one behind a bearer token; None when it is unknown, expired, or its account is off."""
    account_id = session.scalar(
        select(ApiToken.account_id).where(
            ApiToken.digest == hashlib.sha256(token.encode()).digest(),
            (ApiToken.expires_at.is_(None)) | (ApiToken.expires_at > func.now()),
        )
    )
    return None if account_id is None else _actor_where(session, account_id)


def actor_of_account(session: Session, username: str) -> Actor:
    """Get the one a command line acts for.

    Raises
    ------
    NotFound
        If there is no such account, or it is switched off.
    """
    account_id = session.scalar(select(Account.id).where(Account.username == username))
    actor = None if account_id is None else _actor_where(session, account_id)
    if actor is None:
        raise NotFound("no_such_account", username=username)
    return actor


def _actor_where(session: Session, account_id: int) -> Actor | None:
    area_ids = (
        select(func.array_agg(aggregate_order_by(AccountArea.area_id, AccountArea.area_id)))
        .where(AccountArea.account_id == Account.id)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            Account.id,
            Account.username,
            Account.role,
            Account.staff_id,
            Account.language,
            Account.session_epoch,
            area_ids.label("area_ids"),
        ).where(Account.id == account_id, Account.active)
    ).one_or_none()
    if row is None:
        return None
    whole_city = row.role == "admin" and not row.area_ids
    return Actor(
        account_id=row.id,
        username=row.username,
        role=row.role,
        area_ids=None if whole_city else tuple(row.area_ids or ()),
        staff_id=row.staff_id,
        language=row.language,
        session_epoch=row.session_epoch,
    )


# Keeping accounts.


def create_account(
    session: Session,
    actor: Actor,
    username: str,
    *,
    role: str,
    password: str | None = None,
    area_codes: Iterable[str] = (),
    staff_code: str | None = None,
    language: str = "zh",
) -> Account:
    """Create an account.

    Parameters
    ----------
    password
        None: it cannot sign in, only tokens can be issued for it.
    area_codes
        Areas the account sees, with all below them; an admin without any sees the whole city.
    staff_code
        The post behind it, for field accounts.

    Raises
    ------
    BadInput
        With every wrong value at once.
    Conflict
        If the name is taken.
    """
    require(actor, "accounts.write")
    codes = list(dict.fromkeys(area_codes))
    areas = session.scalars(select(Area).where(Area.code.in_(codes), area_in_scope(actor))).all()
    staff_id = None
    faults = _faults_of(username, role, language, password)
    for code in codes:
        if code not in {area.code for area in areas}:
            faults.append(FieldError("account", "areas", "account_no_such_area", value=code))
    if not codes and (role != "admin" or actor.area_ids is not None):
        faults.append(FieldError("account", "areas", "account_areas_needed"))
    if staff_code is not None:
        staff_id = session.scalar(select(Staff.id).where(Staff.code == staff_code))
        if staff_id is None:
            faults.append(FieldError("account", "staff_code", "account_no_such_staff", value=staff_code))
    if faults:
        raise BadInput(fields=faults)
    if session.scalar(select(Account.id).where(Account.username == username)) is not None:
        raise Conflict("username_taken", username=username)
    account = Account(
        username=username,
        role=role,
        language=language,
        staff_id=staff_id,
        password_hash=None if password is None else _HASHER.hash(password),
    )
    session.add(account)
    session.flush()
    session.add_all(AccountArea(account_id=account.id, area_id=area.id) for area in areas)
    record(session, actor, "created", "account", username, role=role, areas=codes)
    return account


def _faults_of(username: str, role: str, language: str, password: str | None) -> list[FieldError]:
    faults = []
    shown = username[:USERNAME_LENGTH]
    if not username or len(username) > USERNAME_LENGTH or username != username.strip():
        faults.append(FieldError("account", "username", "account_bad_username", value=shown))
    if role not in ACCOUNT_ROLES:
        faults.append(
            FieldError("account", "role", "api_not_one_of", value=role, hint=", ".join(ACCOUNT_ROLES))
        )
    if language not in LANGUAGES:
        faults.append(
            FieldError("account", "language", "api_not_one_of", value=language, hint=", ".join(LANGUAGES))
        )
    if password is not None:
        faults += _faults_of_password(username, password)
    return faults


def _faults_of_password(username: str, password: str) -> list[FieldError]:
    low, high = PASSWORD_LENGTH
    if not low <= len(password) <= high:
        return [FieldError("account", "password", "account_password_length", hint=f"{low}-{high}")]
    if password.lower() == username.lower():
        return [FieldError("account", "password", "account_password_is_name")]
    return []


def list_accounts(
    session: Session, actor: Actor, *, after_username: str = "", limit: int | None = 100
) -> list[AnyRow]:
    """List the accounts the actor keeps.

    Returns
    -------
    list of Row
        ``username``, ``role``, ``language``, ``active``, ``staff_code``, ``areas`` (codes), ``has_password``.
    """
    require(actor, "accounts.read")
    areas = (
        select(func.array_agg(aggregate_order_by(Area.code, Area.code)))
        .join(AccountArea, AccountArea.area_id == Area.id)
        .where(AccountArea.account_id == Account.id)
        .scalar_subquery()
    )
    query = (
        select(
            Account.username,
            Account.role,
            Account.language,
            Account.active,
            Staff.code.label("staff_code"),
            areas.label("areas"),
            Account.password_hash.is_not(None).label("has_password"),
        )
        .outerjoin(Staff, Staff.id == Account.staff_id)
        .where(_kept_by(actor), Account.username > after_username)
        .order_by(Account.username)
        .limit(limit)
    )
    return fetch(session, query)


def count_accounts(session: Session, actor: Actor) -> int:
    """Count the accounts the actor keeps."""
    require(actor, "accounts.read")
    return session.scalar(select(func.count()).select_from(Account).where(_kept_by(actor))) or 0


def _kept_by(actor: Actor) -> ColumnElement[bool]:
    """An admin of some areas keeps the accounts that see nothing outside them."""
    if actor.area_ids is None:
        return true()
    own = select(AccountArea).join(Area, Area.id == AccountArea.area_id)
    own = own.where(AccountArea.account_id == Account.id)
    return exists(own) & ~exists(own.where(~area_in_scope(actor)))


def get_kept(session: Session, actor: Actor, username: str) -> Account:
    """Get and lock an account the actor keeps.

    Raises
    ------
    NotFound
        If there is none, or it sees areas outside the actor's.
    """
    require(actor, "accounts.write")
    query = select(Account).where(Account.username == username, _kept_by(actor)).with_for_update()
    account = session.scalar(query)
    if account is None:
        raise NotFound
    return account


def set_password(session: Session, actor: Actor, username: str, password: str) -> None:
    """Give an account a new password and end its open sessions."""
    account = get_kept(session, actor, username)
    _replace_password(account, password)
    record(session, actor, "password_set", "account", username)


def change_password(session: Session, actor: Actor, old: str, new: str) -> Actor:
    """Change one's own password; every other open session of the account ends.

    Returns
    -------
    Actor
        With the new session epoch, for the session that goes on.

    Raises
    ------
    BadInput
        If the old password is wrong or the new one will not do.
    """
    require(actor, "accounts.own")
    account = session.scalar(select(Account).where(Account.id == actor.account_id).with_for_update())
    if account is None or not password_fits(account, old):
        raise BadInput(fields=[FieldError("account", "old_password", "account_wrong_password")])
    _replace_password(account, new)
    record(session, actor, "password_changed", "account", account.username)
    return replace(actor, session_epoch=account.session_epoch)


def _replace_password(account: Account, password: str) -> None:
    if faults := _faults_of_password(account.username, password):
        raise BadInput(fields=faults)
    account.password_hash = _HASHER.hash(password)
    account.session_epoch += 1


def set_active(session: Session, actor: Actor, username: str, active: bool) -> None:
    """Switch an account on or off; off holds from its next request."""
    account = get_kept(session, actor, username)
    if account.id == actor.account_id:
        raise Conflict("own_account", username=username)
    account.active = active
    account.session_epoch += 1
    record(session, actor, "switched_on" if active else "switched_off", "account", username)


def end_sessions(session: Session, actor: Actor) -> None:
    """End every open session of one's own account, wherever it was opened."""
    require(actor, "accounts.own")
    session.execute(
        update(Account).where(Account.id == actor.account_id).values(session_epoch=Account.session_epoch + 1)
    )
    record(session, actor, "sessions_ended", "account", actor.username)


def set_language(session: Session, actor: Actor, language: str) -> None:
    """Keep the language one reads in."""
    require(actor, "accounts.own")
    if language not in LANGUAGES:
        fault = FieldError("account", "language", "api_not_one_of", value=language, hint=", ".join(LANGUAGES))
        raise BadInput(fields=[fault])
    session.execute(update(Account).where(Account.id == actor.account_id).values(language=language))
    record(session, actor, "language_set", "account", actor.username, language=language)
