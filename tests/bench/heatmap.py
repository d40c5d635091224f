"""``./run bench heatmap``: a million issues counted for the heatmap, beside geopandas and folium.

Fills `tests.spatial_city` with 2,040 micro-grids and asks the services as a worker does whose ledger is read:
each layer of the district, not cached; a frame of the slider; then the same question by the usual means:
geopandas joins the points to the polygons and folium writes a HeatMap of them. With half and with all of the
issues, to see how it grows. ``--issues`` asks for fewer.
"""

from __future__ import annotations

import gc
import sys
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import folium
import geopandas as gpd
import numpy as np
from esda.getisord import G_Local
from folium.plugins import HeatMap
from libpysal.weights import WSP, WSP2W
from sqlalchemy import text

from gridmap.mapping.unusual import find_unusual_places
from gridmap.services.actors import SYSTEM
from gridmap.services.heat_counts import HeatFilter
from gridmap.services.heat_layers import LAYERS, heat_frames, heat_layer
from gridmap.services.heat_ledger import get_ledger
from gridmap.services.heat_places import Atlas
from gridmap.services.heat_trials import get_windows
from tests.bench.figures import Figure, filled_database, options, percentile_ms, print_table, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from gridmap.db import Database

ISSUES = 1_000_000
START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = HeatFilter(START, START + timedelta(days=365))
QUARTER = HeatFilter(START + timedelta(days=274), START + timedelta(days=365))
WEEK = HeatFilter(START + timedelta(days=300), START + timedelta(days=307))
LEVELS = ("micro_grid", "grid", "community", "hexagon")


def measure(database: Database, issues: int) -> list[Figure]:
    """Measure the services on what is filled."""

    def asking(work: Callable[[Session], object]) -> Callable[[], object]:
        def ask() -> object:
            with database.transaction() as session:
                return work(session)

        return ask

    gc.collect()
    gc.freeze()  # as the server does before it forks
    began = time.perf_counter()
    asking(get_ledger)()
    figures = [Figure(f"reading the ledger, {issues:,} issues", time.perf_counter() - began, "s")]
    for layer in LAYERS:
        for level in LEVELS:
            which = YEAR if layer in LAYERS[:2] else QUARTER
            spent = percentile_ms(
                asking(
                    lambda session, which=which, layer=layer, level=level: heat_layer(
                        session, SYSTEM, "D1", which, layer=layer, level=level
                    )
                ),
                times=20,
                share=0.95,
            )
            what = f"{layer} by {level}, {'a year' if which is YEAR else 'a quarter'} of {issues:,}"
            figures.append(Figure(f"{what}, p95", spent, "ms", 200))
    for name, which, step in (("one frame of a week", WEEK, "week"), ("a year of 53 weeks", YEAR, "week")):
        spent = percentile_ms(
            asking(
                lambda session, which=which, step=step: heat_frames(session, SYSTEM, "D1", which, step=step)
            ),
            times=20,
            share=0.95,
        )
        limit = 50 if which is WEEK else None
        figures.append(Figure(f"slider: {name} of {issues:,}, p95", spent, "ms", limit))
    return figures


def renewing(database: Database) -> Figure:
    """Time what one written issue costs the next reader."""
    spent = []
    for number in range(5):
        with database.transaction() as session:
            session.execute(
                text("UPDATE issues SET state = 'accepted' WHERE source_id = :id"), {"id": str(number + 1)}
            )
        began = time.perf_counter()
        with database.transaction() as session:
            get_ledger(session)
        spent.append((time.perf_counter() - began) * 1000)
    return Figure("taking in one changed issue, median", float(np.median(spent)), "ms")


def by_hand(database: Database) -> tuple[list[Figure], float, int]:
    """Join and draw the same points with geopandas and folium; the figures, seconds and bytes."""
    with database.engine.connect() as connection:
        points = gpd.read_postgis("SELECT id, geom FROM issues WHERE flags = '{}'", connection)
        cells = gpd.read_postgis("SELECT code, geom FROM micro_grids", connection)
    began = time.perf_counter()
    joined = gpd.sjoin(points, cells, predicate="intersects")
    joined.groupby("code").size()
    join_seconds = time.perf_counter() - began
    page = folium.Map([37.78, 120.75], zoom_start=13)
    HeatMap(np.column_stack([points.geometry.y, points.geometry.x]).tolist()).add_to(page)
    sent = BytesIO()
    page.save(sent, close_file=False)
    seconds = time.perf_counter() - began
    figures = [
        Figure("geopandas: joining the points", join_seconds, "s"),
        Figure("geopandas + folium: map made", seconds, "s"),
        Figure("geopandas + folium: page", len(sent.getvalue()) / 1e6, "MB"),
    ]
    return figures, seconds, len(sent.getvalue())


def against_esda(database: Database) -> list[Figure]:
    """Hold the tested layer against Getis and Ord's Gi* of esda on the same counts."""
    with database.transaction() as session:
        cells = Atlas(session).get_geography("micro_grid")
        windows = get_windows(cells, "micro_grid")
    chance = np.random.default_rng(6)
    rates = np.full(len(cells), 0.06)
    middle = len(cells) // 2
    rates[windows[middle].indices] *= 3
    counts = chance.poisson(cells.households * rates)
    ours = find_unusual_places(counts, cells.households, windows)
    weights = WSP2W(WSP(windows))
    theirs = G_Local(counts / cells.households, weights, transform="B", star=None, permutations=0)
    mine = (ours.observed - ours.expected) / np.sqrt(ours.expected * ours.dispersion)
    return [
        Figure("rank correlation with esda's Gi*", _rank_correlation(mine, theirs.Zs), "", 0.95, True),
        Figure(
            "hot place among esda's 9 highest", float(np.sum(theirs.Zs > theirs.Zs[middle]) < 9), "", 1, True
        ),
    ]


def _rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def main() -> int:
    """Run all and report."""
    parser = options()
    parser.add_argument("--issues", type=int, default=ISSUES)
    asked = parser.parse_args()
    figures: list[Figure] = []
    for issues in (asked.issues // 2, asked.issues):
        with filled_database(columns=20, rows=17, staff=42, days=1, issues=issues) as database:
            found = measure(database, issues)
            figures += found
            if issues < asked.issues:
                continue
            figures.append(renewing(database))
            peers, seconds, page = by_hand(database)
            with database.transaction() as session:
                layer = heat_layer(session, SYSTEM, "D1", YEAR, with_shapes=True)
            sent = len(repr([(row.code, row.households, row.issues) for row in layer.rows]))
            slowest = next(figure for figure in found if figure.name.startswith("counts by micro_grid"))
            figures += peers
            figures.append(
                Figure("times as fast", seconds * 1000 / slowest.value, "", 50, more_is_better=True)
            )
            figures.append(
                Figure("times as light (figures of all cells)", page / sent, "", 50, more_is_better=True)
            )
            figures += against_esda(database)
    print_table(figures)
    if asked.json:
        write(figures, asked.json)
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
