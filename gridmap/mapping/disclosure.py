"""Counts that may be shown to everybody: none of few issues or few homes, and none to be had by subtraction.

Three tables are published of the same issues, and each divides along one dimension only: a community's
issues by months, the same issues by micro-grids, a street's by categories. Two tables share nothing but their
totals, which the first one gives, so no sum of published figures leaves a small one over. Each table is a
partition: whatever is too small is joined with its neighbour, never left out, since what is left out of a
known total is known. A month that is too small waits for the next one, and is not told before.

What a reader may still work out is that a month which was joined had fewer than `LEAST_ISSUES`; how many they
were stays open by at least that many less one, and so it does for micro-grids and categories.

The method is complementary suppression by aggregation (Hundepool et al. 2012, "Statistical Disclosure
Control", chapter 4), with tables that do not cross instead of a solver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

LEAST_ISSUES, LEAST_HOUSEHOLDS = 5, 8


class Block(NamedTuple):
    """Months told as one: the first, the last (both counted), and their issues."""

    first: int
    last: int
    issues: int


def close_blocks(monthly: Sequence[int], *, not_alone: int = 0) -> list[Block]:
    """Join months from the first on until each block has enough issues; what is left at the end stays open.

    Parameters
    ----------
    monthly
        Issues of each closed month since the last block.
    not_alone
        So many months at the beginning are told together with the next one, whatever they have.
    """
    blocks, first, issues = [], 0, 0
    for month, count in enumerate(monthly):
        issues += count
        if issues >= LEAST_ISSUES and month >= not_alone:
            blocks.append(Block(first, month, issues))
            first, issues = month + 1, 0
    return blocks


def join_cells(
    issues: NDArray[np.int64], households: NDArray[np.int64], xy: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Join places with their nearest until each cell has enough issues and enough households.

    Parameters
    ----------
    issues, households
        (n,) of each place, all issues of one community.
    xy
        (n, 2) where it is, metres; NaN = nowhere (issues of no place), joined to the smallest cell.

    Returns
    -------
    numpy.ndarray
        (n,) number of each place's cell, from 0; all are 0 where the community itself is too small.

    Notes
    -----
    O(n^3) at worst for the n micro-grids of a community, a few dozen.
    """
    cell = np.arange(len(issues))
    while len(numbers := np.unique(cell)) > 1:
        counts, homes = (np.array([of[cell == one].sum() for one in numbers]) for of in (issues, households))
        small = np.flatnonzero((counts < LEAST_ISSUES) | (homes < LEAST_HOUSEHOLDS))
        if not len(small):
            break
        order = np.lexsort((numbers[small], counts[small]))
        smallest = numbers[small[order[0]]]
        others = numbers[numbers != smallest]
        far = [_apart(xy[cell == smallest], xy[cell == one]) for one in others]
        nearest = others[np.lexsort((others, counts[numbers != smallest], far))[0]]
        cell[cell == smallest] = nearest
    return np.unique(cell, return_inverse=True)[1]


def _apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Measure between the nearest two places of two cells; 0 where either is nowhere."""
    between = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    return float(np.nanmin(between)) if not np.isnan(between).all() else 0.0


def fold_categories(counts: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """List the categories with enough issues, and fold all others into one figure that has enough, too.

    Some are always folded: a category that is not listed may have had no issue, and that is not told either.

    Returns
    -------
    tuple
        Listed category -> issues, most first; issues of all others.
    """
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    listed = dict(one for one in ranked if one[1] >= LEAST_ISSUES)
    others = sum(counts.values()) - sum(listed.values())
    while listed and others < LEAST_ISSUES:
        others += listed.popitem()[1]
    return listed, others
