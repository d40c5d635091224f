"""Signing in at a station: off by default, once a day, seen by oneself; the station shows a number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridmap.app import create_app
from gridmap.services.actors import SYSTEM
from gridmap.services.retention import apply_retention
from gridmap.services.tokens import issue_token
from tests.api.conftest import Caller

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from gridmap.settings import Settings

NEEDS, ENTRIES = "/api/v1/field/needs", "/api/v1/field/entries"


def entry(station: str, *, at: datetime | None = None) -> dict[str, Any]:
    made_at = (at or datetime.now(UTC)).isoformat()
    return {"id": str(uuid4()), "what": "sign_in", "made_at": made_at, "station": station}


def send(caller: Caller, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = caller.post(ENTRIES, {"client_version": 1, "items": list(items)})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["items"]


def states(caller: Caller, *items: dict[str, Any]) -> list[str]:
    return [one["state"] for one in send(caller, *items)]


@pytest.fixture
def station(session: Session) -> str:
    """Code of the station where the field account's post works."""
    query = text("SELECT s.code FROM staff p JOIN stations s ON s.id = p.station_id WHERE p.code = 'P000003'")
    return session.scalars(query).one()


@pytest.fixture
def switched_on(app: Flask, settings: Settings, callers: dict[str, Caller], session: Session) -> Any:
    """The callers of a city that has switched it on."""
    there = create_app(replace(settings, station_sign_in=True), app.extensions["database"])

    def caller(role: str) -> Caller:
        token, _ = issue_token(session, SYSTEM, role, "sign-in")
        return Caller(there, token)

    return caller


def test_where_it_is_off_there_is_nothing(callers: dict[str, Caller], session: Session, station: str) -> None:
    field, planner = callers["field"], callers["planner"]
    assert field.get(NEEDS).get_json()["sign_in_stations"] == []
    (answer,) = send(field, entry(station))
    assert answer["state"] == "refused"
    assert "sign_in" not in answer["problem"]["fields"][0]["text"].partition("|")[2]
    assert session.scalar(text("SELECT count(*) FROM station_sign_ins")) == 0
    page = planner.get(f"/stations/{station}").get_data(as_text=True)
    assert "签到" not in page
    assert planner.get(f"/stations/{station}/sign-in.pdf").status_code == 404


def test_one_row_a_day_that_only_its_owner_reads(switched_on: Any, session: Session, station: str) -> None:
    field, planner = switched_on("field"), switched_on("planner")
    (offered,) = field.get(NEEDS).get_json()["sign_in_stations"]
    assert (offered["code"], offered["signed_at"]) == (station, None)
    now = datetime.now(UTC)
    first, later, other = entry(station, at=now), entry(station, at=now), entry("ST9-9")
    assert states(field, later, first, first, other) == ["stored", "stored", "known", "refused"]
    assert states(field, first) == ["known"]
    assert states(field, entry(station, at=now + timedelta(hours=3))) == ["stored"]  # its clock was wrong
    rows = session.execute(text("SELECT staff_id, signed_at FROM station_sign_ins")).all()
    assert [(row.staff_id, row.signed_at) for row in rows] == [(3, now)]
    (offered,) = field.get(NEEDS).get_json()["sign_in_stations"]
    assert datetime.fromisoformat(offered["signed_at"]) == now
    stored = field.get("/api/v1/session/stored.json").get_json()
    assert [one["station"] for one in stored["station_sign_ins"]] == [station]
    counts = {one["what"]: one["count"] for one in field.get("/api/v1/session/stored").get_json()["items"]}
    assert counts["station_sign_ins"] == 1
    # Everybody else reads a number on the station's page, and no list names the post for it.
    page = planner.get(f"/stations/{station}").get_data(as_text=True)
    assert '<p class="big" id="signed-in"><b>1 人</b></p>' in page
    sheet = planner.get(f"/stations/{station}/sign-in.pdf")
    assert (sheet.status_code, sheet.get_data()[:5]) == (200, b"%PDF-")
    audit = text("SELECT details::text FROM audit_entries WHERE subject = 'field_entries'")
    assert not any(station in said for said in session.scalars(audit))


def test_it_is_kept_for_thirty_days_with_what_the_phone_sent(
    switched_on: Any, session: Session, station: str
) -> None:
    field = switched_on("field")
    visit = {"building_id": 100_000_041, "kind": "key", "visited_at": datetime.now(UTC).isoformat()}
    other = {"id": str(uuid4()), "what": "visit", "made_at": visit["visited_at"], "record": str(uuid4())}
    assert states(field, entry(station), other | {"fields": visit}) == ["stored", "stored"]
    count = text("SELECT (SELECT count(*) FROM station_sign_ins), (SELECT count(*) FROM field_entries)")
    apply_retention(session, now=datetime.now(UTC) + timedelta(days=29))
    assert session.execute(count).one() == (1, 2)
    removed = apply_retention(session, now=datetime.now(UTC) + timedelta(days=31))
    assert (removed["station_sign_ins"], removed["field_entries"]) == (1, 1)
    assert session.scalars(text("SELECT what FROM field_entries")).all() == ["visit"]
