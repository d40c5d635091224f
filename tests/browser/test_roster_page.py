"""Page of the roster: the week is the API's, a file is loaded whole or its faults are told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import text

from tests.browser.conftest import DESKTOP, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from gridmap.db import Database

HEAD = "类型,岗位编号,日期,星期,开始,结束,站点,生效日期,节假日"


def next_monday() -> str:
    """Monday of the week after this one, as the city counts."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    return (today + timedelta(days=7 - today.weekday())).isoformat()


def open_station(page: Page, on: str = "") -> dict:
    """Open the roster of a station with police; give that policeman."""
    post = ask_api(page, "/staff?role=police")["items"][0]
    page.goto(f"/roster?area=370699&station={post['station_code']}&on={on}")
    page.locator("#week tbody tr").first.wait_for()
    return post


def load_file(page: Page, path: Path, *lines: str) -> None:
    path.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    page.set_input_files("#file", path)
    page.click("#send")


def own_row(page: Page, code: str):
    return page.locator("#week tbody tr", has_text=code)


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESKTOP, "zh"), (PHONE, "en")], ids=["desktop-zh", "phone-en"]
)
def test_the_week_is_that_of_the_api(sign_in: Callable[..., Page], viewport: dict[str, int], language: str):
    page = sign_in("dispatcher", viewport=viewport, language=language)
    page.goto("/roster")
    page.locator("#week tbody tr").first.wait_for()
    area = page.locator("#area").input_value()
    week = ask_api(page, f"/roster?area={area}")
    assert week["lines_total"] == len(week["lines"]) > 3
    shifts = sum(len(line["shifts"]) for line in week["lines"])
    expect(page.locator("#week tbody button.shift")).to_have_count(shifts)
    people = len({line["staff_code"] for line in week["lines"]})
    expect(page.locator("#sentence")).to_contain_text(str(people))
    expect(page.locator("#source")).to_contain_text("Asia/Shanghai")
    expect(page.locator("#week tbody button.shift.on")).to_have_count(page.locator("#now-people li").count())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert [one["id"] for one in found.response["violations"]] == []
    if viewport == PHONE:  # one day at a time
        for number in (0, 6):
            page.locator("#day-strip button").nth(number).click()
            expect(page.locator("#week thead tr").first.locator("th:visible")).to_have_count(2)
            chosen = page.locator("#day-strip [aria-pressed=true]")
            expect(chosen).to_have_count(1)
            expect(page.locator("#week")).to_have_attribute("data-day", str(number))


def test_a_roster_is_loaded_and_its_pattern_dropped(sign_in: Callable[..., Page], tmp_path: Path):
    page = sign_in("planner")
    monday = next_monday()
    post = open_station(page, monday)
    code, station = post["code"], post["station_code"]
    own = {"code": code, "before": own_row(page, code).locator("button").count()}
    page.click("#open-import")
    row = f"周班,{code},,周六,10:00,16:00,{station},{monday},休息"
    load_file(page, tmp_path / "roster.csv", row)
    expect(page.locator("#import-said")).to_contain_text("新增 1")
    page.click("#close-import")
    made = own_row(page, code).locator("button.weekly")
    expect(made).to_have_count(1)
    expect(made).to_have_text("10:00–16:00")
    made.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#shift-body")).to_contain_text("周班")
    page.click("#shift-body [data-do=drop]")
    page.keyboard.press("Enter")  # the focus is on the question whether one is sure
    expect(own_row(page, code).locator("button.weekly")).to_have_count(0)
    assert own_row(page, code).locator("button").count() == own["before"]


def test_a_single_shift_after_the_last_posting_is_marked_and_dropped(
    sign_in: Callable[..., Page], database: Database, tmp_path: Path
):
    page = sign_in("planner", viewport=PHONE)
    monday = next_monday()
    post = open_station(page, monday)
    code, station = post["code"], post["station_code"]
    page.click("#open-import")
    load_file(page, tmp_path / "roster.csv", f"单班,{code},{monday},,20:00,21:00,{station},,")
    expect(page.locator("#import-said")).to_contain_text("新增 1")
    page.click("#close-import")
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO postings (staff_id, area_id, starts_on, ends_on)"
                " SELECT s.id, (SELECT min(id) FROM areas), current_date - 9, current_date - 1 FROM staff s"
                " WHERE code = :code AND NOT EXISTS (SELECT FROM postings WHERE staff_id = s.id)"
            ),
            {"code": code},
        )
        ended = "UPDATE postings SET ends_on = current_date - 1 FROM staff s WHERE s.id = staff_id"
        session.execute(text(f"{ended} AND code = :code"), {"code": code})
    page.reload()
    single = own_row(page, code).locator("button.single")
    expect(single).to_have_text("20:00–21:00▲ 岗位已结束")
    single.click()
    expect(page.locator("#shift-body")).to_contain_text("最后一个岗位已经结束")
    page.click("#shift-body [data-do=drop]")
    page.get_by_role("button", name="确认取消").click()
    expect(own_row(page, code).locator("button.single")).to_have_count(0)


def test_a_pattern_is_added_changed_let_off_for_a_day_and_ended(sign_in: Callable[..., Page]):
    page = sign_in("planner", viewport=PHONE, language="en", refused="400")
    monday = date.fromisoformat(next_monday())
    post = open_station(page, monday.isoformat())
    code, station = post["code"], post["station_code"]

    def pattern() -> dict:
        found = ask_api(page, f"/roster/patterns?staff={code}")["items"]
        (own,) = [one for one in found if one["weekdays"] == [6]]
        return own

    page.locator("#open-pattern").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=staff_code]")).to_be_focused()
    page.fill("[name=staff_code]", code)
    page.fill("[name=from]", "10:00")
    page.fill("[name=valid_from]", monday.isoformat())
    page.click("#pattern-save")
    expect(page.locator("[data-field=to] .wrong")).not_to_be_empty()
    expect(page.locator("[data-field=weekdays] .wrong")).not_to_be_empty()
    assert Axe().run(page).response["violations"] == []
    page.check("[name=weekdays][value='6']")
    page.fill("[name=to]", "16:00")
    expect(page.locator("[name=station_code]")).to_have_value(f"station:{station}")
    page.locator("[name=to]").press("Enter")
    expect(page.locator("#pattern")).to_be_hidden()
    expect(page.locator("#pattern-said")).to_contain_text("shifts added")
    page.locator("#day-strip button").nth(5).click()
    shift = own_row(page, code).locator("button.weekly", has_text="10:00–16:00")
    shift.click()
    page.click("[data-do=pattern_change]")
    expect(page.locator("[name=staff_code]")).to_be_disabled()
    page.fill("[name=to]", "15:00")
    last = monday + timedelta(days=12)  # the second Saturday
    page.fill("[name=valid_to]", last.isoformat())
    page.click("#pattern-save")
    expect(page.locator("#pattern")).to_be_hidden()
    assert (pattern()["ends_time"], pattern()["valid_to"]) == ("15:00:00", last.isoformat())
    page.locator("#day-strip button").nth(5).click()
    shift = own_row(page, code).locator("button.weekly", has_text="10:00–15:00")
    shift.click()
    page.click("[data-do=exception]")
    expect(page.locator("[name=day]")).to_have_value((monday + timedelta(days=5)).isoformat())
    expect(page.locator("[name=from]")).to_be_disabled()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#pattern-save")
    expect(page.locator("#pattern")).to_be_hidden()
    expect(shift).to_have_count(0)
    assert [one["is_off"] for one in pattern()["exceptions"]] == [True]


def test_faults_are_told_with_place_and_remedy(sign_in: Callable[..., Page], tmp_path: Path):
    page = sign_in("dispatcher", language="en", refused="400")
    monday = next_monday()
    post = open_station(page, monday)
    code, station = post["code"], post["station_code"]
    page.click("#open-import")
    page.click("#send")
    expect(page.locator("#import-said")).to_contain_text("Choose")
    good = f"单班,{code},{monday},,10:00,11:00,{station},,"
    bad = f"周班,P-none,,周八,17:30,08:30,{station},{monday},"
    load_file(page, tmp_path / "roster.csv", good, bad)
    expect(page.locator("#import-said [role=alert]")).to_contain_text("nothing was written")
    expect(page.locator("#faults tbody tr")).to_have_count(2)
    expect(page.locator("#faults tbody tr").first).to_contain_text("roster.csv:3")
    reasons = page.locator("#faults tbody tr").evaluate_all("rows => rows.map((row) => row.dataset.reason)")
    assert sorted(reasons) == ["roster_hours", "roster_weekday"]
    before = ask_api(page, f"/roster?station={station}&on={monday}")["lines"]
    page.check("#skip-bad")
    page.click("#send")
    expect(page.locator("#import-said")).to_contain_text("1 new")
    expect(page.locator("#faults tbody tr")).to_have_count(2)
    after = ask_api(page, f"/roster?station={station}&on={monday}")["lines"]
    assert sum(len(one["shifts"]) for one in after) == 1 + sum(len(one["shifts"]) for one in before)


def test_the_template_loads_as_it_is(sign_in: Callable[..., Page], tmp_path: Path):
    page = sign_in("planner", refused="400")
    page.goto("/roster")
    page.click("#open-import")
    with page.expect_download() as download:
        page.click("#template")
    path = tmp_path / "roster.xlsx"
    download.value.save_as(path)
    page.set_input_files("#file", path)
    page.check("#skip-bad")  # the demo's single shifts may stand where the examples do
    page.click("#send")
    expect(page.locator("#import-said")).to_contain_text("周班：新增 2")


def test_officials_look_and_the_admin_sets_the_phone_of_a_role(sign_in: Callable[..., Page]):
    page = sign_in("official")
    open_station(page)
    expect(page.locator("#open-import")).to_have_count(0)
    expect(page.locator("#phones")).to_be_hidden()
    expect(page.get_by_role("link", name="值班表")).to_be_visible()
    page = sign_in("admin")
    page.goto("/roster")
    page.locator("#phones summary").click()
    page.fill("#phone-police", "0535-110")
    page.locator("#phone-rows li", has=page.locator("#phone-police")).get_by_role("button").click()
    expect(page.locator("#phone-rows")).to_contain_text("已保存")
    roles = {role["code"]: role for role in ask_api(page, "/staff-roles")["items"]}
    assert roles["police"]["duty_phone"] == "0535-110"
