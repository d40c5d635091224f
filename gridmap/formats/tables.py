"""Tables: CSV (UTF-8 or GB18030, comma, semicolon or tab) and XLSX, every cell as it stands there."""

import csv
import io
import warnings
import zipfile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from gridmap.errors import BadInput
from gridmap.formats.archives import check_workbook, read_gzip, refuse
from gridmap.formats.contents import LOST_DIGITS, Content

TABLES = (".csv", ".csv.gz", ".xlsx")
MOST_COLUMNS = 1_000
FIRST_ROW = 2  # below the header, as a spreadsheet counts


def read_table(path: Path, sheet: str | None = None) -> Content:
    """Read a table; coordinates in it count as EPSG:4326 unless the caller says otherwise.

    Parameters
    ----------
    sheet
        Sheet of a workbook; the first one when not given.

    Raises
    ------
    BadInput
        If the file is no table, in an unknown encoding, or hostile.
    """
    name = path.name.lower()
    frame = _read_workbook(path, sheet) if name.endswith(".xlsx") else _read_csv(path)
    if frame.shape[1] > MOST_COLUMNS:
        refuse(path.name, "too_many_columns", str(frame.shape[1]), f"≤ {MOST_COLUMNS}")
    blank = _blank_rows(frame)
    return Content(path.name, frame[~blank] if blank.any() else frame, crs="EPSG:4326")


def _blank_rows(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows without anything; later columns are looked at only where all before them are empty."""
    rows = np.arange(len(frame))
    for name in range(frame.shape[1]):
        cells = frame.iloc[rows, name]
        rows = rows[(cells.isna() | (cells == "")).to_numpy()]
    blank = np.zeros(len(frame), dtype=bool)
    blank[rows] = True
    return blank


def _read_csv(path: Path) -> pd.DataFrame:
    raw = read_gzip(path) if path.name.lower().endswith(".gz") else path.read_bytes()
    text = _decoded(raw, path.name)
    header = text[: text.find("\n")] if "\n" in text else text
    separator = max(",;\t", key=header.count)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype=object,
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
        )
    except pd.errors.EmptyDataError:
        refuse(path.name, "empty_file")
    except (pd.errors.ParserError, csv.Error) as error:
        # pandas says the line and how many fields it saw; the file is not read any further.
        refuse(path.name, "ragged_row", str(error).rpartition("error: ")[2].strip())
    frame.index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame))
    short = frame.iloc[:, -1:].isna().to_numpy().any()  # only rows that end early have gaps
    return frame.fillna("") if short else frame


def _decoded(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass  # the other encoding in use; it reads nearly anything, so it comes second
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        refuse(file, "unknown_encoding", hint="UTF-8 | GB18030")


def _read_workbook(path: Path, sheet: str | None) -> pd.DataFrame:
    check_workbook(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # styles and extensions openpyxl leaves out
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                if sheet is not None and sheet not in book.sheetnames:
                    refuse(path.name, "choose_layer", sheet, ", ".join(book.sheetnames))
                rows = list((book[sheet] if sheet else book.worksheets[0]).iter_rows(values_only=True))
            finally:
                book.close()
    except BadInput:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError, ParseError):
        refuse(path.name, "unreadable_file", hint="XLSX")
    if not rows or all(cell is None for cell in rows[0]):
        refuse(path.name, "empty_file")
    header = [
        str(cell).strip() if cell is not None else f"column {number}"
        for number, cell in enumerate(rows[0], 1)
    ]
    body = [[_cell(cell) for cell in row] for row in rows[1:]]
    return pd.DataFrame(
        body, columns=header, index=pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(body)), dtype=object
    )


def _cell(value: Any) -> Any:
    """Spreadsheets keep 15 digits of a number: a longer code typed as a number has lost its end."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 1e15:
        return LOST_DIGITS
    return "" if value is None else value
