"""How fast the engine is, next to METIS with the same land and the same polygon maker; one process each."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from gridmap.planning import PlanRules, derive_areas, plan_area
from gridmap.planning.adjacency import build_graph
from gridmap.planning.inputs import read_source
from gridmap.planning.plan import ground_of, plan_parent
from tests.bench.comparisons import draw
from tests.bench.divisions import into_pieces
from tests.bench.figures import Figure
from tests.bench.instances import read_buildings, read_roads, with_parents
from tests.bench.peers import metis_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.planning.atoms import Atoms
    from gridmap.planning.inputs import Source
    from tests.bench.instances import Instance

ROUNDS = 3
IMPORTS = 5


def measure_speed(demo: Instance) -> list[Figure]:
    """Time the engine and METIS on a demo district, in turn; the least of three rounds counts."""
    rules = PlanRules()
    source = read_source(*demo.frames, rules)
    plans = [plan_parent(source, int(index), rules, seed=0) for index in source.parent_order]
    atoms = {int(i): plan.atoms for i, plan in zip(source.parent_order, plans, strict=True) if plan.buildings}
    engine, peer = [], []
    for _ in range(ROUNDS):
        engine.append(_time(lambda: plan_area(*demo.frames, rules, seed=0)))
        peer.append(_time(lambda: _divide_with_metis(read_source(*demo.frames, rules), atoms, rules)))
    (seconds, computing), (peer_seconds, peer_computing) = (
        np.array(rounds).min(axis=0).tolist() for rounds in (engine, peer)
    )
    what = f"demo district, {int(demo.buildings['households'].sum()):,} households"
    return [
        Figure(
            f"engine, {what}", seconds, "s", 5, note=f"frames in, tables out; computing {computing:.2f} s"
        ),
        Figure(
            f"METIS + the same polygon maker, {what}",
            peer_seconds,
            "s",
            note="reading, cells, graph at the engine's atoms, METIS called once, polygons; no tables;"
            f" computing {peer_computing:.2f} s",
        ),
        Figure(
            "engine / METIS + polygon maker",
            computing / peer_computing,
            "times",
            2,
            note="computing time, so that others on the machine do not count",
        ),
    ]


def _time(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds gone by and the seconds of computing."""
    began, computing = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - computing


def _divide_with_metis(source: Source, atoms: dict[int, Atoms], rules: PlanRules) -> None:
    """Do with METIS what the engine does: read, prepare, divide, draw. One call per parent."""
    for index, of_parent in atoms.items():
        ground = ground_of(source, index, rules)
        assert ground is not None
        graph = build_graph(ground, of_parent, rules)
        total = int(graph.households.sum())
        parts = min(max(1, round(total / rules.households_target)), len(of_parent))
        slack = max(0.0, rules.households_max * parts / max(1, total) - 1)
        labels = metis_once(graph, parts, 1, slack, recursive=True, weigh=True)
        draw(ground, of_parent, into_pieces(graph, labels), rules)


def measure_import() -> list[Figure]:
    """Time the import of the engine in fresh processes, computing time, the least of some."""
    code = (
        "from time import process_time as now; a = now();"
        "import geopandas, numba, scipy.spatial, scipy.sparse;"
        "b = now(); import gridmap.planning; print(b - a, now() - b)"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, text=True
        ).stdout.split()
        for _ in range(IMPORTS)
    ]
    libraries, own = np.array(runs, float).min(axis=0)
    note = "in a fresh process, compiled code from the cache"
    return [
        Figure("import of geopandas, numba, scipy", libraries, "s", note=note),
        Figure("import of gridmap.planning after them", own, "s", 0.5, note=note),
    ]


def measure_nyc() -> list[Figure]:
    """Time the 80,000 buildings of nyc_scale: grids derived, then divided."""
    buildings, roads = read_buildings("nyc_scale"), read_roads("nyc_scale")
    began = time.perf_counter()
    parents = derive_areas(buildings, roads, seed=0)
    derived = time.perf_counter() - began
    parents = parents.assign(
        id=parents["number"], code=[f"990001001{number:06d}" for number in parents["number"]]
    )
    inside = with_parents(buildings, parents)
    began = time.perf_counter()
    plan_area(parents, inside, None, roads, PlanRules(), seed=0)
    planned = time.perf_counter() - began
    return [
        Figure("nyc_scale: derive parents", derived, "s", note=f"{len(buildings):,} buildings"),
        Figure("nyc_scale: plan", planned, "s", note=f"{len(parents):,} parents"),
        Figure("nyc_scale: derive and plan", derived + planned, "s", 120),
    ]
