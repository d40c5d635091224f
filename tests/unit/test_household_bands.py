"""Bands of 5-10 households, worked by hand."""

import pytest

from gridmap.services.household_bands import Band, band_floors


@pytest.mark.parametrize(
    ("floors", "households", "bands"),
    [
        ((1, 6), 12, [(1, 3, 6), (4, 6, 6)]),  # two a floor: 6 + 6 is the most even of 5-10
        ((1, 18), 72, [(floor, floor + 1, 8) for floor in range(1, 18, 2)]),  # four a floor
        ((10, 15), 12, [(10, 12, 6), (13, 15, 6)]),  # a micro-grid that begins on floor 10
        ((1, 4), 4, [(1, 4, 4)]),  # fewer than five: one band outside
        ((1, 2), 24, [(1, 1, 12), (2, 2, 12)]),  # a floor of twelve cannot be split
        ((1, 6), 0, []),
    ],
)
def test_floors_are_banded(floors: tuple[int, int], households: int, bands: list[tuple[int, int, int]]):
    expected = [Band(low, high, count, 5 <= count <= 10) for low, high, count in bands]
    assert band_floors(*floors, households) == expected


@pytest.mark.parametrize(("storeys", "households"), [(33, 99), (11, 22), (7, 53), (100, 301), (1, 1)])
def test_every_floor_and_household_stands_in_one_band(storeys: int, households: int):
    bands = band_floors(1, storeys, households)
    floors = [floor for band in bands for floor in range(band.floor_from, band.floor_to + 1)]
    assert floors == list(range(1, storeys + 1))
    assert sum(band.households for band in bands) == households
