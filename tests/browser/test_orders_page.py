"""Page of orders: written for a resident with its place, seen on the map, moved on by who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.services.actors import Actor
from gridmap.services.orders import take_order_step
from tests.browser.conftest import DESKTOP, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database


def require_good(page: Page) -> None:
    """Nothing scrolls sideways, and axe has no findings."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESKTOP, "en"), (PHONE, "zh")], ids=["desktop-en", "phone-zh"]
)
def test_an_order_is_written_claimed_and_confirmed(
    sign_in: Callable[..., Page], database: Database, viewport: dict[str, int], language: str
) -> None:
    page = sign_in("dispatcher", language=language, viewport=viewport)
    page.goto("/orders")
    expect(page.locator("#orders .empty")).to_be_visible()
    page.locator("#writing summary").click()
    page.locator("#headline").fill("换楼道灯泡")
    page.locator("#save").click()
    expect(page.locator("#write-fault")).to_be_visible()  # no place yet
    building = next(one for one in ask_api(page, "/buildings?limit=50")["items"] if one["households"])
    page.locator("#address").fill(building["address"])
    page.locator("#find").click()
    page.locator("#matches button").first.click()
    require_good(page)
    page.locator("#save").click()
    row = page.locator("#orders [data-order]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("换楼道灯泡")
    expect(page.locator("#map")).to_have_attribute("data-orders", "1")
    (order,) = ask_api(page, "/orders")["items"]
    with database.transaction() as session:
        helper = session.scalar(text("SELECT min(id) FROM staff WHERE role = 'volunteer'"))
        for action in ("claim", "finish"):
            take_order_step(session, Actor(None, "x", "field", None, helper), order["id"], action)
    page.reload()
    expect(row.locator(".badge")).to_have_class("badge done")
    role = {"zh": "志愿者", "en": "Volunteer"}[language]
    expect(row).to_contain_text(role)
    row.locator("[data-action=confirm]").click()
    expect(row.locator(".badge")).to_have_class("badge confirmed")
    page.locator("#is_open").select_option("0")
    expect(row).to_have_count(1)
    require_good(page)
