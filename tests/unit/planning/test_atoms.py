"""Breaking buildings: numbers worked by hand."""

from __future__ import annotations

import pytest
import shapely

from gridmap.planning.atoms import Part, build_atoms
from gridmap.planning.buildings import (
    Building,
    Entrance,
    share_by_weight,
    share_evenly,
    share_households,
)
from gridmap.planning.pieces import build_pieces
from gridmap.planning.rules import PlanRules


def make_building(households: int, entrances: int, storeys: int) -> Building:
    shares = share_by_weight(households, [1] * entrances)
    doors = tuple(Entrance(i, h, storeys) for i, h in enumerate(shares, 1))
    return Building(7, "7号楼", -1, households, False, shapely.box(0, 0, 60, 12), doors)


def test_shares_sum_exactly():
    assert share_evenly(10, 4) == [2, 3, 2, 3]
    assert share_by_weight(10, [1, 1, 1]) == [4, 3, 3]
    assert share_by_weight(100, [1, 2, 3]) == [17, 33, 50]
    assert share_by_weight(5, [0, 0]) == [2, 3]


@pytest.mark.parametrize(
    ("total", "known", "storeys", "expected"),
    [
        (60, [None, None], [6, 6], [30, 30]),
        (60, [28, None], [6, 6], [28, 32]),
        (60, [28, None, None], [6, 6, 10], [28, 12, 20]),
        (60, [28, 28], [6, 6], [30, 30]),
        (20, [28, None], [6, 6], [20, 0]),
    ],
)
def test_known_counts_are_kept_while_they_fit(total, known, storeys, expected):
    assert share_households(total, known, storeys) == expected


@pytest.mark.parametrize(
    ("households", "entrances", "storeys", "depth", "expected"),
    [
        (80, 4, 6, 0, [80]),  # in the band: whole
        (96, 4, 6, 0, [24, 24, 24, 24]),  # above it: by entrance
        (99, 1, 33, 0, [3] * 33),  # one entrance above it: by floor
        (200, 2, 10, 0, [10] * 20),  # both entrances above it: 10 a floor
        (60, 2, 6, 1, [30, 30]),  # asked to go deeper
        (60, 1, 6, 2, [10] * 6),
        (0, 3, 6, 2, [0]),  # nobody lives there: never broken
        (400, 1, 1, 0, [400]),  # one floor is never broken
    ],
)
def test_a_building_breaks_only_as_far_as_needed(households, entrances, storeys, depth, expected):
    rules = PlanRules()
    buildings = [make_building(households, entrances, storeys)]
    pieces = build_pieces(buildings, by_entrance=True)
    atoms = build_atoms(buildings, pieces, rules, depth)
    assert atoms.households.tolist() == expected
    assert (atoms.owner_of_pieces(pieces.count) >= 0).all()


def test_held_parts_stay_atoms_and_the_rest_is_free():
    buildings = [make_building(90, 2, 6)]  # 45 an entrance; by floor 7, 8, 7, 8, 7, 8
    pieces = build_pieces(buildings, by_entrance=True)
    atoms = build_atoms(buildings, pieces, PlanRules(), 0, {0: [Part(1, 2, 5)]})
    assert list(zip(atoms.entrance, atoms.low, atoms.high, atoms.households, strict=True)) == [
        (1, 1, 1, 7),
        (1, 2, 5, 30),
        (1, 6, 6, 8),
        (2, 0, 0, 45),
    ]


def test_footprint_is_cut_in_equal_lengths_from_west_to_east():
    buildings = [make_building(90, 3, 6)]
    pieces = build_pieces(buildings, by_entrance=True)
    ox, _, ux, uy = pieces.axis[0]
    assert (round(ux, 9), round(uy, 9)) == (1, 0)
    assert [round(ox + t, 6) for t in pieces.cuts[0]] == [20, 40]
