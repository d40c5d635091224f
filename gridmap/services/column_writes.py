"""Writing many rows: columns become the lines of a text COPY at once.

A row of its own costs the driver microseconds; whole columns are turned into text by functions that know
only one type, and joined line by line by the interpreter itself. The server reads what it would read from a
dump.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import psycopg
import shapely
from psycopg.sql import SQL, Identifier

from gridmap.db import driver_connection, unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

NULL = "\\N"
SPECIAL = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
ESCAPES = str.maketrans(SPECIAL)
LINES_AT_ONCE = 10_000


def write_columns(session: Session, table: str, columns: Mapping[str, Sequence[str]]) -> int:
    """Append rows by COPY, inside the session's transaction.

    Parameters
    ----------
    session
        Its pending changes are flushed first.
    columns
        Column -> its values as `text_of`, `numbers_of`, `moments_of` and `shapes_of` write them, all of one
        length.

    Returns
    -------
    int
        Rows written.
    """
    session.flush()
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(table), SQL(", ").join(Identifier(column) for column in columns)
    )
    lines = list(map("\t".join, zip(*columns.values(), strict=True)))
    with driver_connection(session).cursor() as cursor:
        try:
            with cursor.copy(statement) as copy:
                for first in range(0, len(lines), LINES_AT_ONCE):
                    copy.write("\n".join(lines[first : first + LINES_AT_ONCE]) + "\n")
        except psycopg.OperationalError as error:
            raise unavailable(error) or error from error
        return cursor.rowcount


def text_of(values: pd.Series) -> list[str]:
    """Write texts; None and missing ones are NULL."""
    found = values.tolist()
    if not set(map(type, found)) <= {str}:
        found = [value if isinstance(value, str) else None for value in found]
        whole = "".join(filter(None, found))
    else:
        whole = "".join(found)
    if any(mark in whole for mark in SPECIAL):
        found = [None if value is None else value.translate(ESCAPES) for value in found]
    return [NULL if value is None else value for value in found]


def plain_of(values: pd.Series) -> list[str]:
    """Write whole numbers, truth values and dates; missing ones are NULL."""
    missing = values.isna().to_numpy()
    written = list(map(str, values.tolist()))
    return np.where(missing, NULL, np.array(written, dtype=object)).tolist() if missing.any() else written


def moments_of(values: pd.Series) -> list[str]:
    """Write instants, given with their zone, to the microsecond; missing ones are NULL."""
    utc = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    whole, missing = utc.astype("datetime64[s]"), np.isnat(utc)
    said = np.datetime_as_string(whole if ((whole == utc) | missing).all() else utc)
    written = np.char.add(said, "Z").astype(object)
    written[missing] = NULL
    return list(written)


def shapes_of(values: pd.Series) -> list[str]:
    """Write geometries in EPSG:4326; missing ones are NULL."""
    shapes = shapely.set_srid(values.to_numpy(dtype=object), 4326)
    written = shapely.to_wkb(shapes, hex=True, include_srid=True)
    return [NULL if value is None else value for value in written]
