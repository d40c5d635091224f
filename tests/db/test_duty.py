"""Who is on duty nearest to a point, against a brute-force answer and rosters made by hand."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotFound, NotSignedIn
from gridmap.services.actors import SYSTEM, VISITOR, Actor
from gridmap.services.duty import nearest_on_duty
from gridmap.services.duty_answers import DutyQuestion
from gridmap.services.duty_places import AskedPlace
from tests.db.rosters_by_hand import BUILDING, IN_G3_1, NOON, ask, clear_roster, roster

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BRUTE_FORCE = text(
    """
    SELECT p.code
    FROM shifts sh JOIN staff p ON p.id = sh.staff_id
    WHERE sh.starts_at <= :at AND :at < sh.ends_at AND (:role = '' OR p.role = :role)
    ORDER BY ST_Distance(sh.spot, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography), p.code
    LIMIT 5
    """
)


@pytest.mark.parametrize("role", [None, "police"])
def test_same_as_brute_force(city: Session, role: str | None):
    chance = random.Random(7)
    for _ in range(50):
        lon, lat = 120.70 + chance.random() * 0.1, 37.75 + chance.random() * 0.068
        at = NOON + timedelta(minutes=chance.randrange(-2000, 2000))
        answer = ask(city, (lon, lat), at=at, roles=[role] if role else [])
        wanted = city.scalars(BRUTE_FORCE, {"lon": lon, "lat": lat, "at": at, "role": role or ""}).all()
        assert [one.staff_code for one in answer.people] == wanted


def test_shift_begins_and_ends_to_the_minute(city: Session):
    clear_roster(city)
    roster(city, 3, NOON, 8)
    for minutes, names in ((-1, []), (0, ["P000003"]), (479, ["P000003"]), (480, [])):
        answer = ask(city, at=NOON + timedelta(minutes=minutes))
        assert [one.staff_code for one in answer.people] == names


def test_says_where_until_when_and_whom_to_call(city: Session):
    clear_roster(city)
    roster(city, 3, NOON, 8)
    (one,) = ask(city, language="en").people
    assert (one.role, one.station_code, one.phone) == ("grid_officer", "ST3-1", "13800000003")
    assert one.until == NOON + timedelta(hours=8)
    # 0.0001 E and 0.0001 N of the station: 8.8 m and 11.1 m, together 14.2 m.
    assert one.distance_m == pytest.approx(14.2, abs=0.2)
    assert one.why.key == "duty.why_straight_line"
    assert "until 11-05 04:00" in one.why.text  # the city's own clock
    assert "14 m away" in one.why.text
    city.execute(text("UPDATE staff SET duty_phone = NULL WHERE id = 3"))
    (one,) = ask(city).people
    assert one.phone == "0535-1003001"  # the station's


@pytest.mark.parametrize(
    ("column", "value", "place"),
    [
        ("area_id", 1_003_001, "grid"),
        ("area_id", 1001, "community"),
        ("micro_grid_code", "G3-1-5", "micro_grid"),
        ("micro_grid_code", "G3-1-4", None),  # next door
    ],
)
def test_marks_whose_own_place_it_is(city: Session, column: str, value: object, place: str | None):
    clear_roster(city)
    roster(city, 3, NOON, 8)
    city.execute(text("DELETE FROM postings WHERE staff_id = 3"))
    city.execute(
        text(f"INSERT INTO postings (staff_id, {column}, starts_on) VALUES (3, :value, '2026-01-01')"),
        {"value": value},
    )
    (one,) = ask(city).people
    assert one.own_place == place
    assert ("本来就负责" in one.why.text) is bool(place)


def test_smallest_own_place_is_named(city: Session):
    clear_roster(city)
    roster(city, 3, NOON, 8)
    for column, value in (("area_id", 1_003_001), ("micro_grid_code", "G3-1-5")):
        city.execute(
            text(f"INSERT INTO postings (staff_id, {column}, starts_on) VALUES (3, :value, '2026-11-01')"),
            {"value": value},
        )
    (one,) = ask(city).people
    assert (one.own_place, one.own_place_code) == ("micro_grid", "G3-1-5")


def test_posting_that_has_ended_is_nobodys_own_place(city: Session):
    clear_roster(city)
    roster(city, 3, NOON, 8)
    city.execute(
        text(
            "INSERT INTO postings (staff_id, area_id, starts_on, ends_on)"
            " VALUES (3, 1003001, '2026-01-01', '2026-11-03')"
        )
    )
    (one,) = ask(city).people
    assert one.own_place is None


def test_nobody_on_duty_says_what_to_do(city: Session):
    clear_roster(city)
    roster(city, 3, NOON + timedelta(hours=3), 8)
    roster(city, 5, NOON + timedelta(hours=1), 8)
    answer = ask(city, roles=["grid_officer"], language="en")
    assert answer.people == []
    assert answer.nobody is not None
    assert answer.nobody.key == "duty.nobody_role"
    assert answer.nobody.values["next_starts_at"] == "2026-11-04T15:00:00+00:00"
    assert answer.nobody.values["station_code"] == "ST3-1"
    assert "next shift begins 11-04 23:00" in answer.nobody.text
    assert "0535-1003001" in answer.nobody.text
    everybody = ask(city)
    assert everybody.nobody is not None
    assert everybody.nobody.values["next_starts_at"] == "2026-11-04T13:00:00+00:00"


def test_empty_city_has_nothing_to_offer(city: Session):
    clear_roster(city)
    city.execute(text("UPDATE stations SET phone = NULL"))
    nobody = ask(city).nobody
    assert nobody is not None
    assert nobody.values["next_starts_at"] is None
    assert nobody.values["station_phone"] is None


def test_limit_and_order(city: Session):
    answer = ask(city, limit=7)
    assert len(answer.people) == 7
    assert answer.people == sorted(answer.people, key=lambda one: (one.distance_m, one.staff_code))


def test_bad_questions_are_refused(city: Session):
    bad = DutyQuestion(at=datetime(2026, 11, 4), roles=["king"], tier="palace", limit=0)  # noqa: DTZ001
    with pytest.raises(BadInput) as refused:
        nearest_on_duty(city, SYSTEM, AskedPlace(181, float("nan")), bad)
    assert [field.column for field in refused.value.fields] == ["lon", "lat", "limit", "at", "tier", "role"]


@pytest.mark.parametrize(
    ("place", "column"),
    [
        (AskedPlace(), "lon"),
        (AskedPlace(lon=120.7), "lat"),
        (AskedPlace(*IN_G3_1, building_id=1), "building"),
        (AskedPlace(lat=37.7, micro_grid_code="G3-1-5"), "lat"),
    ],
)
def test_one_place_is_asked_for(city: Session, place: AskedPlace, column: str):
    with pytest.raises(BadInput) as refused:
        nearest_on_duty(city, SYSTEM, place)
    assert refused.value.fields[0].column == column


def test_point_must_lie_in_ones_own_areas(city: Session):
    here = Actor(account_id=None, username="f", role="field", area_ids=(10,))  # columns 0-4
    at_noon = DutyQuestion(at=NOON)
    assert nearest_on_duty(city, here, AskedPlace(*IN_G3_1), at_noon).people
    foreign = (
        AskedPlace(120.7326, 37.7561),
        AskedPlace(building_id=BUILDING + 2_000_000),  # the same in G5-1
        AskedPlace(micro_grid_code="G5-1-5"),
        AskedPlace(building_id=1),
    )
    for place in foreign:
        with pytest.raises(NotFound):
            nearest_on_duty(city, here, place, at_noon)
    with pytest.raises(NotSignedIn):
        nearest_on_duty(city, VISITOR, AskedPlace(*IN_G3_1), at_noon)


def test_a_building_and_a_micro_grid_are_places(city: Session):
    by_building = nearest_on_duty(city, SYSTEM, AskedPlace(building_id=BUILDING), DutyQuestion(at=NOON))
    west, south = 120.715 + 0.005 / 3, 37.756 + 0.00033  # of micro-grid 5, and its first building
    assert (by_building.lon, by_building.lat) == pytest.approx((west + 0.0008, south + 0.0001))
    by_code = nearest_on_duty(city, SYSTEM, AskedPlace(micro_grid_code="G3-1-5"), DutyQuestion(at=NOON))
    assert (by_code.lon, by_code.lat) == pytest.approx((120.7175, 37.757))
