"""A smooth surface of issues per household: decoration of the rates, never a picture of single reports.

Counts and households are laid on a fixed lattice, both are smoothed with the same Gaussian, and the one is
divided by the other: a ratio of kernel estimates (Bithell 1990, "An application of density estimation to
geographical epidemiology", Statistics in Medicine 9, 691-701). Where too few households lie under the kernel
nothing is drawn. The kernel reaches far enough that no cell stands alone.

Time: O(cells * kernel breadth), two passes of a separable Gaussian.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import contourpy
import numpy as np
import shapely
from scipy.ndimage import gaussian_filter

from gridmap.planning.frames import LocalFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

CELL_M = 100.0
BREADTH_M = 300.0
LEAST_HOUSEHOLDS = 8.0
REACH = 3.0
"""The kernel ends after so many breadths."""


@dataclass(frozen=True)
class Surface:
    """Issues per household on a lattice.

    Attributes
    ----------
    rate
        (rows, columns), from south to north and west to east; NaN where too few households are near.
    lon, lat
        (columns,) and (rows,) of the lattice (EPSG:4326).
    """

    rate: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def build_surface(
    lonlat: ArrayLike,
    counts: ArrayLike,
    households: ArrayLike,
    *,
    breadth_m: float = BREADTH_M,
    cell_m: float = CELL_M,
) -> Surface:
    """Smooth the rates of places.

    Parameters
    ----------
    lonlat
        (n, 2) where each place's households are.
    counts, households
        (n,) of each place.
    breadth_m
        Standard deviation of the kernel.
    cell_m
        Side of the lattice's cells; a place counts in one of them.
    """
    points = np.asarray(lonlat, dtype=float)
    frame = LocalFrame.around(np.concatenate([points.min(axis=0), points.max(axis=0)]))
    xy = (points - (frame.lon, frame.lat)) * (frame.x_m, frame.y_m)
    margin = REACH * breadth_m + cell_m
    start = np.floor((xy.min(axis=0) - margin) / cell_m)
    at = np.floor(xy / cell_m) - start
    columns, rows = (np.ceil((xy.max(axis=0) + margin) / cell_m) - start).astype(int)
    cell = at[:, 1].astype(int) * columns + at[:, 0].astype(int)
    smooth = [
        gaussian_filter(
            np.bincount(cell, np.asarray(values, dtype=float), rows * columns).reshape(rows, columns),
            breadth_m / cell_m,
            mode="constant",
            truncate=REACH,
        )
        for values in (counts, households)
    ]
    under_kernel = smooth[1] * (2 * np.pi * (breadth_m / cell_m) ** 2)
    rate = np.full((rows, columns), np.nan)
    np.divide(smooth[0], smooth[1], out=rate, where=under_kernel >= LEAST_HOUSEHOLDS)
    lon = (start[0] + 0.5 + np.arange(columns)) * cell_m / frame.x_m + frame.lon
    lat = (start[1] + 0.5 + np.arange(rows)) * cell_m / frame.y_m + frame.lat
    return Surface(rate, lon, lat)


def draw_bands(surface: Surface, breaks: Sequence[float]) -> list[shapely.MultiPolygon]:
    """Draw where the surface lies in each band between fixed breaks.

    Parameters
    ----------
    breaks
        Rising bounds; a band more than there are of them, the first from 0, the last without end.

    Returns
    -------
    list of MultiPolygon
        One a band (EPSG:4326), empty where the surface never lies in it.
    """
    bounds = [-1.0, *breaks, np.inf]
    drawing = contourpy.contour_generator(
        surface.lon, surface.lat, np.ma.masked_invalid(surface.rate), fill_type="OuterOffset"
    )
    return [_polygons(*drawing.filled(low, min(high, 1e300))) for low, high in pairwise(bounds)]


def _polygons(outlines: list[NDArray[np.float64]], offsets: list[NDArray[np.uint32]]) -> shapely.MultiPolygon:
    parts = []
    for points, ends in zip(outlines, offsets, strict=True):
        rings = [points[a:b] for a, b in pairwise(ends)]
        parts.append(shapely.make_valid(shapely.Polygon(rings[0], rings[1:])))
    whole = np.asarray(parts, dtype=object)
    return shapely.MultiPolygon([part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"])
