"""What the database knows of all that a roster names, read at once for `roster_checks`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, literal, or_, select, true

from gridmap.models import Area, CalendarDay, Posting, Shift, ShiftPattern, Staff, Station
from gridmap.services.actors import Actor, lineage_meets
from gridmap.services.postings import is_open, lies_in, today
from gridmap.services.roster_checks import Known, Marked, Pattern
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from gridmap.formats.rosters import RosterRow

FAR = date.max


def works_for(actor: Actor) -> ColumnElement[bool]:
    """Build the condition that staff work in the actor's areas: by office, station or posting."""
    if actor.area_ids is None:
        return true()
    inside = select(Area.id).where(lineage_meets(actor.area_ids))
    return or_(
        Staff.office_id.in_(inside),
        Staff.station_id.in_(select(Station.id).where(Station.grid_id.in_(inside))),
        Staff.id.in_(select(Posting.staff_id).where(is_open(today()), lies_in(actor.area_ids))),
    )


def find_known(session: Session, actor: Actor, rows: Sequence[RosterRow]) -> Known:
    """Find the staff and places that rows name, as far as the actor may roster them, and what there is."""
    codes = {row.staff_code for row in rows if row.staff_code}
    named = select(Staff.code, Staff.id).where(Staff.code.in_(codes), works_for(actor))
    staff = {code: staff_id for code, staff_id in session.execute(named)}  # noqa: C416 - rows, not pairs
    inside = true() if actor.area_ids is None else lineage_meets(actor.area_ids)
    stations = select(Station.code, Station.id).where(Station.code.in_({row.station_code for row in rows}))
    if actor.area_ids is not None:
        stations = stations.join(Area, Area.id == Station.grid_id).where(inside)
    areas = select(Area.code, Area.id).where(Area.code.in_({row.area_code for row in rows}), inside)
    ids = set(staff.values())
    last = select(Posting.staff_id, func.max(func.coalesce(Posting.ends_on, literal(FAR))))
    last = last.where(Posting.staff_id.in_(ids)).group_by(Posting.staff_id)
    return Known(
        staff=staff,
        stations={code: place_id for code, place_id in session.execute(stations)},  # noqa: C416
        areas={code: place_id for code, place_id in session.execute(areas)},  # noqa: C416
        last_days={staff_id: day for staff_id, day in session.execute(last) if day != FAR},
        patterns=_find_patterns(session, ids),
        singles=_find_singles(session, ids, rows),
        calendar={row.day: Marked(row.kind, row.stands_for) for row in session.scalars(select(CalendarDay))},
        may_change_calendar=actor.area_ids is None,
    )


def _find_patterns(session: Session, staff_ids: Iterable[int]) -> dict[int, list[Pattern]]:
    found: dict[int, list[Pattern]] = {}
    query = select(ShiftPattern).where(ShiftPattern.staff_id.in_(staff_ids)).order_by(ShiftPattern.id)
    for row in session.scalars(query):
        weekdays = tuple(row.weekdays)
        said = (
            f"{'/'.join(map(str, weekdays))} {row.starts_time:%H:%M}–{row.ends_time:%H:%M}, {row.valid_from}–"
            f"{row.valid_to or ''}"
        )
        found.setdefault(row.staff_id, []).append(
            Pattern(
                row.staff_id,
                weekdays,
                row.starts_time,
                row.ends_time,
                row.zone,
                row.valid_from,
                row.valid_to,
                row.on_holidays,
                said,
            )
        )
    return found


def _find_singles(
    session: Session, staff_ids: Iterable[int], rows: Sequence[RosterRow]
) -> dict[int, list[tuple[datetime, datetime]]]:
    days = [row.day for row in rows if row.kind == "single" and row.day is not None]
    if not days:
        return {}
    local = ZoneInfo(LOCAL_ZONE)
    first = datetime.combine(min(days), datetime.min.time(), local) - timedelta(days=2)
    last = datetime.combine(max(days), datetime.min.time(), local) + timedelta(days=3)
    query = select(Shift.staff_id, Shift.starts_at, Shift.ends_at).where(
        Shift.staff_id.in_(staff_ids),
        Shift.pattern_id.is_(None),
        Shift.starts_at < last,
        Shift.ends_at > first,
    )
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for staff_id, starts_at, ends_at in session.execute(query.order_by(Shift.starts_at)):
        found.setdefault(staff_id, []).append((starts_at, ends_at))
    return found
