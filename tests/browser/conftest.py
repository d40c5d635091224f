"""A small demo town with a published plan, and visitors who are signed in and notice every error."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from gridmap.services.actors import SYSTEM
from gridmap.services.demo import DEMO_SIGN_INS, build_demo
from gridmap.services.demo_heads import post_heads
from gridmap.services.demo_visits import visit_buildings
from gridmap.services.plan_runs import create_plan
from gridmap.services.plans import publish_plan
from gridmap.worker import run_jobs
from tests.browser.editor import GRID, Editor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import ConsoleMessage, Page

    from gridmap.db import Database

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 360, "height": 740}
DISTRICT = "370699"

expect.set_options(timeout=20_000)  # a shared machine may be slow; what is expected does not change


@pytest.fixture(scope="session")
def template(template: str, make_template: Callable[..., str]) -> str:
    """The migrated database with the demo town in it: 12 grids, a published plan, heads, five accounts."""
    return make_template("town", lambda database: build_city(database, "town"), base=template)


def build_city(database: Database, size: str) -> int:
    """Build a demo city and publish a plan of it, as `./run demo` does; its number."""
    build_demo(database, SYSTEM, size, today=datetime.now(UTC).date())
    plan_id = create_plan(database, SYSTEM, DISTRICT).id
    with database.transaction() as session:
        publish_plan(session, SYSTEM, plan_id)
        post_heads(session, SYSTEM, DISTRICT)
        visit_buildings(session, SYSTEM, DISTRICT)
    return plan_id


@pytest.fixture
def sign_in(open_page: Callable[..., Page]) -> Iterator[Callable[..., Page]]:
    """Sign in as `sign_in("planner", language="en", viewport=PHONE)`; an error in the console fails.

    The page is still empty. ``refused`` is a status the test means to provoke; Chromium writes it to the
    console.
    """
    errors: list[str] = []

    def sign_in_as(
        role: str, *, language: str = "zh", viewport: dict[str, int] = DESKTOP, refused: str = ""
    ) -> Page:
        page = open_page(
            viewport=viewport, locale="zh-CN" if language == "zh" else "en-GB", has_touch=viewport != DESKTOP
        )

        def note(said: ConsoleMessage) -> None:
            if said.type == "error" and not (refused and refused in said.text):
                errors.append(said.text)

        page.on("console", note)
        who = {"username": role, "password": DEMO_SIGN_INS[role]}
        answer = page.request.post("/api/v1/session", data=who)
        if answer.json()["language"] != language:
            csrf = {"X-CSRFToken": answer.json()["csrf_token"]}
            answer = page.request.patch("/api/v1/session", data={"language": language}, headers=csrf)
        assert answer.ok, answer.text()
        return page

    yield sign_in_as
    assert errors == []


@pytest.fixture
def work_off(database: Database) -> Callable[[], None]:
    """Do the queued jobs as a worker would, until none is left."""

    def work() -> None:
        # Its own thread: Playwright's loop already runs in this one.
        worker = threading.Thread(target=lambda: asyncio.run(run_jobs(database, wait=False)))
        worker.start()
        worker.join()

    return work


@pytest.fixture
def grid() -> str:
    """Code of the grid that is redrawn."""
    return GRID


@pytest.fixture
def draft(database: Database, grid: str) -> int:
    """A draft of one grid: 8 micro-grids, all inside the band."""
    return create_plan(database, SYSTEM, grid).id


@pytest.fixture
def open_editor(
    sign_in: Callable[..., Page], draft: int, database: Database, grid: str
) -> Callable[..., Editor]:
    """Open the grid of the draft, or an area around it, as `open_editor("planner", viewport=TABLET)`."""

    def open_one(role: str = "planner", *, area: str | None = None, **options: Any) -> Editor:
        return Editor(sign_in(role, **options), draft, database, grid, area)

    return open_one


@pytest.fixture
def editor(open_editor: Callable[..., Editor]) -> Editor:
    """The draft, opened by the planner on a desktop."""
    return open_editor()


def ask_api(page: Page, path: str) -> dict:
    """Ask the JSON API as the one who is signed in on the page."""
    answer = page.request.get(f"/api/v1{path}")
    assert answer.ok, answer.text()
    return answer.json()
