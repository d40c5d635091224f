"""A moment, places and shifts for questions about duty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from gridmap.services.actors import SYSTEM
from gridmap.services.duty import nearest_on_duty
from gridmap.services.duty_answers import DutyAnswer, DutyQuestion
from gridmap.services.duty_places import AskedPlace

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# tests.spatial_city rosters every post one shift of eight hours a day from 2 November 2026, seven days.
NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)
IN_G3_1 = (120.7176, 37.7561)  # beside station ST3-1
BUILDING = 100_300_151  # the first building of micro-grid G3-1-5


def ask(
    city: Session, place: tuple[float, float] = IN_G3_1, language: str = "zh", **question: Any
) -> DutyAnswer:
    """Ask for the nearest on duty, in a straight line unless told otherwise."""
    asked = DutyQuestion(**{"at": NOON, "on_foot": False} | question)
    return nearest_on_duty(city, SYSTEM, AskedPlace(*place), asked, language=language)


def clear_roster(city: Session) -> None:
    """Leave nobody on duty, at any time."""
    city.execute(text("DELETE FROM shifts"))


def roster(city: Session, staff_id: int, starts_at: datetime, hours: float, station: str = "ST3-1") -> None:
    """Roster a post at a station."""
    city.execute(
        text(
            "INSERT INTO shifts (staff_id, station_id, starts_at, ends_at, spot)"
            " SELECT :staff, id, :starts, :ends, geom::geography FROM stations WHERE code = :station"
        ),
        {
            "staff": staff_id,
            "starts": starts_at,
            "ends": starts_at + timedelta(hours=hours),
            "station": station,
        },
    )
