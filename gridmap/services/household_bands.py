"""Bands of 5-10 households: the smallest circle of the responsibility tree, computed and never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEAST, MOST = 5, 10
"""Households that one volunteer or centre household keeps in touch with."""
OUTSIDE_COST = 1000.0
"""What a household outside the bounds weighs against the evenness of bands: always more."""


@dataclass(frozen=True)
class Band:
    """Neighbouring floors of an entrance.

    Attributes
    ----------
    floor_from, floor_to
        Both included.
    in_bounds
        Whether it has `LEAST` to `MOST` households; a floor is never split.
    """

    floor_from: int
    floor_to: int
    households: int
    in_bounds: bool


def band_floors(floor_from: int, floor_to: int, households: int) -> list[Band]:
    """Band neighbouring floors so that as few households as possible lie outside 5-10 a band.

    Nobody knows which floor a household lives on: they are spread evenly, the remainder from below. Of equal
    divisions the one with the most even bands is taken, by dynamic programming; time is the square of the
    floors.

    Returns
    -------
    list of Band
        From the ground up, covering every floor once; empty without households.
    """
    floors = floor_to - floor_from + 1
    if households <= 0 or floors <= 0:
        return []
    below = [households * number // floors for number in range(floors + 1)]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, floors + 1):
        best.append(min((best[start][0] + _cost(below[end] - below[start]), start) for start in range(end)))
    return list(reversed(list(_bands_of(floor_from, below, best))))


def _cost(households: int) -> float:
    outside = max(LEAST - households, households - MOST, 0)
    return OUTSIDE_COST * outside + (households - (LEAST + MOST) / 2) ** 2


def _bands_of(first: int, below: Sequence[int], best: Sequence[tuple[float, int]]) -> list[Band]:
    bands, end = [], len(best) - 1
    while end:
        start = best[end][1]
        count = below[end] - below[start]
        bands.append(Band(first + start, first + end - 1, count, LEAST <= count <= MOST))
        end = start
    return bands
