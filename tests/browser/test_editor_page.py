"""The boundary editor: how it opens, what it shows while the pointer moves, what needs work."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.services import divisions
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_runs import create_plan
from tests.browser.conftest import DISTRICT, ask_api
from tests.browser.editor import GRID, micro, whole_buildings, with_land

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from playwright.sync_api import Page

    from gridmap.db import Database
    from tests.browser.editor import Editor


def test_draft_is_opened_from_the_planner_page(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner")
    page.goto(f"/planner?area={GRID}&plan={draft}")
    page.get_by_role("link", name="调整边界").click()
    page.wait_for_url(f"**/planner/plans/{draft}/edit?area={GRID}*")
    found = ask_api(page, f"/plans/{draft}/divisions?area={GRID}")["grids"][0]["micro_grids"]
    expect(page.locator("#micro-grids .cell")).to_have_count(len(found))
    shown = {
        row.get_attribute("data-code"): row.locator(".number").inner_text()
        for row in page.locator("#micro-grids li").all()
    }
    assert shown == {one["code"]: f"{one['households']}户 正常" for one in found}
    expect(page.locator("#sum-unassigned")).to_have_text("0")
    expect(page.locator("#sum-out")).to_have_text("0")


def test_part_of_a_draft_is_opened_from_the_planner_page(sign_in: Callable[..., Page], database: Database):
    community = GRID[:12]
    draft = create_plan(database, SYSTEM, community).id
    page = sign_in("planner")
    page.goto(f"/planner?area={community}&plan={draft}")
    expect(page.get_by_role("link", name="调整边界")).to_be_visible()
    page.click("#below summary")
    page.locator("#children button", has_text="第5网格").click()
    expect(page.locator("#trail [aria-current]")).to_contain_text("第5网格")
    page.locator(f"#redraw[href$='area={GRID}']").click()
    page.wait_for_url(f"**/planner/plans/{draft}/edit?area={GRID}*")
    expect(page.locator("#micro-grids .cell")).to_have_count(8)


def test_break_in_contiguity_is_outlined_before_it_is_made(editor: Editor):
    """Moving the end building of one micro-grid into one that lies far off tears that one."""
    page = editor.page
    division = editor.division()
    near = defaultdict(set)
    for one, other, *_ in division["edges"]:
        for a, b in ((one, other), (other, one)):
            near[division["atoms"][a]["key"]].add(division["atoms"][b]["code"])
    atom, target = next(
        (atom, target)
        for atom in whole_buildings(division)
        for target in with_land(division, but=atom["code"])
        if target["code"] not in near[atom["key"]]
    )
    editor.click(atom)
    page.keyboard.press("g")
    editor.point(target)
    label = page.locator(f".live-label[data-code='{target['code']}']")
    expect(label).to_contain_text("断成 2 块")
    expect(page.locator("#hint")).to_contain_text("1 个将断开")
    editor.click(target)
    editor.done("移动")
    assert micro(editor.division(), target["code"])["pieces"] == 2
    expect(page.locator("#sum-torn")).to_have_text("1")


def test_live_counts_agree_with_the_server(editor: Editor):
    """What the browser counts for every move of one building is what the server's preview says."""
    page = editor.page
    division = editor.division()
    atom = whole_buildings(division)[0]
    editor.click(atom)
    page.keyboard.press("g")
    for target in with_land(division, but=atom["code"]):
        editor.point(target)
        seen = page.request.post(
            f"/api/v1/plans/{editor.plan}/operations/preview",
            data={"grid": GRID, "kind": "move", "arguments": {"atoms": [atom["key"]], "to": target["code"]}},
            headers={
                "X-CSRFToken": page.evaluate(
                    "JSON.parse(document.getElementById('page-data').textContent).csrf"
                )
            },
        ).json()
        for row in seen["report"]["micro_grids"]:
            label = page.locator(f".live-label[data-code='{row['code']}']")
            change = row["households_after"] - row["households_before"]
            sign = f"+{change}" if change > 0 else f"−{-change}"
            expect(label).to_contain_text(f"{row['households_after']}户 ({sign})")
            torn = f"断成 {row['pieces_after']} 块"
            if row["pieces_after"] > 1:
                expect(label).to_contain_text(torn)
            else:
                expect(label).not_to_contain_text("断成")


def test_only_whose_hand_off_list_changes_is_counted(editor: Editor):
    """The head of the one answers for the other as well, which has a head of its own.

    One of them keeps the homes; only the other has anything to take over, in the editor as in the comparison.
    """
    page = editor.page
    division = editor.division()
    headed = [one for one in with_land(division, but="") if len(one["staff"]) == 1]
    atom = next(a for a in whole_buildings(division) if a["code"] in [one["code"] for one in headed])
    target = next(one for one in headed if one["code"] != atom["code"])
    with editor.database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO postings (staff_id, micro_grid_code, starts_on)"
                " SELECT staff_id, :target, starts_on FROM postings WHERE micro_grid_code = :code"
            ),
            {"target": target["code"], "code": atom["code"]},
        )
    editor.open()
    editor.row(target["code"]).locator(".cell").click()
    expect(page.locator("#panel-selected")).to_contain_text("2 名人员")
    editor.click(atom)
    page.keyboard.press("g")
    editor.point(target)
    expect(page.locator("#hint")).to_contain_text("涉及人员 1")
    editor.click(target)
    editor.done("移动")
    expect(page.locator("#hint")).not_to_contain_text("涉及人员")
    page.goto(f"/planner/compare?plan={editor.plan}")
    expect(page.locator("[data-figure=affected] dd b")).to_have_text("1")
    expect(page.locator("[data-figure=staff] dd b")).to_have_text(str(atom["households"]))
    page.goto(f"/planner?area={GRID}&plan={editor.plan}")
    page.click("[data-do=publish]")
    expect(page.locator("[data-fact=affected]")).to_have_text("1")
    expect(page.locator("[data-fact=staff]")).to_have_text(str(atom["households"]))


def test_area_that_is_not_there_is_refused_in_words(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner", refused="404")
    page.goto(f"/planner/plans/{draft}/edit?area=nowhere")
    expect(page.locator(".editor-notice")).to_be_visible()


def test_what_differs_from_the_published_plan_is_found(editor: Editor):
    page = editor.page
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    editor.move(atom, target)
    changed = {one["code"] for one in editor.ask("compare?limit=0")["micro_grids"]}
    assert {atom["code"], target["code"]} <= changed
    page.click("#finder summary")
    expect(page.locator("[data-find=changed] .count")).to_have_text(str(len(changed)))
    found = set()
    for at in range(len(changed)):
        page.click("[data-find=changed]")
        expect(page.locator("#said")).to_contain_text(f"第 {at + 1} 个")
        found.add(
            page.locator("#micro-grids [aria-pressed=true].cell")
            .locator("xpath=..")
            .get_attribute("data-code")
        )
    assert found == changed


def test_grids_of_a_large_area_are_chosen_from(
    sign_in: Callable[..., Page], database: Database, monkeypatch: pytest.MonkeyPatch
):
    """Here five grids are as many as may be opened at once."""
    monkeypatch.setattr(divisions, "MOST_GRIDS", 5)
    draft = create_plan(database, SYSTEM, DISTRICT).id
    page = sign_in("planner")
    page.goto(f"/planner/plans/{draft}/edit")
    rows = page.locator("#grids li")
    told = ask_api(page, f"/plans/{draft}/grids?area={DISTRICT}")["items"]
    expect(rows).to_have_count(len(told))
    strained = [one for one in told if one["under"] + one["over"] + one["torn"] or one["unassigned"]]
    expect(page.locator("#too-many")).to_contain_text(f"{len(told)} 个网格，{len(strained)} 个需要调整")
    page.fill("#grid-search", told[0]["community"])
    here = [one for one in told if one["community"] == told[0]["community"]]
    expect(rows).to_have_count(len(here))
    rows.first.locator("input").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator("#grids-open")).to_have_text("打开所选 2 个网格")
    page.keyboard.press("Enter")
    chosen = page.evaluate("new URLSearchParams(location.search).get('area')").split(",")
    assert len(chosen) == 2
    count = sum(one["micro_grids"] for one in told if one["code"] in chosen)
    expect(page.locator("#micro-grids .cell")).to_have_count(count)
    expect(page.locator("#trail")).to_contain_text("所选 2 个网格")
    page.reload()
    expect(page.locator("#micro-grids .cell")).to_have_count(count)


def test_grid_of_a_large_area_is_chosen_on_the_map(
    sign_in: Callable[..., Page], database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(divisions, "MOST_GRIDS", 5)
    draft = create_plan(database, SYSTEM, DISTRICT).id
    page = sign_in("planner")
    page.goto(f"/planner/plans/{draft}/edit")
    expect(page.locator("#grids li").first).to_be_visible()
    box = page.locator("#map").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2 + 20, box["y"] + box["height"] / 2 + 20)
    page.mouse.click(*middle)
    expect(page.locator("#grids input:checked")).to_have_count(1)
    code = page.locator("#grids input:checked").get_attribute("value")
    page.mouse.click(*middle)
    expect(page.locator("#grids input:checked")).to_have_count(0)
    page.mouse.dblclick(*middle)
    page.wait_for_url(f"**area={code}*")
    expect(page.locator("#chooser")).to_be_hidden()
    expect(page.locator("#micro-grids .cell").first).to_be_visible()
