"""Checks of the rows of one file, column by column: types, limits, allowed words, duplicate keys.

A `Sieve` collects what is wrong; nothing is dropped in silence: a row is either in the layer or among the
refused, with its place in the file, the column, the reason and what would be right.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.errors import FieldError
from gridmap.formats.contents import LOST_DIGITS
from gridmap.formats.contract import Column

Mask = npt.NDArray[np.bool_]

LONGEST_VALUE_SHOWN = 40
FREE_TEXT = ("text", "phone", "description", "note")
YES = frozenset({"yes", "y", "true", "t", "1", "是", "有"})
NO = frozenset({"no", "n", "false", "f", "0", "b", "否", "无"})
EARLIEST, LATEST = 1900, 2200
ISO_SECONDS = "%Y-%m-%dT%H:%M:%S"
DATE_PATTERN = (
    r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$"
)


class Sieve:
    """Marks the rows of a file that may not pass and keeps why.

    Parameters
    ----------
    file
        Name of the file, as errors show it.
    numbers
        Number of each row: as a spreadsheet counts it, or the feature id.
    feature
        Whether the numbers are feature ids.
    """

    def __init__(self, file: str, numbers: npt.NDArray[np.int64], *, feature: bool) -> None:
        self.file, self.numbers, self.feature = file, numbers, feature
        self.bad: Mask = np.zeros(len(numbers), dtype=bool)
        self._found: list[tuple[int, FieldError]] = []

    def refuse(
        self, rows: Mask, column: str, reason: str, values: pd.Series | None = None, hint: str = ""
    ) -> None:
        """Refuse the rows where ``rows`` is true."""
        shown = None if values is None or column in FREE_TEXT else values.to_numpy(dtype=object)
        for row in np.flatnonzero(rows):
            value = "" if shown is None else shorten(shown[row])
            self.refuse_one(int(row), FieldError(self.where(int(row)), column, reason, value, hint))

    def refuse_one(self, row: int, error: FieldError) -> None:
        """Refuse one row by its position."""
        self._found.append((row, error))
        self.bad[row] = True

    def where(self, row: int) -> str:
        """Say where the row at position ``row`` stands."""
        return place_of(self.file, int(self.numbers[row]), feature=self.feature)

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """What was found, in the order of the file."""
        return tuple(error for _, error in sorted(self._found, key=lambda found: found[0]))


def place_of(file: str, number: int, *, feature: bool) -> str:
    """Name a row of a file: ``name:12`` for a row, ``name#12`` for a feature."""
    return f"{file}{'#' if feature else ':'}{number}"


def shorten(value: object) -> str:
    """Show a value in an error: one line, not too long."""
    text = "" if value is None or value != value else " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE_SHOWN else text[: LONGEST_VALUE_SHOWN - 1] + "…"


def plain_text(values: pd.Series) -> pd.Series:
    """Give values as stripped text, "" where there is none; whole numbers without a decimal point."""
    if pd.api.types.is_bool_dtype(values):
        return values.map({True: "yes", False: "no"}).astype(object)
    if pd.api.types.is_integer_dtype(values):
        return values.astype("string").fillna("").astype(object)
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.map(lambda value: "" if pd.isna(value) else value.isoformat()).astype(object)
    given = values.to_numpy(dtype=object)
    # A file of text has nothing but text: asking once is cheaper than asking each cell.
    only_text = set(map(type, given)) <= {str}
    said = [value.strip() for value in given] if only_text else [_plain(value) for value in given]
    return pd.Series(said, index=values.index, dtype=object)


def coerce(column: Column, values: pd.Series, sieve: Sieve, zone: ZoneInfo) -> pd.Series:
    """Turn the values of a file into the type of ``column``, its default where a cell is empty.

    Returns
    -------
    Series
        ``text``, ``choice``: str or None; ``integer``: Int64; ``boolean``: bool (None when there is no
        default); ``date``: datetime.date or None; ``datetime``: timestamps in UTC.
    """
    if column.type == "datetime" and isinstance(values.dtype, pd.DatetimeTZDtype):
        return _instants(column, values, sieve)
    text = plain_text(values)
    empty = (text == "").to_numpy()
    if column.required:
        sieve.refuse(empty, column.name, "required")
    elif column.default:
        text = text.where(~empty, column.default)
        empty = np.zeros_like(empty)
    return COERCE[column.type](column, text, empty, sieve, zone)


def _plain(value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating) and value.is_integer():
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value).strip()


def _text(column: Column, text: pd.Series, empty: Mask, sieve: Sieve, _zone: ZoneInfo) -> pd.Series:
    if column.maximum is not None:
        long = np.fromiter(map(len, text), dtype=np.int64, count=len(text)) > column.maximum
        sieve.refuse(long, column.name, "too_long", text, f"≤ {column.maximum:.0f}")
    if "\x00" in "".join(text):
        lost = (text == LOST_DIGITS).to_numpy()
        sieve.refuse(lost, column.name, "lost_digits")
        zero = text.str.contains("\x00", regex=False).to_numpy() & ~lost
        sieve.refuse(zero, column.name, "control_character")
    return text.where(~empty, None) if empty.any() else text


def _choice(column: Column, text: pd.Series, empty: Mask, sieve: Sieve, _zone: ZoneInfo) -> pd.Series:
    known = text.str.lower().map(column.words)
    wrong = known.isna().to_numpy() & ~empty
    sieve.refuse(wrong, column.name, "unknown_choice", text, " | ".join(column.allowed))
    return known.astype(object).where(~empty & ~wrong, None)


def _integer(column: Column, text: pd.Series, empty: Mask, sieve: Sieve, _zone: ZoneInfo) -> pd.Series:
    # Anything longer than 18 characters cannot be a count and would overflow.
    numbers = pd.to_numeric(text.where(text.str.len() <= 18), errors="coerce").astype(float)
    numbers = numbers.where(np.isfinite(numbers))
    unread = numbers.isna().to_numpy() & ~empty
    sieve.refuse(unread, column.name, "not_a_number", text)
    broken = ~unread & ~empty & (numbers % 1 != 0).to_numpy()
    sieve.refuse(broken, column.name, "not_whole", text)
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    outside = ((numbers < low) | (numbers > high)).to_numpy() & ~broken
    sieve.refuse(outside, column.name, "out_of_range", text, f"{low:.0f} – {high:.0f}")
    return numbers.where(~(broken | outside)).astype("Int64")


def _boolean(column: Column, text: pd.Series, empty: Mask, sieve: Sieve, _zone: ZoneInfo) -> pd.Series:
    lower = text.str.lower()
    yes = lower.isin(YES | set(column.allowed)).to_numpy()
    no = lower.isin(NO - set(column.allowed)).to_numpy()
    sieve.refuse(~yes & ~no & ~empty, column.name, "unknown_choice", text, "yes | no")
    return pd.Series(yes, index=text.index)


def _date(column: Column, text: pd.Series, empty: Mask, sieve: Sieve, _zone: ZoneInfo) -> pd.Series:
    moments = _moments(column, text, empty, sieve, ZoneInfo("UTC"))
    return moments.dt.date.astype(object).where(moments.notna(), None)


def _moments(column: Column, text: pd.Series, empty: Mask, sieve: Sieve, zone: ZoneInfo) -> pd.Series:
    """Read dates and times; those without a zone are local time in ``zone``."""
    read = pd.to_datetime(text.str.replace(" ", "T"), format=ISO_SECONDS, errors="coerce")
    other = (read.isna() & ~empty).to_numpy()
    offset = pd.Series(np.nan, index=text.index)
    if other.any():
        read, offset = read.copy(), offset.copy()
        read[other], offset[other] = _read_moments(text[other])
    read = read.where(read.dt.year.between(EARLIEST, LATEST))
    sieve.refuse(
        read.isna().to_numpy() & ~empty,
        column.name,
        "not_a_date",
        text,
        "2026-12-01 08:30 | 2026-12-01T08:30+08:00",
    )
    # In the hour that the autumn change repeats, winter time is meant; in the one spring skips, its end.
    local = read.dt.tz_localize(zone, ambiguous=np.zeros(len(read), dtype=bool), nonexistent="shift_forward")
    utc = local.dt.tz_convert("UTC")
    if offset.notna().any():
        zoned = read.dt.tz_localize("UTC") - pd.to_timedelta(offset, unit="min")
        utc = utc.where(offset.isna(), zoned)
    return utc


def _read_moments(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Read moments however they are written: local time, and minutes ahead of UTC where that is said."""
    parts = text.str.extract(DATE_PATTERN)
    iso = parts[0] + "-" + parts[1].str.zfill(2) + "-" + parts[2].str.zfill(2)
    iso = (
        iso
        + "T"
        + parts[3].fillna("00").str.zfill(2)
        + ":"
        + parts[4].fillna("00")
        + ":"
        + parts[5].fillna("00")
    )
    read = pd.to_datetime(iso, format=ISO_SECONDS, errors="coerce")
    given = parts[6]
    minutes = given.str.replace(":", "").where(given != "Z", "+0000")
    offset = minutes.str[1:3].astype(float) * 60 + minutes.str[3:5].astype(float)
    return read, offset.where(minutes.str[0] != "-", -offset)


def _instants(column: Column, values: pd.Series, sieve: Sieve) -> pd.Series:
    """Take times that are times with a zone already; whole seconds, as from text."""
    empty = values.isna()
    if column.required:
        sieve.refuse(empty.to_numpy(), column.name, "required")
    utc = values.dt.tz_convert("UTC").dt.as_unit("us").dt.floor("s")
    far = ~utc.dt.year.between(EARLIEST, LATEST) & ~empty
    sieve.refuse(far.to_numpy(), column.name, "not_a_date", plain_text(values), f"{EARLIEST} – {LATEST}")
    return utc.mask(far)


COERCE: dict[str, Callable[[Column, pd.Series, Mask, Sieve, ZoneInfo], pd.Series]] = {
    "text": _text,
    "choice": _choice,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "datetime": _moments,
}


def _said(values: pd.Series) -> list[str]:
    """Values as text, "" where there is none."""
    found = values.tolist()
    if set(map(type, found)) <= {str}:
        return found
    return ["" if pd.isna(value) else str(value) for value in found]


def refuse_duplicates(frame: pd.DataFrame, key: tuple[str, ...], sieve: Sieve, seen: dict[str, int]) -> None:
    """Refuse every row whose key stood before in the file.

    Parameters
    ----------
    seen
        Key -> number of the row that had it first, over all parts of the file read so far; grows.
    """
    said = [_said(frame[name]) for name in key]
    keys = said[0] if len(key) == 1 else ["/".join(parts) for parts in zip(*said, strict=True)]
    if len(set(keys)) == len(keys) and seen.keys().isdisjoint(keys):
        seen.update(zip(keys, sieve.numbers.tolist(), strict=True))
        return
    for row, (text, number) in enumerate(zip(keys, sieve.numbers.tolist(), strict=True)):
        first = seen.setdefault(text, number)
        if first != number and not sieve.bad[row]:
            hint = place_of(sieve.file, first, feature=sieve.feature)
            error = FieldError(sieve.where(row), "+".join(key), "duplicate_key", shorten(text), hint)
            sieve.refuse_one(row, error)
