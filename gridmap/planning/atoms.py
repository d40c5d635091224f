"""Breaking buildings into atoms: whole building, entrance, floors of an entrance.

Each building is broken only as far as asked: at depth 0 a building above the band is broken by entrance and
its entrances above the band by floor; at depth 1 any building is broken by entrance, at depth 2 by floor.
Floors that end in the same micro-grid are joined to a band afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gridmap.planning.buildings import Building, Entrance, share_evenly
from gridmap.planning.pieces import Pieces
from gridmap.planning.rules import PlanRules

WHOLE_BUILDINGS, BY_ENTRANCE, BY_FLOOR = range(3)


class Part(NamedTuple):
    """A part of a building: entrance 0 and floors 0 mean the whole."""

    entrance: int
    low: int
    high: int


WHOLE = Part(0, 0, 0)


@dataclass(frozen=True)
class Atoms:
    """Atoms of one parent; entrance 0 and floor 0 mean the whole.

    Attributes
    ----------
    building, first_piece, piece_count
        (N,) building index and the ground pieces the atom stands on.
    entrance, low, high, households
        (N,) entrance number, first and last floor, household count.
    on_ground
        (N,) true for the atom that owns its pieces' ground.
    """

    building: np.ndarray
    first_piece: np.ndarray
    piece_count: np.ndarray
    entrance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    households: np.ndarray
    on_ground: np.ndarray

    def __len__(self) -> int:
        return len(self.building)

    def owner_of_pieces(self, count: int) -> np.ndarray:
        """Return the atom that owns the ground of each of ``count`` pieces, -1 for none."""
        owner = np.full(count, -1)
        rows = np.flatnonzero(self.on_ground)
        times = self.piece_count[rows]
        offset = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        owner[np.repeat(self.first_piece[rows], times) + offset] = np.repeat(rows, times)
        return owner


def needs_breaking(building: Building, rules: PlanRules, depth: int) -> bool:
    """Tell whether a building is broken by entrance or floor at this depth."""
    if not rules.may_break_buildings or building.households == 0:
        return False
    if building.households > rules.households_max:
        return True
    return depth >= BY_ENTRANCE and (len(building.entrances) > 1 or depth >= BY_FLOOR)


def build_atoms(
    buildings: Sequence[Building],
    pieces: Pieces,
    rules: PlanRules,
    depth: int | np.ndarray,
    held: Mapping[int, Sequence[Part]] | None = None,
) -> Atoms:
    """List the atoms of all buildings, in the order of the buildings given.

    Parameters
    ----------
    buildings, pieces
        Of the parent.
    rules
        The band.
    depth
        How far each building (B,), or every building, is broken.
    held
        Building index -> parts that must be atoms of their own; what is left of such a building becomes
        entrances and floors.
    """
    rows: list[tuple[int, ...]] = []
    depths = np.broadcast_to(depth, len(buildings)).tolist()
    for b, building in enumerate(buildings):
        first, count = int(pieces.first_piece[b]), int(pieces.piece_count[b])
        if held is not None and b in held:
            parts: Iterator[Part] = _parts_beside(building, held[b])
        elif needs_breaking(building, rules, depths[b]):
            parts = _parts_at_depth(building, rules, depths[b])
        else:
            rows.append((b, first, count, 0, 0, 0, building.households, True))
            continue
        rows += _rows_of(building, b, first, count, parts)
    return atoms_of(rows)


def atoms_of(rows: Sequence[tuple[int, ...]]) -> Atoms:
    """Make the table of atoms from rows in the order of the columns of `Atoms`."""
    building, first, count, entrance, low, high, households, ground = (
        np.array(rows, np.int64).reshape(-1, 8).T.copy()
    )
    return Atoms(building, first, count, entrance, low, high, households, ground.astype(bool))


def households_of(building: Building, part: Part) -> int:
    """Count the households of a part of a building."""
    if not part.entrance:
        return building.households
    entrance = next(e for e in building.entrances if e.number == part.entrance)
    if not part.low:
        return entrance.households
    return sum(share_evenly(entrance.households, entrance.storeys)[part.low - 1 : part.high])


def _rows_of(
    building: Building, b: int, first: int, count: int, parts: Iterator[Part]
) -> Iterator[tuple[int, ...]]:
    place = {e.number: i for i, e in enumerate(building.entrances)}
    for part in parts:
        households = households_of(building, part)
        if not part.entrance:
            yield b, first, count, *part, households, True
        else:
            yield b, first + place[part.entrance], 1, *part, households, part.low <= 1


def _parts_at_depth(building: Building, rules: PlanRules, depth: int) -> Iterator[Part]:
    for entrance in building.entrances:
        by_floor = entrance.households > rules.households_max or depth >= BY_FLOOR
        yield from _floors(entrance) if by_floor else (Part(entrance.number, 0, 0),)


def _floors(entrance: Entrance) -> Iterator[Part]:
    if entrance.storeys == 1:
        yield Part(entrance.number, 0, 0)
        return
    for floor in range(1, entrance.storeys + 1):
        yield Part(entrance.number, floor, floor)


def _parts_beside(building: Building, held: Sequence[Part]) -> Iterator[Part]:
    """Give the held parts and, in entrances they leave open, single floors or whole entrances."""
    if any(not part.entrance for part in held):
        yield WHOLE
        return
    for entrance in building.entrances:
        own = sorted(part for part in held if part.entrance == entrance.number)
        if not own or any(not part.low for part in own):
            yield Part(entrance.number, 0, 0)
            continue
        taken = {floor for part in own for floor in range(part.low, part.high + 1)}
        free = [f for f in range(1, entrance.storeys + 1) if f not in taken]
        yield from sorted([*own, *(Part(entrance.number, f, f) for f in free)], key=lambda part: part.low)
