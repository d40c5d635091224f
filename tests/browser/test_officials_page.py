"""Officials' page: every number on it is the API's, and the same view goes out as a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, DISTRICT, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

FROM, TO = "2026-01-01", "2026-12-31"
PERIOD = {"starts_at": "2025-12-31T16:00:00Z", "ends_at": "2026-12-31T16:00:00Z"}  # whole days in China
VIEW = f"/officials?area={DISTRICT}&from={FROM}&to={TO}"


def heat_of(page: Page, **more: str) -> dict:
    return ask_api(page, f"/heatmaps/issues?{urlencode({'area': DISTRICT, **PERIOD, **more})}")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("level", ["micro_grid", "grid", "community"])
def test_figures_are_those_of_the_api(sign_in: Callable[..., Page], viewport: dict[str, int], level: str):
    page = sign_in("official", viewport=viewport)
    heat = heat_of(page, level=level)
    page.goto(f"{VIEW}&level={level}")
    issues = sum(row["issues"] for row in heat["rows"])
    homes = sum(row["households"] for row in heat["rows"])
    assert issues > 0
    expect(page.locator("#figures dd")).to_have_text(
        [
            f"{issues:,}",
            f"{issues / homes * 100:.1f}",
            str(sum(row["issues"] > 0 for row in heat["rows"])),
        ]
    )
    bars = page.locator("#histogram rect").all()
    assert [int(bar.get_attribute("data-issues")) for bar in bars] == [
        one["issues"] for one in heat["histogram"]["bins"]
    ]
    expect(page.locator("#definition")).to_contain_text(heat["definition"])
    expect(page.locator("#classes li")).to_have_count(6)
    expect(page.locator("#classes li").nth(4)).to_contain_text(f"≥ {heat['breaks']['rate'][3]:g}")


def test_category_and_measure_change_the_numbers(sign_in: Callable[..., Page]):
    page = sign_in("official", language="en")
    page.goto(VIEW)
    page.locator("#figures dd").first.wait_for()
    page.select_option("#category", "noise")
    noise = sum(row["issues"] for row in heat_of(page, category="noise")["rows"])
    expect(page.locator("#figures dd").first).to_have_text(str(noise))
    page.get_by_role("button", name="Counts").click()
    expect(page.locator("#legend-title")).to_have_text("Issues")
    expect(page).to_have_url(re.compile(r"category=noise.*measure=issues|measure=issues.*category=noise"))
    page.reload()
    expect(page.locator("#figures dd").first).to_have_text(str(noise))
    expect(page.get_by_role("button", name="Counts")).to_have_attribute("aria-pressed", "true")


def test_list_behind_a_cell_is_what_the_cell_counts(sign_in: Callable[..., Page]):
    page = sign_in("official")
    busiest = max(heat_of(page)["rows"], key=lambda row: (row["issues"], row["code"]))
    place = ask_api(page, f"/micro-grids/{busiest['code']}")
    page.goto(f"{VIEW}&at={place['lon']},{place['lat']}&zoom=18.5")
    page.locator("#figures dd").first.wait_for()
    page.wait_for_load_state("networkidle")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**cell=*")
    code = page.evaluate("new URLSearchParams(location.search).get('cell')")
    issues = next(row["issues"] for row in heat_of(page)["rows"] if row["code"] == code)
    expect(page.locator("#behind li")).to_have_count(min(issues, 50))
    expect(page.locator("#tip")).to_contain_text(f"{issues} 件")


def test_empty_period_says_so(sign_in: Callable[..., Page]):
    page = sign_in("official")
    page.goto("/officials?from=2001-01-01&to=2001-01-31")
    expect(page.locator("#sentence")).to_contain_text("没有诉求记录")


def test_same_view_as_folium_page_and_as_file(sign_in: Callable[..., Page]):
    page = sign_in("official")
    page.goto(VIEW)
    page.locator("#figures dd").first.wait_for()
    page.click("#toggle")
    frame = page.frame_locator("#report")
    expect(frame.locator("path.leaflet-interactive").first).to_be_visible()
    with page.expect_download() as download:
        page.click("#download")
    text = download.value.path().read_text("utf-8")
    assert "<script src=" not in text
    assert "<html" in text


def test_printed_page_fits_a4(sign_in: Callable[..., Page]):
    page = sign_in("official")
    page.goto(VIEW)
    page.locator("#figures dd").first.wait_for()
    page.emulate_media(media="print")
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("#sentence")).to_be_visible()
    expect(page.locator("#legend-title")).to_be_visible()
