"""Page of the lists: loaded entries on the map, filtered, joined to what fits, taken away as a table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from gridmap.services.actors import SYSTEM
from gridmap.services.demo_listings import load_demo_listings
from tests.browser.conftest import DESKTOP, DISTRICT, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESKTOP, "zh"), (PHONE, "en")], ids=["desktop-zh", "phone-en"]
)
def test_what_fits_is_found_on_list_and_map(
    sign_in: Callable[..., Page], database: Database, viewport: dict[str, int], language: str
) -> None:
    with database.transaction() as session:
        loaded = load_demo_listings(session, SYSTEM, DISTRICT)
    page = sign_in("official", language=language, viewport=viewport)
    page.goto("/listings")
    rows = page.locator("#listings [data-listing]")
    expect(rows).to_have_count(loaded)
    expect(page.locator("#map")).to_have_attribute("data-listings", str(loaded))
    page.locator("#list").select_option("need")
    needs = ask_api(page, "/listings?list=need")["items"]
    expect(rows).to_have_count(len(needs))
    fitting = {one["id"]: ask_api(page, f"/listings/{one['id']}/matches")["items"] for one in needs}
    chosen = max(needs, key=lambda one: len(fitting[one["id"]]))["id"]
    assert fitting[chosen]
    page.locator(f"[data-match='{chosen}']").click()
    expect(page.locator(".matches-of li")).to_have_count(len(fitting[chosen]))
    expect(page.locator("#map")).to_have_attribute("data-lines", str(len(fitting[chosen])))
    expect(page.locator(".matches-of li").first).to_contain_text(fitting[chosen][0]["title"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    with page.expect_download() as taken:
        page.locator("#take").click()
    table = list(csv.DictReader(io.StringIO(taken.value.path().read_text(encoding="utf-8-sig"))))
    assert [row["list"] for row in table] == ["need"] * len(needs)
