"""The cover of a booklet: the map of the area, and the table of its micro-grids with their pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import shapely

from gridmap.formats.plan_picture import palette, texts
from gridmap.formats.plan_picture.drawing import draw_map
from gridmap.formats.plan_picture.grounds import Ground, metres_per_degree
from gridmap.formats.plan_picture.lettering import Lettering
from gridmap.formats.plan_picture.sheet import Sheet
from gridmap.formats.plan_sheets.flows import (
    MARGIN,
    RIGHT,
    Block,
    Column,
    Row,
    Slot,
    new_page,
    pour,
    writable,
    write_right,
)
from gridmap.formats.plan_sheets.frames import Booklet, Card
from gridmap.formats.plan_sheets.holdings import name_of, order_of
from gridmap.formats.plan_sheets.people import role_of
from gridmap.formats.plan_sheets.sheets import SIGN_COLOURS, SIGNS, draw_foot, place_line
from gridmap.i18n import translate

MAP_TOP, MAP_MARGIN = 132.0, 14.0
MAP_HEIGHTS = (160.0, 410.0)  # at least, at most
NOTE = 44.0  # below the map
NEXT_TOP = 64.0
SIZE, LINE = 8.5, 11.5
NUMBER, HOUSEHOLDS, CONTENTS, PERSON, PAGE = 0.0, 128.0, 150.0, 366.0, RIGHT - MARGIN
GAP = 10.0
MOST_LINES = 2


def count_pages(booklet: Booklet, language: str, letters: Lettering) -> int:
    """Count the pages that cover and table take."""
    column = _column(booklet, language, letters, [0] * len(booklet.cards))
    return max(len(_pour(booklet, column)), 1)


def draw_pages(
    booklet: Booklet, language: str, letters: Lettering, first_pages: Sequence[int], all_pages: int
) -> Iterator[Sheet]:
    """Draw the cover and the rest of the table.

    Parameters
    ----------
    first_pages
        Page on which the sheet of each micro-grid begins.
    """
    column = _column(booklet, language, letters, first_pages)
    for place, block in enumerate(_pour(booklet, column)):
        sheet = new_page(letters)
        if place == 0:
            _draw_front(sheet, booklet, language)
        else:
            title = title_of_area(booklet, language, letters)
            sheet.write(title, MARGIN, MARGIN + 14, 14, bold=True)
        block.draw(sheet)
        draw_foot(sheet, booklet, language, f"{place + 1} / {all_pages}")
        yield sheet


def title_of_area(booklet: Booklet, language: str, letters: Lettering) -> str:
    """Name the booklet by its area; one whose name cannot be written here is named by its code."""
    about = booklet.picture.about
    name = (about.area_name_en if language == "en" else "") or about.area_name
    area = name if name and letters.can_write(name) else about.area_code
    return translate("plan_sheets.booklet", language, area=area)


def _pour(booklet: Booklet, column: Column) -> list[Block]:
    """Pour the table below the map and into the pages that follow."""
    top = _map_box(booklet)[3] + NOTE
    return pour(column, (Slot(page, MARGIN, NEXT_TOP if page else top) for page in count()))


def _map_box(booklet: Booklet) -> tuple[float, float, float, float]:
    """Give the map the height that its land needs, within bounds."""
    west, south, east, north = booklet.picture.areas.total_bounds
    x_m, y_m = metres_per_degree((south + north) / 2)
    wide = RIGHT - MARGIN - 2 * MAP_MARGIN
    needed = wide * (north - south) * y_m / ((east - west) * x_m) + 2 * MAP_MARGIN
    height = min(max(needed, MAP_HEIGHTS[0]), MAP_HEIGHTS[1])
    return MARGIN, MAP_TOP, RIGHT, MAP_TOP + height


def _draw_front(sheet: Sheet, booklet: Booklet, language: str) -> None:
    letters, picture = sheet.letters, booklet.picture
    y = MARGIN + 9
    above = place_line(booklet, language, letters)
    sheet.write(above, MARGIN, y, 9.5, colour=palette.INK_2)
    title = title_of_area(booklet, language, letters)
    size = 25.0
    while size > 13 and letters.width(title, size, bold=True) > RIGHT - MARGIN:
        size -= 1
    for line in letters.wrap(title, size, RIGHT - MARGIN)[:2]:
        y += size * 1.25
        sheet.write(line, MARGIN, y, size, bold=True, name="title")
    y += 6
    for text in texts.subtitles(picture, language):
        for line in letters.wrap(text, 9.5, RIGHT - MARGIN):
            y += 14
            sheet.write(line, MARGIN, y, 9.5, colour=palette.INK_2)
    box = _map_box(booklet)
    ground = Ground.within(picture.areas.total_bounds.tolist(), box, margin=MAP_MARGIN)
    shown = draw_map(sheet, picture, ground)
    missing = texts.count_lived_in(picture) - len(shown.labels)
    key = "cover_note_missing" if missing else "cover_note"
    note = translate(f"plan_sheets.{key}", language, missing=missing)
    for place, line in enumerate(letters.wrap(note, 8, RIGHT - MARGIN)):
        sheet.write(line, MARGIN, box[3] + 14 + place * 11, 8, colour=palette.INK_2)


def _column(booklet: Booklet, language: str, letters: Lettering, first_pages: Sequence[int]) -> Column:
    rows = [
        _row(card, language, letters, page) for card, page in zip(booklet.cards, first_pages, strict=True)
    ]
    headings = [_heading(language, is_first=is_first) for is_first in (True, False)]
    return Column((headings[0], headings[1]), tuple(rows))


def _heading(language: str, *, is_first: bool) -> Row:
    title = translate("plan_sheets.table" if is_first else "plan_sheets.table_more", language)
    columns = {NUMBER: "micro_grid", CONTENTS: "holds", PERSON: "answers"}

    def draw(sheet: Sheet, left: float, top: float) -> None:
        sheet.write(title, left, top + 12, 12, bold=True)
        for x, key in columns.items():
            said = translate(f"plan_sheets.{key}", language)
            sheet.write(said, left + x, top + 29, 8, colour=palette.INK_2)
        for x, key in ((HOUSEHOLDS, "households"), (PAGE, "page")):
            said = translate(f"plan_sheets.{key}", language)
            write_right(sheet, said, left + x, top + 29, 8, colour=palette.INK_2)
        rule = shapely.LineString([(left, top + 34), (RIGHT, top + 34)])
        sheet.stroke([rule], edgecolor=palette.INK, linewidth=0.6)

    return Row(38, draw)


def _row(card: Card, language: str, letters: Lettering, page: int) -> Row:
    """Build the row of a micro-grid: code, households, what it holds, who answers first, its page."""
    holds = _holds(card, language, letters)
    first = next((one for one in card.people if one.duty_phone), next(iter(card.people), None))
    said = translate("plan_sheets.nobody_posted_short", language)
    if first is not None:
        said = f"{role_of(first, language)} {first.duty_phone or first.code}"
    person = letters.wrap(writable(said, letters), SIZE, PAGE - PERSON - 26)
    households = f"{card.households:,}{'*' if card.is_estimate else ''}"
    sign = SIGNS[card.status] if card.households else ""
    height = max(len(holds), len(person), 1) * LINE + 5

    def draw(sheet: Sheet, left: float, top: float) -> None:
        y = top + LINE - 1
        sheet.write(card.code, left, y, SIZE)
        write_right(sheet, households, left + HOUSEHOLDS, y, SIZE, bold=True)
        colour = SIGN_COLOURS.get(card.status, palette.INK_2)
        sheet.write(sign, left + HOUSEHOLDS + 3, y, SIZE, colour=colour)
        for x, lines in ((CONTENTS, holds), (PERSON, person)):
            for place, line in enumerate(lines):
                sheet.write(line, left + x, y + place * LINE, SIZE)
        write_right(sheet, str(page), left + PAGE, y, SIZE)
        rule = shapely.LineString([(left, top + height - 2), (RIGHT, top + height - 2)])
        sheet.stroke([rule], edgecolor="#d9dee3", linewidth=0.6)

    return Row(height, draw)


def _holds(card: Card, language: str, letters: Lettering) -> list[str]:
    """Say what a micro-grid holds: its buildings by name where they fit into two lines, else how many."""
    homes = sorted((one for one in card.holdings if one.households > 0), key=order_of)
    names = list(dict.fromkeys(name_of(one) for one in homes))
    many = translate("plan_sheets.buildings_unit", language, count=card.building_count)
    if not all(names):
        return [many]
    said = translate("plan_sheets.comma", language).join(names)
    lines = letters.wrap(writable(said, letters), SIZE, PERSON - CONTENTS - GAP)
    return lines if said and len(lines) <= MOST_LINES else [many]
