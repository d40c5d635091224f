"""The roster of a week: who keeps duty where and when, and where the city's rules find nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from gridmap.db import sql
from gridmap.errors import NotFound
from gridmap.models import Area, CalendarDay, CoverageRule, Station
from gridmap.services.actors import Actor, require, require_area
from gridmap.services.coverage_kinds import fill_parameters, get_kind
from gridmap.services.places import get_area
from gridmap.services.postings import today
from gridmap.services.rows import fetch
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DAYS = 7
SOON = timedelta(days=60)
"""The holidays of a year are announced about two months before it begins."""
MOST_LINES = 300
"""A week of more people is for a smaller area."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Duty:
    """One shift; ``pattern_id`` is None where it is a single one.

    One ``after_last_posting`` still stands, since it was written by hand, but its person has left all posts:
    a published plan may have ended the last of them.
    """

    shift_id: int
    starts_at: datetime
    ends_at: datetime
    pattern_id: int | None
    after_last_posting: bool


@dataclass
class Line:
    """A post at a place, with its shifts of the week."""

    place_kind: str
    place_code: str
    place_name: str
    place_name_en: str | None
    staff_code: str
    role: str
    role_zh: str
    role_en: str
    organisation: str
    phone: str | None
    shifts: list[Duty] = field(default_factory=list)


@dataclass(frozen=True)
class Day:
    """A day of the week as the calendar has it: ``holiday``, ``workday`` or empty, and its name."""

    day: date
    kind: str
    name: str


@dataclass(frozen=True)
class Hole:
    """A span in which a rule asks for somebody on duty in an area and nobody is."""

    rule_id: int
    rule_zh: str
    rule_en: str
    area_code: str
    area_name: str
    area_name_en: str | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Week:
    """The roster of a place in a week.

    Attributes
    ----------
    lines
        At most `MOST_LINES`, stations first; ``lines_total`` is how many there are.
    holes
        By begin; of the rules in force whose areas lie inside the area asked for.
    rules
        How many such rules were asked.
    years_unknown
        Years of the week, and the coming one from November on, of which no holiday is on record.
    """

    code: str
    name: str
    name_en: str | None
    level: str
    days: list[Day]
    lines: list[Line]
    lines_total: int
    holes: list[Hole]
    rules: int
    years_unknown: list[int]
    zone: str
    as_of: datetime


def get_week(
    session: Session,
    actor: Actor,
    *,
    area_code: str | None = None,
    station_code: str | None = None,
    on: date | None = None,
) -> Week:
    """Get the roster of an area with all below it, or of a station, in the week of a day.

    Parameters
    ----------
    on
        A local day; the week begins on its Monday. Today by default.

    Raises
    ------
    NotFound
        If there is no such place, or it lies outside the actor's areas.
    """
    require(actor, "roster.read")
    local = ZoneInfo(LOCAL_ZONE)
    given = on or datetime.now(local).date()
    monday = given - timedelta(days=given.weekday())
    area, station = _get_place(session, actor, area_code, station_code)
    begins, ends = (datetime.combine(day, time(), local) for day in (monday, monday + timedelta(days=DAYS)))
    asked = {"area_id": area.id, "station_id": station.id if station else None, "zone": LOCAL_ZONE}
    rows = session.execute(sql("roster_week"), asked | {"starts_at": begins, "ends_at": ends}).all()
    lines = _gather(rows)
    rules = [] if station else _list_rules(session, area)
    days = _list_days(session, monday)
    return Week(
        code=station.code if station else area.code,
        name=station.name if station else area.name,
        name_en=None if station else area.name_en,
        level="station" if station else area.level,
        days=days,
        lines=lines[:MOST_LINES],
        lines_total=len(lines),
        holes=_find_holes(session, area, rules, rows, begins),
        rules=len(rules),
        years_unknown=_list_years_unknown(session, days),
        zone=LOCAL_ZONE,
        as_of=datetime.now(UTC),
    )


def _get_place(
    session: Session, actor: Actor, area_code: str | None, station_code: str | None
) -> tuple[Area, Station | None]:
    if station_code is None:
        return get_area(session, actor, area_code or ""), None
    station = session.scalar(select(Station).where(Station.code == station_code))
    area = session.get(Area, station.grid_id) if station and station.grid_id else None
    if station is None or area is None:
        raise NotFound
    require_area(actor, area)
    return area, station


def _gather(rows: Iterable[Any]) -> list[Line]:
    lines: dict[tuple[str, str, str], Line] = {}
    for row in rows:
        key = (row.place_kind, row.place_code, row.staff_code)
        if key not in lines:
            lines[key] = Line(
                *key[:2],
                row.place_name,
                row.place_name_en,
                row.staff_code,
                row.role,
                row.role_zh,
                row.role_en,
                row.organisation,
                row.phone,
            )
        lines[key].shifts.append(
            Duty(row.shift_id, row.starts_at, row.ends_at, row.pattern_id, row.after_last_posting)
        )
    return list(lines.values())


def _list_days(session: Session, monday: date) -> list[Day]:
    days = [monday + timedelta(days=number) for number in range(DAYS)]
    marked = {row.day: row for row in session.scalars(select(CalendarDay).where(CalendarDay.day.in_(days)))}
    return [
        Day(day, marked[day].kind, marked[day].name) if day in marked else Day(day, "", "") for day in days
    ]


def _list_years_unknown(session: Session, days: Sequence[Day]) -> list[int]:
    """List the years that the week or the next months need and whose holidays nobody has loaded."""
    wanted = {one.day.year for one in days} | {(today() + SOON).year}
    year = func.extract("year", CalendarDay.day)
    known = set(session.scalars(select(year).where(CalendarDay.kind == "holiday").distinct()))
    return sorted(wanted - {int(one) for one in known})


def _list_rules(session: Session, area: Area) -> list[CoverageRule]:
    """List the rules in force that ask for somebody on duty in areas no larger than this one."""
    query = select(CoverageRule).where(CoverageRule.kind == "on_duty", CoverageRule.is_active)
    levels = ("district", "street", "community", "grid")
    below = levels[levels.index(area.level) :]
    rules = session.scalars(query.order_by(CoverageRule.id))
    return [rule for rule in rules if rule.parameters.get("level") in below]


def _find_holes(
    session: Session, area: Area, rules: Sequence[CoverageRule], rows: Sequence[Any], begins: datetime
) -> list[Hole]:
    holes: list[Hole] = []
    for rule in rules:
        asked = fill_parameters(get_kind(rule.kind), rule.parameters)
        inside = select(Area.id, Area.code, Area.name, Area.name_en).where(
            Area.lineage.contains([area.id]), Area.level == asked["level"]
        )
        kept: dict[int, list[Span]] = {}
        for row in rows:
            if row.role in asked["roles"]:
                for area_id in row.lineage:
                    kept.setdefault(area_id, []).append((row.starts_at, row.ends_at))
        for place in fetch(session, inside.order_by(Area.code)):
            for number in range(DAYS):
                hours = _hours_of(begins.date() + timedelta(days=number), asked)
                for starts_at, ends_at in subtract_spans(hours, kept.get(place.id, ())):
                    holes.append(
                        Hole(
                            rule.id,
                            rule.name_zh,
                            rule.name_en,
                            place.code,
                            place.name,
                            place.name_en,
                            starts_at,
                            ends_at,
                        )
                    )
    return sorted(holes, key=lambda hole: (hole.starts_at, hole.area_code, hole.rule_id))


def _hours_of(day: date, asked: dict[str, Any]) -> Span:
    """Give the hours of a rule that begin on a day."""
    midnight = datetime.combine(day, time(), ZoneInfo(LOCAL_ZONE))
    first, last = asked["from_hour"], asked["to_hour"]
    length = (last - first) % 24 or 24
    starts_at = midnight + timedelta(hours=first)
    return starts_at, starts_at + timedelta(hours=length)


def subtract_spans(whole: Span, taken: Iterable[Span]) -> list[Span]:
    """Give what is left of a span without the others, in order."""
    left: list[Span] = []
    since, until = whole
    for begins, ends in sorted(taken):
        if ends <= since or begins >= until:
            continue
        if begins > since:
            left.append((since, begins))
        since = max(since, ends)
    if since < until:
        left.append((since, until))
    return left
