"""``./run bench scale``: a city planned district by district, on processes and on a Dask cluster.

Runs on the demo districts of a data folder (``--home FOLDER``, as of ``GRIDMAP_HOME``; the plans it makes
there are removed at the end), or builds some in a throw-away cluster (``--districts N``, 3 by default). A
million buildings are 81 districts: ``GRIDMAP_HOME=FOLDER ./run demo --size city --no-plan`` loads them.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from distributed import Client, LocalCluster
from sqlalchemy import text

from gridmap.cluster import Cluster
from gridmap.db import Database, create_database, migrate, open_database, sql
from gridmap.formats.demo_city import SIZES
from gridmap.planning import PlanRules, divide_batch, pack_batch
from gridmap.services.actors import SYSTEM
from gridmap.services.demo import build_demo
from gridmap.services.plan_crews import Workforce
from gridmap.services.plan_frames import read_batch
from gridmap.services.plan_runs import GRIDS_PER_BATCH, create_plan
from gridmap.settings import Settings
from tests.bench.figures import Figure, options, print_table, write
from tests.bench.processes import Taken, watched

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

ROUNDS = 3
MILLION = 1_000_000  # buildings
PLAN_TABLES = ("micro_grids", "assignments", "findings")
BASE_TABLES = ("areas", "buildings", "entrances", "compounds", "compound_grids", "roads", "barriers")


@dataclass(frozen=True)
class District:
    """A district and its size."""

    code: str
    buildings: int
    households: int


@dataclass(frozen=True)
class Timed:
    """One plan and how long it took."""

    district: District
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the file of ``--json``; 1 when a limit is not kept."""
    parser = options()
    parser.add_argument("--home", type=Path, help="data folder with demo districts; none: some are built")
    parser.add_argument("--keep", action="store_true", help="leave the plans there")
    parser.add_argument("--districts", type=int, help="how many; 3 where they are built, else all")
    asked = parser.parse_args(argv)
    with _city(asked) as (database, server):
        figures = measure(database, server, asked.districts, keep=asked.keep)
    print_table(figures)
    if asked.json:
        write(figures, asked.json)
    return 0 if all(figure.holds for figure in figures) else 1


def measure(database: Database, server: Path, at_most: int | None, *, keep: bool = False) -> list[Figure]:
    """Plan the districts one after the other and measure; what was made is removed, unless kept."""
    with database.transaction() as session:
        before = session.scalar(text("SELECT coalesce(max(id), 0) FROM plans"))
    try:
        districts = list_districts(database)[:at_most]
        time_plan(database, districts[0])  # the engine compiled, its processes up, the tables in memory
        held_before = _bytes_of(database, PLAN_TABLES)
        with watched(server) as taken:
            plans = [time_plan(database, district) for district in districts]
        households = sum(district.households for district in districts)
        disk = (_bytes_of(database, PLAN_TABLES) - held_before) / households
        engine_seconds, sent = measure_work(database, districts[0])
        return [
            *growth(plans),
            *costs(taken, plans, engine_seconds),
            *measure_speed_up(database, districts[0]),
            *sent,
            Figure(
                "tables of a plan", disk, "B/house", note="micro-grids, assignments, findings; indexes too"
            ),
            Figure(
                "tables of the city", _bytes_of(database, BASE_TABLES) / _all_households(database), "B/house"
            ),
        ]
    finally:
        with database.transaction() as session:
            if not keep:
                session.execute(text("DELETE FROM plans WHERE id > :before"), {"before": before})


def time_plan(database: Database, district: District, workforce: Workforce | None = None) -> Timed:
    """Make a plan of a district, from database to database."""
    began = time.perf_counter()
    create_plan(database, SYSTEM, district.code, workforce=workforce or Workforce())
    return Timed(district, time.perf_counter() - began)


def growth(plans: Sequence[Timed]) -> list[Figure]:
    """Say how the time grows with the buildings: 1, 3, 10, 30 … districts."""
    buildings = np.cumsum([plan.district.buildings for plan in plans])
    seconds = np.cumsum([plan.seconds for plan in plans])
    steps = sorted({min(step, len(plans)) for step in (1, 3, 10, 30, len(plans))})
    at = np.array(steps) - 1
    told = ", ".join(f"{buildings[i]:,}: {seconds[i]:.1f} s" for i in at)
    figures = [
        Figure(f"planning {buildings[-1]:,} buildings", float(seconds[-1]), "s", note=told),
        Figure("the same for a million", float(seconds[-1] / buildings[-1] * MILLION), "s", 900),
        Figure("slowest district", max(plan.seconds for plan in plans), "s", 10, note="database to database"),
    ]
    if len(steps) > 1:
        slope = float(np.polyfit(np.log(buildings[at]), np.log(seconds[at]), 1)[0])
        figures.append(Figure("growth exponent of the time", slope, "", 1.1, note=told))
    return figures


def costs(taken: Taken, plans: Sequence[Timed], engine_seconds: float) -> list[Figure]:
    """Say what the planning took: memory, processor time and the engine's share of it.

    Parameters
    ----------
    engine_seconds
        Processor time of the engine per household.
    """
    buildings = sum(plan.district.buildings for plan in plans)
    households = sum(plan.district.households for plan in plans)
    seconds = taken.ours_seconds + taken.server_seconds
    note = f"{len(plans)} districts"
    return [
        Figure("peak memory with PostGIS", taken.both_gib, "GiB", 8, note=f"PSS; {note}"),
        Figure("peak memory of the planning alone", taken.ours_gib, "GiB", note=f"PSS; {note}"),
        Figure("peak memory of PostGIS alone", taken.server_gib, "GiB", note=f"PSS; {note}"),
        Figure("processor time for a million buildings", seconds / buildings * MILLION, "s", note=note),
        Figure("of it PostGIS", taken.server_seconds / buildings * MILLION, "s", note=note),
        Figure("share of the engine", engine_seconds * households / seconds, "of all", note="processor time"),
        Figure("the engine for a million households", engine_seconds * MILLION, "s", note="processor time"),
    ]


def measure_speed_up(database: Database, district: District) -> list[Figure]:
    """Compare one with two, on processes and on Dask workers; the least of some rounds, in turn."""
    crews = {f"{count} process(es)": Workforce(processes=count) for count in (1, 2)}
    least: dict[str, float] = {}
    with _dask(1) as one, _dask(2) as two:
        crews |= {"1 Dask worker": Workforce(scheduler=one), "2 Dask workers": Workforce(scheduler=two)}
        for _ in range(ROUNDS):
            for name, workforce in crews.items():
                timed = time_plan(database, district, workforce)
                least[name] = min(least.get(name, timed.seconds), timed.seconds)
    figures = [Figure(f"a district on {name}", seconds, "s") for name, seconds in least.items()]
    alone, pair, dask_alone, dask_pair = least.values()
    return [
        *figures,
        Figure("two processes against one", alone / pair, "times"),
        Figure("two Dask workers against one", dask_alone / dask_pair, "times"),
    ]


def measure_work(database: Database, district: District) -> tuple[float, list[Figure]]:
    """Measure the units of work of a district: processor time per household, and bytes there and back."""
    with database.transaction() as session:
        area = session.scalar(text("SELECT id FROM areas WHERE code = :code"), {"code": district.code})
        grids = [row.id for row in session.execute(sql("plan_grids"), {"area_id": area})]
        cut = [grids[i : i + GRIDS_PER_BATCH] for i in range(0, len(grids), GRIDS_PER_BATCH)]
        packed = [pack_batch(read_batch(session, batch), PlanRules().to_dict(), 0) for batch in cut]
    divide_batch(packed[0])  # the engine's code is loaded
    began = time.process_time()
    parts = [divide_batch(one) for one in packed]
    seconds = (time.process_time() - began) / district.households
    there, back = (sum(map(len, side)) / district.households for side in (packed, parts))
    return seconds, [
        Figure("sent to whoever divides", there, "B/house"),
        Figure("sent back", back, "B/house"),
    ]


def list_districts(database: Database) -> list[District]:
    """List the districts that have homes in grids, by code."""
    query = text(
        "SELECT d.code, count(b.id) AS buildings, sum(b.households) AS households"
        " FROM areas d JOIN areas g ON g.lineage @> ARRAY[d.id] AND g.level = 'grid'"
        " JOIN buildings b ON b.grid_id = g.id"
        " WHERE d.level = 'district' GROUP BY d.code HAVING sum(b.households) > 0 ORDER BY d.code"
    )
    with database.transaction() as session:
        return [District(*row) for row in session.execute(query)]


def _all_households(database: Database) -> int:
    with database.transaction() as session:
        return int(session.scalar(text("SELECT sum(households) FROM buildings")) or 1)


def _bytes_of(database: Database, tables: Sequence[str]) -> int:
    query = text(
        "SELECT sum(pg_total_relation_size(CAST(name AS regclass)))"
        " FROM unnest(CAST(:tables AS text[])) AS name"
    )
    with database.transaction() as session:
        return int(session.scalar(query, {"tables": list(tables)}))


@contextmanager
def _city(asked: argparse.Namespace) -> Iterator[tuple[Database, Path]]:
    """Yield a database with districts and the folder of its server."""
    if asked.home:
        settings = Settings.from_environ({"GRIDMAP_HOME": str(asked.home)})
        database = open_database(settings)
        try:
            migrate(database)
            yield database, settings.home.resolve() / "postgres" / "data"
        finally:
            database.close()
        return
    size = f"{asked.districts or 3} districts"
    SIZES[size] = replace(SIZES["city"], columns=asked.districts or 3, rows=1)
    with TemporaryDirectory(prefix="gridmap-bench-") as folder:
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "postgres")
        cluster.start()
        create_database(cluster.url("postgres"), "bench")
        database = Database(cluster.url("bench"))
        try:
            migrate(database)
            build_demo(database, SYSTEM, size, progress=lambda step: print(step.text("en"), file=sys.stderr))
            yield database, cluster.data
        finally:
            database.close()
            cluster.release()


@contextmanager
def _dask(workers: int) -> Iterator[str]:
    """Yield the address of a Dask cluster on this machine."""
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=":0", protocol="tcp://"
    ) as cluster:
        with Client(cluster, set_as_default=False) as client:
            client.wait_for_workers(workers)
            client.run(import_module, "gridmap.planning.warm")
        yield cluster.scheduler_address
