"""From draft to published by the API: what is refused, why, and how it goes on."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridmap.app import create_app
from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token
from tests.api.conftest import Caller
from tests.spatial_city import fill
from tests.working import work_off

if TYPE_CHECKING:
    from gridmap.db import Database
    from gridmap.settings import Settings

API = "/api/v1"
GRID = "G0-0"


@pytest.fixture
def planner(settings: Settings, database: Database) -> Caller:
    """A planner of a street of four grids with 30 buildings of 13 households each."""
    with database.engine.begin() as connection:
        fill(connection, columns=2, rows=2, staff=3, days=1, issues=0)
        connection.execute(text("SELECT setval('plans_id_seq', 1), setval('micro_grids_id_seq', 99999999)"))
    with database.transaction() as session:
        create_account(session, SYSTEM, "planner", role="planner", area_codes=["S0"])
        token, _ = issue_token(session, SYSTEM, "planner", "test")
    return Caller(create_app(settings, database), token)


@pytest.fixture
def published(planner: Caller, database: Database) -> str:
    """Address of the published plan: the first of these micro-grids, so that nobody has moved yet."""
    asked = planner.post(f"{API}/plans", {"area_code": "S0", "seed": 7})
    work_off(database)
    done = planner.post(f"{asked.headers['Location']}/publish", {"confirm_moved": True})
    assert done.status_code == 200
    return asked.headers["Location"]


def branch(planner: Caller, address: str) -> str:
    made = planner.post(f"{address}/branch")
    assert made.status_code == 201
    assert made.get_json()["branched_from"] == int(address.rsplit("/", 1)[1])
    return made.headers["Location"]


def operate(planner: Caller, address: str, kind: str, **arguments: Any) -> None:
    body = {"op_id": str(uuid4()), "grid": GRID, "kind": kind, "arguments": arguments}
    assert planner.post(f"{address}/operations", body).status_code == 201


def cells(planner: Caller, address: str) -> dict[str, int]:
    items = planner.get(f"{address}/micro-grids?limit=1000").get_json()["items"]
    return {item["code"]: item["households"] for item in items}


def two_of_the_grid(planner: Caller, address: str) -> list[str]:
    return [code for code in cells(planner, address) if code.startswith(GRID)][:2]


def test_refused_waived_published_and_rolled_back(planner: Caller, published: str) -> None:
    before = cells(planner, published)
    draft = branch(planner, published)
    operate(planner, draft, "merge", codes=two_of_the_grid(planner, draft))
    refused = planner.post(f"{draft}/publish")
    assert refused.status_code == 422
    (finding,) = refused.get_json()["findings"]
    assert (finding["kind"], finding["is_waivable"], finding["waived"]) == ("outside_band", True, None)

    checked = planner.post(f"{draft}/check").get_json()
    assert (checked["blocking"], checked["findings"][0]["key"]) == (1, finding["key"])
    assert planner.post(f"{draft}/waivers", {"kind": "outside_band", "reason": "x"}).status_code == 400
    body = {
        "kind": "outside_band",
        "micro_grid": finding["micro_grid"],
        "reason": "=独栋",
        "expires_on": "2099-12-31",
    }
    waiver = planner.post(f"{draft}/waivers", body)
    assert (waiver.status_code, waiver.get_json()["by"]) == (201, "planner")
    waived = planner.post(f"{draft}/check").get_json()["findings"][0]["waived"]
    assert (waived["by"], waived["until"], waived["reason"]) == ("planner", "2099-12-31", "=独栋")
    table = planner.get(f"{draft}/findings.csv").get_data().decode("utf-8-sig")
    (row, *_) = csv.DictReader(io.StringIO(table))
    assert (row["key"], row["waived_by"], row["waiver_reason"]) == (finding["key"], "planner", "'=独栋")

    assert planner.post(f"{draft}/submit").get_json()["status"] == "submitted"
    frozen = {"op_id": str(uuid4()), "grid": GRID, "kind": "fill", "arguments": {}}
    assert planner.post(f"{draft}/operations", frozen).status_code == 409
    done = planner.post(f"{draft}/publish", {"confirm_moved": False})
    assert (done.status_code, done.get_json()["status"]) == (200, "published")

    back = planner.post(f"{published}/roll-back", {"confirm_moved": True})
    assert back.status_code == 201
    assert back.get_json()["status"] == "published"
    assert cells(planner, back.headers["Location"]) == before
    statuses = [planner.get(address).get_json()["status"] for address in (published, draft)]
    assert statuses == ["superseded", "superseded"]


def test_many_who_move_and_a_time_to_come(planner: Caller, published: str, database: Database) -> None:
    wide = {"households_min": 90, "households_target": 120, "households_max": 150}
    asked = planner.post(f"{API}/plans", {"area_code": "S0", "rules": wide})
    work_off(database)
    draft = asked.headers["Location"]
    refused = planner.post(f"{draft}/publish")
    assert refused.status_code == 409
    assert refused.get_json()["details"]["share"] > 0.1
    confirmed = {"confirm_moved": True}
    past = planner.post(f"{draft}/publish", confirmed | {"effective_at": "2001-01-01T00:00:00Z"})
    assert (past.status_code, past.get_json()["fields"][0]["reason"]) == (400, "plan_time_past")
    assert planner.post(f"{draft}/publish", confirmed | {"effective_at": "2099-01-01"}).status_code == 400
    timed = planner.post(f"{draft}/publish", confirmed | {"effective_at": "2099-01-01T00:00:00+08:00"})
    told = timed.get_json()
    assert (timed.status_code, told["status"], told["effective_at"]) == (
        200,
        "submitted",
        "2098-12-31T16:00:00Z",
    )
    assert planner.post(f"{draft}/call-off").get_json()["effective_at"] is None
    returned = planner.post(f"{draft}/return", {"words": "请先征求社区意见"})
    assert returned.get_json()["status"] == "draft"
    (comment,) = planner.get(f"{draft}/comments").get_json()["items"]
    assert (comment["words"], comment["by"], comment["micro_grid"]) == ("请先征求社区意见", "planner", None)


def test_a_comparison_as_figures_map_and_table(planner: Caller, published: str) -> None:
    draft = branch(planner, published)
    number = int(published.rsplit("/", 1)[1])
    same = planner.get(f"{draft}/compare?with={number}").get_json()
    assert (same["rows"], same["micro_grids"], same["summary"]["households_moved"]) == ([], [], 0)
    kept, gone = two_of_the_grid(planner, draft)
    households = cells(planner, draft)
    operate(planner, draft, "merge", codes=[kept, gone])
    now = cells(planner, draft)
    (left,) = {kept, gone} & now.keys()
    moved = households[({kept, gone} - {left}).pop()]
    for query in (f"?with={number}", ""):
        found = planner.get(f"{draft}/compare{query}").get_json()
        assert found["summary"]["households_moved"] == moved
        assert found["rows_total"] == len(found["rows"]) == moved // 13
        assert {row["change"] for row in found["micro_grids"]} == {"changed", "retired"}
    assert planner.get(f"{draft}/compare?limit=1").get_json()["rows_total"] == moved // 13
    shapes = planner.get(f"{draft}/compare.geojson").get_json()
    # The buildings, both micro-grids, and how the one that stays was before.
    assert shapes["numberReturned"] == moved // 13 + 2 + 1
    table = planner.get(f"{draft}/compare.csv?with={number}").get_data().decode("utf-8-sig")
    assert len(table.splitlines()) == 1 + moved // 13
    assert planner.get(f"{draft}/compare?other=1").status_code == 400


def test_comments_are_pinned_and_resolved(planner: Caller, published: str) -> None:
    code = two_of_the_grid(planner, published)[0]
    here = {"lon": 120.7025, "lat": 37.752}
    for body in ({"micro_grid": code}, here, {}):
        assert planner.post(f"{published}/comments", {"words": "看这里"} | body).status_code == 201
    for body, reason in (
        ({"micro_grid": "nowhere"}, "comment_unknown_micro_grid"),
        ({"lon": 100.0, "lat": 10.0}, "comment_outside"),
        ({"lon": 100.0}, "api_missing"),
        (here | {"micro_grid": code}, "comment_one_pin"),
        ({"words": " "}, "words_empty"),
        ({"words": "电话13812345678"}, "words_personal"),
        ({"words": "x" * 2001}, "api_too_long"),
    ):
        refused = planner.post(f"{published}/comments", {"words": "看"} | body)
        assert (refused.status_code, refused.get_json()["fields"][0]["reason"]) == (400, reason)
    listed = planner.get(f"{published}/comments").get_json()
    assert listed["total"] == 3
    first, second, third = listed["items"]
    assert (first["micro_grid"], first["lon"]) == (code, None)
    assert (second["lon"], second["lat"]) == (here["lon"], here["lat"])
    assert (third["micro_grid"], third["lon"]) == (None, None)
    settled = planner.ask("PATCH", f"{published}/comments/{first['id']}", {"resolved": True})
    assert settled.get_json()["resolved_at"]
    for query, ids in (("open=1", [second["id"], third["id"]]), ("open=0", [first["id"]])):
        items = planner.get(f"{published}/comments?{query}").get_json()["items"]
        assert [item["id"] for item in items] == ids
    reopened = planner.ask("PATCH", f"{published}/comments/{first['id']}", {"resolved": False})
    assert reopened.get_json()["resolved_at"] is None
    elsewhere = branch(planner, published)
    assert planner.ask("PATCH", f"{elsewhere}/comments/{first['id']}", {"resolved": True}).status_code == 404
    assert planner.get(f"{elsewhere}/comments").get_json()["total"] == 0


def test_a_new_building_looks_for_a_micro_grid(planner: Caller, published: str, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO buildings (source, source_id, name, use, storeys, entrance_count, households,"
                " households_source, households_estimated, grid_id, geom)"
                " SELECT 'later', 'n', '新楼', use, storeys, entrance_count, 5, 'register', false, grid_id,"
                " ST_Translate(geom, 0, 0.00003) FROM buildings WHERE id = 100000011"
            )
        )
    found = planner.get(f"{published}/changes-since").get_json()
    (building,) = found["unassigned"]
    assert (building["building"], building["grid"], building["is_new"]) == ("新楼", GRID, True)
    assert building["proposed"].startswith(GRID)
    assert building["households_after"] == cells(planner, published)[building["proposed"]] + 5
    assert found["changed"] == []
