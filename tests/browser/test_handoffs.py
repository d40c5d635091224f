"""Hand-offs on the field page: what a new plan gives and takes, taken over with one tap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.services.actors import SYSTEM
from gridmap.services.plan_runs import create_plan
from gridmap.services.plans import publish_plan
from tests.browser.conftest import DESKTOP, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database

WIDE = {"households_min": 90, "households_target": 120, "households_max": 150}
MY_GRID = text(
    "SELECT min(a.code) FROM accounts c JOIN postings p ON p.staff_id = c.staff_id"
    " JOIN micro_grids m ON m.code = p.micro_grid_code JOIN areas a ON a.id = m.grid_id"
    " WHERE c.username = 'field'"
)
HEIGHTS = """plan => Object.fromEntries(
    [...document.querySelectorAll(`[data-plan="${plan}"] :is(button, a, summary)`)]
        .filter((one) => one.checkVisibility())
        .map((one) => [one.innerText, one.getBoundingClientRect().height]))"""
TAKE = {"zh": "我已接手", "en": "I have taken over"}


@pytest.fixture
def plan(database: Database) -> int:
    """A new plan of the grid of the field account, with larger micro-grids, published today."""
    with database.transaction() as session:
        grid = session.scalar(MY_GRID)
    made = create_plan(database, SYSTEM, str(grid), rules=WIDE).id
    with database.transaction() as session:
        publish_plan(session, SYSTEM, made, confirm_moved=True)
    return made


@pytest.mark.parametrize(
    ("language", "viewport"), [("zh", PHONE), ("en", PHONE), ("zh", DESKTOP)], ids=["zh", "en", "desktop"]
)
def test_a_hand_off_is_read_and_taken_over(
    sign_in: Callable[..., Page], plan: int, language: str, viewport: dict[str, int]
) -> None:
    page = sign_in("field", language=language, viewport=viewport)
    page.goto("/field")
    (handoff,) = ask_api(page, "/staff/me/handoffs?open=1")["items"]
    assert handoff["plan_id"] == plan
    assert handoff["parts"]
    card = page.locator(f"[data-plan='{plan}']")
    expect(page.locator("#sync")).to_have_attribute("data-kind", "synced")
    card.wait_for()
    for direction in ("gained", "lost"):
        parts = [part for part in handoff["parts"] if part["direction"] == direction]
        expect(card.locator(f"[data-direction='{direction}'] li")).to_have_count(len(parts))
        if parts:
            households = sum(part["households"] for part in parts)
            expect(card.locator(f"[data-direction='{direction}'] summary")).to_contain_text(f"{households}")
    heights = page.evaluate(HEIGHTS, plan)  # at once: the card is drawn anew when the phone has synced
    assert heights
    assert {text: height for text, height in heights.items() if height < 44} == {}
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(page, context="#handoffs")
    assert found.violations_count == 0, found.generate_report()
    button = card.get_by_role("button", name=TAKE[language])
    button.focus()
    page.keyboard.press("Enter")
    expect(card).to_have_count(0)
    said = page.locator("#told")
    expect(said.get_by_role("status")).to_contain_text("✓")
    expect(page.locator("#sync")).to_have_attribute("data-kind", "synced")
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    sheet = said.locator("a[href$='sheet.pdf']").get_attribute("href")
    printed = page.request.get(str(sheet))
    assert (printed.status, printed.headers["content-type"]) == (200, "application/pdf")
    page.reload()
    expect(page.locator("#micro-grids li").first).to_be_visible()
    expect(page.locator("#handoffs")).to_have_count(0)
    (done,) = ask_api(page, "/staff/me/handoffs?open=0")["items"]
    assert done["acknowledged_at"] is not None


def test_nobody_has_a_hand_off_before_a_plan_follows(sign_in: Callable[..., Page]) -> None:
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    expect(page.locator("#micro-grids button").first).to_be_visible()
    expect(page.locator("#handoffs")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_planners_see_counts_and_what_is_to_be_decided(
    sign_in: Callable[..., Page], plan: int, language: str
) -> None:
    page = sign_in("planner", language=language)
    whole = ask_api(page, f"/plans/{plan}/handoffs")
    counts = whole["counts"]
    area = ask_api(page, f"/plans/{plan}")["area_code"]
    page.goto(f"/planner?area={area}&plan={plan}")
    box = page.locator("#handoffs")
    expect(box).to_contain_text(str(counts["posts"]))
    undecided = [post["code"] for post in whole["items"] if post["undecided"]]
    expect(box.locator("li")).to_have_count(len(undecided))
    printed = page.request.get(str(box.locator("a[target]").get_attribute("href")))
    assert (printed.status, printed.headers["content-type"]) == (200, "application/pdf")
    table = page.request.get(str(box.locator("a[download]").get_attribute("href")))
    posts = {line.split(",")[2] for line in table.text().splitlines()[1:]}
    assert len(posts) == counts["posts"]
