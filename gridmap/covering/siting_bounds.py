# mypy: disable-error-code="no-untyped-def"
"""The choice of k candidates that saves most, with a proof: Lagrangian bounds inside branch and bound.

Every price v[j] >= 0 per demand bounds what any k candidates save: sum of v plus the k largest sums over j
of max(0, s[i, j] - v[j]) (relaxing "one candidate per demand"; Cornuejols, Fisher and Nemhauser 1977).
Prices are bettered by subgradient steps (Held, Wolfe and Crowder 1974). The same prices tell of single
candidates that no better choice can hold, or be without; what is left undecided is branched on, the node
with the largest bound first, so that the bound falls all the time and a stop at any moment leaves a valid
one.

A bound takes O(entries above their price + C k) at worst: far less than C x D. Branch and bound is
exponential in the worst case; in practice the bound at the root lies within half a percent and some dozen
nodes close it.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from itertools import count

import numpy as np
from numba import njit

from gridmap.covering.siting_swaps import Savings, improve_choice

FREE, BUILT, REFUSED = 0, 1, 2
ROOT_STEPS, NODE_STEPS, CHUNK_STEPS = 1500, 150, 50
PATIENCE = 15
"""Steps without a better bound after which they are made shorter."""
SAME_SHARE = 1e-9
"""A bound this near to the value, as a share of all that could be saved, is rounding: the value is proved."""
KICKS = 12
"""How often the best choice is shaken and improved again before branching."""
MOST_BYTES = 256 << 20
"""Memory for the prices of open nodes; branching stops there, with the bound reached."""


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


@njit(cache=True)
def _bound(savings, price, state, free_sites, worth):
    """Fill `worth` of each candidate at these prices; return the bound, and the free ones worth most.

    These are one more than the free sites where there are as many; the worthiest first, of equals the first.
    """
    total = 0.0
    worth[:] = 0.0
    for j in range(len(price)):
        total += price[j]
        for e in range(savings.starts[j], savings.starts[j + 1]):
            if savings.saved[e] <= price[j]:
                break
            worth[savings.candidates[e]] += savings.saved[e] - price[j]
    best = np.empty(free_sites + 1, np.int64)
    found = 0
    for i in range(savings.total):
        if state[i] == BUILT:
            total += worth[i]
        elif state[i] == FREE and (found <= free_sites or worth[i] > worth[best[found - 1]]):
            found = min(found + 1, free_sites + 1)
            at = found - 1
            while at > 0 and worth[best[at - 1]] < worth[i]:
                best[at] = best[at - 1]
                at -= 1
            best[at] = i
    for r in range(min(found, free_sites)):
        total += worth[best[r]]
    return total, best[:found]


@njit(cache=True)
def _turn(savings, price, is_taken, way):
    """Turn the direction of the prices towards one taken candidate per demand; return its squared length."""
    norm = 0.0
    for j in range(len(price)):
        way[j] = 1.0 + 0.5 * way[j]
        for e in range(savings.starts[j], savings.starts[j + 1]):
            if savings.saved[e] <= price[j]:
                break
            if is_taken[savings.candidates[e]]:
                way[j] -= 1.0
        if price[j] <= 0.0:
            way[j] = min(way[j], 0.0)
        norm += way[j] * way[j]
    return norm


@njit(cache=True)
def _step(savings, price, state, free_sites, worst, length, way, taken_often):
    """Take some subgradient steps; return the least bound and its prices; the rest is carried on in place.

    `length` holds the step's length and the steps since the last better bound; `way` the direction.
    """
    worth = np.empty(savings.total)
    is_taken = np.zeros(savings.total, np.bool_)
    best, best_price = np.inf, price.copy()
    for _ in range(CHUNK_STEPS):
        bound, first = _bound(savings, price, state, free_sites, worth)
        if bound < min(best, length[2]) * (1 - 1e-7):
            length[1] = 0
        else:
            length[1] += 1
            if length[1] >= PATIENCE:
                length[0] *= 0.7
                length[1] = 0
        if bound < best:
            best = bound
            best_price[:] = price
        length[2] = min(length[2], bound)
        is_taken[:] = state == BUILT
        is_taken[first[:free_sites]] = True
        taken_often *= 0.95
        taken_often[is_taken] += 0.05
        norm = _turn(savings, price, is_taken, way)
        if norm <= 0.0 or bound <= worst:
            break
        size = length[0] * (bound - worst) / norm
        for j in range(len(price)):
            price[j] = max(0.0, price[j] - size * way[j])
    return best, best_price


@njit(cache=True)
def _settle(savings, price, state, free_sites, worst):
    """Decide candidates that no choice better than `worst` can hold, or be without; return the free sites."""
    worth = np.empty(savings.total)
    bound, first = _bound(savings, price, state, free_sites, worth)
    taken = first[:free_sites]
    last = worth[taken[-1]] if len(taken) else 0.0
    following = worth[first[free_sites]] if len(first) > free_sites else 0.0
    is_taken = np.zeros(savings.total, np.bool_)
    is_taken[taken] = True
    left = free_sites
    for i in range(savings.total):
        if state[i] != FREE:
            continue
        if is_taken[i] and bound - worth[i] + following <= worst:
            state[i] = BUILT
            left -= 1
        elif not is_taken[i] and bound - last + worth[i] <= worst:
            state[i] = REFUSED
    return left


class _Search:
    """Branch and bound over the candidates of one case."""

    def __init__(self, savings: Savings, sites: int, deadline: float, rng: np.random.Generator) -> None:
        self.savings, self.deadline, self.rng = savings, deadline, rng
        self.sites = min(sites, savings.total)
        heads = savings.starts[:-1][np.diff(savings.starts) > 0]
        self.everything = float(savings.saved[heads].sum())
        self.saved, self.chosen = improve_choice(savings, np.empty(0, np.int64), self.sites)
        self.given_up = -np.inf
        self.open: list[tuple[float, int, np.ndarray, np.ndarray, np.ndarray]] = []
        self._numbers = count()

    @property
    def enough(self) -> float:
        """A bound down to this proves the best choice known."""
        return self.saved + SAME_SHARE * self.everything

    def is_over(self) -> bool:
        return time.monotonic() >= self.deadline

    def keep(self, start: np.ndarray) -> None:
        """Improve a choice and keep it if it is the best so far."""
        saved, chosen = improve_choice(self.savings, start[: self.sites], self.sites)
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
        for _ in range(max(1, steps // CHUNK_STEPS)):
            found, at = _step(self.savings, price, state, free_sites, self.saved, length, way, often)
            if found < bound:
                bound, best_price = found, at
            if bound <= self.enough:
                return
            if self.is_over() or length[0] < 1e-4:
                break
        self.keep(np.argsort(-np.where(state == REFUSED, -1, often), kind="stable")[: self.sites])
        free_sites = _settle(self.savings, best_price, state, free_sites, self.enough)
        if bound <= self.enough:
            return
        free = np.flatnonzero(state == FREE)
        if free_sites <= 0 or not len(free):
            self.keep(np.flatnonzero(state == BUILT))
            return
        node = (-bound, next(self._numbers), state, best_price.astype(np.float32), often)
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
        """Search until the best choice is proved or the time is over."""
        demands = len(self.savings.starts) - 1
        state = np.zeros(self.savings.total, np.int8)
        start = _start_price(self.savings, self.chosen)
        self.look_at(state, start, self.everything, ROOT_STEPS)
        for _ in range(KICKS):
            if not self.open or self.is_over():
                break
            self.shake()
        room = max(2, MOST_BYTES // (4 * demands + 9 * self.savings.total + 1))
        while self.open and not self.is_over() and len(self.open) < room:
            if -self.open[0][0] <= self.enough:
                self.open.clear()
                break
            self.branch()
        bound = max([self.saved, *(-node[0] for node in self.open)])
        return Choice(self.chosen, self.saved, self.saved if bound <= self.enough else bound)


@njit(cache=True)
def _start_price(savings, chosen):
    """Price each demand half-way between its best and its second best chosen candidate."""
    is_chosen = np.zeros(savings.total, np.bool_)
    is_chosen[chosen] = True
    price = np.zeros(len(savings.starts) - 1)
    for j in range(len(price)):
        found = 0
        for e in range(savings.starts[j], savings.starts[j + 1]):
            if is_chosen[savings.candidates[e]]:
                price[j] += savings.saved[e] / 2
                found += 1
                if found == 2:
                    break
    return price


def choose_best(savings: Savings, sites: int, deadline: float, rng: np.random.Generator) -> Choice:
    """Choose at most so many candidates that save most, and bound what any choice saves.

    Parameters
    ----------
    savings
        What candidates save where.
    sites
        How many may be chosen.
    deadline
        On the clock of `time.monotonic`; the greedy choice and its first exchanges are made in any case.
    rng
        The only source of chance.
    """
    if not len(savings.saved):
        return Choice(np.empty(0, np.int64), 0.0, 0.0)
    return _Search(savings, sites, deadline, rng).run()
