"""Page of rates, and the list behind a figure: every number is the API's, down to the file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from gridmap.web.local_days import offer_periods
from tests.browser.conftest import DESKTOP, DISTRICT, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def require_good(page: Page) -> None:
    """Nothing scrolls sideways, and axe has no findings."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


def answer_of(page: Page, by: str) -> dict:
    days = offer_periods()["quarter"]
    spans = f"starts_at={days.starts_at:%Y-%m-%dT%H:%M:%SZ}&ends_at={days.ends_at:%Y-%m-%dT%H:%M:%SZ}"
    return ask_api(page, f"/issues/rates?area={DISTRICT}&by={by}&{spans}")


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESKTOP, "en"), (PHONE, "zh")], ids=["desktop-en", "phone-zh"]
)
def test_from_a_rate_to_its_issues_and_their_file(
    sign_in: Callable[..., Page], viewport: dict[str, int], language: str
) -> None:
    page = sign_in("official", language=language, viewport=viewport)
    page.goto("/rates")
    answer = answer_of(page, "area")
    whole = answer["whole"]["figures"]["settlement"]
    assert 0 < whole["share"] < 1
    shown = page.locator(".whole [data-figure=settlement]")
    expect(shown.locator("b")).to_have_text(f"{whole['share'] * 100:.1f} %")
    low, high = whole["interval"]
    expect(shown).to_contain_text(f"{low * 100:.1f}–{high * 100:.1f} %")
    expect(shown).to_contain_text(str(whole["counted"]))
    expect(page.locator(".groups tbody tr")).to_have_count(len(answer["groups"]))
    said = page.locator(".definitions dd").all_inner_texts()
    assert sorted(said) == sorted(answer["definitions"].values())
    expect(page.locator("#made")).to_contain_text(str(answer["plan_version"]))
    require_good(page)

    page.locator("select[name=by]").select_option("company")
    page.locator(".rate-choices button").click()
    companies = answer_of(page, "company")
    expect(page.locator(".groups tbody tr")).to_have_count(len(companies["groups"]))
    expect(page.locator(".apart li")).to_have_text([*companies["red"], *companies["black"]])
    require_good(page)

    group = next(one for one in companies["groups"] if one["figures"]["settlement"]["share"] is not None)
    row = page.locator(".groups tbody tr").filter(has_text=group["name"])
    row.locator("[data-figure=settlement]").click()
    counted = group["figures"]["settlement"]["counted"]
    expect(page.locator("#said")).to_contain_text(str(counted))
    expect(page.locator(".issue-rows tbody tr")).to_have_count(min(50, counted))
    require_good(page)
    with page.expect_download() as taken:
        page.locator("#as-csv").click()
    rows = list(csv.DictReader(io.StringIO(taken.value.path().read_text(encoding="utf-8-sig"))))
    assert len(rows) == counted
    assert "text" not in rows[0]
    page.locator(".issue-rows tbody a").first.click()
    page.wait_for_url("**/issues/*")


def test_the_list_is_filtered_and_paged_and_says_when_nothing_fits(sign_in: Callable[..., Page]) -> None:
    page = sign_in("dispatcher", language="en")
    page.goto("/issues")
    total = ask_api(page, "/issues?limit=1")["total"]
    expect(page.locator("#said")).to_contain_text(f"{total:,} issues")
    first = page.locator(".issue-rows tbody a").first.inner_text()
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".issue-rows tbody a").first).not_to_have_text(first)
    page.locator("select[name=state]").select_option("void")
    page.locator(".rate-choices button").click()
    voided = ask_api(page, "/issues?limit=1&state=void")["total"]
    expect(page.locator("#said")).to_contain_text(f"{voided} issue")
    page.goto("/issues?from=1999-01-01&to=1999-02-01")
    expect(page.locator(".notice")).to_contain_text("No issue fits")
    long_ago = datetime.now(UTC).date() - timedelta(days=9_000)
    page.goto(f"/rates?from={long_ago}&to={long_ago}")
    page.get_by_role("link", name="The latest issues").click()
    expect(page.locator(".whole [data-figure=settlement] b")).to_be_visible()
    page.goto("/rates?from=2026-13-01&to=x")
    expect(page.get_by_role("alert")).to_contain_text("could not be read")
