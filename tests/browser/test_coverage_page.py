"""Page of coverage: every number on it is the API's, from the district down to the building."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, DISTRICT, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def rule_of(page: Page, code: str) -> int:
    return next(rule["id"] for rule in ask_api(page, "/coverage/rules")["items"] if rule["code"] == code)


def answer_of(page: Page, code: str, area: str = DISTRICT) -> dict:
    return ask_api(page, f"/coverage/rules/{rule_of(page, code)}/gaps?area={area}")


def open_rule(page: Page, code: str, area: str = DISTRICT) -> dict:
    page.goto(f"/coverage?rule={rule_of(page, code)}&area={area}")
    page.locator("#figures dd").first.wait_for()
    return answer_of(page, code, area)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("code", ["station_500_m", "building_head"])
def test_figures_are_those_of_the_api(sign_in: Callable[..., Page], viewport: dict[str, int], code: str):
    page = sign_in("planner", viewport=viewport)
    answer = open_rule(page, code)
    share = answer["share"]
    assert 0 < share["places_covered"] < share["places"]
    expect(page.locator("#figures dd").nth(1)).to_have_text(
        f"{share['places_covered']:,} / {share['places']:,}"
    )
    expect(page.locator("#figures dd").nth(2)).to_contain_text(f"{share['households_covered']:,}")
    expect(page.locator("#definition")).to_have_text(answer["definition"])
    expect(page.locator("#gaps button")).to_have_count(min(100, len(answer["gaps"])))
    expect(page.locator("#classes li")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_visits_of_a_month_and_who_was_not_visited(sign_in: Callable[..., Page]):
    page = sign_in("official", language="en")
    last_month = datetime.now(UTC).replace(day=1) - timedelta(days=10)
    rule = rule_of(page, "visited_key")
    page.goto(f"/coverage?rule={rule}&area={DISTRICT}&time={last_month:%Y-%m-%d}T12:00")
    page.locator("#figures dd").first.wait_for()
    answer = ask_api(page, f"/coverage/rules/{rule}/gaps?area={DISTRICT}&at={last_month:%Y-%m-%d}T04:00:00Z")
    share = answer["share"]
    assert 0 < share["places_covered"] < share["places"]
    assert answer["is_met"] is False
    expect(page.locator("#figures dd").nth(1)).to_have_text(
        f"{share['places_covered']:,} / {share['places']:,}"
    )
    expect(page.locator("#definition")).to_contain_text(f"{last_month:%Y-%m}-01 to {last_month:%Y-%m}-")
    expect(page.locator("#gaps button").first).to_contain_text("not visited in the period")


def test_one_drills_down_to_the_buildings_and_back(sign_in: Callable[..., Page]):
    page = sign_in("official", language="en")
    open_rule(page, "station_500_m")
    for depth, level in enumerate(("street", "community", "grid"), 1):
        row = page.locator("#children button").first
        code = row.get_attribute("data-code")
        assert code is not None
        row.click()
        page.wait_for_url(f"**area={code}*")
        expect(page.locator("#trail button")).to_have_count(depth)
        answer = answer_of(page, "station_500_m", code)
        assert answer["areas"][0]["level"] == level
        expect(page.locator("#figures dd").nth(1)).to_have_text(
            f"{answer['share']['places_covered']:,} / {answer['share']['places']:,}"
        )
    expect(page.locator("#children")).to_be_hidden()
    assert len(answer["gaps"]) > 0
    page.locator("#gaps button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#gaps button").first).to_contain_text("m on foot")
    page.go_back()
    expect(page.locator("#children")).to_be_visible()
    page.locator("#trail button").first.click()
    page.wait_for_url(f"**area={DISTRICT}*")


def test_a_planner_records_the_month(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    open_rule(page, "grid_officer")
    expect(page.locator("#history")).to_contain_text("还没有按月记录")
    page.click("#measure")
    expect(page.locator(".months li")).to_have_count(1)
    share = answer_of(page, "grid_officer")["share"]["places_share"]
    expect(page.locator(".months .share")).to_contain_text(f"{share * 100:.1f}")


def test_officials_look_and_do_not_record(sign_in: Callable[..., Page]):
    page = sign_in("official")
    open_rule(page, "grid_officer")
    expect(page.locator("#measure")).to_be_hidden()
    expect(page.get_by_role("link", name="覆盖")).to_be_visible()


def test_downloads_hold_what_is_shown(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    answer = open_rule(page, "station_500_m")
    files = {}
    for kind in ("csv", "gpkg", "html"):
        with page.expect_download() as download:
            page.click(f"#as-{kind}")
        files[kind] = download.value.path().read_bytes()
    assert len(files["csv"].decode("utf-8-sig").strip().split("\r\n")) == 1 + len(answer["gaps"])
    assert files["gpkg"].startswith(b"SQLite format 3")
    html = files["html"].decode()
    assert "<script src=" not in html
    assert len(html) < 10_000_000


def test_a_click_on_a_station_shows_how_far_one_walks(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    station = ask_api(page, "/stations?kind=station")["items"][0]
    rule = rule_of(page, "station_500_m")
    view = f"at={station['lon']},{station['lat']}&zoom=16.5"
    page.goto(f"/coverage?rule={rule}&area={DISTRICT}&{view}")
    page.locator("#figures dd").first.wait_for()
    page.wait_for_load_state("networkidle")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#station")).to_contain_text("5 / 10 / 15 分钟")
    page.locator("#station button").click()
    expect(page.locator("#station")).to_be_hidden()


def test_a_time_outside_the_hours_says_so(sign_in: Callable[..., Page]):
    page = sign_in("dispatcher")
    page.goto(f"/coverage?rule={rule_of(page, 'community_duty')}&area={DISTRICT}&time=2026-11-20T03:00")
    expect(page.locator("#sentence")).to_contain_text("不作要求")
    expect(page.locator("#at")).to_have_value("2026-11-20T03:00")


def test_a_planner_adds_changes_and_retires_a_rule(sign_in: Callable[..., Page]):
    page = sign_in("planner", language="en", refused="400")
    open_rule(page, "grid_officer")
    page.locator("#rules-open").focus()
    page.keyboard.press("Enter")
    rows = page.locator("#rules-body .rule")
    expect(rows).to_have_count(11)
    page.click("#rule-add")
    page.select_option("[name=kind]", "station_walk")
    page.fill("[name=name_zh]", "五分钟到服务站")
    page.fill("[name=name_en]", "Station within five minutes")
    page.fill("[name=code]", "station_5_min")
    page.fill("[name=target_share]", "80")
    page.click("#rule-save")
    expect(page.locator("[data-field='parameters.station_kinds'] .wrong")).not_to_be_empty()
    page.check("[value=station]")
    page.click("#rule-save")
    wrong = page.locator("[data-field='parameters.walk_m'] .wrong")
    expect(wrong).to_contain_text("exactly one of")
    expect(page.locator("[name='parameters.walk_m']")).to_be_focused()
    page.fill("[name='parameters.walk_minutes']", "5")
    page.keyboard.press("Enter")
    expect(page.locator("#rules-said")).to_contain_text("saved")
    expect(rows).to_have_count(12)
    (rule,) = [one for one in ask_api(page, "/coverage/rules")["items"] if one["code"] == "station_5_min"]
    assert rule["parameters"] == {"station_kinds": ["station"], "walk_minutes": 5}
    assert (rule["target_share"], rule["counted_by"], rule["is_active"]) == (0.8, "places", True)
    assert page.locator("#rule option", has_text="Station within five minutes").count() == 1
    mine = page.locator("[data-rule=station_5_min]")
    mine.locator("button").click()
    expect(page.locator("[name='parameters.walk_minutes']")).to_have_value("5")
    page.fill("[name=target_share]", "75.5")
    page.click("#rule-save")
    expect(mine).to_contain_text("75.5")
    mine.locator("[role=switch]").press("Space")
    expect(page.locator("#rules-said")).to_contain_text("switched off")
    expect(page.locator("#rule option", has_text="Station within five minutes")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#rules-dialog")).to_be_hidden()
    expect(page.locator("#rules-open")).to_be_focused()


def test_rules_on_a_phone_and_not_for_officials(sign_in: Callable[..., Page]):
    page = sign_in("planner", viewport=PHONE)
    open_rule(page, "grid_officer")
    page.click("#rules-open")
    page.locator("#rules-body .rule").first.wait_for()
    assert Axe().run(page).response["violations"] == []
    page.locator("[data-rule=visited_full] button").click()
    asked = {"visit_kind": "full", "period": "quarter", "per": "building"}
    for name, value in asked.items():
        expect(page.locator(f"[name='parameters.{name}']")).to_have_value(value)
    expect(page.locator("[name=target_share]")).to_have_value("100")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    official = sign_in("official")
    open_rule(official, "grid_officer")
    expect(official.locator("#rules-open")).to_have_count(0)


def test_a_month_before_today_is_recorded_by_its_own_day(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    page.goto(f"/coverage?rule={rule_of(page, 'grid_officer')}&area={DISTRICT}&time=2026-10-20T12:00")
    page.locator("#figures dd").first.wait_for()
    expect(page.locator("#measure")).to_have_text("记入该月")
    page.click("#measure")
    expect(page.locator(".months li")).to_have_attribute("data-month", "2026-10")
