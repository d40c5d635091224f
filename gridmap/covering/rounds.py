"""How long a round past some doors is, estimated between two bounds.

The shortest round (the travelling salesman's) is not computed. Its bounds come from the minimum spanning
tree of the walks between the doors: no closed round is shorter than the tree, and walking the tree down and
up again is a round of twice its length (Rosenkrantz, Stearns and Lewis 1977). The tree of all pairs comes
from one Dijkstra run from all doors at once (Mehlhorn 1988): time E + N log N, of the part of the network
that is reached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from gridmap.covering.graph import Doors, WalkingGraph

FIRST_LIMIT_M = 200.0
"""How far is looked around each door at first; four times as far wherever that does not join them all."""
LEAST_WAY_M = 1e-3
"""A way of no length would be no way in a sparse matrix."""


@dataclass(frozen=True)
class Round:
    """A round past some doors and back.

    Attributes
    ----------
    walk_m
        An estimate that is never too short: twice the spanning tree. The shortest round is at least half of
        it.
    doors
        Doors on the round.
    left_out
        Doors without a network, or cut off from most of the others.
    """

    walk_m: float
    doors: int
    left_out: int


class DoorGraph:
    """A walking network with its doors as nodes, to measure many rounds on.

    Parameters
    ----------
    graph, doors
        The network, and where the doors meet it.
    """

    def __init__(self, graph: WalkingGraph, doors: Doors) -> None:
        self._on_network = np.flatnonzero(doors.edge >= 0)
        placed = doors[self._on_network]
        self._piece = np.full(len(doors), -1)
        self._piece[self._on_network] = graph.piece[placed.edge] if len(placed) else []
        self._first_door = len(graph.nodes) + len(placed)
        self._row = np.full(len(doors), -1)
        self._row[self._on_network] = self._first_door + np.arange(len(placed))
        ways = _cut_at_doors(graph, placed)
        nodes = self._first_door + len(placed)
        self._one, self._other, self._way_m = ways
        self._matrix = csr_array(coo_array((self._way_m, (self._one, self._other)), shape=(nodes, nodes)))
        self._matrix = self._matrix.maximum(self._matrix.T.tocsr())
        self._matrix.indices = self._matrix.indices.astype(np.int32)  # as scipy wants them: no copy a run
        self._matrix.indptr = self._matrix.indptr.astype(np.int32)
        self._known: dict[bytes, Round] = {}

    def measure(self, doors: np.ndarray) -> Round:
        """Measure the round past some doors: rows of those the graph was made with."""
        wanted = np.unique(doors)
        key = wanted.tobytes()
        if key not in self._known:
            self._known[key] = self._measure(wanted)
        return self._known[key]

    def _measure(self, doors: np.ndarray) -> Round:
        placed = doors[self._row[doors] >= 0]
        if not len(placed):
            return Round(0.0, 0, len(doors))
        pieces, counts = np.unique(self._piece[placed], return_counts=True)
        together = placed[self._piece[placed] == pieces[counts.argmax()]]
        rows = self._row[together]
        limit = FIRST_LIMIT_M
        while (tree_m := self._span(rows, limit)) is None:
            limit *= 4
        return Round(2 * tree_m, len(together), len(doors) - len(together))

    def _span(self, rows: np.ndarray, limit_m: float) -> float | None:
        """Measure the spanning tree of some nodes; None where it needs to be looked farther."""
        if len(rows) == 1:
            return 0.0
        far, _, source = dijkstra(
            self._matrix, indices=rows, min_only=True, return_predecessors=True, limit=limit_m
        )
        place = np.full(len(far), -1)
        place[rows] = np.arange(len(rows))
        reached = np.isfinite(far)
        crosses = reached[self._one] & reached[self._other]
        crosses[crosses] = source[self._one[crosses]] != source[self._other[crosses]]
        one, other = self._one[crosses], self._other[crosses]
        way_m = far[one] + self._way_m[crosses] + far[other]
        from_door, to_door = place[source[one]], place[source[other]]
        low, high = np.minimum(from_door, to_door), np.maximum(from_door, to_door)
        order = np.lexsort((way_m, high, low))
        low, high, way_m = low[order], high[order], way_m[order]
        is_first = np.ones(len(low), bool)
        is_first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        pairs = coo_array((way_m[is_first], (low[is_first], high[is_first])), shape=(len(rows), len(rows)))
        tree = minimum_spanning_tree(csr_array(pairs))
        # All ways of up to twice the limit were seen whole; a tree that needs no longer one is that of all.
        return float(tree.sum()) if tree.nnz == len(rows) - 1 and tree.data.max() <= 2 * limit_m else None


def _cut_at_doors(graph: WalkingGraph, doors: Doors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut the edges where doors meet them: first end, second end and metres of each way.

    Nodes are those of the graph, then the meeting point of each door, then the doors.
    """
    count = len(graph.nodes)
    order = np.lexsort((doors.along_m, doors.edge))
    edge, along = doors.edge[order], np.clip(doors.along_m[order], 0, graph.length_m[doors.edge[order]])
    feet = count + order
    is_first = np.ones(len(order), bool)
    is_first[1:] = edge[1:] != edge[:-1]
    is_last = np.ones(len(order), bool)
    is_last[:-1] = is_first[1:]
    before = np.where(is_first, graph.ends[edge, 0], np.roll(feet, 1)) if len(order) else feet
    before_m = np.where(is_first, along, along - np.roll(along, 1)) if len(order) else along
    last = edge[is_last]
    whole = np.setdiff1d(np.arange(len(graph.length_m)), edge)
    one = np.concatenate([graph.ends[whole, 0], before, feet[is_last], count + np.arange(len(doors))])
    other = np.concatenate(
        [graph.ends[whole, 1], feet, graph.ends[last, 1], count + len(doors) + np.arange(len(doors))]
    )
    way_m = np.concatenate(
        [graph.length_m[whole], before_m, graph.length_m[last] - along[is_last], doors.offset_m]
    )
    return _shortest(one, other, np.maximum(way_m, LEAST_WAY_M))


def _shortest(
    one: np.ndarray, other: np.ndarray, way_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keep the shortest way between each two nodes, and none from a node to itself."""
    low, high = np.minimum(one, other).astype(np.int64), np.maximum(one, other).astype(np.int64)
    order = np.lexsort((way_m, high, low))
    low, high, way_m = low[order], high[order], way_m[order]
    keep = low != high
    keep[1:] &= (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return low[keep], high[keep], way_m[keep]
