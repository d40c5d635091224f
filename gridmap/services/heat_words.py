"""What a map of issues says, in words: for the pages and pictures that leave the house."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gridmap.i18n import catalogue, translate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gridmap.services.heat_counts import HeatFilter
    from gridmap.services.heat_layers import HeatLayer, LayerRow

FOUND = ("hot", "not_distinguishable", "cold", "not_enough")
SIGNS = {"hot": "▲ ", "cold": "▼ "}
WORDS = {"categories": "pages.category", "channels": "officials.channel", "states": "pages.state"}


def say_period(starts_at: datetime, ends_at: datetime, zone: str, language: str) -> str:
    """Write a half-open period by its first and last day in a zone."""
    local = ZoneInfo(zone)
    days = {
        "from_day": starts_at.astimezone(local).date().isoformat(),
        "to_day": (ends_at - timedelta(microseconds=1)).astimezone(local).date().isoformat(),
    }
    return translate("heatmaps.period", language, **days)


def say_filter(which: HeatFilter, language: str) -> str:
    """Name what is counted: the words of a filter, or all categories."""
    separator = ", " if language == "en" else "、"
    families = WORDS | {"tiers": "handling.tier"}
    parts = [
        separator.join(_name(f"{family}_{word}", word, language) for word in getattr(which, name))
        for name, family in families.items()
        if getattr(which, name)
    ]
    return " · ".join(parts) or translate("heatmaps.all_categories", language)


def say_notes(shown: HeatLayer, zone: str, language: str) -> tuple[str, ...]:
    """Say what is counted and left out, the plan version, and the time of the data."""
    counted = {
        "issues": f"{sum(row.issues for row in shown.rows):,}",
        "households": f"{sum(row.households for row in shown.rows):,}",
    }
    made = {
        "plan": shown.plan_version or "–",
        "time": shown.as_of.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M"),
    }
    return (
        translate("heatmaps.counted", language, **counted),
        *_left_out(shown.left_out, language),
        translate("heatmaps.made", language, **made),
    )


def say_elsewhere(shown: HeatLayer, language: str) -> tuple[str, ...]:
    """Say whether what is hot is hot on the other geography, too; nothing where nothing is hot."""
    if not shown.hot or shown.hot_elsewhere is None:
        return ()
    kind = "none" if not shown.hot_elsewhere else "all" if shown.hot_elsewhere == shown.hot else "some"
    other = translate(f"officials.on_{shown.elsewhere}", language)
    values = {"hot": shown.hot, "there": shown.hot_elsewhere, "other": other}
    return (translate(f"officials.elsewhere_{kind}", language, **values),)


def list_classes(shown: HeatLayer, language: str) -> tuple[tuple[str, str], ...]:
    """List the kinds of a layer with what they mean, as a legend does."""
    return list_kinds(shown.layer, shown.breaks, language)


def list_kinds(layer: str, breaks: Sequence[float], language: str) -> tuple[tuple[str, str], ...]:
    """List the kinds of a layer by name; ``breaks`` of one that is not tested."""
    if not breaks:
        return tuple((kind, _found(kind, layer, language)) for kind in FOUND)
    spans = tuple((str(number), span) for number, span in enumerate(spans_of(breaks)))
    few = (("not_enough", translate("heatmaps.not_enough", language)),)
    return spans + (few if layer == "per_100" else ())


def kind_of(row: LayerRow, shown: HeatLayer) -> str:
    """Tell the kind of a row: the number of its class, or what a test found."""
    if row.found is not None:
        return row.found
    value = row.issues if shown.layer == "counts" else row.shrunk_per_100
    return "not_enough" if value is None else str(sum(value >= bound for bound in shown.breaks))


def lines_of(row: LayerRow, shown: HeatLayer, language: str) -> list[str]:
    """Tell what a layer says of a row, in a few lines."""
    own = _test_lines(row, shown, language) if shown.q is not None else _rate_lines(row, shown, language)
    return [
        *own,
        translate("pages.issues", language, count=f"{row.issues:,}"),
        translate("pages.households", language, count=f"{row.households:,}") + ("*" if row.estimated else ""),
    ]


def spans_of(breaks: Sequence[float]) -> tuple[str, ...]:
    """Write the span of each class."""
    between = [f"{low:g}–{high:g}" for low, high in pairwise(breaks)]
    return (f"< {breaks[0]:g}", *between, f"≥ {breaks[-1]:g}")


def _rate_lines(row: LayerRow, shown: HeatLayer, language: str) -> list[str]:
    if shown.layer == "counts":
        return []
    if row.shrunk_per_100 is None:
        return [translate("officials.few_households", language)]
    values = {
        "rate": f"{row.shrunk_per_100:.1f}",
        "low": f"{row.low_per_100:.1f}",
        "high": f"{row.high_per_100:.1f}",
        "raw": f"{row.rate_per_100:.1f}",
    }
    return [translate(f"officials.tip_{part}", language, **values) for part in ("rate", "raw")]


def say_ratio(ratio: float, low: float, high: float, language: str) -> str:
    """Write by how much a place stands out, with the interval."""
    values = {"ratio": f"{ratio:.1f}×", "low": f"{low:.1f}", "high": f"{high:.1f}"}
    return translate("officials.tip_ratio", language, **values)


def _found(kind: str, layer: str, language: str) -> str:
    """Name what a test found: a place is hot or cold, a change goes up or down."""
    word = "changed" if layer == "change" and kind in SIGNS else "found"
    return SIGNS.get(kind, "") + translate(f"officials.{word}_{kind}", language)


def _test_lines(row: LayerRow, shown: HeatLayer, language: str) -> list[str]:
    assert row.found is not None
    lines = [_found(row.found, shown.layer, language)]
    if row.expected is not None:
        values = {"observed": f"{row.observed:,}", "expected": f"{row.expected:.1f}"}
        lines.append(translate("officials.tip_window", language, **values))
    if row.ratio is not None and row.found != "not_enough":
        assert row.ratio_low is not None
        assert row.ratio_high is not None
        lines.append(say_ratio(row.ratio, row.ratio_low, row.ratio_high, language))
    return lines


def _left_out(left_out: dict[str, int], language: str) -> tuple[str, ...]:
    if not left_out:
        return ()
    named = [
        translate(f"heatmaps.flag_{reason}", language, count=f"{count:,}")
        for reason, count in left_out.items()
    ]
    reasons = (", " if language == "en" else "、").join(named)
    return (translate("heatmaps.left_out", language, reasons=reasons),)


def _name(key: str, word: str, language: str) -> str:
    """Name a word; one that a city brought along is shown as it is."""
    return translate(key, language) if key in catalogue() else word
