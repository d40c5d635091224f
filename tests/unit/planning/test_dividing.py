"""Locked micro-grids, edges people changed, barriers that hold, and buildings broken no more than needed.

             x = 0    20   40   60   80   100
a row of buildings, all but the last two apart by open land, one parent 0..400 by 0..60
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.errors import BadInput
from gridmap.planning import PlanRules, describe_graph, plan_area
from tests.town import to_degrees

RULES = PlanRules()


def make_row(*households: int, entrances: int = 1, storeys: int = 6, outline=None):
    """One parent with buildings of these households in a row, ids from 1."""
    n = len(households)
    outline = outline or shapely.box(0, 0, 40 * n, 60)
    parents = gpd.GeoDataFrame(
        {"id": [5], "code": ["G"]}, geometry=to_degrees(np.array([outline], dtype=object)), crs=4326
    )
    boxes = [shapely.box(40 * i + 10, 20, 40 * i + 30, 32) for i in range(n)]
    buildings = gpd.GeoDataFrame(
        {
            "id": np.arange(1, n + 1),
            "parent_id": 5,
            "compound_id": pd.array([None] * n, dtype="Int64"),
            "name": [f"{i}号楼" for i in range(1, n + 1)],
            "households": households,
            "households_estimated": False,
            "storeys": storeys,
            "entrance_count": entrances,
        },
        geometry=to_degrees(np.array(boxes, dtype=object)),
        crs=4326,
    )
    return parents, buildings


def held(plan) -> list[list[str]]:
    """The atoms of each micro-grid, sorted."""
    return sorted(sorted(rows["atom"]) for _, rows in plan.assignments.groupby("micro_grid"))


def make_edit(a: int, b: int, action: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parent_id": [5],
            "building_a": [a],
            "entrance_a": pd.array([None], dtype="Int64"),
            "building_b": [b],
            "entrance_b": pd.array([None], dtype="Int64"),
            "action": [action],
        }
    )


def make_river() -> gpd.GeoDataFrame:
    """A river between the second and the third building."""
    line = np.array([shapely.LineString([(80, -10), (80, 70)])], dtype=object)
    return gpd.GeoDataFrame({"kind": ["river"], "class": [""]}, geometry=to_degrees(line), crs=4326)


def test_a_removed_edge_is_obeyed():
    parents, buildings = make_row(30, 30, 30, 30)
    assert held(plan_area(parents, buildings, None, None, RULES, seed=1)) == [["b1", "b2"], ["b3", "b4"]]
    plan = plan_area(parents, buildings, None, None, RULES, seed=1, edits=make_edit(1, 2, "remove"))
    by_building = dict(zip(plan.assignments["building_id"], plan.assignments["micro_grid"], strict=True))
    assert by_building[1] != by_building[2]
    assert plan.findings["kind"].tolist() == ["edge_removed"] * 2  # 30, and 30 + 30 + 30


def test_an_added_edge_joins_pieces_of_land():
    # two islands of 60 + 60 and 30 + 60: without the edge the second total of 90 falls into the hole
    islands = shapely.union(shapely.box(0, 0, 75, 60), shapely.box(85, 0, 160, 60))
    parents, buildings = make_row(60, 20, 30, 60, outline=islands)
    alone = plan_area(parents, buildings, None, None, RULES, seed=1)
    assert set(alone.findings["kind"]) == {"hole_81_99"}
    joined = plan_area(parents, buildings, None, None, RULES, seed=1, edits=make_edit(2, 3, "add"))
    assert held(joined) == [["b1"], ["b2", "b3"], ["b4"]]


def test_a_locked_micro_grid_is_left_alone():
    parents, buildings = make_row(30, 30, 30, 30, 60)
    locked = pd.DataFrame(
        {
            "parent_id": [5, 5],
            "code": ["G07", "G07"],
            "building_id": [2, 3],
            "entrance_number": pd.array([None, None], dtype="Int64"),
            "floor_from": pd.array([None, None], dtype="Int64"),
            "floor_to": pd.array([None, None], dtype="Int64"),
        }
    )
    plan = plan_area(parents, buildings, None, None, RULES, seed=1, locked=locked)
    grids = plan.micro_grids.set_index("code")
    assert ["b2", "b3"] in held(plan)
    assert grids["locked"].to_dict()["G07"]
    assert grids["locked"].sum() == 1
    # what is left on both sides: 30 alone, and 30 + 60
    assert set(plan.findings["kind"]) == {"locked"}


def test_a_locked_band_of_floors_stays_a_band():
    parents, buildings = make_row(120, 60, storeys=12)
    locked = pd.DataFrame(
        {
            "parent_id": [5],
            "code": ["G02"],
            "building_id": [1],
            "entrance_number": pd.array([1], dtype="Int64"),
            "floor_from": pd.array([6], dtype="Int64"),
            "floor_to": pd.array([12], dtype="Int64"),
        }
    )
    plan = plan_area(parents, buildings, None, None, RULES, seed=1, locked=locked)
    assert held(plan) == [["b1/e1/1-5"], ["b1/e1/6-12"], ["b2"]]
    assert plan.micro_grids.loc[plan.micro_grids["locked"], "households"].tolist() == [70]


def test_a_lock_on_what_is_gone_is_told():
    parents, buildings = make_row(60)
    locked = pd.DataFrame(
        {
            "parent_id": [5],
            "code": ["G02"],
            "building_id": [9],
            "entrance_number": pd.array([None], dtype="Int64"),
            "floor_from": pd.array([None], dtype="Int64"),
            "floor_to": pd.array([None], dtype="Int64"),
        }
    )
    plan = plan_area(parents, buildings, None, None, RULES, seed=1, locked=locked)
    assert plan.findings[["kind", "details"]].values.tolist() == [["lock_outdated", {"code": "G02"}]]


def test_a_barrier_of_a_million_is_never_crossed():
    river = make_river()
    parents, buildings = make_row(60, 30, 30, 60)
    soft = plan_area(parents, buildings, None, river, RULES, seed=1)
    assert held(soft) == [["b1"], ["b2", "b3"], ["b4"]]
    assert soft.findings[["kind", "details"]].values.tolist() == [
        ["barrier_crossed", {"barrier": "river", "cost": 60.0}]
    ]
    hard = PlanRules(barrier_costs={"river": 1e6})
    plan = plan_area(parents, buildings, None, river, hard, seed=1)
    assert set(plan.findings["kind"]) == {"barrier"}
    by_building = dict(zip(plan.assignments["building_id"], plan.assignments["micro_grid"], strict=True))
    assert by_building[2] != by_building[3]


def test_the_order_of_faults_is_the_citys():
    # crossing the river reaches the band; a city that puts barriers first would rather miss it
    river = make_river()
    parents, buildings = make_row(60, 30, 30, 60)
    order = ("barriers", "band", "buildings", "compounds", "shape", "balance")
    plan = plan_area(parents, buildings, None, river, PlanRules(order=order), seed=1)
    by_building = dict(zip(plan.assignments["building_id"], plan.assignments["micro_grid"], strict=True))
    assert by_building[2] != by_building[3]
    assert PlanRules.from_dict(PlanRules(order=order).to_dict()) == PlanRules(order=order)
    with pytest.raises(BadInput, match="balance"):
        PlanRules(order=("band",))


def test_only_the_building_that_must_be_is_broken():
    # whole: 70 | 90, 10 too many; by entrances of 15 households there is 70 | 60 + a rest of 30, which cannot
    # stand alone, and in three parts 50 and more each: one broken building is enough
    parents, buildings = make_row(70, 45, 45, entrances=3)
    plan = plan_area(parents, buildings, None, None, RULES, seed=1)
    assert set(plan.micro_grids["status"]) == {"in_band"}
    broken = plan.findings[plan.findings["kind"] == "building_broken"]
    assert len(broken) == 1
    assert broken["details"].iloc[0]["outside_unbroken"] == 10
    assert broken["details"].iloc[0]["is_proved"]


def test_the_graph_can_be_looked_at():
    river = make_river()
    parents, buildings = make_row(60, 30, 30, 60)
    edits = pd.concat([make_edit(3, 4, "remove"), make_edit(1, 4, "add")])
    edges = describe_graph(parents, buildings, None, river, RULES, edits).set_index(["atom_a", "atom_b"])
    assert edges["origin"].to_dict() == {
        ("b1", "b2"): "touch",
        ("b2", "b3"): "touch",
        ("b3", "b4"): "removed",
        ("b1", "b4"): "added",
    }
    assert edges["crosses"].to_dict()["b2", "b3"] == "river"
    assert edges["border_m"].to_dict()["b1", "b2"] == pytest.approx(60, rel=0.05)  # along the mesh
    assert shapely.length(edges.geometry.to_numpy()).min() > 0


@pytest.mark.parametrize(
    ("households", "entrances", "storeys", "expected"),
    [
        (132, 1, 33, [64, 68]),
        (198, 1, 33, [66, 66, 66]),
        (264, 1, 33, [64, 64, 64, 72]),
        (198, 2, 33, [66, 66, 66]),  # twice 99: bands of both entrances pair up
        (400, 1, 40, [80, 80, 80, 80, 80]),
    ],
)
def test_towers_are_divided_into_bands_of_whole_floors(households, entrances, storeys, expected):
    parents, buildings = make_row(households, entrances=entrances, storeys=storeys)
    plan = plan_area(parents, buildings, None, None, RULES, seed=1)
    assert sorted(plan.micro_grids["households"]) == expected
    assert plan.findings.empty


def test_bands_are_numbered_from_the_ground_up():
    parents, buildings = make_row(198, storeys=33)
    plan = plan_area(parents, buildings, None, None, RULES, seed=1)
    assert plan.micro_grids["contents"].tolist() == [
        "1号楼 1单元 1–11层",
        "1号楼 1单元 12–22层",
        "1号楼 1单元 23–33层",
    ]
