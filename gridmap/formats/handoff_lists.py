"""Hand-off lists: what a post gained and lost with a plan, as sheets and tables are made from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from gridmap.formats.plan_sheets.frames import Holding

COLUMNS = {
    "plan": "int64",
    "effective_on": "object",
    "post": "object",
    "role": "object",
    "what": "object",
    "building_id": "Int64",
    "building": "object",
    "compound": "object",
    "address": "object",
    "entrance": "Int64",
    "floor_from": "Int64",
    "floor_to": "Int64",
    "households": "Int64",
    "households_estimated": "boolean",
    "micro_grid_before": "object",
    "micro_grid_after": "object",
    "other_posts": "object",
}


@dataclass(frozen=True)
class HandedPart(Holding):
    """A building, or a part of one, that changes hands.

    Attributes
    ----------
    direction
        gained or lost.
    before, after
        Codes of the micro-grids that held it and that holds it now; None = none.
    others
        Posts it is taken over from, or handed over to.
    """

    direction: str
    before: str | None
    after: str | None
    others: tuple[str, ...]


@dataclass(frozen=True)
class CarriedPosting:
    """What became of a posting to a micro-grid whose code retired or came back.

    Attributes
    ----------
    outcome
        carried, undecided (``to_code`` is None: people decide) or returned.
    households, households_shared
        Of the retired micro-grid, and of these in the new one that holds most.
    """

    from_code: str
    to_code: str | None
    outcome: str
    households: int
    households_shared: int


@dataclass(frozen=True)
class HandoffList:
    """What one post hands over and takes over since a plan was published; no person is named."""

    staff_code: str
    role: str
    role_zh: str
    role_en: str
    organisation: str
    plan_id: int
    area_code: str
    area_name: str
    area_name_en: str
    effective_on: date
    acknowledged_at: datetime | None
    parts: tuple[HandedPart, ...]
    carries: tuple[CarriedPosting, ...]

    def of(self, direction: str) -> tuple[HandedPart, ...]:
        """Give the parts gained or lost."""
        return tuple(part for part in self.parts if part.direction == direction)

    def count(self, direction: str) -> tuple[int, int, bool]:
        """Count buildings and households gained or lost; True where some of them are an estimate."""
        own = self.of(direction)
        buildings = len({part.building_id for part in own})
        is_estimate = any(part.is_estimate and part.households for part in own)
        return buildings, sum(part.households for part in own), is_estimate


def as_table(lists: Iterable[HandoffList]) -> pd.DataFrame:
    """Give hand-off lists as a table: one row a part, and one a posting that was carried over or ended."""
    rows = [row for one in lists for row in (*_parts_of(one), *_postings_of(one))]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _head(one: HandoffList, what: str) -> dict[str, object]:
    return {
        "plan": one.plan_id,
        "effective_on": one.effective_on.isoformat(),
        "post": one.staff_code,
        "role": one.role,
        "what": what,
    }


def _parts_of(one: HandoffList) -> list[dict[str, object]]:
    return [
        _head(one, part.direction)
        | {
            "building_id": part.building_id,
            "building": part.name,
            "compound": part.compound,
            "address": part.address,
            "entrance": part.entrance,
            "floor_from": part.floor_from,
            "floor_to": part.floor_to,
            "households": part.households,
            "households_estimated": part.is_estimate,
            "micro_grid_before": part.before,
            "micro_grid_after": part.after,
            "other_posts": " ".join(part.others),
        }
        for part in one.parts
    ]


def _postings_of(one: HandoffList) -> list[dict[str, object]]:
    return [
        _head(one, f"posting_{carry.outcome}")
        | {
            "households": carry.households_shared,
            "micro_grid_before": carry.from_code,
            "micro_grid_after": carry.to_code,
        }
        for carry in one.carries
    ]
