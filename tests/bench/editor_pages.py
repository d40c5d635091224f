"""What `tests.bench.editor` measures in Chromium: opening, pointer feedback, round trips."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from gridmap.services.demo import DEMO_SIGN_INS
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.editing import end_work, start_work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, BrowserContext

SCREEN = {"width": 1440, "height": 900}
ZOOM, TILE = 17.6, 256
MOVES, SWEEPS, SWEEP_STEPS = 120, 6, 30
OFTEN = {
    "out": 2, "fill": 0, "new": 2, "merge": 2, "cut": 2, "break": 4, "remedy": 3,
    "lock_buildings": 1, "undo": 2, "redo": 0,
}  # fmt: skip
FOLLOW = {"out": "fill", "undo": "redo", "lock": "unlock", "lock_buildings": "unlock_buildings"}
"""Kinds of operations besides the usual ones, and what only the one before makes possible."""

# After the frame in which something changed was painted: the next frame's callback, then a message behind it.
PAINTED = """(then) => requestAnimationFrame(() => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = then;
    port2.postMessage(null);
}))"""
WATCH_OPENING = f"""(() => {{
    const painted = {PAINTED};
    const isUsable = () =>
        document.querySelector("#micro-grids .cell, #chooser:not([hidden]) #grids li");
    const watcher = new MutationObserver(() => {{
        if (!isUsable()) return;
        watcher.disconnect();
        painted(() => {{ window.usableAt = performance.now(); }});
    }});
    const all = {{ childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] }};
    watcher.observe(document, all);
}})()"""
# One frame here: the labels are replaced while the event is handled, the next frame paints them.
WATCH_POINTER = """() => {
    window.feedback = [];
    let began = null;
    window.addEventListener("pointermove", (event) => { began = event.timeStamp; }, { capture: true });
    new MutationObserver(() => {
        if (began === null) return;
        const since = began;
        began = null;
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => window.feedback.push(performance.now() - since);
            port2.postMessage(null);
        });
    }).observe(document.querySelector(".live-labels"), { childList: true });
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium of the system."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def sign_in(browser: Browser, address: str, username: str) -> BrowserContext:
    """Sign in with a browser that has nothing kept."""
    context = browser.new_context(
        base_url=address, viewport=SCREEN, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#username", username)
    page.fill("#password", DEMO_SIGN_INS[username])
    page.press("#password", "Enter")
    page.wait_for_url(lambda reached: "/sign-in" not in reached)
    page.close()
    return context


def open_ms(context: BrowserContext, plan: int, area: str) -> float:
    """Open the editor on an area; milliseconds from the start of the visit to the first usable paint."""
    page = context.new_page()
    page.add_init_script(WATCH_OPENING)
    page.goto(f"/planner/plans/{plan}/edit?area={area}", wait_until="commit")
    page.wait_for_function("() => window.usableAt")
    spent: float = page.evaluate("window.usableAt")
    page.close()
    return spent


def read_divisions(context: BrowserContext, plan: int, areas: Sequence[str]) -> dict[str, Any]:
    """Read all grids of some areas as the page would, in one answer."""
    answers = [
        context.request.get(f"/api/v1/plans/{plan}/divisions?area={area}", timeout=120_000).json()
        for area in areas
    ]
    return answers[0] | {"grids": [grid for answer in answers for grid in answer["grids"]]}


class Pointer:
    """A page with a grid in the middle of the map, and the mouse over it."""

    def __init__(
        self,
        context: BrowserContext,
        plan: int,
        area: str,
        grid: dict[str, Any],
        answer: dict[str, Any] | None,
    ) -> None:
        self.page, self.grid = context.new_page(), grid
        west, south, east, north = grid["grid"]["bounds"]
        lon, lat = self.middle = ((west + east) / 2, (south + north) / 2)
        if answer is not None:  # more grids than the page opens by itself
            body = json.dumps(answer)
            self.page.route(
                "**/divisions?*", lambda route: route.fulfill(body=body, content_type="application/json")
            )
        self.page.goto(f"/planner/plans/{plan}/edit?area={area}&at={lon},{lat}&zoom={ZOOM}")
        self.page.locator("#micro-grids .cell").first.wait_for()
        self.page.wait_for_load_state("networkidle")
        box = self.page.locator("#map").bounding_box()
        assert box is not None
        self.box = box
        self.page.evaluate(WATCH_POINTER)
        self.held = self.page.locator("#micro-grids .cell").count()

    def pixel(self, place: dict[str, Any]) -> tuple[float, float]:
        """Where a place lies on the screen."""

        def world(lon: float, lat: float) -> tuple[float, float]:
            scale = TILE * 2**ZOOM
            up = math.asinh(math.tan(math.radians(lat)))
            return (lon + 180) / 360 * scale, (1 - up / math.pi) / 2 * scale

        (x, y), (x0, y0) = world(place["lon"], place["lat"]), world(*self.middle)
        left, top = self.box["x"] + self.box["width"] / 2, self.box["y"] + self.box["height"] / 2
        return left + x - x0, top + y - y0

    def targets(self) -> list[dict[str, Any]]:
        """Micro-grids that can be pointed at."""
        return [one for one in self.grid["micro_grids"] if one["geometry"]]

    def feedback_ms(self) -> list[float]:
        """Hover a selection over micro-grids, sweep borders, draw boxes; ms until each change of labels."""
        self.hover()
        self.sweep()
        self.draw_boxes()
        spent: list[float] = self.page.evaluate("window.feedback")
        self.page.close()
        return spent

    def hover(self) -> None:
        """Carry a building over all micro-grids, round and round."""
        building = next(one for one in self.grid["buildings"] if one["households"])
        self.page.mouse.click(*self.pixel(building))
        self.page.keyboard.press("g")
        places = [self.pixel(one) for one in self.targets()]
        for turn in range(MOVES):
            self.page.mouse.move(*places[turn % len(places)])
            self.page.wait_for_timeout(20)
        self.page.keyboard.press("Escape")

    def sweep(self) -> None:
        """Grab a micro-grid and sweep over its neighbours, without keeping it."""
        places = [self.pixel(one) for one in self.targets()]
        for turn in range(SWEEPS):
            self.page.keyboard.press("p")
            (x, y), (u, v) = places[turn % len(places)], places[(turn + 1) % len(places)]
            self.page.mouse.click(x, y)
            for step in range(1, SWEEP_STEPS + 1):
                self.page.mouse.move(x + (u - x) * step / SWEEP_STEPS, y + (v - y) * step / SWEEP_STEPS)
                self.page.wait_for_timeout(20)
            self.page.keyboard.press("Escape")

    def draw_boxes(self) -> None:
        """Draw a box over the grid, aimed at a micro-grid."""
        west, south, east, north = self.grid["grid"]["bounds"]
        (x, y), (u, v) = self.pixel({"lon": west, "lat": north}), self.pixel({"lon": east, "lat": south})
        self.page.keyboard.press("v")
        code = self.targets()[0]["code"]
        self.page.locator(f"#micro-grids li[data-code='{code}'] .cell").click()
        self.page.locator("#map").focus()
        self.page.keyboard.press("b")
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for step in range(1, SWEEP_STEPS + 1):
            self.page.mouse.move(x + (u - x) * step / SWEEP_STEPS, y + (v - y) * step / SWEEP_STEPS)
            self.page.wait_for_timeout(20)
        self.page.mouse.up()


def round_trips(context: BrowserContext, plan: int, area: str, *, count: int) -> list[dict[str, Any]]:
    """Open an area and send mixed operations one after the other; what became of each, with its ms."""
    page = context.new_page()
    page.goto(f"/planner/plans/{plan}/edit?area={area}")
    page.locator("#micro-grids .cell").first.wait_for()
    grids = [one["grid"]["code"] for one in read_divisions(context, plan, [area])["grids"]]
    start_work(page, seed=7, count=count, grids=grids, often=OFTEN, follow=FOLLOW)
    done = end_work(page)
    page.close()
    return done
