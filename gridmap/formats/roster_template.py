"""The workbook to fill in: a sheet a kind with an example that can be replaced, and a sheet that explains."""

from __future__ import annotations

import io
from datetime import date, timedelta

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from gridmap.formats.rosters import COLUMNS
from gridmap.i18n import texts_of, translate

SHEETS = {"weekly": "周班", "single": "单班", "exception": "例外", "calendar": "日历"}
"""Kind -> name of its sheet in Chinese; in English the kind itself."""
HEADS = {
    "weekly": (
        "staff_code",
        "weekdays",
        "from",
        "to",
        "station_code",
        "area_code",
        "valid_from",
        "valid_to",
        "on_holidays",
        "zone",
    ),
    "single": ("staff_code", "day", "from", "to", "station_code", "area_code", "zone"),
    "exception": ("staff_code", "day", "instead_of", "from", "to", "station_code", "area_code"),
    "calendar": ("day", "day_type", "name", "weekdays"),
}


def build_template(language: str, *, staff_code: str, station_code: str, today: date) -> bytes:
    """Build the XLSX with an example of each kind.

    Parameters
    ----------
    staff_code, station_code
        What the examples name: a post and a station that the reader knows, or made-up ones.
    today
        The examples are of the weeks after it.
    """
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = translate("roster.sheet_notes", language)
    for text in texts_of("roster.note_", language).values():
        sheet.append([text])
    sheet.column_dimensions["A"].width = 110
    monday = today + timedelta(days=7 - today.weekday())
    for kind, rows in _examples(language, staff_code, station_code, monday).items():
        sheet = book.create_sheet(SHEETS[kind] if language == "zh" else kind)
        names = [COLUMNS[name][1 if name != "day" else 2] for name in HEADS[kind]]
        sheet.append(names if language == "zh" else list(HEADS[kind]))
        for number in range(1, len(HEADS[kind]) + 1):
            head = sheet.cell(row=1, column=number)
            head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="E6F1F9")
            sheet.column_dimensions[get_column_letter(number)].width = 18
        sheet.freeze_panes = "A2"
        for row in rows:
            sheet.append([row.get(name, "") for name in HEADS[kind]])
        for column in sheet.columns:
            for cell in column:
                cell.number_format = "@"  # what is typed stays text: codes keep all digits, 8:30 stays 8:30
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _examples(
    language: str, staff_code: str, station_code: str, monday: date
) -> dict[str, list[dict[str, str]]]:
    def say(key: str) -> str:
        return translate(f"roster.example_{key}", language)

    place = {"staff_code": staff_code, "station_code": station_code}
    saturday = (monday + timedelta(days=5)).isoformat()
    return {
        "weekly": [
            place
            | {
                "weekdays": say("weekdays"),
                "from": "08:30",
                "to": "17:30",
                "valid_from": monday.isoformat(),
                "on_holidays": say("rests"),
            },
            place
            | {
                "weekdays": say("sunday"),
                "from": "21:00",
                "to": "06:00",
                "valid_from": monday.isoformat(),
                "on_holidays": say("works"),
            },
        ],
        "single": [place | {"day": saturday, "from": "09:00", "to": "12:00"}],
        "exception": [
            {"staff_code": staff_code, "day": (monday + timedelta(days=1)).isoformat()},
            {
                "staff_code": staff_code,
                "day": (monday + timedelta(days=2)).isoformat(),
                "instead_of": "08:30",
                "from": "13:00",
                "to": "20:00",
            },
        ],
        "calendar": [],
    }
