"""Maximal and partial set cover, by an exact model in HiGHS whose word is checked.

Only demands out of the present stations' reach and within a candidate's count. Demands that the same
candidates cover become one row, candidates that cover no more than another are dropped (both exact). The
models are the ones of Church and ReVelle (1974) and Toregas and others (1971); only the sites are integer,
since a demand is covered wholly or not at all once they are. Reduction takes O(C^2 D) in sparse products,
the models exponential time in the worst case.

The solver's sites are counted anew; a greedy choice bettered by exchanges stands ready where it brings
none, or fewer; its bound is believed only as long as no choice contradicts it, and a plain one is always
there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from gridmap.covering.siting_swaps import Savings, improve_choice

if TYPE_CHECKING:
    from gridmap.covering.siting_case import SitingCase

SITES_SLACK, ROW_SLACK = 1e-5, 5e-7
"""What the solver may be off by: in a number of sites, in a row that sums to one."""


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

    @property
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
        """What the solver may be off by in households; less than half a household."""
        return min(0.4, max(1e-5, 1e-8 * self.all_households))


@dataclass(frozen=True)
class CoverChoice:
    """Positions chosen in a `Cover`, what they are worth, and what no choice can pass."""

    chosen: np.ndarray
    value: float
    bound: float


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
    cover: Cover, sites: int, deadline: float, *, start: np.ndarray | None = None
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
    start
        (n,) a choice of no more sites that must not come out better.
    """
    chosen = _search(cover, sites, start)
    value = cover.count(chosen)
    single = np.sort(cover.covers @ cover.households)[::-1]
    plain = min(cover.all_households, float(single[:sites].sum()))
    if value >= plain - cover.slack:
        return CoverChoice(chosen, value, value)
    c, d = cover.covers.shape
    limit = csr_array(np.concatenate([np.ones(c), np.zeros(d)])[None, :])
    found, dual = _solve(
        np.concatenate([np.zeros(c), -cover.households]),
        [_only_if_covered(cover), LinearConstraint(limit, 0, sites)],
        c,
        deadline,
    )
    if found is not None and len(found) <= sites and cover.count(found) > value:
        value, chosen = cover.count(found), found
    said = float(np.floor(cover.slack - dual)) if cover.is_whole and np.isfinite(dual) else -dual
    return CoverChoice(chosen, value, _believe(value, said, plain, cover.slack))


def _search(cover: Cover, sites: int, start: np.ndarray | None) -> np.ndarray:
    """Choose greedily and by exchanges, from nothing and from a start; return the better choice."""
    if sites >= len(cover.candidates):
        return np.arange(len(cover.candidates))
    starts = [np.empty(0, np.int64)] if start is None else [np.empty(0, np.int64), start]
    savings = cover.savings
    choices = [improve_choice(savings, rows, sites)[1] for rows in starts]
    return max(choices, key=cover.count)


def _only_if_covered(cover: Cover) -> LinearConstraint:
    """A demand counts only if a site that covers it is chosen."""
    rows = hstack([-cover.covers.T, eye_array(len(cover.households))], format="csr")
    return LinearConstraint(rows, -np.inf, 0)


def sites_for_cover(cover: Cover, households: float, deadline: float) -> CoverChoice:
    """Cover at least so many households with the fewest candidates; `value` and `bound` count sites.

    Parameters
    ----------
    cover
        Candidates and demands.
    households
        How many are to be covered, at most `Cover.all_households`.
    deadline
        On the clock of `time.monotonic`.
    """
    chosen = _add_until(cover, np.empty(0, np.int64), households)
    single = np.cumsum(np.sort(cover.covers @ cover.households)[::-1])
    least = int(np.searchsorted(single, households - cover.slack)) + 1 if len(chosen) else 0
    if len(chosen) <= least:
        return CoverChoice(chosen, len(chosen), len(chosen))
    c, d = cover.covers.shape
    weight = csr_array(np.concatenate([np.zeros(c), cover.households])[None, :] / households)
    found, dual = _solve(
        np.concatenate([np.ones(c), np.zeros(d)]),
        [_only_if_covered(cover), LinearConstraint(weight, 1 - ROW_SLACK, np.inf)],
        c,
        deadline,
    )
    if found is not None:
        found = _add_until(cover, found, households)
        chosen = found if len(found) < len(chosen) else chosen
    said = float(np.ceil(dual - SITES_SLACK)) if np.isfinite(dual) else -np.inf
    return CoverChoice(chosen, len(chosen), -_believe(-len(chosen), -said, -least, SITES_SLACK))


def _add_until(cover: Cover, chosen: np.ndarray, households: float) -> np.ndarray:
    """Add the candidate that covers most, again and again, until enough is covered."""
    covered = np.zeros(len(cover.households), bool)
    if len(chosen):
        covered = cover.covers[chosen].sum(axis=0) > 0
    rows = list(chosen)
    enough = households * (1 - 1e-12)
    while float(cover.households[covered].sum()) < enough:
        gains = cover.covers @ np.where(covered, 0.0, cover.households)
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            break
        rows.append(best)
        covered |= cover.covers[[best]].toarray()[0] > 0
    return np.array(sorted(rows), np.int64)


def _solve(
    cost: np.ndarray, rows: list[LinearConstraint], sites: int, deadline: float
) -> tuple[np.ndarray | None, float]:
    """Minimise a model whose first columns are sites; return those set, if any, and the bound proved."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        return None, -np.inf
    integrality = np.zeros(len(cost), np.int64)
    integrality[:sites] = 1
    result = milp(
        cost,
        integrality=integrality,
        bounds=Bounds(0, 1),
        constraints=rows,
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    chosen = None if result.x is None else np.flatnonzero(result.x[:sites] > 0.5)
    dual = result.mip_dual_bound
    return chosen, -np.inf if dual is None or not np.isfinite(dual) else float(dual)


def _believe(value: float, said: float, plain: float, slack: float) -> float:
    """Return an upper bound: the solver's where it betters the plain one, unless a choice contradicts it."""
    if said < value - slack:
        return plain
    bound = min(said, plain)
    return value if bound <= value + slack else bound
