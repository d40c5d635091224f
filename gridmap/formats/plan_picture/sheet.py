"""The page that is drawn on: shapes, lines and texts in pixels from the upper left corner.

Uses matplotlib's objects only, never its global figure.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox, TransformedBbox

from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.lettering import LATIN, Lettering

DPI = 72  # so that a point is a pixel
SHAPES_A_PATH = 500  # more in one fill and the rasteriser runs out of cells
CAP_HEIGHT = 0.73  # of a letter's size
HATCH_STEP = 3.0  # pixels between lines of a hatch drawn by hand


class Sheet:
    """A page of ``width`` pixels, as high as it is saved; what is drawn later lies above."""

    def __init__(self, width: int, letters: Lettering) -> None:
        self.width, self.letters = width, letters
        self.has_patterns = True  # a PDF paints a pattern with the alpha of its ground: hatches become lines
        self.figure = Figure(dpi=DPI, facecolor=palette.PAPER)
        self._flip = Affine2D().scale(1, -1)  # matplotlib counts from the lower edge, known when saved
        self._clip: TransformedBbox | None = None
        self._above = 0

    def clip(self, box: tuple[float, float, float, float] | None) -> None:
        """Cut off what is drawn from now on at a box (left, top, right, bottom); None = the page."""
        self._clip = None if box is None else TransformedBbox(Bbox.from_extents(*box), self._flip)

    def fill(self, shapes: Iterable[Any] | np.ndarray, *, name: str = "", **style: Any) -> None:
        """Fill polygons; `style` as matplotlib's patches have it.

        Parameters
        ----------
        name
            Id of the group in an SVG.
        """
        parts = shapely.get_parts(np.asarray(shapes, dtype=object))
        parts = parts[~shapely.is_missing(parts) & ~shapely.is_empty(parts)]
        if "hatch" in style and not self.has_patterns:
            self._fill_hatched(parts, name, **style)
            return
        for start in range(0, len(parts), SHAPES_A_PATH):
            outline = _outline_of(shapely.orient_polygons(parts[start : start + SHAPES_A_PATH]))
            self._add(outline, f"{name}-{start // SHAPES_A_PATH}" if name and start else name, style)

    def stroke(self, lines: Iterable[Any] | np.ndarray, *, name: str = "", **style: Any) -> None:
        """Draw lines."""
        parts = shapely.get_parts(np.asarray(lines, dtype=object))
        parts = parts[shapely.get_num_points(parts) > 1]
        if len(parts):
            look = {"facecolor": "none", "capstyle": "round", "joinstyle": "round"} | style
            self._add(_outline_of(parts), name, look)

    def write(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        *,
        bold: bool = False,
        colour: str = palette.INK,
        align: Literal["left", "center"] = "left",
        name: str = "",
    ) -> None:
        """Write one line on the baseline (x, y)."""
        shown = re.sub(
            r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "", text
        )  # XML has no place for these
        made = Text(
            x,
            y,
            shown,
            color=colour,
            fontproperties=self.letters.properties(size, bold=bold),
            horizontalalignment=align,
            verticalalignment="baseline",
            parse_math=False,
            gid=name or None,
            zorder=self._next(),
        )
        self._place(made)

    def write_middle(self, text: str, x: float, y: float, size: float, **style: Any) -> None:
        """Write one line with its figures centred on a point."""
        self.write(text, x, y + size * CAP_HEIGHT / 2, size, align="center", **style)

    def finish(self, height: int) -> Figure:
        """Give the page its height; the figure is ready to be saved."""
        self.figure.set_size_inches(self.width / DPI, height / DPI)
        self._flip.clear().scale(1, -1).translate(0, height)
        return self.figure

    def save(self, path: Path, height: int) -> None:
        """Write the page as the file's ending says; nothing of the day or the machine goes in."""
        self.finish(height)
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gridmap", "font.sans-serif": [LATIN]}):
            if path.suffix.lower() == ".svg":
                with warnings.catch_warnings():
                    # Texts stay texts: whoever opens the file needs the letters, this machine does not.
                    warnings.filterwarnings("ignore", "Glyph .* missing from font")
                    FigureCanvasSVG(self.figure).print_svg(path, metadata={"Date": None, "Creator": None})
            else:
                FigureCanvasAgg(self.figure).print_png(path, metadata={"Software": None})

    def _fill_hatched(
        self,
        parts: np.ndarray,
        name: str,
        *,
        hatch: str,
        hatchcolor: str,
        hatch_linewidth: float,
        **style: Any,
    ) -> None:
        self.fill(parts, name=name, **style)
        sound = shapely.make_valid(parts)  # rounding to pixels may cross rings
        lines = [shapely.intersection(part, hatch_of(part.bounds, hatch)) for part in sound]
        self.stroke([line for line in lines if line.length], edgecolor=hatchcolor, linewidth=hatch_linewidth)

    def _add(self, outline: Outline, name: str, style: dict[str, Any]) -> None:
        look = {"edgecolor": "none", "linewidth": 1.0} | style
        patch = PathPatch(outline, gid=name or None, zorder=self._next(), **look)
        self._place(patch)

    def _place(self, artist: PathPatch | Text) -> None:
        artist.set_transform(self._flip)
        self.figure.add_artist(artist)
        artist.set_clip_box(self._clip)
        artist.set_clip_on(self._clip is not None)

    def _next(self) -> int:
        self._above += 1
        return self._above


def _outline_of(parts: Sequence[Any] | np.ndarray) -> Outline:
    """Turn polygons or lines into one path, a ring or line after the other."""
    kind, corners, offsets = shapely.to_ragged_array(parts)
    starts = offsets[0]
    codes = np.full(len(corners), Outline.LINETO, dtype=np.uint8)
    codes[starts[:-1]] = Outline.MOVETO
    if kind == shapely.GeometryType.POLYGON:
        codes[starts[1:] - 1] = Outline.CLOSEPOLY
    return Outline(corners, codes)


def hatch_of(bounds: Sequence[float], hatch: str) -> Any:
    """Build the lines of a hatch over (left, top, right, bottom): level for ``-``, else slanted."""
    left, top, right, bottom = bounds
    if hatch.startswith("-"):
        heights = np.arange(top + HATCH_STEP / 2, bottom, HATCH_STEP)
        return shapely.MultiLineString([((left, y), (right, y)) for y in heights.tolist()])
    starts = np.arange(left - (bottom - top), right, HATCH_STEP * 2**0.5)
    return shapely.MultiLineString([((x, bottom), (x + bottom - top, top)) for x in starts.tolist()])


def disc(x: float, y: float, radius: float) -> Any:
    """Build a circle."""
    return shapely.Point(x, y).buffer(radius, quad_segs=12)


def plate(box: tuple[float, float, float, float], radius: float) -> Any:
    """Build a box (left, top, right, bottom) with round corners."""
    left, top, right, bottom = box
    radius = min(radius, (right - left) / 2 - 0.1, (bottom - top) / 2 - 0.1)
    inner = shapely.box(left + radius, top + radius, right - radius, bottom - radius)
    return inner.buffer(radius, quad_segs=4)


def triangle(x: float, y: float, half: float, *, points_up: bool) -> Any:
    """Build a triangle around (x, y)."""
    rise = half if points_up else -half
    return shapely.Polygon([(x - half, y + rise * 0.75), (x + half, y + rise * 0.75), (x, y - rise)])
