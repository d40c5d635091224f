"""Signing in, sessions, tokens, forged requests, and what browsers are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.app import create_app
from gridmap.services import accounts
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from gridmap.db import Database
    from gridmap.settings import Settings

API = "/api/v1"
PASSWORD = "correct horse"


@pytest.fixture
def root(session: Session) -> str:
    """An admin of the whole city."""
    accounts.create_account(session, SYSTEM, "root", role="admin", password=PASSWORD)
    session.flush()
    return "root"


def sign_in(
    client: FlaskClient, username: str = "root", password: str = PASSWORD, **more: object
) -> TestResponse:
    body = {"username": username, "password": password}
    return client.post(f"{API}/session", json=body, **more)


def test_a_person_signs_in_and_out(client: FlaskClient, root: str) -> None:
    assert client.get(f"{API}/session").status_code == 401
    opened = sign_in(client)
    assert opened.get_json()["username"] == "root"
    token = {"X-CSRFToken": opened.get_json()["csrf_token"]}
    assert client.get(f"{API}/session").get_json()["role"] == "admin"
    assert client.delete(f"{API}/session", headers=token).status_code == 204
    assert client.get(f"{API}/session").status_code == 401


def test_the_cookie_is_for_the_server_alone(client: FlaskClient, root: str) -> None:
    cookie = sign_in(client).headers["Set-Cookie"]
    assert cookie.startswith("gridmap=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_tls_the_cookie_is_secure(settings: Settings, app: Flask, root: str) -> None:
    secure = create_app(replace(settings, secure_cookies=True), app.extensions["database"])
    response = sign_in(secure.test_client(), base_url="https://localhost")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-gridmap=")
    assert "Secure" in cookie
    assert "Path=/;" in cookie
    assert "max-age" in response.headers["Strict-Transport-Security"]


def test_a_changed_cookie_is_worthless(
    client: FlaskClient, root: str, settings: Settings, app: Flask
) -> None:
    sign_in(client)
    kept = client.get_cookie("gridmap").value
    forger = create_app(replace(settings, given_secret_key="another"), app.extensions["database"])
    with forger.test_client() as forging, forging.session_transaction() as forged:
        forged.update(account=1, epoch=0)
    for value in (kept[:-4] + "AAAA", forging.get_cookie("gridmap").value, ""):
        client.set_cookie("gridmap", value)
        assert client.get(f"{API}/session").status_code == 401


def test_unknown_and_wrong_look_alike(client: FlaskClient, root: str, session: Session) -> None:
    accounts.create_account(session, SYSTEM, "machine", role="admin")
    accounts.create_account(session, SYSTEM, "gone", role="admin", password=PASSWORD)
    accounts.set_active(session, SYSTEM, "gone", False)
    answers = {
        sign_in(client, *tried).get_data()
        for tried in (("root", "wrong"), ("nobody", "wrong"), ("machine", ""), ("gone", PASSWORD))
    }
    assert len(answers) == 1


def test_the_session_before_it_does_not_live_on(client: FlaskClient, root: str) -> None:
    with client.session_transaction() as planted:
        planted["csrf_token"] = "known to the attacker"
        planted["other"] = "x"
    sign_in(client)
    with client.session_transaction() as opened:
        assert "other" not in opened
        assert opened["csrf_token"] != "known to the attacker"


@pytest.mark.parametrize(
    "change",
    [
        lambda session: accounts.set_active(session, SYSTEM, "other", False),
        lambda session: accounts.set_password(session, SYSTEM, "other", "a new password"),
        lambda session: session.execute(text("DELETE FROM accounts WHERE username = 'other'")),
    ],
    ids=["switched off", "new password", "deleted"],
)
def test_a_removal_holds_from_the_next_request(client: FlaskClient, session: Session, change) -> None:
    accounts.create_account(session, SYSTEM, "other", role="admin", password=PASSWORD)
    sign_in(client, "other")
    assert client.get(f"{API}/areas").status_code == 200
    change(session)
    session.flush()
    assert client.get(f"{API}/areas").status_code == 401


def test_a_new_role_holds_from_the_next_request(client: FlaskClient, session: Session, root: str) -> None:
    sign_in(client)
    assert client.get(f"{API}/accounts").status_code == 200
    session.execute(text("UPDATE accounts SET role = 'field' WHERE username = 'root'"))
    assert client.get(f"{API}/accounts").status_code == 403


def test_changing_ones_password_ends_the_other_sessions(app: Flask, root: str) -> None:
    here, there = app.test_client(), app.test_client()
    token = {"X-CSRFToken": sign_in(here).get_json()["csrf_token"]}
    sign_in(there)
    wrong = {"old_password": "no", "new_password": "quite another"}
    refused = here.put(f"{API}/session/password", json=wrong, headers=token)
    assert refused.get_json()["fields"][0]["reason"] == "account_wrong_password"
    right = {"old_password": PASSWORD, "new_password": "quite another"}
    assert here.put(f"{API}/session/password", json=right, headers=token).status_code == 204
    assert here.get(f"{API}/session").status_code == 200
    assert there.get(f"{API}/session").status_code == 401
    assert sign_in(app.test_client()).status_code == 401
    assert sign_in(app.test_client(), password="quite another").status_code == 200


def test_signing_out_everywhere(app: Flask, root: str) -> None:
    here, there = app.test_client(), app.test_client()
    token = {"X-CSRFToken": sign_in(here).get_json()["csrf_token"]}
    sign_in(there)
    assert here.delete(f"{API}/sessions", headers=token).status_code == 204
    assert here.get(f"{API}/session").status_code == 401
    assert there.get(f"{API}/session").status_code == 401


def test_writes_by_cookie_need_the_token(client: FlaskClient, root: str) -> None:
    token = sign_in(client).get_json()["csrf_token"]
    body = {"username": "new", "role": "admin"}
    for headers in ({}, {"X-CSRFToken": ""}, {"X-CSRFToken": token[:-1] + "?"}):
        refused = client.post(f"{API}/accounts", json=body, headers=headers)
        assert refused.status_code == 400
        assert refused.get_json()["slug"] == "csrf"
    assert client.post(f"{API}/accounts", json=body, headers={"X-CSRFToken": token}).status_code == 201


def test_a_token_is_shown_once_and_kept_as_a_digest(client: FlaskClient, root: str, session: Session) -> None:
    token, row = issue_token(session, SYSTEM, "root", "machine", days=1)
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get(f"{API}/session", headers=bearer).status_code == 200
    assert token.encode() not in row.digest
    assert len(row.digest) == 32
    listed = client.get(f"{API}/accounts/root/tokens", headers=bearer).get_data(as_text=True)
    assert token not in listed
    # It needs no CSRF token, since no browser sends it by itself.
    made = client.post(f"{API}/accounts", json={"username": "new", "role": "admin"}, headers=bearer)
    assert made.status_code == 201
    row.expires_at -= timedelta(days=2)
    session.flush()
    assert client.get(f"{API}/session", headers=bearer).status_code == 401


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer ", "Basic cm9vdDpyb290", "Bearer gm_\u00e9", "x"])
def test_a_wrong_token_does_not_fall_back_to_the_cookie(given: str, client: FlaskClient, root: str) -> None:
    sign_in(client)
    assert client.get(f"{API}/session").status_code == 200
    response = client.get(f"{API}/session", headers={"Authorization": given})
    assert response.status_code == 401


def test_guessing_is_slowed_down(app: Flask, root: str) -> None:
    client = app.test_client()
    for _ in range(accounts.FAILURES_PER_NAME):
        assert sign_in(client, password="wrong").status_code == 401
    stopped = sign_in(client)  # even the right one
    assert stopped.status_code == 429
    assert 0 < int(stopped.headers["Retry-After"]) <= 15 * 60 + 1
    assert stopped.get_json()["details"]["retry_after_s"] == int(stopped.headers["Retry-After"])
    # Another name from here, and the same name from elsewhere, are not locked out.
    assert sign_in(client, "another", "wrong").status_code == 401
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert sign_in(client, environ_base=elsewhere).status_code == 200


def test_headers_of_every_answer(client: FlaskClient, settings: Settings, app: Flask) -> None:
    for path in ("/sign-in", f"{API}/areas", "/nothing", "/docs"):
        response = client.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'self'" in policy
        assert "worker-src 'self' blob:" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in response.headers["Permissions-Policy"]
        assert response.headers["Cache-Control"] == "private, no-store"


def test_the_base_map_may_be_loaded_only_where_it_is_set(settings: Settings, app: Flask) -> None:
    def images(url: str) -> str:
        other = create_app(replace(settings, base_map_url=url), app.extensions["database"])
        policy = other.test_client().get("/sign-in").headers["Content-Security-Policy"]
        return next(part.strip() for part in policy.split(";") if "img-src" in part)

    assert images("") == "img-src 'self' data: blob:"
    assert images("https://t0.tiles.example/{z}/{x}/{y}.png").endswith(" https://t0.tiles.example")
    assert images("https://{a-c}.tiles.example:8443/{z}/{x}/{y}.png").endswith(
        " https://*.tiles.example:8443"
    )


def test_the_language_is_kept(client: FlaskClient, root: str) -> None:
    token = {"X-CSRFToken": sign_in(client).get_json()["csrf_token"]}
    english = client.patch(f"{API}/session", json={"language": "en"}, headers=token)
    assert english.get_json()["language"] == "en"
    assert client.get("/nothing").headers["Content-Language"] == "en"
    client.delete(f"{API}/session", headers=token)
    assert sign_in(client).get_json()["language"] == "en"


def test_failures_are_counted_by_the_database(settings: Settings, database: Database) -> None:
    """Two applications, as two web processes are, share one count."""
    with database.transaction() as session:
        accounts.create_account(session, SYSTEM, "root", role="admin", password=PASSWORD)
    one, two = (create_app(settings, database).test_client() for _ in range(2))
    statuses = [sign_in(client, password="wrong").status_code for client in (one, two, one, two, one, two)]
    assert statuses == [401] * 5 + [429]
    with database.transaction() as session:
        kept = session.execute(text("SELECT username, address FROM failed_sign_ins")).all()
        assert len(kept) == 5
        assert all(row.username != "root" for row in kept)
        session.execute(text("UPDATE failed_sign_ins SET at = at - interval '16 minutes'"))
    assert sign_in(two).status_code == 200


def test_addresses_are_believed_from_trusted_proxies_only(settings: Settings, database: Database) -> None:
    """Behind a proxy everybody would share its address, and one who guesses would shut out all."""
    direct = create_app(settings, database).test_client()
    behind = create_app(replace(settings, trusted_proxies=1), database).test_client()
    for client in (direct, behind):
        sign_in(client, password="wrong", headers={"X-Forwarded-For": "198.51.100.7"})
    with database.transaction() as session:
        kept = session.scalars(text("SELECT DISTINCT address FROM failed_sign_ins")).all()
    assert len(kept) == 2
