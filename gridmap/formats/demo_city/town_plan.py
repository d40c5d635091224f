"""Roads, barriers and water of a demo district as layers of the import contract."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops
from shapely.geometry import LineString, Polygon

from gridmap.formats.demo_city import names
from gridmap.formats.demo_city.ground import STEP_M, Ground, to_degrees
from gridmap.formats.demo_city.layout import Geometries, Layout, Line
from gridmap.formats.demo_city.names import name_stream
from gridmap.formats.demo_city.parcels import LandUse

_KNOWN_NAMES = {
    "border_west": "西环路",
    "border_east": "东环路",
    "border_south": "南环路",
    "border_north": "北环路",
    "coast_road": "滨海路",
    "river_road_west": "滨河西路",
    "river_road_east": "滨河东路",
    "diagonal": "登瀛大道",
}
_GATE_M = 7.0


def name_lines(layout: Layout, rng: np.random.Generator) -> list[str]:
    """Name every line of the layout: 路 when it runs north, 街 when it runs east, as is the custom."""
    stream = name_stream(rng, names.LANE_FIRST, names.LANE_SECOND)
    north, east = name_stream(rng, names.AVENUES_NORTH), name_stream(rng, names.AVENUES_EAST)
    known = dict(_KNOWN_NAMES)
    named = []
    for line in layout.lines:
        if line.road_class in ("railway", "shore"):
            named.append("")
            continue
        if line.name.startswith("avenue") and line.name not in known:
            known[line.name] = (north if "north" in line.name else east).take()
        (x0, y0), (x1, y1) = line.geom.coords[0], line.geom.coords[-1]
        runs_north = abs(y1 - y0) > abs(x1 - x0)
        named.append(known[line.name] if line.name else stream.take() + ("路" if runs_north else "街"))
    return named


def build_river(ground: Ground, column: int, row: int) -> tuple[LineString, Polygon] | None:
    """Give the river's course and its water in bent metres; none where no river runs."""
    if not ground.has_river(column):
        return None
    size = ground.size
    south, north = row * size.height_m, (row + 1) * size.height_m
    y = np.arange(south, north + 1, STEP_M, dtype=float)
    x = ground.river_x(column, y)
    if ground.has_coast(row):
        keep = y < ground.coast_y(x) + 15
        x, y = x[keep], y[keep]
    half = 30 + 7 * np.sin(y / 260.0) + 4 * np.sin(y / 97.0)
    half *= 1.0 if size.coast else 0.8
    course = ground.warp(np.column_stack([x, y]))
    banks = [ground.warp(np.column_stack([x + side * half, y])) for side in (-1, 1)]
    return LineString(course), Polygon(np.vstack([banks[0], banks[1][::-1]]))


def _sea(ground: Ground, column: int) -> Polygon:
    size = ground.size
    left, right = column * size.width_m, (column + 1) * size.width_m
    left -= 1600 if column == 0 else 0
    right += 1600 if column == size.columns - 1 else 0
    x = np.arange(left, right + 1, STEP_M, dtype=float)
    shore = ground.warp(np.column_stack([x, np.round(ground.coast_y(x), 2)]))
    far = ground.warp(np.column_stack([x, np.full_like(x, size.rows * size.height_m + 1500.0)]))
    return Polygon(np.vstack([shore, far[::-1]]))


def _is_own_road(ground: Ground, column: int, row: int, line: Line) -> bool:
    """Tell whether a line is a road that this district draws; the next one draws a common border."""
    if line.name == "border_east" and column < ground.size.columns - 1:
        return False
    if line.name == "border_north" and row < ground.size.rows - 1:
        return False
    return line.road_class not in ("railway", "shore")


def build_roads(
    ground: Ground,
    column: int,
    row: int,
    layout: Layout,
    land_use: LandUse,
    line_names: list[str],
    code: str,
    river: Polygon | None,
) -> gpd.GeoDataFrame:
    """Build the layer of roads: streets of the layout, lanes inside the cells, bridges and underpasses."""
    is_road = np.array([_is_own_road(ground, column, row, layout.lines[i]) for i in layout.edge_lines])
    lanes = [_longer(lane, 0.2) for lane in land_use.lanes]
    sources = np.array([*layout.edges[is_road], *lanes], dtype=object)
    owner = np.concatenate([layout.edge_lines[is_road], len(layout.lines) + np.arange(len(lanes))])
    noded = shapely.get_parts(shapely.union_all(sources, grid_size=0.01))
    noded = noded[shapely.length(noded) > 0.5]
    nearest = shapely.STRtree(sources).nearest(shapely.line_interpolate_point(noded, 0.5, normalized=True))
    line_of = owner[nearest]
    rows: list[tuple[str, str, bool, bool, Any]] = []
    rails = layout.edges[[layout.lines[i].road_class == "railway" for i in layout.edge_lines]]
    under = shapely.buffer(shapely.union_all(rails), 28.0) if len(rails) else Polygon()
    over = shapely.buffer(river, 4.0) if river is not None else Polygon()
    for line in np.unique(line_of):
        known = line < len(layout.lines)
        road_class = layout.lines[line].road_class if known else "service"
        merged = shapely.line_merge(shapely.union_all(noded[line_of == line]))
        goes_under = known and bool(layout.lines[line].name)
        for is_bridge, is_tunnel, part in _split(merged, over, under):
            if is_tunnel and not goes_under:
                continue  # a small street ends where the railway begins
            rows.append((line_names[line] if known else "", road_class, is_bridge, is_tunnel, part))
    name, road_class, bridge, tunnel, geoms = zip(*rows, strict=True)
    frame = pd.DataFrame({
        "id": [f"{code}-R{number:05d}" for number in range(1, len(rows) + 1)],
        "name": name, "class": road_class, "oneway": False, "bridge": bridge, "tunnel": tunnel,
        "layer": np.array(bridge, dtype=int) - np.array(tunnel, dtype=int),
    })  # fmt: skip
    return _layer(frame, np.array(geoms, dtype=object), ground)


def _longer(line: LineString, by_m: float) -> LineString:
    xy = np.array(line.coords)
    away = (xy[-1] - xy[0]) / np.hypot(*(xy[-1] - xy[0])) * by_m
    return LineString([xy[0] - away, *xy[1:-1], xy[-1] + away])


def _split(merged: Any, over: Polygon, under: Polygon) -> list[tuple[bool, bool, Any]]:
    """Split a road where it runs over water and under the railway."""
    pieces: list[tuple[bool, bool, Any]] = []
    for line in shapely.get_parts(merged):
        if not (line.intersects(over) or line.intersects(under)):
            pieces.append((False, False, line))
            continue
        for flags, geom in (
            ((True, False), shapely.intersection(line, over)),
            ((False, True), shapely.difference(shapely.intersection(line, under), over)),
            ((False, False), shapely.difference(shapely.difference(line, over), under)),
        ):
            parts = [part for part in shapely.get_parts(geom) if part.geom_type == "LineString"]
            pieces.extend((*flags, part) for part in parts if part.length > 0.5)
    return pieces


def build_barriers(
    ground: Ground,
    column: int,
    row: int,
    land_use: LandUse,
    code: str,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Build the layer of barriers: river, sea and ponds with their surfaces, railway, walls with gates."""
    rows: list[tuple[str, str, str, Any]] = []
    river = build_river(ground, column, row)
    if river is not None:
        rows += [("river", "river", "澜河", river[0]), ("river", "riverbank", "澜河", river[1])]
    if ground.has_coast(row):
        rows.append(("river", "sea", "海澜湾", _sea(ground, column)))
    rows += [("river", "pond", "", pond) for pond in land_use.ponds]
    rows += [("railway", "rail", "海澜铁路", line) for line in _railway(ground, column, row)]
    for compound in land_use.compounds:
        share = {"commercial": 0.8, "family_yard": 0.7, "mixed": 0.6, "resettlement": 0.5}.get(
            compound.kind, 0.0
        )
        for parcel in compound.parcels:
            if rng.random() < share:
                rows.append(("wall", "fence", "", _wall(land_use.parcels[parcel].geom)))
    kind, barrier_class, name, geoms = zip(*rows, strict=True)
    frame = pd.DataFrame({
        "id": [f"{code}-W{number:05d}" for number in range(1, len(rows) + 1)],
        "kind": kind, "class": barrier_class, "name": name,
    })  # fmt: skip
    return _layer(frame, np.array(geoms, dtype=object), ground)


def _railway(ground: Ground, column: int, row: int) -> list[LineString]:
    size = ground.size
    if not ground.has_railway(row) and (size.inner_railway or row > 0):
        return []
    start, stop = column * size.width_m, (column + 1) * size.width_m
    x = np.arange(start - 300, stop + 301, STEP_M, dtype=float) if size.columns == 1 else np.arange(
        start, stop + 1, STEP_M, dtype=float)  # fmt: skip
    return [LineString(ground.warp(np.column_stack([x, ground.railway_y(x)])))]


def gate_of(parcel: Polygon) -> tuple[float, float]:
    """Give the place of a compound's gate: the middle of the longest side of its outline."""
    xy = np.array(parcel.exterior.coords)
    longest = int(np.argmax(np.hypot(*np.diff(xy, axis=0).T)))
    x, y = (xy[longest] + xy[longest + 1]) / 2
    return float(x), float(y)


def _wall(parcel: Polygon) -> LineString:
    """Run a wall around a parcel and leave the gate open."""
    xy = np.array(parcel.exterior.coords)
    longest = int(np.argmax(np.hypot(*np.diff(xy, axis=0).T)))
    gate = np.array([gate_of(parcel)])
    ring = LineString(np.vstack([gate, xy[longest + 1 : -1], xy[: longest + 1], gate]))
    wall: LineString = shapely.ops.substring(ring, _GATE_M, ring.length - _GATE_M)  # type: ignore[assignment]
    return wall


def _layer(frame: pd.DataFrame, geoms: Geometries, ground: Ground) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(frame, geometry=to_degrees(geoms, ground.size), crs="EPSG:4326")
