"""Several planners on one draft, and a weak network: nothing is lost, nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from gridmap.web import redraw_streams
from tests.browser.editor import Editor, whole_buildings, with_land

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def test_operations_wait_for_the_network_and_are_sent_once(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", refused="ERR_INTERNET_DISCONNECTED")
    page = editor.page
    before = editor.division()
    first, second = whole_buildings(before)[:2]
    page.context.set_offline(True)
    for atom in (first, second):
        target = with_land(before, but=atom["code"])[0]
        editor.ask_move(atom, target)
        page.keyboard.press("v")
    expect(page.locator("#saving")).to_have_text("✕ 离线，2 项待传")
    page.context.set_offline(False)
    editor.saved()
    codes = editor.codes()
    for atom in (first, second):
        assert codes[atom["key"]] == with_land(before, but=atom["code"])[0]["code"]
    log = editor.log()
    assert [one["kind"] for one in log] == ["move", "move"]


def test_what_was_not_sent_is_sent_after_a_reload(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", refused="ERR_INTERNET_DISCONNECTED")
    page = editor.page
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    page.context.set_offline(True)
    editor.ask_move(atom, target)
    expect(page.locator("#saving")).to_have_text("✕ 离线，1 项待传")
    page.context.set_offline(False)
    editor.open()
    editor.saved()
    assert editor.codes()[atom["key"]] == target["code"]
    assert editor.log()[0]["kind"] == "move"


def test_atoms_others_moved_are_refused_by_name(open_editor: Callable[..., Editor]):
    editor = open_editor("planner", refused="ERR_INTERNET_DISCONNECTED")
    page = editor.page
    other = open_editor("admin")
    before = editor.division()
    first, second = whole_buildings(before)[:2]
    targets = [one for one in with_land(before, but=first["code"]) if one["code"] != second["code"]]
    page.context.set_offline(True)
    editor.click(first)
    editor.ask_move(second, targets[0])
    other.move(first, targets[1])
    page.context.set_offline(False)
    editor.saved()
    notice = page.locator(".editor-notice")
    expect(notice).to_contain_text("1 处没有移动")
    expect(notice).to_contain_text("admin")
    codes = editor.codes()
    assert codes[first["key"]] == targets[1]["code"]
    assert codes[second["key"]] == targets[0]["code"]


def test_what_others_do_appears_without_a_reload(open_editor: Callable[..., Editor]):
    editor = open_editor("planner")
    other = open_editor("admin")
    expect(editor.page.locator("#people")).to_contain_text("admin")
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    other.move(atom, target)
    row = editor.page.locator(f"#micro-grids li[data-code='{target['code']}'] .number")
    expect(row).to_contain_text(f"{target['households'] + atom['households']}户")
    expect(editor.page.locator("#said")).to_contain_text("admin: 移动")


def test_others_see_which_micro_grid_is_held(open_editor: Callable[..., Editor]):
    editor = open_editor("planner")
    other = open_editor("admin")
    held = with_land(editor.division(), but="")[0]
    other.page.keyboard.press("p")
    other.click(held)
    row = editor.page.locator(f"#micro-grids li[data-code='{held['code']}']")
    expect(row).to_have_attribute("data-holder", "admin")
    other.page.keyboard.press("Escape")
    expect(row).not_to_have_attribute("data-holder", "admin")


def test_stream_goes_on_where_it_was_cut(open_editor: Callable[..., Editor], monkeypatch: pytest.MonkeyPatch):
    """The server ends a stream after a while, here after one second; nothing is missed or said twice."""
    monkeypatch.setattr(redraw_streams, "HOLD_SECONDS", 1)
    editor = open_editor("planner")
    page = editor.page
    asked: list[str | None] = []  # after which operation each stream was to go on

    def note(sent: dict[str, Any]) -> None:
        if sent["headers"].get("Accept") == "text/event-stream":
            asked.append(sent["headers"].get("Last-Event-ID"))

    device = page.context.new_cdp_session(page)
    device.send("Network.enable")
    device.on("Network.requestWillBeSentExtraInfo", note)
    other = open_editor("admin")
    start = editor.codes()
    atoms = whole_buildings(other.division())[:3]
    for number, atom in enumerate(atoms, 1):
        target = with_land(other.division(), but=atom["code"])[0]
        other.move(atom, target)
        other.page.keyboard.press("v")
        while len(other.log()) < number:  # "saved" is also what it says before it begins
            other.page.wait_for_timeout(50)
        sum_there = next(
            one["households"] for one in other.division()["micro_grids"] if one["code"] == target["code"]
        )
        expect(editor.row(target["code"]).locator(".number")).to_contain_text(f"{sum_there}户")
        newest = str(other.log()[0]["id"])
        while newest not in asked:
            page.wait_for_event("response", lambda one: "/stream" in one.url)
    assert sorted(filter(None, asked)) == list(filter(None, asked))
    assert {key for key, code in editor.codes().items() if code != start[key]} == {
        one["key"] for one in atoms
    }
