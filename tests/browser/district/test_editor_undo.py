"""Many operations are undone after a reload: every row is what it was before the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect
from sqlalchemy import text

from tests.editing import end_work, start_work, wait_until_sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database
    from tests.browser.editor import Editor

OFTEN = {"out": 3, "fill": 5, "merge": 2, "cut": 3, "undo": 0, "redo": 0}
ACCEPTED = 0.8  # some are refused: locks, nothing to fill, ...
KINDS = {
    "move",
    "new",
    "merge",
    "cut",
    "push",
    "break",
    "heal",
    "swap",
    "fill",
    "rebalance",
    "lock",
    "unlock",
}
ATOMS = text(
    "SELECT s.atom, s.building_id, s.entrance_number, s.floor_from, s.floor_to, s.households,"
    " s.households_estimated, m.code FROM assignments s LEFT JOIN micro_grids m ON m.id = s.micro_grid_id"
    " WHERE s.plan_id = :plan"
)
MICRO_GRIDS = text(
    "SELECT code, households, households_estimated, building_count, status, stacked, locked, contents,"
    " encode(ST_AsBinary(geom), 'hex') FROM micro_grids WHERE plan_id = :plan"
)


def read_rows(database: Database, plan: int) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    """Read the atoms of a plan, each with its code, and the micro-grids with their shapes."""
    with database.transaction() as session:
        atoms, micro_grids = (session.execute(query, {"plan": plan}).all() for query in (ATOMS, MICRO_GRIDS))
    return {tuple(row) for row in atoms}, {tuple(row) for row in micro_grids}


def test_many_operations_are_undone_after_a_reload(
    open_editor: Callable[..., Editor], database: Database, draft: int, times: Callable[[int, int], int]
) -> None:
    count = times(60, 245)
    # Chromium writes every refusal (400, 409) to the console.
    editor = open_editor("planner", refused="status of 4")
    page = editor.page
    start = read_rows(database, draft)
    assert len(start[1]) > 1900  # all of the district, not just the grid that is redrawn
    start_work(page, seed=5, count=count, grids=[editor.grid], often=OFTEN)
    accepted = [one["id"] for one in end_work(page) if one["id"] is not None]
    log = editor.ask(f"operations?limit={count}")["items"]
    assert [one["id"] for one in reversed(log)] == accepted
    assert len(log) >= ACCEPTED * count
    assert {one["kind"] for one in log} >= KINDS
    assert read_rows(database, draft)[0] != start[0]

    editor.open()
    for _ in log:
        page.keyboard.press("Control+z")
    wait_until_sent(page)
    assert read_rows(database, draft) == start
    page.keyboard.press("Control+z")
    expect(page.locator(".editor-notice")).to_contain_text("没有可以撤销")
