"""The least violation a contiguous division can have, proved.

Where the engine reaches the bound of the bare counts, that is the proof. Elsewhere a constraint model
(CP-SAT) looks for anything better, component by component. A part is named by its heaviest atom, so that
equal divisions are one solution; an atom belongs to a part only if a path to it is light enough; each
atom but the names has one parent in its own part, nearer to the name, which makes parts contiguous.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.sat.python import cp_model

from tests.bench.divisions import components, into_pieces, least_violation, violation, without_gaps

if TYPE_CHECKING:
    from gridmap.planning.packing import AtomGraph
    from gridmap.planning.rules import PlanRules


@dataclass(frozen=True)
class Optimum:
    """The least violation found; `proved` when there is none below; labels of a division that has it."""

    value: int
    proved: bool
    by_solver: bool
    labels: np.ndarray


def find_optimum(
    graph: AtomGraph, labels: np.ndarray, rules: PlanRules, *, seconds: float = 10.0, workers: int = 2
) -> Optimum:
    """Look for a division with less violation than a given contiguous one, or prove that there is none.

    Parameters
    ----------
    graph
        Atoms and edges.
    labels
        (N,) a contiguous division.
    seconds, workers
        Time for each component that needs the solver, and its threads.
    """
    best = into_pieces(graph, labels)
    component = components(graph.ends, len(labels))
    proved, by_solver = True, False
    for c in range(int(component.max()) + 1):
        atoms = np.flatnonzero(component == c)
        households = graph.households[atoms]
        ours = violation(households, best[atoms], rules)
        if ours <= least_violation(households, rules):
            continue
        row = np.full(len(labels), -1)
        row[atoms] = np.arange(len(atoms))
        ends = row[graph.ends]
        model = _Model(households, ends[(ends >= 0).all(axis=1)], rules, ours)
        found, done = model.solve(seconds, workers)
        by_solver, proved = True, proved and done
        if found is not None:
            best[atoms] = len(labels) * (c + 1) + found
    best = without_gaps(best)
    return Optimum(violation(graph.households, best, rules), proved, by_solver, best)


class _Model:
    """A division of one component with less violation than `ours`.

    Atoms are numbered from the heaviest to the lightest. Atoms above the band are never in one part: cutting
    between two of them saves the upper limit. So each names a part, its excess is a constant, and `slack` is
    what is left for all other violation.
    """

    def __init__(self, households: np.ndarray, ends: np.ndarray, rules: PlanRules, ours: int) -> None:
        self.order = np.lexsort((np.arange(len(households)), -households))
        self.weight = households[self.order].tolist()
        place = np.empty(len(households), np.int64)
        place[self.order] = np.arange(len(households))
        self.near: list[set[int]] = [set() for _ in self.weight]
        for a, b in place[ends].tolist():
            self.near[a].add(b)
            self.near[b].add(a)
        self.low, self.high = rules.households_min, rules.households_max
        self.excess = sum(max(w - self.high, 0) for w in self.weight)
        self.slack = ours - 1 - self.excess
        self.model = cp_model.CpModel()
        self.belongs: dict[tuple[int, int], Any] = {}
        if self.slack >= 0:
            self._add_parts()
            self._add_parents()

    def solve(self, seconds: float, workers: int) -> tuple[np.ndarray | None, bool]:
        """Return better labels, if any, and whether the answer is final."""
        if self.slack < 0:
            return None, True
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = workers
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, status == cp_model.INFEASIBLE
        labels = np.empty(len(self.weight), np.int64)
        for (atom, name), chosen in self.belongs.items():
            if solver.value(chosen):
                labels[self.order[atom]] = name
        return labels, status == cp_model.OPTIMAL

    def _within_reach(self, name: int, limit: int) -> set[int]:
        """List the atoms a part of this name could hold: a path of lighter ones within the limit."""
        least = {name: self.weight[name]}
        queue = [(self.weight[name], name)]
        while queue:
            so_far, atom = heapq.heappop(queue)
            if so_far > least[atom]:
                continue
            for other in self.near[atom]:
                further = so_far + self.weight[other]
                if other > name and further <= limit and further < least.get(other, limit + 1):
                    least[other] = further
                    heapq.heappush(queue, (further, other))
        return set(least)

    def _add_parts(self) -> None:
        """Every atom is in one part; parts keep the band but for the slack they share."""
        model, faults = self.model, []
        names = range(len(self.weight))
        reach = [self._within_reach(name, max(self.high, self.weight[name]) + self.slack) for name in names]
        for name in names:
            for atom in reach[name]:
                self.belongs[atom, name] = model.new_bool_var("")
        for atom in names:
            model.add_exactly_one(self.belongs[atom, name] for name in names if atom in reach[name])
        for name in names:
            there, top = self.belongs[name, name], max(self.high, self.weight[name])
            if self.weight[name] > self.high:
                model.add(there == 1)
            under, over = (model.new_int_var(0, self.slack, "") for _ in range(2))
            total = sum(self.weight[atom] * self.belongs[atom, name] for atom in reach[name])
            model.add(total + under >= self.low * there)
            model.add(total - over <= top * there)
            faults += [under, over]
            self._add_support(name, reach[name])
        parts = sum(self.belongs[name, name] for name in names)
        whole = sum(self.weight)
        model.add(self.low * parts <= whole + self.slack)
        model.add(self.high * parts >= whole - self.excess - self.slack)
        model.add(sum(faults) <= self.slack)
        model.minimize(sum(faults))

    def _add_support(self, name: int, reach: set[int]) -> None:
        """An atom is in a part only if the part exists and holds one of its neighbours."""
        for atom in reach - {name}:
            inside = self.belongs[atom, name]
            self.model.add_implication(inside, self.belongs[name, name])
            if name not in self.near[atom]:
                beside = [self.belongs[other, name] for other in self.near[atom] if other in reach]
                self.model.add_bool_or([*beside, ~inside])

    def _add_parents(self) -> None:
        """Each atom that names no part has a parent in its part, one step nearer to the name."""
        model, count = self.model, len(self.weight)
        step = [model.new_int_var(0, count - 1, "") for _ in range(count)]
        names_of: list[list[int]] = [[] for _ in range(count)]
        for atom, name in self.belongs:
            names_of[atom].append(name)
        for atom in range(count):
            parents = {other: model.new_bool_var("") for other in sorted(self.near[atom])}
            model.add_exactly_one([*parents.values(), self.belongs[atom, atom]])
            model.add(step[atom] == 0).only_enforce_if(self.belongs[atom, atom])
            for other, chosen in parents.items():
                model.add(step[atom] >= step[other] + 1).only_enforce_if(chosen)
                self._join(chosen, atom, other, {*names_of[atom], *names_of[other]})

    def _join(self, chosen: Any, a: int, b: int, names: set[int]) -> None:
        """If chosen, both atoms are in the same part."""
        for name in sorted(names):
            first, second = self.belongs.get((a, name)), self.belongs.get((b, name))
            for one, two in ((first, second), (second, first)):
                if one is not None:
                    self.model.add_bool_or([~chosen, ~one, *([] if two is None else [two])])
