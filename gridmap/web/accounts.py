"""Accounts, their tokens, and the session of the one who is signed in."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint, FileSchema
from flask import Response
from flask_wtf.csrf import generate_csrf
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.errors import NotSignedIn
from gridmap.services import accounts as service
from gridmap.services import tokens
from gridmap.services.actors import Actor
from gridmap.services.own_data import list_own_data
from gridmap.web.inputs import Code, Input, PageByCode, Words
from gridmap.web.outputs import (
    Out,
    PageOut,
    build_page,
)
from gridmap.web.sign_in import (
    end_session,
    in_transaction,
    remember_language,
    sign_in_by_password,
    start_session,
)

accounts = APIBlueprint("api_accounts", __name__, url_prefix="/api/v1", tag="accounts")


class AccountOut(Out):
    """An account."""

    username: str
    role: str
    language: str
    active: bool
    staff_code: str | None
    areas: list[str] | None = Field(description="codes; null = none, which for an admin is the whole city")
    has_password: bool


class AccountPage(PageOut[AccountOut]):
    """Part of the accounts."""


class TokenOut(Out):
    """A token; its text is not kept."""

    id: int
    label: str
    created_at: datetime
    expires_at: datetime | None


class IssuedTokenOut(TokenOut):
    """A token just issued: the only time its text is seen."""

    token: str


class TokenList(Out):
    """All tokens of an account."""

    items: list[TokenOut]


class SessionOut(Out):
    """Who is signed in."""

    username: str
    role: str
    language: str
    csrf_token: str = Field(description="to send as X-CSRFToken with every write")


Password = Annotated[str, Field(max_length=1024)]


class SignInBody(Input):
    """Name and password."""

    username: Annotated[str, Field(max_length=256)]
    password: Password


class ChangePasswordBody(Input):
    """The old password and the new one."""

    old_password: Password
    new_password: Password


class SessionBody(Input):
    """What may be changed about one's own session."""

    language: Literal["zh", "en"]


class AccountBody(Input):
    """A new account."""

    username: Code
    role: Literal["admin", "planner", "official", "dispatcher", "field"]
    password: Password | None = None
    areas: Annotated[list[Code], Field(max_length=1000, default_factory=list)]
    staff_code: Code | None = None
    language: Literal["zh", "en"] = "zh"


class AccountPatch(Input):
    """What may be changed about an account."""

    active: bool


class PasswordBody(Input):
    """A new password."""

    password: Password


class TokenBody(Input):
    """A new token."""

    label: Words
    days: int = 90


class StoredCountOut(Out):
    """How many rows of a kind are stored about the one who asks."""

    what: str = Field(
        description="account, post, postings, shifts, visits, field_entries, issue_steps, handoffs or changes"
    )
    count: int


class StoredOut(Out):
    """What is stored about the one who asks."""

    items: list[StoredCountOut]


@accounts.post("/session")
@accounts.input(SignInBody)
@accounts.output(SessionOut)
def sign_in(json_data: SignInBody) -> dict[str, Any]:
    """Sign in by password; sets the session cookie"""
    actor = sign_in_by_password(json_data.username, json_data.password)
    return _session_of(actor)


@accounts.get("/session")
@accounts.output(SessionOut)
@in_transaction
def get_session(_session: Session, actor: Actor) -> dict[str, Any]:
    """Who is signed in"""
    return _session_of(actor)


@accounts.patch("/session")
@accounts.input(SessionBody)
@accounts.output(SessionOut)
@in_transaction
def change_session(session: Session, actor: Actor, json_data: SessionBody) -> dict[str, Any]:
    """Choose the language"""
    service.set_language(session, actor, json_data.language)
    remember_language(json_data.language)
    return {**_session_of(actor), "language": json_data.language}


@accounts.delete("/session")
@accounts.output({}, status_code=204)
def sign_out() -> str:
    """Sign out in this browser"""
    end_session()
    return ""


@accounts.delete("/sessions")
@accounts.output({}, status_code=204)
@in_transaction
def sign_out_everywhere(session: Session, actor: Actor) -> str:
    """Sign out in every browser"""
    service.end_sessions(session, actor)
    end_session()
    return ""


@accounts.put("/session/password")
@accounts.input(ChangePasswordBody)
@accounts.output({}, status_code=204)
@in_transaction
def change_password(session: Session, actor: Actor, json_data: ChangePasswordBody) -> str:
    """Change one's own password; other sessions end"""
    renewed = service.change_password(session, actor, json_data.old_password, json_data.new_password)
    start_session(renewed)
    return ""


@accounts.get("/session/stored")
@accounts.output(StoredOut)
@in_transaction
def count_own_data(session: Session, actor: Actor) -> dict[str, Any]:
    """See how much is stored about oneself, kind by kind"""
    found = list_own_data(session, actor)
    return {"items": [{"what": name, "count": len(rows)} for name, rows in found.items()]}


@accounts.get("/session/stored.json")
@accounts.output(FileSchema(type="string", format="binary"), content_type="application/json")
@in_transaction
def take_own_data(session: Session, actor: Actor) -> Response:
    """Take away all that is stored about oneself"""
    content = json.dumps(list_own_data(session, actor), ensure_ascii=False, indent=1, default=str)
    headers = {"Content-Disposition": 'attachment; filename="gridmap-stored.json"'}
    return Response(content, mimetype="application/json", headers=headers)


@accounts.get("/accounts")
@accounts.input(PageByCode, location="query")
@accounts.output(AccountPage)
@in_transaction
def list_accounts(session: Session, actor: Actor, query_data: PageByCode) -> dict[str, Any]:
    """List accounts"""
    limit, after = query_data.limit, query_data.after
    rows = service.list_accounts(session, actor, after_username=after, limit=limit + 1)
    total = None if after else service.count_accounts(session, actor)
    return build_page(AccountOut, rows, limit=limit, key="username", total=total)


@accounts.post("/accounts")
@accounts.input(AccountBody)
@accounts.output(AccountOut, status_code=201)
@in_transaction
def create_account(session: Session, actor: Actor, json_data: AccountBody) -> dict[str, Any]:
    """Create an account"""
    account = service.create_account(
        session,
        actor,
        json_data.username,
        role=json_data.role,
        password=json_data.password,
        area_codes=json_data.areas,
        staff_code=json_data.staff_code,
        language=json_data.language,
    )
    return {
        "username": account.username,
        "role": account.role,
        "language": account.language,
        "active": True,
        "staff_code": json_data.staff_code,
        "areas": json_data.areas or None,
        "has_password": account.password_hash is not None,
    }


@accounts.patch("/accounts/<username>")
@accounts.input(AccountPatch)
@accounts.output({}, status_code=204)
@in_transaction
def change_account(session: Session, actor: Actor, username: str, json_data: AccountPatch) -> str:
    """Switch an account on or off"""
    service.set_active(session, actor, username, json_data.active)
    return ""


@accounts.put("/accounts/<username>/password")
@accounts.input(PasswordBody)
@accounts.output({}, status_code=204)
@in_transaction
def set_password(session: Session, actor: Actor, username: str, json_data: PasswordBody) -> str:
    """Give an account a new password; its sessions end"""
    service.set_password(session, actor, username, json_data.password)
    return ""


@accounts.get("/accounts/<username>/tokens")
@accounts.output(TokenList)
@in_transaction
def list_tokens(session: Session, actor: Actor, username: str) -> dict[str, Any]:
    """List an account's tokens"""
    rows = tokens.list_tokens(session, actor, username)
    return {"items": [TokenOut.model_validate(row) for row in rows]}


@accounts.post("/accounts/<username>/tokens")
@accounts.input(TokenBody)
@accounts.output(IssuedTokenOut, status_code=201)
@in_transaction
def issue_token(session: Session, actor: Actor, username: str, json_data: TokenBody) -> dict[str, Any]:
    """Issue a bearer token; shown only now"""
    token, row = tokens.issue_token(session, actor, username, json_data.label, days=json_data.days)
    session.refresh(row)
    return {**TokenOut.model_validate(row).model_dump(), "token": token}


@accounts.delete("/accounts/<username>/tokens/<id:token_id>")
@accounts.output({}, status_code=204)
@in_transaction
def revoke_token(session: Session, actor: Actor, username: str, token_id: int) -> str:
    """Revoke a token"""
    tokens.revoke_token(session, actor, username, token_id)
    return ""


def _session_of(actor: Actor) -> dict[str, Any]:
    if actor.account_id is None:
        raise NotSignedIn
    return {
        "username": actor.username,
        "role": actor.role,
        "language": actor.language,
        "csrf_token": generate_csrf(),
    }
