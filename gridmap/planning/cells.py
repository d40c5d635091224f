"""Measuring and bordering the cells that a labelled mesh describes.

A triangle whose corners agree belongs to one cell; otherwise it is cut through the middles of its sides (and
its centroid when all three differ). Everything is arithmetic on indices, so neighbours share every vertex.
O(triangles).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridmap.planning.land import Land
from gridmap.planning.triangulation import BACK, NEXT, side_ends, triangle_areas


@dataclass(frozen=True)
class Borders:
    """Straight border pieces between different labels: node ids, labels left and right, mesh edge or -1.

    ``barrier`` is the edge of the dearest barrier between both sides and their pieces, -1 where the land is
    open. Node ids count mesh points first, then middles of edges, then centroids of triangles.
    """

    start: np.ndarray
    end: np.ndarray
    left: np.ndarray
    right: np.ndarray
    edge: np.ndarray
    barrier: np.ndarray


def node_coordinates(land: Land, nodes: np.ndarray) -> np.ndarray:
    """Return coordinates (m) of points, middles of edges and centroids by node id."""
    n, e = len(land.xy), len(land.edge_sides)
    out = np.empty((len(nodes), 2))
    is_point, is_centre = nodes < n, nodes >= n + e
    out[is_point] = land.xy[nodes[is_point]]
    mid = ~is_point & ~is_centre
    b, c = side_ends(land.edge_sides[nodes[mid] - n, 0])
    flat = land.corners.reshape(-1)
    out[mid] = (land.xy[flat[b]] + land.xy[flat[c]]) / 2
    out[is_centre] = land.xy[land.corners[nodes[is_centre] - n - e]].mean(axis=1)
    return out


def measure_cells(land: Land, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return area (m2) and centre (m) of each label's ground."""
    tri = land.xy[land.corners]
    area = triangle_areas(tri)
    same = land.labels[:, NEXT] == land.labels
    same_back = land.labels[:, BACK] == land.labels
    all_differ = ~same.any(axis=1)
    share = np.full(land.labels.shape, 0.375)  # the two agreeing corners share three quarters
    share[all_differ] = 1 / 3
    share[same.all(axis=1)] = 1 / 3
    share[~same & ~same_back & ~all_differ[:, None]] = 0.25
    weight = share * area[:, None]
    centre = (tri + tri.mean(axis=1)[:, None, :]) / 2
    inside = land.labels >= 0
    label, w = land.labels[inside], weight[inside]
    areas = np.bincount(label, w, minlength=count)
    sums = [np.bincount(label, w * centre[inside][:, i], minlength=count) for i in (0, 1)]
    return areas, np.stack(sums, axis=1) / np.maximum(areas, 1e-12)[:, None]


def find_borders(land: Land, labels: np.ndarray) -> Borders:
    """List the border pieces between different labels.

    Parameters
    ----------
    land
        The mesh.
    labels
        (T, 3) any labelling of its corners, -1 outside.
    """
    n, e = len(land.xy), len(land.edge_sides)
    differs = labels[:, NEXT] != labels[:, BACK]  # side k joins different labels
    rows = [_borders_in_triangles(land, labels, differs, n, e), _borders_on_edges(land, labels, n)]
    return Borders(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def _dearest(land: Land, edges: np.ndarray) -> np.ndarray:
    """Return of each row of edges (-1: none) the one with the dearest barrier, -1 for none."""
    cost = np.where(edges >= 0, land.edge_barrier[edges], 0.0)
    best = cost.argmax(axis=1)
    row = np.arange(len(edges))
    return np.where(cost[row, best] > 0, edges[row, best], -1)


def _borders_in_triangles(
    land: Land, labels: np.ndarray, differs: np.ndarray, n: int, e: int
) -> tuple[np.ndarray, ...]:
    count = differs.sum(axis=1)
    two = np.flatnonzero(count == 2)
    odd = np.argmin(differs[two], axis=1)  # the side that joins equal labels lies opposite the odd corner
    rows = [
        (
            n + land.edges[two, BACK[odd]],
            n + land.edges[two, NEXT[odd]],
            labels[two, odd],
            labels[two, NEXT[odd]],
            two,
        )
    ]
    three = np.flatnonzero(count == 3)
    rows += [
        (n + e + three, n + land.edges[three, k], labels[three, BACK[k]], labels[three, NEXT[k]], three)
        for k in range(3)
    ]
    start, end, left, right, triangle = (np.concatenate(column) for column in zip(*rows, strict=True))
    return start, end, left, right, np.full(len(start), -1), _dearest(land, land.behind[triangle])


def _borders_on_edges(land: Land, labels: np.ndarray, n: int) -> tuple[np.ndarray, ...]:
    paired = np.flatnonzero(land.edge_sides[:, 1] >= 0)
    b1, c1 = side_ends(land.edge_sides[paired, 0])
    c2, b2 = side_ends(land.edge_sides[paired, 1])
    flat, points = labels.reshape(-1), land.corners.reshape(-1)
    lb, rb, lc, rc = flat[b1], flat[b2], flat[c1], flat[c2]
    at_b, at_c = lb != rb, lc != rc
    whole = at_b & at_c & (lb == lc) & (rb == rc)
    only_b, only_c = at_b & ~whole, at_c & ~whole
    pb, pc, middle = points[b1], points[c1], n + paired
    behind = land.behind.reshape(-1)
    barrier = _dearest(land, np.stack([paired, behind[b1], behind[b2], behind[c1], behind[c2]], axis=1))
    return (
        np.concatenate([pb[whole], pb[only_b], middle[only_c]]),
        np.concatenate([pc[whole], middle[only_b], pc[only_c]]),
        np.concatenate([lb[whole], lb[only_b], lc[only_c]]),
        np.concatenate([rb[whole], rb[only_b], rc[only_c]]),
        np.concatenate([paired[whole], paired[only_b], paired[only_c]]),
        np.concatenate([barrier[whole], barrier[only_b], barrier[only_c]]),
    )
