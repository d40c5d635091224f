"""A layer of the heatmap as a page for a meeting, or a page for each of two periods: A4 lying, as PNG or PDF.

Pure: what is shown comes in, bytes come out, the same for the same input and fonts. Every class has a hatch
beside its colour, so that it lives through a black-and-white printer. All lengths are points of the page.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from matplotlib.backends.backend_pdf import PdfPages
from PIL import Image

from gridmap.formats.map_page import COLOURS
from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.grounds import Ground
from gridmap.formats.plan_picture.lettering import find_lettering
from gridmap.formats.plan_picture.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.formats.plan_picture.lettering import Lettering

WIDTH, HEIGHT = 842, 595
MARGIN, COLUMN, GAP = 26, 226, 16
TITLE, TEXT, NOTE = 19.0, 10.5, 8.0
LEAST_NOTE = 5.5
SCALES = {"png": 2, "pdf": 1}
BROWN, WHITE, GREY = "#94390b", "#ffffff", "#8a949e"
SLANT, CROSS, LEVEL = ("/",), ("/", "\\"), ("-",)
# Kind: colour, lines, their colour, points between them.
LOOKS: dict[str, tuple[str, tuple[str, ...], str, float]] = {
    "0": (COLOURS[0], (), "", 0),
    "1": (COLOURS[1], SLANT, BROWN, 9),
    "2": (COLOURS[2], SLANT, BROWN, 5),
    "3": (COLOURS[3], SLANT, WHITE, 4),
    "4": (COLOURS[4], CROSS, WHITE, 4),
    "hot": ("#b84e00", CROSS, WHITE, 4),
    "cold": ("#0072b2", LEVEL, WHITE, 3),
    "not_distinguishable": ("#e9ebed", (), "", 0),
    "not_enough": ("#fafaf7", SLANT, GREY, 5),
}


@dataclass(frozen=True)
class PictureCell:
    """One cell: its kind (of `LOOKS`), its shape (EPSG:4326), and the figure written on it."""

    kind: str
    shape: Any
    figure: str


@dataclass(frozen=True)
class HeatPicture:
    """What the picture shows, with every word of it in one language.

    Attributes
    ----------
    title_by_code
        Stands for the title where no font has the letters of the area's name.
    classes
        Pairs of a kind and what it means.
    base
        Pairs of ``water``, ``road``, ``railway`` or ``outline`` and a shape.
    bounds
        West, south, east, north of the map, degrees.
    notes
        Below the legend.
    """

    language: str
    title: str
    title_by_code: str
    subtitle: str
    legend: str
    classes: tuple[tuple[str, str], ...]
    cells: tuple[PictureCell, ...]
    base: tuple[tuple[str, Any], ...]
    bounds: tuple[float, float, float, float]
    notes: tuple[str, ...]


def draw_heat(
    pictures: Sequence[HeatPicture], kind: Literal["png", "pdf"], letters: Lettering | None = None
) -> bytes:
    """Draw a page for each picture: of a PDF one after the other, of a PNG one below the other.

    Parameters
    ----------
    letters
        Fonts; None = those that are installed.
    """
    fonts = letters or find_lettering(is_kept=False)
    pages = [_draw_page(picture, kind, fonts) for picture in pictures]
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        return _write_png(pages, Path(folder)) if kind == "png" else _write_pdf(pages, pictures, Path(folder))


def _draw_page(picture: HeatPicture, kind: str, letters: Lettering) -> _Page:
    page = _Page(Sheet(WIDTH * SCALES[kind], letters), SCALES[kind])
    top = page.draw_title(picture)
    page.draw_map(picture, (MARGIN, top, WIDTH - MARGIN - COLUMN - GAP, HEIGHT - MARGIN))
    page.draw_legend(picture, WIDTH - MARGIN - COLUMN, top)
    return page


def _write_png(pages: Sequence[_Page], folder: Path) -> bytes:
    drawn = []
    for number, page in enumerate(pages):
        path = folder / f"{number}.png"
        page.sheet.save(path, HEIGHT * page.scale)
        drawn.append(path)
    if len(drawn) == 1:
        return drawn[0].read_bytes()
    parts = [Image.open(path) for path in drawn]
    whole = Image.new("RGB", (parts[0].width, sum(part.height for part in parts)), WHITE)
    for number, part in enumerate(parts):
        whole.paste(part, (0, number * parts[0].height))
        part.close()
    out = BytesIO()
    whole.save(out, "PNG", optimize=True)
    return out.getvalue()


def _write_pdf(pages: Sequence[_Page], pictures: Sequence[HeatPicture], folder: Path) -> bytes:
    path = folder / "heatmap.pdf"
    about = {"Title": pictures[0].title, "Creator": "GridMap", "Producer": "GridMap", "CreationDate": None}
    with PdfPages(path, metadata=about) as file:
        for page in pages:
            file.savefig(page.sheet.finish(HEIGHT))
    return path.read_bytes()


@dataclass(frozen=True)
class _Page:
    """A sheet on which lengths are points, whatever its pixels."""

    sheet: Sheet
    scale: int

    def write(self, text: str, x: float, y: float, size: float, **style: Any) -> None:
        self.sheet.write(text, x * self.scale, y * self.scale, size * self.scale, **style)

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        return self.sheet.letters.wrap(text, size, width)

    def draw_title(self, picture: HeatPicture) -> float:
        """Write title and subtitle; give where the map may start."""
        title = picture.title if self.sheet.letters.can_write(picture.title) else picture.title_by_code
        y = MARGIN - 8.0
        for text, size, look in ((title, TITLE, {"bold": True}), (picture.subtitle, TEXT, _QUIET)):
            for line in self.wrap(text, size, WIDTH - 2 * MARGIN):
                y += size * 1.4
                self.write(line, MARGIN, y, size, **look)
            y += 4
        return y + 10

    def draw_map(self, picture: HeatPicture, box: tuple[float, float, float, float]) -> None:
        """Draw base, cells and figures into a window."""
        window = tuple(edge * self.scale for edge in box)
        ground = Ground.within(picture.bounds, window, margin=8 * self.scale)  # type: ignore[arg-type]
        self.sheet.clip(ground.box)
        base = [(kind, ground.to_pixels(np.array([shape], dtype=object))) for kind, shape in picture.base]
        self._draw_base(base, ("water",))
        shapes = ground.to_pixels(np.array([cell.shape for cell in picture.cells], dtype=object))
        kinds = np.array([cell.kind for cell in picture.cells])
        for kind in LOOKS:
            self._fill(shapes[kinds == kind], kind, edge="#6b7782")
        self._draw_base(base, ("road", "railway", "outline"))
        for cell, shape in zip(picture.cells, shapes, strict=True):
            if cell.figure:
                self._write_figure(cell.figure, shape)
        self.sheet.clip(None)
        frame = shapely.box(*ground.box)
        self.sheet.fill([frame], facecolor="none", edgecolor=palette.FRAME, linewidth=0.8 * self.scale)

    def draw_legend(self, picture: HeatPicture, left: float, top: float) -> None:
        """Draw the classes, then the notes, in letters small enough for all of them."""
        y = top + TEXT
        for line in self.wrap(picture.legend, TEXT + 1, COLUMN):
            self.write(line, left, y, TEXT + 1, bold=True)
            y += 16
        for kind, meaning in picture.classes:
            box = shapely.box(left, y - 8, left + 30, y + 4)
            self._fill(
                np.array([shapely.transform(box, lambda at: at * self.scale)]), kind, edge=palette.FRAME
            )
            for line in self.wrap(meaning, TEXT - 1, COLUMN - 40):
                self.write(line, left + 38, y + 1, TEXT - 1)
                y += 14
            y += 3
        size = NOTE
        while size > LEAST_NOTE and self._height(picture.notes, size) > HEIGHT - MARGIN - y:
            size -= 0.25
        for note in picture.notes:
            for line in self.wrap(note, size, COLUMN):
                y += size * 1.4
                self.write(line, left, y, size, **_QUIET)
            y += size * 0.5

    def _height(self, notes: tuple[str, ...], size: float) -> float:
        return sum(len(self.wrap(note, size, COLUMN)) * size * 1.4 + size * 0.5 for note in notes)

    def _fill(self, shapes: np.ndarray, kind: str, *, edge: str) -> None:
        if not len(shapes):
            return
        colour, slopes, ink, step = LOOKS[kind]
        self.sheet.fill(
            shapes, facecolor=colour, edgecolor=edge, linewidth=0.35 * self.scale, name=f"kind-{kind}"
        )
        whole = shapely.union_all(shapely.make_valid(shapes))
        for slope in slopes:
            lines = shapely.intersection(whole, _hatch(whole.bounds, slope, step * self.scale))
            self.sheet.stroke([lines], edgecolor=ink, linewidth=0.45 * self.scale)

    def _draw_base(self, base: list[tuple[str, np.ndarray]], wanted: tuple[str, ...]) -> None:
        for kind, shapes in base:
            if kind not in wanted:
                continue
            parts = shapely.get_parts(shapes)
            areas = parts[np.isin(shapely.get_type_id(parts), (3, 6))]
            if len(areas):
                self.sheet.fill(areas, facecolor=palette.WATER, edgecolor=palette.WATER_LINE, linewidth=0.5)
            lines = parts[np.isin(shapely.get_type_id(parts), (1, 5))]
            colour, width = LINES[kind]
            self.sheet.stroke(lines, edgecolor=colour, linewidth=width * self.scale, alpha=0.8)

    def _write_figure(self, figure: str, shape: Any) -> None:
        at = shapely.point_on_surface(shape)
        size = 7.5 * self.scale
        width = self.sheet.letters.width(figure, size, bold=True)
        plate = shapely.box(at.x - width / 2 - 2, at.y - size * 0.6, at.x + width / 2 + 2, at.y + size * 0.6)
        self.sheet.fill([plate], facecolor="#ffffffcc")
        self.sheet.write_middle(figure, at.x, at.y, size, bold=True)


_QUIET: dict[str, Any] = {"colour": palette.INK_2}
LINES = {
    "water": (palette.WATER_LINE, 1.2),
    "road": (palette.CASING, 0.7),
    "railway": (palette.RAIL, 0.8),
    "outline": (palette.INK, 0.6),
}


def _hatch(bounds: tuple[float, float, float, float], slope: str, step: float) -> Any:
    """Build lines over a box: level, or slanted either way."""
    left, top, right, bottom = bounds
    if slope == "-":
        return shapely.MultiLineString(
            [((left, y), (right, y)) for y in np.arange(top + step / 2, bottom, step).tolist()]
        )
    high = bottom - top
    starts = np.arange(np.floor((left - high) / step) * step, right, step).tolist()
    ends = (bottom, top) if slope == "/" else (top, bottom)
    return shapely.MultiLineString([((x, ends[0]), (x + high, ends[1])) for x in starts])
