"""Two plans side by side, and a plan beside the buildings of today: the sample town of `tests.db.lives`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text, update

from gridmap.cli import gridmap
from gridmap.errors import BadInput, Conflict
from gridmap.models import Area, Building, Plan, Posting, Staff
from gridmap.services import plan_lives, plans
from gridmap.services.actors import SYSTEM
from gridmap.services.building_changes import list_building_changes
from gridmap.services.locks import lock_micro_grids
from gridmap.services.plan_comparisons import Comparison, as_table, compare_plans, list_shapes
from tests.db import lives
from tests.db.lives import DISTRICT, GRID_1, GRID_2

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database

A, B = f"{GRID_2}01", f"{GRID_2}02"
EMPTY = {
    "atoms_moved": 0,
    "households_moved": 0,
    "households_staff_changed": 0,
    "staff_affected": 0,
    "moved_share": 0.0,
    "buildings_new": 0,
    "buildings_gone": 0,
    "micro_grids_created": 0,
    "micro_grids_retired": 0,
    "micro_grids_changed": 0,
    "micro_grids_kept": 8,
}


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    return copy_with("sample-town", lives.load_town)


@pytest.fixture
def plan(town: Database) -> int:
    return lives.create(town).id


def branch(town: Database, plan_id: int) -> int:
    with town.transaction() as session:
        return plan_lives.branch_plan(session, SYSTEM, plan_id).id


def compare(town: Database, plan_id: int, other_id: int | None = None) -> Comparison:
    with town.transaction() as session:
        return compare_plans(session, SYSTEM, plan_id, other_id)


def figures(found: Comparison) -> dict[str, Any]:
    return {name: found.summary[name] for name in EMPTY}


def test_a_plan_does_not_differ_from_itself_nor_from_its_copy(town: Database, plan: int) -> None:
    for other in (plan, branch(town, plan)):
        found = compare(town, plan, other)
        assert figures(found) == EMPTY
        assert (found.rows, found.micro_grids) == ([], [])
        both = found.summary["balance"]
        # Six times 72, 60 and 56 against 65: (6 x 7 + 5 + 9) / 8.
        assert both["before"] == both["after"] == 7.0
        with town.transaction() as session:
            assert list_shapes(session, found) == []


def test_a_moved_building_is_counted_once_both_ways(town: Database, plan: int) -> None:
    draft = branch(town, plan)
    b10 = lives.atom(town, "B10")
    lives.redraw(town, draft, GRID_2, "move", atoms=[b10], to=B)
    for one, other, ends in ((draft, plan, (A, B)), (plan, draft, (B, A))):
        found = compare(town, one, other)
        expected = {"atoms_moved": 1, "households_moved": 44, "moved_share": round(44 / 548, 4)}
        expected |= {"micro_grids_changed": 2, "micro_grids_kept": 6}
        assert figures(found) == EMPTY | expected
        (row,) = found.rows
        assert (row["before"], row["after"], row["households"]) == (*ends, 44)
    found = compare(town, draft, plan)
    # Six times 72, 12 and 104 against 65: (6 x 7 + 53 + 39) / 8.
    assert found.summary["balance"] == {"before": 7.0, "after": 16.75}
    assert found.summary["in_band_share"] == {"before": 1.0, "after": 0.75}
    told = {row["code"]: (row["households_before"], row["households_after"]) for row in found.micro_grids}
    assert told == {A: (56, 12), B: (60, 104)}


def test_buildings_broken_differently_are_compared_by_what_they_have_in_common(
    town: Database, plan: int
) -> None:
    draft = branch(town, plan)
    b08 = lives.atom(town, "B08")  # 72 households on 18 floors, whole in …03
    lives.redraw(town, draft, GRID_2, "break", building=int(b08[1:]), entrance=1, floors=[7])
    assert figures(compare(town, draft, plan)) == EMPTY  # broken, but nobody has moved
    lives.redraw(town, draft, GRID_2, "move", atoms=[f"{b08}/e1/1-6"], to=f"{GRID_2}04")
    found = compare(town, draft, plan)
    (row,) = found.rows
    assert (row["floor_from"], row["floor_to"], row["households"]) == (1, 6, 24)
    other = branch(town, plan)
    lives.redraw(town, other, GRID_2, "break", building=int(b08[1:]), entrance=1, floors=[10])
    lives.redraw(town, other, GRID_2, "move", atoms=[f"{b08}/e1/1-9"], to=f"{GRID_2}04")
    found = compare(town, other, draft)  # floors 7-9 came besides 1-6
    (row,) = found.rows
    assert (row["floor_from"], row["floor_to"], row["households"]) == (7, 9, 12)
    assert (row["before"], row["after"]) == (f"{GRID_2}03", f"{GRID_2}04")


def test_publishing_tells_the_same_number(town: Database, plan: int) -> None:
    lives.publish(town, plan)
    draft = branch(town, plan)
    b08 = lives.atom(town, "B08")
    lives.redraw(town, draft, GRID_2, "break", building=int(b08[1:]), entrance=1, floors=[7])
    lives.redraw(town, draft, GRID_2, "move", atoms=[f"{b08}/e1/1-6"], to=f"{GRID_2}04")
    lives.redraw(town, draft, GRID_2, "move", atoms=[lives.atom(town, "B09")], to=None)
    assert compare(town, draft).summary["households_moved"] == 24 + 72
    with town.transaction() as session:
        changes = plans.compare_with_published(session, SYSTEM, draft)
    assert (changes["households_moved"], changes["households_before"]) == (96, 548)


def test_created_and_retired_micro_grids_are_named(town: Database, plan: int) -> None:
    draft = branch(town, plan)
    b08, b09 = lives.atom(town, "B08"), lives.atom(town, "B09")
    lives.redraw(town, draft, GRID_2, "move", atoms=[b09], to=f"{GRID_2}03")  # 04 holds nothing any more
    lives.redraw(town, draft, GRID_2, "new", atoms=[b08])
    found = compare(town, draft, plan)
    told = {row["code"]: row["change"] for row in found.micro_grids}
    assert told == {f"{GRID_2}03": "changed", f"{GRID_2}04": "retired", f"{GRID_2}05": "created"}
    with town.transaction() as session:
        shapes = list_shapes(session, found)
    assert {shape["id"] for shape in shapes} == {
        f"building/{b08[1:]}",
        f"building/{b09[1:]}",
        *(f"micro_grid/{code}" for code in told),
        f"micro_grid_before/{GRID_2}03",
    }
    assert all(shape["geometry"]["type"] == "MultiPolygon" for shape in shapes)


def test_people_change_only_where_others_answer(town: Database, plan: int) -> None:
    draft = branch(town, plan)
    lives.redraw(town, draft, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=B)
    assert compare(town, draft, plan).summary["households_staff_changed"] == 0  # nobody is posted to either
    with town.transaction() as session:
        one, other = session.scalars(select(Staff.id).order_by(Staff.id).limit(2)).all()
        for staff, code in ((one, A), (one, B)):
            session.add(Posting(staff_id=staff, micro_grid_code=code, starts_on=func.current_date()))
    assert compare(town, draft, plan).summary["households_staff_changed"] == 0  # the same post for both
    assert compare(town, draft, plan).summary["staff_affected"] == 0  # who has both hands nothing over
    with town.transaction() as session:
        session.add(Posting(staff_id=other, micro_grid_code=B, starts_on=func.current_date()))
    assert compare(town, draft, plan).summary["households_staff_changed"] == 44
    assert compare(town, draft, plan).summary["staff_affected"] == 1
    assert compare(town, draft, plan).micro_grids[1]["people"] == 2


def test_a_plan_of_a_part_is_compared_with_the_whole(town: Database, plan: int) -> None:
    part = lives.create(town, GRID_2).id
    assert figures(compare(town, part, plan))["micro_grids_kept"] == 4
    assert figures(compare(town, plan, part))["households_moved"] == 0
    other = lives.create(town, GRID_1).id
    with pytest.raises(BadInput, match="different areas"):
        compare(town, part, other)
    with town.transaction() as session:
        waiting = plans.request_plan(session, SYSTEM, GRID_1).id
    with pytest.raises(Conflict):
        compare(town, waiting, plan)


def test_against_nothing_everything_is_new(town: Database, plan: int) -> None:
    found = compare(town, plan)
    assert (found.summary["micro_grids_created"], found.summary["households_moved"]) == (8, 0)
    assert found.summary["balance"] == {"before": None, "after": 7.0}
    assert found.summary["buildings_new"] == 12


def test_the_table_holds_every_row(
    town: Database, plan: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = branch(town, plan)
    lives.redraw(town, draft, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=B)
    table = as_table(compare(town, draft, plan))
    assert table[["households", "before", "after"]].values.tolist() == [[44, A, B]]
    monkeypatch.setenv("DATABASE_URL", town.engine.url.render_as_string(hide_password=False))
    file = tmp_path / "rows.csv"
    done = CliRunner().invoke(
        gridmap, ["plan", "compare", str(draft), str(plan), "--csv", str(file)], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "44" in done.output
    assert len(file.read_text("utf-8-sig").splitlines()) == 2


def changes(town: Database, plan_id: int) -> Any:
    with town.transaction() as session:
        return list_building_changes(session, SYSTEM, plan_id)


def test_new_buildings_are_offered_a_micro_grid_they_touch(town: Database, plan: int) -> None:
    assert (changes(town, plan).unassigned, changes(town, plan).changed) == ([], [])
    copy = text(
        "INSERT INTO buildings (source, source_id, name, use, storeys, entrance_count, households,"
        " households_source, households_estimated, grid_id, geom)"
        " SELECT source, :id, :id, use, storeys, entrance_count, :households, 'register', false, grid_id,"
        " ST_Translate(geom, 0.00001, 0) FROM buildings WHERE source_id = '370698-B09'"
    )
    with town.transaction() as session:
        session.execute(copy, {"id": "N1", "households": 8})
        session.execute(copy, {"id": "N2", "households": 8})
        session.execute(copy, {"id": "N3", "households": 30})
    found = changes(town, plan).unassigned
    assert [row["building"] for row in found] == ["N1", "N2", "N3"]
    assert all(row["is_new"] and row["grid"] == GRID_2 for row in found)
    # They stand on B09, which is all of 04 (72) and has room for 8 once; they touch nothing else.
    told = [(row["proposed"], row["households_after"], row["status_after"]) for row in found]
    assert told == [(f"{GRID_2}04", 80, "in_band"), (f"{GRID_2}04", 88, "over"), (f"{GRID_2}04", 110, "over")]
    assert {(row["is_contiguous"], row["follows"]) for row in found} == {(True, False)}
    with town.transaction() as session:
        lock_micro_grids(session, SYSTEM, plan, [f"{GRID_2}04"])
    first = changes(town, plan).unassigned[0]
    assert first["proposed"] not in (None, f"{GRID_2}04")
    assert not first["is_contiguous"]


def test_a_kiosk_in_a_grid_without_micro_grids_looks_for_none(town: Database, plan: int) -> None:
    """A grid that holds nobody is not divided; once somebody lives there, they are told."""
    with town.transaction() as session:
        session.execute(text("DELETE FROM assignments WHERE plan_id = :plan_id"), {"plan_id": plan})
        session.execute(text("DELETE FROM micro_grids WHERE plan_id = :plan_id"), {"plan_id": plan})
        session.execute(text("UPDATE buildings SET households = 0 WHERE source_id <> '370698-B09'"))
    assert [row["households"] for row in changes(town, plan).unassigned] == [72]


def test_buildings_gone_moved_or_counted_anew_are_listed(town: Database, plan: int) -> None:
    with town.transaction() as session:
        grid_1 = session.scalars(select(Area.id).where(Area.code == GRID_1)).one()
        for name, values in (
            ("B01", {"grid_id": None}),
            ("B09", {"grid_id": grid_1}),
            ("B10", {"households": 50}),
        ):
            session.execute(
                update(Building).where(Building.source_id == f"{DISTRICT}-{name}").values(**values)
            )
    told = {row["change"]: row for row in changes(town, plan).changed}
    assert sorted(told) == ["gone", "moved", "recounted"]
    assert (told["moved"]["grid_before"], told["moved"]["grid_now"]) == (GRID_2, GRID_1)
    assert (told["recounted"]["households_before"], told["recounted"]["households_now"]) == (44, 50)
    assert told["gone"]["micro_grids"] == [f"{GRID_1}03"]


def test_what_was_left_unassigned_is_told_from_what_is_new(town: Database, plan: int) -> None:
    lives.redraw(town, plan, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=None)
    (row,) = changes(town, plan).unassigned
    assert (row["is_new"], row["households"]) == (False, 44)
    # 02 has 60 households; only 01 with 12 left has room for 44.
    assert (row["proposed"], row["households_after"]) == (A, 56)
    with town.transaction() as session:
        assert session.get_one(Plan, plan).status == "draft"
