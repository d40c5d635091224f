"""Orders on the phone: written at the door without network, there once when there is signal."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect
from sqlalchemy import select

from gridmap.models import Account, Order
from tests.browser.conftest import PHONE
from tests.browser.test_field_checks import check
from tests.browser.test_field_offline import go_offline, open_field

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database

LOSE = """() => {
  const real = window.fetch;
  window.fetch = async (...asked) => {
    const answer = await real(...asked);
    if (String(asked[0]).endsWith("/field/entries") && !window.lost) {
      window.lost = true;
      throw new TypeError("lost");
    }
    return answer;
  };
}"""


def write_order(page: Page, title: str, day: date) -> int:
    """Write an order on the card of the first building; which building it was."""
    page.click("#tab-buildings")
    building = page.locator("#buildings [data-building]").first
    number = int(building.get_attribute("data-building"))
    building.click()
    page.locator("#card [data-order-form]").click()
    card = page.locator("#card")
    expect(card.locator("#card-title")).to_have_text("登记一单")
    card.locator("[name=kind]").select_option("repair")
    card.locator("[name=title]").fill(title)
    card.locator("[name=text]").fill("三楼楼道")
    card.locator("[name=wanted_by]").fill(day.isoformat())
    check(page)
    card.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#told")).to_contain_text("已登记一单")
    return number


def orders_titled(database: Database, title: str) -> list[tuple[int | None, str, str, date | None, bool]]:
    with database.transaction() as session:
        staff_id = session.scalar(select(Account.staff_id).where(Account.username == "field"))
        rows = session.scalars(select(Order).where(Order.title == title))
        return [
            (one.building_id, one.kind, one.text, one.wanted_by, one.ordered_by == staff_id) for one in rows
        ]


def test_order_without_network_arrives_once(sign_in: Callable[..., Page], database: Database):
    page = sign_in("field", viewport=PHONE, refused="net::ERR")
    open_field(page)
    go_offline(page)
    day = date.today() + timedelta(days=3)  # noqa: DTZ011 - the day of the phone
    building = write_order(page, "换楼道灯泡", day)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "1")
    page.reload()
    page.click("#tab-issues")
    expect(page.locator("#orders [data-fresh]")).to_contain_text("换楼道灯泡")
    assert orders_titled(database, "换楼道灯泡") == []
    page.evaluate(LOSE)  # the server has taken it, the phone does not learn of it and sends it again
    page.context.set_offline(False)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    expect(page.locator("#sync")).to_have_attribute("data-kind", "synced")
    assert orders_titled(database, "换楼道灯泡") == [(building, "repair", "三楼楼道", day, True)]
    expect(page.locator("#orders [data-fresh]")).to_have_count(0)
    expect(page.locator("#orders")).to_contain_text("换楼道灯泡")


def test_order_whose_day_is_over_is_mended_in_its_form(sign_in: Callable[..., Page], database: Database):
    page = sign_in("field", viewport=PHONE, refused="net::ERR")
    open_field(page)
    go_offline(page)
    # The phone was without signal for longer than that: the day is over when it is sent.
    today = date.today()  # noqa: DTZ011
    page.evaluate(
        "document.addEventListener('focusin', (event) => event.target.removeAttribute('min'), true)"
    )
    write_order(page, "搬旧家具", today - timedelta(days=1))
    page.context.set_offline(False)
    page.click("#tab-me")
    entry = page.locator("#open-entries li[data-state='refused']")
    expect(entry).to_contain_text("已经过去")
    entry.locator("[data-press='mend']").click()
    form = page.locator("#card form")
    expect(form.locator("[name=title]")).to_have_value("搬旧家具")
    form.locator("[name=wanted_by]").fill((today + timedelta(days=1)).isoformat())
    form.get_by_role("button").last.click()
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    expect(page.locator("#open-entries")).to_have_count(0)
    assert [row[3] for row in orders_titled(database, "搬旧家具")] == [today + timedelta(days=1)]
