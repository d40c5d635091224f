"""Lists in parts, GeoJSON, and the building that says who answers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.api.conftest import Caller

API = "/api/v1"


@pytest.mark.parametrize(
    ("path", "key", "total"),
    [
        ("/areas", "code", 19),
        ("/buildings", "id", 360),
        ("/micro-grids", "code", 72),
        ("/staff", "code", 12),
        ("/issues", "id", 120),
        ("/stations", "code", 2),
        ("/accounts", "username", 5),
        ("/plans", "id", 1),
    ],
)
def test_the_parts_of_a_list_are_the_whole_list(
    path: str, key: str, total: int, callers: dict[str, Caller]
) -> None:
    first = callers["admin"].get(f"{API}{path}?limit=7").get_json()
    assert first["total"] == total
    seen, part = [item[key] for item in first["items"]], first
    while part["next_link"]:
        part = callers["admin"].get(part["next_link"]).get_json()
        assert part["total"] is None
        assert part["items"]
        seen += [item[key] for item in part["items"]]
    assert part["next"] is None
    assert len(seen) == len(set(seen)) == total


def test_the_next_part_keeps_what_was_asked(callers: dict[str, Caller]) -> None:
    first = callers["admin"].get(f"{API}/areas?level=grid&limit=2&geometry=1").get_json()
    assert first["next_link"] == f"{API}/areas?level=grid&geometry=1&after=G0-1&limit=2"
    assert first["items"][0]["geometry"]["type"] == "MultiPolygon"


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/areas.geojson?level=grid", "MultiPolygon"),
        ("/buildings.geojson?area=G0-0", "MultiPolygon"),
        ("/micro-grids.geojson?area=G0-0", "MultiPolygon"),
        ("/stations.geojson", "Point"),
    ],
)
def test_geojson(path: str, shape: str, callers: dict[str, Caller]) -> None:
    response = callers["admin"].get(f"{API}{path}{'&' if '?' in path else '?'}limit=2")
    assert response.mimetype == "application/geo+json"
    collection = response.get_json()
    assert collection["type"] == "FeatureCollection"
    assert collection["numberReturned"] == len(collection["features"]) == 2
    for feature in collection["features"]:
        assert feature["geometry"]["type"] == shape
        assert "geometry" not in feature["properties"]
        numbers = feature["geometry"]["coordinates"]
        while isinstance(numbers[0], list):
            numbers = numbers[0]
        assert all(round(number, 7) == number for number in numbers)


def test_a_building(callers: dict[str, Caller]) -> None:
    building = callers["field"].get(f"{API}/buildings/100000011").get_json()
    assert building["building"]["households"] == 13
    assert building["micro_grids"][0]["code"] == "G0-0-1"
    # P…3 is posted to the micro-grids by turns; the sixth of each grid has nobody.
    assert [person["place"] for person in building["people"]] == ["G0-0-1"]
    assert set(building["people"][0]) == {
        "code",
        "role",
        "role_zh",
        "role_en",
        "organisation",
        "duty_phone",
        "place_kind",
        "place",
    }
    assert callers["field"].get(f"{API}/buildings/100000061").get_json()["people"] == []


def test_what_is_mine(callers: dict[str, Caller]) -> None:
    post = callers["field"].get(f"{API}/staff/me").get_json()
    places = sorted(posting["place"] for posting in post["postings"])
    cells = callers["field"].get(f"{API}/micro-grids?mine=1").get_json()
    # Its postings in street S1 lie outside the account's areas.
    assert [cell["code"] for cell in cells["items"]] == [code for code in places if code < "G5"]
    assert callers["field"].get(f"{API}/buildings?mine=1").get_json()["total"] == 5 * cells["total"]


def test_reporting_an_issue(callers: dict[str, Caller]) -> None:
    body = {"category": "noise", "text": "夜间施工", "building_id": 100000011, "client_id": "phone-0001"}
    made = callers["field"].post(f"{API}/issues", body)
    assert made.status_code == 201
    again = callers["field"].post(f"{API}/issues", body)
    assert again.get_json()["id"] == made.get_json()["id"]
    found = callers["dispatcher"].get(made.headers["Location"]).get_json()
    assert (found["text"], found["state"], found["building_id"]) == ("夜间施工", "reported", 100000011)
    listed = callers["dispatcher"].get(f"{API}/issues?building=100000011&is_open=1").get_json()
    assert listed["items"][0]["id"] == found["id"]
    assert "text" not in listed["items"][0]


def test_an_estimated_number_of_entrances_is_marked(
    callers: dict[str, Caller], connection: Connection
) -> None:
    address = f"{API}/buildings/100000011"
    assert callers["field"].get(address).get_json()["building"]["entrances_estimated"] is False
    assert "<dd>2</dd>" in callers["field"].get("/buildings/100000011").text
    connection.execute(text("UPDATE buildings SET entrances_estimated = true WHERE id = 100000011"))
    building = callers["field"].get(address).get_json()["building"]
    assert (building["entrance_count"], building["entrances_estimated"]) == (2, True)
    assert (
        '<dd>2<abbr title="单元数为估算">*</abbr></dd>' in callers["field"].get("/buildings/100000011").text
    )
