"""All of the picture: title, map, legend, source line; written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import shapely

from gridmap.errors import BadInput, FieldError
from gridmap.formats.plan_picture import legend, map_layers, palette, texts
from gridmap.formats.plan_picture.frames import Drawn, PlanPicture
from gridmap.formats.plan_picture.grounds import Ground
from gridmap.formats.plan_picture.labels import place_labels
from gridmap.formats.plan_picture.lettering import Lettering, find_lettering
from gridmap.formats.plan_picture.marks import find_marks
from gridmap.formats.plan_picture.sheet import Sheet

FORMATS = (".png", ".svg")
WIDTHS = (480, 6000)
WIDTH = 1600
MARGIN = 28.0
MAP_MARGIN = 26.0
TITLE_SIZE, TEXT_SIZE, SOURCE_SIZE = 26.0, 14.0, 11.0


def draw_plan(
    picture: PlanPicture,
    path: Path,
    *,
    width: int = WIDTH,
    language: str = "zh",
    credit: str = "",
    letters: Lettering | None = None,
) -> Drawn:
    """Draw a plan as PNG or SVG; the file appears whole or not at all.

    Parameters
    ----------
    width
        Of the page, in pixels (PNG) or points (SVG); the height follows from the area.
    credit
        Whom the data belong to, for the source line.
    letters
        Fonts; None = those that are installed.

    Raises
    ------
    BadInput
        As `require_drawable`.
    OSError
        If the file cannot be written.
    """
    require_drawable(path, width)
    letters = letters or find_lettering(is_kept=path.suffix.lower() == ".svg")
    spoken = letters.language(language)
    sheet = Sheet(width, letters)
    y = _draw_title(sheet, picture, spoken)
    shown, y = _draw_map(sheet, picture, y)
    height = int(np.ceil(_draw_foot(sheet, picture, shown, y, spoken, credit)))
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".gridmap-") as folder:
        unfinished = Path(folder) / path.name
        sheet.save(unfinished, height)
        os.replace(unfinished, path)
    unlabelled = texts.count_lived_in(picture) - len(shown.labels)
    return Drawn(width, height, len(picture.micro_grids), unlabelled, spoken)


def require_drawable(path: Path, width: int = WIDTH) -> None:
    """Refuse what cannot be drawn before anything is read.

    Raises
    ------
    BadInput
        For an ending that names no known format, a folder that is not there, or a width out of `WIDTHS`.
    """
    wrong = []
    if path.suffix.lower() not in FORMATS:
        wrong.append(FieldError(str(path), "format", "unknown_format", path.suffix, " ".join(FORMATS)))
    if not path.parent.is_dir():
        wrong.append(FieldError(str(path), "", "no_such_folder", str(path.parent)))
    if not WIDTHS[0] <= width <= WIDTHS[1]:
        wrong.append(FieldError("--width", "", "picture_width", str(width), f"{WIDTHS[0]}–{WIDTHS[1]}"))
    if wrong:
        raise BadInput(fields=wrong)


def _draw_title(sheet: Sheet, picture: PlanPicture, language: str) -> float:
    """Write title and figures; give where the next thing may start."""
    y, inner = MARGIN, sheet.width - 2 * MARGIN
    for line in sheet.letters.wrap(texts.title(picture, language, sheet.letters), TITLE_SIZE, inner):
        y += TITLE_SIZE * 1.05
        sheet.write(line, MARGIN, y, TITLE_SIZE, bold=True, name="title")
    y += 4
    for text in texts.subtitles(picture, language):
        for line in sheet.letters.wrap(text, TEXT_SIZE, inner):
            y += TEXT_SIZE * 1.5
            sheet.write(line, MARGIN, y, TEXT_SIZE, colour=palette.INK_2)
    return y + 16


def _draw_map(sheet: Sheet, picture: PlanPicture, top: float) -> tuple[texts.Shown, float]:
    width = sheet.width - 2 * MARGIN
    bounds = picture.areas.total_bounds
    ground = Ground.around(bounds, left=MARGIN, top=top, width=width, margin=MAP_MARGIN)
    return draw_map(sheet, picture, ground), top + ground.height + 20


def draw_map(sheet: Sheet, picture: PlanPicture, ground: Ground) -> texts.Shown:
    """Draw all micro-grids with their counts into a window of the page."""
    grids = picture.micro_grids
    shapes = map_layers.thin(ground.to_pixels(grids.geometry.to_numpy()))
    points = ground.to_pixels(grids["label"].to_numpy(object))
    outlines = dict(
        zip(picture.areas["code"], ground.to_pixels(picture.areas.geometry.to_numpy()), strict=True)
    )
    parents = np.array([*map(outlines.get, grids["grid"]), None], dtype=object)[:-1]
    labels = place_labels(grids, shapes, points, parents, ground.box, sheet.letters)
    marks = find_marks(picture, labels, points, ground)

    undivided = picture.areas["code"][
        (picture.areas["level"] == "grid") & ~picture.areas["code"].isin(grids["grid"])
    ]
    map_layers.draw_undivided(sheet, [outlines[code] for code in undivided])
    map_layers.draw_territories(sheet, grids, shapes)
    sheet.clip(ground.box)
    lines = map_layers.draw_lines(sheet, picture.lines, ground)
    sheet.clip(None)
    buildings = map_layers.draw_buildings(sheet, picture.buildings, ground)
    map_layers.draw_borders(sheet, shapes, picture.areas, ground)
    map_layers.draw_labels(sheet, labels, grids, points)
    for mark in marks:
        map_layers.draw_finding(sheet, mark.x, mark.y, name=f"finding-{mark.kind}-{mark.place}")
    sheet.fill([shapely.box(*ground.box)], facecolor="none", edgecolor=palette.FRAME, linewidth=1)
    return texts.Shown(
        lines=frozenset(lines),
        buildings=frozenset(buildings),
        labels=tuple(labels),
        marks=tuple(marks),
        has_undivided=not undivided.empty,
        px_per_m=ground.px_per_m,
    )


def _draw_foot(
    sheet: Sheet, picture: PlanPicture, shown: texts.Shown, top: float, language: str, credit: str
) -> float:
    """Draw legend, scale and source; give the page's height."""
    width = sheet.width - 2 * MARGIN
    laid = legend.lay_out(texts.legend_entries(picture, shown, language), width, sheet.letters)
    legend.draw_legend(sheet, laid, MARGIN, top)
    legend.draw_scale(sheet, shown.px_per_m, sheet.width - MARGIN, top, texts.north(language))
    y = top + laid.height + 6
    for line in sheet.letters.wrap(
        texts.source_line(picture, language, credit, sheet.letters), SOURCE_SIZE, width
    ):
        y += SOURCE_SIZE * 1.45
        sheet.write(line, MARGIN, y, SOURCE_SIZE, colour=palette.INK_2)
    return y + MARGIN * 0.7
