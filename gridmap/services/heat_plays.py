"""A layer of the heatmap step by step, for the slider of a page that is handed on.

What a step shows is what `gridmap.services.heat_layers.heat_layer` makes of its period, as the officials'
page asks for it: counts and rates of the step itself, tests of the quarter that ends with it.

Time: a count of the step's issues and a pass over the city's cells for each step; so that a page is built in
seconds, a step too fine for the period gives way to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from gridmap.mapping.rates import build_rates
from gridmap.mapping.unusual import Q
from gridmap.services.actors import Actor, require
from gridmap.services.heat_breaks import find_breaks
from gridmap.services.heat_counts import (
    STEPS,
    build_bounds,
    choose_issues,
    count_issues,
    lay_board,
    see_cells,
)
from gridmap.services.heat_layers import STEP_DAYS, TESTED
from gridmap.services.heat_ledger import get_ledger
from gridmap.services.heat_places import Atlas
from gridmap.services.heat_trials import Question, try_city, word_notes
from gridmap.services.heatmaps import FEWEST_HOUSEHOLDS, check_question
from gridmap.services.places import get_area
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from gridmap.services.heat_counts import Board, HeatFilter

    Floats = NDArray[np.float64]

TESTED_DAYS = 91
"""A month of single cells finds no doubling; a quarter does."""
MOST_STEPS = 62
"""More of them give way to the next longer step; months are played whatever their number."""


@dataclass(frozen=True)
class PlayedStep:
    """What a layer shows at one step, arrays of (cells,).

    Attributes
    ----------
    starts_at, ends_at
        Of what is counted: the step inside the period, or the quarter that ends with it.
    kinds
        Number of the class, ``not_enough``, or what a test found.
    figures
        Name as in `gridmap.services.heat_layers.LayerRow` -> values; NaN where there is none.
    notes
        The choices of a test.
    """

    starts_at: datetime
    ends_at: datetime
    kinds: NDArray[np.str_]
    figures: dict[str, Floats]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeatPlay:
    """A layer step by step.

    Attributes
    ----------
    breaks
        Bounds of the classes for one step; empty for tested layers.
    """

    layer: str
    step: str
    breaks: list[float]
    steps: list[PlayedStep]


def play_layer(
    session: Session,
    actor: Actor,
    area_code: str,
    which: HeatFilter,
    *,
    codes: Sequence[str],
    layer: str,
    level: str = "micro_grid",
    step: str = "week",
    zone: str = LOCAL_ZONE,
    language: str | None = None,
) -> HeatPlay:
    """Make a layer for each step of a period; the rest as `gridmap.services.heat_layers.heat_layer`.

    Parameters
    ----------
    codes
        Of the cells to tell of, in their order.
    step
        ``day``, ``week`` or ``month``; see `MOST_STEPS`.
    """
    require(actor, "heatmaps.read")
    check_question(which, level)
    area = get_area(session, actor, area_code)
    step, bounds = _choose_step(which, step, zone)
    question = Question(session, Atlas(session), get_ledger(session), which, layer, Q, zone)
    board = lay_board(question.atlas, question.ledger, area, level)
    place = {str(code): number for number, code in enumerate(board.geography.code)}
    cells = np.array([place[code] for code in codes], dtype=np.int64)
    homes, _, _ = see_cells(question.atlas, board, np.zeros(len(place), dtype=np.int64), area)
    breaks = [] if layer in TESTED else find_breaks(session, board, which, layer, STEP_DAYS[step])
    spoken = language or actor.language
    steps = []
    for starts_at, ends_at in pairwise(max(which.starts_at, moment) for moment in bounds):
        end = min(ends_at, which.ends_at)
        if layer in TESTED:
            start = end.astimezone(ZoneInfo(zone)) - timedelta(days=TESTED_DAYS)
            asked = replace(question, which=which.moved(start, end))
            steps.append(_test_step(asked, board, level, cells, spoken))
        else:
            asked = replace(question, which=which.moved(starts_at, end))
            steps.append(_count_step(asked, board, cells, homes, breaks))
    return HeatPlay(layer, step, breaks, steps)


def _choose_step(which: HeatFilter, step: str, zone: str) -> tuple[str, list[datetime]]:
    """Choose the asked step, or the next longer one that takes few enough steps."""
    bounds = build_bounds(which.starts_at, which.ends_at, step, zone)
    for longer in STEPS[STEPS.index(step) + 1 :]:
        if len(bounds) <= MOST_STEPS + 1:
            break
        step, bounds = longer, build_bounds(which.starts_at, which.ends_at, longer, zone)
    return step, bounds


def _count_step(
    asked: Question, board: Board, cells: NDArray[np.int64], homes: NDArray[np.int64], breaks: list[float]
) -> PlayedStep:
    """Count a step, or draw its rates to the whole city's mean."""
    which = asked.which
    chosen = choose_issues(asked.session, asked.ledger, which)
    issues = count_issues(board, chosen)[0]
    figures = {"issues": issues[cells].astype(float)}
    value = figures["issues"]
    if asked.layer == "per_100":
        in_city = issues if board.here is None else count_issues(replace(board, here=None), chosen)[0]
        rates = build_rates(in_city, board.geography.households)
        is_told = homes[cells] >= FEWEST_HOUSEHOLDS
        named = {"rate": rates.raw, "shrunk": rates.shrunk, "low": rates.low, "high": rates.high}
        for name, rate in named.items():
            figures[f"{name}_per_100"] = np.where(is_told, 100 * rate[cells], np.nan)
        value = figures["shrunk_per_100"]
    kinds = np.searchsorted(breaks, value, side="right").astype(str)
    kinds = np.where(np.isnan(value), "not_enough", kinds)
    return PlayedStep(which.starts_at, which.ends_at, kinds, figures)


def _test_step(
    asked: Question, board: Board, level: str, cells: NDArray[np.int64], language: str
) -> PlayedStep:
    """Test the whole city, and tell of the cells."""
    tested = try_city(asked, board, level)
    named = {"observed": tested.observed, "expected": tested.expected, "ratio": tested.ratio}
    named |= {"ratio_low": tested.low, "ratio_high": tested.high}
    figures = {name: np.where(np.isfinite(of[cells]), of[cells], np.nan) for name, of in named.items()}
    notes = tuple(word_notes(tested, level, language))
    return PlayedStep(asked.which.starts_at, asked.which.ends_at, tested.classes[cells], figures, notes)
