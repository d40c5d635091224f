"""The curve of a notice, its two marks, and the moments of the tiers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gridmap.handling.reach import Mark, Step, build_curve, find_marks, list_tiers, next_reminder

SENT = datetime(2026, 11, 20, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return SENT + timedelta(minutes=minutes)


def test_the_curve_has_one_step_a_minute_whatever_the_order():
    told = [(at(61.5), 10), (at(4), 30), (at(61), 5), (at(-3), 2)]
    steps = [Step(0, 2), Step(4, 32), Step(61, 47)]
    assert build_curve(SENT, told) == build_curve(SENT, reversed(told)) == steps
    assert build_curve(SENT, []) == []


def test_a_mark_counts_what_was_reached_before_it_and_waits_until_it_has_come():
    curve = [Step(0, 20), Step(119, 50), Step(120, 90)]
    assert find_marks(curve, 100, 150) == [Mark(120, 50, 0.5), Mark(180, None, None)]
    assert find_marks(curve, 100, 180) == [Mark(120, 50, 0.5), Mark(180, 90, 0.9)]
    assert find_marks([], 0, 999) == [Mark(120, 0, None), Mark(180, 0, None)]


def test_each_tier_has_its_moment():
    assert list_tiers(SENT, 60) == [("compound", at(60)), ("community", at(120)), ("street", at(180))]
    assert next_reminder(SENT, 60, SENT) == at(60)
    assert next_reminder(SENT, 60, at(60)) == at(120)
    assert next_reminder(SENT, 60, at(180)) is None
