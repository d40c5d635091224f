"""The sheet of a station for those who want to sign in there: one A4 page with its code, as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.lettering import find_lettering
from gridmap.formats.plan_sheets.flows import HEIGHT, WIDTH, new_page, writable
from gridmap.formats.plan_sheets.sheets import draw_code
from gridmap.formats.plan_sheets.writing import Written, require_writable, write_pages
from gridmap.i18n import translate

if TYPE_CHECKING:
    from pathlib import Path

MARGIN = 60.0
CODE = 300.0
TOP = 130.0
TITLE, TEXT = 30.0, 14.0


def write_station_code(name: str, place: str, address: str, path: Path, *, language: str = "zh") -> Written:
    """Write the sheet; the file appears whole or not at all.

    Parameters
    ----------
    name, place
        Of the station, and where it is.
    address
        What the code says: the field page, with the station.

    Raises
    ------
    BadInput
        If the file's ending is not ``.pdf`` or its folder is not there.
    OSError
        If the file cannot be written.
    """
    require_writable(path)
    letters = find_lettering(is_kept=False)
    spoken = letters.language(language)
    sheet = new_page(letters)
    room, y = WIDTH - 2 * MARGIN, TOP
    for line in letters.wrap(writable(name, letters), TITLE, room)[:2]:
        sheet.write(line, MARGIN, y, TITLE, bold=True)
        y += TITLE * 1.3
    about = " · ".join(part for part in (translate("sign_in.sheet_title", spoken), place) if part)
    for line in letters.wrap(writable(about, letters), TEXT, room)[:1]:
        sheet.write(line, MARGIN, y, TEXT, colour=palette.INK_2)
    top = (HEIGHT - CODE) / 2
    draw_code(sheet, address, (WIDTH - CODE) / 2, top, CODE)
    y = top + CODE + 50
    for key in ("scan", "free"):
        for line in letters.wrap(translate(f"sign_in.sheet_{key}", spoken), TEXT, room):
            sheet.write(line, MARGIN, y, TEXT, bold=key == "scan")
            y += TEXT * 1.6
    sheet.write(writable(address, letters), MARGIN, y + TEXT, 10.0, colour=palette.INK_2)
    write_pages([sheet], path, title=name, total=1, progress=None)
    return Written(1, 1, spoken)
