"""Heatmaps: how many issues, where, against how many households; every figure leads back to its issues.

What a colour means must not move with the window or the area asked for. So the bounds of the five classes
follow from the whole city: half, once, twice and four times its mean for the same period and category,
rounded to a number that is easily read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.i18n import translate
from gridmap.mapping.breaks import build_breaks
from gridmap.models import Area, Issue
from gridmap.models.issues import ISSUE_FLAGS
from gridmap.services.actors import Actor, require
from gridmap.services.heat_counts import (
    HeatFilter,
    build_bounds,
    choose_issues,
    count_frames,
    count_issues,
    count_left_out,
    lay_board,
    see_cells,
)
from gridmap.services.heat_ledger import get_ledger
from gridmap.services.heat_places import LEVELS, Atlas, place_issues
from gridmap.services.places import get_area
from gridmap.services.rows import AnyRow, fetch
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from gridmap.services.heat_counts import Board, Chosen
    from gridmap.services.heat_geographies import Geography
    from gridmap.services.heat_ledger import Ledger

FEWEST_HOUSEHOLDS = 8  # below it a rate says more about the denominator than about the place
FEWEST_ISSUES = 10  # below it chance alone moves the figure a lot
DECIMALS = 6  # about ten centimetres
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
    channels: tuple[str, ...] = (),
    states: tuple[str, ...] = (),
    tiers: tuple[str, ...] = (),
    level: str = "micro_grid",
    plan_id: int = 0,
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
    channels, states, tiers
        Only these; empty = all.
    level
        Cells: ``micro_grid``, ``grid``, ``community`` or ``hexagon``.
    plan_id
        Whose micro-grids; 0 = of what is published.
    with_shapes
        Whether each row carries its geometry.
    zone
        IANA name of the city's time zone, for the histogram.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope, or no such plan.
    BadInput
        For an unknown level, state or tier, or a period that is empty, too long or without zone.
    """
    require(actor, "heatmaps.read")
    which = HeatFilter(starts_at, ends_at, (category,) if category else (), channels, states, tiers)
    check_question(which, level)
    area = get_area(session, actor, area_code)
    atlas, ledger = Atlas(session), get_ledger(session)
    board = lay_board(atlas, ledger, area, level, plan_id)
    chosen = choose_issues(session, ledger, which)
    rows = build_rows(atlas, board, chosen, area, with_shapes=with_shapes)
    spoken = language or actor.language
    step = "day" if ends_at - starts_at <= timedelta(days=DAYS_BY_DAY) else "week"
    return Heat(
        area_code=area.code,
        area_name=(area.name_en or area.name) if spoken == "en" else area.name,
        level=level,
        category=category,
        starts_at=starts_at,
        ends_at=ends_at,
        rows=rows,
        left_out=count_left_out(atlas, board, chosen, area, ISSUE_FLAGS),
        breaks=_breaks_of(atlas, ledger, chosen, board.geography),
        histogram=_histogram(atlas, ledger, chosen, area, which, step, zone),
        plan_version=board.plan_version,
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
    """Count the issues of an area by the city's own day, week (from Monday) or month; empty ones count 0.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        For an unknown step, or a period that is empty, too long or without zone.
    """
    require(actor, "heatmaps.read")
    which = HeatFilter(starts_at, ends_at, (category,) if category else ())
    check_question(which, "grid")
    area = get_area(session, actor, area_code)
    ledger = get_ledger(session)
    return _histogram(Atlas(session), ledger, choose_issues(session, ledger, which), area, which, step, zone)


def issues_behind(
    session: Session,
    actor: Actor,
    code: str,
    *,
    level: str,
    starts_at: datetime,
    ends_at: datetime,
    category: str | None = None,
    channels: tuple[str, ...] = (),
    states: tuple[str, ...] = (),
    tiers: tuple[str, ...] = (),
    plan_id: int = 0,
    after_id: int = 0,
    limit: int = 1000,
) -> list[AnyRow]:
    """List the issues that one cell of `heat` counts: rows of id, category, state, reported_at, by id.

    Parameters
    ----------
    code
        Of the micro-grid, grid, community or hexagon.
    after_id
        Id of the last issue already seen; 0 = from the first.

    Raises
    ------
    NotFound
        If there is no such cell in the actor's scope.
    BadInput
        For an unknown level, state or tier, or a period that is empty, too long or without zone.
    """
    require(actor, "heatmaps.read")
    which = HeatFilter(starts_at, ends_at, (category,) if category else (), channels, states, tiers)
    check_question(which, level)
    atlas = Atlas(session)
    geography = atlas.get_geography(level, plan_id)
    ledger = get_ledger(session)
    chosen = choose_issues(session, ledger, which)
    cell = place_issues(ledger, geography)[0][chosen.rows]
    here = chosen.trusted & (cell == _require_cell(actor, geography, code))
    if level == "hexagon" and actor.area_ids is not None:
        grids = atlas.get_geography("grid")
        inside = np.append([bool(set(actor.area_ids) & set(line)) for line in grids.lineage], False)
        here &= inside[place_issues(ledger, grids)[0][chosen.rows]]
    ids = np.sort(ledger.columns["id"][chosen.rows][here])
    wanted = ids[ids > after_id][:limit].tolist()
    listed = select(Issue.id, Issue.category, Issue.state, Issue.reported_at)
    return fetch(session, listed.where(Issue.id == func.any(wanted)).order_by(Issue.id))


def check_question(which: HeatFilter, level: str) -> None:
    """Refuse a bad question, all that is wrong with it at once."""
    faults = which.check()
    if level not in LEVELS:
        faults.insert(0, FieldError("query", "level", "heat_word", level, " | ".join(LEVELS)))
    if faults:
        raise BadInput(fields=faults)


def build_rows(atlas: Atlas, board: Board, chosen: Chosen, area: Area, *, with_shapes: bool) -> list[HeatRow]:
    """Build the rows of the cells of an area, by code; a hexagon only where it holds households or issues."""
    counts, by_point = count_issues(board, chosen)
    cells = board.geography
    households, estimated, shown = see_cells(atlas, board, counts, area)
    shapes = shapes_of(cells, shown) if with_shapes else {}
    listed = sorted(np.flatnonzero(shown), key=lambda row: str(cells.code[row]))
    return [
        HeatRow(
            code=cells.code[row],
            label=cells.name[row] or cells.code[row],
            households=int(households[row]),
            estimated=bool(estimated[row]),
            issues=int(counts[row]),
            by_point=int(by_point[row]),
            rate_per_100=(
                100 * float(counts[row]) / int(households[row])
                if households[row] >= FEWEST_HOUSEHOLDS
                else None
            ),
            few=bool(counts[row] < FEWEST_ISSUES),
            geometry=shapes.get(cells.code[row]),
        )
        for row in listed
    ]


def shapes_of(cells: Geography, shown: np.ndarray) -> dict[str, dict[str, Any]]:
    """Give the shapes of the shown cells by code: GeoJSON objects, a point for a cell without ground."""
    rounded = shapely.transform(cells.grounds[shown], lambda lonlat: np.round(lonlat, DECIMALS))
    written = shapely.to_geojson(rounded)
    return {code: json.loads(text) for code, text in zip(cells.code[shown], written, strict=True)}


def _require_cell(actor: Actor, geography: Geography, code: str) -> int:
    found = np.flatnonzero(geography.code == code)
    if not len(found):
        raise NotFound
    line = geography.lineage[found[0]]
    if actor.area_ids is not None and line and not set(actor.area_ids) & set(line):
        raise NotFound
    return int(found[0])


def _histogram(
    atlas: Atlas,
    ledger: Ledger,
    chosen: Chosen,
    area: Area,
    which: HeatFilter,
    step: str,
    zone: str,
) -> Histogram:
    bounds = build_bounds(which.starts_at, which.ends_at, step, zone)
    board = lay_board(atlas, ledger, area, "grid")
    frames = count_frames(board, chosen, bounds)[:, board.shown].sum(axis=1)
    bins = [
        {"starts_at": starts_at, "issues": int(issues)}
        for starts_at, issues in zip(bounds, frames, strict=False)
    ]
    return Histogram(step, bins)


def _breaks_of(atlas: Atlas, ledger: Ledger, chosen: Chosen, cells: Geography) -> dict[str, list[float]]:
    columns = ledger.columns
    somewhere = (columns["building_id"][chosen.rows] > 0) | ~np.isnan(columns["lon"][chosen.rows])
    issues = int(np.sum(chosen.trusted & somewhere))
    households = int(atlas.get_geography("grid").households.sum())
    rate = 100 * issues / households if households else 0.0
    return {
        "rate": build_breaks(rate, whole=False),
        "issues": build_breaks(issues / len(cells) if len(cells) else 0.0, whole=True),
    }
