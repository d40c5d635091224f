"""Plans from outside on the sample town: what comes out goes in again and is the same; faults are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import shapely
from click.testing import CliRunner
from sqlalchemy import func, select, update

from gridmap.cli import gridmap
from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.formats.plan_files import write_plan
from gridmap.models import Area, Assignment, AuditEntry, Building, MicroGrid
from gridmap.services import plans
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.plan_export import export_plan
from gridmap.services.plan_frames import read_frame
from gridmap.services.plan_imports import Source, import_plan
from tests.db.imports import HEADER, bring, create, digest_of, export, refused, table_of
from tests.db.lives import DISTRICT, GRID_1, GRID_2, load_town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridmap.db import Database

NARROW = {"households_min": 20, "households_target": 25, "households_max": 30}


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    """The sample town: grid 1 has six slabs of 48 households, grid 2 three towers of 72 and one of 44."""
    return copy_with("sample-town", load_town)


def drawn(town: Database, plan_id: int) -> dict[str, tuple[Any, ...]]:
    """Everything a micro-grid shows, by code; the polygon to the last bit."""
    query = select(
        MicroGrid.code, MicroGrid.households, MicroGrid.households_estimated, MicroGrid.building_count,
        MicroGrid.status, MicroGrid.stacked, MicroGrid.contents, func.ST_AsBinary(MicroGrid.geom),
    )  # fmt: skip
    with town.transaction() as session:
        rows = session.execute(query.where(MicroGrid.plan_id == plan_id)).all()
    return {row[0]: (*row[1:-1], None if row[-1] is None else bytes(row[-1])) for row in rows}


def shapes_of(town: Database, plan_id: int) -> dict[str, Any]:
    with town.transaction() as session:
        frame = read_frame(session, "plan_micro_grids", plan_id=plan_id)
    return dict(zip(frame["code"], frame.geometry, strict=True))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("rules", [{}, NARROW], ids=["usual", "floors"])
def test_what_is_exported_comes_back_as_it_was(
    town: Database, tmp_path: Path, ending: str, rules: dict[str, int]
) -> None:
    plan = create(town, **rules)
    path = export(town, plan, tmp_path / f"plan.{ending}")
    made = bring(town, path, rules=rules)
    assert made.plan.id != plan.id
    assert made.plan.status == "draft"
    assert (made.buildings_unassigned, made.doubtful, made.retired_codes) == (0, (), ())
    assert made.rows == plan.measures["atoms"]
    assert digest_of(town, made.plan.id) == digest_of(town, plan.id)
    before, after = drawn(town, plan.id), drawn(town, made.plan.id)
    assert {code: row[:-1] for code, row in after.items()} == {code: row[:-1] for code, row in before.items()}
    old, new = shapes_of(town, plan.id), shapes_of(town, made.plan.id)
    for code, shape in old.items():
        assert (shape is None) == (new[code] is None)
        if shape is not None:
            assert shapely.equals(shape, new[code]), code
    same = {"micro_grids", "in_band", "households", "atoms", "buildings", "buildings_broken"}
    assert {name: made.plan.measures[name] for name in same} == {name: plan.measures[name] for name in same}
    with town.transaction() as session:
        checked = [plans.check_plan(session, SYSTEM, id_) for id_ in (plan.id, made.plan.id)]
    told, again = ([(one["key"], one["severity"]) for one in found] for found in checked)
    assert again == told


def test_a_part_of_a_plan_is_a_template_for_its_area(town: Database, tmp_path: Path) -> None:
    plan = create(town)
    with town.transaction() as session:
        part = export_plan(session, SYSTEM, plan.id, area_code=GRID_1)
        with pytest.raises(NotFound):
            export_plan(session, SYSTEM, plan.id, area_code="nowhere")
    assert set(part.atoms["grid"]) == set(part.micro_grids["grid"]) == {GRID_1}
    write_plan(part, tmp_path / "part.xlsx")
    made = bring(town, tmp_path / "part.xlsx", GRID_1)
    assert (made.area_code, made.buildings_unassigned) == (GRID_1, 0)
    assert made.plan.measures["households"] == 288


def test_the_narrow_band_breaks_buildings_into_floors(town: Database) -> None:
    """So that the round trip above has entrances and floor bands to carry."""
    plan = create(town, **NARROW)
    with town.transaction() as session:
        atoms = session.scalars(select(Assignment.atom).where(Assignment.plan_id == plan.id)).all()
        hanging = session.scalar(
            select(func.count()).where(MicroGrid.plan_id == plan.id, MicroGrid.geom.is_(None))
        )
    assert [atom for atom in atoms if atom.count("/") == 2]
    assert hanging


def test_every_wrong_row_says_where_why_and_what_to_do(town: Database, tmp_path: Path) -> None:
    """B01-B06: four entrances of six floors, grid 1; B07-B09: one of 18, B10: two of 11, grid 2."""
    path = table_of(
        tmp_path,
        (f"{GRID_1}01", "city", "370698-B01", "", "", ""),
        (f"{GRID_1}01", "city", "370698-B99", "", "", ""),
        (f"{GRID_1}01", "elsewhere", "370698-B02", "", "", ""),
        (f"{GRID_2}01", "city", "370698-B02", "", "", ""),
        ("900000000000001", "city", "370698-B02", "", "", ""),
        (f"{GRID_1}01", "city", "370698-B02", "5", "", ""),
        (f"{GRID_1}01", "city", "370698-B02", "1", "1", "7"),
        (f"{GRID_1}01", "city", "370698-B02", "1", "3", "2"),
        (f"{GRID_1}01", "city", "370698-B02", "1", "3", ""),
        (f"{GRID_1}01", "city", "370698-B02", "", "1", "2"),
        (f"{GRID_1}01", "city", "", "", "", ""),
        (f"{GRID_1}01", "city", "370698-B02", "one", "", ""),
        ("3.70698E+16", "city", "370698-B02", "", "", ""),
        (f"{GRID_1}01", "city", "370698-B01", "", "", ""),
        (f"{GRID_1}02", "city", "370698-B01", "2", "", ""),
        (f"{GRID_2}01", "city", "370698-B07", "1", "1", "9"),
        (f"{GRID_2}02", "city", "370698-B07", "1", "9", "18"),
    )
    assert sorted(refused(town, path), key=lambda one: int(one[0])) == [
        ("3", "building_id", "import_unknown_building", "city/370698-B99", DISTRICT),
        ("4", "building_id", "import_unknown_building", "elsewhere/370698-B02", DISTRICT),
        ("5", "micro_grid", "import_other_grid", f"{GRID_2}01", GRID_1),
        ("6", "micro_grid", "import_code_misfit", "900000000000001", f"{GRID_1}01"),
        ("7", "entrance_number", "import_unknown_entrance", "5", "1, 2, 3, 4"),
        ("8", "floor_from", "import_unknown_floor", "1–7", "1–6"),
        ("9", "floor_from", "import_unknown_floor", "3–2", "1–6"),
        ("10", "floor_to", "import_half_a_band", "", "1–6"),
        ("11", "entrance_number", "import_floors_without_entrance", "", ""),
        ("12", "building_id", "required", "", ""),
        ("13", "entrance_number", "not_a_number", "one", ""),
        ("14", "micro_grid", "lost_digits", "", ""),
        ("15", "", "import_row_twice", "370698-B01", "list.csv:2"),
        ("16", "", "import_floor_twice", "370698-B01", "list.csv:2"),
        ("18", "", "import_floor_twice", "370698-B07", "list.csv:17"),
    ]


def test_a_list_by_hand_in_chinese_leaves_the_rest_unassigned(town: Database, tmp_path: Path) -> None:
    """B01 and B02 (48 + 48), entrance 1 of B10 (22 of 44) and floors 1-9 of B07 (36 of 72) are given."""
    header = ["微网格编码", "楼栋编号", "单元", "起始楼层", "终止楼层", "备注"]
    rows = [
        (f"{GRID_1}01", "370698-B01", "整栋", "", "", "东头"),
        (f"{GRID_1}07", "370698-B02", "", "", "", ""),
        (f"{GRID_2}02", "370698-B10", "1单元", "", "", ""),
        (f"{GRID_2}02", "370698-B07", "1", "1层", "9层", ""),
        ("", "370698-B08", "", "", "", ""),
    ]
    made = bring(town, table_of(tmp_path, *rows, header=header))
    assert made.ignored == ("备注",)
    assert made.rows == 5
    # 548 households are there, 48 + 48 + 22 + 36 are given; all but B01 and B02 are left, wholly or in part.
    assert (made.buildings_unassigned, made.households_unassigned) == (10, 548 - 154)
    with town.transaction() as session:
        query = select(Assignment.atom, Assignment.households, MicroGrid.code)
        query = query.join(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
        held = sorted(
            (code, households)
            for _, households, code in session.execute(query.where(Assignment.plan_id == made.plan.id))
        )
        assert held == [
            (f"{GRID_1}01", 48), (f"{GRID_1}07", 48), (f"{GRID_2}02", 22), (f"{GRID_2}02", 36),
        ]  # fmt: skip
        found = plans.check_plan(session, SYSTEM, made.plan.id)
        assert "unassigned" in {one["kind"] for one in found}
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "imported")).one()
        assert (entry.subject_id, entry.details["rows"]) == (str(made.plan.id), 5)


def test_one_id_in_two_sources_must_name_its_source(town: Database, tmp_path: Path) -> None:
    with town.transaction() as session:
        session.execute(
            update(Building)
            .where(Building.source_id == "370698-B03")
            .values(source_id="370698-B01", source="old")
        )
    rows = [(f"{GRID_1}01", "", "370698-B01", "", "", "")]
    assert refused(town, table_of(tmp_path, *rows)) == [
        ("2", "building_source", "import_ambiguous_building", "370698-B01", "city, old")
    ]


def test_a_column_that_is_missing_and_a_file_that_is_none(town: Database, tmp_path: Path) -> None:
    path = table_of(tmp_path, ("a", "b"), header=["grid", "households"])
    assert [one[1:3] for one in refused(town, path)] == [
        ("micro_grid", "import_missing_column"),
        ("building_id", "import_missing_column"),
    ]
    for name, content in (("a.xlsx", b"no workbook"), ("b.gpkg", b"no package"), ("c.txt", b"text")):
        (tmp_path / name).write_bytes(content)
        assert refused(town, tmp_path / name)
    assert refused(town, tmp_path / "nothing.csv")[0][2] == "no_such_file"


def test_a_workbook_that_lost_the_end_of_its_codes(town: Database, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append([int(f"{GRID_1}01"), "city", "370698-B01"])
    book.save(tmp_path / "list.xlsx")
    assert [one[:3] for one in refused(town, tmp_path / "list.xlsx")] == [("2", "micro_grid", "lost_digits")]


def test_only_planners_and_only_where_they_may(town: Database, tmp_path: Path) -> None:
    path = table_of(tmp_path, (f"{GRID_1}01", "city", "370698-B01", "", "", ""))
    with town.transaction() as session:
        grid_1 = session.scalars(select(Area.id).where(Area.code == GRID_1)).one()
        official = Actor(1, "official", "official", (grid_1,))
        with pytest.raises(NotAllowed):
            import_plan(session, official, GRID_1, Source(path))
        planner = Actor(None, "planner", "planner", (grid_1,))
        with pytest.raises(NotFound):
            import_plan(session, planner, DISTRICT, Source(path))
        made = import_plan(session, planner, GRID_1, Source(path))
        assert made.area_code == GRID_1


def test_a_code_that_was_given_up_is_told(town: Database, tmp_path: Path) -> None:
    with town.transaction() as session:
        old = plans.publish_plan(session, SYSTEM, create(town).id)
    path = export(town, old, tmp_path / "old.csv")
    wide = {"households_min": 90, "households_target": 120, "households_max": 150}
    with town.transaction() as session:
        plans.publish_plan(session, SYSTEM, create(town, **wide).id, confirm_moved=True)
    with town.transaction() as session:
        ended = set(session.scalars(select(MicroGrid.code).where(MicroGrid.valid_to.is_not(None))))
        ended -= set(session.scalars(select(MicroGrid.code).where(MicroGrid.valid_to.is_(None))))
    assert ended
    assert set(bring(town, path).retired_codes) == ended


def test_the_command_brings_a_file_in_and_lists_what_is_wrong(
    town: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", town.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("GRIDMAP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRIDMAP_LANGUAGE", "en")

    def run(*arguments: str) -> str:
        return CliRunner().invoke(gridmap, ["plan", *arguments], catch_exceptions=False).output

    plan = create(town)
    run("export", str(plan.id), str(tmp_path / "plan.xlsx"))
    said = run("import", str(tmp_path / "plan.xlsx"), "--area", DISTRICT)
    assert "8 micro-grids, 100.0% inside the band, 548 households" in said
    run("export", str(plan.id), str(tmp_path / "plan.geojson"))
    said = run("import", str(tmp_path / "plan.geojson"), "--area", DISTRICT)
    assert "doubtful" in said
    listed = (tmp_path / "plan.geojson.doubtful.csv").read_text("utf-8-sig")
    assert "polygons cannot tell floors" in said
    assert "doubt_partly_outside" in listed

    wrong = table_of(tmp_path, ("x", "city", "370698-B01", "", "", ""))
    with pytest.raises(BadInput):
        run("import", str(wrong), "--area", DISTRICT)
    assert "import_code_misfit" in (tmp_path / "list.csv.rejects.csv").read_text("utf-8-sig")
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    for name in ("gone.csv", "broken.xlsx"):
        with pytest.raises(BadInput):
            run("import", str(tmp_path / name), "--area", DISTRICT)
    assert [path.name for path in tmp_path.glob("*.rejects.csv")] == ["list.csv.rejects.csv"]
