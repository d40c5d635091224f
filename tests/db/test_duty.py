"""Who is on duty nearest to a point, against a brute-force answer and rosters made by hand."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotFound, NotSignedIn
from gridmap.services.actors import SYSTEM, VISITOR, Actor
from gridmap.services.duty import nearest_on_duty

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# tests.spatial_city rosters every post one shift of eight hours a day from 2 November 2026, seven days.
NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)
IN_G3_1 = (120.7176, 37.7561)  # beside station ST3-1

BRUTE_FORCE = text(
    """
    SELECT p.code
    FROM shifts sh JOIN staff p ON p.id = sh.staff_id
    WHERE sh.starts_at <= :at AND :at < sh.ends_at AND (:role = '' OR p.role = :role)
    ORDER BY ST_Distance(sh.spot, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography), p.code
    LIMIT 5
    """
)


def _clear_roster(city: Session) -> None:
    city.execute(text("DELETE FROM shifts"))


def _roster(city: Session, staff_id: int, starts_at: datetime, hours: float, station: str = "ST3-1") -> None:
    city.execute(
        text(
            "INSERT INTO shifts (staff_id, station_id, starts_at, ends_at, spot)"
            " SELECT :staff, id, :starts, :ends, geom::geography FROM stations WHERE code = :station"
        ),
        {
            "staff": staff_id,
            "starts": starts_at,
            "ends": starts_at + timedelta(hours=hours),
            "station": station,
        },
    )


@pytest.mark.parametrize("role", [None, "police"])
def test_same_as_brute_force(city: Session, role: str | None):
    chance = random.Random(7)
    for _ in range(50):
        lon, lat = 120.70 + chance.random() * 0.1, 37.75 + chance.random() * 0.068
        at = NOON + timedelta(minutes=chance.randrange(-2000, 2000))
        answer = nearest_on_duty(city, SYSTEM, lon, lat, at=at, role=role)
        wanted = city.scalars(BRUTE_FORCE, {"lon": lon, "lat": lat, "at": at, "role": role or ""}).all()
        assert [one.staff_code for one in answer.people] == wanted


def test_shift_begins_and_ends_to_the_minute(city: Session):
    _clear_roster(city)
    _roster(city, 3, NOON, 8)
    for minutes, names in ((-1, []), (0, ["P000003"]), (479, ["P000003"]), (480, [])):
        answer = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON + timedelta(minutes=minutes))
        assert [one.staff_code for one in answer.people] == names


def test_says_where_until_when_and_whom_to_call(city: Session):
    _clear_roster(city)
    _roster(city, 3, NOON, 8)
    (one,) = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON, language="en").people
    assert (one.role, one.station_code, one.phone) == ("grid_officer", "ST3-1", "13800000003")
    assert one.until == NOON + timedelta(hours=8)
    # 0.0001 E and 0.0001 N of the station: 8.8 m and 11.1 m, together 14.2 m.
    assert one.distance_m == pytest.approx(14.2, abs=0.2)
    assert one.why.key == "duty.why_near"
    assert "until 11-05 04:00" in one.why.text  # the city's own clock
    assert "14 m away" in one.why.text
    city.execute(text("UPDATE staff SET duty_phone = NULL WHERE id = 3"))
    (one,) = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON).people
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
    _clear_roster(city)
    _roster(city, 3, NOON, 8)
    city.execute(text("DELETE FROM postings WHERE staff_id = 3"))
    city.execute(
        text(f"INSERT INTO postings (staff_id, {column}, starts_on) VALUES (3, :value, '2026-01-01')"),
        {"value": value},
    )
    (one,) = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON).people
    assert one.own_place == place
    assert one.why.key == ("duty.why_own_place" if place else "duty.why_near")


def test_smallest_own_place_is_named(city: Session):
    _clear_roster(city)
    _roster(city, 3, NOON, 8)
    for column, value in (("area_id", 1_003_001), ("micro_grid_code", "G3-1-5")):
        city.execute(
            text(f"INSERT INTO postings (staff_id, {column}, starts_on) VALUES (3, :value, '2026-11-01')"),
            {"value": value},
        )
    (one,) = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON).people
    assert (one.own_place, one.own_place_code) == ("micro_grid", "G3-1-5")


def test_posting_that_has_ended_is_nobodys_own_place(city: Session):
    _clear_roster(city)
    _roster(city, 3, NOON, 8)
    city.execute(
        text(
            "INSERT INTO postings (staff_id, area_id, starts_on, ends_on)"
            " VALUES (3, 1003001, '2026-01-01', '2026-11-03')"
        )
    )
    (one,) = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON).people
    assert one.own_place is None


def test_nobody_on_duty_says_what_to_do(city: Session):
    _clear_roster(city)
    _roster(city, 3, NOON + timedelta(hours=3), 8)
    _roster(city, 5, NOON + timedelta(hours=1), 8)
    answer = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON, role="grid_officer", language="en")
    assert answer.people == []
    assert answer.nobody is not None
    assert answer.nobody.key == "duty.nobody_role"
    assert answer.nobody.values["next_starts_at"] == "2026-11-04T15:00:00+00:00"
    assert answer.nobody.values["station_code"] == "ST3-1"
    assert "next shift begins 11-04 23:00" in answer.nobody.text
    assert "0535-1003001" in answer.nobody.text
    everybody = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON)
    assert everybody.nobody is not None
    assert everybody.nobody.values["next_starts_at"] == "2026-11-04T13:00:00+00:00"


def test_empty_city_has_nothing_to_offer(city: Session):
    _clear_roster(city)
    city.execute(text("UPDATE stations SET phone = NULL"))
    nobody = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON).nobody
    assert nobody is not None
    assert nobody.values["next_starts_at"] is None
    assert nobody.values["station_phone"] is None


def test_limit_and_order(city: Session):
    answer = nearest_on_duty(city, SYSTEM, *IN_G3_1, at=NOON, limit=7)
    assert len(answer.people) == 7
    assert answer.people == sorted(answer.people, key=lambda one: (one.distance_m, one.staff_code))


def test_bad_questions_are_refused(city: Session):
    with pytest.raises(BadInput) as refused:
        nearest_on_duty(city, SYSTEM, 181, float("nan"), at=datetime(2026, 11, 4), role="king", limit=0)  # noqa: DTZ001
    assert [field.column for field in refused.value.fields] == ["lon", "lat", "limit", "at", "role"]


def test_point_must_lie_in_ones_own_areas(city: Session):
    here = Actor(account_id=None, username="f", role="field", area_ids=(10,))  # columns 0-4
    assert nearest_on_duty(city, here, *IN_G3_1, at=NOON).people
    with pytest.raises(NotFound):
        nearest_on_duty(city, here, 120.7326, 37.7561, at=NOON)
    with pytest.raises(NotSignedIn):
        nearest_on_duty(city, VISITOR, *IN_G3_1, at=NOON)
