"""Breaking buildings into atoms: whole building, entrance, single floor of an entrance.

A building is broken only as far as asked: at depth 0 buildings above the band are broken by entrance and
entrances above the band by floor; depth 1 also opens other buildings with several entrances, depth 2 also
the floors of each entrance. Floors that end in the same micro-grid are joined to a band afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.planning.pieces import Pieces
from gridmap.planning.rules import PlanRules

DEEPEST = 2


@dataclass(frozen=True)
class Entrance:
    """One stairwell: its number, households, storeys, and where it is known to stand (m)."""

    number: int
    households: int
    storeys: int
    at: tuple[float, float] | None = None


@dataclass(frozen=True)
class Building:
    """A building as the engine sees it (``compound`` -1 for none, ``footprint`` in metres)."""

    id: int
    name: str
    compound: int
    households: int
    is_estimate: bool
    footprint: shapely.Geometry
    entrances: tuple[Entrance, ...]


@dataclass(frozen=True)
class Atoms:
    """Atoms of one parent; entrance 0 and floor 0 mean the whole.

    Attributes
    ----------
    building, piece, entrance, floor, households
        (N,) building index, ground piece, entrance number, floor from 1 up, household count.
    on_ground
        (N,) true for the atom that owns its piece's ground.
    """

    building: np.ndarray
    piece: np.ndarray
    entrance: np.ndarray
    floor: np.ndarray
    households: np.ndarray
    on_ground: np.ndarray


def share_evenly(total: int, count: int) -> list[int]:
    """Split a total into ``count`` whole shares that differ by at most 1 and are spread evenly."""
    return [(i + 1) * total // count - i * total // count for i in range(count)]


def share_by_weight(total: int, weights: list[int]) -> list[int]:
    """Split a total in proportion to weights by largest remainder; the shares sum exactly."""
    whole = sum(weights)
    if whole == 0:
        return share_evenly(total, len(weights))
    shares = [total * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def share_households(total: int, known: list[int | None], storeys: list[int]) -> list[int]:
    """Distribute a building's households over its entrances.

    Known counts are kept while they fit the total; entrances without a count share the rest by storeys. The
    shares always sum to the total.
    """
    told = sum(k for k in known if k is not None)
    if all(k is None for k in known):
        return share_by_weight(total, storeys)
    if told > total or all(k is not None for k in known):
        return share_by_weight(total, [k or 0 for k in known])
    missing = [i for i, k in enumerate(known) if k is None]
    rest = iter(share_by_weight(total - told, [storeys[i] for i in missing]))
    return [next(rest) if k is None else k for k in known]


def needs_breaking(building: Building, rules: PlanRules, depth: int) -> bool:
    """Tell whether a building is broken by entrance or floor at this depth."""
    if not rules.may_break_buildings or building.households == 0:
        return False
    if building.households > rules.households_max:
        return True
    return depth >= 1 and (len(building.entrances) > 1 or depth >= DEEPEST)


def build_pieces(buildings: list[Building], rules: PlanRules, depth: int) -> Pieces:
    """Tell how each footprint is cut along its long axis."""
    count = np.array(
        [len(b.entrances) if needs_breaking(b, rules, depth) else 1 for b in buildings], np.int64
    )
    first = np.cumsum(count) - count
    axis = np.zeros((len(buildings), 4))
    cuts: list[np.ndarray] = [np.empty(0)] * len(buildings)
    for i in np.flatnonzero(count > 1):
        axis[i], cuts[i] = _cut_positions(buildings[i])
    footprints = np.array([b.footprint for b in buildings], dtype=object)
    return Pieces(footprints, first, count, axis, cuts)


def _cut_positions(building: Building) -> tuple[np.ndarray, np.ndarray]:
    """Return the axis (origin, direction) and the cuts between neighbouring entrances."""
    box = shapely.get_coordinates(shapely.oriented_envelope(building.footprint))
    if len(box) < 4:
        box = np.array(shapely.box(*shapely.bounds(building.footprint)).exterior.coords)
    u, v = box[1] - box[0], box[2] - box[1]
    direction = u if np.hypot(*u) >= np.hypot(*v) else v
    direction = direction / max(np.hypot(*direction), 1e-9)
    if direction[0] < -1e-9 or (abs(direction[0]) <= 1e-9 and direction[1] > 0):
        direction = -direction  # number from west to east, else from north to south
    along = (shapely.get_coordinates(building.footprint) - box[0]) @ direction
    low, high = along.min(), along.max()
    n = len(building.entrances)
    points = [e.at for e in building.entrances]
    cuts = low + (high - low) * np.arange(1, n) / n
    if all(p is not None for p in points):
        where = (np.array(points, float) - box[0]) @ direction
        middle = (where[1:] + where[:-1]) / 2
        gap = 0.1 * (high - low) / n
        wide_enough = (np.diff(np.concatenate([[low], middle, [high]])) > gap).all()
        if (np.diff(where) > 0).all() and wide_enough:
            cuts = middle
    return np.array([*box[0], *direction]), cuts


def order_entrances(building_footprint: shapely.Geometry, entrances: list[Entrance]) -> tuple[Entrance, ...]:
    """Return entrances in the order they stand along the long axis, by number where places are unknown."""
    if len(entrances) < 2 or any(e.at is None for e in entrances):
        return tuple(sorted(entrances, key=lambda e: e.number))
    draft = Building(0, "", -1, 0, False, building_footprint, tuple(entrances))
    axis = _cut_positions(draft)[0]
    return tuple(
        sorted(
            entrances,
            key=lambda e: (e.at[0] - axis[0]) * axis[2] + (e.at[1] - axis[1]) * axis[3] if e.at else 0.0,
        )
    )


def build_atoms(buildings: list[Building], pieces: Pieces, rules: PlanRules, depth: int) -> Atoms:
    """List the atoms of all buildings, in the order of the buildings given."""
    rows: list[tuple[int, int, int, int, int, bool]] = []
    for b, building in enumerate(buildings):
        first = int(pieces.first_piece[b])
        if not needs_breaking(building, rules, depth):
            rows.append((b, first, 0, 0, building.households, True))
            continue
        for i, entrance in enumerate(building.entrances):
            by_floor = entrance.households > rules.households_max or depth >= DEEPEST
            if not by_floor or entrance.storeys == 1:
                rows.append((b, first + i, entrance.number, 0, entrance.households, True))
                continue
            for floor, households in enumerate(share_evenly(entrance.households, entrance.storeys), 1):
                rows.append((b, first + i, entrance.number, floor, households, floor == 1))
    table = np.array(rows, np.int64).reshape(-1, 6)
    building, piece, entrance, floor, households = table[:, :5].T.copy()
    return Atoms(building, piece, entrance, floor, households, table[:, 5].astype(bool))
