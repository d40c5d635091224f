"""What the picture says: title, figures, legend, source; in the language whose letters there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial

from gridmap.formats.plan_picture import legend, palette
from gridmap.formats.plan_picture.frames import PlanPicture
from gridmap.formats.plan_picture.labels import Label
from gridmap.formats.plan_picture.lettering import Lettering
from gridmap.formats.plan_picture.marks import Mark
from gridmap.i18n import catalogue, translate

LINE_SIGNS = {
    "road": legend.road,
    "river": legend.river,
    "water": legend.water,
    "railway": legend.railway,
    "wall": legend.wall,
}
BUILDING_SIGNS = {
    "home": partial(legend.building, colour=palette.HOME),
    "shared": partial(legend.building, colour=palette.SHARED),
    "entrances": partial(legend.building, colour=palette.HOME, hatch="entrances"),
    "floors": partial(legend.building, colour=palette.HOME, hatch="floors"),
    "other": partial(legend.building, colour=palette.OTHER),
}


@dataclass(frozen=True)
class Shown:
    """What has come onto the map, for the legend.

    Attributes
    ----------
    lines, buildings
        Kinds of lines and of buildings that are seen.
    labels
        Counts that found room.
    marks
        Findings with a mark of their own.
    has_undivided
        Some grid has no micro-grids.
    px_per_m
        Scale of the map.
    """

    lines: frozenset[str]
    buildings: frozenset[str]
    labels: tuple[Label, ...]
    marks: tuple[Mark, ...]
    has_undivided: bool
    px_per_m: float


def count_lived_in(picture: PlanPicture) -> int:
    """Count the micro-grids with households; the others carry no count."""
    return int((picture.micro_grids["households"] > 0).sum())


def title(picture: PlanPicture, language: str, letters: Lettering) -> str:
    """Name the picture; an area whose name cannot be written here is named by its code."""
    about = picture.about
    name = (about.area_name_en if language == "en" else "") or about.area_name
    area = name if name and letters.can_write(name) else about.area_code
    return translate("picture.title", language, area=area)


def subtitles(picture: PlanPicture, language: str) -> list[str]:
    """Say which plan it is, and its figures."""
    about, grids = picture.about, picture.micro_grids
    plan = translate(
        "picture.plan" if not about.is_part else "picture.part_of_plan",
        language,
        plan=about.plan_id,
        area=about.area_code,
        status=translate(f"picture.status_{about.status}", language),
        day=about.made_on.isoformat(),
        least=about.band[0],
        most=about.band[1],
        seed=about.seed,
    )
    lived_in = grids[grids["households"] > 0]
    share = float((lived_in["status"] == "in_band").mean()) if len(lived_in) else 0.0
    figures = translate(
        "picture.figures",
        language,
        grids=f"{grids['grid'].nunique():,}",
        micro_grids=f"{len(grids):,}",
        # 100 % is said of all only, never of nearly all.
        in_band="100%" if share == 1 else f"{min(share, 0.999):.1%}",
        households=f"{int(grids['households'].sum()):,}"
        + ("*" if grids["households_estimated"].any() else ""),
    )
    return [plan, figures]


def source_line(picture: PlanPicture, language: str, credit: str, letters: Lettering) -> str:
    """Say where the buildings come from, and whom the data belong to."""
    separator = "、" if language == "zh" else ", "
    sources = separator.join(name for name in picture.about.sources if letters.can_write(name)) or "-"
    made = translate("picture.source", language, sources=sources)
    return f"{made} · {credit}" if credit else made


def north(language: str) -> str:
    """Name the north."""
    return translate("picture.north", language)


def legend_entries(picture: PlanPicture, shown: Shown, language: str) -> list[tuple[legend.Sign, str]]:
    """List what the legend explains: only what is on the map."""

    def say(key: str, **values: object) -> str:
        return translate(f"picture.{key}", language, **values)

    grids = picture.micro_grids
    entries: list[tuple[legend.Sign, str]] = [(legend.hues, say("micro_grids"))]
    entries += _count_entries(picture, shown, language)
    if (grids["households"] == 0).any():
        entries.append((legend.nobody, say("nobody")))
    if shown.has_undivided:
        entries.append((legend.undivided, say("undivided")))
    entries.append((legend.grid_border, say("grid_border")))
    if (picture.areas["level"] != "grid").any():
        entries.append((legend.area_border, say("area_border")))
    entries += _finding_entries(picture, shown, language)
    entries += [
        (sign, say(f"building_{kind}")) for kind, sign in BUILDING_SIGNS.items() if kind in shown.buildings
    ]
    entries += [(sign, say(f"line_{kind}")) for kind, sign in LINE_SIGNS.items() if kind in shown.lines]
    return entries


def _count_entries(picture: PlanPicture, shown: Shown, language: str) -> list[tuple[legend.Sign, str]]:
    grids = picture.micro_grids
    text = "72*" if grids["households_estimated"].any() else "72"
    kinds = Counter(label.kind for label in shown.labels)
    entries: list[tuple[legend.Sign, str]] = []
    has_numbers = any(label.number for label in shown.labels)
    said = ("numbered" if has_numbers else "count") + ("_estimated" if text.endswith("*") else "")
    sign = partial(legend.count, text=text, number="03" if has_numbers else "")
    entries.append((sign, translate(f"picture.{said}", language)))
    if kinds["pill"]:
        entries.append((legend.pill, translate("picture.pill", language)))
    if missing := count_lived_in(picture) - len(shown.labels):
        many = {"missing": f"{missing:,}", "all": f"{count_lived_in(picture):,}"}
        entries.append((legend.unlabelled, translate("picture.unlabelled", language, **many)))
    return entries


def _finding_entries(picture: PlanPicture, shown: Shown, language: str) -> list[tuple[legend.Sign, str]]:
    grids = picture.micro_grids
    strained = Counter(grids["status"][grids["households"] > 0])
    entries: list[tuple[legend.Sign, str]] = []
    for status, bound in (("over", picture.about.band[1]), ("under", picture.about.band[0])):
        if strained[status]:
            values = {"count": f"{strained[status]:,}", "bound": bound}
            said = translate(f"picture.{status}", language, **values)
            entries.append((partial(legend.ring, status=status), said))
    others = Counter(mark.kind for mark in shown.marks)
    entries += [(legend.finding, _finding(kind, many, language)) for kind, many in sorted(others.items())]
    return entries


def _finding(kind: str, many: int, language: str) -> str:
    """Name a kind of finding and how often it was found."""
    key = f"picture.finding_{kind}"
    known = translate(key if key in catalogue() else "picture.finding_other", language)
    return translate("picture.findings", language, finding=known, count=f"{many:,}")
