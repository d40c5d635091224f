"""Taking over today's counts: a plan's rows keep the households of the day on which they were written.

A division is always counted as of today. Nothing moves and nothing is drawn anew; the operation carries the
counts before and after, so that its inverse gives back what was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from gridmap.errors import BadInput, Conflict
from gridmap.planning.atoms import Atoms
from gridmap.planning.redraw_division import Division
from gridmap.planning.redraw_operations import Change, Operation, invert, new_operation
from gridmap.planning.redraw_report import report_codes

KIND = "recount"
Counts = Mapping[str, tuple[int, bool]]
"""Key of an atom -> its households and whether they are estimated."""


def recount(division: Division, buildings: Iterable[int], counts: Iterable[Sequence[Any]]) -> Change:
    """Let buildings count what they have today; locks do not stand against it, since nothing moves.

    Parameters
    ----------
    buildings
        Their ids; those that count the same already are passed over.
    counts
        [key of the atom, households, whether estimated] of all that the plan has written of these buildings.

    Raises
    ------
    BadInput
        If a building is not in this parent, or none is named.
    Conflict
        If a building has not the entrances or floors any more that the plan has of it, or all are counted.
    """
    written = {str(key): (int(n), bool(is_estimate)) for key, n, is_estimate in counts}
    named = list(dict.fromkeys(int(id_) for id_ in buildings))
    if not named:
        raise BadInput("redraw_nothing_chosen")
    rows = np.concatenate([_rows_of(division, id_, written) for id_ in named])
    today = {division.keys[row]: _count_of(division, row) for row in rows.tolist()}
    stale = {_building_of(key) for key, count in today.items() if written[key] != count}
    if not stale:
        raise Conflict("redraw_counted", building=named[0])
    operation = new_operation(KIND, {"buildings": [id_ for id_ in named if f"b{id_}" in stale]})
    told = [[key, *written[key], *count] for key, count in today.items() if _building_of(key) in stale]
    operation["arguments"]["counts"] = told
    before = _counted_as(division, {key: written[key] for key, *_ in told})
    labels = {int(division.labels[division.row_of_key[key]]) for key, *_ in told}
    codes = [division.codes[label] for label in sorted(labels) if label >= 0]
    return Change(division, operation, invert(operation), report_codes(before, division, codes, 0))


def rows_to_write(before: Division, change: Change) -> tuple[Division, Division]:
    """Return the divisions between which the rows of a plan differ by a change.

    For most they are those before and after it. Where counts are taken over or given back, the second has the
    counts to be written, and the first nothing of these buildings: so all their rows are written anew.

    Raises
    ------
    Conflict
        If a building was broken or healed since.
    """
    counts = _counts_in(change.operation)
    if counts is None:
        return before, change.division
    for key in counts:
        if key not in change.division.row_of_key:
            raise Conflict("redraw_outdated", atom=key)
    after = _counted_as(change.division, counts)
    return _without(after, {_building_of(key) for key in counts}), after


def _rows_of(division: Division, building: int, written: Counts) -> np.ndarray:
    b, _ = division.building_of(building)
    rows = np.flatnonzero(division.atoms.building == b)
    known = {key for key in written if _building_of(key) == f"b{building}"}
    if known != {division.keys[row] for row in rows.tolist()}:
        raise Conflict("redraw_rebuilt", building=building)
    return rows


def _building_of(key: str) -> str:
    return key.partition("/")[0]


def _count_of(division: Division, row: int) -> tuple[int, bool]:
    building = division.ground.buildings[int(division.atoms.building[row])]
    return int(division.graph.households[row]), building.is_estimate


def _counts_in(operation: Operation) -> Counts | None:
    """Give the counts that an operation, a recount or its inverse, leaves behind; None for any other."""
    kind, arguments = operation["kind"], operation["arguments"]
    if kind == KIND:
        return {key: (now, is_estimate) for key, _, _, now, is_estimate in arguments["counts"]}
    if kind == "undo" and arguments["kind"] == KIND:
        return {key: (was, was_estimate) for key, was, was_estimate, *_ in arguments["arguments"]["counts"]}
    return None


def _counted_as(division: Division, counts: Counts) -> Division:
    """Return a division in which some whole buildings count otherwise."""
    households, buildings = division.graph.households.copy(), list(division.ground.buildings)
    total: dict[int, int] = {}
    for key, (count, is_estimate) in counts.items():
        row = division.row_of_key[key]
        b = int(division.atoms.building[row])
        households[row] = count
        total[b] = total.get(b, 0) + count
        buildings[b] = replace(buildings[b], households=total[b], is_estimate=is_estimate)
    ground = replace(division.ground, buildings=tuple(buildings))
    return replace(division, ground=ground, graph=replace(division.graph, households=households))


def _without(division: Division, buildings: set[str]) -> Division:
    """Return a division without the atoms of some buildings; only its keys and labels are to be used."""
    kept = np.array([_building_of(key) not in buildings for key in division.keys], bool)
    columns = {column.name: getattr(division.atoms, column.name)[kept] for column in fields(Atoms)}
    return replace(division, atoms=Atoms(**columns), labels=division.labels[kept])
