"""Rounds past doors: by hand on three streets, and against the tree of all pairs on random networks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from scipy.sparse.csgraph import minimum_spanning_tree

from gridmap.covering.graph import WalkingGraph
from gridmap.covering.rounds import DoorGraph, Round

X, Y = 1 / 88_045.0, 1 / 110_996.0  # degrees a metre at 37.81 N
ORIGIN = np.array([120.75, 37.81])


def graph_of(lines: list[tuple[int, int, float, float, float, float]]) -> WalkingGraph:
    """A graph of straight streets: first node, second node, and x, y in metres of both ends."""
    ends = np.array([line[:2] for line in lines], dtype=np.int64)
    xy = np.array([line[2:] for line in lines]).reshape(-1, 2, 2)
    shapes = shapely.linestrings(xy * (X, Y) + ORIGIN)
    return WalkingGraph(ends, np.hypot(*(xy[:, 1] - xy[:, 0]).T), np.asarray(shapes, dtype=object))


def doors_at(graph: WalkingGraph, *places: tuple[float, float]) -> DoorGraph:
    return DoorGraph(graph, graph.find_doors(np.array(places) * (X, Y) + ORIGIN))


@pytest.fixture
def street() -> WalkingGraph:
    """A street of 600 m from west to east, and a lane of 200 m north from its middle; far off an islet."""
    return graph_of(
        [(1, 2, 0, 0, 300, 0), (2, 3, 300, 0, 600, 0), (2, 4, 300, 0, 300, 200), (8, 9, 5e3, 0, 5.6e3, 0)]
    )


def test_a_round_is_twice_the_tree(street: WalkingGraph):
    # Doors 10 m beside the street at x = 100, 200 and 500: tree (100 + 20) + (300 + 20).
    doors = doors_at(street, (100, 10), (200, -10), (500, 10))
    round_ = doors.measure(np.array([0, 1, 2]))
    assert round_.walk_m == pytest.approx(2 * (120 + 320), abs=1)
    assert (round_.doors, round_.left_out) == (3, 0)
    assert doors.measure(np.array([1, 0, 1])).walk_m == pytest.approx(2 * 120, abs=1)


def test_a_door_far_in_a_yard_is_not_passed_through(street: WalkingGraph):
    # The middle door stands 200 m off: from west to east one walks past its foot, not to it.
    doors = doors_at(street, (100, 0), (200, -200), (290, 0))
    assert doors.measure(np.arange(3)).walk_m == pytest.approx(2 * (190 + 290), abs=1)


def test_one_door_is_no_round_and_the_cut_off_are_told(street: WalkingGraph):
    doors = doors_at(street, (100, 0), (250, 0), (5100, 0), (9000, 9000))
    assert doors.measure(np.array([0])) == Round(0.0, 1, 0)
    assert doors.measure(np.array([3])) == Round(0.0, 0, 1)
    found = doors.measure(np.arange(4))
    assert (found.doors, found.left_out) == (2, 2)
    assert found.walk_m == pytest.approx(300, abs=1)


@pytest.mark.parametrize("seed", range(4))
def test_the_tree_is_that_of_all_pairs_and_no_round_is_longer(seed: int):
    rng = np.random.default_rng(seed)
    lines = []
    for x, y in itertools.product(range(6), range(6)):
        here = 10 * x + y
        lines += [
            (here, other, x * 90, y * 70, u * 90, v * 70)
            for other, u, v in ((here + 10, x + 1, y), (here + 1, x, y + 1))
            if u < 6 and v < 6 and rng.random() < 0.8
        ]
    graph = graph_of(lines)
    places = [tuple(place) for place in rng.uniform(0, 430, (7, 2))]
    met = graph.find_doors(np.array(places) * (X, Y) + ORIGIN)
    whole = graph.piece[met.edge] == np.bincount(graph.piece[met.edge]).argmax()
    met = met[np.flatnonzero(whole)]
    # Straight lines at both ends: `walk_from_each` counts them.
    walks = graph.walk_from_each(met, met)
    np.fill_diagonal(walks, 0)
    tree_m = minimum_spanning_tree(np.triu(np.minimum(walks, walks.T))).sum()
    found = DoorGraph(graph, met).measure(np.arange(len(met)))
    assert found.walk_m == pytest.approx(2 * tree_m, abs=0.1)
    rounds = (
        sum(walks[one, other] for one, other in itertools.pairwise((0, *order, 0)))
        for order in itertools.permutations(range(1, len(met)))
    )
    assert found.walk_m / 2 <= min(rounds) <= found.walk_m
