"""Coordinate systems of files, against published control values."""

import numpy as np
import pytest
from pyproj import CRS

from gridmap.errors import BadInput
from gridmap.formats.coordinates import (
    bd09_to_gcj02,
    find_system,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_lonlat,
    wgs84_to_gcj02,
)

# WGS 84 and GCJ-02 of the same places, as published with several independent converters.
BEIJING = ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069))
SHANGHAI = ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597))
SHENZHEN = ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766))
# GCJ-02 and BD-09 of one place.
BAIDU = ((116.404, 39.915), (116.41036949371029, 39.92133699351022))


@pytest.mark.parametrize(("wgs84", "gcj02"), [BEIJING, SHANGHAI, SHENZHEN])
def test_gcj02_agrees_with_published_values_both_ways(
    wgs84: tuple[float, float], gcj02: tuple[float, float]
) -> None:
    assert wgs84_to_gcj02(np.array([wgs84]))[0] == pytest.approx(gcj02, abs=1e-9)
    assert gcj02_to_wgs84(np.array([gcj02]))[0] == pytest.approx(wgs84, abs=1e-9)


def test_bd09_agrees_with_published_values_both_ways() -> None:
    gcj02, bd09 = BAIDU
    assert gcj02_to_bd09(np.array([gcj02]))[0] == pytest.approx(bd09, abs=1e-9)
    assert bd09_to_gcj02(np.array([bd09]))[0] == pytest.approx(gcj02, abs=1e-9)


def test_round_trips_over_the_whole_country_are_exact_to_a_tenth_of_a_microdegree() -> None:
    lon, lat = np.meshgrid(np.linspace(73.5, 135, 60), np.linspace(3.5, 53.5, 60))
    places = np.column_stack([lon.ravel(), lat.ravel()])
    for name, forward in (
        ("GCJ-02", wgs84_to_gcj02),
        ("BD-09", lambda points: gcj02_to_bd09(wgs84_to_gcj02(points))),
    ):
        back = to_lonlat(forward(places), find_system(name))
        assert np.abs(back - places).max() < 1e-7


def test_outside_china_gcj02_changes_nothing() -> None:
    places = np.array([[2.3522, 48.8566], [-71.0587, 42.3594], [139.69, 35.68]])
    assert np.array_equal(gcj02_to_wgs84(places), places)
    assert np.array_equal(wgs84_to_gcj02(places), places)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("CGCS2000", "China Geodetic Coordinate System 2000"),
        ("CGCS2000-3-25", "CGCS2000 / 3-degree Gauss-Kruger zone 25"),
        ("cgcs2000-3-39", "CGCS2000 / 3-degree Gauss-Kruger zone 39"),
        ("CGCS2000-3-45", "CGCS2000 / 3-degree Gauss-Kruger zone 45"),
        ("CGCS2000-3-117E", "CGCS2000 / 3-degree Gauss-Kruger CM 117E"),
        ("CGCS2000-6-20", "CGCS2000 / Gauss-Kruger zone 20"),
        ("CGCS2000-6-117E", "CGCS2000 / Gauss-Kruger CM 117E"),
        ("EPSG:4527", "CGCS2000 / 3-degree Gauss-Kruger zone 39"),
    ],
)
def test_zones_are_found_by_name(said: str, name: str) -> None:
    crs = find_system(said).crs
    assert crs is not None
    assert crs.name == name


def test_the_middle_of_a_zone_lies_on_its_meridian() -> None:
    # Zone 39 has its middle at 39 x 3 = 117 degrees east, at an easting of 39 500 000 m; on the meridian the
    # northing is the length of the arc from the equator: 111.3 km a degree at 30.7 degrees.
    (lon, lat) = to_lonlat(np.array([[39_500_000.0, 3_400_000.0]]), find_system("CGCS2000-3-39"))[0]
    assert lon == pytest.approx(117.0, abs=1e-9)
    assert lat == pytest.approx(30.72, abs=0.01)


def test_the_description_in_a_file_is_understood() -> None:
    assert find_system(CRS.from_epsg(4527).to_wkt()).crs is not None
    assert find_system(CRS.from_epsg(4326).to_wkt()).is_lonlat


@pytest.mark.parametrize(
    "said",
    ["", "Mars", "EPSG:1", "EPSG:999999", "CGCS2000-3-24", "CGCS2000-3-118E", "+proj=longlat", "/etc/passwd"],
)
def test_an_unknown_system_is_an_error_that_lists_examples(said: str) -> None:
    with pytest.raises(BadInput) as caught:
        find_system(said)
    (wrong,) = caught.value.fields
    assert wrong.reason == "unknown_crs"
    assert "EPSG:4527" in wrong.hint
