"""Steps that contradict each other, as the page of an issue shows them: nothing is hidden."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, ask_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def send(page: Page, *items: dict[str, Any]) -> list[str]:
    """Send entries as a phone does."""
    csrf = {"X-CSRFToken": page.request.get("/api/v1/session").json()["csrf_token"]}
    now = datetime.now(UTC).isoformat()
    sent = [{"id": str(uuid4()), "made_at": now} | item for item in items]
    body = {"client_version": 1, "items": sent}
    answer = page.request.post("/api/v1/field/entries", data=body, headers=csrf)
    assert answer.ok, answer.text()
    return [item["state"] for item in answer.json()["items"]]


@pytest.fixture
def contested(sign_in: Callable[..., Page]) -> int:
    """An issue that two phones of one post took different steps on."""
    phone = sign_in("field", viewport=PHONE)
    building = ask_api(phone, "/field/needs")["buildings"][0]["id"]
    report = str(uuid4())
    assert send(
        phone, {"id": report, "what": "issue", "fields": {"category": "leak", "building_id": building}}
    )
    accept = {
        "what": "step",
        "issue": report,
        "version": 0,
        "action": "accept",
        "given": {"note": "我这就去"},
    }
    assert send(phone, accept) == ["stored"]
    escalate = accept | {"action": "escalate", "given": {"note": "要找供水公司"}}
    assert send(phone, escalate) == ["conflict"]
    return ask_api(phone, "/field/needs")["issues"][-1]["id"]


@pytest.mark.parametrize(("language", "size"), [("zh", DESKTOP), ("en", PHONE)])
def test_all_sides_are_shown(
    sign_in: Callable[..., Page], contested: int, language: str, size: dict[str, int]
) -> None:
    page = sign_in("dispatcher", language=language, viewport=size)
    page.goto(f"/issues/{contested}")
    newest, undone = page.locator(".events > li").nth(0), page.locator(".events > li").nth(1)
    expect(newest).to_contain_text("退回分歧之前" if language == "zh" else "back to where they part")
    expect(newest.locator("li")).to_have_count(2)
    expect(newest).to_contain_text("我这就去")
    expect(newest).to_contain_text("要找供水公司")
    expect(undone).to_contain_text("已退回" if language == "zh" else "taken back")
    assert (
        undone.locator("b").first.evaluate("one => getComputedStyle(one).textDecorationLine")
        == "line-through"
    )
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
