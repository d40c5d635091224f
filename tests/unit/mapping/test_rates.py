"""Rates: shrinking by hand, and intervals against the textbook's figures."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.mapping.rates import build_rates, poisson_interval, wilson_interval


def test_small_places_are_drawn_to_the_mean_more_than_large_ones():
    """Two small places of 10 homes with 0 and 4, two large of 1,000 with 100 and 300.

    Mean 404 / 2020 = 0.2. Squares by homes: 10 * 0.04 + 10 * 0.04 + 1000 * 0.01 + 1000 * 0.01 = 20.8, by 2020
    0.010297, less 0.2 / 505 = 0.000396: spread 0.009901. A small place keeps 0.009901 / (0.009901 + 0.02) of
    its distance, a large one 0.009901 / (0.009901 + 0.0002).
    """
    rates = build_rates([0, 4, 100, 300], [10, 10, 1000, 1000])
    assert rates.mean == pytest.approx(0.2)
    assert rates.spread == pytest.approx(0.009901, abs=1e-6)
    assert rates.raw == pytest.approx([0, 0.4, 0.1, 0.3])
    kept_small, kept_large = 0.331126, 0.980198
    wanted = [0.2 - 0.2 * kept_small, 0.2 + 0.2 * kept_small, 0.2 - 0.1 * kept_large, 0.2 + 0.1 * kept_large]
    assert rates.shrunk == pytest.approx(wanted, abs=1e-5)
    assert (rates.low < rates.shrunk).all()
    assert (rates.shrunk < rates.high).all()
    assert (rates.high - rates.low)[1] > 5 * (rates.high - rates.low)[3]


def test_places_that_differ_by_chance_only_get_the_mean():
    rates = build_rates([10, 10, 10, 0], [100, 100, 100, 0])
    assert rates.spread == 0
    assert rates.shrunk[:3] == pytest.approx(0.1)
    assert np.isnan([rates.raw[3], rates.shrunk[3], rates.low[3]]).all()
    # 30 counted: exact 95 % interval of a Poisson mean 20.24 to 42.83, of 300 homes.
    assert rates.low[0] == pytest.approx(20.2409 / 300, rel=1e-4)
    assert rates.high[0] == pytest.approx(42.8269 / 300, rel=1e-4)


def test_nothing_reported_is_a_rate_of_zero():
    rates = build_rates([0, 0], [50, 60])
    assert rates.shrunk.tolist() == [0, 0]


def test_poisson_interval_of_the_tables():
    low, high = poisson_interval([0, 1, 10])
    assert low == pytest.approx([0, 0.0253, 4.7954], abs=1e-3)
    assert high == pytest.approx([3.6889, 5.5716, 18.3904], abs=1e-3)
    wide_low, wide_high = poisson_interval([10], 2.0)  # tells as much as 5: 1.6235 to 11.6683
    assert (wide_low[0], wide_high[0]) == pytest.approx((3.2470, 23.3366), abs=1e-3)


def test_wilson_interval_of_eight_in_ten():
    """(0.8 + 0.19207 ± 1.96 √(0.016 + 0.0096)) / 1.38415."""
    low, high = wilson_interval([8, 0, 5], [10, 10, 0])
    assert (low[0], high[0]) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert low[1] == 0
    assert np.isnan([low[2], high[2]]).all()
