"""``derive_areas``: grids of about 400 households for a city that has none, from buildings and barriers
alone; ``group_areas``: such grids put together into communities.

The same engine as for micro-grids with another band: buildings (or grids) stay whole, one piece of land holds
them all.
Time grows linearly with the number of buildings but for the sorting in the triangulation.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from gridmap.errors import BadInput
from gridmap.planning.adjacency import build_graph
from gridmap.planning.atoms import build_atoms
from gridmap.planning.boundaries import draw_territories
from gridmap.planning.buildings import Building, Entrance
from gridmap.planning.codes import reading_order
from gridmap.planning.exact import MOST_LIVED_IN
from gridmap.planning.frames import LocalFrame
from gridmap.planning.ground import build_ground
from gridmap.planning.inputs import read_barriers, repair, require_degrees
from gridmap.planning.partition import partition, polish
from gridmap.planning.rules import AREA_RULES, PlanRules

MARGIN_M = 15.0
RASTER_M = 20.0
HULL_RATIO = 0.12


def derive_areas(
    buildings: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame | None,
    *,
    rules: PlanRules = AREA_RULES,
    seed: int,
    within: shapely.Geometry | None = None,
) -> gpd.GeoDataFrame:
    """Divide a city into grids along its roads and barriers.

    Parameters
    ----------
    buildings
        households, geometry, and compound_id if known (EPSG:4326).
    barriers
        kind, class, geometry; may be empty or None.
    rules
        Band (300-500 by default) and effort.
    seed
        Same input and seed, same grids.
    within
        Polygon (EPSG:4326) to tile; by default a close hull of the buildings with a margin of 15 m.

    Returns
    -------
    geopandas.GeoDataFrame
        number (reading order), households, building_count, geometry (EPSG:4326 MultiPolygon); tiles the
        extent.

    Raises
    ------
    BadInput
        If there are no buildings, a CRS is not EPSG:4326, or households are negative.
    """
    if len(buildings) == 0:
        raise BadInput("planning_no_buildings")
    require_degrees(buildings, "buildings")
    households = buildings["households"].to_numpy(np.int64)
    if (households < 0).any():
        raise BadInput("planning_negative_households", id=int(np.flatnonzero(households < 0)[0]))
    footprint = repair(buildings.geometry.to_numpy(), "buildings")
    frame = LocalFrame.around(shapely.total_bounds(footprint))
    footprint = frame.to_metres(footprint)
    extent = _extent(footprint) if within is None else frame.to_metres(shapely.make_valid(within))
    order, compound = _by_compound(buildings)
    footprint, households = footprint[order], households[order]
    lines, costs, names = read_barriers(barriers, rules)
    crossings = frame.to_metres(lines), costs, tuple(names.tolist())
    ground, labels = _divide(extent, frame, footprint, households, compound, crossings, rules, seed)
    count = int(labels.max()) + 1
    polygons = draw_territories(ground.outlines, labels, count, rules.simplify_m)
    grids = _table(polygons, labels, households, count)
    grids["geometry"] = frame.to_degrees(grids.geometry.to_numpy())
    return grids.set_crs(4326, allow_override=True)


def group_areas(
    areas: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame | None, *, rules: PlanRules, seed: int
) -> np.ndarray:
    """Group areas that tile a city into larger ones, so that no border is drawn twice.

    Parameters
    ----------
    areas
        households and geometry (EPSG:4326), as `derive_areas` gives them: no gap, no overlap.
    barriers
        kind, class, geometry; may be empty or None.
    rules
        Band of the larger areas.
    seed
        Same input and seed, same groups.

    Returns
    -------
    numpy.ndarray
        (n,) number of the group of each area, from 1 in reading order.
    """
    frame = LocalFrame.around(areas.total_bounds)
    shapes = frame.to_metres(areas.geometry.to_numpy())
    households, rules = _in_bundles(areas["households"].to_numpy(np.int64), rules)
    lines, costs, names = read_barriers(barriers, rules)
    crossings = frame.to_metres(lines), costs, tuple(names.tolist())
    extent = shapely.coverage_union_all(shapes)
    alone = np.full(len(shapes), -1)
    labels = _divide(extent, frame, shapes, households, alone, crossings, rules, seed)[1]
    count = int(labels.max()) + 1
    outlines = np.array([shapely.coverage_union_all(shapes[labels == group]) for group in range(count)])
    centre = shapely.get_coordinates(shapely.centroid(outlines))
    number = np.empty(count, np.int64)
    number[reading_order(centre[:, 0], centre[:, 1])] = np.arange(1, count + 1)
    return number[labels]


def _in_bundles(households: np.ndarray, rules: PlanRules) -> tuple[np.ndarray, PlanRules]:
    """Count in bundles where the band is wide: the search costs the width of the band.

    What one area is rounded by the next one makes good.
    """
    bundle = max(1, rules.households_max // AREA_RULES.households_max)
    bundles = np.diff(np.rint(np.cumsum(households) / bundle).astype(np.int64), prepend=0)
    return bundles, replace(
        rules,
        households_min=rules.households_min // bundle,
        households_max=rules.households_max // bundle,
        households_target=rules.households_target // bundle,
    )


def _by_compound(buildings: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of buildings by compound and their compounds in that order (-1 for none)."""
    if "compound_id" not in buildings:
        return np.arange(len(buildings)), np.full(len(buildings), -1)
    compound = buildings["compound_id"].astype("Float64").fillna(-1).to_numpy(np.float64).astype(np.int64)
    order = np.argsort(compound, kind="stable")
    return order, compound[order]


def _extent(footprint: np.ndarray) -> shapely.Geometry:
    """Return a close hull of the footprints with a margin; its points lie on a raster to keep them few."""
    column, row = np.rint(shapely.get_coordinates(footprint) / RASTER_M).astype(np.int64).T
    cell = np.unique((column << 32) + row + (1 << 31))
    raster = np.stack([cell >> 32, (cell & 0xFFFFFFFF) - (1 << 31)], axis=1) * RASTER_M
    hull = shapely.concave_hull(shapely.multipoints(raster), ratio=HULL_RATIO)
    shapely.prepare(hull)
    # The hull of the corners may notch a large building; with the footprints it holds all of each.
    notched = footprint[~shapely.covers(hull, footprint)]
    hull = shapely.union_all([hull, *notched])
    return shapely.simplify(shapely.buffer(hull, MARGIN_M, quad_segs=2), 1.0)


def _divide(extent, frame, footprint, households, compound, barriers, rules, seed):  # type: ignore[no-untyped-def]
    # A tower beyond the band stands for itself: how far beyond makes no odds, but would cost time.
    weight = np.minimum(households, max(2 * rules.households_min - 1, rules.households_max + 1))
    whole = [
        Building(i, "", c, h, False, f, (Entrance(1, h, 1),))
        for i, (c, h, f) in enumerate(zip(compound.tolist(), weight.tolist(), footprint, strict=True))
    ]
    ground = build_ground(0, "", extent, frame, whole, barriers, rules)
    graph = build_graph(ground, build_atoms(whole, ground.pieces, rules, 0), rules)
    rng = np.random.default_rng(np.random.SeedSequence([seed]))
    labels = partition(graph, rules, rng).labels
    # A large graph has been improved as a whole before anything else was looked at.
    return ground, polish(graph, labels, rules, rng) if len(labels) <= MOST_LIVED_IN else labels


def _table(polygons: np.ndarray, labels: np.ndarray, households: np.ndarray, count: int) -> gpd.GeoDataFrame:
    total = np.bincount(labels, households, minlength=count).astype(np.int64)
    buildings = np.bincount(labels, minlength=count)
    there = np.flatnonzero(~shapely.is_missing(polygons))
    centre = shapely.get_coordinates(shapely.centroid(polygons[there]))
    order = there[reading_order(centre[:, 0], centre[:, 1])]
    return gpd.GeoDataFrame(
        {
            "number": np.arange(1, len(order) + 1),
            "households": total[order],
            "building_count": buildings[order],
        },
        geometry=polygons[order],
        crs=4326,
    )
