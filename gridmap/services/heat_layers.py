"""The layers of the heatmap: issues, per 100 households, unusual places, unusual changes; and frames of time.

What a test says never hangs on the area shown: it is made for the whole city, and the area's cells are picked
from it. Tests count incidents; the other layers count issues, so that each figure opens its issues.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.errors import BadInput, FieldError
from gridmap.i18n import translate
from gridmap.mapping.rates import build_rates
from gridmap.mapping.unusual import HOT, Q
from gridmap.models.issues import ISSUE_FLAGS
from gridmap.services.actors import Actor, require
from gridmap.services.heat_breaks import find_breaks
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
from gridmap.services.heat_places import Atlas
from gridmap.services.heat_trials import Question, count_hot_elsewhere, try_city, word_notes
from gridmap.services.heatmaps import FEWEST_HOUSEHOLDS, check_question, shapes_of
from gridmap.services.places import get_area
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.mapping.rates import Rates
    from gridmap.mapping.unusual import Unusual
    from gridmap.models import Area
    from gridmap.services.heat_counts import Board
    from gridmap.services.heat_geographies import Geography

LAYERS = ("counts", "per_100", "unusual", "change")
TESTED = ("unusual", "change")
MOST_FRAMES = 400
UNTESTED: dict[str, Any] = {
    "messages": [],
    "q": None,
    "hot": None,
    "hot_elsewhere": None,
    "elsewhere": None,
}
STEP_DAYS = {"day": 1.0, "week": 7.0, "month": 365 / 12}


@dataclass(frozen=True)
class LayerRow:
    """One cell of a layer; what a layer does not tell is None.

    Attributes
    ----------
    by_point
        Issues that only a point has put here, no building.
    rate_per_100, shrunk_per_100, low_per_100, high_per_100
        Issues per 100 households as counted; drawn to the city's mean, with its 95 % interval.
    found
        ``hot``, ``cold``, ``not_distinguishable`` or ``not_enough``.
    observed, expected, ratio, ratio_low, ratio_high
        Incidents of the cell's window, what was to be expected, the one by the other with its 95 % interval.
    """

    code: str
    label: str
    households: int
    estimated: bool
    issues: int
    by_point: int
    rate_per_100: float | None = None
    shrunk_per_100: float | None = None
    low_per_100: float | None = None
    high_per_100: float | None = None
    found: str | None = None
    observed: int | None = None
    expected: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    geometry: dict[str, Any] | None = None


@dataclass(frozen=True)
class HeatLayer:
    """A layer with all that is needed to read it.

    Attributes
    ----------
    breaks
        Four rising bounds of five classes (`gridmap.services.heat_breaks`); empty for tested layers.
    left_out
        Reason -> issues that no cell counts: the flags of issues, and ``no_cell`` for trusted issues of the
        area that lie in none of its cells.
    messages
        The choices a test made, in order.
    hot, hot_elsewhere
        Hot cells shown, and how many of them are hot on the geography `elsewhere`, too; None where not
        tested.
    recorded_from
        When the city's first issue was reported: a period that begins before is not on record as a whole.
    plan_version
        Id of the newest plan among the cells; None for areas and hexagons.
    """

    area_code: str
    area_name: str
    layer: str
    level: str
    starts_at: datetime
    ends_at: datetime
    rows: list[LayerRow]
    breaks: list[float]
    left_out: dict[str, int]
    messages: list[str]
    definition: str
    q: float | None
    hot: int | None
    hot_elsewhere: int | None
    elsewhere: str | None
    recorded_from: datetime | None
    plan_version: int | None
    as_of: datetime


@dataclass(frozen=True)
class HeatFrames:
    """Counts of each cell over time, for a slider.

    Attributes
    ----------
    codes
        Of the cells.
    starts_at
        When each frame begins.
    issues
        A list for each frame: issues of each cell.
    breaks, breaks_per_100
        Bounds of the classes for one step: of issues, and of issues per 100 households.
    """

    level: str
    step: str
    codes: list[str]
    households: list[int]
    starts_at: list[datetime]
    issues: list[list[int]]
    breaks: list[float]
    breaks_per_100: list[float]


def heat_layer(
    session: Session,
    actor: Actor,
    area_code: str,
    which: HeatFilter,
    *,
    layer: str = "counts",
    level: str = "micro_grid",
    plan_id: int = 0,
    q: float = Q,
    with_shapes: bool = False,
    zone: str = LOCAL_ZONE,
    language: str | None = None,
) -> HeatLayer:
    """Make one layer of the heatmap for an area.

    Parameters
    ----------
    layer
        One of `LAYERS`.
    level
        ``micro_grid``, ``grid``, ``community`` or ``hexagon``.
    plan_id
        Whose micro-grids; 0 = of what is published.
    q
        False discovery rate of a test.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope, or no such plan.
    BadInput
        For an unknown layer, level, state or tier, or a period that is empty, too long or without zone.
    """
    require(actor, "heatmaps.read")
    if layer not in LAYERS:
        raise BadInput(fields=[FieldError("query", "layer", "heat_word", layer, " | ".join(LAYERS))])
    check_question(which, level)
    area = get_area(session, actor, area_code)
    question = Question(session, Atlas(session), get_ledger(session), which, layer, q, zone)
    board = lay_board(question.atlas, question.ledger, area, level, plan_id)
    chosen = choose_issues(session, question.ledger, which)
    counts = count_issues(board, chosen)
    listed, rows = _list_cells(question.atlas, board, counts, area, with_shapes=with_shapes)
    spoken = language or actor.language
    told: dict[str, Any] = UNTESTED
    if layer == "per_100":
        # Rates are drawn to the whole city's mean, so that the area asked for does not move them.
        in_city = counts[0] if board.here is None else count_issues(replace(board, here=None), chosen)[0]
        rates = build_rates(in_city, board.geography.households)
        rows = [_with_rate(row, rates, cell) for row, cell in zip(rows, listed, strict=True)]
    elif layer in TESTED:
        tested = try_city(question, board, level)
        rows = [_with_test(row, tested, cell) for row, cell in zip(rows, listed, strict=True)]
        told = _tell_test(question, board.geography, tested, listed, level, spoken)
    return HeatLayer(
        area_code=area.code,
        area_name=(area.name_en or area.name) if spoken == "en" else area.name,
        layer=layer,
        level=level,
        starts_at=which.starts_at,
        ends_at=which.ends_at,
        rows=rows,
        breaks=[] if layer in TESTED else find_breaks(session, board, which, layer),
        left_out=count_left_out(question.atlas, board, chosen, area, ISSUE_FLAGS),
        definition=_define(layer, level, spoken),
        recorded_from=question.ledger.recorded_from,
        plan_version=board.plan_version,
        as_of=datetime.now(UTC),
        **told,
    )


def heat_frames(
    session: Session,
    actor: Actor,
    area_code: str,
    which: HeatFilter,
    *,
    level: str = "micro_grid",
    step: str = "week",
    plan_id: int = 0,
    zone: str = LOCAL_ZONE,
) -> HeatFrames:
    """Count the issues of each cell day by day, week by week (from Monday) or month by month.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope, or no such plan.
    BadInput
        As `heat_layer`, or for an unknown step or more than `MOST_FRAMES` of them.
    """
    require(actor, "heatmaps.read")
    check_question(which, level)
    area = get_area(session, actor, area_code)
    bounds = build_bounds(which.starts_at, which.ends_at, step, zone)
    if len(bounds) > MOST_FRAMES + 1:
        raise BadInput(fields=[FieldError("query", "step", "heat_frames", step, str(MOST_FRAMES))])
    atlas, ledger = Atlas(session), get_ledger(session)
    board = lay_board(atlas, ledger, area, level, plan_id)
    chosen = choose_issues(session, ledger, which)
    counts = count_frames(board, chosen, bounds)
    cells = board.geography
    households, _, shown = see_cells(atlas, board, counts.sum(axis=0), area)
    breaks, breaks_per_100 = (
        find_breaks(session, board, which, layer, STEP_DAYS[step]) for layer in ("counts", "per_100")
    )
    return HeatFrames(
        level=level,
        step=step,
        codes=cells.code[shown].tolist(),
        households=households[shown].tolist(),
        starts_at=bounds[:-1],
        issues=counts[:, shown].tolist(),
        breaks=breaks,
        breaks_per_100=breaks_per_100,
    )


def _list_cells(
    atlas: Atlas, board: Board, counts: tuple[np.ndarray, np.ndarray], area: Area, *, with_shapes: bool
) -> tuple[list[int], list[LayerRow]]:
    """List the cells of an area by code: their positions, and their rows with households and issues."""
    cells = board.geography
    issues, by_point = counts
    households, estimated, shown = see_cells(atlas, board, issues, area)
    shapes = shapes_of(cells, shown) if with_shapes else {}
    listed = sorted(np.flatnonzero(shown).tolist(), key=lambda cell: str(cells.code[cell]))
    rows = [
        LayerRow(
            code=cells.code[cell],
            label=cells.name[cell] or cells.code[cell],
            households=int(households[cell]),
            estimated=bool(estimated[cell]),
            issues=int(issues[cell]),
            by_point=int(by_point[cell]),
            geometry=shapes.get(cells.code[cell]),
        )
        for cell in listed
    ]
    return listed, rows


def _tell_test(
    question: Question, cells: Geography, tested: Unusual, listed: list[int], level: str, language: str
) -> dict[str, Any]:
    """Tell what a layer says of its test, as `UNTESTED` has it."""
    hot = [cell for cell in listed if tested.classes[cell] == HOT]
    elsewhere, hot_elsewhere = count_hot_elsewhere(question, cells, np.array(hot, dtype=np.int64), level)
    return {
        "messages": word_notes(tested, level, language),
        "q": question.q,
        "hot": len(hot),
        "hot_elsewhere": hot_elsewhere,
        "elsewhere": elsewhere,
    }


def _with_rate(row: LayerRow, rates: Rates, cell: int) -> LayerRow:
    if row.households < FEWEST_HOUSEHOLDS:
        return row
    per_100 = [100 * float(values[cell]) for values in (rates.raw, rates.shrunk, rates.low, rates.high)]
    return replace(
        row,
        rate_per_100=per_100[0],
        shrunk_per_100=per_100[1],
        low_per_100=per_100[2],
        high_per_100=per_100[3],
    )


def _with_test(row: LayerRow, tested: Unusual, cell: int) -> LayerRow:
    ratio, low, high = (
        float(values[cell]) if np.isfinite(values[cell]) else None
        for values in (tested.ratio, tested.low, tested.high)
    )
    return replace(
        row,
        found=str(tested.classes[cell]),
        observed=int(tested.observed[cell]),
        expected=float(tested.expected[cell]),
        ratio=ratio,
        ratio_low=low,
        ratio_high=high,
    )


def _define(layer: str, level: str, language: str) -> str:
    """Say what a layer shows, how issues find their cells, and what its colours mean."""
    parts = [f"heatmaps.layer_{layer}", f"heatmaps.definition_{level}"]
    if layer not in TESTED:
        parts.append("heatmaps.definition_breaks")
    return ("" if language == "zh" else " ").join(translate(part, language) for part in parts)
