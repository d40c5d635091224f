"""The roster of one week, of a post or at a station: who is on duty when, role and number only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gridmap.models import Area, Shift, Staff, StaffRole, Station
from gridmap.services.rows import AnyRow, fetch
from gridmap.settings import LOCAL_ZONE

DAYS = 7


@dataclass
class DutyDay:
    """A day of the week from Monday on, with the shifts that begin on it.

    Attributes
    ----------
    shifts
        ``code``, ``role``, ``role_zh``, ``role_en``, ``phone``, ``starts_at``, ``ends_at``, ``station_code``,
        ``station_name``, ``area_code``, ``area_name``, in the order they begin.
    opens_at, closes_at
        Beginning of the first and end of the last of them; None without any.
    """

    day: date
    shifts: list[AnyRow] = field(default_factory=list)

    @property
    def opens_at(self) -> datetime | None:
        """When the first shift begins."""
        return min((row.starts_at for row in self.shifts), default=None)

    @property
    def closes_at(self) -> datetime | None:
        """When the last shift ends."""
        return max((row.ends_at for row in self.shifts), default=None)


def list_week_of_staff(session: Session, staff_id: int, at: datetime) -> list[DutyDay]:
    """List the shifts of a post in the week of a moment, day by day."""
    return _week(session, Shift.staff_id == staff_id, at)


def list_week_of_station(session: Session, station_id: int, at: datetime) -> list[DutyDay]:
    """List the shifts kept at a station in the week of a moment, day by day."""
    return _week(session, Shift.station_id == station_id, at)


def list_on_duty_at_station(session: Session, station_id: int, at: datetime) -> list[AnyRow]:
    """List the shifts kept at a station at a moment; columns as of `DutyDay`."""
    now = (Shift.starts_at <= at) & (Shift.ends_at > at)
    return fetch(session, _shifts().where(Shift.station_id == station_id, now))


def _week(session: Session, which: ColumnElement[bool], at: datetime) -> list[DutyDay]:
    zone = ZoneInfo(LOCAL_ZONE)
    today = at.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    begins = datetime.combine(monday, time(), zone)
    ends = datetime.combine(monday + timedelta(days=DAYS), time(), zone)
    week = [DutyDay(monday + timedelta(days=number)) for number in range(DAYS)]
    query = _shifts().where(which, Shift.starts_at >= begins, Shift.starts_at < ends)
    for row in fetch(session, query):
        week[(row.starts_at.astimezone(zone).date() - monday).days].shifts.append(row)
    return week


def _shifts() -> Any:
    return (
        select(
            Staff.code,
            Staff.role,
            StaffRole.name_zh.label("role_zh"),
            StaffRole.name_en.label("role_en"),
            func.coalesce(Staff.duty_phone, Station.phone, StaffRole.duty_phone).label("phone"),
            Shift.starts_at,
            Shift.ends_at,
            Station.code.label("station_code"),
            Station.name.label("station_name"),
            Area.code.label("area_code"),
            Area.name.label("area_name"),
        )
        .join(Staff, Staff.id == Shift.staff_id)
        .join(StaffRole, StaffRole.code == Staff.role)
        .outerjoin(Station, Station.id == Shift.station_id)
        .outerjoin(Area, Area.id == Shift.area_id)
        .order_by(Shift.starts_at, Staff.code)
    )
