"""The least violation of small graphs, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.planning.exact import prove_least
from gridmap.planning.packing import AtomGraph
from gridmap.planning.rules import PlanRules

RULES = PlanRules()


def make_graph(households: list[int], ends: list[tuple[int, int]]) -> AtomGraph:
    n, m = len(households), len(ends)
    return AtomGraph(
        households=np.array(households),
        compound=np.full(n, -1),
        area_m2=np.full(n, 100.0),
        perimeter_m=np.full(n, 40.0),
        x_m=np.arange(n) * 10.0,
        y_m=np.zeros(n),
        ends=np.array(ends, np.int64).reshape(-1, 2),
        border_m=np.full(m, 10.0),
        barrier=np.zeros(m),
        split=np.zeros(m),
        nearness=np.full(m, 3),
        crosses=np.full(m, -1),
    )


def row(*households: int) -> AtomGraph:
    return make_graph(list(households), [(i, i + 1) for i in range(len(households) - 1)])


@pytest.mark.parametrize(
    ("graph", "bound", "least"),
    [
        (row(30, 40, 30), 25, 20),  # 30 + 40 | 30 misses by 20, all in one too
        (row(30, 40, 30), 20, 20),  # asked for less than 20: there is none
        (row(40, 20, 20, 40), 10, 0),  # 60 | 60
        (row(45, 45, 45), 90, 15),  # 90 | 45 misses by 15, each alone by 15, all in one by 55
        (make_graph([30, 30, 30, 60], [(0, 3), (1, 3), (2, 3)]), 71, 50),  # a star: 90 | 30 | 30
        (make_graph([40, 0, 40], [(0, 1), (1, 2)]), 20, 0),  # joined over a shop
    ],
)
def test_the_least_violation_is_found(graph, bound, least):
    proof = prove_least(graph, RULES, bound)
    assert proof is not None
    assert proof.violation == least
    if least < bound:
        totals = np.bincount(proof.labels, graph.households)
        assert sum(RULES.outside(int(t)) for t in totals) == least


def test_a_shop_cannot_join_two_pairs_at_once():
    # two pairs of 30 + 30 meet in one empty plot: one pair may cross it, the other may not
    graph = make_graph([30, 30, 30, 30, 0], [(0, 4), (1, 4), (2, 4), (3, 4)])
    proof = prove_least(graph, RULES, 40)
    assert proof is not None
    assert proof.labels is None  # it says at least 0, and that no division was found that reaches it
    assert proof.violation == 0


def test_upper_floors_that_cannot_stand_alone_need_no_listing():
    # six stairwells of 40 floors hang on a row of shops' ground floors: 240 atoms, six that can be parted
    households = [1] * 240
    ends = [(i, i + 1) for i in range(239) if i % 40 != 39] + [(i, i + 40) for i in range(0, 200, 40)]
    proof = prove_least(make_graph(households, ends), RULES, 5)
    assert proof is not None
    assert proof.violation == 0  # 80 | 80 | 80


def test_a_large_graph_is_left_alone():
    assert prove_least(row(*[10] * 300), RULES, 5) is None
