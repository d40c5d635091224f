"""``./run bench spatial``: coverage, duty and heatmaps on a district, and how they grow.

District: 2,040 micro-grids, 10,200 buildings, 5,000 staff with two weeks of shifts, 40,000 issues in a year.
Then the same queries with 100,000 staff, and with a million issues.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from gridmap.services.actors import SYSTEM
from gridmap.services.coverage import gaps_by_walk, gaps_without_posting
from gridmap.services.duty import nearest_on_duty
from gridmap.services.duty_answers import DutyQuestion
from gridmap.services.duty_places import AskedPlace
from gridmap.services.heat_counts import HeatFilter
from gridmap.services.heat_layers import heat_layer
from tests.bench.figures import Figure, filled_database, median_ms, percentile_ms, report

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from gridmap.db import Database

NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)
YEAR = HeatFilter(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
WEEK = HeatFilter(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC))

# What any answer must at least do: walk the index outwards from the point.
BARE_KNN = text(
    "SELECT id FROM shifts WHERE during @> CAST(:at AS timestamptz)"
    " ORDER BY spot <-> ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography LIMIT 5"
)


def _asking(database: Database, ask: Callable[[Session], object]) -> Callable[[], object]:
    def work() -> object:
        with database.transaction() as session:
            return ask(session)

    return work


def _duty(database: Database, name: str) -> list[Figure]:
    chance = random.Random(1)

    def point() -> tuple[float, float]:
        return 120.70 + chance.random() * 0.1, 37.75 + chance.random() * 0.068

    def bare(session: Session) -> object:
        lon, lat = point()
        return session.execute(BARE_KNN, {"lon": lon, "lat": lat, "at": NOON}).all()

    def whole(session: Session) -> object:
        question = DutyQuestion(at=NOON, roles=("police",), on_foot=False)
        return nearest_on_duty(session, SYSTEM, AskedPlace(*point()), question)

    floor = percentile_ms(_asking(database, bare), times=300, share=0.95)
    ours = percentile_ms(_asking(database, whole), times=300, share=0.95)
    return [
        Figure(f"nearest index entries alone, {name}, p95", floor, "ms"),
        Figure(f"nearest on duty of one role, {name}, p95", ours, "ms", 10),
    ]


def _district(database: Database) -> list[Figure]:
    asked: list[tuple[str, float, Callable[[Session], object]]] = [
        (
            "gaps without posting, 2,040 micro-grids",
            1000,
            lambda session: gaps_without_posting(session, SYSTEM, "D1", at=date(2026, 11, 4)),
        ),
        (
            "gaps by walk, 10,200 buildings",
            1000,
            lambda session: gaps_by_walk(session, SYSTEM, "D1", "station", 300),
        ),
        (
            "heat by micro-grid, 40,000 issues, a year",
            300,
            lambda session: heat_layer(session, SYSTEM, "D1", YEAR),
        ),
        ("heat by micro-grid, a week", 300, lambda session: heat_layer(session, SYSTEM, "D1", WEEK)),
        (
            "heat by grid, 40,000 issues, a year",
            300,
            lambda session: heat_layer(session, SYSTEM, "D1", YEAR, level="grid"),
        ),
    ]
    return [Figure(name, median_ms(_asking(database, ask)), "ms", limit) for name, limit, ask in asked]


def _million(database: Database) -> list[Figure]:
    """Heat over 25 years of the same city; a year of it must not feel the rest."""
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO issues (source, source_id, category, state, reported_at, building_id, grid_id,"
                " geom, flags) SELECT 'copy', source_id || '-' || n, category, state,"
                " reported_at - n * interval '1 year', building_id, grid_id, geom, flags"
                " FROM issues, generate_series(1, 24) n"
            )
        )
        connection.execute(text("ANALYZE issues"))
    decade = HeatFilter(datetime(2017, 1, 1, tzinfo=UTC), YEAR.ends_at)
    return [
        Figure(
            "heat by micro-grid, a year of 1,000,000 issues",
            median_ms(_asking(database, lambda session: heat_layer(session, SYSTEM, "D1", YEAR)), times=3),
            "ms",
        ),
        Figure(
            "heat by micro-grid, ten years of them",
            median_ms(_asking(database, lambda session: heat_layer(session, SYSTEM, "D1", decade)), times=3),
            "ms",
        ),
    ]


def main() -> int:
    """Run all and report."""
    figures = []
    with filled_database() as database:
        figures += _district(database)
        figures += _duty(database, "5,000 staff")
        figures += _million(database)
    with filled_database(columns=60, rows=50, staff=100_000, days=14, issues=1000) as database:
        figures += _duty(database, "100,000 staff")
    return report(figures)


if __name__ == "__main__":
    sys.exit(main())
