"""What stands on the ground of a parent: footprints, or entrances cut from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from gridmap.planning.buildings import Building


@dataclass(frozen=True)
class Pieces:
    """What stands on the ground: footprints, or entrances cut from them.

    Attributes
    ----------
    footprints
        (B,) polygons in metres.
    first_piece, piece_count
        (B,) the pieces of a footprint are numbered consecutively along its axis.
    axis
        (B, 4) origin and unit direction along which a footprint is cut.
    cuts
        Per footprint, ascending positions of the cuts along the axis in metres.
    """

    footprints: np.ndarray
    first_piece: np.ndarray
    piece_count: np.ndarray
    axis: np.ndarray
    cuts: list[np.ndarray]

    @property
    def count(self) -> int:
        """Number of pieces."""
        return int(self.piece_count.sum())

    @property
    def building(self) -> np.ndarray:
        """(P,) the footprint each piece is cut from."""
        return np.repeat(np.arange(len(self.piece_count)), self.piece_count)


def build_pieces(buildings: list[Building], *, by_entrance: bool) -> Pieces:
    """Cut the footprints of homes with several entrances along their long axis, whether broken later or not.

    The land is then divided once for all: breaking a building or making it whole again moves no border.
    """
    count = np.array(
        [len(b.entrances) if by_entrance and b.households > 0 else 1 for b in buildings], np.int64
    )
    first = np.cumsum(count) - count
    axis = np.zeros((len(buildings), 4))
    cuts: list[np.ndarray] = [np.empty(0)] * len(buildings)
    for i in np.flatnonzero(count > 1):
        axis[i], cuts[i] = cut_positions(buildings[i].footprint, [e.at for e in buildings[i].entrances])
    footprints = np.array([b.footprint for b in buildings], dtype=object)
    return Pieces(footprints, first, count, axis, cuts)


def cut_positions(
    footprint: shapely.Geometry, doors: list[tuple[float, float] | None]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the axis (origin, direction) and the cuts between neighbouring entrances.

    Cuts lie halfway between known doors where these stand in order and far enough apart, else evenly.
    """
    box = shapely.get_coordinates(shapely.oriented_envelope(footprint))
    if len(box) < 4:
        box = np.array(shapely.box(*shapely.bounds(footprint)).exterior.coords)
    u, v = box[1] - box[0], box[2] - box[1]
    direction = u if np.hypot(*u) >= np.hypot(*v) else v
    direction = direction / max(np.hypot(*direction), 1e-9)
    if direction[0] < -1e-9 or (abs(direction[0]) <= 1e-9 and direction[1] > 0):
        direction = -direction  # number from west to east, else from north to south
    along = (shapely.get_coordinates(footprint) - box[0]) @ direction
    low, high = along.min(), along.max()
    n = len(doors)
    cuts = low + (high - low) * np.arange(1, n) / n
    if all(p is not None for p in doors):
        where = (np.array(doors, float) - box[0]) @ direction
        middle = (where[1:] + where[:-1]) / 2
        gap = 0.1 * (high - low) / n
        wide_enough = (np.diff(np.concatenate([[low], middle, [high]])) > gap).all()
        if (np.diff(where) > 0).all() and wide_enough:
            cuts = middle
    return np.array([*box[0], *direction]), cuts
