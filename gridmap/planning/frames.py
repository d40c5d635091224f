"""A local metre frame that keeps straight lines straight.

Each parent gets its own scaling of longitude and latitude about its centre (radii of the WGS 84 ellipsoid
there). Being affine, it maps shared edges to shared edges exactly, which no map projection does; over 5 km
lengths are wrong by less than one in a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

_A, _E2 = 6378137.0, 6.69437999014e-3


@dataclass(frozen=True)
class LocalFrame:
    """Origin (degrees) and metres per degree in x and y."""

    lon: float
    lat: float
    x_m: float
    y_m: float

    @classmethod
    def around(cls, bounds: np.ndarray) -> LocalFrame:
        """Build the frame about the middle of (min lon, min lat, max lon, max lat)."""
        lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
        phi = np.radians(lat)
        w = 1 - _E2 * np.sin(phi) ** 2
        x = np.radians(1) * _A / np.sqrt(w) * np.cos(phi)
        y = np.radians(1) * _A * (1 - _E2) / w**1.5
        return cls(float(lon), float(lat), float(x), float(y))

    def to_metres(self, geometry):  # type: ignore[no-untyped-def]
        """Return geometries (one or an array; longitude, latitude) in metres, without Z."""
        return shapely.transform(
            shapely.force_2d(geometry), lambda c: (c - (self.lon, self.lat)) * (self.x_m, self.y_m)
        )

    def to_degrees(self, geometry):  # type: ignore[no-untyped-def]
        """Return geometries (one or an array; metres) in longitude and latitude."""
        return shapely.transform(geometry, lambda c: c / (self.x_m, self.y_m) + (self.lon, self.lat))
