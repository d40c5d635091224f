"""Where the counts have room: inside their territories, what is out of the band before all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import cos, pi, sin
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridmap.formats.plan_picture.lettering import Lettering

SIZES = (15.0, 13.0, 11.5, 10.0, 9.0, 8.0)
USUAL_SHARE = 0.6  # no count is larger than what so many of them have room for: size shall not look like rank
NUMBERED_FROM = 11.5  # from this size on the number in the grid stands above the count
SMALL = 0.8  # size of the number over that of the count
LINE = 1.15  # height of a line over its letters' size
PAD = 2.0
ROOM = 3.0  # a territory should be so many times as large as its count
RING = 12.0  # radius of the ring around a count out of the band
RING_SIZE = 10.0
PILL_SIZES = (8.0, 12.0)  # at least, at most; between, as large as the counts
PILL_STEPS = [(aside, up) for aside in (0, 1, -1) for up in range(8)]  # widths and heights it may move
SQUARE = 50.0  # pixels: about as long as a count is wide
REACHES = (2.4, 3.6, 5.0)  # radii at which a ring looks for room around its place


@dataclass(frozen=True)
class Label:
    """One count on the map.

    Attributes
    ----------
    row
        Of the micro-grid.
    kind
        ``count`` (plain), ``ring`` (out of the band), ``pill`` (upper floors only).
    x, y
        Middle, in pixels.
    width, height
        Of all it covers.
    number
        Its number in the grid, where there is room; else empty.
    """

    row: int
    kind: str
    text: str
    x: float
    y: float
    width: float
    height: float
    size: float
    number: str = ""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        x, y = self.width / 2, self.height / 2
        return self.x - x, self.y - y, self.x + x, self.y + y


@dataclass
class _Room:
    """What is taken already, found by the squares that it touches."""

    window: tuple[float, float, float, float]
    taken: dict[tuple[int, int], list[tuple[float, float, float, float]]] = field(default_factory=dict)

    def is_free(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        if left < self.window[0] or top < self.window[1] or right > self.window[2] or bottom > self.window[3]:
            return False
        return not any(
            other[0] < right and other[2] > left and other[1] < bottom and other[3] > top
            for square in _squares(box)
            for other in self.taken.get(square, ())
        )

    def take(self, box: tuple[float, float, float, float]) -> None:
        for square in _squares(box):
            self.taken.setdefault(square, []).append(box)


def _squares(box: tuple[float, float, float, float]) -> Iterator[tuple[int, int]]:
    left, top, right, bottom = (int(edge // SQUARE) for edge in box)
    return product(range(left, right + 1), range(top, bottom + 1))


def place_labels(
    grids: gpd.GeoDataFrame,
    shapes: np.ndarray,
    points: np.ndarray,
    parents: np.ndarray,
    window: tuple[float, float, float, float],
    letters: Lettering,
) -> list[Label]:
    """Find room for the counts.

    Parameters
    ----------
    grids
        The micro-grids of a `PlanPicture`.
    shapes, points
        Their territories (None for upper floors only) and label points in pixels.
    parents
        The grid of each, in pixels; None where it is not known.
    window
        Left, top, right, bottom of the map.

    Returns
    -------
    list of Label
        At most one a micro-grid; every one out of the band has one. No two plain ones meet.
    """
    texts = [_text(*row) for row in zip(grids["households"], grids["households_estimated"], strict=True)]
    on_ground = ~shapely.is_missing(shapes)
    lived_in = grids["households"].to_numpy() > 0
    strained = lived_in & (grids["status"] != "in_band").to_numpy()
    room = _Room(window)
    made = [_ring(row, texts[row], points[row], room) for row in np.flatnonzero(strained).tolist()]
    plain = np.flatnonzero(on_ground & ~strained & lived_in)
    numbers = [code.removeprefix(grid) for code, grid in zip(grids["code"], grids["grid"], strict=True)]
    sizes = _sizes(plain, texts, shapes, letters)
    made += _counts(plain, texts, numbers, shapes, points, room, letters, sizes)
    floors = grids["floor_from"].fillna(1).to_numpy(float)
    above = np.flatnonzero(~on_ground & ~strained & lived_in)
    size = min(max(sizes[0], PILL_SIZES[0]), PILL_SIZES[1])
    for row in above[np.argsort(floors[above], kind="stable")]:
        number = numbers[row] if size >= NUMBERED_FROM else ""
        made += _pill(row, texts[row], number, size, points[row], parents[row], room, letters)
    return sorted(made, key=lambda label: label.row)


def _text(households: int, is_estimated: bool) -> str:
    return f"{households}*" if is_estimated else str(households)


def _ring(row: int, text: str, point: shapely.Point, room: _Room) -> Label:
    """Put a ring on its place or, where another stands, beside it; it is drawn in any case."""
    x, y = float(point.x), float(point.y)
    side = 2 * RING + 8  # the triangle stands out of it
    choices = [Label(row, "ring", text, *at, side, side, RING_SIZE) for at in _around(x, y)]
    label = next((choice for choice in choices if room.is_free(choice.box)), choices[0])
    room.take(label.box)
    return label


def _around(x: float, y: float) -> Iterator[tuple[float, float]]:
    yield x, y
    for reach in REACHES:
        for step in range(8):
            yield x + reach * RING * cos(step * pi / 4), y - reach * RING * sin(step * pi / 4)


def _counts(
    rows: np.ndarray,
    texts: list[str],
    numbers: list[str],
    shapes: np.ndarray,
    points: np.ndarray,
    room: _Room,
    letters: Lettering,
    sizes: tuple[float, ...],
) -> list[Label]:
    """Fit plain counts into their territories, each as large as it may be."""
    made: list[Label] = []
    left = list(rows)
    places = (points, _widest(shapes))
    for size in sizes:
        for has_number in (True, False) if size >= NUMBERED_FROM else (False,):
            sized = [
                _sized(row, texts[row], numbers[row] if has_number else "", size, letters) for row in left
            ]
            fits = _fitting(sized, shapes, places, room)
            made += fits.values()
            left = [row for row in left if row not in fits]
    return made


def _sizes(rows: np.ndarray, texts: list[str], shapes: np.ndarray, letters: Lettering) -> tuple[float, ...]:
    """Give the sizes to try: from the one that most counts have room for."""
    areas = np.sort(shapely.area(shapes[rows]))
    wanted = areas[int(len(areas) * (1 - USUAL_SHARE))] if len(areas) else 0.0
    for number, size in enumerate(SIZES):
        sized = [_sized(row, texts[row], "00", size, letters) for row in rows[:1]]
        if all(ROOM * label.width * label.height <= wanted for label in sized):
            return SIZES[number:]
    return SIZES[-2:]


def _sized(row: int, text: str, number: str, size: float, letters: Lettering) -> Label:
    lines = 2 if number else 1
    width = max(letters.width(text, size, bold=True), letters.width(number, size * SMALL))
    return Label(row, "count", text, 0, 0, width + 2 * PAD, lines * size * LINE + PAD, size, number)


def _fitting(
    sized: list[Label], shapes: np.ndarray, places: tuple[np.ndarray, ...], room: _Room
) -> dict[int, Label]:
    """Tell which labels lie wholly in their territory: at the label point, or in the widest place."""
    found: dict[int, Label] = {}
    for points in places:
        waiting = [label for label in sized if label.row not in found]
        if not waiting:
            break
        rows = [label.row for label in waiting]
        at = shapely.get_coordinates(points[rows])
        half = np.array([[label.width / 2, label.height / 2] for label in waiting])
        boxes = shapely.box(*(at - half).T, *(at + half).T)
        for i in np.flatnonzero(shapely.covers(shapes[rows], boxes)):
            label = waiting[i]
            put = Label(**{**vars(label), "x": round(float(at[i, 0]), 1), "y": round(float(at[i, 1]), 1)})
            if room.is_free(put.box):
                room.take(put.box)
                found[label.row] = put
    return found


def _widest(shapes: np.ndarray) -> np.ndarray:
    """Give the middle of the largest circle inside each shape, to a pixel; None for what has no ground."""
    middles = np.full(len(shapes), None, dtype=object)
    there = np.flatnonzero(~shapely.is_missing(shapes))
    radii = shapely.maximum_inscribed_circle(shapes[there], tolerance=1.0)
    middles[there] = shapely.get_point(radii, 0)
    return middles


def _pill(
    row: int,
    text: str,
    number: str,
    size: float,
    point: shapely.Point,
    parent: Any,
    room: _Room,
    letters: Lettering,
) -> list[Label]:
    """Put the count of upper floors on its building, higher floors further up, inside its own grid."""
    width = letters.width(text, size, bold=True) + size + 5 * PAD
    width += letters.width(number, size * SMALL) + PAD if number else 0
    height = size * LINE + PAD
    for aside, up in PILL_STEPS:
        x, y = float(point.x) + aside * (width + 1), float(point.y) - up * (height + 1)
        label = Label(row, "pill", text, x, y, width, height, size, number)
        is_inside = parent is None or shapely.covers(parent, shapely.box(*label.box))
        if is_inside and room.is_free(label.box):
            room.take(label.box)
            return [label]
    return []
