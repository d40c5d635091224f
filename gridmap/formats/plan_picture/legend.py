"""The legend: only what the map shows, each sign as it is drawn there; scale bar and north arrow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import shapely

from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.labels import RING_SIZE, Label
from gridmap.formats.plan_picture.lettering import Lettering
from gridmap.formats.plan_picture.map_layers import (
    HATCHES,
    draw_finding,
    draw_pill,
    draw_ring,
)
from gridmap.formats.plan_picture.sheet import Sheet

SIZE = 12.0
LINE = 17.0
SWATCH = 46.0  # width of a sign with the gap behind it
ROW_GAP = 7.0
COLUMN = 310.0  # at least
SCALE_COLUMN = 230.0  # scale bar and north arrow, at the right
LONGEST_BAR = 200.0

Sign = Callable[[Sheet, float, float], None]


@dataclass(frozen=True)
class Entry:
    """One line of the legend: `sign` draws around the middle of its place, `lines` stand beside it."""

    sign: Sign
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        """Of the entry with the gap below it; a ring is higher than the other signs."""
        sign = 36.0 if isinstance(self.sign, partial) and self.sign.func is ring else 24.0
        return max(len(self.lines) * LINE, sign) + ROW_GAP


@dataclass(frozen=True)
class Legend:
    """Entries laid out in columns.

    Attributes
    ----------
    columns
        Entries of each column, from the left.
    width
        Of a column.
    height
        Of the whole.
    """

    columns: tuple[tuple[Entry, ...], ...]
    width: float
    height: float


def lay_out(entries: list[tuple[Sign, str]], width: float, letters: Lettering) -> Legend:
    """Break the texts and share the entries among as many columns as there is room for."""
    free = width - SCALE_COLUMN
    count = max(1, int(free // COLUMN))
    column_width = free / count
    made = [
        Entry(sign, tuple(letters.wrap(text, SIZE, column_width - SWATCH - 16))) for sign, text in entries
    ]
    total = sum(entry.height for entry in made)
    columns: list[list[Entry]] = [[]]
    for entry in made:
        filled = sum(one.height for one in columns[-1])
        if filled + entry.height / 2 > total / count and len(columns) < count:
            columns.append([])
        columns[-1].append(entry)
    height = max(sum(entry.height for entry in column) for column in columns)
    return Legend(tuple(map(tuple, columns)), column_width, max(height, 90.0))


def draw_legend(sheet: Sheet, legend: Legend, left: float, top: float) -> None:
    """Draw the entries."""
    for number, column in enumerate(legend.columns):
        x, y = left + number * legend.width, top
        for entry in column:
            middle = y + (entry.height - ROW_GAP) / 2
            entry.sign(sheet, x + (SWATCH - 12) / 2, middle)
            first = middle - (len(entry.lines) - 1) * LINE / 2 + SIZE * 0.36
            for place, line in enumerate(entry.lines):
                sheet.write(line, x + SWATCH, first + place * LINE, SIZE)
            y += entry.height


def draw_scale(sheet: Sheet, px_per_m: float, right: float, top: float, north: str) -> None:
    """Draw a bar of round metres, and an arrow to the north."""
    metres = bar_metres(px_per_m)
    length = metres * px_per_m
    left, y = right - length - 8, top + 62
    for part, colour in enumerate((palette.INK, palette.PAPER)):
        box = shapely.box(left + part * length / 2, y, left + (part + 1) * length / 2, y + 5)
        sheet.fill([box], name=f"scale-bar-{part}", facecolor=colour, edgecolor=palette.INK, linewidth=1)
    for part, text in enumerate(bar_texts(metres)):
        sheet.write(text, left + part * length / 2, y + 21, SIZE, align="center")
    x = left + length / 2
    for side, colour in ((-1, palette.INK), (1, palette.PAPER)):
        half = shapely.Polygon([(x, top + 16), (x + side * 8, top + 44), (x, top + 38)])
        sheet.fill([half], facecolor=colour, edgecolor=palette.INK, linewidth=1)
    sheet.write(north, x, top + 11, 13, bold=True, align="center", name="north")


def bar_metres(px_per_m: float) -> float:
    """Give the longest of 1, 2, 5, 10, 20 … metres whose bar has room."""
    best = 1.0
    for power in range(7):
        for step in (1, 2, 5):
            if step * 10**power * px_per_m <= LONGEST_BAR:
                best = float(step * 10**power)
    return best


def bar_texts(metres: float) -> tuple[str, str, str]:
    """Name start, middle and end of the bar."""
    if metres >= 2000:
        return "0", f"{metres / 2000:g}", f"{metres / 1000:g} km"
    return "0", f"{metres / 2:g}", f"{metres:,.0f} m"


# Signs: each draws around the middle (x, y) of its place.


def hues(sheet: Sheet, x: float, y: float) -> None:
    """Three fields side by side with the border of micro-grids."""
    for place in range(3):
        box = shapely.box(x - 18 + place * 12, y - 8, x - 6 + place * 12, y + 8)
        sheet.fill([box], facecolor=palette.SOFT[place], edgecolor=palette.INK_2, linewidth=0.9)


def field(sheet: Sheet, x: float, y: float, **look: Any) -> None:
    """A field, filled and edged as told."""
    sheet.fill([shapely.box(x - 18, y - 8, x + 18, y + 8)], **look)


def line(sheet: Sheet, x: float, y: float, **look: Any) -> None:
    """A stretch of line."""
    sheet.stroke([shapely.LineString([(x - 18, y), (x + 18, y)])], **({"capstyle": "butt"} | look))


def road(sheet: Sheet, x: float, y: float) -> None:
    """A white line with its casing."""
    line(sheet, x, y, edgecolor=palette.CASING, linewidth=6.2)
    line(sheet, x, y, edgecolor=palette.ROAD, linewidth=5)


def river(sheet: Sheet, x: float, y: float) -> None:
    """A blue line with its banks."""
    line(sheet, x, y, edgecolor=palette.WATER_LINE, linewidth=7)
    line(sheet, x, y, edgecolor=palette.WATER, linewidth=5.6)


def railway(sheet: Sheet, x: float, y: float) -> None:
    """A line with its sleepers."""
    line(sheet, x, y, edgecolor=palette.RAIL, linewidth=1)
    line(sheet, x, y, edgecolor=palette.RAIL, linewidth=4, linestyle=(0, (0.13, 2.0)))


def building(sheet: Sheet, x: float, y: float, *, colour: str, hatch: str = "") -> None:
    """A footprint; `hatch` is a key of `HATCHES`."""
    look: dict[str, Any] = {"facecolor": colour, "edgecolor": palette.BUILDING_LINE, "linewidth": 0.5}
    if hatch:
        look |= {"hatch": HATCHES[hatch], "hatchcolor": palette.INK, "hatch_linewidth": 0.7}
    field(sheet, x, y, **look)


def count(sheet: Sheet, x: float, y: float, *, text: str, number: str = "") -> None:
    """A count as it stands on the map, its number above it."""
    if number:
        sheet.write_middle(number, x, y - 7, 9, colour=palette.INK_2)
    sheet.write_middle(text, x, y + (6 if number else 0), 12, bold=True)


def ring(sheet: Sheet, x: float, y: float, *, status: str) -> None:
    """The mark of a count out of the band."""
    at = y + (4 if status == "over" else -4)
    draw_ring(sheet, Label(0, "ring", "", x, at, 0, 0, RING_SIZE), status)


def pill(sheet: Sheet, x: float, y: float) -> None:
    """The plate of upper floors."""
    draw_pill(sheet, (x - 18, y - 8, x + 18, y + 8), 0)
    sheet.write_middle("64", x + 6, y, RING_SIZE, bold=True)


finding: Sign = draw_finding
grid_border: Sign = partial(line, edgecolor=palette.INK, linewidth=2.2)
area_border: Sign = partial(line, edgecolor=palette.INK, linewidth=6, alpha=0.22)
wall: Sign = partial(line, edgecolor=palette.WALL, linewidth=1, linestyle=(0, (3, 1.5)))
nobody: Sign = partial(field, facecolor=palette.NOBODY, edgecolor=palette.INK_2, linewidth=0.9)
undivided: Sign = partial(field, facecolor=palette.UNDIVIDED, edgecolor=palette.INK, linewidth=1.6)
water: Sign = partial(field, facecolor=palette.WATER, edgecolor=palette.WATER_LINE, linewidth=0.6)


def unlabelled(sheet: Sheet, x: float, y: float) -> None:
    """A field without a count."""
    field(sheet, x, y, facecolor=palette.SOFT[1], edgecolor=palette.INK_2, linewidth=0.9)
