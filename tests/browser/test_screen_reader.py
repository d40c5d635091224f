"""What a screen reader is told: names, states, and each change once and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.editor import TABLET, micro, short, whole_buildings, with_land

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.editor import Editor

BAND = (50, 80)
# Keeps what live regions came to say: one text for each change, as a screen reader reads them.
LISTEN = """() => {
  window.heard = [];
  new MutationObserver((changes) => {
    const live = changes.map(({ target }) => {
      const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      return element.closest("[role=status], [role=alert], [aria-live=polite]");
    });
    for (const region of new Set(live)) if (region?.textContent) window.heard.push(region.textContent);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""


def word(households: int) -> str:
    low, high = BAND
    return "low" if households < low else "over" if households > high else "ok"


def test_move_is_told_once_in_words(open_editor: Callable[..., Editor]):
    editor = open_editor(language="en")
    page = editor.page
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    giver = micro(before, atom["code"])
    name = f"{short(giver['code'])} {giver['households']} homes ok"
    row = page.get_by_role("button", name=name)
    row.press("Enter")
    expect(page.get_by_role("button", name=name, pressed=True)).to_be_focused()
    page.evaluate(LISTEN)
    page.locator(f"[data-atom='{atom['key']}']").press("Space")
    page.get_by_role("button", name=f"Move here {short(target['code'])}").press("Enter")
    editor.done("Moved")
    left, taken = giver["households"] - atom["households"], target["households"] + atom["households"]
    said = [text for text in page.evaluate("window.heard") if text.startswith("Moved")]
    assert len(said) == 1
    assert said[0].startswith(f"Moved: {atom['households']} homes change their micro-grid. ")
    for code, was, now in (
        (giver["code"], giver["households"], left),
        (target["code"], target["households"], taken),
    ):
        assert f"{short(code)} {was} homes → {now} homes " in said[0]
        assert f" {word(now)}" in said[0].split(f"→ {now} homes ")[1][: len("▲ over")]
    assert not [text for text in page.evaluate("window.heard") if "Saved" in text or "Saving" in text]
    assert editor.codes()[atom["key"]] == target["code"]


def test_single_keys_can_be_switched_off(editor: Editor):
    page = editor.page
    page.keyboard.press("?")
    box = page.get_by_role("dialog", name="快捷键").get_by_role("checkbox", name="单个字母、数字键作为快捷键")
    expect(box).to_be_focused()
    box.press("Space")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("#micro-grids .cell").first).to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_role("button", name="框选")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="框选").press("Enter")
    expect(page.get_by_role("button", name="框选", pressed=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="选择", exact=True)).to_have_attribute("aria-pressed", "true")


def test_several_are_chosen_by_finger_and_by_key(open_editor: Callable[..., Editor]):
    editor = open_editor(viewport=TABLET)
    page = editor.page
    one, two, three = (each["code"] for each in editor.division()["micro_grids"][:3])
    toggle = page.get_by_role("button", name="选多个")
    toggle.tap()
    editor.row(one).locator(".cell").tap()
    editor.row(two).locator(".cell").tap()
    chosen = page.locator("#micro-grids .cell[aria-pressed='true']")
    expect(chosen).to_have_count(2)
    expect(page.locator("#panel-selected")).to_contain_text("2 个微网格")
    editor.row(one).locator(".cell").tap()
    expect(chosen).to_have_count(1)
    editor.row(three).locator(".cell").press("Enter")
    expect(chosen).to_have_count(2)
    toggle.press("Space")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    editor.row(one).locator(".cell").tap()
    expect(chosen).to_have_count(1)


def test_publishing_names_itself_and_tells_what_it_found(sign_in: Callable[..., Page], draft: int, grid: str):
    page = sign_in("planner")
    page.goto(f"/planner?area={grid}&plan={draft}")
    page.get_by_role("button", name="发布…").press("Enter")
    dialog = page.get_by_role("dialog", name=f"发布方案 {draft}")
    expect(dialog.get_by_role("radio", name="立即")).to_be_focused()
    expect(dialog).to_have_accessible_description("发布后，所有人看到的就是这个方案。先看清会改变什么。")
    expect(page.locator("#publish-said")).to_contain_text("没有必须处理的问题")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="发布…")).to_be_focused()
