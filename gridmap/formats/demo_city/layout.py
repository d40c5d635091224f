"""Streets and cells of a demo district: avenues, then cuts of the largest piece until there are enough.

A plain sheet is cut by shore, river road, railway and avenues into quarters; the piece with the most
expected households is cut again, along the directions of its quarter, until every grid has its cell.
Each line is a road. The whole is noded once, so cells tile the district and share every vertex.
Cost: O(grids * log grids) cuts, each on a piece of a few dozen vertices.
"""

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
import shapely.ops
from shapely.geometry import LineString, Polygon

from gridmap.formats.demo_city.ground import COAST_STRIP_M, RIVER_STRIP_M, STEP_M, Ground, Numbers

Geometries = npt.NDArray[np.object_]
_NODE_M = 0.01
# Households expected on a hectare, streets included.
DENSITY = {"core": 112.0, "new": 115.0, "fringe": 56.0, "river": 0.0, "coast": 0.0}


@dataclass
class Line:
    """A line of the layout before noding: a road, the railway or the shore."""

    road_class: str
    name: str
    geom: LineString


@dataclass
class Cell:
    """A piece of land that becomes one grid.

    ``path`` says by which cuts it came out of its quarter, so that near relatives share a long start.
    """

    geom: Polygon
    quarter: int
    zone: str
    path: tuple[int, ...] = ()
    set_aside: bool = False


@dataclass
class Layout:
    """The noded layout, in bent metres: cells that tile the district, and edges between them."""

    cells: list[Cell]
    edges: Geometries
    edge_lines: npt.NDArray[np.int64]
    lines: list[Line]


def build_layout(ground: Ground, column: int, row: int, rng: np.random.Generator) -> Layout:
    """Lay out one district of the city.

    Parameters
    ----------
    column, row
        Which district, from the south-west corner.
    """
    outline, lines = _first_lines(ground, column, row, rng)
    faces = _quarters(outline, lines)
    cells = _zone(ground, column, row, faces, rng)
    cells, cuts = _cut_until_enough(ground, cells, rng)
    return _node(ground, outline, lines + cuts, cells)


def _sample(start: float, stop: float) -> Numbers:
    return np.arange(start, stop + 1e-6, STEP_M, dtype=float)


def _first_lines(
    ground: Ground, column: int, row: int, rng: np.random.Generator
) -> tuple[Polygon, list[Line]]:
    """Draw border, shore, river roads, railway and avenues; give the outline of the district too."""
    size = ground.size
    west, south = column * size.width_m, row * size.height_m
    east, north = west + size.width_m, south + size.height_m
    xs, ys = _sample(west, east), _sample(south, north)
    coast = ground.has_coast(row)
    top = np.round(ground.coast_y(xs), 2) if coast else np.full_like(xs, north)
    left, right = ys[ys < top[0] - 5], ys[ys < top[-1] - 5]
    ring = np.concatenate(
        [
            np.column_stack([xs, np.full_like(xs, south)]),
            np.column_stack([np.full_like(right[1:], east), right[1:]]),
            np.column_stack([xs, top])[::-1],
            np.column_stack([np.full_like(left[1:], west), left[1:]])[::-1],
        ]
    )
    outline = Polygon(ring)
    corners = {"south": ring[: len(xs)], "north": np.column_stack([xs, top])}
    corners["east"] = np.vstack([np.column_stack([np.full_like(right, east), right]), [[east, top[-1]]]])
    corners["west"] = np.vstack([np.column_stack([np.full_like(left, west), left]), [[west, top[0]]]])
    lines = [
        Line("shore" if coast and side == "north" else "primary", f"border_{side}", LineString(xy))
        for side, xy in corners.items()
    ]
    for road_class, name, xy in _curves(ground, column, row, rng):
        clipped = shapely.intersection(LineString(xy), outline)
        parts = [part for part in shapely.get_parts(clipped) if part.length > 40]
        lines.extend(Line(road_class, name, _overshoot(part.coords)) for part in parts)
    return outline, lines


def _curves(
    ground: Ground, column: int, row: int, rng: np.random.Generator
) -> list[tuple[str, str, Numbers]]:
    """Draw avenues, river roads, coast road, railway and diagonal as class, name and course."""
    size = ground.size
    west, south = column * size.width_m, row * size.height_m
    wide_xs = _sample(west - 200, west + size.width_m + 200)
    wide_ys = _sample(south - 200, south + size.height_m + 200)
    curves: list[tuple[str, str, Numbers]] = []
    for place, share in enumerate(size.avenues_north):
        x = west + share * size.width_m + 0.8 * ground.avenues.at(wide_ys + 1300.0 * place + 5000.0 * column)
        curves.append(
            ("primary" if place % 2 else "secondary", f"avenue_north_{place}", np.column_stack([x, wide_ys]))
        )
    for place, share in enumerate(size.avenues_east):
        y = south + share * size.height_m + 0.8 * ground.avenues.at(wide_xs + 2100.0 * place + 7000.0 * row)
        curves.append(
            ("secondary" if place % 2 else "primary", f"avenue_east_{place}", np.column_stack([wide_xs, y]))
        )
    if ground.has_river(column):
        for side in (-1, 1):
            x = ground.river_x(column, wide_ys) + side * RIVER_STRIP_M
            curves.append(
                ("tertiary", f"river_road_{'west' if side < 0 else 'east'}", np.column_stack([x, wide_ys]))
            )
    if ground.has_coast(row):
        y = ground.coast_y(wide_xs) - COAST_STRIP_M
        curves.append(("primary", "coast_road", np.column_stack([wide_xs, y])))
    if ground.has_railway(row):
        curves.append(("railway", "railway", np.column_stack([wide_xs, ground.railway_y(wide_xs)])))
    if size.diagonal:
        start, end = rng.uniform([0.04, 0.30], [0.12, 0.36]), rng.uniform([0.50, 0.78], [0.55, 0.84])
        scale = np.array([size.width_m, size.height_m])
        xy = np.array([west, south]) + np.linspace(start, end, 60) * scale
        curves.append(("secondary", "diagonal", _between_crossings(xy, [xy for _, _, xy in curves])))
    return curves


def _overshoot(coords: Any) -> LineString:
    """Make a line 0.1 m longer at both ends, so that rounding never leaves it short of what it meets."""
    xy = np.asarray(coords, dtype=float)
    for end, inner in ((0, 1), (-1, -2)):
        away = xy[end] - xy[inner]
        xy[end] += 0.1 * away / np.hypot(*away)
    return LineString(xy)


def _between_crossings(xy: Numbers, others: list[Numbers]) -> Numbers:
    """Shorten a line to the part between its first and last crossing with others, so that no end dangles."""
    line = LineString(xy)
    crossed = shapely.intersection(line, shapely.union_all([LineString(other) for other in others]))
    places = np.sort(shapely.line_locate_point(line, shapely.get_parts(crossed)))
    return shapely.get_coordinates(shapely.ops.substring(line, places[0], places[-1]))


def _polygons(geometries: list[Any] | Geometries) -> list[Any]:
    noded = shapely.get_parts(shapely.union_all(np.asarray(geometries, dtype=object), grid_size=_NODE_M))
    return list(shapely.get_parts(shapely.polygonize(noded)))


def _quarters(outline: Polygon, lines: list[Line]) -> list[Any]:
    """Cut the outline by the first lines; small pieces go to the neighbour with the longest border."""
    faces = _polygons([line.geom for line in lines])
    faces = [face for face in faces if outline.contains(face.representative_point())]
    while True:
        smallest = min(range(len(faces)), key=lambda i: faces[i].area)
        if faces[smallest].area > 12_000 or len(faces) == 1:
            return faces
        small = faces.pop(smallest)
        borders = [shapely.length(shapely.intersection(face.boundary, small.boundary)) for face in faces]
        best = int(np.argmax(borders))
        faces[best] = shapely.union_all([faces[best], small], grid_size=_NODE_M)


def _zone(
    ground: Ground, column: int, row: int, faces: list[Polygon], rng: np.random.Generator
) -> list[Cell]:
    """Say of each quarter what part of town it is: old core, new town, fringe, river bank or beach."""
    size = ground.size
    points = np.array([[p.x, p.y] for p in (face.representative_point() for face in faces)])
    zones = np.full(len(faces), "new", dtype="<U8")
    centre = rng.uniform([0.30, 0.42], [0.58, 0.66])
    middle = (np.array([column, row]) + centre) * [size.width_m, size.height_m]
    away = np.hypot(*((points - middle) / [size.width_m, size.height_m * 0.9]).T)
    areas = np.array([face.area for face in faces])
    order = np.argsort(away, kind="stable")
    reached = np.cumsum(areas[order]) / areas.sum()
    zones[order[reached < size.core_share]] = "core"
    zones[order[reached > 1 - size.fringe_share]] = "fringe"
    if ground.has_river(column):
        zones[np.abs(points[:, 0] - ground.river_x(column, points[:, 1])) < RIVER_STRIP_M] = "river"
    if ground.has_coast(row):
        zones[points[:, 1] > ground.coast_y(points[:, 0]) - COAST_STRIP_M] = "coast"
    return [Cell(face, i, str(zone)) for i, (face, zone) in enumerate(zip(faces, zones, strict=True))]


def _cut_until_enough(
    ground: Ground, quarters: list[Cell], rng: np.random.Generator
) -> tuple[list[Cell], list[Line]]:
    """Cut the heaviest piece until there are as many pieces as grids."""
    angles = [_direction(cell, rng) for cell in quarters]
    nodes: list[tuple[float, float]] = []
    done: list[Cell] = []
    cuts: list[Line] = []
    heap: list[tuple[float, int, Cell]] = []
    serial = 0
    for cell in quarters:
        heapq.heappush(heap, (-cell.geom.area * DENSITY[cell.zone], serial, cell))
        serial += 1
    while heap and len(heap) + len(done) < ground.size.grids:
        weight, _, cell = heapq.heappop(heap)
        if 60_000 < cell.geom.area < 150_000 and rng.random() < 0.13:
            cell.set_aside = True
        halves = None if cell.set_aside or weight == 0 else _cut(cell, angles[cell.quarter], nodes, rng)
        if halves is None:
            done.append(cell)
            continue
        line, pieces = halves
        cuts.append(Line(_class_of_cut(len(cell.path), cell.geom.area), "", line))
        nodes.extend((float(end[0]), float(end[1])) for end in (line.coords[0], line.coords[-1]))
        for side, piece in enumerate(pieces):
            child = Cell(piece, cell.quarter, cell.zone, (*cell.path, side))
            heapq.heappush(heap, (-piece.area * DENSITY[cell.zone], serial, child))
            serial += 1
    return done + [cell for _, _, cell in sorted(heap, key=lambda entry: entry[1])], cuts


def _direction(cell: Cell, rng: np.random.Generator) -> float:
    """Choose the direction of a quarter's streets in radians: mostly along its longest side."""
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(cell.geom))
    sides = np.diff(ring[:3], axis=0)
    longest = sides[np.argmax(np.hypot(*sides.T))]
    along = float(np.arctan2(longest[1], longest[0]))
    turn = rng.uniform(0.3, 0.7) * rng.choice([-1, 1]) if rng.random() < 0.22 else rng.uniform(-0.06, 0.06)
    return along + float(turn)


def _class_of_cut(depth: int, area_m2: float) -> str:
    if depth == 0 and area_m2 > 350_000:
        return "secondary"
    if area_m2 > 130_000:
        return "tertiary"
    return "residential"


def _cut(
    cell: Cell, angle: float, nodes: list[tuple[float, float]], rng: np.random.Generator
) -> tuple[LineString, list[Polygon]] | None:
    """Cut a piece across its longer extent, ends drawn to crossings that are there already."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    ring = np.array(cell.geom.exterior.coords) @ turn.T
    low, high = ring.min(axis=0), ring.max(axis=0)
    axis = 0 if (high - low)[0] >= (high - low)[1] * rng.uniform(0.8, 1.15) else 1
    for attempt in range(8):
        share = rng.uniform(0.42, 0.58) if attempt < 4 else rng.uniform(0.3, 0.7)
        slant = rng.normal(0, 0.05) if attempt < 6 else 0.0
        place = low[axis] + share * (high - low)[axis]
        reach = np.array([low[1 - axis] - 50, high[1 - axis] + 50])
        across = place + slant * (reach - reach.mean())
        ends = np.column_stack([across, reach] if axis == 0 else [reach, across]) @ turn
        found = shapely.intersection(LineString(ends), cell.geom)
        longest = max(shapely.get_parts(found), key=lambda part: part.length, default=None)
        if longest is None or longest.length < 30:
            continue
        line = _overshoot([_snap(end, cell.geom, nodes) for end in (longest.coords[0], longest.coords[-1])])
        pieces = _polygons([cell.geom.exterior, line])
        if len(pieces) == 2 and _fair(pieces, cell.geom.area):
            return line, pieces
        axis = 1 - axis if attempt == 3 else axis
    return None


def _fair(pieces: list[Polygon], area_m2: float) -> bool:
    areas = sorted(piece.area for piece in pieces)
    return areas[0] > 0.27 * area_m2 and abs(sum(areas) - area_m2) < 0.001 * area_m2


def _snap(end: tuple[float, float], piece: Polygon, nodes: list[tuple[float, float]]) -> tuple[float, float]:
    """Move the end of a cut to a crossing within 38 m, else to the next vertex of the piece within 16 m."""
    point = shapely.Point(end)
    for candidates, reach_m in ((np.array(nodes), 38.0), (np.array(piece.exterior.coords), 16.0)):
        if len(candidates) == 0:
            continue
        away = np.hypot(*(candidates - end).T)
        for index in np.argsort(away, kind="stable")[:3]:
            if away[index] < reach_m and piece.boundary.distance(shapely.Point(candidates[index])) < 0.02:
                return (float(candidates[index][0]), float(candidates[index][1]))
    return (point.x, point.y)


def _node(ground: Ground, outline: Polygon, lines: list[Line], cells: list[Cell]) -> Layout:
    """Node all lines once, bend the sheet, and give each cell its final outline."""
    sources = np.array([line.geom for line in lines], dtype=object)
    edges = shapely.get_parts(shapely.union_all(sources, grid_size=_NODE_M))
    edges = shapely.segmentize(edges, 40.0)
    faces = shapely.get_parts(shapely.polygonize(edges))
    edges = edges[shapely.length(edges) > 0.3]
    inside = shapely.contains(outline, shapely.point_on_surface(faces))
    faces = faces[inside]
    tree = shapely.STRtree([cell.geom for cell in cells])
    owner = tree.nearest(shapely.point_on_surface(faces))
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    edge_lines = shapely.STRtree(sources).nearest(middles)
    bent_faces = shapely.transform(faces, ground.warp)
    for index, cell in enumerate(cells):
        cell.geom = shapely.coverage_union_all(bent_faces[owner == index])  # type: ignore[assignment]
    bent_edges = shapely.transform(edges, ground.warp)
    return Layout(cells, bent_edges, edge_lines.astype(np.int64), lines)
