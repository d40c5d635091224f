"""Checks and mending of the geometries of one file, all rows at once.

What can be mended without guessing is mended and counted (crossing rings, rings in the wrong order or nested
wrongly, unclosed rings, stray lines beside polygons); what cannot is refused. Results are in EPSG:4326, two
dimensions, polygons as MultiPolygon with counter-clockwise shells, lines as MultiLineString.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.formats.checking import Mask, Sieve
from gridmap.formats.contract import Column
from gridmap.formats.coordinates import System, to_lonlat

Shapes = npt.NDArray[np.object_]

MOST_VERTICES = 1_000_000
POINT, LINE, RING, POLYGON = 0, 1, 2, 3
MULTI_POINT, MULTI_LINE, MULTI_POLYGON, COLLECTION = 4, 5, 6, 7
ACCEPTED = {
    "point": (POINT, MULTI_POINT),
    "line": (LINE, RING, MULTI_LINE),
    "polygon": (POLYGON, MULTI_POLYGON, COLLECTION),
    "line_or_polygon": (LINE, RING, MULTI_LINE, POLYGON, MULTI_POLYGON, COLLECTION),
}


def build_geometries(
    column: Column, shapes: Shapes, system: System, sieve: Sieve, unclosed: Mask
) -> tuple[Shapes, int]:
    """Check, transform and mend the geometries of a file.

    Parameters
    ----------
    column
        The geometry column of the contract.
    shapes
        Shape (n,): shapely geometries in ``system``, None where there is none.
    sieve
        Takes the rows that cannot be used.
    unclosed
        Shape (n,): rows whose rings were closed while reading; they count as mended.

    Returns
    -------
    tuple
        Geometries of shape (n,), None for refused or empty ones, and how many were mended.
    """
    if shapely.has_z(shapes).any() or shapely.has_m(shapes).any():
        shapes = shapely.force_2d(shapes)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    shapes = only(shapes, ~missing & ~_at_null_island(shapes))
    missing = shapely.is_missing(shapes)
    if column.required:
        sieve.refuse(missing & ~sieve.bad, column.name, "missing_geometry")
    good = ~missing
    wrong = ~_accepted(column.type, shapes) & good
    good &= _refuse(
        wrong, good, sieve, "wrong_geometry_type", _type_names(shapes) if wrong.any() else None, column.type
    )
    counts = shapely.get_num_coordinates(shapes)
    good &= _refuse(
        counts > MOST_VERTICES, good, sieve, "too_many_vertices", pd.Series(counts), f"≤ {MOST_VERTICES}"
    )
    good &= _refuse(~_finite(shapes), good, sieve, "not_finite")
    shapes = only(shapes, good)
    placed = (
        shapes if system.is_lonlat else shapely.transform(shapes, lambda points: to_lonlat(points, system))
    )
    outside = ~_inside_world(placed)
    good &= _refuse(outside, good, sieve, "outside_world", _first_points(shapes, outside & good), system.name)
    placed = only(placed, good)
    mended, fixed = _mend(column.type, placed)
    empty = shapely.is_missing(mended) & good
    _refuse(empty, good, sieve, "no_extent")
    return mended, int(((fixed | unclosed) & good & ~empty).sum())


def only(shapes: Shapes, rows: Mask) -> Shapes:
    """Keep the geometries where ``rows`` is true, None elsewhere."""
    kept = shapes.copy()
    kept[~rows] = None
    return kept


def multi_polygons(shapes: Shapes) -> Shapes:
    """Give the polygon part of each geometry as a MultiPolygon, shells counter-clockwise; None without."""
    return _gather(shapes, POLYGON, shapely.multipolygons, shapely.orient_polygons)


def multi_lines(shapes: Shapes) -> Shapes:
    """Give the line part of each geometry as a MultiLineString, None without one."""
    return _gather(shapes, LINE, shapely.multilinestrings, None)


def _gather(shapes: Shapes, wanted: int, build, finish) -> Shapes:  # type: ignore[no-untyped-def]
    parts, rows = shapely.get_parts(shapes, return_index=True)
    # A collection may hold multi-geometries: two rounds reach the single ones.
    parts, inner = shapely.get_parts(parts, return_index=True)
    rows = rows[inner]
    size = shapely.area(parts) if wanted == POLYGON else shapely.length(parts)
    types = shapely.get_type_id(parts)
    keep = ((types == wanted) | ((types == RING) & (wanted == LINE))) & (size > 0)
    result = np.full(len(shapes), None, dtype=object)
    if keep.any():
        kept, owners = parts[keep], rows[keep]
        owned, positions = np.unique(owners, return_inverse=True)
        built = build(kept if finish is None else finish(kept), indices=positions)
        result[owned] = built
    return result


def _mend(wanted: str, shapes: Shapes) -> tuple[Shapes, Mask]:
    """Bring geometries into the stored form; tells which had to be mended."""
    if wanted == "point":
        return np.where(
            shapely.get_type_id(shapes) == MULTI_POINT, shapely.get_geometry(shapes, 0), shapes
        ), np.zeros(len(shapes), dtype=bool)
    types = shapely.get_type_id(shapes)
    areal = np.isin(types, (POLYGON, MULTI_POLYGON, COLLECTION))
    result = multi_lines(only(shapes, ~areal))
    surfaces = only(shapes, areal)
    broken = areal & ~shapely.is_valid(surfaces)
    if broken.any():
        surfaces[broken] = shapely.make_valid(surfaces[broken], method="structure", keep_collapsed=False)
    result = np.where(areal, multi_polygons(surfaces), result)
    return result, broken | (types == COLLECTION)


def _accepted(wanted: str, shapes: Shapes) -> Mask:
    types = shapely.get_type_id(shapes)
    accepted = np.isin(types, ACCEPTED[wanted])
    if wanted == "point":
        accepted &= shapely.get_num_geometries(shapes) == 1
    elif (types == COLLECTION).any():
        rows = np.flatnonzero(types == COLLECTION)
        parts, owners = shapely.get_parts(shapes[rows], return_index=True)
        areal = np.isin(shapely.get_type_id(parts), (POLYGON, MULTI_POLYGON))
        accepted[rows] = np.isin(np.arange(len(rows)), owners[areal])
    return accepted


def _refuse(
    wrong: Mask, among: Mask, sieve: Sieve, reason: str, values: pd.Series | None = None, hint: str = ""
) -> Mask:
    """Refuse the rows of ``among`` that are wrong; gives the mask of those that are not."""
    sieve.refuse(wrong & among, "geometry", reason, values, hint)
    return ~wrong


def _at_null_island(shapes: Shapes) -> Mask:
    """Points at exactly (0, 0): how systems write that they know no place."""
    return (shapely.get_x(shapes) == 0) & (shapely.get_y(shapes) == 0)


def _finite(shapes: Shapes) -> Mask:
    points, rows = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[rows[~np.isfinite(points).all(axis=1)]] = False
    return finite


def _inside_world(shapes: Shapes) -> Mask:
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        return (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90) & np.isfinite(west + north)


def _type_names(shapes: Shapes) -> pd.Series:
    return pd.Series([None if shape is None else shape.geom_type for shape in shapes], dtype=object)


def _first_points(shapes: Shapes, rows: Mask) -> pd.Series:
    said = np.full(len(shapes), None, dtype=object)
    for row in np.flatnonzero(rows):
        x, y = shapely.get_coordinates(shapes[row])[0]
        said[row] = f"{x:.8g} {y:.8g}"
    return pd.Series(said)
