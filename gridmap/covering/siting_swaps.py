# mypy: disable-error-code="no-untyped-def"
"""Choosing sites by what they save, quickly: greedy addition, then the best exchange again and again.

Both questions have one form: candidate i saves s[i, j] >= 0 at demand j against the present stations, a
choice saves the largest of its values at each demand, and k candidates are to save the most. Only savings
above 0 are kept, per demand, the largest first.

The exchange is the vertex substitution of Teitz and Bart (1968) with all pairs judged in one pass, as
Whitaker (1983) and Resende and Werneck (2004) do: what an addition gains, what a removal loses, and a
correction for the demands both touch. One pass is O(entries + C k). The end is a choice that no single
exchange betters, not an optimum; `siting_bounds` says how far from it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

NOT_CHOSEN = -1
SORTED_AT_ONCE = 1000
WORTH = 1e-12
"""An exchange must better the savings by this share, so that rounding never goes in circles."""


class Savings(NamedTuple):
    """What candidates save at demands.

    Attributes
    ----------
    starts
        (D + 1,) first entry of each demand.
    candidates
        (E,) candidate of each entry.
    saved
        (E,) what it saves there, above 0; falling within a demand.
    total
        Number of candidates.
    """

    starts: np.ndarray
    candidates: np.ndarray
    saved: np.ndarray
    total: int


def build_savings(walks_m: np.ndarray, households: np.ndarray, present_m: np.ndarray) -> Savings:
    """List what each candidate saves at each demand, in household-metres.

    Parameters
    ----------
    walks_m
        (C, D) metres, inf where there is no way.
    households
        (D,)
    present_m
        (D,) metres walked now, finite. Demands that no candidate is nearer to have no entries.
    """
    counts, candidates, saved = [np.zeros(1, np.int64)], [], []
    for low in range(0, len(households), SORTED_AT_ONCE):
        some = slice(low, low + SORTED_AT_ONCE)
        shorter = np.maximum(present_m[some, None] - walks_m[:, some].T, 0) * households[some, None]
        order = np.argsort(-shorter, axis=1, kind="stable").astype(np.int32)
        shorter = np.take_along_axis(shorter, order, axis=1)
        counts.append((shorter > 0).sum(axis=1))
        candidates.append(order[shorter > 0])
        saved.append(shorter[shorter > 0])
    return Savings(
        np.cumsum(np.concatenate(counts)), np.concatenate(candidates), np.concatenate(saved), len(walks_m)
    )


@njit(cache=True)
def _look_up(savings, slot, first, second, who):
    """Fill in what each demand saves by its best and second best chosen candidate, and which the best is."""
    total = 0.0
    for j in range(len(first)):
        first[j], second[j], who[j] = 0.0, 0.0, NOT_CHOSEN
        for e in range(savings.starts[j], savings.starts[j + 1]):
            at = slot[savings.candidates[e]]
            if at == NOT_CHOSEN:
                continue
            if who[j] == NOT_CHOSEN:
                first[j], who[j] = savings.saved[e], at
            else:
                second[j] = savings.saved[e]
                break
        total += first[j]
    return total


@njit(cache=True)
def _gains(savings, slot, first):
    """Work out what each candidate would add."""
    gain = np.zeros(savings.total)
    for j in range(len(first)):
        for e in range(savings.starts[j], savings.starts[j + 1]):
            if savings.saved[e] <= first[j]:
                break
            if slot[savings.candidates[e]] == NOT_CHOSEN:
                gain[savings.candidates[e]] += savings.saved[e] - first[j]
    return gain


@njit(cache=True)
def _best_exchange(savings, chosen, slot, first, second, who):
    """Find the exchange that saves most; return (what it adds, place in `chosen`, candidate)."""
    gain = np.zeros(savings.total)
    loss = np.zeros(len(chosen))
    both = np.zeros((savings.total, len(chosen)))
    for j in range(len(first)):
        at = who[j]
        if at == NOT_CHOSEN:
            for e in range(savings.starts[j], savings.starts[j + 1]):
                gain[savings.candidates[e]] += savings.saved[e]
            continue
        loss[at] += first[j] - second[j]
        for e in range(savings.starts[j], savings.starts[j + 1]):
            if savings.saved[e] <= second[j]:
                break
            i = savings.candidates[e]
            gain[i] += max(savings.saved[e] - first[j], 0.0)
            both[i, at] += min(savings.saved[e], first[j]) - second[j]
    best, place, candidate = 0.0, NOT_CHOSEN, NOT_CHOSEN
    for i in range(savings.total):
        if slot[i] != NOT_CHOSEN:
            continue
        for at in range(len(chosen)):
            profit = gain[i] - loss[at] + both[i, at]
            if profit > best:
                best, place, candidate = profit, at, i
    return best, place, candidate


@njit(cache=True)
def improve_choice(savings, chosen, sites):
    """Fill a choice up greedily to so many sites and exchange while that saves more.

    Parameters
    ----------
    savings
        `Savings`.
    chosen
        (n,) candidates to start from, n <= sites.
    sites
        How many may be chosen.

    Returns
    -------
    tuple
        What the choice saves; (m,) its candidates, rising; m < sites only where more would add nothing.
    """
    slot = np.full(savings.total, NOT_CHOSEN, np.int64)
    kept = np.empty(min(sites, savings.total), np.int64)
    count = 0
    for i in chosen:
        slot[i], kept[count] = count, i
        count += 1
    demands = len(savings.starts) - 1
    first, second = np.zeros(demands), np.zeros(demands)
    who = np.empty(demands, np.int64)
    total = _look_up(savings, slot, first, second, who)
    while count < len(kept):
        gain = _gains(savings, slot, first)
        i = np.argmax(gain)
        if gain[i] <= 0:
            break
        slot[i], kept[count] = count, i
        count += 1
        total = _look_up(savings, slot, first, second, who)
    while count > 0:
        profit, place, i = _best_exchange(savings, kept[:count], slot, first, second, who)
        if profit <= WORTH * total:
            break
        slot[kept[place]] = NOT_CHOSEN
        slot[i], kept[place] = place, i
        total = _look_up(savings, slot, first, second, who)
    return total, np.sort(kept[:count])
