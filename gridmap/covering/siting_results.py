"""Answers to questions about sites: plain frozen values that travel as JSON (`dataclasses.asdict`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """How households stand with some stations.

    Attributes
    ----------
    households_within
        Households within reach of a station.
    households_unreached
        Households that no station reaches on foot though one of the candidates would.
    household_m
        Metres to the nearest station, times households, over those whom a station reaches.
    mean_walk_m
        The same per household; None where nobody is reached.
    """

    households_within: float
    households_unreached: float
    household_m: float
    mean_walk_m: float | None


@dataclass(frozen=True)
class Effect:
    """What a site makes better.

    Attributes
    ----------
    households
        More households within reach.
    household_m
        Less walking; a household reached for the first time is counted as coming from
        `Siting.unreached_m` away.
    """

    households: float
    household_m: float


@dataclass(frozen=True)
class Site:
    """A candidate that was chosen.

    Attributes
    ----------
    candidate
        Its row in the matrix of walks.
    gain
        What it makes better if it is the only one added to the present stations.
    added
        What it adds to the present stations and the sites before it; over all sites this sums to the whole.
    loss
        What is lost if all the others are built and this one is not.
    """

    candidate: int
    gain: Effect
    added: Effect
    loss: Effect


@dataclass(frozen=True)
class Siting:
    """Sites chosen, what they do, and how far from the best possible they can be at most.

    Attributes
    ----------
    question
        ``cover_most``, ``cover_share`` or ``shorten_walks``.
    sites
        The chosen ones; each adds at least as much as the next. Fewer than asked for where more add nothing.
    before, after
        With the present stations; with the sites as well.
    households
        All that the present stations or any candidate reach on foot.
    households_unreachable
        Left out of every other figure: nothing reaches them.
    reach_m
        What counts as within reach.
    unreached_m
        What a walk counts as where no station reaches though a candidate would: twice the longest walk given.
    target_households
        `cover_share` only: how many should be within reach.
    is_possible
        False where not even all candidates together bring that many within reach; then the sites are the
        fewest that bring as many as can be.
    value
        What was asked for: households within reach (``cover_most``), number of sites (``cover_share``),
        household-metres with `unreached_m` for the unreached (``shorten_walks``).
    bound
        Proved: no choice has more (``cover_most``) or less (the others) than this.
    gap
        Between the two, 0–1, as a share of the larger; 0 is a proven optimum.
    """

    question: str
    sites: tuple[Site, ...]
    before: Standing
    after: Standing
    households: float
    households_unreachable: float
    reach_m: float
    unreached_m: float
    target_households: float | None
    is_possible: bool
    value: float
    bound: float
    gap: float

    @property
    def is_proven(self) -> bool:
        """Whether nothing better exists."""
        return self.gap == 0

    @property
    def candidates(self) -> tuple[int, ...]:
        """Rows of the chosen candidates, in the order of `sites`."""
        return tuple(site.candidate for site in self.sites)


@dataclass(frozen=True)
class CurvePoint:
    """The most that so many new stations bring within reach.

    Attributes
    ----------
    sites
        How many may be added.
    candidates
        The chosen ones, rising; the sets of two points need not contain each other.
    households_within, within_share
        Households within reach, and as a share of those whom anything reaches.
    bound
        Proved: so many sites never bring more households within reach.
    gap
        As in `Siting`.
    """

    sites: int
    candidates: tuple[int, ...]
    households_within: float
    within_share: float
    bound: float
    gap: float


def gap_between(value: float, bound: float) -> float:
    """Return how far a value and its bound are apart, as a share of the larger one."""
    larger = max(abs(value), abs(bound))
    return abs(value - bound) / larger if larger else 0.0
