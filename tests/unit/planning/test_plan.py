"""plan_area and derive_areas on the toy town (see the drawing in tests/town.py)."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from gridmap.errors import BadInput
from gridmap.planning.check import check_plan
from gridmap.planning.derive import derive_areas, group_areas
from gridmap.planning.plan import plan_area
from gridmap.planning.rules import PlanRules
from tests import town


@pytest.fixture(scope="module")
def plan():
    return plan_area(
        town.build_grids(),
        town.build_buildings(),
        town.build_entrances(),
        town.build_barriers(),
        PlanRules(),
        seed=1,
    )


def test_every_household_is_in_a_micro_grid_of_its_grid_inside_the_band(plan):
    # 198 can only be three parts (four would need 200), 235 three or four
    grids = plan.micro_grids
    assert grids.groupby("parent_id")["households"].sum().to_dict() == {1: 198, 2: 235}
    assert grids["status"].tolist() == ["in_band"] * len(grids)
    assert (grids["parent_id"] == 1).sum() == 3
    assert (grids["parent_id"] == 2).sum() in (3, 4)


def test_the_independent_check_finds_only_the_building_that_the_engine_broke(plan):
    found = check_plan(
        town.build_grids(), town.build_buildings(), plan.assignments, plan.micro_grids, PlanRules()
    )
    (broken,) = plan.findings.loc[plan.findings["kind"] == "building_broken", "details"]
    (row,) = found.to_dict("records")
    assert (row["kind"], row["severity"]) == ("building_broken", "warning")
    assert row["details"].items() <= broken.items()


def test_the_tower_of_99_is_divided_by_floors(plan):
    rows = plan.assignments[plan.assignments["building_id"] == 10].sort_values("floor_from")
    assert len(rows) == 2
    assert rows["households"].sum() == 99
    assert rows["floor_from"].iloc[0] == 1
    assert rows["floor_from"].iloc[1] == rows["floor_to"].iloc[0] + 1
    assert rows["floor_to"].iloc[1] == 33
    assert rows["atom"].iloc[0] == f"b10/e1/1-{rows['floor_to'].iloc[0]}"
    assert rows["households"].tolist() == [3 * rows["floor_to"].iloc[0], 99 - 3 * rows["floor_to"].iloc[0]]


def test_estimates_are_marked_where_an_estimated_building_is_held(plan):
    marked = plan.micro_grids.loc[plan.micro_grids["households_estimated"], "number"].tolist()
    holders = plan.assignments.loc[plan.assignments["building_id"] == 12, "micro_grid"].tolist()
    assert marked == sorted(holders)


def test_codes_continue_the_grid_code(plan):
    west = plan.micro_grids[plan.micro_grids["parent_id"] == 1]
    assert west["code"].tolist() == [f"3706140010010010{i}" for i in (1, 2, 3)]


def test_same_seed_same_plan_whatever_the_order_and_number_of_parents(plan):
    grids, buildings = town.build_grids(), town.build_buildings()
    alone = plan_area(
        grids[grids["id"] == 2],
        buildings[buildings["parent_id"] == 2].iloc[::-1],
        town.build_entrances(),
        town.build_barriers(),
        PlanRules(),
        seed=1,
    )
    east = plan.micro_grids[plan.micro_grids["parent_id"] == 2]
    assert alone.micro_grids["contents"].tolist() == east["contents"].tolist()
    assert shapely.to_wkb(alone.micro_grids.geometry.to_numpy()).tolist() == (
        shapely.to_wkb(east.geometry.to_numpy()).tolist()
    )


def test_a_border_runs_along_the_river(plan):
    # nothing needs to cross: building 12 (36) cannot stand alone, so its micro-grid crosses and says so
    kinds = set(plan.findings["kind"])
    assert kinds == {"barrier_crossed", "building_broken"}


@pytest.mark.parametrize(
    ("households", "storeys", "kind", "severity"),
    [
        (30, 6, "total_too_small", "warning"),
        (90, 1, "hole_81_99", "warning"),
        (400, 1, "atoms_too_coarse", "warning"),
        (0, 1, "no_households", "warning"),
    ],
)
def test_what_cannot_be_is_a_finding_with_its_reason(households, storeys, kind, severity):
    grids = town.build_grids().iloc[:1]
    building = (
        town.build_buildings().iloc[:1].assign(households=households, storeys=storeys, entrance_count=1)
    )
    result = plan_area(grids, building, None, None, PlanRules(), seed=1)
    assert result.micro_grids["households"].tolist() == [households]
    assert result.findings[["kind", "severity"]].values.tolist() == [[kind, severity]]


def test_a_tower_of_400_is_divided_into_bands():
    grids = town.build_grids().iloc[:1]
    tower = town.build_buildings().iloc[:1].assign(households=400, storeys=40, entrance_count=1)
    result = plan_area(grids, tower, None, None, PlanRules(), seed=1)
    assert set(result.micro_grids["status"]) == {"in_band"}
    assert result.micro_grids.geometry.notna().sum() == 1
    assert result.micro_grids["stacked"].sum() == len(result.micro_grids) - 1
    assert len(result.findings) == 0


def test_a_grid_without_buildings_is_one_micro_grid():
    buildings = town.build_buildings().iloc[:0]
    result = plan_area(town.build_grids(), buildings, None, None, PlanRules(), seed=1)
    assert result.micro_grids["households"].tolist() == [0, 0]
    assert result.findings["kind"].tolist() == ["no_households"] * 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda b: b.assign(parent_id=9), "parent_id 9"),
        (lambda b: b.assign(households=-1), "negative"),
        (lambda b: b.assign(id=1), "more than once"),
        (lambda b: b.drop(columns="storeys"), "storeys"),
        (lambda b: b.to_crs(3857), "EPSG:4326"),
    ],
)
def test_bad_input_is_refused_in_words(change, words):
    with pytest.raises(BadInput, match=words):
        plan_area(town.build_grids(), change(town.build_buildings()), None, None, PlanRules(), seed=1)


def test_the_check_notices_a_moved_atom_and_a_gap(plan):
    grids, buildings = town.build_grids(), town.build_buildings()
    moved = plan.assignments.copy()
    moved.loc[moved["building_id"] == 1, "households"] = 23
    found = check_plan(grids, buildings, moved, plan.micro_grids, PlanRules())
    assert {"atom_missing", "wrong_total"} <= set(found["kind"])
    shrunk = plan.micro_grids.copy()
    with pytest.warns(UserWarning, match="geographic CRS"):
        shrunk["geometry"] = shrunk.geometry.buffer(-1e-5)
    found = check_plan(grids, buildings, plan.assignments, shrunk, PlanRules())
    assert "gap_or_overlap" in set(found["kind"])


def test_derived_areas_tile_the_town_and_follow_the_road():
    # 433 households and a band of 180-250: two grids; the road lies between 198 and 235
    rules = PlanRules(
        households_min=180, households_max=250, households_target=215, may_break_buildings=False
    )
    within = shapely.union_all(town.build_grids().geometry.to_numpy())
    buildings = town.build_buildings().drop(columns="parent_id")
    areas = derive_areas(buildings, town.build_barriers().iloc[:1], rules=rules, seed=1, within=within)
    assert sorted(areas["households"].tolist()) == [198, 235]
    assert areas["building_count"].tolist() == [8, 4]
    metres = town.to_metres(areas.geometry.to_numpy())
    assert shapely.area(metres).round(2).tolist() == [205 * 200, 195 * 200]
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())


def test_grids_are_grouped_whole_into_communities_that_hang_together():
    # 120 squares of 400 households: 48,000, at least ten communities of 3,000-5,000 and at most sixteen.
    east, north = 120 + np.arange(13) * 0.002, 30 + np.arange(11) * 0.002
    column, row = (places.ravel() for places in np.meshgrid(np.arange(12), np.arange(10)))
    squares = shapely.box(east[column], north[row], east[column + 1], north[row + 1])
    grids = gpd.GeoDataFrame({"households": 400}, geometry=squares, crs=4326, index=range(120))
    rules = PlanRules(
        households_min=3_000, households_max=5_000, households_target=4_000, may_break_buildings=False
    )
    group = group_areas(grids, None, rules=rules, seed=0)
    numbers, sizes = np.unique(group, return_counts=True)
    assert numbers.tolist() == list(range(1, len(numbers) + 1))
    assert 10 <= len(numbers) <= 16
    assert ((sizes * 400 >= 3_000) & (sizes * 400 <= 5_000)).all()
    shapes = [shapely.coverage_union_all(squares[group == number]) for number in numbers]
    assert {shape.geom_type for shape in shapes} == {"Polygon"}


def test_inputs_are_not_changed():
    buildings, entrances = town.build_buildings(), town.build_entrances()
    plan_area(town.build_grids(), buildings, entrances, town.build_barriers(), PlanRules(), seed=3)
    assert_geodataframe_equal(buildings, town.build_buildings())
    pd.testing.assert_frame_equal(entrances, town.build_entrances())


def test_rules_travel_as_json():
    rules = PlanRules(households_max=90)
    assert PlanRules.from_dict(rules.to_dict()) == rules
    with pytest.raises(BadInput, match="no_such_rule"):
        PlanRules.from_dict({"no_such_rule": 1})
