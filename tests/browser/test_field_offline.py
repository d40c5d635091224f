"""The field page without network: it opens, takes what is done, and sends it once there is signal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select, update

from gridmap.models import Account, Issue, IssuePhoto, Visit
from tests.browser.conftest import PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database

INSTALLED = """async () => {
  const isKept = async () => navigator.serviceWorker.controller && (await caches.match("/field"));
  while (!(await isKept())) await new Promise((done) => setTimeout(done, 50));
}"""
RAW = """(part) => new Promise((done) => {
  const opened = indexedDB.open("gridmap-field");
  opened.onsuccess = () => {
    const request = opened.result.transaction(part).objectStore(part).getAll();
    request.onsuccess = () => { opened.result.close(); done(request.result.length); };
  };
})"""
READABLE = """async (word) => {
  const database = await new Promise((done) => {
    const opened = indexedDB.open("gridmap-field");
    opened.onsuccess = () => done(opened.result);
  });
  const all = [];
  for (const part of database.objectStoreNames) {
    all.push(await new Promise((done) => {
      const request = database.transaction(part).objectStore(part).getAll();
      request.onsuccess = () => done(request.result);
    }));
  }
  database.close();
  const said = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
    ? new TextDecoder().decode(value)
    : value && typeof value === "object" && !(value instanceof CryptoKey)
      ? Object.values(value).map(said).join(" ")
      : String(value);
  return said(all).includes(word);
}"""
EXTRACT = """() => new Promise((done) => {
  const opened = indexedDB.open("gridmap-field");
  opened.onsuccess = () => {
    const request = opened.result.transaction("open").objectStore("open").get("key");
    const given = () => crypto.subtle.exportKey("raw", request.result);
    request.onsuccess = () => given().then(() => done("given out"), () => done("kept"));
  };
})"""


@pytest.fixture
def phone(sign_in: Callable[..., Page]) -> Page:
    """A phone of field staff with all that is needed on it."""
    page = sign_in("field", viewport=PHONE, refused="net::ERR")
    open_field(page)
    return page


def open_field(page: Page) -> None:
    """Open the page and wait until all is on the phone."""
    page.goto("/field")
    expect(page.locator("#sync")).to_have_attribute("data-kind", "synced")
    expect(page.locator("#today")).to_be_visible()
    page.evaluate(INSTALLED)


def go_offline(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator("#sync")).to_have_attribute("data-kind", "offline")


def go_online(page: Page) -> None:
    page.context.set_offline(False)
    expect(page.locator("#sync")).to_have_attribute("data-kind", "synced")


def visit_next(page: Page) -> int:
    """Record a visit to the next stop; which building it was."""
    stop = page.locator(".card.next")
    building = int(stop.get_attribute("data-building"))
    stop.locator("[data-visit]").click()
    expect(page.locator("#told")).to_contain_text("已记走访")
    expect(page.locator(f".card.next[data-building='{building}']")).to_have_count(0)
    return building


def count_visits(database: Database, building: int) -> int:
    with database.transaction() as session:
        return len(session.scalars(select(Visit.id).where(Visit.building_id == building)).all())


def test_opens_without_network_after_one_visit(phone: Page):
    buildings = ask_api(phone, "/field/needs")["buildings"]
    go_offline(phone)
    phone.reload()
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "offline")
    phone.click("#tab-buildings")
    expect(phone.locator("#buildings button")).to_have_count(len(buildings))
    phone.fill("#filter", buildings[0]["address"])
    phone.locator(f"#buildings [data-building='{buildings[0]['id']}']").click()
    expect(phone.locator("#card-title")).to_be_focused()
    expect(phone.locator("#card")).to_contain_text(buildings[0]["address"])
    assert phone.locator("#card .stack tbody tr").count() == buildings[0]["storeys"]
    named = phone.locator("#card").inner_text()
    assert all(person["code"] in named for person in buildings[0]["people"][:6])


def test_visit_without_network_arrives_once(phone: Page, database: Database):
    go_offline(phone)
    building = visit_next(phone)
    before = count_visits(database, building)
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "1")
    phone.reload()
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "1")
    assert count_visits(database, building) == before
    go_online(phone)
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "0")
    assert count_visits(database, building) == before + 1


def test_answer_that_was_lost_doubles_nothing(phone: Page, database: Database):
    """The server has taken the message, the phone never learned of it, and sends it again."""
    lose = """() => {
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
    phone.evaluate(lose)
    building = int(phone.locator(".card.next").get_attribute("data-building"))
    before = count_visits(database, building)
    phone.locator(".card.next [data-visit]").click()
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "unreachable")
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "1")
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "synced")  # by itself, after a while
    assert count_visits(database, building) == before + 1


def test_undo_before_sending_leaves_no_trace(phone: Page, database: Database):
    go_offline(phone)
    building = visit_next(phone)
    before = count_visits(database, building)
    phone.locator("#told").get_by_role("button", name="撤销").click()
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "0")
    expect(phone.locator(f".card.next[data-building='{building}']")).to_be_visible()
    go_online(phone)
    assert count_visits(database, building) == before


def test_undo_after_sending_takes_the_visit_back(phone: Page, database: Database):
    building = int(phone.locator(".card.next").get_attribute("data-building"))
    before = count_visits(database, building)
    phone.locator(".card.next").get_by_role("button", name="楼栋详情").click()
    row = phone.locator("#card .visit[data-done=false]").first
    kind = row.get_attribute("data-kind")
    row.locator("[data-visit]").click()
    done = phone.locator(f"#card .visit[data-kind='{kind}'][data-done=true]")
    done.get_by_role("button", name="加备注").click()
    done.locator("textarea").fill("门禁坏了")
    done.get_by_role("button", name="保存").click()
    expect(done).to_contain_text("门禁坏了")
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "synced")
    expect(done).not_to_contain_text("待传")
    with database.transaction() as session:
        assert "门禁坏了" in session.scalars(select(Visit.note).where(Visit.building_id == building)).all()
    done.get_by_role("button", name="撤销").click()
    expect(phone.locator(f"#card .visit[data-kind='{kind}']")).to_have_attribute("data-done", "false")
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "synced")
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "0")
    phone.reload()
    expect(phone.locator(f"#card .visit[data-kind='{kind}']")).to_have_attribute("data-done", "false")
    assert count_visits(database, building) == before


def test_issue_with_its_steps_and_photo_follows_in_order(phone: Page, database: Database):
    go_offline(phone)
    phone.click("#tab-issues")
    phone.click("#new-issue")
    phone.select_option("select[name=category]", "noise")
    phone.fill("textarea[name=text]", "楼道灯不亮")
    phone.set_input_files("input[name=photo]", "gridmap/web/static/icons/icon-192.png")
    phone.get_by_role("button", name="上报").click()
    phone.locator("#issues [data-issue]", has_text="待传").click()
    phone.locator("[data-action=accept]").click()
    phone.locator("[data-action=settle]").click()
    phone.fill("textarea[name=note]", "换了灯泡")
    phone.get_by_role("button", name="确认办结").click()
    expect(phone.locator("#card .badge").first).to_have_text("已办结")
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "4")
    go_online(phone)
    with database.transaction() as session:
        issue = session.scalars(select(Issue).where(Issue.text == "楼道灯不亮")).one()
        photos = session.scalar(select(func.count()).where(IssuePhoto.issue_id == issue.id))
        assert (issue.state, issue.outcome, photos) == ("settled", "fixed", 1)


def report_accepted(page: Page, words: str) -> int:
    """Report an issue at one's first building and accept it; its number."""
    needs = ask_api(page, "/field/needs")
    made = datetime.now(UTC).isoformat()
    entry = str(uuid4())
    fields = {"category": "noise", "text": words, "building_id": needs["buildings"][0]["id"]}
    items = [
        {"id": entry, "what": "issue", "made_at": made, "fields": fields},
        {
            "id": str(uuid4()),
            "what": "step",
            "made_at": made,
            "issue": entry,
            "action": "accept",
            "given": {},
        },
    ]
    body = {"client_version": 1, "items": items}
    csrf = {"X-CSRFToken": ask_api(page, "/session")["csrf_token"]}
    answer = page.request.post("/api/v1/field/entries", data=body, headers=csrf)
    assert [one["state"] for one in answer.json()["items"]] == ["stored", "stored"]
    return answer.json()["items"][0]["result"]["issue_id"]


def test_refused_entry_stops_no_other_and_shows_why(phone: Page, database: Database):
    """A step on an issue that somebody else has closed meanwhile, before a visit that is all right."""
    issue = report_accepted(phone, "屋面渗水")
    phone.goto(f"/field?issue={issue}")
    expect(phone.locator("#card-title")).to_be_visible()
    go_offline(phone)
    phone.locator("[data-action=escalate]").click()
    phone.fill("textarea[name=note]", "需要维修资金")
    phone.locator("form.step-form button.main").click()
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "1")
    with database.transaction() as session:
        # No longer in the post's sight: the step cannot be taken by anybody of its role.
        away = {"building_id": None, "grid_id": None, "dispatched_to": ""}
        session.execute(update(Issue).where(Issue.id == issue).values(away))
    phone.click("#tab-today")
    building = visit_next(phone)
    before = count_visits(database, building)
    phone.context.set_offline(False)
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "attention")
    assert count_visits(database, building) == before + 1
    phone.click("#sync")
    refused = phone.locator("#open-entries [data-state=refused]")
    expect(refused).to_have_count(1)
    expect(refused.locator(".reason")).not_to_be_empty()
    refused.locator("[data-press=discard]").click()
    phone.locator("#ask [data-answer=discard]").click()
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "synced")


def test_ended_session_asks_to_sign_in_and_keeps_everything(sign_in: Callable[..., Page], database: Database):
    phone = sign_in("field", viewport=PHONE, refused="401")
    open_field(phone)
    with database.transaction() as session:
        account = session.scalars(select(Account).where(Account.username == "field")).one()
        account.session_epoch += 1
    building = int(phone.locator(".card.next").get_attribute("data-building"))
    before = count_visits(database, building)
    phone.locator(".card.next [data-visit]").click()
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "signed_out")
    expect(phone.get_by_role("link", name="登录并上传")).to_have_attribute("href", "/sign-in?next=/field")
    phone.goto("/field")  # the worker passes on that one has to sign in
    phone.wait_for_url("**/sign-in?**")
    phone.fill("[name=username]", "field")
    phone.fill("[name=password]", "gridmap-field")
    phone.get_by_role("button", name="登录", exact=True).click()
    phone.wait_for_url("**/field")
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "synced")
    assert count_visits(database, building) == before + 1


def test_what_is_kept_cannot_be_read_and_goes_at_sign_out(phone: Page):
    address = ask_api(phone, "/field/needs")["buildings"][0]["address"]
    assert phone.evaluate(RAW, "needs") == 1
    assert phone.evaluate(READABLE, "field") is True  # the account stands open: the test sees what there is
    assert phone.evaluate(READABLE, address) is False
    assert phone.evaluate(EXTRACT) == "kept"
    phone.click("#tab-me")
    phone.locator("#sign-out button").click()
    phone.wait_for_url("**/sign-in")
    assert phone.evaluate(RAW, "needs") == 0
    assert phone.evaluate(RAW, "open") == 0
    assert phone.evaluate("caches.match('/field').then(Boolean)") is False
    assert phone.evaluate("caches.has('gridmap-field-tiles')") is False


def test_sealed_value_cannot_take_the_place_of_another(phone: Page):
    """What somebody moves within the store is read as nothing, not as what it is not."""
    read = phone.evaluate("""async () => {
      const { openStore } = await import("/static/js/field_store.js");
      const store = await openStore();
      await store.write("settings", "one", { said: "one" });
      const space = (mode) => store.database.transaction("settings", mode).objectStore("settings");
      const wait = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
      const sealed = await wait(space("readonly").get("one"));
      await wait(space("readwrite").put(sealed, "other"));
      return [await store.read("settings", "one"), await store.read("settings", "other")];
    }""")
    assert read == [{"said": "one"}, None]


def test_sign_out_tells_what_was_not_sent(phone: Page, database: Database):
    go_offline(phone)
    building = visit_next(phone)
    before = count_visits(database, building)
    phone.click("#tab-me")
    phone.locator("#sign-out button").click()
    dialog = phone.locator("#ask")
    expect(dialog).to_contain_text("还有 1 项没有上传")
    dialog.get_by_role("button", name="先不退出").click()
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "1")
    go_online(phone)
    assert count_visits(database, building) == before + 1
    phone.locator("#sign-out button").click()
    phone.wait_for_url("**/sign-in")


def test_entries_of_another_account_are_neither_shown_nor_sent(
    sign_in: Callable[..., Page], database: Database
):
    phone = sign_in("field", viewport=PHONE, refused="Failed to load resource")
    open_field(phone)
    go_offline(phone)
    building = visit_next(phone)
    before = count_visits(database, building)
    phone.context.set_offline(False)
    # In another tab somebody else signs in; this one must not send under that name.
    phone.context.clear_cookies()
    answer = phone.request.post(
        "/api/v1/session", data={"username": "planner", "password": "gridmap-planner"}
    )
    assert answer.ok
    phone.reload()
    dialog = phone.locator("#ask")
    expect(dialog).to_contain_text("另一个账号的 1 项没有上传")
    assert count_visits(database, building) == before
    dialog.get_by_role("button", name="退出，让原账号登录").click()
    phone.wait_for_url("**/sign-in")
    phone.fill("[name=username]", "field")
    phone.fill("[name=password]", "gridmap-field")
    phone.get_by_role("button", name="登录", exact=True).click()
    phone.wait_for_url("**/field")
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "synced")
    assert count_visits(database, building) == before + 1


def test_needs_go_after_seven_days_and_entries_stay(phone: Page):
    go_offline(phone)
    visit_next(phone)
    phone.evaluate("""() => new Promise((done) => {
      const opened = indexedDB.open("gridmap-field");
      opened.onsuccess = () => {
        const space = opened.result.transaction("open", "readwrite").objectStore("open");
        space.put("2020-01-01T00:00:00Z", "keep_until").onsuccess = () => { opened.result.close(); done(); };
      };
    })""")
    phone.reload()
    expect(phone.locator("#panel-today")).to_contain_text("已过七天自动清除")
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "1")
    assert phone.evaluate(RAW, "needs") == 0
    go_online(phone)
    expect(phone.locator("#today")).to_be_visible()


def test_two_phones_that_contradict_see_both_sides(
    phone: Page, sign_in: Callable[..., Page], database: Database
):
    """The same issue is settled on two phones without signal, with one outcome here and another there."""
    other = sign_in("field", viewport=PHONE, refused="net::ERR")
    open_field(other)
    issue = report_accepted(phone, "井盖松动")
    for page, outcome, note in ((phone, "fixed", "修好了"), (other, "not_ours", "不归我们管")):
        page.goto(f"/field?issue={issue}")
        expect(page.locator("#card-title")).to_be_visible()
        go_offline(page)
        page.locator("[data-action=settle]").click()
        page.check(f"[name=outcome][value={outcome}]")
        page.fill("textarea[name=note]", note)
        page.locator("form.step-form button.main").click()
        expect(page.locator("#sync")).to_have_attribute("data-waiting", "1")
    go_online(phone)
    other.context.set_offline(False)
    expect(other.locator("#sync")).to_have_attribute("data-kind", "attention")
    other.click("#tab-today")
    conflict = other.locator(".conflict")
    expect(conflict).to_contain_text("修好了")
    expect(conflict).to_contain_text("不归我们管")
    with database.transaction() as session:
        assert session.get_one(Issue, issue).state == "accepted"  # nothing is settled meanwhile
    settled = conflict.locator(".side-card", has_text="修好了")
    settled.get_by_role("button", name="以这一条为准").click()
    expect(conflict).to_have_count(0)
    expect(other.locator("#sync")).to_have_attribute("data-kind", "synced")
    with database.transaction() as session:
        settled_one = session.get_one(Issue, issue)
        assert (settled_one.state, settled_one.outcome) == ("settled", "fixed")


def test_unknown_kind_of_entry_is_refused_by_itself(phone: Page, database: Database):
    """What a newer page sent stays on the phone with a plain word, and everything else goes out."""
    go_offline(phone)
    building = visit_next(phone)
    before = count_visits(database, building)
    dance = """() => {
      const real = window.fetch;
      window.fetch = (address, asked) => real(address, String(address).endsWith("/field/entries")
        ? { ...asked, body: asked.body.replace('"what":"step"', '"what":"dance"') } : asked);
    }"""
    phone.evaluate(dance)
    phone.click("#tab-issues")
    phone.locator("#issues button").first.click()
    phone.locator("[data-action=escalate]").click()
    phone.fill("textarea[name=note]", "需要维修资金")
    phone.locator("form.step-form button.main").click()
    expect(phone.locator("#sync")).to_have_attribute("data-waiting", "2")
    phone.context.set_offline(False)
    expect(phone.locator("#sync")).to_have_attribute("data-kind", "attention")
    assert count_visits(database, building) == before + 1
    phone.click("#sync")
    expect(phone.locator("#open-entries [data-state=refused] .reason")).to_contain_text("dance")
