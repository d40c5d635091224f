"""Rates of handled issues: shares with Wilson's interval, silent below ten cases, compared only where apart.

The interval is Wilson's score interval of 95 % (E. B. Wilson, "Probable inference, the law of succession, and
statistical inference", Journal of the American Statistical Association 22, 1927).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

FEWEST_CASES = 10
Z = 1.959963984540054


@dataclass(frozen=True)
class Rate:
    """A share of cases.

    Attributes
    ----------
    good, counted
        Cases that fulfil it, of all that count.
    """

    good: int
    counted: int

    @property
    def is_shown(self) -> bool:
        """Whether there are enough cases for a figure."""
        return self.counted >= FEWEST_CASES

    @property
    def share(self) -> float | None:
        """From 0 to 1; None with too few cases."""
        return self.good / self.counted if self.is_shown else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's interval of 95 %; None with too few cases."""
        return find_interval(self.good, self.counted) if self.is_shown else None

    def is_above(self, other: Rate) -> bool:
        """Tell whether the whole interval lies above the other's."""
        mine, its = self.interval, other.interval
        return mine is not None and its is not None and mine[0] > its[1]


def find_interval(good: int, counted: int) -> tuple[float, float]:
    """Give Wilson's score interval of 95 % for a share of ``counted`` cases, at least one."""
    share = good / counted
    shrink = 1 + Z * Z / counted
    middle = (share + Z * Z / (2 * counted)) / shrink
    half = Z / shrink * math.sqrt(share * (1 - share) / counted + Z * Z / (4 * counted * counted))
    low = 0.0 if good == 0 else max(0.0, middle - half)
    return low, 1.0 if good == counted else min(1.0, middle + half)


def list_apart(rates: Mapping[str, Rate]) -> tuple[list[str], list[str]]:
    """List who is certainly better, and who certainly worse, than all others together.

    Returns
    -------
    tuple
        Names in alphabetical order, never in that of their rates: the intervals do not say more.
    """
    good = sum(rate.good for rate in rates.values())
    counted = sum(rate.counted for rate in rates.values())
    better, worse = [], []
    for name, rate in sorted(rates.items()):
        others = Rate(good - rate.good, counted - rate.counted)
        if rate.is_above(others):
            better.append(name)
        elif others.is_above(rate):
            worse.append(name)
    return better, worse
