"""Tests of the whole city for unusual places and changes, with the choices they made put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.i18n import translate
from gridmap.mapping.hexagons import SIDE_M
from gridmap.mapping.unusual import HOT, find_unusual_changes, find_unusual_places
from gridmap.mapping.windows import ENOUGH_HOUSEHOLDS, build_nearest_windows, build_queen_windows
from gridmap.planning.frames import LocalFrame
from gridmap.services.heat_counts import Board, HeatFilter, choose_issues, count_incidents, lay_city

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sqlalchemy.orm import Session

    from gridmap.mapping.unusual import Unusual
    from gridmap.services.heat_geographies import Geography
    from gridmap.services.heat_ledger import Ledger
    from gridmap.services.heat_places import Atlas

PAST = timedelta(days=365)
"""A place's own past: this long before the period."""
GRAIN = 1e-6
"""Degrees, about ten centimetres: borders of neighbours are the same line but for rounding."""


@dataclass(frozen=True)
class Question:
    """What a test is asked: of which issues, ``unusual`` or ``change``, and at which q."""

    session: Session
    atlas: Atlas
    ledger: Ledger
    which: HeatFilter
    layer: str
    q: float
    zone: str


def try_city(question: Question, city: Board, level: str) -> Unusual:
    """Test the incidents of the whole city; by the calendar of the question's zone."""
    now = _incidents(question, city, question.which)
    windows = get_windows(city.geography, level)
    if question.layer == "unusual":
        return find_unusual_places(now, city.geography.households, windows, q=question.q)
    starts_at = question.which.starts_at
    before = _incidents(question, city, question.which.moved(starts_at - PAST, starts_at))
    return find_unusual_changes(now, before, windows, q=question.q)


def count_hot_elsewhere(question: Question, cells: Geography, hot: np.ndarray, level: str) -> tuple[str, int]:
    """Count the hot cells that are hot on another geography, too: hexagons, for hexagons the micro-grids.

    A cell is hot on hexagons if it stands in a hot one; a hexagon is, if a hot micro-grid stands in it. A
    city without micro-grids has its grids.

    Parameters
    ----------
    hot
        Positions of the hot cells.

    Returns
    -------
    tuple
        The other level, and the count.
    """
    other = "hexagon" if level != "hexagon" else "micro_grid"
    city = lay_city(question.atlas, question.ledger, other)
    if not len(city.geography):
        other = "grid"
        city = lay_city(question.atlas, question.ledger, other)
    if not len(hot):
        return other, 0
    is_hot = try_city(question, city, other).classes == HOT
    if level == "hexagon":
        tree, places = shapely.STRtree(cells.shapes[hot]), city.geography.lonlat[is_hot]
    else:
        tree, places = shapely.STRtree(city.geography.shapes[is_hot]), cells.lonlat[hot]
    points, shapes = tree.query(shapely.points(places), predicate="intersects")
    return other, len(np.unique(shapes if level == "hexagon" else points))


def get_windows(cells: Geography, level: str) -> csr_matrix:
    """Get the windows: a micro-grid with all that touch it, another cell with the nearest 500 households."""
    if level not in cells.windows:
        cells.windows[level] = _build_windows(cells, level)
    return cells.windows[level]


def _build_windows(cells: Geography, level: str) -> csr_matrix:
    if level == "micro_grid":
        return build_queen_windows(cells.grounds, GRAIN)
    middle = cells.lonlat.mean(axis=0) if len(cells) else np.zeros(2)
    frame = LocalFrame.around(np.concatenate([middle, middle]))
    return build_nearest_windows((cells.lonlat - middle) * (frame.x_m, frame.y_m), cells.households)


def word_notes(tested: Unusual, level: str, language: str) -> list[str]:
    """Put the choices of a test into words, its windows first."""
    window = "queen" if level == "micro_grid" else "nearest"
    details = {"households": ENOUGH_HOUSEHOLDS, "side": SIDE_M}
    texts = [translate(f"heatmaps.window_{window}", language, **details)]
    for note in tested.notes:
        if note.numbers.get("windows") == 0:  # nothing of the kind
            continue
        numbers = {name: f"{number:,.4g}" for name, number in note.numbers.items()}
        texts.append(translate(f"heatmaps.note_{note.word}", language, **numbers))
    return texts


def _incidents(question: Question, city: Board, which: HeatFilter) -> np.ndarray:
    chosen = choose_issues(question.session, question.ledger, which)
    return count_incidents(city, chosen, question.zone)
