"""Rosters: what a file says becomes shifts, or a list of what is wrong with it; worked by hand.

The town is that of `tests.db.loads`. The clock stands at the beginning of Monday, 14 September 2026, so that
the eight weeks to 9 November hold the holidays of 25-27 September and 1-7 October with the worked days
20 September (a Sunday, for a Monday) and 10 October (a Saturday, for a Friday).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.formats.roster_template import build_template
from gridmap.formats.rosters import read_roster
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.duty import nearest_on_duty
from gridmap.services.duty_answers import DutyQuestion
from gridmap.services.duty_places import AskedPlace
from gridmap.services.roster_checks import Marked, Pattern, works_on
from gridmap.services.roster_shifts import unroll_every_night, unroll_patterns
from gridmap.services.roster_weeks import get_week
from gridmap.services.rosters import RosterReport, drop_pattern, drop_shift, load_roster, set_role_phone
from tests.db.loads import STAFF, area_id, load, load_town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 9, 14, tzinfo=SHANGHAI)
HEAD = "类型,岗位编号,日期,星期,开始,结束,站点,区域,生效日期,失效日期,节假日,原开始,日期类型,名称,时区"
OFFICE = "周班,P1,,周一至周五,08:30,17:30,s,,2026-09-14,,休息,,,,"

Load = "Callable[..., RosterReport]"


@pytest.fixture
def town(session: Session) -> Session:
    load_town(session)
    load(session, "staff", [STAFF[0] | {"code": code} for code in ("P2", "P3")])
    return session


@pytest.fixture
def roster(town: Session, tmp_path: Path) -> Callable[..., RosterReport]:
    """Load lines under the head of a CSV."""

    def load_lines(*lines: str, actor: Actor = SYSTEM, now: datetime = NOW, **options: Any) -> RosterReport:
        path = tmp_path / "roster.csv"
        path.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
        return load_roster(town, actor, read_roster(path), now=now, **options)

    return load_lines


def shifts(session: Session, code: str = "P1") -> list[tuple[str, str]]:
    """Begin and end of somebody's shifts on the clock of Shanghai."""
    rows = session.execute(
        text(
            "SELECT starts_at, ends_at FROM shifts s JOIN staff p ON p.id = s.staff_id"
            " WHERE code = :code ORDER BY 1"
        ),
        {"code": code},
    )
    return [tuple(f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" for at in row) for row in rows]


def days(session: Session, code: str = "P1") -> list[str]:
    return [begin.partition(" ")[0] for begin, _ in shifts(session, code)]


def faults(caught: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str, str]]:
    return [(one.where, one.column, one.reason) for one in caught.value.fields]


def test_office_hours_rest_on_holidays_and_follow_worked_days(town: Session, roster: Load) -> None:
    report = roster(OFFICE)
    # 41 weekdays from 14 September to 9 November; six are holidays; two worked days at weekends come to them.
    assert (report.unrolled.added, report.unrolled.last_day) == (37, date(2026, 11, 9))
    found = days(town)
    assert found[:6] == ["09-14", "09-15", "09-16", "09-17", "09-18", "09-20"]
    assert {"09-25", "10-01", "10-02", "10-05", "10-06", "10-07"} & set(found) == set()
    assert "10-10" in found
    assert shifts(town)[0] == ("09-14 08:30", "09-14 17:30")


def test_a_worked_day_is_the_weekday_it_stands_for(town: Session, roster: Load) -> None:
    roster(
        "周班,P1,,星期五,09:00,10:00,s,,2026-09-14,,休息,,,,",
        "周班,P2,,周一,09:00,10:00,s,,2026-09-14,,休息,,,,",
    )
    assert days(town) == ["09-18", "10-09", "10-10", "10-16", "10-23", "10-30", "11-06"]
    assert days(town, "P2")[:3] == ["09-14", "09-20", "09-21"]
    # The city says otherwise: the Saturday is a Monday.
    roster("日历,,2026-10-10,周一,,,,,,,,,调休上班,国庆节调休,")
    assert "10-10" not in days(town)
    assert "10-10" in days(town, "P2")
    roster("日历,,2026-10-10,,,,,,,,,,平日,,")
    assert "10-10" not in days(town, "P2")


def test_over_midnight_whatever_the_calendar(town: Session, roster: Load) -> None:
    roster("weekly,P1,,Sun,21:00,06:00,s,,2026-09-14,,works,,,,")
    assert shifts(town)[0] == ("09-20 21:00", "09-21 06:00")
    assert days(town) == ["09-20", "09-27", "10-04", "10-11", "10-18", "10-25", "11-01", "11-08"]


def test_only_on_holidays(town: Session, roster: Load) -> None:
    roster("周班,P1,,每天,09:00,12:00,,w,2026-09-14,,仅节假日,,,,")
    assert days(town) == ["09-25", "09-26", "09-27", *(f"10-0{day}" for day in range(1, 8))]
    spots = "SELECT DISTINCT ST_AsText(spot::geometry) FROM shifts"
    assert town.scalars(text(spots)).all() == ["POINT(0.5 1)"]


def test_the_zone_of_a_row_keeps_its_clock(town: Session, roster: Load) -> None:
    """In Berlin the night of 25 October has an hour more."""
    roster("周班,P1,,周日,01:00,04:00,s,,2026-10-18,2026-10-25,上班,,,,Europe/Berlin")
    rows = town.execute(text("SELECT starts_at, ends_at - starts_at FROM shifts ORDER BY 1")).all()
    assert [tuple(row) for row in rows] == [
        (datetime(2026, 10, 17, 23, tzinfo=UTC), timedelta(hours=3)),
        (datetime(2026, 10, 24, 23, tzinfo=UTC), timedelta(hours=4)),
    ]


def test_checks_and_unrolling_mean_the_same_days(town: Session, roster: Load) -> None:
    """Every way to treat holidays, for each weekday alone: the rule of the checks against the shifts made."""
    calendar = {
        row.day: Marked(row.kind, row.stands_for)
        for row in town.execute(text("SELECT day, kind, stands_for FROM calendar_days"))
    }
    for code, on_holidays in (("P1", "works"), ("P2", "rests"), ("P3", "only")):
        for weekday in range(1, 8):
            roster(f"周班,{code},,{weekday},{weekday:02}:00,09:00,s,,2026-09-14,,{on_holidays},,,,")
            clock = time(weekday), time(9)
            asked = Pattern(0, (weekday,), *clock, "Asia/Shanghai", date(2026, 9, 14), None, on_holidays, "")
            coming = (date(2026, 9, 14) + timedelta(days=number) for number in range(57))
            wanted = [f"{day:%m-%d}" for day in coming if works_on(asked, day, calendar)]
            made = [
                begin.partition(" ")[0]
                for begin, _ in shifts(town, code)
                if begin.endswith(f"{weekday:02}:00")
            ]
            assert made == wanted
            town.execute(text("DELETE FROM shifts"))
            town.execute(text("DELETE FROM shift_patterns"))


def test_the_week_with_its_holes(town: Session, roster: Load) -> None:
    """A rule asks for somebody from 9 to 18 in the community; on one day are two, on another a night."""
    roster(
        "单班,P1,2026-09-16,,08:30,12:00,s,,,,,,,,",
        "单班,P2,2026-09-16,,11:00,17:00,,w,,,,,,,",
        "单班,P3,2026-09-20,,22:00,10:00,s,,,,,,,,",
    )
    town.execute(text("UPDATE staff_roles SET duty_phone = '1' WHERE code = 'grid_officer'"))
    week = get_week(town, SYSTEM, area_code="c", on=date(2026, 9, 17))
    assert [(one.day.day, one.kind) for one in week.days if one.kind] == [(20, "workday")]
    assert [(line.place_code, line.staff_code, line.phone) for line in week.lines] == [
        ("s", "P1", "1"),
        ("s", "P3", "1"),
        ("w", "P2", "1"),
    ]
    of_wednesday = [
        (
            hole.area_code,
            f"{hole.starts_at.astimezone(SHANGHAI):%H:%M}",
            f"{hole.ends_at.astimezone(SHANGHAI):%H:%M}",
        )
        for hole in week.holes
        if hole.starts_at.astimezone(SHANGHAI).day == 16
    ]
    assert of_wednesday == [("c", "17:00", "18:00")]
    assert len(week.holes) == 7
    after = get_week(town, SYSTEM, area_code="c", on=date(2026, 9, 21))
    assert f"{after.holes[0].starts_at.astimezone(SHANGHAI):%d %H:%M}" == "21 10:00"
    assert [line.staff_code for line in after.lines] == ["P3"]
    station = get_week(town, SYSTEM, station_code="s", on=date(2026, 9, 17))
    assert [line.staff_code for line in station.lines] == ["P1", "P3"]
    assert station.rules == 0
    stranger = Actor(None, "planner", "planner", area_ids=(area_id(town, "e"),))
    for place in ({"area_code": "w"}, {"station_code": "s"}, {"station_code": "none"}):
        with pytest.raises(NotFound):
            get_week(town, stranger, **place)


def test_exceptions_off_other_hours_other_place(town: Session, roster: Load) -> None:
    roster(
        OFFICE,
        "例外,P1,2026-09-15,,,,,,,,,,,,",
        "例外,P1,2026-09-16,,13:00,20:00,,,,,,08:30,,,",
        "例外,P1,2026-09-17,,,,,w,,,,,,,",
    )
    assert shifts(town)[:3] == [
        ("09-14 08:30", "09-14 17:30"),
        ("09-16 13:00", "09-16 20:00"),
        ("09-17 08:30", "09-17 17:30"),
    ]
    of_day = "SELECT area_id FROM shifts WHERE starts_at = '2026-09-17T00:30Z'"
    assert town.scalar(text(of_day)) == area_id(town, "w")


def test_twice_changes_nothing(town: Session, roster: Load) -> None:
    lines = (OFFICE, "例外,P1,2026-09-15,,,,,,,,,,,,", "单班,P2,2026-09-15,,09:00,12:00,s,,,,,,,,")
    roster(*lines)
    before = town.execute(text("SELECT s::text, s.xmin::text FROM shifts s ORDER BY id")).all()
    again = roster(*lines)
    assert (again.inserted, again.updated) == ({"single": 0}, {"single": 0})
    assert dict(again.unchanged) == {"weekly": 1, "exception": 1, "single": 1}
    assert (again.unrolled.added, again.unrolled.removed) == (0, 0)
    assert unroll_patterns(town, now=NOW).added == 0
    assert town.execute(text("SELECT s::text, s.xmin::text FROM shifts s ORDER BY id")).all() == before


def test_singles_stand_before_patterns(town: Session, roster: Load) -> None:
    roster(OFFICE)
    report = roster("单班,P1,2026-09-15,,16:00,20:00,s,,,,,,,,")
    assert (report.unrolled.added, report.unrolled.removed) == (0, 1)
    assert shifts(town)[:3] == [
        ("09-14 08:30", "09-14 17:30"),
        ("09-15 16:00", "09-15 20:00"),
        ("09-16 08:30", "09-16 17:30"),
    ]
    # One that begins with the pattern's takes its place.
    roster("单班,P1,2026-09-16,,08:30,12:00,s,,,,,,,,")
    assert shifts(town)[2] == ("09-16 08:30", "09-16 12:00")
    assert unroll_patterns(town, now=NOW).removed == 0


def test_what_has_begun_is_never_touched(town: Session, roster: Load) -> None:
    roster(OFFICE)
    noon = datetime(2026, 9, 16, 12, tzinfo=SHANGHAI)
    roster(OFFICE.replace("17:30", "16:30").replace("s,,", ",w,"), now=noon)
    assert [end for _, end in shifts(town)[:4]] == [
        "09-14 17:30",
        "09-15 17:30",
        "09-16 17:30",
        "09-17 16:30",
    ]


def test_a_pattern_ends_or_is_dropped(town: Session, roster: Load) -> None:
    roster(OFFICE)
    roster(OFFICE.replace("2026-09-14,,", "2026-09-14,2026-09-16,"))
    assert days(town) == ["09-14", "09-15", "09-16"]
    pattern_id = town.scalar(text("SELECT id FROM shift_patterns")) or 0
    later = datetime(2026, 9, 15, tzinfo=SHANGHAI)
    assert drop_pattern(town, SYSTEM, pattern_id, now=later).removed == 2
    assert days(town) == ["09-14"]
    with pytest.raises(NotFound):
        drop_pattern(town, SYSTEM, pattern_id)


def test_nobody_is_rostered_after_leaving(town: Session, roster: Load) -> None:
    left = {"staff_code": "P1", "place_level": "grid", "place_code": "w", "starts_on": "2026-01-01"}
    roster(OFFICE)
    load(town, "postings", [left | {"ends_on": "2026-09-15"}])
    assert unroll_patterns(town, now=NOW).added == 0
    assert days(town) == ["09-14", "09-15"]
    with pytest.raises(BadInput) as caught:
        roster("单班,P1,2026-09-16,,09:00,12:00,s,,,,,,,,", OFFICE.replace("2026-09-14", "2026-10-01"))
    assert faults(caught) == [
        ("roster.csv:2", "day", "roster_left"),
        ("roster.csv:3", "valid_from", "roster_left"),
    ]
    assert caught.value.fields[0].hint == "2026-09-15"


BAD = (
    (
        "单班,P9,2026-09-16,,09:00,12:00,x,,,,,,,,",
        [("staff_code", "roster_staff"), ("station_code", "roster_station")],
    ),
    ("单班,P1,2026-09-16,,09:00,12:00,,x,,,,,,,", [("area_code", "roster_area")]),
    ("单班,P1,2026-09-16,,17:30,08:30,s,,,,,,,,", [("to", "roster_hours")]),
    ("单班,P1,2026-09-16,,08:30,08:30,s,,,,,,,,", [("to", "roster_no_hours")]),
    ("单班,P1,2026-13-16,,25:00,12:00,s,,,,,,,,", [("day", "not_a_date"), ("from", "roster_time")]),
    ("单班,P1,2026-09-16,,09:00,12:00,s,w,,,,,,,", [("station_code+area_code", "one_of_two")]),
    ("周班,P1,,周八,09:00,12:00,s,,2026-09-14,,,,,,", [("weekdays", "roster_weekday")]),
    ("周班,P1,,周一,09:00,12:00,s,,2026-09-14,2026-09-01,,,,,", [("valid_to", "ends_before_start")]),
    ("周班,P1,,周一,09:00,12:00,s,,2026-09-14,,,,,,Asia/Penglai", [("zone", "roster_zone")]),
    (
        "周班,P1,,,09:00,12:00,s,,2026-09-14,,也许,,,,",
        [("weekdays", "required"), ("on_holidays", "unknown_choice")],
    ),
    ("夜班,P1,2026-09-16,,09:00,12:00,s,,,,,,,,", [("kind", "unknown_choice")]),
    ("例外,P1,2026-09-16,,,,,,,,,,,,", [("day", "roster_no_pattern")]),
    ("日历,,2026-12-25,,,,,,,,,,节假日,,", [("name", "required")]),
)


@pytest.mark.parametrize(("line", "wanted"), BAD, ids=[wanted[0][1] + line[:2] for line, wanted in BAD])
def test_a_bad_row_says_where_and_why(
    town: Session, roster: Load, line: str, wanted: list[tuple[str, str]]
) -> None:
    with pytest.raises(BadInput) as caught:
        roster("单班,P2,2026-09-16,,09:00,12:00,s,,,,,,,,", line)
    assert sorted(faults(caught)) == sorted(("roster.csv:3", *one) for one in wanted)
    assert all(one.text("zh") and one.text("en") for one in caught.value.fields)
    assert town.scalar(text("SELECT count(*) FROM shifts")) == 0
    report = roster("单班,P2,2026-09-16,,09:00,12:00,s,,,,,,,,", line, skip_bad=True)
    assert (report.inserted["single"], len(report.rejected)) == (1, len(wanted))


def test_nobody_stands_in_two_places(town: Session, roster: Load) -> None:
    roster(OFFICE, "单班,P2,2026-09-16,,09:00,12:00,s,,,,,,,,")
    with pytest.raises(BadInput) as caught:
        roster(
            "单班,P2,2026-09-16,,11:00,13:00,s,,,,,,,,",  # meets what is there
            "单班,P3,2026-09-16,,20:00,08:00,s,,,,,,,,",
            "单班,P3,2026-09-17,,07:00,09:00,s,,,,,,,,",  # meets the night before
            "周班,P1,,周五,17:00,20:00,s,,2026-12-01,,,,,,",  # meets the office hours
            "周班,P3,,周日,22:00,07:00,s,,2026-09-14,,上班,,,,",
            "周班,P3,,周一,06:30,09:00,s,,2026-09-14,,,,,,",  # meets the night from Sunday
            "周班,P3,,周一,06:30,09:00,s,,2026-09-14,,,,,,",  # stands twice
            "例外,P1,2026-09-16,,20:00,09:00,,,,,,,,,",  # runs into the next day's hours
        )
    assert [(where, reason) for where, _, reason in faults(caught)] == [
        ("roster.csv:2", "roster_overlap"),
        ("roster.csv:4", "roster_overlap"),
        ("roster.csv:5", "roster_pattern_overlap"),
        ("roster.csv:7", "roster_pattern_overlap"),
        ("roster.csv:8", "duplicate_key"),
        ("roster.csv:9", "roster_overlap"),
    ]
    assert caught.value.fields[1].hint == "roster.csv:3"


def test_an_old_pattern_is_ended_and_a_new_one_begun_in_one_file(town: Session, roster: Load) -> None:
    roster(OFFICE)
    roster(
        OFFICE.replace("2026-09-14,,", "2026-09-14,2026-09-18,"),
        "周班,P1,,周一至周五,10:00,19:00,s,,2026-09-19,,休息,,,,",
    )
    assert shifts(town)[4:6] == [("09-18 08:30", "09-18 17:30"), ("09-20 10:00", "09-20 19:00")]


def test_which_of_two_patterns_is_asked_for(town: Session, roster: Load) -> None:
    lines = (OFFICE.replace("17:30", "12:00"), "周班,P1,,周一至周五,14:00,18:00,s,,2026-09-14,,休息,,,,")
    with pytest.raises(BadInput) as caught:
        roster(*lines, "例外,P1,2026-09-16,,,,,,,,,,,,")
    assert caught.value.fields[0].hint == "08:30 | 14:00"
    roster(*lines, "例外,P1,2026-09-16,,,,,,,,,14:00,,,")
    assert [begin for begin, _ in shifts(town) if begin.startswith("09-16")] == ["09-16 08:30"]


def test_the_template_can_be_filled_in_and_read(town: Session, tmp_path: Path) -> None:
    for language in ("zh", "en"):
        path = tmp_path / f"{language}.xlsx"
        made = build_template(language, staff_code="P1", station_code="s", today=date(2026, 9, 14))
        path.write_bytes(made)
        read = read_roster(path)
        assert read.rejected == ()
        assert sorted(row.kind for row in read.rows) == [
            "exception",
            "exception",
            "single",
            "weekly",
            "weekly",
        ]
        report = load_roster(town, SYSTEM, read, now=NOW)
        assert report.rejected == ()
    book = openpyxl.load_workbook(path)
    book["single"].append(["P9", "2026-09-30", "9:00", "10:00", "s"])
    book["weekly"].append(["P1", "周一", "9:00", "", "s", "", "2026-10-01"])
    book.save(path)
    with pytest.raises(BadInput) as caught:
        load_roster(town, SYSTEM, read_roster(path), now=NOW)
    assert faults(caught) == [
        ("en.xlsx[single]:3", "staff_code", "roster_staff"),
        ("en.xlsx[weekly]:4", "to", "required"),
    ]


def test_scope_of_the_one_who_loads(town: Session, roster: Load) -> None:
    inside = Actor(None, "planner", "planner", area_ids=(area_id(town, "c"),))
    outside = Actor(None, "planner", "planner", area_ids=(area_id(town, "e"),))
    assert roster(OFFICE, actor=inside).unrolled.added == 37
    with pytest.raises(BadInput) as caught:
        roster(OFFICE, actor=outside)
    assert {reason for *_, reason in faults(caught)} == {"roster_staff", "roster_station"}
    with pytest.raises(BadInput) as caught:
        roster("日历,,2026-12-25,,,,,,,,,,节假日,元旦,", actor=inside)
    assert faults(caught) == [("roster.csv:2", "kind", "roster_calendar")]
    with pytest.raises(NotAllowed):
        roster(OFFICE, actor=Actor(None, "official", "official", area_ids=None))


def test_every_night_one_day_more_and_one_audit_row(town: Session, roster: Load) -> None:
    roster("周班,P1,,每天,09:00,10:00,s,,2020-01-01,,上班,,,,")
    before = town.scalar(text("SELECT max(starts_at) FROM shifts"))
    done = unroll_every_night(town)
    assert town.scalar(text("SELECT max(starts_at) FROM shifts")) >= before
    assert done.added >= 0
    said = town.execute(text("SELECT action, subject FROM audit_entries ORDER BY id DESC LIMIT 1")).one()
    assert tuple(said) == ("unrolled", "roster")


def test_the_import_of_shifts_takes_places_too(town: Session, roster: Load) -> None:
    """`gridmap load shifts` brings singles: patterns give way, overlaps and leavers are refused."""
    roster("周班,P1,,每天,08:30,17:30,s,,2026-09-14,,上班,,,,", now=datetime.now(UTC))
    day = (datetime.now(SHANGHAI) + timedelta(days=3)).date().isoformat()
    row = {"staff_code": "P1", "starts_at": f"{day} 09:00", "ends_at": f"{day} 12:00", "station_code": "s"}
    load(town, "shifts", [row])
    that_day = text("SELECT count(*) FROM shifts WHERE (starts_at AT TIME ZONE 'Asia/Shanghai')::date = :day")
    assert town.scalar(that_day, {"day": day}) == 1
    with pytest.raises(BadInput) as caught:
        load(
            town,
            "shifts",
            [
                row | {"starts_at": f"{day} 11:00", "ends_at": f"{day} 13:00"},
                row | {"staff_code": "P2"},
                row | {"staff_code": "P2", "starts_at": f"{day} 10:00"},
            ],
        )
    assert faults(caught) == [
        ("f#0", "starts_at", "overlaps_shift"),
        ("f#2", "starts_at", "overlaps_shift"),
    ]
    left = {"staff_code": "P2", "place_level": "grid", "place_code": "w", "starts_on": "2026-01-01"}
    load(town, "postings", [left | {"ends_on": "2026-02-01"}])
    with pytest.raises(BadInput) as caught:
        load(town, "shifts", [row | {"staff_code": "P2"}])
    assert faults(caught) == [("f#0", "starts_at", "after_last_posting")]


def test_the_phone_of_the_post_the_station_the_role(town: Session, roster: Load) -> None:
    roster("单班,P1,2026-09-16,,09:00,12:00,s,,,,,,,,")
    question = DutyQuestion(at=datetime(2026, 9, 16, 10, tzinfo=SHANGHAI), on_foot=False)

    def phone() -> str | None:
        return nearest_on_duty(town, SYSTEM, AskedPlace(0.2, 0.2), question).people[0].phone

    assert phone() is None
    set_role_phone(town, SYSTEM, "grid_officer", "0535-12345")
    assert phone() == "0535-12345"
    town.execute(text("UPDATE stations SET phone = '0535-2'"))
    assert phone() == "0535-2"
    town.execute(text("UPDATE staff SET duty_phone = '139' WHERE code = 'P1'"))
    assert phone() == "139"
    with pytest.raises(BadInput):
        set_role_phone(town, SYSTEM, "grid_officer", "call me")
    with pytest.raises(NotFound):
        set_role_phone(town, SYSTEM, "king", "1")


def test_a_single_shift_after_the_last_posting_is_marked_and_dropped(town: Session, roster: Load) -> None:
    """What was written by hand stays when a plan ends the last posting, marked until somebody decides."""
    roster(
        OFFICE,
        "单班,P1,2026-09-16,,08:30,12:00,s,,,,,,,,",
        "单班,P1,2026-09-19,,08:30,12:00,s,,,,,,,,",
    )
    whole_week = days(town)
    assert whole_week[:6] == ["09-14", "09-15", "09-16", "09-17", "09-18", "09-19"]
    town.execute(
        text(
            "INSERT INTO postings (staff_id, area_id, starts_on, ends_on)"
            " SELECT id, :area, '2026-09-01', '2026-09-17' FROM staff WHERE code = 'P1'"
        ),
        {"area": area_id(town, "c")},
    )
    unroll_patterns(town, now=NOW)
    (line,) = get_week(town, SYSTEM, station_code="s", on=date(2026, 9, 17)).lines
    assert [(f"{one.starts_at.astimezone(SHANGHAI):%d}", one.after_last_posting) for one in line.shifts] == [
        ("14", False),
        ("15", False),
        ("16", False),
        ("17", False),
        ("19", True),
    ]
    weekly, single = line.shifts[0], line.shifts[2]
    stranger = Actor(None, "planner", "planner", area_ids=(area_id(town, "e"),))
    for shift, actor, now in (
        (weekly, SYSTEM, NOW),
        (single, stranger, NOW),
        (single, SYSTEM, NOW + timedelta(days=5)),
    ):
        with pytest.raises(NotFound):
            drop_shift(town, actor, shift.shift_id, now=now)
    drop_shift(town, SYSTEM, line.shifts[-1].shift_id, now=NOW)
    assert days(town) == ["09-14", "09-15", "09-16", "09-17"]
    done = drop_shift(town, SYSTEM, single.shift_id, now=NOW)
    assert (done.added, done.removed) == (1, 1)
    assert shifts(town)[2] == ("09-16 08:30", "09-16 17:30")  # the weekly one that had yielded
