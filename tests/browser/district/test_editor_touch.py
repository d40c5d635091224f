"""The boundary editor on a tablet: every gesture with real touches."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.editor import TABLET, ZOOM, line_between, micro, touch, tower, whole_buildings, with_land

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.editor import Editor


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tablet_moves_by_tap_and_asks_first(open_editor: Callable[..., Editor], language: str):
    editor = open_editor("planner", viewport=TABLET, language=language)
    page = editor.page
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    page.touchscreen.tap(*editor.pixel(atom))
    page.locator("[data-tool=move]").tap()
    page.touchscreen.tap(*editor.pixel(target))
    expect(page.locator("#pending")).to_be_visible()
    assert editor.codes()[atom["key"]] == atom["code"]
    page.locator("#pending-yes").tap()
    editor.done("Moved" if language == "en" else "移动")
    assert editor.codes()[atom["key"]] == target["code"]


def test_finger_pushes_a_boundary_and_two_fingers_zoom(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", viewport=TABLET)
    page = editor.page
    before = editor.division()
    atom = whole_buildings(before)[0]
    pusher = with_land(before, but=atom["code"])[0]
    page.locator("[data-tool=push]").tap()
    (x, y), (u, v) = editor.pixel(pusher), editor.pixel(atom)
    steps = 20
    touch(page, *([(x + (u - x) * at / steps, y + (v - y) * at / steps)] for at in range(steps + 1)))
    expect(page.locator(f".live-label[data-code='{pusher['code']}']")).to_be_visible()
    page.locator("#pending-yes").tap()
    editor.done("推边界")
    assert editor.codes()[atom["key"]] == pusher["code"]
    pushed = editor.codes()
    spread = [[(x - 40 - 8 * at, y), (x + 40 + 8 * at, y)] for at in range(10)]
    touch(page, *spread)
    page.wait_for_url(lambda address: float(address.split("zoom=")[1].split("&")[0]) > ZOOM + 0.5)
    assert page.locator("#pending").is_hidden()
    assert editor.codes() == pushed


def swipe(page: Page, *places: tuple[float, float]) -> None:
    """Draw with one finger from place to place."""
    frames = [
        [(x + (u - x) * at / 8, y + (v - y) * at / 8)]
        for (x, y), (u, v) in pairwise(places)
        for at in range(9)
    ]
    touch(page, *frames)


def test_fingers_draw_a_box_and_a_lasso(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", viewport=TABLET)
    page = editor.page
    atoms = editor.division()["atoms"]
    left, top = editor.box["x"] + 80, editor.box["y"] + 80
    right, bottom = editor.box["x"] + editor.box["width"] / 2, editor.box["y"] + editor.box["height"] - 80
    places = {atom["key"]: editor.pixel(atom) for atom in atoms}
    inside = {key for key, (x, y) in places.items() if left < x < right and top < y < bottom}
    assert 1 < len(inside) < len(atoms)
    page.locator("[data-tool=lasso]").tap()
    swipe(page, (left, top), (right, top), (right, bottom), (left, bottom))
    expect(page.locator(".selected")).to_contain_text(f"已选 {len(inside)} 处")
    page.locator("[data-do=clear]").tap()
    page.locator("[data-tool=box]").tap()
    swipe(page, (left, top), (right, bottom))
    expect(page.locator(".selected")).to_contain_text(f"已选 {len(inside)} 处")
    page.locator("[data-do=new]").tap()
    editor.done("新建")
    codes = editor.codes()
    assert len({codes[key] for key in inside}) == 1


def test_finger_cuts_along_a_line(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", viewport=TABLET)
    page = editor.page
    start = editor.codes()
    atom, mate, (one, other) = line_between(editor)
    page.locator("[data-tool=cut]").tap()
    swipe(page, one, other)
    expect(page.locator("#pending")).to_contain_text("切分：")
    assert editor.codes() == start
    page.locator("#pending-yes").tap()
    editor.done("切分")
    codes = editor.codes()
    assert codes[atom["key"]] != codes[mate["key"]]


def test_finger_paints_floors_and_locks_the_building(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", viewport=TABLET)
    page = editor.page
    building, atom = tower(editor.division())
    target = with_land(editor.division(), but=atom["code"])[0]["code"]
    page.touchscreen.tap(*editor.pixel(atom))
    page.locator("[data-do=clear]").tap()
    editor.row(target).locator(".cell").tap()
    page.locator("#tab-stack").tap()
    top = building["entrances"][0]["storeys"]
    cells = [page.locator(f"[data-cell='1/{floor}']") for floor in (top, top - 1)]
    for cell in cells:
        cell.evaluate("one => one.scrollIntoView({ block: 'nearest' })")
    boxes = [cell.bounding_box() for cell in cells]
    swipe(page, *((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box))
    expect(page.locator(".stack-sum")).to_contain_text("已选 2 格")
    page.locator("[data-do=stack-move]").tap()
    editor.done("移动")
    assert editor.codes()[f"b{building['id']}/e1/{top - 1}-{top}"] == target
    page.locator("[data-do=lock-building]").tap()
    editor.done("锁定楼栋")
    assert [one["id"] for one in editor.division()["buildings"] if one["locked"]] == [building["id"]]


def test_nothing_to_be_hit_by_a_finger_is_smaller_than_44_px(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", viewport=TABLET)
    page = editor.page
    _, atom = tower(editor.division())
    small = "nodes => nodes.map(n => [(n.closest('label') ?? n).getBoundingClientRect(), n.outerHTML])"
    small += ".filter(([r]) => r.width && (r.width < 44 || r.height < 44)).map(([r, h]) => h.slice(0, 120))"
    hit = ".editor :is(button, summary, a, input, select, .stack-cell)"
    assert page.locator(hit).evaluate_all(small) == []
    page.touchscreen.tap(*editor.pixel(atom))
    assert page.locator(hit).evaluate_all(small) == []
    page.locator("#tab-stack").tap()
    assert page.locator(hit).evaluate_all(small) == []
    page.locator("#finder summary").tap()
    assert page.locator(hit).evaluate_all(small) == []


def test_buildings_are_swapped_broken_healed_taken_out_and_filled_by_taps(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", viewport=TABLET)
    page = editor.page
    before = editor.division()
    start = editor.codes()
    one = whole_buildings(before)[0]
    other = next(atom for atom in whole_buildings(before) if atom["code"] != one["code"])
    for atom in (one, other):
        page.touchscreen.tap(*editor.pixel(atom))
    page.locator("[data-do=swap]").tap()
    editor.done("交换")
    codes = editor.codes()
    assert (codes[one["key"]], codes[other["key"]]) == (other["code"], one["code"])
    page.locator("[data-command=undo]").tap()
    editor.done("撤销")
    assert editor.codes() == start
    page.locator("[data-command=redo]").tap()
    editor.done("交换")
    page.locator("[data-command=undo]").tap()
    editor.done("撤销")

    editor.open()
    many = {building["id"] for building in before["buildings"] if len(building["entrances"]) > 1}
    parted = next(atom for atom in whole_buildings(before) if atom["building_id"] in many)
    page.touchscreen.tap(*editor.pixel(parted))
    page.locator("[data-command=floors]").tap()
    page.locator("[data-do=break]").tap()
    editor.done("拆分楼栋")
    assert sum(key.startswith(f"{parted['key']}/e") for key in editor.codes()) > 1
    page.locator("[data-do=heal]").tap()
    editor.done("恢复整栋")
    assert editor.codes() == start

    editor.open()
    page.touchscreen.tap(*editor.pixel(one))
    page.locator("[data-do=take-out]").tap()
    editor.done("移动")
    assert editor.codes()[one["key"]] is None
    page.locator("[data-command=fill]").tap()
    editor.done("补齐")
    assert editor.codes()[one["key"]] is not None


def test_micro_grids_are_merged_balanced_mended_and_locked_by_taps(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", viewport=TABLET)
    page = editor.page
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    pair = [micro(before, atom["code"]), target]
    page.locator("[data-tool=merge]").tap()
    for one in pair:
        page.touchscreen.tap(*editor.pixel(one))
    expect(page.locator("#pending")).to_contain_text("合并：")
    page.locator("#pending-yes").tap()
    editor.done("合并")
    assert len({one["code"] for one in pair} & {one["code"] for one in editor.division()["micro_grids"]}) == 1
    page.locator("[data-command=undo]").tap()
    editor.done("撤销")

    editor.open()
    page.touchscreen.tap(*editor.pixel(atom))
    page.locator("[data-tool=move]").tap()
    page.touchscreen.tap(*editor.pixel(target))
    page.locator("#pending-yes").tap()
    editor.done("移动")
    editor.open()
    page.locator("[data-tool=merge]").tap()
    for one in pair:
        page.touchscreen.tap(*editor.pixel(micro(editor.division(), one["code"])))
    page.locator("#pending-no").tap()
    page.locator("[data-do=rebalance]").tap()
    expect(page.locator("#pending")).to_contain_text("重新平衡：")
    page.locator("#pending-yes").tap()
    editor.done("重新平衡")
    assert {micro(editor.division(), one["code"])["status"] for one in pair} == {"in_band"}

    editor.open()
    moved = whole_buildings(editor.division())[0]
    page.touchscreen.tap(*editor.pixel(moved))
    page.locator("[data-do=take-out]").tap()
    editor.done("移动")
    editor.row(moved["code"]).locator(".cell").tap()
    page.locator("[data-do=remedies]").tap()
    page.locator("[data-do=remedy]").first.tap()
    editor.done("按建议调整")
    assert {one["status"] for one in editor.division()["micro_grids"]} == {"in_band"}
    code = editor.division()["micro_grids"][0]["code"]
    editor.row(code).locator(".row-lock").tap()
    editor.done("锁定")
    assert micro(editor.division(), code)["locked"]
