"""Every spatial query runs, says what it is, and is answered from the index its header names.

The city of `tests.spatial_city` is big enough for the planner to want the index by itself; nothing is
switched off for it.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import shapely
from sqlalchemy import text

from gridmap.db import sql

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OURS = (
    "at_",
    "compare_",
    "coverage_",
    "division_",
    "duty_",
    "field_",
    "handoff_",
    "heat_",
    "import_",
    "issue_",
    "layer_",
    "notice_holdings",
    "notice_posts",
    "listing_",
    "picture_",
    "report_",
    "roster_",
    "sheet_",
    "siting_",
    "tile_",
    "walking_",
    "workload_",
)

GRID = 1_005_005  # "G5-5"
POINT = {"lon": 120.7255, "lat": 37.7705}  # in G5-5
SQUARE = shapely.to_wkb(
    shapely.set_srid(shapely.box(120.7254, 37.7704, 120.7256, 37.7706), 4326), include_srid=True
)
DAY = {
    "starts_at": datetime(2026, 3, 1, tzinfo=UTC),
    "ends_at": datetime(2026, 3, 2, tzinfo=UTC),
    "category": "",
}
SPAN = {"starts_at": DAY["starts_at"], "ends_at": DAY["ends_at"]}
NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)
POLICE = {"roles": ["police"], "skills": []}
TILE = {"z": 16, "x": 54745, "y": 25331, "extent": 4096, "margin": 128, "grain_m": 0.0}


class Case(NamedTuple):
    """One file with parameters under which its index matters."""

    name: str
    values: dict[str, Any]
    indexes: tuple[str, ...]


CASES = (
    Case(
        "at_building",
        {**POINT, "within_m": 30},
        ("idx_buildings_geom", "uq_entrances_building_id_number", "ix_assignments_building_id_plan_id"),
    ),
    Case("at_areas", POINT, ("idx_areas_geom", "idx_micro_grids_geom")),
    Case(
        "at_people",
        {
            "building_id": GRID * 100 + 11,
            "compound_id": None,
            "micro_grids": [],
            "grid_id": GRID,
            "grid_code": None,
            "on_date": date(2026, 11, 4),
        },
        (
            "uq_entrances_building_id_number",
            "ix_assignments_building_id_plan_id",
            "ix_postings_micro_grid_code",
        ),
    ),
    Case(
        "field_buildings",
        {"staff_id": 3, "on_date": date(2026, 11, 4), "at_most": 1000},
        (
            "uq_postings_staff_place_start",
            "uq_micro_grids_current_code",
            "ix_assignments_micro_grid_id",
            "ix_buildings_compound_id",
            "ix_buildings_grid_id",
        ),
    ),
    Case(
        "field_people",
        {
            "building_ids": [GRID * 100 + 11],
            "compound_ids": [GRID],
            "grid_ids": [GRID],
            "micro_grids": ["G5-5-1"],
            "on_date": date(2026, 11, 4),
        },
        (
            "ix_postings_building_id",
            "ix_postings_entrance_id",
            "ix_postings_micro_grid_code",
            "ix_postings_compound_id",
            "ix_postings_area_id",
            "pk_staff",
        ),
    ),
    Case(
        "field_visits",
        {
            "building_ids": [GRID * 100 + 11, GRID * 100 + 12],
            "kinds": ["daily", "key"],
            "starts": [DAY["starts_at"]] * 2,
            "ends": [DAY["ends_at"]] * 2,
        },
        ("ix_visits_building_id_kind_visited_at",),
    ),
    Case(
        "at_address_parts",
        {
            "address": "东风路8号",
            "patterns": ["%东风路%8号%"],
            "numbers": ["8"],
            "area_ids": [1],
            "at_most": 8,
        },
        ("ix_buildings_address_trgm",),
    ),
    Case(
        "at_address",
        {"address": "东风路8号", "numbers": ["8"], "area_ids": [1], "at_most": 8},
        ("ix_buildings_address_trgm",),
    ),
    Case(
        "notice_holdings",
        {"area_id": GRID, "on_date": date(2026, 11, 4)},
        ("ix_areas_lineage", "ix_buildings_grid_id", "ix_assignments_building_id_plan_id"),
    ),
    Case(
        "notice_posts",
        {"codes": ["G5-5-1", "G5-5-6"], "on_date": date(2026, 11, 4)},
        ("ix_postings_micro_grid_code", "uq_micro_grids_current_code"),
    ),
    Case(
        "listing_matches",
        {
            **POINT,
            "kind": "space",
            "list": "need",
            "on_date": date(2026, 11, 4),
            "within_m": 1500.0,
            "at_most": 10,
        },
        ("ix_listings_geography",),
    ),
    Case("walking_doors", {"grid_ids": [GRID]}, ("ix_buildings_grid_id",)),
    Case("walking_grids", {"area_id": GRID}, ("ix_areas_lineage",)),
    Case("walking_stations", {"district_id": 1, "kinds": ["station"], "margin": 0.0001}, ()),
    Case("walking_area", {"area_id": GRID, "margin": 0.01}, ("pk_areas",)),
    Case("walking_district", POINT, ("idx_areas_geom",)),
    Case(
        "walking_edges",
        {"west": 120.7254, "south": 37.7704, "east": 120.7256, "north": 37.7706},
        ("idx_walking_edges_geom",),
    ),
    Case("siting_road_names", {"lon": [120.7255], "lat": [37.7705], "near_m": 20.0}, ("idx_roads_geom",)),
    Case("walking_roads", {"source": "county"}, ("idx_roads_geom",)),
    Case(
        "compare_atoms",
        {
            "before_ids": [GRID * 10 + 1, GRID * 10 + 2],
            "after_ids": [GRID * 10 + 2],
            "before_plan_id": None,
            "after_plan_id": 2,
            "area_id": GRID,
        },
        ("pk_micro_grids", "ix_assignments_micro_grid_id", "pk_assignments"),
    ),
    Case(
        "coverage_by_posting",
        {
            "area_id": GRID,
            "role": "grid_officer",
            "on_date": date(2026, 11, 4),
            "at": NOON,
            "through": ["micro_grid", "grid"],
            "with_shapes": True,
        },
        ("ix_areas_lineage", "ix_micro_grids_grid_id"),
    ),
    Case(
        "coverage_posts",
        {
            "area_id": GRID,
            "level": "building",
            "roles": ["building_head"],
            "on_date": date(2026, 11, 4),
            "at": datetime(2026, 11, 4, 4, tzinfo=UTC),
            "through": ["grid"],
        },
        ("ix_areas_lineage", "ix_buildings_grid_id"),
    ),
    Case(
        "coverage_shifts",
        {"area_id": GRID, "level": "grid", "roles": ["police"], "at": NOON},
        ("ix_areas_lineage", "ix_buildings_grid_id"),
    ),
    # The city of the tests has few compounds: the planner may as well read them all.
    Case("coverage_compounds", {"area_id": GRID}, ()),
    Case("coverage_areas", {"area_id": 1005}, ("ix_areas_lineage",)),
    Case(
        "coverage_visits",
        {"area_id": GRID, "level": "building", "kind": "key", **SPAN},
        ("ix_areas_lineage", "ix_buildings_grid_id"),
    ),
    Case(
        "coverage_places",
        {"level": "building", "place_ids": [GRID * 100 + 11], "with_shapes": True},
        ("pk_buildings",),
    ),
    Case("coverage_gap_buildings", {"building_ids": [GRID * 100], "with_shapes": True}, ("pk_buildings",)),
    Case(
        "division_assignments",
        {"plan_id": 1, "grid_ids": [GRID]},
        ("ix_buildings_grid_id", "ix_assignments_building_id_plan_id"),
    ),
    Case(
        "division_colours_near",
        {"plan_id": 1, "geometry": SQUARE, "near_degrees": 0.0003, "code": "G5-5-1"},
        ("idx_micro_grids_geom",),
    ),
    Case("division_grids", {"grid_ids": [GRID]}, ("pk_areas",)),
    Case(
        "division_micro_grids",
        {"plan_id": 1, "grid_ids": [GRID], "on_day": date(2026, 11, 4)},
        ("ix_micro_grids_grid_id", "ix_postings_micro_grid_code"),
    ),
    Case(
        "division_totals",
        {"plan_id": 1, "grid_id": GRID},
        ("ix_micro_grids_grid_id", "ix_buildings_grid_id", "ix_assignments_building_id_plan_id"),
    ),
    Case(
        "division_version",
        {"plan_id": 1, "grid_ids": [GRID]},
        ("ix_buildings_grid_id", "ix_micro_grids_grid_id", "ix_plan_operations_plan_id_grid_id"),
    ),
    Case(
        "duty_nearest",
        {**POINT, "at": NOON, **POLICE, "at_most": 5, "of_station": 5},
        # of 42 stations the planner sorts all as soon as it walks along them
        ("ix_shifts_station_id_during", "ix_shifts_area_spot_during"),
    ),
    Case(
        "duty_own",
        {**POINT, "at": NOON, "on_date": date(2026, 11, 4), **POLICE},
        (
            "idx_buildings_geom",
            "idx_micro_grids_geom",
            "idx_compounds_geom",
            "idx_areas_geom",
            "ix_postings_micro_grid_code",
            "uq_shifts_staff_id_starts_at",
        ),
    ),
    Case(
        "duty_load",
        {"staff_ids": [3, 6, 9], "on_date": date(2026, 11, 4), "closed": ["settled"]},
        ("uq_postings_staff_place_start", "ix_issues_building_id", "ix_issues_grid_id"),
    ),
    Case(
        "duty_postings",
        {"staff_ids": [3, 6, 9], "on_date": date(2026, 11, 4)},
        ("uq_postings_staff_place_start",),
    ),
    Case(
        "duty_own_places",
        {**POINT, "on_date": date(2026, 11, 4), "staff_ids": [3, 6, 9]},
        ("idx_buildings_geom", "idx_micro_grids_geom", "idx_areas_geom", "uq_postings_staff_place_start"),
    ),
    Case("duty_next_shift", {"at": NOON, "roles": [], "skills": []}, ("ix_shifts_starts_at",)),
    Case("duty_nearest_station", POINT, ("idx_stations_geography",)),
    Case(
        "handoff_carries",
        {
            "before_ids": [GRID * 10 + 1, GRID * 10 + 2],
            "after_ids": [GRID * 10 + 2],
            "after_codes": ["G5-5-2"],
            "on_date": date(2026, 11, 4),
        },
        ("pk_micro_grids", "ix_assignments_micro_grid_id", "ix_postings_micro_grid_code"),
    ),
    Case(
        "handoff_counts",
        {"plan_id": 1, "area_id": GRID, "state": "open", "after_code": "", "at_most": 100},
        ("pk_handoffs", "uq_handoff_parts_part", "ix_areas_lineage"),
    ),
    Case(
        "handoff_list_parts", {"plan_ids": [1], "staff_ids": [3]}, ("uq_handoff_parts_part", "pk_buildings")
    ),
    Case(
        "handoff_parts",
        {
            "before_ids": [GRID * 10 + 1, GRID * 10 + 2],
            "after_ids": [GRID * 10 + 2],
            "after_codes": ["G5-5-2"],
            "after_plan_id": 2,
            "on_date": date(2026, 11, 4),
            "carried_staff": [3],
            "carried_codes": ["G5-5-2"],
        },
        ("pk_micro_grids", "ix_assignments_micro_grid_id", "ix_postings_micro_grid_code"),
    ),
    Case("heat_area_cells", {}, ()),
    Case("heat_buildings", {}, ()),
    Case("heat_cells", {"plan_id": 2}, ("uq_micro_grids_plan_id_code",)),
    Case("heat_horizon", {}, ()),
    Case(
        "issue_rates",
        {
            "area_id": GRID,
            "starts_at": DAY["starts_at"],
            "ends_at": DAY["ends_at"],
            "grouping": "tier",
            "figure": None,
            "group_key": None,
            "after_id": 0,
            "at_most": 0,
        },
        ("ix_issue_clocks_due_at_first", "ix_issue_events_acts", "ix_issues_building_id"),
    ),
    Case(
        "issue_sides",
        {**POINT, "building_id": None, "entrance_number": None, "floor": None, "near_m": 15.0},
        ("idx_micro_grids_geom",),
    ),
    Case(
        "issue_duplicates",
        {
            **POINT,
            "category": "noise",
            "building_id": GRID * 100 + 11,
            "text": "",
            "near_m": 50.0,
            "except_id": 0,
            "open": ["reported", "accepted"],
            "area_ids": [10],
            "at_most": 12,
        },
        ("ix_issues_building_id", "idx_issues_geom", "ix_issues_parent_id"),
    ),
    Case(
        "heat_issues",
        {"changed_from": 2**62, "changed_before": 2**63 - 1, "states": [], "tiers": [], "flags": []},
        ("ix_issues_changed_in",),
    ),
    Case("heat_parts", {"plan_id": 2}, ("pk_assignments",)),
    Case("heat_words", {"words": ["noise"]}, ()),
    Case(
        "import_buildings",
        {"area_id": GRID},
        ("ix_areas_lineage", "ix_buildings_grid_id", "uq_entrances_building_id_number"),
    ),
    Case("import_retired_codes", {"plan_id": 1, "grid_ids": [GRID]}, ("ix_micro_grids_grid_id",)),
    Case("import_unassigned", {"plan_id": 1}, ()),
    Case("layer_versions", {}, ()),
    Case("picture_areas", {"area_id": GRID}, ("ix_areas_lineage",)),
    Case(
        "picture_buildings",
        {"plan_id": 1, "area_id": GRID},
        ("ix_areas_lineage", "ix_buildings_grid_id", "ix_assignments_building_id_plan_id"),
    ),
    Case(
        "picture_lines",
        {"west": 120.7250, "south": 37.7700, "east": 120.7260, "north": 37.7710},
        ("idx_roads_geom",),
    ),
    Case(
        "picture_micro_grids",
        {"plan_id": 1, "area_id": GRID},
        ("ix_areas_lineage", "ix_assignments_micro_grid_id"),
    ),
    Case(
        "report_base",
        {"area_id": GRID, "outline_level": "grid", "classes": ["primary"]},
        ("ix_areas_lineage", "idx_roads_geom"),
    ),
    Case(
        "roster_week",
        {
            "area_id": GRID,
            "station_id": None,
            "starts_at": DAY["starts_at"],
            "ends_at": NOON,
            "zone": "Asia/Shanghai",
        },
        ("ix_areas_lineage",),
    ),
    Case(
        "sheet_holdings",
        {"plan_id": 1, "area_id": GRID},
        ("ix_areas_lineage", "ix_assignments_micro_grid_id"),
    ),
    Case(
        "sheet_people",
        {"plan_id": 1, "area_id": GRID, "on_date": date(2026, 11, 4)},
        ("ix_areas_lineage", "ix_assignments_micro_grid_id"),
    ),
    Case("tile_areas", {**TILE, "levels": ["grid"]}, ("idx_areas_geom",)),
    Case("tile_micro_grids", {**TILE, "plan_id": 0}, ("idx_micro_grids_geom",)),
    Case("tile_buildings", {**TILE, "merged": False}, ("idx_buildings_geom",)),
    Case(
        "tile_roads",
        {**TILE, "classes": ["primary"], "all_classes": False, "merged": False},
        ("idx_roads_geom",),
    ),
    Case("tile_water", TILE, ()),
    Case("tile_railways", TILE, ()),
    Case("tile_walls", TILE, ()),
    Case("tile_compounds", TILE, ("idx_compounds_geom",)),
    Case("tile_stations", TILE, ()),
    Case("tile_area_names", {**TILE, "levels": ["grid"]}, ("idx_areas_geom",)),
    Case("tile_area_borders", {**TILE, "levels": ["grid"]}, ("idx_areas_geom",)),
    Case(
        "tile_micro_grid_names",
        {key: TILE[key] for key in ("z", "x", "y", "extent", "margin")} | {"plan_id": 0},
        ("idx_micro_grids_label",),
    ),
    Case(
        "workload_shares",
        {"staff_ids": [3, 6, 9], "on_date": date(2026, 11, 4)},
        ("uq_postings_staff_place_start", "ix_buildings_grid_id", "ix_assignments_micro_grid_id"),
    ),
)


def _indexes_in(plan: dict[str, Any]) -> set[str]:
    found = {plan["Index Name"]} if "Index Name" in plan else set()
    for part in plan.get("Plans", ()):
        found |= _indexes_in(part)
    return found


def test_every_file_has_a_case():
    """A query that is added without a case fails here."""
    named = {file.name.removesuffix(".sql") for file in files("gridmap").joinpath("sql").iterdir()}
    assert {name for name in named if name.startswith(OURS)} == {case.name for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_file_opens_with_its_contract(case: Case):
    head = sql(case.name).text.split("\nWITH", 1)[0].split("\nSELECT", 1)[0]
    assert head.startswith("-- ")
    for word in ("-- Parameters: ", "-- Columns: ", "-- Relies on "):
        assert word in head
    for name in case.values:
        assert name in head.split("-- Columns", 1)[0]
    for index in case.indexes:
        assert index in head


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_query_runs_and_uses_its_index(city: Session, case: Case):
    city.execute(sql(case.name), case.values).all()
    plan = city.scalar(text(f"EXPLAIN (FORMAT JSON) {sql(case.name).text}"), case.values)
    plan = json.loads(plan) if isinstance(plan, str) else plan
    assert set(case.indexes) <= _indexes_in(plan[0]["Plan"])


def test_spatial_indexes_are_gist(city: Session):
    """A btree on a geometry is accepted by the server and finds nothing."""
    methods = city.execute(
        text(
            "SELECT i.indexrelid::regclass::text AS name, m.amname AS method"
            " FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indexrelid"
            " JOIN pg_am m ON m.oid = c.relam"
            " JOIN pg_opclass o ON o.oid = ANY(i.indclass)"
            " WHERE o.opcintype IN ('geometry'::regtype, 'geography'::regtype)"
        )
    ).all()
    assert len(methods) >= 13
    assert [row.name for row in methods if row.method != "gist"] == []
