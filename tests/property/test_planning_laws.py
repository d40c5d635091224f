"""Laws of the engine on generated parents: holes, islands, coincident and crossing footprints."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.planning.check import check_plan
from gridmap.planning.packing import AtomGraph
from gridmap.planning.partition import partition
from gridmap.planning.plan import plan_area
from gridmap.planning.rules import PlanRules
from tests.town import to_degrees

RULES = PlanRules(trees=6, rounds=2, tries=2)
SETTINGS = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)

SHAPES = {
    "plain": shapely.box(0, 0, 200, 160),
    "hole": shapely.difference(shapely.box(0, 0, 200, 160), shapely.box(80, 60, 120, 100)),
    "islands": shapely.union(shapely.box(0, 0, 95, 160), shapely.box(105, 20, 200, 140)),
    "notch": shapely.Polygon([(0, 0), (200, 0), (200, 160), (120, 160), (110, 30), (100, 160), (0, 160)]),
}


@st.composite
def building_rows(draw):
    """Footprints of many kinds: apart, touching, overlapping, the same twice, over the edge, outside."""
    count = draw(st.integers(1, 9))
    rows = []
    for _ in range(count):
        x, y = draw(st.integers(-2, 19)) * 10, draw(st.integers(-1, 15)) * 10
        width, height = draw(st.sampled_from([10, 15, 33])), draw(st.sampled_from([8, 10, 14]))
        angle = draw(st.sampled_from([0, 0, 0, 17, 45]))
        footprint = shapely.affinity.rotate(shapely.box(x, y, x + width, y + height), angle)
        households = draw(st.sampled_from([0, 1, 12, 30, 48, 66, 90, 99, 132, 400]))
        rows.append((footprint, households, draw(st.sampled_from([1, 6, 33])), draw(st.integers(1, 4))))
    return rows


def make_frames(shape, rows):
    parents = gpd.GeoDataFrame(
        {"id": [5], "code": ["P"]}, geometry=to_degrees(np.array([shape], dtype=object)), crs=4326
    )
    buildings = gpd.GeoDataFrame(
        {
            "id": np.arange(1, len(rows) + 1),
            "parent_id": 5,
            "compound_id": pd.array([1 if i % 2 else None for i in range(len(rows))], dtype="Int64"),
            "name": "",
            "households": [r[1] for r in rows],
            "households_estimated": False,
            "storeys": [r[2] for r in rows],
            "entrance_count": [r[3] for r in rows],
        },
        geometry=to_degrees(np.array([r[0] for r in rows], dtype=object)),
        crs=4326,
    )
    barriers = gpd.GeoDataFrame(
        {"kind": ["road", "river"], "class": ["primary", ""]},
        geometry=to_degrees(
            np.array(
                [
                    shapely.LineString([(60, -20), (64, 180)]),
                    shapely.LineString([(-20, 75), (150, 70), (150, 90)]),
                ],
                dtype=object,
            )
        ),
        crs=4326,
    )
    return parents, buildings, barriers


@SETTINGS
@given(shape=st.sampled_from(sorted(SHAPES)), rows=building_rows(), seed=st.integers(0, 3))
def test_every_plan_keeps_the_laws(shape, rows, seed):
    parents, buildings, barriers = make_frames(SHAPES[shape], rows)
    plan = plan_area(parents, buildings, None, barriers, RULES, seed=seed)
    found = check_plan(parents, buildings, plan.assignments, plan.micro_grids, RULES)
    broken = found[found["severity"] == "blocking"]
    assert broken.to_dict("records") == []
    assert sorted(plan.assignments["building_id"].unique()) == sorted(buildings["id"])
    assert not plan.assignments["atom"].duplicated().any()
    explained = set(plan.findings["micro_grid"].dropna())
    outside = set(plan.micro_grids.loc[plan.micro_grids["status"] != "in_band", "number"])
    assert outside <= explained


@settings(SETTINGS, max_examples=15)
@given(shape=st.sampled_from(sorted(SHAPES)), rows=building_rows(), which=st.integers(0, 20))
def test_a_locked_micro_grid_survives_another_seed(shape, rows, which):
    parents, buildings, barriers = make_frames(SHAPES[shape], rows)
    first = plan_area(parents, buildings, None, barriers, RULES, seed=0)
    chosen = first.micro_grids.iloc[which % len(first.micro_grids)]
    held = first.assignments[first.assignments["micro_grid"] == chosen["number"]]
    second = plan_area(
        parents, buildings, None, barriers, RULES, seed=1, locked=held.assign(code=chosen["code"])
    )
    kept = second.micro_grids[second.micro_grids["locked"]]
    assert kept["code"].tolist() == [chosen["code"]]
    assert kept["households"].tolist() == [chosen["households"]]
    again = second.assignments[second.assignments["micro_grid"] == kept["number"].iloc[0]]
    assert sorted(again["atom"]) == sorted(held["atom"])
    assert not second.micro_grids["code"].duplicated().any()
    found = check_plan(parents, buildings, second.assignments, second.micro_grids, RULES)
    assert set(found.loc[found["severity"] == "blocking", "kind"]) <= {"not_contiguous"}


@settings(SETTINGS, max_examples=6)
@given(rows=building_rows(), seed=st.integers(0, 3))
def test_same_seed_same_bytes(rows, seed):
    parents, buildings, barriers = make_frames(SHAPES["hole"], rows)
    one, two = (plan_area(parents, buildings, None, barriers, RULES, seed=seed) for _ in range(2))
    assert one.assignments.equals(two.assignments)
    assert (
        shapely.to_wkb(one.micro_grids.geometry.to_numpy()).tolist()
        == shapely.to_wkb(two.micro_grids.geometry.to_numpy()).tolist()
    )


@pytest.mark.parametrize("households", range(100, 1000, 90))
def test_single_households_in_a_row_always_fit_the_band(households):
    # every total of 100 and more can be divided when nothing is coarser than one household
    n = households
    graph = AtomGraph(
        households=np.ones(n, np.int64),
        compound=np.full(n, -1),
        area_m2=np.full(n, 100.0),
        perimeter_m=np.full(n, 40.0),
        x_m=np.arange(n) * 10.0,
        y_m=np.zeros(n),
        ends=np.stack([np.arange(n - 1), np.arange(1, n)], axis=1),
        border_m=np.full(n - 1, 10.0),
        barrier=np.zeros(n - 1),
        split=np.zeros(n - 1),
        nearness=np.full(n - 1, 3),
        crosses=np.full(n - 1, -1),
    )
    labels = partition(graph, RULES, np.random.default_rng(1)).labels
    totals = np.bincount(labels)
    assert totals.min() >= 50
    assert totals.max() <= 80
    assert (np.diff(labels) != 0).sum() == len(totals) - 1  # each part is one stretch of the row
