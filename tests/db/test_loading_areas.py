"""Loading areas: lineages, what lies in them, and borders that do not fit; the town of `tests.db.loads`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import Point, box
from sqlalchemy import select, text

from gridmap.errors import BadInput
from gridmap.models import Area, Building, CompoundGrid, Issue, Station
from tests.db.loads import (
    AREAS,
    BUILDINGS,
    COMPOUNDS,
    area_id,
    figures,
    grids_of_buildings,
    load,
    load_town,
    refused,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@pytest.fixture
def town(session: Session) -> Session:
    return load_town(session)


def test_areas_know_their_parent_and_lineage(town: Session) -> None:
    district, community, west = (area_id(town, code) for code in "dcw")
    area = town.get_one(Area, west)
    assert (area.parent_id, area.lineage, area.kind) == (community, [district, community, west], "basic")


def test_moving_a_grid_moves_what_lies_in_it(town: Session) -> None:
    load(
        town,
        "issues",
        [{"id": "1", "category": "灯", "reported_at": "2026-01-01", "geometry": Point(0.2, 0.2)}],
    )
    west, east = AREAS[2], AREAS[3]
    smaller = [west | {"geometry": box(0, 0, 0.3, 2)}, east | {"geometry": box(0.3, 0, 2, 2)}]
    assert figures(load(town, "areas", smaller)) == (0, 2, 0)
    assert grids_of_buildings(town) == {"b1": "e", "b2": "e", "b3": "w"}
    assert [row.households for row in town.scalars(select(CompoundGrid))] == [50]
    swapped = [west | {"geometry": box(1.9, 0, 2, 2)}, east | {"geometry": box(0, 0, 1.9, 2)}]
    load(town, "areas", swapped)
    assert set(grids_of_buildings(town).values()) == {"e"}
    assert town.scalars(select(Station.grid_id)).one() == area_id(town, "e")
    assert town.scalars(select(Issue.grid_id)).one() == area_id(town, "e")


def test_lineages_follow_when_an_area_in_the_middle_changes_its_parent(town: Session) -> None:
    """Grid w lies in community c; c moves below the new street s, while w comes in the same file."""
    street = {"code": "s", "level": "street", "name": "街道", "parent_code": "d", "geometry": box(0, 0, 2, 2)}
    load(town, "areas", [street, AREAS[1] | {"parent_code": "s"}, AREAS[2]])
    ids = {code: area_id(town, code) for code in "dscwe"}
    lineages = {row.code: row.lineage for row in town.execute(select(Area.code, Area.lineage))}
    assert lineages == {
        "d": [ids["d"]],
        "s": [ids["d"], ids["s"]],
        "c": [ids["d"], ids["s"], ids["c"]],
        "w": [ids["d"], ids["s"], ids["c"], ids["w"]],
        "e": [ids["d"], ids["s"], ids["c"], ids["e"]],
    }


def test_grids_that_come_after_the_buildings_take_them_in(session: Session) -> None:
    load(
        session, "buildings", [{key: row[key] for key in row if key != "compound_code"} for row in BUILDINGS]
    )
    assert set(grids_of_buildings(session).values()) == {None}
    report = load(session, "areas", AREAS)
    assert figures(report) == (4, 0, 0)
    assert grids_of_buildings(session) == {"b1": "w", "b2": "e", "b3": "w"}
    load(session, "compounds", COMPOUNDS)
    inside = session.scalars(select(Building.source_id).where(Building.compound_id.is_not(None)))
    assert set(inside) == {"b1", "b2"}


def test_areas_outside_their_parent_over_each_other_or_without_one_are_refused(town: Session) -> None:
    strays = [
        {"code": "x1", "level": "grid", "name": "x", "parent_code": "nowhere", "geometry": box(0, 0, 1, 1)},
        # A fifth of 1 x 1 lies east of the community.
        {"code": "x2", "level": "street", "name": "x", "parent_code": "d", "geometry": box(1.2, 0, 2.2, 1)},
        {"code": "x3", "level": "street", "name": "x", "parent_code": "w", "geometry": box(0, 0, 0.1, 0.1)},
        {"code": "x4", "level": "grid", "name": "x", "parent_code": "c", "geometry": box(0.9, 0, 1.1, 2)},
    ]
    with pytest.raises(BadInput) as caught:
        load(town, "areas", strays)
    assert set(refused(caught)) == {
        ("f#0", "parent_code", "unknown_parent"),
        ("f#0", "geometry", "overlaps_sibling"),
        ("f#1", "geometry", "outside_parent"),
        ("f#2", "parent_code", "wrong_parent_level"),
        ("f#3", "geometry", "overlaps_sibling"),
    }
    said = {wrong.where: wrong for wrong in caught.value.fields}
    assert (said["f#1"].value, said["f#1"].hint) == ("20.0 %", "d")
    assert town.scalar(text("SELECT count(*) FROM areas")) == 4


def test_a_parent_may_not_shrink_away_from_its_children(town: Session) -> None:
    with pytest.raises(BadInput) as caught:
        load(town, "areas", [AREAS[1] | {"geometry": box(0, 0, 1.5, 2)}])
    assert refused(caught) == [("f#0", "geometry", "leaves_child_outside")]
    assert (caught.value.fields[0].value, caught.value.fields[0].hint) == ("50.0 %", "e")


def test_skipping_a_bad_area_skips_what_would_lie_in_it(session: Session) -> None:
    rows = [AREAS[0], AREAS[1] | {"geometry": box(0, 0, 3, 2)}, *AREAS[2:]]
    report = load(session, "areas", rows, skip_bad=True)
    assert figures(report) == (1, 0, 0)
    assert [(wrong.where, wrong.reason) for wrong in report.rejected] == [
        ("f#1", "outside_parent"),
        ("f#2", "unknown_parent"),
        ("f#3", "unknown_parent"),
    ]


def test_a_sliver_outside_the_parent_is_tolerated(session: Session) -> None:
    # 0.009 of a width of 1 lies outside: less than one in a hundred.
    rows = [*AREAS[:2], AREAS[3] | {"geometry": box(1.009, 0, 2.009, 2)}]
    assert figures(load(session, "areas", rows)) == (3, 0, 0)
