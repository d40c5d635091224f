"""A toy town small enough to work every expected number by hand.

::

      0        100       200 | 210       310       400      x in metres
    y +-------------------+==+==+------------------+ 200
      |  1     2     3    |road |   9         10   |        1-8 in grid 1 (west), 9-12 in grid 2 (east)
      |                   |  |  |                  |        road: x = 205, secondary, from top to bottom
      |  4     5     6    |  |  |   11             |        river: y = 60, only in grid 2
      |...................|  |  |~~~~~~ river ~~~~~|  60
      |  7         8      |  |  |        12        |
      +-------------------+==+==+------------------+ 0

    grid 1 = x 0..205, grid 2 = x 205..400, both y 0..200.
    Compound 1 (family yard) holds buildings 1-6. All footprints are 30 m x 12 m.

    building    1   2   3   4   5   6   7   8 |  9  10  11  12
    households 24  24  24  30  30  30  36   0 | 60  99  40  36     grid 1: 198, grid 2: 235
    storeys     6   6   6   6   6   6   6   1 | 15  33  10   6
    entrances   2   2   2   2   2   2   3   1 |  2   1   1   2
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

LON, LAT = 120.75, 37.81
X_DEGREES, Y_DEGREES = 1 / 88_045.0, 1 / 110_996.0
"""Degrees per metre near Penglai; a metre of the drawing is a metre on the ground within 1 in 1,000."""

GRID_SPLIT_X, WIDTH, HEIGHT = 205.0, 400.0, 200.0
#            id: (x, y of the south-west corner, households, storeys, entrances, grid, compound)
BUILDINGS = {
    1: (10, 165, 24, 6, 2, 1, 1),
    2: (75, 165, 24, 6, 2, 1, 1),
    3: (140, 165, 24, 6, 2, 1, 1),
    4: (10, 115, 30, 6, 2, 1, 1),
    5: (75, 115, 30, 6, 2, 1, 1),
    6: (140, 115, 30, 6, 2, 1, 1),
    7: (20, 20, 36, 6, 3, 1, None),
    8: (120, 20, 0, 1, 1, 1, None),
    9: (230, 160, 60, 15, 2, 2, None),
    10: (320, 160, 99, 33, 1, 2, None),
    11: (230, 100, 40, 10, 1, 2, None),
    12: (300, 20, 36, 6, 2, 2, None),
}


def to_degrees(geometry):  # type: ignore[no-untyped-def]
    """Place geometries drawn in metres on the map (EPSG:4326)."""
    return shapely.transform(geometry, lambda c: c * (X_DEGREES, Y_DEGREES) + (LON, LAT))


def to_metres(geometry):  # type: ignore[no-untyped-def]
    """Inverse of ``to_degrees``."""
    return shapely.transform(geometry, lambda c: (c - (LON, LAT)) / (X_DEGREES, Y_DEGREES))


def build_grids() -> gpd.GeoDataFrame:
    """Grid 1 (west) and grid 2 (east) with 15-digit codes."""
    boxes = [shapely.box(0, 0, GRID_SPLIT_X, HEIGHT), shapely.box(GRID_SPLIT_X, 0, WIDTH, HEIGHT)]
    return gpd.GeoDataFrame(
        {"id": [1, 2], "code": ["370614001001001", "370614001001002"], "name": ["第一网格", "第二网格"]},
        geometry=to_degrees(np.array(boxes, dtype=object)),
        crs=4326,
    )


def build_compounds() -> gpd.GeoDataFrame:
    """The one compound, around buildings 1 to 6."""
    yard = to_degrees(np.array([shapely.box(2, 105, 180, 190)], dtype=object))
    return gpd.GeoDataFrame(
        {"id": [1], "name": ["渔港家属院"], "kind": ["family_yard"]}, geometry=yard, crs=4326
    )


def build_buildings() -> gpd.GeoDataFrame:
    """All twelve buildings, as ``plan_area`` takes them."""
    rows = BUILDINGS.values()
    return gpd.GeoDataFrame(
        {
            "id": list(BUILDINGS),
            "parent_id": [r[5] for r in rows],
            "compound_id": pd.array([r[6] for r in rows], dtype="Int64"),
            "name": [f"{i}号楼" for i in BUILDINGS],
            "households": [r[2] for r in rows],
            "households_estimated": [i == 12 for i in BUILDINGS],
            "storeys": [r[3] for r in rows],
            "entrance_count": [r[4] for r in rows],
        },
        geometry=to_degrees(
            np.array([shapely.box(r[0], r[1], r[0] + 30, r[1] + 12) for r in rows], dtype=object)
        ),
        crs=4326,
    )


def build_entrances() -> pd.DataFrame:
    """Building 9 only: two entrances of 28 and 32 households, 15 storeys each."""
    x, y = BUILDINGS[9][:2]
    points = to_degrees(np.array([shapely.Point(x + 7, y), shapely.Point(x + 22, y)], dtype=object))
    return pd.DataFrame(
        {
            "building_id": [9, 9],
            "number": [1, 2],
            "households": pd.array([28, 32], dtype="Int64"),
            "storeys": pd.array([15, 15], dtype="Int64"),
            "geometry": points,
        }
    )


def build_barriers() -> gpd.GeoDataFrame:
    """The road between the grids and the river in grid 2."""
    lines = [
        shapely.LineString([(GRID_SPLIT_X, 0), (GRID_SPLIT_X, HEIGHT)]),
        shapely.LineString([(GRID_SPLIT_X, 60), (WIDTH, 60)]),
    ]
    return gpd.GeoDataFrame(
        {"kind": ["road", "river"], "class": ["secondary", ""], "name": ["海滨路", "平山河"]},
        geometry=to_degrees(np.array(lines, dtype=object)),
        crs=4326,
    )
