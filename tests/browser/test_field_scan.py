"""Scanning with the camera of the phone: it sees a film of a sticker, and the page's own decoder reads it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import segno
from PIL import Image, ImageFilter
from playwright.sync_api import expect
from sqlalchemy import select

from gridmap.models import Account, Building, Entrance, Station, StationSignIn, Visit
from gridmap.services.actors import SYSTEM
from gridmap.services.building_codes import issue_codes
from gridmap.services.postings import buildings_of, today
from gridmap.services.station_sign_ins import list_own_stations
from tests.browser.conftest import PHONE
from tests.browser.test_field_offline import go_offline, go_online, open_field
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from sqlalchemy.orm import Session

    from gridmap.db import Database
    from gridmap.settings import Settings

FRAMES = 4
WALL = (173, 166, 152)
SEEN_A_WHILE = """async () => {
  const video = document.querySelector("#ask video");
  while (video.currentTime <= 1) await new Promise((done) => setTimeout(done, 50));
}"""
FETCHED = "performance.getEntriesByType('resource').map((one) => one.name)"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A city where staff may sign in at stations."""
    return replace(settings, station_sign_in=True)


def staff_of(session: Session) -> int:
    return session.scalars(select(Account.staff_id).where(Account.username == "field")).one() or 0


@pytest.fixture
def door(database: Database) -> Any:
    """The code of the second entrance of a building that the field account answers for."""
    with database.transaction() as session:
        mine = select(Building.id).where(buildings_of(staff_of(session), today()))
        building = session.scalars(mine.where(Building.entrance_count > 1).order_by(Building.id)).first()
        return issue_codes(session, SYSTEM, building_id=building)[1]


@pytest.fixture
def station(database: Database) -> dict[str, Any]:
    """A station where the field account works."""
    with database.transaction() as session:
        return list_own_stations(session, staff_of(session))[0]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """What the camera sees; see `show`."""
    return tmp_path / "camera.mjpeg"


@pytest.fixture
def browser(browser: Browser, film: Path) -> Iterator[Browser]:
    """A browser with a camera, which may be used without asking."""
    arguments = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    seeing = browser.browser_type.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *arguments])
    yield seeing
    seeing.close()


def show(film: Path, text: str) -> None:
    """Show a code to the camera as a hand holds it: askew, not quite sharp, never still."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=7, border=4)
    sticker = Image.open(drawn).convert("RGB")
    with film.open("wb") as file:
        for frame in range(FRAMES):
            wall = Image.new("RGB", (640, 480), WALL)
            wall.paste(sticker, (170 + 4 * frame, 90 - 3 * frame))
            wall.rotate(6 + frame, fillcolor=WALL).filter(ImageFilter.GaussianBlur(0.8)).save(file, "jpeg")


def open_buildings(sign_in: Callable[..., Page]) -> Page:
    """Open the list of buildings in a browser that reads no codes by itself, as iPhones do."""
    page = sign_in("field", viewport=PHONE, refused="net::ERR")
    page.add_init_script("delete window.BarcodeDetector")
    open_field(page)
    page.click("#tab-buildings")
    return page


def test_camera_reads_the_code_on_a_door_without_network(
    sign_in: Callable[..., Page], database: Database, door: Any, film: Path
):
    show(film, f"https://grid.example.org/r/{door.token}")
    page = open_buildings(sign_in)
    assert not any("/vendor/qr-" in one for one in page.evaluate(FETCHED))  # not before somebody scans
    go_offline(page)
    page.click("#scan")
    expect(page.locator("#card")).to_contain_text(f"{door.entrance_number} 单元门码已识别")
    expect(page.locator("#ask")).to_be_hidden()
    page.locator("#card [data-visit]").first.click()
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "1")
    go_online(page)
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    with database.transaction() as session:
        number = select(Entrance.number).join(Visit, Visit.entrance_id == Entrance.id)
        latest = session.scalar(
            number.where(Visit.building_id == door.building_id).order_by(Visit.id.desc()).limit(1)
        )
    assert latest == door.entrance_number


def test_camera_reads_the_code_of_a_station(
    sign_in: Callable[..., Page], database: Database, station: dict[str, Any], film: Path
):
    show(film, f"https://grid.example.org/field?tab=me&station={station['code']}")
    page = open_buildings(sign_in)
    with page.expect_response("**/field/entries"):  # what is told is on the phone only
        page.click("#scan")
    expect(page.locator("#told")).to_contain_text(f"已在 {station['name']} 签到")
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0")
    with database.transaction() as session:
        there = select(Station.code).join(StationSignIn, StationSignIn.station_id == Station.id)
        assert session.scalars(there).all() == [station["code"]]


def test_camera_reads_the_code_of_anothers_door(sign_in: Callable[..., Page], film: Path):
    show(film, "https://grid.example.org/r/0123456789ABCDEFGHJKMNPQRS")
    page = open_buildings(sign_in)
    page.click("#scan")
    expect(page.locator("#told")).to_contain_text("不是您负责的楼栋的码")


def test_code_of_somebody_else_is_passed_over_until_the_reader_closes(
    sign_in: Callable[..., Page], film: Path
):
    show(film, "https://pay.example.com/qr/1")
    page = open_buildings(sign_in)
    page.click("#scan")
    expect(page.locator("#ask video")).to_be_visible()
    page.evaluate(SEEN_A_WHILE)
    expect(page.locator("#ask")).to_be_visible()
    page.locator("#ask button").click()
    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator("#told")).to_be_empty()
