"""The walking network in the database: cut when roads are loaded, read again when they change.

The roads of the sample town are an H on its side: two streets of 352 m, and 222 m between their middles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import delete, func, select

from gridmap.formats.layers import layer_of, read_layer
from gridmap.models import Area, Building, Road, WalkingEdge
from gridmap.services.actors import SYSTEM
from gridmap.services.exchange import load_layer
from gridmap.services.walking import cut_missing_roads, get_network
from tests.sample_town import SAMPLE_TOWN

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.walking import WalkingNetwork

ACROSS_M = 222.0
ALONG_M = 176.2


def load_road(session: Session, *points: tuple[float, float], source: str = "city", **columns: str) -> None:
    row = {"id": ["N1"], "class": ["footway"]} | {name: [value] for name, value in columns.items()}
    line = shapely.LineString([(120.8 + x * 0.0001, 37.75 + y * 0.0001) for x, y in points])
    frame = gpd.GeoDataFrame(row, geometry=[line], crs="EPSG:4326")
    load_layer(session, SYSTEM, "roads", layer_of("roads", frame), source=source)


def network_of(session: Session) -> WalkingNetwork:
    area_id = session.scalar(select(Area.id).where(Area.code == "370698001001002"))
    assert area_id is not None
    return get_network(session, area_id)


def count_edges(session: Session) -> int:
    return session.scalar(select(func.count(WalkingEdge.id))) or 0


def walk(session: Session, start: tuple[float, float], goal: tuple[float, float]) -> float:
    network = network_of(session)
    doors = network.graph.find_doors(np.array([start, goal]) * 0.0001 + (120.8, 37.75))
    return float(network.graph.walk_to_nearest(doors[:1], doors[1:]).walk_m[0])


def test_loading_roads_cuts_them_where_they_meet(town):
    assert count_edges(town) == 5
    lengths = town.scalars(select(WalkingEdge.length_m).order_by(WalkingEdge.length_m)).all()
    assert lengths == pytest.approx([ALONG_M] * 4 + [ACROSS_M], abs=0.3)
    assert walk(town, (0, 0), (40, 20)) == pytest.approx(2 * ALONG_M + ACROSS_M, abs=0.5)


def test_a_new_road_is_walked_at_the_next_question(town):
    before = walk(town, (0, 0), (0, 20))
    assert before == pytest.approx(2 * ALONG_M + ACROSS_M, abs=0.5)
    load_road(town, (0, 0), (0, 20))
    assert walk(town, (0, 0), (0, 20)) == pytest.approx(ACROSS_M, abs=0.3)


def test_a_road_of_another_source_meets_those_of_the_first(town):
    load_road(town, (10, 0), (10, 20), source="county")
    assert count_edges(town) == 8  # both streets are cut once more, and the new lane is one edge
    assert walk(town, (0, 0), (0, 20)) == pytest.approx(ALONG_M + ACROSS_M, abs=0.5)


def test_loading_the_same_roads_again_leaves_the_edges_alone(town):
    ids = town.scalars(select(WalkingEdge.id)).all()
    load_layer(town, SYSTEM, "roads", read_layer("roads", SAMPLE_TOWN / "roads.geojson"))
    assert town.scalars(select(WalkingEdge.id)).all() == ids


def test_where_walking_is_forbidden_there_is_no_edge(town):
    load_road(town, (10, 0), (10, 20), foot="no")
    assert count_edges(town) == 5
    load_road(town, (10, 0), (10, 20), foot="yes")
    assert count_edges(town) == 8


def test_edges_go_with_their_road(town):
    town.execute(delete(Road).where(Road.source_id == "R2"))
    assert np.isinf(walk(town, (0, 0), (0, 20)))


def test_a_database_filled_before_there_was_a_network_gets_one(town):
    town.execute(delete(WalkingEdge))
    cut_missing_roads(town)
    assert count_edges(town) == 5


def test_doors_are_those_of_the_homes_of_an_area(town):
    east = town.scalar(select(Area.id).where(Area.code == "370698001001002"))
    doors = network_of(town).doors_of(town, east)
    # Three towers with one entrance, B10 with two; the shops and the school have no homes.
    assert len(doors.doors) == 5
    assert sorted(doors.households.tolist()) == [22, 22, 72, 72, 72]
    homes = select(Building.id).join(Area, Area.id == Building.grid_id)
    homes = homes.where(Building.households > 0, Area.id == east)
    assert set(doors.building_id.tolist()) == set(town.scalars(homes))
    assert (doors.doors.edge >= 0).all()
