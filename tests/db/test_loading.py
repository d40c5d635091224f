"""Loading: rows arrive with everything that follows from them, again and again, all of them or none.

The town, in degrees; grids west (w) and east (e) fill the community, whose edge is the district's:

    2 +-----------+-----------+
      |           |           |      compound K covers x 0.5-1.5, y 0.5-1.5: half in each grid
      |     w   +-|-+   e     |
      |         | K |         |
      |         +-|-+         |
    0 +-----------+-----------+
      0           1           2
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner
from shapely import LineString, Point, box
from sqlalchemy import select, text

from gridmap.cli import gridmap
from gridmap.db import sql
from gridmap.errors import BadInput, NotAllowed, NotSignedIn
from gridmap.formats.layers import layer_of, read_layers
from gridmap.models import (
    Area,
    AuditEntry,
    Barrier,
    Building,
    Compound,
    CompoundGrid,
    Entrance,
    Issue,
    IssueEvent,
    Posting,
    Road,
    Shift,
    Staff,
    Station,
)
from gridmap.services.actors import SYSTEM, VISITOR, Actor
from gridmap.services.exchange import ACTIONS, LoadReport, load_layer, load_layers

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gridmap.db import Database

Row = dict[str, Any]

AREAS: list[Row] = [
    {"code": "d", "level": "district", "name": "区", "geometry": box(0, 0, 2, 2)},
    {"code": "c", "level": "community", "name": "社区", "parent_code": "d", "geometry": box(0, 0, 2, 2)},
    {"code": "w", "level": "grid", "name": "西", "parent_code": "c", "geometry": box(0, 0, 1, 2)},
    {"code": "e", "level": "grid", "name": "东", "parent_code": "c", "geometry": box(1, 0, 2, 2)},
]
COMPOUNDS: list[Row] = [{"code": "K", "name": "小区", "kind": "old", "geometry": box(0.5, 0.5, 1.5, 1.5)}]
BUILDINGS: list[Row] = [
    {"id": "b1", "households": 30, "storeys": 6, "compound_code": "K", "geometry": box(0.6, 1, 0.61, 1.01)},
    {"id": "b2", "households": 20, "storeys": 6, "geometry": box(1.4, 1, 1.41, 1.01)},
    {"id": "b3", "households": 7, "storeys": 1, "geometry": box(0.1, 0.1, 0.11, 0.11)},
]
STATIONS: list[Row] = [{"code": "s", "name": "站", "kind": "station", "geometry": Point(0.2, 0.2)}]
STAFF: list[Row] = [
    {
        "code": "P1",
        "role": "grid_officer",
        "office_code": "c",
        "station_code": "s",
        "skills": "调解\uff1b急救; 联络",
    }
]


def load(session: Session, kind: str, rows: list[Row], **options: Any) -> LoadReport:
    return load_layer(session, SYSTEM, kind, layer_of(kind, pd.DataFrame(rows), file="f"), **options)


def figures(report: LoadReport) -> tuple[int, int, int]:
    return report.inserted, report.updated, report.unchanged


def refused(error: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str, str]]:
    return [(wrong.where, wrong.column, wrong.reason) for wrong in error.value.fields]


@pytest.fixture
def town(session: Session) -> Session:
    load(session, "areas", AREAS)
    load(session, "compounds", COMPOUNDS)
    load(session, "buildings", BUILDINGS)
    load(session, "stations", STATIONS)
    load(session, "staff", STAFF)
    return session


def area_id(session: Session, code: str) -> int:
    return session.scalars(select(Area.id).where(Area.code == code)).one()


def grids_of_buildings(session: Session) -> dict[str, str | None]:
    query = select(Building.source_id, Area.code).outerjoin(Area, Area.id == Building.grid_id)
    return {row[0]: row[1] for row in session.execute(query)}


def test_areas_know_their_parent_and_lineage(town: Session) -> None:
    district, community, west = (area_id(town, code) for code in "dcw")
    area = town.get_one(Area, west)
    assert (area.parent_id, area.lineage, area.kind) == (community, [district, community, west], "basic")


def test_buildings_find_their_grid_and_their_compound(town: Session) -> None:
    assert grids_of_buildings(town) == {"b1": "w", "b2": "e", "b3": "w"}
    compound = town.scalars(select(Compound.id)).one()
    held = town.scalars(select(Building.source_id).where(Building.compound_id == compound))
    assert set(held) == {"b1", "b2"}  # one by name, one by place
    shared = {row.grid_id: row.households for row in town.scalars(select(CompoundGrid))}
    assert shared == {area_id(town, "w"): 30, area_id(town, "e"): 20}


def test_loading_again_changes_nothing_and_keeps_ids(town: Session) -> None:
    before = town.execute(select(Building.source_id, Building.id)).all()
    for kind, rows in (("areas", AREAS), ("compounds", COMPOUNDS), ("stations", STATIONS), ("staff", STAFF)):
        assert figures(load(town, kind, rows)) == (0, 0, len(rows)), kind
    changed = [BUILDINGS[0] | {"households": 31}, *BUILDINGS[1:], BUILDINGS[2] | {"id": "b4"}]
    assert figures(load(town, "buildings", changed)) == (1, 1, 2)
    after = {row.source_id: row.id for row in town.execute(select(Building.source_id, Building.id))}
    assert {row.source_id: row.id for row in before}.items() <= after.items()
    assert town.scalars(select(Building.households).where(Building.source_id == "b1")).one() == 31


def test_the_same_id_of_another_source_is_another_building(town: Session) -> None:
    assert figures(load(town, "buildings", BUILDINGS[:1], source="survey")) == (1, 0, 0)
    assert town.scalar(text("SELECT count(*) FROM buildings")) == 4


def test_moving_a_grid_moves_what_lies_in_it(town: Session) -> None:
    load(
        town,
        "issues",
        [{"id": "1", "category": "灯", "reported_at": "2026-01-01", "geometry": Point(0.2, 0.2)}],
    )
    west, east = AREAS[2], AREAS[3]
    smaller = [west | {"geometry": box(0, 0, 0.3, 2)}, east | {"geometry": box(0.3, 0, 2, 2)}]
    assert figures(load(town, "areas", smaller)) == (0, 2, 0)
    assert grids_of_buildings(town) == {"b1": "e", "b2": "e", "b3": "w"}
    assert [row.households for row in town.scalars(select(CompoundGrid))] == [50]
    swapped = [west | {"geometry": box(1.9, 0, 2, 2)}, east | {"geometry": box(0, 0, 1.9, 2)}]
    load(town, "areas", swapped)
    assert set(grids_of_buildings(town).values()) == {"e"}
    assert town.scalars(select(Station.grid_id)).one() == area_id(town, "e")
    assert town.scalars(select(Issue.grid_id)).one() == area_id(town, "e")


def test_a_compound_lies_where_its_buildings_or_its_outline_lie_also_after_they_change(town: Session) -> None:
    west, east = area_id(town, "w"), area_id(town, "e")

    def shared() -> dict[tuple[str, int], int]:
        query = select(Compound.code, CompoundGrid.grid_id, CompoundGrid.households)
        rows = town.execute(query.join(Compound, Compound.id == CompoundGrid.compound_id))
        return {(row.code, row.grid_id): row.households for row in rows}

    load(town, "compounds", [COMPOUNDS[0] | {"code": "L", "geometry": box(1.6, 0.1, 1.9, 0.4)}])
    assert shared() == {("K", west): 30, ("K", east): 20, ("L", east): 0}
    # b2 changes its compound: it leaves K and gives L its first building.
    load(town, "buildings", [BUILDINGS[1] | {"compound_code": "L"}])
    assert shared() == {("K", west): 30, ("L", east): 20}
    # Empty again, L lies where its outline lies; K is all in the east once the border has moved.
    load(town, "buildings", [BUILDINGS[1] | {"compound_code": "K"}])
    load(town, "compounds", [COMPOUNDS[0] | {"code": "L", "geometry": box(0.2, 0.2, 0.4, 0.4)}])
    assert shared() == {("K", west): 30, ("K", east): 20, ("L", west): 0}
    load(
        town,
        "areas",
        [AREAS[2] | {"geometry": box(0, 0, 0.5, 2)}, AREAS[3] | {"geometry": box(0.5, 0, 2, 2)}],
    )
    assert shared() == {("K", east): 50, ("L", west): 0}


def test_lineages_follow_when_an_area_in_the_middle_changes_its_parent(town: Session) -> None:
    """Grid w lies in community c; c moves below the new street s, while w comes in the same file."""
    street = {"code": "s", "level": "street", "name": "街道", "parent_code": "d", "geometry": box(0, 0, 2, 2)}
    load(town, "areas", [street, AREAS[1] | {"parent_code": "s"}, AREAS[2]])
    ids = {code: area_id(town, code) for code in "dscwe"}
    lineages = {row.code: row.lineage for row in town.execute(select(Area.code, Area.lineage))}
    assert lineages == {
        "d": [ids["d"]],
        "s": [ids["d"], ids["s"]],
        "c": [ids["d"], ids["s"], ids["c"]],
        "w": [ids["d"], ids["s"], ids["c"], ids["w"]],
        "e": [ids["d"], ids["s"], ids["c"], ids["e"]],
    }


def test_grids_that_come_after_the_buildings_take_them_in(session: Session) -> None:
    load(
        session, "buildings", [{key: row[key] for key in row if key != "compound_code"} for row in BUILDINGS]
    )
    assert set(grids_of_buildings(session).values()) == {None}
    report = load(session, "areas", AREAS)
    assert figures(report) == (4, 0, 0)
    assert grids_of_buildings(session) == {"b1": "w", "b2": "e", "b3": "w"}
    load(session, "compounds", COMPOUNDS)
    inside = session.scalars(select(Building.source_id).where(Building.compound_id.is_not(None)))
    assert set(inside) == {"b1", "b2"}


def test_areas_outside_their_parent_over_each_other_or_without_one_are_refused(town: Session) -> None:
    strays = [
        {"code": "x1", "level": "grid", "name": "x", "parent_code": "nowhere", "geometry": box(0, 0, 1, 1)},
        # A fifth of 1 x 1 lies east of the community.
        {"code": "x2", "level": "street", "name": "x", "parent_code": "d", "geometry": box(1.2, 0, 2.2, 1)},
        {"code": "x3", "level": "street", "name": "x", "parent_code": "w", "geometry": box(0, 0, 0.1, 0.1)},
        {"code": "x4", "level": "grid", "name": "x", "parent_code": "c", "geometry": box(0.9, 0, 1.1, 2)},
    ]
    with pytest.raises(BadInput) as caught:
        load(town, "areas", strays)
    assert set(refused(caught)) == {
        ("f#0", "parent_code", "unknown_parent"),
        ("f#0", "geometry", "overlaps_sibling"),
        ("f#1", "geometry", "outside_parent"),
        ("f#2", "parent_code", "wrong_parent_level"),
        ("f#3", "geometry", "overlaps_sibling"),
    }
    said = {wrong.where: wrong for wrong in caught.value.fields}
    assert (said["f#1"].value, said["f#1"].hint) == ("20.0 %", "d")
    assert town.scalar(text("SELECT count(*) FROM areas")) == 4


def test_a_parent_may_not_shrink_away_from_its_children(town: Session) -> None:
    with pytest.raises(BadInput) as caught:
        load(town, "areas", [AREAS[1] | {"geometry": box(0, 0, 1.5, 2)}])
    assert refused(caught) == [("f#0", "geometry", "leaves_child_outside")]
    assert (caught.value.fields[0].value, caught.value.fields[0].hint) == ("50.0 %", "e")


def test_skipping_a_bad_area_skips_what_would_lie_in_it(session: Session) -> None:
    rows = [AREAS[0], AREAS[1] | {"geometry": box(0, 0, 3, 2)}, *AREAS[2:]]
    report = load(session, "areas", rows, skip_bad=True)
    assert figures(report) == (1, 0, 0)
    assert [(wrong.where, wrong.reason) for wrong in report.rejected] == [
        ("f#1", "outside_parent"),
        ("f#2", "unknown_parent"),
        ("f#3", "unknown_parent"),
    ]


def test_a_sliver_outside_the_parent_is_tolerated(session: Session) -> None:
    # 0.009 of a width of 1 lies outside: less than one in a hundred.
    rows = [*AREAS[:2], AREAS[3] | {"geometry": box(1.009, 0, 2.009, 2)}]
    assert figures(load(session, "areas", rows)) == (3, 0, 0)


def test_one_bad_row_stops_all_and_nothing_is_half_written(town: Session) -> None:
    rows = [BUILDINGS[0] | {"id": "n1"}, BUILDINGS[0] | {"id": "n2", "households": -1}]
    rows.append(BUILDINGS[0] | {"id": "n3", "compound_code": "nowhere"})
    with pytest.raises(BadInput) as caught:
        load(town, "buildings", rows)
    assert refused(caught) == [
        ("f#1", "households", "out_of_range"),
        ("f#2", "compound_code", "unknown_compound"),
    ]
    assert town.scalar(text("SELECT count(*) FROM buildings")) == 3
    report = load(town, "buildings", rows, skip_bad=True)
    assert figures(report) == (1, 0, 0)
    assert len(report.rejected) == 2


def test_entrances_belong_to_buildings_and_are_counted(town: Session) -> None:
    rows = [{"building_id": "b1", "number": number, "name": f"{number}单元"} for number in (1, 2, 3)]
    assert figures(load(town, "entrances", rows)) == (3, 0, 0)
    assert figures(load(town, "entrances", rows)) == (0, 0, 3)
    b1 = town.scalars(select(Building).where(Building.source_id == "b1")).one()
    assert b1.entrance_count == 3
    assert figures(load(town, "buildings", BUILDINGS)) == (0, 0, 3)  # the file does not say three; we know
    assert town.scalars(select(Entrance.name).order_by(Entrance.number)).first() == "1单元"
    with pytest.raises(BadInput) as caught:
        load(town, "entrances", [{"building_id": "b9", "number": 1}])
    assert refused(caught) == [("f#0", "building_id", "unknown_building")]


def test_an_estimated_number_of_entrances_gives_way_to_entrances_on_record(town: Session) -> None:
    # 18 homes on each of 6 floors, about 1 km long: three stairwells, a guess until two are on record.
    slab = {"id": "b4", "households": 108, "storeys": 6, "geometry": box(0.2, 1, 0.21, 1.001)}

    def entrances() -> tuple[int, bool]:
        columns = select(Building.entrance_count, Building.entrances_estimated)
        return tuple(town.execute(columns.where(Building.source_id == "b4")).one())

    load(town, "buildings", [slab])
    assert entrances() == (3, True)
    load(town, "entrances", [{"building_id": "b4", "number": number} for number in (1, 2)])
    assert entrances() == (2, False)
    assert figures(load(town, "buildings", [slab])) == (0, 0, 1)
    assert entrances() == (2, False)
    assert figures(load(town, "buildings", [slab | {"entrance_count": 4}])) == (0, 1, 0)
    assert entrances() == (4, False)


def test_doors_to_the_street_leave_the_estimate(town: Session) -> None:
    # 18 homes on each of 6 floors: one door would leave all 18 to a landing, two no more than 9.
    slab = {"id": "b4", "households": 108, "storeys": 6, "geometry": box(0.2, 1, 0.21, 1.001)}

    def entrances(of: str = "b4") -> tuple[int, bool, list[int]]:
        building = town.scalars(select(Building).where(Building.source_id == of)).one()
        town.refresh(building)
        rows = town.execute(sql("plan_entrances"), {"grid_ids": [building.grid_id]})
        seen = [row.number for row in rows if row.building_id == building.id]
        return building.entrance_count, building.entrances_estimated, seen

    load(town, "buildings", [slab, slab | {"id": "b5"}])
    assert figures(load(town, "entrances", [{"building_id": "b4", "number": 1}])) == (1, 0, 0)
    assert entrances() == (3, True, [])
    assert figures(load(town, "buildings", [slab])) == (0, 0, 1)
    load(town, "entrances", [{"building_id": "b4", "number": 2}])
    assert entrances() == (2, False, [1, 2])
    load(town, "entrances", [{"building_id": "b5", "number": 1, "households": 108}])  # somebody counted
    assert entrances("b5") == (1, False, [1])


def test_barriers_and_roads(session: Session) -> None:
    river = {"id": "r", "kind": "river", "name": "河", "geometry": box(0, 0, 20, 1)}
    rail = {"id": "t", "kind": "railway", "geometry": LineString([(0, 2), (20, 2)])}
    assert figures(load(session, "barriers", [river, rail])) == (2, 0, 0)
    assert figures(load(session, "barriers", [river, rail])) == (0, 0, 2)
    assert session.scalar(select(Barrier.surface).where(Barrier.kind == "river")) is not None
    road = {
        "id": "1",
        "class": "primary",
        "oneway": "yes",
        "layer": -1,
        "geometry": LineString([(0, 0), (1, 1)]),
    }
    assert figures(load(session, "roads", [road])) == (1, 0, 0)
    assert figures(load(session, "roads", [road | {"class": "secondary"}])) == (0, 1, 0)
    found = session.scalars(select(Road)).one()
    assert (found.road_class, found.oneway, found.layer) == ("secondary", True, -1)


def test_stations_stand_in_a_grid_and_staff_have_an_office(town: Session) -> None:
    assert town.scalars(select(Station.grid_id)).one() == area_id(town, "w")
    post = town.scalars(select(Staff)).one()
    assert (post.office_id, post.skills) == (area_id(town, "c"), ["调解", "急救", "联络"])
    with pytest.raises(BadInput) as caught:
        load(town, "staff", [{"code": "P2", "role": "king", "office_code": "x", "station_code": "x"}])
    assert set(refused(caught)) == {
        ("f#0", "role", "unknown_role"),
        ("f#0", "office_code", "unknown_area"),
        ("f#0", "station_code", "unknown_station"),
    }
    assert "grid_officer" in next(w.hint for w in caught.value.fields if w.column == "role")


def test_postings_to_every_kind_of_place(town: Session) -> None:
    load(town, "entrances", [{"building_id": "b1", "number": 2}])
    town.execute(
        text(
            "WITH p AS (INSERT INTO plans (area_id, status, seed, rules) "
            "SELECT id, 'draft', 1, '{}' FROM areas WHERE code = 'w' RETURNING id, area_id) "
            "INSERT INTO micro_grids (plan_id, grid_id, code, households, households_estimated, "
            "building_count, status, stacked, colour, contents, label) "
            "SELECT id, area_id, 'w01', 60, false, 2, 'in_band', false, 0, '', "
            "'SRID=4326;POINT(0.5 0.5)' FROM p"
        )
    )
    places = [
        ("district", "d"), ("community", "c"), ("grid", "w"), ("micro_grid", "w01"), ("compound", "K"),
        ("building", "b1"), ("entrance", "b1/2"), ("station", "s"),
    ]  # fmt: skip
    rows = [
        {"staff_code": "P1", "place_level": level, "place_code": code, "starts_on": "2026-01-01"}
        for level, code in places
    ]
    assert figures(load(town, "postings", rows)) == (8, 0, 0)
    ended = [row | {"ends_on": "2026-06-30"} for row in rows[:1]] + rows[1:]
    assert figures(load(town, "postings", ended)) == (0, 1, 7)
    assert town.scalars(
        select(Posting.micro_grid_code).where(Posting.micro_grid_code.is_not(None))
    ).all() == ["w01"]


@pytest.mark.parametrize(
    ("level", "code", "reason"),
    [
        ("grid", "c", "unknown_area"),
        ("micro_grid", "w99", "unknown_micro_grid"),
        ("compound", "x", "unknown_compound"),
        ("building", "b1/1", "unknown_building"),
        ("entrance", "b1/9", "unknown_entrance"),
        ("entrance", "b1", "unknown_entrance"),
        ("station", "x", "unknown_station"),
    ],
)
def test_a_posting_to_no_known_place_is_refused(town: Session, level: str, code: str, reason: str) -> None:
    row = {"staff_code": "P9", "place_level": level, "place_code": code, "starts_on": "2026-01-01"}
    with pytest.raises(BadInput) as caught:
        load(town, "postings", [row])
    assert set(refused(caught)) == {("f#0", "staff_code", "unknown_staff"), ("f#0", "place_code", reason)}


def test_shifts_are_kept_where_the_duty_is(town: Session) -> None:
    day = {"staff_code": "P1", "starts_at": "2026-01-01 08:00", "ends_at": "2026-01-01 17:00"}
    rows = [day | {"station_code": "s"}, day | {"starts_at": "2026-01-01 00:00", "area_code": "w"}]
    assert figures(load(town, "shifts", rows)) == (2, 0, 0)
    assert figures(load(town, "shifts", rows)) == (0, 0, 2)
    begun = town.scalars(select(Shift.starts_at).order_by(Shift.starts_at)).all()
    assert begun[1] == datetime(2026, 1, 1, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
    spots = "SELECT ST_AsText(spot::geometry) FROM shifts ORDER BY starts_at"
    assert town.scalars(text(spots)).all() == ["POINT(0.5 1)", "POINT(0.2 0.2)"]
    load(town, "stations", [STATIONS[0] | {"geometry": Point(0.3, 0.3)}])
    assert town.scalars(text(spots)).all()[1] == "POINT(0.3 0.3)"
    with pytest.raises(BadInput) as caught:
        load(town, "shifts", [rows[0] | {"staff_code": "P9", "station_code": "x"}])
    assert set(refused(caught)) == {
        ("f#0", "staff_code", "unknown_staff"),
        ("f#0", "station_code", "unknown_station"),
    }


def issue(number: int | str, **other: Any) -> Row:
    return {
        "id": str(number),
        "category": "灯",
        "reported_at": "2026-01-02 08:00",
        "geometry": Point(0.2, 0.2),
    } | other


def test_issues_get_their_grid_state_steps_and_flags(town: Session) -> None:
    rows = [
        issue(1),
        issue(2, state="closed", closed_at="2026-01-03 08:00", geometry=Point(1.5, 0.5)),
        issue(3, closed_at="2026-01-01 08:00"),
        issue(4, geometry=None),
        issue(5, geometry=Point(5, 5)),
        issue(6, geometry=None, building_id="b2"),
    ]
    report = load(town, "issues", rows)
    assert report.notes == {
        "no_coordinates": 1, "placeholder_point": 0, "outside_city": 1, "closed_before_reported": 1,
    }  # fmt: skip
    found = {entry.source_id: entry for entry in town.scalars(select(Issue))}
    assert {key: entry.flags for key, entry in found.items() if entry.flags} == {
        "3": ["closed_before_reported"], "4": ["no_coordinates"], "5": ["outside_city"],
    }  # fmt: skip
    west, east = area_id(town, "w"), area_id(town, "e")
    assert [found[key].grid_id for key in "123456"] == [west, east, west, None, None, east]
    assert [found[key].state for key in "123456"] == ["reported", "settled", "settled", *["reported"] * 3]
    steps = town.execute(
        select(IssueEvent.from_state, IssueEvent.to_state, IssueEvent.at)
        .where(IssueEvent.issue_id == found["2"].id)
        .order_by(IssueEvent.at)
    ).all()
    assert [tuple(step) for step in steps] == [
        (None, "reported", datetime(2026, 1, 2, 0, 0, tzinfo=UTC)),
        ("reported", "settled", datetime(2026, 1, 3, 0, 0, tzinfo=UTC)),
    ]
    assert figures(load(town, "issues", rows)) == (0, 0, 6)
    assert town.scalar(text("SELECT count(*) FROM issue_events")) == 8


def test_issues_are_outside_the_city_where_its_districts_are_not(session: Session) -> None:
    """Issues 1 at x 0.2, 2 at x 1.5, 3 at x 5, closed before it was reported; no grid, no building."""
    rows = [
        issue(1),
        issue(2, geometry=Point(1.5, 0.5)),
        issue(3, geometry=Point(5, 1), closed_at="2026-01-01 08:00"),
    ]

    def outside() -> dict[str, list[str]]:
        session.expire_all()
        return {entry.source_id: entry.flags for entry in session.scalars(select(Issue)) if entry.flags}

    backwards = ["closed_before_reported"]
    load(session, "issues", rows)
    assert outside() == {"3": backwards}  # nobody has said where the city is
    district = AREAS[0]
    load(session, "areas", [district | {"geometry": box(0, 0, 1, 2)}])
    assert outside() == {"2": ["outside_city"], "3": ["outside_city", *backwards]}
    load(session, "areas", [district | {"code": "d2", "geometry": box(1, 0, 6, 2)}])
    assert outside() == {"3": backwards}
    load(session, "areas", [district | {"geometry": box(0.5, 0, 1, 2)}])
    assert outside() == {"1": ["outside_city"], "3": backwards}


def test_news_of_an_issue_replace_its_steps_unless_somebody_worked_on_it(town: Session) -> None:
    load(town, "issues", [issue(1, state="closed", closed_at="2026-01-03 08:00"), issue(2)])
    first, second = town.scalars(select(Issue).order_by(Issue.source_id)).all()
    post = town.scalars(select(Staff.id)).one()
    second.state = "accepted"
    at = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
    town.add(IssueEvent(issue_id=second.id, at=at, from_state="reported", to_state="accepted", staff_id=post))
    town.flush()
    news = [
        issue(1, state="closed", closed_at="2026-01-05 08:00"),
        issue(2, closed_at="2026-01-04", text="修好了"),
    ]
    assert figures(load(town, "issues", news)) == (0, 2, 0)
    states = {e.source_id: (e.state, e.closed_at, e.text) for e in town.scalars(select(Issue))}
    assert states["1"][:2] == ("settled", datetime(2026, 1, 5, 0, 0, tzinfo=UTC))
    assert states["2"] == ("accepted", None, "修好了")
    steps = town.execute(
        select(IssueEvent.issue_id, IssueEvent.to_state, IssueEvent.at).order_by(
            IssueEvent.issue_id, IssueEvent.at
        )
    )
    assert [tuple(step) for step in steps] == [
        (first.id, "reported", datetime(2026, 1, 2, 0, 0, tzinfo=UTC)),
        (first.id, "settled", datetime(2026, 1, 5, 0, 0, tzinfo=UTC)),
        (second.id, "reported", datetime(2026, 1, 2, 0, 0, tzinfo=UTC)),
        (second.id, "accepted", at),
    ]


def test_a_point_with_very_many_reports_is_a_placeholder_unless_a_building_explains_it(town: Session) -> None:
    crowd = [issue(f"c{number}") for number in range(100)]
    few = [issue(f"f{number}", geometry=Point(0.3, 0.3)) for number in range(99)]
    block = [issue(f"b{number}", geometry=Point(0.4, 0.4), building_id="b1") for number in range(150)]
    assert load(town, "issues", crowd + few + block).notes["placeholder_point"] == 100
    flagged = town.scalars(select(Issue.source_id).where(Issue.flags != [])).all()
    assert {key[0] for key in flagged} == {"c"}
    # 100 are no longer one in a hundred of the source when it grows beyond 10,000.
    more = [issue(f"m{number}", geometry=Point(0.5 + number / 1e5, 0.5)) for number in range(9_700)]
    assert load(town, "issues", more).notes["placeholder_point"] == 0


def test_a_file_in_parts_is_one_load(town: Session, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": [f"n{n}" for n in range(25)],
            "households": [3] * 25,
            "wkt": [BUILDINGS[2]["geometry"].wkt] * 25,
        }
    )
    parts = [layer_of("buildings", layer.rows) for layer in _parts(frame, tmp_path)]
    seen: list[int] = []
    report = load_layers(town, SYSTEM, "buildings", parts, progress=seen.append)
    assert figures(report) == (25, 0, 0)
    assert seen == [10, 20, 25]


def _parts(frame: pd.DataFrame, folder: Path) -> list[Any]:
    paths = []
    for start in range(0, len(frame), 10):
        paths.append(folder / f"{start}.csv")
        frame.iloc[start : start + 10].to_csv(paths[-1], index=False)
    return [layer for path in paths for layer in read_layers("buildings", path)]


def test_a_second_load_after_a_refused_one_works_in_the_same_transaction(town: Session) -> None:
    for _ in range(2):
        with pytest.raises(BadInput):
            load(town, "buildings", [BUILDINGS[0] | {"households": -1}])
    assert figures(load(town, "buildings", BUILDINGS)) == (0, 0, 3)


def test_each_load_leaves_one_line_in_the_audit(session: Session) -> None:
    load(session, "areas", AREAS)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject, entry.subject_id) == ("loaded", "areas", "city")
    assert entry.details["inserted"] == 4


@pytest.mark.parametrize("kind", list(ACTIONS))
def test_only_those_who_may_load_do(session: Session, kind: str) -> None:
    layer = layer_of("areas", pd.DataFrame(AREAS))
    with pytest.raises(NotSignedIn):
        load_layer(session, VISITOR, kind, layer)
    for role in ("planner", "official", "dispatcher", "field"):
        with pytest.raises(NotAllowed):
            load_layer(session, Actor(1, "x", role, None), kind, layer)
    with pytest.raises(NotAllowed):
        load_layer(session, Actor(1, "x", "admin", (1,)), kind, layer)


def test_the_command_loads_lists_rejects_and_says_where(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("GRIDMAP_LANGUAGE", "en")
    (tmp_path / "good.csv").write_text(f'id,households,wkt\nb1,30,"{BUILDINGS[0]["geometry"].wkt}"\n')
    bad = tmp_path / "bad.csv"
    bad.write_text(f'id,households,wkt\nb2,30,"{BUILDINGS[1]["geometry"].wkt}"\nb3,-1,POINT (1 1)\n')

    def run(*arguments: str) -> tuple[Any, str]:
        result = CliRunner().invoke(gridmap, ["load", "buildings", *arguments])
        return result, re.sub(r"\s+", " ", result.output)

    result, said = run(str(tmp_path / "good.csv"), str(bad))
    assert isinstance(result.exception, BadInput)
    listed = (tmp_path / "bad.csv.rejects.csv").read_text("utf-8-sig").splitlines()
    assert [line.split(",")[:3] for line in listed[1:]] == [
        ["bad.csv:3", "households", "out_of_range"],
        ["bad.csv:3", "geometry", "wrong_geometry_type"],
    ]
    assert "2 problems are listed in" in said
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM buildings")) == 0

    result, said = run(
        str(tmp_path / "good.csv"), str(bad), "--skip-bad", "--rejects", str(tmp_path / "r.csv")
    )
    assert result.exception is None
    assert "1 new, 0 changed, 0 unchanged, 0 geometries mended, 2 problems left out" in said
    assert (tmp_path / "r.csv").exists()
    with database.transaction() as session:
        assert session.scalars(select(Building.source_id).order_by(Building.id)).all() == ["b1", "b2"]


def test_the_queries_of_loading_rely_on_indexes_that_are_there(session: Session) -> None:
    there = set(session.scalars(text("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")))
    folder = files("gridmap").joinpath("sql")
    ours = ("check_", "count_entrances", "find_", "flag_issues", "load_", "place_", "refresh_")
    headers = {
        entry.name: "".join(re.findall(r"^--.*\n", entry.read_text("utf-8"), re.MULTILINE))
        for entry in folder.iterdir()
        if entry.name.startswith(ours)
    }
    assert len(headers) >= 30
    for name, header in headers.items():
        assert {"Parameters:", "Returns:", "Relies on:"} <= set(re.findall(r"[A-Z]\w+(?: on)?:", header)), (
            name
        )
        assert set(re.findall(r"\b(?:uq|ix|idx|pk)_\w+", header)) <= there, name
