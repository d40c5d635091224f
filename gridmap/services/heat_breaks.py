"""Bounds of the colours: the same for a layer and a city, whatever area, window or period is looked at.

They follow from the city's mean over its last twelve months with reports, scaled to the length of the period:
a week of May and a week of June have the same colours, and so have two periods side by side.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gridmap.mapping.breaks import build_breaks
from gridmap.services.heat_counts import choose_issues, count_issues
from gridmap.services.heat_ledger import EPOCH

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.heat_counts import Board, HeatFilter

YEAR_DAYS = 365.0
DAY = timedelta(days=1)
GRAIN = timedelta(microseconds=1)


def find_breaks(
    session: Session, board: Board, which: HeatFilter, layer: str, days: float | None = None
) -> list[float]:
    """Find the four rising bounds of the five classes of a layer.

    Parameters
    ----------
    board
        Of any area: the bounds are the whole city's.
    which
        Which issues; its period gives the length only.
    layer
        ``counts`` or ``per_100``.
    days
        Another length than that of the period.
    """
    length = (which.ends_at - which.starts_at) / DAY if days is None else days
    cells = board.geography
    of_all = cells.households.sum() / 100 if layer == "per_100" else len(cells)
    per_day = _count_per_day(session, board, which)
    return build_breaks(float(per_day * length / of_all) if of_all else 0.0, whole=layer == "counts")


def _count_per_day(session: Session, board: Board, which: HeatFilter) -> float:
    """Count the city's issues of a day, on the mean of the last twelve months with reports."""
    at = board.ledger.columns["at"]
    if not len(at):
        return 0.0
    first, last = (EPOCH + timedelta(microseconds=int(at[end])) for end in (0, -1))
    ends_at = last + GRAIN
    starts_at = max(first, ends_at - YEAR_DAYS * DAY)
    chosen = choose_issues(session, board.ledger, which.moved(starts_at, ends_at))
    issues, _ = count_issues(replace(board, here=None), chosen)
    return float(issues.sum() / max((ends_at - starts_at) / DAY, 1.0))
