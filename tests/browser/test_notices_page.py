"""Pages of notices: sent with its outlook before the eyes, followed while posts reach homes, closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import select, text

from gridmap.models import Account, AccountArea, Area
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.notice_reaches import reach_buildings
from gridmap.services.notice_reminders import remind_receivers
from gridmap.services.notices import send_notice
from tests.browser.conftest import DESKTOP, DISTRICT, PHONE, SMALL, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database


def require_good(page: Page) -> None:
    """Nothing scrolls sideways, and axe has no findings."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESKTOP, "zh"), (PHONE, "en")], ids=["desktop-zh", "phone-en"]
)
def test_a_notice_is_sent_and_followed(
    sign_in: Callable[..., Page], database: Database, viewport: dict[str, int], language: str
) -> None:
    page = sign_in("dispatcher", language=language, viewport=viewport)
    page.goto("/notices")
    look = ask_api(page, f"/notices/outlook?area={DISTRICT}")
    expect(page.locator("#outlook")).to_contain_text(f"{look['households']:,}")
    expect(page.locator("#send")).to_be_disabled()
    require_good(page)
    grid = ask_api(page, "/areas?level=grid&limit=1")["items"][0]["code"]
    expect(page.locator(f"#area option[value='{grid[:12]}']")).to_be_attached()
    page.locator("#area").select_option(grid[:12])
    community = ask_api(page, f"/notices/outlook?area={grid[:12]}")
    expect(page.locator("#outlook")).to_contain_text(f"{community['households']:,}")
    page.locator("#headline").fill("停水通知")
    page.locator("#words").fill("明天 8 时至 12 时停水。")
    page.locator("#send").click()
    page.wait_for_url("**/notices/*")
    number = int(page.url.rsplit("/", 1)[1].partition("?")[0])
    expect(page.locator("#share")).to_contain_text("0")
    expect(page.locator("#areas tr")).not_to_have_count(0)
    expect(page.locator("#map")).to_have_attribute("data-reached", "0")
    require_good(page)

    with database.transaction() as session:
        ids = session.scalars(
            text("SELECT DISTINCT building_id FROM notice_parts WHERE notice_id = :id"), {"id": number}
        ).all()
        reach_buildings(session, Actor(None, "desk", "dispatcher", None), number, ids[:3])
    expect(page.locator("#map")).to_have_attribute("data-reached", "3")  # it asks again by itself
    found = ask_api(page, f"/notices/{number}")
    expect(page.locator("#sentence")).to_contain_text(f"{found['notice']['households_reached']:,}")
    shown = page.locator("#areas tr").first
    expect(shown).to_contain_text(f"{found['areas'][0]['households']:,}")

    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#close").click()
    expect(page.locator("#close")).to_have_count(0)
    assert ask_api(page, f"/notices/{number}")["notice"]["closed_at"]
    page.goto("/notices")
    expect(page.locator(".notice-rows li")).to_have_count(1)
    require_good(page)


def test_who_has_to_be_called_stands_under_the_tier_that_calls(
    sign_in: Callable[..., Page], database: Database
) -> None:
    sent_at = datetime.now(UTC) - timedelta(minutes=130)
    with database.transaction() as session:
        notice = send_notice(session, SYSTEM, uuid4(), DISTRICT, "大风降温", "请收好窗台物品。", now=sent_at)
        remind_receivers(session)
    page = sign_in("official", viewport=SMALL)
    page.goto(f"/notices/{notice.id}")
    calls = ask_api(page, f"/notices/{notice.id}/calls")["items"]
    tiers = [one["tier"] for one in calls]
    assert set(tiers) <= {None, "community"}
    expect(page.locator("#calls li")).to_have_count(len(calls))
    expect(page.locator("#calls h3").last).to_contain_text("社区打电话")
    phone = next(one["phone"] for one in calls if one["phone"])
    expect(page.locator(f"#calls a[href='tel:{phone}']").first).to_be_visible()
    marks = page.locator("#marks dd")
    expect(marks.nth(0)).to_contain_text("0")
    expect(marks.nth(1)).to_contain_text("见分晓")
    require_good(page)


@pytest.mark.parametrize("viewport", [DESKTOP, SMALL], ids=["desktop", "phone"])
def test_official_of_a_community_sees_the_district_s_notice_as_far_as_it_is_theirs(
    sign_in: Callable[..., Page], database: Database, viewport: dict[str, int]
) -> None:
    with database.transaction() as session:
        account = session.scalars(select(Account).where(Account.username == "official")).one()
        own = session.scalars(select(Area).where(Area.level == "community").order_by(Area.id)).first()
        session.execute(text("DELETE FROM account_areas WHERE account_id = :id"), {"id": account.id})
        session.add(AccountArea(account_id=account.id, area_id=own.id))
        notice = send_notice(session, SYSTEM, uuid4(), DISTRICT, "停水通知", "明天停水。")
        ids = session.scalars(
            text(
                "SELECT DISTINCT p.building_id FROM notice_parts p JOIN buildings b ON b.id = p.building_id"
                " JOIN areas g ON g.id = b.grid_id WHERE p.notice_id = :notice AND :own = ANY(g.lineage)"
            ),
            {"notice": notice.id, "own": own.id},
        ).all()
        reach_buildings(session, Actor(None, "desk", "dispatcher", None), notice.id, ids)
    page = sign_in("official", viewport=viewport)
    page.goto("/notices")
    expect(page.locator(".notice-rows li").first).to_contain_text("数字只算本辖区")
    page.locator(".notice-rows a").first.click()
    expect(page.locator("#wider")).to_contain_text("只算您的辖区")
    expect(page.locator("#share")).to_have_text("100 %")  # all of their own, little of the district
    expect(page.locator("#map")).to_have_attribute("data-reached", str(len(ids)))
    expect(page.locator("#close")).to_have_count(0)
    wide, whole = (page.locator(name).bounding_box() for name in ("#wider", "#notice"))
    assert wide["width"] > 0.9 * whole["width"] - 40
    require_good(page)
