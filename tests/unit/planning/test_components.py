"""Connected components, against SciPy's."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.planning.components import find_components


def test_components_are_numbered_by_their_first_node():
    #  0 - 3 - 5    1    2 - 4
    ends = np.array([[5, 3], [4, 2], [3, 0]])
    assert find_components(6, ends[:, 0].copy(), ends[:, 1].copy()).tolist() == [0, 1, 2, 0, 2, 0]


def test_components_are_those_of_scipy():
    rng = np.random.default_rng(5)
    for _ in range(200):
        n = int(rng.integers(1, 60))
        u, v = rng.integers(0, n, (2, int(rng.integers(0, n + 5))))
        graph = coo_array((np.ones(len(u)), (u, v)), shape=(n, n))
        expected = connected_components(graph, directed=False)[1]
        first = np.unique(expected, return_index=True)[1]
        rank = np.argsort(np.argsort(first))
        assert find_components(n, u, v).tolist() == rank[expected].tolist()
