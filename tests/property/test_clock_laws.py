"""10,000 lives of issues: their clocks against a plain reckoning, hour by hour, that knows nothing of ours.

Every hour of 2026 stands in one array as counted or not; pauses are struck out of a copy; a limit is due at
the end of the n-th counted hour. Lives are random walks through the register at whole hours.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import numpy as np

from gridmap.handling.clocks import Calendar, Clock, ClockRule, Event, find_pauses, reckon_clocks
from gridmap.handling.register import BEFORE, SAME, read_register

LIVES = 10_000
START = datetime(2025, 12, 31, 16, tzinfo=UTC)  # midnight of New Year in China
HOURS = 24 * 500
LONGEST = 24 * 90  # a limit of twelve working days with every pause in it is shorter
OFF = {date(2026, 1, day) for day in (1, 2, 3)} | {date(2026, 2, day) for day in range(15, 24)}
OFF |= {date(2026, 5, day) for day in range(1, 6)} | {date(2026, 10, day) for day in range(1, 8)}
WORKED = {date(2026, *day) for day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))}
CALENDAR = Calendar(dict.fromkeys(OFF, "holiday") | dict.fromkeys(WORKED, "workday"))
REGISTER = read_register()
CLOSED = {"settled", "verified", "rated", "archived", "void"}
MEETS = {
    "accept": {"accepted", "dispatched", "responded", "returned", "extended", "deferred"},
    "settle": {"settled", "verified", "rated", "archived"},
    "report": {"verified", "rated", "archived"},
    "whistle": {"responded", "returned", "settled", "verified", "rated", "archived"},
}


def counted_hours(*, working: bool) -> np.ndarray:
    days = (date(2026, 1, 1) + timedelta(days=number) for number in range(HOURS // 24))
    free = [working and (day in OFF or (day.isoweekday() > 5 and day not in WORKED)) for day in days]
    return np.repeat(~np.array(free), 24)


PLAIN = {working: counted_hours(working=working) for working in (True, False)}


def live(lot: random.Random) -> list[Event]:
    """A life: up to fifteen steps of the register, at whole hours."""
    hour = lot.randrange(24 * 330)
    state, before = "reported", ""
    events = [Event(START + timedelta(hours=hour), "report", state)]
    for _ in range(lot.randrange(15)):
        steps = [step for step in REGISTER.steps_from(state) if step.action not in ("merge", "contest")]
        if not steps:
            break
        step = lot.choice(steps)
        hour += lot.choice((0, 1, 1, 2, 5, 9, 24, 30, 72))
        if step.to_state == BEFORE:
            state = before
        elif step.to_state != SAME:
            before, state = state, step.to_state
        until = START + timedelta(hours=hour + lot.randrange(1, 300)) if "until" in step.gives else None
        events.append(Event(START + timedelta(hours=hour), step.action, state, until))
    return events


def hour_of(at: datetime) -> int:
    return int((at - START) // timedelta(hours=1))


def due_by_table(counted: np.ndarray, start: int, days: int) -> int:
    """The hour at whose beginning so many days of counted hours are over."""
    return start + int(np.flatnonzero(counted[start : start + LONGEST])[days * 24 - 1]) + 1


def reckon_plainly(
    events: list[Event], rule: ClockRule
) -> dict[tuple[str, int], tuple[int, int | None, bool]]:
    """Due hour, hour of the end and whether it was met, of each clock by name and round."""
    counted = PLAIN[rule.working_days].copy()
    for number, event in enumerate(events):
        if event.until is not None:
            end = min([event.until, *(later.at for later in events[number + 1 : number + 2])])
            counted[hour_of(event.at) : hour_of(end)] = False
    starts = [
        number
        for number, event in enumerate(events)
        if number == 0 or (event.state not in CLOSED and events[number - 1].state in CLOSED)
    ]
    found = {}
    for number, (first, last) in enumerate(zip(starts, [*starts[1:], len(events)], strict=True), 1):
        after = events[last].at if last < len(events) else None
        for name in ("accept", "settle", "report"):
            end, met = end_of(events[first:last], name, after)
            found[name, number] = (
                due_by_table(counted, hour_of(events[first].at), rule.days_of(name)),
                end,
                met,
            )
    whistles = [number for number, event in enumerate(events) if event.action == "whistle"]
    for number, first in enumerate(whistles, 1):
        others = (
            later
            for later in range(first + 1, len(events))
            if events[later].action in ("whistle", "dispatch")
        )
        last = next(others, len(events))
        end, met = end_of(events[first:last], "whistle", events[last].at if last < len(events) else None)
        found["whistle", number] = (
            due_by_table(counted, hour_of(events[first].at), rule.whistle_days),
            end,
            met,
        )
    return found


def end_of(events: list[Event], name: str, after: datetime | None) -> tuple[int | None, bool]:
    for event in events:
        if event.state in MEETS[name] or event.state == "void":
            return hour_of(event.at), event.state != "void"
    return (None, False) if after is None else (hour_of(after), False)


def as_plain(clock: Clock) -> tuple[int, int | None, bool]:
    ended = None if clock.ended_at is None else hour_of(clock.ended_at)
    return hour_of(clock.due_at), ended, clock.ended_how == "met"


def test_ten_thousand_lives() -> None:
    lot = random.Random(20261121)
    rounds = paused = 0
    for number in range(LIVES):
        rule = ClockRule(
            accept_days=lot.choice((1, 1, 2)),
            settle_days=lot.choice((2, 2, 5, 10)),
            report_days=lot.choice((3, 3, 12)),
            working_days=bool(number % 2),
        )
        events = live(lot)
        clocks = reckon_clocks(events, rule, CALENDAR, REGISTER)
        found = {(clock.name, clock.round_number): as_plain(clock) for clock in clocks}
        assert found == reckon_plainly(events, rule), events
        assert len(clocks) == len(found)
        # Overdue is a subset of open: only clocks that wait for an open issue run.
        if not REGISTER.states[events[-1].state].is_open:
            assert not [clock for clock in clocks if clock.name != "report" and clock.ended_at is None]
        rounds += max(clock.round_number for clock in clocks) > 1
        paused += any(event.until is not None for event in events)
    assert rounds > LIVES // 20
    assert paused > LIVES // 10


def test_lives_reach_every_state() -> None:
    lot = random.Random(1)
    reached = {event.state for _ in range(2_000) for event in live(lot)}
    assert reached == set(REGISTER.states) - {"merged"}


def test_what_was_taken_back_has_never_been() -> None:
    """2,000 lives in which some steps are taken back, some of them again: the clocks of the life without."""
    lot = random.Random(7)
    for number in range(2_000):
        events = live(lot)
        at = lot.randrange(1, len(events) + 1)
        now = events[at - 1].at
        other = live(lot)[1:]
        count = lot.randrange(len(other) + 1)
        back = Event(now, "contest", events[at - 1].state, None, count)
        late = Event(now, "contest", events[at - 1].state, None, 0)
        taken_back = [*other[:count], late, back] if number % 2 else [*other[:count], back]
        contested = [*events[:at], *taken_back, *events[at:]]
        for rule in (ClockRule(), ClockRule(working_days=True)):
            reckoned = reckon_clocks(contested, rule, CALENDAR, REGISTER)
            assert reckoned == reckon_clocks(events, rule, CALENDAR, REGISTER)
            assert find_pauses(contested, REGISTER) == find_pauses(events, REGISTER)
