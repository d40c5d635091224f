"""The list of buildings, entrances and floors of a sheet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import shapely

from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.lettering import Lettering
from gridmap.formats.plan_picture.sheet import Sheet, disc
from gridmap.formats.plan_sheets.flows import Column, Row, writable, write_right
from gridmap.formats.plan_sheets.frames import Card, Holding
from gridmap.i18n import translate

WIDTH = 326.0
NUMBER, PART = 20.0, 186.0  # where the name and the part begin
SIZE, SMALL, LINE = 9.5, 7.5, 12.5
RADIUS = 6.5
MOST_PARTS = 12  # of a building in one row: a row must have room on a page


def build_column(card: Card, language: str, letters: Lettering, numbers: Mapping[int, int]) -> Column:
    """Build the column.

    Parameters
    ----------
    numbers
        Building -> number that stands for it on the map, for those whose name has no room there.
    """
    rows = []
    lived_in = [one for one in card.holdings if one.households > 0]
    for building, own in groupby(sorted(lived_in, key=order_of), key=lambda one: one.building_id):
        parts = list(own)
        for start in range(0, len(parts), MOST_PARTS):
            some = parts[start : start + MOST_PARTS]
            rows.append(_building(some, language, letters, numbers.get(building)))
    if not rows:
        rows += _notes(translate("plan_sheets.no_homes", language), letters)
    if others := _others(card.holdings, language):
        rows += _notes(others, letters)
    headings = [_heading(language, is_first=is_first) for is_first in (True, False)]
    return Column((headings[0], headings[1]), tuple(rows))


def order_of(one: Holding) -> tuple[object, ...]:
    """Sort buildings as people count them: 2 before 10; then entrances and floors from below."""
    name = name_of(one)
    pieces = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", name) if p)
    return (one.compound, not name, pieces, one.building_id, one.entrance or 0, one.floor_from or 0)


def name_of(one: Holding) -> str:
    """Give what people call a building: its name, else its address."""
    return one.name or one.address


def part_of(one: Holding, language: str) -> str:
    """Say which part of the building it is."""
    if one.entrance is None:
        return translate("plan_sheets.whole", language)
    key = "section" if one.has_sections else "entrance"
    said = translate(f"plan_sheets.{key}", language, number=one.entrance)
    if one.floor_from is None:
        return said
    if one.floor_from == one.floor_to:
        return f"{said} {translate('plan_sheets.floor', language, floor=one.floor_from)}"
    floors = translate("plan_sheets.floors", language, low=one.floor_from, high=one.floor_to)
    return f"{said} {floors}"


def _heading(language: str, *, is_first: bool) -> Row:
    title = translate("plan_sheets.holdings" if is_first else "plan_sheets.holdings_more", language)
    household = translate("plan_sheets.households", language)
    columns = {NUMBER: "building", PART: "part"}

    def draw(sheet: Sheet, left: float, top: float) -> None:
        sheet.write(title, left, top + 12, 12, bold=True)
        for x, key in columns.items():
            said = translate(f"plan_sheets.{key}", language)
            sheet.write(said, left + x, top + 29, SMALL + 0.5, colour=palette.INK_2)
        write_right(sheet, household, left + WIDTH, top + 29, SMALL + 0.5, colour=palette.INK_2)
        _rule(sheet, left, top + 34, palette.INK)

    return Row(38, draw)


def _building(parts: Sequence[Holding], language: str, letters: Lettering, number: int | None) -> Row:
    """Build the row of a building: its name once, its parts below each other."""
    first = parts[0]
    named = writable(name_of(first) or translate("plan_sheets.nameless", language), letters)
    name = letters.wrap(named, SIZE, PART - NUMBER - 8)
    beside = " · ".join(dict.fromkeys(filter(None, (first.compound, first.address if first.name else ""))))
    below = letters.wrap(writable(beside, letters), SMALL, PART - NUMBER - 8) if beside else []
    said = [
        (line, f"{one.households}{'*' if one.is_estimate else ''}" if place == 0 else "")
        for one in parts
        for place, line in enumerate(letters.wrap(part_of(one, language), SIZE, WIDTH - PART - 32))
    ]
    height = max(len(name) * LINE + len(below) * (SMALL + 2), len(said) * LINE) + 6

    def draw(sheet: Sheet, left: float, top: float) -> None:
        if number is not None:
            draw_number(sheet, number, left + RADIUS + 1, top + LINE / 2 + 2)
        y = top + LINE - 1
        for line in name:
            sheet.write(line, left + NUMBER, y, SIZE, bold=True)
            y += LINE
        for line in below:
            sheet.write(line, left + NUMBER, y - 2, SMALL, colour=palette.INK_2)
            y += SMALL + 2
        y = top + LINE - 1
        for line, count in said:
            sheet.write(line, left + PART, y, SIZE)
            write_right(sheet, count, left + WIDTH, y, SIZE, bold=True)
            y += LINE
        _rule(sheet, left, top + height - 2, "#d9dee3")

    return Row(height, draw)


def _others(holdings: Sequence[Holding], language: str) -> str:
    """Name what nobody lives in, once each."""
    others = {one.building_id: name_of(one) for one in holdings}
    for one in holdings:
        if one.households > 0:
            others.pop(one.building_id, None)
    if not others:
        return ""
    counted = Counter(filter(None, others.values()))
    names = [name if many == 1 else f"{name} ×{many}" for name, many in counted.items()]
    if nameless := len(others) - counted.total():
        names.append(translate("plan_sheets.nameless_many", language, count=nameless))
    listed = translate("plan_sheets.comma", language).join(names)
    return translate("plan_sheets.others", language, names=listed)


def _notes(text: str, letters: Lettering) -> list[Row]:
    """Write a text of any length below the list, a line a row."""
    lines = letters.wrap(writable(text, letters), SMALL + 0.5, WIDTH - NUMBER)
    return [Row(11, partial(_write_note, line)) for line in lines]


def _write_note(line: str, sheet: Sheet, left: float, top: float) -> None:
    sheet.write(line, left + NUMBER, top + 11, SMALL + 0.5, colour=palette.INK_2)


def draw_number(sheet: Sheet, number: int, x: float, y: float) -> None:
    """Draw the disc that stands for a building on the map and in the list."""
    look: dict[str, Any] = {"facecolor": "#ffffff", "edgecolor": palette.INK, "linewidth": 0.8}
    sheet.fill([disc(x, y, RADIUS)], **look)
    sheet.write_middle(str(number), x, y, 7.5 if number < 100 else 6, bold=True)


def _rule(sheet: Sheet, left: float, y: float, colour: str) -> None:
    sheet.stroke([shapely.LineString([(left, y), (left + WIDTH, y)])], edgecolor=colour, linewidth=0.6)
