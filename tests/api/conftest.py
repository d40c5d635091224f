"""A city of two streets, and somebody of every role to ask about it.

`spatial_city` gives street S0 with the grids G0-0 … G4-0 and street S1 with the grid G5-0. The accounts of
`PEOPLE` see street S0 only, but for the admin, who sees everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token
from tests.conftest import copy_of
from tests.spatial_city import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from gridmap.db import Database

ROLES = ("admin", "planner", "official", "dispatcher", "field")
VISITOR = "visitor"


class Caller:
    """A machine of one role: calls the API with its bearer token."""

    def __init__(self, app: Flask, token: str | None) -> None:
        self._client = app.test_client()
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Call the application."""
        return self._client.open(
            path, method=method, json=body, headers=self._headers | headers, buffered=True
        )

    def status_of_stream(self, path: str) -> int:
        """Open an answer that goes on for a while, and hang up."""
        with self._client.open(path, headers=self._headers, buffered=False) as response:
            return response.status_code

    def get(self, path: str, **headers: str) -> TestResponse:
        """Call with GET."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None) -> TestResponse:
        """Call with POST."""
        return self.ask("POST", path, body)


@pytest.fixture(scope="session")
def shared_database(
    make_template: Callable[..., str], template: str, server_url: Callable[[str], str]
) -> Iterator[Database]:
    """The database below `session`, with two streets; six grids, 36 micro-grids, 180 buildings, 60 issues."""
    with copy_of(make_template("streets", _fill, base=template), server_url) as database:
        yield database


def _fill(database: Database) -> None:
    with database.engine.begin() as connection:
        fill(connection, columns=6, rows=2, staff=12, days=2, issues=120)


@pytest.fixture
def city(connection: Connection) -> None:
    """Give new rows the numbers after those of the two streets: what was undone has counted them on."""
    for table in ("areas", "plans", "micro_grids", "buildings", "staff", "stations"):
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        )


@pytest.fixture
def callers(app: Flask, session: Session, city: None) -> dict[str, Caller]:
    """Somebody of every role, and a visitor."""
    found = {VISITOR: Caller(app, None)}
    for role in ROLES:
        areas = [] if role == "admin" else ["S0"]
        staff = "P000003" if role == "field" else None
        create_account(session, SYSTEM, role, role=role, area_codes=areas, staff_code=staff)
        token, _ = issue_token(session, SYSTEM, role, "test")
        found[role] = Caller(app, token)
    return found


@pytest.fixture
def draft(connection: Connection, city: None) -> None:
    """Plan 2: a draft of street S0 that leaves every building unassigned."""
    connection.execute(
        text(
            "INSERT INTO plans (id, area_id, status, seed, rules, measures) "
            "VALUES (nextval('plans_id_seq'), 10, 'draft', 0, '{}', '{\"micro_grids\": 0}')"
        )
    )


@pytest.fixture
def known_ids(connection: Connection, callers: dict[str, Caller]) -> dict[str, int]:
    """Numbers that the database has given: an issue and an edge in street S0, a token of the official."""
    issue = "SELECT min(i.id) FROM issues i JOIN areas a ON a.id = i.grid_id WHERE 10 = ANY (a.lineage)"
    token = "SELECT t.id FROM api_tokens t JOIN accounts a ON a.id = t.account_id WHERE username = 'official'"
    edit = (
        "INSERT INTO graph_edits (grid_id, building_a_id, building_b_id, action, reason)"
        " VALUES (1000000, 100000013, 100000014, 'add', '便门') RETURNING id"
    )
    return {
        "edit": connection.execute(text(edit)).scalar_one(),
        "issue": connection.execute(text(issue)).scalar_one(),
        "token": connection.execute(text(token)).scalar_one(),
        "rule": connection.execute(text("SELECT min(id) FROM coverage_rules")).scalar_one(),
    }
