"""The clocks of an issue: by when something is due, and which spans do not count.

A pure function of the events, the rule the issue was born under, and the calendar. A day of a limit is 24
hours of counted time: by natural days all time counts, by working days only that of working days, from
midnight to midnight in the city. Reported on a free Saturday with one working day to go, an issue is due at
the end of Monday. Time between an approved extension or deferral and its end does not count either; what was
due before it stays due.

"123": accept within one day of the report, settle within two, report back within three. A reopened issue
begins a new round of them. Calling a department starts a clock of its own, which stops when the department
responds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from operator import attrgetter
from typing import TypeVar
from zoneinfo import ZoneInfo

from gridmap.handling.register import TIERS, Register
from gridmap.settings import LOCAL_ZONE

ZONE = ZoneInfo(LOCAL_ZONE)
ROUND = ("accept", "settle", "report")
WHISTLE = "whistle"
CONTEST = "contest"
MET, LEFT = "met", "left"
"""How a clock ended: by what it waits for, or because the issue went another way."""
Span = tuple[datetime, datetime]
E = TypeVar("E")
_undoes = attrgetter("undoes")


@dataclass(frozen=True)
class ClockRule:
    """Limits in days.

    Attributes
    ----------
    working_days
        Whether days are working days of the calendar; else all days count.
    escalate_days
        Days after a limit that has passed until the matter goes up another tier.
    """

    accept_days: int = 1
    settle_days: int = 2
    report_days: int = 3
    whistle_days: int = 1
    escalate_days: int = 1
    working_days: bool = False

    def days_of(self, clock: str) -> int:
        """Give the limit of a clock."""
        days: int = getattr(self, f"{clock}_days")
        return days


@dataclass(frozen=True)
class Calendar:
    """Days that are not what their weekday says: ``holiday`` or ``workday`` by day."""

    marked: Mapping[date, str] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Tell whether the city works on a day."""
        kind = self.marked.get(day)
        return kind == "workday" or (kind is None and day.weekday() < 5)

    def find_gap(self, starts_at: datetime, ends_at: datetime) -> int | None:
        """Find the first year between two moments, both counted, of which no holiday is on record.

        Only its weekends are left out then: a limit by working days that reaches into it is an estimate.
        """
        known = {day.year for day, kind in self.marked.items() if kind == "holiday"}
        years = range(starts_at.astimezone(ZONE).year, ends_at.astimezone(ZONE).year + 1)
        return next((year for year in years if year not in known), None)


@dataclass(frozen=True)
class Event:
    """A step of an issue, as far as clocks are concerned.

    Attributes
    ----------
    state
        The state it is in from then on; for a merged issue the state of the one it was merged into.
    until
        End of the pause that the step begins.
    undoes
        So many events before it, and itself, count as if they had never been; None: it is a step like others.
    """

    at: datetime
    action: str
    state: str
    until: datetime | None = None
    undoes: int | None = None


@dataclass(frozen=True)
class Clock:
    """One limit that runs or ran.

    Attributes
    ----------
    round_number
        1 for the report, one more each time the issue is reopened; for a whistle its number.
    ended_at, ended_how
        None and empty while it runs; see `MET` and `LEFT`.
    """

    name: str
    round_number: int
    starts_at: datetime
    due_at: datetime
    ended_at: datetime | None = None
    ended_how: str = ""

    @property
    def in_time(self) -> bool:
        """Whether what it waits for came by then."""
        return self.ended_how == MET and self.ended_at is not None and self.ended_at <= self.due_at

    def is_overdue(self, at: datetime) -> bool:
        """Tell whether it runs and its limit has passed."""
        return self.ended_at is None and self.due_at < at


@dataclass
class _Running:
    name: str
    round_number: int
    starts_at: datetime
    ended_at: datetime | None = None
    ended_how: str = ""


def reckon_clocks(
    events: Sequence[Event], rule: ClockRule, calendar: Calendar, register: Register
) -> list[Clock]:
    """Reckon all clocks of an issue from its events, in their order, the report first.

    Complexity: events times clocks, and a step for each day of a limit by working days.
    """
    events = drop_undone(events, _undoes)
    pauses = find_pauses(events, register)
    return [
        Clock(
            one.name,
            one.round_number,
            one.starts_at,
            add_days(one.starts_at, rule.days_of(one.name), rule, calendar, pauses),
            one.ended_at,
            one.ended_how,
        )
        for one in _run_through(events, register)
    ]


def drop_undone(events: Iterable[E], undoes: Callable[[E], int | None]) -> list[E]:
    """Leave out the events that a later one undoes, and that one: clocks are as if they had never been.

    Parameters
    ----------
    undoes
        How many events before it an event undoes; None: it is a step like others.
    """
    standing: list[E] = []
    for event in events:
        count = undoes(event)
        if count is None:
            standing.append(event)
        elif count:
            del standing[-count:]
    return standing


def find_pauses(events: Sequence[Event], register: Register) -> list[Span]:
    """Find the spans that do not count: from an approved pause to its end or to its resumption."""
    spans: list[Span] = []
    begun: tuple[datetime, datetime] | None = None
    for event in drop_undone(events, _undoes):
        pauses = register.states[event.state].pauses
        if begun is not None:
            spans.append((begun[0], max(begun[0], min(begun[1], event.at))))
            begun = (event.at, begun[1]) if pauses and event.until is None else None
        if pauses and event.until is not None:
            begun = (event.at, event.until)
    if begun is not None:
        spans.append(begun)
    return [span for span in spans if span[0] < span[1]]


def add_days(
    start: datetime, days: int, rule: ClockRule, calendar: Calendar, pauses: Iterable[Span] = ()
) -> datetime:
    """Give the moment at which so many days of counted time have passed."""
    left = timedelta(days=days)
    spans = sorted(span for span in pauses if span[1] > start)
    if not rule.working_days and (not spans or start + left <= spans[0][0]):
        return start + left
    now = start
    while left > timedelta(0):
        day = now.astimezone(ZONE).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), ZONE).astimezone(start.tzinfo)
        if rule.working_days and not calendar.is_working(day):
            now = midnight
            continue
        paused = next((span for span in spans if span[1] > now), None)
        if paused is not None and paused[0] <= now:
            now = min(paused[1], midnight)
            continue
        end = midnight if paused is None else min(midnight, paused[0])
        counted = min(left, end - now)
        now, left = now + counted, left - counted
    return now


def list_escalations(
    clock: Clock, rule: ClockRule, calendar: Calendar, pauses: Iterable[Span] = ()
) -> list[tuple[str, datetime]]:
    """List the tiers that a clock which nobody ends goes up to, and when: one by one from its limit on."""
    spans = tuple(pauses)
    return [
        (tier, add_days(clock.due_at, number * rule.escalate_days, rule, calendar, spans))
        for number, tier in enumerate(TIERS[1:])
    ]


def _run_through(events: Sequence[Event], register: Register) -> list[_Running]:
    clocks: list[_Running] = []
    before_open = False
    rounds = whistles = 0
    for event in events:
        state = register.states[event.state]
        if state.is_open and not before_open:
            _end(clocks, ROUND, event.at, LEFT)  # nobody was told of what was not done
            rounds += 1
            clocks += [_Running(name, rounds, event.at) for name in ROUND]
        if event.action == WHISTLE:
            _end(clocks, (WHISTLE,), event.at, LEFT)
            whistles += 1
            clocks.append(_Running(WHISTLE, whistles, event.at))
        if event.state in ("void", "merged"):
            _end(clocks, (*ROUND, WHISTLE), event.at, LEFT)
        elif event.action == "dispatch":
            _end(clocks, (WHISTLE,), event.at, LEFT)  # somebody else was asked instead
        _end(clocks, state.ends, event.at, MET)
        before_open = state.is_open
    return clocks


def _end(clocks: Iterable[_Running], names: Sequence[str], at: datetime, how: str) -> None:
    for clock in clocks:
        if clock.ended_at is None and clock.name in names:
            clock.ended_at, clock.ended_how = at, how
