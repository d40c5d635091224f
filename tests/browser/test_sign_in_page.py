"""Signing in: the form, its errors, the way to one's own page, and the frame around every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from gridmap.services.demo import DEMO_SIGN_INS
from tests.browser.conftest import PHONE, SMALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@pytest.mark.parametrize(
    ("role", "first"),
    [("admin", "planner"), ("planner", "planner"), ("official", "officials"), ("field", "field")],
)
def test_each_role_comes_to_its_own_page(page: Page, role: str, first: str):
    page.goto("/")
    page.wait_for_url("**/sign-in")
    page.fill("#username", role)
    page.fill("#password", DEMO_SIGN_INS[role])
    page.press("#password", "Enter")
    page.wait_for_url(f"**/{first}*")


def test_wrong_password_is_told_beside_the_form(page: Page):
    page.goto("/planner?zoom=15")
    page.fill("#username", "planner")
    page.fill("#password", "not this one")
    page.press("#password", "Enter")
    expect(page.get_by_role("alert")).to_have_text("用户名或密码不正确。")
    expect(page.locator("#username")).to_have_value("planner")
    page.fill("#password", "gridmap-planner")
    page.press("#password", "Enter")
    page.wait_for_url("**/planner?zoom=15*")


def test_demo_row_fills_the_form(page: Page):
    page.goto("/sign-in")
    page.get_by_role("button", name="规划人员").click()
    expect(page.locator("#password")).to_have_value("gridmap-planner")
    page.keyboard.press("Enter")
    page.wait_for_url("**/planner*")


def test_forged_next_address_is_not_followed(page: Page, live_server: str):
    page.goto("/sign-in?next=//elsewhere.example/")
    page.fill("#username", "official")
    page.fill("#password", "gridmap-official")
    page.press("#password", "Enter")
    page.wait_for_url(f"{live_server}/officials*")


def test_language_switch_keeps_the_view(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    page.goto("/")
    page.click("#tab-plans")
    page.wait_for_url("**tab=plans*")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#panel-plans")).to_be_visible()
    assert "tab=plans" in page.url


def test_field_worker_sees_no_link_to_the_planner(sign_in: Callable[..., Page]):
    page = sign_in("field")
    page.goto("/")
    links = page.get_by_role("navigation", name="页面").get_by_role("link")
    expect(links).to_have_text(["我的网格", "点单", "清单"])
    page.wait_for_load_state("networkidle")
    page.set_viewport_size(PHONE)
    page.wait_for_load_state("networkidle")
    page.locator(".account summary").click()
    expect(page.locator(".account .menu a:visible")).to_have_text(
        ["我的网格", "点单", "清单", "下载我的信息"]
    )
    page.get_by_role("button", name="退出登录").last.click()
    page.wait_for_url("**/sign-in")


def test_search_leads_to_a_place(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    page.goto("/")
    page.get_by_role("combobox", name="搜索地点").fill("37069900100200")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**area=37069900100200*")
    page.get_by_role("combobox", name="搜索地点").fill("没有这个地方")
    expect(page.locator("#found")).to_contain_text("没有找到")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", ["planner", "official", "field"])
def test_nothing_scrolls_sideways_on_a_small_phone(sign_in: Callable[..., Page], role: str, language: str):
    page = sign_in(role, language=language, viewport=SMALL)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_js_property("scrollWidth", SMALL["width"])
