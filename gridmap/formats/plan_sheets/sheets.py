"""The sheet of one micro-grid: head, map, what it holds, who answers; as many pages as that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

import segno
import shapely

from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.lettering import Lettering
from gridmap.formats.plan_picture.sheet import Sheet
from gridmap.formats.plan_sheets import holdings, people
from gridmap.formats.plan_sheets.flows import (
    HEIGHT,
    MARGIN,
    RIGHT,
    Block,
    Column,
    Slot,
    new_page,
    pour,
    write_right,
)
from gridmap.formats.plan_sheets.frames import Booklet, Card
from gridmap.formats.plan_sheets.sheet_map import draw_sheet_map
from gridmap.i18n import translate

MAP_TOP = 148.0
MAP_BOTTOMS = (430, 620)  # at least, at most: short lists leave their room to the map
STEP = 10
GAP = 14.0
NOTE = 22.0  # below the map
NEXT_TOP = 78.0  # where the lists begin on the pages that follow
CODE_SIZE = 84.0
SIGNS = {"under": "▽", "in_band": "✓", "over": "▲"}
SIGN_COLOURS = {"under": palette.UNDER, "in_band": "#007a59", "over": palette.OVER}


def count_pages(card: Card, language: str, letters: Lettering) -> int:
    """Count the pages that a sheet takes."""
    columns = _columns(card, language, letters, {})
    return _page_count(_share(columns, _map_bottom(columns)))


def draw_pages(
    booklet: Booklet, card: Card, language: str, letters: Lettering, first_page: int, all_pages: int
) -> Iterator[Sheet]:
    """Draw the pages of a sheet, one after the other.

    Parameters
    ----------
    first_page
        Number of its first page in the file.
    """
    sheet = new_page(letters)
    _draw_head(sheet, booklet, card, language)
    bottom = _map_bottom(_columns(card, language, letters, {}))
    numbers = draw_sheet_map(sheet, booklet.around, card, (MARGIN, MAP_TOP, RIGHT, bottom), language)
    _draw_note(sheet, card, bottom, language)
    blocks = _share(_columns(card, language, letters, numbers), bottom)
    pages = _page_count(blocks)
    for page in range(pages):
        if page:
            sheet = new_page(letters)
            _draw_head_again(sheet, card, language, page + 1, pages)
        for block in blocks:
            if block.slot.page == page:
                block.draw(sheet)
        draw_foot(sheet, booklet, language, f"{first_page + page} / {all_pages}")
        yield sheet


def _columns(
    card: Card, language: str, letters: Lettering, numbers: Mapping[int, int]
) -> tuple[Column, Column]:
    """Build both lists; how high they are does not depend on the numbers."""
    return (
        holdings.build_column(card, language, letters, numbers),
        people.build_column(card, language, letters),
    )


def _map_bottom(columns: tuple[Column, Column]) -> float:
    """Give the map what the lists leave on one page; where they need more than one, the least."""
    least, most = MAP_BOTTOMS
    for bottom in range(most, least, -STEP):
        if _page_count(_share(columns, bottom)) == 1:
            return bottom
    return least


def _share(columns: tuple[Column, Column], bottom: float) -> list[Block]:
    """Share both lists among pages: buildings left, people right, and left of that where buildings end."""
    top = bottom + NOTE
    left = pour(columns[0], (Slot(page, MARGIN, NEXT_TOP if page else top) for page in count()))
    return left + pour(columns[1], _slots_beside(left[-1], top))


def _slots_beside(last: Block, top: float) -> Iterator[Slot]:
    """Name the places for people, the list of buildings being known."""
    for page in count():
        start = NEXT_TOP if page else top
        if page > last.slot.page:
            yield Slot(page, MARGIN, start)
        yield Slot(page, people.LEFT, start)
        if page == last.slot.page:
            yield Slot(page, MARGIN, last.bottom + GAP)


def _page_count(blocks: Sequence[Block]) -> int:
    return 1 + max(block.slot.page for block in blocks)


def _draw_note(sheet: Sheet, card: Card, bottom: float, language: str) -> None:
    """Say what the map shows."""
    key = "map_note_shared" if any(one.entrance is not None for one in card.holdings) else "map_note"
    sheet.write(translate(f"plan_sheets.{key}", language), MARGIN, bottom + 11, 7.5, colour=palette.INK_2)


def draw_foot(sheet: Sheet, booklet: Booklet, language: str, page: str) -> None:
    """Say which plan it is, what a star means, and the page."""
    about = booklet.picture.about
    said = translate(
        "plan_sheets.foot",
        language,
        plan=about.plan_id,
        status=translate(f"picture.status_{about.status}", language),
        day=about.made_on.isoformat(),
        printed=booklet.printed_on.isoformat(),
    )
    y = HEIGHT - 28.0
    rule = shapely.LineString([(MARGIN, y - 14), (RIGHT, y - 14)])
    sheet.stroke([rule], edgecolor=palette.FRAME, linewidth=0.6)
    size = 7.5
    for place, line in enumerate(sheet.letters.wrap(said, size, RIGHT - MARGIN - 60)):
        sheet.write(line, MARGIN, y - 3 + place * 10, size, colour=palette.INK_2)
    write_right(sheet, page, RIGHT, y - 3, 8.5, colour=palette.INK_2)


def place_line(booklet: Booklet, language: str, letters: Lettering) -> str:
    """Name district, street and community; a name that cannot be written is left out."""
    names = booklet.lineage_en if language == "en" else booklet.lineage
    return " · ".join(name for name in names if letters.can_write(name))


def title_of(card: Card, language: str, letters: Lettering) -> str:
    """Name a micro-grid by its grid and its number in it."""
    name = (card.grid_name_en if language == "en" else "") or card.grid_name
    grid = name if name and letters.can_write(name) else card.grid
    return translate("plan_sheets.title", language, grid=grid, number=card.number)


def status_of(card: Card, band: tuple[int, int], language: str) -> str:
    """Say whether the households are inside the band."""
    if not card.households:
        return translate("plan_sheets.nobody", language)
    said = translate(f"plan_sheets.{card.status}", language, least=band[0], most=band[1])
    return f"{SIGNS[card.status]} {said}"


def _draw_head(sheet: Sheet, booklet: Booklet, card: Card, language: str) -> None:
    letters = sheet.letters
    room = RIGHT - MARGIN - CODE_SIZE - 16
    y = MARGIN + 9
    sheet.write(place_line(booklet, language, letters), MARGIN, y, 9.5, colour=palette.INK_2)
    title = title_of(card, language, letters)
    size = 23.0
    while size > 13 and letters.width(title, size, bold=True) > room:
        size -= 1
    for line in letters.wrap(title, size, room)[:2]:
        y += size * 1.22
        sheet.write(line, MARGIN, y, size, bold=True, name="title")
    y += 17
    sheet.write(translate("plan_sheets.code", language, code=card.code), MARGIN, y, 10, colour=palette.INK_2)
    _draw_figures(sheet, booklet, card, language)
    draw_code(sheet, card.address, RIGHT - CODE_SIZE, MARGIN - 4)
    said = translate("plan_sheets.scan", language)
    sheet.write(said, RIGHT - CODE_SIZE / 2, MARGIN + CODE_SIZE + 6, 7, align="center", colour=palette.INK_2)


def _draw_figures(sheet: Sheet, booklet: Booklet, card: Card, language: str) -> None:
    """Write households, buildings and the verdict in one line."""
    letters, y = sheet.letters, 136.0
    count = f"{card.households:,}{'*' if card.is_estimate else ''}"
    sheet.write(count, MARGIN, y, 25, bold=True, name="households")
    x = MARGIN + letters.width(count, 25, bold=True) + 4
    unit = translate("plan_sheets.households_unit", language)
    sheet.write(unit, x, y, 11)
    x += letters.width(unit, 11) + 22
    many = translate("plan_sheets.buildings_unit", language, count=card.building_count)
    sheet.write(many, x, y, 11)
    x += letters.width(many, 11) + 22
    verdict = status_of(card, booklet.picture.about.band, language)
    sheet.write(verdict, x, y, 11, colour=SIGN_COLOURS.get(card.status, palette.INK_2), bold=True)


def _draw_head_again(sheet: Sheet, card: Card, language: str, page: int, pages: int) -> None:
    title = title_of(card, language, sheet.letters)
    again = translate("plan_sheets.continued", language, page=page, pages=pages)
    sheet.write(title, MARGIN, MARGIN + 14, 14, bold=True)
    sheet.write(again, MARGIN, MARGIN + 32, 9.5, colour=palette.INK_2)


def draw_code(sheet: Sheet, address: str, left: float, top: float, size: float = CODE_SIZE) -> None:
    """Draw the QR code of an address, with the quiet border that readers need."""
    matrix = segno.make(address, error="m", micro=False).matrix
    step = size / (len(matrix) + 8)
    sheet.fill([shapely.box(left, top, left + size, top + size)], facecolor="#ffffff")
    x, y = left + 4 * step, top + 4 * step
    dark = [
        shapely.box(x + column * step, y + row * step, x + (column + 1) * step, y + (row + 1) * step)
        for row, line in enumerate(matrix)
        for column, bit in enumerate(line)
        if bit
    ]
    # One shape, so that no viewer shows hairlines between the squares.
    sheet.fill([shapely.union_all(dark)], name="qr", facecolor="#000000")
