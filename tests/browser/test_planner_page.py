"""Planner's page: the list says what the API says, and a plan goes from the button to everybody's map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, DISTRICT, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_list_is_the_published_plan(sign_in: Callable[..., Page], viewport: dict[str, int]):
    page = sign_in("planner", viewport=viewport)
    page.goto("/planner")
    found = ask_api(page, f"/micro-grids?area={DISTRICT}&limit=1000")["items"]
    expect(page.locator("#cells button")).to_have_count(len(found))
    shown = {
        row.get_attribute("data-code"): row.locator(".number").inner_text()
        for row in page.locator("#cells button").all()
    }
    assert shown == {
        cell["code"]: f"{cell['households']} 户{'*' if cell['households_estimated'] else ''}"
        for cell in found
    }


def test_row_and_map_point_at_each_other(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    page.goto("/planner")
    with_ground = next(
        cell for cell in ask_api(page, f"/micro-grids?area={DISTRICT}")["items"] if not cell["stacked"]
    )
    row = page.locator(f"#cells [data-code='{with_ground['code']}']")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")
    page.wait_for_url(f"**micro_grid={with_ground['code']}*")
    page.goto(f"/planner?at={with_ground['lon']},{with_ground['lat']}&zoom=18")
    page.locator("#cells button").first.wait_for()
    page.wait_for_load_state("networkidle")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(row).to_have_attribute("aria-pressed", "true")


def test_list_is_walked_by_arrow_keys(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    page.goto("/planner")
    rows = page.locator("#cells button")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(rows.last).to_be_focused()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_plan_is_created_checked_and_published(
    sign_in: Callable[..., Page], work_off: Callable[[], None], language: str
):
    page = sign_in("planner", language=language)
    community = ask_api(page, "/areas?level=community")["items"][0]
    page.goto(f"/planner?area={community['code']}")
    page.locator("#cells button").first.wait_for()
    page.click("#create")
    expect(page.locator("#work")).to_be_visible()
    work_off()
    expect(page.locator("#work")).to_be_hidden()
    page.click("#tab-plans")
    page.wait_for_url("**plan=*")
    plan = ask_api(page, f"/plans?area={community['code']}")["items"][0]
    assert plan["status"] == "draft"
    row = page.locator(f"[data-plan='{plan['id']}']")
    expect(row.locator(".badge")).to_have_text("草案" if language == "zh" else "draft")
    page.click("#tab-findings")
    expect(page.locator(".check-head")).to_contain_text(
        "没有必须处理的问题" if language == "zh" else "Nothing stands"
    )
    page.click("[data-do=publish]")
    moved = ask_api(page, f"/plans/{plan['id']}/compare?limit=0")["summary"]["households_moved"]
    expect(page.locator("#publish-facts [data-fact=moved]")).to_contain_text(str(moved))
    page.click("#publish-yes")
    expect(page.locator("#publish")).to_be_hidden()
    page.click("#tab-plans")
    expect(row.locator(".badge")).to_have_text("已发布" if language == "zh" else "published")
    seen = ask_api(page, f"/micro-grids?area={community['code']}&limit=1000")["items"]
    assert {cell["plan_id"] for cell in seen} == {plan["id"]}


def test_page_stays_usable_when_one_stops_watching(
    sign_in: Callable[..., Page], work_off: Callable[[], None]
):
    page = sign_in("planner")
    page.goto("/planner")
    page.click("#create")
    page.click("#work-leave")
    expect(page.locator("#work")).to_be_hidden()
    expect(page.locator("#create")).to_be_enabled()
    work_off()
    page.reload()
    page.click("#tab-plans")
    expect(page.locator("#panel-plans .badge.draft")).to_have_count(1)


def test_plan_is_taken_away_as_files(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    page.goto("/planner")
    page.click("#tab-plans")
    page.locator(".files summary").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="GeoJSON").first.click()
    assert download.value.suggested_filename.endswith(".geojson")


def test_refusal_stands_beside_the_button(sign_in: Callable[..., Page]):
    page = sign_in("planner", refused="400")
    park = next(
        area for area in ask_api(page, "/areas?level=grid&limit=1000")["items"] if area["households"] == 0
    )
    page.goto(f"/planner?area={park['code']}")
    expect(page.locator("#trail [aria-current]")).to_have_text(park["name"])
    page.click("#create")
    expect(page.locator("#fault")).to_contain_text("没有住户数大于 0 的楼栋")
