"""Hand-off lists on paper: an A4 page a post, more where a list is long, to sign when it is done.

Pure: lists in, a file out. Posts stand with role and number, nobody with a name; signing is done by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

import shapely

from gridmap.formats.handoff_lists import CarriedPosting, HandedPart, HandoffList
from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.lettering import Lettering, find_lettering
from gridmap.formats.plan_picture.sheet import Sheet
from gridmap.formats.plan_sheets.flows import (
    HEIGHT,
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
from gridmap.formats.plan_sheets.holdings import name_of, part_of
from gridmap.formats.plan_sheets.writing import Written, require_writable, write_pages
from gridmap.i18n import translate

TOP, NEXT_TOP = 168.0, 78.0
SIZE, SMALL, LINE = 9.5, 7.5, 12.5
PART, HOUSEHOLDS, BEFORE, AFTER = 168.0, 300.0, 312.0, 420.0  # where the columns stand, from the left
SIGNS = {"gained": "+", "lost": "−"}
SIGN_HEIGHT = 74.0
SIGN_WIDTH = 240.0
NOTHING = Row(0, lambda _sheet, _left, _top: None)


@dataclass(frozen=True)
class _Words:
    """What every row needs: the language and the fonts."""

    language: str
    letters: Lettering

    def say(self, key: str, **values: object) -> str:
        return translate(f"handoffs.{key}", self.language, **values)

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        return self.letters.wrap(writable(text, self.letters), size, width)


def write_handoffs(
    lists: Sequence[HandoffList],
    path: Path,
    *,
    printed_on: date,
    language: str = "zh",
    letters: Lettering | None = None,
) -> Written:
    """Write hand-off lists as an A4 PDF; the file appears whole or not at all.

    Parameters
    ----------
    letters
        Fonts; None = those that are installed.

    Raises
    ------
    BadInput
        If the file's ending is not ``.pdf`` or its folder is not there.
    OSError
        If the file cannot be written.
    """
    require_writable(path)
    letters = letters or find_lettering(is_kept=False)
    words = _Words(letters.language(language), letters)
    drawn = (sheet for one in lists for sheet in _draw_list(one, words, printed_on))
    pages = write_pages(drawn, path, title=words.say("title"))
    return Written(pages, len(lists), words.language)


def _draw_list(one: HandoffList, words: _Words, printed_on: date) -> Iterator[Sheet]:
    slots = (Slot(page, MARGIN, NEXT_TOP if page else TOP) for page in count())
    blocks = pour(Column((NOTHING, NOTHING), tuple(_rows(one, words))), slots)
    for block in blocks:
        sheet = new_page(words.letters)
        if block.slot.page:
            _draw_head_again(sheet, one, words, block, len(blocks))
        else:
            _draw_head(sheet, one, words)
        block.draw(sheet)
        _draw_foot(sheet, one, words, printed_on, f"{block.slot.page + 1} / {len(blocks)}")
        yield sheet


def _rows(one: HandoffList, words: _Words) -> Iterator[Row]:
    """Build all rows: what was gained, what was lost, what became of postings, and where to sign."""
    for direction in ("gained", "lost"):
        rows = [_part(part, words) for part in one.of(direction)]
        rows = rows or [_text(words.say(f"none_{direction}"), words)]
        yield from _under(direction, rows, words, has_columns=bool(one.of(direction)))
    if one.carries:
        yield from _under(
            "postings", [_text(say_carry(carry, words.language), words) for carry in one.carries], words
        )
    yield _signatures(words)


def say_carry(carry: CarriedPosting, language: str) -> str:
    """Say what became of a posting."""
    return translate(
        f"handoffs.posting_{carry.outcome}",
        language,
        old=carry.from_code,
        new=carry.to_code or "–",
        households=carry.households,
        shared=carry.households_shared,
    )


def _under(title: str, rows: Sequence[Row], words: _Words, *, has_columns: bool = False) -> Iterator[Row]:
    """Put rows below a heading, which stands again where they go on."""
    first, more = (
        _heading(title, words, is_first=is_first, has_columns=has_columns) for is_first in (True, False)
    )
    yield _below(first, rows[0])
    for row in rows[1:]:
        yield Row(row.height, row.draw, again=_below(more, row))


def _below(head: Row, row: Row) -> Row:
    def draw(sheet: Sheet, left: float, top: float) -> None:
        head.draw(sheet, left, top)
        row.draw(sheet, left, top + head.height)

    return Row(head.height + row.height, draw)


def _heading(title: str, words: _Words, *, is_first: bool, has_columns: bool) -> Row:
    said = words.say(f"section_{title}")
    if not is_first:
        said = words.say("more", title=said)
    sign = SIGNS.get(title)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        sheet.write(f"{sign} {said}" if sign else said, left, top + 22, 12, bold=True)
        if has_columns:
            for x, key in ((0.0, "building"), (PART, "part"), (BEFORE, "before"), (AFTER, "after")):
                sheet.write(words.say(key), left + x, top + 37, SMALL + 0.5, colour=palette.INK_2)
            write_right(
                sheet, words.say("households"), left + HOUSEHOLDS, top + 37, SMALL + 0.5, colour=palette.INK_2
            )
        _rule(sheet, left, top + (42 if has_columns else 28), palette.INK)

    return Row(46 if has_columns else 32, draw)


def _part(part: HandedPart, words: _Words) -> Row:
    """Build the row of a part: building, which part of it, households, from where to where, and whose."""
    columns = {
        0.0: words.wrap(name_of(part) or words.say("nameless"), SIZE, PART - 10),
        PART: words.wrap(part_of(part, words.language), SIZE, HOUSEHOLDS - PART - 34),
        BEFORE: words.wrap(part.before or words.say("no_micro_grid"), SMALL + 1, AFTER - BEFORE - 6),
        AFTER: words.wrap(part.after or words.say("no_micro_grid"), SMALL + 1, RIGHT - MARGIN - AFTER),
    }
    beside = " · ".join(dict.fromkeys(filter(None, (part.compound, part.address if part.name else ""))))
    small = words.wrap(beside, SMALL, PART - 10) if beside else []
    others = words.say("comma").join(part.others)
    whose = words.say(f"others_{part.direction}", posts=others) if others else ""
    below = words.wrap(whose, SMALL, RIGHT - MARGIN - PART) if whose else []
    households = f"{part.households}{'*' if part.is_estimate else ''}"
    tall = max(len(lines) for place, lines in columns.items() if place)
    height = max(len(columns[0.0]) * LINE + len(small) * 9.5, tall * LINE + len(below) * 9.5) + 6

    def draw(sheet: Sheet, left: float, top: float) -> None:
        y = top + LINE - 1
        for place, lines in columns.items():
            size = SMALL + 1 if place >= BEFORE else SIZE
            for number, line in enumerate(lines):
                sheet.write(line, left + place, y + number * LINE, size, bold=place == 0)
        write_right(sheet, households, left + HOUSEHOLDS, y, SIZE, bold=True)
        for number, line in enumerate(small):
            bottom = y + len(columns[0.0]) * LINE - 2 + number * 9.5
            sheet.write(line, left, bottom, SMALL, colour=palette.INK_2)
        for number, line in enumerate(below):
            bottom = y + tall * LINE - 2 + number * 9.5
            sheet.write(line, left + PART, bottom, SMALL, colour=palette.INK_2)
        _rule(sheet, left, top + height - 2, "#d9dee3")

    return Row(height, draw)


def _text(text: str, words: _Words) -> Row:
    lines = words.wrap(text, SIZE, RIGHT - MARGIN)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        for place, line in enumerate(lines):
            sheet.write(line, left, top + (place + 1) * LINE - 1, SIZE)

    return Row(len(lines) * LINE + 6, draw)


def _signatures(words: _Words) -> Row:
    """Leave two lines to sign on, for the one who hands over and the one who takes over."""

    def draw(sheet: Sheet, left: float, top: float) -> None:
        for x, key in ((left, "sign_over"), (RIGHT - SIGN_WIDTH, "sign_taken")):
            line = shapely.LineString([(x, top + 48), (x + SIGN_WIDTH, top + 48)])
            sheet.stroke([line], edgecolor=palette.INK, linewidth=0.6)
            sheet.write(words.say(key), x, top + 61, SMALL + 0.5, colour=palette.INK_2)

    return Row(SIGN_HEIGHT, draw)


def _post(one: HandoffList, words: _Words) -> str:
    role = one.role_zh if words.language == "zh" else one.role_en
    return writable(" ".join((role, one.staff_code)), words.letters)


def _draw_head(sheet: Sheet, one: HandoffList, words: _Words) -> None:
    area = one.area_name if words.language == "zh" else one.area_name_en
    place = " · ".join(filter(None, (area, one.organisation)))
    sheet.write(writable(place, words.letters), MARGIN, MARGIN + 9, 9.5, colour=palette.INK_2)
    sheet.write(words.say("title"), MARGIN, MARGIN + 38, 23, bold=True, name="title")
    sheet.write(_post(one, words), MARGIN, MARGIN + 60, 12.5, bold=True)
    since = words.say("since", plan=one.plan_id, day=one.effective_on.isoformat())
    sheet.write(since, MARGIN, MARGIN + 78, 10, colour=palette.INK_2)
    x = MARGIN
    for direction in ("gained", "lost"):
        said = words.say(f"sum_{direction}", **count_of(one, direction))
        sheet.write(f"{SIGNS[direction]} {said}", x, MARGIN + 106, 11.5, bold=True)
        x += words.letters.width(f"{SIGNS[direction]} {said}", 11.5, bold=True) + 24
    if one.acknowledged_at is not None:
        day = one.acknowledged_at.date().isoformat()
        sheet.write("✓ " + words.say("taken_on", day=day), MARGIN, MARGIN + 124, 10)


def count_of(one: HandoffList, direction: str) -> dict[str, str]:
    """Give the figures of what was gained or lost as texts for a sentence."""
    buildings, households, is_estimate = one.count(direction)
    return {"buildings": f"{buildings:,}", "households": f"{households:,}{'*' if is_estimate else ''}"}


def _draw_head_again(sheet: Sheet, one: HandoffList, words: _Words, block: Block, pages: int) -> None:
    sheet.write(f"{words.say('title')} · {_post(one, words)}", MARGIN, MARGIN + 14, 14, bold=True)
    again = words.say("page", page=block.slot.page + 1, pages=pages)
    sheet.write(again, MARGIN, MARGIN + 32, 9.5, colour=palette.INK_2)


def _draw_foot(sheet: Sheet, one: HandoffList, words: _Words, printed_on: date, page: str) -> None:
    y = HEIGHT - 28.0
    _rule(sheet, MARGIN, y - 14, palette.FRAME)
    said = words.say(
        "foot", plan=one.plan_id, day=one.effective_on.isoformat(), printed=printed_on.isoformat()
    )
    for place, line in enumerate(words.wrap(said, 7.5, RIGHT - MARGIN - 60)):
        sheet.write(line, MARGIN, y - 3 + place * 10, 7.5, colour=palette.INK_2)
    write_right(sheet, page, RIGHT, y - 3, 8.5, colour=palette.INK_2)


def _rule(sheet: Sheet, left: float, y: float, colour: str) -> None:
    sheet.stroke([shapely.LineString([(left, y), (RIGHT, y)])], edgecolor=colour, linewidth=0.6)
