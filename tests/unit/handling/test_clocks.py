"""Clocks worked by hand: natural and working days, swapped weekends, National Day, pauses, rounds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from gridmap.handling.clocks import (
    Calendar,
    Clock,
    ClockRule,
    Event,
    list_escalations,
    reckon_clocks,
)
from gridmap.handling.register import read_register

ZONE = ZoneInfo("Asia/Shanghai")
# National Day 2026: Thursday 1 to Wednesday 7 October off; Sunday 20 September, Saturday 10 October worked.
# Spring Festival 2026: Sunday 15 to Monday 23 February off; Saturdays 14 and 28 February worked.
OFF = [date(2026, 10, day) for day in range(1, 8)] + [date(2026, 2, day) for day in range(15, 24)]
WORKED = [date(2026, 9, 20), date(2026, 10, 10), date(2026, 2, 14), date(2026, 2, 28)]
CALENDAR = Calendar(dict.fromkeys(OFF, "holiday") | dict.fromkeys(WORKED, "workday"))
NATURAL, WORKING = ClockRule(), ClockRule(working_days=True)


def at(text: str) -> datetime:
    """``10-01 09:30`` of 2026 in the city."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def reckon(
    rule: ClockRule, *events: tuple[str, str, str] | tuple[str, str, str, str]
) -> dict[tuple[str, int], Clock]:
    """Clocks by name and round, of events as (when, action, state[, until])."""
    steps = [Event(at(one[0]), one[1], one[2], at(one[3]) if len(one) == 4 else None) for one in events]
    return {
        (clock.name, clock.round_number): clock
        for clock in reckon_clocks(steps, rule, CALENDAR, read_register())
    }


@pytest.mark.parametrize(
    ("rule", "reported", "accept", "settle", "report"),
    [
        # Natural days: the same time of day, whatever day it is.
        (NATURAL, "03-04 09:30", "03-05 09:30", "03-06 09:30", "03-07 09:30"),
        (NATURAL, "09-30 20:00", "10-01 20:00", "10-02 20:00", "10-03 20:00"),
        # Wednesday 4 March: three plain working days.
        (WORKING, "03-04 09:30", "03-05 09:30", "03-06 09:30", "03-09 09:30"),
        # Friday 6 March, 15:00: Friday has 9 hours left, Monday gives the other 15.
        (WORKING, "03-06 15:00", "03-09 15:00", "03-10 15:00", "03-11 15:00"),
        # Saturday 7 March: nothing counts before Monday; due at the end of Monday, Tuesday, Wednesday.
        (WORKING, "03-07 11:00", "03-10 00:00", "03-11 00:00", "03-12 00:00"),
        # Wednesday 30 September, 20:00: 4 hours left, then off until Thursday the 8th; Saturday is worked.
        (WORKING, "09-30 20:00", "10-08 20:00", "10-09 20:00", "10-10 20:00"),
        # In the middle of the National Day week: Thursday 8, Friday 9, the worked Saturday 10.
        (WORKING, "10-03 12:00", "10-09 00:00", "10-10 00:00", "10-11 00:00"),
        # Friday 9 October: Saturday the 10th counts, Sunday does not.
        (WORKING, "10-09 09:00", "10-10 09:00", "10-12 09:00", "10-13 09:00"),
        # Friday 18 September: Saturday is free, Sunday the 20th is worked.
        (WORKING, "09-18 18:00", "09-20 18:00", "09-21 18:00", "09-22 18:00"),
        # Saturday 14 February is worked; then nine days off; Tuesday 24 and Wednesday 25.
        (WORKING, "02-14 10:00", "02-24 10:00", "02-25 10:00", "02-26 10:00"),
        # Saturday 28 February is worked, Sunday 1 March is not.
        (WORKING, "02-27 00:00", "02-28 00:00", "03-01 00:00", "03-03 00:00"),
    ],
)
def test_due_by_hand(rule: ClockRule, reported: str, accept: str, settle: str, report: str) -> None:
    clocks = reckon(rule, (reported, "report", "reported"))
    assert [clocks[name, 1].due_at for name in ("accept", "settle", "report")] == [
        at(accept),
        at(settle),
        at(report),
    ]


def test_limits_are_the_rule_s() -> None:
    rule = ClockRule(accept_days=2, settle_days=10, report_days=12, working_days=True)
    clocks = reckon(rule, ("03-02 08:00", "report", "reported"))  # a Monday
    assert clocks["accept", 1].due_at == at("03-04 08:00")
    assert clocks["settle", 1].due_at == at("03-16 08:00")
    assert clocks["report", 1].due_at == at("03-18 08:00")


def test_each_clock_ends_with_what_it_waits_for() -> None:
    clocks = reckon(
        NATURAL,
        ("03-04 09:00", "report", "reported"),
        ("03-05 09:00", "accept", "accepted"),
        ("03-05 10:00", "dispatch", "dispatched"),
        ("03-05 11:00", "respond", "responded"),
        ("03-06 09:01", "settle", "settled"),
        ("03-07 08:00", "verify", "verified"),
    )
    assert [
        (clocks[name, 1].ended_at, clocks[name, 1].in_time) for name in ("accept", "settle", "report")
    ] == [
        (at("03-05 09:00"), True),  # at the very moment it was due
        (at("03-06 09:01"), False),
        (at("03-07 08:00"), True),
    ]


def test_a_pause_does_not_count_and_does_not_heal_what_was_due() -> None:
    steps = [
        ("03-04 09:00", "report", "reported"),
        ("03-04 10:00", "accept", "accepted"),
        ("03-05 09:00", "extend", "extended", "03-10 09:00"),
    ]
    assert reckon(NATURAL, *steps)["settle", 1].due_at == at("03-11 09:00")  # a day was left
    early = reckon(NATURAL, *steps, ("03-07 21:00", "resume", "accepted"))
    assert early["settle", 1].due_at == at("03-08 21:00")
    late = reckon(NATURAL, *steps, ("03-20 21:00", "resume", "accepted"))
    assert late["settle", 1].due_at == at("03-11 09:00")  # nobody resumed it: the approved end holds
    after = reckon(
        NATURAL,
        ("03-04 09:00", "report", "reported"),
        ("03-05 09:00", "accept", "accepted"),
        ("03-06 09:01", "defer", "deferred", "03-20 09:00"),
    )
    assert after["settle", 1].due_at == at("03-06 09:00")
    assert after["report", 1].due_at == at("03-21 08:59")


def test_a_pause_over_the_national_day_week_counts_working_days_on_both_sides() -> None:
    clocks = reckon(
        WORKING,
        ("09-29 12:00", "report", "reported"),  # Tuesday
        ("09-29 13:00", "accept", "accepted"),
        ("09-30 12:00", "extend", "extended", "10-08 18:00"),  # one day counted, one to go
    )
    # From Thursday 8 October 18:00: six hours, then eighteen of Friday.
    assert clocks["settle", 1].due_at == at("10-09 18:00")


def test_a_reopened_issue_begins_a_new_round() -> None:
    clocks = reckon(
        NATURAL,
        ("03-04 09:00", "report", "reported"),
        ("03-04 10:00", "settle", "settled"),
        ("03-06 12:00", "reopen", "reopened"),
        ("03-06 13:00", "accept", "accepted"),
    )
    assert clocks["settle", 1].in_time
    assert clocks["report", 1].ended_how == "left"
    assert clocks["accept", 2].due_at == at("03-07 12:00")
    assert clocks["accept", 2].in_time
    assert clocks["settle", 2].due_at == at("03-08 12:00")
    assert clocks["settle", 2].is_overdue(at("03-08 12:01"))
    assert not clocks["settle", 2].is_overdue(at("03-08 12:00"))


def test_a_void_issue_keeps_no_clock_running() -> None:
    clocks = reckon(NATURAL, ("03-04 09:00", "report", "reported"), ("03-08 09:00", "void", "void"))
    assert {clock.ended_how for clock in clocks.values()} == {"left"}
    assert not any(clock.in_time for clock in clocks.values())


def test_a_whistle_runs_until_the_department_responds() -> None:
    steps = [
        ("03-04 09:00", "report", "reported"),
        ("03-04 10:00", "accept", "accepted"),
        ("03-04 11:00", "whistle", "dispatched"),
    ]
    assert reckon(NATURAL, *steps)["whistle", 1].due_at == at("03-05 11:00")
    answered = reckon(NATURAL, *steps, ("03-05 10:00", "respond", "responded"))["whistle", 1]
    assert answered.in_time
    twice = reckon(NATURAL, *steps, ("03-06 10:00", "whistle", "dispatched"))
    assert (twice["whistle", 1].ended_how, twice["whistle", 1].in_time) == ("left", False)
    assert twice["whistle", 2].due_at == at("03-07 10:00")


def test_a_merged_issue_counts_with_its_parent() -> None:
    clocks = reckon(
        NATURAL,
        ("03-04 09:00", "report", "reported"),
        ("03-04 10:00", "merge", "dispatched"),  # the parent's state
        ("03-04 11:00", "follow", "responded"),
        ("03-06 12:00", "follow", "settled"),
        ("03-06 13:00", "follow", "verified"),
    )
    assert clocks["accept", 1].in_time
    assert not clocks["settle", 1].in_time
    assert clocks["report", 1].in_time


def test_escalation_goes_up_at_the_limit_and_then_day_by_day() -> None:
    clock = reckon(WORKING, ("09-29 12:00", "report", "reported"))["accept", 1]
    assert list_escalations(clock, WORKING, CALENDAR) == [
        ("community", at("09-30 12:00")),
        ("street", at("10-08 12:00")),
        ("department", at("10-09 12:00")),
    ]


@pytest.mark.parametrize(
    ("until", "year"),
    [
        ("2026-12-31T16:00", None),
        ("2026-12-31T23:59", None),
        ("2027-01-01T00:00", 2027),
        ("2029-05-01T00:00", 2027),
    ],
)
def test_a_limit_that_reaches_into_a_year_without_holidays_on_record_is_an_estimate(
    until: str, year: int | None
) -> None:
    end = datetime.fromisoformat(until).replace(tzinfo=ZONE)
    assert CALENDAR.find_gap(at("12-30 09:00"), end.astimezone(UTC)) == year
    assert Calendar().find_gap(at("03-04 09:00"), at("03-05 09:00")) == 2026
    worked = Calendar({date(2026, 2, 14): "workday"})  # a worked Saturday says nothing of the holidays
    assert worked.find_gap(at("03-04 09:00"), at("03-05 09:00")) == 2026
