"""Maximal and partial set cover: reduced, searched with bounds of our own, then by an exact model in HiGHS.

Only demands out of the present stations' reach and within a candidate's count. Demands that the same
candidates cover become one, candidates that cover no more than another are dropped (both exact; O(C^2 D) in
sparse products). Branch and bound (`siting_search`) decides most cases in well under a second; what it
leaves open after its share of nodes and time goes to HiGHS (`siting_models`).

No word is taken on trust: sites are counted anew, and a bound that a known choice contradicts is not
believed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from gridmap.covering.siting_models import solve_fewest, solve_most
from gridmap.covering.siting_search import NOTHING, Aim, choose_best
from gridmap.covering.siting_swaps import Savings

if TYPE_CHECKING:
    from gridmap.covering.siting_case import SitingCase

NODES = 300
"""Nodes of our own search before HiGHS is asked."""
SITES_SLACK = 1e-5
"""What the solver may be off by in a number of sites."""
ROUNDING = 1e-12
"""What sums of households may be off by, as a share of all."""


@dataclass(frozen=True)
class Cover:
    """What candidates cover beyond the present stations, reduced.

    Attributes
    ----------
    candidates
        (c,) rows of the candidates kept.
    covers
        (c, d) 1 where a candidate covers a demand.
    households
        (d,) households of each demand, those merged into it included.
    is_whole
        Whether all households are whole numbers.
    """

    candidates: np.ndarray
    covers: csr_array
    households: np.ndarray
    is_whole: bool

    @property
    def all_households(self) -> float:
        """What all candidates together cover."""
        return float(self.households.sum())

    @cached_property
    def savings(self) -> Savings:
        """The same for the search by exchanges: a demand is saved by its households or not at all."""
        by_demand = self.covers.T.tocsr()
        counts = np.diff(by_demand.indptr)
        return Savings(
            by_demand.indptr.astype(np.int64),
            by_demand.indices.astype(np.int32),
            np.repeat(self.households, counts),
            len(self.candidates),
        )

    def count(self, chosen: np.ndarray) -> float:
        """Count what a choice covers."""
        covered = np.zeros(len(self.households), bool)
        if len(chosen):
            covered = self.covers[chosen].sum(axis=0) > 0
        return float(self.households[covered].sum())

    @property
    def slack(self) -> float:
        """What a solver may be off by in households; less than half a household."""
        return min(0.4, max(1e-5, 1e-8 * self.all_households))

    def plain_bound(self, sites: int) -> float:
        """Bound what so many candidates cover: as if no two covered the same."""
        return min(self.all_households, float(np.sort(self.covers @ self.households)[::-1][:sites].sum()))


@dataclass(frozen=True)
class CoverChoice:
    """Positions chosen in a `Cover`, what they are worth, and what no choice can pass."""

    chosen: np.ndarray
    value: float
    bound: float

    @property
    def is_proven(self) -> bool:
        """Whether no choice is worth more."""
        return self.value == self.bound


def build_cover(case: SitingCase) -> Cover:
    """Reduce a case to what the sites decide."""
    open_ = (case.households > 0) & ~case.covers(case.present_m)
    covers = case.covers(case.walks_m[:, open_])
    households = case.households[open_]
    is_coverable = covers.any(axis=0)
    covers, households = covers[:, is_coverable], households[is_coverable]
    if not len(households):
        return Cover(np.empty(0, np.int64), csr_array((0, 0)), households, case.is_whole)
    packed = np.packbits(covers, axis=0)
    _, first, merged = np.unique(packed, axis=1, return_index=True, return_inverse=True)
    households = np.bincount(merged.reshape(-1), households, len(first))
    sparse = csr_array(covers[:, first].astype(np.float32))
    kept = _keep_undominated(sparse, case)
    return Cover(kept, csr_array(sparse[kept].astype(np.float64)), households, case.is_whole)


def _keep_undominated(covers: csr_array, case: SitingCase) -> np.ndarray:
    """List the candidates that no other one covers for; of equals the one with the shortest walks."""
    sizes = np.diff(covers.indptr)
    walked = np.minimum(case.walks_m, case.present_cost_m) @ case.households
    order = np.lexsort((np.arange(len(sizes)), walked, -sizes))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    shared = (covers @ covers.T).tocoo()
    inside = (shared.data == sizes[shared.row]) & (rank[shared.col] < rank[shared.row])
    dominated = sizes == 0
    dominated[shared.row[inside]] = True
    return np.flatnonzero(~dominated)


def cover_by_sites(
    cover: Cover, sites: int, deadline: float, rng: np.random.Generator, *, start: np.ndarray = NOTHING
) -> CoverChoice:
    """Cover most households with at most so many of the candidates.

    Parameters
    ----------
    cover
        Candidates and demands.
    sites
        How many may be chosen.
    deadline
        On the clock of `time.monotonic`.
    rng
        The only source of chance.
    start
        (n,) a choice of no more sites that must not come out better.
    """
    if sites >= len(cover.candidates):
        return CoverChoice(np.arange(len(cover.candidates)), cover.all_households, cover.all_households)
    aim = Aim(_halfway(deadline), cover.is_whole, nodes=NODES)
    choice = choose_best(cover.savings, sites, aim, rng, start=start)
    chosen, value = choice.candidates, cover.count(choice.candidates)
    if choice.is_proven:
        return CoverChoice(chosen, value, value)
    bound = min(choice.bound, cover.plain_bound(sites))
    found, said = solve_most(cover.covers, cover.households, sites, deadline)
    if found is not None and len(found) <= sites and cover.count(found) > value:
        chosen, value = found, cover.count(found)
    if cover.is_whole and np.isfinite(said):
        said = float(np.floor(said + cover.slack))
    return CoverChoice(chosen, value, _believe(value, said, bound, cover.slack))


def sites_for_cover(
    cover: Cover, households: float, deadline: float, rng: np.random.Generator
) -> CoverChoice:
    """Cover at least so many households with the fewest candidates; `value` and `bound` count sites.

    One site less is tried, again and again, until so few are proved not to be enough. Where all is to be
    covered prices say little, and HiGHS is asked at once.

    Parameters
    ----------
    cover
        Candidates and demands.
    households
        How many are to be covered, at most `Cover.all_households`.
    deadline, rng
        As in `cover_by_sites`.
    """
    enough = households - ROUNDING * cover.all_households
    chosen = _add_until(cover, NOTHING, households)
    if len(chosen) > 1 and households >= cover.all_households - cover.slack:
        return _ask_for_fewest(cover, households, chosen, deadline)
    least = 0
    while len(chosen) > least and cover.plain_bound(len(chosen) - 1) >= enough:
        aim = Aim(_halfway(deadline), cover.is_whole, goal=enough, nodes=NODES)
        fewer = choose_best(cover.savings, len(chosen) - 1, aim, rng)
        if fewer.bound < enough:
            least = len(chosen)
        elif cover.count(fewer.candidates) >= enough:
            chosen = fewer.candidates
        else:
            return _ask_for_fewest(cover, households, chosen, deadline)
    return CoverChoice(chosen, len(chosen), len(chosen))


def _ask_for_fewest(cover: Cover, households: float, chosen: np.ndarray, deadline: float) -> CoverChoice:
    """Let HiGHS better a choice or prove it."""
    least = next(n for n in range(len(chosen) + 1) if cover.plain_bound(n) >= households - cover.slack)
    found, said = solve_fewest(cover.covers, cover.households, households, deadline)
    if found is not None:
        found = _add_until(cover, found, households)
        chosen = found if len(found) < len(chosen) else chosen
    said = float(np.ceil(said - SITES_SLACK)) if np.isfinite(said) else said
    return CoverChoice(chosen, len(chosen), -_believe(-len(chosen), -said, -least, SITES_SLACK))


def _add_until(cover: Cover, chosen: np.ndarray, households: float) -> np.ndarray:
    """Add the candidate that covers most, again and again, until enough is covered."""
    covered = np.zeros(len(cover.households), bool)
    if len(chosen):
        covered = cover.covers[chosen].sum(axis=0) > 0
    rows = list(chosen)
    enough = households - ROUNDING * cover.all_households
    while float(cover.households[covered].sum()) < enough:
        gains = cover.covers @ np.where(covered, 0.0, cover.households)
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            break
        rows.append(best)
        covered |= cover.covers[[best]].toarray()[0] > 0
    return np.array(sorted(rows), np.int64)


def _halfway(deadline: float) -> float:
    now = time.monotonic()
    return now + (deadline - now) / 2


def _believe(value: float, said: float, known: float, slack: float) -> float:
    """Return an upper bound: the solver's where it betters the known one, unless a choice contradicts it."""
    if said < value - slack:
        return known
    bound = min(said, known)
    return value if bound <= value + slack else bound
