"""Notices over the API: sent once, taken round by posts, seen by those of the area; no person is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from tests.api.conftest import Caller

API = "/api/v1"
MINE = "G0-0-4"  # of post P000003
BUILDINGS = [100_000_041 + n for n in range(5)]


def notice(area: str = "G0-0", **more: Any) -> dict[str, Any]:
    words = {"title": "停水通知", "text": "明天 8 时至 12 时停水。"}
    return {"client_id": str(uuid4()), "area_code": area} | words | more


def test_from_sending_to_the_last_household(callers: dict[str, Caller]) -> None:
    official, field = callers["official"], callers["field"]
    look = official.get(f"{API}/notices/outlook?area=G0-0").get_json()
    assert (look["households"], look["micro_grids"], look["without_receiver"]) == (390, 6, ["G0-0-6"])
    body = notice()
    sent = official.post(f"{API}/notices", body)
    assert sent.status_code == 201
    number = sent.get_json()["id"]
    assert official.post(f"{API}/notices", body).get_json()["id"] == number
    (mine,) = field.get(f"{API}/staff/me/notices").get_json()["items"]
    assert (mine["id"], mine["households"], mine["mine"]) == (number, 65, True)
    assert [one["id"] for one in mine["buildings"]] == BUILDINGS
    path = f"{API}/staff/me/notices/acknowledge"
    assert field.post(path, {}).get_json() == {"notice_ids": [number]}
    assert field.post(path, {"notice_ids": [number]}).get_json() == {"notice_ids": []}
    first = field.post(f"{API}/notices/{number}/reaches", {"building_ids": BUILDINGS[:1]}).get_json()
    assert first == {"notice_id": number, "buildings": 1, "households": 13, "households_known": 0}
    every = field.post(f"{API}/notices/{number}/reaches", {}).get_json()
    assert (every["buildings"], every["households"], every["households_known"]) == (4, 52, 13)
    stored = field.get(f"{API}/session/stored.json").get_json()
    assert [one["micro_grid_code"] for one in stored["notices"] if one["acknowledged_at"]] == [MINE]
    assert [one["building_id"] for one in stored["notice_reaches"]] == BUILDINGS
    found = official.get(f"{API}/notices/{number}").get_json()
    assert found["notice"]["households_reached"] == 65
    assert found["curve"] == [{"minutes": 0, "households": 65}]
    assert [one["households"] for one in found["marks"]] == [None, None]
    assert [one["tier"] for one in found["tiers"]] == ["compound", "community", "street"]
    assert (found["acknowledged"], found["households_without_receiver"]) == (1, 65)
    by_code = {row["code"]: row["households_reached"] for row in found["areas"]}
    assert by_code == {f"G0-0-{n}": 65 if n == 4 else 0 for n in range(1, 7)}
    buildings = official.get(f"{API}/notices/{number}/buildings").get_json()["items"]
    assert sum(one["households_reached"] for one in buildings) == 65
    calls = official.get(f"{API}/notices/{number}/calls").get_json()["items"]
    assert [(one["tier"], one["micro_grids"]) for one in calls] == [(None, ["G0-0-6"])]
    assert official.post(f"{API}/notices/{number}/close").get_json()["closed_at"]
    assert field.get(f"{API}/staff/me/notices").get_json()["items"] == []
    assert field.post(f"{API}/notices/{number}/reaches", {}).status_code == 409


def test_what_is_not_ones_own_is_refused(callers: dict[str, Caller]) -> None:
    number = callers["official"].post(f"{API}/notices", notice()).get_json()["id"]
    outside = callers["admin"].post(f"{API}/notices", notice("G5-0")).get_json()["id"]
    field, official = callers["field"], callers["official"]
    refused = field.post(f"{API}/notices/{number}/reaches", {"building_ids": [100_000_011]})
    assert (refused.status_code, refused.get_json()["fields"][0]["column"]) == (400, "building_ids")
    assert official.get(f"{API}/notices/{outside}").status_code == 404
    assert official.post(f"{API}/notices", notice("G5-0")).status_code == 404
    assert official.post(f"{API}/notices", notice(title=" ")).status_code == 400
    assert official.post(f"{API}/notices", notice(remind_after_minutes=5)).status_code == 400
    listed = official.get(f"{API}/notices?limit=1").get_json()
    assert ([one["id"] for one in listed["items"]], listed["next"]) == ([number], None)
    older = callers["admin"].get(f"{API}/notices?limit=1").get_json()
    assert (older["items"][0]["id"], older["next"]) == (outside, outside)
    assert callers["admin"].get(f"{API}/notices?before={outside}").get_json()["items"][0]["id"] == number


def send_entries(caller: Caller, *items: dict[str, Any]) -> list[str]:
    """Give the state of each, or why it was refused."""
    made = {"made_at": datetime.now(UTC).isoformat()}
    body = {"client_version": 1, "items": [{"id": str(uuid4())} | made | item for item in items]}
    answers = caller.post(f"{API}/field/entries", body).get_json()["items"]
    return [one["problem"]["slug"] if one["problem"] else one["state"] for one in answers]


def test_a_phone_takes_a_notice_along_and_tells_later(callers: dict[str, Caller]) -> None:
    field, official = callers["field"], callers["official"]
    number = official.post(f"{API}/notices", notice()).get_json()["id"]
    (given,) = field.get(f"{API}/field/needs").get_json()["notices"]
    assert given == field.get(f"{API}/staff/me/notices").get_json()["items"][0]
    one = {"what": "reach", "notice_id": number, "building_ids": BUILDINGS[:1], "id": str(uuid4())}
    said = send_entries(
        field,
        {"what": "notice_ack", "notice_id": number},
        one,
        {"what": "reach", "notice_id": number, "building_ids": [100_000_011]},
        {"what": "reach", "notice_id": 999},
        {"what": "reach", "notice_id": number, "building_ids": []},
        {"what": "reach", "notice_id": number},
    )
    assert said == ["stored", "stored", "bad_input", "not_found", "bad_input", "stored"]
    found = official.get(f"{API}/notices/{number}").get_json()
    assert (found["notice"]["households_reached"], found["acknowledged"]) == (65, 1)
    (given,) = field.get(f"{API}/field/needs").get_json()["notices"]
    assert all(building["reached_at"] for building in given["buildings"])
    # What was reached before the notice was closed counts when it is told; what comes after does not.
    other = official.post(f"{API}/notices", notice()).get_json()["id"]
    before = datetime.now(UTC).isoformat()
    official.post(f"{API}/notices/{other}/close")
    late = {"what": "reach", "notice_id": other}
    first, rest = late | {"building_ids": BUILDINGS[:1]}, late | {"building_ids": BUILDINGS[1:]}
    assert send_entries(field, first | {"made_at": before}, rest) == ["stored", "conflict"]
    assert official.get(f"{API}/notices/{other}").get_json()["notice"]["households_reached"] == 13
