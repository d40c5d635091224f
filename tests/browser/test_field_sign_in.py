"""Signing in at a station on the phone, where the city has switched it on: with and without network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from gridmap.models import Station, StationSignIn
from tests.browser.conftest import PHONE, ask_api
from tests.browser.test_field_checks import check
from tests.browser.test_field_offline import go_offline, go_online, open_field

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database
    from gridmap.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A city that has switched it on."""
    return replace(settings, station_sign_in=True)


def count_rows(database: Database, code: str) -> int:
    with database.transaction() as session:
        query = select(StationSignIn.id).join(Station, Station.id == StationSignIn.station_id)
        return len(session.scalars(query.where(Station.code == code)).all())


def test_signing_in_waits_for_signal_and_arrives_once(sign_in: Callable[..., Page], database: Database):
    page = sign_in("field", viewport=PHONE, refused="net::ERR")
    open_field(page)
    station = ask_api(page, "/field/needs")["sign_in_stations"][0]
    go_offline(page)
    page.click("#tab-me")
    row = page.locator(f"#sign-in [data-station='{station['code']}']")
    expect(page.locator("#sign-in")).to_contain_text("自愿")
    row.get_by_role("button").click()
    expect(row).to_contain_text("已签到")
    expect(row.get_by_role("button")).to_have_count(0)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "1")
    page.reload()
    expect(row).to_contain_text("已签到")
    check(page)
    assert count_rows(database, station["code"]) == 0
    go_online(page)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    assert count_rows(database, station["code"]) == 1
    page.click("#tab-today")
    page.click("#tab-me")
    expect(page.locator("#stored")).to_contain_text("服务站签到")
    page = sign_in("planner")
    page.goto(f"/stations/{station['code']}")
    expect(page.locator("#signed-in")).to_have_text("1 人")
