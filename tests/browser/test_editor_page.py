"""The boundary editor by mouse, keys and touch: each gesture ends in the tables as it was drawn."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from gridmap.services.actors import SYSTEM
from gridmap.services.plan_runs import create_plan
from tests.browser.conftest import ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database

GRID = "370699001001005"
ZOOM = 17.6
TILE = 256
TABLET = {"width": 1024, "height": 768}


class Editor:
    """A page with one grid open, and where things of it lie on the screen."""

    def __init__(self, page: Page, plan: int) -> None:
        self.page = page
        self.plan = plan
        self.open()

    def open(self) -> None:
        """Open the grid with its middle in the middle of the map."""
        west, south, east, north = self.division()["grid"]["bounds"]
        self.middle = ((west + east) / 2, (south + north) / 2)
        lon, lat = self.middle
        self.page.goto(f"/planner/plans/{self.plan}/edit?area={GRID}&at={lon},{lat}&zoom={ZOOM}")
        self.page.locator("#micro-grids .cell").first.wait_for()
        box = self.page.locator("#map").bounding_box()
        assert box is not None
        self.box = box

    def division(self) -> dict[str, Any]:
        """Ask the API how the grid stands."""
        (grid,) = ask_api(self.page, f"/plans/{self.plan}/divisions?area={GRID}")["grids"]
        return grid

    def codes(self) -> dict[str, str | None]:
        """Where every atom lies."""
        return {atom["key"]: atom["code"] for atom in self.division()["atoms"]}

    def pixel(self, place: dict[str, Any] | tuple[float, float]) -> tuple[float, float]:
        """Where a place lies on the screen, by the Mercator projection of the map."""
        lon, lat = (place["lon"], place["lat"]) if isinstance(place, dict) else place

        def world(lon: float, lat: float) -> tuple[float, float]:
            sine = math.asinh(math.tan(math.radians(lat)))
            scale = TILE * 2**ZOOM
            return (lon + 180) / 360 * scale, (1 - sine / math.pi) / 2 * scale

        (x, y), (x0, y0) = world(lon, lat), world(*self.middle)
        return (
            self.box["x"] + self.box["width"] / 2 + x - x0,
            self.box["y"] + self.box["height"] / 2 + y - y0,
        )

    def click(self, place: dict[str, Any] | tuple[float, float]) -> None:
        self.page.mouse.click(*self.pixel(place))

    def point(self, place: dict[str, Any] | tuple[float, float], steps: int = 6) -> None:
        self.page.mouse.move(*self.pixel(place), steps=steps)

    def token(self) -> str:
        """The token that a call of the API needs beside the cookie."""
        data = self.page.locator("#page-data").text_content()
        assert data is not None
        return json.loads(data)["csrf"]

    def saved(self) -> None:
        """Wait until the server has everything."""
        expect(self.page.locator("#saving")).to_have_attribute("data-state", "saved")

    def done(self, kind: str) -> None:
        """Wait until the page says that an operation was done."""
        expect(self.page.locator("#said")).to_contain_text(kind)
        self.saved()


@pytest.fixture
def draft(database: Database) -> int:
    """A draft of one grid: 8 micro-grids, all inside the band."""
    return create_plan(database, SYSTEM, GRID).id


@pytest.fixture
def editor(sign_in: Callable[..., Page], draft: int) -> Editor:
    return Editor(sign_in("planner"), draft)


def whole_buildings(division: dict[str, Any]) -> list[dict[str, Any]]:
    """Atoms that are whole buildings with homes, in micro-grids of more than that."""
    held = defaultdict(list)
    for atom in division["atoms"]:
        held[atom["code"]].append(atom)
    return [
        atom
        for atom in division["atoms"]
        if not atom["entrance"] and atom["households"] and len(held[atom["code"]]) > 1
    ]


def micro(division: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one for one in division["micro_grids"] if one["code"] == code)


def with_land(division: dict[str, Any], *, but: str) -> list[dict[str, Any]]:
    """Micro-grids one can point at on the map, other than one."""
    return [one for one in division["micro_grids"] if one["geometry"] and one["code"] != but]


def short(code: str) -> str:
    return f"{code[12:15]}-{code[15:]}"


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
    division = editor.division()
    atom = whole_buildings(division)[0]
    mate = next(
        other
        for other in division["atoms"]
        if other["code"] == atom["code"] and other["building_id"] != atom["building_id"]
    )
    (x, y), (u, v) = editor.pixel(atom), editor.pixel(mate)
    middle, way = ((x + u) / 2, (y + v) / 2), (u - x, v - y)
    length = math.hypot(*way)
    across = (-way[1] / length * 30, way[0] / length * 30)
    page.keyboard.press("c")
    page.mouse.click(middle[0] - across[0], middle[1] - across[1])
    page.mouse.move(middle[0], middle[1], steps=4)
    page.mouse.click(middle[0] + across[0], middle[1] + across[1])
    expect(page.locator("#pending")).to_contain_text("切分：")
    assert editor.codes() == {one["key"]: one["code"] for one in division["atoms"]}  # nothing is written yet
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
    building = next(
        one
        for one in division["buildings"]
        if max(entrance["storeys"] for entrance in one["entrances"]) > 4
        and any(atom["key"] == f"b{one['id']}" for atom in division["atoms"])
        and one["households"]
    )
    atom = next(one for one in division["atoms"] if one["key"] == f"b{building['id']}")
    target = with_land(division, but=atom["code"])[0]["code"]
    page.locator(f"#micro-grids li[data-code='{target}'] .cell").press("Space")
    editor.click(atom)
    page.keyboard.press("f")
    top = building["entrances"][0]["storeys"]
    cell = page.locator(f"[data-cell='1/{top}']")
    cell.scroll_into_view_if_needed()
    cell.hover()
    page.mouse.down()
    page.locator(f"[data-cell='1/{top - 1}']").hover()
    page.mouse.up()
    page.click("[data-do=stack-move]")
    editor.done("移动")
    assert editor.codes()[f"b{building['id']}/e1/{top - 1}-{top}"] == target


def test_undo_and_redo_survive_a_reload(editor: Editor):
    page = editor.page
    before = editor.division()
    start = editor.codes()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    editor.click(atom)
    page.keyboard.press("g")
    editor.click(target)
    editor.done("移动")
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


def test_operations_wait_for_the_network_and_are_sent_once(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner", refused="ERR_INTERNET_DISCONNECTED")
    editor = Editor(page, draft)
    before = editor.division()
    first, second = whole_buildings(before)[:2]
    page.context.set_offline(True)
    for atom in (first, second):
        target = with_land(before, but=atom["code"])[0]
        editor.click(atom)
        page.keyboard.press("g")
        editor.click(target)
        page.keyboard.press("v")
    expect(page.locator("#saving")).to_have_text("✕ 离线，2 项待传")
    page.context.set_offline(False)
    editor.saved()
    codes = editor.codes()
    for atom in (first, second):
        assert codes[atom["key"]] == with_land(before, but=atom["code"])[0]["code"]
    log = ask_api(page, f"/plans/{draft}/operations")["items"]
    assert [one["kind"] for one in log] == ["move", "move"]


def test_what_was_not_sent_is_sent_after_a_reload(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner", refused="ERR_INTERNET_DISCONNECTED")
    editor = Editor(page, draft)
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    page.context.set_offline(True)
    editor.click(atom)
    page.keyboard.press("g")
    editor.click(target)
    expect(page.locator("#saving")).to_have_text("✕ 离线，1 项待传")
    page.context.set_offline(False)
    editor.open()
    editor.saved()
    assert editor.codes()[atom["key"]] == target["code"]
    assert ask_api(page, f"/plans/{draft}/operations")["items"][0]["kind"] == "move"


def test_atoms_others_moved_are_refused_by_name(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner", refused="ERR_INTERNET_DISCONNECTED")
    editor = Editor(page, draft)
    other = Editor(sign_in("admin"), draft)
    before = editor.division()
    first, second = whole_buildings(before)[:2]
    targets = [one for one in with_land(before, but=first["code"]) if one["code"] != second["code"]]
    page.context.set_offline(True)
    editor.click(first)
    editor.click(second)
    page.keyboard.press("g")
    editor.click(targets[0])
    other.click(first)
    other.page.keyboard.press("g")
    other.click(targets[1])
    other.done("移动")
    page.context.set_offline(False)
    editor.saved()
    notice = page.locator(".editor-notice")
    expect(notice).to_contain_text("1 处没有移动")
    expect(notice).to_contain_text("admin")
    codes = editor.codes()
    assert codes[first["key"]] == targets[1]["code"]
    assert codes[second["key"]] == targets[0]["code"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tablet_moves_by_tap_and_asks_first(sign_in: Callable[..., Page], draft: int, language: str):
    page = sign_in("planner", viewport=TABLET, language=language)
    editor = Editor(page, draft)
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
    editor.click(atom)
    page.keyboard.press("g")
    editor.click(target)
    editor.done("移动")
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


def touch(page: Page, *frames: list[tuple[float, float]]) -> None:
    """Put fingers on the screen, move them through the frames, lift them."""
    device = page.context.new_cdp_session(page)
    for at, frame in enumerate(frames):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(frame)]
        kind = "touchMove" if at else "touchStart"
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    device.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_finger_pushes_a_boundary_and_two_fingers_zoom(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner", viewport=TABLET)
    editor = Editor(page, draft)
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


def test_area_that_is_not_there_is_refused_in_words(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner", refused="404")
    page.goto(f"/planner/plans/{draft}/edit?area=nowhere")
    expect(page.locator(".editor-notice")).to_be_visible()


def test_what_others_do_appears_without_a_reload(sign_in: Callable[..., Page], draft: int):
    editor = Editor(sign_in("planner"), draft)
    other = Editor(sign_in("admin"), draft)
    expect(editor.page.locator("#people")).to_contain_text("admin")
    before = editor.division()
    atom = whole_buildings(before)[0]
    target = with_land(before, but=atom["code"])[0]
    other.click(atom)
    other.page.keyboard.press("g")
    other.click(target)
    other.done("移动")
    row = editor.page.locator(f"#micro-grids li[data-code='{target['code']}'] .number")
    expect(row).to_contain_text(f"{target['households'] + atom['households']}户")
    expect(editor.page.locator("#said")).to_contain_text("admin: 移动")


def test_others_see_which_micro_grid_is_held(sign_in: Callable[..., Page], draft: int):
    editor = Editor(sign_in("planner"), draft)
    other = Editor(sign_in("admin"), draft)
    held = with_land(editor.division(), but="")[0]
    other.page.keyboard.press("p")
    other.click(held)
    row = editor.page.locator(f"#micro-grids li[data-code='{held['code']}']")
    expect(row).to_have_attribute("data-holder", "admin")
    other.page.keyboard.press("Escape")
    expect(row).not_to_have_attribute("data-holder", "admin")
