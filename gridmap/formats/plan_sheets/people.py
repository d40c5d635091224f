"""The list of who answers: roles, numbers of posts and duty phones; nobody's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import shapely

from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.lettering import Lettering
from gridmap.formats.plan_picture.sheet import Sheet
from gridmap.formats.plan_sheets.flows import RIGHT, Column, Row, writable, write_right
from gridmap.formats.plan_sheets.frames import Card, Person
from gridmap.i18n import translate

WIDTH = 176.0
LEFT = RIGHT - WIDTH
SIZE, SMALL, LINE = 9.5, 7.5, 12.5


def build_column(card: Card, language: str, letters: Lettering) -> Column:
    """Build the column: posts of one role for one place stand together."""
    groups: dict[tuple[object, ...], list[Person]] = {}
    for one in card.people:
        key = (role_of(one, language), one.organisation, one.place_kind, one.places)
        groups.setdefault(key, []).append(one)
    rows = [row for own in groups.values() for row in _posts(own, language, letters)]
    if not rows:
        rows = [_text(translate("plan_sheets.nobody_posted", language), letters)]
    headings = [_heading(language, is_first=is_first) for is_first in (True, False)]
    return Column((headings[0], headings[1]), tuple(rows))


def role_of(one: Person, language: str) -> str:
    """Name the role."""
    return one.role_zh if language == "zh" else one.role_en


def _heading(language: str, *, is_first: bool) -> Row:
    title = translate("plan_sheets.people" if is_first else "plan_sheets.people_more", language)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        sheet.write(title, left, top + 12, 12, bold=True)
        said = translate("plan_sheets.people_columns", language)
        sheet.write(said, left, top + 29, SMALL + 0.5, colour=palette.INK_2)
        _rule(sheet, left, top + 34, palette.INK)

    return Row(38, draw)


def _posts(posts: Sequence[Person], language: str, letters: Lettering) -> list[Row]:
    """Build the rows of posts that differ by number and phone; where they go on, their role does."""
    head = _role(posts[0], language, letters)
    rows = [_post(one, language, is_last=one is posts[-1]) for one in posts]
    below = [_below(head, row) for row in rows]
    return [below[0], *(replace(row, again=again) for row, again in zip(rows[1:], below[1:], strict=True))]


def _below(head: Row, row: Row) -> Row:
    """Build one row of two."""

    def draw(sheet: Sheet, left: float, top: float) -> None:
        head.draw(sheet, left, top)
        row.draw(sheet, left, top + head.height)

    return Row(head.height + row.height, draw)


def _role(one: Person, language: str, letters: Lettering) -> Row:
    """Build the lines that say role, organisation and place."""
    role = letters.wrap(writable(role_of(one, language), letters), SIZE, WIDTH)
    comma = translate("plan_sheets.comma", language)
    kind = translate(f"plan_sheets.posted_{one.place_kind}", language, places=comma.join(one.places))
    said = " · ".join(filter(None, (one.organisation, kind)))
    below = letters.wrap(writable(said, letters), SMALL, WIDTH)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        y = top + LINE - 1
        for line in role:
            sheet.write(line, left, y, SIZE, bold=True)
            y += LINE
        for line in below:
            sheet.write(line, left, y - 2, SMALL, colour=palette.INK_2)
            y += SMALL + 2.5

    return Row(len(role) * LINE + len(below) * (SMALL + 2.5), draw)


def _post(one: Person, language: str, *, is_last: bool) -> Row:
    height = LINE + (6 if is_last else 0)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        y = top + LINE - 1
        if one.duty_phone:
            sheet.write(one.duty_phone, left, y, SIZE + 1)
        else:
            sheet.write(translate("plan_sheets.no_phone", language), left, y, SIZE, colour=palette.INK_2)
        write_right(sheet, one.code, left + WIDTH, y, SMALL, colour=palette.INK_2)
        if is_last:
            _rule(sheet, left, top + height - 2, "#d9dee3")

    return Row(height, draw)


def _text(text: str, letters: Lettering) -> Row:
    lines = letters.wrap(text, SIZE, WIDTH)

    def draw(sheet: Sheet, left: float, top: float) -> None:
        for place, line in enumerate(lines):
            sheet.write(line, left, top + (place + 1) * LINE - 1, SIZE, colour=palette.INK_2)

    return Row(len(lines) * LINE + 6, draw)


def _rule(sheet: Sheet, left: float, y: float, colour: str) -> None:
    sheet.stroke([shapely.LineString([(left, y), (left + WIDTH, y)])], edgecolor=colour, linewidth=0.6)
