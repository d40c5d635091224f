"""Laws of siting on made-up cases, against every subset of the candidates."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain, combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.covering.siting import build_curve, cover_most, cover_share, shorten_walks

REACH_M = 200
SETTINGS = settings(max_examples=120, deadline=None, derandomize=True)


@st.composite
def cases(draw):
    """A few candidates and demands: places the same, walks the same, no way at all, nobody at home."""
    candidates, demands = draw(st.integers(1, 7)), draw(st.integers(1, 9))
    metres = st.sampled_from([0.0, 50.0, 130.5, 200.0, 200.5, 260.0, 400.0, 750.0, np.inf])
    count = draw(st.sampled_from([st.integers(0, 40), st.sampled_from([0.0, 0.1, 2.75, 13.3, 40.0])]))
    walks = [draw(st.lists(metres, min_size=demands, max_size=demands)) for _ in range(candidates)]
    present = draw(
        st.one_of(st.just([np.inf] * demands), st.lists(metres, min_size=demands, max_size=demands))
    )
    households = draw(st.lists(count, min_size=demands, max_size=demands))
    return np.array(walks), np.array(households, float), np.array(present)


def subsets(candidates: int, most: int):
    return chain.from_iterable(combinations(range(candidates), n) for n in range(most + 1))


def nearest(case, chosen) -> np.ndarray:
    walks, _, present = case
    return np.vstack([walks[list(chosen)], present]).min(axis=0)


def covered(case, chosen) -> float:
    return float(case[1][nearest(case, chosen) <= REACH_M].sum())


def walked(case, chosen) -> float:
    """Household-metres; twice the longest walk for those whom only other candidates reach."""
    walks, households, present = case
    everything = np.vstack([walks, present])
    finite = everything[np.isfinite(everything)]
    far = 2 * float(finite.max()) if len(finite) and finite.max() > 0 else 1.0
    reachable = np.isfinite(everything).any(axis=0)
    metres = nearest(case, chosen)[reachable]
    return float((np.where(np.isfinite(metres), metres, far) * households[reachable]).sum())


def near(value: float):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


@SETTINGS
@given(cases(), st.integers(1, 7))
def test_no_subset_covers_more(case, sites):
    answer = cover_most(*case, reach_m=REACH_M, sites=sites)
    assert answer.value == near(max(covered(case, s) for s in subsets(len(case[0]), sites)))
    assert answer.value == near(covered(case, answer.candidates))
    assert (answer.bound, answer.gap) == (answer.value, 0)
    assert len(answer.sites) <= sites


@SETTINGS
@given(cases(), st.sampled_from([0.1, 0.5, 0.7, 0.9, 1.0]))
def test_no_smaller_subset_covers_the_share(case, share):
    walks, households, present = case
    answer = cover_share(*case, reach_m=REACH_M, share=share)
    reachable = np.isfinite(np.vstack([walks, present])).any(axis=0)
    wanted = share * households[reachable].sum()
    most = covered(case, range(len(walks)))
    assert answer.is_possible == (most >= wanted - 1e-6)
    enough = min(wanted, most) - 1e-6
    fewest = min(len(s) for s in subsets(len(walks), len(walks)) if covered(case, s) >= enough)
    assert (answer.value, answer.bound, answer.gap) == (fewest, fewest, 0)
    assert covered(case, answer.candidates) >= enough
    assert answer.households_unreachable == near(households[~reachable].sum())


@SETTINGS
@given(cases(), st.integers(1, 7))
def test_no_subset_shortens_walks_more(case, sites):
    answer = shorten_walks(*case, reach_m=REACH_M, sites=sites)
    assert answer.value == near(min(walked(case, s) for s in subsets(len(case[0]), sites)))
    assert answer.value == near(walked(case, answer.candidates))
    assert (answer.bound, answer.gap) == (answer.value, 0)


@SETTINGS
@given(cases(), st.integers(1, 7), st.booleans())
def test_sites_come_in_order_and_add_up(case, sites, by_walks):
    answer = (shorten_walks if by_walks else cover_most)(*case, reach_m=REACH_M, sites=sites)
    measure = "household_m" if by_walks else "households"
    added = [getattr(site.added, measure) for site in answer.sites]
    assert all(one >= other - 1e-9 for one, other in pairwise(added))
    assert all(amount > 0 for amount in added)
    judged = walked if by_walks else covered
    for site in answer.sites:
        alone = abs(judged(case, (site.candidate,)) - judged(case, ()))
        others = [c for c in answer.candidates if c != site.candidate]
        assert getattr(site.gain, measure) == near(alone)
        assert getattr(site.loss, measure) == near(abs(judged(case, others) - answer.value))
    assert sum(added) == near(abs(judged(case, ()) - answer.value))
    after = answer.after
    assert walked(case, answer.candidates) == near(
        after.household_m + after.households_unreached * answer.unreached_m
    )


@SETTINGS
@given(cases())
def test_the_curve_is_the_best_of_each_number(case):
    curve = build_curve(*case, reach_m=REACH_M, sites=7)
    for point in curve:
        assert point.households_within == near(
            max(covered(case, s) for s in subsets(len(case[0]), point.sites))
        )
        assert point.households_within == near(covered(case, point.candidates))
        assert (point.bound, point.gap) == (point.households_within, 0)
    within = [point.households_within for point in curve]
    assert within == sorted(within)
    assert within[-1] == near(covered(case, range(len(case[0]))))


@settings(SETTINGS, max_examples=30)
@given(cases(), st.integers(1, 4))
def test_the_same_input_gives_the_same_answer(case, sites):
    for ask in (cover_most, shorten_walks):
        first, second = (ask(*case, reach_m=REACH_M, sites=sites) for _ in range(2))
        assert repr(asdict(first)) == repr(asdict(second))
