"""Dispatchers' page: it names whom the API names, with way and reasons, and what to do without anybody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, SMALL, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def a_building(page: Page) -> dict:
    """A building of the demo town with an address."""
    return next(one for one in ask_api(page, "/buildings?limit=200")["items"] if "号楼" in one["address"])


def open_at(page: Page, place: dict, **more: str) -> dict:
    """Open the page with a place asked for; what the API says of it."""
    point = f"{place['lon']:.6f},{place['lat']:.6f}"
    at = f"{place['lon']},{place['lat']}"
    page.goto(f"/dispatcher?{urlencode({'point': point, 'at': at, 'zoom': '15.5', **more})}")
    lon, lat = point.split(",")
    return ask_api(page, f"/duty/nearest?{urlencode({'lon': lon, 'lat': lat, 'route': '1'})}")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, SMALL], ids=["desktop", "phone", "small"])
def test_people_are_those_of_the_api(sign_in: Callable[..., Page], viewport: dict[str, int]):
    page = sign_in("dispatcher", viewport=viewport)
    answer = open_at(page, a_building(page))
    people = page.locator("#people > li")
    expect(people).to_have_count(len(answer["people"]))
    for row, person in zip(people.all(), answer["people"], strict=True):
        expect(row).to_contain_text(person["staff_code"])
        expect(row.locator(".why")).to_have_text(person["why"]["text"])
        expect(row).to_contain_text(f"在办 {person['open_issues']} 件")
    expect(page.locator("#definition")).to_have_text(answer["definition"])
    expect(people.first.locator(".choose")).to_have_attribute("aria-pressed", "true")
    first = answer["people"][0]
    expect(page.locator("#map")).to_have_attribute(
        "data-route", first["staff_code"] if first["route"] else ""
    )
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0


def test_the_desk_leads_here_and_a_click_asks(sign_in: Callable[..., Page]):
    page = sign_in("dispatcher")
    page.goto("/desk")
    page.get_by_role("link", name="就近调度").click()
    expect(page).to_have_url(re.compile("/dispatcher"))
    expect(page.locator("#said")).to_have_text("点地图上的一处，或查找地址。")
    page.wait_for_load_state("networkidle")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile("point="))
    expect(page.locator("#people > li").first).to_be_visible()
    expect(page.locator("#here h2")).not_to_be_empty()


def test_all_of_it_by_keys(sign_in: Callable[..., Page]):
    page = sign_in("dispatcher", language="en")
    place = a_building(page)
    page.goto("/dispatcher")
    page.focus("#address")
    page.keyboard.type(place["address"])
    page.keyboard.press("Enter")
    expect(page.locator("#matches button").first).to_be_focused()
    expect(page.locator("#matches button").first).to_have_text(place["address"])
    page.keyboard.press("Enter")
    people = page.locator("#people > li .choose")
    expect(people.nth(1)).to_be_visible()
    expect(page.locator("#here h2")).to_have_text(place["address"])
    people.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(people.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(people.first).to_have_attribute("aria-pressed", "false")
    page.focus("#map")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("on duty")


def test_filters_narrow_go_into_the_address_and_come_back(sign_in: Callable[..., Page]):
    page = sign_in("dispatcher", language="en")
    place = a_building(page)
    open_at(page, place)
    expect(page.locator("#people > li").first).to_be_visible()
    page.select_option("#tier", "compound")
    expect(page.locator("#passed li").first).to_contain_text("compound")
    assert page.locator("#role option[value=police]").is_disabled()
    page.check("#own_first")
    expect(page.locator("#definition")).to_contain_text("stand first")
    expect(page).to_have_url(re.compile("tier=compound.*own_first=1"))
    page.reload()
    expect(page.locator("#own_first")).to_be_checked()
    expect(page.locator("#passed li").first).to_contain_text("compound")
    page.fill("#at", "2001-01-01T08:00")
    expect(page.locator("#said")).to_contain_text("The roster has nobody on duty")
    expect(page.locator("#people > li")).to_have_count(0)


def test_nothing_found_says_what_to_do(sign_in: Callable[..., Page]):
    page = sign_in("dispatcher", refused="404")
    page.goto("/dispatcher")
    page.fill("#address", "火星基地")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("#matches")).to_contain_text("没有相近的地址")
    page.goto("/dispatcher?point=10.0,10.0")
    expect(page.locator("#people > li")).to_have_count(0)
    expect(page.locator("#said")).not_to_have_text("正在查找…")
