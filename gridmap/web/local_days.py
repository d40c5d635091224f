"""Periods as pages name them: first and last day of the city's calendar, both counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gridmap.services.postings import today
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping

ZONE = ZoneInfo(LOCAL_ZONE)
QUARTER_DAYS = 91
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 30)


@dataclass(frozen=True)
class Days:
    """First and last day."""

    first: date
    last: date

    @property
    def starts_at(self) -> datetime:
        """Begin of the first day."""
        return _midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        """End of the last day, no longer part of it."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def length(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1


def read_days(asked: Mapping[str, str]) -> Days | None:
    """Read ``from`` and ``to``; None without them, or where they are no days in their order."""
    try:
        first, last = (date.fromisoformat(asked.get(name, "")) for name in ("from", "to"))
    except ValueError:
        return None
    return Days(first, last) if EARLIEST <= first <= last <= LATEST else None


def quarter_until(last: date) -> Days:
    """Give the thirteen weeks that end with a day."""
    return Days(last - timedelta(days=QUARTER_DAYS - 1), last)


def offer_periods() -> dict[str, Days]:
    """Offer what is mostly asked for, by its name."""
    now = today()
    month = now.replace(day=1)
    before = month - timedelta(days=1)
    return {
        "month": Days(month, now),
        "last_month": Days(before.replace(day=1), before),
        "quarter": quarter_until(now),
        "year": Days(now - timedelta(days=364), now),
    }


def local_day(moment: datetime) -> date:
    """Give the day of the city's calendar an instant falls on."""
    return moment.astimezone(ZONE).date()


def local_moment(moment: datetime | None) -> str:
    """Write an instant by the city's clock."""
    return "" if moment is None else moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE).astimezone(UTC)
