"""The responsibility tree of the sample town: every level, and the level nobody answers for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from gridmap.errors import NotFound, NotSignedIn
from gridmap.models import Building
from gridmap.services.actors import SYSTEM, VISITOR, Actor
from gridmap.services.places import get_area
from gridmap.services.responsibility import describe_responsibility

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

COMMUNITY, WEST, EAST = "370698001001", "370698001001001", "370698001001002"
MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
NIGHT = datetime(2026, 11, 20, 20, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def building_of(town: Session, number: str) -> int:
    found = town.scalar(select(Building.id).where(Building.source_id == f"370698-{number}"))
    assert found is not None
    return found


def posts_of(tree: object) -> list[tuple[str, list[str]]]:
    return [(step.level, [post.code[7:] for post in step.posts]) for step in tree.steps]  # type: ignore[attr-defined]


def add_micro_grid(town: Session, building: int, low: int, high: int, code: str, households: int) -> None:
    """Put floors of the one entrance of a building into a published micro-grid."""
    values = {"code": code, "building": building, "low": low, "high": high, "homes": households}
    plan = town.scalar(text("SELECT min(id) FROM plans")) or town.scalar(
        text(
            "INSERT INTO plans (area_id, status, seed, rules, measures) SELECT id, 'published', 0, '{}', '{}'"
            " FROM areas WHERE code = '370698' RETURNING id"
        )
    )
    micro_grid = town.scalar(
        text(
            "INSERT INTO micro_grids (plan_id, grid_id, code, households, households_estimated,"
            " building_count, status, stacked, colour, contents, label, valid_from) SELECT :plan, id, :code,"
            " :homes, false, 1, 'in_band', false, 0, '', ST_PointOnSurface(geom), now()"
            " FROM areas WHERE code = '370698001001002' RETURNING id"
        ),
        values | {"plan": plan},
    )
    town.execute(
        text(
            "INSERT INTO assignments (plan_id, atom, building_id, entrance_number, floor_from, floor_to,"
            " households, households_estimated, micro_grid_id)"
            " VALUES (:plan, :code, :building, 1, :low, :high, :homes, false, :micro_grid)"
        ),
        values | {"plan": plan, "micro_grid": micro_grid},
    )


def test_an_entrance_climbs_to_the_district(town: Session):
    tree = describe_responsibility(town, SYSTEM, "entrance", f"{building_of(town, 'B01')}/2", MORNING)
    assert posts_of(tree) == [
        ("district", []),
        ("street", []),
        ("community", ["CW-0001"]),
        ("grid", ["GO-0001"]),
        ("compound", []),
        ("building", ["BH-0001"]),
        ("entrance", ["EH-0001"]),
    ]
    assert [step.households for step in tree.steps] == [548, 548, 548, 288, 288, 48, 12]
    # Twelve homes on six floors: two bands of three floors.
    assert [(b.floor_from, b.floor_to, b.households) for b in tree.bands] == [(1, 3, 6), (4, 6, 6)]
    assert (tree.below, tree.below_level, tree.contacts) == ([], None, [])
    assert tree.geometry is not None
    assert tree.geometry["type"] == "Point"
    assert "2026-11-20" in tree.definition


def test_duty_is_by_the_roster_and_the_phone_may_be_the_stations(town: Session):
    by_day = describe_responsibility(town, SYSTEM, "area", WEST, MORNING)
    (officer,) = by_day.place.posts
    assert officer.duty_until == datetime(2026, 11, 20, 17, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert (officer.phone, str(officer.starts_on), officer.ends_on) == ("0535-000 0011", "2026-01-01", None)
    at_night = describe_responsibility(town, SYSTEM, "area", WEST, NIGHT)
    assert at_night.place.posts[0].duty_until is None
    town.execute(text("UPDATE staff SET duty_phone = NULL WHERE code = '370698-GO-0001'"))
    officer = describe_responsibility(town, SYSTEM, "area", WEST, MORNING).place.posts[0]
    assert officer.phone == "0535-000 0001"
    town.execute(text("UPDATE staff SET station_id = NULL WHERE code = '370698-GO-0001'"))
    town.execute(text("UPDATE staff_roles SET duty_phone = '12345' WHERE code = 'grid_officer'"))
    officer = describe_responsibility(town, SYSTEM, "area", WEST, MORNING).place.posts[0]
    assert officer.phone == "12345"


def test_one_level_below_is_counted(town: Session):
    tree = describe_responsibility(town, SYSTEM, "area", COMMUNITY, MORNING)
    assert tree.below_level == "grid"
    assert [(row.code, row.households, row.buildings, row.posts) for row in tree.below] == [
        (WEST, 288, 6, 1),
        (EAST, 260, 4, 0),
    ]
    tree = describe_responsibility(town, SYSTEM, "area", WEST, MORNING)
    assert tree.below_level == "building"  # no plan is published
    assert [(row.households, row.posts) for row in tree.below] == [(48, 1)] + [(48, 0)] * 5
    tree = describe_responsibility(town, SYSTEM, "building", str(building_of(town, "B01")), MORNING)
    assert [(row.code.split("/")[1], row.households, row.posts) for row in tree.below] == [
        ("1", 12, 0),
        ("2", 12, 1),
        ("3", 12, 0),
        ("4", 12, 0),
    ]


def test_a_level_without_anybody_is_empty_and_a_posting_that_ended_does_not_count(town: Session):
    later = datetime(2027, 1, 5, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    tower = str(building_of(town, "B07"))
    now = describe_responsibility(town, SYSTEM, "building", tower, MORNING)
    assert ("compound", ["PS-0001"]) in posts_of(now)
    then = posts_of(describe_responsibility(town, SYSTEM, "building", tower, later))
    assert then[2:] == [("community", ["CW-0001"]), ("grid", []), ("compound", []), ("building", [])]


def test_bands_keep_to_the_borders_of_micro_grids(town: Session):
    tower = building_of(town, "B07")
    add_micro_grid(town, tower, 1, 3, "E-1", 12)
    add_micro_grid(town, tower, 4, 18, "E-2", 60)
    tree = describe_responsibility(town, SYSTEM, "entrance", f"{tower}/1", MORNING)
    assert [step.code for step in tree.steps if step.kind == "micro_grid"] == ["E-1", "E-2"]
    assert tree.plan_version is not None
    bands = [(band.floor_from, band.floor_to, band.households, band.micro_grid_code) for band in tree.bands]
    # Four a floor: twelve homes on three floors are 4 + 8, and the floor of four is told as too few.
    assert bands[:2] == [(1, 1, 4, "E-1"), (2, 3, 8, "E-1")]
    assert [band.in_bounds for band in tree.bands[:2]] == [False, True]
    assert {(low <= 3, code) for low, _, _, code in bands} == {(True, "E-1"), (False, "E-2")}
    assert sum(band.households for band in tree.bands) == 72
    below = describe_responsibility(town, SYSTEM, "micro_grid", "E-1", MORNING)
    assert [(row.code, row.households) for row in below.below] == [(str(tower), 12)]
    grid = describe_responsibility(town, SYSTEM, "area", EAST, MORNING)
    assert [(row.kind, row.code) for row in grid.below] == [("micro_grid", "E-1"), ("micro_grid", "E-2")]


def test_contacts_of_a_band_are_the_posts_nearest_to_it(town: Session):
    town.execute(
        text(
            "INSERT INTO staff (code, role) VALUES ('370698-CH-0001', 'centre_household'),"
            " ('370698-VO-0001', 'volunteer')"
        )
    )
    values = {"building": building_of(town, "B01")}
    town.execute(
        text(
            "INSERT INTO postings (staff_id, building_id, starts_on) SELECT id, :building, '2026-01-01'"
            " FROM staff WHERE code = '370698-CH-0001'"
        ),
        values,
    )
    town.execute(
        text(
            "INSERT INTO postings (staff_id, area_id, starts_on) SELECT s.id, a.id, '2026-01-01'"
            " FROM staff s, areas a WHERE s.code = '370698-VO-0001' AND a.code = '370698001001001'"
        )
    )
    tree = describe_responsibility(town, SYSTEM, "entrance", f"{values['building']}/1", MORNING)
    assert [post.code[7:] for post in tree.contacts] == ["CH-0001", "VO-0001"]


@pytest.mark.parametrize("code", ["1/99", "nothing", "1/x", "9" * 30, "/"])
def test_what_is_not_there_is_not_found(town: Session, code: str):
    for kind in ("area", "micro_grid", "building", "entrance"):
        with pytest.raises(NotFound):
            describe_responsibility(town, SYSTEM, kind, code)


def test_a_place_must_lie_in_ones_own_areas(town: Session):
    east = get_area(town, SYSTEM, EAST)
    here = Actor(account_id=None, username="f", role="field", area_ids=(east.id,))
    assert describe_responsibility(town, here, "area", EAST).place.code == EAST
    for kind, code in (("area", WEST), ("building", str(building_of(town, "B01")))):
        with pytest.raises(NotFound):
            describe_responsibility(town, here, kind, code)
    with pytest.raises(NotSignedIn):
        describe_responsibility(town, VISITOR, "area", EAST)
