"""The tested layer: its promise on cities without a hot spot, its power, and the same by plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom, binom, nbinom

from gridmap.mapping.unusual import (
    COLD,
    HOT,
    NOT_DISTINGUISHABLE,
    NOT_ENOUGH,
    find_unusual_changes,
    find_unusual_places,
)
from gridmap.mapping.windows import build_windows_of_pairs
from tests.null_cities import HOT as HOT_CELLS
from tests.null_cities import KINDS, PER_MONTH, build_lattice, draw_counts, draw_households

LATTICE = build_lattice()
PROMISED = 0.05


def _most_by_chance(maps: int) -> int:
    """How many of so many maps may show one when exactly the promised share does, at 99 %."""
    return int(binom.ppf(0.99, maps, PROMISED))


def test_cities_without_a_hot_spot_show_one_in_at_most_5_percent():
    """1,000 null cities: four ways in which chance clumps, even and very uneven homes, a month or three."""
    chance = np.random.default_rng(20261121)
    shown = dict.fromkeys(KINDS, 0)
    for number in range(1000):
        kind = KINDS[number % 4]
        households = draw_households(chance, uneven=number // 4 % 2 == 1)
        mean = households * PER_MONTH * (1 if number // 8 % 2 else 3)
        counts = draw_counts(chance, mean, kind, LATTICE)
        shown[kind] += HOT in find_unusual_places(counts, households, LATTICE).classes
    assert sum(shown.values()) <= _most_by_chance(1000)
    assert all(number <= _most_by_chance(250) for number in shown.values())


def test_changes_without_cause_are_shown_in_at_most_5_percent():
    """150 cities whose places differ, and stay as they were while the whole city's reports double."""
    chance = np.random.default_rng(11)
    shown = 0
    for _ in range(150):
        households = draw_households(chance, uneven=True)
        own = households * PER_MONTH * chance.gamma(2, 0.5, len(households))
        now, before = (draw_counts(chance, own * by, "repeated", LATTICE) for by in (4, 8))
        shown += HOT in find_unusual_changes(now, before, LATTICE).classes
    assert shown <= _most_by_chance(150)


@pytest.mark.parametrize(
    ("kind", "months", "power"),
    # The table of the design; each with twice the standard error of the share found (25 cells that go
    # together, so at most 25 cells' worth for each city) taken off.
    [("poisson", 1, 0.10), ("poisson", 3, 0.57), ("poisson", 12, 0.99), ("repeated", 3, 0.10)],
)
def test_doubled_rate_over_25_cells_is_found_as_often_as_designed(kind: str, months: int, power: float):
    chance = np.random.default_rng(5)
    rates = np.ones(len(LATTICE.indptr) - 1)
    rates[HOT_CELLS] = 2
    found, false, flagged = [], 0, 0
    for _ in range(60):
        households = draw_households(chance, uneven=False)
        counts = draw_counts(chance, households * PER_MONTH * months * rates, kind, LATTICE)
        result = find_unusual_places(counts, households, LATTICE)
        found.append(result.stands[HOT_CELLS].mean())
        touched = (LATTICE @ (rates - 1)) > 0
        flagged += int(np.sum(result.classes == HOT))
        false += int(np.sum((result.classes == HOT) & ~touched))
    assert np.mean(found) + 2 * np.std(found) / np.sqrt(len(found)) >= power
    assert false <= 0.1 * max(flagged, 10)


def _line(places: int):
    return build_windows_of_pairs([(n, n + 1) for n in range(places - 1)], places)


def test_agrees_with_plain_loops():
    """Each window's chance, and the correction, worked out by loops and the textbook's functions."""
    chance = np.random.default_rng(3)
    households = chance.integers(40, 90, 300)
    counts = chance.poisson(households * 0.1)
    counts[20:24] *= 4
    result = find_unusual_places(counts, households, _line(300))
    total, homes = int(counts.sum()), int(households.sum())
    p = []
    for place in range(300):
        window = [n for n in (place - 1, place, place + 1) if 0 <= n < 300]
        observed = sum(int(counts[n]) for n in window)
        expected = total * sum(int(households[n]) for n in window) / homes
        assert result.observed[place] == observed
        assert result.expected[place] == pytest.approx(expected)
        spread = result.dispersion[place]
        if spread > 1:
            p.append(nbinom.sf(observed - 1, expected / (spread - 1), 1 / spread))
        else:
            p.append(binom.sf(observed - 1, total, expected / total))
    order = sorted(range(300), key=lambda n: p[n])
    last = max(rank for rank, n in enumerate(order, 1) if p[n] <= 0.05 * rank / 300)
    stands = set(order[:last])
    for place in range(300):
        if result.p_hot[place] < 1:
            assert result.p_hot[place] == pytest.approx(p[place], rel=1e-6)
        assert (result.classes[place] == HOT) == (place in stands and result.ratio[place] >= 1.5)
    assert set(np.flatnonzero(result.classes == HOT)) >= {21, 22}


def test_dispersed_change_is_a_beta_binomial_tail():
    """The chance of as high a count, summed term by term by scipy."""
    chance = np.random.default_rng(8)
    now, before = (5 * chance.poisson(6, 200) for _ in range(2))
    result = find_unusual_changes(now, before, build_windows_of_pairs([], 200))
    assert result.dispersion.min() > 2
    share = now.sum() / (now + before).sum()
    for place in np.flatnonzero(result.p_hot < 1):
        trials = now[place] + before[place]
        size = (trials - 1) / (result.dispersion[place] - 1) - 1
        wanted = betabinom.sf(now[place] - 1, trials, share * size, (1 - share) * size)
        assert result.p_hot[place] == pytest.approx(wanted, rel=1e-6)


def test_even_city_is_tested_by_the_exact_binomial():
    """Ten places of 100 homes with ten incidents each: no dispersion, nothing found, all of ratio 1."""
    result = find_unusual_places([10] * 10, [100] * 10, _line(10))
    assert set(result.dispersion) == {1}
    assert [note.word for note in result.notes] == ["windows", "binomial", "slight"]
    assert set(result.classes) == {NOT_DISTINGUISHABLE}
    assert result.ratio == pytest.approx(1)
    assert result.observed.tolist() == [20, 30, 30, 30, 30, 30, 30, 30, 30, 20]


def test_hot_and_cold_are_told_apart():
    counts = np.full(400, 20)
    counts[100:110], counts[300:310] = 60, 2
    result = find_unusual_places(counts, np.full(400, 100), _line(400))
    assert set(result.classes[101:109]) == {HOT}
    assert set(result.classes[301:309]) == {COLD}
    assert (result.low[101:109] > 1).all()
    assert (result.high[301:309] < 1).all()


def test_what_stands_out_by_little_is_not_coloured():
    """A tenth of the city at 1.3 times the rate of the rest: certain, and too little to be called hot."""
    counts = np.full(400, 1000)
    counts[200:240] = 1300
    result = find_unusual_places(counts, np.full(400, 100), _line(400))
    assert result.stands[201:239].all()
    assert HOT not in result.classes
    (slight,) = [note for note in result.notes if note.word == "slight"]
    assert slight.numbers["windows"] >= 38


def test_too_little_is_said_not_shown_as_quiet():
    few = find_unusual_places([9] * 11, [100] * 11, _line(11))  # 99 incidents
    assert set(few.classes) == {NOT_ENOUGH}
    assert "too_few_in_total" in [note.word for note in few.notes]
    small = find_unusual_places([60, 60, 0], [600, 600, 10], build_windows_of_pairs([], 3))
    assert small.classes[2] == NOT_ENOUGH  # one incident was to be expected
    empty = find_unusual_places([60, 60, 40], [600, 600, 0], build_windows_of_pairs([], 3))
    assert empty.classes[2] == NOT_ENOUGH  # nobody lives there; its 40 are left out and said to be
    (left,) = [note for note in empty.notes if note.word == "without_households"]
    assert left.numbers == {"incidents": 40}
    assert empty.observed.tolist() == [60, 60, 0]


def test_a_wave_over_the_whole_city_is_no_change():
    before = np.arange(50, 150)
    result = find_unusual_changes(3 * before, before, _line(100))
    assert set(result.classes) == {NOT_DISTINGUISHABLE}
    assert result.ratio == pytest.approx(1)


def test_change_of_a_place_against_its_own_past():
    """All as before but for places 40 to 44, three times as many: 3 by the city's 41,000 to 40,000."""
    before = np.full(400, 100)
    now = before.copy()
    now[40:45] = 300
    result = find_unusual_changes(now, before, _line(400))
    assert set(result.classes[41:44]) == {HOT}
    assert result.ratio[42] == pytest.approx(3 / 1.025)
    assert 2 < result.low[42] < result.ratio[42] < result.high[42] < 4.5
    short = find_unusual_changes(now, np.zeros(400, dtype=int), _line(400))
    assert set(short.classes) == {NOT_ENOUGH}  # no past
