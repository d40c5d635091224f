"""The field page over plain http: it works with a network, keeps nothing, and says what is not to be had."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from gridmap.models import Visit
from gridmap.services.demo import DEMO_SIGN_INS
from tests.browser.conftest import PHONE
from tests.browser.test_field_checks import check
from tests.browser.test_field_offline import visit_next
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from gridmap.db import Database

HOST = "field.example"  # what is not localhost needs https to be trusted
KEPT = """async () => ({
  isTrusted: window.isSecureContext,
  worker: "serviceWorker" in navigator,
  sealing: Boolean(window.crypto.subtle),
  databases: (await indexedDB.databases()).length,
  local: localStorage.length,
})"""


def count_all(database: Database) -> dict[int, int]:
    """Count the visits to each building that has any."""
    with database.transaction() as session:
        counted = select(Visit.building_id, func.count()).group_by(Visit.building_id)
        return {row[0]: row[1] for row in session.execute(counted)}


@pytest.fixture
def live_server(live_server: str) -> str:
    """The address by a name that no browser trusts without https."""
    return live_server.replace("127.0.0.1", HOST)


@pytest.fixture
def browser(browser: Browser) -> Iterator[Browser]:
    """A browser that finds the name on this machine."""
    rules = f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP * ~NOTFOUND"
    finding = browser.browser_type.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, rules])
    yield finding
    finding.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """The field page of somebody who signed in by the form."""
    page = open_page(viewport=PHONE, has_touch=True)
    page.goto("/sign-in?next=/field")
    page.fill("#username", "field")
    page.fill("#password", DEMO_SIGN_INS["field"])
    page.locator("main form button").click()
    expect(page.locator("#sync")).to_have_attribute("data-kind", "synced")
    expect(page.locator("#today")).to_be_visible()
    return page


def test_says_what_is_not_to_be_had_and_keeps_nothing(page: Page):
    found = page.evaluate(KEPT)
    assert found == {"isTrusted": False, "worker": False, "sealing": False, "databases": 0, "local": 0}
    notice = page.locator("#panel-today [data-plain]")
    expect(notice).to_contain_text("网址不是 https")
    notice.locator("summary").click()
    for words in ("装到手机桌面", "没有信号时打不开", "加密保存", "扫码", "位置"):
        expect(notice).to_contain_text(words)
    check(page)
    page.click("#tab-buildings")
    page.click("#scan")
    expect(page.locator("#told")).to_contain_text("手机自带的相机")
    page.click("#tab-me")
    expect(page.locator("#queue [data-plain]")).to_have_attribute("open", "")
    check(page)


def test_works_with_a_network_and_sends_what_waited(page: Page, database: Database):
    page.locator("#panel-today [data-kind='full']").click()
    expect(page.locator("#panel-today [data-kind='full']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#panel-today .round-head p")).to_contain_text("步行")  # its order is settled
    before = Counter(count_all(database))
    with page.expect_response("**/api/v1/field/entries"):
        first = visit_next(page)
    assert count_all(database)[first] == before[first] + 1
    page.context.set_offline(True)
    expect(page.locator("#sync")).to_have_attribute("data-kind", "offline")
    second = visit_next(page)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "1")
    page.context.set_offline(False)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    assert count_all(database)[second] == before[second] + 1
    page.reload()
    expect(page.locator("#sync")).to_have_attribute("data-kind", "synced")
    expect(page.locator(f".card.next[data-building='{second}']")).to_have_count(0)


def test_warns_before_it_is_closed_with_something_unsent(page: Page):
    page.context.set_offline(True)
    visit_next(page)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "1")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "1")
    assert asked == ["beforeunload"]


def test_signs_out(page: Page):
    page.click("#tab-me")
    page.locator("#sign-out button").click()
    page.wait_for_url("**/sign-in*")
