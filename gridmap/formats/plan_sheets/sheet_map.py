"""The map of one micro-grid: its land and buildings stand out; what lies around helps to find the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.formats.plan_picture import map_layers, palette
from gridmap.formats.plan_picture.frames import PlanPicture
from gridmap.formats.plan_picture.grounds import Ground
from gridmap.formats.plan_picture.legend import bar_metres
from gridmap.formats.plan_picture.lettering import Lettering
from gridmap.formats.plan_picture.sheet import Sheet, plate
from gridmap.formats.plan_sheets.flows import writable
from gridmap.formats.plan_sheets.frames import Card
from gridmap.formats.plan_sheets.holdings import RADIUS, draw_number, order_of
from gridmap.i18n import translate

Box = tuple[float, float, float, float]

AROUND = 0.16  # share of the window left around the micro-grid
LEAST_M = 90.0  # the window shows at least so much
NAME_SIZE, AROUND_SIZE = 8.5, 8.0
LONGEST_NAME = 110.0
BAR_SHARE = 0.6  # of the longest scale bar on a large picture


@dataclass
class _Room:
    """Boxes on the map that are taken."""

    window: Box
    taken: list[Box] = field(default_factory=list)

    def take(self, box: Box) -> bool:
        """Take a box if it lies in the window and is free."""
        left, top, right, bottom = self.window
        if box[0] < left or box[1] < top or box[2] > right or box[3] > bottom:
            return False
        if any(o[0] < box[2] and o[2] > box[0] and o[1] < box[3] and o[3] > box[1] for o in self.taken):
            return False
        self.taken.append(box)
        return True


def draw_sheet_map(sheet: Sheet, picture: PlanPicture, card: Card, box: Box, language: str) -> dict[int, int]:
    """Draw the map into a window of the page.

    Returns
    -------
    dict
        Building -> number that stands for it where its name has no room.
    """
    own = picture.buildings["id"].isin([one.building_id for one in card.holdings]).to_numpy()
    ground = Ground.within(_bounds_of(picture, card, own).tolist(), box, margin=0)
    near = _near(picture, own, ground)
    sheet.fill([shapely.box(*box)], facecolor=palette.UNDIVIDED)
    sheet.clip(box)
    grids = near.micro_grids
    here = (grids["code"] == card.code).to_numpy()
    shapes = ground.to_pixels(grids.geometry.to_numpy())
    map_layers.draw_territories(sheet, grids[here], shapes[here])
    map_layers.draw_lines(sheet, near.lines, ground)
    map_layers.draw_buildings(sheet, near.buildings, ground)
    map_layers.draw_borders(sheet, shapes, near.areas, ground)
    colour = int(grids.loc[here, "colour"].iloc[0]) % len(palette.DARK) if here.any() else 0
    _draw_outline(sheet, shapes[here], near.buildings, ground, palette.DARK[colour])
    room = _Room(box)
    _draw_scale(sheet, ground, room, language)
    numbers = _draw_names(sheet, near.buildings, card, ground, room)
    _draw_neighbours(sheet, grids[~here], ground, room)
    sheet.clip(None)
    sheet.fill([shapely.box(*box)], facecolor="none", edgecolor=palette.FRAME, linewidth=0.8)
    return numbers


def _bounds_of(picture: PlanPicture, card: Card, own: np.ndarray) -> np.ndarray:
    """Give the land to show: the micro-grid and all its buildings, with something around it."""
    grids = picture.micro_grids
    held = [*grids.geometry[(grids["code"] == card.code).to_numpy()], *picture.buildings.geometry[own]]
    shapes = np.array([one for one in held if one is not None], dtype=object)
    west, south, east, north = shapely.total_bounds(shapes) if len(shapes) else picture.areas.total_bounds
    degrees = LEAST_M / 111_000
    wide, high = max(east - west, degrees * 1.3), max(north - south, degrees)
    x, y = (west + east) / 2, (south + north) / 2
    wide, high = wide * (0.5 + AROUND), high * (0.5 + AROUND)
    return np.array([x - wide, y - high, x + wide, y + high])


def _near(picture: PlanPicture, own: np.ndarray, ground: Ground) -> PlanPicture:
    """Keep what the window shows; buildings of others count as not lived in, so that they stand back."""
    west, north = ground.west, ground.north
    east, south = west + ground.width / ground.x_px, north - ground.height / ground.y_px
    window = shapely.box(west, south, east, north)
    buildings = picture.buildings.copy()
    buildings["is_own"] = own
    buildings.loc[~own, ["households", "micro_grids"]] = 0
    buildings.loc[~own, "by_floors"] = False

    def inside(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        there = shapely.intersects(frame.geometry.to_numpy(), window)
        return frame[there].reset_index(drop=True)

    grids = picture.micro_grids
    seen = shapely.is_missing(grids.geometry.to_numpy()) | shapely.intersects(
        grids.geometry.to_numpy(), window
    )
    return replace(
        picture,
        buildings=inside(buildings),
        micro_grids=grids[seen].reset_index(drop=True),
        areas=inside(picture.areas),
        lines=inside(picture.lines),
        findings=pd.DataFrame(),
    )


def _draw_outline(
    sheet: Sheet, shapes: np.ndarray, buildings: gpd.GeoDataFrame, ground: Ground, colour: str
) -> None:
    """Draw the border of the micro-grid, or around its buildings where it holds upper floors only."""
    outlines = shapes[~shapely.is_missing(shapes)]
    if not len(outlines):
        outlines = ground.to_pixels(buildings.geometry[buildings["is_own"]].to_numpy())
    sheet.stroke(
        shapely.boundary(outlines), name="outline-halo", edgecolor="#ffffff", linewidth=4.5, alpha=0.7
    )
    sheet.stroke(shapely.boundary(outlines), name="outline", edgecolor=colour, linewidth=2.4)


def _draw_names(
    sheet: Sheet, buildings: gpd.GeoDataFrame, card: Card, ground: Ground, room: _Room
) -> dict[int, int]:
    """Write the names of the buildings, or numbers where a name has no room; give those."""
    letters = sheet.letters
    homes = buildings[buildings["is_own"] & (buildings["households"] > 0)]
    middles = shapely.point_on_surface(ground.to_pixels(homes.geometry.to_numpy()))
    at = {id_: (point.x, point.y) for id_, point in zip(homes["id"], middles, strict=True)}
    called = {one.building_id: one for one in sorted(card.holdings, key=order_of)}
    numbers: dict[int, int] = {}
    for id_, one in called.items():
        if id_ not in at:
            continue
        name = writable(one.name, letters)
        if name and _write_name(sheet, name, at[id_], room, letters):
            continue
        numbers[id_] = len(numbers) + 1
        _draw_disc(sheet, numbers[id_], at[id_], room)
    return numbers


def _write_name(sheet: Sheet, name: str, at: tuple[float, float], room: _Room, letters: Lettering) -> bool:
    width = letters.width(name, NAME_SIZE, bold=True)
    if width > LONGEST_NAME:
        return False
    for x, y in _around(*at, width / 2 + 4, NAME_SIZE):
        box = (x - width / 2 - 2, y - NAME_SIZE / 2 - 2, x + width / 2 + 2, y + NAME_SIZE / 2 + 2)
        if room.take(box):
            sheet.fill([plate(box, 3)], facecolor=palette.PAPER, alpha=0.78)
            sheet.write_middle(name, x, y, NAME_SIZE, bold=True)
            return True
    return False


def _draw_disc(sheet: Sheet, number: int, at: tuple[float, float], room: _Room) -> None:
    """Draw the number of a building as near as there is room; on it where there is none."""
    reach = RADIUS + 0.5
    for x, y in _around(*at, 2 * reach, 2 * reach):
        if room.take((x - reach, y - reach, x + reach, y + reach)):
            if (x, y) != at:
                sheet.stroke([shapely.LineString([at, (x, y)])], edgecolor=palette.INK, linewidth=0.6)
            draw_number(sheet, number, x, y)
            return
    draw_number(sheet, number, *at)


def _around(x: float, y: float, aside: float, up: float) -> Iterator[tuple[float, float]]:
    yield x, y
    for step in (1, 2):
        yield from ((x, y - step * up), (x, y + step * up), (x + step * aside, y), (x - step * aside, y))
        yield from ((x + i * step * aside, y + j * step * up) for i in (1, -1) for j in (-1, 1))


def _draw_neighbours(sheet: Sheet, grids: gpd.GeoDataFrame, ground: Ground, room: _Room) -> None:
    """Write the numbers of the micro-grids around it, where there is room."""
    on_ground = grids[~shapely.is_missing(grids.geometry.to_numpy())]
    shapes = shapely.make_valid(ground.to_pixels(on_ground.geometry.to_numpy()))  # rounding may cross rings
    shapes = shapely.intersection(shapes, shapely.box(*ground.box))
    for code, grid, shape in zip(on_ground["code"], on_ground["grid"], shapes, strict=True):
        if shapely.is_empty(shape) or shape.area < 200:
            continue
        number = code.removeprefix(grid).lstrip("-")
        point = shapely.point_on_surface(shape)
        width = sheet.letters.width(number, AROUND_SIZE)
        half = AROUND_SIZE / 2 + 1
        if room.take((point.x - width / 2 - 2, point.y - half, point.x + width / 2 + 2, point.y + half)):
            sheet.write_middle(number, point.x, point.y, AROUND_SIZE, colour=palette.INK_2)


def _draw_scale(sheet: Sheet, ground: Ground, room: _Room, language: str) -> None:
    """Draw a bar of round metres and an arrow to the north in the lower right corner."""
    metres = bar_metres(ground.px_per_m / BAR_SHARE)
    length = metres * ground.px_per_m
    _, _, right, bottom = ground.box
    box = (right - length - 44, bottom - 26, right - 4, bottom - 4)
    room.take(box)
    sheet.fill([plate(box, 3)], facecolor=palette.PAPER, alpha=0.85)
    left, y = right - length - 12, bottom - 9
    for part, colour in enumerate((palette.INK, palette.PAPER)):
        half: Any = shapely.box(left + part * length / 2, y - 3, left + (part + 1) * length / 2, y)
        sheet.fill([half], facecolor=colour, edgecolor=palette.INK, linewidth=0.7)
    sheet.write(f"{metres:,.0f} m", left + length / 2, y - 6, 7.5, align="center")
    x = left - 16
    for side, colour in ((-1, palette.INK), (1, palette.PAPER)):
        arrow = shapely.Polygon([(x, y - 11), (x + side * 4, y + 1), (x, y - 2)])
        sheet.fill([arrow], facecolor=colour, edgecolor=palette.INK, linewidth=0.7)
    sheet.write(translate("picture.north", language), x + 6, y - 6, 7, align="left", bold=True)
