"""Coverage gaps, with figures worked by hand from `tests.spatial_city`: 20 x 17 grids of six micro-grids."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.coverage import gaps_by_walk, gaps_without_posting

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DAY = date(2026, 11, 4)


def _actor(role: str, *areas: int) -> Actor:
    return Actor(account_id=None, username=role, role=role, area_ids=areas)


def _post(
    city: Session, place: str, value: object, *, starts_on: date = DAY, ends_on: date | None = None
) -> None:
    """Post grid officer P000003 somewhere."""
    city.execute(
        text(
            f"INSERT INTO postings (staff_id, {place}, starts_on, ends_on) VALUES (3, :value, :starts, :ends)"
        ),
        {"value": value, "starts": starts_on, "ends": ends_on},
    )


def test_sixth_micro_grid_of_every_grid_has_nobody(city: Session):
    answer = gaps_without_posting(city, SYSTEM, "D1", "grid_officer", DAY)
    # 340 grids x 6 micro-grids of 65 households; five in six have somebody.
    assert (answer.share.places, answer.share.places_covered) == (2040, 1700)
    assert (answer.share.households, answer.share.households_covered) == (132_600, 110_500)
    assert answer.share.places_share == pytest.approx(5 / 6)
    assert {gap["code"].rsplit("-", 1)[1] for gap in answer.gaps} == {"6"}
    assert len(answer.gaps) == 340
    assert answer.plan_version == 1


def test_gap_carries_its_shape(city: Session):
    (gap,) = gaps_without_posting(city, SYSTEM, "G0-0", "grid_officer", DAY).gaps
    assert gap["code"] == "G0-0-6"
    # n = 6 is the east end of the upper row: two thirds to the whole of 0.005, half to the whole of 0.004.
    assert gap["geometry"]["coordinates"][0][0][0] == [120.703333, 37.752]
    without = gaps_without_posting(city, SYSTEM, "G0-0", "grid_officer", DAY, with_shapes=False)
    assert without.gaps[0]["geometry"] is None


@pytest.mark.parametrize(
    ("place", "code", "through", "left"),
    [
        ("area_id", 1_000_000, ("micro_grid",), 5),  # posted to the grid, which is not asked
        ("area_id", 1_000_000, ("micro_grid", "grid"), 4),
        ("area_id", 1000, ("micro_grid", "grid"), 5),  # posted to the community, only grids asked
        ("area_id", 1000, ("micro_grid", "grid", "community"), 0),
        ("micro_grid_code", "G0-0-6", ("micro_grid",), 4),
        ("micro_grid_code", "G0-0-6", ("grid",), 30),  # direct postings not asked: nobody at all
    ],
)
def test_postings_count_at_the_levels_asked(
    city: Session, place: str, code: object, through: tuple[str, ...], left: int
):
    _post(city, place, code)
    answer = gaps_without_posting(city, SYSTEM, "C0-0", "grid_officer", DAY, through=through)
    assert answer.share.places == 30  # five grids of six
    assert len(answer.gaps) == left


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "covered"),
    [
        (date(2026, 11, 4), None, True),
        (date(2026, 11, 5), None, False),
        (date(2026, 11, 1), date(2026, 11, 4), True),  # the last day counts
        (date(2026, 11, 1), date(2026, 11, 3), False),
    ],
)
def test_posting_counts_from_first_to_last_day(
    city: Session, starts_on: date, ends_on: date | None, covered: bool
):
    _post(city, "micro_grid_code", "G0-0-6", starts_on=starts_on, ends_on=ends_on)
    answer = gaps_without_posting(city, SYSTEM, "G0-0", "grid_officer", DAY)
    assert (answer.gaps == []) is covered


def test_moment_counts_on_the_citys_own_day(city: Session):
    _post(city, "micro_grid_code", "G0-0-6", starts_on=date(2026, 11, 5))
    evening = datetime(2026, 11, 4, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    midnight = datetime(2026, 11, 4, 16, 0, tzinfo=UTC)
    assert len(gaps_without_posting(city, SYSTEM, "G0-0", at=evening).gaps) == 1
    assert gaps_without_posting(city, SYSTEM, "G0-0", at=midnight).gaps == []


def test_the_plan_in_force_at_the_time_counts(city: Session):
    # Those of G0-0 end in the night after the fourth of May.
    until = datetime(2026, 5, 4, 20, tzinfo=UTC)  # 04:00 on the fifth in Shanghai
    city.execute(text("UPDATE micro_grids SET valid_to = :until WHERE grid_id = 1000000"), {"until": until})
    for at, places in (
        (date(2026, 5, 4), 6),  # to its end
        (date(2026, 5, 5), 0),
        (until - timedelta(seconds=1), 6),
        (until, 0),
        (None, 0),
        (date(2025, 12, 31), 0),  # nothing was published
    ):
        answer = gaps_without_posting(city, SYSTEM, "G0-0", at=at)
        assert (answer.share.places, answer.plan_version) == (places, 1 if places else None)


def test_other_roles_do_not_cover(city: Session):
    answer = gaps_without_posting(city, SYSTEM, "G0-0", "police", DAY)
    assert answer.share.places_covered == 0


def test_definition_names_what_was_counted(city: Session):
    through = ("micro_grid", "grid")
    chinese = gaps_without_posting(city, SYSTEM, "G0-0", at=DAY, through=through, language="zh").definition
    english = gaps_without_posting(city, SYSTEM, "G0-0", at=DAY, through=through, language="en").definition
    assert "专职网格员" in chinese
    assert "微网格、网格" in chinese
    assert "Grid officer" in english
    assert "micro-grid, grid" in english


@pytest.fixture
def roadless(city: Session) -> Session:
    """The city without roads: every distance is a straight line."""
    city.execute(text("DELETE FROM roads"))
    return city


def test_buildings_far_from_a_station(roadless: Session):
    answer = gaps_by_walk(roadless, SYSTEM, "G3-1", "station", 100)
    # ST3-1 stands in the middle of G3-1, on latitude 37.756, where a degree of latitude is 110,990 m. Only
    # the middle column of buildings is near (the others stand 146 m east and west). Its centres lie, in
    # degrees of latitude, 0.00025 and 0.00058 to the south (28 and 64 m; the next 0.00091, 101 m), 0.00043
    # and 0.00076 to the north (48 and 84 m; the next 0.00109, 121 m): four of thirty.
    assert (answer.share.places, answer.share.places_covered) == (30, 4)
    assert (answer.share.households, answer.share.households_covered) == (390, 52)
    assert answer.share.households_share == pytest.approx(4 / 30)
    assert len(answer.gaps) == 26
    assert min(gap["distance_m"] for gap in answer.gaps) == pytest.approx(101, abs=0.5)
    assert {gap["station_code"] for gap in answer.gaps} == {"ST3-1"}
    assert {gap["how"] for gap in answer.gaps} == {"no_network"}
    assert answer.plan_version is None


def test_nearest_is_measured_in_metres_not_degrees(roadless: Session):
    """A degree of longitude is shorter here: 0.0040 E (352 m) is nearer than 0.0035 N (388 m)."""
    roadless.execute(text("UPDATE stations SET kind = 'gate'"))
    roadless.execute(
        text(
            "INSERT INTO stations (code, name, kind, geom) SELECT code, code, 'station',"
            " ST_Translate((SELECT ST_Centroid(geom) FROM buildings WHERE id = 100000011), dx, dy)"
            " FROM (VALUES ('east', 0.004, 0), ('north', 0, 0.0035)) v (code, dx, dy)"
        )
    )
    answer = gaps_by_walk(roadless, SYSTEM, "G0-0", "station", 1)
    (gap,) = [gap for gap in answer.gaps if gap["building_id"] == 100_000_011]
    assert gap["station_code"] == "east"
    assert gap["distance_m"] == pytest.approx(352, abs=2)


def test_no_station_of_the_kind_covers_nothing(city: Session):
    answer = gaps_by_walk(city, SYSTEM, "G0-0", "member_home", 500)
    assert answer.share.places_share == 0
    assert {gap["distance_m"] for gap in answer.gaps} == {None}


def test_buildings_without_homes_do_not_count(city: Session):
    city.execute(text("UPDATE buildings SET households = 0 WHERE grid_id = 1000000 AND id % 10 > 1"))
    assert gaps_by_walk(city, SYSTEM, "G0-0", "station", 500).share.places == 6


def test_area_without_homes_has_no_share(city: Session):
    city.execute(text("UPDATE buildings SET households = 0 WHERE grid_id = 1000000"))
    share = gaps_by_walk(city, SYSTEM, "G0-0", "station", 500).share
    assert (share.places, share.places_share, share.households_share) == (0, None, None)


def test_estimates_are_marked(city: Session):
    city.execute(text("UPDATE buildings SET households_estimated = true WHERE id = 100000011"))
    assert gaps_by_walk(city, SYSTEM, "G0-0", "station", 500).share.estimated
    assert not gaps_by_walk(city, SYSTEM, "G0-1", "station", 500).share.estimated


def test_definition_says_what_was_walked_and_what_was_not(roadless: Session):
    answer = gaps_by_walk(roadless, SYSTEM, "G0-0", ["station", "gate"], 300, language="en")
    assert "300 m" in answer.definition
    assert "Of 30 entrances 30 are not led to any" in answer.definition
    assert "30 个单元门中有 30 个" in gaps_by_walk(roadless, SYSTEM, "G0-0", "gate", 300).definition


# The sample town (geodata/sample_town/README.md): a unit is 8.8 m eastwards and 11.1 m northwards. Gate S2 of
# compound 2 stands at (21, 9), 8.8 m beside the street x = 20. Entrances of grid 2 and their walks to it:
#
#   B07 (24.25, 6)    to the street x = 20  37.4, along it 3 units 33.3, to the gate 8.8:           80 m
#   B08 (30.25, 6)    to the street y = 0   66.6, along it 10.25 units 90.3, north 99.9, 8.8:      266 m
#   B09 (36.25, 6)    to the street y = 0   66.6, along it 16.25 units 143.2, north 99.9, 8.8:     318 m
#   B10 (25.5, 11.4)  to the street x = 20  48.5, along it 2.4 units 26.6, 8.8:                     84 m
#   B10 (28.5, 11.4)  to the street x = 20  74.9, along it 26.6, 8.8:                              110 m


def test_walks_go_along_the_streets(town: Session):
    answer = gaps_by_walk(town, SYSTEM, "370698001001002", "gate", 100)
    gaps = sorted(answer.gaps, key=lambda gap: gap["name"])  # they come as they were loaded: in any order
    assert [(gap["name"], gap["households_covered"]) for gap in gaps] == [
        ("2号楼", 0),
        ("3号楼", 0),
        ("4号楼", 22),  # one entrance is near enough, the building is not covered
    ]
    assert [gap["distance_m"] for gap in gaps] == pytest.approx([265.6, 318.5, 110.3], abs=1)
    assert {gap["how"] for gap in answer.gaps} == {"on_foot"}
    assert {gap["station_code"] for gap in answer.gaps} == {"370698-S2"}
    assert (answer.share.places, answer.share.places_covered) == (4, 1)
    assert (answer.share.households, answer.share.households_covered) == (260, 72 + 22)


def test_who_is_cut_off_is_measured_in_a_straight_line_and_marked(town: Session):
    """Without the street x = 20 the gate is reached from the south only, and B10 opens to the north."""
    town.execute(text("DELETE FROM roads WHERE source_id = 'R2'"))
    answer = gaps_by_walk(town, SYSTEM, "370698001001002", "gate", 30)
    assert [(gap["name"], gap["how"]) for gap in answer.gaps] == [
        ("1号楼", "on_foot"),
        ("2号楼", "on_foot"),
        ("3号楼", "on_foot"),
        ("4号楼", "cut_off"),
    ]
    # From (28.5, 11.4) to (21, 9) in a line: 66.1 m west, 26.6 m south.
    assert answer.gaps[3]["distance_m"] == pytest.approx(71.2, abs=0.5)


def test_bad_questions_are_refused(city: Session):
    with pytest.raises(BadInput) as role:
        gaps_without_posting(city, SYSTEM, "D1", "king")
    assert role.value.fields[0].column == "role"
    with pytest.raises(BadInput):
        gaps_without_posting(city, SYSTEM, "D1", through=("planet",))
    with pytest.raises(BadInput):
        gaps_without_posting(city, SYSTEM, "D1", through=())
    for distance_m in (0, -1, float("nan"), 1e9):
        with pytest.raises(BadInput):
            gaps_by_walk(city, SYSTEM, "D1", "station", distance_m)
    with pytest.raises(BadInput):
        gaps_by_walk(city, SYSTEM, "D1", "castle", 300)


def test_only_in_ones_own_areas(city: Session):
    planner = _actor("planner", 10)  # street S0, columns 0-4
    assert gaps_without_posting(city, planner, "G4-0").share.places == 6
    with pytest.raises(NotFound):
        gaps_without_posting(city, planner, "G5-0")
    with pytest.raises(NotFound):
        gaps_by_walk(city, planner, "D1", "station", 300)
    with pytest.raises(NotAllowed):
        gaps_without_posting(city, _actor("field", 10), "G4-0")
