"""Households behind each door: said of the entrance, else shared evenly. All figures are worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.services.home_doors import share_households


@pytest.mark.parametrize(
    ("homes", "own", "expected"),
    [
        ((11, 11, 11), (-1, -1, -1), [4, 4, 3]),  # what does not divide goes to the first doors
        ((11, 11, 11), (-1, 5, -1), [3, 5, 3]),
        ((11, 11, 11), (2, 3, 4), [2, 3, 4]),  # what entrances say counts, whatever the building says
        ((11, 11, 11), (9, 9, -1), [9, 9, 0]),
        ((7,), (-1,), [7]),
        ((), (), []),
    ],
)
def test_doors_of_one_building(homes: tuple[int, ...], own: tuple[int, ...], expected: list[int]):
    building_id = np.full(len(homes), 5)
    found = share_households(building_id, np.array(homes, dtype=np.int64), np.array(own, dtype=np.int64))
    assert found.tolist() == expected


def test_buildings_do_not_share_with_each_other():
    building_id, homes = np.array([3, 3, 8, 9, 9]), np.array([5, 5, 6, 7, 7])
    found = share_households(building_id, homes, np.array([-1, -1, -1, 1, -1]))
    assert found.tolist() == [3, 2, 6, 1, 6]
