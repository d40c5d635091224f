"""Reading many rows: each column of a query comes as one value, and becomes an array.

A row of its own costs the driver microseconds, by COPY as well; the server strings a column together at a
fraction of that. A column may hold 1 GB, as any value of PostgreSQL: 134 million of eight bytes.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import psycopg
from psycopg.adapt import Dumper
from psycopg.postgres import types as known_types
from psycopg.pq import Format
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from gridmap.db import driver_connection, sql, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import DTypeLike, NDArray
    from sqlalchemy.orm import Session

Columns = dict[str, np.ndarray]
FIXED: dict[str, DTypeLike] = {
    "bool": "?",
    "int2": ">i2",
    "int4": ">i4",
    "int8": ">i8",
    "float8": ">f8",
    "timestamptz": ">i8",
}
"""How PostgreSQL writes types of a fixed width; a timestamptz in microseconds since 2000-01-01 UTC."""
WHOLE_NUMBER = np.dtype([("bytes", ">i4"), ("value", ">i8")])
"""An element of a bigint[] on the wire."""
POINT = np.dtype([("order", "?"), ("kind", "<u4"), ("xy", "<f8", 2)])
"""A point as WKB, its low bytes first."""
EMPTY = "\udcff"
"""What a byte of ones is read as, which stands for an empty value among texts."""


class WholeNumbers(Dumper):
    """Write an array of whole numbers as a bigint[]: the driver looks at each of a list for microseconds."""

    format = Format.BINARY
    oid = known_types["int8"].array_oid

    def dump(self, obj: NDArray[np.integer[Any]]) -> bytes:
        """Write its head (dimensions, no empty values, the type, length, first index), then each element."""
        head = np.array([1, 0, known_types["int8"].oid, len(obj), 1], dtype=">i4")
        elements = np.empty(len(obj), dtype=WHOLE_NUMBER)
        elements["bytes"], elements["value"] = WHOLE_NUMBER["value"].itemsize, obj
        return head.tobytes() + elements.tobytes()


class Ask(Protocol):
    """Ask for the columns of a query, as `read_columns` does; what is returned waits for them."""

    def __call__(
        self, name: str, types: Mapping[str, str], parameters: Mapping[str, Any]
    ) -> Callable[[], Columns]:
        """Send the query."""


def read_columns(
    session: Session, name: str, types: Mapping[str, str], parameters: Mapping[str, Any]
) -> Columns:
    """Run ``sql/<name>.sql`` and return its columns as arrays in the order of its rows, points as (n, 2).

    Parameters
    ----------
    types
        Column -> its type: one of `FIXED`, ``bytea``, ``point`` (of PostGIS, two dimensions), or ``text``,
        which alone may be empty (None).
    parameters
        Of the query; an array of whole numbers may be a numpy one.

    Raises
    ------
    ValueError
        If another column holds an empty value: there is no place for it in an array.
    Unavailable
        If the server went away or has no room left.
    """
    with reading_ahead(session) as ask:
        return ask(name, types, parameters)()


@contextmanager
def reading_ahead(session: Session) -> Iterator[Ask]:
    """Let the server work on queries while their asker works on what has come.

    They run in the session's transaction, in the order they are asked; the first one waited for waits for all
    that were asked before. The session itself must not be asked before the block ends.
    """
    session.flush()
    connection = driver_connection(session)

    def ask(name: str, types: Mapping[str, str], parameters: Mapping[str, Any]) -> Callable[[], Columns]:
        query = _strung_query(name, tuple(types.items()))
        cursor = connection.cursor(binary=True)
        cursor.adapters.register_dumper(np.ndarray, WholeNumbers)
        # Planned each time: a prepared plan would take an array of thousands for one of ten.
        cursor.execute(query, parameters, prepare=False)
        return lambda: _take_all(name, types, cursor)

    try:
        with connection.pipeline():
            yield ask
    except psycopg.OperationalError as error:
        raise unavailable(error) or error from error


def _take_all(name: str, types: Mapping[str, str], cursor: psycopg.Cursor[Any]) -> Columns:
    with cursor:
        sent = iter(cursor.fetchone() or ())
    rows = next(sent)
    read = {column: _take(kind, next(sent), sent) for column, kind in types.items()}
    for column, array in read.items():
        if len(array) != rows:
            message = f"{name}: {rows - len(array)} of {rows} rows have no {column}"
            raise ValueError(message)
    return read


@cache
def _strung_query(name: str, types: tuple[tuple[str, str], ...]) -> str:
    columns = ", ".join(_strung(column, kind) for column, kind in types)
    inner = sql(name).compile(dialect=PGDialect_psycopg())
    return f"SELECT count(*), {columns} FROM ({inner}\n) AS asked"  # noqa: S608 - our own


def _strung(column: str, kind: str) -> str:
    if kind == "text":
        return f"string_agg(coalesce(textsend(CAST({column} AS text)), '\\xff'), '\\x00')"
    if kind == "point":
        return f"string_agg(ST_AsBinary({column}, 'NDR'), '')"
    if kind == "bytea":
        return f"string_agg(int4send(octet_length({column})), ''), string_agg({column}, '')"
    send = "timestamptz_send" if kind == "timestamptz" else f"{kind}send"
    return f"string_agg({send}(CAST({column} AS {kind})), '')"


def _take(kind: str, value: Any, rest: Iterator[Any]) -> NDArray[Any]:
    if kind == "text":
        # No text has a byte of zeros, which parts them, nor one of ones.
        texts = [] if value is None else str(value, "utf-8", "surrogateescape").split("\0")
        array = np.array(texts, dtype=object)
        array[array == EMPTY] = None
        return array
    if kind == "bytea":
        ends = np.cumsum(np.frombuffer(value or b"", dtype=">i4")).tolist()
        joined = next(rest) or b""
        return np.array([joined[start:end] for start, end in pairwise([0, *ends])], dtype=object)
    if kind == "point":
        return np.frombuffer(value or b"", dtype=POINT)["xy"].copy()
    array = np.frombuffer(value or b"", dtype=FIXED[kind])
    return array.astype(array.dtype.newbyteorder("="))
