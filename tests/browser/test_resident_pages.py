"""From the sticker on a door to the rating: a resident's phone, two languages, with and without scripts."""

from __future__ import annotations

import random
import re
import statistics
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.services import building_codes as codes
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.issue_duplicates import find_duplicates_of
from gridmap.services.issue_steps import Given, take_step
from tests.browser.conftest import PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Request

    from gridmap.db import Database

MOST_BYTES = 150_000


def seen(page: Page) -> None:
    """Whether nothing scrolls sideways, targets are large enough for a thumb, and axe has no findings."""
    width = PHONE["width"]
    right = f"[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > {width})"
    assert page.evaluate(f"{right}.map(e => e.outerHTML.slice(0, 200))") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    low = "els => els.filter(e => e.getBoundingClientRect().height < 44).map(e => e.textContent)"
    assert page.locator(".resident button, .chips span").evaluate_all(low) == []
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


@pytest.fixture
def door(database: Database) -> codes.IssuedCode:
    """A building of the town with its first entrance's code."""
    with database.transaction() as session:
        building = session.scalar(
            text("SELECT min(id) FROM buildings WHERE households >= 8 AND entrance_count > 1")
        )
        session.execute(text("DELETE FROM issues WHERE building_id = :id"), {"id": building})
        return codes.issue_codes(session, SYSTEM, building_id=building)[0]


def settle(database: Database, issue_id: int) -> None:
    desk = Actor(None, "", "dispatcher", area_ids=None)
    with database.transaction() as session:
        take_step(session, desk, issue_id, "accept")
        take_step(session, desk, issue_id, "settle", Given(note="已更换灯泡", outcome="fixed"))


def test_a_resident_reports_and_rates(
    open_page: Callable[..., Page], database: Database, door: codes.IssuedCode
):
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    loaded: list[Request] = []

    def note(request: Request) -> None:
        loaded.append(request)

    page.on("requestfinished", note)
    page.goto(f"/r/{door.token.lower()}", wait_until="networkidle")
    expect(page.locator("h1")).to_have_text(f"{door.building} 1 单元")
    sizes = [request.sizes() for request in loaded]
    assert len(sizes) > 3
    assert sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes) < MOST_BYTES
    seen(page)
    page.locator(".chips label", has_text="照明").tap()  # one
    page.locator("#text").fill("<script>document.title='x'</script> 找张三 13800138000")
    expect(page.locator("#warning")).to_contain_text("13800138000")
    page.get_by_role("button", name="上报").tap()  # two
    page.wait_for_url(re.compile(r"/f/[\w-]{32}$"))
    link = page.url
    expect(page.locator("h1")).to_have_text("已收到")
    expect(page.locator("blockquote")).to_contain_text("<script>")
    expect(page.locator(".link")).to_have_text(link)
    seen(page)
    page.locator("#text").fill("三楼也不亮,车是鲁F12345")
    expect(page.locator("#warning")).to_contain_text("鲁F12345")
    page.get_by_role("button", name="提交补充").tap()
    expect(page.locator("blockquote")).to_contain_text("三楼也不亮")
    with database.transaction() as session:
        row = session.execute(
            text("SELECT id, building_id, entrance_number, channel FROM issues ORDER BY id DESC LIMIT 1")
        ).one()
    assert tuple(row)[1:] == (door.building_id, 1, "qr_code")

    # A neighbour, in English and without scripts, finds it there: the same, once more; then takes it back.
    other = open_page(viewport=PHONE, locale="en-GB", java_script_enabled=False)
    other.goto(f"/r/{door.token}")
    expect(other.locator(".known li")).to_have_count(1)
    expect(other.locator(".known")).not_to_contain_text("13800138000")
    other.get_by_role("button", name="Me too").click()
    expect(other.locator("h1")).to_have_text("Received")
    with database.transaction() as session:
        again = session.scalar(text("SELECT max(id) FROM issues WHERE channel = 'qr_code'")) or 0
        assert find_duplicates_of(session, SYSTEM, again)[0].id == row.id  # what the desk is told
    other.get_by_role("button", name="Withdraw this report").click()
    expect(other.locator("h1")).to_have_text("Ended")
    expect(other.locator(".happened li")).to_have_count(2)
    other.goto(f"/r/{door.token}")
    other.locator("#report button.main").click()  # nothing chosen: the browser itself asks
    expect(other.locator("#report")).to_be_visible()

    settle(database, row.id)
    page.get_by_role("button", name="撤回这件事").tap()  # too late: it says so, and what is possible
    expect(page.locator("[role=alert]")).to_contain_text("现在可以")
    expect(page.locator("h1")).to_have_text("已办结,请您评价")
    expect(page.get_by_text("最迟")).to_have_count(0)
    expect(page.locator(".happened")).to_contain_text("已更换灯泡")
    page.locator("#note").fill("又坏了")
    page.get_by_role("button", name="没解决").tap()
    expect(page.locator("h1")).to_have_text("已重新打开")
    settle(database, row.id)
    page.goto(link)
    page.locator(".marks label", has_text="4").tap()
    seen(page)
    page.get_by_role("button", name="提交评价").tap()
    expect(page.get_by_text("您的评价:4 分")).to_be_visible()
    seen(page)

    # The sticker is replaced: the old one is gone, a false one leads nowhere, the link still follows.
    with database.transaction() as session:
        codes.issue_codes(session, SYSTEM, building_id=door.building_id, replace=True)
        kept = session.scalars(text("SELECT details::text FROM audit_entries WHERE subject = 'issue'")).all()
    assert not [one for one in kept if "13800138000" in one]
    answer = page.goto(f"/r/{door.token}")
    assert answer is not None
    assert answer.status == 410
    expect(page.get_by_text("这张门贴已停用")).to_be_visible()
    assert page.request.get(f"/r/{codes.make_token()}").status == 404
    assert page.request.get("/f/nothing").status == 404
    assert page.request.get(link).status == 200


def photo_with_place(size: tuple[int, int] = (2400, 1800)) -> bytes:
    """A JPEG that tells where, when and with what it was taken; noise, so that it is a large file."""
    exif = Image.Exif()
    exif[0x010F] = "MARKED-PHONE"
    exif.get_ifd(0x8825)[2] = (37.0, 48.0, 36.0)
    noise = Image.frombytes("RGB", size, random.Random(1).randbytes(3 * size[0] * size[1]))
    out = BytesIO()
    noise.save(out, "JPEG", exif=exif, quality=80)
    return out.getvalue()


def choose(page: Page, *files: bytes, kind: str = "image/jpeg") -> None:
    chosen = [{"name": f"{at}.jpg", "mimeType": kind, "buffer": one} for at, one in enumerate(files)]
    page.locator("#photos").set_input_files(chosen)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_photos_come_along_without_their_place(
    open_page: Callable[..., Page], database: Database, door: codes.IssuedCode, scripts: bool
):
    given = photo_with_place()
    assert b"MARKED-PHONE" in given
    page = open_page(viewport=PHONE, java_script_enabled=scripts)
    page.goto(f"/r/{door.token}")
    page.locator(".chips label", has_text="照明").click()
    if scripts:
        choose(page, given, given, given, given)
        expect(page.locator("#photos-said")).to_have_text("最多 3 张照片,请重新选择。")
        choose(page, given, photo_with_place((40, 30)))
        expect(page.locator("#photos-shown img")).to_have_count(2)
        sizes = page.locator("#photos").evaluate("input => [...input.files].map(file => file.size)")
        assert sizes[0] < len(given) / 2  # drawn smaller on the phone
        seen(page)
    else:
        choose(page, given, photo_with_place((40, 30)))
    page.get_by_role("button", name="上报").click()
    page.wait_for_url(re.compile(r"/f/[\w-]{32}$"))
    shown = page.locator(".photos img")
    expect(shown).to_have_count(2)
    secret = page.url
    for place in range(2):
        got = page.request.get(shown.nth(place).get_attribute("src") or "")
        assert got.headers["content-type"] == "image/jpeg"
        assert b"MARKED-PHONE" not in got.body()
        with Image.open(BytesIO(got.body())) as image:
            assert dict(image.getexif()) == {}
            assert place or max(image.size) == (1600 if scripts else 2000)
    if scripts:
        seen(page)
    first = shown.first.get_attribute("src") or ""
    assert page.request.get(first.replace(secret[-32:], "A" * 32)).status == 404
    assert page.request.get(re.sub(r"\d+$", "99", first)).status == 404


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "不是照片"),
        (photo_with_place((200, 100))[:900], "照片文件损坏"),
        (b"GIF89a" + bytes(200), "不是照片"),
    ],
    ids=["svg", "cut off", "gif"],
)
def test_a_hostile_photo_is_refused_and_the_words_stay(
    open_page: Callable[..., Page], database: Database, door: codes.IssuedCode, file: bytes, said: str
):
    page = open_page(viewport=PHONE)
    page.goto(f"/r/{door.token}")
    page.locator(".chips label", has_text="照明").click()
    page.locator("#text").fill("楼道灯不亮")
    choose(page, file)
    page.get_by_role("button", name="上报").click()
    expect(page.locator("[role=alert]")).to_contain_text(said)
    expect(page.locator("#text")).to_have_value("楼道灯不亮")
    with database.transaction() as session:
        sent = text("SELECT count(*) FROM issues WHERE channel = 'qr_code' AND building_id = :id")
        assert session.scalar(sent, {"id": door.building_id}) == 0
    page.get_by_role("button", name="上报").click()  # without it
    page.wait_for_url("**/f/*")


def test_two_hundred_reports_take_three_taps_or_fewer(
    open_page: Callable[..., Page], database: Database, times: Callable[[int, int], int]
):
    """From the scan to "received", each at a door of its own; every third resident finds it there already."""
    with database.transaction() as session:
        session.execute(text("DELETE FROM issues WHERE channel = 'qr_code'"))
        doors = codes.issue_codes(session, SYSTEM, area_code="370699")
    taps = []
    random.Random(7).shuffle(doors)
    for number, one in enumerate(doors[: times(8, 200)]):
        if number % 30 == 0:  # all phones stand behind one address here: an hour goes by
            with database.transaction() as session:
                session.execute(text("UPDATE code_uses SET at = at - interval '1 hour'"))
        page = open_page(viewport=PHONE, has_touch=True)
        page.add_init_script("addEventListener('click', e => { if (e.isTrusted) window.name += '.' }, true)")
        page.goto(f"/r/{one.token}")
        known = page.get_by_role("button", name="我也是")
        if number % 3 == 0 and known.count():
            known.first.tap()
        else:
            page.locator(".chips label").nth(number % 5).tap()
            page.get_by_role("button", name="上报").tap()
        page.wait_for_url("**/f/*")
        taps.append(len(page.evaluate("window.name")))
        page.context.close()
    assert statistics.median(taps) <= 3
    assert min(taps) >= 1
    with database.transaction() as session:
        stored = session.scalar(text("SELECT count(*) FROM issues WHERE channel = 'qr_code'"))
    assert stored == len(taps)


def test_who_floods_a_door_is_stopped_and_the_neighbour_is_not(
    open_page: Callable[..., Page], database: Database, door: codes.IssuedCode
):
    page = open_page(viewport=PHONE)
    for number in range(codes.PER_SENDER_AND_CODE + 1):
        page.goto(f"/r/{door.token}")
        page.locator(".chips label").first.click()
        page.get_by_role("button", name="上报").click()
        if number < codes.PER_SENDER_AND_CODE:
            page.wait_for_url("**/f/*")
    expect(page.locator("[role=alert]")).to_contain_text("尝试次数过多")
    with database.transaction() as session:
        found = codes.open_code(session, door.token, "a neighbour")
        assert found is not None
        codes.note_use(session, found, "a neighbour")
        sent = session.scalar(
            text("SELECT count(*) FROM issues WHERE channel = 'qr_code' AND building_id = :id"),
            {"id": door.building_id},
        )
    assert sent == codes.PER_SENDER_AND_CODE
