"""Loading buildings, entrances, compounds and barriers; the town of `tests.db.loads`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shapely import LineString, box
from sqlalchemy import select, text

from gridmap.db import sql
from gridmap.errors import BadInput
from gridmap.models import Barrier, Building, Compound, CompoundGrid, Entrance, Road
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


def test_buildings_find_their_grid_and_their_compound(town: Session) -> None:
    assert grids_of_buildings(town) == {"b1": "w", "b2": "e", "b3": "w"}
    compound = town.scalars(select(Compound.id)).one()
    held = town.scalars(select(Building.source_id).where(Building.compound_id == compound))
    assert set(held) == {"b1", "b2"}  # one by name, one by place
    shared = {row.grid_id: row.households for row in town.scalars(select(CompoundGrid))}
    assert shared == {area_id(town, "w"): 30, area_id(town, "e"): 20}


def test_a_compound_lies_where_its_buildings_or_its_outline_lie_also_after_they_change(town: Session) -> None:
    west, east = area_id(town, "w"), area_id(town, "e")

    def shared() -> dict[tuple[str, int], int]:
        query = select(Compound.code, CompoundGrid.grid_id, CompoundGrid.households)
        rows = town.execute(query.join(Compound, Compound.id == CompoundGrid.compound_id))
        return {(row.code, row.grid_id): row.households for row in rows}

    load(town, "compounds", [COMPOUNDS[0] | {"code": "L", "geometry": box(1.6, 0.1, 1.9, 0.4)}])
    assert shared() == {("K", west): 30, ("K", east): 20, ("L", east): 0}
    # b2 changes its compound: it leaves K and gives L its first building.
    load(town, "buildings", [BUILDINGS[1] | {"compound_code": "L"}])
    assert shared() == {("K", west): 30, ("L", east): 20}
    # Empty again, L lies where its outline lies; K is all in the east once the border has moved.
    load(town, "buildings", [BUILDINGS[1] | {"compound_code": "K"}])
    load(town, "compounds", [COMPOUNDS[0] | {"code": "L", "geometry": box(0.2, 0.2, 0.4, 0.4)}])
    assert shared() == {("K", west): 30, ("K", east): 20, ("L", west): 0}
    load(
        town,
        "areas",
        [AREAS[2] | {"geometry": box(0, 0, 0.5, 2)}, AREAS[3] | {"geometry": box(0.5, 0, 2, 2)}],
    )
    assert shared() == {("K", east): 50, ("L", west): 0}


def test_entrances_belong_to_buildings_and_are_counted(town: Session) -> None:
    rows = [{"building_id": "b1", "number": number, "name": f"{number}单元"} for number in (1, 2, 3)]
    assert figures(load(town, "entrances", rows)) == (3, 0, 0)
    assert figures(load(town, "entrances", rows)) == (0, 0, 3)
    b1 = town.scalars(select(Building).where(Building.source_id == "b1")).one()
    assert b1.entrance_count == 3
    assert figures(load(town, "buildings", BUILDINGS)) == (0, 0, 3)  # the file does not say three; we know
    assert town.scalars(select(Entrance.name).order_by(Entrance.number)).first() == "1单元"
    with pytest.raises(BadInput) as caught:
        load(town, "entrances", [{"building_id": "b9", "number": 1}])
    assert refused(caught) == [("f#0", "building_id", "unknown_building")]


def test_an_estimated_number_of_entrances_gives_way_to_entrances_on_record(town: Session) -> None:
    # 18 homes on each of 6 floors, about 1 km long: three stairwells, a guess until two are on record.
    slab = {"id": "b4", "households": 108, "storeys": 6, "geometry": box(0.2, 1, 0.21, 1.001)}

    def entrances() -> tuple[int, bool]:
        columns = select(Building.entrance_count, Building.entrances_estimated)
        return tuple(town.execute(columns.where(Building.source_id == "b4")).one())

    load(town, "buildings", [slab])
    assert entrances() == (3, True)
    load(town, "entrances", [{"building_id": "b4", "number": number} for number in (1, 2)])
    assert entrances() == (2, False)
    assert figures(load(town, "buildings", [slab])) == (0, 0, 1)
    assert entrances() == (2, False)
    assert figures(load(town, "buildings", [slab | {"entrance_count": 4}])) == (0, 1, 0)
    assert entrances() == (4, False)


def test_doors_to_the_street_leave_the_estimate(town: Session) -> None:
    # 18 homes on each of 6 floors: one door would leave all 18 to a landing, two no more than 9.
    slab = {"id": "b4", "households": 108, "storeys": 6, "geometry": box(0.2, 1, 0.21, 1.001)}

    def entrances(of: str = "b4") -> tuple[int, bool, list[int]]:
        building = town.scalars(select(Building).where(Building.source_id == of)).one()
        town.refresh(building)
        rows = town.execute(sql("plan_entrances"), {"grid_ids": [building.grid_id]})
        seen = [row.number for row in rows if row.building_id == building.id]
        return building.entrance_count, building.entrances_estimated, seen

    load(town, "buildings", [slab, slab | {"id": "b5"}])
    assert figures(load(town, "entrances", [{"building_id": "b4", "number": 1}])) == (1, 0, 0)
    assert entrances() == (3, True, [])
    assert figures(load(town, "buildings", [slab])) == (0, 0, 1)
    load(town, "entrances", [{"building_id": "b4", "number": 2}])
    assert entrances() == (2, False, [1, 2])
    load(town, "entrances", [{"building_id": "b5", "number": 1, "households": 108}])  # somebody counted
    assert entrances("b5") == (1, False, [1])


def test_barriers_and_roads(session: Session) -> None:
    river = {"id": "r", "kind": "river", "name": "河", "geometry": box(0, 0, 20, 1)}
    rail = {"id": "t", "kind": "railway", "geometry": LineString([(0, 2), (20, 2)])}
    assert figures(load(session, "barriers", [river, rail])) == (2, 0, 0)
    assert figures(load(session, "barriers", [river, rail])) == (0, 0, 2)
    assert session.scalar(select(Barrier.surface).where(Barrier.kind == "river")) is not None
    road = {
        "id": "1",
        "class": "primary",
        "oneway": "yes",
        "layer": -1,
        "geometry": LineString([(0, 0), (1, 1)]),
    }
    assert figures(load(session, "roads", [road])) == (1, 0, 0)
    assert figures(load(session, "roads", [road | {"class": "secondary"}])) == (0, 1, 0)
    found = session.scalars(select(Road)).one()
    assert (found.road_class, found.oneway, found.layer) == ("secondary", True, -1)


def test_what_a_compound_has_is_yes_no_or_not_known(town):
    said = [("L", "有", "否"), ("M", "", "yes"), ("N", "no", None)]
    rows = [
        COMPOUNDS[0] | {"code": code, "has_committee": committee, "has_branch": branch}
        for code, committee, branch in said
    ]
    load(town, "compounds", rows)
    known = text("SELECT code, has_committee, has_branch FROM compounds WHERE code <> 'K' ORDER BY code")
    assert town.execute(known).all() == [("L", True, False), ("M", None, True), ("N", False, None)]


def test_new_addresses_are_found_at_once(town: Session):
    """The index keeps new rows aside until somebody takes them in; a load does."""
    assert town.scalar(sql("settle_addresses")) == 0
    town.execute(text("UPDATE buildings SET address = address || '1'"))
    assert town.scalar(sql("settle_addresses")) > 0
