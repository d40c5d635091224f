"""Visits: each entry answered by itself, once however often it is sent, and by those who may; own data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.api.conftest import Caller

API = "/api/v1/visits"
MINE, MINE_TOO, ANOTHERS = 100_000_041, 100_000_042, 100_000_011  # of post P000003, and of another
WHEN = "2026-11-04T09:00:00+08:00"


def entry(building: int = MINE, **more: Any) -> dict[str, Any]:
    return {"client_id": str(uuid4()), "building_id": building, "kind": "key", "visited_at": WHEN} | more


def send(caller: Caller, *items: Any) -> list[tuple[str, str | None, str | None]]:
    """Give the state of each item, and where it is refused its slug and the first wrong field."""
    found = caller.post(API, {"items": list(items)}).get_json()["items"]
    assert [one["client_id"] for one in found] == [item.get("client_id") for item in items]
    return [
        (
            one["state"],
            one["problem"] and one["problem"]["slug"],
            one["problem"] and (one["problem"].get("fields") or [{}])[0].get("column"),
        )
        for one in found
    ]


def count(connection: Connection, table: str = "visits") -> int:
    return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


STORED, KNOWN = ("stored", None, None), ("known", None, None)


def wrong(column: str) -> tuple[str, str, str]:
    return "refused", "bad_input", column


def test_one_bad_item_never_stops_the_rest(callers: dict[str, Caller], connection: Connection) -> None:
    audits = count(connection, "audit_entries")
    first = entry()
    answers = send(
        callers["field"],
        first,
        entry(ANOTHERS),
        first,  # twice in one message
        entry(kind="secret"),
        entry(entrance_number=9),
        entry(visited_at="2199-01-01T00:00:00Z"),
        entry(visited_at="0001-01-01T00:00:00+14:00"),
        entry(visited_at="2026-11-04T09:00:00"),
        entry() | {"client_id": "no uuid"},
        entry(staff_code="P000006"),
        entry(colour="red"),
        entry(MINE_TOO, note="门口灯不亮"),
    )
    assert answers == [
        STORED,
        wrong("building_id"),
        KNOWN,
        wrong("kind"),
        wrong("entrance_number"),
        wrong("visited_at"),
        wrong("visited_at"),
        wrong("visited_at"),
        wrong("client_id"),
        wrong("staff_code"),
        wrong("colour"),
        STORED,
    ]
    assert count(connection) == 2
    assert count(connection, "audit_entries") == audits + 1
    # A lost answer: sent again it is known, even when the post answers for the building no more.
    connection.execute(text("DELETE FROM postings"))
    assert send(callers["field"], first, entry()) == [KNOWN, wrong("building_id")]
    assert send(callers["field"], first | {"kind": "full"}) == [("refused", "conflict", None)]
    assert (count(connection), count(connection, "audit_entries")) == (2, audits + 1)


def test_dispatchers_enter_for_posts_of_their_areas(
    callers: dict[str, Caller], connection: Connection
) -> None:
    there = entry(ANOTHERS, staff_code="P000003")
    outside = connection.execute(text("SELECT min(id) FROM buildings WHERE grid_id = 1005000")).scalar_one()
    answers = send(
        callers["dispatcher"],
        there,
        entry(ANOTHERS),
        entry(ANOTHERS, staff_code="P999999"),
        entry(outside, staff_code="P000003"),
    )
    assert answers == [STORED, wrong("staff_code"), wrong("staff_code"), wrong("building_id")]
    row = connection.execute(text("SELECT client_id, staff_id, note FROM visits")).one()
    assert (row.client_id, row.staff_id, row.note) == (UUID(there["client_id"]), 3, None)
    assert callers["planner"].post(API, {"items": [there]}).status_code == 403
    assert callers["dispatcher"].post(API, {"items": []}).status_code == 400


def test_done_and_due_by_place(callers: dict[str, Caller]) -> None:
    send(callers["field"], entry(), entry(), entry(MINE_TOO))
    path = f"{API}?area=S0&kind=key&at=2026-11-30T15:59:59Z"
    found = callers["field"].get(path).get_json()
    assert found["period"] == {"first_day": "2026-11-01", "last_day": "2026-11-30"}
    top, grid = (next(one for one in found["areas"] if one["code"] == code) for code in ("S0", "G0-0"))
    # Five columns of two grids, thirty buildings each; two of them were visited.
    assert (top["share"]["places"], top["share"]["places_covered"]) == (300, 2)
    assert (grid["share"]["places"], grid["share"]["households_covered"]) == (30, 26)
    after = callers["official"].get(f"{API}?area=S0&kind=key&at=2026-11-30T16:00:00Z").get_json()
    assert after["areas"][0]["share"]["places_covered"] == 0
    assert callers["field"].get(f"{API}?area=S0&kind=secret").status_code == 400
    assert callers["field"].get(f"{API}?area=G5-0&kind=key").status_code == 404
    kinds = callers["field"].get("/api/v1/visit-kinds").get_json()["items"]
    assert [(kind["code"], kind["period"]) for kind in kinds] == [
        ("daily", "day"),
        ("key", "month"),
        ("full", "quarter"),
    ]
    assert "grid_officer" in kinds[1]["roles"]


def test_everybody_reads_what_is_stored_about_oneself_and_nobody_else(callers: dict[str, Caller]) -> None:
    sent = entry(note="门口灯不亮")
    send(callers["field"], sent)
    counts = {
        role: {
            one["what"]: one["count"]
            for one in callers[role].get("/api/v1/session/stored").get_json()["items"]
        }
        for role in ("field", "official")
    }
    mine = callers["field"].get("/api/v1/session/stored.json")
    stored = mine.get_json()
    assert "attachment" in mine.headers["Content-Disposition"]
    assert {name: len(rows) for name, rows in stored.items()} == counts["field"]
    assert [(one["client_id"], one["note"]) for one in stored["visits"]] == [
        (sent["client_id"], "门口灯不亮")
    ]
    assert stored["post"][0]["code"] == "P000003"
    assert counts["field"]["postings"] == 12  # every fourth of 72, but for six that nobody has
    assert counts["field"]["changes"] == 1
    assert counts["official"]["account"] == 1
    assert not any(number for what, number in counts["official"].items() if what != "account")
