"""Lists are loaded as a whole or not at all, found in one's areas, and matched by kind and distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.listings import (
    ListingFilter,
    count_listings,
    export_listings,
    find_matches,
    list_listings,
)
from tests.db.loads import figures, load, refused
from tests.spatial_city import fill

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BUILDINGS = ("100000011", "100000012", "100500011")  # two beside each other, one far away in another street
DESK = Actor(None, "desk", "dispatcher", (10,))


@pytest.fixture
def town(session: Session) -> Session:
    fill(session.connection(), columns=6, rows=2, staff=3, days=1, issues=0)
    return session


def entry(number: int, list_name: str, building: str, kind: str = "space", **more: Any) -> dict[str, Any]:
    given = {"id": str(number), "list": list_name, "kind": kind, "title": f"第 {number} 条"}
    return given | {"building_id": building} | more


def test_lists_are_loaded_once_or_not_at_all(town: Session) -> None:
    rows = [
        entry(1, "需求", BUILDINGS[0], "场地", quantity="2", ends_on="2199-01-01"),
        entry(2, "resource", BUILDINGS[1]) | {"building_id": None, "compound_code": "XG0-0"},
    ]
    assert figures(load(town, "listings", rows, source="town")) == (2, 0, 0)
    assert figures(load(town, "listings", rows, source="town")) == (0, 0, 2)
    assert figures(load(town, "listings", [rows[0] | {"state": "进行中"}], source="town")) == (0, 1, 0)
    first, second = list_listings(town, SYSTEM)
    assert (first.list, first.kind, first.quantity, first.state) == ("need", "space", 2, "under_way")
    assert (second.compound_code, second.area_code, second.state) == ("XG0-0", "G0-0", "open")
    bad = [
        entry(3, "need", "nothing"),
        entry(4, "need", BUILDINGS[0], compound_code="XG0-0"),
        entry(5, "need", BUILDINGS[0]) | {"building_id": None},
        entry(6, "need", BUILDINGS[0]) | {"building_id": None, "compound_code": "none"},
        entry(7, "need", BUILDINGS[0], starts_on="2026-02-01", ends_on="2026-01-01"),
        entry(8, "wish", BUILDINGS[0]),
    ]
    with pytest.raises(BadInput) as caught:
        load(town, "listings", bad, source="town")
    assert {(column, reason) for _, column, reason in refused(caught)} == {
        ("building_id", "unknown_building"),
        ("building_id", "listing_one_place"),
        ("compound_code", "unknown_compound"),
        ("ends_on", "ends_before_start"),
        ("list", "unknown_choice"),
    }
    assert count_listings(town, SYSTEM) == 2


def test_what_fits_is_of_the_same_kind_and_near(town: Session) -> None:
    rows = [
        entry(1, "need", BUILDINGS[0]),
        entry(2, "resource", BUILDINGS[1]),
        entry(3, "project", BUILDINGS[0]),
        entry(4, "resource", BUILDINGS[1], "repair"),
        entry(5, "need", BUILDINGS[1]),
        entry(6, "resource", BUILDINGS[2]),  # 2 km away
        entry(7, "resource", BUILDINGS[1], state="closed"),
        entry(8, "resource", BUILDINGS[1], ends_on="2020-01-01"),
    ]
    load(town, "listings", rows, source="town")
    ids = {row.title: row.id for row in list_listings(town, SYSTEM)}
    found = find_matches(town, SYSTEM, ids["第 1 条"])
    assert [row["title"] for row in found] == ["第 3 条", "第 2 条"]
    # The next building stands 0.00033 degrees further north: 36.6 m.
    assert [round(row["distance_m"]) for row in found] == [0, 37]
    assert [row["title"] for row in find_matches(town, SYSTEM, ids["第 6 条"])] == []


def test_only_entries_of_ones_own_areas_and_back_as_a_table(town: Session) -> None:
    load(
        town, "listings", [entry(1, "need", BUILDINGS[0]), entry(6, "resource", BUILDINGS[2])], source="town"
    )
    (seen,) = list_listings(town, DESK)
    assert seen.area_code == "G0-0"
    other = town.scalar(text("SELECT id FROM listings WHERE source_id = '6'")) or 0
    with pytest.raises(NotFound):
        find_matches(town, DESK, other)
    assert [row.list for row in list_listings(town, SYSTEM, ListingFilter(area_code="S1"))] == ["resource"]
    assert count_listings(town, SYSTEM, ListingFilter(kind="repair")) == 0
    table = export_listings(town, SYSTEM)
    again = [
        {name: value for name, value in row.items() if value is not None} for row in table.to_dict("records")
    ]
    assert figures(load(town, "listings", again, source="town")) == (0, 0, 2)
