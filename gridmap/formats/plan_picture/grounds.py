"""From degrees to pixels of the map, true to scale: a metre is as long to the east as to the north."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
import shapely

TALLEST = 1.25  # height of the map over its width; a taller area is drawn smaller, in the middle
FLATTEST = 0.35
DECIMALS = 1  # of a pixel: finer than a printer's dot, and short in an SVG


@dataclass(frozen=True)
class Ground:
    """The map's window on the page.

    Attributes
    ----------
    left, top, width, height
        Of the window, in pixels.
    west, north
        Degrees that lie in the window's upper left corner.
    x_px, y_px
        Pixels of one degree.
    px_per_m
        Pixels of one metre.
    """

    left: float
    top: float
    width: float
    height: float
    west: float
    north: float
    x_px: float
    y_px: float
    px_per_m: float

    @classmethod
    def around(
        cls, bounds: Sequence[float], *, left: float, top: float, width: float, margin: float
    ) -> Ground:
        """Lay (west, south, east, north) into a window of a given width with a margin around it."""
        west, south, east, north = map(float, bounds)
        x_m, y_m = metres_per_degree((south + north) / 2)
        wide, high = max((east - west) * x_m, 1.0), max((north - south) * y_m, 1.0)
        inner = width - 2 * margin
        tallest = width * TALLEST - 2 * margin
        px_per_m = min(inner / wide, tallest / high)
        height = float(np.ceil(max(high * px_per_m + 2 * margin, width * FLATTEST)))
        beside = (width - wide * px_per_m) / 2
        above = (height - high * px_per_m) / 2
        return cls(
            left=left,
            top=top,
            width=width,
            height=height,
            west=west - beside / (x_m * px_per_m),
            north=north + above / (y_m * px_per_m),
            x_px=x_m * px_per_m,
            y_px=y_m * px_per_m,
            px_per_m=px_per_m,
        )

    @classmethod
    def within(
        cls, bounds: Sequence[float], box: tuple[float, float, float, float], *, margin: float
    ) -> Ground:
        """Lay (west, south, east, north) into the middle of a window (left, top, right, bottom)."""
        west, south, east, north = map(float, bounds)
        left, top, right, bottom = box
        x_m, y_m = metres_per_degree((south + north) / 2)
        wide, high = max((east - west) * x_m, 1.0), max((north - south) * y_m, 1.0)
        width, height = right - left, bottom - top
        px_per_m = min((width - 2 * margin) / wide, (height - 2 * margin) / high)
        return cls(
            left=left,
            top=top,
            width=width,
            height=height,
            west=west - (width / px_per_m - wide) / 2 / x_m,
            north=north + (height / px_per_m - high) / 2 / y_m,
            x_px=x_m * px_per_m,
            y_px=y_m * px_per_m,
            px_per_m=px_per_m,
        )

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the window."""
        return self.left, self.top, self.left + self.width, self.top + self.height

    def to_pixels(self, shapes: np.ndarray) -> np.ndarray:
        """Bring an array of shapes (EPSG:4326, None allowed) to pixels; shared corners stay shared."""
        scale, corner = (self.x_px, -self.y_px), (self.west, self.north)

        def place(at: np.ndarray) -> np.ndarray:
            return np.round((at - corner) * scale + (self.left, self.top), DECIMALS)

        return np.asarray(shapely.transform(shapes, place), dtype=object)


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Give metres of one degree of longitude and of latitude (WGS 84, series good to a centimetre)."""
    at = radians(lat)
    x_m = 111_412.84 * cos(at) - 93.5 * cos(3 * at) + 0.118 * cos(5 * at)
    y_m = 111_132.92 - 559.82 * cos(2 * at) + 1.175 * cos(4 * at)
    return max(x_m, 1.0), y_m
