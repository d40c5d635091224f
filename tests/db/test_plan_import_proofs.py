"""What is proved of plans from outside: where no division could do better, nothing stands against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from gridmap.models import Building, Entrance
from gridmap.services import plans
from gridmap.services.actors import SYSTEM
from tests.db.imports import bring, create, export, table_of
from tests.db.lives import DISTRICT, GRID_1, GRID_2, load_town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridmap.db import Database


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    """The sample town: grid 1 has six slabs of 48 households, grid 2 three towers of 72 and one of 44."""
    return copy_with("sample-town", load_town)


def resize(town: Database, **households: int) -> None:
    """Give buildings of grid 2 other households, on one floor behind one door: atoms that nothing divides."""
    with town.transaction() as session:
        for name, count in households.items():
            own = Building.source_id == f"{DISTRICT}-{name}"
            session.execute(delete(Entrance).where(Entrance.building_id.in_(select(Building.id).where(own))))
            values = {"households": count, "storeys": 1, "entrance_count": 1}
            session.execute(update(Building).where(own).values(**values))


def outside_of(town: Database, plan_id: int) -> set[tuple[str, str, str | None]]:
    """Micro-grids outside the band: (code, severity, reason)."""
    with town.transaction() as session:
        found = plans.check_plan(session, SYSTEM, plan_id)
    return {
        (row["micro_grid"], row["severity"], row["details"].get("reason"))
        for row in found
        if row["kind"] == "outside_band"
    }


@pytest.mark.parametrize(
    ("households", "rows", "found"),
    [
        # 44 households are too few for one micro-grid; 95 are 50 + 45 at best.
        ((0, 0, 0, 44), {"B10": "01"}, {("01", "warning", "total_too_small")}),
        ((0, 0, 50, 45), {"B09": "01", "B10": "02"}, {("02", "warning", "hole_81_99")}),
        # Cut in two where one would do: 22 + 22 misses it by 56, the least is 6.
        ((0, 0, 22, 22), {"B09": "01", "B10": "02"}, {("01", "blocking", None), ("02", "blocking", None)}),
    ],
)
def test_what_no_division_could_do_better_is_proved_for_a_plan_from_outside(
    town: Database,
    tmp_path: Path,
    households: tuple[int, ...],
    rows: dict[str, str],
    found: set[tuple[str, str, str | None]],
) -> None:
    resize(town, **dict(zip(("B07", "B08", "B09", "B10"), households, strict=True)))
    slabs = [(f"{GRID_1}0{n // 2 + 1}", "", f"{DISTRICT}-B0{n + 1}", "", "", "") for n in range(6)]
    own = [(f"{GRID_2}{code}", "", f"{DISTRICT}-{name}", "", "", "") for name, code in rows.items()]
    made = bring(town, table_of(tmp_path, *own))
    expected = {(f"{GRID_2}{code}", severity, reason) for code, severity, reason in found}
    assert outside_of(town, made.plan.id) == expected
    pairs = bring(town, table_of(tmp_path, *slabs, *own))  # 96 households to a pair: another grid's fault
    assert {one for one in outside_of(town, pairs.plan.id) if one[0].startswith(GRID_2)} == expected


def test_what_the_engine_proved_holds_for_the_same_division_from_outside(
    town: Database, tmp_path: Path
) -> None:
    """50 + 50 + 30 households in one piece each: 130 could be 65 + 65, these atoms cannot."""
    resize(town, B07=50, B08=50, B09=0, B10=30)
    rules = {"households_min": 60, "households_target": 65, "households_max": 70}
    plan = create(town, **rules)
    path = export(town, plan, tmp_path / "plan.csv")
    proved = {one for one in outside_of(town, plan.id) if one[0].startswith(GRID_2)}
    assert proved
    assert {severity for _, severity, _ in proved} == {"warning"}
    made = bring(town, path, rules=rules)
    assert outside_of(town, made.plan.id) == outside_of(town, plan.id)
    wider = bring(town, path, rules=rules | {"households_max": 75})  # other rules, nothing proved
    assert {one[1] for one in outside_of(town, wider.plan.id) if one[0].startswith(GRID_2)} == {"blocking"}
    with town.transaction() as session:
        lost = session.scalars(select(Building.source_id).where(Building.source_id.like("%-B11"))).one()
    lines = [line for line in path.read_text("utf-8-sig").splitlines() if lost not in line]
    (tmp_path / "part.csv").write_text("\n".join(lines))
    part = bring(town, tmp_path / "part.csv", rules=rules)  # B11 has no homes: it plays no part
    assert outside_of(town, part.plan.id) == outside_of(town, plan.id)
