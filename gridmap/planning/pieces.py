"""What stands on the ground of a parent: footprints, or entrances cut from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely


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


def cut_lines(pieces: Pieces) -> list[shapely.Geometry]:
    """Return the lines (m) that cut footprints into entrances."""
    lines = []
    for b in np.flatnonzero(pieces.piece_count > 1):
        ox, oy, ux, uy = pieces.axis[b]
        reach = shapely.length(pieces.footprints[b])
        for t in pieces.cuts[b]:
            x, y = ox + ux * t, oy + uy * t
            line = shapely.LineString([(x - uy * reach, y + ux * reach), (x + uy * reach, y - ux * reach)])
            lines.append(shapely.intersection(line, pieces.footprints[b]))
    return lines
