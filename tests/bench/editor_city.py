"""The plan that `tests.bench.editor` redraws: the demo district, half of it broken down to its floors."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import func, select

from gridmap.cluster import Cluster
from gridmap.db import Database, create_database, migrate
from gridmap.models import Area, Assignment, MicroGrid
from gridmap.planning.atoms import Part
from gridmap.planning.redraw_division import normal_part
from gridmap.planning.redraw_operations import apply, describe_parts, holdings_of, new_operation
from gridmap.services.actors import SYSTEM
from gridmap.services.demo import build_demo
from gridmap.services.division_rows import write_change
from gridmap.services.divisions import MOST_GRIDS, open_division
from gridmap.services.plan_runs import create_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from gridmap.models import Plan
    from gridmap.planning.buildings import Building
    from gridmap.planning.redraw_division import Division
    from gridmap.planning.redraw_operations import Holding, Operation

DISTRICT = "370699"
TODAY = date(2026, 11, 20)
MICRO_GRIDS, ATOMS = 1000, 30_000
"""What is broken down: so many micro-grids, of so many atoms together."""


@dataclass(frozen=True)
class City:
    """A draft of the whole demo district.

    Attributes
    ----------
    plan
        Id of the draft.
    micro_grids, atoms
        Of the draft.
    dense_micro_grids, dense_atoms
        Of the part that is broken down.
    largest_grid
        Atoms of the largest grid.
    grid, community, street
        Codes in the part broken down: a grid of middling size, its community, and the street with most grids
        that the editor still opens whole.
    streets
        All streets broken down.
    """

    database: Database
    plan: int
    micro_grids: int
    atoms: int
    dense_micro_grids: int
    dense_atoms: int
    largest_grid: int
    grid: str
    community: str
    street: str
    streets: tuple[str, ...]


@contextmanager
def drafted_city() -> Iterator[City]:
    """A throw-away cluster, durable as in earnest, with the city in it."""
    with TemporaryDirectory(prefix="gridmap-bench-") as folder:
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "postgres")
        cluster.start()
        create_database(cluster.url("postgres"), "bench")
        database = Database(cluster.url("bench"))
        migrate(database)
        build_demo(database, SYSTEM, "district", today=TODAY)
        plan = create_plan(database, SYSTEM, DISTRICT)
        yield _break_down(database, plan)
        database.close()
        cluster.release()


def _break_down(database: Database, plan: Plan) -> City:
    """Break street after street down to floors, until the micro-grids and atoms wanted are reached."""
    grids, atoms = _grids_of(database, plan), ATOMS // MICRO_GRIDS
    sizes: dict[str, tuple[int, int]] = {}
    dense: list[str] = []
    for street in sorted({code[:9] for code in grids}):
        if sum(sizes[code][0] for code in dense) >= MICRO_GRIDS:
            break
        own = [code for code in grids if code[:9] == street]
        for code in own:
            with database.transaction() as session:
                sizes[code] = _break_grid(session, plan, grids[code], atoms)
        dense += [code for code in own if sizes[code][0]]
    streets = tuple(sorted({code[:9] for code in dense}))
    held = {street: sum(code[:9] == street for code in grids) for street in streets}
    middling = sorted(dense, key=lambda code: sizes[code])[len(dense) // 2]
    with database.transaction() as session:
        counts = [
            session.scalar(select(func.count()).select_from(table).where(table.plan_id == plan.id)) or 0
            for table in (MicroGrid, Assignment)
        ]
    return City(
        database,
        plan.id,
        *counts,
        *(sum(sizes[code][i] for code in dense) for i in (0, 1)),
        max(sizes[code][1] for code in dense),
        middling,
        middling[:12],
        max((s for s in streets if held[s] <= MOST_GRIDS), key=lambda s: held[s]),
        streets,
    )


def _grids_of(database: Database, plan: Plan) -> dict[str, Area]:
    inside = Area.lineage.contains([plan.area_id])
    with database.transaction() as session:
        rows = session.scalars(select(Area).where(Area.level == "grid", inside).order_by(Area.code))
        return {grid.code: grid for grid in rows}


def _break_grid(session: Session, plan: Plan, grid: Area, atoms: int) -> tuple[int, int]:
    """Break buildings until a grid has so many atoms per micro-grid; its micro-grids and atoms then."""
    division = open_division(session, plan, grid).division
    if division is None:
        return 0, 0
    count = len(np.unique(division.labels))
    change = apply(division, _floors_of(division, atoms * count))
    write_change(session, plan, grid, division, change.division)
    return count, len(change.division.keys)


def _floors_of(division: Division, atoms: int) -> Operation:
    """Make the operation that breaks building after building into floors until there are so many atoms."""
    operation = new_operation("break", {})
    total = len(division.keys)
    for b, building in enumerate(division.ground.buildings):
        before = holdings_of(division, b)
        if total >= atoms:
            break
        if building.households == 0:
            continue
        after = _by_floor(building, before)
        if after != before:
            operation["parts"].append(describe_parts(division, b, after))
            total += len(after) - len(before)
    return operation


def _by_floor(building: Building, held: list[Holding]) -> list[Holding]:
    """Give the single floors of a building, where they are now."""
    storeys = {entrance.number: entrance.storeys for entrance in building.entrances}
    return [
        (normal_part(building, Part(entrance, floor, floor)), code)
        for part, code in held
        for entrance in ([part.entrance] if part.entrance else storeys)
        for floor in range(part.low or 1, (part.high or storeys[entrance]) + 1)
    ]
