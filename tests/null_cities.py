"""Cities of 55 x 55 micro-grids on a lattice, with and without a hot spot, for the tests of the tested layer.

The same shape as the simulation in the design of the heatmap: 3,025 cells, windows of 3 x 3, two issues per
100 households and month, and where asked 25 cells side by side at twice the rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.mapping.windows import build_windows_of_pairs

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

SIDE = 55
PER_MONTH = 0.02
HOT = np.array([(20 + row) * SIDE + 30 + column for row in range(5) for column in range(5)])
KINDS = ("poisson", "repeated", "uneven_places", "spread")


def build_lattice() -> csr_matrix:
    """Build the windows of the lattice: each cell with the eight around it."""
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = [
        np.column_stack([number[:-1, :].ravel(), number[1:, :].ravel()]),
        np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
        np.column_stack([number[:-1, :-1].ravel(), number[1:, 1:].ravel()]),
        np.column_stack([number[:-1, 1:].ravel(), number[1:, :-1].ravel()]),
    ]
    return build_windows_of_pairs(np.concatenate(pairs), SIDE * SIDE)


def draw_households(chance: Generator, *, uneven: bool) -> NDArray[np.int64]:
    """Draw each cell's households: 50 to 80, or very uneven ones of 8 to 400."""
    if not uneven:
        return chance.integers(50, 81, SIDE * SIDE)
    return np.clip(chance.lognormal(4.0, 0.6, SIDE * SIDE), 8, 400).astype(np.int64)


def draw_counts(
    chance: Generator, mean: NDArray[np.float64], kind: str, windows: csr_matrix
) -> NDArray[np.int64]:
    """Draw the reports of each cell around its mean.

    Parameters
    ----------
    kind
        ``poisson``; ``repeated``: reporters come at random and report once, twice … (geometric, 1.5 on
        average, so that the variance is twice the mean); ``uneven_places``: each cell has a rate of its own
        (gamma, variance 1/4); ``spread``: matters of three reports that fall anywhere in a window.
    """
    if kind == "poisson":
        return chance.poisson(mean)
    if kind == "repeated":
        reporters = chance.poisson(mean / 1.5)
        again = chance.negative_binomial(np.maximum(reporters, 1), 2 / 3)
        return np.where(reporters > 0, reporters + again, 0)
    if kind == "uneven_places":
        return chance.poisson(mean * chance.gamma(4, 0.25, len(mean)))
    matters = np.repeat(np.arange(len(mean)), 3 * chance.poisson(mean / 3))
    breadth = np.diff(windows.indptr)[matters]
    fallen = windows.indices[windows.indptr[matters] + chance.integers(0, breadth)]
    return np.bincount(fallen, minlength=len(mean))
