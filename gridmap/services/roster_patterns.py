"""One weekly pattern at a time: add it, change it, end it, and take single days out of it.

The same questions are asked as of a file, and shifts follow at once: see `roster_checks`, `roster_shifts`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.formats.rosters import read_row
from gridmap.models import Area, PatternException, ShiftPattern, Staff, Station
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.roster_checks import Checked, Known, check_rows
from gridmap.services.roster_known import find_known, works_for
from gridmap.services.roster_shifts import unroll_patterns
from gridmap.services.rosters import WRITE
from gridmap.services.rows import fetch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from gridmap.formats.rosters import RosterRow
    from gridmap.services.roster_shifts import Unrolled

PLACE = ("station_code", "area_code")


@dataclass(frozen=True)
class DescribedException:
    """A day on which a pattern is not kept, or at other hours or another place; None = as the pattern."""

    day: date
    is_off: bool
    starts_time: time | None
    ends_time: time | None
    station_code: str | None
    area_code: str | None


@dataclass(frozen=True)
class DescribedPattern:
    """A weekly pattern; times are local in its zone, an end not after the start is on the next day."""

    id: int
    staff_code: str
    weekdays: list[int]
    starts_time: time
    ends_time: time
    station_code: str | None
    area_code: str | None
    valid_from: date
    valid_to: date | None
    on_holidays: str
    zone: str
    exceptions: list[DescribedException]


def list_patterns(session: Session, actor: Actor, staff_code: str) -> list[DescribedPattern]:
    """List the weekly patterns of a post with their exceptions, the oldest first.

    Raises
    ------
    NotFound
        If there is no such post in the actor's areas.
    """
    require(actor, "roster.read")
    staff = session.scalar(select(Staff.id).where(Staff.code == staff_code, works_for(actor)))
    if staff is None:
        raise NotFound
    return _describe(session, ShiftPattern.staff_id == staff)


def add_pattern(
    session: Session, actor: Actor, said: Mapping[str, str], *, now: datetime | None = None
) -> tuple[DescribedPattern, Unrolled]:
    """Add a weekly pattern and the shifts that follow from it.

    Parameters
    ----------
    said
        As a row of a file says it: ``staff_code``, ``weekdays``, ``from``, ``to``, ``station_code`` or
        ``area_code``, ``valid_from``, ``valid_to``, ``on_holidays``, ``zone``.
    now
        The moment after which shifts may change; the clock's by default.

    Raises
    ------
    BadInput
        With everything that stands against it, by field.
    """
    require(actor, WRITE)
    row = read_row("body", "weekly", said)
    known = find_known(session, actor, [row])
    pattern = ShiftPattern()
    _write(pattern, row, _check(row, known, None), known)
    session.add(pattern)
    session.flush()
    return _finish(session, actor, "added", pattern, row.staff_code, now)


def change_pattern(
    session: Session,
    actor: Actor,
    pattern_id: int,
    changes: Mapping[str, str],
    *,
    now: datetime | None = None,
) -> tuple[DescribedPattern, Unrolled]:
    """Change what is named of a pattern, or end it by its last day; what has begun stays as it is.

    Parameters
    ----------
    changes
        As of `add_pattern` without ``staff_code``; a new place takes the place of the old one.

    Raises
    ------
    NotFound
        If there is none, or its person does not work in the actor's areas.
    BadInput
        With everything that stands against it, by field.
    """
    pattern, code = _get(session, actor, pattern_id)
    (there,) = _describe(session, ShiftPattern.id == pattern.id)
    said = _say(there)
    if any(changes.get(name) for name in PLACE):
        said |= dict.fromkeys(PLACE, "")
    row = read_row("body", "weekly", said | dict(changes) | {"staff_code": code})
    known = find_known(session, actor, [row])
    _write(pattern, row, _check(row, known, pattern), known)
    session.flush()
    return _finish(session, actor, "changed", pattern, code, now)


def set_exception(
    session: Session, actor: Actor, pattern_id: int, said: Mapping[str, str], *, now: datetime | None = None
) -> tuple[DescribedPattern, Unrolled]:
    """Take a day out of a pattern, or keep it at other hours or another place.

    Parameters
    ----------
    said
        ``day``; ``from`` and ``to``, ``station_code`` or ``area_code``; without any of these it is off.

    Raises
    ------
    NotFound
        If there is no such pattern, or its person does not work in the actor's areas.
    BadInput
        With everything that stands against it, by field; also where the pattern has no shift on that day.
    """
    pattern, code = _get(session, actor, pattern_id)
    whose = {"staff_code": code, "instead_of": f"{pattern.starts_time:%H:%M}", "zone": pattern.zone}
    row = read_row("body", "exception", {**said, **whose})
    known = find_known(session, actor, [row])
    checked = check_rows([row], known)
    meant = [one for _, one in checked.exceptions]
    if not checked.rejected and meant[0].key != _key_of(pattern):
        day = row.day.isoformat() if row.day else ""
        checked.rejected.append(FieldError("body", "day", "roster_no_pattern", day))
    _refuse(checked)
    key = {"pattern_id": pattern.id, "day": row.day}
    found = session.get(PatternException, key) or PatternException(**key)
    found.is_off, found.starts_time, found.ends_time = row.is_off, row.starts, row.ends
    found.station_id, found.area_id = _place_of(row, known)
    session.add(found)
    session.flush()
    return _finish(session, actor, "changed", pattern, code, now, day=str(row.day))


def drop_exception(
    session: Session, actor: Actor, pattern_id: int, day: date, *, now: datetime | None = None
) -> tuple[DescribedPattern, Unrolled]:
    """Keep a pattern on a day again as on the others.

    Raises
    ------
    NotFound
        If there is no such exception, or the person does not work in the actor's areas.
    """
    pattern, code = _get(session, actor, pattern_id)
    found = session.get(PatternException, {"pattern_id": pattern.id, "day": day})
    if found is None:
        raise NotFound
    session.delete(found)
    session.flush()
    return _finish(session, actor, "changed", pattern, code, now, day=day.isoformat())


def _get(session: Session, actor: Actor, pattern_id: int) -> tuple[ShiftPattern, str]:
    require(actor, WRITE)
    pattern = session.get(ShiftPattern, pattern_id)
    if pattern is None:
        raise NotFound
    code = session.scalar(select(Staff.code).where(Staff.id == pattern.staff_id, works_for(actor)))
    if code is None:
        raise NotFound
    return pattern, code


def _key_of(pattern: ShiftPattern) -> tuple[object, ...]:
    return pattern.staff_id, tuple(pattern.weekdays), pattern.starts_time, pattern.valid_from


def _check(row: RosterRow, known: Known, own: ShiftPattern | None) -> Checked:
    """Ask of a weekly row what is asked of a file's, beside all other patterns of the person."""
    others = {
        staff: [one for one in patterns if own is None or one.key != _key_of(own)]
        for staff, patterns in known.patterns.items()
    }
    known = replace(known, patterns=others)
    checked = check_rows([row], known)
    for written, pattern in checked.weekly:  # of a file, this key would mean the pattern there
        for other in others.get(pattern.staff_id, ()):
            if other.key == pattern.key:
                first = pattern.valid_from.isoformat()
                fault = FieldError(written.where, "weekdays", "roster_pattern_overlap", first, other.said)
                checked.rejected.append(fault)
    _refuse(checked)
    return checked


def _refuse(checked: Checked) -> None:
    if checked.rejected:
        raise BadInput(fields=checked.rejected)


def _write(pattern: ShiftPattern, row: RosterRow, checked: Checked, known: Known) -> None:
    ((_, made),) = checked.weekly
    pattern.staff_id, pattern.weekdays = made.staff_id, list(made.weekdays)
    pattern.starts_time, pattern.ends_time, pattern.zone = made.starts, made.ends, made.zone
    pattern.valid_from, pattern.valid_to = made.valid_from, made.valid_to
    pattern.on_holidays = made.on_holidays
    pattern.station_id, pattern.area_id = _place_of(row, known)


def _place_of(row: RosterRow, known: Known) -> tuple[int | None, int | None]:
    station = known.stations[row.station_code] if row.station_code else None
    return station, known.areas[row.area_code] if row.area_code else None


def _finish(
    session: Session,
    actor: Actor,
    action: str,
    pattern: ShiftPattern,
    code: str,
    now: datetime | None,
    **told: Any,
) -> tuple[DescribedPattern, Unrolled]:
    """Let the shifts follow, leave the audit row, and describe what is there now."""
    pattern_id = pattern.id
    unrolled = unroll_patterns(session, staff_ids=[pattern.staff_id], now=now)
    shifts = {"shifts_added": unrolled.added, "shifts_removed": unrolled.removed}
    record(session, actor, action, "shift_pattern", pattern_id, staff=code, **shifts, **told)
    (described,) = _describe(session, ShiftPattern.id == pattern_id)
    return described, unrolled


def _say(pattern: DescribedPattern) -> dict[str, str]:
    """Say a pattern as a row of a file says it."""
    return {
        "weekdays": ",".join(map(str, pattern.weekdays)),
        "from": f"{pattern.starts_time:%H:%M}",
        "to": f"{pattern.ends_time:%H:%M}",
        "station_code": pattern.station_code or "",
        "area_code": pattern.area_code or "",
        "valid_from": pattern.valid_from.isoformat(),
        "valid_to": pattern.valid_to.isoformat() if pattern.valid_to else "",
        "on_holidays": pattern.on_holidays,
        "zone": pattern.zone,
    }


def _describe(session: Session, which: Any) -> list[DescribedPattern]:
    query = select(
        ShiftPattern, Staff.code.label("staff"), Station.code.label("station"), Area.code.label("area")
    )
    query = query.join(Staff, Staff.id == ShiftPattern.staff_id)
    query = query.outerjoin(Station, Station.id == ShiftPattern.station_id)
    query = query.outerjoin(Area, Area.id == ShiftPattern.area_id)
    rows = session.execute(query.where(which).order_by(ShiftPattern.id)).all()
    exceptions: dict[int, list[DescribedException]] = {}
    days = select(PatternException, Station.code.label("station"), Area.code.label("area"))
    days = days.outerjoin(Station, Station.id == PatternException.station_id)
    days = days.outerjoin(Area, Area.id == PatternException.area_id)
    days = days.where(PatternException.pattern_id.in_([row.ShiftPattern.id for row in rows]))
    for one, station, area in fetch(session, days.order_by(PatternException.day)):
        exceptions.setdefault(one.pattern_id, []).append(
            DescribedException(one.day, one.is_off, one.starts_time, one.ends_time, station, area)
        )
    return [
        DescribedPattern(
            one.id,
            staff,
            list(one.weekdays),
            one.starts_time,
            one.ends_time,
            station,
            area,
            one.valid_from,
            one.valid_to,
            one.on_holidays,
            one.zone,
            exceptions.get(one.id, []),
        )
        for one, staff, station, area in rows
    ]
