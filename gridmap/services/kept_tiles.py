"""Tiles kept on disk: one SQLite file that all web processes share and that survives a restart.

The place of a tile holds one version of it; a newer one takes its place. A kept tile may be lost at any time
(it is made again), so nothing here waits for the disk and a file that fails is only a slower map.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

log = logging.getLogger(__name__)

MEGABYTE = 1_000_000
WAIT_SECONDS = 0.2  # a writer that finds the file locked for longer gives its tile up
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
MAKE = """
CREATE TABLE IF NOT EXISTS tiles (
    layer TEXT NOT NULL, z INTEGER NOT NULL, x INTEGER NOT NULL, y INTEGER NOT NULL,
    version TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (layer, z, x, y)
)
"""


class _Connection(sqlite3.Connection):
    """Closes with the thread that used it."""

    def __del__(self) -> None:
        self.close()


class KeptTiles:
    """The shelf of kept tiles.

    Parameters
    ----------
    file
        Made when the first tile is put; None or a limit of 0 keeps nothing.
    limit_mb
        Size of the file in megabytes; beyond it the tiles longest on the shelf go.
    """

    def __init__(self, file: Path | None, *, limit_mb: int) -> None:
        self._file = file if limit_mb else None
        self._limit_bytes = limit_mb * MEGABYTE
        self._local = threading.local()  # a connection belongs to one thread

    def find(self, layer: str, version: str, z: int, x: int, y: int) -> bytes | None:
        """Find the body of a tile as `put` got it, None where it is not kept in this version."""
        try:
            connection = self._connection()
            if connection is None:
                return None
            row = connection.execute(
                "SELECT body FROM tiles WHERE layer = ? AND z = ? AND x = ? AND y = ? AND version = ?",
                (layer, z, x, y, version),
            ).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        return None if row is None else row[0]

    def put(self, layer: str, version: str, z: int, x: int, y: int, body: bytes) -> None:
        """Keep a tile in place of any other version of it, and make room where the file is full."""
        try:
            connection = self._connection()
            if connection is None:
                return
            connection.execute(
                "INSERT OR REPLACE INTO tiles (layer, z, x, y, version, body) VALUES (?, ?, ?, ?, ?, ?)",
                (layer, z, x, y, version, body),
            )
            if self._used_bytes(connection) > self._limit_bytes:
                connection.execute(
                    "DELETE FROM tiles WHERE rowid IN (SELECT rowid FROM tiles ORDER BY rowid"
                    " LIMIT 1 + (SELECT count(*) FROM tiles) / 10)"
                )
        except sqlite3.Error as error:
            self._give_up(error)

    def _connection(self) -> sqlite3.Connection | None:
        if self._file is None:
            return None
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._file,
                timeout=WAIT_SECONDS,
                isolation_level=None,
                factory=_Connection,
                check_same_thread=False,  # what a finished thread leaves is closed by another
            )
            self._local.connection = connection
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(MAKE)
        return connection

    def _used_bytes(self, connection: sqlite3.Connection) -> int:
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        used: int = (pages - free) * size
        return used

    def _give_up(self, error: sqlite3.Error) -> None:
        """Forget the connection: a file that was removed or broken is opened anew the next time."""
        log.warning("kept tiles: %s", error)
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.close()
        if error.sqlite_errorcode in BROKEN and self._file is not None:
            self._file.unlink(missing_ok=True)
