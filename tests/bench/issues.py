"""``./run bench issues``: hotline files from the disk to committed rows, steps and clocks with them.

Writes files as a hotline exports them into `tests.spatial_city` and times `gridmap load issues` without the
start of its process: reading, checking, placing, flagging, and what follows from a row (two steps and three
clocks for a closed one). Into an empty table, small and large, to see how it grows; then a month's file onto
what is there. ``--file FILE`` times a file of one's own as well.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import text

from gridmap.formats.layers import read_layers
from gridmap.services.actors import SYSTEM
from gridmap.services.exchange import load_layers
from tests.bench.figures import Figure, filled_database, options, print_table, write
from tests.spatial_city import GRID_HEIGHT, GRID_WIDTH, SOUTH, WEST

if TYPE_CHECKING:
    from gridmap.db import Database

COLUMNS, ROWS = 20, 17  # of grids
SMALL, LARGE, MONTH = 58_119, 500_000, 10_000
LEAST_ROWS_A_SECOND = 20_000
TIMES = 3


def write_file(path: Path, rows: int, first: int = 0) -> None:
    """Write a file of a year: six of seven are closed, one in seven lies on one placeholder point."""
    chance = np.random.default_rng(rows + first)
    numbers = first + np.arange(rows)
    reported = np.datetime64("2025-01-01T00:00:00") + np.sort(chance.integers(0, 365 * 86_400, rows))
    closed = reported + chance.exponential(36 * 3_600, rows).astype("timedelta64[s]")
    is_closed = numbers % 7 != 0
    crowded = numbers % 7 == 1
    lon = np.where(crowded, WEST + 0.01, WEST + chance.random(rows) * COLUMNS * GRID_WIDTH)
    lat = np.where(crowded, SOUTH + 0.01, SOUTH + chance.random(rows) * ROWS * GRID_HEIGHT)
    frame = pd.DataFrame(
        {
            "id": [f"H{number:09d}" for number in numbers],
            "category": [f"category {number % 150}" for number in numbers],
            "created_at": np.datetime_as_string(reported),
            "closed_at": np.where(is_closed, np.datetime_as_string(closed), ""),
            "lon": lon.round(4),
            "lat": lat.round(4),
            "status": np.where(is_closed, "closed", "open"),
            "channel": [("phone", "app", "web")[number % 3] for number in numbers],
            "department": "Public Works",
        }
    )
    frame.to_csv(path, index=False)


def load(database: Database, path: Path, source: str) -> tuple[float, int]:
    """Load a file; rows a second, and rows."""
    gc.collect()
    gc.freeze()  # the benchmark's own heap is none of the command's
    began = time.perf_counter()
    with database.transaction() as session:
        report = load_layers(session, SYSTEM, "issues", read_layers("issues", path), source=source)
    return report.inserted / (time.perf_counter() - began), report.inserted


def empty(database: Database) -> None:
    """Take all issues out again."""
    with database.engine.begin() as connection:
        connection.execute(text("TRUNCATE issues CASCADE"))


def measure(database: Database, folder: Path, own: Path | None) -> list[Figure]:
    """Load all files."""
    figures = []
    for rows in (SMALL, LARGE):
        path = folder / f"{rows}.csv"
        write_file(path, rows)
        best = 0.0
        for _ in range(TIMES):
            empty(database)
            best = max(best, load(database, path, "hotline")[0])
        figures.append(
            Figure(
                f"first load of {rows:,} issues, best of {TIMES}", best, "rows/s", LEAST_ROWS_A_SECOND, True
            )
        )
    figures.append(
        Figure(f"rate at {LARGE:,} by that at {SMALL:,}", figures[1].value / figures[0].value, "", 0.67, True)
    )
    month = folder / "month.csv"
    write_file(month, MONTH, first=LARGE)
    figures.append(
        Figure(f"{MONTH:,} more onto {LARGE:,}", load(database, month, "hotline")[0], "rows/s", None, True)
    )
    if own is not None:
        empty(database)
        rate, rows = load(database, own, "own")
        figures.append(Figure(f"{own.name}, {rows:,} issues", rate, "rows/s", None, True))
    return figures


def main() -> int:
    """Run all and report."""
    parser = options()
    parser.add_argument("--file", type=Path, help="a file of one's own to load as well")
    asked = parser.parse_args()
    with (
        TemporaryDirectory() as folder,
        filled_database(columns=COLUMNS, rows=ROWS, staff=42, days=1, issues=0) as database,
    ):
        figures = measure(database, Path(folder), asked.file)
    print_table(figures)
    if asked.json:
        write(figures, asked.json)
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
