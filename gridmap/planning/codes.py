"""Numbers, codes and colours of micro-grids.

Inside a parent micro-grids are numbered in reading order: rows from north to south, each from west to east.
Colours are given greedily in smallest-last order (Matula and Beck 1983), which needs at most six for a
planar map.
"""

from __future__ import annotations

import heapq

import numpy as np

COLOURS = 6


def reading_order(x: np.ndarray, y: np.ndarray, above: np.ndarray | None = None) -> np.ndarray:
    """Return indices of points (m) in rows from north to south, each row from west to east.

    What stands in one place (within 10 cm) goes by ``above``, the lowest first.
    """
    n = len(x)
    if n == 0:
        return np.empty(0, np.int64)
    rows = max(1, round(float(np.sqrt(n))))
    top, height = y.max(), max(float(np.ptp(y)), 1e-9)
    row = np.minimum(((top - y) / height * rows).astype(int), rows - 1)
    return np.lexsort((np.zeros(n) if above is None else above, np.round(x, 1), row))


def assign_codes(parent_code: str, count: int) -> list[str]:
    """Return the codes of a parent's micro-grids in order: parent code and two digits, three above 99."""
    digits = 2 if count <= 99 else len(str(count))
    return [f"{parent_code}{i:0{digits}d}" for i in range(1, count + 1)]


def assign_colours(count: int, pairs: np.ndarray) -> np.ndarray:
    """Colour a map so that neighbours differ.

    Parameters
    ----------
    count
        Number of territories.
    pairs
        (P, 2) neighbouring territories.

    Returns
    -------
    numpy.ndarray
        (count,) colours 0..5; beyond six the colour least used among the neighbours repeats.
    """
    neighbours: list[set[int]] = [set() for _ in range(count)]
    for a, b in pairs.tolist():
        if a != b:
            neighbours[a].add(b)
            neighbours[b].add(a)
    degree = [len(s) for s in neighbours]
    heap = [(d, i) for i, d in enumerate(degree)]
    heapq.heapify(heap)
    removed = [False] * count
    order = []
    while heap:
        d, i = heapq.heappop(heap)
        if removed[i] or d != degree[i]:
            continue
        removed[i] = True
        order.append(i)
        for j in neighbours[i]:
            if not removed[j]:
                degree[j] -= 1
                heapq.heappush(heap, (degree[j], j))
    colour = np.full(count, -1)
    for i in reversed(order):
        used = [0] * COLOURS
        for j in neighbours[i]:
            if colour[j] >= 0:
                used[colour[j]] += 1
        colour[i] = used.index(min(used))
    return colour
