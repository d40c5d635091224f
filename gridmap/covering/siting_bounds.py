# mypy: disable-error-code="no-untyped-def"
"""What a choice of k candidates saves at most: Lagrangian bounds, compiled.

Every price v[j] >= 0 per demand bounds what any k candidates save: the sum of v plus the k largest sums
over j of max(0, s[i, j] - v[j]) (relaxing "one candidate per demand"; Cornuejols, Fisher and Nemhauser
1977). Prices are bettered by subgradient steps (Held, Wolfe and Crowder 1974). The same prices tell of
single candidates that no better choice can hold, or be without.

A bound takes O(entries above their price + C k) at worst: far less than C x D.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FREE, BUILT, REFUSED = 0, 1, 2
CHUNK_STEPS = 50
"""Steps taken before the clock is looked at."""
PATIENCE = 15
"""Steps without a better bound after which they are made shorter."""


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
def step_prices(savings, price, state, free_sites, worst, length, way, taken_often):
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
def settle_candidates(savings, price, state, free_sites, worst):
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


@njit(cache=True)
def start_prices(savings, chosen):
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
