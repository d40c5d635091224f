"""What phones get and send: needs in one answer, entries answered one by one, and nothing that blocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridmap.services.field_entries import KINDS
from gridmap.web.field_items import ITEMS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.api.conftest import Caller

NEEDS, ENTRIES = "/api/v1/field/needs", "/api/v1/field/entries"
MINE, MINE_TOO, ANOTHERS = 100_000_041, 100_000_042, 100_000_011  # of post P000003, and of another


def moment(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def item(what: str, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "what": what, "made_at": moment()} | more


def visit(building: int = MINE, *, record: str | None = None, **fields: Any) -> dict[str, Any]:
    said = {"building_id": building, "kind": "key", "visited_at": moment(minutes=5)} | fields
    return item("visit", record=record or str(uuid4()), fields=said, counter=1)


def edit(first: dict[str, Any], *seen: dict[str, Any], counter: int = 2, **fields: Any) -> dict[str, Any]:
    known = [one["id"] for one in seen]
    return item("visit", record=first["record"], fields=fields, seen=known, counter=counter)


def removal(first: dict[str, Any], *seen: dict[str, Any]) -> dict[str, Any]:
    known = [one["id"] for one in seen]
    return item("removal", record=first["record"], of="visit", seen=known, counter=2)


def send(caller: Caller, *items: Any, **more: Any) -> list[dict[str, Any]]:
    answer = caller.post(ENTRIES, {"client_version": 1, "items": list(items)} | more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()["items"]


def states(*args: Any, **more: Any) -> list[str]:
    return [one["state"] for one in send(*args, **more)]


def needs(caller: Caller) -> dict[str, Any]:
    answer = caller.get(NEEDS)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def rows(connection: Connection, query: str, **values: Any) -> list[Any]:
    return list(connection.execute(text(query), values))


@pytest.fixture
def field(callers: dict[str, Caller]) -> Caller:
    return callers["field"]


def test_what_may_be_sent_is_read_and_taken() -> None:
    assert set(ITEMS) == set(KINDS)


def test_needs_hold_what_the_post_answers_for(field: Caller, connection: Connection) -> None:
    found = needs(field)
    assert found["post"]["code"] == "P000003"
    assert len(found["micro_grids"]) == 12
    assert [
        row.building_id
        for row in rows(
            connection,
            "SELECT a.building_id FROM assignments a JOIN postings p"
            " ON p.micro_grid_code = (SELECT code FROM micro_grids m WHERE m.id = a.micro_grid_id)"
            " WHERE p.staff_id = 3 ORDER BY 1",
        )
    ] == [one["id"] for one in found["buildings"]]
    building = next(one for one in found["buildings"] if one["id"] == MINE)
    assert (building["households"], building["storeys"], building["entrance_count"]) == (13, 6, 2)
    assert [part["households"] for part in building["parts"]] == [13]
    assert building["people"][0]["code"] == "P000003"
    assert {one["kind"]: one["done"] for one in building["visits"]} == {
        "daily": False,
        "key": False,
        "full": False,
    }
    assert found["buildings_left_out"] == 0


def test_needs_hold_the_stickers_of_the_own_doors(field: Caller, callers: dict[str, Caller]) -> None:
    assert needs(field)["codes"] == []
    made = callers["planner"].post("/api/v1/areas/G0-0/stickers.pdf", {})
    assert made.status_code == 200, made.get_data(as_text=True)
    found = needs(field)["codes"]
    assert {one["building_id"] for one in found} <= {one["id"] for one in needs(field)["buildings"]}
    assert {(MINE, 1), (MINE, 2)} <= {(one["building_id"], one["entrance_number"]) for one in found}
    assert ANOTHERS not in {one["building_id"] for one in found}


def test_needs_say_when_nothing_has_changed(field: Caller) -> None:
    first = field.get(NEEDS)
    tag = first.headers["ETag"]
    again = field.get(NEEDS, **{"If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert states(field, visit()) == ["stored"]
    assert field.get(NEEDS, **{"If-None-Match": tag}).status_code == 200


def test_a_visit_counts_once_however_often_it_is_sent(field: Caller, connection: Connection) -> None:
    one = visit(note="门口灯不亮")
    assert states(field, one, one) == ["stored", "known"]
    assert states(field, one) == ["known"]
    assert states(field, one | {"fields": one["fields"] | {"note": "另一句"}}) == ["refused"]
    found = rows(connection, "SELECT client_id::text, note FROM visits")
    assert found == [(one["record"], "门口灯不亮")]
    said = next(place for place in needs(field)["buildings"] if place["id"] == MINE)["visits"]
    assert {row["kind"]: row["done"] for row in said}["key"]


def test_one_bad_item_never_stops_the_rest(field: Caller) -> None:
    found = send(
        field,
        visit(ANOTHERS),
        visit(kind="secret"),
        item("dance", record="x"),
        visit() | {"colour": "red"},
        {"what": "visit"},
        item("step", issue_id=999_999, action="accept", version=0),
        item("handoff", plan_id=99),
        visit(MINE_TOO),
    )
    assert [one["state"] for one in found] == ["refused"] * 7 + ["stored"]
    assert all(one["problem"] for one in found[:7])
    assert "dance" in found[2]["problem"]["fields"][0]["value"]


def test_fields_merge_and_contradictions_keep_both_sides(field: Caller, connection: Connection) -> None:
    first = visit(note="一")
    assert states(field, first) == ["stored"]
    left, right = edit(first, first, note="二"), edit(first, first, note="三", entrance_number=None)
    assert states(field, left, edit(first, first, kind="full")) == ["stored", "stored"]
    assert states(field, right) == ["conflict"]
    (conflict,) = needs(field)["conflicts"]
    assert conflict["subject"] == {"what": "visit", "id": first["record"]}
    assert {side["fields"]["note"] for side in conflict["sides"]} == {"二", "三"}
    (row,) = rows(connection, "SELECT kind, note FROM visits")
    assert (row.kind, row.note) == ("full", conflict["current"]["note"])
    settled = item("resolve", conflict=conflict["entry_id"], take=left["id"])
    assert states(field, settled) == ["stored"]
    assert needs(field)["conflicts"] == []
    assert rows(connection, "SELECT note FROM visits") == [("二",)]
    assert states(field, item("resolve", conflict=conflict["entry_id"], take="current")) == ["refused"]


def test_what_comes_too_early_is_held_and_counts_later(field: Caller, connection: Connection) -> None:
    first = visit(note="一")
    later = edit(first, first, note="二")
    assert states(field, later) == ["held"]
    assert rows(connection, "SELECT count(*) FROM visits") == [(0,)]
    assert states(field, first) == ["stored"]
    assert rows(connection, "SELECT note FROM visits") == [("二",)]
    assert states(field, later) == ["known"]


def test_an_edit_wins_over_a_removal_that_it_had_not_seen(field: Caller, connection: Connection) -> None:
    first = visit()
    gone = removal(first, first)
    assert states(field, first, gone) == ["stored", "stored"]
    assert rows(connection, "SELECT count(*) FROM visits") == [(0,)]
    assert callers_post(field, first) == "known"  # the older way of sending does not bring it back
    assert rows(connection, "SELECT count(*) FROM visits") == [(0,)]
    assert states(field, edit(first, first, note="还在")) == ["conflict"]
    assert rows(connection, "SELECT note FROM visits") == [("还在",)]
    (conflict,) = needs(field)["conflicts"]
    assert sorted(side["removes"] for side in conflict["sides"]) == [False, True]
    assert states(field, item("resolve", conflict=conflict["entry_id"], take=gone["id"])) == ["stored"]
    assert rows(connection, "SELECT count(*) FROM visits") == [(0,)]


def callers_post(caller: Caller, sent: dict[str, Any]) -> str:
    body = {"client_id": sent["record"], **sent["fields"]}
    return caller.post("/api/v1/visits", {"items": [body]}).get_json()["items"][0]["state"]


def test_a_visit_sent_the_older_way_can_be_edited(field: Caller, connection: Connection) -> None:
    first = visit(note="一")
    assert callers_post(field, first) == "stored"
    assert states(field, edit(first, note="二") | {"seen": [first["record"]]}) == ["stored"]
    assert rows(connection, "SELECT note FROM visits") == [("二",)]
    assert callers_post(field, first) == "known"


def test_a_clock_that_is_wrong_is_corrected(field: Caller, connection: Connection) -> None:
    for days in (3, -3):
        told = visit(visited_at=moment(days=-days, hours=1))
        assert states(field, told, sent_at=moment(days=-days)) == ["stored"]
    found = rows(connection, "SELECT now() - visited_at AS ago FROM visits")
    assert all(timedelta(minutes=58) < row.ago < timedelta(minutes=62) for row in found)
