"""The benchmark's own measures and its exact model, on graphs small enough to try everything."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.planning import PlanRules
from gridmap.planning.packing import AtomGraph
from tests.bench.divisions import count_torn, into_pieces, least_violation, radii, violation

RULES = PlanRules()


def graph_of(households: list[int], ends: list[tuple[int, int]]) -> AtomGraph:
    """Build a graph whose atoms stand 10 m apart in a row."""
    n, m = len(households), len(ends)
    atoms = {name: np.zeros(n) for name in ("area_m2", "perimeter_m", "y_m")}
    edges = {name: np.zeros(m) for name in ("border_m", "barrier", "split", "nearness", "crosses")}
    return AtomGraph(
        households=np.array(households),
        compound=np.zeros(n, np.int64),
        x_m=10.0 * np.arange(n),
        ends=np.array(ends, np.int64).reshape(-1, 2),
        **atoms,
        **edges,
    )


def test_measures_of_a_torn_division() -> None:
    graph = graph_of([30, 40, 30, 20], [(0, 1), (1, 2), (2, 3)])
    labels = np.array([0, 1, 0, 1])  # 0 and 2 are apart, 1 and 3 are apart
    assert count_torn(graph, labels) == 2
    assert violation(graph.households, labels, RULES) == 0
    assert into_pieces(graph, labels).tolist() == [0, 1, 2, 3]
    assert violation(graph.households, into_pieces(graph, labels), RULES) == 20 + 10 + 20 + 30
    # 30 and 40 households 10 m apart: variance 100 * 30 * 40 / 70**2.
    assert radii(graph, np.array([0, 0, 1, 1]))[0] == pytest.approx((100 * 30 * 40 / 70**2) ** 0.5)


@pytest.mark.parametrize(
    ("households", "least"),
    [
        ([40], 10),  # too few
        ([45, 45], 10),  # 90: 10 above 80; as two parts of 45 it is 10 as well
        ([81], 1),
        ([99], 19),
        ([50, 50], 0),
        ([200], 120),
        ([200, 10], 130),  # 10 more in the same part is cheaper than 40 missing
        ([200, 45], 125),  # 5 missing alone
    ],
)
def test_bound_by_the_counts(households: list[int], least: int) -> None:
    assert least_violation(np.array(households), RULES) == least


def test_exact_model_finds_what_the_paths_of_a_star_allow() -> None:
    pytest.importorskip("ortools")
    from tests.bench.exact import find_optimum  # noqa: PLC0415 - needs the extra `bench`

    # Three arms of 40 on a middle of 30: the middle takes one arm (70), two arms stay 10 short each; or all
    # three and the middle are 150, 70 above.
    graph = graph_of([30, 40, 40, 40], [(0, 1), (0, 2), (0, 3)])
    best = find_optimum(graph, np.array([0, 0, 0, 0]), RULES)
    assert (best.value, best.proved, best.by_solver) == (20, True, True)
    assert sorted(np.bincount(best.labels, graph.households).tolist()) == [40, 40, 70]


def test_exact_model_equals_trying_every_division() -> None:
    pytest.importorskip("ortools")
    from tests.bench.exact import find_optimum  # noqa: PLC0415 - needs the extra `bench`

    rng = np.random.default_rng(5)
    for _ in range(25):
        n = int(rng.integers(3, 8))
        households = rng.choice([0, 7, 15, 23, 38, 44, 61, 95, 130], n).tolist()
        ends = [(int(rng.integers(i)), i) for i in range(1, n)]
        ends += [
            (a, b) for a in range(n) for b in range(a + 1, n) if rng.random() < 0.2 and (a, b) not in ends
        ]
        graph = graph_of(households, ends)
        least = min(
            violation(graph.households, labels, RULES)
            for labels in every_division(n)
            if not count_torn(graph, labels)
        )
        best = find_optimum(graph, np.zeros(n, np.int64), RULES)
        assert (best.value, best.proved) == (least, True), (households, ends)
        assert count_torn(graph, best.labels) == 0
        assert violation(graph.households, best.labels, RULES) == best.value


def every_division(n: int) -> list[np.ndarray]:
    """List every way to group n atoms, as labels that first appear in order."""
    found = [[0]]
    for _ in range(n - 1):
        found = [[*labels, new] for labels in found for new in range(max(labels) + 2)]
    return [np.array(labels) for labels in found]
