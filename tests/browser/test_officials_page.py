"""Officials' page: every number on it is the API's, the address restores it, and it goes out as files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, DISTRICT, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

FROM, TO = "2026-01-01", "2026-09-30"
PERIOD = {"starts_at": "2025-12-31T16:00:00Z", "ends_at": "2026-09-30T16:00:00Z"}  # whole days in China
VIEW = f"/officials?area={DISTRICT}&from={FROM}&to={TO}"


def layer_of(page: Page, **more: str) -> dict[str, Any]:
    return ask_api(page, f"/heatmaps/layers?{urlencode({'area': DISTRICT, **PERIOD, **more})}")


def frames_of(page: Page, **more: str) -> dict[str, Any]:
    return ask_api(page, f"/heatmaps/frames?{urlencode({'area': DISTRICT, **PERIOD, **more})}")


def total(rows: list[dict[str, Any]]) -> int:
    return sum(row["issues"] for row in rows)


def expect_figures(page: Page, layer: dict[str, Any]) -> None:
    issues, homes = total(layer["rows"]), sum(row["households"] for row in layer["rows"])
    third = sum(row["issues"] > 0 for row in layer["rows"]) if layer["hot"] is None else layer["hot"]
    expect(page.locator("#figures dd")).to_have_text(
        [f"{issues:,}", f"{issues / homes * 100:.1f}", f"{third:,}"]
    )


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESKTOP, "zh"), (PHONE, "en")], ids=["desktop-zh", "phone-en"]
)
def test_a_look_at_every_layer(sign_in: Callable[..., Page], viewport: dict[str, int], language: str):
    """Each layer's figures are the API's, legend and definition stand beside it, the address restores it."""
    page = sign_in("official", viewport=viewport, language=language)
    page.goto(VIEW)
    for layer, level in (
        ("per_100", "micro_grid"),
        ("counts", "grid"),
        ("unusual", "hexagon"),
        ("change", "community"),
    ):
        page.click(f"#layers [data-layer={layer}]")
        page.select_option("#level", level)
        asked = layer_of(page, layer=layer, level=level)
        expect(page.locator("#figures dt").last).to_have_text(
            re.compile("hot|unusual|异常" if asked["q"] else "cells|单元")
        )
        expect_figures(page, asked)
        expect(page.locator("#definition")).to_have_text(
            layer_of(page, layer=layer, level=level)["definition"] if language == "en" else re.compile("统计")
        )
        expect(page.locator("#classes li")).to_have_count({"per_100": 6, "counts": 5}.get(layer, 4))
        expect(page.locator("#messages li")).to_have_count(len(asked["messages"]))
        expect(page.locator("#version")).to_contain_text("q = 0.05" if asked["q"] else "2026")
        expect(page).to_have_url(re.compile(f"layer={layer}.*level={level}"))
    page.select_option("#level", "micro_grid")
    page.click("#layers [data-layer=per_100]")
    page.click("#words-open")
    page.locator("#words input[value=noise]").check()
    page.locator("#words input[value=qr_code]").check()
    page.keyboard.press("Escape")
    expect(page.locator("#words")).to_be_hidden()
    words = {"categories": "noise", "channels": "qr_code", "layer": "per_100"}
    expect_figures(page, layer_of(page, **words))
    page.reload()
    expect_figures(page, layer_of(page, **words))
    expect(page.locator("#words-said")).to_contain_text("2")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]
    page.click("#words-open")
    page.locator("#figures button").first.click()
    expect(page.locator("#behind li a").first).to_have_attribute("href", re.compile(r"/issues/\d+"))
    page.locator("#cells summary").click()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_time_runs_by_key_and_by_play_and_two_periods_stand_side_by_side(sign_in: Callable[..., Page]):
    page = sign_in("official", language="en")
    page.goto(f"{VIEW}&layer=counts&level=grid&step=month")
    frames = frames_of(page, level="grid", step="month")
    expect(page.locator("#histogram rect")).to_have_count(9)
    bars = page.locator("#histogram rect").all()
    sums = [sum(one) for one in frames["issues"]]
    assert [int(bar.get_attribute("data-issues") or "") for bar in bars] == sums
    page.focus("#slider")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#frame-said")).to_have_text(f"1 Feb 2026 to 28 Feb 2026: {sums[1]:,} issues")
    expect(page.locator("#histogram .chosen")).to_have_attribute("data-issues", str(sums[1]))
    expect(page.locator("#classes li").last).to_have_text(f"≥ {frames['breaks'][3]:g}")
    expect(page).to_have_url(re.compile("frame=2026-02-01"))
    page.reload()
    expect(page.locator("#frame-said")).to_contain_text("Feb 2026")
    page.locator("#histogram rect").nth(5).click()
    expect(page.locator("#frame-said")).to_contain_text("1 Jun 2026 to 30 Jun 2026")
    page.click("#layers [data-layer=unusual]")
    expect(page.locator("#frame-said")).to_contain_text("1 Apr 2026 to 30 Jun 2026")
    expect(page.locator("#version")).to_contain_text("1 Apr 2026 to 30 Jun 2026")
    page.click("#layers [data-layer=counts]")
    expect(page.locator("#frame-said")).to_contain_text("1 Jun 2026 to 30 Jun 2026")
    page.locator("#slider").fill("1")
    page.click("#play")
    expect(page.locator("#frame-said")).to_contain_text("Mar 2026")
    page.click("#play")
    page.click("#whole")
    expect(page.locator("#frame-said")).to_contain_text("1 Jan 2026 to 30 Sept 2026")
    page.emulate_media(reduced_motion="reduce")
    page.click("#play")
    expect(page.locator("#play")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#frame-said")).to_contain_text("Jan 2026")
    page.click("#whole")

    page.click("#compare")
    page.fill("#from2", "2026-01-01")
    page.fill("#to2", "2026-03-31")
    expect(page.locator("#caption2")).to_have_text("B · 1 Jan 2026 to 31 Mar 2026")
    expect(page.locator("#sentence")).to_contain_text("a day than in period B")
    expect(page.locator("#map2 canvas").first).to_be_visible()
    expect(page).to_have_url(re.compile("from2=2026-01-01&to2=2026-03-31"))
    for link in ("#as-png", "#as-pdf", "#as-csv", "#as-gpkg"):
        expect(page.locator(link)).to_have_attribute("href", re.compile("second_starts_at=2025-12-31T16"))
    page.click("#layers [data-layer=per_100]")
    page.check("#smooth")
    expect(page.locator("#definition")).to_contain_text("300 m")
    page.click("#compare")
    expect(page.locator("#side2")).to_be_hidden()


def test_every_figure_opens_its_issues(sign_in: Callable[..., Page]):
    page = sign_in("official")
    rows = layer_of(page)["rows"]
    busiest = max(rows, key=lambda row: (row["issues"], row["code"]))
    place = ask_api(page, f"/micro-grids/{busiest['code']}")
    page.goto(f"{VIEW}&layer=counts&at={place['lon']},{place['lat']}&zoom=18.5")
    page.locator("#figures button").first.click()
    expect(page.locator("#behind li")).to_have_count(50)
    expect(page.locator("#behind p.small").first).to_contain_text(f"{total(rows):,}")
    page.wait_for_load_state("networkidle")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**cell=*")
    code = page.evaluate("new URLSearchParams(location.search).get('cell')")
    issues = next(row["issues"] for row in rows if row["code"] == code)
    expect(page.locator("#behind li")).to_have_count(min(issues, 50))
    expect(page.locator("#tip")).to_contain_text(f"{issues} 件")
    csv = page.request.get(page.locator("#behind a[download]").get_attribute("href") or "")
    assert len(csv.text().splitlines()) == issues + 1
    page.reload()
    expect(page.locator("#behind li")).to_have_count(min(issues, 50))

    page.locator("#figures button").last.click()
    expect(page.locator("#cells-list button").first).to_be_focused()
    other = page.locator("#cells-list button").filter(has_not_text=f"{code[12:15]}-{code[15:]}").first
    other.press("Enter")
    expect(page).to_have_url(re.compile(f"cell=(?!{code})"))
    chosen = page.evaluate("new URLSearchParams(location.search).get('cell')")
    issues = next(row["issues"] for row in rows if row["code"] == chosen)
    expect(page.locator("#behind li")).to_have_count(min(issues, 50))

    page.goto("/officials?from=2001-01-01&to=2001-01-31")
    expect(page.locator("#sentence")).to_contain_text("没有诉求记录。可以换一个时段")


def test_the_same_view_goes_out_as_files_and_on_paper(sign_in: Callable[..., Page]):
    page = sign_in("official")
    page.goto(f"{VIEW}&layer=unusual&level=grid")
    expect(page.locator("#figures dd").first).not_to_be_empty()
    page.click("#toggle")
    frame = page.frame_locator("#report")
    expect(frame.locator("path.leaflet-interactive").first).to_be_visible()
    expect(frame.locator("#layers input:checked")).to_have_value("2")
    page.click("#toggle")
    kinds = {"#as-html": b"<!DOCTYPE", "#as-png": b"\x89PNG", "#as-pdf": b"%PDF", "#as-csv": b"\xef\xbb\xbf"}
    for link, start in {**kinds, "#as-gpkg": b"SQLite"}.items():
        with page.expect_download() as download:
            page.click(link)
        assert download.value.path().read_bytes().startswith(start)
    page.emulate_media(media="print")
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("#sentence")).to_be_visible()
    expect(page.locator("#legend-title")).to_be_visible()
    expect(page.locator(".outputs")).to_be_hidden()
