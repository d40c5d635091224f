"""Driving the boundary editor in a browser: where things lie on the screen, what the tables hold."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect
from sqlalchemy import text

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from gridmap.db import Database

GRID = "370699001001005"
ZOOM = 17.6
TILE = 256
DOUBLE_TAP_MS = 400  # a touch sooner than that is taken for part of the one before
TABLET = {"width": 1024, "height": 768}
HELD = text(
    "SELECT s.atom, m.code FROM assignments s JOIN buildings b ON b.id = s.building_id"
    " JOIN areas a ON a.id = b.grid_id LEFT JOIN micro_grids m ON m.id = s.micro_grid_id"
    " WHERE s.plan_id = :plan AND a.code = :grid"
)


class Editor:
    """A page with a grid open, or an area around it, and where things of it lie on the screen."""

    def __init__(
        self, page: Page, plan: int, database: Database, grid: str = GRID, area: str | None = None
    ) -> None:
        self.page = page
        self.plan = plan
        self.database = database
        self.grid = grid
        self.area = area or grid  # what is open
        self.open()

    def open(self) -> None:
        """Open the area with the middle of the grid in the middle of the map."""
        west, south, east, north = self.division()["grid"]["bounds"]
        lon, lat = self.middle = ((west + east) / 2, (south + north) / 2)
        self.page.goto(f"/planner/plans/{self.plan}/edit?area={self.area}&at={lon},{lat}&zoom={ZOOM}")
        self.page.locator("#micro-grids .cell").first.wait_for()
        box = self.page.locator("#map").bounding_box()
        assert box is not None
        self.box = box

    def ask(self, path: str) -> dict[str, Any]:
        """Ask the API about the plan, as the one who is signed in."""
        answer = self.page.request.get(f"/api/v1/plans/{self.plan}/{path}")
        assert answer.ok, answer.text()
        return answer.json()

    def division(self) -> dict[str, Any]:
        """Ask the API how the grid stands."""
        (grid,) = self.ask(f"divisions?area={self.grid}")["grids"]
        return grid

    def codes(self) -> dict[str, str | None]:
        """Where every atom lies, as the tables have it; the API must say the same."""
        with self.database.transaction() as session:
            rows = session.execute(HELD, {"plan": self.plan, "grid": self.grid}).all()
        held = {row.atom: row.code for row in rows}
        assert held == {atom["key"]: atom["code"] for atom in self.division()["atoms"]}
        return held

    def log(self) -> list[dict[str, Any]]:
        """What was done on the plan, newest first."""
        return self.ask("operations")["items"]

    def row(self, code: str) -> Locator:
        """The row of a micro-grid in the list."""
        return self.page.locator(f"#micro-grids li[data-code='{code}']")

    def label(self, code: str) -> Locator:
        """What the map says of a micro-grid while something is drawn."""
        return self.page.locator(f".live-label[data-code='{code}']")

    def pixel(self, place: dict[str, Any] | tuple[float, float]) -> tuple[float, float]:
        """Where a place lies on the screen, by the Mercator projection of the map."""
        lon, lat = (place["lon"], place["lat"]) if isinstance(place, dict) else place

        def world(lon: float, lat: float) -> tuple[float, float]:
            sine = math.asinh(math.tan(math.radians(lat)))
            scale = TILE * 2**ZOOM
            return (lon + 180) / 360 * scale, (1 - sine / math.pi) / 2 * scale

        (x, y), (x0, y0) = world(lon, lat), world(*self.middle)
        return (
            self.box["x"] + self.box["width"] / 2 + x - x0,
            self.box["y"] + self.box["height"] / 2 + y - y0,
        )

    def click(self, place: dict[str, Any] | tuple[float, float]) -> None:
        self.page.mouse.click(*self.pixel(place))

    def point(self, place: dict[str, Any] | tuple[float, float], steps: int = 6) -> None:
        self.page.mouse.move(*self.pixel(place), steps=steps)

    def ask_move(self, atom: dict[str, Any], target: dict[str, Any]) -> None:
        """Give an atom to a micro-grid with the mouse."""
        self.click(atom)
        self.page.keyboard.press("g")
        self.click(target)

    def move(self, atom: dict[str, Any], target: dict[str, Any]) -> None:
        """Give an atom to a micro-grid with the mouse, and wait until that is done."""
        self.ask_move(atom, target)
        self.done("移动")

    def token(self) -> str:
        """The token that a call of the API needs beside the cookie."""
        data = self.page.locator("#page-data").text_content()
        assert data is not None
        return json.loads(data)["csrf"]

    def saved(self) -> None:
        """Wait until the server has everything."""
        expect(self.page.locator("#saving")).to_have_attribute("data-state", "saved")

    def done(self, kind: str) -> None:
        """Wait until the page says that an operation was done."""
        expect(self.page.locator("#said")).to_contain_text(kind)
        self.saved()


def whole_buildings(division: dict[str, Any]) -> list[dict[str, Any]]:
    """Atoms that are whole buildings with homes, in micro-grids of more than that."""
    held = defaultdict(list)
    for atom in division["atoms"]:
        held[atom["code"]].append(atom)
    return [
        atom
        for atom in division["atoms"]
        if not atom["entrance"] and atom["households"] and len(held[atom["code"]]) > 1
    ]


def tower(division: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A building of more than four floors that is one atom, and that atom."""
    building = next(
        one
        for one in division["buildings"]
        if max(entrance["storeys"] for entrance in one["entrances"]) > 4
        and any(atom["key"] == f"b{one['id']}" for atom in division["atoms"])
        and one["households"]
    )
    return building, next(one for one in division["atoms"] if one["key"] == f"b{building['id']}")


def micro(division: dict[str, Any], code: str) -> dict[str, Any]:
    return next(one for one in division["micro_grids"] if one["code"] == code)


def with_land(division: dict[str, Any], *, but: str) -> list[dict[str, Any]]:
    """Micro-grids one can point at on the map, other than one."""
    return [one for one in division["micro_grids"] if one["geometry"] and one["code"] != but]


def short(code: str) -> str:
    return f"{code[12:15]}-{code[15:]}"


def touch(page: Page, *frames: list[tuple[float, float]]) -> None:
    """Put fingers on the screen, move them through the frames, rest, lift them."""
    device = page.context.new_cdp_session(page)
    rest = [frames[-1]] * 4  # fingers lifted in full swing would fling, and the next tap only stop that
    for at, frame in enumerate([*frames, *rest]):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(frame)]
        kind = "touchMove" if at else "touchStart"
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    device.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(DOUBLE_TAP_MS)


def line_between(
    editor: Editor,
) -> tuple[dict[str, Any], dict[str, Any], tuple[tuple[float, float], tuple[float, float]]]:
    """Two atoms of one micro-grid, and the ends of a line on the screen that stands between them."""
    division = editor.division()
    atom = whole_buildings(division)[0]
    mate = next(
        other
        for other in division["atoms"]
        if other["code"] == atom["code"] and other["building_id"] != atom["building_id"]
    )
    (x, y), (u, v) = editor.pixel(atom), editor.pixel(mate)
    middle, way = ((x + u) / 2, (y + v) / 2), (u - x, v - y)
    length = math.hypot(*way)
    across = (-way[1] / length * 30, way[0] / length * 30)
    ends = (
        (middle[0] - across[0], middle[1] - across[1]),
        (middle[0] + across[0], middle[1] + across[1]),
    )
    return atom, mate, ends
