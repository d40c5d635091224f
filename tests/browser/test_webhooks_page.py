"""Page of webhooks: an address is added, tried, switched off and on, and deleted by an administrator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from gridmap.services.webhooks import send_webhooks
from gridmap.settings import Settings
from tests.browser.conftest import DESKTOP, PHONE
from tests.receiving import open_receiver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from gridmap.db import Database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Receivers may stand in a private network: the test's own does."""
    given = {"GRIDMAP_HOME": str(tmp_path), "GRIDMAP_SECRET_KEY": "only-for-tests"}
    return Settings.from_environ({**given, "GRIDMAP_PRIVATE_WEBHOOKS": "yes"})


def _stands_checks(page: Page) -> bool:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    heights = page.evaluate("[...document.querySelectorAll('main button')].map(one => one.offsetHeight)")
    return page.viewport_size == DESKTOP or all(height >= 44 for height in heights if height)


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESKTOP, "zh"), (PHONE, "en")], ids=["desktop-zh", "phone-en"]
)
def test_an_address_is_kept_from_its_secret_to_its_end(
    sign_in: Callable[..., Page], database: Database, viewport: dict[str, int], language: str
) -> None:
    page = sign_in("admin", language=language, viewport=viewport, refused="400")
    page.goto("/webhooks")
    expect(page.locator("#webhooks .empty")).to_be_visible()
    assert _stands_checks(page)
    page.fill("#address", "ftp://nowhere")
    page.locator("#add button.main").click()
    expect(page.locator("#address-fault")).to_contain_text("http://")
    expect(page.locator("#address")).to_be_focused()
    with open_receiver() as receiver:
        page.fill("#address", receiver.address)
        page.locator("#add summary").click()
        page.locator("[name=actions][value=settle]").check()
        page.locator("#add button.main").click()
        expect(page.locator("#new-secret")).to_be_focused()
        assert len(page.input_value("#secret")) > 30
        assert _stands_checks(page)
        page.click("#kept")
        expect(page.locator("#new-secret")).to_be_hidden()
        assert page.input_value("#secret") == ""
        page.reload()
        expect(page.locator("#new-secret")).to_be_hidden()
        row = page.locator("[data-webhook]")
        expect(row).to_contain_text({"zh": "还没有推送过", "en": "nothing sent yet"}[language])
        expect(row).to_contain_text({"zh": "推送：办结", "en": "Told: Settle"}[language])
        row.locator("[data-do=trial]").click()
        expect(row.locator("dd").nth(1)).to_have_text("1")
        assert send_webhooks(database, allow_private=True) == 1
        assert json.loads(receiver.got[0][1])["action"] == "trial"
        expect(row.locator("dd").nth(0)).to_have_text("1")
        expect(row.locator("dd").nth(1)).to_have_text("0")
        expect(row.locator(".last")).to_contain_text("200")
        row.locator("[data-do=switch]").click()
        expect(row.locator("[data-do=trial]")).to_have_count(0)
        row.locator("[data-do=switch]").click()
        row.locator("[data-do=trial]").click()
        expect(row.locator("dd").nth(1)).to_have_text("1")
    assert send_webhooks(database, allow_private=True) == 0
    page.reload()
    expect(row.locator(".badge.failing")).to_be_visible()
    expect(row.locator(".last")).to_contain_text(
        {"zh": "对方没有在监听", "en": "nobody listens there"}[language]
    )
    expect(row).to_contain_text({"zh": "下次推送", "en": "Next attempt"}[language])
    assert _stands_checks(page)
    page.on("dialog", lambda dialog: dialog.accept())
    row.locator("[data-do=remove]").click()
    expect(page.locator("#webhooks .empty")).to_be_visible()


def test_only_administrators_are_led_there(sign_in: Callable[..., Page]) -> None:
    page = sign_in("planner", language="en", refused="403")
    page.goto("/planner")
    expect(page.locator("nav a[href='/coverage']").first).to_be_attached()
    expect(page.locator("nav a[href='/webhooks']")).to_have_count(0)
    assert page.goto("/webhooks").status == 403  # type: ignore[union-attr]
