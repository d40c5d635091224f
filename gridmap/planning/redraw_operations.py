"""Operations as plain values, and applying them: every change has an exact inverse.

An operation says what was asked (``kind``, ``arguments``) and, complete, what it does: which atoms move from
where to where, which buildings are broken or healed, which codes come, which locks and edges change. It is
made of what JSON knows, refuses to be applied to anything but what it was made for, and its inverse is itself
read backwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any, TypedDict, cast

import numpy as np

from gridmap.errors import BadInput, Conflict
from gridmap.planning.adjacency import build_graph
from gridmap.planning.assemble import atom_key
from gridmap.planning.atoms import Part
from gridmap.planning.redraw_division import (
    UNASSIGNED,
    Division,
    Edge,
    build_parts,
    complete_parts,
    edit_of,
    normal_part,
)
from gridmap.planning.redraw_drawing import draw_again
from gridmap.planning.redraw_report import Report, report_change

ADD, DROP = "add", "drop"
CODE = (str, NoneType)
ROWS: Mapping[str, tuple[Any, ...]] = {
    "moves": (str, CODE, CODE),
    "parts": (int, list, list),
    "codes": (str, str, int),
    "locks": (str, str),
    "edges": (str, str, str, bool, int),
    "buildings": (str, int),
}
"""The lists of an operation and what stands in each row of them."""
Holding = tuple[Part, str | None]


class Operation(TypedDict):
    """What is asked and what it does, as JSON values.

    kind, arguments
        As the person asked.
    moves
        [atom, from code or None, to code or None] of atoms that stay whole.
    parts
        [building id, before, after], each [[entrance, first floor, last floor, code or None], ...], of
        buildings broken or healed.
    codes
        ["add" or "drop", code, place among the codes].
    locks
        ["add" or "drop", code].
    edges
        ["add" or "drop", place, other place, is_added, place among the edges].
    buildings
        ["add" or "drop", id] of buildings locked or unlocked.
    """

    kind: str
    arguments: dict[str, Any]
    moves: list[list[Any]]
    parts: list[list[Any]]
    codes: list[list[Any]]
    locks: list[list[Any]]
    edges: list[list[Any]]
    buildings: list[list[Any]]


@dataclass(frozen=True)
class Change:
    """A division after an operation, the operation, the one that takes it back, and what it changed.

    ``refused`` names the atoms that were to move but stay, since their buildings are locked.
    """

    division: Division
    operation: Operation
    inverse: Operation
    report: Report
    refused: tuple[str, ...] = ()


def new_operation(kind: str, arguments: dict[str, Any]) -> Operation:
    """Return an operation that does nothing yet."""
    return Operation(
        kind=kind, arguments=arguments, moves=[], parts=[], codes=[], locks=[], edges=[], buildings=[]
    )


def read_operation(value: Any) -> Operation:
    """Return an operation that came in as JSON; raises BadInput if it is none.

    Whether it fits a division is for ``apply`` to say.
    """
    if not isinstance(value, dict) or set(value) != {"kind", "arguments", *ROWS}:
        raise BadInput("redraw_not_an_operation", part="kind, arguments, " + ", ".join(ROWS))
    if not isinstance(value["kind"], str) or not isinstance(value["arguments"], dict):
        raise BadInput("redraw_not_an_operation", part="kind, arguments")
    for name, types in ROWS.items():
        rows = value[name]
        if not isinstance(rows, list) or not all(_has_types(row, types) for row in rows):
            raise BadInput("redraw_not_an_operation", part=name)
    for row in (row for _, *sides in value["parts"] for side in sides for row in side):
        if not _has_types(row, (int, int, int, CODE)):
            raise BadInput("redraw_not_an_operation", part="parts")
    turned = ("codes", "locks", "edges", "buildings")
    if any(row[0] not in (ADD, DROP) for name in turned for row in value[name]):
        raise BadInput("redraw_not_an_operation", part="add, drop")
    return cast("Operation", value)


def _has_types(row: Any, types: Sequence[Any]) -> bool:
    return (
        isinstance(row, list)
        and len(row) == len(types)
        and all(
            isinstance(one, kind) and isinstance(one, bool) == (kind is bool)
            for one, kind in zip(row, types, strict=True)
        )
    )


def apply(division: Division, operation: Operation) -> Change:
    """Apply an operation.

    Parameters
    ----------
    division
        What the operation was made for.
    operation
        As from the functions of ``redraw``, also after a journey as JSON.

    Raises
    ------
    BadInput
        If it names atoms, codes or places that are not there.
    Conflict
        If a micro-grid or building is locked, or something does not stand where the operation takes it from.
    """
    _refuse_locked(division, operation)
    after = change_only(division, operation)
    after = replace(after, polygons=draw_again(division, after))
    inverse = invert(operation)
    return Change(after, operation, inverse, report_change(division, after))


def apply_free(division: Division, operation: Operation) -> Change:
    """Apply an operation to all atoms but those of locked buildings, which stay and are named.

    Raises
    ------
    Conflict
        As ``apply``; or if all atoms that were to move stay.
    """
    is_fixed = division.is_fixed
    stay = [move[0] for move in operation["moves"] if is_fixed[division.row_of_key[move[0]]]]
    if not stay:
        return apply(division, operation)
    moves = [move for move in operation["moves"] if move[0] not in set(stay)]
    if not moves:
        building = division.ground.buildings[division.atoms.building[division.row_of_key[stay[0]]]]
        raise Conflict("redraw_building_locked", building=building.id, name=building.called)
    operation["moves"] = moves
    return replace(apply(division, operation), refused=tuple(stay))


def change_only(division: Division, operation: Operation) -> Division:
    """Apply an operation without asking for locks and without drawing: the polygons are the old ones."""
    codes = _change_list("redraw_outdated", list(division.codes), operation["codes"], adds=True)
    moved = _renumber(division, codes)
    labels = moved[division.labels + 1]
    row_of_code = {code: row for row, code in enumerate(codes)}
    for key, origin, target in operation["moves"]:
        (row,) = division.rows_of([key])
        if division.code_of(division.labels[row]) != origin:
            raise Conflict("redraw_outdated", atom=key)
        labels[row] = _row(row_of_code, target, division)
    after = replace(division, codes=tuple(codes), labels=labels)
    if operation["parts"]:
        after = _change_parts(after, operation["parts"], row_of_code)
    remaining = _change_list("redraw_outdated", codes, operation["codes"], adds=False)
    if len(remaining) < len(codes):
        place = _renumber(after, remaining)
        labels = place[after.labels + 1]
        if (labels[after.labels >= 0] < 0).any():
            raise Conflict("redraw_code_in_use")
        after = replace(after, codes=tuple(remaining), labels=labels)
    after = replace(
        after,
        locked=_change_locks(after, operation["locks"]),
        locked_buildings=_change_locked_buildings(after, operation["buildings"]),
    )
    if operation["edges"]:
        after = replace(after, edges=_change_edges(after.edges, operation["edges"]))
    if operation["edges"] or operation["parts"]:
        edits = [edit_of(after.ground, edge) for edge in after.edges]
        after = replace(after, graph=build_graph(after.ground, after.atoms, after.rules, edits))
    return after


def invert(operation: Operation) -> Operation:
    """Return the operation that takes another one back."""
    asked = operation["arguments"] if operation["kind"] == "undo" else None
    turned = {ADD: DROP, DROP: ADD}
    return Operation(
        kind=asked["kind"] if asked else "undo",
        arguments=asked["arguments"]
        if asked
        else {"kind": operation["kind"], "arguments": operation["arguments"]},
        moves=[[key, target, origin] for key, origin, target in reversed(operation["moves"])],
        parts=[[id_, after, before] for id_, before, after in reversed(operation["parts"])],
        codes=[[turned[action], *rest] for action, *rest in reversed(operation["codes"])],
        locks=[[turned[action], *rest] for action, *rest in reversed(operation["locks"])],
        edges=[[turned[action], *rest] for action, *rest in reversed(operation["edges"])],
        buildings=[[turned[action], id_] for action, id_ in reversed(operation["buildings"])],
    )


def holdings_of(division: Division, b: int) -> list[Holding]:
    """Return the parts of a building and the codes they belong to."""
    rows = np.flatnonzero(division.atoms.building == b)
    return [
        (part, division.code_of(label))
        for part, label in zip(division.parts[b], division.labels[rows].tolist(), strict=True)
    ]


def describe_parts(division: Division, b: int, after: Sequence[Holding]) -> list[Any]:
    """Say as JSON that a building's parts are replaced by others."""
    return [
        division.ground.buildings[b].id,
        *([[*part, code] for part, code in held] for held in (holdings_of(division, b), after)),
    ]


def codes_named(operation: Mapping[str, Any]) -> set[str]:
    """Return the codes an operation takes atoms from or gives atoms to."""
    named = {code for _, *ends in operation["moves"] for code in ends}
    for _, *sides in operation["parts"]:
        named |= {code for side in sides for *_, code in side}
    return {code for code in named if code is not None}


def next_code(division: Division, taken: Sequence[str] = ()) -> str:
    """Return the next free code of the parent: a retired one is never given again."""
    prefix = division.ground.parent_code
    numbers = [
        int(code.removeprefix(prefix))
        for code in (*division.codes, *taken)
        if code.startswith(prefix) and code.removeprefix(prefix).isdecimal()
    ]
    number = max(numbers, default=0) + 1
    widths = [len(code.removeprefix(prefix)) for code in division.codes if code.startswith(prefix)]
    return f"{prefix}{number:0{max([2, *widths])}d}"


def _refuse_locked(division: Division, operation: Operation) -> None:
    freed = {code for action, code in operation["locks"] if action == DROP}
    for code in sorted((division.locked - freed) & codes_named(operation)):
        raise Conflict("redraw_locked", code=code)
    kept = division.locked_buildings - {id_ for action, id_ in operation["buildings"] if action == DROP}
    rows = [division.row_of_key[key] for key, *_ in operation["moves"] if key in division.row_of_key]
    touched = {division.ground.buildings[b].id for b in division.atoms.building[rows].tolist()}
    touched |= {id_ for id_, *_ in operation["parts"]}
    for id_ in sorted(kept & touched):
        building = division.ground.buildings[division.building_of(id_)[0]]
        raise Conflict("redraw_building_locked", building=id_, name=building.called)


def _renumber(division: Division, codes: Sequence[str]) -> np.ndarray:
    """Return the new row of every old one, shifted by one; -1 for unassigned and for codes dropped."""
    place = {code: row for row, code in enumerate(codes)}
    return np.array([UNASSIGNED, *(place.get(code, UNASSIGNED) for code in division.codes)], np.int64)


def _row(row_of_code: Mapping[str, int], code: str | None, division: Division) -> int:
    if code is None:
        return UNASSIGNED
    if code not in row_of_code:
        raise BadInput("redraw_unknown_code", code=code, parent=division.ground.parent_code)
    return row_of_code[code]


def _change_list(message: str, values: list[str], steps: Sequence[Sequence[Any]], *, adds: bool) -> list[str]:
    """Insert or take out values at given places; they must be there, or not yet."""
    values = list(values)
    for action, value, place in steps:
        if (action == ADD) != adds:
            continue
        if (value in values) == adds:
            raise Conflict(message, atom=value)
        if adds:
            values.insert(place, value)
        else:
            values.remove(value)
    return values


def _change_locks(division: Division, steps: Sequence[Sequence[Any]]) -> frozenset[str]:
    locked = set(division.locked)
    for action, code in steps:
        division.row_of_code(code)
        if (code in locked) == (action == ADD):
            raise Conflict("redraw_outdated", atom=code)
        locked ^= {code}
    return frozenset(locked)


def _change_locked_buildings(division: Division, steps: Sequence[Sequence[Any]]) -> frozenset[int]:
    locked = set(division.locked_buildings)
    for action, id_ in steps:
        division.building_of(id_)
        if (id_ in locked) == (action == ADD):
            raise Conflict("redraw_outdated", atom=atom_key(id_, 0, 0, None))
        locked ^= {id_}
    return frozenset(locked)


def _change_edges(edges: Sequence[Edge], steps: Sequence[Sequence[Any]]) -> tuple[Edge, ...]:
    changed = list(edges)
    for action, place, other, is_added, at in steps:
        edge = Edge(place, other, bool(is_added))
        if (edge in changed) == (action == ADD):
            raise Conflict("redraw_outdated", atom=f"{place} – {other}")
        if action == ADD:
            changed.insert(at, edge)
        else:
            changed.remove(edge)
    return tuple(changed)


def _change_parts(
    division: Division, steps: Sequence[Sequence[Any]], row_of_code: Mapping[str, int]
) -> Division:
    """Break or heal buildings; the graph is left to the caller."""
    parts = list(division.parts)
    fresh: dict[int, list[int]] = {}
    for id_, before, after in steps:
        b, building = division.building_of(id_)
        now = [[*part, code] for part, code in holdings_of(division, b)]
        if now != before:
            raise Conflict("redraw_outdated", atom=atom_key(id_, 0, 0, None))
        held = {normal_part(building, Part(*part)): code for *part, code in after}
        if [[*part, code] for part, code in complete_parts(building, held).items()] != after:
            raise BadInput("redraw_overlap", building=id_)
        parts[b] = tuple(held)
        fresh[b] = [_row(row_of_code, code, division) for code in held.values()]
    bounds = np.searchsorted(division.atoms.building, np.arange(len(parts) + 1))
    labels: list[int] = []
    old = division.labels.tolist()
    for b in range(len(parts)):
        labels += fresh[b] if b in fresh else old[bounds[b] : bounds[b + 1]]
    return replace(
        division,
        parts=tuple(parts),
        atoms=build_parts(division.ground, parts),
        labels=np.array(labels, np.int64),
    )
