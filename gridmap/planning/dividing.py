"""Dividing one prepared parent: no building is broken further than the band needs.

First buildings stay whole but for those above the band. Only when that cannot reach the band are more of
them opened: floors of the large ones, entrances of the others, their floors. Then every small building that
was broken must show that it was needed: it is made whole again wherever the band is missed by no more, and
divisions that break none of them are tried a few times more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridmap.planning.adjacency import EdgeEdit, build_graph
from gridmap.planning.atoms import BY_ENTRANCE, BY_FLOOR, WHOLE_BUILDINGS, Atoms, Part, build_atoms
from gridmap.planning.ground import Ground
from gridmap.planning.packing import AtomGraph
from gridmap.planning.partition import Partition, partition, polish
from gridmap.planning.rules import PlanRules

EXTRA_ATTEMPTS = 3
MOST_HEALED = 6
FREE = -1


@dataclass(frozen=True)
class Lock:
    """A micro-grid that stays as it is: its code, and parts of buildings by building index."""

    code: str
    parts: Mapping[int, Sequence[Part]]


@dataclass(frozen=True)
class Draft:
    """One parent divided.

    Attributes
    ----------
    atoms, graph
        What was divided.
    depth
        (B,) how far each building was opened.
    labels
        (N,) part of each atom; locked micro-grids come first, in the order of their locks.
    component
        (N,) connected component among the atoms that were free, ``FREE`` for locked ones.
    violation
        Households outside the band in the free parts.
    is_least
        (C,) whether no division of these atoms misses the band by less, per component.
    """

    atoms: Atoms
    graph: AtomGraph
    depth: np.ndarray
    labels: np.ndarray
    component: np.ndarray
    violation: int
    is_least: np.ndarray


@dataclass(frozen=True)
class Outcome:
    """What was decided for a parent, and what shows that it had to be.

    Attributes
    ----------
    draft
        The division chosen.
    unbroken
        The best one that breaks no small building.
    is_proved
        True where no division, however far buildings are broken, misses the band by less.
    """

    draft: Draft
    unbroken: Draft
    is_proved: bool


def divide(
    ground: Ground,
    rules: PlanRules,
    rng: np.random.Generator,
    locks: Sequence[Lock] = (),
    edits: Sequence[EdgeEdit] = (),
) -> Outcome:
    """Divide a parent.

    Parameters
    ----------
    ground
        The parent, prepared; with at least one building.
    rules
        Band, weights, effort.
    rng
        The only source of chance.
    locks
        Micro-grids to leave as they are.
    edits
        Edges people removed or added.
    """
    attempt = _Attempt(ground, rules, rng, locks, edits)
    best = unbroken = finest = attempt.at_depth(np.zeros(len(ground.buildings), np.int64))
    for depth in _openings(ground, rules):
        if not _may_improve(best, rules):
            break
        finest = attempt.at_depth(depth)
        if finest.violation < best.violation:
            best = finest
        if (depth[_small(ground, rules)] == WHOLE_BUILDINGS).all():
            unbroken = best
    if _may_improve(best, rules) and not _proves(finest, best):
        finest = attempt.harder(finest)
        best = finest if finest.violation < best.violation else best
    is_proved = not _may_improve(best, rules) or _proves(finest, best)
    return Outcome(attempt.polish(attempt.heal(best, unbroken)), unbroken, is_proved)


class _Attempt:
    """Everything that stays the same from one attempt to the next."""

    def __init__(
        self,
        ground: Ground,
        rules: PlanRules,
        rng: np.random.Generator,
        locks: Sequence[Lock],
        edits: Sequence[EdgeEdit],
    ) -> None:
        self._ground, self._rules, self._rng, self._locks, self._edits = ground, rules, rng, locks, edits
        self._held: dict[int, list[Part]] = {}
        for lock in locks:
            for building, parts in lock.parts.items():
                self._held.setdefault(building, []).extend(parts)

    def at_depth(self, depth: np.ndarray) -> Draft:
        """Divide with every building opened so far."""
        ground = self._ground
        atoms = build_atoms(ground.buildings, ground.pieces, self._rules, depth, self._held)
        graph = build_graph(ground, atoms, self._rules, self._edits)
        return self._divide(atoms, graph, depth, self._rules)

    def harder(self, best: Draft) -> Draft:
        """Divide the same atoms again with more effort, as long as the band is missed without need."""
        rules = self._rules
        patient = replace(rules, trees=4 * rules.trees, rounds=2 * rules.rounds, tries=2 * rules.tries)
        for attempt in range(EXTRA_ATTEMPTS):
            last = attempt == EXTRA_ATTEMPTS - 1
            draft = self._divide(best.atoms, best.graph, best.depth, patient, patiently=last)
            if (draft.violation, not draft.is_least.all()) < (best.violation, not best.is_least.all()):
                best = draft
            if not _may_improve(best, rules) or best.is_least.all():
                break
        return best

    def heal(self, best: Draft, unbroken: Draft) -> Draft:
        """Make small buildings whole again where that misses the band by no more."""
        none: list[tuple[int, ...]] = [()] * (0 if unbroken.is_least.all() else EXTRA_ATTEMPTS)
        broken = broken_buildings(best, self._ground, self._rules)
        least = np.where(_small(self._ground, self._rules), WHOLE_BUILDINGS, best.depth)
        for kept in [*none, *_smaller_sets(broken)]:
            if not set(kept) < set(broken):
                continue
            depth = least.copy()
            depth[list(kept)] = best.depth[list(kept)]
            draft = self.at_depth(depth)
            if draft.violation <= best.violation:
                best, broken = draft, broken_buildings(draft, self._ground, self._rules)
        return best

    def polish(self, draft: Draft) -> Draft:
        """Round the free parts."""
        free = np.flatnonzero(draft.component != FREE)
        if len(free) == 0:
            return draft
        labels = draft.labels.copy()
        first = len(self._locks)
        labels[free] = (
            polish(_graph_of(draft.graph, free), labels[free] - first, self._rules, self._rng) + first
        )
        return replace(draft, labels=labels)

    def _divide(
        self,
        atoms: Atoms,
        graph: AtomGraph,
        depth: np.ndarray,
        rules: PlanRules,
        *,
        patiently: bool = False,
    ) -> Draft:
        labels, component = self._lock_of(atoms), np.full(len(atoms), FREE)
        free = np.flatnonzero(labels == FREE)
        found = (
            partition(_graph_of(graph, free), rules, self._rng, patiently=patiently)
            if len(free)
            else Partition(free, free, 0, np.empty(0, bool))
        )
        labels[free], component[free] = found.labels + len(self._locks), found.component
        return Draft(atoms, graph, depth, labels, component, found.violation, found.is_least)

    def _lock_of(self, atoms: Atoms) -> np.ndarray:
        """Return the lock that holds each atom, ``FREE`` for none."""
        if not self._locks:
            return np.full(len(atoms), FREE)
        holder = {
            (building, part): number
            for number, lock in enumerate(self._locks)
            for building, parts in lock.parts.items()
            for part in parts
        }
        columns = (atoms.building, atoms.entrance, atoms.low, atoms.high)
        keys = zip(*(column.tolist() for column in columns), strict=True)
        return np.array([holder.get((b, Part(*part)), FREE) for b, *part in keys], np.int64)


def _proves(finest: Draft, best: Draft) -> bool:
    """Tell whether the finest atoms show that nothing misses the band by less than the best draft."""
    return finest.violation == best.violation and bool(finest.is_least.all())


def _graph_of(graph: AtomGraph, free: np.ndarray) -> AtomGraph:
    return graph if len(free) == len(graph.households) else graph.take(free)


def _small(ground: Ground, rules: PlanRules) -> np.ndarray:
    return np.array([0 < b.households <= rules.households_max for b in ground.buildings], bool)


def _openings(ground: Ground, rules: PlanRules) -> Iterator[np.ndarray]:
    """Give what to open next, the least harm first; each step opens more than the one before."""
    if not rules.may_break_buildings:
        return
    small = _small(ground, rules)
    doors = np.array([len(b.entrances) for b in ground.buildings])
    if any(b.households > rules.households_max for b in ground.buildings):
        yield np.where(small, WHOLE_BUILDINGS, BY_FLOOR)
    if (small & (doors > 1)).any():
        yield np.where(small, np.where(doors > 1, BY_ENTRANCE, WHOLE_BUILDINGS), BY_FLOOR)
    yield np.full(len(small), BY_FLOOR)


def _may_improve(draft: Draft, rules: PlanRules) -> bool:
    """Tell whether another division, or breaking further, could bring more households into the band."""
    free = draft.component != FREE
    totals = np.bincount(draft.component[free], draft.graph.households[free]).astype(int)
    return draft.violation > sum(rules.least_outside(total) for total in totals.tolist())


def broken_buildings(draft: Draft, ground: Ground, rules: PlanRules) -> list[int]:
    """List the buildings of no more than one micro-grid's households that lie in several parts."""
    small = _small(ground, rules)
    building, labels = draft.atoms.building, draft.labels
    low = np.full(len(small), len(labels))
    high = np.full(len(small), -1)
    np.minimum.at(low, building, labels)
    np.maximum.at(high, building, labels)
    return np.flatnonzero(small & (high > low)).tolist()


def _smaller_sets(broken: list[int]) -> Iterator[tuple[int, ...]]:
    """Give sets of buildings to keep open: single ones, all of them but one."""
    if len(broken) > 1:
        yield from ((b,) for b in broken[:MOST_HEALED])
    if len(broken) > 2:
        yield from (tuple(o for o in broken if o != b) for b in broken[:MOST_HEALED])
