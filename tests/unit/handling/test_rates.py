"""Wilson's interval against published figures, silence below ten cases, and who may be named apart."""

from __future__ import annotations

import math

import pytest

from gridmap.handling.rates import Rate, find_interval, list_apart


@pytest.mark.parametrize(
    ("good", "counted", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_the_published_ones(good: int, counted: int, low: float, high: float) -> None:
    assert find_interval(good, counted) == pytest.approx((low, high), abs=0.00005)
    other = find_interval(counted - good, counted)
    assert other == pytest.approx((1 - high, 1 - low), abs=0.00005)


def test_the_interval_is_where_the_score_test_turns() -> None:
    for good, counted in ((3, 10), (9, 10), (50, 100), (999, 1000)):
        for edge in find_interval(good, counted):
            score = (good / counted - edge) / math.sqrt(edge * (1 - edge) / counted)
            assert abs(score) == pytest.approx(1.959963984540054)


def test_below_ten_cases_there_is_no_figure() -> None:
    assert (Rate(9, 9).share, Rate(9, 9).interval) == (None, None)
    assert Rate(10, 10).share == 1.0
    assert not Rate(9, 9).is_above(Rate(0, 100))
    assert not Rate(100, 100).is_above(Rate(0, 9))


def test_companies_are_named_only_where_intervals_do_not_overlap() -> None:
    rates = {
        "甲": Rate(98, 100),  # 0.93-0.99 against 0.73-0.81 of the others
        "乙": Rate(80, 100),
        "丙": Rate(40, 100),  # 0.31-0.50 against 0.89-0.94
        "丁": Rate(9, 9),  # too few cases to be anything
        "戊": Rate(190, 202),
    }
    assert list_apart(rates) == (["戊", "甲"], ["丙"])
    assert list_apart({"甲": Rate(8, 10), "乙": Rate(5, 10)}) == ([], [])
    assert list_apart({"甲": Rate(100, 100)}) == ([], [])
