"""``./run bench coverage_walks``: coverage of a whole area by walking distance, from database to answer.

The demo district (a station per community), and New York's 80,000 buildings with 20 stations where the shared
data are present. Beside it, in the same run and over the same edges, doors and stations:

OSMnx, pgRouting
    The whole answer from database to answer, as their users write it: `tests.bench.osmnx_walks` and
    `tests.bench.pgrouting_walks`, every area summed and every gap named, as ours does. pgRouting only where
    the extension is installed (package ``postgresql-15-pgrouting``).
networkx
    Our own pipeline with `tests.bench.networkx_walks` in the place of our graph: its answer must be ours.
walks alone
    networkx with its graph kept in memory, pgRouting with its tables kept in the database, as ours are kept:
    the metres of each door, which must be ours.

From database to answer means that nothing is kept, as in a process that was not asked before.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from unittest.mock import patch

import networkx
import numpy as np
from sqlalchemy import text

from gridmap.covering.graph import load_kernels
from gridmap.db import copy_rows
from gridmap.formats.layers import read_layer
from gridmap.services import walking
from gridmap.services.actors import SYSTEM
from gridmap.services.areas import derive_city
from gridmap.services.coverage_rules import RuleAnswer, find_gaps
from gridmap.services.demo import build_demo
from gridmap.services.exchange import load_layer
from gridmap.services.isochrones import find_isochrones
from tests.bench import osmnx_walks, pgrouting_walks
from tests.bench.figures import Figure, empty_database, median_ms, report
from tests.bench.instances import SHARED
from tests.bench.networkx_walks import NetworkxGraph, build_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from gridmap.covering.graph import Doors, WalkingGraph
    from gridmap.db import Database
    from tests.bench.osmnx_walks import Answer

    FindGaps = Callable[[Connection, str, Sequence[str], float], Answer]

NOON = datetime(2026, 11, 4, 4, tzinfo=UTC)
TODAY = date(2026, 11, 1)
STATIONS = text(
    "INSERT INTO stations (code, kind, name, geom)"
    " SELECT 'S' || row_number() OVER (), 'station', 'S', ST_PointOnSurface(geom)"
    " FROM (SELECT geom FROM buildings ORDER BY md5(id::text) LIMIT 20) AS chosen"
)
PGR_TABLES = text(
    "CREATE TEMP TABLE pgr_edges (id int8, source int8, target int8, cost float8);"
    "CREATE TEMP TABLE pgr_doors (id int8, first_node int8, second_node int8, to_first float8,"
    " to_second float8, direct float8, households int8)"
)
PGR_ANSWER = text(
    "WITH reached AS MATERIALIZED ("
    "SELECT node, min(agg_cost) AS far FROM pgr_drivingDistance("
    "'SELECT id, source, target, cost FROM pgr_edges', CAST(:stations AS int8[]), 1e9, false) GROUP BY node)"
    " SELECT d.id, least(f.far + d.to_first, s.far + d.to_second, d.direct) AS walk_m, d.households"
    " FROM pgr_doors d LEFT JOIN reached f ON f.node = d.first_node"
    " LEFT JOIN reached s ON s.node = d.second_node ORDER BY d.id"
)
EDGE_COLUMNS = {"id": "int8", "source": "int8", "target": "int8", "cost": "float8"}
DOOR_COLUMNS = {
    "id": "int8", "first_node": "int8", "second_node": "int8", "to_first": "float8", "to_second": "float8",
    "direct": "float8", "households": "int8",
}  # fmt: skip
SAME_M = 1e-6
FASTER = 10
FIRST_TIMES, BESIDE_TIMES = 9, 5


@dataclass(frozen=True)
class Problem:
    """What the peers get: the edges with the stations joined to them, and the doors.

    Attributes
    ----------
    ends, length_m
        (E, 2) and (E,) the edges; station k is node ``stations[k]``.
    door_ends, door_m
        (n, 2) the nodes next to each door and the metres to them.
    direct_m
        (n,) metres to the nearest station on the door's own edge; inf where there is none.
    """

    ends: np.ndarray
    length_m: np.ndarray
    stations: np.ndarray
    door_ends: np.ndarray
    door_m: np.ndarray
    direct_m: np.ndarray
    households: np.ndarray


def _problem_of(graph: WalkingGraph, doors: Doors, stations: Doors, households: np.ndarray) -> Problem:
    stations = stations[np.flatnonzero(stations.edge >= 0)]
    placed = np.flatnonzero(doors.edge >= 0)
    doors, households = doors[placed], households[placed]
    node = len(graph.nodes) + np.arange(len(stations))
    ways = np.column_stack([stations.along_m, graph.length_m[stations.edge] - stations.along_m])
    joined = np.column_stack([np.repeat(node, 2), graph.ends[stations.edge].ravel()])
    joined_m = (np.maximum(ways, 0) + stations.offset_m[:, None]).ravel()
    door_m = np.column_stack([doors.along_m, graph.length_m[doors.edge] - doors.along_m])
    direct = np.full(len(placed), np.inf)
    for edge, along, offset in zip(stations.edge, stations.along_m, stations.offset_m, strict=True):
        here = np.flatnonzero(doors.edge == edge)
        beside = np.abs(doors.along_m[here] - along) + offset + doors.offset_m[here]
        direct[here] = np.minimum(direct[here], beside)
    return Problem(
        np.vstack([graph.ends, joined]),
        np.concatenate([graph.length_m, joined_m]),
        node,
        graph.ends[doors.edge],
        door_m + doors.offset_m[:, None],
        direct,
        households,
    )


def _networkx_walks(problem: Problem) -> Callable[[], np.ndarray]:
    """Keep the graph; the answer asked again and again are the metres of each door."""
    graph = build_graph(problem.ends, problem.length_m)
    sources = set(problem.stations.tolist())
    ends, metres, direct = problem.door_ends.tolist(), problem.door_m.tolist(), problem.direct_m.tolist()
    nowhere = float("inf")

    def ask() -> np.ndarray:
        far = networkx.multi_source_dijkstra_path_length(graph, sources)
        return np.array(
            [
                min(far.get(first, nowhere) + to_first, far.get(second, nowhere) + to_second, beside)
                for (first, second), (to_first, to_second), beside in zip(ends, metres, direct, strict=True)
            ]
        )

    return ask


def _make_pgrouting(database: Database) -> bool:
    """Make the extension; False where it is not installed."""
    with database.transaction() as session:
        there = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgrouting'")
        is_there = bool(session.scalar(there))
        if is_there:
            session.execute(text("CREATE EXTENSION IF NOT EXISTS pgrouting"))
    return is_there


@contextmanager
def _pgrouting_walks(database: Database, problem: Problem) -> Iterator[Callable[[], np.ndarray]]:
    """Keep its tables; the answer asked again and again are the metres of each door."""
    with database.transaction() as session:
        session.execute(PGR_TABLES)
        edges = np.arange(len(problem.ends)).tolist(), *problem.ends.T.tolist(), problem.length_m.tolist()
        copy_rows(session, "pgr_edges", EDGE_COLUMNS, zip(*edges, strict=True))
        doors = (
            np.arange(len(problem.door_ends)).tolist(), *problem.door_ends.T.tolist(),
            *problem.door_m.T.tolist(), problem.direct_m.tolist(), problem.households.tolist(),
        )  # fmt: skip
        copy_rows(session, "pgr_doors", DOOR_COLUMNS, zip(*doors, strict=True))
        session.execute(text("ANALYZE pgr_edges; ANALYZE pgr_doors"))
        asked = {"stations": problem.stations.tolist()}
        yield lambda: np.array(
            [row.walk_m if row.walk_m is not None else np.inf for row in session.execute(PGR_ANSWER, asked)]
        )
        session.rollback()


def _measure(database: Database, name: str, area_code: str, limit_s: float) -> list[Figure]:
    with database.transaction() as session:
        rule_id = session.scalar(text("SELECT id FROM coverage_rules WHERE code = 'station_500_m'")) or 0
        area_id = session.scalar(text("SELECT id FROM areas WHERE code = :code"), {"code": area_code}) or 0
        station = session.scalar(text("SELECT code FROM stations ORDER BY id OFFSET 5 LIMIT 1")) or ""

    def ask(*, with_gaps: bool = True) -> RuleAnswer:
        with database.transaction() as session:
            return find_gaps(session, SYSTEM, rule_id, area_code, NOON, with_gaps=with_gaps)

    def ask_first() -> float:
        """Ask as a process that was not asked before; gives the seconds. What it had kept goes beforehand."""
        walking._kept.clear()
        return _seconds_of(ask)

    def draw() -> None:
        with database.transaction() as session:
            find_isochrones(session, SYSTEM, station)

    load_kernels()  # as every web process has them before it is asked
    gc.collect()
    gc.freeze()  # as the server does before it forks
    answer = ask()
    cold = statistics.median(ask_first() for _ in range(FIRST_TIMES))
    with patch.object(walking, "WalkingGraph", NetworkxGraph):
        their_cold = statistics.median(ask_first() for _ in range(BESIDE_TIMES))
        theirs = ask()
    differ = sum(one.share != other.share for one, other in zip(answer.areas, theirs.areas, strict=True))
    ask_first()
    plain = median_ms(lambda: ask(with_gaps=False))
    with database.transaction() as session:
        walks = walking.walk_to_stations(session, area_id, ["station"])
        network = walking.get_network(session, area_id)
        _, stations = walking.read_stations(session, network.district_id, ["station"])
    doors = walks.doors.doors
    found = network.graph.find_doors(stations)
    alone = median_ms(lambda: network.graph.walk_to_nearest(doors, found))
    ours = network.graph.walk_to_nearest(doors, found).walk_m[doors.edge >= 0]
    problem = _problem_of(network.graph, doors, found, walks.doors.households)
    figures = [
        Figure(f"{name}: doors", len(doors), ""),
        Figure(f"{name}: coverage with all gaps named, first question of a process", cold, "s", limit_s),
        Figure(f"{name}: the same with the walks of networkx", their_cold, "s"),
        Figure(f"{name}: areas whose shares differ from networkx", differ, "", 0),
        Figure(f"{name}: the same again", median_ms(ask, times=3) / 1000, "s", limit_s),
        Figure(f"{name}: figures of the area and all below, again", plain, "ms"),
        Figure(f"{name}: of which the walks", alone, "ms"),
        Figure(f"{name}: isochrones of a station", median_ms(draw, times=3), "ms"),
    ]
    figures += _beside(f"{name}: networkx", _networkx_walks(problem), ours, alone)
    peers = {"OSMnx": osmnx_walks.find_gaps}
    if _make_pgrouting(database):
        with _pgrouting_walks(database, problem) as pgrouting:
            figures += _beside(f"{name}: pgRouting", pgrouting, ours, alone)
        peers["pgRouting"] = pgrouting_walks.find_gaps
    else:
        print(f"{name}: pgRouting is not installed (postgresql-15-pgrouting)", file=sys.stderr)
    for peer, find in peers.items():
        figures += _answer_beside(database, f"{name}: {peer}", find, area_code, answer, ask_first)
    return figures


def _answer_beside(
    database: Database,
    name: str,
    find: FindGaps,
    area_code: str,
    ours: RuleAnswer,
    ask_ours: Callable[[], float],
) -> list[Figure]:
    """Ask a peer for the whole answer, in turn with ours; homes at the very limit may count otherwise."""
    asked = ours.rule.parameters["station_kinds"], ours.rule.parameters["walk_m"]

    def ask() -> Answer:
        with database.transaction() as session:
            answer = find(session.connection(), area_code, *asked)
            session.rollback()
        return answer

    theirs = ask()
    apart = abs(float(theirs.shares[area_code]) - (ours.share.households_share or 0)) * 100
    spent, times_ours = _in_turn(lambda: _seconds_of(ask), ask_ours)
    return [
        Figure(f"{name}, from database to answer", spent, "s"),
        Figure(f"{name}, share of households covered, apart from ours", apart, "points", 0.1),
        Figure(f"{name}, times ours (from database to answer)", times_ours, "x", FASTER, more_is_better=True),
    ]


def _in_turn(ask_peer: Callable[[], float], ask_ours: Callable[[], float]) -> tuple[float, float]:
    """Ask in turn, as a machine is not always equally fast; gives the peer's seconds and how often ours."""
    rounds = [(ask_peer(), ask_ours()) for _ in range(BESIDE_TIMES)]
    return statistics.median(peer for peer, _ in rounds), statistics.median(
        peer / ours for peer, ours in rounds
    )


def _seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _beside(name: str, ask: Callable[[], np.ndarray], ours: np.ndarray, alone: float) -> list[Figure]:
    theirs = ask()
    with np.errstate(invalid="ignore"):
        differ = int((~((ours == theirs) | (np.abs(ours - theirs) <= SAME_M))).sum())
    spent = median_ms(ask, times=3)
    return [
        Figure(f"{name}, walks", spent, "ms"),
        Figure(f"{name}, doors whose metres differ", differ, "", 0),
        Figure(f"{name}, times ours (walks)", spent / alone, "x", FASTER, more_is_better=True),
    ]


def _load_new_york(database: Database) -> None:
    with database.transaction() as session:
        for kind in ("buildings", "roads"):
            layer = read_layer(kind, SHARED / "nyc_scale" / f"{kind}.gpkg")
            load_layer(session, SYSTEM, kind, layer, source="nyc")
        derive_city(session, SYSTEM, code="990001", name="New York", source="nyc")
        session.execute(STATIONS)
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def main() -> int:
    """Run all and report."""
    figures = []
    with empty_database() as database:
        build_demo(database, SYSTEM, "district", today=TODAY)
        figures += _measure(database, "demo district", "370699", 1)
    if (SHARED / "nyc_scale").is_dir():
        with empty_database() as database:
            _load_new_york(database)
            figures += _measure(database, "nyc_scale", "990001", 5)
    return report(figures)


if __name__ == "__main__":
    sys.exit(main())
