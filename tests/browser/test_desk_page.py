"""The desk and the page of an issue: from a call to the archive, with what the API says and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.models import Issue
from gridmap.services.issue_clocks import write_clocks
from tests.browser.conftest import PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database

WORDS = "楼道管道漏水，地面湿滑"
PRIVATE = f"{WORDS}，电话13812345678，车鲁F12345，证号370602198001011234"
BORDER = """
SELECT ST_X(spot), ST_Y(spot)
FROM (SELECT ST_PointOnSurface(ST_Intersection(a.geom, b.geom)) AS spot
      FROM micro_grids a JOIN micro_grids b ON a.id < b.id AND ST_Intersects(a.geom, b.geom)
      WHERE ST_Dimension(ST_Intersection(a.geom, b.geom)) = 1) borders
WHERE NOT EXISTS (SELECT FROM buildings WHERE ST_DWithin(geom, spot, 0.0002))
LIMIT 1
"""


def seen(page: Page) -> None:
    """Whether nothing scrolls sideways, and axe has no findings."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def send(page: Page, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Change something by the API as somebody else at another desk would."""
    csrf = {"X-CSRFToken": page.request.get("/api/v1/session").json()["csrf_token"]}
    answer = page.request.post(f"/api/v1{path}", data=body, headers=csrf)
    assert answer.ok, answer.text()
    return answer.json()


def actions(page: Page) -> list[str]:
    return [
        button.get_attribute("data-action") or "" for button in page.locator(".steps [data-action]").all()
    ]


def number_of(page: Page) -> int:
    return int(re.findall(r"issue=(\d+)", page.url)[0])


def report(page: Page, address: str, category: str) -> None:
    """Fill the report by phone, by keys as far as one would."""
    page.get_by_role("button", name="电话登记").click()
    expect(page.locator("#address")).to_be_focused()
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    expect(page.locator("#matches button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#chosen-place .taken")).to_have_text(address)
    page.locator(f".chip:has(input[value={category}])").click()


def test_a_call_is_reported_dispatched_and_settled(sign_in: Callable[..., Page]):
    page = sign_in("dispatcher", refused="40")
    page.goto("/")
    expect(page).to_have_url(re.compile("/desk"))
    house = next(
        one
        for one in ask_api(page, "/buildings?limit=200")["items"]
        if "号楼" in one["address"] and not ask_api(page, f"/issues?building={one['id']}&is_open=1")["total"]
    )
    counts = ask_api(page, "/issues/work")["counts"]
    expect(page.locator("#tab-new .number")).to_have_text(str(counts["new"]))
    report(page, house["address"], "leak")
    page.fill("#words", PRIVATE)
    warning = page.locator("#words-warning")
    for found in ("13812345678", "鲁F12345", "370602198001011234"):
        expect(warning).to_contain_text(found)
    page.fill("#words", WORDS)
    expect(warning).to_be_hidden()
    seen(page)
    page.get_by_role("button", name="登记为新事项").click()
    card = page.locator("article.issue")
    expect(card).to_contain_text(WORDS)
    expect(card).to_have_attribute("data-state", "reported")
    issue = number_of(page)
    expect(page.locator("#tab-new .number")).to_have_text(str(counts["new"] + 1))
    expect(page.locator("#work li.chosen")).to_contain_text(f"#{issue}")
    expect(page.locator(".clocks li").first).to_contain_text("受理")
    expect(page.locator(".posts li").first).not_to_be_empty()

    # Somebody else calls about the same.
    report(page, house["address"], "leak")
    same = page.locator(f"#duplicates li[data-issue='{issue}']")
    expect(same).to_contain_text("同一栋楼、同一类别")
    same.get_by_role("button").click()
    expect(card).to_contain_text(f"已计入 #{issue}，现有 2 人反映。")
    # By another way it comes again: the card suggests what it may be merged into.
    twin = send(page, "/issues", {"category": "leak", "building_id": house["id"], "text": WORDS})["id"]
    page.goto(f"/desk?issue={twin}")
    page.locator(f".earlier li[data-issue='{issue}']").get_by_role("button").click()
    expect(card).to_have_attribute("data-state", "merged")
    card.get_by_role("link", name=f"已并入 #{issue}").click()
    expect(card).to_contain_text("3 人反映")
    assert [one["id"] for one in ask_api(page, f"/issues/{issue}")["children"]][1:] == [twin]

    # The buttons are the steps of the API.
    expect(page.locator("[data-action=accept]")).to_be_visible()
    assert actions(page) == [one["action"] for one in ask_api(page, f"/issues/{issue}/steps")["items"]]
    page.locator("[data-action=accept]").click()
    expect(card).to_have_attribute("data-state", "accepted")
    page.locator("[data-action=dispatch]").click()
    first = ask_api(page, f"/issues/{issue}/receivers")["answer"]["people"][0]
    expect(page.locator(".receivers .option").first).to_contain_text(first["why"]["text"])
    seen(page)
    page.get_by_role("button", name="确定派单").click()
    expect(card).to_have_attribute("data-state", "dispatched")
    page.locator(".events summary").click()
    expect(page.locator(".events .why")).to_contain_text(first["why"]["text"])
    expect(page.locator(".events .why")).to_contain_text("依据方案 1")

    # Somebody else is faster: the reason, and the issue as it is now.
    send(page, f"/issues/{issue}/steps", {"action": "respond"})
    page.locator("[data-action=return]").click()
    page.get_by_label("说明").fill("不在本片")
    page.get_by_role("button", name="确定退回").click()
    expect(page.locator(".card-said")).to_contain_text("事项已被他人办理")
    expect(page.locator(".card-said")).to_contain_text("你刚才写的说明：“不在本片”")
    expect(card).to_have_attribute("data-state", "responded")
    expect(page.locator("[data-action=settle]")).to_have_class(re.compile("main"))
    page.locator("[data-action=settle]").click()
    page.get_by_role("button", name="确定办结").click()
    expect(page.locator("[data-field=outcome] .wrong")).to_have_text(re.compile("必须填写"))
    expect(page.locator("[data-field=note] .wrong")).to_have_text(re.compile("必须填写"))
    page.get_by_label("已解决").check()
    page.get_by_label("说明").fill("已更换阀门")
    page.get_by_role("button", name="确定办结").click()
    expect(card).to_have_attribute("data-state", "settled")
    expect(page.locator(".events li").first).to_contain_text("已更换阀门")
    # Who settled it does not verify it.
    assert "verify" not in actions(page)
    page.get_by_role("tab", name="待核实").click()
    page.get_by_label("搜索编号").fill(f"#{issue}")
    expect(page.locator("#work > li")).to_have_count(1)
    expect(page.locator(f"#work li[data-issue='{issue}']")).to_be_visible()
    page.reload()
    expect(page.locator("#tab-verify")).to_have_attribute("aria-selected", "true")
    expect(card).to_have_attribute("data-state", "settled")


def make_overdue(database: Database, issue_id: int) -> None:
    """Let an issue have been reported ten days ago."""
    with database.transaction() as session:
        issue = session.get_one(Issue, issue_id)
        issue.reported_at -= timedelta(days=10)
        session.execute(
            text("UPDATE issue_events SET at = at - interval '10 days' WHERE issue_id = :id"),
            {"id": issue_id},
        )
        write_clocks(session, issue)


def test_the_list_by_keys_a_border_and_the_page_to_print(sign_in: Callable[..., Page], database: Database):
    page = sign_in("dispatcher", language="en", viewport=PHONE, refused="400")
    with database.transaction() as session:
        lon, lat = session.execute(text(BORDER)).one()
    said = "the lamp at the corner is out"
    body = {"category": "lighting", "lon": lon, "lat": lat, "text": said, "channel": "phone"}
    issue = send(page, "/issues", body)["id"]
    make_overdue(database, issue)
    page.goto("/desk?tab=overdue")
    row = page.locator(f"#work li[data-issue='{issue}']")
    expect(row).to_contain_text("! Overdue")
    expect(row).to_contain_text(re.compile(r"accept · \d+ d \d+ h over"))
    counts = ask_api(page, "/issues/work")["counts"]
    expect(page.locator("#tab-overdue .number")).to_have_text(str(counts["overdue"]))
    seen(page)
    page.get_by_role("tab", name="All").click()
    page.get_by_label("Number, text, building, compound").fill("lamp at the")
    expect(page.locator("#work > li")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=lamp"))
    page.get_by_label("Category").select_option("noise")
    expect(page.locator("#work-said")).to_contain_text("No issue fits")
    page.get_by_label("Category").select_option("")
    page.get_by_label("Number, text, building, compound").fill("")
    rows = page.locator("#work button.row")
    expect(rows.nth(2)).to_be_visible()
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article.issue")).to_be_visible()
    expect(page.locator(".work")).to_be_hidden()
    page.get_by_role("button", name="Back to the list").click()
    expect(rows.nth(1)).to_be_focused()

    page.goto(f"/desk?issue={issue}")
    page.get_by_role("button", name="Accept", exact=True).click()
    page.get_by_role("button", name="Dispatch", exact=True).click()
    sides = page.locator("[data-field=side] input")
    expect(sides.nth(1)).to_be_visible()
    page.get_by_role("button", name="Dispatch", exact=True).last.click()
    expect(page.locator(".receivers .option")).to_have_count(0)
    side = sides.nth(1).get_attribute("value")
    sides.nth(1).check()
    expect(page.locator(".receivers .option").first).to_be_visible()
    seen(page)
    page.locator(".step-form").get_by_role("button", name="Dispatch", exact=True).click()
    expect(page.locator("article.issue")).to_have_attribute("data-state", "dispatched")
    why = ask_api(page, f"/issues/{issue}")["events"][-1]["details"]["reason"]
    assert (why["side"], why["rule"]) == (side, "nearest_on_duty")
    assert side in why["sides"]

    page.goto(f"/issues/{issue}")
    expect(page.locator("article.issue")).to_contain_text(said)
    expect(page.locator("article.issue")).to_contain_text("! Overdue")
    seen(page)
    page.emulate_media(media="print")
    expect(page.locator(".steps")).to_be_hidden()
    expect(page.locator(".events")).to_be_visible()


def test_everybody_reads_an_issue_with_the_steps_of_the_role(sign_in: Callable[..., Page]):
    page = sign_in("planner", language="en", refused="404")
    issue = ask_api(page, "/issues?is_open=1&limit=1")["items"][0]["id"]
    page.goto(f"/issues/{issue}")
    expect(page.locator(".steps")).to_contain_text("There is no step for your role now.")
    expect(page.get_by_role("link", name="Open at the desk")).to_have_count(0)
    assert page.request.get("/issues/999999999").status == 404
    assert page.request.get("/desk").status == 403
