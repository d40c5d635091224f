"""``./run bench tiles``: kept tiles against tiles made by SQL, over HTTP, side by side on one machine.

Serves `tests.spatial_city` by gunicorn (gthread, 2 x 4) and asks for its building tiles of zoom 13 to 16 with
eight clients: with nothing kept, with kept tiles, and with the reader's own copies (If-None-Match).
"""

from __future__ import annotations

import http.client
import math
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.tiles import LARGEST_TILE_BYTES, LAYERS, build_tile
from gridmap.services.tokens import issue_token
from tests.bench.figures import Figure, filled_database, report
from tests.serving import serving
from tests.spatial_city import GRID_HEIGHT, GRID_WIDTH, SOUTH, WEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.db import Database

CLIENTS = 8
SECONDS = 6.0
COLUMNS, ROWS = 20, 17


def tiles_at(z: int) -> list[tuple[int, int, int]]:
    """List the tiles of a zoom that hold the city."""
    count = 2**z

    def column(lon: float) -> int:
        return int((lon + 180) / 360 * count)

    def row(lat: float) -> int:
        return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * count)

    east, north = WEST + COLUMNS * GRID_WIDTH, SOUTH + ROWS * GRID_HEIGHT
    return [
        (z, x, y) for x in range(column(WEST), column(east) + 1) for y in range(row(north), row(SOUTH) + 1)
    ]


def ask_all(port: int, token: str, paths: Sequence[str], etags: dict[str, str]) -> float:
    """Ask for the paths round and round with all clients; tiles a second.

    Parameters
    ----------
    etags
        Tags to send along; filled by the answers.
    """
    stop_at = time.monotonic() + SECONDS
    counts = [0] * CLIENTS
    send_tags = dict(etags)

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        at = number * len(paths) // CLIENTS
        while time.monotonic() < stop_at:
            path = paths[at % len(paths)]
            headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
            if path in send_tags:
                headers["If-None-Match"] = send_tags[path]
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 304):
                raise RuntimeError(f"{path}: {answer.status}")
            etags[path] = answer.headers["ETag"]
            counts[number] += 1
            at += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def largest_tile(database: Database) -> int:
    """Size of the largest tile of any layer and zoom, before gzip, in bytes."""
    with database.transaction() as session:
        return max(
            len(build_tile(session, layer, *tile))
            for z in range(8, 16)
            for tile in tiles_at(z)
            for layer in LAYERS
        )


def main() -> int:
    """Run all and report."""
    paths = [f"/tiles/buildings/{z}/{x}/{y}.mvt" for z in range(13, 17) for z, x, y in tiles_at(z)]
    with (
        filled_database(columns=COLUMNS, rows=ROWS, staff=42, days=1, issues=10) as database,
        TemporaryDirectory() as home,
    ):
        with database.transaction() as session:
            create_account(session, SYSTEM, "bench", role="admin")
            token, _ = issue_token(session, SYSTEM, "bench", "bench")
        largest = largest_tile(database)
        with serving(database, home, GRIDMAP_TILE_CACHE_MB="0") as served:
            ask_all(served.port, token, paths, {})
            from_sql = ask_all(served.port, token, paths, {})
        etags: dict[str, str] = {}
        with serving(database, home, GRIDMAP_TILE_CACHE_MB="256") as served:
            ask_all(served.port, token, paths, etags)
            kept = ask_all(served.port, token, paths, {})
            held = ask_all(served.port, token, paths, etags)
        kept_mb = sum(file.stat().st_size for file in Path(home).glob("tiles.sqlite*")) / 1e6
    figures = [
        Figure("tiles asked for", len(paths), "tiles"),
        Figure("made by SQL", from_sql, "tiles/s"),
        Figure("kept", kept, "tiles/s"),
        Figure("kept against SQL", kept / from_sql, "times", 3, more_is_better=True),
        Figure("reader's own copy still holds", held, "tiles/s"),
        Figure("largest tile, zoom 8-15, any layer", largest / 1000, "kB", LARGEST_TILE_BYTES / 1000),
        Figure("kept on disk", kept_mb, "MB"),
    ]
    return report(figures)


if __name__ == "__main__":
    sys.exit(main())
