"""The ground a demo city stands on: coast, river, railway, and the bends of everything.

Streets are laid out on a plain sheet in metres; one smooth warp of the whole sheet then bends them. The
warp, coast, river and railway are functions of the place in the whole city, so that districts made one
after the other fit together.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from gridmap.formats.demo_city.sizes import Size

Numbers = npt.NDArray[np.float64]

# Metres are those of CGCS2000 3-degree zone 40; the north-west corner of the city lies near 120.73 E 37.83 N.
_METRES = "EPSG:4549"
_CORNER_EAST_M, _CORNER_NORTH_M = 564_000.0, 4_188_400.0
STEP_M = 20
RIVER_STRIP_M = 72.0
COAST_STRIP_M = 130.0


@dataclass(frozen=True)
class Waves:
    """A smooth curve: a sum of sines over metres."""

    heights_m: Numbers
    lengths_m: Numbers
    phases: Numbers

    @classmethod
    def draw(cls, rng: np.random.Generator, lengths_m: tuple[float, ...], steepness: float) -> "Waves":
        """Draw waves of the given lengths whose slopes stay near ``steepness`` each."""
        lengths = np.array(lengths_m) * rng.uniform(0.85, 1.15, len(lengths_m))
        heights = lengths * steepness / (2 * np.pi) * rng.uniform(0.7, 1.0, len(lengths_m))
        return cls(heights, lengths, rng.uniform(0, 2 * np.pi, len(lengths_m)))

    def at(self, along_m: Numbers) -> Numbers:
        """Give the height of the curve, in metres, at each place along it."""
        angles = 2 * np.pi * np.asarray(along_m)[..., None] / self.lengths_m + self.phases
        return (self.heights_m * np.sin(angles)).sum(axis=-1)


@dataclass(frozen=True)
class Ground:
    """Curves that all districts of a city share; x east and y north in metres from the south-west corner."""

    size: Size
    bend_east: tuple[Waves, ...]
    bend_north: tuple[Waves, ...]
    coast: Waves
    river: Waves
    railway: Waves
    avenues: Waves

    @classmethod
    def draw(cls, rng: np.random.Generator, size: Size) -> "Ground":
        """Draw the ground of a city."""
        small = min(1.0, size.width_m / 2500)
        bends = [Waves.draw(rng, (1500 * small + 300, 3900), 0.13) for _ in range(4)]
        return cls(
            size=size,
            bend_east=(bends[0], bends[1]),
            bend_north=(bends[2], bends[3]),
            coast=Waves.draw(rng, (900, 1700, 3300, 5600), 0.17),
            river=Waves.draw(rng, (1000 * small + 150, 2300 * small + 200), 0.42),
            railway=Waves.draw(rng, (4200, 7100), 0.10),
            avenues=Waves.draw(rng, (1900, 3700), 0.10),
        )

    def warp(self, xy: Numbers) -> Numbers:
        """Bend the plain sheet: move points (n, 2) by up to about 120 m."""
        x, y = xy[:, 0], xy[:, 1]
        east = self.bend_east[0].at(y + 0.35 * x) + 0.6 * self.bend_east[1].at(x - 0.5 * y)
        north = self.bend_north[0].at(x - 0.35 * y) + 0.6 * self.bend_north[1].at(y + 0.5 * x)
        return np.column_stack([x + east, y + north])

    def coast_y(self, x: Numbers) -> Numbers:
        """Northing of the shore."""
        return self.size.rows * self.size.height_m - 210.0 + self.coast.at(x)

    def river_x(self, column: int, y: Numbers) -> Numbers:
        """Easting of the river's course in a column of districts."""
        middle = (0.72 if self.size.rows * self.size.height_m < 1000 else 0.6) * self.size.width_m
        return column * self.size.width_m + middle + self.river.at(y + 977.0 * column)

    def railway_y(self, x: Numbers) -> Numbers:
        """Northing of the railway; a town has it just south of its border."""
        if not self.size.inner_railway:
            return np.full_like(x, -46.0)
        row = self.size.rows // 2 if self.size.rows > 1 else 0
        return (row + 0.13) * self.size.height_m + self.railway.at(x)

    def has_river(self, column: int) -> bool:
        """Tell whether a river runs through the column."""
        return column % 3 == 0

    def has_railway(self, row: int) -> bool:
        """Tell whether the railway runs through the row."""
        return self.size.inner_railway and row == self.size.rows // 2

    def has_coast(self, row: int) -> bool:
        """Tell whether the sea lies north of the row."""
        return self.size.coast and row == self.size.rows - 1


@cache
def _transformer() -> Transformer:
    return Transformer.from_crs(_METRES, "EPSG:4326", always_xy=True)


def to_degrees(geometries: npt.NDArray[np.object_], size: Size) -> npt.NDArray[np.object_]:
    """Bring geometries from metres of the city to longitude and latitude, rounded to 1e-7 degree."""
    north_m = _CORNER_NORTH_M - size.rows * size.height_m

    def project(xy: Numbers) -> Numbers:
        lon, lat = _transformer().transform(xy[:, 0] + _CORNER_EAST_M, xy[:, 1] + north_m)
        return np.round(np.column_stack([lon, lat]), 7)

    return shapely.transform(geometries, project)
