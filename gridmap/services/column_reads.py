"""Reading millions of rows: queries of fixed-width columns come as binary COPY, straight into arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.db import driver_connection, sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

HEADER_BYTES = 19
TRAILER_BYTES = 2


def read_columns(
    session: Session, name: str, types: Mapping[str, str], parameters: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    """Run ``sql/<name>.sql`` and return its columns as arrays.

    Parameters
    ----------
    types
        Column -> type as numpy writes it (``i8``, ``i2``, ``f8``), in the order of the query; none may be
        empty. A timestamptz comes as ``i8``: microseconds since 2000-01-01 UTC.
    """
    statement = sql(name).compile(dialect=session.get_bind().dialect)
    session.flush()
    with (
        driver_connection(session).cursor() as cursor,
        cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)", dict(parameters)) as copy,
    ):
        sent = b"".join(copy)
    fields: list[tuple[str, str]] = [("_columns", ">i2")]
    for column, kind in types.items():
        fields += [(f"_{column}", ">i4"), (column, f">{kind}")]
    rows = np.frombuffer(sent[HEADER_BYTES:-TRAILER_BYTES], dtype=np.dtype(fields))
    return {column: rows[column].astype(kind) for column, kind in types.items()}
