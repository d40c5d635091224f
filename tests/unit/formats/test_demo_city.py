"""The demo city: what holds on every map of it, checked on the town and the district of one seed."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.formats.contract import attributes_of, geometry_of
from gridmap.formats.demo_city import LAYERS, build_demo_city, list_district_codes
from gridmap.formats.demo_city.ground import Ground
from gridmap.formats.demo_city.layout import build_layout
from gridmap.formats.demo_city.sizes import SIZES
from gridmap.formats.layers import layer_of

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def town():
    return next(build_demo_city("town", 1, TODAY))


@pytest.fixture(scope="module")
def district():
    return next(build_demo_city("district", 1, TODAY))


@pytest.fixture(scope="module", params=["town", "district"])
def place(request):
    return request.getfixturevalue(request.param)


def outlines(place, kind):
    return place.layers[kind].geometry.to_numpy()


def grids_of(place):
    areas = place.layers["areas"]
    return areas[areas["level"] == "grid"]


def grid_positions(place):
    """Position of the grid that properly contains each building."""
    grid, building = shapely.STRtree(outlines(place, "buildings")).query(
        grids_of(place).geometry.to_numpy(), predicate="contains_properly"
    )
    assert np.array_equal(np.sort(building), np.arange(len(place.layers["buildings"])))
    position = np.empty(len(building), dtype=int)
    position[building] = grid
    return position


def test_the_district_has_the_size_of_penglai(district):
    areas = district.layers["areas"]["level"].value_counts()
    assert areas["grid"] == 329
    assert areas["street"] == 10
    assert 50 <= areas["community"] <= 70
    buildings = district.layers["buildings"]
    assert 120_000 <= buildings["households"].sum() <= 140_000
    assert 9_000 <= len(buildings) <= 13_000
    compounds = district.layers["compounds"]
    assert 300 <= len(compounds) <= 360
    assert set(compounds["kind"]) == {"commercial", "family_yard", "resettlement", "old", "village", "mixed"}
    staff = district.layers["staff"]["role"].value_counts()
    assert staff["grid_officer"] == 329
    assert 4_500 <= staff.sum() <= 5_500
    stations = district.layers["stations"]["kind"].value_counts()
    assert 26 <= stations["station"] <= 38
    assert set(stations.index) == {"station", "gate", "building_door", "member_home"}


def test_the_town_is_small(town):
    areas = town.layers["areas"]["level"].value_counts()
    assert areas.to_dict() == {"grid": 13, "community": 3, "street": 1, "district": 1}
    assert 3_500 <= town.layers["buildings"]["households"].sum() <= 6_500


def test_every_layer_passes_the_import_contract(place):
    assert tuple(place.layers) == LAYERS
    for kind, frame in place.layers.items():
        named = {column.name for column in attributes_of(kind)}
        assert set(frame.columns) - {"geometry"} <= named, kind
        assert ("geometry" in frame) == (geometry_of(kind) is not None), kind
        layer = layer_of(kind, frame)
        assert [error.text("en") for error in layer.rejected] == []
        assert layer.mended == 0, kind
        assert len(layer.rows) == len(frame)


def test_the_same_seed_gives_the_same_bytes(town):
    again = next(build_demo_city("town", 1, TODAY))
    for kind, frame in town.layers.items():
        plain, other = frame, again.layers[kind]
        if "geometry" in frame:
            assert np.array_equal(
                shapely.to_wkb(frame.geometry.to_numpy()), shapely.to_wkb(other.geometry.to_numpy())
            )
            plain, other = frame.drop(columns="geometry"), other.drop(columns="geometry")
        pd.testing.assert_frame_equal(pd.DataFrame(plain), pd.DataFrame(other))


def test_another_seed_gives_another_town(town):
    other = next(build_demo_city("town", 2, TODAY))
    assert not outlines(town, "areas")[0].equals(outlines(other, "areas")[0])


def test_areas_tile_their_parents_exactly(place):
    areas = place.layers["areas"]
    assert shapely.coverage_is_valid(grids_of(place).geometry.to_numpy())
    shape_of = areas.set_index("code").geometry
    for parent, children in areas.dropna(subset="parent_code").groupby("parent_code"):
        assert shapely.coverage_union_all(children.geometry.to_numpy()).equals(shape_of[parent])
    assert set(areas.geometry.geom_type) == {"Polygon"}


def test_codes_carry_their_parents(place):
    areas = place.layers["areas"].dropna(subset="parent_code")
    assert all(
        code.startswith(parent) for code, parent in zip(areas["code"], areas["parent_code"], strict=True)
    )
    assert set(grids_of(place)["code"].str.len()) == {15}
    assert place.layers["areas"]["code"].is_unique


def test_buildings_keep_apart_and_off_everything(place):
    buildings = outlines(place, "buildings")
    assert shapely.is_valid(buildings).all()
    tree = shapely.STRtree(buildings)
    first, second = tree.query(buildings, predicate="intersects")
    assert np.array_equal(first, second)
    for kind in ("roads", "barriers"):
        assert len(tree.query(outlines(place, kind), predicate="intersects")[0]) == 0, kind


def test_basic_grids_hold_300_to_500_households_mostly_and_exclusive_ones_none(place):
    grids = grids_of(place)
    households = np.bincount(grid_positions(place), place.layers["buildings"]["households"], len(grids))
    basic = (grids["kind"] == "basic").to_numpy()
    assert (households[~basic] == 0).all()
    assert (~basic).sum() >= 2
    assert ((households[basic] >= 300) & (households[basic] <= 500)).mean() > 0.6
    assert households[basic].max() < 700


def test_compounds_and_grids_are_many_to_many(district):
    pairs = pd.DataFrame(
        {"compound": district.layers["buildings"]["compound_code"], "grid": grid_positions(district)}
    ).dropna()
    pairs = pairs.drop_duplicates()
    assert (pairs.groupby("compound")["grid"].nunique() > 1).sum() >= 20
    assert (pairs.groupby("grid")["compound"].nunique() > 1).sum() >= 20
    assert pairs["compound"].nunique() == len(district.layers["compounds"])


def test_entrances_add_up_to_their_building_and_stand_at_its_wall(place):
    buildings = place.layers["buildings"].set_index("id")
    entrances = place.layers["entrances"]
    sums = entrances.groupby("building_id")["households"].sum()
    assert (sums == buildings.loc[sums.index, "households"]).all()
    counts = entrances.groupby("building_id").size()
    assert (counts == buildings.loc[counts.index, "entrance_count"]).all()
    walls = buildings.loc[entrances["building_id"]].geometry.to_numpy()
    assert shapely.distance(entrances.geometry.to_numpy(), walls).max() < 1e-6


def test_towers_of_many_heights_stand_in_the_district(district):
    buildings = district.layers["buildings"]
    lived_in = buildings[buildings["households"] > 0]
    assert {18, 24, 27, 28, 30, 32, 33} <= set(lived_in["storeys"])
    estimated = lived_in["households_source"].str.startswith("ESTIMATE").mean()
    assert 0.02 < estimated < 0.04


def test_one_grid_in_twenty_has_no_officer(district):
    staff = district.layers["staff"].set_index("code")["role"]
    postings = district.layers["postings"]
    officers = postings[postings["staff_code"].map(staff) == "grid_officer"]
    open_now = officers[officers["ends_on"].isna()]
    without = set(grids_of(district)["code"]) - set(open_now["place_code"])
    assert without == set(district.uncovered_grids)
    assert len(without) == 16  # 5 % of 329


def test_postings_name_places_that_are_there(place):
    layers = place.layers
    known = {
        "grid": set(grids_of(place)["code"]),
        "community": set(layers["areas"]["code"]),
        "compound": set(layers["compounds"]["code"]),
        "building": set(layers["buildings"]["id"]),
        "entrance": {
            f"{b}/{n}"
            for b, n in zip(layers["entrances"]["building_id"], layers["entrances"]["number"], strict=True)
        },
    }
    postings = layers["postings"]
    assert set(postings["place_level"]) == set(known)
    for level, own in postings.groupby("place_level"):
        assert set(own["place_code"]) <= known[level]


def test_every_station_is_staffed_at_every_hour_of_its_roster(place):
    shifts = place.layers["shifts"]
    sites = place.layers["stations"].query("kind == 'station'")["code"]
    moments = pd.date_range("2026-10-28", "2026-12-10", freq="53min").to_numpy()[:, None]
    for site in sites:
        own = shifts[shifts["station_code"] == site]
        starts, ends = (own[name].dt.tz_localize(None).to_numpy() for name in ("starts_at", "ends_at"))
        assert ((starts <= moments) & (moments < ends)).any(axis=1).all(), site


def test_nobody_is_rostered_twice_at_a_time_or_at_two_places_in_a_shift(place):
    shifts = place.layers["shifts"]
    assert not shifts.duplicated(["staff_code", "starts_at"]).any()
    assert (shifts["station_code"].notna() != shifts["area_code"].notna()).all()
    ordered = shifts.sort_values(["staff_code", "starts_at"])
    next_start = ordered.groupby("staff_code")["starts_at"].shift(-1)
    assert not (next_start < ordered["ends_at"]).any()


def test_hot_spots_have_twice_the_rate_in_their_months_only(district):
    issues = district.layers["issues"].dropna(subset="building_id")
    local = issues["reported_at"].dt.tz_convert("Asia/Shanghai").dt.strftime("%Y-%m")
    households = district.layers["buildings"].set_index("id")["households"]
    inside = outside = expected_inside = expected_outside = 0.0
    assert 3 <= len(district.hot_spots) <= 5
    for spot in district.hot_spots:
        own = issues["building_id"].isin(spot.building_ids)
        hot = local.isin(spot.months)
        others = ~local.isin(spot.months) & (local != "2025-11") & (local != "2026-11")
        inside += (own & hot).sum()
        outside += (own & others).sum()
        expected_inside += households[list(spot.building_ids)].sum() * len(spot.months)
        expected_outside += households[list(spot.building_ids)].sum() * (11 - len(spot.months))
    ratio = (inside / expected_inside) / (outside / expected_outside)
    assert 1.7 < ratio < 2.3


def test_a_year_of_issues_comes_by_six_channels(district):
    issues = district.layers["issues"]
    rate = len(issues) / district.layers["buildings"]["households"].sum() / 12
    assert 0.018 < rate < 0.023
    assert issues["channel"].nunique() == 6
    assert issues["category"].nunique() == 12
    assert issues["geometry"].isna().sum() > 50
    assert issues["reported_at"].is_monotonic_increasing
    weekday = issues["reported_at"].dt.tz_convert("Asia/Shanghai").dt.day_of_week
    assert (weekday >= 5).mean() < 2 / 7


def test_issues_are_clumped_more_than_chance(district):
    counts = district.layers["issues"]["building_id"].value_counts()
    buildings = district.layers["buildings"].set_index("id")
    expected = buildings.loc[buildings["households"] > 20, "households"] * 0.02 * 12 * 0.85
    observed = counts.reindex(expected.index, fill_value=0)
    assert (((observed - expected) ** 2) / expected).mean() > 1.5


def test_neighbouring_districts_share_every_vertex_of_their_border():
    ground = Ground.draw(np.random.default_rng(5), SIZES["city"])
    layouts = [build_layout(ground, column, 2, np.random.default_rng(column)) for column in (0, 1)]
    cells = [cell.geom for layout in layouts for cell in layout.cells]
    assert shapely.coverage_is_valid(np.array(shapely.set_precision(cells, 0.001), dtype=object))


def test_city_codes_are_in_no_official_use():
    codes = list_district_codes("city")
    assert len(codes) == len(set(codes)) == 81
    assert all(code.startswith("3799") for code in codes)
