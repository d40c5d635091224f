"""A played layer in words: for the slider of the page that leaves the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.formats.heat_page import PageFrames
from gridmap.i18n import translate
from gridmap.services.heat_layers import TESTED
from gridmap.services.heat_words import list_kinds, say_period, say_ratio

if TYPE_CHECKING:
    from gridmap.services.heat_plays import HeatPlay, PlayedStep

RATES = ("shrunk_per_100", "low_per_100", "high_per_100", "rate_per_100")


def say_frames(play: HeatPlay, definition: str, zone: str, language: str) -> PageFrames:
    """Put the steps of a layer into words, as the officials' page says them.

    Parameters
    ----------
    definition
        Of the layer; below the legend of a test, above the choices it made at the step.
    """
    is_tested = play.layer in TESTED
    names = [say_period(step.starts_at, step.ends_at, zone, language) for step in play.steps]
    if is_tested:
        names = [translate("heatmaps.quarter_up_to_step", language, period=name) for name in names]
    figures, said = _list_figures(play.layer, language)
    few = translate("officials.few_households", language) if play.layer == "per_100" else ""
    return PageFrames(
        names=names,
        classes=list_kinds(play.layer, play.breaks, language),
        kinds=[step.kinds.tolist() for step in play.steps],
        figures=[
            (digits, [step.figures[name].tolist() for step in play.steps]) for name, digits in figures.items()
        ],
        said=said,
        few=few,
        names_kind=is_tested,
        more=[_say_ratios(step, language) for step in play.steps] if is_tested else (),
        notes=[(definition, *step.notes) for step in play.steps] if is_tested else (),
    )


def _list_figures(layer: str, language: str) -> tuple[dict[str, int], tuple[str, ...]]:
    """List the figures of a layer with their digits, and the lines they go into."""

    def say(key: str, **values: object) -> str:
        return translate(key, language, **values)

    if layer in TESTED:
        window = say("officials.tip_window", observed="@0", expected="@1")
        return {"observed": 0, "expected": 1}, (window,)
    if layer == "per_100":
        values = {"rate": "@0", "low": "@1", "high": "@2", "raw": "@3"}
        lines = [say(f"officials.tip_{part}", **values) for part in ("rate", "raw")]
        return {**dict.fromkeys(RATES, 1), "issues": 0}, (*lines, say("pages.issues", count="@4"))
    return {"issues": 0}, (say("pages.issues", count="@0"),)


def _say_ratios(step: PlayedStep, language: str) -> dict[int, str]:
    """Say by how much a cell stands out, where one does."""
    standing = [number for number, kind in enumerate(step.kinds) if kind in ("hot", "cold")]
    ratio, low, high = (step.figures[name] for name in ("ratio", "ratio_low", "ratio_high"))
    return {
        number: say_ratio(ratio[number], low[number], high[number], language)
        for number in standing
        if ratio[number] == ratio[number]
    }
