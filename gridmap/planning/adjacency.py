"""Which atoms are neighbours: cells sharing a border, floors above each other, entrances side by side.

Every edge carries what joining or cutting it means: metres of shared border, the barrier it crosses and its
cost, the cost of splitting an entrance or a building. Cells of one connected piece of land are always
connected in the graph (over a barrier if need be) unless people removed the edges; pieces of land apart from
each other are bridged only when one of them cannot stand alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from gridmap.planning.atoms import Atoms
from gridmap.planning.components import find_components
from gridmap.planning.ground import Contacts, Ground
from gridmap.planning.packing import AtomGraph
from gridmap.planning.rules import UNCROSSABLE, PlanRules

INSIDE_ENTRANCE, INSIDE_BUILDING, INSIDE_COMPOUND, ELSEWHERE = range(4)
BRIDGE = -2
"""What a bridge over foreign land crosses (-1: nothing)."""


class EdgeEdit(NamedTuple):
    """An edge people removed or added, between two sets of pieces."""

    pieces: tuple[int, ...]
    other_pieces: tuple[int, ...]
    is_added: bool


class _Edges(NamedTuple):
    """(E, 2) ends, and per edge: border (m), cost of crossing, barrier crossed, cost of splitting."""

    ends: np.ndarray
    border: np.ndarray
    barrier: np.ndarray
    crosses: np.ndarray
    split: np.ndarray

    def take(self, rows: np.ndarray) -> _Edges:
        return _Edges(*(column[rows] for column in self))

    def join(self, other: _Edges) -> _Edges:
        return _Edges(*(np.concatenate(both) for both in zip(self, other, strict=True)))


def build_graph(
    ground: Ground,
    atoms: Atoms,
    rules: PlanRules,
    edits: Sequence[EdgeEdit] = (),
    *,
    across_all: bool = False,
) -> AtomGraph:
    """Build the graph of atoms.

    Parameters
    ----------
    ground
        The parent, prepared.
    atoms
        Its buildings broken so far; in order of compound.
    rules
        Costs.
    edits
        Edges that people removed or added.
    across_all
        True also joins across barriers that may never be crossed: what could be if they could.
    """
    n, pieces = len(atoms), ground.pieces.count
    owner = atoms.owner_of_pieces(pieces)
    contacts, removed = _edit_contacts(ground, edits, rules)
    inside = owner[contacts.pairs[:, 0]] == owner[contacts.pairs[:, 1]]
    area = np.bincount(owner, ground.area_m2, minlength=n)
    perimeter = np.bincount(owner, ground.perimeter_m, minlength=n)
    perimeter -= 2 * np.bincount(owner[contacts.pairs[inside, 0]], contacts.shared_m[inside], minlength=n)
    weight = np.maximum(ground.area_m2, 1e-6)
    moments = [np.bincount(owner, weight * ground.centre[:, i], minlength=n) for i in (0, 1)]
    at = np.stack(moments, axis=1) / np.maximum(np.bincount(owner, weight, minlength=n), 1e-12)[:, None]
    above = ~atoms.on_ground
    at[above] = ground.centre[atoms.first_piece[above]]
    edges = _merge(
        _ground_edges(ground, contacts, owner, rules, across_all).join(_inner_edges(atoms, rules, removed)), n
    )
    parted = owner[np.array(sorted(removed), np.int64).reshape(-1, 2)]
    edges = _bridge_islands(_drop_weak(edges, n, rules), at, atoms, rules, parted)
    edges = edges.take(np.argsort(edges.barrier, kind="stable"))
    compound = np.array([b.compound for b in ground.buildings], np.int64)[atoms.building]
    return AtomGraph(
        atoms.households, compound, area, np.maximum(perimeter, 0.0), at[:, 0].copy(), at[:, 1].copy(),
        edges.ends, edges.border, edges.barrier, edges.split, _nearness(atoms, compound, edges.ends),
        edges.crosses,
    )  # fmt: skip


def _edit_contacts(
    ground: Ground, edits: Sequence[EdgeEdit], rules: PlanRules
) -> tuple[Contacts, set[tuple[int, int]]]:
    """Apply what people removed and added; return also the pairs of pieces that must not be neighbours."""
    contacts = ground.contacts
    removed: set[tuple[int, int]] = set()
    for edit in edits:
        pairs = {(min(p, q), max(p, q)) for p in edit.pieces for q in edit.other_pieces}
        if not edit.is_added:
            removed |= pairs
            continue
        nearest = min(pairs, key=lambda pair: float(np.hypot(*np.diff(ground.centre[list(pair)], axis=0)[0])))
        contacts = Contacts(
            np.concatenate([contacts.pairs, [nearest]]),
            np.append(contacts.shared_m, rules.shared_border_m),
            np.append(contacts.open_m, rules.shared_border_m),
            np.append(contacts.least_cost, np.inf),
            np.append(contacts.crosses, -1),
        )
    if removed:
        keep = np.array([(p, q) not in removed for p, q in contacts.pairs.tolist()], bool)
        contacts = Contacts(
            contacts.pairs[keep], contacts.shared_m[keep], contacts.open_m[keep],
            contacts.least_cost[keep], contacts.crosses[keep],
        )  # fmt: skip
    return contacts, removed


def _ground_edges(
    ground: Ground, contacts: Contacts, owner: np.ndarray, rules: PlanRules, across_all: bool
) -> _Edges:
    """Lift contacts of pieces to their atoms, and put what stands hidden beside its host.

    Crossing costs nothing when two atoms share at least a metre of border without a barrier, else the least
    cost among the barriers between them.
    """
    n = int(owner.max()) + 1
    ends = np.sort(owner[contacts.pairs], axis=1)
    rows = np.flatnonzero(ends[:, 0] != ends[:, 1])
    key, index = np.unique(ends[rows, 0] * n + ends[rows, 1], return_inverse=True)
    index = index.reshape(-1)
    shared = np.bincount(index, contacts.shared_m[rows], minlength=len(key))
    is_open = np.bincount(index, contacts.open_m[rows], minlength=len(key)) >= rules.shared_border_m
    cost, crosses = np.full(len(key), np.inf), np.full(len(key), -1)
    barred = np.argsort(-contacts.least_cost[rows], kind="stable")
    cost[index[barred]] = contacts.least_cost[rows][barred]
    crosses[index[barred]] = contacts.crosses[rows][barred]
    is_open |= ~np.isfinite(cost)
    host = ground.land.host
    hidden = np.flatnonzero(host != np.arange(len(host)))
    beside = np.stack([owner[hidden], owner[host[hidden]]], axis=1)
    nothing = np.zeros(len(hidden))
    touching = _Edges(
        np.stack([key // n, key % n], axis=1), shared, np.where(is_open, 0.0, cost),
        np.where(is_open, -1, crosses), np.zeros(len(key)),
    )  # fmt: skip
    return touching.take(np.flatnonzero(across_all | (touching.barrier < UNCROSSABLE))).join(
        _Edges(beside, nothing + rules.shared_border_m, nothing, np.full(len(hidden), -1), nothing)
    )


def _inner_edges(atoms: Atoms, rules: PlanRules, removed: set[tuple[int, int]]) -> _Edges:
    """Join floors above each other, and neighbouring entrances floor by floor."""
    links: list[tuple[int, int, float]] = []
    stacks: dict[int, list[int]] = {}
    parts = np.flatnonzero(atoms.entrance > 0)
    for i, piece in zip(parts.tolist(), atoms.first_piece[parts].tolist(), strict=True):
        stacks.setdefault(piece, []).append(i)
    low, high, building = atoms.low.tolist(), atoms.high.tolist(), atoms.building.tolist()
    for piece, stack in stacks.items():
        links += [(a, b, rules.weights.floor_split) for a, b in itertools.pairwise(stack)]
        beside = stacks.get(piece + 1)
        if beside is None or building[beside[0]] != building[stack[0]] or (piece, piece + 1) in removed:
            continue
        split = rules.weights.entrance_split
        for a, b in itertools.product(stack, beside):
            if low[a] == 0 or low[b] == 0 or (low[a] <= high[b] and low[b] <= high[a]):
                links.append((a, b, split))
                split = 0.0
    table = np.array(links).reshape(-1, 3)
    count = len(table)
    return _Edges(
        table[:, :2].astype(np.int64), np.full(count, rules.shared_border_m), np.zeros(count),
        np.full(count, -1), table[:, 2].astype(float),
    )  # fmt: skip


def _merge(edges: _Edges, n: int) -> _Edges:
    """Unite repeated edges: borders add up, the least barrier and the greatest cost of splitting count."""
    low, high = edges.ends.min(axis=1), edges.ends.max(axis=1)
    rows = np.flatnonzero((low != high) & (low >= 0))
    key, index = np.unique(low[rows] * n + high[rows], return_inverse=True)
    index = index.reshape(-1)
    cost, crosses, split = np.full(len(key), np.inf), np.full(len(key), -1), np.zeros(len(key))
    by_cost = np.argsort(-edges.barrier[rows], kind="stable")
    cost[index[by_cost]] = edges.barrier[rows][by_cost]
    crosses[index[by_cost]] = edges.crosses[rows][by_cost]
    np.maximum.at(split, index, edges.split[rows])
    metres = np.bincount(index, edges.border[rows], minlength=len(key))
    return _Edges(np.stack([key // max(n, 1), key % max(n, 1)], axis=1), metres, cost, crosses, split)


def _drop_weak(edges: _Edges, n: int, rules: PlanRules) -> _Edges:
    """Drop borders too short to matter unless they alone hold the land together."""
    keep = edges.border >= rules.shared_border_m
    if keep.all():
        return edges
    strong = edges.ends[keep]
    group = find_components(n, strong[:, 0].copy(), strong[:, 1].copy())
    weak = np.flatnonzero(~keep)
    for i in weak[np.argsort(-edges.border[weak], kind="stable")].tolist():
        a, b = group[edges.ends[i]]
        if a != b:
            keep[i] = True
            group[group == b] = a
    return edges.take(np.flatnonzero(keep))


def _bridge_islands(
    edges: _Edges, at: np.ndarray, atoms: Atoms, rules: PlanRules, parted: np.ndarray
) -> _Edges:
    """Link land that cannot stand alone to the nearest other land, unless people parted the two.

    ``parted`` are the (R, 2) atoms whose edge was removed.
    """
    n = len(atoms)
    u, v = np.concatenate([edges.ends, parted]).T.copy()
    group = find_components(n, u, v)
    total = np.bincount(group, atoms.households)
    bridges: list[tuple[int, int]] = []
    while len(total) > 1:
        smallest = int(np.argmin(total))
        if total[smallest] >= rules.households_min:
            break
        own, others = np.flatnonzero(group == smallest), np.flatnonzero(group != smallest)
        distance, nearest = cKDTree(at[others]).query(at[own])
        i = int(np.argmin(distance))
        bridges.append((int(own[i]), int(others[np.asarray(nearest)[i]])))
        group[own] = group[bridges[-1][1]]
        group[group > smallest] -= 1
        total = np.bincount(group, atoms.households)
    k = len(bridges)
    nothing = np.zeros(k)
    return edges.join(
        _Edges(
            np.array(bridges, np.int64).reshape(-1, 2), nothing, np.full(k, rules.weights.bridge),
            np.full(k, BRIDGE), nothing,
        )
    )  # fmt: skip


def _nearness(atoms: Atoms, compound: np.ndarray, ends: np.ndarray) -> np.ndarray:
    a, b = ends[:, 0], ends[:, 1]
    near = np.full(len(ends), ELSEWHERE)
    near[(compound[a] == compound[b]) & (compound[a] >= 0)] = INSIDE_COMPOUND
    same = atoms.building[a] == atoms.building[b]
    near[same] = INSIDE_BUILDING
    near[same & (atoms.first_piece[a] == atoms.first_piece[b])] = INSIDE_ENTRANCE
    return near
