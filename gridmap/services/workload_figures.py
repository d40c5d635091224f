"""The figures of a posting's workload, and how they spread among the posts of a role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.models import Area, Building
from gridmap.models.issues import CLOSED_STATES
from gridmap.services.plan_frames import read_frame
from gridmap.services.walking import get_network

FIGURES = ("households", "buildings", "entrances", "open_issues", "round_m")
FEWEST_POSTS = 4
"""With fewer posts the ends of a spread would tell what single ones carry."""
MOST_BINS = 8


@dataclass(frozen=True)
class Load:
    """What a post answers for on a day, all its postings together and each home once.

    Attributes
    ----------
    buildings, entrances
        With homes; a building whose entrances are not known counts as one entrance.
    open_issues
        See `duty_load`.
    round_m
        Metres of a walk past all entrances and back: an estimate, see `gridmap.covering.rounds`; None where
        no entrance is on the walking network.
    doors_left_out
        Entrances that are not on that round.
    """

    households: int
    households_estimated: bool
    buildings: int
    entrances: int
    open_issues: int
    round_m: float | None
    doors_left_out: int

    def figure(self, name: str) -> float | None:
        """Give one of `FIGURES`."""
        value = getattr(self, name)
        return None if value is None else float(value)


@dataclass(frozen=True)
class Bin:
    """How many posts have a figure from ``low`` up to ``high``, which is included in the last."""

    low: float
    high: float
    posts: int


@dataclass(frozen=True)
class Spread:
    """How a figure spreads among the posts of a role.

    Attributes
    ----------
    posts
        That have the figure.
    least, lower, middle, upper, most
        Smallest, quartiles (linear between posts), largest; None with fewer than `FEWEST_POSTS`.
    bins
        Equal classes from the smallest to the largest; empty with fewer posts.
    """

    figure: str
    posts: int
    least: float | None
    lower: float | None
    middle: float | None
    upper: float | None
    most: float | None
    bins: list[Bin]


def build_spreads(loads: Iterable[Load]) -> list[Spread]:
    """Build the spread of each figure; nobody can be told from it."""
    known = list(loads)
    return [_spread(name, [load.figure(name) for load in known]) for name in FIGURES]


def find_loads(session: Session, staff_ids: Sequence[int], on: date) -> dict[int, Load]:
    """Measure what some posts answer for on a day.

    Returns
    -------
    dict
        By id of the post; one without postings answers for nothing.
    """
    issues = sql("duty_load")
    values = {"staff_ids": list(staff_ids), "on_date": on}
    open_issues = {
        row.staff_id: row.open_issues
        for row in session.execute(issues, values | {"closed": list(CLOSED_STATES)})
    }
    shares = read_frame(session, "workload_shares", **values)
    held = {staff_id: _Held() for staff_id in staff_ids}
    for district_id in _list_districts(session, shares):
        for staff_id, more in _measure_in(session, district_id, shares).items():
            held[staff_id] = held[staff_id].with_more(more)
    return {staff_id: one.as_load(open_issues.get(staff_id, 0)) for staff_id, one in held.items()}


def find_doors(session: Session, district_id: int, shares: pd.DataFrame) -> pd.DataFrame:
    """Find the doors behind which the homes of `workload_shares` live.

    Returns
    -------
    pandas.DataFrame
        One row a post and door: ``staff_id``, ``door`` (row among the doors of the district),
        ``building_id``, ``homes`` (of the door that the post answers for), ``estimated``.
    """
    homes = get_network(session, district_id).doors_of(session, district_id)
    doors = pd.DataFrame(
        {
            "door": np.arange(len(homes.building_id)),
            "building_id": homes.building_id,
            "number": homes.entrance_number,
            "at_door": homes.households,
            "estimated": homes.households_estimated,
        }
    )
    asked = shares.assign(entrance_number=pd.to_numeric(shares["entrance_number"]).fillna(0).astype("int64"))
    pairs = asked.merge(doors, on="building_id")
    # A building without entrances of its own has one door, number 0, which stands for any of them.
    all_of_it = pairs["entrance_number"] == 0
    pairs = pairs[all_of_it | (pairs["entrance_number"] == pairs["number"]) | (pairs["number"] == 0)]
    is_all = pairs["is_whole"] & ((pairs["entrance_number"] == 0) | (pairs["number"] != 0))
    pairs = pairs.assign(part=np.where(is_all, pairs["at_door"], pairs["households"]))
    found = pairs.groupby(["staff_id", "door", "building_id"], sort=True).agg(
        part=("part", "sum"), at_door=("at_door", "first"), estimated=("estimated", "first")
    )
    found["homes"] = np.minimum(found["part"], found["at_door"])
    return found.reset_index()[["staff_id", "door", "building_id", "homes", "estimated"]]


@dataclass(frozen=True)
class _Held:
    households: int = 0
    is_estimated: bool = False
    buildings: int = 0
    entrances: int = 0
    round_m: float = 0.0
    on_round: int = 0
    left_out: int = 0

    def with_more(self, more: _Held) -> _Held:
        """Add what is held in another district: nobody walks from one to the next."""
        return _Held(
            self.households + more.households,
            self.is_estimated or more.is_estimated,
            self.buildings + more.buildings,
            self.entrances + more.entrances,
            self.round_m + more.round_m,
            self.on_round + more.on_round,
            self.left_out + more.left_out,
        )

    def as_load(self, open_issues: int) -> Load:
        round_m = round(self.round_m, 1) if self.on_round else None
        counts = (self.households, self.is_estimated, self.buildings, self.entrances)
        return Load(*counts, open_issues, round_m, self.left_out)


def _measure_in(session: Session, district_id: int, shares: pd.DataFrame) -> dict[int, _Held]:
    rounds = get_network(session, district_id).rounds_of(session, district_id)
    doors = find_doors(session, district_id, shares)  # come by post
    by_post = doors.groupby("staff_id", sort=True)
    sums = by_post.agg(
        homes=("homes", "sum"), estimated=("estimated", "any"), buildings=("building_id", "nunique")
    )
    counts = by_post.size().to_numpy()
    ends = np.cumsum(counts)
    rows = zip(
        sums.index.tolist(),
        sums["homes"].tolist(),
        sums["estimated"].tolist(),
        sums["buildings"].tolist(),
        counts.tolist(),
        ends.tolist(),
        strict=True,
    )
    held = {}
    for staff_id, homes, is_estimated, buildings, count, end in rows:
        past = rounds.measure(doors["door"].to_numpy()[end - count : end])
        held[staff_id] = _Held(homes, is_estimated, buildings, count, past.walk_m, past.doors, past.left_out)
    return held


def _list_districts(session: Session, shares: pd.DataFrame) -> list[int]:
    """List the districts that the homes lie in."""
    ids = shares["building_id"].unique().tolist()
    query = select(Area.lineage[1]).join(Building, Building.grid_id == Area.id).distinct()
    return sorted(session.scalars(query.where(Building.id == func.any(ids))))


def _spread(name: str, values: list[float | None]) -> Spread:
    known = np.array([value for value in values if value is not None])
    if len(known) < FEWEST_POSTS:
        return Spread(name, len(known), None, None, None, None, None, [])
    least, lower, middle, upper, most = np.percentile(known, [0, 25, 50, 75, 100]).round(1).tolist()
    edges = np.linspace(known.min(), known.max(), (MOST_BINS if known.min() < known.max() else 1) + 1)
    counts, edges = np.histogram(known, edges)
    bins = [
        Bin(round(float(low), 1), round(float(high), 1), int(count))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    return Spread(name, len(known), least, lower, middle, upper, most, bins)
