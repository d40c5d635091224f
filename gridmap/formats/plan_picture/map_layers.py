"""The layers of the map from the ground up: territories, water, roads, buildings, borders, counts, marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.formats.plan_picture import palette
from gridmap.formats.plan_picture.labels import PAD, RING, SMALL, Label
from gridmap.formats.plan_picture.sheet import Sheet, disc, plate, triangle

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.formats.plan_picture.grounds import Ground

ROADS = {  # class -> metres that it is drawn wide
    "motorway": 20.0,
    "trunk": 18.0,
    "primary": 16.0,
    "secondary": 13.0,
    "tertiary": 10.0,
    "unclassified": 7.0,
    "residential": 7.0,
    "living_street": 6.0,
    "pedestrian": 5.0,
    "service": 3.5,
    "footway": 1.5,
    "path": 1.5,
    "cycleway": 1.5,
    "steps": 1.5,
}
OTHER_ROAD_M = 3.0
NARROWEST_PX = 0.55  # roads that come out narrower are left to a closer picture
HATCH_FROM_PX_PER_M = 0.55  # below, hatches are finer than their buildings
THIN_PX = 0.3
STOREYS = 0.5  # width of the three storeys on a plate, over its height


def thin(shapes: np.ndarray) -> np.ndarray:
    """Take out corners that nobody sees; neighbours keep their shared borders."""
    there = np.flatnonzero(~shapely.is_missing(shapes))
    if not len(there) or not shapely.coverage_is_valid(shapes[there]):
        return shapes
    thinned = shapes.copy()
    thinned[there] = shapely.coverage_simplify(shapes[there], THIN_PX)
    return thinned


def draw_territories(sheet: Sheet, grids: gpd.GeoDataFrame, shapes: np.ndarray) -> None:
    """Fill each micro-grid in its hue, in a group of its own."""
    rows = zip(grids["code"], grids["colour"], grids["households"], shapes, strict=True)
    for code, colour, households, shape in rows:
        if shape is None:
            continue
        hue = palette.SOFT[int(colour) % len(palette.SOFT)] if households else palette.NOBODY
        sheet.fill([shape], name=f"micro-grid-{code}", facecolor=hue)


def draw_undivided(sheet: Sheet, outlines: list[Any]) -> None:
    """Fill the grids that have no micro-grids, so that they do not look forgotten."""
    sheet.fill(outlines, name="undivided", facecolor=palette.UNDIVIDED)


def draw_lines(sheet: Sheet, lines: gpd.GeoDataFrame, ground: Ground) -> set[str]:
    """Draw water, railways, walls and roads; give the kinds that are seen."""
    left, top, right, bottom = ground.box
    shapes = shapely.clip_by_rect(
        ground.to_pixels(lines.geometry.to_numpy()), left - 20, top - 20, right + 20, bottom + 20
    )
    shapes = shapely.simplify(shapes, THIN_PX)
    kinds = lines["kind"].to_numpy(str) if len(lines) else np.empty(0, str)
    there = ~shapely.is_empty(shapes)
    of = {kind: shapes[there & (kinds == kind)] for kind in ("water", "river", "railway", "wall", "road")}
    seen = {kind for kind, found in of.items() if len(found)}
    wide = max(1.2, 6 * ground.px_per_m)
    if "water" in seen:
        sheet.fill(
            of["water"], name="water", facecolor=palette.WATER, edgecolor=palette.WATER_LINE, linewidth=0.6
        )
    if "river" in seen:
        sheet.stroke(of["river"], name="rivers", edgecolor=palette.WATER_LINE, linewidth=wide + 1)
        sheet.stroke(of["river"], edgecolor=palette.WATER, linewidth=wide)
    if "road" in seen:
        classes = lines["class"].to_numpy(str)[there & (kinds == "road")]
        _draw_roads(sheet, of["road"], classes, ground.px_per_m)
    if "railway" in seen:
        size = min(max(ground.px_per_m / 0.5, 0.6), 1.0)  # yards of many tracks shall not become blots
        sheet.stroke(of["railway"], name="railways", edgecolor=palette.RAIL, linewidth=size)
        sleepers: dict[str, Any] = {"linewidth": 4 * size, "linestyle": (0, (0.13, 2.0)), "capstyle": "butt"}
        sheet.stroke(of["railway"], edgecolor=palette.RAIL, **sleepers)
    if "wall" in seen:
        sheet.stroke(of["wall"], name="walls", edgecolor=palette.WALL, linewidth=0.8, linestyle=(0, (3, 1.5)))
    return seen


def _draw_roads(sheet: Sheet, shapes: np.ndarray, classes: np.ndarray, px_per_m: float) -> None:
    plain = np.array([re.sub(r"_link$", "", word) for word in classes])
    metres = np.array([ROADS.get(word, OTHER_ROAD_M) for word in plain])
    widths = [width for width in sorted(set(metres)) if width * px_per_m >= NARROWEST_PX]
    for width in widths:
        look = {"edgecolor": palette.CASING, "linewidth": min(width * px_per_m, 12) + 1.2}
        sheet.stroke(shapes[metres == width], name=f"roads-{width:g}", **look)
    for width in widths:
        sheet.stroke(shapes[metres == width], edgecolor=palette.ROAD, linewidth=min(width * px_per_m, 12))


def draw_buildings(sheet: Sheet, buildings: gpd.GeoDataFrame, ground: Ground) -> set[str]:
    """Draw footprints: darker where somebody lives, hatched where shared; give the kinds seen."""
    shapes = shapely.simplify(ground.to_pixels(buildings.geometry.to_numpy()), THIN_PX / 2)
    homes = buildings["households"].to_numpy() > 0
    broken = buildings["micro_grids"].to_numpy() > 1
    by_floors = broken & buildings["by_floors"].to_numpy(bool)
    is_near = ground.px_per_m >= HATCH_FROM_PX_PER_M
    line = {"edgecolor": palette.BUILDING_LINE, "linewidth": 0.5 if is_near else 0.0}
    hatched = {"hatchcolor": palette.INK, "hatch_linewidth": 0.7, "facecolor": palette.HOME} | line
    kinds: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "other": (~homes, {"facecolor": palette.OTHER} | line),
        "home": (homes & ~broken, {"facecolor": palette.HOME} | line),
        "shared": (broken & (not is_near), {"facecolor": palette.SHARED} | line),
        "entrances": (broken & ~by_floors & is_near, hatched | {"hatch": HATCHES["entrances"]}),
        "floors": (by_floors & is_near, hatched | {"hatch": HATCHES["floors"]}),
    }
    for kind, (rows, look) in kinds.items():
        sheet.fill(shapes[rows], name=f"buildings-{kind}", **look)
    return {kind for kind, (rows, _look) in kinds.items() if rows.any()}


HATCHES = {"entrances": "/////", "floors": "-----"}


def draw_borders(sheet: Sheet, shapes: np.ndarray, areas: gpd.GeoDataFrame, ground: Ground) -> None:
    """Draw the borders of micro-grids thin, of grids strong, of what lies above them as a broad band."""
    scale = min(max(ground.px_per_m / 0.5, 0.5), 1.5)
    outlines = ground.to_pixels(areas.geometry.to_numpy())
    levels = areas["level"].to_numpy(str)
    above = outlines[(levels != "grid")]
    if len(above):
        sheet.stroke(_borders(above), name="areas", edgecolor=palette.INK, alpha=0.22, linewidth=5 * scale)
    sheet.stroke(_borders(shapes), name="borders", edgecolor=palette.INK_2, linewidth=0.9 * scale)
    sheet.stroke(
        _borders(outlines[levels == "grid"]), name="grids", edgecolor=palette.INK, linewidth=2.0 * scale
    )


def _borders(shapes: np.ndarray) -> np.ndarray:
    """Give each border once, however many shapes share it."""
    lines = shapely.boundary(shapes[~shapely.is_missing(shapes)])
    return np.array([shapely.line_merge(shapely.union_all(lines))], dtype=object)


def draw_labels(sheet: Sheet, labels: list[Label], grids: gpd.GeoDataFrame, points: np.ndarray) -> None:
    """Write the counts and draw the marks of what is out of the band."""
    statuses, codes, colours = (grids[column].to_numpy() for column in ("status", "code", "colour"))
    rings = [(label, points[label.row]) for label in labels if label.kind == "ring"]
    leads = [shapely.LineString([at, (label.x, label.y)]) for label, at in rings]
    sheet.stroke([lead for lead in leads if lead.length > 1], edgecolor=palette.INK, linewidth=1)
    for label in labels:
        code = codes[label.row]
        if label.kind == "ring":
            draw_ring(sheet, label, statuses[label.row], name=f"finding-{code}")
        elif label.kind == "pill":
            draw_pill(sheet, label.box, int(colours[label.row]))
        else:
            sheet.fill([plate(label.box, 3)], facecolor=palette.PAPER, alpha=0.6)
        _write_label(sheet, label, code)


def _write_label(sheet: Sheet, label: Label, code: str) -> None:
    name = f"households-{code}"
    x, y, small = label.x, label.y, label.size * SMALL
    if label.kind == "pill":
        x = label.box[2] - 2 * PAD - sheet.letters.width(label.text, label.size, bold=True) / 2
        if label.number:
            left = (
                label.box[0]
                + 3 * PAD
                + (label.height * STOREYS)
                + sheet.letters.width(label.number, small) / 2
            )
            sheet.write_middle(label.number, left, y, small, colour=palette.INK_2)
    elif label.number:
        sheet.write_middle(label.number, x, y - label.size * 0.55, small, colour=palette.INK_2)
        y += label.size * 0.5
    sheet.write_middle(label.text, x, y, label.size, bold=True, name=name)


def draw_ring(sheet: Sheet, label: Label, status: str, name: str = "") -> None:
    """Draw the mark of a micro-grid out of the band: a ring with a full triangle up or an open one down."""
    is_over = status == "over"
    colour = palette.OVER if is_over else palette.UNDER
    sheet.fill([disc(label.x, label.y, RING)], name=name, facecolor="#ffffff", edgecolor=colour, linewidth=2)
    y = label.y - RING - 1 if is_over else label.y + RING + 1
    mark = triangle(label.x, y, 5, points_up=is_over)
    sheet.fill([mark], facecolor=colour if is_over else "#ffffff", edgecolor=colour, linewidth=1.5)


def draw_pill(sheet: Sheet, box: tuple[float, float, float, float], colour: int) -> None:
    """Draw the plate of a micro-grid that holds upper floors only: three storeys at its left end."""
    hue, dark = palette.SOFT[colour % 6], palette.DARK[colour % 6]
    left, top, _right, bottom = box
    sheet.fill([plate(box, 4)], facecolor=hue, edgecolor=dark, linewidth=1.2)
    middle, step = (top + bottom) / 2, (bottom - top) * 0.2
    start, end = left + 2 * PAD, left + 2 * PAD + (bottom - top) * STOREYS
    storeys = [shapely.LineString([(start, middle + up), (end, middle + up)]) for up in (-step, 0, step)]
    sheet.stroke(storeys, edgecolor=dark, linewidth=1.2)


def draw_finding(sheet: Sheet, x: float, y: float, name: str = "") -> None:
    """Draw the small mark of any other finding."""
    sheet.fill(
        [plate((x - 5, y - 5, x + 5, y + 5), 2)],
        name=name,
        facecolor=palette.FINDING_WASH,
        edgecolor=palette.FINDING,
        linewidth=1.2,
    )
    sheet.write_middle("!", x, y, 9, bold=True, colour=palette.FINDING)
