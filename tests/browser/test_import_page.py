"""Plans from files on their page: what went out comes in again, progress, faults and doubts are shown."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select, text, update

from gridmap.models import Assignment, MicroGrid, Plan, PlanImport
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_import_runs import IMPORT_LOCK
from gridmap.services.plan_runs import create_plan
from tests.browser.conftest import PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database

GRID = "370699001001005"


@pytest.fixture
def draft(database: Database) -> int:
    return create_plan(database, SYSTEM, GRID).id


def holdings(database: Database, plan_id: int) -> dict[str, str | None]:
    """Atom -> code of its micro-grid."""
    query = select(Assignment.atom, MicroGrid.code)
    query = query.outerjoin(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
    with database.transaction() as session:
        return dict(session.execute(query.where(Assignment.plan_id == plan_id)).all())


def count_plans(database: Database) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Plan)) or 0


def take_template(page: Page, ending: str, path: Path) -> Path:
    with page.expect_download() as download:
        page.click(f"[data-template='{ending}']")
    download.value.save_as(path)
    return path


def send(page: Page, path: Path) -> None:
    page.set_input_files("#file", path)
    expect(page.locator("#file-name")).to_contain_text(path.name)
    page.click("#send")
    page.wait_for_url("**import=*")  # the server has it


def test_the_template_comes_back_as_the_same_division(
    sign_in: Callable[..., Page],
    work_off: Callable[[], None],
    database: Database,
    draft: int,
    tmp_path: Path,
):
    page = sign_in("planner")
    page.goto(f"/planner/import?area={GRID}")
    send(page, take_template(page, "xlsx", tmp_path / "plan.xlsx"))
    work_off()
    done = page.locator("#done")
    expect(done).to_be_visible()
    made = int(done.get_attribute("data-plan") or 0)
    assert made not in (0, draft)
    own = holdings(database, draft)
    assert own
    assert holdings(database, made) == own
    expect(page.locator("[data-fact='unassigned'] dd")).to_have_text("0 栋 · 0 户")
    total = str(len({code for code in own.values() if code}))
    expect(page.locator("[data-fact='micro_grids'] dd")).to_have_text(total)
    expect(page.locator("#work")).to_be_hidden()
    page.click(".import-done .button:not(.main)")
    page.wait_for_url(f"**/planner/plans/{made}/edit?area={GRID}*")
    page.locator("#micro-grids .cell").first.wait_for()


def test_every_fault_has_its_place_reason_and_remedy_and_nothing_is_written(
    sign_in: Callable[..., Page],
    work_off: Callable[[], None],
    database: Database,
    draft: int,
    tmp_path: Path,
):
    page = sign_in("planner", language="en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "plans/import" in request.url else None)
    page.goto(f"/planner/import?area={GRID}")
    (tmp_path / "plan.docx").write_bytes(b"PK")
    page.set_input_files("#file", tmp_path / "plan.docx")
    expect(page.locator("#fault")).to_contain_text("Files like “plan.docx” cannot be read")
    expect(page.locator("#send")).to_be_disabled()
    assert asked == []
    path = take_template(page, "csv", tmp_path / "plan.csv")
    lines = path.read_text("utf-8-sig").splitlines()
    header = lines[0].split(",")
    rows = [dict(zip(header, line.split(","), strict=True)) for line in lines[1:]]
    rows[0]["building_id"] = "<b>nowhere</b>"
    rows[1]["micro_grid"] = "12"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)
    before = count_plans(database)
    send(page, path)
    work_off()
    faults = page.locator("#faults tbody tr")
    expect(faults).to_have_count(2)
    assert [row.locator("th, td").all_inner_texts() for row in faults.all()] == [
        [
            "plan.csv:2",
            "building_id",
            f"No grid of area {GRID} holds a building “{rows[0]['building_source']}/<b>nowhere</b>”",
            "Check source and id; load the buildings first if it is new.",
        ],
        [
            "plan.csv:3",
            "micro_grid",
            "“12” fits the code of no grid",
            f"Write the grid’s code and a number, for example {GRID}01",
        ],
    ]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the list of faults").click()
    assert download.value.suggested_filename == "plan.csv.rejects.csv"
    listed = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert [(row["where"], row["reason"]) for row in listed] == [
        ("plan.csv:2", "import_unknown_building"),
        ("plan.csv:3", "import_code_misfit"),
    ]
    assert count_plans(database) == before
    expect(page.locator("#send")).to_be_enabled()
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def shapes_of(page: Page, plan: int) -> list[dict[str, Any]]:
    found = ask_api(page, f"/micro-grids?plan={plan}&limit=1000&geometry=1")["items"]
    return [
        {"type": "Feature", "properties": {"code": one["code"]}, "geometry": one["geometry"]} for one in found
    ]


def test_doubtful_buildings_of_polygons_are_listed_and_shown(
    sign_in: Callable[..., Page],
    work_off: Callable[[], None],
    database: Database,
    draft: int,
    tmp_path: Path,
):
    """One polygon is left out: its buildings with homes lie in none, and stay unassigned."""
    page = sign_in("planner")
    page.goto(f"/planner/import?area={GRID}")
    shapes = [shape for shape in shapes_of(page, draft) if shape["geometry"]]
    left = shapes.pop()["properties"]["code"]
    path = tmp_path / "drawn.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": shapes}))
    send(page, path)
    work_off()
    done = page.locator("#done")
    expect(done).to_be_visible()
    made = int(done.get_attribute("data-plan") or 0)
    kept = holdings(database, made)
    assert kept
    assert left not in kept.values()
    doubts = page.locator("#doubts [data-reason='doubt_in_none']")
    homes = select(func.count(func.distinct(Assignment.building_id)))
    homes = homes.where(
        Assignment.plan_id == made, Assignment.micro_grid_id.is_(None), Assignment.households > 0
    )
    with database.transaction() as session:
        lost = session.scalar(homes)
    expect(doubts).to_have_count(lost or -1)
    expect(page.locator("#map")).to_be_visible()
    doubts.first.click()
    expect(doubts.first).to_have_attribute("aria-pressed", "true")


def test_an_import_is_followed_after_a_reload_and_through_the_death_of_a_worker(
    sign_in: Callable[..., Page],
    work_off: Callable[[], None],
    database: Database,
    draft: int,
    tmp_path: Path,
):
    page = sign_in("planner")
    page.goto(f"/planner/import?area={GRID}")
    send(page, take_template(page, "csv", tmp_path / "plan.csv"))
    expect(page.locator("#work-title")).to_have_text("已收到，等待服务器处理")
    page.reload()
    expect(page.locator("#work-title")).to_have_text("已收到，等待服务器处理")
    expect(page.locator("#send")).to_be_disabled()
    with database.transaction() as session:
        drawing = {"status": "working", "stage": "drawing", "grids_done": 96, "grids_total": 301}
        session.execute(update(PlanImport).values(**drawing, attempts=1))
    expect(page.locator("#work-title")).to_contain_text("处理中断了，没有写入任何内容")
    with database.transaction() as session:
        key = {"key": IMPORT_LOCK, "id": session.scalar(select(PlanImport.id))}
        session.execute(text("SELECT pg_advisory_xact_lock(:key, :id)"), key)  # as its worker does
        expect(page.locator("#work-title")).to_have_text("正在绘制边界：96 / 301 个网格")
        expect(page.locator("#work-share")).to_contain_text("27")  # 0.1 and 0.55 × 96 / 301
    work_off()
    expect(page.locator("#done")).to_be_visible()
    made = page.locator("#done").get_attribute("data-plan")
    page.reload()
    expect(page.locator("#done")).to_have_attribute("data-plan", made or "")
    expect(page.locator("#work")).to_be_hidden()


def test_an_import_is_called_off_and_leaves_nothing(
    sign_in: Callable[..., Page],
    work_off: Callable[[], None],
    database: Database,
    draft: int,
    tmp_path: Path,
):
    page = sign_in("planner", language="en", viewport=PHONE)
    page.goto(f"/planner/import?area={GRID}")
    before = count_plans(database)
    send(page, take_template(page, "csv", tmp_path / "plan.csv"))
    stop = page.locator("#work-stop")
    expect(stop).to_have_text("Call it off")
    assert (stop.bounding_box() or {"height": 0})["height"] >= 44
    stop.tap()
    expect(page.locator("#fault")).to_have_text("Called off; nothing was imported.")
    expect(page.locator("#work")).to_be_hidden()
    work_off()
    assert count_plans(database) == before
    expect(page.locator("#send")).to_be_enabled()  # the file is still chosen
    page.locator("#send").tap()
    expect(page.locator("#work-title")).to_have_text("The server has the file and will begin in a moment")
    work_off()
    expect(page.locator("#done")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
