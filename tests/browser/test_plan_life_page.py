"""The life of a plan on the planner's page: checked, mended, waived, submitted, published, rolled back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.i18n import catalogue
from gridmap.planning.check import CHECK_KINDS
from gridmap.planning.findings import FINDING_KINDS
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_lives import branch_plan
from gridmap.services.plan_runs import create_plan
from gridmap.services.plans import publish_plan
from gridmap.services.redraws import redraw_plan
from tests.browser.conftest import DISTRICT, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from gridmap.db import Database

GRID = "370699001001005"  # 8 micro-grids, all inside the band
WIDE = {"households_min": 90, "households_target": 120, "households_max": 150}


@pytest.fixture
def published(database: Database) -> int:
    """The plan of the whole town that everybody sees."""
    with database.engine.connect() as connection:
        return connection.execute(text("SELECT id FROM plans WHERE status = 'published'")).scalar_one()


@pytest.fixture
def draft(database: Database, published: int) -> int:
    """A copy of it, with the first two micro-grids of the grid joined: too many households for one."""
    with database.transaction() as session:
        plan = branch_plan(session, SYSTEM, published).id
        query = "SELECT code FROM micro_grids WHERE plan_id = :plan AND code LIKE :grid ORDER BY code LIMIT 2"
        codes = list(session.scalars(text(query), {"plan": plan, "grid": f"{GRID}%"}))
        redraw_plan(session, SYSTEM, plan, GRID, "merge", {"codes": codes}, op_id=uuid4())
    return plan


@pytest.fixture
def wide(database: Database) -> int:
    """A draft of the grid with larger micro-grids: most households move."""
    return create_plan(database, SYSTEM, GRID, rules=WIDE).id


def open_plan(page: Page, plan: int, tab: str = "findings", area: str = GRID) -> None:
    """Show a plan, and wait until it is checked."""
    page.goto(f"/planner?area={area}&plan={plan}&tab={tab}")
    expect(page.locator(".check-head")).to_be_attached()


def cells(page: Page, plan: int | None = None) -> dict[str, int]:
    query = f"&plan={plan}" if plan else ""
    items = ask_api(page, f"/micro-grids?area={GRID}&limit=1000{query}")["items"]
    return {cell["code"]: cell["households"] for cell in items}


def plan_of(page: Page, plan: int) -> dict[str, Any]:
    return ask_api(page, f"/plans/{plan}")


def do(page: Page, name: str) -> Locator:
    return page.locator(f"[data-do='{name}']")


def told(page: Page, words: str) -> None:
    expect(page.locator("#told")).to_contain_text(words)


@pytest.mark.parametrize("kind", sorted({*CHECK_KINDS, *FINDING_KINDS, "buildings_without_grid"}))
def test_every_kind_of_finding_has_a_heading(kind: str):
    assert f"planner.kind_{kind}" in catalogue()


def test_many_who_move_are_shown_timed_called_off_and_published(sign_in: Callable[..., Page], wide: int):
    page = sign_in("planner")
    open_plan(page, wide)
    do(page, "publish").click()
    found = ask_api(page, f"/plans/{wide}/compare?limit=0")
    moved = found["summary"]["households_moved"]
    expect(page.locator("[data-fact=moved]")).to_contain_text(f"{moved}（")
    for kind in ("created", "retired", "changed"):
        codes = [one["code"] for one in found["micro_grids"] if one["change"] == kind]
        group = page.locator(f"#publish-changes [data-kind={kind}]")
        expect(group.locator(".count")).to_have_text(str(len(codes)))
        assert [row.get_attribute("data-code") for row in group.locator(".change").all()] == codes
    before = page.url
    page.locator("#publish-changes .change").first.click()
    page.wait_for_url(lambda address: address != before)  # the map went there
    expect(page.locator("#publish-confirm")).to_contain_text(f"{moved} 户")
    expect(page.locator("#publish-yes")).to_be_disabled()
    page.check("#publish-moved")
    page.locator("[name=when][value=later]").check()
    page.fill("#publish-time", "2001-01-01T08:00")
    page.click("#publish-yes")
    expect(page.locator("#publish")).to_be_visible()  # the field itself refuses the past
    later = (datetime.now(UTC) + timedelta(days=3)).replace(second=0, microsecond=0)
    page.fill("#publish-time", page.evaluate(LOCAL, later.isoformat()))
    expect(page.locator("#publish-yes")).to_have_text("定时发布")
    page.click("#publish-yes")
    told(page, "自动发布")
    timed = plan_of(page, wide)
    assert (timed["status"], datetime.fromisoformat(timed["effective_at"])) == ("submitted", later)
    expect(page.locator("#timed")).to_contain_text("将于")
    do(page, "call_off").click()
    page.click("#ask-yes")
    told(page, "已取消")
    assert (plan_of(page, wide)["status"], plan_of(page, wide)["effective_at"]) == ("submitted", None)
    expect(page.locator("#timed")).to_have_count(0)
    do(page, "publish").click()
    expect(page.locator("#publish-confirm")).to_be_visible()
    page.check("#publish-moved")
    page.click("#publish-yes")
    expect(page.locator("#publish")).to_be_hidden()
    told(page, f"方案 {wide} 已发布")
    assert plan_of(page, wide)["status"] == "published"
    assert cells(page) == cells(page, wide)
    expect(page.locator("#life-steps [aria-current]")).to_have_text("已发布")


def test_refused_then_mended_then_waived_then_published(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner", refused="400")
    open_plan(page, draft, tab="cells")
    do(page, "publish").click()
    expect(page.locator("#publish-gate")).to_contain_text("有 1 个问题未处理也未豁免")
    expect(page.locator("#publish-yes")).to_be_disabled()
    do(page, "to-findings").click()
    expect(page.locator("#publish")).to_be_hidden()
    row = page.locator("section.blocking li[data-key]")
    expect(row.locator(".place")).to_be_focused()
    code = row.get_attribute("data-micro-grid")
    before = cells(page, draft)
    edit = row.locator("[data-do=edit]").get_attribute("href")
    assert edit == f"/planner/plans/{draft}/edit?area={GRID}&micro_grid={code}"
    row.locator("[data-do=remedies]").click()
    expect(row.locator(".remedies li").first).to_contain_text("户")
    row.locator("[data-do=apply]").first.click()
    told(page, "已调整")
    expect(page.locator("section.blocking")).to_have_count(0)
    after = cells(page, draft)
    assert sum(after.values()) == sum(before.values())
    assert all(50 <= households <= 80 for households in after.values())
    do(page, "take-back").click()
    told(page, "已撤销")
    expect(row).to_have_count(1)
    assert cells(page, draft) == before
    row.locator("[data-do=waive]").click()
    expect(page.locator("#ask textarea")).to_be_focused()
    page.fill("#ask textarea", "独栋高层")
    page.fill("#ask input[type=date]", "2099-12-31")
    page.click("#ask-yes")
    told(page, "已批准例外")
    waived = page.locator("section.waived li[data-key]")
    expect(waived).to_contain_text("理由：独栋高层")
    expect(waived).to_contain_text("planner 批准于")
    expect(waived).to_contain_text("有效至 2099年12月31日")
    (kept,) = ask_api(page, f"/plans/{draft}/waivers")["items"]
    assert (kept["micro_grid"], kept["by"], kept["expires_on"]) == (code, "planner", "2099-12-31")
    waived.locator("[data-do=withdraw]").click()
    page.click("#ask-yes")
    told(page, "豁免已撤回")
    assert ask_api(page, f"/plans/{draft}/waivers")["items"] == []
    row.locator("[data-do=waive]").click()
    page.fill("#ask textarea", "电话 13812345678")
    page.click("#ask-yes")
    expect(page.locator("#ask-fault")).to_contain_text("请不要写手机号")
    page.fill("#ask textarea", "独栋高层")
    page.click("#ask-yes")
    told(page, "已批准例外")
    do(page, "publish").click()
    expect(page.locator("#publish-yes")).to_be_enabled()
    page.click("#publish-yes")
    told(page, f"方案 {draft} 已发布")
    assert plan_of(page, draft)["status"] == "published"


def test_copied_and_rolled_back(sign_in: Callable[..., Page], database: Database, published: int, wide: int):
    page = sign_in("planner")
    first = cells(page)
    open_plan(page, published)
    do(page, "branch").click()
    told(page, f"由方案 {published} 复制而来")
    copy = max(plan["id"] for plan in ask_api(page, f"/plans?area={DISTRICT}")["items"])
    assert plan_of(page, copy)["branched_from"] == published
    assert plan_of(page, copy)["status"] == "draft"
    expect(page.locator("#life-steps [aria-current]")).to_have_text("草案")
    with database.transaction() as session:
        publish_plan(session, SYSTEM, copy)  # the same again: what was published is superseded
        publish_plan(session, SYSTEM, wide, confirm_moved=True)
    assert cells(page) != first
    open_plan(page, published)
    do(page, "roll_back").click()
    expect(page.locator("#publish-meaning")).to_contain_text(f"与方案 {published} 相同的新版本")
    expect(page.locator("#publish-when")).to_be_hidden()
    page.click("#publish-yes")
    told(page, "已回退")
    newest = ask_api(page, f"/plans?area={DISTRICT}")["items"][0]
    assert (newest["status"], newest["branched_from"]) == ("published", published)
    assert plan_of(page, published)["status"] == "superseded"
    assert cells(page) == first


def test_submitted_by_one_and_returned_by_another(sign_in: Callable[..., Page], draft: int):
    planner = sign_in("planner")
    open_plan(planner, draft)
    do(planner, "submit").click()
    expect(planner.locator("#ask-body")).to_contain_text("还有 1 个必须处理的问题")
    planner.click("#ask-yes")
    told(planner, "已提交")
    expect(planner.locator("#redraw")).to_be_hidden()
    assert plan_of(planner, draft)["status"] == "submitted"

    planner.goto("/sign-in")  # a page without a map: two at once are slow
    admin = sign_in("admin")
    open_plan(admin, draft)
    do(admin, "return").click()
    admin.click("#ask-yes")  # words are required: the browser keeps the dialog
    expect(admin.locator("#ask")).to_be_visible()
    admin.fill("#ask textarea", "请先征求社区意见")
    admin.click("#ask-yes")
    told(admin, "已退回为草案")
    assert plan_of(admin, draft)["status"] == "draft"
    admin.close()
    open_plan(planner, draft)
    expect(planner.locator("#words")).to_contain_text("请先征求社区意见")
    expect(planner.locator("#words")).to_contain_text("admin")
    planner.locator("#words button").click()
    expect(planner.locator("#words")).to_have_count(0)
    assert ask_api(planner, f"/plans/{draft}/comments?open=1")["items"] == []


def test_new_and_recounted_buildings_are_taken_in(
    sign_in: Callable[..., Page], database: Database, published: int
):
    with database.engine.begin() as connection:
        number = connection.execute(text(NEW_BUILDING), {"grid": GRID}).scalar_one()
        recounted = connection.execute(text(RECOUNTED), {"grid": GRID}).one()
    page = sign_in("planner", language="en")
    open_plan(page, published)
    (building,) = ask_api(page, f"/plans/{published}/changes-since")["unassigned"]
    row = page.locator(f"[data-building='{number}']")
    expect(row).to_contain_text("New, 4 homes, unassigned since")
    do(page, "draft").click()
    told(page, "is a copy of plan")
    copy = max(plan["id"] for plan in ask_api(page, f"/plans?area={DISTRICT}")["items"])
    before = cells(page, copy)
    row.locator("[data-do=take]").click()
    told(page, "4 households")
    expect(row).to_have_count(0)
    after = before | {building["proposed"]: before[building["proposed"]] + 4}
    assert cells(page, copy) == after
    changed = page.locator(f".buildings [data-building='{recounted.id}']")
    expect(changed).to_contain_text(f"{recounted.households - 1} households in the plan")
    changed.locator("[data-do=recount]").click()
    told(page, f"now counts {recounted.households} households")
    expect(page.locator("section.blocking")).to_have_count(0)
    assert ask_api(page, f"/plans/{copy}/changes-since") == {"unassigned": [], "changed": []}
    assert cells(page, copy).keys() == after.keys()
    assert sum(cells(page, copy).values()) == sum(after.values()) + 1


def test_dialogs_fit_a_phone(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner", viewport=PHONE)
    open_plan(page, draft)
    do(page, "publish").tap()
    expect(page.locator("#publish-gate")).to_be_visible()
    box = page.locator("#publish").bounding_box()
    assert box is not None
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, PHONE["width"], PHONE["height"])
    assert box["y"] > PHONE["height"] / 3  # the map stays in view above it
    page.keyboard.press("Escape")
    expect(page.locator("#publish")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    links = page.locator("#panel-findings button:visible, #life button:visible")
    assert all(link.bounding_box()["height"] >= 44 for link in links.all())


LOCAL = """text => {
  const time = new Date(text);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}"""

NEW_BUILDING = """
WITH places AS (
    SELECT a.id AS grid_id, (ST_Dump(ST_GeneratePoints(a.geom, 400, 7))).geom AS point
    FROM areas a WHERE a.code = :grid
), free AS (
    SELECT p.grid_id, p.point
    FROM places p
    JOIN areas a ON a.id = p.grid_id
    WHERE ST_Distance(p.point::geography, ST_Boundary(a.geom)::geography) > 12
      AND NOT EXISTS (SELECT 1 FROM buildings b WHERE ST_DWithin(b.geom::geography, p.point::geography, 12))
    LIMIT 1
)
INSERT INTO buildings (source, source_id, name, use, storeys, entrance_count, households,
                       households_source, households_estimated, grid_id, geom)
SELECT 'later', 'n', '新楼', o.use, 2, 1, 4, 'register', false, f.grid_id,
       ST_Multi(ST_Buffer(f.point::geography, 4, 'quad_segs=1')::geometry)
FROM free f
CROSS JOIN LATERAL (SELECT use FROM buildings WHERE grid_id = f.grid_id AND households > 0 LIMIT 1) o
RETURNING id
"""

RECOUNTED = """
UPDATE buildings SET households = households + 1
WHERE id = (SELECT b.id FROM buildings b JOIN areas a ON a.id = b.grid_id
            WHERE a.code = :grid AND b.households > 0 AND b.entrance_count > 1 ORDER BY b.id LIMIT 1)
RETURNING id, households
"""
