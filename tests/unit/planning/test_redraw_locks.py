"""Locked buildings of grid 1 of the toy town: 01 holds 1, 2, 4; 02 holds 3, 6, 8; 03 holds 5, 7."""

from __future__ import annotations

import json

import pytest

from gridmap.errors import BadInput, Conflict
from gridmap.planning import redraw
from gridmap.planning.redraw_locks import lock, lock_buildings, unlock, unlock_buildings
from gridmap.planning.redraw_operations import apply, read_operation
from gridmap.planning.remedies import find_remedies
from tests.unit.planning.test_redraw import HELD, A, B, C, D, counts, degrees, make_division


def locked(*buildings, held=None):
    return lock_buildings(make_division(held), buildings).division


def moved(change):
    return sorted(key for key, *_ in change.operation["moves"])


def test_an_atom_of_a_locked_building_stays_and_the_rest_moves():
    change = redraw.move(locked(1), ["b1", "b2"], B)
    assert (moved(change), change.refused) == (["b2"], ("b1",))
    assert counts(change.division) == {"01": 54, "02": 78, "03": 66}
    with pytest.raises(Conflict, match="1号楼 is locked"):
        redraw.move(locked(1), ["b1"], B)
    swapped = redraw.swap(locked(1), ["b1", "b2"], ["b3"])
    assert (moved(swapped), swapped.refused) == (["b2", "b3"], ("b1",))
    assert redraw.new(locked(1), ["b1", "b2"]).refused == ("b1",)


def test_a_locked_building_is_neither_broken_nor_healed():
    with pytest.raises(Conflict, match="7号楼 is locked"):
        redraw.break_building(locked(7), 7)
    broken = redraw.break_building(make_division(), 7).division
    with pytest.raises(Conflict, match="7号楼 is locked"):
        redraw.heal_building(lock_buildings(broken, [7]).division, 7)


def test_a_cut_gives_the_new_code_to_the_side_without_locked_buildings():
    line = degrees((60, 100), (60, 200))  # 1 and 4 to the west, 2 to the east
    assert counts(redraw.cut_by_line(make_division(), [A], line).division)["04"] == 24
    change = redraw.cut_by_line(locked(2), [A], line)
    assert (moved(change), change.refused) == (["b1", "b4"], ())
    assert counts(change.division) == {"01": 24, "02": 54, "03": 66, "04": 54}
    both = redraw.cut_by_line(locked(1, 5), [A, C], degrees((60, 0), (60, 200)))
    assert D in both.division.codes
    assert both.refused == ()


def test_a_merge_keeps_the_code_that_holds_locked_buildings():
    change = redraw.merge(locked(3), [A, B])
    assert counts(change.division) == {"01": 0, "02": 132, "03": 66}
    change = redraw.merge(locked(3, 1), [A, B])
    assert counts(change.division) == {"01": 108, "02": 24, "03": 66}
    assert change.refused == ("b3",)


def test_a_push_passes_over_locked_buildings_and_names_them():
    path = degrees((90, 190), (90, 121))  # touches 2 and 5
    change = redraw.push_boundary(locked(2), B, path, is_area=False)
    assert (moved(change), change.refused) == (["b5"], ("b2",))
    with pytest.raises(Conflict, match="locked"):
        redraw.push_boundary(locked(2, 5), B, path, is_area=False)


def test_filling_and_balancing_leave_locked_buildings_alone():
    loose = {b: code for b, code in HELD.items() if b not in (3, 4)}
    change = redraw.fill_unassigned(locked(4, held=loose))
    assert (moved(change), change.refused) == (["b3"], ())
    lopsided = HELD | {5: A}  # 108, 54, 36: building 4 or 5, of 30 each, mends it
    assert moved(redraw.rebalance(make_division(lopsided), [A, C])) == ["b4"]
    assert moved(redraw.rebalance(locked(4, held=lopsided), [A, C])) == ["b5"]
    with pytest.raises(BadInput, match="as even as can be"):
        redraw.rebalance(locked(*HELD, held=lopsided), [A, B, C])


def test_no_remedy_moves_or_breaks_a_locked_building():
    division = make_division(HELD | {5: A})
    assert find_remedies(division, C)[0]["operation"]["moves"] == [["b4", A, C]]
    division = lock_buildings(division, [4, 7]).division
    assert find_remedies(division, C)[0]["operation"]["moves"] == [["b5", A, C]]
    for remedy in find_remedies(division, C):
        operation = remedy["operation"]
        if operation is not None:
            assert {"b4", "b7"}.isdisjoint(key for key, *_ in operation["moves"])
            assert {4, 7}.isdisjoint(id_ for id_, *_ in operation["parts"])
            apply(division, operation)
    division = lock_buildings(make_division(HELD | {5: A}), HELD).division
    assert [remedy["kind"] for remedy in find_remedies(division, C)] == ["waive"]


def test_locking_is_taken_back_exactly_and_stands_against_undoing_what_was_before():
    start = make_division()
    done = redraw.move(start, ["b1"], B)
    change = lock_buildings(done.division, [1, 2])
    assert change.operation == read_operation(json.loads(json.dumps(change.operation)))
    assert change.division.digest() != done.division.digest()
    with pytest.raises(Conflict, match="1号楼 is locked"):
        apply(change.division, done.inverse)
    back = apply(change.division, change.inverse)
    assert back.division.digest() == done.division.digest()
    assert back.inverse == change.operation
    assert apply(back.division, done.inverse).division.digest() == start.digest()


def test_many_are_locked_at_once_and_those_locked_already_are_passed_over():
    division = lock(make_division(), [A]).division
    division = lock(division, [A, B, C]).division
    assert division.locked == {A, B, C}
    assert unlock(division, [A, B, C]).division.locked == frozenset()
    division = locked(1)
    assert lock_buildings(division, [1, 2]).operation["buildings"] == [["add", 2]]
    assert unlock_buildings(division, [1, 2]).division.locked_buildings == frozenset()
    with pytest.raises(BadInput, match="Nothing would change"):
        lock_buildings(division, [1])
    with pytest.raises(BadInput, match="no b9"):
        lock_buildings(division, [9])
