"""Comments on the maps of planner and editor: pinned by click or keys, answered, settled, never markup."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from gridmap.models import PlanComment
from gridmap.services.actors import SYSTEM
from gridmap.services.comments import add_comment
from gridmap.services.plan_runs import create_plan
from tests.browser.conftest import ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from sqlalchemy import Row

    from gridmap.db import Database

GRID = "370699001001005"
EVIL = "<img src=x onerror=alert(1)> 西门夜里锁闭"


@pytest.fixture
def draft(database: Database) -> int:
    return create_plan(database, SYSTEM, GRID).id


def comments(database: Database, plan: int) -> list[Row[tuple[str | None, str, float, float, bool]]]:
    """Micro-grid, words, longitude, latitude, whether it is resolved."""
    point = PlanComment.point
    query = select(
        PlanComment.micro_grid_code,
        PlanComment.words,
        func.ST_X(point),
        func.ST_Y(point),
        PlanComment.resolved_at.is_not(None),
    )
    with database.transaction() as session:
        return list(session.execute(query.where(PlanComment.plan_id == plan).order_by(PlanComment.id)).all())


def open_planner(page: Page, plan: int) -> tuple[float, float]:
    """Open the draft with the middle of its grid in the middle of the map; gives that place."""
    west, south, east, north = ask_api(page, f"/areas/{GRID}")["bounds"]
    lon, lat = (west + east) / 2, (south + north) / 2
    page.goto(f"/planner?area={GRID}&plan={plan}&at={lon},{lat}&zoom=17.5")
    page.locator("#cells button").first.wait_for()
    page.locator(".comments-toggle").click()
    return lon, lat


def write(page: Page, words: str) -> None:
    page.fill(".comment-writer textarea", words)
    page.click(".comment-writer [data-act='send']")
    expect(page.locator(".comment-writer")).to_be_hidden()


def test_pinned_to_the_point_that_was_clicked(sign_in: Callable[..., Page], database: Database, draft: int):
    page = sign_in("planner", refused="400")
    lon, lat = open_planner(page, draft)
    page.click("[data-add='point']")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    words = page.locator(".comment-writer textarea")
    words.fill("请联系 13912345678")
    page.click(".comment-writer [data-act='send']")
    expect(page.locator(".comments [role='alert']")).to_be_visible()
    expect(words).to_have_value("请联系 13912345678")  # what was refused is not lost
    assert comments(database, draft) == []
    write(page, EVIL)
    pin = page.locator(".comment-pin")
    expect(pin).to_have_count(1)
    expect(page.locator(".thread .words")).to_have_text(EVIL)
    assert page.locator(".thread img").count() == 0
    ((code, said, x, y, resolved),) = comments(database, draft)
    assert (code, said, resolved) == (None, EVIL, False)
    # Half a pixel of zoom 17.5 is 0.3 m.
    assert (x, y) == (pytest.approx(lon, abs=1e-5), pytest.approx(lat, abs=1e-5))
    page.click("[data-act='reply']")
    write(page, "已联系物业")
    expect(pin).to_have_text("2")
    assert [row[2:4] for row in comments(database, draft)] == [(x, y), (x, y)]


def test_settled_and_opened_again(sign_in: Callable[..., Page], database: Database, draft: int):
    code = f"{GRID}01"
    with database.transaction() as session:
        for words in ("一", "二"):
            add_comment(session, SYSTEM, draft, words, micro_grid=code)
        add_comment(session, SYSTEM, draft, "整体不错")
    page = sign_in("planner", language="en")
    open_planner(page, draft)
    expect(page.locator(".thread")).to_have_count(2)
    expect(page.locator(".comment-pin")).to_have_count(1)  # that on the whole plan has no place
    thread = page.locator(f"[data-thread='{code}']")
    thread.locator("[data-act='resolve']").click()
    expect(thread).to_have_count(0)
    expect(page.locator(".comment-pin")).to_have_count(0)
    assert [row[4] for row in comments(database, draft)] == [True, True, False]
    page.click("[data-filter-comments='resolved']")
    expect(thread.locator(".badge")).to_have_text("resolved")
    expect(page.locator(".comment-pin[data-state='resolved']")).to_have_text("✓")
    thread.locator("[data-act='reopen']").click()
    expect(thread).to_have_count(0)
    assert [row[4] for row in comments(database, draft)] == [True, False, False]
    expect(page.locator("[data-filter-comments='open']")).to_have_text("Open 2")


def test_by_keys_alone_on_the_chosen_micro_grid_and_in_the_middle_of_the_map(
    sign_in: Callable[..., Page], database: Database, draft: int
):
    page = sign_in("planner")
    west, south, east, north = ask_api(page, f"/areas/{GRID}")["bounds"]
    middle = ((west + east) / 2, (south + north) / 2)
    page.goto(f"/planner/plans/{draft}/edit?area={GRID}&at={middle[0]},{middle[1]}&zoom=17.5")
    first = page.locator("#micro-grids .cell").first
    first.focus()
    page.keyboard.press("Enter")
    page.locator(".comments-toggle").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-add='micro-grid']")).to_be_enabled()
    page.locator("[data-add='micro-grid']").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("bump")  # every letter is the key of a tool: in a field it is a letter
    page.keyboard.press("Control+Enter")
    expect(page.locator(".comment-pin")).to_have_count(1)
    page.locator("[data-add='point']").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".comment-sheet")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".comment-sheet")).to_have_count(0)
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.type("here")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".comment-pin")).to_have_count(2)
    (one, two) = comments(database, draft)
    assert (one[0] or "").startswith(GRID)
    assert one[1:3] == ("bump", None)
    assert two[:2] == (None, "here")
    lon, lat = (float(part) for part in parse_qs(urlsplit(page.url).query)["at"][0].split(","))
    assert two[2:4] == (pytest.approx(lon, abs=1e-5), pytest.approx(lat, abs=1e-5))
    pin = page.locator(f"[data-pin='{one[0]}']")
    pin.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-thread='{one[0]}']")).to_be_focused()
    assert ask_api(page, f"/plans/{draft}/operations")["items"] == []
