"""The boundary editor by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.editor import micro, tower, whole_buildings, with_land

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.editor import Editor


def test_move_by_keyboard_alone(editor: Editor):
    page = editor.page
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    order = [row.get_attribute("data-code") for row in page.locator("#micro-grids li").all()]
    page.locator("#micro-grids .cell").first.focus()
    for _ in range(order.index(atom["code"])):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    box = page.locator(f"[data-atom='{atom['key']}']")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-atom]')"):
            break
    for _ in range(30):
        if box.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator(".selected")).to_contain_text("已选 1 处")
    page.locator("#micro-grids .cell").first.focus()
    for _ in range(order.index(target["code"])):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    editor.done("移动")
    assert editor.codes()[atom["key"]] == target["code"]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def walk_to(page: Page, code: str) -> None:
    """Walk down the list to a micro-grid."""
    order = [row.get_attribute("data-code") for row in page.locator("#micro-grids li").all()]
    press(page, "1", "Home", *["ArrowDown"] * order.index(code))


def walk_crosshair(editor: Editor, place: dict[str, Any] | tuple[float, float]) -> None:
    """Move the crosshair over a place in far and fine steps; both ends are whole pixels apart."""
    page = editor.page
    box = page.locator(".crosshair").bounding_box()
    assert box is not None
    x, y = editor.pixel(place)
    for way, keys in (
        (x - box["x"] - box["width"] / 2, ("ArrowRight", "ArrowLeft")),
        (y - box["y"] - box["height"] / 2, ("ArrowDown", "ArrowUp")),
    ):
        key = keys[way < 0]
        steps, rest = divmod(abs(way), 24)
        press(page, *[key] * int(steps), *[f"Control+{key}"] * round(rest / 4))


def test_atoms_are_found_by_name_and_given_away(editor: Editor):
    page = editor.page
    before = editor.division()
    names = {one["id"]: one["name"] for one in before["buildings"]}
    atom = next(one for one in whole_buildings(before) if names[one["building_id"]])
    target = with_land(before, but=atom["code"])[0]
    press(page, "/")
    expect(page.locator("#atom-search")).to_be_focused()
    page.keyboard.type(names[atom["building_id"]])
    box = page.locator(f"[data-atom='{atom['key']}']")
    box.wait_for()
    press(page, "ArrowDown")
    for _ in range(20):
        if box.evaluate("node => node === document.activeElement"):
            break
        press(page, "ArrowDown")
    press(page, "Space")
    expect(page.locator(".selected")).to_contain_text("已选 1 处")
    walk_to(page, target["code"])
    press(page, "Enter")
    editor.done("移动")
    assert editor.codes()[atom["key"]] == target["code"]


def test_several_unassigned_are_picked_one_after_the_other(editor: Editor):
    page = editor.page
    some = whole_buildings(editor.division())[:2]
    for atom in some:
        editor.click(atom)
    press(page, "Delete")
    editor.done("移动")
    press(page, "Escape")
    for atom in some:
        page.locator(f"[data-atom='{atom['key']}']").press("Space")
    expect(page.locator(".selected")).to_contain_text("已选 2 处")
    press(page, "n")
    editor.done("新建")
    codes = editor.codes()
    (made,) = {codes[atom["key"]] for atom in some}
    assert made not in {None, *(atom["code"] for atom in some)}


def test_border_is_pushed_atom_by_atom(editor: Editor):
    page = editor.page
    before = editor.division()
    start = editor.codes()
    code = with_land(before, but="")[0]["code"]
    walk_to(page, code)
    press(page, "Enter", "Shift+P")
    expect(page.locator("[data-border]").first).to_be_focused()
    other = page.locator("[data-border]").first.get_attribute("data-border")
    assert other
    press(page, "Enter", "ArrowRight", "ArrowRight", "ArrowLeft")
    label = editor.label(code)
    expect(label).to_contain_text("户 (+")
    said = label.locator("b").inner_text()
    assert page.locator("#pending-steps input").get_attribute("aria-valuetext").startswith(said[:6])
    press(page, "Escape")
    expect(page.locator("#pending")).to_be_hidden()
    assert editor.codes() == start
    press(page, "Shift+P", "Enter", "ArrowRight", "Enter")
    editor.done("推边界")
    codes = editor.codes()
    moved = {key for key in codes if codes[key] != start[key]}
    assert moved
    assert {(start[key], codes[key]) for key in moved} == {(other, code)}
    (pushed,) = editor.log()
    assert (pushed["kind"], pushed["arguments"]["code"]) == ("push", code)
    held = micro(editor.division(), code)["households"]
    assert f" {held}户 (+{held - micro(before, code)['households']}) " in said


def test_micro_grid_is_cut_by_steps(editor: Editor):
    page = editor.page
    before = editor.division()
    start = editor.codes()
    code = whole_buildings(before)[0]["code"]
    walk_to(page, code)
    press(page, "Enter", "Shift+C")
    ranges = page.locator("#pending-steps input")
    expect(ranges.first).to_be_focused()
    expect(page.locator(".live-label")).to_have_count(2)
    press(page, "Tab", "Tab", "Tab", "ArrowRight", "ArrowRight")
    expect(ranges.last).to_be_focused()
    expect(ranges.last).to_have_attribute("aria-valuetext", "30°")
    halves = {
        label.get_attribute("data-code"): label.locator("b").inner_text()
        for label in page.locator(".live-label").all()
    }
    assert editor.codes() == start
    press(page, "Enter")
    editor.done("切分")
    after = editor.division()
    made = next(one for one in after["micro_grids"] if one["code"] not in start.values())
    assert f" {made['households']}户 " in halves["new"]
    assert f" {micro(after, code)['households']}户 " in halves[code]


def test_crosshair_selects_pushes_and_cuts(editor: Editor):
    page = editor.page
    before = editor.division()
    atom = whole_buildings(before)[0]
    pusher = with_land(before, but=atom["code"])[0]
    press(page, "2", "ArrowLeft")
    expect(page.locator(".crosshair")).to_be_visible()
    walk_crosshair(editor, atom)
    expect(page.locator("#said")).to_contain_text(f"{atom['households']} 户")
    press(page, "Space")
    expect(page.locator(".selected")).to_contain_text(f"已选 1 处，{atom['households']}户")
    press(page, "Escape", "p")
    walk_crosshair(editor, pusher)
    press(page, "Space")
    walk_crosshair(editor, atom)
    expect(editor.label(pusher["code"])).to_be_visible()
    press(page, "Enter")
    editor.done("推边界")
    assert editor.codes()[atom["key"]] == pusher["code"]
    press(page, "c", "Space", "Shift+ArrowRight", "Space")
    expect(page.locator("#pending")).to_contain_text("切分：")
    press(page, "Enter")
    editor.done("切分")
    assert [one["kind"] for one in editor.log()] == ["cut", "push"]


def test_floors_are_painted_by_keys(editor: Editor):
    page = editor.page
    building, atom = tower(editor.division())
    target = with_land(editor.division(), but=atom["code"])[0]["code"]
    walk_to(page, atom["code"])
    press(page, "Enter")
    page.locator(f"[data-atom='{atom['key']}']").press("Space")
    walk_to(page, target)
    press(page, "Space", "f")
    top = building["entrances"][0]["storeys"]
    expect(page.locator(f"[data-cell='1/{top}']")).to_be_focused()
    press(page, "Shift+ArrowDown", "Enter")
    editor.done("移动")
    assert editor.codes()[f"b{building['id']}/e1/{top - 1}-{top}"] == target


def test_menus_and_help_open_walk_and_close(editor: Editor):
    page = editor.page
    summary = page.locator("#finder summary")
    summary.focus()
    press(page, "ArrowDown", "ArrowDown", "Enter")
    expect(page.locator("#said")).to_have_text("低于范围：没有。")
    press(page, "Escape")
    expect(summary).to_be_focused()
    expect(page.locator("#find-menu")).to_be_hidden()
    press(page, "?")
    expect(page.locator("#keys-help")).to_be_visible()
    assert page.locator("#keys-help dd").count() > 30
    press(page, "Escape")
    expect(page.locator("#keys-help")).to_be_hidden()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_has_names_roles_and_contrast(open_editor: Callable[..., Editor], language: str):
    """Axe finds nothing: a selection, a stack, the log, an offer with sliders, the help."""
    editor = open_editor("planner", language=language)
    page = editor.page
    _, atom = tower(editor.division())
    editor.click(atom)
    assert faults(page) == []
    press(page, "f")
    assert faults(page) == []
    press(page, "Escape")
    walk_to(page, with_land(editor.division(), but="")[0]["code"])
    press(page, "Enter")
    page.click("#tab-log")
    assert faults(page) == []
    press(page, "Shift+C")
    expect(page.locator(".live-label")).to_have_count(2)
    assert faults(page) == []
    press(page, "Escape", "?")
    assert faults(page) == []


def faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
