"""Coordinate systems at the edge: whatever a file uses becomes longitude and latitude in EPSG:4326.

Besides every EPSG code, files in China use the zones of CGCS2000 (by code or by name, ``CGCS2000-3-39``) and
two systems with a position-dependent offset of some hundred metres, GCJ-02 and BD-09. The forward formulas of
those two are the ones in general circulation; the way back has no closed form and is found by iteration to
far below a millimetre.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gridmap.errors import BadInput, FieldError

Lonlat = npt.NDArray[np.float64]

GCJ02 = "GCJ-02"
BD09 = "BD-09"
LONLAT = "EPSG:4326"

# The offset of GCJ-02 is computed on the Krasovsky 1940 ellipsoid and applies inside this rectangle.
KRASOVSKY_A_M = 6_378_245.0
KRASOVSKY_E2 = 0.006_693_421_622_965_943
WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
BD_TURN = np.pi * 3000 / 180

TOLERANCE_DEG = 1e-10
MOST_ROUNDS = 50


@dataclass(frozen=True)
class System:
    """A coordinate system: its name, and the pyproj one behind it (None for GCJ-02 and BD-09)."""

    name: str
    crs: CRS | None

    @property
    def is_lonlat(self) -> bool:
        """Whether coordinates in it can be stored as they are."""
        return self.name == LONLAT


def find_system(text: str) -> System:
    """Read the name of a coordinate system.

    Parameters
    ----------
    text
        ``EPSG:n``, ``GCJ-02``, ``BD-09``, ``CGCS2000``, a zone as ``CGCS2000-3-39`` (3° zone 39),
        ``CGCS2000-3-117E`` (3° zone of that meridian), ``CGCS2000-6-20`` (6° zone 20), or the WKT that
        stands in a file. X is easting or longitude, Y northing or latitude.

    Raises
    ------
    BadInput
        If nothing is known under that name.
    """
    plain = re.sub(r"[\s_]+", "-", text.strip().upper())
    if plain in ("GCJ-02", "GCJ02"):
        return System(GCJ02, None)
    if plain in ("BD-09", "BD09", "BD-09-LL", "BD09LL"):
        return System(BD09, None)
    if plain in ("WGS84", "WGS-84", "EPSG:4326", "OGC:CRS84", "CRS84"):
        return System(LONLAT, CRS.from_epsg(4326))
    code = _cgcs2000_code(plain)
    # PROJ pipelines and file names are not taken from outside: an EPSG code or a WKT description only.
    wanted = f"EPSG:{code}" if code else text.strip()
    if not re.match(r"EPSG:\d{4,6}$|[A-Z]+(CRS|CS)\[", wanted, re.IGNORECASE):
        raise _unknown(text)
    try:
        crs = CRS.from_user_input(wanted)
    except CRSError:
        raise _unknown(text) from None
    return System(LONLAT if crs.to_epsg() == 4326 else wanted[:40], crs)


def to_lonlat(points: Lonlat, system: System) -> Lonlat:
    """Convert coordinates to EPSG:4326.

    Parameters
    ----------
    points
        Shape (n, 2): x (easting, longitude) and y (northing, latitude).

    Returns
    -------
    ndarray
        Shape (n, 2), degrees; infinite where the system does not reach.
    """
    if system.name == GCJ02:
        return gcj02_to_wgs84(points)
    if system.name == BD09:
        return gcj02_to_wgs84(bd09_to_gcj02(points))
    if system.is_lonlat or system.crs is None or not len(points):
        return points
    try:
        transformer = Transformer.from_crs(system.crs, LONLAT, always_xy=True)
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
    except ProjError:
        raise _unknown(system.name) from None


def wgs84_to_gcj02(points: Lonlat) -> Lonlat:
    """Convert WGS 84 degrees, shape (n, 2), to GCJ-02; points outside the rectangle around China stay."""
    lon, lat = points[:, 0], points[:, 1]
    inside = (lon > WEST) & (lon < EAST) & (lat > SOUTH) & (lat < NORTH)
    return points + np.where(inside[:, None], _gcj02_offset(lon, lat), 0.0)


def gcj02_to_wgs84(points: Lonlat) -> Lonlat:
    """Convert GCJ-02 degrees, shape (n, 2), to WGS 84, exact to 1e-9 degrees and better."""
    lon, lat = points[:, 0], points[:, 1]
    inside = (lon > WEST) & (lon < EAST) & (lat > SOUTH) & (lat < NORTH)
    result = points.copy()
    wanted = points[inside]
    found = wanted.copy()
    for _ in range(MOST_ROUNDS):
        miss = found + _gcj02_offset(found[:, 0], found[:, 1]) - wanted
        found = found - miss
        if not len(found) or np.abs(miss).max() < TOLERANCE_DEG:
            break
    result[inside] = found
    return result


def gcj02_to_bd09(points: Lonlat) -> Lonlat:
    """Convert GCJ-02 degrees, shape (n, 2), to BD-09."""
    lon, lat = points[:, 0], points[:, 1]
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * BD_TURN)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * BD_TURN)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


def bd09_to_gcj02(points: Lonlat) -> Lonlat:
    """Convert BD-09 degrees, shape (n, 2), to GCJ-02 by iteration."""
    found = points - np.array([0.0065, 0.006])
    for _ in range(MOST_ROUNDS):
        miss = gcj02_to_bd09(found) - points
        found = found - miss
        if not len(found) or np.nanmax(np.abs(miss), initial=0) < TOLERANCE_DEG:
            break
    return found


def _gcj02_offset(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Lonlat:
    """Degrees that GCJ-02 adds to WGS 84 at each point, shape (n, 2)."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    east_m = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root + ripple * 2 / 3
    east_m += (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    east_m += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root + ripple * 2 / 3
    north_m += (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    north_m += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    flat = 1 - KRASOVSKY_E2 * np.sin(np.radians(lat)) ** 2
    parallel_m = KRASOVSKY_A_M / np.sqrt(flat) * np.cos(np.radians(lat))
    meridian_m = KRASOVSKY_A_M * (1 - KRASOVSKY_E2) / flat**1.5
    return np.degrees(np.column_stack([east_m / parallel_m, north_m / meridian_m]))


def _cgcs2000_code(plain: str) -> int | None:
    """EPSG code of a CGCS2000 system by name, None when the name says something else."""
    if plain in ("CGCS2000", "CGCS-2000"):
        return 4490
    match = re.fullmatch(r"CGCS-?2000-([36])-(?:CM-?)?(\d{2,3})(E?)", plain)
    if not match:
        return None
    width, number, by_meridian = match[1], int(match[2]), bool(match[3]) or int(match[2]) >= 75
    if width == "3" and by_meridian:
        # Zones named by their central meridian carry no zone number in the easting.
        return 4534 + (number - 75) // 3 if number % 3 == 0 and 75 <= number <= 135 else None
    if width == "6" and by_meridian:
        return 4502 + (number - 75) // 6 if (number - 75) % 6 == 0 and 75 <= number <= 135 else None
    if width == "3":
        return 4513 + number - 25 if 25 <= number <= 45 else None
    return 4491 + number - 13 if 13 <= number <= 23 else None


def _unknown(text: str) -> BadInput:
    hint = "EPSG:4326, EPSG:4527, CGCS2000-3-39, GCJ-02, BD-09"
    return BadInput("load_refused", fields=[FieldError("--crs", "", "unknown_crs", text[:60], hint)], count=1)
