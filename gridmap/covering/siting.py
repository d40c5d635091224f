"""Where to put the next station: choosing among candidate places by what people walk.

Three questions: with so many sites, whom to bring within reach (`cover_most`, maximal cover); how few sites
bring a share of the households within reach (`cover_share`, set cover); with so many sites, how to shorten
everybody's walk (`shorten_walks`, p-median). Present stations stand as they are. `build_curve` answers the
first for 1, 2, 3 … sites.

Each answer carries a bound that was proved and the gap to it, from our own branch and bound
(`siting_search`) or from HiGHS (`siting_models`), never from a status; what the sites are worth is counted
anew from the walks. Time limits the proof: when it is over an answer and a bound come back all the same.
The same input gives the same answer unless time cut something short.

Not promised: that the best choice is the only one (of equal ones any may come); that the sites of a smaller
answer are among those of a larger one; anything about what a site costs or how many people it can serve.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridmap.covering.siting_case import SitingCase, read_case, require_sites
from gridmap.covering.siting_covers import CoverChoice, build_cover, cover_by_sites, sites_for_cover
from gridmap.covering.siting_results import CurvePoint, Siting, gap_between
from gridmap.covering.siting_search import NOTHING, Aim, choose_best, load_kernels
from gridmap.covering.siting_swaps import build_savings
from gridmap.errors import BadInput

if TYPE_CHECKING:
    import numpy.typing as npt

SECONDS = 10.0
SAME = 1e-6
"""A proved bound and the value counted anew may differ by this share, by rounding; else the gap is told."""


def cover_most(
    walks_m: npt.ArrayLike,
    households: npt.ArrayLike,
    present_m: npt.ArrayLike,
    *,
    reach_m: float,
    sites: int,
    seconds: float = SECONDS,
    seed: int = 0,
) -> Siting:
    """Choose at most so many candidates that bring most households within reach.

    Parameters
    ----------
    walks_m
        (C, D) metres walked from candidate to demand, inf where there is no way.
    households
        (D,) households per demand.
    present_m
        (D,) metres walked to the nearest present station, inf where there is none.
    reach_m
        Metres within which a household counts as covered.
    sites
        How many new stations, 1 or more.
    seconds
        After so long the search stops with the bound it has.
    seed
        Of the only chance there is: shaking the best choice known before the proof.

    Raises
    ------
    BadInput
        Values or shapes that do not fit.
    """
    deadline = _deadline(seconds)
    sites = require_sites(sites)
    case = read_case(walks_m, households, present_m, reach_m)
    cover = build_cover(case)
    choice = cover_by_sites(cover, sites, deadline, np.random.default_rng(seed))
    bound = case.within(case.present_m) + choice.bound
    return _answer(case, "cover_most", cover.candidates[choice.chosen], bound, choice.is_proven)


def cover_share(
    walks_m: npt.ArrayLike,
    households: npt.ArrayLike,
    present_m: npt.ArrayLike,
    *,
    reach_m: float,
    share: float,
    seconds: float = SECONDS,
    seed: int = 0,
) -> Siting:
    """Choose the fewest candidates that bring a share of the households within reach.

    Of equally few, those that cover most are looked for in the time left; that they do is not promised.
    Where all candidates together cover less than the share, the fewest that cover as much as all are the
    answer, and ``is_possible`` is False.

    Parameters
    ----------
    walks_m, households, present_m, reach_m, seconds, seed
        As in `cover_most`.
    share
        Above 0, at most 1: of the households that a candidate or a present station reaches on foot at all,
        however far.

    Raises
    ------
    BadInput
        Values or shapes that do not fit.
    """
    deadline = _deadline(seconds)
    if not 0 < share <= 1:
        raise BadInput("siting_share", share=share)
    case = read_case(walks_m, households, present_m, reach_m)
    cover = build_cover(case)
    target = share * float(case.households.sum())
    if case.is_whole:
        target = float(np.ceil(target - cover.slack))
    missing = target - case.within(case.present_m)
    is_possible = missing <= cover.all_households + cover.slack
    rng = np.random.default_rng(seed)
    choice = sites_for_cover(cover, min(max(missing, 0.0), cover.all_households), deadline, rng)
    chosen = choice.chosen
    if len(chosen):
        chosen = cover_by_sites(cover, len(chosen), deadline, rng, start=chosen).chosen
    answer = _answer(case, "cover_share", cover.candidates[chosen], choice.bound, choice.is_proven)
    return replace(answer, target_households=target, is_possible=is_possible)


def shorten_walks(
    walks_m: npt.ArrayLike,
    households: npt.ArrayLike,
    present_m: npt.ArrayLike,
    *,
    reach_m: float,
    sites: int,
    seconds: float = SECONDS,
    seed: int = 0,
) -> Siting:
    """Choose at most so many candidates so that all households together walk least to their nearest station.

    Households that nothing reaches are left out and counted. Those that some candidate reaches, but no
    present station and no chosen site, count as if they walked ``Siting.unreached_m``: twice the longest
    walk given, so that reaching somebody is always worth more than shortening the same walk.

    Parameters
    ----------
    walks_m, households, present_m, sites, seconds, seed
        As in `cover_most`.
    reach_m
        What counts as within reach in the figures; the choice does not depend on it.

    Raises
    ------
    BadInput
        Values or shapes that do not fit.
    """
    deadline = _deadline(seconds)
    sites = require_sites(sites)
    case = read_case(walks_m, households, present_m, reach_m)
    savings = build_savings(case.walks_m, case.households, case.present_cost_m)
    choice = choose_best(savings, sites, Aim(deadline), np.random.default_rng(seed))
    bound = case.cost(case.present_m) - choice.bound
    return _answer(case, "shorten_walks", choice.candidates, bound, choice.is_proven)


def build_curve(
    walks_m: npt.ArrayLike,
    households: npt.ArrayLike,
    present_m: npt.ArrayLike,
    *,
    reach_m: float,
    sites: int,
    seconds: float = 3 * SECONDS,
    seed: int = 0,
) -> tuple[CurvePoint, ...]:
    """Tell how many households 0, 1, 2 … new stations bring within reach at most.

    Parameters
    ----------
    walks_m, households, present_m, reach_m, seed
        As in `cover_most`.
    sites
        Where the curve ends, at the latest: it stops at the first point that covers all that can be covered.
    seconds
        For the whole curve; what a point leaves over goes to the next ones.

    Returns
    -------
    tuple of CurvePoint
        From the present on; households never fall.

    Raises
    ------
    BadInput
        Values or shapes that do not fit.
    """
    deadline = _deadline(seconds)
    sites = require_sites(sites)
    case = read_case(walks_m, households, present_m, reach_m)
    cover = build_cover(case)
    rng = np.random.default_rng(seed)
    choices = [CoverChoice(NOTHING, 0.0, 0.0)]
    while len(choices) <= sites and choices[-1].value < cover.all_households:
        now = time.monotonic()
        until = now + (deadline - now) / (sites + 1 - len(choices))
        choices.append(cover_by_sites(cover, len(choices), until, rng, start=choices[-1].chosen))
    bounds = _tighten([choice.bound for choice in choices])
    return tuple(
        _point(case, count, cover.candidates[choice.chosen], bound, bound <= choice.value)
        for count, (choice, bound) in enumerate(zip(choices, bounds, strict=True))
    )


def _tighten(bounds: list[float]) -> list[float]:
    """Let bounds of a curve help each other.

    More sites never cover less, and of the best k + 1 sites the k best cover at least k / (k + 1).
    """
    tight = list(bounds)
    for k in range(2, len(tight)):
        tight[k] = min(tight[k], tight[k - 1] * k / (k - 1))
    return np.minimum.accumulate(tight[::-1])[::-1].tolist()


def _point(case: SitingCase, count: int, chosen: np.ndarray, bound: float, is_proven: bool) -> CurvePoint:
    within = case.within(case.nearest_m(chosen))
    bound = within if is_proven else case.within(case.present_m) + bound
    everybody = float(case.households.sum())
    return CurvePoint(
        count,
        tuple(np.sort(chosen).tolist()),
        within,
        within / everybody if everybody else 0.0,
        bound,
        gap_between(within, bound),
    )


def _answer(case: SitingCase, question: str, chosen: np.ndarray, bound: float, is_proven: bool) -> Siting:
    """Work out what a choice does, from the walks alone."""
    sites = case.arrange(chosen, by_walks=question == "shorten_walks")
    after_m = case.nearest_m([site.candidate for site in sites])
    value = {
        "cover_most": case.within(after_m),
        "cover_share": float(len(sites)),
        "shorten_walks": case.cost(after_m),
    }[question]
    if is_proven and gap_between(value, bound) <= SAME:
        bound = value
    return Siting(
        question=question,
        sites=sites,
        before=case.standing(case.present_m),
        after=case.standing(after_m),
        households=float(case.households.sum()),
        households_unreachable=case.households_unreachable,
        reach_m=case.reach_m,
        unreached_m=case.unreached_m,
        target_households=None,
        is_possible=True,
        value=value,
        bound=bound,
        gap=gap_between(value, bound),
    )


def _deadline(seconds: float) -> float:
    if not seconds > 0:
        raise BadInput("siting_seconds", seconds=seconds)
    load_kernels()
    return time.monotonic() + seconds
