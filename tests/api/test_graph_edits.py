"""Edges by the API: what goes in comes out, and what is wrong is said field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.api.conftest import Caller

PATH = "/api/v1/graph-edits"
A, B, ELSEWHERE = 100000011, 100000012, 100000111
EDGE = {"building_a_id": B, "entrance_a": 2, "building_b_id": A, "action": "remove", "reason": "院墙"}


def test_an_edge_is_made_listed_and_forgotten(callers: dict[str, Caller]) -> None:
    planner = callers["planner"]
    made = planner.post(PATH, EDGE)
    assert made.status_code == 201
    edit = made.get_json()
    assert (edit["building_a_id"], edit["entrance_a"], edit["building_b_id"], edit["entrance_b"]) == (
        A, None, B, 2,
    )  # fmt: skip
    assert (edit["grid_code"], edit["action"], edit["reason"]) == ("G0-0", "remove", "院墙")
    planner.post(PATH, EDGE | {"entrance_a": 1})
    first = planner.get(f"{PATH}?limit=1").get_json()
    assert (first["items"], first["total"], first["next"]) == ([edit], 2, edit["id"])
    second = planner.get(first["next_link"]).get_json()
    assert [item["entrance_b"] for item in second["items"]] == [1]
    assert planner.ask("DELETE", f"{PATH}/{edit['id']}").status_code == 204
    assert planner.ask("DELETE", f"{PATH}/{edit['id']}").status_code == 404
    assert planner.get(PATH).get_json()["total"] == 1


def test_the_graph_shows_what_people_changed(callers: dict[str, Caller], draft: None) -> None:
    # Micro-grid 1 is five slabs, one above the other, all as wide: 11-12-13-14-15 from south to north.
    def edges() -> dict[tuple[str, str], dict[str, Any]]:
        answer = planner.get("/api/v1/plans/2/graph?grid=G0-0")
        assert answer.mimetype == "application/geo+json"
        found = answer.get_json()
        assert found["numberMatched"] == found["numberReturned"] == len(found["features"])
        return {
            tuple(sorted((edge["properties"]["atom_a"], edge["properties"]["atom_b"]))): edge
            for edge in found["features"]
        }

    planner = callers["planner"]
    near, far = (f"b{A}", f"b{B}"), (f"b{A}", f"b{A + 4}")
    before = edges()
    assert before[near]["properties"]["origin"] == "touch"
    assert before[near]["properties"]["border_m"] > 100  # the slabs are 123 m long
    assert before[near]["geometry"]["type"] == "LineString"
    assert far not in before
    ends = {"building_a_id": A, "building_b_id": B, "reason": "院墙"}
    planner.post(PATH, ends | {"action": "remove"})
    planner.post(PATH, ends | {"action": "add", "building_b_id": A + 4})
    after = edges()
    assert after[near]["properties"]["origin"] == "removed"
    assert after[far]["properties"]["origin"] == "added"
    others = set(before) - {near, far}
    assert others <= set(after)
    assert {after[pair]["properties"]["origin"] for pair in others} == {"touch"}


def test_a_graph_is_of_a_grid_of_the_plan(callers: dict[str, Caller], draft: None) -> None:
    planner, admin = callers["planner"], callers["admin"]
    assert planner.get("/api/v1/plans/2/graph").status_code == 400
    assert planner.get("/api/v1/plans/2/graph?grid=S0").status_code == 404
    assert admin.get("/api/v1/plans/2/graph?grid=G5-0").status_code == 404  # of the other street
    assert admin.get("/api/v1/plans/1/graph?grid=G5-0").status_code == 200


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"reason": ""}, "reason", "api_too_short"),
        ({"reason": "  "}, "reason", "edge_reason_empty"),
        ({"action": "cut"}, "action", "api_not_one_of"),
        ({"entrance_a": 0}, "entrance_a", "api_out_of_range"),
        ({"entrance_a": 3}, "entrance_a", "edge_unknown_entrance"),
        ({"building_b_id": B}, "building_b_id", "edge_same_place"),
        ({"building_b_id": ELSEWHERE}, "building_b_id", "edge_other_grid"),
    ],
)
def test_what_is_wrong_is_said(
    change: dict[str, Any], column: str, reason: str, callers: dict[str, Caller]
) -> None:
    refused = callers["planner"].post(PATH, EDGE | change)
    assert refused.status_code == 400
    assert [(field["column"], field["reason"]) for field in refused.get_json()["fields"]] == [
        (column, reason)
    ]
    assert callers["planner"].get(PATH).get_json()["total"] == 0
