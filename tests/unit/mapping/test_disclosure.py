"""Public counts: what is joined, and an attack by linear programming on everything that is published.

The attacker knows all published figures and the rule by which months wait. Unknown is how many issues each
micro-grid had of each category in each month; the least and the most of every small cell are computed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from gridmap.mapping.disclosure import LEAST_ISSUES, close_blocks, fold_categories, join_cells

MONTHS, MICRO_GRIDS, CATEGORIES = 8, 5, 4
COMMUNITIES = 2
OPEN_BY = LEAST_ISSUES - 1


def test_months_wait_for_each_other():
    assert close_blocks([7, 2, 1, 2, 0, 5, 4]) == [(0, 0, 7), (1, 3, 5), (4, 5, 5)]
    assert close_blocks([0, 4]) == []
    assert close_blocks([7, 6, 9], not_alone=1) == [(0, 1, 13), (2, 2, 9)]


def test_a_small_micro_grid_is_joined_to_its_nearest():
    xy = np.array([[0.0, 0], [10, 0], [100, 0], [112, 0]])
    found = join_cells(np.array([9, 2, 8, 3]), np.array([60, 60, 60, 60]), xy)
    assert found.tolist() == [0, 0, 1, 1]


def test_few_homes_are_as_bad_as_few_issues():
    xy = np.array([[0.0, 0], [10, 0], [100, 0]])
    assert join_cells(np.array([9, 9, 9]), np.array([60, 60, 7]), xy).tolist() == [0, 1, 1]


def test_issues_of_no_place_go_to_the_smallest_cell():
    xy = np.array([[0.0, 0], [10, 0], [np.nan, np.nan]])
    assert join_cells(np.array([9, 8, 1]), np.array([60, 60, 0]), xy).tolist() == [0, 1, 1]


def test_a_community_that_is_too_small_is_one_cell():
    assert join_cells(np.array([1, 2]), np.array([60, 60]), np.zeros((2, 2))).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"a": 9, "b": 3, "c": 2}, ({"a": 9}, 5)),
        ({"a": 9, "b": 6, "c": 2}, ({"a": 9}, 8)),  # c alone would be known
        ({"a": 9, "b": 6}, ({"a": 9}, 6)),  # that c had none is not told
        ({"a": 3}, ({}, 3)),
        ({}, ({}, 0)),
    ],
)
def test_categories_are_folded(counts: dict[str, int], expected: tuple[dict[str, int], int]):
    assert fold_categories(counts) == expected


@dataclass
class Attack:
    """What is known of the counts by (community, month, place, category): sums, each with its bounds."""

    shape: tuple[int, ...]
    rows: list[np.ndarray] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def know(self, where: tuple, low: float, high: float | None = None) -> None:
        """Note the sum of the cells of an index, or its bounds."""
        self.rows.append(self.row(where))
        self.low.append(low)
        self.high.append(low if high is None else high)

    def row(self, where: tuple) -> np.ndarray:
        """Mark the cells of an index."""
        row = np.zeros(self.shape)
        row[where] = 1
        return row.ravel()

    def bound(self, where: tuple) -> tuple[float, float]:
        """Compute the least and the most that the cells of an index may sum to."""
        known = csr_array(np.array(self.rows))
        above = vstack([known, -known])
        limits = np.concatenate([self.high, -np.array(self.low)])
        aim = self.row(where)
        ends = [linprog(sign * aim, A_ub=above, b_ub=limits, method="highs") for sign in (1, -1)]
        assert all(end.status == 0 for end in ends)
        return ends[0].fun, -ends[1].fun


def _publish(counts: np.ndarray) -> tuple[Attack, np.ndarray]:
    """Publish the three tables of a street; which months of each community they cover."""
    attack, covered = Attack(counts.shape), np.zeros(counts.shape[:2], dtype=bool)
    for community, monthly in enumerate(counts.sum(axis=(2, 3))):
        end = 0
        for block in close_blocks(monthly.tolist()):
            attack.know((community, slice(block.first, block.last + 1)), block.issues)
            for month in range(block.first, block.last):
                attack.know((community, slice(block.first, month + 1)), 0, OPEN_BY)
            end = block.last + 1
        covered[community, :end] = True
        attack.know((community, slice(end, None)), 0, OPEN_BY)
        places = counts[community, :end].sum(axis=(0, 2))
        cell = join_cells(places, np.full(len(places), 60), np.arange(2.0 * len(places)).reshape(-1, 2))
        for number in np.unique(cell):
            inside = np.ix_([community], range(end), np.flatnonzero(cell == number), range(CATEGORIES))
            attack.know(inside, places[cell == number].sum())
    categories = {str(one): int(counts[covered][..., one].sum()) for one in range(CATEGORIES)}
    listed, others = fold_categories(categories)
    for name, issues in listed.items():
        attack.know(_of_category(covered, {int(name)}), issues)
    attack.know(_of_category(covered, set(range(CATEGORIES)) - {int(name) for name in listed}), others)
    return attack, covered


def _of_category(covered: np.ndarray, categories: set[int]) -> np.ndarray:
    where = np.zeros((*covered.shape, MICRO_GRIDS, CATEGORIES), dtype=bool)
    for category in categories:
        where[covered, :, category] = True
    return where


def _small_cells(counts: np.ndarray, covered: np.ndarray) -> list[tuple[tuple | np.ndarray, int]]:
    """List what nobody may know: months, micro-grids and categories with few issues; their true counts."""
    cells: list[tuple[tuple | np.ndarray, int]] = []
    for community in range(COMMUNITIES):
        cells += [((community, month), counts[community, month].sum()) for month in range(MONTHS)]
        inside = covered[community]
        for place in range(MICRO_GRIDS):
            where = np.zeros(counts.shape, dtype=bool)
            where[community, inside, place] = True
            cells.append((where, counts[where].sum()))
    cells += [
        (where, counts[where].sum()) for one in range(CATEGORIES) for where in [_of_category(covered, {one})]
    ]
    return [(where, int(true)) for where, true in cells if true < LEAST_ISSUES]


@pytest.mark.parametrize("seed", range(12))
def test_an_attack_with_all_figures_recovers_no_small_cell(seed: int):
    random = np.random.default_rng(seed)
    weights = random.gamma(1.0, size=(COMMUNITIES, 1, MICRO_GRIDS, CATEGORIES))
    counts = random.poisson(
        weights * random.uniform(0.1, 0.3), (COMMUNITIES, MONTHS, MICRO_GRIDS, CATEGORIES)
    )
    attack, covered = _publish(counts)
    small = _small_cells(counts, covered)
    assert len(small) >= 3
    for where, true in small:
        least, most = attack.bound(where)
        assert least <= true <= most
        assert most - least >= OPEN_BY - 1e-6


def test_the_attack_recovers_what_is_only_left_out():
    """A month that is not told, beside the year's total by micro-grids, is known: the attack finds it."""
    counts = np.zeros((COMMUNITIES, MONTHS, MICRO_GRIDS, CATEGORIES), dtype=int)
    counts[0, :, :3, 0] = 2
    counts[0, 4] = 0
    counts[0, 4, 0, 0] = 2
    attack = Attack(counts.shape)
    for month in [*range(4), *range(5, MONTHS)]:
        attack.know((0, month), counts[0, month].sum())
    for place in range(MICRO_GRIDS):
        attack.know((0, slice(None), place), counts[0, :, place].sum())
    assert attack.bound((0, 4)) == pytest.approx((2, 2))
