"""The order of stops, beside an exact solver: an integer program with its subtours cut off as they appear."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.covering.tours import order_stops

WITHIN = 1.05


def length_of(walk_m: np.ndarray, order: np.ndarray) -> float:
    return float(walk_m[np.append(0, order[:-1]), order].sum())


def shortest(walk_m: np.ndarray) -> float:
    """Metres of the shortest walk from place 0 past all others, proved."""
    count = len(walk_m)
    off, to = np.nonzero(~np.eye(count, dtype=bool))
    cost = np.where(to == 0, 0.0, walk_m[off, to])  # the way back from the last stop is none
    each = np.arange(len(off))
    ones = np.ones(2 * len(off))
    left_and_entered = coo_array(
        (ones, (np.append(off, count + to), np.append(each, each))), shape=(2 * count, len(off))
    )
    cuts = [LinearConstraint(left_and_entered.tocsr(), 1, 1)]
    while True:
        found = milp(cost, constraints=cuts, integrality=np.ones(len(off)), bounds=Bounds(0, 1))
        assert found.status == 0
        used = found.x > 0.5
        links = coo_array((np.ones(used.sum()), (off[used], to[used])), shape=(count, count))
        pieces, piece = connected_components(links)
        if pieces == 1:
            return float(found.fun)
        for one in range(pieces):
            inside = (piece[off] == one) & (piece[to] == one)
            cuts.append(LinearConstraint(inside.astype(float)[None], -np.inf, (piece == one).sum() - 1))


def scattered(count: int, seed: int, *, one_way: bool = False) -> np.ndarray:
    """Metres between places in a square of 1,500 m; `one_way`: up to twice as far in one direction."""
    random = np.random.default_rng(seed)
    places = random.random((count, 2)) * 1500
    walk_m = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    return walk_m * (1 + random.random(walk_m.shape)) if one_way else walk_m


@pytest.mark.parametrize("stops", [2, 3, 7, 15, 25])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("one_way", [False, True], ids=["both ways", "one way"])
def test_order_is_within_five_per_cent_of_the_proven_optimum(stops: int, seed: int, one_way: bool) -> None:
    walk_m = scattered(stops + 1, seed, one_way=one_way)
    order = order_stops(walk_m)
    assert sorted(order) == list(range(1, stops + 1))
    assert shortest(walk_m) <= length_of(walk_m, order) + 0.5 <= WITHIN * shortest(walk_m) + 0.5


def test_doors_along_streets_are_within_five_per_cent() -> None:
    """Forty doors of four streets, ten metres apart: many orders are nearly as short."""
    places = np.array([(0.0, 0.0), *((x * 10.0, y * 120.0) for y in range(4) for x in range(10))])
    walk_m = np.abs(places[:, None] - places).sum(axis=2)
    assert length_of(walk_m, order_stops(walk_m)) <= WITHIN * shortest(walk_m)


def test_the_same_metres_give_the_same_order() -> None:
    walk_m = scattered(41, 5)
    given = walk_m.copy()
    assert order_stops(walk_m).tolist() == order_stops(walk_m).tolist()
    assert (walk_m == given).all()


@pytest.mark.parametrize("stops", [0, 1])
def test_hardly_any_stops(stops: int) -> None:
    assert order_stops(np.zeros((stops + 1, stops + 1))).tolist() == list(range(1, stops + 1))


def test_a_place_without_a_way_comes_last() -> None:
    walk_m = scattered(6, 1)
    walk_m[3, :] = walk_m[:, 3] = np.inf
    assert order_stops(walk_m)[-1] == 3
