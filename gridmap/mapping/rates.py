"""Rates that small numbers do not inflate, and how far each may be off.

Rates per household are shrunk towards the mean of all places by the method of moments: Marshall (1991),
"Mapping disease and mortality rates using empirical Bayes estimators", Applied Statistics 40, 283-294, with
its gamma-Poisson reading, so that an interval comes with each. Shares get Wilson's (1927) interval.

Time: one pass over the places. Not promised: the interval takes the mean and the spread of the city as known,
so with few places (under about 20) it is somewhat too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

TWO_SIDED_95 = 0.975
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Rates:
    """Counts per household of some places, arrays of (n,); NaN where a place has no household.

    Attributes
    ----------
    raw
        Count divided by households.
    shrunk
        The raw rate drawn towards `mean`, the more the fewer households there are.
    low, high
        95 % interval of the shrunk rate.
    mean
        All counts divided by all households.
    spread
        Variance of the true rates between places, by moments; 0 = the places do not differ more than chance
        lets them, and every place is given the mean.
    """

    raw: Floats
    shrunk: Floats
    low: Floats
    high: Floats
    mean: float
    spread: float


def build_rates(counts: ArrayLike, households: ArrayLike) -> Rates:
    """Build raw and shrunk rates per household.

    Parameters
    ----------
    counts, households
        (n,) of each place, not negative.
    """
    count = np.asarray(counts, dtype=float)
    homes = np.asarray(households, dtype=float)
    lived_in = homes > 0
    raw = np.full(count.shape, np.nan)
    np.divide(count, homes, out=raw, where=lived_in)
    total = homes[lived_in].sum()
    mean = float(count[lived_in].sum() / total) if total else 0.0
    spread = _spread(raw[lived_in], homes[lived_in], mean)
    if mean == 0.0:
        none = np.where(lived_in, 0.0, np.nan)
        return Rates(raw, none, none, none, 0.0, 0.0)
    if spread == 0.0:
        low, high = poisson_interval(count[lived_in].sum())
        same = np.where(lived_in, mean, np.nan)
        return Rates(raw, same, same * (low / mean / total), same * (high / mean / total), mean, 0.0)
    shape = mean**2 / spread + np.where(lived_in, count, np.nan)
    scale = mean / spread + homes
    low = gammaincinv(shape, 1 - TWO_SIDED_95) / scale
    high = gammaincinv(shape, TWO_SIDED_95) / scale
    return Rates(raw, shape / scale, low, high, mean, spread)


def poisson_interval(counts: ArrayLike, dispersion: ArrayLike = 1.0) -> tuple[Floats, Floats]:
    """Give the 95 % interval of the mean of counts (Garwood 1936).

    Parameters
    ----------
    dispersion
        Variance of a count divided by its mean; 2 means that the count tells as much as half of it would.
    """
    count = np.asarray(counts, dtype=float)
    spread = np.asarray(dispersion, dtype=float)
    low = np.where(count > 0, gammaincinv(np.maximum(count / spread, 1e-12), 1 - TWO_SIDED_95), 0.0) * spread
    high = gammaincinv(count / spread + 1, TWO_SIDED_95) * spread
    return low, high


def wilson_interval(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    """Give Wilson's 95 % interval of a share; NaN where there was no trial."""
    hits = np.asarray(successes, dtype=float)
    tries = np.where(np.asarray(trials) > 0, np.asarray(trials, dtype=float), np.nan)
    share = hits / tries
    squared = NORMAL_95**2
    middle = (share + squared / (2 * tries)) / (1 + squared / tries)
    half = NORMAL_95 * np.sqrt(share * (1 - share) / tries + squared / (4 * tries**2)) / (1 + squared / tries)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _spread(raw: Floats, homes: Floats, mean: float) -> float:
    if len(raw) < 2:
        return 0.0
    seen = np.sum(homes * (raw - mean) ** 2) / homes.sum()
    return max(0.0, float(seen - mean / homes.mean()))
