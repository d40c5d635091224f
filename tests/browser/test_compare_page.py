"""Comparing two plans: figures, map and lists say the same, and the address brings the view back."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from gridmap.models import Assignment, MicroGrid
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_lives import branch_plan
from gridmap.services.plan_runs import create_plan
from gridmap.services.redraws import redraw_plan
from tests.browser.conftest import PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database

GRID = "370699001001005"


@pytest.fixture
def drafts(database: Database) -> tuple[int, int, str, int, int]:
    """A draft of one grid, and a branch of it with one building taken out into a micro-grid of its own.

    Gives both plans, the micro-grid that gave it up, its households before, and those of the building.
    """
    old = create_plan(database, SYSTEM, GRID).id
    with database.transaction() as session:
        new = branch_plan(session, SYSTEM, old).id
        query = select(Assignment.atom, Assignment.households, MicroGrid.code, MicroGrid.households)
        query = query.join(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
        query = query.where(
            Assignment.plan_id == new,
            Assignment.entrance_number.is_(None),
            Assignment.households > 0,
            Assignment.households < MicroGrid.households,
        )
        atom, moved, code, before = session.execute(query.order_by(Assignment.atom).limit(1)).one()
        redraw_plan(session, SYSTEM, new, GRID, "new", {"atoms": [atom]}, op_id=uuid4())
    return old, new, code, before, moved


def figure(page: Page, name: str) -> str:
    return page.locator(f"[data-figure='{name}'] dd b").inner_text()


def test_one_building_in_a_micro_grid_of_its_own_on_the_page_and_in_files(
    sign_in: Callable[..., Page], drafts: tuple[int, int, str, int, int]
):
    old, new, code, before, moved = drafts
    page = sign_in("planner")
    page.goto(f"/planner/compare?from={old}&to={new}")
    expect(page.locator("#result")).to_be_visible()
    assert (figure(page, "atoms"), figure(page, "households")) == ("1", str(moved))
    expect(page.locator("#headline")).to_contain_text(f"{moved} 户换微网格")
    created = page.locator("[data-change='created'] [data-code]")
    expect(created).to_have_count(1)
    changed = page.locator(f"[data-change='changed'] [data-code='{code}']")
    expect(changed.locator(".number")).to_contain_text(f"{before}")
    expect(changed.locator(".number")).to_contain_text(f"{before - moved}")
    assert page.locator("[data-change='retired']").count() == 0
    legend = page.locator("#legend")
    expect(legend.locator("[data-class]")).to_have_count(1)
    expect(legend.locator("[data-class='to_created']")).to_contain_text(f"1 处 · {moved} 户")
    for plan in (old, new):
        expect(legend).to_contain_text(f"方案 {plan}（草案")
    content = {}
    for ending in ("csv", "geojson"):
        with page.expect_download() as download:
            page.click(f"[data-file='{ending}']")
        assert download.value.suggested_filename == f"plan-{new}-with-{old}.{ending}"
        content[ending] = Path(download.value.path()).read_text("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content["csv"]))
    assert (row["change"], row["before"], row["households"]) == ("moved", code, str(moved))
    shapes = json.loads(content["geojson"])["features"]
    kinds = sorted(shape["properties"]["kind"] for shape in shapes)
    assert kinds == ["building", "micro_grid", "micro_grid", "micro_grid_before"]


def test_list_and_map_point_at_each_other_and_the_address_remembers(
    sign_in: Callable[..., Page], drafts: tuple[int, int, str, int, int]
):
    old, new, code, _, _ = drafts
    page = sign_in("planner")
    page.goto(f"/planner/compare?from={old}&to={new}")
    row = page.locator(f"[data-code='{code}']")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")
    page.wait_for_url(f"**micro_grid={code}*")
    own = page.locator("[data-change='created'] [data-code]")
    fresh = own.get_attribute("data-code")
    cell = next(
        one for one in ask_api(page, f"/micro-grids?plan={new}&limit=1000")["items"] if one["code"] == fresh
    )
    page.goto(
        f"/planner/compare?from={old}&to={new}&at={cell['lon']},{cell['lat']}&zoom=18&micro_grid={code}"
    )
    expect(row).to_have_attribute("aria-pressed", "true")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(own).to_have_attribute("aria-pressed", "true")
    expect(row).to_have_attribute("aria-pressed", "false")
    page.click("#tab-rows")
    expect(page.locator(".compare-rows tbody tr")).to_have_count(1)
    page.reload()
    expect(page.locator("#panel-rows")).to_be_visible()
    expect(own).to_have_attribute("aria-pressed", "true")


def test_swapped_the_other_way_round_and_the_same_plan_twice(
    sign_in: Callable[..., Page], drafts: tuple[int, int, str, int, int]
):
    old, new, code, before, moved = drafts
    page = sign_in("planner", language="en")
    page.goto(f"/planner/compare?from={old}&to={new}")
    expect(page.locator("[data-change='created']")).to_have_count(1)
    page.click("#swap")
    page.wait_for_url(f"**from={new}&to={old}*")
    expect(page.locator("[data-change='retired'] [data-code]")).to_have_count(1)
    expect(page.locator("[data-change='created']")).to_have_count(0)
    numbers = page.locator(f"[data-change='changed'] [data-code='{code}'] .number").inner_text()
    assert [int(part.split()[0].rstrip("✓▽▲")) for part in numbers.split("→")] == [before - moved, before]
    expect(page.locator("[data-class='from_retired']")).to_be_visible()
    page.select_option("#from", str(old))
    expect(page.locator("#same")).to_contain_text("These plans are the same")
    expect(page.locator("#result")).to_be_hidden()
    page.select_option("#from", "")  # what is in force
    expect(page.locator("#swap")).to_be_disabled()
    page.select_option("#from", str(new))
    page.set_viewport_size(PHONE)
    expect(page.locator("#result")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
