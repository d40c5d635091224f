"""Weekly patterns of the demo city, loaded as a city would load its own: police by day at their stations."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from gridmap.formats.roster_words import read_time
from gridmap.formats.rosters import Roster, RosterRow
from gridmap.models import Staff, Station
from gridmap.services.postings import today
from gridmap.services.rosters import load_roster

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

WORKDAYS = (1, 2, 3, 4, 5)


def roster_police(session: Session, actor: Actor, district_code: str, *, on: date | None = None) -> int:
    """Roster the police of a district on workdays at their station, beside the single shifts that are there.

    Parameters
    ----------
    on
        Valid from the Monday of this day's week; today by default.

    Returns
    -------
    int
        Shifts that follow from it; 0 where it was done before.
    """
    day = on or today()
    query = select(Staff.code, Station.code).join(Station, Station.id == Staff.station_id)
    query = query.where(Staff.role == "police", Staff.code.startswith(district_code, autoescape=True))
    rows = [
        RosterRow(
            where=f"demo:{number}",
            kind="weekly",
            staff_code=staff_code,
            station_code=station_code,
            weekdays=WORKDAYS,
            starts=read_time("09:00"),
            ends=read_time("17:00"),
            valid_from=_monday_of(day),
            on_holidays="rests",
        )
        for number, (staff_code, station_code) in enumerate(session.execute(query.order_by(Staff.code)), 1)
    ]
    report = load_roster(session, actor, Roster("demo", tuple(rows)), skip_bad=True)
    return report.unrolled.added


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
