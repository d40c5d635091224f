"""``./run bench editor``: the boundary editor in Chromium, on a draft of more than 30,000 atoms.

Served by two processes of four threads, on a durable database. What the words of the table mean:

opening
    From the start of the visit, with nothing kept by the browser, to the first paint a planner can work with:
    of a whole district (more grids than are opened at once) all its grids to choose from, on the map and as
    a list; of a street, community or grid every building, micro-grid and count. "cold": the server has just
    started and has read no grid yet.
pointer feedback
    From the movement of the mouse, as Chromium dates it, to the frame with the new counts painted: a
    selection carried over micro-grids, a border swept over neighbours, a box aimed at a micro-grid.
round trip
    From sending an operation to the last byte of its answer, with the new polygons of all it changed, as the
    browser times it; over all kinds of operations, each accepted some times, while the page's stream is open.
"""

from __future__ import annotations

import math
import os
import statistics
import sys
from collections import Counter
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gridmap.planning import redraw_counts
from gridmap.services.redraws import KINDS
from tests.bench.editor_city import DISTRICT, drafted_city
from tests.bench.editor_pages import Pointer, chromium, open_ms, read_divisions, round_trips, sign_in
from tests.bench.figures import Figure, report
from tests.bench.processes import processes_below, proportional_bytes
from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Browser

    from tests.bench.editor_city import City

OPENING_MS, FEEDBACK_MS, ROUND_TRIP_MS, MOST_GROWTH = 2000.0, 50.0, 100.0, 1.5
OPERATIONS, TIMES, LEAST_OF_A_KIND = 300, 5, 3
# All kinds but one: counting anew waits for a register that changed, and none does here.
ASKED = (*(kind for kind in KINDS if kind != redraw_counts.KIND), "undo", "redo")

# What others publish of their own: other machines, other tasks; beside ours for the order of magnitude only.
PUBLISHED = (
    Figure(
        "published: DistrictBuilder, HTTP request, median, 20 users, 50 districts",
        2340,
        "ms",
        note="load-tests/README.md of PublicMapping/districtbuilder; Pennsylvania by blocks",
    ),
    Figure(
        "published: DistrictBuilder, HTTP request, p95, 20 users, 50 districts",
        8220,
        "ms",
        note="load-tests/README.md of PublicMapping/districtbuilder; Pennsylvania by blocks",
    ),
    Figure(
        "published: DistrictBuilder, drawing 10 districts of 24,115 blocks",
        2013,
        "ms",
        note="doc/arch/adr-02-district-data-storage.md of PublicMapping/districtbuilder; a laptop",
    ),
    Figure(
        "published: Districtr, contiguity of one state, before",
        260,
        "ms",
        note="districtr/districtr-v2, pull request 721: 346,000 blocks, 0.16-0.26 s",
    ),
    Figure(
        "published: Districtr, contiguity of one state, after",
        40,
        "ms",
        note="districtr/districtr-v2, pull request 721: 346,000 blocks, 0.03-0.04 s",
    ),
    Figure(
        "published: Districtr, memory of a process for one state, before",
        428,
        "MB",
        note="districtr/districtr-v2, pull request 721",
    ),
)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of the values do not pass."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def both(name: str, spent: Sequence[float], limit: float) -> list[Figure]:
    """Median and 95th percentile, both under one limit."""
    note = f"{len(spent)} times, at most {max(spent):.0f} ms"
    return [
        Figure(f"{name}, p50", statistics.median(spent), "ms", limit, note=note),
        Figure(f"{name}, p95", percentile(spent, 0.95), "ms", limit, note=note),
    ]


def sizes(city: City) -> list[Figure]:
    """What is edited."""
    return [
        Figure("the draft: micro-grids", city.micro_grids, ""),
        Figure("the draft: atoms", city.atoms, ""),
        Figure("broken down to floors: micro-grids", city.dense_micro_grids, ""),
        Figure("broken down to floors: atoms", city.dense_atoms, ""),
        Figure("broken down to floors: atoms of the largest grid", city.largest_grid, ""),
    ]


def opening(city: City, browser: Browser, home: str) -> list[Figure]:
    """Open the district, and what is opened whole, before and after the server has read the grids."""
    figures = []
    asked = {
        "opening the district, its grids to choose from": DISTRICT,
        "opening a street whole": city.street,
        "opening a community whole": city.community,
        "opening a grid": city.grid,
    }
    for name, code in asked.items():
        with serving(city.database, home) as served:
            cold = open_ms(sign_in(browser, served.address, "planner"), city.plan, code)
            warm = [
                open_ms(sign_in(browser, served.address, "planner"), city.plan, code) for _ in range(TIMES)
            ]
        figures += [
            Figure(f"{name}, cold", cold, "ms", OPENING_MS),
            Figure(name, statistics.median(warm), "ms", OPENING_MS, note=f"median of {TIMES}"),
        ]
    return figures


def feedback(city: City, browser: Browser, home: str) -> list[Figure]:
    """The same gestures on the same grid, while the page holds few or many micro-grids."""
    with serving(city.database, home) as served:
        context = sign_in(browser, served.address, "planner")
        everything = read_divisions(context, city.plan, city.streets)
        grid = next(one for one in everything["grids"] if one["grid"]["code"] == city.grid)
        found: dict[int, list[float]] = {}
        for area, answer in ((city.grid, None), (city.grid[:9], None), (city.grid, everything)):
            pointer = Pointer(context, city.plan, area, grid, answer)
            found[pointer.held] = pointer.feedback_ms()
    few, many = min(found), max(found)
    figures = [
        figure
        for held, spent in found.items()
        for figure in both(f"pointer feedback, {held:,} micro-grids held", spent, FEEDBACK_MS)
    ]
    growth = statistics.median(found[many]) / statistics.median(found[few])
    return [*figures, Figure(f"pointer feedback, {many:,} against {few:,}", growth, "times", MOST_GROWTH)]


def trips(city: City, browser: Browser, home: str) -> list[Figure]:
    """Mixed operations one after the other on a community, and what the web processes take afterwards."""
    with serving(city.database, home) as served:
        workers = [process for process in processes_below(served.process_id) if process != served.process_id]
        context = sign_in(browser, served.address, "planner")
        before = max(map(proportional_bytes, workers)) / 1e6
        done = round_trips(context, city.plan, city.community, count=OPERATIONS)
        after = max(map(proportional_bytes, workers)) / 1e6
    accepted = [one for one in done if one["id"] is not None]
    return [
        Figure("operations sent", len(done), "", note="; ".join(_refusals(done))),
        Figure("operations accepted", len(accepted), ""),
        *both("round trip of an operation", [one["ms"] for one in accepted], ROUND_TRIP_MS),
        *_by_kind(done),
        Figure("memory of a web process before", before, "MB"),
        Figure(f"memory of a web process after {len(done)} operations", after, "MB"),
    ]


def _by_kind(done: Sequence[dict[str, Any]]) -> list[Figure]:
    """Number and round trip of each kind that can be asked for; undo and redo count as kinds, too."""
    sent = Counter(one["kind"] for one in done)
    spent: dict[str, list[float]] = {kind: [] for kind in ASKED}
    for one in done:
        if one["id"] is not None:
            spent["move" if one["kind"] == "out" else one["kind"]].append(one["ms"])
    figures = []
    for kind, own in spent.items():
        note = f"of {sent[kind] + (sent['out'] if kind == 'move' else 0)} sent"
        figures += [
            Figure(f"  {kind}, accepted", len(own), "times", LEAST_OF_A_KIND, more_is_better=True, note=note),
            Figure(f"  {kind}, p50", statistics.median(own or [math.nan]), "ms"),
            Figure(f"  {kind}, p95", percentile(own or [math.nan], 0.95), "ms"),
        ]
    return figures


def _refusals(done: Sequence[dict[str, Any]]) -> list[str]:
    return sorted({f"{one['kind']}: {one['said']}" for one in done if one["id"] is None})


def main(argv: Sequence[str] | None = None) -> int:
    """Make the plan, measure and print."""
    loads = [os.getloadavg()[0]]
    with drafted_city() as city, chromium() as browser, TemporaryDirectory() as home:
        figures = sizes(city)
        for measure in (opening, feedback, trips):
            figures += measure(city, browser, home)
    loads.append(os.getloadavg()[0])
    load = Figure("load of the machine before", loads[0], "", note=f"{loads[1]:.1f} after")
    return report([load, *figures, *PUBLISHED], argv)


if __name__ == "__main__":
    sys.exit(main())
