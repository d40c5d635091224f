"""The choice of k candidates that saves most, with a proof: branch and bound over Lagrangian bounds.

A node says which candidates are built and which refused. The node with the largest bound is split first, so
that the bound over all falls all the time and a stop at any moment leaves a valid one. The best choice
known is improved by exchanges at every node. Exponential in the worst case; with 200 candidates and 2,000
demands the bound at the root mostly lies within half a percent, and up to some hundred nodes close it.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from functools import cache

import numpy as np

from gridmap.covering.siting_bounds import (
    BUILT,
    CHUNK_STEPS,
    FREE,
    REFUSED,
    settle_candidates,
    start_prices,
    step_prices,
)
from gridmap.covering.siting_swaps import Savings, improve_choice

ROOT_STEPS, NODE_STEPS = 1500, 150
KICKS = 12
"""How often the best choice is shaken and improved again before branching."""
SHORTEST = 1e-4
"""Length of a step at which prices are left alone."""
SAME_SHARE = 1e-9
"""A bound this near to the value, as a share of all that could be saved, is rounding: the value is proved."""
MOST_BYTES = 256 << 20
"""Memory for the open nodes; the search stops there, with the bound it has."""
NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class Aim:
    """What a search is for, and when it may stop.

    Attributes
    ----------
    deadline
        On the clock of `time.monotonic`; the first choice and one chunk of steps are made in any case.
    is_whole
        Whether savings are whole numbers, so that a bound may be rounded down.
    goal
        Where given, only whether a choice saves so much: a choice that does, or a bound below it, is enough.
    nodes
        How many nodes to split at most.
    """

    deadline: float
    is_whole: bool = False
    goal: float | None = None
    nodes: int | None = None


@dataclass(frozen=True)
class Choice:
    """Candidates chosen and what is known of them.

    Attributes
    ----------
    candidates
        (m,) rising.
    saved
        What they save.
    bound
        Proved: no choice of so many saves more.
    """

    candidates: np.ndarray
    saved: float
    bound: float

    @property
    def is_proven(self) -> bool:
        """Whether none saves more."""
        return self.bound <= self.saved


def choose_best(
    savings: Savings, sites: int, aim: Aim, rng: np.random.Generator, *, start: np.ndarray = NOTHING
) -> Choice:
    """Choose at most so many candidates that save most, and bound what any choice saves.

    Parameters
    ----------
    savings
        What candidates save where.
    sites
        How many may be chosen.
    aim
        When to stop.
    rng
        The only source of chance.
    start
        (n,) a choice that must not come out better, n <= sites.
    """
    if not len(savings.saved):
        return Choice(NOTHING, 0.0, 0.0)
    search = _Search(savings, min(sites, savings.total), aim, rng)
    if len(start):
        search.keep(start)
    return search.run()


@cache
def load_kernels() -> None:
    """Load the compiled parts, or compile them, so that no time limit pays for it."""
    savings = Savings(np.array([0, 2, 4, 6]), np.array([0, 1, 1, 2, 0, 2], np.int32), np.ones(6), 3)
    choose_best(savings, 1, Aim(time.monotonic() + 1e6, nodes=1), np.random.default_rng(0))


class _Search:
    """Branch and bound over the candidates of one case."""

    def __init__(self, savings: Savings, sites: int, aim: Aim, rng: np.random.Generator) -> None:
        self.savings, self.sites, self.aim, self.rng = savings, sites, aim, rng
        heads = savings.starts[:-1][np.diff(savings.starts) > 0]
        self.everything = float(savings.saved[heads].sum())
        self.slack = SAME_SHARE * self.everything
        self.saved, self.chosen = improve_choice(savings, NOTHING, sites)
        self.nodes = 0
        self.open: list[tuple[float, int, np.ndarray, np.ndarray, np.ndarray]] = []

    @property
    def enough(self) -> float:
        """A node with a bound down to this holds nothing worth looking for."""
        worth = self.saved + (1 - self.slack if self.aim.is_whole and self.slack < 0.5 else self.slack)
        return worth if self.aim.goal is None else max(worth, self.aim.goal - self.slack)

    @property
    def is_over(self) -> bool:
        has_goal = self.aim.goal is not None and self.saved >= self.aim.goal
        return has_goal or time.monotonic() >= self.aim.deadline

    def keep(self, start: np.ndarray) -> None:
        """Improve a choice and keep it if it is the best so far."""
        saved, chosen = improve_choice(self.savings, start, self.sites)
        if saved > self.saved:
            self.saved, self.chosen = saved, chosen

    def shake(self) -> None:
        """Take a third of the best choice away by chance and improve what is left."""
        stay = max(1, 2 * len(self.chosen) // 3)
        self.keep(np.sort(self.rng.choice(self.chosen, stay, replace=False)))

    def look_at(self, state: np.ndarray, price: np.ndarray, bound: float, steps: int) -> None:
        """Bound a node, settle what can be settled, and put it among the open ones unless it is done."""
        free_sites = self.sites - int((state == BUILT).sum())
        length, way = np.array([1.5, 0.0, np.inf]), np.zeros(len(price))
        often = np.full(self.savings.total, 0.5)
        price = price.astype(np.float64)
        best_price = price.copy()
        for _ in range(steps // CHUNK_STEPS):
            found, at = step_prices(self.savings, price, state, free_sites, self.saved, length, way, often)
            if found < bound:
                bound, best_price = found, at
            if bound <= self.enough:
                return
            if length[0] < SHORTEST or self.is_over:
                break
        self.keep(np.argsort(-np.where(state == REFUSED, -1, often), kind="stable")[: self.sites])
        if bound <= self.enough:
            return
        free_sites = settle_candidates(self.savings, best_price, state, free_sites, self.enough)
        if free_sites <= 0 or not (state == FREE).any():
            self.keep(np.flatnonzero(state == BUILT))  # nothing is left to decide
            return
        self.nodes += 1
        node = (-bound, self.nodes, state, best_price.astype(np.float32), often.astype(np.float32))
        heapq.heappush(self.open, node)

    def branch(self) -> None:
        """Split the open node with the largest bound at the candidate the prices are least sure of."""
        bound, _, state, price, often = heapq.heappop(self.open)
        free = np.flatnonzero(state == FREE)
        at = free[np.argmin(np.abs(often[free] - 0.5))]
        for answer in (BUILT, REFUSED):
            child = state.copy()
            child[at] = answer
            self.look_at(child, price, -bound, NODE_STEPS)

    def run(self) -> Choice:
        """Search until the best choice is proved or the aim says stop."""
        prices = start_prices(self.savings, self.chosen)
        self.look_at(np.zeros(self.savings.total, np.int8), prices, self.everything, ROOT_STEPS)
        for _ in range(KICKS):
            if not self.open or self.is_over:
                break
            self.shake()
        room = MOST_BYTES // (4 * len(prices) + 5 * self.savings.total)
        splits = 0
        while self.open and -self.open[0][0] > self.enough:
            if self.is_over or len(self.open) >= room or splits == self.aim.nodes:
                break
            self.branch()
            splits += 1
        return Choice(self.chosen, self.saved, self._bound())

    def _bound(self) -> float:
        """Return what no choice can pass, by the open nodes and by those given up as not worth it."""
        bound = -self.open[0][0] if self.open else -np.inf
        if bound <= self.enough:
            goal = self.aim.goal
            return self.saved if goal is None else max(self.saved, goal - self.slack)
        return float(np.floor(bound + self.slack)) if self.aim.is_whole and self.slack < 0.5 else bound
