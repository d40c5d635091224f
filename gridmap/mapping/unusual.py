"""Unusual places and unusual changes: tested, with what the test cannot say kept apart from what is quiet.

A window's count is held against what its households (or its own past) let one expect, under a null on which
incidents come in clumps: the tail is negative-binomial (for changes beta-binomial, for what is too few the
binomial of as many clumps as the dispersion leaves of the incidents) with a dispersion taken from the same
map, and exactly binomial where nothing is dispersed. Each side is then corrected for the number of windows by
Benjamini and Hochberg (1995, J. R. Statist. Soc. B 57, 289-300) at q, so that on a city without unusual
places at most q of the maps show one; under the positive dependence of overlapping windows that bound still
holds (Benjamini and Yekutieli 2001, Ann. Statist. 29, 1165-1188).

The dispersion has three parts, each by moments: a fixed ratio of variance to mean within a place (repeated
reports) and rates that differ between places, fitted together to the squared residuals of the places; and
what whole windows vary beyond that (clumps that reach over neighbours). The window furthest out is left out,
and where something was found, it is estimated once more without what was found, some times; since that begins
only when a place was found, it cannot raise the share of maps that show one without cause.

Time: one sparse product and one pass of incomplete beta functions per round, O(nonzeros + n log n).
Not promised: where single households report by the dozen the tail is heavier than any dispersion tells;
count incidents, not reports, before testing. Where a good part of all places stands out, or there are few
places, that is taken for the way this city is, and nothing is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import betainc, betaincinv, betaln

from gridmap.mapping.rates import TWO_SIDED_95, poisson_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_matrix

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = NDArray[np.int64]
    Tail = Callable[["_Case", Floats, Floats, Rows], Floats]
    Relating = Callable[["_Case", Floats, Floats], tuple[Floats, Floats, Floats]]

NOT_ENOUGH, COLD, NOT_DISTINGUISHABLE, HOT = "not_enough", "cold", "not_distinguishable", "hot"
Q = 0.05
FEWEST_INCIDENTS = 100
LEAST_EXPECTED = 3.0
LEAST_RATIO = 1.5
ROUNDS = 4
AS_BINOMIAL = 1.0 + 1e-9
"""Up to this dispersion the tail is the exact binomial."""
SMALLEST_TERM = 1e-9
"""Terms of a sum that are smaller by this are left away."""


class Note(NamedTuple):
    """One choice the test made: a word of the catalogue and the numbers that go into its text."""

    word: str
    numbers: dict[str, float]


@dataclass(frozen=True)
class Unusual:
    """What a test says about each window, arrays of (n,).

    Attributes
    ----------
    classes
        `HOT`, `COLD`, `NOT_DISTINGUISHABLE` or `NOT_ENOUGH`.
    stands
        Whether the window stands out after correction, whatever its ratio; under `LEAST_RATIO` it is not
        called hot or cold.
    observed, expected
        Incidents of the window, and what was to be expected.
    ratio, low, high
        Observed by expected, with its 95 % interval; NaN where nothing was to be expected.
    p_hot, p_cold
        One-sided p of each side before correction; 1 where the window was not tested, or lies less than one
        standard deviation out on that side, where no correction lets it stand.
    dispersion
        Variance by mean that each window was given; 1 = chance alone. The note has its median.
    notes
        The choices made, in order.
    """

    classes: NDArray[np.str_]
    stands: Flags
    observed: NDArray[np.int64]
    expected: Floats
    ratio: Floats
    low: Floats
    high: Floats
    p_hot: Floats
    p_cold: Floats
    dispersion: Floats
    q: float
    notes: tuple[Note, ...]


class _Case(NamedTuple):
    """Counts of places with what is expected of them, and how unevenly windows may turn out.

    Attributes
    ----------
    place_share
        (n,) what part of a sum that is taken as known each place is expected to have.
    trials, share
        (n,) of what number each window's count is a part, and what part of it is expected.
    """

    incidents: Floats
    expected: Floats
    place_share: Floats
    windows: csr_matrix
    trials: Floats
    share: Floats
    tested: Flags

    @property
    def observed(self) -> Floats:
        return np.asarray(self.windows @ self.incidents, dtype=float)

    @property
    def window_expected(self) -> Floats:
        return self.trials * self.share


def find_unusual_places(
    counts: ArrayLike, households: ArrayLike, windows: csr_matrix, *, q: float = Q
) -> Unusual:
    """Find the windows with more or fewer incidents than their households let one expect.

    Parameters
    ----------
    counts
        (n,) incidents of each place.
    households
        (n,) of each place; the incidents of a place without any are left out of the test, and said to be.
    windows
        (n, n) of ones, from `gridmap.mapping.windows`.
    q
        False discovery rate of each side.
    """
    homes = np.asarray(households, dtype=float)
    lived_in = homes > 0
    count = np.where(lived_in, np.asarray(counts, dtype=float), 0.0)
    total, all_homes = count.sum(), homes.sum()
    notes = [Note("windows", {"windows": len(homes), "q": q})]
    nowhere = float(np.asarray(counts).sum() - total)
    if nowhere:
        notes.append(Note("without_households", {"incidents": nowhere}))
    part = homes / all_homes if all_homes else np.zeros(len(homes))
    share = np.minimum(np.asarray(windows @ part, dtype=float), 1.0)
    trials = np.full(len(homes), total)
    tested = lived_in & (total * share >= LEAST_EXPECTED)
    case = _Case(count, total * part, part, windows, trials, share, tested)
    return _judge(case, total, q, notes, _more_than_expected, _ratio_to_expected)


def find_unusual_changes(now: ArrayLike, before: ArrayLike, windows: csr_matrix, *, q: float = Q) -> Unusual:
    """Find the windows whose incidents rose or fell against their own past more than the city's did.

    Parameters
    ----------
    now, before
        (n,) incidents of each place in the period and in its past; the two may differ in length, since only
        the change against the whole city counts.
    """
    count, past = np.asarray(now, dtype=float), np.asarray(before, dtype=float)
    both = count + past
    city = float(count.sum() / both.sum()) if both.sum() else 0.0
    trials = np.asarray(windows @ both, dtype=float)
    share = np.full(len(count), city)
    notes = [Note("windows", {"windows": len(count), "q": q}), Note("city_share", {"share": city})]
    tested = (trials * city >= LEAST_EXPECTED) & (trials * (1 - city) >= LEAST_EXPECTED)
    case = _Case(count, both * city, share, windows, trials, share, tested)
    return _judge(case, float(min(count.sum(), past.sum())), q, notes, _more_than_before, _ratio_to_past)


def _judge(case: _Case, total: float, q: float, notes: list[Note], more: Tail, ratios: Relating) -> Unusual:
    observed = case.observed
    if total < FEWEST_INCIDENTS:
        case = case._replace(tested=np.zeros(len(observed), dtype=bool))
        notes.append(Note("too_few_in_total", {"incidents": total, "least": FEWEST_INCIDENTS}))
    elif not case.tested.all():
        untested = {"windows": float(np.sum(~case.tested)), "least": LEAST_EXPECTED}
        notes.append(Note("too_few_in_window", untested))
    dispersion, p_hot, again = _search(case, observed, q, more, above=True)
    _, p_cold, again_cold = _search(case, observed, q, _fewer, above=False)
    ratio, low, high = ratios(case, observed, dispersion)
    hot, cold = _discoveries(p_hot, case.tested, q), _discoveries(p_cold, case.tested, q)
    coloured = (hot & (ratio >= LEAST_RATIO), cold & (ratio <= 1 / LEAST_RATIO))
    classes = np.select([~case.tested, *coloured], [NOT_ENOUGH, HOT, COLD], default=NOT_DISTINGUISHABLE)
    middle = float(np.median(dispersion[case.tested])) if case.tested.any() else 1.0
    notes.append(Note("dispersed" if middle > AS_BINOMIAL else "binomial", {"dispersion": middle}))
    if again + again_cold:
        notes.append(Note("estimated_again", {"rounds": again + again_cold}))
    stands = hot | cold
    slight = float(np.sum(stands & (classes == NOT_DISTINGUISHABLE)))
    notes.append(Note("slight", {"windows": slight, "ratio": LEAST_RATIO}))
    return Unusual(
        classes=classes,
        stands=stands,
        observed=observed.astype(np.int64),
        expected=case.window_expected,
        ratio=ratio,
        low=low,
        high=high,
        p_hot=p_hot,
        p_cold=p_cold,
        dispersion=dispersion,
        q=q,
        notes=tuple(notes),
    )


def _search(
    case: _Case, observed: Floats, q: float, tail: Tail, *, above: bool
) -> tuple[Floats, Floats, int]:
    """Test one side; estimate the dispersion again without what was found, until nothing more is found.

    The first estimate already leaves out the window furthest out, and all that share a place with it: one
    place that burns would else make the whole city seem restless, and hide itself.
    """
    away = (observed - case.window_expected) * (1 if above else -1)
    score = np.where(case.tested, away / np.sqrt(np.maximum(case.window_expected, LEAST_EXPECTED)), -np.inf)
    furthest = np.arange(len(observed)) == (np.argmax(score) if len(score) else 0)
    found = np.zeros(len(observed), dtype=bool)
    kept = _places_outside(case, furthest)
    dispersion, p = np.ones(len(observed)), np.ones(len(observed))
    for rounds in range(ROUNDS):
        dispersion = _dispersion(case, observed, kept)
        beyond = away >= np.sqrt(case.window_expected * dispersion * (1 - case.share))
        rows = np.flatnonzero(beyond & case.tested & (away > 0))
        p = np.ones(len(observed))
        p[rows] = tail(case, observed, dispersion, rows)
        newly = _discoveries(p, case.tested, q)
        left = _places_outside(case, newly)
        if not np.any(newly & ~found) or left.all():
            return dispersion, p, rounds
        found, kept = newly, left
    return dispersion, p, ROUNDS


def _places_outside(case: _Case, windows: Flags) -> Flags:
    """Give the places in none of some windows; all of them, where less than half would be left."""
    left = np.asarray(case.windows.T @ windows.astype(float)) == 0
    return left if left.sum() >= len(left) / 2 else np.ones(len(left), dtype=bool)


def _dispersion(case: _Case, observed: Floats, kept: Flags) -> Floats:
    """Give each window the variance by mean that the map shows, never under 1.

    Parameters
    ----------
    kept
        Places that the estimate may rest on.
    """
    out, kept = ~kept, kept & (case.expected > 0)
    calm = kept & (np.asarray(case.windows @ out.astype(float)) == 0) & case.tested
    expected, count = case.expected[kept], case.incidents[kept]
    if not expected.sum() or not calm.any():
        return np.ones(len(observed))
    expected = expected * (count.sum() / expected.sum())
    rest = 1 - case.place_share[kept]
    within, between = _fit_variance((count - expected) ** 2, expected * rest, expected**2)
    mean = case.window_expected
    grown = between * np.asarray(case.windows @ case.expected**2, dtype=float)
    by_place = within + np.divide(grown, mean, out=np.zeros(len(observed)), where=mean > 0)
    calm_mean = mean[calm] * (observed[calm].sum() / mean[calm].sum())
    squares = (observed[calm] - calm_mean) ** 2
    across = squares.sum() / np.sum(calm_mean * (1 - case.share[calm]))
    over = across / (np.sum(by_place[calm] * calm_mean) / calm_mean.sum())
    return np.maximum(by_place * max(over, 1.0), 1.0)


def _fit_variance(squares: Floats, chance: Floats, between: Floats) -> tuple[float, float]:
    """Fit squares = a * chance + b * between by weighted least squares, a >= 1 and b >= 0."""
    weight = 1 / (chance + 2 * chance**2)
    xx, xy, yy = (np.sum(weight * u) for u in (chance**2, chance * between, between**2))
    sx, sy = np.sum(weight * chance * squares), np.sum(weight * between * squares)
    alone = max(1.0, float(sx / xx))
    inside = xx * yy - xy**2
    if inside <= 1e-9 * xx * yy:
        return alone, 0.0
    a, b = (sx * yy - sy * xy) / inside, (sy * xx - sx * xy) / inside
    if b <= 0:
        return alone, 0.0
    if a < 1:
        return 1.0, max(0.0, float((sy - xy) / yy))
    return float(a), float(b)


def _more_than_expected(case: _Case, observed: Floats, dispersion: Floats, rows: Rows) -> Floats:
    """Negative-binomial chance of a count as high; the exact binomial where nothing is dispersed."""
    p = _at_least(observed[rows], case.trials[rows], case.share[rows])
    wide = np.flatnonzero(dispersion[rows] > AS_BINOMIAL)
    mean, spread = case.window_expected[rows[wide]], dispersion[rows[wide]]
    p[wide] = betainc(observed[rows[wide]], mean / (spread - 1), 1 - 1 / spread)
    return p


def _more_than_before(case: _Case, observed: Floats, dispersion: Floats, rows: Rows) -> Floats:
    """Beta-binomial chance of a count as high; the exact binomial where nothing is dispersed."""
    count, trials, share = observed[rows], case.trials[rows], case.share[rows]
    p = _at_least(count, trials, share)
    spread = np.minimum(dispersion[rows], (trials + 1) / 2)
    wide = np.flatnonzero(spread > AS_BINOMIAL)
    size = (trials[wide] - 1) / (spread[wide] - 1) - 1
    p[wide] = _beta_binomial_tail(count[wide], trials[wide], share[wide] * size, (1 - share[wide]) * size)
    return p


def _beta_binomial_tail(count: Floats, trials: Floats, a: Floats, b: Floats) -> Floats:
    """Sum the beta-binomial from `count` to `trials`, each term from the one before."""
    chosen = -betaln(count + 1, trials - count + 1) - np.log(trials + 1)
    term = np.exp(chosen + betaln(count + a, trials - count + b) - betaln(a, b))
    tail = term.copy()
    at = count.copy()
    while np.any(term > SMALLEST_TERM * tail):
        rest = np.maximum(trials - at, 0.0)
        term = term * rest * (at + a) / ((at + 1) * np.maximum(b + rest - 1, b))
        tail += term
        at += 1
    return np.minimum(tail, 1.0)


def _fewer(case: _Case, observed: Floats, dispersion: Floats, rows: Rows) -> Floats:
    """Binomial chance of as few clumps: its lower tail is the heavier one of those a dispersion may have."""
    spread = dispersion[rows]
    rest = (case.trials[rows] - observed[rows]) / spread
    return np.asarray(betainc(rest, observed[rows] / spread + 1, 1 - case.share[rows]))


def _at_least(count: Floats, trials: Floats, share: Floats) -> Floats:
    return np.asarray(betainc(count, np.maximum(trials - count, 0.0) + 1, share))


def _ratio_to_expected(case: _Case, observed: Floats, dispersion: Floats) -> tuple[Floats, Floats, Floats]:
    low, high = poisson_interval(observed, dispersion)
    mean = np.where(case.window_expected > 0, case.window_expected, np.nan)
    return observed / mean, low / mean, high / mean


def _ratio_to_past(case: _Case, observed: Floats, dispersion: Floats) -> tuple[Floats, Floats, Floats]:
    """Odds of now against before, by the city's; the interval is that of Clopper and Pearson (1934)."""
    hits, misses = observed / dispersion, (case.trials - observed) / dispersion
    least = np.where(hits > 0, betaincinv(np.maximum(hits, 1e-12), misses + 1, 1 - TWO_SIDED_95), 0.0)
    most = np.where(misses > 0, betaincinv(hits + 1, np.maximum(misses, 1e-12), TWO_SIDED_95), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # without now, or without a past: 0, inf or NaN
        of_city = case.share / (1 - case.share)
        ratio, low, high = (x / (1 - x) / of_city for x in (observed / case.trials, least, most))
    return ratio, low, high


def _discoveries(p: Floats, tested: Flags, q: float) -> Flags:
    """Pick the tested windows whose p stands after the correction of Benjamini and Hochberg."""
    among = np.sort(p[tested])
    bounds = q * np.arange(1, len(among) + 1) / max(len(among), 1)
    passed = np.flatnonzero(among <= bounds)
    if not len(passed):
        return np.zeros(len(p), dtype=bool)
    return tested & (p <= among[passed[-1]])
