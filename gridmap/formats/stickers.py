"""Stickers for doors: eight to an A4 sheet, as PDF, to be cut along the dashes.

Each says in words which door it is for, and the official address, so that a false one can be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import shapely

from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.lettering import Lettering, find_lettering
from gridmap.formats.plan_picture.sheet import Sheet
from gridmap.formats.plan_sheets.flows import HEIGHT, WIDTH, new_page, writable
from gridmap.formats.plan_sheets.sheets import draw_code
from gridmap.formats.plan_sheets.writing import Written, require_writable, write_pages
from gridmap.i18n import translate

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.formats.plan_sheets.writing import Progress

COLUMNS, ROWS = 2, 4
EDGE = 24.0
STICKER_WIDTH = (WIDTH - 2 * EDGE) / COLUMNS
STICKER_HEIGHT = (HEIGHT - 2 * EDGE) / ROWS
PAD = 12.0
CODE = 118.0
WORDS = (("scan", 16.0), ("promise", 8.0), ("domain", 8.0), ("check", 7.0))  # the domain before the last


@dataclass(frozen=True)
class Sticker:
    """What a sticker says.

    Attributes
    ----------
    entrance
        Number of the entrance; None = the whole building.
    address
        Where its code leads.
    """

    place: str
    building: str
    entrance: int | None
    address: str


def write_stickers(
    stickers: Sequence[Sticker],
    path: Path,
    *,
    language: str = "zh",
    letters: Lettering | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write stickers as an A4 PDF; the file appears whole or not at all.

    Raises
    ------
    BadInput
        If the file's ending is not ``.pdf`` or its folder is not there.
    OSError
        If the file cannot be written.
    """
    require_writable(path)
    letters = letters or find_lettering(is_kept=False)
    spoken = letters.language(language)
    total = -(-len(stickers) // (COLUMNS * ROWS))
    pages = draw_pages(stickers, spoken, letters)
    write_pages(pages, path, title=translate("stickers.title", spoken), total=total, progress=progress)
    return Written(total, len(stickers), spoken)


def draw_pages(stickers: Sequence[Sticker], language: str, letters: Lettering) -> Iterator[Sheet]:
    """Draw one page after the other."""
    for first in range(0, len(stickers), COLUMNS * ROWS):
        sheet = new_page(letters)
        for place, sticker in enumerate(stickers[first : first + COLUMNS * ROWS]):
            left = EDGE + place % COLUMNS * STICKER_WIDTH
            top = EDGE + place // COLUMNS * STICKER_HEIGHT
            _draw_sticker(sheet, sticker, language, left, top)
        yield sheet


def _draw_sticker(sheet: Sheet, sticker: Sticker, language: str, left: float, top: float) -> None:
    letters = sheet.letters
    box = shapely.box(left, top, left + STICKER_WIDTH, top + STICKER_HEIGHT)
    cut = shapely.LineString(box.exterior)
    sheet.stroke([cut], edgecolor=palette.FRAME, linewidth=0.5, linestyle=(0, (3, 3)))
    x, room = left + PAD, STICKER_WIDTH - 2 * PAD
    y = top + PAD + 20
    for line, size in _head_of(sticker, language, letters, room):
        sheet.write(line, x, y, size, bold=size > 10)
        y += size * 1.3
    code_top = top + STICKER_HEIGHT - PAD - CODE
    draw_code(sheet, sticker.address, x - 4, code_top, CODE)
    _draw_words(sheet, sticker, language, x + CODE + 4, code_top + 22, room - CODE - 4)


def _head_of(sticker: Sticker, language: str, letters: Lettering, room: float) -> Iterator[tuple[str, float]]:
    """Give place, building and entrance, each line with its size; long names get smaller, then two lines."""
    door = (
        translate("stickers.entrance", language, number=sticker.entrance)
        if sticker.entrance is not None
        else ""
    )
    name = f"{writable(sticker.building, letters)} {door}".strip()
    size = 20.0
    while size > 12 and letters.width(name, size, bold=True) > room:
        size -= 1
    for line in letters.wrap(name, size, room)[:2]:
        yield line, size
    for line in letters.wrap(writable(sticker.place, letters), 9.0, room)[:1]:
        yield line, 9.0


def _draw_words(sheet: Sheet, sticker: Sticker, language: str, x: float, y: float, room: float) -> None:
    domain = urlsplit(sticker.address).netloc
    width = sheet.letters.width(domain, 1.0, bold=True)
    lines = [
        *((translate(f"stickers.{key}", language), size) for key, size in WORDS[:-1]),
        (domain, max(6.0, min(10.0, room / width))),
        *((translate(f"stickers.{key}", language), size) for key, size in WORDS[-1:]),
    ]
    for said, size in lines:
        is_large = size > 9 or said == domain
        for line in sheet.letters.wrap(said, size, room):
            colour = palette.INK if is_large else palette.INK_2
            sheet.write(line, x, y, size, bold=is_large, colour=colour)
            y += size * 1.35
        y += 4
