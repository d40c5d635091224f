"""Geographies: the cells of a city, and by what rule an issue finds its own.

A building belongs to a cell and takes its issues with it; a divided building is told apart by entrance and
floor; only where neither settles it the point decides (on a border: the cell of the lower id). That holds for
the micro-grids of what is published or of any plan, for the city's areas, and for fixed hexagons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.mapping.hexagons import HexagonGrid
from gridmap.services.heat_ledger import NO_ENTRANCE, NO_FLOOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from gridmap.services.heat_ledger import Columns

    Settle = Callable[[Columns], tuple[NDArray[np.int32], NDArray[np.bool_]]]


@dataclass(frozen=True)
class Geography:
    """Cells, arrays of (k,), and how issues find theirs.

    Attributes
    ----------
    key, version
        What it is, and the mark of what it was made from; empty where it must not be kept.
    lineage
        (k,) tuples of ids of the areas a cell lies in; empty for hexagons.
    plan_id
        (k,) plan of each micro-grid; 0 for others.
    shapes
        (k,) shapely geometries (EPSG:4326); a micro-grid without ground has none.
    lonlat
        (k, 2) a point to stand for the cell.
    settle
        Columns of issues -> their cells (-1 = none), and whether a point alone has put them there.
    dwellings
        Of hexagons: the buildings with their cell, grid and households, since areas do not end with them.
    windows
        Level -> windows of its test; filled by `gridmap.services.heat_trials`.
    """

    key: str
    version: str
    code: NDArray[np.object_]
    name: NDArray[np.object_]
    households: NDArray[np.int64]
    households_estimated: NDArray[np.bool_]
    lineage: list[tuple[int, ...]]
    plan_id: NDArray[np.int64]
    shapes: NDArray[np.object_]
    lonlat: NDArray[np.float64]
    settle: Settle
    dwellings: pd.DataFrame | None = None
    windows: dict[str, csr_matrix] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.code)

    def cells_of(self, area_id: int) -> NDArray[np.bool_]:
        """Tell which cells lie in an area."""
        return np.fromiter((area_id in line for line in self.lineage), dtype=bool, count=len(self.lineage))

    def ids_in(self, area_id: int) -> NDArray[np.int64]:
        """Give the ids of the cells that lie in an area, where cells are areas themselves."""
        return np.array([line[-1] for line in self.lineage], dtype=np.int64)[self.cells_of(area_id)]

    @property
    def grounds(self) -> NDArray[np.object_]:
        """(k,) the shapes, a point for a cell without ground."""
        grounds = self.shapes.copy()
        without = shapely.is_missing(grounds)
        grounds[without] = shapely.points(self.lonlat[without])
        return grounds


@dataclass(frozen=True)
class City:
    """Areas and buildings of the whole city, as frames."""

    areas: pd.DataFrame
    buildings: pd.DataFrame


def build_micro_grids(
    city: City, cells: pd.DataFrame, parts: pd.DataFrame, key: str, version: str
) -> Geography:
    """Build the micro-grids of a plan as cells."""
    lineage = dict(zip(city.areas["id"], map(tuple, city.areas["lineage"]), strict=True))
    ids = cells["id"].to_numpy(dtype=np.int64)
    parts = parts.assign(cell=np.searchsorted(ids, parts["micro_grid_id"].to_numpy(dtype=np.int64)))
    of_building = parts.groupby("building_id")["cell"].agg(["min", "max"])
    whole = of_building["min"].where(of_building["min"] == of_building["max"], -1)
    homes = _Homes(whole.index.to_numpy(dtype=np.int64), whole.to_numpy(dtype=np.int32))
    divided = parts[parts["building_id"].isin(whole.index[whole == -1])]
    shapes = cells["geometry"].to_numpy(dtype=object)
    tree = shapely.STRtree(shapes)

    def settle(columns: Columns) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        cell = homes.find(columns["building_id"])
        _settle_parts(cell, columns, divided)
        return _settle_points(cell, columns, tree)

    return Geography(
        key=key,
        version=version,
        code=cells["code"].to_numpy(dtype=object),
        name=cells["name"].to_numpy(dtype=object),
        households=cells["households"].to_numpy(dtype=np.int64),
        households_estimated=cells["households_estimated"].to_numpy(dtype=bool),
        lineage=[lineage[grid] for grid in cells["grid_id"]],
        plan_id=cells["plan_id"].to_numpy(dtype=np.int64),
        shapes=shapes,
        lonlat=cells[["lon", "lat"]].to_numpy(dtype=float),
        settle=settle,
    )


def build_areas(city: City, level: str, key: str, version: str) -> Geography:
    """Build the areas of a level as cells."""
    grids = city.areas[city.areas["level"] == "grid"]
    cells = city.areas[city.areas["level"] == level]
    row_of = {area: row for row, area in enumerate(cells["id"])}
    cell_of_grid = np.array(
        [next((row_of[area] for area in line if area in row_of), -1) for line in grids["lineage"]],
        dtype=np.int32,
    )
    known = city.buildings[city.buildings["grid_id"] > 0]
    grid_row = np.searchsorted(
        grids["id"].to_numpy(dtype=np.int64), known["grid_id"].to_numpy(dtype=np.int64)
    )
    cell_of_building = cell_of_grid[grid_row]
    homes = _Homes(known["id"].to_numpy(dtype=np.int64), cell_of_building)
    tree = shapely.STRtree(grids["geometry"].to_numpy(dtype=object))

    def settle(columns: Columns) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        cell, by_point = _settle_points(homes.find(columns["building_id"]), columns, tree)
        cell[by_point] = cell_of_grid[cell[by_point]]
        return cell, by_point

    households, estimated = total_households(known, cell_of_building, len(cells))
    shapes = cells["geometry"].to_numpy(dtype=object)
    return Geography(
        key=key,
        version=version,
        code=cells["code"].to_numpy(dtype=object),
        name=cells["name"].to_numpy(dtype=object),
        households=households,
        households_estimated=estimated,
        lineage=[tuple(line) for line in cells["lineage"]],
        plan_id=np.zeros(len(cells), dtype=np.int64),
        shapes=shapes,
        lonlat=_points_of(shapes),
        settle=settle,
    )


def build_hexagons(city: City, key: str, version: str) -> Geography:
    """Lay hexagons over all districts; the lattice hangs on the whole degrees nearest to the first one."""
    districts = city.areas.loc[city.areas["level"] == "district", "geometry"].to_numpy(dtype=object)
    buildings = city.buildings[["lon", "lat"]].to_numpy(dtype=float)
    ground = shapely.union_all(districts)
    if len(districts):
        middle = shapely.centroid(districts[0])
        lattice = HexagonGrid.around(middle.x, middle.y)
    else:
        lattice = HexagonGrid(0, 0)
    cells = lattice.cover(ground)
    of_building = _rows_of(cells, lattice.find_cells(buildings))
    homes = _Homes(city.buildings["id"].to_numpy(dtype=np.int64), of_building)

    def settle(columns: Columns) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        cell = homes.find(columns["building_id"])
        alone = np.flatnonzero((cell < 0) & ~np.isnan(columns["lon"]))
        lonlat = np.column_stack([columns["lon"][alone], columns["lat"][alone]])
        cell[alone] = _rows_of(cells, lattice.find_cells(lonlat))
        by_point = np.zeros(len(cell), dtype=bool)
        by_point[alone] = cell[alone] >= 0
        return cell, by_point

    dwellings = city.buildings.assign(cell=of_building)
    dwellings = dwellings[dwellings["grid_id"] > 0]
    households, estimated = total_households(
        dwellings, dwellings["cell"].to_numpy(dtype=np.int32), len(cells)
    )
    names = np.array(lattice.name_cells(cells), dtype=object)
    shapes = lattice.draw_cells(cells)
    return Geography(
        key=key,
        version=version,
        code=names,
        name=names,
        households=households,
        households_estimated=estimated,
        lineage=[()] * len(cells),
        plan_id=np.zeros(len(cells), dtype=np.int64),
        shapes=shapes,
        lonlat=_points_of(shapes),
        settle=settle,
        dwellings=dwellings,
    )


@dataclass(frozen=True)
class _Homes:
    """Buildings by ascending id with their cells; -1 where the building alone does not tell."""

    building_id: NDArray[np.int64]
    cell: NDArray[np.int32]

    def find(self, building_id: NDArray[np.int64]) -> NDArray[np.int32]:
        row = _rows_of(self.building_id, building_id)
        return np.append(self.cell, np.int32(-1))[row]


def _settle_parts(cell: NDArray[np.int32], columns: Columns, divided: pd.DataFrame) -> None:
    """Settle the issues of divided buildings whose entrance and floor leave one cell."""
    rows = np.flatnonzero((cell < 0) & np.isin(columns["building_id"], divided["building_id"].to_numpy()))
    told = {name: columns[name][rows] for name in ("building_id", "entrance", "floor")}
    asked = pd.DataFrame({"row": rows, **told})
    both = asked.merge(divided, on="building_id", suffixes=("", "_of_part"))
    fits = (
        (both["entrance"] == NO_ENTRANCE)
        | (both["entrance_of_part"] == NO_ENTRANCE)
        | (both["entrance"] == both["entrance_of_part"])
    ) & ((both["floor"] == NO_FLOOR) | both["floor"].between(both["floor_from"], both["floor_to"]))
    left = both[fits].groupby("row")["cell"].agg(["min", "max"])
    single = left[left["min"] == left["max"]]
    cell[single.index.to_numpy(dtype=np.int64)] = single["min"].to_numpy(dtype=np.int32)


def _settle_points(
    cell: NDArray[np.int32], columns: Columns, tree: shapely.STRtree
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Settle what is left by its point; shapes come in the order of ids, and the first that holds it wins."""
    by_point = np.zeros(len(cell), dtype=bool)
    rows = np.flatnonzero((cell < 0) & ~np.isnan(columns["lon"]))
    if not len(rows):
        return cell, by_point
    lonlat = np.column_stack([columns["lon"][rows], columns["lat"][rows]])
    places, of_place = np.unique(lonlat, axis=0, return_inverse=True)
    point, shape = tree.query(shapely.points(places), predicate="intersects")
    lowest = np.full(len(places), len(tree), dtype=np.int64)
    np.minimum.at(lowest, point, shape)
    found = lowest[of_place]
    cell[rows] = np.where(found < len(tree), found, -1)
    by_point[rows] = found < len(tree)
    return cell, by_point


def total_households(
    buildings: pd.DataFrame, cell: NDArray[np.int32], cells: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Add up the households of buildings by cell, and tell where some of them are estimated."""
    homes = buildings["households"].to_numpy(dtype=np.int64)
    guessed = np.where(buildings["households_estimated"].to_numpy(dtype=bool), homes, 0)
    total, estimated = (np.bincount(cell + 1, number, cells + 1)[1:] for number in (homes, guessed))
    return total.astype(np.int64), estimated > 0


def _rows_of(known: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int32]:
    """Find where each wanted number stands among rising known ones; -1: nowhere."""
    if not len(known):
        return np.full(len(wanted), -1, dtype=np.int32)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[at] == wanted, at, -1).astype(np.int32)


def _points_of(shapes: NDArray[Any]) -> NDArray[np.float64]:
    return shapely.get_coordinates(shapely.point_on_surface(shapes))
