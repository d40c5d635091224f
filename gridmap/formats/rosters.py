"""Rosters: single shifts, weekly patterns, exceptions of a day and the calendar, from one CSV or XLSX file.

A row says what it is in the column ``kind``, or its sheet says so by its name. Here the cells are read, each
row as far as it can be understood alone; `gridmap.services.roster_checks` compares it with staff, places and
the other rows. Pure: no database, nothing written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import openpyxl
import pandas as pd

from gridmap.errors import BadInput, FieldError
from gridmap.formats.archives import check_workbook, refuse
from gridmap.formats.checking import place_of, plain_text, shorten
from gridmap.formats.contents import LOST_DIGITS
from gridmap.formats.roster_words import (
    KINDS,
    NOTES,
    ON_HOLIDAYS,
    TYPES_OF_DAY,
    read_day,
    read_time,
    read_weekdays,
)
from gridmap.formats.tables import read_table
from gridmap.settings import LOCAL_ZONE

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kind": ("kind", "类型", "种类"),
        "staff_code": ("staff_code", "岗位编号", "人员编号"),
        "day": ("day", "date", "日期"),
        "weekdays": ("weekdays", "weekday", "星期"),
        "from": ("from", "开始", "上班时间"),
        "to": ("to", "结束", "下班时间"),
        "station_code": ("station_code", "站点", "站点编号"),
        "area_code": ("area_code", "区域", "区域编码"),
        "valid_from": ("valid_from", "生效日期"),
        "valid_to": ("valid_to", "失效日期"),
        "on_holidays": ("on_holidays", "节假日"),
        "instead_of": ("instead_of", "原开始"),
        "day_type": ("day_type", "日期类型"),
        "name": ("name", "名称"),
        "zone": ("zone", "时区"),
    }
)
"""Column -> what a file may call it, whatever the case."""
REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "single": ("staff_code", "day", "from", "to"),
        "weekly": ("staff_code", "weekdays", "from", "to", "valid_from"),
        "exception": ("staff_code", "day"),
        "calendar": ("day", "day_type"),
    }
)
LONGEST_OVERNIGHT = timedelta(hours=14)
LONGEST_TEXT = 100


@dataclass(frozen=True)
class RosterRow:
    """One row of a roster; what its kind has no use for is empty.

    Attributes
    ----------
    where
        File, sheet and row, as errors say it.
    weekdays
        1 = Monday; of a calendar row, the one weekday that a worked day stands for.
    starts, ends
        Local time in ``zone``; an end not after the start is on the next day.
    day_type
        ``holiday``, ``workday`` or ``ordinary`` (the calendar forgets the day).
    """

    where: str
    kind: str
    staff_code: str = ""
    day: date | None = None
    weekdays: tuple[int, ...] = ()
    starts: time | None = None
    ends: time | None = None
    station_code: str = ""
    area_code: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    on_holidays: str = "rests"
    instead_of: time | None = None
    day_type: str = ""
    name: str = ""
    zone: str = LOCAL_ZONE

    @property
    def is_off(self) -> bool:
        """Whether it is an exception that takes the day off."""
        return self.kind == "exception" and self.starts is None and not (self.station_code or self.area_code)


@dataclass(frozen=True)
class Roster:
    """A roster as it was read: good rows, what is wrong with the others, columns that say nothing here."""

    file: str
    rows: tuple[RosterRow, ...]
    rejected: tuple[FieldError, ...] = ()
    ignored: tuple[str, ...] = ()


def read_roster(path: Path, zone: str = LOCAL_ZONE) -> Roster:
    """Read a roster: CSV, or all sheets of an XLSX.

    Parameters
    ----------
    zone
        Time zone of rows that name none.

    Raises
    ------
    BadInput
        If the file is no table, lacks a column that its rows need, or the zone is unknown.
    """
    if not path.is_file():
        refuse(path.name, "no_such_file", str(path))
    if not _is_zone(zone):
        raise BadInput(fields=[FieldError("--timezone", "", "roster_zone", zone[:60])])
    rows: list[RosterRow] = []
    rejected: list[FieldError] = []
    ignored: dict[str, None] = {}
    for sheet, kind in _list_sheets(path):
        frame = read_table(path, sheet).frame
        file = path.name if sheet is None else f"{path.name}[{sheet}]"
        columns = _find_columns(file, frame, kind)
        ignored |= dict.fromkeys(str(name) for name in frame.columns if name not in columns.values())
        cells = {name: plain_text(frame[column]).tolist() for name, column in columns.items()}
        for place, number in enumerate(frame.index.tolist()):
            said = {name: texts[place].strip() for name, texts in cells.items()}
            reading = _Reading(place_of(file, number, feature=False), said, zone)
            row = reading.read(kind)
            if reading.faults or row is None:
                rejected += reading.faults
            else:
                rows.append(row)
    return Roster(path.name, tuple(rows), tuple(rejected), tuple(ignored))


def read_row(where: str, kind: str, said: Mapping[str, str], zone: str = LOCAL_ZONE) -> RosterRow:
    """Read one row as of a form, by the rules of a file.

    Parameters
    ----------
    where
        As errors say it.
    kind
        ``single``, ``weekly`` or ``exception``.
    said
        Column (see `COLUMNS`) -> text; absent ones are empty.

    Raises
    ------
    BadInput
        With everything that is wrong.
    """
    reading = _Reading(where, said, zone)
    row = reading.read(kind)
    if reading.faults or row is None:
        raise BadInput(fields=reading.faults)
    return row


def _list_sheets(path: Path) -> Iterator[tuple[str | None, str]]:
    """Give the sheets that hold rows, each with the kind that its name says (empty: its rows say it)."""
    name = path.name.lower()
    if not name.endswith(".xlsx"):
        if not name.endswith((".csv", ".csv.gz")):
            refuse(path.name, "unknown_format", path.suffix, ".xlsx .csv")
        yield None, ""
        return
    check_workbook(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True)
        filled = [sheet.title for sheet in book.worksheets if _has_rows(sheet)]
        book.close()
    except (ValueError, KeyError, OSError):
        refuse(path.name, "unreadable_file", hint="XLSX")
    wanted = [title for title in filled if title.strip().lower() not in NOTES]
    if not wanted:
        refuse(path.name, "empty_file")
    for title in wanted:
        yield title, KINDS.get(title.strip().lower(), "")


def _has_rows(sheet: object) -> bool:
    rows = sheet.iter_rows(max_row=50, values_only=True)  # type: ignore[attr-defined]
    return any(cell is not None for row in rows for cell in row)


def _find_columns(file: str, frame: pd.DataFrame, kind: str) -> dict[str, str]:
    there = {str(name).strip().strip("\ufeff").casefold(): str(name) for name in reversed(frame.columns)}
    found = {
        name: next(there[word] for word in words if word in there)
        for name, words in COLUMNS.items()
        if any(word in there for word in words)
    }
    needed = REQUIRED[kind] if kind else ("kind",)
    missing = [name for name in needed if name not in found]
    if missing:
        hint = ", ".join(map(str, frame.columns))[:200]
        faults = [FieldError(file, name, "missing_column", "", hint) for name in missing]
        raise BadInput("load_refused", fields=faults, count=len(faults))
    return found


class _Reading:
    """Reads one row and keeps what is wrong with it."""

    def __init__(self, where: str, said: Mapping[str, str], zone: str) -> None:
        self.where, self.said, self.zone = where, said, zone
        self.faults: list[FieldError] = []

    def read(self, kind: str) -> RosterRow | None:
        """Read the row; None where its kind cannot be told."""
        if said := self.said.get("kind", ""):
            kind = KINDS.get(said.lower(), "")
        if not kind:
            self._fault("kind", "unknown_choice", " | ".join(REQUIRED))
            return None
        for name in REQUIRED[kind]:
            if not self.said.get(name):
                self._fault(name, "required")
        zone = self.said.get("zone") or self.zone
        if not _is_zone(zone):
            self._fault("zone", "roster_zone")
        starts, ends = self._time("from"), self._time("to")
        row = RosterRow(
            where=self.where,
            kind=kind,
            staff_code=self._text("staff_code"),
            day=self._day("day"),
            weekdays=self._weekdays(),
            starts=starts,
            ends=ends,
            station_code=self._text("station_code"),
            area_code=self._text("area_code"),
            valid_from=self._day("valid_from"),
            valid_to=self._day("valid_to"),
            on_holidays=self._word("on_holidays", ON_HOLIDAYS) or "rests",
            instead_of=self._time("instead_of"),
            day_type=self._word("day_type", TYPES_OF_DAY) if kind == "calendar" else "",
            name=self._text("name"),
            zone=zone,
        )
        if starts is not None and ends is not None:
            self._check_hours(starts, ends)
        if not self.faults:
            self._check_between(row)
        return row

    def _check_between(self, row: RosterRow) -> None:
        """Check what two cells say together."""
        if (row.starts is None) != (row.ends is None):
            self._fault("to" if row.ends is None else "from", "required")
        both = bool(row.station_code and row.area_code)
        neither = not (row.station_code or row.area_code)
        if both or (neither and row.kind in {"single", "weekly"}):
            self._fault("station_code+area_code", "one_of_two")
        if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
            self._fault("valid_to", "ends_before_start")
        if row.kind == "calendar" and row.day_type != "ordinary" and not row.name:
            self._fault("name", "required")
        if row.kind == "calendar" and len(row.weekdays) > 1:
            self._fault("weekdays", "roster_one_weekday")

    def _check_hours(self, starts: time, ends: time) -> None:
        length = _since_midnight(ends) - _since_midnight(starts)
        if not length:
            self._fault("to", "roster_no_hours")
        elif length < timedelta() and length + timedelta(days=1) > LONGEST_OVERNIGHT:
            hours = LONGEST_OVERNIGHT // timedelta(hours=1)
            self._fault("to", "roster_hours", str(hours), shown=f"{starts:%H:%M}–{ends:%H:%M}")

    def _text(self, name: str) -> str:
        text = self.said.get(name, "")
        if text == LOST_DIGITS:
            self._fault(name, "lost_digits", shown="")
        elif len(text) > LONGEST_TEXT:
            self._fault(name, "too_long", f"≤ {LONGEST_TEXT}")
        elif "\x00" in text:
            self._fault(name, "control_character", shown="")
        return text

    def _time(self, name: str) -> time | None:
        text = self.said.get(name, "")
        found = read_time(text)
        if text and found is None:
            self._fault(name, "roster_time")
        return found

    def _day(self, name: str) -> date | None:
        text = self.said.get(name, "")
        found = read_day(text)
        if text and found is None:
            self._fault(name, "not_a_date", "2026-12-01")
        return found

    def _weekdays(self) -> tuple[int, ...]:
        text = self.said.get("weekdays", "")
        found, wrong = read_weekdays(text)
        if wrong:
            self._fault("weekdays", "roster_weekday", shown=wrong)
        return found

    def _word(self, name: str, words: Mapping[str, str]) -> str:
        text = self.said.get(name, "")
        found = words.get(text.lower(), "")
        if text and not found:
            self._fault(name, "unknown_choice", " | ".join(dict.fromkeys(words.values())))
        return found

    def _fault(self, column: str, reason: str, hint: str = "", *, shown: str | None = None) -> None:
        value = shorten(self.said.get(column, "") if shown is None else shown)
        self.faults.append(FieldError(self.where, column, reason, value, hint))


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
