"""Redrawing a draft on the sample town: operations on the tables, undo, and two planners at once.

Grid 1 holds six slabs of 48 households, grid 2 three towers of 72 (B07-B09) and one of 44 (B10).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import select, text

from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound
from gridmap.models import Area, Assignment, AuditEntry, Building, MicroGrid, Plan, PlanOperation
from gridmap.services import divisions, plan_runs, plans
from gridmap.services.accounts import actor_of_account, create_account
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.divisions import KeptDivisions, open_division
from gridmap.services.redraw_log import list_operations, moves_of
from gridmap.services.redraws import Done, list_remedies, preview, redo, redraw_plan, undo
from tests.db.lives import load_town

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database
    from gridmap.planning.redraw_division import Division

DISTRICT, GRID_1, GRID_2 = "370698", "370698001001001", "370698001001002"


class Drafted:
    """The sample town with a draft, and two planners; on a copy of what `fill` made."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.forget()
        with database.transaction() as session:
            self.li, self.wu = (actor_of_account(session, name) for name in ("li", "wu"))
            self.plan = session.scalars(select(Plan)).one()

    @staticmethod
    def fill(database: Database) -> None:
        """Load the town, add the planners, make the draft."""
        load_town(database)
        with database.transaction() as session:
            for name in ("li", "wu"):
                create_account(session, SYSTEM, name, role="planner", area_codes=[DISTRICT])
        plan_runs.create_plan(database, SYSTEM, DISTRICT, seed=1)

    def redraw(self, actor: Actor, grid: str, kind: str, op_id: UUID | None = None, **arguments: Any) -> Done:
        expected = arguments.pop("expected", None)
        with self.database.transaction() as session:
            return redraw_plan(
                session, actor, self.plan.id, grid, kind, arguments, op_id=op_id or uuid4(), expected=expected
            )

    def undo(self, actor: Actor) -> Done:
        with self.database.transaction() as session:
            return undo(session, actor, self.plan.id, op_id=uuid4())

    def redo(self, actor: Actor) -> Done:
        with self.database.transaction() as session:
            return redo(session, actor, self.plan.id, op_id=uuid4())

    def forget(self) -> None:
        """Let the next one read from the tables, as another process does."""
        divisions.KEPT = KeptDivisions(4)

    def division(self, grid: str = GRID_1) -> Division:
        with self.database.transaction() as session:
            area = session.scalars(select(Area).where(Area.code == grid)).one()
            opened = open_division(session, self.plan, area).division
            assert opened is not None
            return opened

    def rows(self) -> tuple[dict[str, str | None], dict[str, tuple[Any, ...]]]:
        """Atom -> code; code -> what its row says, shapes as WKB."""
        with self.database.transaction() as session:
            held = select(Assignment.atom, MicroGrid.code).outerjoin(
                MicroGrid, MicroGrid.id == Assignment.micro_grid_id
            )
            held = held.where(Assignment.plan_id == self.plan.id)
            drawn = session.execute(
                text(
                    "SELECT code, households, building_count, status, stacked, locked, contents,"
                    " encode(ST_AsBinary(geom), 'hex')"
                    " FROM micro_grids WHERE plan_id = :plan_id"
                ),
                {"plan_id": self.plan.id},
            )
            return {row[0]: row[1] for row in session.execute(held)}, {
                row[0]: tuple(row[1:]) for row in drawn
            }

    def blocking(self) -> list[str]:
        with self.database.transaction() as session:
            found = plans.check_plan(session, SYSTEM, self.plan.id)
        return [one["kind"] for one in found if one["severity"] == "blocking"]


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Drafted:
    return Drafted(copy_with("drafted", Drafted.fill))


def atoms_of(division: Division, code: str) -> list[str]:
    row = division.codes.index(code)
    return [division.keys[i] for i in np.flatnonzero(division.labels == row)]


def codes_of(division: Division) -> list[str]:
    return [division.codes[label] for label in sorted(set(division.labels.tolist())) if label >= 0]


def test_a_move_changes_the_rows_of_two_micro_grids_and_is_logged(town: Drafted) -> None:
    division = town.division()
    one, other = codes_of(division)[:2]
    atom = atoms_of(division, one)[0]
    before = town.rows()
    done = town.redraw(town.li, GRID_1, "move", atoms=[atom], to=other)
    after = town.rows()
    assert after[0] == {**before[0], atom: other}
    moved = int(division.graph.households[division.row_of_key[atom]])
    assert after[1][other][0] == before[1][other][0] + moved
    assert {code for code in after[1] if after[1][code] != before[1].get(code)} <= set(
        done.entry.report["changed"]
    )
    with town.database.transaction() as session:
        (row,) = list_operations(session, town.li, town.plan.id)
        assert (row.by, row.grid.code, row.operation.kind) == ("li", GRID_1, "move")
        assert moves_of(row.operation) == [[atom, one, other]]
        assert list_operations(session, town.li, town.plan.id, by="wu") == []
        assert len(list_operations(session, town.li, town.plan.id, micro_grid=other)) == 1
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "redrawn")).one()
        assert entry.details["by"] == "li"
        measures = session.get_one(type(town.plan), town.plan.id).measures
    inside = [row for row in after[1].values() if row[2] == "in_band"]
    assert measures["in_band"] == len(inside)


def test_what_is_kept_in_memory_is_what_the_tables_say(town: Drafted) -> None:
    division = town.division(GRID_2)
    building = next(b.id for b in division.ground.buildings if b.households > 44)
    town.redraw(town.li, GRID_2, "break", building=building, entrance=1)
    town.redraw(town.li, GRID_2, "new", atoms=[town.division(GRID_2).keys[0]])
    kept = town.division(GRID_2)
    town.forget()
    read = town.division(GRID_2)
    assert read is not kept
    assert (read.keys, [read.code_of(v) for v in read.labels]) == (
        kept.keys,
        [kept.code_of(v) for v in kept.labels],
    )
    for code in codes_of(read):
        place = read.codes.index(code) + 1, kept.codes.index(code) + 1
        one, other = read.polygons[place[0]], kept.polygons[place[1]]
        assert (one is None and other is None) or one.equals_exact(other, 0)


def random_operation(division: Division, rng: np.random.Generator) -> tuple[str, dict[str, Any]]:
    """Think of something to do; it may be refused."""
    codes = codes_of(division)
    atoms = [str(key) for key in rng.choice(division.keys, min(len(division.keys), 1 + int(rng.integers(3))))]
    buildings = [b.id for b in division.ground.buildings if b.households]
    building = int(rng.choice(buildings))
    some = [str(code) for code in rng.choice(codes, min(2, len(codes)), replace=False)]
    west, south, east, north = division.ground.footprints[0].bounds
    frame = division.ground.frame
    x = rng.uniform(west, east) / frame.x_m + frame.lon
    line = [[x, south / frame.y_m + frame.lat - 0.01], [x + 1e-5, north / frame.y_m + frame.lat + 0.01]]
    made: list[tuple[str, dict[str, Any]]] = [
        ("move", {"atoms": atoms, "to": some[0]}),
        ("move", {"atoms": atoms, "to": None}),
        ("new", {"atoms": atoms}),
        ("merge", {"codes": some}),
        ("cut", {"codes": some, "line": line}),
        ("push", {"code": some[0], "shape": line, "is_area": False}),
        ("break", {"building": building, "entrance": 1 if rng.random() < 0.5 else None}),
        ("heal", {"building": building}),
        ("fill", {}),
        ("rebalance", {"codes": some}),
        ("lock", {"codes": some[:1]}),
        ("unlock", {"codes": some}),
        ("lock_buildings", {"buildings": [building]}),
        ("unlock_buildings", {"buildings": buildings}),
    ]
    return made[int(rng.integers(len(made)))]


def test_two_hundred_mixed_operations_are_undone_by_another_process(town: Drafted) -> None:
    start = town.rows()
    rng = np.random.default_rng(7)
    households = sum(row[0] for row in start[1].values())
    kinds: Counter[str] = Counter()
    while kinds.total() < 200:
        grid = GRID_1 if rng.random() < 0.5 else GRID_2
        division = town.division(grid)
        kind, arguments = random_operation(division, rng)
        try:
            town.redraw(town.li, grid, kind, **arguments)
        except (BadInput, Conflict):
            continue
        kinds[kind] += 1
        now = town.division(grid)
        assert now.graph.households.sum() == division.graph.households.sum()
    assert min(kinds[kind] for kind in ("move", "new", "merge", "cut", "push", "break", "heal")) > 0
    changed = town.rows()
    assert changed[0] != start[0]
    with town.database.transaction() as session:
        total = select(Assignment.households).where(Assignment.plan_id == town.plan.id)
        assert sum(session.scalars(total)) == households
    assert {"atom_missing", "atom_twice", "gap_or_overlap", "building_cut"}.isdisjoint(town.blocking())
    town.forget()
    for _ in range(200):
        town.undo(town.li)
    with pytest.raises(Conflict):
        town.undo(town.li)
    assert town.rows() == start
    town.forget()
    for _ in range(200):
        town.redo(town.li)
    with pytest.raises(Conflict):
        town.redo(town.li)
    assert town.rows() == changed


def test_the_same_operation_sent_twice_is_done_once(town: Drafted) -> None:
    division = town.division()
    one, other = codes_of(division)[:2]
    atom, op_id = atoms_of(division, one)[0], uuid4()
    first = town.redraw(town.li, GRID_1, "move", op_id, atoms=[atom], to=other)
    again = town.redraw(town.li, GRID_1, "move", op_id, atoms=[atom], to=other)
    assert again.entry.id == first.entry.id
    with town.database.transaction() as session:
        assert len(session.scalars(select(PlanOperation.id)).all()) == 1


def test_an_atom_that_somebody_else_moved_stays_and_the_rest_moves(town: Drafted) -> None:
    division = town.division()
    one, other = codes_of(division)[:2]
    atoms = atoms_of(division, one)
    assert len(atoms) >= 2
    town.redraw(town.wu, GRID_1, "move", atoms=atoms[:1], to=other)
    done = town.redraw(town.li, GRID_1, "move", atoms=atoms, to=None, expected=dict.fromkeys(atoms, one))
    (refused,) = done.entry.refused
    assert (refused["atom"], refused["expected"], refused["now"], refused["by"]) == (
        atoms[0], one, other, "wu",
    )  # fmt: skip
    rows = town.rows()[0]
    assert rows[atoms[0]] == other
    assert {rows[atom] for atom in atoms[1:]} == {None}
    with pytest.raises(Conflict) as caught:
        town.redraw(town.li, GRID_1, "move", atoms=atoms[:1], to=None, expected={atoms[0]: one})
    assert (caught.value.message, caught.value.details["by"]) == ("redraw_all_moved", "wu")


def test_undo_takes_back_ones_own_and_names_who_stands_in_the_way(town: Drafted) -> None:
    division = town.division()
    one, other = codes_of(division)[:2]
    atom = atoms_of(division, one)[0]
    town.redraw(town.li, GRID_1, "move", atoms=[atom], to=other)
    town.redraw(town.wu, GRID_1, "move", atoms=[atom], to=None)
    with pytest.raises(Conflict) as caught:
        town.undo(town.li)
    assert caught.value.details["by"] == "wu"
    town.undo(town.wu)
    town.undo(town.li)
    assert town.rows()[0][atom] == one
    town.redraw(town.li, GRID_1, "move", atoms=[atom], to=None)
    with pytest.raises(Conflict):  # a fresh operation ends what could be done again
        town.redo(town.li)


def test_a_lock_is_kept_by_the_server(town: Drafted) -> None:
    division = town.division()
    one, other = codes_of(division)[:2]
    town.redraw(town.li, GRID_1, "lock", codes=[one])
    before = town.rows()
    with pytest.raises(Conflict):
        town.redraw(town.wu, GRID_1, "move", atoms=atoms_of(division, one)[:1], to=other)
    assert town.rows() == before
    assert before[1][one][4] is True


def test_a_preview_writes_nothing_and_says_what_the_operation_does(town: Drafted) -> None:
    division = town.division()
    one, other = codes_of(division)[:2]
    before = town.rows()
    with town.database.transaction() as session:
        _, change = preview(session, town.li, town.plan.id, GRID_1, "merge", {"codes": [one, other]})
    assert town.rows() == before
    done = town.redraw(town.li, GRID_1, "merge", codes=[one, other])
    assert {key: done.entry.report[key] for key in change.report} == dict(change.report)


def test_a_micro_grid_outside_the_band_has_a_finding_and_a_remedy_that_mends_it(town: Drafted) -> None:
    division = town.division()
    one = codes_of(division)[0]
    town.redraw(town.li, GRID_1, "new", atoms=atoms_of(division, one)[:1])
    with town.database.transaction() as session:
        outside = select(MicroGrid.code).where(
            MicroGrid.plan_id == town.plan.id,
            MicroGrid.status != "in_band",
            MicroGrid.code.startswith(GRID_1),
        )
        code = session.scalars(outside.order_by(MicroGrid.code)).all()[-1]
        assert list_remedies(session, town.li, town.plan.id, code)[0]["operation"] is not None
    town.redraw(town.li, GRID_1, "remedy", code=code, rank=1)
    rows = town.rows()[1]
    assert code not in rows or rows[code][2] == "in_band"


def test_only_a_draft_in_scope_is_redrawn_and_what_makes_no_sense_is_refused(
    town: Drafted,
) -> None:
    official = Actor(town.li.account_id, "li", "official", town.li.area_ids)
    with pytest.raises(NotAllowed):
        town.redraw(official, GRID_1, "fill")
    with pytest.raises(NotFound):
        town.redraw(town.li, DISTRICT, "fill")
    for kind, arguments in (
        ("explode", {}),
        ("move", {"to": None}),
        ("move", {"atoms": ["b1/e99"], "to": None}),
        ("cut", {"codes": [], "line": "wrong"}),
    ):
        with pytest.raises(BadInput):
            town.redraw(town.li, GRID_1, kind, **arguments)
    with town.database.transaction() as session:
        plans.publish_plan(session, SYSTEM, town.plan.id)
    with pytest.raises(Conflict):
        town.redraw(town.li, GRID_1, "fill")


def test_a_building_that_came_later_stands_unassigned_and_can_be_taken(town: Drafted) -> None:
    kept = town.division()
    with town.database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO buildings (source, source_id, name, use, households, households_estimated,"
                " households_source, storeys, entrance_count, grid_id, compound_id, geom)"
                " SELECT source, 'new', '新楼', use, 12, false, 'counted', 3, 1, grid_id,"
                " compound_id, ST_Translate(geom, 0, 0.00002) FROM buildings WHERE id = :id"
            ),
            {"id": kept.ground.buildings[0].id},
        )
        fresh = session.scalars(select(Building.id).where(Building.source_id == "new")).one()
    division = town.division()
    assert division is not kept
    assert division.code_of(division.labels[division.row_of_key[f"b{fresh}"]]) is None
    town.redraw(town.li, GRID_1, "move", atoms=[f"b{fresh}"], to=codes_of(division)[0])
    assert town.rows()[0][f"b{fresh}"] == codes_of(division)[0]


def test_a_building_that_went_is_told_and_leaves_with_the_next_change(town: Drafted) -> None:
    division = town.division()
    code = codes_of(division)[0]
    atom = next(key for key in atoms_of(division, code)[1:] if key[1:].isdigit())
    households = int(division.graph.households[division.row_of_key[atom]])
    with town.database.transaction() as session:
        session.execute(text("UPDATE buildings SET grid_id = NULL WHERE id = :id"), {"id": int(atom[1:])})
    with town.database.transaction() as session:
        found = plans.check_plan(session, SYSTEM, town.plan.id)
    told = [one for one in found if one["kind"] == "building_gone"]
    assert [(one["micro_grid"], one["severity"], one["details"]) for one in told] == [
        (code, "warning", {"building_id": int(atom[1:]), "households": households})
    ]
    assert town.blocking() == []
    before = town.rows()[1][code][0]
    town.redraw(town.li, GRID_1, "lock", codes=[code])
    held, drawn = town.rows()
    assert atom not in held
    assert drawn[code][0] == before - households
    with town.database.transaction() as session:
        kinds = {one["kind"] for one in plans.check_plan(session, SYSTEM, town.plan.id)}
    assert kinds.isdisjoint({"building_gone", "wrong_total", "gap_or_overlap"})
