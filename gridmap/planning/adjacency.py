"""Which atoms are neighbours: cells sharing a border, floors above each other, entrances side by side.

Every edge carries what joining or cutting it means: metres of shared border, the cost of the barrier it
crosses, the cost of splitting an entrance or a building. Cells of one connected piece of land are always
connected in the graph (over a barrier if need be); pieces of land apart from each other are bridged only
when one of them cannot stand alone.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridmap.planning.atoms import Atoms
from gridmap.planning.cells import find_borders, measure_cells, node_coordinates
from gridmap.planning.land import Land
from gridmap.planning.packing import AtomGraph
from gridmap.planning.rules import PlanRules

INSIDE_ENTRANCE, INSIDE_BUILDING, INSIDE_COMPOUND, ELSEWHERE = range(4)


def measure_contacts(land: Land, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of touching pieces, metres shared, crossing cost, and the perimeter of every piece.

    The crossing cost is 0 when the pieces share at least a metre of border without a barrier, else the least
    cost among the barriers between them.
    """
    borders = find_borders(land, land.labels)
    length = np.hypot(*(node_coordinates(land, borders.start) - node_coordinates(land, borders.end)).T)
    perimeter = np.zeros(count)
    for side in (borders.left, borders.right):
        inside = side >= 0
        perimeter += np.bincount(side[inside], length[inside], minlength=count)
    between = (borders.left >= 0) & (borders.right >= 0)
    low = np.minimum(borders.left, borders.right)[between]
    high = np.maximum(borders.left, borders.right)[between]
    length, edge = length[between], borders.edge[between]
    cost = np.where(edge >= 0, land.edge_barrier[edge], 0.0)
    key, index = np.unique(low * count + high, return_inverse=True)
    index = index.reshape(-1)
    shared = np.bincount(index, length, minlength=len(key))
    open_length = np.bincount(index, length * (cost == 0), minlength=len(key))
    least = np.full(len(key), np.inf)
    np.minimum.at(least, index[cost > 0], cost[cost > 0])
    crossing = np.where((open_length >= 1.0) | ~np.isfinite(least), 0.0, least)
    return np.stack([key // max(count, 1), key % max(count, 1)], axis=1), shared, crossing, perimeter


def build_graph(
    land: Land, atoms: Atoms, compound: np.ndarray, piece_count: int, rules: PlanRules
) -> AtomGraph:
    """Build the graph of atoms.

    Parameters
    ----------
    land
        Labelled land of the parent.
    atoms
        Atoms in order of compound.
    compound
        (N,) compound number per atom, -1 for none.
    piece_count
        Number of ground pieces.
    rules
        Costs.
    """
    area, centre = measure_cells(land, piece_count)
    pairs, shared, crossing, perimeter = measure_contacts(land, piece_count)
    area = np.where(land.has_ground, area, 0.0)
    centre = centre[land.host]
    ground = np.full(piece_count, -1)
    ground[atoms.piece[atoms.on_ground]] = np.flatnonzero(atoms.on_ground)
    hidden = np.flatnonzero(land.host != np.arange(piece_count))
    ends = [ground[pairs], np.stack([ground[hidden], ground[land.host[hidden]]], axis=1)]
    border = [shared, np.full(len(hidden), rules.shared_border_m)]
    barrier = [crossing, np.zeros(len(hidden))]
    inner, inner_split = _links_inside_buildings(atoms, rules)
    ends.append(inner)
    border.append(np.full(len(inner), rules.shared_border_m))
    barrier.append(np.zeros(len(inner)))
    split = np.concatenate([np.zeros(len(shared) + len(hidden)), inner_split])
    merged = _merge_links(
        np.concatenate(ends), np.concatenate(border), np.concatenate(barrier), split, len(atoms.piece)
    )
    merged = _drop_weak_links(*merged, len(atoms.piece), rules)
    at = centre[atoms.piece]
    pairs, metres, cost, split = _bridge_islands(*merged, at, atoms.households, rules)
    order = np.argsort(cost, kind="stable")
    pairs, metres, cost, split = pairs[order], metres[order], cost[order], split[order]
    return AtomGraph(
        atoms.households,
        compound,
        np.where(atoms.on_ground, area[atoms.piece], 0.0),
        np.where(atoms.on_ground & land.has_ground[atoms.piece], perimeter[atoms.piece], 0.0),
        at[:, 0].copy(),
        at[:, 1].copy(),
        pairs,
        metres,
        cost,
        split,
        _nearness(atoms, compound, pairs),
    )


def _links_inside_buildings(atoms: Atoms, rules: PlanRules) -> tuple[np.ndarray, np.ndarray]:
    """Join floors above each other, and neighbouring entrances floor by floor."""
    links: list[tuple[int, int, float]] = []
    floors: dict[int, list[int]] = {}
    building_of: dict[int, int] = {}
    for i, piece in enumerate(atoms.piece.tolist()):
        floors.setdefault(piece, []).append(i)
        building_of[piece] = int(atoms.building[i])
    for piece, stack in floors.items():
        links += [(a, b, rules.weights.floor_split) for a, b in itertools.pairwise(stack)]
        beside = floors.get(piece + 1)
        if beside is None or building_of[piece + 1] != building_of[piece]:
            continue
        tallest = max(len(stack), len(beside))
        if len(stack) > 1 and len(beside) > 1:
            tallest = min(len(stack), len(beside))
        for f in range(tallest):
            a, b = stack[min(f, len(stack) - 1)], beside[min(f, len(beside) - 1)]
            links.append((a, b, rules.weights.entrance_split if f == 0 else 0.0))
    if not links:
        return np.empty((0, 2), np.int64), np.empty(0)
    table = np.array(links)
    return table[:, :2].astype(np.int64), table[:, 2]


def _merge_links(
    ends: np.ndarray, border: np.ndarray, barrier: np.ndarray, split: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Unite repeated links: borders add up, the least barrier and the greatest split cost count."""
    low, high = ends.min(axis=1), ends.max(axis=1)
    keep = (low != high) & (low >= 0)
    key, index = np.unique(low[keep] * n + high[keep], return_inverse=True)
    index = index.reshape(-1)
    metres = np.bincount(index, border[keep], minlength=len(key))
    cost, cut = np.full(len(key), np.inf), np.zeros(len(key))
    np.minimum.at(cost, index, barrier[keep])
    np.maximum.at(cut, index, split[keep])
    return np.stack([key // max(n, 1), key % max(n, 1)], axis=1), metres, cost, cut


def _component_of(pairs: np.ndarray, n: int) -> tuple[int, np.ndarray]:
    links = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    count, group = connected_components(links, directed=False)
    return int(count), np.asarray(group)


def _drop_weak_links(
    pairs: np.ndarray, metres: np.ndarray, cost: np.ndarray, split: np.ndarray, n: int, rules: PlanRules
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Drop borders too short to matter unless they alone hold the land together."""
    keep = metres >= rules.shared_border_m
    count, group = _component_of(pairs[keep], n)
    if count > 1:
        for i in np.argsort(-metres, kind="stable"):
            a, b = group[pairs[i]]
            if not keep[i] and a != b:
                keep[i] = True
                group[group == b] = a
    return pairs[keep], metres[keep], cost[keep], split[keep]


def _bridge_islands(
    pairs: np.ndarray,
    metres: np.ndarray,
    cost: np.ndarray,
    split: np.ndarray,
    at: np.ndarray,
    households: np.ndarray,
    rules: PlanRules,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Link land that cannot stand alone to the nearest other land."""
    n = len(households)
    count, group = _component_of(pairs, n)
    bridges: list[tuple[int, int]] = []
    while count > 1:
        total = np.bincount(group, households, minlength=count)
        smallest = int(np.argmin(total))
        if total[smallest] >= rules.households_min:
            break
        own, others = np.flatnonzero(group == smallest), np.flatnonzero(group != smallest)
        distance, nearest = cKDTree(at[others]).query(at[own])
        i = int(np.argmin(distance))
        a, b = int(own[i]), int(others[np.asarray(nearest)[i]])
        bridges.append((min(a, b), max(a, b)))
        group[group == smallest] = group[b]
        group = np.unique(group, return_inverse=True)[1].reshape(-1)
        count -= 1
    k = len(bridges)
    return (
        np.concatenate([pairs, np.array(bridges, np.int64).reshape(-1, 2)]),
        np.concatenate([metres, np.zeros(k)]),
        np.concatenate([cost, np.full(k, rules.weights.bridge)]),
        np.concatenate([split, np.zeros(k)]),
    )


def _nearness(atoms: Atoms, compound: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    a, b = pairs[:, 0], pairs[:, 1]
    near = np.full(len(pairs), ELSEWHERE)
    near[(compound[a] == compound[b]) & (compound[a] >= 0)] = INSIDE_COMPOUND
    near[atoms.building[a] == atoms.building[b]] = INSIDE_BUILDING
    near[atoms.piece[a] == atoms.piece[b]] = INSIDE_ENTRANCE
    return near
