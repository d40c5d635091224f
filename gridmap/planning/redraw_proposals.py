"""Which micro-grid a building that is in none should join: one it hangs together with on the graph.

Buildings are looked at one after the other, and what is proposed to one counts for the next: none is filled
beyond its room twice, and a row of new buildings follows the first of it. Buildings times micro-grids beside
them, times the atoms of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import shapely

from gridmap.planning.adjacency import BRIDGE
from gridmap.planning.components import find_components
from gridmap.planning.redraw_division import UNASSIGNED, Division


class Proposal(NamedTuple):
    """Where a building should go.

    Attributes
    ----------
    building_id
        The building.
    code
        Of the micro-grid; None where the parent has none that is not locked.
    households_after
        Of the micro-grid, with this building and those proposed before it.
    is_contiguous
        Whether the micro-grid is in one piece then; False names the nearest all the same.
    follows
        Whether it is so only once earlier proposals are taken.
    distance_m
        From the building to the nearest one of the micro-grid.
    """

    building_id: int
    code: str | None
    households_after: int | None
    is_contiguous: bool
    follows: bool
    distance_m: float | None


def propose(division: Division, building_ids: Iterable[int]) -> list[Proposal]:
    """Propose a micro-grid to each building for those of its atoms that are unassigned.

    One that is in one piece with it comes before any other, then room in the band, then the shorter way.
    Locked micro-grids are left out. Bridges over foreign land and barriers that are never crossed join
    nothing.

    Parameters
    ----------
    building_ids
        Buildings of the parent; where several want the same room, the earlier gets it.

    Returns
    -------
    list of Proposal
        In an order in which they can be taken, each leaving one piece where it says so.
    """
    state = _State(division)
    waiting = [division.building_of(id_)[0] for id_ in building_ids]
    proposals = []
    while waiting:
        found = ((b, best) for b in waiting if (best := state.find_beside(b)) is not None)
        b, best = next(found, (waiting[0], None))
        waiting.remove(b)
        proposals.append(state.take(b, best))
    return proposals


class _State:
    """The division with what has been proposed so far."""

    def __init__(self, division: Division) -> None:
        self._division = division
        self._labels = division.labels.copy()
        self._households = division.households[1:].copy()
        lived = {int(label) for label in set(division.labels.tolist()) - {UNASSIGNED}}
        self._open = sorted(lived - {division.codes.index(code) for code in division.locked})
        self._metres: dict[int, np.ndarray] = {}

    def find_beside(self, b: int) -> int | None:
        """Find the nearest micro-grid with room that is in one piece with a building."""
        rows, apart = self._atoms_of(b), self._apart(b)
        fitting = [
            label
            for label in self._beside(rows)
            if self._has_room(label, rows) and self._hangs_together(self._labels, label, rows)
        ]
        return min(fitting, key=lambda label: (apart[label], label), default=None)

    def take(self, b: int, label: int | None) -> Proposal:
        """Propose a label to a building; where there is none with room beside it, the best of the others."""
        division, rows, apart = self._division, self._atoms_of(b), self._apart(b)
        is_contiguous = label is not None
        if label is None:
            ranked = [(self._faults_of(one, rows), apart[one], one) for one in self._open]
            if not ranked:
                return Proposal(division.ground.buildings[b].id, None, None, False, False, None)
            (is_torn, _), _, label = min(ranked)
            is_contiguous = not is_torn
        households = int(division.graph.households[rows].sum())
        after = int(self._households[label]) + households
        if self._has_room(label, rows):
            self._households[label] = after
        if is_contiguous:
            self._labels[rows] = label
        return Proposal(
            division.ground.buildings[b].id,
            division.codes[label],
            after,
            is_contiguous,
            is_contiguous and not self._hangs_together(division.labels, label, rows),
            float(apart[label]),
        )

    def _faults_of(self, label: int, rows: np.ndarray) -> tuple[bool, bool]:
        """Tell whether a micro-grid would be torn, and whether it would be too large."""
        return not self._hangs_together(self._labels, label, rows), not self._has_room(label, rows)

    def _atoms_of(self, b: int) -> np.ndarray:
        return np.flatnonzero((self._division.atoms.building == b) & (self._division.labels == UNASSIGNED))

    def _has_room(self, label: int, rows: np.ndarray) -> bool:
        after = self._households[label] + self._division.graph.households[rows].sum()
        return bool(after <= self._division.rules.households_max)

    def _beside(self, rows: np.ndarray) -> Iterator[int]:
        """Give the open micro-grids that atoms touch."""
        graph = self._division.graph
        touched = np.isin(graph.ends, rows).any(axis=1) & (graph.crosses != BRIDGE)
        labels = set(self._labels[graph.ends[touched]].reshape(-1).tolist())
        return (label for label in self._open if label in labels)

    def _hangs_together(self, labels: np.ndarray, label: int, rows: np.ndarray) -> bool:
        """Tell whether a micro-grid is in one piece once it has these atoms.

        A bridge it needs already stays; none leads to the new atoms.
        """
        own = labels == label
        own[rows] = True
        place = np.cumsum(own) - 1
        graph = self._division.graph
        joined = own[graph.ends].all(axis=1)
        joined &= (graph.crosses != BRIDGE) | ~np.isin(graph.ends, rows).any(axis=1)
        ends = place[graph.ends[joined]]
        group = find_components(int(own.sum()), ends[:, 0].copy(), ends[:, 1].copy())
        return bool((group == group[0]).all())

    def _apart(self, b: int) -> np.ndarray:
        """Measure how far a building is from each micro-grid (m), infinite where that holds none."""
        if b in self._metres:
            return self._metres[b]
        division = self._division
        footprints = division.ground.footprints
        metres = shapely.distance(footprints[b], footprints)[division.atoms.building]
        apart = np.full(len(division.codes), np.inf)
        held = division.labels != UNASSIGNED
        np.minimum.at(apart, division.labels[held], metres[held])
        self._metres[b] = apart
        return apart
