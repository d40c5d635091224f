"""Reading many rows: each column of a query comes as one value, and becomes an array.

A row of its own costs the driver microseconds, by COPY as well; the server strings a column together at a
fraction of that. A column may hold 1 GB, as any value of PostgreSQL: 134 million of eight bytes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.db import driver_connection, sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import DTypeLike, NDArray
    from sqlalchemy.orm import Session

FIXED: dict[str, DTypeLike] = {
    "bool": "?",
    "int2": ">i2",
    "int4": ">i4",
    "int8": ">i8",
    "float8": ">f8",
    "timestamptz": ">i8",
}
"""How PostgreSQL writes types of a fixed width; a timestamptz in microseconds since 2000-01-01 UTC."""


def read_columns(
    session: Session, name: str, types: Mapping[str, str], parameters: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    """Run ``sql/<name>.sql`` and return its columns as arrays in the order of its rows.

    Parameters
    ----------
    types
        Column -> its type: one of `FIXED`, ``bytea``, or ``text``, which alone may be empty (None).
    parameters
        Of the query; an array of whole numbers may be a numpy one.

    Raises
    ------
    ValueError
        If another column holds an empty value: there is no place for it in an array.
    """
    statement = sql(name).compile(dialect=session.get_bind().dialect)
    asked = ", ".join(_strung(column, kind) for column, kind in types.items())
    session.flush()
    with driver_connection(session).cursor(binary=True) as cursor:
        query = f"SELECT count(*), {asked} FROM ({statement}\n) AS asked"  # noqa: S608 - our own file and columns
        # Planned each time: a prepared plan would take an array of thousands for one of ten.
        given = {name: _as_parameter(value) for name, value in parameters.items()}
        cursor.execute(query, given, prepare=False)
        sent = iter(cursor.fetchone() or ())
    rows = next(sent)
    read = {column: _take(kind, next(sent), sent) for column, kind in types.items()}
    for column, array in read.items():
        if len(array) != rows:
            message = f"{name}: {rows - len(array)} of {rows} rows have no {column}"
            raise ValueError(message)
    return read


def _as_parameter(value: Any) -> Any:
    """Write many whole numbers as one text: the driver looks at each of a list for microseconds."""
    if isinstance(value, np.ndarray):
        return "{" + ",".join(map(str, value.tolist())) + "}"
    return value


def _strung(column: str, kind: str) -> str:
    if kind == "text":
        return f"json_agg({column})"
    if kind == "bytea":
        return f"string_agg(int4send(octet_length({column})), ''), string_agg({column}, '')"
    send = "timestamptz_send" if kind == "timestamptz" else f"{kind}send"
    return f"string_agg({send}(CAST({column} AS {kind})), '')"


def _take(kind: str, value: Any, rest: Iterator[Any]) -> NDArray[Any]:
    if kind == "text":
        return np.array(value or [], dtype=object)
    if kind == "bytea":
        ends = np.cumsum(np.frombuffer(value or b"", dtype=">i4")).tolist()
        joined = next(rest) or b""
        return np.array([joined[start:end] for start, end in pairwise([0, *ends])], dtype=object)
    array = np.frombuffer(value or b"", dtype=FIXED[kind])
    return array.astype(array.dtype.newbyteorder("="))
