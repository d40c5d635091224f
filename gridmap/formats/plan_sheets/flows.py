"""Rows into columns, columns into pages: what has no room goes on to the next page, nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gridmap.formats.plan_picture.lettering import Lettering
from gridmap.formats.plan_picture.sheet import Sheet

WIDTH, HEIGHT = 595, 842  # A4 in points
MARGIN = 36.0
FOOT = HEIGHT - 50.0  # where the foot of the page begins
RIGHT = WIDTH - MARGIN
FULL_TOP = 100.0  # a slot that begins above takes any row: no page has more room

Draw = Callable[[Sheet, float, float], None]


@dataclass(frozen=True)
class Row:
    """A row of a list: how high it is, and how it is drawn at (left, top).

    Attributes
    ----------
    again
        What stands instead where the list goes on with this row; None = the row itself.
    """

    height: float
    draw: Draw
    again: Row | None = None


@dataclass(frozen=True)
class Column:
    """A list with its heading.

    Attributes
    ----------
    heading
        The heading where the list begins, and the one wherever it goes on.
    """

    heading: tuple[Row, Row]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Slot:
    """A place that takes rows from its top down to the foot of the page; pages count from 0."""

    page: int
    left: float
    top: float


@dataclass(frozen=True)
class Block:
    """Rows in their slot."""

    slot: Slot
    rows: tuple[Row, ...]

    @property
    def bottom(self) -> float:
        """Where the rows end."""
        return self.slot.top + sum(row.height for row in self.rows)

    def draw(self, sheet: Sheet) -> None:
        """Draw the rows."""
        top = self.slot.top
        for row in self.rows:
            row.draw(sheet, self.slot.left, top)
            top += row.height


def pour(column: Column, slots: Iterable[Slot]) -> list[Block]:
    """Pour a list into slots, one after the other; a slot too low for heading and one row is left out.

    Parameters
    ----------
    slots
        As many as it takes; sooner or later one that is a whole page high, which takes any row.
    """
    blocks: list[Block] = []
    left = list(column.rows)
    for slot in slots:
        taken = [column.heading[min(len(blocks), 1)]]
        if blocks and left:
            left[0] = left[0].again or left[0]
        y = slot.top + taken[0].height
        while left and (y + left[0].height <= FOOT or (len(taken) == 1 and slot.top < FULL_TOP)):
            taken.append(left.pop(0))
            y += taken[-1].height
        if len(taken) > 1:
            blocks.append(Block(slot, tuple(taken)))
        if not left:
            break
    return blocks


def new_page(letters: Lettering) -> Sheet:
    """Begin an A4 page; paper is white, so that no printer lays a tint over it."""
    sheet = Sheet(WIDTH, letters)
    sheet.figure.set_facecolor("white")
    sheet.has_patterns = False
    return sheet


def writable(text: str, letters: Lettering) -> str:
    """Give a text with a question mark for every letter that no font here can write."""
    if letters.can_write(text):
        return text
    return "".join(letter if letters.can_write(letter) else "?" for letter in text)


def write_right(sheet: Sheet, text: str, right: float, y: float, size: float, **style: object) -> None:
    """Write one line that ends at ``right``."""
    width = sheet.letters.width(text, size, bold=bool(style.get("bold")))
    sheet.write(text, right - width, y, size, **style)  # type: ignore[arg-type]
