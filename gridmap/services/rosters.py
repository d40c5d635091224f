"""Rosters as a service: loading one whole, ending a pattern, the duty phone of a role.

What a roster says is checked by `roster_checks`, written here, and unrolled into shifts by `roster_shifts`,
all of it in the caller's one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError, NotAllowed, NotFound
from gridmap.models import CalendarDay, PatternException, Shift, ShiftPattern, Staff, StaffRole
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.issue_clocks import renew_clocks
from gridmap.services.roster_checks import Checked, Known, check_rows, span_of
from gridmap.services.roster_known import find_known, works_for
from gridmap.services.roster_shifts import Unrolled, unroll_patterns

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from gridmap.formats.rosters import Roster, RosterRow

WRITE = "roster.write"
LONGEST_PHONE = 40


@dataclass
class RosterReport:
    """What loading a roster did.

    Attributes
    ----------
    inserted, updated, unchanged
        Kind of row -> how many.
    rejected
        Rows left out, and why; empty unless bad rows were to be skipped.
    unrolled
        Shifts that the patterns added and took away, and until when they reach.
    ignored
        Columns of the file that say nothing.
    """

    unrolled: Unrolled
    inserted: Mapping[str, int]
    updated: Mapping[str, int]
    unchanged: Mapping[str, int]
    rejected: tuple[FieldError, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass
class _Counted:
    """Counts what writing does, kind by kind."""

    inserted: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)

    def keep(
        self, session: Session, kind: str, found: Any, make: Callable[[], Any], values: Mapping[str, Any]
    ) -> None:
        """Write a row: a new one, or the values that differ."""
        if found is None:
            made = make()
            for name, value in values.items():
                setattr(made, name, value)
            session.add(made)
            self.inserted[kind] += 1
            return
        changed = {name: value for name, value in values.items() if getattr(found, name) != value}
        for name, value in changed.items():
            setattr(found, name, value)
        (self.updated if changed else self.unchanged)[kind] += 1


def load_roster(
    session: Session, actor: Actor, roster: Roster, *, skip_bad: bool = False, now: datetime | None = None
) -> RosterReport:
    """Write a roster, all of it or nothing, and unroll the patterns of everybody it names.

    Only staff who work in the actor's areas can be rostered, and only at places there. The calendar is the
    city's: it takes an actor whose areas are not limited. Loading the same file again changes nothing.

    Parameters
    ----------
    skip_bad
        Leave refused rows out instead of writing nothing.
    now
        The moment after which shifts may change; the clock's by default.

    Raises
    ------
    NotAllowed
        If the role may not write rosters.
    BadInput
        With every refused row, unless ``skip_bad``; nothing is written then.
    """
    require(actor, WRITE)
    known = find_known(session, actor, roster.rows)
    checked = check_rows(roster.rows, known)
    rejected = _in_order((*roster.rejected, *checked.rejected))
    if rejected and not skip_bad:
        raise BadInput("load_refused", fields=rejected, count=len(rejected))
    counted = _Counted()
    if changed := _write_calendar(session, checked, counted):
        renew_clocks(session, min(changed), max(changed))
    patterns = _write_weekly(session, known, checked, counted)
    _write_exceptions(session, known, checked, counted, patterns)
    _write_singles(session, known, checked, counted)
    # Another calendar is another week for everybody; else only those in the file are looked at.
    named = None if checked.calendar else {known.staff[row.staff_code] for row in _of_people(checked)}
    unrolled = unroll_patterns(session, staff_ids=named, now=now)
    figures = {name: sum(getattr(counted, name).values()) for name in ("inserted", "updated")}
    record(
        session,
        actor,
        "loaded",
        "roster",
        roster.file,
        **figures,
        rejected=len(rejected),
        shifts_added=unrolled.added,
        shifts_removed=unrolled.removed,
    )
    return RosterReport(
        unrolled, counted.inserted, counted.updated, counted.unchanged, tuple(rejected), roster.ignored
    )


def drop_pattern(session: Session, actor: Actor, pattern_id: int, *, now: datetime | None = None) -> Unrolled:
    """Drop a pattern with all shifts that are still to come of it; those that have begun stay, as singles.

    Raises
    ------
    NotFound
        If there is none, or its person does not work in the actor's areas.
    """
    require(actor, WRITE)
    pattern = session.get(ShiftPattern, pattern_id)
    if pattern is None:
        raise NotFound
    found = select(Staff.code).where(Staff.id == pattern.staff_id, works_for(actor))
    code = session.scalar(found)
    if code is None:
        raise NotFound
    pattern_staff = pattern.staff_id
    moment = now or datetime.now(UTC)
    coming = select(Shift).where(Shift.pattern_id == pattern_id, Shift.starts_at > moment)
    dropped = session.scalars(coming).all()
    for shift in dropped:
        session.delete(shift)
    session.flush()
    session.delete(pattern)
    session.flush()
    # What it stood before may come to its right now.
    unrolled = unroll_patterns(session, staff_ids=[pattern_staff], now=moment)
    record(session, actor, "dropped", "shift_pattern", pattern_id, staff=code, shifts=len(dropped))
    return Unrolled(unrolled.added, unrolled.removed + len(dropped), unrolled.last_day)


def drop_shift(session: Session, actor: Actor, shift_id: int, *, now: datetime | None = None) -> Unrolled:
    """Drop a single shift that is still to come; a weekly one that yielded to it comes to its right again.

    Raises
    ------
    NotFound
        If there is none, it has begun, it is one of a pattern, or its person does not work in the actor's
        areas.
    """
    require(actor, WRITE)
    moment = now or datetime.now(UTC)
    single = select(Shift, Staff.code).join(Staff, Staff.id == Shift.staff_id)
    single = single.where(Shift.id == shift_id, Shift.pattern_id.is_(None), Shift.starts_at > moment)
    found = session.execute(single.where(works_for(actor))).one_or_none()
    if found is None:
        raise NotFound
    shift, code = found
    session.delete(shift)
    unrolled = unroll_patterns(session, staff_ids=[shift.staff_id], now=moment)
    record(session, actor, "dropped", "shift", shift_id, staff=code, shifts=1)
    return Unrolled(unrolled.added, unrolled.removed + 1, unrolled.last_day)


def set_role_phone(session: Session, actor: Actor, role_code: str, phone: str | None) -> StaffRole:
    """Set the duty phone of a role, which is called where neither the post nor its station has one.

    Raises
    ------
    NotFound
        If there is no such role.
    BadInput
        If the number is too long or holds something else than a number.
    """
    require(actor, WRITE)
    if actor.area_ids is not None:
        raise NotAllowed(action=WRITE, role=actor.role)
    role = session.get(StaffRole, role_code)
    if role is None:
        raise NotFound
    number = (phone or "").strip()
    if len(number) > LONGEST_PHONE or not set(number) <= set("0123456789+-() ,转"):
        raise BadInput(fields=[FieldError("body", "duty_phone", "roster_phone", number[:LONGEST_PHONE])])
    role.duty_phone = number or None
    session.flush()
    record(session, actor, "changed", "staff_role", role_code, duty_phone=role.duty_phone)
    return role


def _of_people(checked: Checked) -> list[RosterRow]:
    paired = [row for row, _ in (*checked.weekly, *checked.exceptions)]
    return [*checked.singles, *paired]


def _in_order(faults: Iterable[FieldError]) -> list[FieldError]:
    """Put faults in the order of the file, as far as the rows' places tell it."""

    def place(fault: FieldError) -> tuple[str, int]:
        sheet, _, number = fault.where.rpartition(":")
        return (sheet, int(number)) if number.isdigit() else (fault.where, 0)

    return sorted(faults, key=place)


def _write_calendar(session: Session, checked: Checked, counted: _Counted) -> list[date]:
    """Write the days of the calendar; gives those that are not what they were."""
    changed: list[date] = []
    for row in checked.calendar:
        day = row.day
        assert day is not None  # the format asks for it
        found = session.get(CalendarDay, day)
        before = found and found.kind
        if row.day_type != (before or "ordinary"):
            changed.append(day)
        if row.day_type == "ordinary":
            if found is not None:
                session.delete(found)
            (counted.unchanged if found is None else counted.updated)["calendar"] += 1
            continue
        stands_for = row.weekdays[0] if row.weekdays and row.day_type == "workday" else None
        values = {"kind": row.day_type, "name": row.name, "stands_for": stands_for}
        counted.keep(session, "calendar", found, lambda day=day: CalendarDay(day=day), values)  # type: ignore[misc]
    session.flush()
    return changed


def _write_weekly(
    session: Session, known: Known, checked: Checked, counted: _Counted
) -> dict[object, ShiftPattern]:
    """Write the weekly rows; gives the patterns of all staff known, by key."""
    query = select(ShiftPattern).where(ShiftPattern.staff_id.in_(known.staff.values()))
    there: dict[object, ShiftPattern] = {
        (one.staff_id, tuple(one.weekdays), one.starts_time, one.valid_from): one
        for one in session.scalars(query)
    }
    for row, pattern in checked.weekly:
        found = there.get(pattern.key)
        made = found or ShiftPattern()
        there[pattern.key] = made
        values = {
            "staff_id": pattern.staff_id,
            "weekdays": list(pattern.weekdays),
            "starts_time": pattern.starts,
            "ends_time": pattern.ends,
            "zone": pattern.zone,
            "valid_from": pattern.valid_from,
            "valid_to": pattern.valid_to,
            "on_holidays": pattern.on_holidays,
            **_place_of(row, known),
        }
        counted.keep(session, "weekly", found, lambda made=made: made, values)  # type: ignore[misc]
    session.flush()
    return there


def _write_exceptions(
    session: Session,
    known: Known,
    checked: Checked,
    counted: _Counted,
    patterns: Mapping[object, ShiftPattern],
) -> None:
    for row, pattern in checked.exceptions:
        key = {"pattern_id": patterns[pattern.key].id, "day": row.day}
        hours = {"is_off": row.is_off, "starts_time": row.starts, "ends_time": row.ends}
        found = session.get(PatternException, key)
        values = hours | _place_of(row, known)
        counted.keep(session, "exception", found, lambda key=key: PatternException(**key), values)  # type: ignore[misc]
    session.flush()


def _write_singles(session: Session, known: Known, checked: Checked, counted: _Counted) -> None:
    if not checked.singles:
        return
    given: dict[str, list[Any]] = {
        name: [] for name in ("staff_ids", "station_ids", "area_ids", "starts", "ends")
    }
    for row in checked.singles:
        assert row.day is not None
        assert row.starts is not None
        assert row.ends is not None
        starts, ends = span_of(row.day, row.starts, row.ends, row.zone)
        place = _place_of(row, known)
        values = (known.staff[row.staff_code], place["station_id"], place["area_id"], starts, ends)
        for name, value in zip(given, values, strict=True):
            given[name].append(value)
    written = session.execute(sql("load_roster_singles"), given).one()
    counted.inserted["single"] += written.inserted
    counted.updated["single"] += written.updated
    counted.unchanged["single"] += len(checked.singles) - written.inserted - written.updated


def _place_of(row: RosterRow, known: Known) -> dict[str, int | None]:
    return {
        "station_id": known.stations[row.station_code] if row.station_code else None,
        "area_id": known.areas[row.area_code] if row.area_code else None,
    }
