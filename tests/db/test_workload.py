"""Workload in the sample town, worked by hand: what a post carries, how it spreads, whom to ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.places import get_area
from gridmap.services.responsibility import describe_responsibility
from gridmap.services.workload import find_spread, find_workload
from gridmap.services.workload_suggestions import accept_suggestion, find_suggestions

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.workload_figures import Spread

DISTRICT, WEST, EAST = "370698", "370698001001001", "370698001001002"
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TENTHS_M = (8.806, 11.1)  # a ten-thousandth of a degree, east and north


def add_posts(town: Session, role: str, buildings: list[str], organisation: str = "") -> None:
    """Post one more of a role to each building."""
    for number, building in enumerate(buildings, 1):
        code = f"370698-X{role[:1].upper()}-{number:04d}"
        town.execute(
            text("INSERT INTO staff (code, role, organisation) VALUES (:code, :role, :organisation)"),
            {"code": code, "role": role, "organisation": organisation},
        )
        town.execute(
            text(
                "INSERT INTO postings (staff_id, building_id, starts_on) SELECT s.id, b.id, '2026-01-01'"
                " FROM staff s, buildings b WHERE s.code = :code AND b.source_id = :building"
            ),
            {"code": code, "building": f"370698-{building}"},
        )


def load_of(town: Session, code: str):
    return find_workload(town, SYSTEM, f"370698-{code}", NOON).load


def spread_of(spreads: list[Spread], figure: str) -> Spread:
    return next(spread for spread in spreads if spread.figure == figure)


def test_what_a_post_carries(town: Session):
    officer = load_of(town, "GO-0001")  # grid 1: six slabs of four entrances; issue 3 is open, 1 is archived
    assert (officer.households, officer.buildings, officer.entrances, officer.open_issues) == (288, 6, 24, 1)
    worker = load_of(town, "CW-0001")  # the community: 24 + 5 entrances; issues 2 and 3 are open
    assert (worker.households, worker.buildings, worker.entrances, worker.open_issues) == (548, 10, 29, 2)
    steward = load_of(town, "PS-0001")  # compound 2: B07-B10; issue 2 is at B07
    assert (steward.households, steward.buildings, steward.entrances, steward.open_issues) == (260, 4, 5, 1)
    head = load_of(town, "EH-0001")  # one entrance: no way to walk
    assert (head.households, head.buildings, head.entrances, head.round_m) == (12, 1, 1, 0)
    assert not officer.households_estimated


def test_a_round_follows_the_streets(town: Session):
    """The four doors of B01 stand 45.5 m north of 东风路 (4.1 units of 11.1 m), 15.4 m apart (1.75 of 8.8 m).

    From door to door it is 45.5 + 15.4 + 45.5 m by the street; three of them, there and back.
    """
    round_m = load_of(town, "BH-0001").round_m
    assert round_m == pytest.approx(2 * 3 * (2 * 4.10 * TENTHS_M[1] + 1.75 * TENTHS_M[0]), abs=3)
    assert load_of(town, "GO-0001").round_m > 2 * round_m


def test_homes_count_once_however_often_they_are_posted_to(town: Session):
    """The building head of B01 also gets its entrance 2 and the whole grid."""
    town.execute(
        text(
            "INSERT INTO postings (staff_id, entrance_id, starts_on) SELECT s.id, e.id, '2026-01-01'"
            " FROM staff s, entrances e JOIN buildings b ON b.id = e.building_id"
            " WHERE s.code = '370698-BH-0001' AND b.source_id = '370698-B01' AND e.number = 2"
        )
    )
    assert load_of(town, "BH-0001").households == 48
    town.execute(
        text(
            "INSERT INTO postings (staff_id, area_id, starts_on, ends_on) SELECT s.id, a.id, '2026-01-01',"
            " '2026-11-20' FROM staff s, areas a"
            " WHERE s.code = '370698-BH-0001' AND a.code = '370698001001001'"
        )
    )
    assert load_of(town, "BH-0001").households == 288
    later = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    assert find_workload(town, SYSTEM, "370698-BH-0001", later).load.households == 48


def test_the_spread_of_a_role(town: Session):
    add_posts(town, "building_head", ["B07", "B10", "B02", "B03"])  # 72, 44, 48, 48; there is 48 for B01
    found = find_spread(town, SYSTEM, DISTRICT, "building_head", NOON)
    homes = spread_of(found.spreads, "households")
    assert (found.posts, homes.posts) == (5, 5)
    assert (homes.least, homes.lower, homes.middle, homes.upper, homes.most) == (44, 48, 48, 48, 72)
    # Eight classes of 3.5 homes from 44 to 72.
    assert [one.posts for one in homes.bins] == [1, 3, 0, 0, 0, 0, 0, 1]
    assert (homes.bins[0].low, homes.bins[0].high, homes.bins[-1].high) == (44, 47.5, 72)
    assert found.on == date(2026, 11, 20)
    assert "370698-" not in str(found.spreads)
    in_west = find_spread(town, SYSTEM, WEST, "building_head", NOON)
    assert in_west.posts == 3
    # Three posts: the ends would tell what single ones carry.
    assert all(spread.least is None and spread.bins == [] for spread in in_west.spreads)


def test_all_alike_is_one_class(town: Session):
    add_posts(town, "volunteer", ["B01", "B02", "B03", "B04"])
    homes = spread_of(find_spread(town, SYSTEM, DISTRICT, "volunteer", NOON).spreads, "households")
    assert [one.posts for one in homes.bins] == [4]
    assert homes.least == homes.most == 48


def test_who_may_see_it(town: Session):
    east = get_area(town, SYSTEM, EAST)
    staff_id = town.scalar(text("SELECT id FROM staff WHERE code = '370698-PS-0001'"))
    own = Actor(account_id=None, username="f", role="field", area_ids=(east.id,), staff_id=staff_id)
    assert find_workload(town, own, "370698-PS-0001", NOON).load.households == 260
    with pytest.raises(NotAllowed):
        find_spread(town, own, EAST, "volunteer")
    with pytest.raises(NotAllowed):  # somebody else's
        find_workload(town, replace(own, area_ids=None), "370698-CW-0001", NOON)
    with pytest.raises(NotFound):
        find_workload(town, own, "370698-BH-0001", NOON)
    with pytest.raises(BadInput):
        find_spread(town, SYSTEM, EAST, "wizard")


def rule_of(town: Session, code: str, at_most: int | None = None) -> int:
    if at_most is not None:
        town.execute(
            text(
                "UPDATE coverage_rules SET parameters = parameters ||"
                " jsonb_build_object('households_at_most', CAST(:most AS int)) WHERE code = :code"
            ),
            {"most": at_most, "code": code},
        )
    found = town.scalar(text("SELECT id FROM coverage_rules WHERE code = :code"), {"code": code})
    assert found is not None
    town.expire_all()
    return int(found)


def test_suggestions_stay_within_the_rule_and_count_what_was_given(town: Session):
    """With at most 100 homes a head, the head of B01 (48) can take one slab more, nobody a tower of 72."""
    found = find_suggestions(town, SYSTEM, DISTRICT, rule_of(town, "building_head", 100), NOON, language="en")
    assert found.places == len(found.items) == 9  # ten buildings with homes, B01 has its head
    asked = [(item.households, item.staff_code) for item in found.items]
    assert asked == [(72, None)] * 3 + [(48, "370698-BH-0001")] + [(48, None)] * 4 + [(44, None)]
    item = found.items[3]
    named = item.place_name  # among slabs of as many homes the first in the order of loading
    assert named in {f"东风路8号 纺织厂家属院 {number}号楼" for number in range(2, 7)}
    assert (
        item.question == f"{named} has nobody as Building head. Could 370698-BH-0001 answer for it as well?"
    )
    assert [reason.key for reason in item.reasons] == ["why_near", "why_load"]
    assert (item.reasons[1].values["now"], item.reasons[1].values["then"]) == (48, 96)
    assert [reason.key for reason in found.items[0].reasons] == ["nobody_fits"]
    # Without a limit of its own the rule means what anybody of the role carries now: 48.
    town.execute(text("UPDATE coverage_rules SET parameters = parameters - 'households_at_most'"))
    town.expire_all()
    found = find_suggestions(town, SYSTEM, DISTRICT, rule_of(town, "building_head"), NOON)
    assert {item.staff_code for item in found.items} == {None}


def test_the_same_organisation_comes_before_the_nearer(town: Session):
    """Grid 2 has no grid officer; the one of grid 1 may take it, and says why."""
    found = find_suggestions(town, SYSTEM, DISTRICT, rule_of(town, "grid_officer", 600), NOON)
    (item,) = found.items
    assert (item.place_code, item.staff_code, item.level) == (EAST, "370698-GO-0001", "grid")
    assert item.walk_m is not None
    assert 0 < item.walk_m < 400
    with pytest.raises(BadInput):
        find_suggestions(town, SYSTEM, DISTRICT, rule_of(town, "station_500_m"), NOON)


def test_only_a_planner_posts_and_only_once(town: Session):
    (item,) = find_suggestions(town, SYSTEM, DISTRICT, rule_of(town, "grid_officer", 600), NOON).items
    assert item.staff_code is not None
    official = Actor(account_id=None, username="o", role="official", area_ids=None)
    with pytest.raises(NotAllowed):
        accept_suggestion(town, official, item.staff_code, item.level, item.place_id)
    accept_suggestion(town, SYSTEM, item.staff_code, item.level, item.place_id, date(2026, 11, 20))
    tree = describe_responsibility(town, SYSTEM, "area", EAST, NOON)
    assert [post.code for post in tree.place.posts] == ["370698-GO-0001"]
    with pytest.raises(Conflict):
        accept_suggestion(town, SYSTEM, item.staff_code, item.level, item.place_id, date(2026, 11, 20))
    for level, place_id in (("grid", 10**9), ("street", item.place_id), ("building", 10**9), ("moon", 1)):
        with pytest.raises(NotFound):
            accept_suggestion(town, SYSTEM, item.staff_code, level, place_id)
