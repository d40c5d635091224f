"""Pages of places, stations, posts and workload: what they show is the API's, by keyboard and thumb."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, DISTRICT, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

COMMUNITY = "370699001001"


def is_well_made(page: Page) -> bool:
    """Whether nothing scrolls sideways, and axe has no findings."""
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize(("language", "viewport"), [("zh", DESKTOP), ("en", PHONE)], ids=["zh", "en-phone"])
def test_the_tree_is_walked_by_keyboard(
    sign_in: Callable[..., Page], language: str, viewport: dict[str, int]
):
    page = sign_in("planner", language=language, viewport=viewport)
    page.goto(f"/places/area/{COMMUNITY}")
    answer = ask_api(page, f"/places/area/{COMMUNITY}/responsibility")
    items = page.locator("[role=treeitem]:visible")
    expect(items).to_have_count(3 + len(answer["below"]))  # district, street, community, its grids
    here = page.locator("[aria-current=location]")
    expect(here).to_have_attribute("data-code", COMMUNITY)
    here.focus()
    page.keyboard.press("ArrowDown")
    first = answer["below"][0]
    expect(page.locator(":focus")).to_have_attribute("data-code", first["code"])
    page.keyboard.press("ArrowRight")
    below = ask_api(page, f"/places/area/{first['code']}/responsibility")["below"]
    expect(page.locator(":focus > ul > li")).to_have_count(len(below))
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute("data-code", below[0]["code"])
    expect(page.locator(":focus")).to_have_attribute("aria-level", "5")
    page.keyboard.press("Enter")
    posts = ask_api(page, f"/places/micro_grid/{below[0]['code']}/responsibility")["steps"][-1]["posts"]
    expect(page.locator("#panel .lines li")).to_have_count(len(posts))
    expect(page.locator("#panel .lines li a").first).to_contain_text(posts[0]["code"])
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Home")
    expect(page.locator(":focus")).to_have_attribute("data-code", DISTRICT)
    assert is_well_made(page)


def test_an_ancestor_opens_to_all_it_holds(sign_in: Callable[..., Page]):
    page = sign_in("official")
    page.goto(f"/places/area/{COMMUNITY}")
    street = page.locator("[aria-level='2']")
    expect(street.locator(":scope > ul > li")).to_have_count(1)
    street.focus()
    page.keyboard.press("ArrowRight")
    code = street.get_attribute("data-code")
    communities = ask_api(page, f"/places/area/{code}/responsibility")["below"]
    expect(street.locator(":scope > ul > li")).to_have_count(len(communities))
    assert len(communities) > 1


def test_an_entrance_shows_its_bands(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    building = next(one for one in ask_api(page, "/buildings?limit=200")["items"] if one["households"] > 20)
    answer = ask_api(page, f"/places/entrance/{building['id']}/1/responsibility")
    page.goto(f"/places/entrance/{building['id']}/1")
    expect(page.locator(".bands tbody tr")).to_have_count(len(answer["bands"]))
    for band, row in zip(answer["bands"], page.locator(".bands tbody tr").all(), strict=True):
        expect(row).to_contain_text(f"{band['floor_from']}–{band['floor_to']} 层")
        expect(row).to_contain_text(f"{band['households']} 户*")
    page.goto(f"/buildings/{building['id']}")
    expect(page.locator("[aria-current=location]")).to_have_attribute("data-kind", "building")


@pytest.mark.parametrize(("language", "viewport"), [("zh", DESKTOP), ("en", PHONE)], ids=["zh", "en-phone"])
def test_a_station_page_is_the_apis(sign_in: Callable[..., Page], language: str, viewport: dict[str, int]):
    page = sign_in("dispatcher", language=language, viewport=viewport)
    code = ask_api(page, "/stations?kind=station")["items"][0]["code"]
    answer = ask_api(page, f"/stations/{code}")
    page.goto(f"/stations/{code}")
    expect(page.locator("h1")).to_have_text(answer["station"]["name"])
    for box, one in zip(page.locator(".reach dd").all(), answer["reached"], strict=True):
        expect(box).to_contain_text(f"{one['households']:,}")
    expect(page.locator(".week tr")).to_have_count(7)
    shifts = [shift["code"] for day in answer["week"] for shift in day["shifts"]]
    assert sorted(page.locator(".week a").all_inner_texts()) == sorted(shifts)
    expect(page.get_by_role("link", name=answer["nearest"][0]["name"])).to_be_visible()
    assert is_well_made(page)


@pytest.mark.parametrize(("language", "viewport"), [("zh", DESKTOP), ("en", PHONE)], ids=["zh", "en-phone"])
def test_a_post_page_shows_its_load_beside_the_band(
    sign_in: Callable[..., Page], language: str, viewport: dict[str, int]
):
    page = sign_in("planner", language=language, viewport=viewport)
    code = ask_api(page, "/staff?role=micro_grid_head&limit=1")["items"][0]["code"]
    answer = ask_api(page, f"/staff/{code}/workload")
    page.goto(f"/staff/{code}")
    figures = page.locator(".figure-rows > li")
    expect(figures).to_have_count(5)
    expect(figures.first.locator("b")).to_have_text(f"{answer['load']['households']}")
    households = answer["spread"]["spreads"][0]
    expect(figures.first.locator("svg")).to_have_attribute(
        "aria-label", re.compile(f"{households['most']:,.0f}")
    )
    assert is_well_made(page)
    page.locator(".people-card .lines a").first.click()
    page.wait_for_url("**/places/micro_grid/**")


def test_field_staff_see_their_own_load_only(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    own = ask_api(page, "/staff/me")["code"]
    page.goto(f"/staff/{own}")
    expect(page.locator(".figure-rows > li")).to_have_count(5)
    others = [one["code"] for one in ask_api(page, "/staff?limit=50")["items"] if one["code"] != own]
    page.goto(f"/staff/{others[0]}")
    expect(page.locator(".figure-rows > li")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("只能看自己岗位的负荷")


def test_workload_names_nobody_in_the_spread(sign_in: Callable[..., Page]):
    page = sign_in("official", language="en", viewport=PHONE)
    page.goto("/workload?role=building_head")
    answer = ask_api(page, f"/workload?area={DISTRICT}&role=building_head")
    rows = page.locator("#spreads > li")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text(f"median {answer['spreads'][0]['middle']:,.0f}")
    expect(rows.first.locator("rect")).to_have_count(len(answer["spreads"][0]["bins"]))
    assert "370699-BH" not in page.locator("#spreads").inner_html()
    expect(page.locator("#definition")).to_have_text(answer["definition"])
    expect(page.locator("#questions button")).to_have_count(0)  # officials look, planners post
    assert is_well_made(page)


def test_a_planner_answers_a_suggestion(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    rules = ask_api(page, "/coverage/rules")["items"]
    rule = next(rule["id"] for rule in rules if rule["code"] == "building_head")
    path = f"/workload/suggestions?area={DISTRICT}&rule={rule}"
    answer = ask_api(page, path)
    asked = next(item for item in answer["items"] if item["staff_code"])
    page.goto(f"/workload?area={DISTRICT}&rule={rule}")
    expect(page.locator("#questions > li")).to_have_count(len(answer["items"]))
    row = page.locator("#questions > li", has_text=asked["question"]).first
    row.get_by_role("button", name="请其负责").press("Enter")
    expect(row.get_by_role("status")).to_contain_text(f"已定岗：{asked['staff_code']}")
    after = ask_api(page, path)
    assert after["places"] == answer["places"] - 1
    assert asked["place_id"] not in {item["place_id"] for item in after["items"]}
