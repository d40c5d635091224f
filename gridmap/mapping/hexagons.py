"""Hexagons of fixed size and place: a geography that no plan, no window and no zoom moves.

Pointy-topped hexagons on axial rows; a point goes to the nearest centre, by rounding cube coordinates. The
lattice hangs on whole degrees near the city, so it stays when the city's border moves a little, and the codes
of its cells say where it hangs. Being laid in a local frame (`LocalFrame`), cells are equal in area within
about one in fifty, one degree away.

Time: O(n) for n points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.planning.frames import LocalFrame

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SIDE_M = 250.0
SPAN = 1 << 20
"""Rows and columns lie within (-SPAN, SPAN): far beyond any country."""


@dataclass(frozen=True)
class HexagonGrid:
    """A lattice of hexagons.

    Attributes
    ----------
    lon, lat
        Whole degrees (EPSG:4326) on which the middle of cell 0, 0 lies.
    side_m
        Length of a side, metres; a cell has 2.598 times its square.
    """

    lon: int
    lat: int
    side_m: float = SIDE_M

    @classmethod
    def around(cls, lon: float, lat: float, side_m: float = SIDE_M) -> HexagonGrid:
        """Build the lattice that hangs on the whole degrees nearest to a place."""
        return cls(round(lon), round(lat), side_m)

    def find_cells(self, lonlat: ArrayLike) -> NDArray[np.int64]:
        """Find the cell of each point.

        Parameters
        ----------
        lonlat
            (n, 2) longitude and latitude; a point on a border belongs to one of its cells, always the same.

        Returns
        -------
        ndarray
            (n,) numbers of cells.
        """
        x, y = self._metres(np.asarray(lonlat, dtype=float).reshape(-1, 2)).T
        column = (np.sqrt(3) / 3 * x - y / 3) / self.side_m
        row = 2 / 3 * y / self.side_m
        third = -column - row
        near = np.round(np.column_stack([column, row, third]))
        off = np.abs(near - np.column_stack([column, row, third]))
        worst = np.argmax(off, axis=1)
        near[worst == 0, 0] = -(near[worst == 0, 1] + near[worst == 0, 2])
        near[worst == 1, 1] = -(near[worst == 1, 0] + near[worst == 1, 2])
        return _number(near[:, 0].astype(np.int64), near[:, 1].astype(np.int64))

    def cover(self, ground: shapely.Geometry) -> NDArray[np.int64]:
        """List the cells that meet a ground (EPSG:4326), by rising number."""
        if shapely.is_empty(ground):
            return np.zeros(0, dtype=np.int64)
        west, south, east, north = shapely.bounds(ground)
        (left, low), (right, high) = self._metres(np.array([(west, south), (east, north)]))
        rows = np.arange(np.floor(low / self.side_m / 1.5) - 1, np.ceil(high / self.side_m / 1.5) + 2)
        wide = np.sqrt(3) * self.side_m
        halves = np.arange(np.floor(left / wide) - 1, np.ceil(right / wide) + 2)
        row, column = np.meshgrid(rows.astype(np.int64), halves.astype(np.int64))
        cells = np.sort(_number(column - row // 2, row).ravel())
        shapely.prepare(ground)
        return cells[shapely.intersects(ground, self.draw_cells(cells))]

    def name_cells(self, cells: ArrayLike) -> list[str]:
        """Give each cell its public code: side, degrees the lattice hangs on, column and row."""
        column, row = _place(np.asarray(cells, dtype=np.int64))
        hung = f"H{self.side_m:g}-{self.lon}-{self.lat}"
        return [f"{hung}-{q}-{r}" for q, r in zip(column.tolist(), row.tolist(), strict=True)]

    def find_middles_m(self, cells: ArrayLike) -> NDArray[np.float64]:
        """Give the middle of each cell, (n, 2) metres from where the lattice hangs."""
        column, row = _place(np.asarray(cells, dtype=np.int64))
        return np.column_stack([np.sqrt(3) * (column + row / 2), 1.5 * row]) * self.side_m

    def draw_cells(self, cells: ArrayLike) -> NDArray[np.object_]:
        """Draw each cell as a polygon (EPSG:4326); neighbours share their corners exactly."""
        column, row = _place(np.asarray(cells, dtype=np.int64))
        # Corners on a lattice of thirds of a row and halves of a column, so that each is worked out one way.
        half_columns = (2 * column + row)[:, None] + np.array([1, 1, 0, -1, -1, 0])
        half_sides = (3 * row)[:, None] + np.array([-1, 1, 2, 1, -1, -2])
        corners = np.stack([half_columns * (np.sqrt(3) / 2), half_sides * 0.5], axis=-1) * self.side_m
        frame = self._frame
        lonlat = corners / (frame.x_m, frame.y_m) + (self.lon, self.lat)
        return np.asarray(shapely.polygons(lonlat), dtype=object)

    def pair_neighbours(self, cells: ArrayLike) -> NDArray[np.int64]:
        """Pair the cells that share a side: (m, 2) positions in `cells`, each pair once."""
        number = np.asarray(cells, dtype=np.int64)
        column, row = _place(number)
        order = np.argsort(number)
        pairs = []
        for by_column, by_row in ((1, 0), (0, 1), (1, -1)):
            wanted = _number(column + by_column, row + by_row)
            at = np.minimum(np.searchsorted(number, wanted, sorter=order), len(number) - 1)
            there = number[order[at]] == wanted
            pairs.append(np.column_stack([np.flatnonzero(there), order[at[there]]]))
        return np.concatenate(pairs)

    @property
    def _frame(self) -> LocalFrame:
        return LocalFrame.around(np.array([self.lon, self.lat, self.lon, self.lat], dtype=float))

    def _metres(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        frame = self._frame
        return np.asarray((lonlat - (self.lon, self.lat)) * (frame.x_m, frame.y_m))


def _number(column: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray((column + SPAN) * (2 * SPAN) + row + SPAN)


def _place(cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    column, row = np.divmod(cells, 2 * SPAN)
    return column - SPAN, row - SPAN
