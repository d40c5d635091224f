"""Heatmaps: how many issues, where, against how many households; every figure leads back to its issues.

What a colour means must not move with the window or the area asked for. So the bounds of the five classes
follow from the whole city: half, once, twice and four times its mean for the same period and category,
rounded to a number that is easily read.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.i18n import translate
from gridmap.models import Area, MicroGrid
from gridmap.services.actors import Actor, require, require_area
from gridmap.services.places import get_area
from gridmap.settings import LOCAL_ZONE

LEVELS = ("micro_grid", "grid", "community")
STEPS = ("day", "week")
MEAN_MULTIPLES = (0.5, 1.0, 2.0, 4.0)
READABLE = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
FEWEST_HOUSEHOLDS = 8  # below it a rate says more about the denominator than about the place
FEWEST_ISSUES = 10  # below it chance alone moves the figure a lot
LONGEST_PERIOD = timedelta(days=3660)
DAYS_BY_DAY = 62  # longer periods are shown by the week


@dataclass(frozen=True)
class HeatRow:
    """One cell.

    Attributes
    ----------
    estimated
        Whether the households rest on an estimate.
    by_point
        Issues that only a point has put here, no building.
    rate_per_100
        Issues of the period per 100 households; None under `FEWEST_HOUSEHOLDS`.
    few
        Fewer than `FEWEST_ISSUES` issues: read with care.
    geometry
        GeoJSON object, where shapes were asked for.
    """

    code: str
    label: str
    households: int
    estimated: bool
    issues: int
    by_point: int
    rate_per_100: float | None
    few: bool
    geometry: dict[str, Any] | None = None


@dataclass(frozen=True)
class Histogram:
    """Issues over time: ``bins`` of ``{"starts_at", "issues"}``, one a local day or week."""

    step: str
    bins: list[dict[str, Any]]


@dataclass(frozen=True)
class Heat:
    """A heatmap with all that is needed to read it.

    Attributes
    ----------
    left_out
        Reason -> issues that no cell counts: the flags of issues, and ``no_cell`` for trusted issues of the
        area that lie in none of its cells.
    breaks
        "rate" and "issues" -> four rising bounds of five classes; a value on a bound belongs above it.
    plan_version
        Id of the newest published plan among the cells; None for areas.
    as_of
        When the data were read.
    """

    area_code: str
    area_name: str
    level: str
    category: str | None
    starts_at: datetime
    ends_at: datetime
    rows: list[HeatRow]
    left_out: dict[str, int]
    breaks: dict[str, list[float]]
    histogram: Histogram
    plan_version: int | None
    definition: str
    as_of: datetime


def period_of(first_day: date, last_day: date, zone: str = LOCAL_ZONE) -> tuple[datetime, datetime]:
    """Turn the first and last day of a city's calendar into a half-open period in UTC."""
    local = ZoneInfo(zone)
    starts_at = datetime.combine(first_day, datetime.min.time(), local)
    ends_at = datetime.combine(last_day + timedelta(days=1), datetime.min.time(), local)
    return starts_at.astimezone(UTC), ends_at.astimezone(UTC)


def plan_by_values(session: Session) -> None:
    """Let the server plan the queries of this transaction for their values.

    After some runs it would else keep one plan for a day and for ten years, for a grid and for a district:
    seen to take 6 s instead of 0.2 s.
    """
    session.execute(select(func.set_config("plan_cache_mode", "force_custom_plan", True)))


def heat(
    session: Session,
    actor: Actor,
    area_code: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    category: str | None = None,
    level: str = "micro_grid",
    with_shapes: bool = False,
    zone: str = LOCAL_ZONE,
    language: str | None = None,
) -> Heat:
    """Count the issues of a period by cell, and per 100 households.

    Parameters
    ----------
    starts_at, ends_at
        Half-open period, with zones.
    category
        Only this category; None = all.
    level
        Cells: ``micro_grid`` (of the published plan), ``grid`` or ``community``.
    with_shapes
        Whether each row carries its geometry.
    zone
        IANA name of the city's time zone, for the histogram.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        For an unknown level, or a period that is empty, too long or without zone.
    """
    require(actor, "heatmaps.read")
    _check_question(starts_at, ends_at, level)
    area = get_area(session, actor, area_code)
    plan_by_values(session)
    asked = {"starts_at": starts_at, "ends_at": ends_at, "category": category or ""}
    here = asked | {"area_id": area.id}
    if level == "micro_grid":
        found = session.execute(sql("heat_micro_grids"), here).all()
    else:
        found = session.execute(sql("heat_areas"), here | {"level": level}).all()
    left_out = {row.flag: row.issues for row in session.execute(sql("heat_left_out"), here)}
    nowhere = sum(row.issues for row in found if row.code is None)
    if nowhere:
        left_out["no_cell"] = nowhere
    shapes = _shapes_of(session, area, level) if with_shapes else {}
    plan_ids = [row.plan_id for row in found if row.plan_id is not None]
    spoken = language or actor.language
    step = "day" if ends_at - starts_at <= timedelta(days=DAYS_BY_DAY) else "week"
    return Heat(
        area_code=area.code,
        area_name=(area.name_en or area.name) if spoken == "en" else area.name,
        level=level,
        category=category,
        starts_at=starts_at,
        ends_at=ends_at,
        rows=[_row_of(row, shapes.get(row.code)) for row in found if row.code is not None],
        left_out=left_out,
        breaks=_breaks_of(session.execute(sql("heat_city_totals"), asked).one(), level),
        histogram=histogram(
            session,
            actor,
            area_code,
            starts_at=starts_at,
            ends_at=ends_at,
            category=category,
            step=step,
            zone=zone,
        ),
        plan_version=max(plan_ids, default=None),
        definition=translate(f"heatmaps.definition_{level}", spoken),
        as_of=datetime.now(UTC),
    )


def histogram(
    session: Session,
    actor: Actor,
    area_code: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    category: str | None = None,
    step: str = "day",
    zone: str = LOCAL_ZONE,
) -> Histogram:
    """Count the issues of an area by the city's own day or week (from Monday); empty ones count 0.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        For an unknown step, or a period that is empty, too long or without zone.
    """
    require(actor, "heatmaps.read")
    _check_question(starts_at, ends_at, "micro_grid")
    if step not in STEPS:
        raise BadInput(fields=[FieldError("query", "step", "heat_word", step, " | ".join(STEPS))])
    area = get_area(session, actor, area_code)
    plan_by_values(session)
    values = {"area_id": area.id, "starts_at": starts_at, "ends_at": ends_at, "category": category or ""}
    rows = session.execute(sql("heat_histogram"), values | {"bucket": step, "zone": zone})
    local = ZoneInfo(zone)
    bins = [
        {"starts_at": datetime.combine(row.starts_on, datetime.min.time(), local), "issues": row.issues}
        for row in rows
    ]
    return Histogram(step, bins)


def issues_behind(
    session: Session,
    actor: Actor,
    code: str,
    *,
    level: str,
    starts_at: datetime,
    ends_at: datetime,
    category: str | None = None,
    after_id: int = 0,
    limit: int = 1000,
) -> list[Row[Any]]:
    """List the issues that one cell of `heat` counts: rows of id, category, state, reported_at, by id.

    Parameters
    ----------
    code
        Of the micro-grid, grid or community.
    after_id
        Id of the last issue already seen; 0 = from the first.

    Raises
    ------
    NotFound
        If there is no such cell in the actor's scope.
    BadInput
        For an unknown level, or a period that is empty, too long or without zone.
    """
    require(actor, "heatmaps.read")
    _check_question(starts_at, ends_at, level)
    plan_by_values(session)
    asked = {"starts_at": starts_at, "ends_at": ends_at, "category": category or ""}
    part = asked | {"after_id": after_id, "at_most": limit}
    if level == "micro_grid":
        _require_cell(session, actor, code)
        return list(session.execute(sql("heat_micro_grid_issues"), part | {"code": code}))
    area = get_area(session, actor, code)
    if area.level != level:
        raise NotFound
    return list(session.execute(sql("heat_area_issues"), part | {"area_id": area.id}))


def _require_cell(session: Session, actor: Actor, code: str) -> None:
    current = (MicroGrid.valid_from.is_not(None), MicroGrid.valid_to.is_(None))
    grid = session.scalar(
        select(Area).join(MicroGrid, MicroGrid.grid_id == Area.id).where(MicroGrid.code == code, *current)
    )
    if grid is None:
        raise NotFound
    require_area(actor, grid)


def _row_of(row: Any, geometry: dict[str, Any] | None) -> HeatRow:
    rate = 100 * row.issues / row.households if row.households >= FEWEST_HOUSEHOLDS else None
    return HeatRow(
        code=row.code,
        label=row.name or row.code,
        households=row.households,
        estimated=row.households_estimated,
        issues=row.issues,
        by_point=row.by_point,
        rate_per_100=rate,
        few=row.issues < FEWEST_ISSUES,
        geometry=geometry,
    )


def _shapes_of(session: Session, area: Area, level: str) -> dict[str, dict[str, Any]]:
    rows = session.execute(sql("heat_shapes"), {"area_id": area.id, "level": level})
    return {row.code: json.loads(row.geometry) for row in rows}


def _breaks_of(city: Any, level: str) -> dict[str, list[float]]:
    cells = {"micro_grid": city.micro_grids, "grid": city.grids, "community": city.communities}[level]
    rate = 100 * city.issues / city.households if city.households else 0.0
    return {
        "rate": build_breaks(rate, whole=False),
        "issues": build_breaks(city.issues / cells if cells else 0.0, whole=True),
    }


def build_breaks(mean: float, *, whole: bool) -> list[float]:
    """Build the four rising bounds of five classes around a mean.

    Parameters
    ----------
    mean
        Mean of the whole city; 0 where there is nothing, which gives 1, 2, 4, 8.
    whole
        Whether the bounds are counts: whole numbers, the first at least 1.
    """
    bounds: list[float] = []
    for multiple in MEAN_MULTIPLES:
        wanted = _readable(mean * multiple) if mean > 0 else 2 * multiple
        if whole:
            wanted = max(1, round(wanted))
        if bounds and wanted <= bounds[-1]:
            wanted = bounds[-1] + 1
        bounds.append(wanted)
    return bounds


def _readable(number: float) -> float:
    """Round to the nearest step of `READABLE` times a power of ten."""
    exponent = math.floor(math.log10(number))
    best = min(READABLE, key=lambda step: abs(step - number / 10**exponent))
    return float(f"{best}e{exponent}")


def _check_question(starts_at: datetime, ends_at: datetime, level: str) -> None:
    faults = []
    if level not in LEVELS:
        faults.append(FieldError("query", "level", "heat_word", level, " | ".join(LEVELS)))
    for name, moment in (("starts_at", starts_at), ("ends_at", ends_at)):
        if moment.tzinfo is None:
            shown = moment.isoformat()
            faults.append(FieldError("query", name, "heat_zone", shown, "2026-11-20T00:00:00+08:00"))
    if not faults and not timedelta(0) < ends_at - starts_at <= LONGEST_PERIOD:
        hint = str(LONGEST_PERIOD.days)
        faults.append(FieldError("query", "ends_at", "heat_period", ends_at.isoformat(), hint))
    if faults:
        raise BadInput(fields=faults)
