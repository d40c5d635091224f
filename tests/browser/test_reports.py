"""The heatmap report in a browser: embedded under its own policy, and as a file opened from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.conftest import ask_api

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from gridmap.db import Database

ASKED = "area=370699&starts_at=2026-01-01T00:00:00%2B08:00&ends_at=2027-01-01T00:00:00%2B08:00"


def _count(database: Database, query: str) -> int:
    with database.transaction() as session:
        return session.scalars(text(query)).one()


def _point_at_first(page: Page, rows: list[dict[str, Any]]) -> tuple[dict[str, Any], str]:
    """Point at the first cell; gives its row and what the tip says."""
    page.mouse.move(0, 0)
    page.locator("path.leaflet-interactive").first.hover(force=True)
    tip = page.locator(".leaflet-tooltip").inner_text()
    return next(row for row in rows if row["code"] in tip), tip


def test_embedded_report_draws_its_cells(sign_in: Callable[..., Page], database: Database):
    """The fixtures fail on any foreign request, script error or refusal by the policy."""
    page = sign_in("official")
    page.goto(f"/reports/heatmap?{ASKED}")
    page.wait_for_selector("path.leaflet-interactive")
    cells = _count(database, "SELECT count(*) FROM micro_grids WHERE geom IS NOT NULL")
    assert cells > 10
    assert page.locator("path.leaflet-interactive").count() == cells
    assert page.locator(".legend li").count() == 5
    page.get_by_label("异常之处").check()
    assert page.locator(".legend li").count() == 4
    assert "诉求热力图" in page.title()


def test_file_opens_from_disk_and_asks_for_nothing(
    sign_in: Callable[..., Page], database: Database, browser: Browser, tmp_path: Path
):
    """With the network cut: layers switch, the slider moves, the tip tells the figures."""
    page = sign_in("official", language="en")
    answer = page.request.get(f"/reports/heatmap.html?{ASKED}&level=grid&step=month&layer=per_100")
    assert answer.headers["content-disposition"].startswith("attachment")
    frames = ask_api(page, f"/heatmaps/frames?{ASKED}&level=grid&step=month")
    quarter = "area=370699&starts_at=2025-12-30T16:00:00Z&ends_at=2026-03-31T16:00:00Z&level=grid"
    tested = ask_api(page, f"/heatmaps/layers?{quarter}&layer=unusual")
    march = "area=370699&starts_at=2026-02-28T16:00:00Z&ends_at=2026-03-31T16:00:00Z&level=grid"
    rates = ask_api(page, f"/heatmaps/layers?{march}&layer=per_100")
    file = tmp_path / "heatmap.html"
    file.write_bytes(answer.body())
    asked: list[str] = []
    faults: list[str] = []
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(file.as_uri())
    opened.wait_for_selector("path.leaflet-interactive")
    grids = _count(database, "SELECT count(*) FROM areas WHERE level = 'grid'")
    cells = opened.locator("path.leaflet-interactive")
    assert cells.count() == grids
    expect(opened.locator("#legend-title")).to_have_text("Per 100 households")
    opened.get_by_label("Unusual places").check()
    expect(opened.locator("#notes")).to_contain_text("q = 0.05")
    opened.locator("#slider").fill("2")
    expect(opened.get_by_label("Unusual places")).to_be_checked()
    expect(opened.locator("#said")).to_have_text("Quarter up to this step: 2025-12-31 to 2026-03-31")
    for number, row in enumerate(sorted(tested["rows"], key=lambda row: str(row["code"]))):
        expect(cells.nth(number)).to_have_attribute("fill", f"url(#look-{row['found']})")
    assert {row["found"] for row in tested["rows"]} & {"hot", "not_distinguishable"}
    row, tip = _point_at_first(opened, tested["rows"])
    assert f"{row['observed']:,} incidents, {row['expected']:.1f} expected" in tip
    opened.get_by_label("Per 100 households").check()
    expect(opened.locator("#said")).to_have_text("2026-03-01 to 2026-03-31")
    row, tip = _point_at_first(opened, rates["rows"])
    assert f"{row['shrunk_per_100']:.1f} per 100 households" in tip
    opened.get_by_label("Where issues are").check()
    row, tip = _point_at_first(opened, tested["rows"])
    assert f"{frames['issues'][2][frames['codes'].index(row['code'])]} issues" in tip
    opened.get_by_label("Unusual change").check()
    opened.locator("#slider").fill("0")
    # No year lies before the sample town's first issues: nothing to hold a quarter against.
    assert {cell.get_attribute("fill") for cell in cells.all()} == {"url(#look-not_enough)"}
    expect(opened.locator("#classes li").last).to_have_text("Not enough data")
    opened.click("#whole")
    expect(opened.locator("#said")).to_be_empty()
    opened.click("#play")
    expect(opened.locator("#said")).to_contain_text("2026-01-31")
    expect(opened.get_by_label("Unusual change")).to_be_checked()
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert faults == []
