"""Coverage by the city's own rules, with figures worked by hand from `tests.spatial_city`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.coverage import gaps_by_walk, gaps_without_posting
from gridmap.services.coverage_kinds import RULE_KINDS, check_parameters, get_kind
from gridmap.services.coverage_rules import change_rule, create_rule, find_gaps, list_rules
from gridmap.services.coverage_words import list_register_names

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.coverage_rules import RuleAnswer

NOON = datetime(2026, 11, 4, 4, tzinfo=UTC)  # 12:00 in the city
PARAMETERS: dict[str, dict[str, Any]] = {
    "posting": {"roles": ["grid_officer"], "level": "micro_grid"},
    "head": {"roles": ["grid_officer"], "per": "micro_grid"},
    "on_duty": {"roles": ["police"], "level": "street"},
    "station_walk": {"station_kinds": ["station"], "walk_m": 300},
    "served": {"by": ["property_company"]},
    "visited": {"visit_kind": "key", "period": "month", "per": "building"},
}

REFRESH = text(
    "INSERT INTO compound_grids (compound_id, grid_id, households)"
    " SELECT compound_id, grid_id, sum(households) FROM buildings WHERE compound_id IS NOT NULL"
    " GROUP BY compound_id, grid_id"
)


def fill_compounds(city: Session) -> None:
    """All buildings of a grid that is a compound, too, belong to it."""
    city.execute(
        text("UPDATE buildings SET compound_id = grid_id WHERE grid_id IN (SELECT id FROM compounds)")
    )
    city.execute(REFRESH)


def actor_of(role: str, *areas: int) -> Actor:
    return Actor(account_id=None, username=role, role=role, area_ids=areas)


def make_rule(
    session: Session, kind: str, *, target: float = 0.9, counted_by: str = "places", **parameters: Any
) -> int:
    values = {"name_zh": "规则", "name_en": "A rule", "target_share": target, "counted_by": counted_by}
    return create_rule(session, SYSTEM, "mine", kind, parameters=PARAMETERS[kind] | parameters, **values).id


def ask(session: Session, kind: str, area: str = "D1", at: datetime = NOON, **more: Any) -> RuleAnswer:
    return find_gaps(session, SYSTEM, make_rule(session, kind, **more), area, at, with_shapes=True)


def post(
    session: Session, place: str, value: object, staff_id: int = 3, starts_on: date = date(2026, 11, 1)
) -> None:
    session.execute(
        text(f"INSERT INTO postings (staff_id, {place}, starts_on) VALUES (:staff, :value, :starts_on)"),
        {"staff": staff_id, "value": value, "starts_on": starts_on},
    )


def shares(answer: RuleAnswer, level: str) -> dict[str, tuple[int, int]]:
    return {
        row.code: (row.share.places, row.share.places_covered) for row in answer.areas if row.level == level
    }


def test_default_rules_are_sound(session: Session):
    rules = list_rules(session, SYSTEM)
    assert len(rules) == 11
    registers = list_register_names(session, "zh")
    for rule in rules:
        assert check_parameters(get_kind(rule.kind), rule.parameters, registers) == []
    targets = {rule.code: rule.target_share for rule in rules}
    assert (targets["building_head"], targets["station_500_m"]) == (0.7, 0.9)
    assert {rule.kind for rule in rules} == {kind.code for kind in RULE_KINDS}
    assert "entrance_head" not in {rule.code for rule in list_rules(session, SYSTEM, only_active=True)}


def test_postings_are_counted_down_to_the_grids(city: Session):
    answer = ask(city, "posting")
    # 340 grids x 6 micro-grids of 65 households; five in six have somebody.
    assert (answer.share.places, answer.share.places_covered) == (2040, 1700)
    assert (answer.share.households, answer.share.households_covered) == (132_600, 110_500)
    assert answer.is_met is False
    assert answer.areas[0].code == "D1"
    assert shares(answer, "street") == {f"S{n}": (510, 425) for n in range(4)}  # 85 grids each
    assert set(shares(answer, "community").values()) == {(30, 25)}
    assert set(shares(answer, "grid").values()) == {(6, 5)}
    assert len(answer.areas) == 1 + 4 + 68 + 340
    assert answer.plan_version == 1
    assert "Grid officer" in find_gaps(city, SYSTEM, answer.rule.id, "D1", NOON, language="en").definition


def test_a_rule_agrees_with_the_question_it_stands_for(city: Session):
    post(city, "area_id", 1_000_000)
    ours = ask(city, "posting", "C0-0", through=["grid"])
    theirs = gaps_without_posting(city, SYSTEM, "C0-0", "grid_officer", NOON)
    assert {gap["code"] for gap in ours.gaps} == {gap["code"] for gap in theirs.gaps}
    assert ours.share == theirs.share
    assert ours.gaps[0]["geometry"]["type"] == "MultiPolygon"


def test_walks_agree_too_and_add_up_over_the_areas(city: Session):
    ours = ask(city, "station_walk", "S0", counted_by="households")
    theirs = gaps_by_walk(city, SYSTEM, "S0", "station", 300)
    assert ours.share == theirs.share
    assert {gap["place_id"]: gap["distance_m"] for gap in ours.gaps} == {
        gap["building_id"]: gap["distance_m"] for gap in theirs.gaps
    }
    json.dumps(ours.gaps, allow_nan=False)
    assert {gap["code"] for gap in ours.gaps} == {None}  # buildings have none
    grids = [row.share for row in ours.areas if row.level == "grid"]
    assert sum(share.households_covered for share in grids) == ours.share.households_covered
    assert sum(share.places for share in grids) == ours.share.places == 85 * 30


def test_minutes_are_walked_at_75_metres(city: Session):
    by_metres = ask(city, "station_walk", "S0")
    change_rule(
        city,
        SYSTEM,
        by_metres.rule.id,
        parameters={"station_kinds": ["station"], "walk_minutes": 4},
    )
    by_minutes = find_gaps(city, SYSTEM, by_metres.rule.id, "S0", NOON, with_shapes=True)
    assert by_minutes.share == by_metres.share
    assert "4 分钟" in by_minutes.definition


@pytest.mark.parametrize(
    ("staff", "at_least", "at_most", "covered"),
    [
        ((3,), 1, None, 1),
        ((3,), 2, None, 0),
        ((3, 6), 2, None, 1),
        ((3, 3), 2, None, 0),  # one person posted twice is one person
        ((3,), 1, 390, 1),  # six micro-grids of 65
        ((3,), 1, 389, 0),
        ((3, 6), 1, 195, 1),
    ],
)
def test_so_many_people_with_so_many_households_each(
    city: Session, staff: tuple[int, ...], at_least: int, at_most: int | None, covered: int
):
    for day, number in enumerate(staff, 1):
        post(city, "area_id", 1_000_000, number, date(2026, 11, day))
    rule = {"level": "grid", "at_least": at_least, "households_at_most": at_most}
    answer = ask(city, "posting", "C0-0", **rule)
    assert shares(answer, "grid")["G0-0"] == (1, covered)
    assert answer.share.places == 5
    assert answer.share.households == 5 * 390


def test_heads_are_those_of_the_place_itself(city: Session):
    post(city, "area_id", 1_000_000)  # answers for the grid, heads no building
    post(city, "building_id", 100_000_011)
    answer = ask(city, "head", "G0-0", per="building")
    assert (answer.share.places, answer.share.places_covered) == (30, 1)
    assert answer.share.households_covered == 13
    assert 100_000_011 not in {gap["place_id"] for gap in answer.gaps}
    assert answer.level == "building"


def test_entrances_share_the_homes_of_their_building(city: Session):
    city.execute(
        text(
            "INSERT INTO entrances (id, building_id, number, households) VALUES"
            " (1, 100000011, 1, NULL), (2, 100000011, 2, NULL), (3, 100000012, 1, 4), (4, 100000012, 2, NULL)"
        )
    )
    post(city, "entrance_id", 1)
    answer = ask(city, "head", "G0-0", per="entrance")
    # 13 homes behind two doors are 7 and 6; behind the other two 4 are said and 9 are left.
    assert (answer.share.places, answer.share.households) == (4, 26)
    assert answer.share.households_covered == 7
    assert [(gap["place_id"], gap["households"]) for gap in answer.gaps] == [(4, 9), (2, 6), (3, 4)]
    assert answer.share.estimated


def test_duty_counts_where_the_shift_is_and_when(city: Session):
    city.execute(text("DELETE FROM shifts"))
    city.execute(
        text(
            "INSERT INTO shifts (staff_id, station_id, starts_at, ends_at, spot)"
            " SELECT 2, id, '2026-11-04T01:00:00Z', '2026-11-04T09:00:00Z', geom::geography"
            " FROM stations WHERE code = 'ST3-1'"
        )
    )  # 09:00 to 17:00 in the city; post 2 is police
    rule_id = make_rule(city, "on_duty", from_hour=8, to_hour=18)

    def covered(*hours: int) -> list[tuple[bool, int, int]]:
        found = []
        for hour in hours:
            at = datetime(2026, 11, 4, hour - 8, tzinfo=UTC)
            answer = find_gaps(city, SYSTEM, rule_id, "D1", at)
            found.append((answer.applies, answer.share.places, answer.share.places_covered))
        return found

    assert covered(8, 9, 16) == [(True, 4, 0), (True, 4, 1), (True, 4, 1)]
    assert covered(17, 18) == [(True, 4, 0), (False, 0, 0)]  # an end is no longer duty, 18:00 not demanded
    late = find_gaps(city, SYSTEM, rule_id, "D1", datetime(2026, 11, 4, 12, tzinfo=UTC))
    assert late.is_met is None
    assert "没有要求" in late.definition


def test_hours_may_go_over_midnight(city: Session):
    rule_id = make_rule(city, "on_duty", from_hour=22, to_hour=6)
    at = [datetime(2026, 11, 4, hour, tzinfo=UTC) for hour in (13, 14, 21, 22)]  # 21, 22, 5 and 6 o'clock
    applies = [find_gaps(city, SYSTEM, rule_id, "D1", moment).applies for moment in at]
    assert applies == [False, True, True, False]


def test_compounds_without_a_property_company(city: Session):
    city.execute(text("UPDATE compounds SET property_company = '向阳物业' WHERE code = 'XG0-0'"))
    city.execute(text("UPDATE compounds SET property_company = ' ' WHERE code = 'XG0-2'"))
    city.execute(
        text(
            "INSERT INTO compound_grids (compound_id, grid_id, households) VALUES"
            " (1000000, 1000000, 100), (1000000, 1001000, 40), (1000002, 1000002, 60)"
        )
    )
    answer = ask(city, "served", "S0")
    assert (answer.share.places, answer.share.places_covered) == (2, 1)
    assert (answer.share.households, answer.share.households_covered) == (200, 140)
    assert shares(answer, "grid")["G0-0"] == (1, 1)  # most of its homes are there
    assert shares(answer, "grid")["G1-0"] == (0, 0)
    assert [gap["name"] for gap in answer.gaps] == ["小区G0-2"]


def test_target_counts_what_the_rule_says(city: Session):
    city.execute(text("UPDATE micro_grids SET households = 0 WHERE code LIKE '%-6'"))
    by_places = ask(city, "posting", target=0.9)
    assert by_places.is_met is False
    change_rule(city, SYSTEM, by_places.rule.id, counted_by="households", target_share=1.0)
    assert find_gaps(city, SYSTEM, by_places.rule.id, "D1", NOON).is_met is True


@pytest.mark.parametrize(
    ("kind", "parameters", "column"),
    [
        ("posting", {"roles": ["king"]}, "parameters.roles"),
        ("posting", {"roles": []}, "parameters.roles"),
        ("posting", {"roles": "police"}, "parameters.roles"),
        ("posting", {"level": "planet"}, "parameters.level"),
        ("posting", {"at_least": 0}, "parameters.at_least"),
        ("posting", {"at_least": 1.5}, "parameters.at_least"),
        ("posting", {"at_least": True}, "parameters.at_least"),
        ("posting", {"colour": "red"}, "parameters.colour"),
        ("head", {"per": "district"}, "parameters.per"),
        ("on_duty", {"from_hour": 24}, "parameters.from_hour"),
        ("station_walk", {"walk_minutes": 5}, "parameters.walk_m"),  # metres are given already
        ("station_walk", {"walk_m": float("nan")}, "parameters.walk_m"),
        ("served", {"by": ["garden"]}, "parameters.by"),
        ("visited", {"visit_kind": "secret"}, "parameters.visit_kind"),
        ("visited", {"visit_kind": ["key"]}, "parameters.visit_kind"),
        ("visited", {"period": "week"}, "parameters.period"),
        ("visited", {"per": "micro_grid"}, "parameters.per"),
    ],
)
def test_parameters_that_a_kind_does_not_take_are_refused(
    session: Session, kind: str, parameters: dict[str, Any], column: str
):
    with pytest.raises(BadInput) as refused:
        make_rule(session, kind, **parameters)
    assert [fault.column for fault in refused.value.fields] == [column]


def test_bad_rules_are_refused_whole(session: Session):
    with pytest.raises(BadInput) as refused:
        create_rule(
            session,
            SYSTEM,
            "mine",
            "station_walk",
            name_zh="规则",
            name_en="A rule",
            parameters={},
            target_share=1.1,
            counted_by="people",
        )
    assert {fault.column for fault in refused.value.fields} == {
        "parameters.station_kinds",
        "target_share",
        "counted_by",
    }
    with pytest.raises(BadInput):
        create_rule(session, SYSTEM, "mine", "miracle", parameters={})
    make_rule(session, "served")
    with pytest.raises(Conflict):
        make_rule(session, "served")


def test_only_in_ones_own_areas_and_by_those_who_may(city: Session):
    rule_id = make_rule(city, "posting")
    planner = actor_of("planner", 10)  # street S0
    assert find_gaps(city, planner, rule_id, "G4-0", NOON).share.places == 6
    with pytest.raises(NotFound):
        find_gaps(city, planner, rule_id, "G5-0", NOON)
    with pytest.raises(NotFound):
        find_gaps(city, planner, 10**9, "G4-0", NOON)
    with pytest.raises(NotAllowed):
        find_gaps(city, actor_of("field", 10), rule_id, "G4-0", NOON)
    with pytest.raises(NotAllowed):
        change_rule(city, actor_of("official", 10), rule_id, target_share=0.5)


def test_postings_to_compounds(city: Session):
    post(city, "compound_id", 1_000_000)
    post(city, "area_id", 1_001_002)  # to the grid, and so to its compound where grids count
    asked = {"level": "compound", "roles": ["grid_officer"]}
    fill_compounds(city)
    # 20 columns x 9 even rows of compounds, each of 390 households.
    found = ask(city, "posting", **asked)
    assert (found.share.places, found.share.places_covered) == (180, 1)
    assert (found.share.households, found.share.households_covered) == (180 * 390, 390)
    assert found.level == "compound"
    assert "XG0-0" not in {gap["code"] for gap in found.gaps}
    change_rule(city, SYSTEM, found.rule.id, parameters=asked | {"through": ["grid"]})
    assert find_gaps(city, SYSTEM, found.rule.id, "D1", NOON).share.places_covered == 2


def test_what_is_not_known_of_a_compound_is_not_called_missing(city: Session):
    fill_compounds(city)
    city.execute(text("UPDATE compounds SET has_committee = true, has_branch = true WHERE code = 'XG0-0'"))
    city.execute(text("UPDATE compounds SET has_committee = true, has_branch = false WHERE code = 'XG0-2'"))
    city.execute(text("UPDATE compounds SET has_committee = true WHERE code = 'XG0-4'"))
    found = ask(city, "served", by=["committee", "branch"])
    assert (found.share.places, found.share.places_covered) == (180, 1)
    gaps = {gap["code"]: (gap["posts"], gap["unknown"]) for gap in found.gaps}
    assert (gaps["XG0-2"], gaps["XG0-4"], gaps["XG0-6"]) == ((1, 0), (1, 1), (0, 2))
    assert (
        "owners’ committee, branch"
        in find_gaps(city, SYSTEM, found.rule.id, "D1", NOON, language="en").definition
    )


def test_a_building_is_not_taken_for_the_grid_of_the_same_number(city: Session):
    city.execute(text("DELETE FROM assignments WHERE building_id = 1000000011"))
    city.execute(text("UPDATE issues SET building_id = NULL WHERE building_id = 1000000011"))
    city.execute(text("UPDATE buildings SET id = grid_id WHERE id = 1000000011"))
    post(city, "area_id", 1_000_000)
    found = ask(city, "head", roles=["grid_officer"], per="building")
    assert found.share.places_covered == 0


def test_a_day_is_measured_by_the_plan_of_that_day(city: Session):
    old, new = datetime(2026, 3, 1, 4, tzinfo=UTC), datetime(2026, 9, 1, 4, tzinfo=UTC)
    before = ask(city, "head", at=datetime(2025, 12, 31, tzinfo=UTC))
    assert (before.share.places, before.plan_version) == (0, None)
    # In June a second plan leaves grid G0-0 three of its six micro-grids.
    city.execute(
        text("INSERT INTO plans (id, area_id, status, seed, rules) VALUES (2, 1, 'published', 0, '{}')")
    )
    copied = (
        "grid_id, households, households_estimated, building_count, status, stacked, colour, contents, label"
    )
    city.execute(text("UPDATE micro_grids SET valid_to = '2026-06-01T00:00:00Z' WHERE grid_id = 1000000"))
    city.execute(
        text(
            f"INSERT INTO micro_grids (id, plan_id, code, valid_from, {copied})"
            f" SELECT id + 1000000000, 2, code, '2026-06-01T00:00:00Z', {copied}"
            " FROM micro_grids WHERE grid_id = 1000000 AND code < 'G0-0-4'"
        )
    )
    rule = before.rule.id
    answers = [find_gaps(city, SYSTEM, rule, "G0-0", at) for at in (old, new)]
    assert [answer.share.places for answer in answers] == [6, 3]
    assert [answer.share.places_covered for answer in answers] == [5, 3]
    assert [answer.plan_version for answer in answers] == [1, 2]


def visit(session: Session, building: int, at: str, kind: str = "key", entrance: int | None = None) -> None:
    session.execute(
        text(
            "INSERT INTO visits (client_id, staff_id, building_id, entrance_id, kind, visited_at)"
            " VALUES (gen_random_uuid(), 3, :building, :entrance, :kind, :at)"
        ),
        {"building": building, "entrance": entrance, "kind": kind, "at": at},
    )


def test_visits_count_in_the_city_s_own_period(city: Session):
    # October ends at 16:00 UTC on the 31st; 100000011 to 13 are buildings of G0-0, each of 13 households.
    visit(city, 100_000_011, "2026-10-31T16:00:00Z")
    visit(city, 100_000_011, "2026-11-20T01:00:00Z")  # after the moment asked, in its month all the same
    visit(city, 100_000_012, "2026-10-31T15:59:59Z")
    visit(city, 100_000_013, "2026-11-04T01:00:00Z", kind="full")
    answer = ask(city, "visited", "S0")
    assert (answer.share.places, answer.share.places_covered) == (85 * 30, 1)
    assert answer.share.households_covered == 13
    assert shares(answer, "grid")["G0-0"] == (30, 1)
    assert answer.level == "building"
    assert {gap["visits"] for gap in answer.gaps} == {0}
    assert "2026-11-01 至 2026-11-30" in answer.definition

    def covered(kind: str, period: str, at: datetime) -> int:
        asked = {"visit_kind": kind, "period": period, "per": "building"}
        change_rule(city, SYSTEM, answer.rule.id, parameters=asked)
        return find_gaps(city, SYSTEM, answer.rule.id, "S0", at).share.places_covered

    october = datetime(2026, 10, 31, 4, tzinfo=UTC)
    assert covered("key", "month", october) == 1
    assert covered("key", "quarter", october) == 2  # October to December
    assert covered("key", "quarter", datetime(2026, 12, 31, 15, tzinfo=UTC)) == 2
    assert covered("key", "quarter", datetime(2026, 12, 31, 16, tzinfo=UTC)) == 0
    assert covered("full", "quarter", NOON) == 1
    assert covered("full", "day", NOON) == 1
    assert covered("full", "day", datetime(2026, 11, 4, 16, tzinfo=UTC)) == 0  # the fifth in the city
    assert covered("daily", "day", NOON) == 0


def test_an_entrance_is_visited_by_name_or_as_the_only_one(city: Session):
    city.execute(
        text(
            "INSERT INTO entrances (id, building_id, number, households) VALUES"
            " (1, 100000011, 1, 6), (2, 100000011, 2, 7), (3, 100000012, 1, 13)"
        )
    )
    visit(city, 100_000_011, "2026-11-04T01:00:00Z", entrance=2)
    visit(city, 100_000_011, "2026-11-04T02:00:00Z")  # the building as a whole: neither of its two
    visit(city, 100_000_012, "2026-11-04T03:00:00Z")
    answer = ask(city, "visited", per="entrance")
    assert (answer.share.places, answer.share.places_covered) == (3, 2)
    assert (answer.share.households, answer.share.households_covered) == (26, 20)
    assert [gap["place_id"] for gap in answer.gaps] == [1]
    assert "Key visit" in find_gaps(city, SYSTEM, answer.rule.id, "D1", NOON, language="en").definition
