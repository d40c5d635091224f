"""What a change means, in counts: households, status, contiguity, barriers, broken buildings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from gridmap.planning.adjacency import BRIDGE
from gridmap.planning.findings import NOTEWORTHY

if TYPE_CHECKING:
    from gridmap.planning.redraw_division import Division


CROSSED = "barrier_crossed:"


class MicroGridChange(TypedDict):
    """One micro-grid before and after; a finding is a word, or ``word:name`` with what it concerns."""

    code: str
    households_before: int
    households_after: int
    status_before: str
    status_after: str
    pieces_before: int
    pieces_after: int
    appeared: list[str]
    vanished: list[str]


class Report(TypedDict):
    """What a change means.

    micro_grids
        Every micro-grid whose atoms or neighbours changed.
    households_moved
        Households that change their micro-grid (or lose it, or get one).
    moved_share
        The same as a share of the households of the micro-grids concerned.
    unassigned_before, unassigned_after
        Households without a micro-grid.
    barriers_before, barriers_after
        Barriers that micro-grids concerned reach across, by name.
    broken_before, broken_after
        Buildings concerned that lie in several micro-grids.
    """

    micro_grids: list[MicroGridChange]
    households_moved: int
    moved_share: float
    unassigned_before: int
    unassigned_after: int
    barriers_before: dict[str, int]
    barriers_after: dict[str, int]
    broken_before: int
    broken_after: int


class State(TypedDict):
    """One micro-grid: households, status, number of pieces on the graph, barriers crossed, findings.

    ``barriers`` counts all, ``findings`` names those that are worth one, as for the engine.
    """

    households: int
    status: str
    pieces: int
    barriers: Counter[str]
    findings: set[str]


def report_change(before: Division, after: Division) -> Report:
    """Compare two divisions of one parent."""
    return report_codes(before, after, *_changed_codes(before, after))


def report_codes(before: Division, after: Division, changed: list[str], moved: int) -> Report:
    """Compare some micro-grids of two divisions, of which so many households moved."""
    old, new = states_of(before, changed), states_of(after, changed)
    rows: list[MicroGridChange] = []
    for code in changed:
        one, other = old[code], new[code]
        rows.append(
            {
                "code": code,
                "households_before": one["households"],
                "households_after": other["households"],
                "status_before": one["status"],
                "status_after": other["status"],
                "pieces_before": one["pieces"],
                "pieces_after": other["pieces"],
                "appeared": sorted(other["findings"] - one["findings"]),
                "vanished": sorted(one["findings"] - other["findings"]),
            }
        )
    total = sum(row["households_before"] for row in rows)
    barriers = [sum((state["barriers"] for state in states.values()), Counter()) for states in (old, new)]
    return {
        "micro_grids": rows,
        "households_moved": moved,
        "moved_share": moved / total if total else 0.0,
        "unassigned_before": int(before.households[0]),
        "unassigned_after": int(after.households[0]),
        "barriers_before": dict(barriers[0]),
        "barriers_after": dict(barriers[1]),
        "broken_before": len(broken_buildings(before, changed)),
        "broken_after": len(broken_buildings(after, changed)),
    }


def _changed_codes(before: Division, after: Division) -> tuple[list[str], int]:
    """Return the codes whose atoms differ, in order, and how many households differ."""
    if before.parts == after.parts:
        rows = np.flatnonzero(before.labels != after.labels)
        if before.codes != after.codes:
            rows = np.flatnonzero(_named(before) != _named(after))
        codes = {division.code_of(v) for division in (before, after) for v in division.labels[rows].tolist()}
        moved = int(before.graph.households[rows].sum())
    else:
        codes, moved = set(), 0
        for b in range(len(before.parts)):
            own, moved_here = _changed_in(before, after, b)
            codes |= own
            moved += moved_here
    if before.edges != after.edges:  # anything may hang together, or apart, in another way
        codes |= set(after.codes)
    return [code for code in dict.fromkeys((*before.codes, *after.codes)) if code in codes], moved


def _named(division: Division) -> np.ndarray:
    return np.array([None, *division.codes], object)[division.labels + 1]


def _changed_in(before: Division, after: Division, b: int) -> tuple[set[str | None], int]:
    """Compare one building, broken in two ways."""
    sides = []
    for division in (before, after):
        low, high = np.searchsorted(division.atoms.building, [b, b + 1])
        codes = [division.code_of(label) for label in division.labels[low:high].tolist()]
        sides.append((division.parts[b], codes, division.graph.households[low:high].tolist()))
    if sides[0] == sides[1]:
        return set(), 0
    here = {code for _, codes, _ in sides for code in codes}
    totals = []
    for _, codes, counts in sides:
        total: Counter[str | None] = Counter()
        for code, count in zip(codes, counts, strict=True):
            total[code] += count
        totals.append(total)
    return here, sum((totals[1] - totals[0]).values())


def states_of(division: Division, codes: list[str]) -> dict[str, State]:
    """Measure some micro-grids; a code the division does not have is empty."""
    place = {code: row for row, code in enumerate(division.codes)}
    asked = np.zeros(len(division.codes) + 1, bool)
    asked[[place[code] + 1 for code in codes if code in place]] = True
    labels, graph = division.labels, division.graph
    ends = labels[graph.ends]
    inside = np.flatnonzero((ends[:, 0] == ends[:, 1]) & asked[ends[:, 0] + 1])
    atoms = np.flatnonzero(asked[labels + 1])
    pieces: Counter[int] = Counter(labels[atoms].tolist())
    findings: dict[int, set[str]] = {}
    barriers: dict[int, Counter[str]] = {}
    for e in graph.joins(inside):
        label = int(labels[graph.ends[e, 0]])
        pieces[label] -= 1
        crossed = int(graph.crosses[e])
        if crossed == BRIDGE:
            findings.setdefault(label, set()).add("bridge")
        elif crossed >= 0:
            name = division.ground.barrier_names[crossed]
            barriers.setdefault(label, Counter())[name] += 1
            if graph.barrier[e] >= NOTEWORTHY:
                findings.setdefault(label, set()).add(f"{CROSSED}{name}")
    out: dict[str, State] = {}
    is_lived_in = bool(graph.households.any())  # a park is somebody's, but in no band
    for code in codes:
        row = place.get(code, -2)
        households = int(division.households[row + 1]) if row >= 0 else 0
        status = division.rules.status(households) if pieces[row] > 0 else "empty"
        own = findings.get(row, set())
        own |= {"not_contiguous"} if pieces[row] > 1 else set()
        own |= {status} if status in ("under", "over") and is_lived_in else set()
        out[code] = {
            "households": households,
            "status": status,
            "pieces": pieces[row],
            "barriers": barriers.get(row, Counter()),
            "findings": own,
        }
    return out


def broken_homes(division: Division) -> list[int]:
    """Return the rows of buildings of no more than one micro-grid's households that lie in several."""
    held = np.flatnonzero(division.labels >= 0)
    building, labels = division.atoms.building[held], division.labels[held]
    buildings, most = division.ground.buildings, division.rules.households_max
    low, high = np.full(len(buildings), len(division.codes)), np.full(len(buildings), -1)
    np.minimum.at(low, building, labels)
    np.maximum.at(high, building, labels)
    return [b for b in np.flatnonzero(high > low).tolist() if 0 < buildings[b].households <= most]


def broken_buildings(division: Division, codes: list[str] | None = None) -> set[int]:
    """Return the rows of buildings with homes in several micro-grids, of some micro-grids or of all."""
    labels, building = division.labels, division.atoms.building
    many = np.flatnonzero(np.bincount(building) > 1)
    broken = set()
    asked = None if codes is None else {division.codes.index(c) for c in codes if c in division.codes}
    bounds = np.searchsorted(building, np.stack([many, many + 1], axis=1))
    for b, (low, high) in zip(many.tolist(), bounds.tolist(), strict=True):
        own = set(labels[low:high].tolist())
        if len(own) > 1 and (asked is None or own & asked):
            broken.add(b)
    return broken
