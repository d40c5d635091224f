"""Whatever goes wrong is answered as RFC 9457 says, in the reader's language, and tells nothing else."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import text

from gridmap.app import create_app
from gridmap.errors import ERRORS
from gridmap.i18n import catalogue
from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token
from gridmap.web import problems
from gridmap.web.problems import PROBLEM_JSON, build_problem
from tests.api.conftest import Caller

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from gridmap.db import Database
    from gridmap.settings import Settings

API = "/api/v1"


def reasons(response) -> list[tuple[str, str]]:
    return [(field["column"], field["reason"]) for field in response.get_json()["fields"]]


def test_every_error_has_a_title_and_a_text_in_both_languages() -> None:
    for kind in ERRORS:
        for language in ("zh", "en"):
            assert f"error_title.{kind.slug}" in catalogue()
            assert catalogue()[f"error.{kind.slug}"][language]
    for reason in {*problems.field_errors.__globals__["REASONS"].values()}:
        assert f"reason.{reason}" in catalogue()


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("PUT", "/api/v1/areas", 405, "method_not_allowed"),
        ("GET", "/api/v1/areas/nowhere", 404, "not_found"),
        ("GET", "/api/v1/buildings/99999999999999999999", 404, "not_found"),
        ("GET", "/api/v1/buildings/0", 404, "not_found"),
        ("GET", "/api/v1/areas/a%00b", 400, "bad_input"),
        ("GET", "/tiles/nothing/1/2/3.mvt", 404, "not_found"),
    ],
)
def test_what_is_not_there(
    method: str, path: str, status: int, slug: str, callers: dict[str, Caller]
) -> None:
    response = callers["admin"].ask(method, path)
    assert response.status_code == status
    assert response.mimetype == PROBLEM_JSON
    problem = response.get_json()
    assert problem["slug"] == slug
    assert problem["status"] == status
    assert problem["type"] == f"urn:gridmap:problem:{slug}"
    assert problem["title"]
    assert problem["detail"]


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "zh"),
        ({"Accept-Language": "en"}, "en"),
        ({"Accept-Language": "de, en;q=0.5"}, "en"),
        ({"Accept-Language": "zh-CN, en;q=0.9"}, "zh"),
        ({"Accept-Language": "fr"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_request(
    headers: dict[str, str], language: str, client: FlaskClient
) -> None:
    response = client.get(f"{API}/areas", headers=headers)
    assert response.headers["Content-Language"] == language
    assert response.get_json()["detail"] == catalogue()["error.not_signed_in"][language]
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_browser_gets_a_page(client: FlaskClient) -> None:
    response = client.get("/nothing", headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"})
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert catalogue()["error.no_such_address"]["en"] in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/areas?levle=grid", [("levle", "api_unknown_parameter")]),
        ("/areas?level=grid&level=street", [("level", "api_repeated_parameter")]),
        ("/areas?level=village", [("level", "api_not_one_of")]),
        ("/areas?limit=0", [("limit", "api_out_of_range")]),
        ("/areas?limit=1001", [("limit", "api_out_of_range")]),
        ("/areas?limit=ten", [("limit", "api_not_a_number")]),
        ("/areas?parent=a%00b", [("", "api_bad_character")]),
        (f"/areas?after={'9' * 65}", [("after", "api_too_long")]),
        ("/buildings?after=9223372036854775808", [("after", "api_out_of_range")]),
        ("/areas/G0-0?x=1", [("x", "api_unknown_parameter")]),
        ("/staff-roles?x=1", [("x", "api_unknown_parameter")]),
        ("/issues?starts_at=2026-01-01", [("starts_at", "api_not_an_instant")]),
        ("/issues?starts_at=2026-01-01T00:00:00", [("starts_at", "api_not_an_instant")]),
        ("/issues?starts_at=2026-02-01T00:00:00Z&ends_at=2026-01-01T00:00:00Z", [("", "api_order")]),
        ("/issues?after=999999", [("after", "api_unknown_key")]),
        ("/duty/nearest?lon=181&lat=x", [("lon", "api_out_of_range"), ("lat", "api_not_a_number")]),
        ("/duty/nearest?lon=nan&lat=0", [("lon", "api_out_of_range")]),
        ("/duty/nearest", [("lon", "api_missing"), ("lat", "api_missing")]),
        ("/coverage/gaps?area=S0&rule=walk", [("", "api_walk_needs")]),
    ],
)
def test_wrong_parameters_are_named(
    path: str, expected: list[tuple[str, str]], callers: dict[str, Caller]
) -> None:
    response = callers["admin"].get(API + path)
    assert response.status_code == 400
    assert reasons(response) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("username", "api_missing"), ("role", "api_missing")]),
        ({"username": "a", "role": "king"}, [("role", "api_not_one_of")]),
        ({"username": "a", "role": "admin", "session_epoch": 9}, [("session_epoch", "api_unknown_field")]),
        ({"username": "a\0", "role": "admin"}, [("", "api_bad_character")]),
        ({"username": ["a"], "role": "admin"}, [("username", "api_wrong_value")]),
        ({"username": "a", "role": "admin", "password": "short"}, [("password", "account_password_length")]),
        ([], [("", "api_wrong_value")]),
    ],
)
def test_wrong_bodies_are_named(
    body: object, expected: list[tuple[str, str]], callers: dict[str, Caller]
) -> None:
    response = callers["admin"].post(f"{API}/accounts", body)
    assert response.status_code == 400
    assert reasons(response) == expected
    assert "short" not in response.get_data(as_text=True)


def test_a_body_that_is_no_json(app: Flask, callers: dict[str, Caller]) -> None:
    token = callers["admin"]._headers
    client = app.test_client()
    broken = client.post(f"{API}/plans", data="{", content_type="application/json", headers=token)
    assert (broken.status_code, broken.get_json()["slug"]) == (400, "bad_input")
    half = '{"area_code": "a\\ud800"}'
    unstorable = client.post(f"{API}/plans", data=half, content_type="application/json", headers=token)
    assert reasons(unstorable) == [("", "api_bad_character")]
    form = client.post(f"{API}/plans", data={"area_code": "S0"}, headers=token)
    assert (form.status_code, form.get_json()["slug"]) == (415, "wrong_type")
    huge = client.post(f"{API}/plans", data="x" * 2_000_001, content_type="application/json", headers=token)
    assert (huge.status_code, huge.get_json()["slug"]) == (413, "too_large")


def test_an_error_nobody_meant_says_nothing(
    app: Flask, callers: dict[str, Caller], caplog: pytest.LogCaptureFixture
) -> None:
    broken = "ALTER TABLE stations RENAME TO stations_gone"
    with app.extensions["database"].transaction() as session:
        session.execute(text(broken))
    with caplog.at_level(logging.ERROR):
        response = callers["admin"].get(f"{API}/stations")
    assert response.status_code == 500
    assert response.get_json()["slug"] == "internal"
    body = response.get_data(as_text=True).lower()
    for word in ("select", "stations", "psycopg", "sqlalchemy", "traceback"):
        assert word not in body
    assert "UndefinedTable" in caplog.text


def test_details_are_plain_values() -> None:
    from gridmap.errors import Conflict  # noqa: PLC0415

    problem = build_problem(Conflict("username_taken", username="x"), "en")
    assert problem["details"] == {"username": "x"}


def test_a_lost_database_is_one_clean_503_and_then_over(settings: Settings, database: Database) -> None:
    app = create_app(settings, database)

    def cut() -> None:
        url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    @app.get("/cut")
    def cut_in_the_middle() -> str:
        with database.transaction() as session:
            session.execute(text("SELECT 1"))
            cut()
            session.execute(text("SELECT 1"))
        return ""

    with database.transaction() as session:
        create_account(session, SYSTEM, "root", role="admin")
        token, _ = issue_token(session, SYSTEM, "root", "test")
    caller = Caller(app, token)
    assert caller.get(f"{API}/areas").status_code == 200

    # Cut between two requests: the pool notices and nobody else does.
    cut()
    assert caller.get(f"{API}/areas").status_code == 200

    # Cut in the middle of one: it fails cleanly, the next one is well.
    lost = caller.get("/cut")
    assert lost.status_code == 503
    assert lost.get_json()["slug"] == "unavailable"
    assert lost.headers["Retry-After"]
    assert caller.get(f"{API}/areas").status_code == 200
