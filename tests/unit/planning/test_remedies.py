"""Remedies of micro-grids outside the band, in cases small enough to see what is best."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from gridmap.errors import BadInput
from gridmap.i18n import translate
from gridmap.planning import redraw
from gridmap.planning.redraw_division import Assignment, Edge, build_division
from gridmap.planning.remedies import cheapest_remedy, find_remedies
from gridmap.planning.rules import PlanRules
from tests.unit.planning.test_redraw import HELD, A, B, C, counts, make_division, make_ground

EAST = make_ground(1)


def test_a_micro_grid_in_the_band_needs_none():
    assert find_remedies(make_division(), A) == []
    assert cheapest_remedy(make_division(), A) is None


def test_the_building_that_helps_both_is_moved_first():
    division = make_division(HELD | {5: A})  # 108, 54, 36
    remedies = find_remedies(division, C)
    assert [remedy["is_enough"] for remedy in remedies] == [True] * len(remedies)
    assert remedies[0]["kind"] == "move"
    assert remedies[0]["households_moved"] == 30
    assert remedies[0]["after"] == {A: 78, C: 66}
    assert remedies == json.loads(json.dumps(remedies))
    after = redraw.apply_remedy(division, remedies[0]).division
    assert counts(after) == {"01": 78, "02": 54, "03": 66}
    assert cheapest_remedy(division, A)["after"] == {A: 78, C: 66}


def test_small_neighbours_are_merged():
    # 24 + 54 in one, and 7 (36) with 4, 5 (60) too many; 1 alone must join 2, 3 (48) or 6, 8
    division = make_division({1: A, 2: B, 3: B, 4: C, 5: C, 6: B, 7: "D", 8: "D"})
    assert counts(division)["01"] == 24
    remedy = cheapest_remedy(division, A)
    assert remedy["is_enough"]
    assert remedy["broken"] == 0


def test_a_tower_is_broken_by_floors_where_nothing_else_helps():
    # 10: 99 on 33 floors; 11: 40; at least 19 must go, in whole floors of 3: 21 are seven floors
    held = {9: A, 10: B, 11: C, 12: "D"}
    rows = [Assignment(b, None, None, None, code) for b, code in held.items()]
    division = build_division(EAST, PlanRules(), rows)
    remedy = cheapest_remedy(division, B)
    assert remedy["kind"] == "break"
    assert remedy["households_moved"] == 21
    assert remedy["after"] == {B: 78, C: 61}
    after = redraw.apply_remedy(division, remedy).division
    bands = sorted(key for key in after.keys if key.startswith("b10/"))
    assert bands in (["b10/e1/1-26", "b10/e1/27-33"], ["b10/e1/1-7", "b10/e1/8-33"])


def test_a_locked_neighbour_is_unlocked_only_where_nothing_else_helps():
    division = make_division(HELD | {5: A}, locked=[A])  # 108 locked, 54, 36
    remedy = cheapest_remedy(division, C)
    assert remedy["kind"] == "unlock"
    assert remedy["operation"]["locks"] == [["drop", A]]
    change = redraw.apply_remedy(division, remedy)
    assert counts(change.division)["03"] == 66
    assert change.division.locked == frozenset()


def test_a_removed_edge_is_put_back_where_it_parts_the_land():
    rows = [Assignment(9, None, None, None, A), Assignment(10, None, None, None, B)]
    rows += [Assignment(11, None, None, None, C), Assignment(12, None, None, None, "D")]
    # 11 (40) and 12 (36) make 76, but people have parted 12 from all others
    edges = [Edge(f"b{b}", "b12", False) for b in (9, 10, 11)]
    division = build_division(EAST, PlanRules(), rows, edges=edges)
    remedy = cheapest_remedy(division, "D")
    assert remedy["kind"] == "edge"
    assert remedy["is_enough"]
    after = redraw.apply_remedy(division, remedy).division
    assert len(after.edges) == 2
    assert after.households[1:].tolist().count(76) == 1


def test_where_nothing_helps_only_a_waiver_is_left():
    alone = make_division(dict.fromkeys(range(1, 9), A), locked=[])
    ground = alone.ground
    few = build_division(
        ground, PlanRules(households_min=300, households_max=400, households_target=350),
        [Assignment(b, None, None, None, A) for b in range(1, 9)],
    )  # fmt: skip
    remedy = cheapest_remedy(few, A)
    assert (remedy["kind"], remedy["operation"]) == ("waive", None)
    assert remedy["before"] == {A: 198}
    with pytest.raises(BadInput, match="waived"):
        redraw.apply_remedy(few, remedy)


def test_most_faults_made_by_hand_can_be_mended():
    """Every single move that breaks the band in the town has a remedy that creates no new fault."""
    division = make_division()
    tried = mended = 0
    for key in division.keys:
        for code in division.codes:
            if division.code_of(division.labels[division.row_of_key[key]]) == code:
                continue
            moved = redraw.move(division, [key], code).division
            for own in moved.codes:
                if not find_remedies(moved, own, most=1):
                    continue
                tried += 1
                remedy = cheapest_remedy(moved, own)
                if remedy["operation"] is None:
                    continue
                change = redraw.apply_remedy(moved, remedy)
                worse = [row["appeared"] for row in change.report["micro_grids"]]
                assert not {"under", "over", "not_contiguous"} & set(np.concatenate([[], *worse]))
                mended += remedy["is_enough"]
    assert tried > 10
    assert mended >= 0.9 * tried


def test_remedies_do_not_touch_the_division():
    division = make_division(HELD | {5: A})
    before = division.digest(), shapely.to_wkb(division.polygons).tolist()
    find_remedies(division, C)
    assert (division.digest(), shapely.to_wkb(division.polygons).tolist()) == before


def test_every_remedy_has_words():
    held = [make_division(HELD | {5: A}), make_division(HELD | {5: A}, locked=[A])]
    for division in held:
        for remedy in find_remedies(division, C):
            said = translate(remedy["text"], "en", households=remedy["households_moved"])
            assert str(remedy["households_moved"]) in said
