"""Steps that several phones took without signal: agreed ones once, contradictory ones taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token
from tests.api.conftest import Caller
from tests.api.test_field_sync import MINE, item, needs, rows, send, states

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

FIXED = {"outcome": "fixed", "note": "已修好"}
CLOCKS = "SELECT clock, round_number, due_at, ended_at, ended_how FROM issue_clocks WHERE issue_id = :id"


@pytest.fixture
def field(callers: dict[str, Caller]) -> Caller:
    return callers["field"]


@pytest.fixture
def other(app: Flask, session: Session, callers: dict[str, Caller]) -> Caller:
    """Another post of the same street."""
    create_account(session, SYSTEM, "other", role="field", area_codes=["S0"], staff_code="P000006")
    token, _ = issue_token(session, SYSTEM, "other", "test")
    return Caller(app, token)


@pytest.fixture
def issue(callers: dict[str, Caller]) -> int:
    body = {"category": "water", "building_id": MINE}
    return callers["dispatcher"].post("/api/v1/issues", body).get_json()["id"]


def step(issue: int, action: str, version: int | None = 0, **more: Any) -> dict[str, Any]:
    return item("step", issue_id=issue, action=action, version=version) | more


def then(first: dict[str, Any], action: str, **given: Any) -> dict[str, Any]:
    return item("step", issue_id=first["issue_id"], action=action, given=given, after=first["id"])


def state_of(connection: Connection, issue: int) -> tuple[str, str, str | None]:
    query = "SELECT state, tier, outcome FROM issues WHERE id = :id"
    return tuple(rows(connection, query, id=issue)[0])


def actions(connection: Connection, issue: int) -> list[str]:
    query = "SELECT action FROM issue_events WHERE issue_id = :id ORDER BY id"
    return [row.action for row in rows(connection, query, id=issue)]


def test_the_same_step_is_taken_once_and_both_notes_are_kept(
    field: Caller, other: Caller, issue: int, connection: Connection
) -> None:
    mine = step(issue, "accept", given={"note": "我去"})
    theirs = step(issue, "accept", given={"note": "我也看见了"})
    assert states(field, mine) == ["stored"]
    assert states(other, theirs, then(theirs, "settle", **FIXED)) == ["stored", "stored"]
    assert actions(connection, issue) == ["report", "accept", "settle"]
    details = rows(connection, "SELECT details FROM issue_events WHERE action = 'accept'")[0].details
    assert [(one["post"], one["note"]) for one in details["agreed"]] == [("P000006", "我也看见了")]
    assert states(field, mine) == states(other, theirs) == ["known"]


def test_contradictory_steps_are_taken_back_and_clocks_are_as_before(
    field: Caller, other: Caller, issue: int, connection: Connection
) -> None:
    first = step(issue, "accept")
    assert states(field, first) == ["stored"]
    clocks = rows(connection, CLOCKS, id=issue)
    fixed = then(first, "settle", **FIXED)
    again = step(issue, "accept")
    cannot = then(again, "settle", outcome="cannot_fix", note="没有配件")
    assert states(field, fixed) == ["stored"]
    assert state_of(connection, issue) == ("settled", "compound", "fixed")
    assert states(other, again, cannot) == ["stored", "conflict"]
    assert state_of(connection, issue) == ("accepted", "compound", None)
    assert rows(connection, CLOCKS, id=issue) == clocks
    assert actions(connection, issue) == ["report", "accept", "settle", "contest"]
    for caller in (field, other):
        (conflict,) = [one for one in needs(caller)["conflicts"] if one["subject"]["id"] == str(issue)]
        outcomes = {side["who"]["code"]: side["steps"][0]["given"]["outcome"] for side in conflict["sides"]}
        assert outcomes == {"P000003": "fixed", "P000006": "cannot_fix"}
    assert conflict["current"]["state"] == "accepted"
    assert states(other, item("resolve", conflict=conflict["entry_id"], take=fixed["id"])) == ["stored"]
    assert state_of(connection, issue) == ("settled", "compound", "fixed")
    assert needs(field)["conflicts"] == needs(other)["conflicts"] == []


def test_two_who_settle_it_differently_contradict_each_other_again(
    field: Caller, other: Caller, issue: int, connection: Connection
) -> None:
    first, second = step(issue, "accept"), step(issue, "escalate", given={"note": "办不了"})
    assert states(field, first) == ["stored"]
    assert states(other, second) == ["conflict"]
    assert state_of(connection, issue) == ("reported", "compound", None)
    name = needs(field)["conflicts"][0]["entry_id"]
    assert states(field, item("resolve", conflict=name, take=first["id"])) == ["stored"]
    assert states(other, item("resolve", conflict=name, take=second["id"])) == ["conflict"]
    assert state_of(connection, issue) == ("reported", "compound", None)
    (again,) = needs(field)["conflicts"]
    assert states(field, item("resolve", conflict=again["entry_id"], take="current")) == ["stored"]
    assert needs(other)["conflicts"] == []


def test_nothing_is_undone_where_somebody_else_has_acted(
    field: Caller, callers: dict[str, Caller], issue: int, connection: Connection
) -> None:
    first = step(issue, "accept")
    late = then(first, "settle", **FIXED)
    path = f"/api/v1/issues/{issue}/steps"
    assert callers["dispatcher"].post(path, {"action": "accept"}).status_code == 201
    body = {"action": "dispatch", "dispatched_to": "department:水务"}
    assert callers["dispatcher"].post(path, body).status_code == 201
    assert states(field, first) == ["stored"]  # the desk had accepted it, too
    assert states(field, late) == ["conflict"]
    assert state_of(connection, issue)[0] == "dispatched"
    assert actions(connection, issue) == ["report", "accept", "dispatch", "contest"]
    (conflict,) = needs(field)["conflicts"]
    assert [side["entry_id"] for side in conflict["sides"]] == [late["id"]]
    body = {"action": "respond"}
    assert callers["dispatcher"].post(path, body).status_code == 201
    assert needs(field)["conflicts"] == []


def test_a_late_step_can_be_taken_after_all(
    field: Caller, callers: dict[str, Caller], issue: int, connection: Connection
) -> None:
    first = step(issue, "accept")
    late = then(first, "escalate", note="办不了")
    later = then(late, "escalate", note="还是办不了")
    path = f"/api/v1/issues/{issue}/steps"
    assert callers["dispatcher"].post(path, {"action": "accept"}).status_code == 201
    body = {"action": "dispatch", "dispatched_to": "department:水务"}
    assert callers["dispatcher"].post(path, body).status_code == 201
    assert states(field, first, late, later) == ["stored", "conflict", "conflict"]
    (conflict,) = needs(field)["conflicts"]
    assert {side["entry_id"] for side in conflict["sides"]} == {late["id"], later["id"]}
    settled = item("resolve", conflict=conflict["entry_id"], take=late["id"])
    assert states(field, settled) == ["stored"]
    assert state_of(connection, issue) == ("dispatched", "street", None)
    assert needs(field)["conflicts"] == []


def test_a_step_waits_for_the_one_before_it_and_for_its_issue(field: Caller, connection: Connection) -> None:
    report = item("issue", fields={"category": "lift", "text": "停了", "building_id": MINE})
    first = item("step", issue=report["id"], action="accept", version=0)
    second = item("step", issue=report["id"], action="settle", given=FIXED, after=first["id"])
    assert states(field, second, first) == ["held", "held"]
    (told,) = send(field, report)
    assert told["state"] == "stored"
    assert state_of(connection, told["result"]["issue_id"])[0] == "settled"
    assert states(field, report, first, second) == ["known"] * 3
    assert rows(connection, "SELECT count(*) FROM issues WHERE category = 'lift'") == [(1,)]


def test_what_was_never_legal_is_refused_whoever_came_first(
    field: Caller, other: Caller, issue: int, connection: Connection
) -> None:
    assert states(field, step(issue, "settle", given=FIXED)) == ["refused"]  # nobody has accepted it
    assert states(field, step(issue, "accept")) == ["stored"]
    assert states(other, step(issue, "settle", given=FIXED)) == ["refused"]
    assert states(other, step(issue, "void", given={"note": "x"})) == ["refused"]
    assert states(other, step(issue, "accept", version=7)) == ["refused"]
    assert state_of(connection, issue)[0] == "accepted"


def test_a_third_side_takes_more_back(
    field: Caller, other: Caller, issue: int, connection: Connection
) -> None:
    first = step(issue, "accept")
    assert states(field, first, then(first, "settle", **FIXED)) == ["stored", "stored"]
    again = step(issue, "accept")
    cannot = then(again, "settle", outcome="cannot_fix", note="没有配件")
    assert states(other, again, cannot)[-1] == "conflict"
    assert state_of(connection, issue)[0] == "accepted"
    assert states(other, step(issue, "escalate", given={"note": "办不了"})) == ["conflict"]
    assert state_of(connection, issue) == ("reported", "compound", None)
    sides = rows(connection, "SELECT details FROM issue_events WHERE action = 'contest' ORDER BY id DESC")
    assert len(sides[0].details["sides"]) == 5
    accept = rows(connection, CLOCKS + " AND clock = 'accept'", id=issue)
    assert accept[0].ended_at is None
    assert rows(connection, "SELECT count(*) FROM field_entries WHERE state = 'conflict'") == [(5,)]


def test_what_goes_on_from_a_refused_step_is_refused_with_it(
    field: Caller, issue: int, connection: Connection
) -> None:
    wrong = step(issue, "settle", given=FIXED)
    newer = step(issue, "accept") | {"mood": "good"}
    followers = [then(wrong, "escalate", note="办不了"), then(newer, "settle", **FIXED)]
    assert states(field, wrong, newer, *followers) == ["refused"] * 4
    early = then(wrong, "respond")
    assert states(field, early) == ["held"]
    assert rows(connection, "SELECT count(*) FROM field_entries WHERE state <> 'held'") == [(0,)]


def test_other_systems_are_told_of_what_was_taken_back(
    field: Caller, other: Caller, issue: int, connection: Connection
) -> None:
    connection.execute(
        text("INSERT INTO webhook_targets (id, address, secret) VALUES (1, 'http://example.org/', 's')")
    )
    assert states(field, step(issue, "accept")) == ["stored"]
    assert states(other, step(issue, "escalate", given={"note": "办不了"})) == ["conflict"]
    told = "body->>'action' AS action, body->>'from_state' AS start, body->>'to_state' AS goal"
    assert rows(connection, f"SELECT {told} FROM webhook_deliveries ORDER BY id") == [
        ("accept", "reported", "accepted"),
        ("contest", "accepted", "reported"),
    ]


def test_issues_merged_into_a_contested_one_are_led_back_with_it(
    field: Caller, other: Caller, callers: dict[str, Caller], issue: int, connection: Connection
) -> None:
    body = {"category": "water", "building_id": MINE}
    child = callers["dispatcher"].post("/api/v1/issues", body).get_json()["id"]
    merge = {"action": "merge", "parent_id": issue}
    assert callers["dispatcher"].post(f"/api/v1/issues/{child}/steps", merge).status_code == 201
    first = step(issue, "accept")
    assert states(field, first) == ["stored"]
    clocks = rows(connection, CLOCKS, id=child)
    again = step(issue, "accept")
    assert states(field, then(first, "settle", **FIXED)) == ["stored"]
    assert rows(connection, CLOCKS, id=child) != clocks
    assert states(other, again, then(again, "settle", outcome="cannot_fix", note="x"))[-1] == "conflict"
    assert rows(connection, CLOCKS, id=child) == clocks
    assert rows(connection, "SELECT settled_at FROM issues WHERE id = :id", id=child) == [(None,)]
