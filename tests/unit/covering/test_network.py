"""Roads cut into walking edges, on a drawing a few hundred metres wide.

                 n
        . . . . .|. . . . .
    w ---------- x ---------- e      west-east street; north-south street crosses it at x
        . . . . .|. . . . .
                 s

0.001 degrees are 111 m northwards and, at the equator, 111 m eastwards.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.covering.network import WalkingEdges, build_edges, find_walkable, place_nodes

STEP = 0.001
METRES = 111.3


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(x * STEP, y * STEP) for x, y in points])


def roads(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    plain = {"class": "residential", "foot": None, "bridge": False, "tunnel": False, "layer": 0}
    return gpd.GeoDataFrame([plain | row for row in rows], geometry="geometry", crs="EPSG:4326")


def meetings(edges: WalkingEdges) -> dict[tuple[float, float], int]:
    """Places where more than two edges end -> how many; in steps."""
    nodes, counts = np.unique(edges.ends, return_counts=True)
    places = np.round(place_nodes(nodes) / STEP, 3) + 0.0
    return {tuple(place): int(n) for place, n in zip(places.tolist(), counts, strict=True) if n > 2}


def kinds(edges: WalkingEdges) -> list[int]:
    """How many edges each road has been cut into."""
    return np.bincount(edges.road).tolist()


def test_streets_meet_where_they_cross():
    edges = build_edges(
        roads({"geometry": line((-1, 0), (1, 0))}, {"geometry": line((0, -1), (0, 1))}),
    )
    assert kinds(edges) == [2, 2]
    assert meetings(edges) == {(0.0, 0.0): 4}
    assert edges.length_m == pytest.approx([METRES, METRES, 110.6, 110.6], abs=0.1)


def test_streets_meet_at_a_vertex_they_share():
    edges = build_edges(
        roads(
            {"geometry": line((-1, 0), (0, 0), (1, 0))},
            {"geometry": line((0, 0), (0, 1))},
        )
    )
    assert kinds(edges) == [2, 1]
    assert meetings(edges) == {(0.0, 0.0): 3}


@pytest.mark.parametrize("below", [((0, -1), (0, 1)), ((0, -1), (0, 0), (0, 1))])
@pytest.mark.parametrize("above", [{"bridge": True}, {"layer": 1}, {"tunnel": True}])
def test_a_bridge_and_a_tunnel_do_not_meet_what_they_pass(above, below):
    edges = build_edges(
        roads({"geometry": line((-1, 0), (0, 0), (1, 0)), **above}, {"geometry": line(*below)})
    )
    assert kinds(edges) == [1, 1]
    assert meetings(edges) == {}


def test_a_street_that_is_drawn_in_two_parts_below_a_bridge_does_not_meet_it():
    edges = build_edges(
        roads(
            {"geometry": line((-1, 0), (0, 0), (1, 0)), "bridge": True},
            {"geometry": line((0, -1), (0, 0))},
            {"geometry": line((0, 0), (0, 1))},
        )
    )
    assert kinds(edges) == [1, 1, 1]
    assert meetings(edges) == {}
    below = edges.ends[1:]
    assert len(np.unique(below)) == 3  # the two halves of the street do meet each other


def test_a_bridge_meets_the_ground_at_its_ends():
    edges = build_edges(
        roads(
            {"geometry": line((-1, 0), (1, 0)), "bridge": True, "layer": 1},
            {"geometry": line((1, -1), (1, 0), (1, 1))},
            {"geometry": line((-1, -1), (-1, 1))},
        )
    )
    assert kinds(edges) == [1, 2, 1]
    assert meetings(edges) == {(1.0, 0.0): 3}


def test_steps_lead_up_to_a_bridge():
    edges = build_edges(
        roads(
            {"geometry": line((-1, 0), (0, 0), (1, 0)), "bridge": True},
            {"geometry": line((0, -1), (0, 0)), "class": "steps"},
        )
    )
    assert kinds(edges) == [2, 1]
    assert meetings(edges) == {(0.0, 0.0): 3}


@pytest.mark.parametrize(("short_m", "meets"), [(0.3, True), (2.0, False)])
def test_an_end_that_all_but_touches_a_street_meets_it(short_m, meets):
    gap = short_m / METRES
    edges = build_edges(
        roads({"geometry": line((-1, 0), (1, 0))}, {"geometry": line((0.5, 1), (0.5, gap))}),
    )
    assert kinds(edges) == ([2, 1] if meets else [1, 1])


def test_nobody_walks_on_a_motorway_unless_it_says_so():
    found = find_walkable(
        roads(
            {"geometry": line((0, 0), (1, 0)), "class": "motorway"},
            {"geometry": line((0, 0), (1, 0)), "class": "motorway_link"},
            {"geometry": line((0, 0), (1, 0)), "class": "motorway", "foot": True},
            {"geometry": line((0, 0), (1, 0)), "foot": False},
            {"geometry": line((0, 0), (1, 0)), "class": "footway"},
        )
    )
    assert found.tolist() == [False, False, True, False, True]


def test_nothing_to_walk_on_is_a_network_without_edges():
    edges = build_edges(roads({"geometry": line((0, 0), (1, 0)), "class": "motorway"}))
    assert len(edges.road) == len(edges.ends) == len(edges.length_m) == len(edges.geometry) == 0


def test_a_loop_and_a_line_of_one_place_do_no_harm():
    edges = build_edges(
        roads(
            {"geometry": line((0, 0), (1, 0), (1, 1), (0, 0))},
            {"geometry": shapely.LineString([(0.01, 0.01), (0.01, 0.01)])},
        )
    )
    assert kinds(edges) == [1]
    assert edges.ends[0, 0] == edges.ends[0, 1]


def test_districts_cut_apart_have_the_nodes_of_one_cut_whole():
    rows = [
        {"geometry": line((-1, 0), (0, 0))},
        {"geometry": line((0, 0), (1, 0))},
        {"geometry": line((0, -1), (0, 1))},
    ]
    whole = build_edges(roads(*rows))
    west, east = build_edges(roads(rows[0], rows[2])), build_edges(roads(rows[1], rows[2]))
    apart = np.unique(np.concatenate([west.ends, east.ends]))
    assert np.array_equal(np.unique(whole.ends), apart)
