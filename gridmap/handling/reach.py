"""How a notice spreads: homes reached over time, and when whom to remind; pure.

A share is of all homes of the area, those that no micro-grid holds or nobody answers for included: what
nobody could reach was not reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

TIERS = ("compound", "community", "street")
"""Who is to call whoever has homes left, one after the other."""
MARKS_MINUTES = (120, 180)
"""Two to three hours: what districts report from sending to the last household."""


@dataclass(frozen=True)
class Step:
    """Homes reached by a minute.

    Attributes
    ----------
    minutes
        Since sending.
    households
        Reached by then, all told.
    """

    minutes: int
    households: int


@dataclass(frozen=True)
class Mark:
    """Where the curve stood, so many minutes after sending.

    Attributes
    ----------
    households
        Reached by then; None while that moment is still to come.
    share
        From 0 to 1; None as long, and where there are no homes.
    """

    minutes: int
    households: int | None
    share: float | None


def build_curve(sent_at: datetime, reached: Iterable[tuple[datetime, int]]) -> list[Step]:
    """Build the curve of homes reached, one step a minute in which any were.

    Parameters
    ----------
    reached
        Moments and the homes reached then, in any order. What is told of a time before sending (a clock that
        is wrong) counts as of sending.
    """
    by_minute: dict[int, int] = {}
    for at, households in reached:
        minute = max(0, (at - sent_at) // timedelta(minutes=1))
        by_minute[minute] = by_minute.get(minute, 0) + households
    steps, total = [], 0
    for minute in sorted(by_minute):
        total += by_minute[minute]
        steps.append(Step(minute, total))
    return steps


def find_marks(curve: Iterable[Step], households: int, minutes_passed: float) -> list[Mark]:
    """Read the curve where people ask: after two hours and after three.

    Parameters
    ----------
    households
        All homes of the area.
    minutes_passed
        Since sending; a mark that lies beyond is still to come.
    """
    steps = list(curve)
    marks = []
    for minutes in MARKS_MINUTES:
        if minutes > minutes_passed:
            marks.append(Mark(minutes, None, None))
            continue
        by_then = max((step.households for step in steps if step.minutes < minutes), default=0)
        marks.append(Mark(minutes, by_then, by_then / households if households else None))
    return marks


def list_tiers(sent_at: datetime, remind_after_minutes: int) -> list[tuple[str, datetime]]:
    """List the tiers with the moments from which each has to call who has homes left."""
    wait = timedelta(minutes=remind_after_minutes)
    return [(tier, sent_at + wait * place) for place, tier in enumerate(TIERS, start=1)]


def next_reminder(sent_at: datetime, remind_after_minutes: int, now: datetime) -> datetime | None:
    """Give the first moment after ``now`` at which a tier's time is up; None when the last one's is."""
    return next((due for _, due in list_tiers(sent_at, remind_after_minutes) if due > now), None)
