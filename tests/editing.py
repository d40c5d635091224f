"""Driving the boundary editor by script, through the page's own model and queue; see `editor_work.js`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playwright.sync_api import Page

WORK = (Path(__file__).parent / "editor_work.js").read_text(encoding="utf-8").split("*/", 1)[1].strip()
# A loop of our own: `wait_for_function` takes the promise of an async function for the truth.
WAIT = """async (sequence) => {
    const script = document.querySelector("script[src*='editor.js']").src;
    const { board, queue } = await import(script);
    const end = Date.now() + 300_000; // a machine may be crowded
    while (!(CONDITION)) {
        if (Date.now() > end) throw new Error(`CONDITION never came, ${queue.items.length} unsent`);
        await new Promise((then) => setTimeout(then, 50));
    }
}"""
NEWEST = WAIT.replace("CONDITION", "[...board.grids.values()].some((grid) => grid.sequence >= sequence)")
SENT = WAIT.replace("CONDITION", "queue.items.length === 0")
STATE = """async () => {
    const script = document.querySelector("script[src*='editor.js']").src;
    const { board, queue } = await import(script);
    const grids = [...board.grids.values()];
    return {
        codes: Object.fromEntries(grids.flatMap((one) => one.atoms.map(({ key }) => [key, one.codeOf(key)]))),
        microGrids: Object.fromEntries(board.microGrids().map((one) => [one.code, one])),
        waiting: board.waiting.size + queue.items.length,
    };
}"""


def start_work(
    page: Page,
    *,
    seed: int,
    count: int,
    grids: Sequence[str],
    contested: Sequence[str] = (),
    burst: int = 1,
    often: Mapping[str, int] | None = None,
    follow: Mapping[str, str] | None = None,
) -> None:
    """Let a page begin to send mixed operations; it works on while others are driven."""
    asked = {"seed": seed, "count": count, "grids": list(grids), "contested": list(contested), "burst": burst}
    asked |= {"often": dict(often or {}), "follow": dict(follow or {})}
    page.evaluate(f"(asked) => {{ window.work = ({WORK})(asked); }}", asked)


def end_work(page: Page) -> list[dict[str, Any]]:
    """Wait until all operations of a page are answered; what became of each, in order."""
    done: list[dict[str, Any]] = page.evaluate("() => window.work")
    return done


def wait_for_sequence(page: Page, sequence: int) -> None:
    """Wait until a page has heard of an operation on one of its grids, or of a later one."""
    page.evaluate(NEWEST, sequence)


def wait_until_sent(page: Page) -> None:
    """Wait until the server has answered all that a page did."""
    page.evaluate(SENT)


def read_state(page: Page) -> dict[str, Any]:
    """What a page knows: code of each atom, micro-grids, how many operations wait."""
    state: dict[str, Any] = page.evaluate(STATE)
    return state
