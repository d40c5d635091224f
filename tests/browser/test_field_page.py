"""Field page and building page: what is mine as the API says it, within reach of a thumb."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_lists_are_those_of_the_api(sign_in: Callable[..., Page], viewport: dict[str, int]):
    page = sign_in("field", viewport=viewport)
    page.goto("/field")
    cells = ask_api(page, "/micro-grids?mine=1&limit=1000")["items"]
    buildings = ask_api(page, "/buildings?mine=1&limit=1000")["items"]
    assert cells
    assert buildings
    expect(page.locator("#micro-grids button")).to_have_count(len(cells))
    shown = [row.get_attribute("data-code") for row in page.locator("#micro-grids button").all()]
    assert shown == [cell["code"] for cell in cells]
    page.click("#tab-buildings")
    expect(page.locator("#buildings a")).to_have_count(len(buildings))
    first = page.locator(f"[data-building='{buildings[0]['id']}'] .side")
    estimated = "*" if buildings[0]["households_estimated"] else ""
    expect(first).to_have_text(f"{buildings[0]['households']} 户{estimated}")


def test_open_issues_are_those_of_the_api(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    issues = ask_api(page, "/issues?mine=1&is_open=1&limit=1000")["items"]
    page.click("#tab-issues")
    if issues:
        expect(page.locator("#issues > li")).to_have_count(len(issues))
    else:
        expect(page.locator("#issues")).to_contain_text("没有未办结事项")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_building_page_says_who_answers(sign_in: Callable[..., Page], language: str):
    page = sign_in("field", language=language, viewport=PHONE)
    page.goto("/field")
    page.click("#tab-buildings")
    page.locator("#buildings a").first.click()
    page.wait_for_url("**/buildings/*")
    number = page.url.rsplit("/", 1)[1].split("?")[0]
    details = ask_api(page, f"/buildings/{number}")
    building = details["building"]
    expect(page.locator("h1")).to_have_text(building["name"])
    figures = [text.rstrip("*") for text in page.locator(".numbers dd").all_inner_texts()]
    assert figures == [
        str(building["households"]),
        str(building["entrance_count"]),
        str(building["storeys"]),
        str(len(details["open_issues"])),
    ]
    assert page.locator(".stack tbody tr").count() == building["storeys"]
    box = page.locator("#map").bounding_box()
    assert box is not None
    assert box["height"] >= 300
    posts = list(dict.fromkeys(person["code"] for person in details["people"]))  # the nearest first
    named = page.locator("[aria-labelledby='people-title'] li").all_text_contents()
    assert len(named) == len(posts)
    assert all(post in text for post, text in zip(posts, named, strict=True))
    assert any(person["role"] == "micro_grid_head" for person in details["people"])


def test_targets_are_large_enough_for_a_thumb(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    page.locator("#micro-grids button").first.wait_for()
    for target in page.locator("button:visible, .cards a:visible, summary:visible").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44, target.inner_text()


def test_building_is_found_by_its_address(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    page.click("#tab-buildings")
    page.locator("#buildings a").first.wait_for()
    page.fill("#filter", "zzz")
    expect(page.locator("#buildings")).to_contain_text("没有这样的楼栋")


def test_building_of_another_community_is_not_found(sign_in: Callable[..., Page]):
    field = sign_in("field", refused="404")
    own = {area["code"] for area in ask_api(field, "/areas?level=grid")["items"]}
    everything = ask_api(sign_in("planner"), "/buildings?limit=1000")["items"]
    foreign = next(building for building in everything if building["grid_code"] not in own)
    answer = field.goto(f"/buildings/{foreign['id']}")
    assert answer is not None
    assert answer.status == 404
    expect(field.locator("h1")).to_have_text("没有找到")
