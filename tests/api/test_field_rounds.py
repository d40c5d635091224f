"""The round of a post: what is due and nothing else, in walking order; the way to a building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import text

from gridmap.services import walking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from tests.api.conftest import Caller

ROUND, WAY = "/api/v1/field/round", "/api/v1/field/way"
MINE = 100_000_041


def ask(caller: Caller, **more: Any) -> dict[str, Any]:
    answer = caller.post(ROUND, {"kind": "key"} | more)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


@pytest.fixture(autouse=True)
def network(session: Session) -> Iterator[None]:
    """The streets cut into ways; what a process keeps of them does not outlive the test."""
    walking._kept.clear()
    walking.cut_roads(session)
    yield
    walking._kept.clear()


@pytest.fixture
def here(connection: Connection) -> dict[str, float]:
    """A place some steps from a building of the post."""
    query = text(
        "SELECT ST_X(point) + 0.0002 AS lon, ST_Y(point) - 0.0002 AS lat FROM buildings Where id = :id"
    )
    return dict(connection.execute(query, {"id": MINE}).mappings().one())


def mine(caller: Caller) -> set[int]:
    listed = caller.get("/api/v1/buildings?mine=1&limit=1000").get_json()["items"]
    return {one["id"] for one in listed if one["households"]}


def test_all_due_buildings_and_only_those_are_on_the_round(callers: dict[str, Caller]) -> None:
    field = callers["field"]
    before = ask(field)
    assert {stop["building_id"] for stop in before["stops"]} == mine(field)
    assert before["due"] == len(before["stops"])
    assert before["left"] == 0
    visited, unsent = [stop["building_id"] for stop in before["stops"]][:2]
    entry = {"client_id": str(uuid4()), "building_id": visited, "kind": "key", "visited_at": before["as_of"]}
    assert field.post("/api/v1/visits", {"items": [entry]}).get_json()["items"][0]["state"] == "stored"
    after = ask(field, done=[unsent])
    assert {stop["building_id"] for stop in after["stops"]} == mine(field) - {visited, unsent}
    assert {stop["building_id"] for stop in ask(field, kind="full")["stops"]} == mine(field)


def test_legs_are_walks_on_the_network(
    callers: dict[str, Caller], here: dict[str, float], session: Session, connection: Connection
) -> None:
    found = ask(callers["field"], start=here)
    assert found["start"] == "place"
    assert found["walk_m"] == pytest.approx(sum(stop["walk_m"] for stop in found["stops"]), abs=0.1 * 50)
    door = text(
        "SELECT ST_X(p) AS lon, ST_Y(p) AS lat FROM (SELECT coalesce((SELECT e.geom FROM entrances e"
        " Where e.building_id = b.id AND e.geom IS NOT NULL ORDER BY e.number LIMIT 1), b.point) AS p"
        " FROM buildings b Where b.id = :id) d"
    )
    places = [(here["lon"], here["lat"])]
    places += [tuple(connection.execute(door, {"id": stop["building_id"]}).one()) for stop in found["stops"]]
    known = walking.find_network(session, *places[0])
    assert known is not None
    doors = known.graph.find_doors(np.array(places))
    walked = [stop for stop in found["stops"] if stop["how"] == "on_foot"]
    assert walked
    for place, stop in enumerate(found["stops"]):
        if stop["how"] == "on_foot":
            walk_m = known.graph.walk_to_nearest(
                doors[place + 1 : place + 2], doors[place : place + 1]
            ).walk_m[0]
            assert stop["walk_m"] >= round(float(walk_m), 1) - 0.1
    assert found["line"]["coordinates"][0] != found["line"]["coordinates"][-1]


def test_without_a_network_the_straight_line_stands_in_and_says_so(
    callers: dict[str, Caller], connection: Connection
) -> None:
    connection.execute(text("DELETE FROM walking_edges"))
    found = ask(callers["field"])
    assert found["stops"]
    assert {stop["how"] for stop in found["stops"]} == {"no_network"}


def test_a_round_needs_a_post_and_a_kind(callers: dict[str, Caller]) -> None:
    assert callers["admin"].post(ROUND, {"kind": "key"}).status_code == 404
    assert callers["official"].post(ROUND, {"kind": "key"}).status_code == 403
    assert callers["field"].post(ROUND, {"kind": "holiday"}).status_code == 400
    assert callers["field"].post(ROUND, {"kind": "key", "start": {"lon": 1}}).status_code == 400


def test_the_way_leads_to_the_nearest_door(callers: dict[str, Caller], here: dict[str, float]) -> None:
    field = callers["field"]
    found = field.post(WAY, {"building_id": MINE, "start": here}).get_json()
    assert found["how"] == "on_foot"
    assert found["walk_minutes"] == pytest.approx(found["walk_m"] / 75, rel=0.01)
    assert len(found["line"]["coordinates"]) >= 2
    assert field.post(WAY, {"building_id": 1, "start": here}).status_code == 404


def test_where_somebody_stands_is_written_nowhere(
    callers: dict[str, Caller], here: dict[str, float], connection: Connection
) -> None:
    before = connection.execute(text("SELECT count(*) FROM audit_entries")).scalar_one()
    ask(callers["field"], start=here)
    assert connection.execute(text("SELECT count(*) FROM audit_entries")).scalar_one() == before
