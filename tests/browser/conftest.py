"""A small demo town with a published plan, and visitors who are signed in and notice every error."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from playwright.sync_api import expect
from psycopg.sql import SQL, Identifier

from gridmap.db import Database, create_database
from gridmap.services.actors import SYSTEM
from gridmap.services.demo import DEMO_SIGN_INS, build_demo
from gridmap.services.demo_heads import post_heads
from gridmap.services.plan_runs import create_plan
from gridmap.services.plans import publish_plan
from gridmap.worker import run_jobs
from tests.browser.editor import GRID, Editor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import ConsoleMessage, Page

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 360, "height": 740}
DISTRICT = "370699"

expect.set_options(timeout=20_000)  # a shared machine may be slow; what is expected does not change


@pytest.fixture(scope="session")
def template(template: str, server_url: Callable[[str], str]) -> Iterator[str]:
    """The migrated database with the demo town in it: 12 grids, a published plan, heads, five accounts."""
    name = f"{template}_town"
    create_database(server_url("postgres"), name, template=template)
    database = Database(server_url(name))
    build_demo(database, SYSTEM, "town", today=datetime.now(UTC).date())
    plan_id = create_plan(database, SYSTEM, DISTRICT).id
    with database.transaction() as session:
        publish_plan(session, SYSTEM, plan_id)
        post_heads(session, SYSTEM, DISTRICT)
    database.close()
    yield name
    with psycopg.connect(server_url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture
def sign_in(open_page: Callable[..., Page]) -> Iterator[Callable[..., Page]]:
    """Open a page as `sign_in("planner", language="en", viewport=PHONE)`; an error in its console fails.

    ``refused`` is a status the test means to provoke; Chromium writes it to the console.
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
        page.goto("/sign-in")
        page.fill("#username", role)
        page.fill("#password", DEMO_SIGN_INS[role])
        page.press("#password", "Enter")
        page.wait_for_url(lambda address: "/sign-in" not in address)
        if language == "en":  # the demo accounts speak Chinese
            page.click("form.language button")
            expect(page.locator("html")).to_have_attribute("lang", "en")
        page.wait_for_load_state("networkidle")
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
def draft(database: Database) -> int:
    """A draft of one grid: 8 micro-grids, all inside the band."""
    return create_plan(database, SYSTEM, GRID).id


@pytest.fixture
def open_editor(sign_in: Callable[..., Page], draft: int, database: Database) -> Callable[..., Editor]:
    """Open the draft in the boundary editor, as `open_editor("planner", viewport=TABLET)`."""
    return lambda role="planner", **options: Editor(sign_in(role, **options), draft, database)


@pytest.fixture
def editor(open_editor: Callable[..., Editor]) -> Editor:
    """The draft, opened by the planner on a desktop."""
    return open_editor()


def ask_api(page: Page, path: str) -> dict:
    """Ask the JSON API as the one who is signed in on the page."""
    answer = page.request.get(f"/api/v1{path}")
    assert answer.ok, answer.text()
    return answer.json()
