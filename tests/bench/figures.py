"""A table of figures, on the screen and as a file."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gridmap.cluster import Cluster
from gridmap.db import Database, create_database, migrate
from tests import spatial_city

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True)
class Figure:
    """One figure; `limit` is what it must not pass (or fall below, where `more_is_better`).

    `note` says how it came about, for the file.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    more_is_better: bool = False
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the limit is kept."""
        if self.limit is None:
            return True
        return bool(self.value >= self.limit if self.more_is_better else self.value <= self.limit)


def median_ms(work: Callable[[], object], *, times: int = 7) -> float:
    """Run `work` once to warm up, then some times; the median in milliseconds."""
    return percentile_ms(work, times=times, share=0.5)


def percentile_ms(work: Callable[[], object], *, times: int, share: float) -> float:
    """Run `work` once to warm up, then some times; the time that `share` of the runs stay below."""
    work()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1000)
    if share == 0.5:
        return statistics.median(spent)
    return sorted(spent)[min(len(spent) - 1, int(share * len(spent)))]


def report(figures: Sequence[Figure], argv: Sequence[str] | None = None) -> int:
    """Print the table, write the file of ``--json``; 1 when a limit is not kept."""
    asked = options().parse_args(argv)
    print_table(figures)
    if asked.json:
        write(figures, asked.json)
    return 0 if all(figure.holds for figure in figures) else 1


def options() -> argparse.ArgumentParser:
    """Return what every benchmark can be told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    return parser


def print_table(figures: Sequence[Figure]) -> None:
    """Print the figures; those that miss their limit are marked."""
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        limit = "" if figure.limit is None else f"{'>=' if figure.more_is_better else '<='} {figure.limit:g}"
        mark = " " if figure.holds else "!"
        print(f"{mark} {figure.name:{width}}  {figure.value:12,.2f} {figure.unit:8} {limit}")


def write(figures: Sequence[Figure], file: Path) -> None:
    """Write the figures as a list of objects."""
    rows = [{**asdict(figure), "holds": figure.holds} for figure in figures]
    file.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


@contextmanager
def empty_database() -> Iterator[Database]:
    """A throw-away cluster with the tables and nothing in them."""
    with TemporaryDirectory(prefix="gridmap-bench-") as folder:
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "postgres", durable=False)
        cluster.start()
        create_database(cluster.url("postgres"), "bench")
        database = Database(cluster.url("bench"), pool_size=9)
        migrate(database)
        yield database
        database.close()
        cluster.release()


@contextmanager
def filled_database(**size: int) -> Iterator[Database]:
    """A throw-away cluster with `tests.spatial_city` in it."""
    with empty_database() as database:
        with database.engine.begin() as connection:
            spatial_city.fill(connection, **size)
        yield database
