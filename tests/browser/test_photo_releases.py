"""The dispatcher releases a photo for everybody, sees that it is public, and takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.services.actors import SYSTEM
from gridmap.services.issue_photos import add_photo
from tests.api.test_issue_photos import photo
from tests.browser.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database

SHOWN = """
SELECT i.id FROM issues i JOIN open311_services s ON s.category = i.category AND s.type <> 'blackbox'
WHERE i.flags = '{}' AND i.geom IS NOT NULL ORDER BY i.id DESC LIMIT 1
"""


@pytest.fixture
def issue(database: Database) -> int:
    """An issue with two photos, of a kind that Open311 shows."""
    with database.transaction() as session:
        number = session.scalars(text(SHOWN)).one()
        for shade in (60, 200):
            add_photo(session, SYSTEM, number, photo(shade=shade))
    return int(number)


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESKTOP, "zh"), (PHONE, "en")], ids=["desktop-zh", "phone-en"]
)
def test_a_photo_is_released_and_taken_back(
    sign_in: Callable[..., Page], issue: int, viewport: dict[str, int], language: str
) -> None:
    page = sign_in("dispatcher", language=language, viewport=viewport)

    def media_url() -> str | None:
        answer = page.request.get(f"/open311/v2/requests/{issue}.json")
        found: str | None = answer.json()[0]["media_url"]
        return found

    page.goto(f"/issues/{issue}")
    boxes = page.locator(".photos input[type=checkbox]")
    expect(boxes).to_have_count(2)
    expect(boxes.first).not_to_be_checked()
    assert media_url() is None
    boxes.nth(1).check()
    said = {"zh": "照片 2 已公开", "en": "Photo 2 is public"}[language]
    expect(page.get_by_text(said)).to_be_attached()
    address = media_url()
    assert address is not None
    assert page.request.get(address).headers["content-type"] == "image/jpeg"
    page.reload()
    expect(boxes.nth(1)).to_be_checked()
    assert page.locator(".photos label").first.bounding_box()["height"] >= 44  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    boxes.nth(1).uncheck()
    said = {"zh": "照片 2 已收回", "en": "Photo 2 is no longer public"}[language]
    expect(page.get_by_text(said)).to_be_attached()
    assert media_url() is None
    assert page.request.get(address).status == 404


def test_who_may_not_release_sees_no_box(sign_in: Callable[..., Page], issue: int) -> None:
    page = sign_in("planner")
    page.goto(f"/issues/{issue}")
    expect(page.locator(".photos img")).to_have_count(2)
    expect(page.locator(".photos input")).to_have_count(0)
