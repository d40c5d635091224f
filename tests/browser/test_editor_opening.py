"""The boundary editor opens with what the server began to answer while the scripts were on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridmap.services import divisions
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_runs import create_plan
from tests.browser.conftest import DISTRICT
from tests.browser.editor import GRID

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from gridmap.db import Database


@pytest.mark.parametrize(
    ("area", "most_grids", "asked"),
    [(GRID, 40, "divisions"), (DISTRICT, 5, "grids")],
    ids=["whole", "chosen"],
)
def test_what_opens_is_asked_for_once_and_before_any_script_can(
    sign_in: Callable[..., Page],
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    area: str,
    most_grids: int,
    asked: str,
):
    monkeypatch.setattr(divisions, "MOST_GRIDS", most_grids)
    draft = create_plan(database, SYSTEM, area).id
    page = sign_in("planner")
    paths: list[str] = []
    page.on("request", lambda request: paths.append(request.url.split("://")[1].partition("/")[2]))
    page.goto(f"/planner/plans/{draft}/edit?area={area}")
    page.locator("#micro-grids .cell, #grids li").first.wait_for()
    comments = f"api/v1/plans/{draft}/comments"  # the first that a script asks for
    first_by_script = next(i for i, path in enumerate(paths) if path.startswith(comments))
    for path in (f"api/v1/areas/{area}", f"api/v1/plans/{draft}/{asked}?area={area}"):
        assert paths.count(path) == 1
        assert paths.index(path) < first_by_script


def test_every_script_is_named_in_the_page_and_fetched_once(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"/planner/plans/{draft}/edit?area={GRID}")
    page.locator("#micro-grids .cell").first.wait_for()
    scripts = [address for address in fetched if "/static/js/" in address]
    named = page.eval_on_selector_all(
        "link[rel=modulepreload], script[type=module]", "all => all.map((one) => one.href || one.src)"
    )
    assert len(scripts) > 40
    assert sorted(scripts) == sorted(set(named))


def test_nothing_is_asked_for_where_the_address_names_no_area(sign_in: Callable[..., Page], draft: int):
    page = sign_in("planner")
    answer = page.request.get(f"/planner/plans/{draft}/edit?area=nowhere")
    assert answer.ok
    assert "link" not in answer.headers
