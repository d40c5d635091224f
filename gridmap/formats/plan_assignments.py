"""Equivalency lists: a table that says which micro-grid each building, entrance or band of floors belongs to.

It is what a plan's own CSV and XLSX hold, one row an atom; an office may as well write it by hand, with
Chinese headings. Here the cells are read; `assignment_checks` compares them with the buildings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from gridmap.errors import BadInput, FieldError
from gridmap.formats.checking import place_of, plain_text, shorten
from gridmap.formats.contents import LOST_DIGITS
from gridmap.formats.rejects import FORMULA_STARTS
from gridmap.formats.tables import read_table

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "micro_grid": ("micro_grid", "micro_grid_code", "code", "微网格", "微网格编码", "微网格编号"),
        "building_source": ("building_source", "source", "楼栋来源", "来源", "数据来源"),
        "building_id": ("building_id", "source_id", "楼栋编号", "楼栋编码", "建筑编号"),
        "entrance_number": ("entrance_number", "entrance", "单元", "单元号"),
        "floor_from": ("floor_from", "起始楼层", "起始层"),
        "floor_to": ("floor_to", "终止楼层", "终止层", "截止楼层"),
    }
)
"""Column -> what a file may call it, whatever the case; all others of the file are told and left alone."""

REQUIRED = ("micro_grid", "building_id")
FOR_READERS = frozenset({"grid", "atom", "building", "compound", "households", "households_estimated"})
"""Columns of our own lists that help people read them; the counts are those of the buildings."""

NUMBER = re.compile(r"(\d{1,4})(?:\.0+)?\s*(?:单元|层|楼|f)?", re.IGNORECASE)
WHOLE = frozenset({"全部", "整栋", "all"})
CUT_OFF = re.compile(r"\d(?:\.\d+)?e\+\d+", re.IGNORECASE)  # how a spreadsheet saves a long number as CSV


class AssignmentRow(NamedTuple):
    """One row: where a part of a building belongs; None = the whole, code None = nowhere."""

    number: int
    code: str | None
    source: str
    building: str
    entrance: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True)
class AssignmentTable:
    """A table as it was read.

    Attributes
    ----------
    file
        Name of the file.
    rows
        What could be read.
    errors
        The cells that could not.
    ignored
        Columns of the file that say nothing here.
    """

    file: str
    rows: tuple[AssignmentRow, ...]
    errors: tuple[FieldError, ...]
    ignored: tuple[str, ...]

    def where(self, number: int) -> str:
        """Say where a row stands, as a spreadsheet counts."""
        return place_of(self.file, number, feature=False)


def read_assignments(path: Path, sheet: str | None = None) -> AssignmentTable:
    """Read a table of assignments: CSV or XLSX.

    Parameters
    ----------
    sheet
        Sheet of a workbook; the first one when not given.

    Raises
    ------
    BadInput
        If the file is no table, or lacks a column that is needed.
    """
    content = read_table(path, sheet)
    found = _find_columns(content.file, content.frame)
    cells = {name: plain_text(content.frame[column]).tolist() for name, column in found.items()}
    blank = [""] * len(content.frame)
    rows, errors = [], []
    for place, number in enumerate(content.frame.index.tolist()):
        texts = {name: _unquoted(cells.get(name, blank)[place]) for name in COLUMNS}
        faults = list(_check_cells(place_of(content.file, number, feature=False), texts))
        errors += faults
        if not faults:
            parts = (_number(texts[name]) for name in ("entrance_number", "floor_from", "floor_to"))
            rows.append(
                AssignmentRow(
                    number,
                    texts["micro_grid"] or None,
                    texts["building_source"],
                    texts["building_id"],
                    *parts,
                )
            )
    known = FOR_READERS | set(found.values())
    ignored = tuple(str(name) for name in content.frame.columns if name not in known)
    return AssignmentTable(content.file, tuple(rows), tuple(errors), ignored)


def _find_columns(file: str, frame: pd.DataFrame) -> dict[str, Any]:
    in_file = {str(name).strip().casefold(): name for name in reversed(frame.columns)}
    found = {}
    for name, names in COLUMNS.items():
        match = next((in_file[said] for said in names if said in in_file), None)
        if match is not None:
            found[name] = match
    hint = ", ".join(map(str, frame.columns))
    wrong = [
        FieldError(file, name, "import_missing_column", " / ".join(COLUMNS[name]), hint)
        for name in REQUIRED
        if name not in found
    ]
    if wrong:
        raise BadInput("import_refused", fields=wrong, count=len(wrong))
    return found


def _unquoted(cell: str) -> str:
    """Take off the apostrophe that keeps a spreadsheet from running a cell."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def _check_cells(where: str, texts: Mapping[str, str]) -> list[FieldError]:
    wrong = [
        FieldError(where, name, "lost_digits")
        for name in ("micro_grid", "building_id")
        if texts[name] == LOST_DIGITS or CUT_OFF.fullmatch(texts[name])
    ]
    if not texts["building_id"]:
        wrong.append(FieldError(where, "building_id", "required"))
    wrong += [
        FieldError(where, name, "not_a_number", shorten(texts[name]))
        for name in ("entrance_number", "floor_from", "floor_to")
        if texts[name] and texts[name] not in WHOLE and not NUMBER.fullmatch(texts[name])
    ]
    return wrong


def _number(text: str) -> int | None:
    match = NUMBER.fullmatch(text)
    return int(match[1]) if match else None
