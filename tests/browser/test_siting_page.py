"""Where to put stations on their page: the answer of the API as figures, table, curve, map and files."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.conftest import DISTRICT, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def find(page: Page) -> dict:
    """Press the button; the answer that the page got."""
    with page.expect_response("**/api/v1/siting", timeout=60_000) as answer:
        page.click("#find")
    expect(page.locator("#result")).to_be_visible()
    return answer.value.json()


def test_the_answer_is_shown_drawn_and_handed_out(sign_in: Callable[..., Page]):
    page = sign_in("planner")
    page.goto("/planner")
    link = page.locator("#siting")
    expect(link).to_have_attribute("href", f"/planner/siting?area={DISTRICT}")
    link.click()
    expect(page.locator("#state")).to_contain_text("求解选址")
    expect(page.locator("#result")).to_be_hidden()
    page.fill("#reach", "300")
    page.fill("#sites", "3")
    found = find(page)
    assert found["answer"]["is_proven"]
    assert len(found["sites"]) == 3
    expect(page.locator("#proof")).to_contain_text("已证明最优")
    rows = page.locator("#list [data-site]")
    expect(rows).to_have_count(3)
    added = f"{found['sites'][0]['added']['households']:,.0f}"
    expect(rows.first.locator("td").nth(1)).to_have_text(added)
    more = found["answer"]["after"]["households_within"] - found["answer"]["before"]["households_within"]
    expect(page.locator("#headline")).to_contain_text(f"{more:,.0f} 户")
    expect(page.locator("#curve .point")).to_have_count(len(found["curve"]))
    newly = sum(home["households"] for home in found["demands"] if home["state"] == "new")
    assert newly == more > 0
    expect(page.locator("#legend [data-class='new']")).to_contain_text(f"{newly:,} 户")
    content = {}
    for ending in ("csv", "geojson"):
        with page.expect_download() as download:
            page.click(f"#files [download$='.{ending}']")
        assert download.value.suggested_filename == f"siting-{DISTRICT}.{ending}"
        content[ending] = Path(download.value.path()).read_text("utf-8-sig")
    listed = list(csv.DictReader(io.StringIO(content["csv"])))
    assert [int(row["households_added"]) for row in listed] == [
        site["added"]["households"] for site in found["sites"]
    ]
    roles = [one["properties"]["role"] for one in json.loads(content["geojson"])["features"]]
    assert roles.count("site") == 3
    assert roles.count("homes") == len(found["demands"])
    rows.nth(1).locator("button").press("Enter")
    expect(rows.nth(1)).to_have_class("chosen")


def test_fewest_stations_for_a_share_and_a_link_restores_the_question(sign_in: Callable[..., Page]):
    page = sign_in("planner", language="en")
    page.goto(f"/planner/siting?area={DISTRICT}")
    page.select_option("#question", "cover_share")
    expect(page.locator("#sites")).to_be_hidden()
    page.fill("#share", "60")
    page.fill("#reach", "400")
    page.uncheck("[value='station']")  # as if none stood
    found = find(page)
    within = found["answer"]["after"]["households_within"] / found["answer"]["households"]
    assert within >= 0.6
    expect(page.locator("#proof")).to_contain_text("Proven fewest")
    count = len(found["sites"])
    page.reload()
    expect(page.locator("#list [data-site]")).to_have_count(count)
    expect(page.locator("#share")).to_have_value("60")
    expect(page.locator("[value='station']")).not_to_be_checked()


def test_own_places_on_a_phone_and_a_wrong_line_is_named(sign_in: Callable[..., Page]):
    page = sign_in("planner", viewport=PHONE)
    page.goto(f"/planner/siting?area={DISTRICT}")
    west, south, east, north = ask_api(page, f"/areas/{DISTRICT}")["bounds"]
    page.select_option("#candidates", "points")
    page.fill("#points", "甲, 不是数字, 37")
    page.click("#find")
    assert "第 1 行" in page.locator("#points").evaluate("box => box.validationMessage")
    page.fill("#points", f"甲, {(west + east) / 2}, {(south + north) / 2}")
    page.fill("#reach", "2000")
    page.uncheck("[value='station']")
    found = find(page)
    assert found["candidates"] == 1
    expect(page.locator("#list [data-site='1']")).to_contain_text("甲")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_no_candidate_left_is_said_before_anything_is_asked(sign_in: Callable[..., Page]):
    page = sign_in("planner", language="en")
    page.goto(f"/planner/siting?area={DISTRICT}")
    page.select_option("#candidates", "kinds")
    for box in page.locator("[name='present']").all():
        box.check()
    page.click("#find")
    assert "Untick one" in page.locator("#candidates").evaluate("box => box.validationMessage")
    expect(page.locator("#result")).to_be_hidden()


def test_a_click_on_the_map_lists_a_place_and_another_takes_it_away(sign_in: Callable[..., Page]):
    page = sign_in("planner", language="en")
    page.goto(f"/planner/siting?area={DISTRICT}")
    expect(page.locator("#find")).to_be_enabled()
    page.select_option("#candidates", "points")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)  # the map glides to the area
    box = page.locator("#map").bounding_box()
    assert box is not None
    spots = [(box["x"] + box["width"] * share, box["y"] + box["height"] / 2) for share in (0.4, 0.6)]
    for number, spot in enumerate(spots, 1):
        page.mouse.click(*spot)
        expect(page.locator("#points")).to_have_value(re.compile(f"Place {number}, "))
        page.wait_for_timeout(400)  # else two clicks are one double click
    page.mouse.click(*spots[0])
    expect(page.locator("#points")).to_have_value(re.compile(r"^Place 2, [\d.]+, [\d.]+\n$"))
    page.uncheck("[value='station']")
    page.fill("#reach", "2000")
    found = find(page)
    assert found["candidates"] == 1
    assert found["sites"][0]["gain"]["households"] > 0


def test_places_of_a_file_are_listed_and_its_bad_rows_named(sign_in: Callable[..., Page]):
    page = sign_in("planner", language="en", viewport=PHONE, refused="400")
    page.goto(f"/planner/siting?area={DISTRICT}")
    expect(page.locator("#find")).to_be_enabled()
    page.select_option("#candidates", "points")
    table = b"name,lon,lat\nOld mill,120.73,37.82\nNowhere,x,37.82\n"
    page.set_input_files("#places-file", {"name": "mine.csv", "mimeType": "text/csv", "buffer": table})
    expect(page.locator("#places-told")).to_contain_text("1 places read")
    expect(page.locator("#places-told li")).to_have_count(1)
    expect(page.locator("#places-told li")).to_contain_text("places.csv:3 · lon")
    expect(page.locator("#points")).to_have_value("Old mill, 120.73, 37.82\n")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.set_input_files("#places-file", {"name": "a.xlsx", "mimeType": "x/y", "buffer": b"no"})
    expect(page.locator("#fault")).to_be_visible()
