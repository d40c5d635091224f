"""Reading millions of rows: queries of fixed-width columns come as one run of bytes a column, straight into arrays.

A row of its own costs the driver microseconds, by COPY as well; the server strings a column together at a
fraction of that. A column may hold 1 GB, as any value of PostgreSQL: 134 million of eight bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.db import driver_connection, sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import DTypeLike, NDArray
    from sqlalchemy.orm import Session

SENT_AS: dict[str, DTypeLike] = {
    "bool": "?",
    "int2": ">i2",
    "int4": ">i4",
    "int8": ">i8",
    "float8": ">f8",
    "timestamptz": ">i8",
}
"""How PostgreSQL writes each type; a timestamptz in microseconds since 2000-01-01 UTC."""


def read_columns(
    session: Session, name: str, types: Mapping[str, str], parameters: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    """Run ``sql/<name>.sql`` and return its columns as arrays in the order of its rows.

    Parameters
    ----------
    types
        Column -> its type, one of `SENT_AS`.

    Raises
    ------
    ValueError
        If a column holds an empty value: there is no place for it in an array.
    """
    statement = sql(name).compile(dialect=session.get_bind().dialect)
    sent = ", ".join(f"string_agg({kind}send(CAST({column} AS {kind})), '')" for column, kind in types.items())
    sent = sent.replace("timestamptzsend", "timestamptz_send")
    session.flush()
    with driver_connection(session).cursor(binary=True) as cursor:
        cursor.execute(f"SELECT count(*), {sent} FROM ({statement}\n) AS asked", dict(parameters))
        rows, *columns = cursor.fetchone() or (0,)
    read = {}
    for (column, kind), values in zip(types.items(), columns, strict=True):
        array = np.frombuffer(values or b"", dtype=SENT_AS[kind])
        if len(array) != rows:
            message = f"{name}: {rows - len(array)} of {rows} rows have no {column}"
            raise ValueError(message)
        read[column] = array.astype(array.dtype.newbyteorder("="))
    return read
