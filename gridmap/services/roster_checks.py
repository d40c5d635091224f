"""What is wrong with the rows of a roster beside staff, places, calendar and each other.

Rows are refused in the order of the questions: does what they name exist, does the person still serve, does
nobody stand in two places at once. A refused row is not asked any further and is in no other row's way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gridmap.errors import FieldError

if TYPE_CHECKING:
    from gridmap.formats.rosters import RosterRow

DAY = timedelta(days=1)
FORTNIGHT = timedelta(days=15)
"""Two weekly patterns that meet at all meet within it."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Pattern:
    """A weekly pattern as the checks see it; ``said`` names it to the reader."""

    staff_id: int
    weekdays: tuple[int, ...]
    starts: time
    ends: time
    zone: str
    valid_from: date
    valid_to: date | None
    on_holidays: str
    said: str

    @property
    def key(self) -> tuple[int, tuple[int, ...], time, date]:
        """What tells it from another pattern."""
        return self.staff_id, self.weekdays, self.starts, self.valid_from

    def holds_on(self, day: date) -> bool:
        """Tell whether it is valid on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Marked:
    """A day of the calendar: ``holiday`` or ``workday``, and the weekday a worked day stands for."""

    kind: str
    stands_for: int | None


@dataclass
class Known:
    """What the database knows of everything a roster names.

    Attributes
    ----------
    last_days
        Staff id -> last day of the last posting; who has an open one, or none at all, is missing.
    patterns
        Staff id -> weekly patterns there.
    singles
        Staff id -> single shifts there, as begin and end.
    """

    staff: Mapping[str, int]
    stations: Mapping[str, int]
    areas: Mapping[str, int]
    last_days: Mapping[int, date]
    patterns: Mapping[int, Sequence[Pattern]]
    singles: Mapping[int, Sequence[Span]]
    calendar: Mapping[date, Marked]
    may_change_calendar: bool = True


@dataclass
class Checked:
    """Rows that may be written; an exception with the pattern it is one of."""

    singles: list[RosterRow] = field(default_factory=list)
    weekly: list[tuple[RosterRow, Pattern]] = field(default_factory=list)
    exceptions: list[tuple[RosterRow, Pattern]] = field(default_factory=list)
    calendar: list[RosterRow] = field(default_factory=list)
    rejected: list[FieldError] = field(default_factory=list)


def check_rows(rows: Iterable[RosterRow], known: Known) -> Checked:
    """Ask of every row what the module says, and keep what is right."""
    checked = Checked()
    calendar: list[RosterRow] = []
    good: dict[str, list[RosterRow]] = defaultdict(list)
    seen: dict[object, str] = {}
    for row in rows:
        faults = list(_faults_alone(row, known, seen))
        checked.rejected += faults
        if not faults:
            (calendar if row.kind == "calendar" else good[row.kind]).append(row)
    checked.calendar = calendar
    _check_singles(good["single"], known, checked)
    standing = _check_weekly(good["weekly"], known, checked)
    _check_exceptions(good["exception"], known, checked, standing)
    return checked


def span_of(day: date, starts: time, ends: time, zone: str) -> Span:
    """Give the begin and end of hours of a local day; an end not after the start is on the next day."""
    local = ZoneInfo(zone)
    until = day if ends > starts else day + DAY
    return datetime.combine(day, starts, local), datetime.combine(until, ends, local)


def works_on(pattern: Pattern, day: date, calendar: Mapping[date, Marked]) -> bool:
    """Tell whether a pattern asks for a shift on a day; says the same as ``sql/unroll_wanted.sql``."""
    if not pattern.holds_on(day):
        return False
    marked = calendar.get(day)
    is_holiday = marked is not None and marked.kind == "holiday"
    weekday = day.isoweekday()
    if pattern.on_holidays == "works":
        return weekday in pattern.weekdays
    if pattern.on_holidays == "only":
        return is_holiday and weekday in pattern.weekdays
    if marked is not None and marked.kind == "workday":
        weekday = marked.stands_for or {6: 5, 7: 1}.get(weekday, weekday)
    return not is_holiday and weekday in pattern.weekdays


def _faults_alone(row: RosterRow, known: Known, seen: dict[object, str]) -> Iterator[FieldError]:
    """Find what is wrong with a row beside what exists; keys that stood before are in ``seen``."""
    first = seen.setdefault(_key_of(row), row.where)
    if first != row.where:
        yield FieldError(row.where, "", "duplicate_key", row.staff_code or str(row.day), first)
        return
    if row.kind == "calendar":
        if not known.may_change_calendar:
            yield FieldError(row.where, "kind", "roster_calendar")
        return
    staff_id = known.staff.get(row.staff_code)
    if staff_id is None:
        yield FieldError(row.where, "staff_code", "roster_staff", row.staff_code)
    if row.station_code and row.station_code not in known.stations:
        yield FieldError(row.where, "station_code", "roster_station", row.station_code)
    if row.area_code and row.area_code not in known.areas:
        yield FieldError(row.where, "area_code", "roster_area", row.area_code)
    last = known.last_days.get(staff_id or 0)
    if last is not None:
        for column, day in (("day", row.day), ("valid_from", row.valid_from), ("valid_to", row.valid_to)):
            if day is not None and day > last:
                yield FieldError(row.where, column, "roster_left", day.isoformat(), last.isoformat())
                return


def _key_of(row: RosterRow) -> object:
    if row.kind == "calendar":
        return row.kind, row.day
    if row.kind == "weekly":
        return row.kind, row.staff_code, row.weekdays, row.starts, row.valid_from
    return row.kind, row.staff_code, row.day, row.starts if row.kind == "single" else row.instead_of


def _check_singles(rows: Sequence[RosterRow], known: Known, checked: Checked) -> None:
    by_staff: dict[int, list[tuple[Span, RosterRow]]] = defaultdict(list)
    for row in rows:
        by_staff[known.staff[row.staff_code]].append((_span(row), row))
    for staff_id, spans in by_staff.items():
        spans.sort(key=lambda one: one[0])
        replaced = {span[0] for span, _ in spans}
        there = [span for span in known.singles.get(staff_id, ()) if span[0] not in replaced]
        kept: list[tuple[Span, RosterRow]] = []
        for span, row in spans:
            inside = next((other for other in kept if _meet(other[0], span)), None)
            stored = next((other for other in there if _meet(other, span)), None)
            if inside is not None:
                checked.rejected.append(_overlap(row, inside[1].where))
            elif stored is not None:
                checked.rejected.append(_overlap(row, _say_span(stored, row.zone)))
            else:
                kept.append((span, row))
        checked.singles += [row for _, row in kept]


def _check_weekly(
    rows: Sequence[RosterRow], known: Known, checked: Checked
) -> Mapping[int, Sequence[Pattern]]:
    """Keep the weekly rows that meet no other pattern; gives all patterns there will be, by staff."""
    asked: dict[int, list[tuple[RosterRow, Pattern]]] = defaultdict(list)
    for row in rows:
        pattern = _pattern_of(row, known.staff[row.staff_code])
        asked[pattern.staff_id].append((row, pattern))
    standing: dict[int, list[Pattern]] = {}
    for staff_id in {*asked, *known.patterns}:
        replaced = {pattern.key for _, pattern in asked.get(staff_id, ())}
        standing[staff_id] = [one for one in known.patterns.get(staff_id, ()) if one.key not in replaced]
        for row, pattern in asked.get(staff_id, ()):
            other = next((one for one in standing[staff_id] if _find_clash(one, pattern)), None)
            if other is None:
                standing[staff_id].append(pattern)
                checked.weekly.append((row, pattern))
            else:
                day = _find_clash(other, pattern)
                value = day.isoformat() if day else ""
                checked.rejected.append(
                    FieldError(row.where, "weekdays", "roster_pattern_overlap", value, other.said)
                )
    return standing


def _check_exceptions(
    rows: Sequence[RosterRow],
    known: Known,
    checked: Checked,
    standing: Mapping[int, Sequence[Pattern]],
) -> None:
    calendar = dict(known.calendar)
    for row in checked.calendar:
        assert row.day is not None
        calendar[row.day] = Marked(row.day_type, row.weekdays[0] if row.weekdays else None)
    for row in rows:
        assert row.day is not None
        patterns = standing.get(known.staff[row.staff_code], ())
        meant = [
            one
            for one in patterns
            if works_on(one, row.day, calendar) and row.instead_of in (None, one.starts)
        ]
        if len(meant) != 1:
            starts = " | ".join(f"{one.starts:%H:%M}" for one in meant)
            reason = "roster_which_pattern" if meant else "roster_no_pattern"
            checked.rejected.append(FieldError(row.where, "day", reason, row.day.isoformat(), starts))
            continue
        fault = _fault_of_hours(row, meant[0], patterns, calendar)
        if fault is None:
            checked.exceptions.append((row, meant[0]))
        else:
            checked.rejected.append(fault)


def _fault_of_hours(
    row: RosterRow, meant: Pattern, patterns: Sequence[Pattern], calendar: Mapping[date, Marked]
) -> FieldError | None:
    """Tell whether changed hours meet another shift of a pattern on the days around."""
    if row.day is None or row.starts is None or row.ends is None:
        return None
    changed = span_of(row.day, row.starts, row.ends, meant.zone)
    for day in (row.day - DAY, row.day, row.day + DAY):
        for other in patterns:
            if (other, day) == (meant, row.day) or not works_on(other, day, calendar):
                continue
            span = span_of(day, other.starts, other.ends, other.zone)
            if _meet(span, changed):
                return _overlap(row, _say_span(span, meant.zone))
    return None


def _find_clash(one: Pattern, other: Pattern) -> date | None:
    """Find a day on which two patterns of a person meet, whatever the calendar may say."""
    if {one.on_holidays, other.on_holidays} == {"only", "rests"}:
        return None
    first = max(one.valid_from, other.valid_from) - DAY
    ends = [pattern.valid_to for pattern in (one, other) if pattern.valid_to is not None]
    last = min([first + FORTNIGHT, *(end + DAY for end in ends)])
    spans = _list_spans(one, first, last)
    for span in _list_spans(other, first, last):
        if any(_meet(span, known) for known in spans):
            return span[0].date()
    return None


def _list_spans(pattern: Pattern, first: date, last: date) -> list[Span]:
    days = (first + number * DAY for number in range((last - first).days + 1))
    return [
        span_of(day, pattern.starts, pattern.ends, pattern.zone)
        for day in days
        if pattern.holds_on(day) and day.isoweekday() in pattern.weekdays
    ]


def _pattern_of(row: RosterRow, staff_id: int) -> Pattern:
    assert row.starts is not None
    assert row.ends is not None
    assert row.valid_from is not None
    return Pattern(
        staff_id,
        row.weekdays,
        row.starts,
        row.ends,
        row.zone,
        row.valid_from,
        row.valid_to,
        row.on_holidays,
        row.where,
    )


def _span(row: RosterRow) -> Span:
    assert row.day is not None
    assert row.starts is not None
    assert row.ends is not None
    return span_of(row.day, row.starts, row.ends, row.zone)


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _overlap(row: RosterRow, other: str) -> FieldError:
    assert row.starts is not None
    assert row.ends is not None
    return FieldError(row.where, "from", "roster_overlap", f"{row.starts:%H:%M}–{row.ends:%H:%M}", other)


def _say_span(span: Span, zone: str) -> str:
    begins, ends = (moment.astimezone(ZoneInfo(zone)) for moment in span)
    return f"{begins:%Y-%m-%d %H:%M}–{ends:%H:%M}"
