"""From the sticker on a door to the rating: a resident's phone, two languages, with and without scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.services import building_codes as codes
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.issue_duplicates import find_duplicates_of
from gridmap.services.issue_steps import Given, take_step
from tests.browser.conftest import PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Request

    from gridmap.db import Database

MOST_BYTES = 150_000


def seen(page: Page) -> None:
    """Whether nothing scrolls sideways, targets are large enough for a thumb, and axe has no findings."""
    width = PHONE["width"]
    right = f"[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > {width})"
    assert page.evaluate(f"{right}.map(e => e.outerHTML.slice(0, 200))") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    low = "els => els.filter(e => e.getBoundingClientRect().height < 44).map(e => e.textContent)"
    assert page.locator(".resident button, .chips span").evaluate_all(low) == []
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


@pytest.fixture
def door(database: Database) -> codes.IssuedCode:
    """A building of the town with its first entrance's code."""
    with database.transaction() as session:
        building = session.scalar(
            text("SELECT min(id) FROM buildings WHERE households >= 8 AND entrance_count > 1")
        )
        session.execute(text("DELETE FROM issues WHERE building_id = :id"), {"id": building})
        return codes.issue_codes(session, SYSTEM, building_id=building)[0]


def settle(database: Database, issue_id: int) -> None:
    desk = Actor(None, "", "dispatcher", area_ids=None)
    with database.transaction() as session:
        take_step(session, desk, issue_id, "accept")
        take_step(session, desk, issue_id, "settle", Given(note="已更换灯泡", outcome="fixed"))


def test_a_resident_reports_and_rates(
    open_page: Callable[..., Page], database: Database, door: codes.IssuedCode
):
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    loaded: list[Request] = []

    def note(request: Request) -> None:
        loaded.append(request)

    page.on("requestfinished", note)
    page.goto(f"/r/{door.token.lower()}", wait_until="networkidle")
    expect(page.locator("h1")).to_have_text(f"{door.building} 1 单元")
    sizes = [request.sizes() for request in loaded]
    assert len(sizes) > 3
    assert sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes) < MOST_BYTES
    seen(page)
    page.locator(".chips label", has_text="照明").tap()  # one
    page.locator("#text").fill("<script>document.title='x'</script> 找张三 13800138000")
    expect(page.locator("#warning")).to_contain_text("13800138000")
    page.get_by_role("button", name="上报").tap()  # two
    page.wait_for_url(re.compile(r"/f/[\w-]{32}$"))
    link = page.url
    expect(page.locator("h1")).to_have_text("已收到")
    expect(page.locator("blockquote")).to_contain_text("<script>")
    expect(page.locator(".link")).to_have_text(link)
    seen(page)
    page.locator("#text").fill("三楼也不亮,车是鲁F12345")
    expect(page.locator("#warning")).to_contain_text("鲁F12345")
    page.get_by_role("button", name="提交补充").tap()
    expect(page.locator("blockquote")).to_contain_text("三楼也不亮")
    with database.transaction() as session:
        row = session.execute(
            text("SELECT id, building_id, entrance_number, channel FROM issues ORDER BY id DESC LIMIT 1")
        ).one()
    assert tuple(row)[1:] == (door.building_id, 1, "qr_code")

    # A neighbour, in English and without scripts, finds it there: the same, once more; then takes it back.
    other = open_page(viewport=PHONE, locale="en-GB", java_script_enabled=False)
    other.goto(f"/r/{door.token}")
    expect(other.locator(".known li")).to_have_count(1)
    expect(other.locator(".known")).not_to_contain_text("13800138000")
    other.get_by_role("button", name="Me too").click()
    expect(other.locator("h1")).to_have_text("Received")
    with database.transaction() as session:
        again = session.scalar(text("SELECT max(id) FROM issues WHERE channel = 'qr_code'")) or 0
        assert find_duplicates_of(session, SYSTEM, again)[0].id == row.id  # what the desk is told
    other.get_by_role("button", name="Withdraw this report").click()
    expect(other.locator("h1")).to_have_text("Ended")
    expect(other.locator(".happened li")).to_have_count(2)
    other.goto(f"/r/{door.token}")
    other.locator("#report button.main").click()  # nothing chosen: the browser itself asks
    expect(other.locator("#report")).to_be_visible()

    settle(database, row.id)
    page.get_by_role("button", name="撤回这件事").tap()  # too late: it says so, and what is possible
    expect(page.locator("[role=alert]")).to_contain_text("现在可以")
    expect(page.locator("h1")).to_have_text("已办结,请您评价")
    expect(page.get_by_text("最迟")).to_have_count(0)
    expect(page.locator(".happened")).to_contain_text("已更换灯泡")
    page.locator("#note").fill("又坏了")
    page.get_by_role("button", name="没解决").tap()
    expect(page.locator("h1")).to_have_text("已重新打开")
    settle(database, row.id)
    page.goto(link)
    page.locator(".marks label", has_text="4").tap()
    seen(page)
    page.get_by_role("button", name="提交评价").tap()
    expect(page.get_by_text("您的评价:4 分")).to_be_visible()
    seen(page)

    # The sticker is replaced: the old one is gone, a false one leads nowhere, the link still follows.
    with database.transaction() as session:
        codes.issue_codes(session, SYSTEM, building_id=door.building_id, replace=True)
        kept = session.scalars(text("SELECT details::text FROM audit_entries WHERE subject = 'issue'")).all()
    assert not [one for one in kept if "13800138000" in one]
    answer = page.goto(f"/r/{door.token}")
    assert answer is not None
    assert answer.status == 410
    expect(page.get_by_text("这张门贴已停用")).to_be_visible()
    assert page.request.get(f"/r/{codes.make_token()}").status == 404
    assert page.request.get("/f/nothing").status == 404
    assert page.request.get(link).status == 200


def test_who_floods_a_door_is_stopped_and_the_neighbour_is_not(
    open_page: Callable[..., Page], database: Database, door: codes.IssuedCode
):
    page = open_page(viewport=PHONE)
    for number in range(codes.PER_SENDER_AND_CODE + 1):
        page.goto(f"/r/{door.token}")
        page.locator(".chips label").first.click()
        page.get_by_role("button", name="上报").click()
        if number < codes.PER_SENDER_AND_CODE:
            page.wait_for_url("**/f/*")
    expect(page.locator("[role=alert]")).to_contain_text("尝试次数过多")
    with database.transaction() as session:
        found = codes.open_code(session, door.token, "a neighbour")
        assert found is not None
        codes.note_use(session, found, "a neighbour")
        sent = session.scalar(
            text("SELECT count(*) FROM issues WHERE channel = 'qr_code' AND building_id = :id"),
            {"id": door.building_id},
        )
    assert sent == codes.PER_SENDER_AND_CODE
