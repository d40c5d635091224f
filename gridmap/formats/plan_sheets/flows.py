"""Rows into columns, columns into pages: what has no room goes on to the next page, nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gridmap.formats.plan_picture.lettering import Lettering
from gridmap.formats.plan_picture.sheet import Sheet

WIDTH, HEIGHT = 595, 842  # A4 in points
MARGIN = 36.0
FOOT = HEIGHT - 50.0  # where the foot of the page begins
RIGHT = WIDTH - MARGIN

Draw = Callable[[Sheet, float, float], None]


@dataclass(frozen=True)
class Row:
    """A row of a list: how high it is, and how it is drawn at (left, top)."""

    height: float
    draw: Draw


@dataclass(frozen=True)
class Column:
    """A list with its heading, which stands again on every page the list goes on to.

    Attributes
    ----------
    heading
        The heading for the first page, and the one for those that follow.
    """

    left: float
    heading: tuple[Row, Row]
    rows: tuple[Row, ...]

    def fill(self, tops: Sequence[float]) -> list[list[Row]]:
        """Share the rows among pages.

        Parameters
        ----------
        tops
            Where the column begins on the first page and on those that follow.
        """
        pages: list[list[Row]] = [[self.heading[0]]]
        y = tops[0] + self.heading[0].height
        for row in self.rows:
            if y + row.height > FOOT and len(pages[-1]) > 1:
                pages.append([self.heading[1]])
                y = tops[1] + self.heading[1].height
            elif y + row.height > FOOT and len(pages) == 1:  # not even one row has room on the first page
                pages = [[], [self.heading[1]]]
                y = tops[1] + self.heading[1].height
            pages[-1].append(row)
            y += row.height
        return pages

    @property
    def height(self) -> float:
        """Of the whole list on one page."""
        return self.heading[0].height + sum(row.height for row in self.rows)

    def draw(self, sheet: Sheet, rows: Sequence[Row], top: float) -> None:
        """Draw the rows of one page."""
        for row in rows:
            row.draw(sheet, self.left, top)
            top += row.height


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
