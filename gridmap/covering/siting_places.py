"""Fewer places for a question about sites: homes taken together by nearness, junctions spread out.

Both are heuristics and say how coarse they are; the same places give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from gridmap.covering.graph import WalkingGraph

FINEST_M = 10.0
COARSER = 1.25
"""By how much the squares grow while there are too many groups."""
BRANCHES = 3
"""Ways that meet at a junction, at least."""


@dataclass(frozen=True)
class Groups:
    """Places taken together.

    Attributes
    ----------
    group
        (n,) number of the group of each place.
    middle
        (g,) row of the place that stands for each group: the one nearest to its weighted middle.
    farthest_m
        The farthest that a place is, in a straight line, from the one that stands for it.
    """

    group: np.ndarray
    middle: np.ndarray
    farthest_m: float


def group_places(xy_m: np.ndarray, weight: np.ndarray, apart: np.ndarray, most: int) -> Groups:
    """Take places in the same square together, in the smallest squares that leave few enough groups.

    Parameters
    ----------
    xy_m
        (n, 2) metres.
    weight
        (n,) above 0, for the middle.
    apart
        (n,) whole numbers; places whose numbers differ are never taken together.
    most
        Groups wanted at most; there are more where places are kept apart.

    Notes
    -----
    O(n log n) per size of square.
    """
    group = _number_rows(np.column_stack([apart, xy_m]))
    fewest = len(np.unique(apart))
    side_m = FINEST_M
    while group.max(initial=-1) >= max(most, fewest):
        squares = np.floor((xy_m - xy_m.min(axis=0)) / side_m)
        group = _number_rows(np.column_stack([apart, squares]))
        side_m *= COARSER
    total = np.bincount(group, weights=weight)
    centre = np.column_stack([np.bincount(group, weights=weight * axis) / total for axis in xy_m.T])
    off_m = np.hypot(*(xy_m - centre[group]).T)
    order = np.lexsort((off_m, group))
    middle = order[np.unique(group[order], return_index=True)[1]]
    far_m = np.hypot(*(xy_m - xy_m[middle][group]).T)
    return Groups(group, middle, float(far_m.max(initial=0.0)))


def spread_out(xy_m: np.ndarray, most: int) -> tuple[np.ndarray, float]:
    """Choose places so that every other one has a chosen one near by (Gonzalez 1985).

    Starts at the first place and always takes the one farthest from those taken. No other choice of as many
    leaves less than half as far. O(n most).

    Returns
    -------
    rows, farthest_m
        (m,) rows of those chosen, and how far in a straight line a place left out is from one, at most.
    """
    if not len(xy_m) or most < 1:
        return np.empty(0, np.int64), 0.0
    chosen = [0]
    far_m = np.hypot(*(xy_m - xy_m[0]).T)
    while len(chosen) < most and far_m.max() > 0:
        chosen.append(int(far_m.argmax()))
        far_m = np.minimum(far_m, np.hypot(*(xy_m - xy_m[chosen[-1]]).T))
    return np.array(chosen), float(far_m.max())


def find_junctions(graph: WalkingGraph) -> np.ndarray:
    """Find where three or more ways of a network meet: (n, 2) longitude and latitude."""
    if not len(graph.ends):
        return np.empty((0, 2))
    meeting = np.bincount(graph.ends.ravel(), minlength=len(graph.nodes))
    spot = np.empty((len(graph.nodes), 2))
    for side in (0, -1):
        spot[graph.ends[:, side]] = shapely.get_coordinates(shapely.get_point(graph.geometry, side))
    return spot[meeting >= BRANCHES]


def _number_rows(rows: np.ndarray) -> np.ndarray:
    """Number equal rows alike, from 0, in rising order."""
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)
