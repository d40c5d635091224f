"""Drawing the polygons of a division: all of them, or those that a change touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning.boundaries import draw_territories, touched_by

if TYPE_CHECKING:
    from gridmap.planning.redraw_division import Division

GONE = -2


def territory_of(division: Division) -> np.ndarray:
    """Return the row among the polygons of each ground piece."""
    owner = division.atoms.owner_of_pieces(division.ground.pieces.count)
    return np.where(owner >= 0, division.labels[owner] + 1, 0)


def draw_all(division: Division) -> np.ndarray:
    """Draw all polygons of a division."""
    count = len(division.codes) + 1
    return draw_territories(
        division.ground.outlines, territory_of(division), count, division.rules.simplify_m
    )


def draw_again(before: Division, after: Division) -> np.ndarray:
    """Draw the polygons of a division that differ from the one before; the same bytes as ``draw_all``."""
    place = {code: row for row, code in enumerate(after.codes)}
    moved = np.array([0, *(place.get(code, GONE) + 1 for code in before.codes)], np.int64)
    polygons = np.full(len(after.codes) + 1, None, dtype=object)
    kept = np.array([code in place for code in before.codes], bool)
    polygons[moved[1:][kept]] = before.polygons[1:][kept]
    polygons[0] = before.polygons[0]
    old, new = moved[territory_of(before)], territory_of(after)
    wanted = np.zeros(len(polygons), bool)
    wanted[touched_by(after.ground.outlines, old, new)] = True
    if not wanted.any():
        return polygons
    outlines, tolerance = after.ground.outlines, after.rules.simplify_m
    polygons[wanted] = draw_territories(outlines, new, len(polygons), tolerance, wanted)[wanted]
    return polygons
