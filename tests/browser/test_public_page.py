"""The public map, read by somebody without an account: its figures are the API's, and no other page opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from gridmap.services.actors import SYSTEM
from gridmap.services.public_figures import publish_figures
from tests.browser.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database


def seen(page: Page) -> None:
    """Whether nothing scrolls sideways, and axe has no findings."""
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


@pytest.mark.parametrize(
    ("viewport", "locale"), [(DESKTOP, "zh-CN"), (PHONE, "en-GB")], ids=["desktop-zh", "phone-en"]
)
def test_anybody_reads_months_and_a_year(
    open_page: Callable[..., Page], database: Database, viewport: dict[str, int], locale: str
):
    page = open_page(viewport=viewport, locale=locale)
    page.goto("/public")
    expect(page.locator("#empty")).to_be_visible()  # nothing is published yet, and it says when
    with database.transaction() as session:
        publish_figures(session, SYSTEM)
    page = open_page(viewport=viewport, locale=locale)  # the other keeps its answer for a while
    page.goto("/public")
    months = page.request.get("/api/v1/public/months").json()
    said = page.locator("#month-said")
    expect(said).to_have_text(months["last_month"][:7])
    newest = [one["blocks"][-1]["issues"] for one in months["communities"]]
    expect(page.locator("#table tbody tr td:nth-child(4)")).to_have_text([f"{issues:,}" for issues in newest])
    page.locator("#month").focus()
    page.keyboard.press("Home")
    expect(said).to_have_text(months["first_month"][:7])
    seen(page)
    page.reload()
    expect(said).to_have_text(months["first_month"][:7])
    page.click("#tables [data-table=year]")
    year = page.request.get("/api/v1/public/year").json()
    expect(page.locator("#table tbody tr")).to_have_count(len(year["cells"]))
    expect(page.locator("#bars li").last).to_contain_text("其他" if locale == "zh-CN" else "All others")
    seen(page)
    with page.expect_download() as download:
        page.click("#as-csv")
    rows = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(rows) == 1 + len(year["cells"])
    assert page.request.get("/api/v1/issues").status == 401
