# mypy: disable-error-code="no-untyped-def"
"""Connected components of a graph, compiled.

Union and find as Rem had it (Dijkstra, A Discipline of Programming, 1976, chapter 23): both chains of parents
are walked up together, and whatever is passed is hung lower. Parents never have higher numbers than their
children. Near linear in the number of edges.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def find_components(n, eu, ev):
    """Number the connected components 0.. in order of their first node; (n,) number of each node."""
    parent = np.arange(n)
    for e in range(len(eu)):
        a, b = eu[e], ev[e]
        while parent[a] != parent[b]:
            if parent[a] > parent[b]:
                a, b = b, a
            above = parent[b]
            parent[b] = parent[a]
            if above == b:
                break
            b = above
    label = np.empty(n, np.int64)
    count = 0
    for i in range(n):
        if parent[i] == i:
            label[i] = count
            count += 1
        else:
            label[i] = label[parent[i]]
    return label
