"""Redrawing a division by hand: each function makes one operation and applies it.

All are pure: they return a `Change` with the new division, the operation as a plain value, its exact inverse
and a report. What breaks the band or tears a micro-grid is done and reported; what cannot be done at all, or
would change a locked micro-grid, is refused. Atoms of locked buildings stay and are named, the rest moves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely

from gridmap.errors import BadInput
from gridmap.planning.atoms import WHOLE, Part
from gridmap.planning.redraw_balance import balance, fill
from gridmap.planning.redraw_division import UNASSIGNED, Division, normal_part, pieces_of_place
from gridmap.planning.redraw_lines import Lonlat, left_of, line_in_metres
from gridmap.planning.redraw_operations import (
    ADD,
    Change,
    Holding,
    Operation,
    apply,
    apply_free,
    describe_parts,
    holdings_of,
    new_operation,
    next_code,
)


def move(division: Division, atoms: Iterable[str], to: str | None) -> Change:
    """Move atoms to a micro-grid (None takes them out of any).

    Raises
    ------
    BadInput
        If an atom or the micro-grid is unknown, or nothing is chosen that is not there already.
    Conflict
        If a micro-grid concerned is locked.
    """
    keys = list(atoms)
    operation = new_operation("move", {"atoms": keys, "to": to})
    if to is not None:
        division.row_of_code(to)
    operation["moves"] = moves_to(division, division.rows_of(keys), to)
    return apply_free(division, _not_empty(operation))


def new(division: Division, atoms: Iterable[str]) -> Change:
    """Make a new micro-grid of atoms; it takes the next free code."""
    keys = list(atoms)
    operation = new_operation("new", {"atoms": keys})
    code = add_code(division, operation)
    operation["moves"] = moves_to(division, division.rows_of(keys), code)
    return apply_free(division, _not_empty(operation))


def merge(division: Division, codes: Iterable[str]) -> Change:
    """Join micro-grids; the code of the one with most households stays, the others are retired.

    One with locked buildings comes before larger ones without, so that these stay where they are.

    Raises
    ------
    BadInput
        If fewer than two different micro-grids are named, or one is unknown.
    """
    rows = sorted({division.row_of_code(code) for code in codes})
    if len(rows) < 2:
        raise BadInput("redraw_nothing_chosen")
    return apply_free(division, merge_operation(division, rows))


def merge_operation(division: Division, rows: Sequence[int]) -> Operation:
    """Return the operation that joins the micro-grids of these rows."""
    fixed = set(division.labels[division.is_fixed].tolist())
    keeper = max(rows, key=lambda row: (row in fixed, division.households[row + 1], -row))
    operation = new_operation("merge", {"codes": [division.codes[row] for row in rows]})
    given = np.flatnonzero(np.isin(division.labels, [row for row in rows if row != keeper]))
    operation["moves"] = moves_to(division, given, division.codes[keeper])
    return operation


def cut_by_line(division: Division, codes: Iterable[str], line: Lonlat) -> Change:
    """Cut micro-grids along a line: atoms go to the side they stand on; the smaller side gets a new code.

    Where locked buildings stand on one side only, the other side gets it.

    Parameters
    ----------
    line
        Longitudes and latitudes of its points; it goes straight on beyond its ends.

    Raises
    ------
    BadInput
        If the line has no two different points, or leaves all atoms of every micro-grid on one side.
    """
    named = list(dict.fromkeys(codes))
    operation = new_operation("cut", {"codes": named, "line": [list(map(float, p)) for p in line]})
    is_left = left_of(line_in_metres(division, line), division.points)
    for code in named:
        own = np.flatnonzero(division.labels == division.row_of_code(code))
        sides = [own[is_left[own]], own[~is_left[own]]]
        if min(len(side) for side in sides) == 0:
            continue
        smaller = min(
            sides,
            key=lambda side: (
                division.is_fixed[side].any(), division.graph.households[side].sum(), len(side), side[0]
            ),
        )  # fmt: skip
        operation["moves"] += moves_to(division, smaller, add_code(division, operation))
    if not operation["moves"]:
        raise BadInput("redraw_line_does_not_cut")
    return apply_free(division, operation)


def push_boundary(
    division: Division,
    code: str,
    shape: Lonlat,
    *,
    is_area: bool = True,
    take_from: Iterable[str | None] | None = None,
) -> Change:
    """Push the boundary of a micro-grid outwards: it takes the atoms that the pushed line reaches.

    Parameters
    ----------
    shape
        Longitudes and latitudes: the area swept (atoms that stand in it are reached), or a path (buildings it
        touches are).
    take_from
        Take atoms only from these micro-grids (None stands for unassigned ones); by default from any. Locked
        ones always stay.

    Raises
    ------
    BadInput
        If nothing is reached that may be taken.
    """
    sources = None if take_from is None else list(take_from)
    arguments = {"code": code, "shape": [list(map(float, p)) for p in shape], "is_area": is_area}
    operation = new_operation("push", arguments | {"take_from": sources})
    target = division.row_of_code(code)
    line = line_in_metres(division, shape)
    if is_area:
        area = shapely.make_valid(shapely.Polygon(line)) if len(line) > 2 else shapely.Polygon()
        reached = shapely.intersects_xy(area, division.points[:, 0], division.points[:, 1])
    else:
        touched = shapely.intersects(shapely.LineString(line), division.ground.footprints)
        reached = touched[division.atoms.building]
    reached &= division.labels != target
    if sources is not None:
        rows = [UNASSIGNED if s is None else division.row_of_code(s) for s in sources]
        reached &= np.isin(division.labels, rows)
    reached &= ~np.isin(division.labels, [division.codes.index(c) for c in division.locked])
    operation["moves"] = moves_to(division, np.flatnonzero(reached), code)
    return apply_free(division, _not_empty(operation))


def push_step_by_step(division: Division, code: str | None, atoms: Iterable[str]) -> Change:
    """Push the boundary of a micro-grid over the atoms named (None: what nobody holds takes them).

    Raises
    ------
    BadInput
        If an atom or the micro-grid is unknown, or all of them are there already.
    Conflict
        If a micro-grid concerned is locked.
    """
    keys = list(atoms)
    operation = new_operation("push", {"code": code, "atoms": keys})
    if code is not None:
        division.row_of_code(code)
    operation["moves"] = moves_to(division, division.rows_of(keys), code)
    return apply_free(division, _not_empty(operation))


def break_building(
    division: Division, building: int, *, entrance: int | None = None, floors: Iterable[int] | None = None
) -> Change:
    """Break a building: into its entrances, or an entrance into bands of floors. Nothing moves.

    Parameters
    ----------
    building
        Its id.
    entrance
        The entrance to break by floors; None breaks the building by entrances.
    floors
        First floors of the bands above the lowest one, none for single floors.

    Raises
    ------
    BadInput
        If there is no such building, entrance or floor, or it is broken so far already.
    """
    bands = None if floors is None else sorted({int(floor) for floor in floors})
    arguments = {"building": building, "entrance": entrance, "floors": bands}
    operation = new_operation("break", arguments)
    b, _ = division.building_of(building)
    after = broken_further(division, b, entrance, bands)
    if after == holdings_of(division, b):
        raise BadInput("redraw_cannot_break", building=building, name=division.ground.buildings[b].called)
    operation["parts"] = [describe_parts(division, b, after)]
    return apply(division, operation)


def broken_further(
    division: Division, b: int, entrance: int | None, bands: Sequence[int] | None
) -> list[Holding]:
    """Return the parts of a building, broken by entrance or an entrance by floors, where they are now."""
    building = division.ground.buildings[b]
    if building.households == 0:
        raise BadInput("redraw_no_homes", building=building.id, name=building.called)
    if not division.rules.may_break_buildings:
        raise BadInput("redraw_stays_whole", building=building.id, name=building.called)
    held = holdings_of(division, b)
    if held[0][0] == WHOLE:
        code = held[0][1]
        held = [(Part(e.number, 0, 0), code) for e in building.entrances]
    if entrance is None:
        return held if len(building.entrances) > 1 else holdings_of(division, b)
    normal_part(building, Part(entrance, 0, 0))
    storeys = next(e.storeys for e in building.entrances if e.number == entrance)
    starts = list(range(2, storeys + 1)) if bands is None else list(bands)
    for floor in starts:
        if not 2 <= floor <= storeys:
            raise BadInput(
                "redraw_no_floor",
                building=building.id,
                name=building.called,
                entrance=entrance,
                low=floor,
                high=floor,
                storeys=storeys,
            )
    out: list[Holding] = []
    for part, code in held:
        if part.entrance != entrance:
            out.append((part, code))
            continue
        low, high = (part.low, part.high) if part.low else (1, storeys)
        edges = [low, *(floor for floor in starts if low < floor <= high), high + 1]
        out += [
            (normal_part(building, Part(entrance, start, end - 1)), code)
            for start, end in itertools.pairwise(edges)
        ]
    return out


def heal_building(division: Division, building: int, to: str | None = None) -> Change:
    """Make a building whole again, in the micro-grid that holds most of its households or in a named one.

    Raises
    ------
    BadInput
        If the building is whole, or there is none of this id.
    """
    operation = new_operation("heal", {"building": building, "to": to})
    b, _ = division.building_of(building)
    before = holdings_of(division, b)
    if before[0][0] == WHOLE:
        raise BadInput("redraw_is_whole", building=building, name=division.ground.buildings[b].called)
    if to is None:
        households = division.graph.households[division.atoms.building == b].tolist()
        total: dict[str | None, int] = {}
        for (_, code), count in zip(before, households, strict=True):
            total[code] = total.get(code, 0) + count
        named = [code for code in total if code is not None]
        to = max(named, key=lambda code: (total[code], -division.codes.index(code))) if named else None
    else:
        division.row_of_code(to)
    operation["parts"] = [describe_parts(division, b, [(WHOLE, to)])]
    return apply(division, operation)


def swap(division: Division, atoms: Iterable[str], others: Iterable[str]) -> Change:
    """Exchange atoms of one micro-grid for atoms of another.

    Raises
    ------
    BadInput
        If either side is empty, comes from several micro-grids, or both from the same.
    """
    sides = [list(atoms), list(others)]
    operation = new_operation("swap", {"atoms": sides[0], "others": sides[1]})
    rows = [division.rows_of(side) for side in sides]
    labels = [set(division.labels[side].tolist()) for side in rows]
    if any(len(found) != 1 for found in labels) or labels[0] == labels[1]:
        raise BadInput("redraw_swap")
    codes = [division.code_of(found.pop()) for found in labels]
    operation["moves"] = moves_to(division, rows[0], codes[1]) + moves_to(division, rows[1], codes[0])
    return apply_free(division, operation)


def fill_unassigned(division: Division) -> Change:
    """Give unassigned atoms to neighbouring micro-grids that have room, over open ground first.

    What finds no neighbour with room stays unassigned.

    Raises
    ------
    BadInput
        If nothing is unassigned, or nothing finds room.
    """
    waiting = np.flatnonzero(division.labels < 0)
    operation = relabelled(division, new_operation("fill", {}), fill(division))
    if len(waiting) and not operation["moves"]:
        raise BadInput("redraw_no_room", households=int(division.graph.households[waiting].sum()))
    return apply(division, _not_empty(operation))


def rebalance(division: Division, codes: Iterable[str]) -> Change:
    """Bring micro-grids into the band by moving as few households as possible among them.

    Locked ones among them stay, and so do locked buildings. Where the band needs more or fewer micro-grids,
    new codes are taken or old ones retired.

    Raises
    ------
    BadInput
        If fewer than two unlocked micro-grids are named, or they are as good as can be already.
    """
    named = list(dict.fromkeys(codes))
    rows = [division.row_of_code(code) for code in named if code not in division.locked]
    if len(rows) < 2:
        raise BadInput("redraw_nothing_chosen")
    operation = new_operation("rebalance", {"codes": named})
    if not relabelled(division, operation, balance(division, rows))["moves"]:
        raise BadInput("redraw_balanced")
    return apply(division, operation)


def edit_edge(division: Division, place: str, other: str, *, is_added: bool) -> Change:
    """Say that two places (``b12``, ``b12/e2``) are neighbours, or are not.

    Raises
    ------
    BadInput
        If a place is not in this parent, both are the same, or it has been said before.
    """
    for one in (place, other):
        pieces_of_place(division.ground, one)
    if place == other or any(edge == (place, other, is_added) for edge in division.edges):
        raise BadInput("redraw_nothing_chosen")
    operation = new_operation("edge", {"place": place, "other": other, "is_added": is_added})
    operation["edges"] = [[ADD, place, other, is_added, len(division.edges)]]
    return apply(division, operation)


def apply_remedy(division: Division, remedy: dict[str, Any]) -> Change:
    """Apply a remedy as ``remedies`` gives it; raises BadInput for one that only asks for a waiver."""
    if remedy["operation"] is None:
        raise BadInput("redraw_waive")
    return apply(division, remedy["operation"])


def moves_to(division: Division, rows: np.ndarray, to: str | None) -> list[list[Any]]:
    """Return the moves of atoms to a micro-grid, without those that are there."""
    found = [(division.keys[row], division.code_of(division.labels[row]), to) for row in rows.tolist()]
    return [[key, origin, target] for key, origin, target in found if origin != target]


def add_code(division: Division, operation: Operation) -> str:
    """Let an operation bring the next free code; returns it."""
    taken = [code for _, code, _ in operation["codes"]]
    code = next_code(division, taken)
    operation["codes"].append([ADD, code, len(division.codes) + len(taken)])
    return code


def relabelled(division: Division, operation: Operation, labels: np.ndarray) -> Operation:
    """Fill in the moves to new labels; labels beyond the codes are new micro-grids."""
    changed = np.flatnonzero(labels != division.labels)
    for label in np.unique(labels[changed]).tolist():
        is_new = label >= len(division.codes)
        code = add_code(division, operation) if is_new else division.code_of(label)
        operation["moves"] += moves_to(division, changed[labels[changed] == label], code)
    return operation


def _not_empty(operation: Operation) -> Operation:
    if not operation["moves"]:
        raise BadInput("redraw_nothing_chosen")
    return operation
