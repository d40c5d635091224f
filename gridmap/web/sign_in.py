"""Who asks: the session cookie of people and the bearer token of machines, turned into an actor.

The cookie is signed and holds three things: the account, the session epoch it was opened under, and the
language. Who the account is and what it may see is read anew for each request, so a removal holds at once.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import current_app, g, request, session

from gridmap.errors import NotSignedIn
from gridmap.i18n import LANGUAGES
from gridmap.services import accounts
from gridmap.services.actors import VISITOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from gridmap.db import Database
    from gridmap.services.actors import Actor


def database() -> Database:
    """The database of this application."""
    opened: Database = current_app.extensions["database"]
    return opened


def in_transaction(view: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a view into one transaction; it gets session and actor first, and answers after the commit.

    What the view returns must not need the database any more.
    """

    @wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with database().transaction() as opened:
            return view(opened, current_actor(opened), *args, **kwargs)

    return inside


def current_actor(opened: Session) -> Actor:
    """Find out who asks, once a request.

    Raises
    ------
    NotSignedIn
        When a token is sent that is unknown or has expired; a dead cookie only makes a visitor.
    """
    if "actor" not in g:
        g.actor = _actor_of_token(opened) if sends_token() else _actor_of_cookie(opened)
    actor: Actor = g.actor
    return actor


def sends_token() -> bool:
    """Tell whether the request carries an Authorization header; then its cookie counts for nothing."""
    return "Authorization" in request.headers


def is_signed_in_by_cookie() -> bool:
    """Tell whether the cookie names an account, whatever became of it since."""
    return not sends_token() and "account" in session


def _actor_of_token(opened: Session) -> Actor:
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise NotSignedIn
    actor = accounts.actor_of_token(opened, given.token)
    if actor is None:
        raise NotSignedIn
    return actor


def _actor_of_cookie(opened: Session) -> Actor:
    account, epoch = session.get("account"), session.get("epoch")
    if not isinstance(account, int) or not isinstance(epoch, int):
        return VISITOR
    return accounts.actor_of_session(opened, account, epoch) or VISITOR


def sign_in_by_password(username: str, password: str) -> Actor:
    """Check name and password and open a session.

    Raises
    ------
    NotSignedIn
        When they are wrong; the failure is counted.
    TooMany
        After too many failures.
    """
    with database().transaction() as opened:
        actor = accounts.sign_in(opened, username, password, request.remote_addr or "")
    if actor is None:
        raise NotSignedIn("wrong_password")
    start_session(actor)
    return actor


def start_session(actor: Actor) -> None:
    """Open a session for the actor; nothing of the one before it lives on."""
    session.clear()
    session.permanent = True  # ends after PERMANENT_SESSION_LIFETIME, however busy
    session.update(account=actor.account_id, epoch=actor.session_epoch, language=actor.language)
    g.actor = actor


def end_session() -> None:
    """Close the session; the language stays."""
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    g.actor = VISITOR


def remember_language(language: str) -> None:
    """Keep the language of this browser."""
    if language in LANGUAGES:
        session["language"] = language


def language_of_request() -> str:
    """Give the language to answer in: the chosen one, else the best of Accept-Language, else Chinese."""
    if not sends_token() and session.get("language") in LANGUAGES:
        return str(session["language"])
    for wanted in request.accept_languages.values():
        if (language := wanted.lower().partition("-")[0]) in LANGUAGES:
            return language
    return "zh"
