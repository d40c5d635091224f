"""Visits of a demo district: some rounds of each kind, never to all of the buildings."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

# Kind -> share of the buildings that a period reaches, and how many days before today it goes back.
_SHARES = {"daily": 0.4, "key": 0.85, "full": 0.8}
_DAYS_BACK = {"daily": 2, "key": 75, "full": 120}
_OPENS, _CLOSES = 9, 20  # hours of local time
_MONTHS = {"key": 1, "full": 3}

COLUMNS = ("id", "staff_code", "building_id", "kind", "visited_at")


def build_visits(
    homes: Sequence[tuple[str, str | None, str | None]], now: datetime, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw visits to buildings.

    Parameters
    ----------
    homes
        Source id of each building, the post that goes there daily and for key visits, the one for full
        visits; None = nobody goes.
    now
        Local time; nothing is drawn after it.
    rng
        The same state draws the same.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, at most one visit a building, kind and period; times as local text.
    """
    parts = []
    for kind, share in _SHARES.items():
        posts = [full if kind == "full" else daily for _, daily, full in homes]
        for first, days in _list_periods(kind, now):
            drawn = rng.random(len(homes)) < share
            minutes = rng.integers(days, size=len(homes)) * 24 * 60
            minutes += rng.integers(_OPENS * 60, _CLOSES * 60, size=len(homes))
            for row in np.flatnonzero(drawn).tolist():
                moment = first + timedelta(minutes=int(minutes[row]))
                post, building = posts[row], homes[row][0]
                if post is not None and moment <= now:
                    name = f"{kind}-{first:%Y%m%d}-{building}"
                    parts.append((name, post, building, kind, f"{moment:%Y-%m-%d %H:%M}"))
    return pd.DataFrame(parts, columns=list(COLUMNS))


def _list_periods(kind: str, now: datetime) -> list[tuple[datetime, int]]:
    """List the periods of a kind, each by its first midnight and its days."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    earliest = today - timedelta(days=_DAYS_BACK[kind])
    if kind == "daily":
        return [(today - timedelta(days=back), 1) for back in range(_DAYS_BACK[kind], -1, -1)]
    months = _MONTHS[kind]
    first = earliest.replace(day=1, month=earliest.month - (earliest.month - 1) % months)
    periods = []
    while first <= today:
        after = (first + timedelta(days=31 * months)).replace(day=1)
        periods.append((first, (after - first).days))
        first = after
    return periods
