"""Places, staff and issues as services, on a hand-made corner of a city.

::

    grid G0-0: micro-grids 1 2 3 in the lower row, 4 5 6 in the upper; in each five buildings of 13 homes.
    Building 1 of micro-grid 1 (id 100000011) gets an entrance, a compound and a post for all around it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.services import issue_details, issues, micro_grids, places, search, staff, stations
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.issues import IssueFilter
from tests.spatial_city import fill

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

BUILDING = 100000011
POSTS = {
    "E1": ("entrance_head", "entrance_id", "(SELECT id FROM entrances)"),
    "B1": ("building_head", "building_id", str(BUILDING)),
    "M1": ("centre_household", "micro_grid_code", "'G0-0-1'"),
    "C1": ("property_steward", "compound_id", "1000000"),
    "G1": ("grid_officer", "area_id", "(SELECT id FROM areas WHERE code = 'G0-0')"),
    "S1": ("community_worker", "area_id", "(SELECT id FROM areas WHERE code = 'S0')"),
}


@pytest.fixture
def city(connection: Connection, session: Session) -> None:
    fill(connection, columns=6, rows=2, staff=3, days=1, issues=0)
    run = lambda statement: connection.execute(text(statement))  # noqa: E731 - a dozen statements
    run("DELETE FROM shifts")
    run("DELETE FROM postings")
    run("DELETE FROM staff")
    run(
        "UPDATE buildings SET name = '海滨花园1号楼', address = '海滨路12号', compound_id = 1000000 "
        f"WHERE id = {BUILDING}"
    )
    run(f"INSERT INTO entrances (building_id, number, storeys, households) VALUES ({BUILDING}, 1, 6, 13)")
    for code, (role, column, place) in POSTS.items():
        run(f"INSERT INTO staff (code, role, duty_phone) VALUES ('{code}', '{role}', '0535-1')")
        run(
            f"INSERT INTO postings (staff_id, {column}, starts_on) "
            f"SELECT id, {place}, '2026-01-01' FROM staff WHERE code = '{code}'"
        )
    run("INSERT INTO staff (code, role) VALUES ('OLD', 'grid_officer')")
    run(
        "INSERT INTO postings (staff_id, building_id, starts_on, ends_on) "
        f"SELECT id, {BUILDING}, '2020-01-01', '2020-12-31' FROM staff WHERE code = 'OLD'"
    )


def actor_of(session: Session, code: str, *area_ids: int) -> Actor:
    staff_id = session.scalar(text("SELECT id FROM staff WHERE code = :code"), {"code": code})
    return Actor(None, code, "field", area_ids or (10,), staff_id)


def test_the_areas_of_a_scope(session: Session, city: None) -> None:
    scoped = Actor(1, "x", "official", (10,))
    assert [area.code for area in places.list_areas(session, scoped, top=True)] == ["S0"]
    assert [area.code for area in places.list_areas(session, SYSTEM, top=True)] == ["D1"]
    below = places.list_areas(session, SYSTEM, parent_code="D1")
    assert [(area.code, area.households) for area in below] == [("S0", 10 * 390), ("S1", 2 * 390)]
    assert below[0].bounds == pytest.approx([120.70, 37.75, 120.725, 37.758])
    assert not hasattr(below[0], "geometry")
    assert places.count_areas(session, SYSTEM, level="grid") == 12


def test_two_tops_of_a_scope_that_names_a_part_twice(session: Session, city: None) -> None:
    grid = session.scalar(text("SELECT id FROM areas WHERE code = 'G5-0'"))
    community = session.scalar(text("SELECT id FROM areas WHERE code = 'C1-0'"))
    scoped = Actor(1, "x", "official", (10, community, grid))
    assert [area.code for area in places.list_areas(session, scoped, top=True)] == ["C1-0", "S0"]


def test_an_area_described(session: Session, city: None) -> None:
    area = places.describe_area(session, SYSTEM, "G0-0", with_geometry=True)
    assert [step.code for step in area["parents"]] == ["D1", "S0", "C0-0"]
    assert (area["grids"], area["buildings"], area["micro_grids"]) == (1, 30, 6)
    assert area["geometry"]["type"] == "MultiPolygon"
    assert area["geometry"]["coordinates"][0][0][0] == [120.7, 37.75]


def test_a_building_and_what_stands_around_it(session: Session, city: None) -> None:
    details = places.get_building(session, SYSTEM, BUILDING)
    assert details.building.name == "海滨花园1号楼"
    assert details.building.compound_code == "XG0-0"
    assert details.building.grid_code == "G0-0"
    assert [(row.number, row.households) for row in details.entrances] == [(1, 13)]
    assert [(row.code, row.households, row.atom_households) for row in details.micro_grids] == [
        ("G0-0-1", 65, 13)
    ]
    # From the door outwards; the posting that ended in 2020 is not among them.
    assert [(row.code, row.place_kind) for row in details.people] == [
        ("E1", "entrance"),
        ("B1", "building"),
        ("M1", "micro_grid"),
        ("C1", "compound"),
        ("G1", "area"),
        ("S1", "area"),
    ]
    assert {row.duty_phone for row in details.people} == {"0535-1"}
    assert not any("name" in key.lower() for row in details.people for key in row._fields)
    assert details.open_issues == []


def test_open_issues_of_a_building(session: Session, city: None) -> None:
    reported = issues.create_issue(session, SYSTEM, category="noise", building_id=BUILDING)
    closed = issues.create_issue(session, SYSTEM, category="water", building_id=BUILDING)
    session.execute(text("UPDATE issues SET state = 'settled' WHERE id = :id"), {"id": closed})
    details = places.get_building(session, SYSTEM, BUILDING)
    assert [issue.id for issue in details.open_issues] == [reported]
    by_state = {True: [reported], False: [closed], None: [closed, reported]}
    for is_open, expected in by_state.items():
        which = IssueFilter(building_id=BUILDING, is_open=is_open)
        assert [issue.id for issue in issues.list_issues(session, SYSTEM, which)] == expected


@pytest.mark.parametrize(
    ("code", "cells", "buildings"),
    [
        ("E1", ["G0-0-1"], 1),
        ("B1", ["G0-0-1"], 1),
        ("M1", ["G0-0-1"], 5),
        ("C1", ["G0-0-1"], 1),
        ("G1", [f"G0-0-{n}" for n in range(1, 7)], 30),
        ("S1", None, 300),
        ("OLD", [], 0),
    ],
)
def test_what_a_post_answers_for(
    code: str, cells: list[str] | None, buildings: int, session: Session, city: None
) -> None:
    actor = actor_of(session, code)
    mine = [cell.code for cell in staff.my_micro_grids(session, actor)]
    assert len(mine) == 60 if cells is None else mine == cells
    assert len(staff.my_buildings(session, actor)) == buildings
    assert places.count_buildings(session, actor, mine=True) == buildings
    # What lies outside the account's areas is not seen, posting or not.
    assert staff.my_buildings(session, actor_of(session, code, 11)) == []


def test_my_issues(session: Session, city: None) -> None:
    here = issues.create_issue(session, SYSTEM, category="noise", building_id=BUILDING)
    issues.create_issue(session, SYSTEM, category="noise", building_id=BUILDING + 10)  # micro-grid 2
    mine = issues.list_issues(session, actor_of(session, "M1"), IssueFilter(mine=True))
    assert [issue.id for issue in mine] == [here]


def test_a_post_by_day(session: Session, city: None) -> None:
    now = staff.get_staff(session, SYSTEM, "OLD")
    then = staff.get_staff(session, SYSTEM, "OLD", on=date(2020, 12, 31))
    assert (now["postings"], [(row.place_kind, row.place) for row in then["postings"]]) == (
        [],
        [("building", str(BUILDING))],
    )
    with pytest.raises(NotFound):
        staff.get_staff(session, Actor(1, "x", "official", (11,)), "B1")
    found = staff.list_staff(session, SYSTEM, area_code="G0-0", role="grid_officer")
    assert [row.code for row in found] == ["G1"]


@pytest.mark.parametrize(
    ("text_", "expected"),
    [
        ("海滨花园", [("building", "海滨花园1号楼")]),
        ("花园", [("building", "海滨花园1号楼")]),
        ("海滨路", [("building", "海滨花园1号楼")]),
        ("G0-0-1", [("micro_grid", "G0-0-1")]),
        ("第1街道", [("area", "第1街道")]),
        ("st0-1", [("station", "服务站0-1")]),
        ("100%", []),
        ("_", []),
        ("   ", []),
    ],
)
def test_the_search(text_: str, expected: list[tuple[str, str]], session: Session, city: None) -> None:
    found = search.find_place(session, SYSTEM, text_)
    assert [(place.kind, place.name) for place in found] == expected


def test_the_search_names_whole_matches_first(session: Session, city: None) -> None:
    session.execute(text("UPDATE buildings SET name = '南花园' WHERE id = 100000012"))
    session.execute(text("UPDATE buildings SET name = '花园' WHERE id = 100000013"))
    session.execute(text("UPDATE buildings SET name = '花园里' WHERE id = 100000014"))
    found = [place.name for place in search.find_place(session, SYSTEM, "花园")]
    assert found == ["花园", "花园里", "南花园", "海滨花园1号楼"]


def test_a_retried_report_is_one_issue(session: Session, city: None) -> None:
    one = issues.create_issue(session, SYSTEM, category="noise", building_id=BUILDING, client_id="abcd1234")
    two = issues.create_issue(session, SYSTEM, category="noise", building_id=BUILDING, client_id="abcd1234")
    assert one == two
    assert session.scalar(text("SELECT count(*) FROM issue_events")) == 1
    session.execute(text("INSERT INTO accounts (id, username, role) VALUES (77, 'other', 'admin')"))
    other = Actor(77, "other", "admin", None)
    with pytest.raises(Conflict):
        issues.create_issue(session, other, category="noise", building_id=BUILDING, client_id="abcd1234")


def test_an_issue_at_a_point_finds_its_grid(session: Session, city: None) -> None:
    issue_id = issues.create_issue(session, SYSTEM, category="noise", lon=120.7025, lat=37.752)
    issue = issue_details.get_issue(session, SYSTEM, issue_id)
    assert (issue["grid_code"], issue["state"], len(issue["events"])) == ("G0-0", "reported", 1)
    with pytest.raises(BadInput):
        issues.create_issue(session, SYSTEM, category="noise", lon=0.0, lat=0.0)
    with pytest.raises(BadInput):
        issues.create_issue(session, SYSTEM, category="noise", lon=0.0)


def test_pages_of_issues_miss_none_and_double_none(session: Session, city: None) -> None:
    made = [issues.create_issue(session, SYSTEM, category="noise", building_id=BUILDING) for _ in range(7)]
    # All at one moment: the id decides.
    session.execute(text("UPDATE issues SET reported_at = '2026-01-01T00:00:00Z'"))
    seen: list[int] = []
    after = 0
    while part := issues.list_issues(session, SYSTEM, after_id=after, limit=3):
        seen += [issue.id for issue in part]
        after = seen[-1]
    assert seen == sorted(made, reverse=True)


def test_stations_and_micro_grids(session: Session, city: None) -> None:
    # Every third grid of every third row: G0-1 and G3-1.
    found = stations.list_stations(session, SYSTEM)
    assert [row.code for row in found] == ["ST0-1", "ST3-1"]
    cells = micro_grids.list_micro_grids(session, SYSTEM, area_code="G0-0", with_geometry=True)
    assert [cell.code for cell in cells] == [f"G0-0-{n}" for n in range(1, 7)]
    assert cells[0].geometry["type"] == "MultiPolygon"
    details = micro_grids.describe_micro_grid(session, SYSTEM, "G0-0-1")
    assert [row.code for row in details["people"]] == ["M1", "G1", "S1"]
