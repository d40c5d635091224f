"""One weekly pattern at a time; the town, the clock and the holidays are those of `tests.db.test_rosters`."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.roster_patterns import (
    add_pattern,
    change_pattern,
    drop_exception,
    list_patterns,
    set_exception,
)
from tests.db.loads import STAFF, area_id, load, load_town

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 9, 14, tzinfo=SHANGHAI)  # the beginning of a Monday; shifts reach to Monday, 9 November
MONDAYS = {
    "staff_code": "P1",
    "weekdays": "1",
    "from": "09:00",
    "to": "12:00",
    "station_code": "s",
    "valid_from": "2026-09-14",
    "on_holidays": "works",
}


@pytest.fixture
def town(session: Session) -> Session:
    load_town(session)
    load(session, "staff", [STAFF[0] | {"code": "P2"}])
    return session


def shifts(session: Session, code: str = "P1") -> list[str]:
    rows = session.scalars(
        text(
            "SELECT starts_at FROM shifts s JOIN staff p ON p.id = s.staff_id WHERE code = :code ORDER BY 1"
        ),
        {"code": code},
    )
    return [f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" for at in rows]


def faults(caught: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str]]:
    return [(one.column, one.reason) for one in caught.value.fields]


def test_a_pattern_is_added_changed_and_ended_and_its_shifts_follow(town: Session) -> None:
    made, done = add_pattern(town, SYSTEM, MONDAYS, now=NOW)
    assert (done.added, done.removed, shifts(town)[0]) == (9, 0, "09-14 09:00")
    changed, done = change_pattern(town, SYSTEM, made.id, {"weekdays": "1,3", "area_code": "w"}, now=NOW)
    assert (changed.weekdays, changed.station_code, changed.area_code) == ([1, 3], None, "w")
    assert (done.added, done.removed) == (17, 9)  # nine Mondays at the new place, eight Wednesdays
    ended, done = change_pattern(town, SYSTEM, made.id, {"valid_to": "2026-09-21"}, now=NOW)
    assert ended.valid_to == date(2026, 9, 21)
    assert shifts(town) == ["09-14 09:00", "09-16 09:00", "09-21 09:00"]
    assert [one.id for one in list_patterns(town, SYSTEM, "P1")] == [made.id]
    audits = town.scalars(
        text("SELECT action FROM audit_entries WHERE subject = 'shift_pattern' ORDER BY id")
    )
    assert audits.all() == ["added", "changed", "changed"]


def test_a_day_is_off_or_at_other_hours_and_again_as_the_others(town: Session) -> None:
    made, _ = add_pattern(town, SYSTEM, MONDAYS, now=NOW)
    with_off, done = set_exception(town, SYSTEM, made.id, {"day": "2026-09-21"}, now=NOW)
    assert [(one.day, one.is_off) for one in with_off.exceptions] == [(date(2026, 9, 21), True)]
    assert (done.added, done.removed) == (0, 1)
    later = {"day": "2026-09-21", "from": "13:00", "to": "15:00"}
    moved, _ = set_exception(town, SYSTEM, made.id, later, now=NOW)
    assert not moved.exceptions[0].is_off
    assert shifts(town)[:3] == ["09-14 09:00", "09-21 13:00", "09-28 09:00"]
    again, _ = drop_exception(town, SYSTEM, made.id, date(2026, 9, 21), now=NOW)
    assert again.exceptions == []
    assert shifts(town)[:2] == ["09-14 09:00", "09-21 09:00"]
    with pytest.raises(NotFound):
        drop_exception(town, SYSTEM, made.id, date(2026, 9, 21), now=NOW)
    with pytest.raises(BadInput) as caught:
        set_exception(town, SYSTEM, made.id, {"day": "2026-09-22"}, now=NOW)  # a Tuesday
    assert faults(caught) == [("day", "roster_no_pattern")]


def test_what_is_wrong_is_told_by_field_and_changes_nothing(town: Session) -> None:
    made, _ = add_pattern(town, SYSTEM, MONDAYS, now=NOW)
    before = shifts(town)
    with pytest.raises(BadInput) as caught:
        add_pattern(town, SYSTEM, {"staff_code": "P2", "weekdays": "9", "from": "25:00"}, now=NOW)
    assert set(faults(caught)) == {
        ("to", "required"),
        ("valid_from", "required"),
        ("from", "roster_time"),
        ("weekdays", "roster_weekday"),
    }
    with pytest.raises(BadInput) as caught:
        add_pattern(town, SYSTEM, MONDAYS | {"from": "11:00", "to": "13:00"}, now=NOW)
    assert faults(caught) == [("weekdays", "roster_pattern_overlap")]
    # On holidays alone it meets no other, but a file could not tell the two apart.
    resting, _ = change_pattern(town, SYSTEM, made.id, {"on_holidays": "rests"}, now=NOW)
    with pytest.raises(BadInput) as caught:
        add_pattern(town, SYSTEM, MONDAYS | {"on_holidays": "only"}, now=NOW)
    assert faults(caught) == [("weekdays", "roster_pattern_overlap")]
    change_pattern(town, SYSTEM, resting.id, {"on_holidays": "works"}, now=NOW)
    with pytest.raises(BadInput) as caught:
        change_pattern(town, SYSTEM, made.id, {"valid_to": "2026-09-01"}, now=NOW)
    assert faults(caught) == [("valid_to", "ends_before_start")]
    with pytest.raises(BadInput) as caught:
        change_pattern(town, SYSTEM, made.id, {"station_code": "nowhere"}, now=NOW)
    assert faults(caught) == [("station_code", "roster_station")]
    assert shifts(town) == before


def test_only_for_staff_of_ones_own_areas_and_by_those_who_may(town: Session) -> None:
    made, _ = add_pattern(town, SYSTEM, MONDAYS, now=NOW)
    east = Actor(
        None, "d", "dispatcher", area_ids=(area_id(town, "e"),)
    )  # P1 has its office in c, its station in w
    with pytest.raises(NotFound):
        change_pattern(town, east, made.id, {"to": "13:00"}, now=NOW)
    with pytest.raises(NotFound):
        list_patterns(town, east, "P1")
    with pytest.raises(BadInput) as caught:
        add_pattern(town, east, MONDAYS, now=NOW)
    assert ("staff_code", "roster_staff") in faults(caught)
    with pytest.raises(NotAllowed):
        set_exception(town, Actor(None, "o", "official"), made.id, {"day": "2026-09-21"}, now=NOW)
