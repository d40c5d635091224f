"""Redrawing with the mouse: each operation ends in the tables as it was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.editor import line_between, micro, short, tower, whole_buildings, with_land

if TYPE_CHECKING:
    from tests.browser.editor import Editor


def test_move_shows_both_sides_before_it_is_done(editor: Editor):
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    page = editor.page
    editor.click(atom)
    expect(page.locator(".selected")).to_contain_text(f"已选 1 处，{atom['households']}户")
    page.keyboard.press("g")
    editor.point(target)
    gains = page.locator(f".live-label[data-code='{target['code']}']")
    loses = page.locator(f".live-label[data-code='{atom['code']}']")
    there, left = (
        target["households"] + atom["households"],
        micro(before, atom["code"])["households"] - atom["households"],
    )
    expect(gains).to_contain_text(f"{short(target['code'])} {there}户 (+{atom['households']}) ")
    expect(gains).to_contain_text("超" if there > 80 else "正常")
    expect(loses).to_contain_text(f"{left}户 (−{atom['households']}) ")
    editor.click(target)
    editor.done("移动")
    after = editor.division()
    assert editor.codes()[atom["key"]] == target["code"]
    assert micro(after, target["code"])["households"] == there
    row = page.locator(f"#micro-grids li[data-code='{target['code']}'] .number")
    expect(row).to_contain_text(f"{there}户")


def test_new_micro_grid_is_made_of_a_box(editor: Editor):
    page = editor.page
    west, south, east, north = editor.division()["grid"]["bounds"]
    middle = (west + east) / 2
    inside = [atom for atom in editor.division()["atoms"] if atom["lon"] < middle]
    page.keyboard.press("b")
    editor.point((west, north))
    page.mouse.down()
    editor.point((middle, south))
    page.mouse.up()
    expect(page.locator(".selected")).to_contain_text(f"已选 {len(inside)} 处")
    page.keyboard.press("n")
    editor.done("新建")
    made = {code for key, code in editor.codes().items() if key in {atom["key"] for atom in inside}}
    assert len(made) == 1
    assert made.isdisjoint({atom["code"] for atom in inside})


def test_entrances_are_taken_one_by_one(editor: Editor):
    page = editor.page
    division = editor.division()
    part = next(atom for atom in division["atoms"] if atom["entrance"] and not atom["floor_from"])
    page.select_option("#level", "entrance")
    editor.click(part)
    expect(page.locator(".selected")).to_contain_text(f"已选 1 处，{part['households']}户")
    page.click("[data-do=new]")
    editor.done("新建")
    made = editor.codes()[part["key"]]
    assert [key for key, code in editor.codes().items() if code == made] == [part["key"]]


def test_lasso_takes_only_what_the_filter_lets_it(editor: Editor):
    page = editor.page
    division = editor.division()
    chosen = division["micro_grids"][0]["code"]
    own = [atom for atom in division["atoms"] if atom["code"] == chosen]
    page.locator(f"#micro-grids li[data-code='{chosen}'] .cell").click()
    page.select_option("#source", "this")
    west, south, east, north = division["grid"]["bounds"]
    page.locator("#map").focus()
    page.keyboard.press("l")
    editor.point((west, north))
    page.mouse.down()
    for corner in ((east, north), (east, south), (west, south)):
        editor.point(corner)
    page.mouse.up()
    expect(page.locator(".selected")).to_contain_text(f"已选 {len(own)} 处")


def test_merge_says_the_sum_first(editor: Editor):
    page = editor.page
    one, other = with_land(editor.division(), but="")[:2]
    page.keyboard.press("m")
    editor.click(one)
    editor.click(other)
    total = one["households"] + other["households"]
    expect(page.locator("#pending")).to_contain_text(f"→ {total}户 ▲")
    page.keyboard.press("Enter")
    editor.done("合并")
    left = {one["code"] for one in editor.division()["micro_grids"]} & {one["code"], other["code"]}
    assert len(left) == 1
    assert micro(editor.division(), left.pop())["households"] == total


def test_cut_shows_both_halves_before_it_is_done(editor: Editor):
    page = editor.page
    before = editor.codes()
    atom, mate, (one, other) = line_between(editor)
    page.keyboard.press("c")
    page.mouse.click(*one)
    page.mouse.move((one[0] + other[0]) / 2, (one[1] + other[1]) / 2, steps=4)
    page.mouse.click(*other)
    expect(page.locator("#pending")).to_contain_text("切分：")
    assert editor.codes() == before  # nothing is written yet
    page.click("#pending-yes")
    editor.done("切分")
    codes = editor.codes()
    assert codes[atom["key"]] != codes[mate["key"]]
    assert atom["code"] in (codes[atom["key"]], codes[mate["key"]])


def test_push_takes_what_it_sweeps_over_and_escape_leaves_it(editor: Editor):
    page = editor.page
    division = editor.division()
    atom = whole_buildings(division)[0]
    pusher = with_land(division, but=atom["code"])[0]
    page.keyboard.press("p")
    editor.click(pusher)
    editor.point(atom, steps=20)
    expect(page.locator(f".live-label[data-code='{pusher['code']}']")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".live-label")).to_have_count(0)
    assert editor.codes()[atom["key"]] == atom["code"]
    page.keyboard.press("p")
    editor.click(pusher)
    editor.point(atom, steps=20)
    said = page.locator(f".live-label[data-code='{pusher['code']}'] b").inner_text()
    page.mouse.click(*editor.pixel(atom))
    editor.done("推边界")
    after = editor.division()
    assert editor.codes()[atom["key"]] == pusher["code"]
    assert f" {micro(after, pusher['code'])['households']}户 " in said


def test_building_is_broken_and_healed(editor: Editor):
    page = editor.page
    division = editor.division()
    many = {one["id"] for one in division["buildings"] if len(one["entrances"]) > 1}
    atom = next(one for one in whole_buildings(division) if one["building_id"] in many)
    editor.click(atom)
    page.keyboard.press("f")
    page.click("[data-do=break]")
    editor.done("拆分楼栋")
    parts = [key for key in editor.codes() if key.startswith(f"{atom['key']}/e")]
    assert len(parts) > 1
    page.click("[data-do=heal]")
    editor.done("恢复整栋")
    assert editor.codes() == {one["key"]: one["code"] for one in division["atoms"]}


def test_floors_are_painted_and_moved(editor: Editor):
    page = editor.page
    division = editor.division()
    building, atom = tower(division)
    target = with_land(division, but=atom["code"])[0]["code"]
    page.locator(f"#micro-grids li[data-code='{target}'] .cell").press("Space")
    editor.click(atom)
    page.keyboard.press("f")
    top = building["entrances"][0]["storeys"]
    cell = page.locator(f"[data-cell='1/{top}']")
    cell.hover()
    page.mouse.down()
    page.locator(f"[data-cell='1/{top - 1}']").hover()
    page.mouse.up()
    page.click("[data-do=stack-move]")
    editor.done("移动")
    assert editor.codes()[f"b{building['id']}/e1/{top - 1}-{top}"] == target


def test_parts_of_two_micro_grids_are_swapped(editor: Editor):
    page = editor.page
    division = editor.division()
    one = whole_buildings(division)[0]
    other = next(atom for atom in whole_buildings(division) if atom["code"] != one["code"])
    editor.click(one)
    editor.click(other)
    page.keyboard.press("x")
    editor.done("交换")
    codes = editor.codes()
    assert (codes[one["key"]], codes[other["key"]]) == (other["code"], one["code"])


def test_unassigned_is_found_and_filled(editor: Editor):
    page = editor.page
    division = editor.division()
    atom = whole_buildings(division)[0]
    editor.click(atom)
    page.click("[data-do=take-out]")
    editor.done("移动")
    assert editor.codes()[atom["key"]] is None
    expect(page.locator("#sum-unassigned")).to_have_text(str(atom["households"]))
    page.click("#finder summary")
    expect(page.locator("[data-find=unassigned] .count")).to_have_text("1")
    page.click("[data-find=unassigned]")
    expect(page.locator(".selected")).to_contain_text(f"已选 1 处，{atom['households']}户")
    page.locator("#map").focus()
    page.keyboard.press("u")
    editor.done("补齐")
    assert editor.codes()[atom["key"]] is not None


def test_suggested_fix_brings_a_micro_grid_back_into_the_band(editor: Editor):
    page = editor.page
    division = editor.division()
    atom = whole_buildings(division)[0]
    editor.click(atom)
    page.click("[data-do=take-out]")
    editor.done("移动")
    strained = page.locator(f"#micro-grids li[data-code='{atom['code']}']")
    expect(strained.locator(".number")).to_contain_text("低")
    assert page.locator("#micro-grids li").first.get_attribute("data-code") == atom["code"]
    page.keyboard.press("Escape")
    strained.locator(".cell").click()
    page.click("[data-do=remedies]")
    page.locator("[data-do=remedy]").first.click()
    editor.done("按建议调整")
    expect(page.locator("#sum-out")).to_have_text("0")
    assert {one["status"] for one in editor.division()["micro_grids"]} == {"in_band"}


def test_rebalance_is_shown_before_it_is_done(editor: Editor):
    page = editor.page
    division = editor.division()
    atom = whole_buildings(division)[0]
    target = with_land(division, but=atom["code"])[0]
    editor.move(atom, target)
    moved = editor.codes()
    page.keyboard.press("Escape")
    page.locator(f"#micro-grids li[data-code='{atom['code']}'] .cell").click()
    page.locator(f"#micro-grids li[data-code='{target['code']}'] .cell").click(modifiers=["Control"])
    page.click("[data-do=rebalance]")
    expect(page.locator("#pending")).to_contain_text("重新平衡：")
    assert editor.codes() == moved
    page.click("#pending-yes")
    editor.done("重新平衡")
    after = editor.division()
    assert {micro(after, code)["status"] for code in (atom["code"], target["code"])} == {"in_band"}


def test_locked_micro_grid_gives_and_takes_nothing(editor: Editor):
    page = editor.page
    division = editor.division()
    atom = whole_buildings(division)[0]
    target = with_land(division, but=atom["code"])[0]
    lock = page.locator(f"#micro-grids li[data-code='{atom['code']}'] .row-lock")
    lock.click()
    editor.done("锁定")
    assert micro(editor.division(), atom["code"])["locked"]
    editor.click(atom)
    expect(page.locator(".editor-notice")).to_contain_text("不能选")
    expect(page.locator(".selected")).to_have_count(0)
    page.keyboard.press("p")
    editor.click(target)
    editor.point(atom, steps=20)
    page.mouse.click(*editor.pixel(atom))
    page.keyboard.press("v")
    lock.click()
    editor.done("解锁")
    codes = editor.codes()
    own = {one["key"] for one in division["atoms"] if one["code"] == atom["code"]}
    assert {key for key, code in codes.items() if code == atom["code"]} == own


def test_undo_and_redo_survive_a_reload(editor: Editor):
    page = editor.page
    before = editor.division()
    start = editor.codes()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    editor.move(atom, target)
    moved = editor.codes()
    assert moved != start
    editor.open()
    page.keyboard.press("Control+z")
    editor.done("撤销")
    assert editor.codes() == start
    editor.open()
    page.keyboard.press("Control+y")
    editor.done("移动")
    assert editor.codes() == moved


def test_locked_building_stays_whatever_is_asked(editor: Editor):
    page = editor.page
    before = editor.division()
    atom, mate = whole_buildings(before)[:2]
    target = with_land(before, but=atom["code"])[0]
    editor.click(atom)
    page.click("[data-do=lock-selected]")
    editor.done("锁定楼栋")
    locked = {one["id"] for one in editor.division()["buildings"] if one["locked"]}
    assert locked == {atom["building_id"]}
    expect(editor.row(atom["code"]).locator(".held")).to_have_text("1")
    editor.click(atom)
    expect(page.locator(".editor-notice")).to_contain_text("不能选")
    csrf = {"X-CSRFToken": editor.token()}
    asked = {
        "op_id": str(uuid4()),
        "grid": editor.grid,
        "kind": "move",
        "arguments": {"atoms": [atom["key"]], "to": target["code"]},
    }
    answer = page.request.post(f"/api/v1/plans/{editor.plan}/operations", data=asked, headers=csrf)
    assert answer.status == 409
    assert editor.codes()[atom["key"]] == atom["code"]
    editor.click(mate)
    editor.click(mate)
    editor.row(atom["code"]).locator(".cell").click()
    page.locator(f"[data-lock-building='{atom['building_id']}']").first.click()
    editor.done("解锁楼栋")
    editor.move(atom, target)
    assert editor.codes()[atom["key"]] == target["code"]


def test_everything_open_is_locked_and_unlocked_at_once(editor: Editor):
    page = editor.page
    for what, name in (("buildings", "锁定楼栋"), ("micro_grids", "锁定")):
        command = "-buildings" if what == "buildings" else ""
        page.click("#locks summary")
        page.click(f"[data-run=lock-all{command}]")
        editor.done(name)
        assert all(one["locked"] for one in editor.division()[what])
        page.click("#locks summary")
        page.click(f"[data-run=unlock-all{command}]")
        editor.done(name.replace("锁定", "解锁"))
        assert not any(one["locked"] for one in editor.division()[what])
    page.keyboard.press("Control+z")
    editor.done("撤销")
    assert all(one["locked"] for one in editor.division()["micro_grids"])


def test_push_takes_only_from_the_micro_grid_chosen_before(editor: Editor):
    """The path crosses a third micro-grid, which keeps what it has."""
    page = editor.page
    before = editor.division()
    start = editor.codes()
    atom = whole_buildings(before)[0]
    pusher = with_land(before, but=atom["code"])[-1]
    page.select_option("#source", "this")
    editor.row(atom["code"]).locator(".cell").press("Enter")
    page.locator("#map").focus()
    page.keyboard.press("p")
    editor.click(pusher)
    for other in before["atoms"]:
        editor.point(other, steps=2)
    editor.point(atom, steps=8)
    page.keyboard.press("Enter")
    editor.done("推边界")
    codes = editor.codes()
    moved = {key for key in codes if codes[key] != start[key]}
    assert atom["key"] in moved
    assert {start[key] for key in moved} == {atom["code"]}
