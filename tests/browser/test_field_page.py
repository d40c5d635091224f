"""Field page and building page: what is mine as the API says it, within reach of a thumb."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from gridmap.models import Building, Entrance, Visit
from gridmap.services.actors import SYSTEM
from gridmap.services.building_codes import issue_codes
from tests.browser.conftest import DESKTOP, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_lists_are_those_of_the_needs(sign_in: Callable[..., Page], viewport: dict[str, int]):
    page = sign_in("field", viewport=viewport)
    page.goto("/field")
    needs = ask_api(page, "/field/needs")
    cells, buildings = needs["micro_grids"], needs["buildings"]
    assert cells
    assert buildings
    expect(page.locator("#micro-grids button")).to_have_count(len(cells))
    shown = [row.get_attribute("data-code") for row in page.locator("#micro-grids button").all()]
    assert shown == [cell["code"] for cell in cells]
    page.click("#tab-buildings")
    expect(page.locator("#buildings button")).to_have_count(len(buildings))
    first = page.locator(f"#buildings [data-building='{buildings[0]['id']}'] .side")
    estimated = "*" if buildings[0]["households_estimated"] else ""
    expect(first).to_have_text(f"{buildings[0]['households']} 户{estimated}")


def test_open_issues_are_those_of_the_needs(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    issues = ask_api(page, "/field/needs")["issues"]
    assert issues
    page.click("#tab-issues")
    expect(page.locator("#issues > li")).to_have_count(len(issues))
    page.locator("#issues button").first.click()
    words = [
        one["text"] for one in issues if one["text"] and one["text"] in page.locator("#card").inner_text()
    ]
    assert words


def stops_on_foot(page: Page, **body: object) -> list[int]:
    """The buildings of a round as the server orders them."""
    csrf = {"X-CSRFToken": ask_api(page, "/session")["csrf_token"]}
    answer = page.request.post("/api/v1/field/round", data={"kind": "full"} | body, headers=csrf)
    return [stop["building_id"] for stop in answer.json()["stops"]]


def test_next_stop_is_the_first_of_the_round(sign_in: Callable[..., Page]):
    """The server orders what is due on the walking network; a visit takes its building off map and list."""
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    page.click(".kinds [data-kind=full]")
    page.locator(".round-head", has_text="步行共").wait_for()
    stops = stops_on_foot(page)
    assert len(stops) > 2
    expect(page.locator(".card.next")).to_have_attribute("data-building", str(stops[0]))  # once it has come
    rows = page.locator("#round [data-building]")
    assert rows.evaluate_all("rows => rows.map((one) => Number(one.dataset.building))") == stops[1:]
    legend = page.locator("#legend")
    expect(legend).to_contain_text(f"待访 {len(stops)}")
    page.locator(".card.next [data-visit]").click()
    expect(legend).to_contain_text(f"待访 {len(stops) - 1}")
    expect(page.locator(".card.next")).to_have_attribute("data-building", str(stops[1]))


def test_order_on_foot_stays_while_the_page_is_drawn_anew(sign_in: Callable[..., Page]):
    """No other stop slips under the thumb: the round by straight line is for phones that cannot ask."""
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    head = page.locator("#panel-today .round-head p")
    expect(head).to_contain_text("步行")
    page.evaluate("""() => {
      window.heads = [];
      const note = () => window.heads.push(document.querySelector(".round-head p")?.textContent);
      new MutationObserver(note).observe(document.getElementById("panel-today"), { childList: true });
      document.querySelector("#panel-today .round-head").dataset.old = "";
    }""")
    page.locator("#panel-today [aria-pressed='true']").click()
    expect(page.locator("#panel-today .round-head[data-old]")).to_have_count(0)
    heads = page.evaluate("window.heads")
    assert heads
    assert all("步行" in one for one in heads), heads


def stand_at_the_last_stop(page: Page) -> list[int]:
    """Go to where the round from the station ends; gives the round from there, which is another one."""
    page.context.grant_permissions(["geolocation"])
    from_station = stops_on_foot(page)
    last = next(one for one in ask_api(page, "/field/needs")["buildings"] if one["id"] == from_station[-1])
    page.context.set_geolocation({"longitude": last["lon"], "latitude": last["lat"]})
    from_here = stops_on_foot(page, start={"lon": last["lon"], "lat": last["lat"]})
    assert from_here != from_station
    return from_here


def test_round_starts_from_where_one_stands(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    page.click(".kinds [data-kind=full]")
    page.locator(".round-head", has_text="步行共").wait_for()
    from_here = stand_at_the_last_stop(page)
    with page.expect_response("**/field/round"):
        page.click("#from-here")
    expect(page.locator("#from-here")).to_contain_text("从驻站")
    expect(page.locator(".round-head")).to_contain_text("步行共")
    expect(page.locator(".card.next")).to_have_attribute("data-building", str(from_here[0]))
    rows = page.locator("#round [data-building]")
    assert rows.evaluate_all("rows => rows.map((one) => Number(one.dataset.building))") == from_here[1:]


def test_way_to_a_building_is_on_foot(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    page.click("#tab-buildings")
    page.locator("#buildings button").last.click()
    page.locator("#card").get_by_role("button", name="怎么走").click()
    expect(page.locator("#told")).to_contain_text("步行")
    expect(page.locator("#field-map")).to_be_visible()
    expect(page.locator("#card")).to_be_hidden()


def test_scanned_code_leads_to_the_visit(sign_in: Callable[..., Page], database: Database):
    """The phone's own camera opens the sticker's address; field staff find their visit there."""
    page = sign_in("field", viewport=PHONE)
    buildings = ask_api(page, "/field/needs")["buildings"]
    building = next(one for one in buildings if one["entrance_count"] > 1)
    with database.transaction() as session:
        codes = issue_codes(session, SYSTEM, building_id=building["id"])
    code = next(one for one in codes if one.entrance_number == 2)
    page.goto(f"/r/{code.token}")
    page.get_by_role("link", name="记我的走访").click()
    page.wait_for_url("**/field?*")
    expect(page.locator("#card")).to_contain_text("2 单元门码已识别")
    page.locator("#card [data-visit]").first.click()
    page.locator("#card .own-visit").wait_for()
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    expect(page.locator("#sync")).to_have_attribute("data-kind", "synced")
    with database.transaction() as session:
        door = select(Entrance.id).where(Entrance.building_id == building["id"], Entrance.number == 2)
        visited = select(Visit.id).where(Visit.entrance_id == session.scalar(door)).order_by(Visit.id.desc())
        assert session.scalar(visited.limit(1)) is not None


def test_camera_in_the_page_finds_the_door_without_network(sign_in: Callable[..., Page], database: Database):
    """The phone has digests of its own doors: a token leads to one of them, letters misread or not."""
    page = sign_in("field", viewport=PHONE)
    building = next(one for one in ask_api(page, "/field/needs")["buildings"] if one["entrance_count"] > 1)
    with database.transaction() as session:
        code = issue_codes(session, SYSTEM, building_id=building["id"])[1]
    codes = ask_api(page, "/field/needs")["codes"]
    assert len(codes) == building["entrance_count"]
    page.goto("/field")
    find = """async ([codes, said]) => {
      const { findDoor, tokenOf } = await import("/static/js/field_scan.js");
      const token = tokenOf(said);
      const door = token && (await findDoor(codes, token));
      return door && [door.building_id, door.entrance_number];
    }"""
    address = f"https://grid.example/r/{code.token}"
    mistaken = address[:-26] + code.token.lower().replace("1", "l").replace("0", "o")
    for said in (address, mistaken):
        assert page.evaluate(find, [codes, said]) == [building["id"], code.entrance_number]
    assert page.evaluate(find, [codes, "https://grid.example/r/0000000000000000"]) is None
    assert page.evaluate(find, [codes, "https://elsewhere.example/pay"]) is None


def test_code_of_anothers_building_offers_no_visit(sign_in: Callable[..., Page], database: Database):
    page = sign_in("field", viewport=PHONE)
    own = {building["id"] for building in ask_api(page, "/field/needs")["buildings"]}
    with database.transaction() as session:
        query = select(Building.id).where(Building.id.not_in(own), Building.households > 0)
        (code, *_) = issue_codes(session, SYSTEM, building_id=session.scalar(query.limit(1)))
    page.goto(f"/r/{code.token}")
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_role("link", name="记我的走访")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_building_page_says_who_answers(sign_in: Callable[..., Page], language: str):
    page = sign_in("field", language=language, viewport=PHONE)
    number = ask_api(page, "/field/needs")["buildings"][0]["id"]
    page.goto(f"/buildings/{number}")
    details = ask_api(page, f"/buildings/{number}")
    building = details["building"]
    expect(page.locator("h1")).to_have_text(building["name"])
    figures = [text.rstrip("*") for text in page.locator(".numbers dd").all_inner_texts()]
    assert figures == [
        str(building["households"]),
        str(building["entrance_count"]),
        str(building["storeys"]),
        str(len(details["open_issues"])),
    ]
    assert page.locator(".stack tbody tr").count() == building["storeys"]
    box = page.locator("#map").bounding_box()
    assert box is not None
    assert box["height"] >= 300
    posts = list(dict.fromkeys(person["code"] for person in details["people"]))  # the nearest first
    named = page.locator("[aria-labelledby='people-title'] li").all_text_contents()
    assert len(named) == len(posts)
    assert all(post in text for post, text in zip(posts, named, strict=True))
    assert any(person["role"] == "micro_grid_head" for person in details["people"])


def test_building_is_found_by_its_address(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    page.goto("/field")
    page.click("#tab-buildings")
    page.locator("#buildings button").first.wait_for()
    page.fill("#filter", "zzz")
    expect(page.locator("#buildings")).to_contain_text("没有这样的楼栋")
    building = ask_api(page, "/field/needs")["buildings"][1]
    page.fill("#filter", f"{building['compound_name']} {building['name']}")
    expect(page.locator(f"#buildings [data-building='{building['id']}']")).to_be_visible()


def test_sign_out_elsewhere_leads_through_the_field_page(sign_in: Callable[..., Page]):
    """The phone may hold what was never sent: no page signs field staff out behind its back."""
    page = sign_in("field", viewport=PHONE)
    number = ask_api(page, "/field/needs")["buildings"][0]["id"]
    page.goto(f"/buildings/{number}")
    page.locator(".account summary").click()
    page.locator(".account").get_by_role("link", name="退出").click()
    page.wait_for_url("**/field?tab=me*")
    expect(page.locator("#sign-out button")).to_be_visible()


def test_building_of_another_community_is_not_found(sign_in: Callable[..., Page]):
    field = sign_in("field", refused="404")
    own = {area["code"] for area in ask_api(field, "/areas?level=grid")["items"]}
    everything = ask_api(sign_in("planner"), "/buildings?limit=1000")["items"]
    foreign = next(building for building in everything if building["grid_code"] not in own)
    answer = field.goto(f"/buildings/{foreign['id']}")
    assert answer is not None
    assert answer.status == 404
    expect(field.locator("h1")).to_have_text("没有找到")


def test_accounts_without_a_post_are_told_so(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    page.goto("/field")
    expect(page.locator("#panel-today")).to_contain_text("给有岗位的走访人员用")
    expect(page.locator("#sync")).to_be_hidden()
