"""The list of refused rows, as a CSV file that a spreadsheet opens and that can run nothing."""

import csv
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gridmap.errors import FieldError
from gridmap.i18n import translate

HEADER = ("where", "column", "reason", "value", "hint", "zh", "en")
# A cell that starts like this, or with its full-width form, would be taken for a formula.
FORMULA_STARTS = (*"=+-@\t\r\n\x00", *"\uff1d\uff0b\uff0d\uff20")
ROW = re.compile(r"[:#]\d+")  # behind the name of the file; see `gridmap.formats.checking.place_of`


def names_rows(source: Path, errors: Iterable[FieldError]) -> bool:
    """Tell whether any row of ``source`` is refused; what is wrong with a file as a whole needs no list."""
    return any(
        error.where.startswith(source.name) and ROW.fullmatch(error.where, len(source.name))
        for error in errors
    )


def rejects_path(source: Path) -> Path:
    """Choose where to list the rejects of ``source``: beside it, or here if its folder cannot be written."""
    folder = source.parent if os.access(source.parent, os.W_OK) else Path.cwd()
    return folder / f"{source.name}.rejects.csv"


def write_rejects(path: Path, errors: Iterable[FieldError]) -> None:
    """Write the list in one step, whole or not at all; UTF-8 with BOM, as Excel wants it."""
    with tempfile.NamedTemporaryFile(
        "w",
        encoding="utf-8-sig",
        newline="",
        dir=path.parent,
        prefix=".rejects-",
        suffix=".csv",
        delete=False,
    ) as file:
        try:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for error in errors:
                writer.writerow([_harmless(cell) for cell in _cells(error)])
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _cells(error: FieldError) -> tuple[str, ...]:
    said = (
        translate(f"reason.{error.reason}", language, value=error.value, hint=error.hint)
        for language in ("zh", "en")
    )
    return (error.where, error.column, error.reason, error.value, error.hint, *said)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
