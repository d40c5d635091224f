"""Two planners redraw one draft at the same time: nothing is lost, nobody is overwritten, all see the same.

Served as in earnest, by two processes: what one writes the other has to catch up with.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from gridmap.models import Assignment, MicroGrid, PlanOperation
from gridmap.services.redraw_log import moves_of
from tests.browser.editor import whole_buildings, with_land
from tests.editing import end_work, read_state, start_work, wait_for_sequence
from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gridmap.db import Database
    from tests.browser.editor import Editor

BY_MOUSE, BURST = 4, 4  # of each page
KEPT_NOTICES = """() => {
    window.noticed = [];
    new MutationObserver((changes) => {
        for (const { addedNodes } of changes)
            for (const node of addedNodes) window.noticed.push(node.textContent);
    }).observe(document.getElementById("notices"), { childList: true });
}"""


@pytest.fixture
def live_server(database: Database, tmp_path: Path) -> Iterator[str]:
    """The app served by two processes, instead of by this one."""
    with serving(database, tmp_path, workers=2, threads=4) as served:
        yield served.address


@pytest.fixture
def community(grid: str) -> str:
    """The community around the grid, which both planners open."""
    return grid[:12]


def read_tables(database: Database, draft: int, community: str) -> dict[str, str]:
    """Code of every atom of the community that has one."""
    held = select(Assignment.atom, MicroGrid.code).join(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
    held = held.where(Assignment.plan_id == draft, MicroGrid.code.startswith(community))
    with database.transaction() as session:
        return {row.atom: row.code for row in session.execute(held)}


def read_log(database: Database, draft: int) -> list[PlanOperation]:
    with database.transaction() as session:
        log = select(PlanOperation).where(PlanOperation.plan_id == draft).order_by(PlanOperation.id)
        return list(session.scalars(log))


def replay(start: dict[str, str], log: list[PlanOperation]) -> dict[str, str]:
    """Do by hand what the log says; each move must find its atom where it takes it from."""
    held = dict(start)
    for operation in log:
        for atom, origin, target in moves_of(operation):
            assert held.pop(atom, None) == origin, (operation.id, operation.kind, atom)
            if target is not None:
                held[atom] = target
    return held


def assigned(codes: dict[str, str | None]) -> dict[str, str]:
    return {atom: code for atom, code in codes.items() if code is not None}


def test_operations_of_two_planners_end_in_one_state(
    open_editor: Callable[..., Editor],
    database: Database,
    draft: int,
    community: str,
    times: Callable[[int, int], int],
) -> None:
    by_script = times(70, 246)
    # Chromium writes every refusal (400, 409) to the console.
    names = ("planner", "admin")
    editors = [open_editor(name, refused="status of 4", area=community) for name in names]
    for editor in editors:
        editor.page.evaluate(KEPT_NOTICES)
    start = read_tables(database, draft, community)
    before = editors[0].division()
    atoms = whole_buildings(before)
    grids = [one["grid"]["code"] for one in editors[0].ask(f"divisions?area={community}")["grids"]]
    for turn in range(BY_MOUSE):
        for place, editor in enumerate(editors):
            atom = atoms[(2 * turn + place) % len(atoms)]
            here = read_state(editor.page)["codes"][atom["key"]]
            editor.move(atom, with_land(before, but=here)[turn])
            editor.page.keyboard.press("v")
    for editor in editors:
        editor.saved()
    by_mouse = len(read_log(database, draft))
    assert by_mouse == 2 * BY_MOUSE
    contested = [atom["key"] for atom in atoms[:6]]
    for editor, seed in zip(editors, (11, 23), strict=True):
        start_work(
            editor.page,
            seed=seed,
            count=by_script,
            grids=[editor.grid, *grids[:2]],
            contested=contested,
            burst=BURST,
            often={"out": 3, "fill": 6, "cut": 3, "merge": 3},
        )
    done = [end_work(editor.page) for editor in editors]
    log = read_log(database, draft)

    # Every operation that was accepted stands in the log once, under its own id, and no other.
    accepted = {one["op_id"]: one["id"] for sent in done for one in sent if one["id"] is not None}
    assert {str(one.op_id): one.id for one in log[by_mouse:]} == accepted
    assert len(log) > 0.6 * 2 * (by_script + BY_MOUSE)
    assert {one["status"] for sent in done for one in sent} <= {201, 400, 409}
    kinds = Counter(one.kind for one in log)
    assert {"move", "push", "swap", "break", "heal", "merge", "cut", "new", "fill", "undo"} <= kinds.keys()
    is_turn = [one.account_id != other.account_id for one, other in itertools.pairwise(log)]
    assert sum(is_turn) > 0.2 * len(log)

    # Atoms that the other had moved stayed, and the page said who and when.
    for editor, sent, other in zip(editors, done, reversed(names), strict=True):
        refused = [one for answer in sent for one in answer["refused"]]
        assert refused
        assert all(one["at"] and one["by"] in names and one["expected"] != one["now"] for one in refused)
        assert other in {one["by"] for one in refused}
        noticed = " ".join(editor.page.evaluate("() => window.noticed"))
        assert other in noticed

    # No lost edit: the log, done by hand from the start, ends where the tables do; all pages show it.
    final = read_tables(database, draft, community)
    assert replay(start, log) == final
    for editor in editors:
        expect(editor.page.locator("#saving")).to_have_attribute("data-state", "saved")
        wait_for_sequence(editor.page, log[-1].id)
    fresh = open_editor(area=community)
    states = [read_state(editor.page) for editor in (*editors, fresh)]
    assert [assigned(state["codes"]) for state in states] == [final] * 3
    assert states[0]["codes"] == states[1]["codes"] == states[2]["codes"]
    assert states[0]["microGrids"] == states[1]["microGrids"] == states[2]["microGrids"]
    assert [state["waiting"] for state in states] == [0, 0, 0]
