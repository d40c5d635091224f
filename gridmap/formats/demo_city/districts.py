"""Streets, communities and grids of a demo district: which cell belongs where, and their codes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.formats.demo_city.layout import Cell, Layout
from gridmap.formats.demo_city.sizes import Size

Integers = npt.NDArray[np.int64]
Table = npt.NDArray[np.float64]
_BORDER_M = 30.0


@dataclass(frozen=True)
class Hierarchy:
    """Which street, community and grid each cell is, numbered west to east and north to south.

    Attributes
    ----------
    street, community, grid
        Per cell: street in the district, community in the street, grid in the community, from 1.
    codes
        Per cell: the 15-digit code of its grid.
    """

    street: Integers
    community: Integers
    grid: Integers
    codes: list[str]


def build_hierarchy(layout: Layout, size: Size, district_code: str) -> Hierarchy:
    """Gather quarters to streets and near relatives among cells to communities."""
    cells = layout.cells
    geoms = np.array([cell.geom for cell in cells], dtype=object)
    borders = _borders(geoms)
    quarter_of = np.array([cell.quarter for cell in cells])
    quarters = [np.flatnonzero(quarter_of == quarter) for quarter in np.unique(quarter_of)]
    weights = np.array([cell.zone not in ("river", "coast") for cell in cells], dtype=float)
    streets = _gather(quarters, borders, weights, lambda groups, _: len(groups) > size.streets)
    street, community, grid = (np.zeros(len(cells), dtype=np.int64) for _ in range(3))
    for street_number, members in enumerate(_in_reading_order(streets, geoms, size.height_m / 3.4), start=1):
        street[members] = street_number
        near = [group for quarter in np.unique(quarter_of[members]) for group in _relatives(
            np.flatnonzero(quarter_of == quarter), cells, 0, size.grids_per_community - 1)]  # fmt: skip
        communities = _gather(near, borders, np.ones(len(cells)), _smaller_than(size.grids_per_community / 2))
        for number, block in enumerate(_in_reading_order(communities, geoms, 600.0), start=1):
            community[block] = number
            singles = [np.array([cell]) for cell in block]
            for grid_number, single in enumerate(_in_reading_order(singles, geoms, 190.0), start=1):
                grid[single] = grid_number
    codes = [f"{district_code}{s:03d}{c:03d}{g:03d}" for s, c, g in zip(street, community, grid, strict=True)]
    return Hierarchy(street, community, grid, codes)


def _borders(geoms: npt.NDArray[np.object_]) -> Table:
    """Measure the common border of every two cells, in metres."""
    first, second = shapely.STRtree(geoms).query(geoms, predicate="intersects")
    keep = first < second
    first, second = first[keep], second[keep]
    common = shapely.length(shapely.intersection(geoms[first], geoms[second]))
    table = np.zeros((len(geoms), len(geoms)))
    table[first, second] = table[second, first] = common
    return table


def _relatives(members: Integers, cells: list[Cell], depth: int, most: int) -> list[Integers]:
    """Follow the cuts of a quarter down until no more than ``most`` cells stay together."""
    if len(members) <= most:
        return [members]
    sides = np.array([cells[member].path[depth] for member in members])
    parts = [members[sides == side] for side in (0, 1)]
    return [group for part in parts for group in _relatives(part, cells, depth + 1, most)]


def _smaller_than(least: float) -> Callable[[list[Integers], Table], bool]:
    return lambda groups, weights: len(groups) > 1 and bool(weights.min() < least)


def _gather(
    groups: list[Integers],
    borders: Table,
    cell_weights: Table,
    goes_on: Callable[[list[Integers], Table], bool],
) -> list[Integers]:
    """Join the lightest group to its lightest neighbour for as long as ``goes_on`` says."""
    groups = list(groups)
    stuck: set[int] = set()
    while True:
        weights = np.array([cell_weights[group].sum() for group in groups])
        if len(stuck) == len(groups) or not goes_on(groups, weights):
            return groups
        order = [int(i) for i in np.argsort(weights, kind="stable") if int(groups[i][0]) not in stuck]
        if not order:
            return groups
        small = order[0]
        common = np.array([borders[np.ix_(groups[small], group)].sum() for group in groups])
        common[small] = 0
        if common.max() == 0:
            stuck.add(int(groups[small][0]))
            continue
        near = np.flatnonzero(common > min(_BORDER_M, common.max() / 2))
        appeal = weights[near] - 0.002 * common[near]
        best = int(near[np.argmin(appeal)]) if weights[small] > 0 else int(np.argmax(common))
        groups[best] = np.concatenate([groups[best], groups[small]])
        groups.pop(small)


def _in_reading_order(groups: list[Integers], geoms: npt.NDArray[np.object_], row_m: float) -> list[Integers]:
    """Sort groups of cells from west to east in rows from north to south."""
    centres = []
    for group in groups:
        points = shapely.centroid(geoms[group])
        areas = shapely.area(geoms[group])
        centres.append(
            (
                np.average(shapely.get_x(points), weights=areas),
                np.average(shapely.get_y(points), weights=areas),
            )
        )
    top = max(y for _, y in centres)
    order = sorted(range(len(groups)), key=lambda i: (int((top - centres[i][1]) // row_m), centres[i][0]))
    return [groups[i] for i in order]
