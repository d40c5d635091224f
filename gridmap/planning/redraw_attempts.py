"""Ways out of a missed band, cheap ones first: operations worth trying, made without drawing anything.

Each stage gives operations whose counts help; whether they do in all is judged by ``remedies``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gridmap.errors import BadInput
from gridmap.planning.atoms import WHOLE, Part, households_of
from gridmap.planning.partition import components_of
from gridmap.planning.redraw import broken_further, merge_operation, moves_to, relabelled
from gridmap.planning.redraw_balance import Beside, balance, beside, count_pieces
from gridmap.planning.redraw_division import UNASSIGNED, Division
from gridmap.planning.redraw_operations import (
    ADD,
    DROP,
    Holding,
    Operation,
    change_only,
    describe_parts,
    new_operation,
)

GROUP_ATOMS = 3
MOST_TRIED = 40
MOST_BREAKS = 8
MOST_GROUPS = 12
NEAREST = 3


@dataclass(frozen=True)
class Case:
    """A micro-grid out of the band, and what may be changed around it."""

    division: Division
    label: int
    freed: frozenset[str] = frozenset()

    @cached_property
    def near(self) -> Beside:
        return beside(self.division.graph)

    @cached_property
    def shut(self) -> set[int]:
        """Labels of locked micro-grids that stay locked."""
        division = self.division
        return {division.codes.index(code) for code in division.locked - self.freed}

    @cached_property
    def weights(self) -> list[int]:
        return [int(count) for count in self.division.graph.households]

    @cached_property
    def total(self) -> list[int]:
        return [int(count) for count in self.division.households[1:]]

    @property
    def households(self) -> int:
        return self.total[self.label]

    def around(self, atom: int) -> list[int]:
        start = self.near.start
        return [int(i) for i in self.near.atom[start[atom] : start[atom + 1]]]

    def neighbours(self, label: int) -> list[int]:
        """Labels next to a micro-grid, unassigned included, without those that are locked."""
        ends = self.division.labels[self.division.graph.ends]
        beside_it = ends[(ends == label).any(axis=1)]
        return [int(v) for v in np.unique(beside_it) if v != label and v not in self.shut]

    def border(self, label: int, other: int) -> list[int]:
        """Atoms of the first micro-grid that touch the second and may move."""
        labels, ends = self.division.labels, self.division.graph.ends
        sides = [ends[(labels[ends[:, i]] == label) & (labels[ends[:, 1 - i]] == other), i] for i in (0, 1)]
        return [int(i) for i in np.unique(np.concatenate(sides)) if not self.division.is_fixed[i]]

    def groups(self, label: int, other: int) -> list[tuple[int, ...]]:
        """Connected atoms of the first micro-grid, one of which touches the second; lightest first."""
        found: set[tuple[int, ...]] = set()
        layer: set[tuple[int, ...]] = {(i,) for i in self.border(label, other)}
        for _ in range(GROUP_ATOMS):
            found |= layer
            layer = {
                tuple(sorted((*group, j)))
                for group in layer
                for i in group
                for j in self.around(i)
                if j not in group and self.division.labels[j] == label and not self.division.is_fixed[j]
            }
        return sorted(found, key=lambda group: (self.weight(group), len(group), group))

    def weight(self, atoms: Iterable[int]) -> int:
        return sum(self.weights[i] for i in atoms)

    def outside(self, changes: dict[int, int]) -> int | None:
        """Return by how much less the band is missed after counts change; None if any other misses more."""
        rules, gain = self.division.rules, 0
        for label, change in changes.items():
            if label == UNASSIGNED:
                continue
            less = rules.outside(self.total[label]) - rules.outside(self.total[label] + change)
            if less < 0 and label != self.label:
                return None
            gain += less
        return gain

    def swaps_whole(self, one: int, other: int) -> bool:
        """Tell whether neither micro-grid falls into more pieces when two atoms change places."""
        labels, near = self.division.labels.copy(), self.near
        pair = [int(labels[one]), int(labels[other])]
        before = [count_pieces(near.start, near.atom, labels, label) for label in pair]
        labels[[one, other]] = pair[::-1]
        after = [count_pieces(near.start, near.atom, labels, label) for label in pair]
        return after[0] <= before[0] and after[1] <= before[1]

    def stays_whole(self, label: int, without: Sequence[int]) -> bool:
        """Tell whether a micro-grid falls into no more pieces without some of its atoms, and is not empty."""
        labels = self.division.labels.copy()
        before = count_pieces(self.near.start, self.near.atom, labels, label)
        labels[list(without)] = -2
        return 0 < count_pieces(self.near.start, self.near.atom, labels, label) <= before


def try_simple(case: Case) -> Iterator[Operation]:
    """Moves, swaps, merges, and re-balancing with one neighbour."""
    yield from _moves(case)
    yield from _swaps(case)
    yield from _merges(case)
    pairs = [(other,) for other in case.neighbours(case.label) if other >= 0]
    yield from _rebalances(case, pairs, anew=False)


def _moves(case: Case) -> Iterator[Operation]:
    """Move one atom, or a connected few, between the micro-grid and a neighbour; the best of each pair."""
    is_under = case.households < case.division.rules.households_min
    for other in case.neighbours(case.label):
        if not is_under and other == UNASSIGNED:
            continue
        giver, taker = (other, case.label) if is_under else (case.label, other)
        useful = []
        for group in case.groups(giver, taker):
            weight = case.weight(group)
            gain = case.outside({giver: -weight, taker: weight})
            if gain is not None and gain > 0:
                useful.append((-gain, weight, len(group), group))
        for *_, group in sorted(useful)[:MOST_TRIED]:
            if giver == UNASSIGNED or case.stays_whole(giver, group):
                operation = new_operation("move", {})
                target = case.division.code_of(taker)
                operation["moves"] = moves_to(case.division, np.array(group), target)
                operation["arguments"] = {"atoms": [key for key, *_ in operation["moves"]], "to": target}
                yield operation
                break


def _swaps(case: Case) -> Iterator[Operation]:
    """Swap an atom for one of a neighbour; the best of each pair."""
    for other in case.neighbours(case.label):
        if other == UNASSIGNED:
            continue
        useful = []
        for a, b in itertools.product(case.border(case.label, other), case.border(other, case.label)):
            change = case.weights[b] - case.weights[a]
            gain = case.outside({case.label: change, other: -change})
            if gain is not None and gain > 0:
                useful.append((-gain, case.weights[a] + case.weights[b], a, b))
        for *_, a, b in sorted(useful)[:MOST_TRIED]:
            division = case.division
            operation = new_operation("swap", {"atoms": [division.keys[a]], "others": [division.keys[b]]})
            for atom, target in ((a, other), (b, case.label)):
                operation["moves"] += moves_to(division, np.array([atom]), division.code_of(target))
            if case.swaps_whole(a, b):
                yield operation
                break


def _merges(case: Case) -> Iterator[Operation]:
    """Merge with a neighbour."""
    for other in case.neighbours(case.label):
        if other >= 0 and case.households + case.total[other] <= case.division.rules.households_max:
            operation = merge_operation(case.division, [case.label, other])
            rows = case.division.rows_of(key for key, *_ in operation["moves"])
            if not case.division.is_fixed[rows].any():
                yield operation


def try_larger(case: Case) -> Iterator[Operation]:
    """Re-balance with two or three micro-grids around."""
    ring = [other for other in case.neighbours(case.label) if other >= 0]
    pairs: dict[tuple[int, ...], None] = {}
    for other in ring:
        for third in (*ring, *case.neighbours(other)):
            if third >= 0 and third not in (other, case.label):
                pairs.setdefault(tuple(sorted((other, third))))
    yield from _rebalances(case, list(pairs)[:MOST_GROUPS], anew=False)
    triples = {
        tuple(sorted((*pair, fourth))): None
        for pair in pairs
        for fourth in ring
        if fourth not in pair
    }  # fmt: skip
    yield from _rebalances(case, list(triples)[:MOST_GROUPS], anew=False)
    yield from _rebalances(case, [(other,) for other in ring[:NEAREST]], anew=True)
    yield from _rebalances(case, list(pairs)[:NEAREST], anew=True)


def _rebalances(case: Case, groups: Sequence[tuple[int, ...]], *, anew: bool) -> Iterator[Operation]:
    for group in groups:
        rows = sorted((case.label, *group))
        labels = balance(case.division, rows, anew=anew)
        if (labels != case.division.labels).any():
            codes = [case.division.codes[row] for row in rows]
            yield relabelled(case.division, new_operation("rebalance", {"codes": codes}), labels)


def try_breaking(case: Case) -> Iterator[Operation]:
    """Break a building on the border and move entrances or a band of floors over it."""
    rules, division = case.division.rules, case.division
    is_under = case.households < rules.households_min
    wanted: list[tuple[int, int, int, list[Holding]]] = []
    for other in case.neighbours(case.label):
        if other == UNASSIGNED:
            continue
        giver, taker = (other, case.label) if is_under else (case.label, other)
        least = (
            rules.households_min - case.total[taker] if is_under else case.total[giver] - rules.households_max
        )
        most = min(rules.households_max - case.total[taker], case.total[giver] - rules.households_min)
        for atom in case.border(giver, taker):
            if most >= least > 0 and case.weights[atom] > least:
                for moved, held in _splits(division, atom, taker, least, most):
                    wanted.append((moved, atom, taker, held))
    wanted.sort(key=lambda row: row[:3])
    for _, atom, taker, held in wanted[:MOST_BREAKS]:
        b = int(division.atoms.building[atom])
        arguments = {"building": division.ground.buildings[b].id, "to": division.codes[taker]}
        operation = new_operation("break", arguments)
        operation["parts"] = [describe_parts(division, b, held)]
        yield operation


def _splits(
    division: Division, atom: int, taker: int, least: int, most: int
) -> Iterator[tuple[int, list[Holding]]]:
    """Give (households moved, parts of the building) for the smallest bits of an atom that suffice."""
    b = int(division.atoms.building[atom])
    building = division.ground.buildings[b]
    part = Part(
        int(division.atoms.entrance[atom]), int(division.atoms.low[atom]), int(division.atoms.high[atom])
    )
    attempts: list[int | None] = [part.entrance] if part.entrance else [e.number for e in building.entrances]
    if part == WHOLE and len(building.entrances) > 1:
        attempts.insert(0, None)
    for entrance in attempts:
        try:
            fine = broken_further(division, b, entrance, None)
        except BadInput:
            return
        own = [i for i, (piece, _) in enumerate(fine) if _lies_in(piece, part, entrance)]
        for order in (own, own[::-1]):
            yield from _first_fit(division, b, fine, order, taker, (least, most), entrance)


def _lies_in(piece: Part, part: Part, entrance: int | None) -> bool:
    """Tell whether a piece is a bit of the atom that is broken: of one entrance, or of the whole building."""
    if entrance is None:
        return True
    return piece.entrance == entrance and (not part.low or part.low <= piece.low <= part.high)


def _first_fit(
    division: Division,
    b: int,
    fine: list[Holding],
    order: Sequence[int],
    taker: int,
    bounds: tuple[int, int],
    entrance: int | None,
) -> Iterator[tuple[int, list[Holding]]]:
    """Take bits in order until enough; floors are joined to two bands again."""
    counts = {i: households_of(division.ground.buildings[b], fine[i][0]) for i in order}
    running = list(itertools.accumulate(counts[i] for i in order))
    enough = next((n for n, moved in enumerate(running, 1) if moved >= bounds[0]), len(order))
    if enough >= len(order) or running[enough - 1] > bounds[1]:
        return
    taken, code = set(order[:enough]), division.codes[taker]
    held = [(part, code if i in taken else now) for i, (part, now) in enumerate(fine)]
    yield running[enough - 1], held if entrance is None else _as_bands(held, entrance)


def _as_bands(held: Sequence[Holding], entrance: int) -> list[Holding]:
    """Join single floors of an entrance that follow each other in one micro-grid."""
    out: list[Holding] = []
    for part, code in held:
        last = out[-1] if out else None
        if last and part.low > 1 and part.entrance == entrance == last[0].entrance and last[1] == code:
            out[-1] = (Part(entrance, last[0].low, part.high), code)
        else:
            out.append((part, code))
    return out


def try_unlocking(case: Case) -> Iterator[Operation]:
    """Unlock the micro-grid itself or a neighbour, and do what is simple then."""
    division = case.division
    own = division.codes[case.label]
    ends = division.labels[division.graph.ends]
    near = {int(v) for v in np.unique(ends[(ends == case.label).any(axis=1)])} & case.shut
    codes = [own] if own in division.locked else [division.codes[v] for v in sorted(near)]
    for code in codes:
        freed = Case(division, case.label, frozenset({code}))
        for operation in itertools.chain(_moves(freed), _swaps(freed), _merges(freed)):
            if any(code in ends for _, *ends in operation["moves"]):
                operation["arguments"] = {
                    "codes": [code],
                    "then": operation["kind"],
                    **operation["arguments"],
                }
                operation["kind"] = "unlock"
                operation["locks"] = [[DROP, code]]
                yield operation


def try_edges(case: Case) -> Iterator[Operation]:
    """Put a removed edge back, or join land that is cut off to its nearest neighbours."""
    division = case.division
    steps = [
        [DROP, *edge, place] for place, edge in enumerate(division.edges) if not edge.is_added
    ] + _missing_edges(case)
    for step in steps:
        edge = new_operation("edge", {"place": step[1], "other": step[2], "is_added": step[0] == ADD})
        edge["edges"] = [step]
        joined = Case(change_only(division, edge), case.label)
        ways: list[Callable[[Case], Iterator[Operation]]] = [_moves, _merges]
        for operation in itertools.chain(*(way(joined) for way in ways)):
            operation["arguments"] = {
                **edge["arguments"],
                "then": operation["kind"],
                **operation["arguments"],
            }
            operation["kind"], operation["edges"] = "edge", edge["edges"]
            yield operation


def _missing_edges(case: Case) -> list[list[Any]]:
    """Return the edges that would join the land of a micro-grid to the nearest other micro-grids."""
    division = case.division
    component = components_of(division.graph)
    own = np.flatnonzero(division.labels == case.label)
    cut_off = np.isin(component, component[own])
    others = np.flatnonzero(~cut_off & (division.labels >= 0))
    others = others[~np.isin(division.labels[others], list(case.shut))]
    if len(others) == 0:
        return []
    at = np.stack([division.graph.x_m, division.graph.y_m], axis=1)
    apart = np.hypot(*(at[own][:, None, :] - at[others][None]).transpose(2, 0, 1))
    steps: list[list[Any]] = []
    seen: set[int] = set()
    for flat in np.argsort(apart, axis=None, kind="stable").tolist():
        a, b = int(own[flat // len(others)]), int(others[flat % len(others)])
        if division.labels[b] not in seen:
            seen.add(int(division.labels[b]))
            places = ["/".join(division.keys[i].split("/")[:2]) for i in (a, b)]
            steps.append([ADD, *places, True, len(division.edges)])
        if len(seen) == NEAREST:
            break
    return steps
