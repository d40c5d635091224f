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
from gridmap.planning.plan import plan_parent
from tests.bench.comparisons import draw, ground_of
from tests.bench.divisions import into_pieces
from tests.bench.figures import Figure
from tests.bench.instances import read_buildings, read_roads, with_parents
from tests.bench.peers import metis_once

if TYPE_CHECKING:
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
        began = time.perf_counter()
        plan_area(*demo.frames, rules, seed=0)
        engine.append(time.perf_counter() - began)
        began = time.perf_counter()
        _divide_with_metis(read_source(*demo.frames, rules), atoms, rules)
        peer.append(time.perf_counter() - began)
    households = int(demo.buildings["households"].sum())
    what = f"demo district, {households:,} households"
    rounds = "rounds (s): " + ", ".join(f"{a:.2f} / {b:.2f}" for a, b in zip(engine, peer, strict=True))
    return [
        Figure(f"engine, {what}", min(engine), "s", 5, note=f"frames in, tables out, one process; {rounds}"),
        Figure(
            f"METIS + the same polygon maker, {what}",
            min(peer),
            "s",
            note="reading, cells, graph at the engine's atoms, METIS called once, polygons; no tables",
        ),
        Figure("engine / METIS + polygon maker", min(engine) / min(peer), "times", 2),
    ]


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


def measure_import() -> Figure:
    """Time the import of the engine in fresh processes; the median."""
    code = "import time; t = time.perf_counter(); import gridmap.planning; print(time.perf_counter() - t)"
    spent = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
        for _ in range(IMPORTS)
    ]
    return Figure("import gridmap.planning, fresh process", float(np.median(spent)), "s", 2.0)


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
