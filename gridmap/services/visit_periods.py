"""Periods in which visits are due: days, months and quarters of the city's own calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gridmap.settings import LOCAL_ZONE

MONTHS = {"month": 1, "quarter": 3}


class Period(NamedTuple):
    """A period by its local days, both included, and by its instants, half-open."""

    first_day: date
    last_day: date
    starts_at: datetime
    ends_at: datetime


def find_period(period: str, at: datetime) -> Period:
    """Find the day, month or quarter that a moment lies in.

    Parameters
    ----------
    period
        ``day``, ``month`` or ``quarter``.
    """
    local = ZoneInfo(LOCAL_ZONE)
    first = at.astimezone(local).date()
    after = first + timedelta(days=1)
    if period != "day":
        months = MONTHS[period]
        month = first.month - (first.month - 1) % months
        first = date(first.year, month, 1)
        after = date(first.year + (month + months) // 13, (month + months - 1) % 12 + 1, 1)
    starts_at, ends_at = (datetime.combine(day, time(), local) for day in (first, after))
    return Period(first, after - timedelta(days=1), starts_at, ends_at)
