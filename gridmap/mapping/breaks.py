"""Bounds of colour classes: fixed multiples of the city's mean, as numbers that are easily read."""

from __future__ import annotations

import math

MEAN_MULTIPLES = (0.5, 1.0, 2.0, 4.0)
READABLE = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


def build_breaks(mean: float, *, whole: bool) -> list[float]:
    """Build the four rising bounds of five classes around a mean.

    Parameters
    ----------
    mean
        Mean of the whole city; 0 where there is nothing, which gives 1, 2, 4, 8.
    whole
        Whether the bounds are counts: whole numbers, the first at least 1.
    """
    bounds: list[float] = []
    for multiple in MEAN_MULTIPLES:
        wanted = _readable(mean * multiple) if mean > 0 else 2 * multiple
        if whole:
            wanted = max(1, round(wanted))
        if bounds and wanted <= bounds[-1]:
            wanted = bounds[-1] + 1
        bounds.append(wanted)
    return bounds


def _readable(number: float) -> float:
    """Round to the nearest step of `READABLE` times a power of ten."""
    exponent = math.floor(math.log10(number))
    best = min(READABLE, key=lambda step: abs(step - number / 10**exponent))
    return float(f"{best}e{exponent}")
