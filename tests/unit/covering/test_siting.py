"""Choosing sites along one street, worked by hand; and two exact methods that must agree.

    metres       0     200     400   500   600     800
    households  10      20      30          40      50
    stations     P                                        (present)
    candidates          0             1             2

Within 200 m: of P the first two (30 households); of 0 the third (30), of 1 the third and fourth (70), of 2
the last two (90).
"""

import time

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from gridmap.covering import siting_covers
from gridmap.covering.siting import build_curve, cover_most, cover_share, shorten_walks
from gridmap.covering.siting_case import read_case
from gridmap.covering.siting_covers import build_cover
from gridmap.covering.siting_models import solve_fewest, solve_most
from gridmap.covering.siting_results import Effect
from gridmap.covering.siting_search import Aim, choose_best
from gridmap.errors import BadInput

HOMES_AT = np.array([0, 200, 400, 600, 800])
HOUSEHOLDS = np.array([10, 20, 30, 40, 50])
WALKS_M = np.abs(np.array([200, 500, 800])[:, None] - HOMES_AT)
PRESENT_M = HOMES_AT - 0
STREET = (WALKS_M, HOUSEHOLDS, PRESENT_M)


def made_up(candidates: int, demands: int, seed: int, *, stations: int = 0):
    """Give walks of a made-up city on a square grid of streets."""
    chance = np.random.default_rng(seed)
    places, homes = chance.random((candidates, 2)) * 3000, chance.random((demands, 2)) * 3000
    present = chance.random((stations, 2)) * 3000
    walks = np.abs(places[:, None] - homes).sum(axis=2)
    nearest = np.abs(present[:, None] - homes).sum(axis=2).min(axis=0, initial=np.inf)
    return walks, chance.integers(1, 120, demands), nearest


def test_one_site_goes_where_it_covers_most():
    answer = cover_most(*STREET, reach_m=200, sites=1)
    assert answer.candidates == (2,)
    assert (answer.before.households_within, answer.after.households_within) == (30, 120)
    assert (answer.value, answer.bound, answer.gap, answer.is_proven) == (120, 120, 0, True)


def test_each_site_tells_what_it_gains_adds_and_is_missed_for():
    answer = cover_most(*STREET, reach_m=200, sites=2)
    first, second = answer.sites
    assert (first.candidate, second.candidate) == (2, 1)
    assert (first.gain, first.added, first.loss) == (
        Effect(90, 80_000 - 24_000), Effect(90, 80_000 - 24_000), Effect(50, 26_000 - 11_000),
    )  # fmt: skip
    assert (second.gain, second.added, second.loss) == (
        Effect(70, 80_000 - 26_000), Effect(30, 24_000 - 11_000), Effect(30, 24_000 - 11_000),
    )  # fmt: skip
    assert (answer.before.household_m, answer.after.household_m) == (80_000, 11_000)
    assert answer.after.mean_walk_m == pytest.approx(11_000 / 150)


def test_a_site_that_adds_nothing_is_not_proposed():
    assert cover_most(*STREET, reach_m=200, sites=3).candidates == (2, 1)
    assert cover_most(*STREET, reach_m=900, sites=3).candidates == ()


@pytest.mark.parametrize(("share", "chosen"), [(0.2, ()), (0.8, (2,)), (0.81, (2, 1)), (1, (2, 1))])
def test_the_fewest_sites_for_a_share(share, chosen):
    answer = cover_share(*STREET, reach_m=200, share=share)
    assert answer.candidates == chosen
    assert (answer.value, answer.bound, answer.gap, answer.is_possible) == (len(chosen), len(chosen), 0, True)


def test_a_share_beyond_all_candidates_is_said_to_be():
    # Within 50 m of P live 10 households, of candidate 0 20, of 2 50: 80 of 150.
    answer = cover_share(*STREET, reach_m=50, share=0.9)
    assert not answer.is_possible
    assert (answer.target_households, answer.after.households_within) == (135, 80)
    assert (answer.candidates, answer.bound) == ((2, 0), 2)


def test_walks_are_shortened_most():
    # One site: 52,000, 26,000 or 24,000 household-metres.
    # Two: 22,000 with 0 and 1, 14,000 with 0 and 2, 11,000 with 1 and 2.
    one, two = (shorten_walks(*STREET, reach_m=200, sites=sites) for sites in (1, 2))
    assert (one.candidates, one.value, one.bound, one.gap) == ((2,), 24_000, 24_000, 0)
    assert (two.candidates, two.value, two.bound, two.gap) == ((2, 1), 11_000, 11_000, 0)
    assert two.after.households_within == 150


def test_whom_nothing_reaches_is_left_out_and_counted():
    # 25 households whom only candidate 0 reaches, 100 m; 7 whom nothing reaches. The longest walk is 800 m.
    walks = np.column_stack([WALKS_M, [100, np.inf, np.inf], np.full(3, np.inf)])
    households, present = np.append(HOUSEHOLDS, [25, 7]), np.append(PRESENT_M, [np.inf, np.inf])
    answer = shorten_walks(walks, households, present, reach_m=200, sites=1)
    assert (answer.households, answer.households_unreachable, answer.unreached_m) == (175, 7, 1600)
    assert (answer.before.households_unreached, answer.after.households_unreached) == (25, 0)
    assert (answer.candidates, answer.value) == ((0,), 52_000 + 2_500)  # 24,000 + 40,000 with candidate 2
    assert answer.before.household_m == 80_000
    assert cover_share(walks, households, present, reach_m=200, share=1).after.households_within == 175


def test_the_curve_ends_where_all_is_covered():
    curve = build_curve(*STREET, reach_m=200, sites=3)
    assert [(p.sites, p.candidates, p.households_within, p.bound, p.gap) for p in curve] == [
        (0, (), 30, 30, 0), (1, (2,), 120, 120, 0), (2, (1, 2), 150, 150, 0),
    ]  # fmt: skip
    assert [p.within_share for p in curve] == [0.2, 0.8, 1]


def test_no_candidates_or_no_homes_is_no_error():
    nobody = cover_most(np.empty((3, 0)), [], [], reach_m=200, sites=1)
    nowhere = shorten_walks(np.empty((0, 5)), HOUSEHOLDS, PRESENT_M, reach_m=200, sites=1)
    assert (nobody.candidates, nobody.value, nobody.gap) == ((), 0, 0)
    assert (nowhere.candidates, nowhere.value, nowhere.gap) == ((), 80_000, 0)
    assert cover_share(np.empty((0, 5)), HOUSEHOLDS, PRESENT_M, reach_m=200, share=1).is_possible is False


def test_reach_is_compared_in_double_precision():
    # 0.1 is a little more in single precision: whoever walks 0.1f does not live within 0.1.
    answer = cover_most(np.array([[0.1]], np.float32), [5], [np.inf], reach_m=0.1, sites=1)
    assert answer.candidates == ()


def test_inputs_stay_as_they_are():
    walks, households, present = (np.array(values, float) for values in STREET)
    copies = walks.copy(), households.copy(), present.copy()
    shorten_walks(walks, households, present, reach_m=200, sites=2)
    cover_share(walks, households, present, reach_m=200, share=1)
    for values, copy in zip((walks, households, present), copies, strict=True):
        assert (values == copy).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"walks_m": WALKS_M[:, :4]}, "siting_shapes"),
        ({"walks_m": HOMES_AT}, "siting_shapes"),
        ({"walks_m": -WALKS_M}, "siting_values"),
        ({"present_m": [0, 1, 2, 3, np.nan]}, "siting_values"),
        ({"households": [1, 2, 3, 4, np.inf]}, "siting_values"),
        ({"households": ["a", 2, 3, 4, 5]}, "siting_values"),
        ({"reach_m": 0}, "siting_reach"),
        ({"sites": 0}, "siting_sites"),
        ({"sites": 1.5}, "siting_sites"),
        ({"seconds": 0}, "siting_seconds"),
    ],
)
def test_bad_values_are_refused(changed, message):
    asked = {
        "walks_m": WALKS_M, "households": HOUSEHOLDS, "present_m": PRESENT_M, "reach_m": 200, "sites": 1,
    }  # fmt: skip
    with pytest.raises(BadInput) as caught:
        cover_most(**(asked | changed))
    assert caught.value.message == message
    assert "Siting" in caught.value.detail("en")


def test_a_share_is_between_nothing_and_all():
    with pytest.raises(BadInput, match="share"):
        cover_share(*STREET, reach_m=200, share=1.2)


def test_without_time_there_is_an_answer_and_a_bound():
    case = made_up(60, 400, seed=4)
    for ask, low, high in (
        (lambda seconds: cover_most(*case, reach_m=500, sites=8, seconds=seconds), "value", "bound"),
        (lambda seconds: cover_share(*case, reach_m=500, share=0.8, seconds=seconds), "bound", "value"),
        (lambda seconds: shorten_walks(*case, reach_m=500, sites=8, seconds=seconds), "bound", "value"),
    ):
        hasty, patient = ask(1e-9), ask(60)
        assert patient.is_proven
        assert getattr(hasty, low) <= patient.value <= getattr(hasty, high)
        assert hasty.gap < 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_highs_says_the_same_as_our_own_search(seed):
    case = made_up(50, 300, seed, stations=2)
    most = cover_most(*case, reach_m=600, sites=7, seconds=60)
    fewest = cover_share(*case, reach_m=600, share=0.7, seconds=60)
    cover, present = build_cover(read_case(*case, 600)), most.before.households_within
    found, bound = solve_most(cover.covers, cover.households, 7, time.monotonic() + 60)
    assert most.value == most.bound == present + cover.count(found) == pytest.approx(present + bound)
    missing = fewest.target_households - present
    found, bound = solve_fewest(cover.covers, cover.households, missing, time.monotonic() + 60)
    assert fewest.value == fewest.bound == len(found) == pytest.approx(bound)


def test_what_our_own_search_leaves_open_goes_to_highs(monkeypatch):
    case = made_up(60, 400, seed=7)
    most = cover_most(*case, reach_m=700, sites=6, seconds=60)
    fewest = cover_share(*case, reach_m=700, share=0.8, seconds=60)
    monkeypatch.setattr(siting_covers, "NODES", 0)
    savings = build_cover(read_case(*case, 700)).savings
    aim = Aim(time.monotonic() + 60, is_whole=True, nodes=0)
    assert not choose_best(savings, 6, aim, np.random.default_rng(0)).is_proven
    again = cover_most(*case, reach_m=700, sites=6, seconds=60)
    assert (again.value, again.bound, again.gap) == (most.value, most.value, 0)
    again = cover_share(*case, reach_m=700, share=0.8, seconds=60)
    assert (again.value, again.bound, again.gap) == (fewest.value, fewest.value, 0)


def least_household_m(walks, households, present, sites: int) -> float:
    """The p-median as a textbook model: every demand goes to one open site or to its present station."""
    candidates, demands = walks.shape
    metres = np.vstack([walks, present])
    cost = np.concatenate([np.zeros(candidates), (metres * households).reshape(-1)])
    at = candidates + np.arange((candidates + 1) * demands).reshape(candidates + 1, demands)
    once = np.zeros((demands, len(cost)))
    for row in at:
        once[np.arange(demands), row] = 1
    pairs = np.arange(candidates * demands)
    only_if_open = np.zeros((len(pairs), len(cost)))
    only_if_open[pairs, at[:-1].reshape(-1)] = 1
    only_if_open[pairs, np.repeat(np.arange(candidates), demands)] = -1
    counted = np.r_[np.ones(candidates), np.zeros(len(cost) - candidates)]
    rows = [
        LinearConstraint(once, 1, 1),
        LinearConstraint(only_if_open, -np.inf, 0),
        LinearConstraint(counted, 0, sites),
    ]
    result = milp(
        cost,
        integrality=np.ones(len(cost)),
        bounds=Bounds(0, 1),
        constraints=rows,
        options={"mip_rel_gap": 0},
    )
    assert result.success
    return float(result.fun)


@pytest.mark.parametrize("sites", [2, 4, 7])
def test_the_shortest_walks_are_those_of_the_textbook_model(sites):
    walks, households, present = made_up(20, 50, seed=sites, stations=1)
    answer = shorten_walks(walks, households, present, reach_m=500, sites=sites, seconds=60)
    assert answer.is_proven
    assert answer.value == pytest.approx(least_household_m(walks, households, present, sites), rel=1e-9)
