"""Indexes of tables that grow to more than twice their size at once: taken away before, made anew after.

Entering rows into an index one by one costs ten times what sorting them all does, and asking for the row a
foreign key names costs as much again; checked as a whole it is one join. Nobody reads the tables meanwhile:
whoever asks waits for the end of the transaction. So it is for a table's first load, not for its daily bread.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Identifier
from sqlalchemy import text

from gridmap.db import driver_connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

PATIENCE = "3s"  # for the lock: whoever reads now is let finish, but not waited for longer
INDEXES = text("""
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i
WHERE i.indrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[]))
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
  AND coalesce(pg_get_expr(i.indpred, i.indrelid), '') NOT LIKE '%IS NOT NULL%'
ORDER BY i.indexrelid
""")
CONSTRAINTS = text("""
SELECT c.conrelid::regclass::text AS table_name, c.conname AS name, pg_get_constraintdef(c.oid) AS definition
FROM pg_constraint c
WHERE c.conrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[])) AND NOT c.conname = ANY (:kept)
  AND (c.contype = 'u' OR c.contype = 'f' AND c.confrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[])))
ORDER BY c.oid
""")


@contextmanager
def indexes_made_after(session: Session, tables: Sequence[str], kept: Sequence[str]) -> Iterator[None]:
    """Do without the indexes of some tables, and the foreign keys between them, inside the block.

    Indexes on values that most rows do not have stay: they cost nothing.

    If the tables are in use for longer than a moment they keep all; so they do if the block fails, as it
    must then be rolled back.

    Parameters
    ----------
    tables
        Names of tables of ours, in the order in which they are locked.
    kept
        Constraints that the block itself relies on; primary keys always stay.
    """
    session.flush()
    if not _lock(session, tables):
        yield
        return
    indexes = session.execute(INDEXES, {"tables": list(tables)}).all()
    constraints = session.execute(CONSTRAINTS, {"tables": list(tables), "kept": list(kept)}).all()
    with driver_connection(session).cursor() as cursor:
        for table, name, _definition in constraints:
            cursor.execute(
                SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(Identifier(table), Identifier(name))
            )
        for name, _definition in indexes:
            cursor.execute(SQL("DROP INDEX {}").format(Identifier(name)))
        yield
        session.flush()
        # The server's own words for what it had.
        for _name, definition in indexes:
            cursor.execute(definition.encode())
        for table, name, definition in constraints:
            cursor.execute(
                SQL("ALTER TABLE {} ADD CONSTRAINT {} ")
                .format(Identifier(table), Identifier(name))
                .as_string()
                .encode()
                + definition.encode()
            )


def _lock(session: Session, tables: Sequence[str]) -> bool:
    try:
        with session.begin_nested(), driver_connection(session).cursor() as cursor:
            cursor.execute(SQL("SET LOCAL lock_timeout = {}").format(PATIENCE))
            cursor.execute(
                SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(SQL(", ").join(map(Identifier, tables)))
            )
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except LockNotAvailable:
        return False
    return True
