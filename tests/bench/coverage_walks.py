"""``./run bench coverage_walks``: coverage of a whole area by walking distance, from database to answer.

A district of 10,200 buildings (20 x 17 grids) and a city of 90,000 (60 x 50), with a street along two sides
of each grid. Beside it, in the same run, networkx does as OSMnx users do: read the edges, build a graph, snap
doors to their nearest junction, one multi-source Dijkstra; it names no gaps and sums no areas.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import networkx
import numpy as np
from scipy.spatial import KDTree
from sqlalchemy import text

from gridmap.services import walking
from gridmap.services.actors import SYSTEM
from gridmap.services.coverage_rules import find_gaps
from gridmap.services.isochrones import find_isochrones
from gridmap.services.plan_frames import read_frame
from gridmap.services.walking import cut_roads
from tests.bench.figures import Figure, filled_database, median_ms, report

if TYPE_CHECKING:
    from gridmap.db import Database

NOON = datetime(2026, 11, 4, 4, tzinfo=UTC)
WALK_M = 500
STREETS = text(
    "INSERT INTO roads (source, source_id, class, geom)"
    " SELECT 'bench', 's' || id, 'residential', ST_Multi(ST_SetSRID(ST_MakeLine("
    "ST_MakePoint(ST_XMin(geom), ST_YMin(geom)), ST_MakePoint(ST_XMin(geom), ST_YMax(geom))), 4326))"
    " FROM areas WHERE level = 'grid'"
)
SCALE = np.array([np.cos(np.radians(37.75)), 1.0])


def _add_streets(database: Database) -> None:
    with database.transaction() as session:
        session.execute(STREETS)
        cut_roads(session)
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _by_networkx(database: Database) -> int:
    """Count the households within the walk of a station."""
    with database.transaction() as session:
        edges = session.execute(text("SELECT first_node, second_node, length_m FROM walking_edges")).all()
        doors = read_frame(session, "walking_doors", area_id=1)
        stations = session.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM stations")).all()
        places = session.execute(
            text(
                "SELECT first_node, ST_X(ST_StartPoint(geom)), ST_Y(ST_StartPoint(geom)) FROM walking_edges"
                " UNION SELECT second_node, ST_X(ST_EndPoint(geom)), ST_Y(ST_EndPoint(geom))"
                " FROM walking_edges"
            )
        ).all()
    graph = networkx.Graph()
    graph.add_weighted_edges_from(edges)
    junctions = np.array([row[0] for row in places])
    tree = KDTree(np.array([row[1:] for row in places], dtype=float) * SCALE)
    sources = set(junctions[tree.query(np.array(stations, dtype=float) * SCALE)[1]].tolist())
    far = networkx.multi_source_dijkstra_path_length(graph, sources, cutoff=WALK_M)
    nearest = junctions[tree.query(doors[["lon", "lat"]].to_numpy(float) * SCALE)[1]]
    return int(doors["households"][[node in far for node in nearest.tolist()]].sum())


def _measure(database: Database, name: str, limit_s: float) -> list[Figure]:
    with database.transaction() as session:
        rule_id = session.scalar(text("SELECT id FROM coverage_rules WHERE code = 'station_500_m'")) or 0
        station = session.scalar(text("SELECT code FROM stations ORDER BY id OFFSET 5 LIMIT 1")) or ""

    def ask(*, with_gaps: bool = True) -> None:
        with database.transaction() as session:
            find_gaps(session, SYSTEM, rule_id, "D1", NOON, with_gaps=with_gaps)

    def draw() -> None:
        with database.transaction() as session:
            find_isochrones(session, SYSTEM, station)

    walking._kept.clear()
    began = time.perf_counter()
    ask()
    cold = time.perf_counter() - began
    again = median_ms(ask, times=3) / 1000
    plain = median_ms(lambda: ask(with_gaps=False), times=3) / 1000
    figures = [
        Figure(f"coverage by walking with all gaps and areas, {name}, first time", cold, "s", limit_s),
        Figure(f"the same again, {name}", again, "s", limit_s),
        Figure(
            f"the same, figures only, {name}", median_ms(lambda: ask(with_gaps=False), times=3) / 1000, "s"
        ),
    ]
    peer = median_ms(lambda: _by_networkx(database), times=3) / 1000
    return [
        *figures,
        Figure(f"networkx from database to one number, {name}", peer, "s"),
        Figure(f"times faster than networkx, figures only, {name}", peer / plain, "x", more_is_better=True),
        Figure(f"isochrones of a station, 5, 10 and 15 minutes, {name}", median_ms(draw, times=3), "ms"),
    ]


def main() -> int:
    """Run all and report."""
    figures = []
    with filled_database(columns=20, rows=17, staff=3000, days=1, issues=10) as database:
        _add_streets(database)
        figures += _measure(database, "10,200 buildings", 1)
    with filled_database(columns=60, rows=50, staff=3000, days=1, issues=10) as database:
        _add_streets(database)
        figures += _measure(database, "90,000 buildings", 5)
    return report(figures)


if __name__ == "__main__":
    sys.exit(main())
