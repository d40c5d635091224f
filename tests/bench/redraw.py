"""How long a redraw takes on a parent of 500 atoms, new polygons and report included.

The parent is the union of neighbouring grids of the demo city, divided by the engine.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gridmap.planning import PlanRules, redraw, redraw_locks
from gridmap.planning.codes import assign_codes
from gridmap.planning.inputs import read_source
from gridmap.planning.plan import ground_of, plan_parent
from gridmap.planning.redraw_division import Division, division_of_plan
from gridmap.planning.redraw_operations import apply
from gridmap.planning.remedies import cheapest_remedy
from tests.bench.figures import Figure, median_ms, report
from tests.bench.instances import Instance, demo_districts, with_parents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ATOMS = 500
LIMIT_MS = 20.0
FAULTS, MENDED_SHARE = 50, 0.9


def large_parent(atoms: int = ATOMS) -> Instance:
    """Join neighbouring grids of a demo district to one parent of about so many buildings."""
    city = demo_districts()[0]
    grids = city.parents.geometry.to_numpy()
    count = np.bincount(
        np.searchsorted(city.parents["id"], city.buildings["parent_id"]), minlength=len(grids)
    )
    middle = shapely.centroid(shapely.union_all(grids))
    order = np.argsort(shapely.distance(shapely.centroid(grids), middle), kind="stable")
    taken = order[: int(np.searchsorted(np.cumsum(count[order]), atoms)) + 1]
    parent = gpd.GeoDataFrame(
        {"id": [1], "code": ["370600001001001"]}, geometry=[shapely.union_all(grids[taken])], crs=4326
    )
    buildings = with_parents(city.buildings, parent)
    return Instance("demo 500", parent, buildings, city.entrances, city.barriers)


def divided(city: Instance, rules: PlanRules) -> Division:
    """Divide the one parent of a city and make a division of it that can be redrawn."""
    source = read_source(*city.frames, rules)
    plan = plan_parent(source, 0, rules, 0)
    ground = ground_of(source, 0, rules)
    if ground is None:
        raise ValueError("nothing stands here")
    codes = assign_codes(plan.parent_code, len(plan.polygons))
    return division_of_plan(ground, plan, rules, codes)


def operations(division: Division) -> dict[str, Callable[[], redraw.Change]]:
    """Give one of each kind of operation, somewhere in the middle of the parent."""
    graph, labels, codes = division.graph, division.labels, division.codes
    at = np.stack([graph.x_m, graph.y_m], axis=1)
    several = np.flatnonzero(np.bincount(labels)[labels] >= 4)
    middle = several[np.argmin(((at[several] - at.mean(axis=0)) ** 2).sum(axis=1))]
    own = int(labels[middle])
    cut = labels[graph.ends[:, 0]] != labels[graph.ends[:, 1]]
    near = graph.ends[cut & (labels[graph.ends] == own).any(axis=1)]
    one, other = near[0] if labels[near[0][0]] == own else near[0][::-1]
    keys, next_to = division.keys, int(labels[other])
    around = sorted({int(v) for v in labels[near].reshape(-1)} - {own})
    frame = division.ground.frame
    points = division.points[labels == own]
    centre = np.median(points, axis=0)
    swept = np.stack([points.mean(axis=0), division.points[other]])
    box = shapely.box(*(swept.min(axis=0) - 5), *(swept.max(axis=0) + 5))

    def degrees(xy: np.ndarray) -> list[list[float]]:
        return (xy / (frame.x_m, frame.y_m) + (frame.lon, frame.lat)).tolist()

    large = max(
        (b for b in division.ground.buildings if len(b.entrances) > 1 and b.households > 0),
        key=lambda b: (len(b.entrances), -b.id),
    )
    is_whole = len(division.parts[division.row_of_building[large.id]]) == 1
    whole = division if is_whole else redraw.heal_building(division, large.id).division
    broken = redraw.break_building(whole, large.id).division
    loose = redraw.move(division, [keys[i] for i in np.flatnonzero(labels == own)], None).division
    group = [own, next_to, *(v for v in around if v != next_to)][:4]
    given = np.flatnonzero(labels == next_to)[:-1]
    lopsided = redraw.move(division, [keys[i] for i in given], codes[own]).division
    moved = redraw.move(division, [keys[other]], codes[own])
    return {
        "move": lambda: redraw.move(division, [keys[other]], codes[own]),
        "undo a move": lambda: apply(moved.division, moved.inverse),
        "new": lambda: redraw.new(division, [keys[one], keys[other]]),
        "merge": lambda: redraw.merge(division, [codes[own], codes[next_to]]),
        "cut by a line": lambda: redraw.cut_by_line(
            division, [codes[own]], degrees(centre + np.array([[-0.1, -500], [0.1, 500]]))
        ),
        "push the boundary": lambda: redraw.push_boundary(
            division, codes[own], degrees(shapely.get_coordinates(box))
        ),
        "break by entrance": lambda: redraw.break_building(whole, large.id),
        "break by floor": lambda: redraw.break_building(broken, large.id, entrance=large.entrances[0].number),
        "heal": lambda: redraw.heal_building(broken, large.id),
        "swap": lambda: redraw.swap(division, [keys[one]], [keys[other]]),
        "fill unassigned": lambda: redraw.fill_unassigned(loose),
        "re-balance 4": lambda: redraw.rebalance(lopsided, [codes[v] for v in group]),
        "lock": lambda: redraw_locks.lock(division, [codes[own]]),
    }


def measure() -> list[Figure]:
    """Measure every kind of operation and the remedies of a micro-grid out of the band."""
    division = divided(large_parent(), PlanRules())
    size = Figure("redraw: atoms of the parent", len(division.keys), "atoms")
    faults = faults_by_hand(division)
    remedies = [cheapest_remedy(fault, code) for fault, code in faults]
    mended = sum(remedy is not None and remedy["is_enough"] for remedy in remedies) / len(faults)
    spent = median_ms(lambda: [cheapest_remedy(fault, code) for fault, code in faults[:10]], times=3) / 10
    figures = [
        Figure(f"redraw: {name}", median_ms(work, times=15), "ms", LIMIT_MS)
        for name, work in operations(division).items()
    ]
    return [
        size,
        *figures,
        Figure("redraw: cheapest remedy of a micro-grid", spent, "ms"),
        Figure("redraw: faults that a remedy removes", mended, "share", MENDED_SHARE, more_is_better=True),
    ]


def faults_by_hand(division: Division) -> list[tuple[Division, str]]:
    """Move single atoms over a border until so many micro-grids have left the band."""
    chance = np.random.default_rng(1)
    faults: list[tuple[Division, str]] = []
    ends, labels = division.graph.ends, division.labels
    across = ends[labels[ends[:, 0]] != labels[ends[:, 1]]]
    while len(faults) < FAULTS:
        atom, neighbour = across[chance.integers(len(across))]
        moved = redraw.move(division, [division.keys[atom]], division.codes[labels[neighbour]])
        faults += [
            (moved.division, row["code"])
            for row in moved.report["micro_grids"]
            if {"under", "over"} & set(row["appeared"])
        ]
    return faults[:FAULTS]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    return report(measure(), argv)


if __name__ == "__main__":
    sys.exit(main())
