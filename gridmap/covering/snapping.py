# mypy: disable-error-code="no-untyped-def"
"""Compiled kernels that find the nearest edge of places: the pieces of the edges, sorted into square cells.

Cells are looked through outwards from the place until no piece farther out can be nearer. Time and memory
are linear in the pieces and their metres, then constant for each place in a city whose streets are evenly
spread.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

CELL_M = 40.0
CELLS_A_PIECE = 8
SLIP_M = 1e-6
"""A piece that runs along the side of a cell belongs to both cells."""


@njit(cache=True, nogil=True)
def _columns(xy, piece, low_y, high_y):
    """Return from where to where a piece runs in x while y lies between two; the first larger: nowhere."""
    x0, y0, x1, y1 = xy[piece, 0], xy[piece, 1], xy[piece + 1, 0], xy[piece + 1, 1]
    if max(y0, y1) < low_y or min(y0, y1) > high_y:
        return np.inf, -np.inf
    if y0 == y1:
        return min(x0, x1), max(x0, x1)
    begin, end = (low_y - y0) / (y1 - y0), (high_y - y0) / (y1 - y0)
    begin, end = max(min(begin, end), 0.0), min(max(begin, end), 1.0)
    at_begin, at_end = x0 + begin * (x1 - x0), x0 + end * (x1 - x0)
    return min(at_begin, at_end), max(at_begin, at_end)


@njit(cache=True, nogil=True)
def _sort_pieces(xy, pieces, origin, cell_m, across, up, begins, listed):
    """Go through the cells of each piece: count pieces in ``begins``, or list them where there is room."""
    for piece in pieces:
        low = int((min(xy[piece, 1], xy[piece + 1, 1]) - SLIP_M - origin[1]) // cell_m)
        high = int((max(xy[piece, 1], xy[piece + 1, 1]) + SLIP_M - origin[1]) // cell_m)
        for row in range(max(low, 0), min(high, up - 1) + 1):
            low_y = origin[1] + row * cell_m
            west, east = _columns(xy, piece, low_y - SLIP_M, low_y + cell_m + SLIP_M)
            if west > east:
                continue
            first = max(int((west - SLIP_M - origin[0]) // cell_m), 0)
            last = min(int((east + SLIP_M - origin[0]) // cell_m), across - 1)
            for column in range(first, last + 1):
                cell = row * across + column
                if len(listed):
                    listed[begins[cell]] = piece
                begins[cell] += 1


@njit(cache=True, nogil=True)
def sort_into_cells(xy, pieces):
    """Sort pieces into cells; piece k runs from vertex k to the next.

    Returns
    -------
    tuple
        Corner of the cells (2,), metres of a side, cells across and up, where the pieces of each cell begin,
        the pieces by cell.
    """
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for piece in pieces:
        for side in range(2):
            low[side] = min(low[side], xy[piece, side], xy[piece + 1, side])
            high[side] = max(high[side], xy[piece, side], xy[piece + 1, side])
    if not len(pieces):
        low[:], high[:] = 0.0, 0.0
    ground_m2 = (high[0] - low[0] + CELL_M) * (high[1] - low[1] + CELL_M)
    cell_m = max(CELL_M, math.sqrt(ground_m2 / (CELLS_A_PIECE * (len(pieces) + 1))))
    across, up = int((high[0] - low[0]) / cell_m) + 1, int((high[1] - low[1]) / cell_m) + 1
    counts = np.zeros(across * up, np.int64)
    _sort_pieces(xy, pieces, low, cell_m, across, up, counts, np.empty(0, np.int32))
    begins = np.zeros(across * up + 1, np.int64)
    begins[1:] = np.cumsum(counts)
    listed = np.empty(max(begins[-1], 1), np.int32)
    _sort_pieces(xy, pieces, low, cell_m, across, up, begins[:-1].copy(), listed)
    return low, cell_m, across, up, begins, listed


@njit(cache=True, nogil=True)
def _measure_to(xy, piece, x, y):
    """Return squared distance to a piece, its squared length, and the share of it to the nearest point."""
    x0, y0 = xy[piece, 0], xy[piece, 1]
    along_x, along_y = xy[piece + 1, 0] - x0, xy[piece + 1, 1] - y0
    to_x, to_y = x - x0, y - y0
    length_2 = along_x * along_x + along_y * along_y
    inside = to_x * along_x + to_y * along_y
    if inside <= 0.0:
        return to_x * to_x + to_y * to_y, length_2, 0.0
    if inside >= length_2:
        to_x, to_y = to_x - along_x, to_y - along_y
        return to_x * to_x + to_y * to_y, length_2, 1.0
    across = to_x * along_y - to_y * along_x
    return across * across / length_2, length_2, inside / length_2


@njit(cache=True, nogil=True)
def find_nearest(places, farthest_m, xy, edge_of, until_m, cells):
    """Find the nearest edge of each place; of edges equally near the one of the lowest row.

    Parameters
    ----------
    places
        (n, 2) metres.
    farthest_m
        Edges farther than this are not looked for.
    xy, edge_of, until_m
        (V, 2) vertices of all edges one after the other, (V,) their edge and the metres along it up to each.
    cells
        From `sort_into_cells`.

    Returns
    -------
    edge
        (n,) row of the edge, -1 where there is none.
    along_m
        (n,) metres along it in the same frame as ``xy``.
    offset_m
        (n,) metres from the place to it; inf where there is none.
    """
    low, cell_m, across, up, begins, listed = cells
    edge, along_m = np.full(len(places), -1), np.zeros(len(places))
    offset_m = np.full(len(places), np.inf)
    for row in range(len(places)):
        x, y = places[row, 0], places[row, 1]
        column_at, row_at = int((x - low[0]) // cell_m), int((y - low[1]) // cell_m)
        aside, above = x - low[0] - column_at * cell_m, y - low[1] - row_at * cell_m
        to_side_m = min(aside, cell_m - aside, above, cell_m - above)
        best_m, best_m2, best = farthest_m, farthest_m * farthest_m, -1
        ring = 0
        while ring == 0 or (ring - 1) * cell_m + to_side_m <= best_m:
            for j in range(max(row_at - ring, 0), min(row_at + ring, up - 1) + 1):
                step = 1 if abs(j - row_at) == ring else max(2 * ring, 1)
                for i in range(column_at - ring, column_at + ring + 1, step):
                    if i < 0 or i >= across:
                        continue
                    for at in range(begins[j * across + i], begins[j * across + i + 1]):
                        piece = listed[at]
                        far_m2, length_m2, share = _measure_to(xy, piece, x, y)
                        if far_m2 > best_m2:
                            continue
                        from_m = until_m[piece] + share * math.sqrt(length_m2)
                        other = edge_of[piece]
                        if far_m2 == best_m2 and best >= 0 and (other, from_m) >= (best, along_m[row]):
                            continue
                        best_m2, best, along_m[row] = far_m2, other, from_m
            best_m = math.sqrt(best_m2)
            ring += 1
        if best >= 0:
            edge[row], offset_m[row] = best, best_m
    return edge, along_m, offset_m
