"""Floors redrawn with the mouse: picked in the stack view, pushed and cut above the ground."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.browser.editor import micro, short

if TYPE_CHECKING:
    from tests.browser.editor import Editor


def towers(division: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Buildings of more than four floors that are one atom each, in different micro-grids, with that atom."""
    atoms = {atom["key"]: atom for atom in division["atoms"]}
    found = {}
    for building in division["buildings"]:
        atom = atoms.get(f"b{building['id']}")
        if atom and building["households"] and building["entrances"][0]["storeys"] > 4:
            found.setdefault(atom["code"], (building, atom))
    return list(found.values())


def top_of(building: dict[str, Any]) -> int:
    return building["entrances"][0]["storeys"]


def paint(editor: Editor, atom: dict[str, Any], low: int, high: int) -> None:
    """Open a building at the level of floors and drag over some of its first entrance."""
    page = editor.page
    page.select_option("#level", "floors")
    editor.click(atom)
    cell = page.locator(f"[data-cell='1/{high}']")
    cell.hover()
    page.mouse.down()
    page.locator(f"[data-cell='1/{low}']").hover()
    page.mouse.up()


def cut_off_top(editor: Editor, building: dict[str, Any], atom: dict[str, Any]) -> str:
    """Make a new micro-grid of the two highest floors; its code."""
    top = top_of(building)
    paint(editor, atom, top - 1, top)
    editor.page.click("[data-do=stack-new]")
    editor.done("新建")
    code = editor.codes()[f"b{building['id']}/e1/{top - 1}-{top}"]
    assert code is not None
    assert code != atom["code"]
    assert micro(editor.division(), code)["geometry"] is None  # it has no ground of its own
    return code


def test_painted_floors_move_and_nothing_that_was_selected_before(editor: Editor):
    page = editor.page
    (building, atom), (_, other) = towers(editor.division())[:2]
    made = cut_off_top(editor, building, atom)
    start = editor.codes()
    top = top_of(building)
    editor.row(made).locator(".cell").click()
    page.click("#tab-selected")
    page.locator(f"[data-atom='b{building['id']}/e1/{top - 1}-{top}']").check()
    editor.row(other["code"]).locator(".cell").click()
    paint(editor, atom, 1, 1)
    page.click("[data-do=stack-move]")
    editor.done("移动")
    codes = editor.codes()
    assert codes[f"b{building['id']}/e1/1-1"] == other["code"]
    assert codes[f"b{building['id']}/e1/{top - 1}-{top}"] == made
    assert {key: code for key, code in start.items() if key in codes}.items() <= codes.items()


def test_floors_of_two_towers_are_picked_in_their_stacks_and_swapped(editor: Editor):
    page = editor.page
    (building, atom), (other, mate) = towers(editor.division())[:2]
    paint(editor, atom, 1, 2)
    expect(page.locator(".selected")).to_have_count(0)  # a click opens the stack, it picks no floors
    page.click("[data-do=stack-select]")
    editor.done("已选 1 处")
    paint(editor, mate, 1, 1)
    page.click("[data-do=stack-select]")
    editor.done("已选 2 处")
    page.click("#tab-selected")
    expect(page.locator(".selected")).to_contain_text("已选 2 处")
    page.keyboard.press("x")
    editor.done("交换")
    codes = editor.codes()
    assert codes[f"b{building['id']}/e1/1-2"] == mate["code"]
    assert codes[f"b{other['id']}/e1/1-1"] == atom["code"]


def test_border_of_upper_floors_is_pushed_where_they_are(editor: Editor):
    """The chosen micro-grid is grabbed on its tower; the floors below the hand stay, those swept over go."""
    page = editor.page
    (building, atom), (_, mate) = towers(editor.division())[:2]
    made = cut_off_top(editor, building, atom)
    start = editor.codes()
    editor.row(made).locator(".cell").click()
    page.locator("#map").focus()
    page.keyboard.press("p")
    editor.click(atom)
    expect(page.locator("#pending")).to_contain_text(short(made))
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("没有并入")
    assert editor.codes() == start
    editor.click(atom)
    editor.point(mate, steps=20)
    page.mouse.click(*editor.pixel(mate))
    editor.done("推边界")
    codes = editor.codes()
    assert codes[mate["key"]] == made
    below = f"b{building['id']}/e1/1-{top_of(building) - 2}"
    assert codes[below] == start[below] == atom["code"]
    assert editor.log()[0]["kind"] == "push"


def test_micro_grid_of_upper_floors_is_cut_and_merged(editor: Editor):
    """Where it has no ground, it is chosen in the list, and a line passes between its towers."""
    page = editor.page
    (building, atom), (other, mate) = towers(editor.division())[:2]
    made = cut_off_top(editor, building, atom)
    editor.row(made).locator(".cell").click()
    top = top_of(other)
    paint(editor, mate, top, top)
    page.click("[data-do=stack-move]")
    editor.done("移动")
    (x, y), (u, v) = editor.pixel(atom), editor.pixel(mate)
    middle, length = ((x + u) / 2, (y + v) / 2), math.hypot(u - x, v - y)
    across = (-(v - y) / length * 30, (u - x) / length * 30)
    page.keyboard.press("c")
    page.mouse.click(middle[0] - across[0], middle[1] - across[1])
    page.mouse.click(middle[0] + across[0], middle[1] + across[1])
    expect(page.locator("#pending")).to_contain_text("切分：")
    page.click("#pending-yes")
    editor.done("切分")
    codes = editor.codes()
    highest = [
        f"b{building['id']}/e1/{top_of(building) - 1}-{top_of(building)}",
        f"b{other['id']}/e1/{top}-{top}",
    ]
    parts = [codes[key] for key in highest]
    assert made in parts
    assert len({*parts, atom["code"], mate["code"]}) == 4
    page.keyboard.press("m")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    for code in parts:
        editor.row(str(code)).locator(".cell").click()
    expect(page.locator("#pending")).to_contain_text("合并")
    page.click("#pending-yes")
    editor.done("合并")
    assert len({editor.codes()[key] for key in highest}) == 1


def test_why_a_building_cannot_be_broken_stands_at_the_button(editor: Editor):
    page = editor.page
    division = editor.division()
    empty = next(one for one in division["buildings"] if not one["households"])
    editor.click(empty)
    page.keyboard.press("f")
    button = page.locator("[data-do=break]")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "这栋楼没有住户，不需要拆分。")
    page.keyboard.press("Escape")
    building = next(one for one in division["buildings"] if one["households"] and len(one["entrances"]) > 1)
    editor.click(building)
    page.keyboard.press("f")
    expect(button).to_be_enabled()
    button.click()
    editor.done("拆分楼栋")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "已经拆分。")
