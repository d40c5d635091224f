"""Windows: which places are looked at together, fixed before a single count is known.

A window is a place with its neighbours, or with as many of the nearest as reach a number of households.
Windows are the rows of a sparse matrix of ones (CSR), so that counts become window counts by one product.

Time: queen neighbours O(n log n) by an R-tree; nearest O(n k log n), k places to a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_matrix, csr_matrix
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ENOUGH_HOUSEHOLDS = 500
FIRST_NEAREST = 16


def build_windows_of_pairs(pairs: ArrayLike, places: int) -> csr_matrix:
    """Build the windows of places with given neighbours.

    Parameters
    ----------
    pairs
        (m, 2) rows of places that are neighbours; each pair in one direction or both.
    places
        How many there are.

    Returns
    -------
    csr_matrix
        (places, places) of ones; each place belongs to its own window.
    """
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    itself = np.arange(places)
    rows = np.concatenate([ends[:, 0], ends[:, 1], itself])
    columns = np.concatenate([ends[:, 1], ends[:, 0], itself])
    return _ones(rows, columns, places)


def build_queen_windows(shapes: ArrayLike, grain: float = 0.0) -> csr_matrix:
    """Build the windows of places whose shapes share at least a point.

    Parameters
    ----------
    shapes
        (n,) shapely geometries. An empty or missing one is a window of its own.
    grain
        Gap, in the unit of the coordinates, that still counts as touching: where a long border meets two
        short ones, rounding leaves some.
    """
    geometry = np.asarray(shapes, dtype=object)
    left, right = shapely.STRtree(geometry).query(geometry, predicate="dwithin", distance=grain)
    return build_windows_of_pairs(np.column_stack([left, right]), len(geometry))


def build_nearest_windows(
    points_m: ArrayLike, households: ArrayLike, at_least: int = ENOUGH_HOUSEHOLDS
) -> csr_matrix:
    """Build windows of each place and its nearest until they hold enough households.

    Parameters
    ----------
    points_m
        (n, 2) middle of each place, metres.
    households
        (n,) of each place.
    at_least
        Households a window shall reach; where all places together do not, it is all of them.
    """
    points = np.asarray(points_m, dtype=float)
    homes = np.asarray(households, dtype=np.int64)
    tree = KDTree(points.reshape(-1, 2))
    rows, columns = [], []
    open_rows = np.arange(len(points))
    nearest = min(FIRST_NEAREST, len(points))
    while len(open_rows):
        found = _nearest(tree, points[open_rows], nearest)
        reached = np.cumsum(homes[found], axis=1)
        taken = np.argmax(reached >= at_least, axis=1) + 1
        short = reached[:, -1] < at_least
        if nearest == len(points):
            taken[short] = nearest
            short = np.zeros(len(open_rows), dtype=bool)
        kept = (np.arange(nearest) < taken[:, None]) & ~short[:, None]
        rows.append(np.repeat(open_rows, kept.sum(axis=1)))
        columns.append(found[kept])
        open_rows = open_rows[short]
        nearest = min(2 * nearest, len(points))
    itself = np.arange(len(points))
    return _ones(np.concatenate([itself, *rows]), np.concatenate([itself, *columns]), len(points))


def _nearest(tree: KDTree, points: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    return np.asarray(tree.query(points, k=range(1, count + 1))[1], dtype=np.int64)


def _ones(rows: NDArray[np.int64], columns: NDArray[np.int64], places: int) -> csr_matrix:
    ones = np.ones(len(rows))
    matrix = coo_matrix((ones, (rows, columns)), shape=(places, places)).tocsr()
    matrix.data[:] = 1  # a pair given twice counts once
    matrix.sort_indices()
    return matrix
