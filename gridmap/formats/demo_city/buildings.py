"""Footprints in rows: every parcel is filled row by row, all of a district checked at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon

from gridmap.formats.demo_city.ground import Numbers
from gridmap.formats.demo_city.layout import Geometries, Layout
from gridmap.formats.demo_city.parcels import LandUse, Parcel
from gridmap.formats.demo_city.styles import HALF_WIDTHS_M, STYLES, Style

Integers = npt.NDArray[np.int64]
_SHOP_DEPTH_M = 12.0


@dataclass
class Boxes:
    """Boxes that buildings stand in, as columns: centre, length, depth, angle, entrances, parcel or cell.

    ``angle`` turns east to the long side, in radians. ``parcel`` is -1 for shops along a street.
    """

    x: Numbers
    y: Numbers
    length: Numbers
    depth: Numbers
    angle: Numbers
    entrances: Integers
    parcel: Integers
    cell: Integers

    def take(self, which: npt.NDArray[np.bool_] | Integers) -> "Boxes":
        """Keep some of the boxes."""
        return Boxes(**{name: column[which] for name, column in self.__dict__.items()})


def build_boxes(layout: Layout, land_use: LandUse, river: Polygon | None, rng: np.random.Generator) -> Boxes:
    """Place boxes on parcels and along shopping streets; none leaves its land, meets another or water."""
    rows = [_fill(parcel, number, rng) for number, parcel in enumerate(land_use.parcels)]
    columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
    boxes = Boxes(*columns[:5], *(column.astype(np.int64) for column in columns[5:]))
    homes = np.array([parcel.geom for parcel in land_use.parcels], dtype=object)
    shapely.prepare(homes)
    shapes = outlines(boxes)
    good = shapely.contains_properly(homes[boxes.parcel], shapes)
    water = np.array([*land_use.ponds, *([river] if river is not None else [])], dtype=object)
    good[shapely.STRtree(water).query(shapes, predicate="dwithin", distance=5.0)[0]] = False
    boxes = boxes.take(good)
    return _join(boxes, _shops(layout, land_use, rng))


def _join(first: Boxes, second: Boxes) -> Boxes:
    return Boxes(
        **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in vars(first)}
    )


def _facing(geom: Polygon, style: str) -> float:
    """Choose the direction of the rows: the street's if it lets rooms face south, else due east."""
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(geom))
    sides = np.diff(ring[:3], axis=0)
    longest = sides[np.argmax(np.hypot(*sides.T))]
    angle = float(np.arctan2(longest[1], longest[0]))
    angle = (angle + np.pi / 4) % (np.pi / 2) - np.pi / 4
    tolerated = 0.42 if STYLES[style].compound_kind not in ("village", "") else np.pi / 4 + 0.01
    return angle if abs(angle) < tolerated else 0.0


def _fill(parcel: Parcel, number: int, rng: np.random.Generator) -> list[Numbers]:
    """Fill a parcel with rows of boxes, in the frame of the rows, and turn them back."""
    style = STYLES[parcel.style]
    empty = [np.empty(0) for _ in range(8)]
    inner = shapely.buffer(parcel.geom, -style.setback_m, quad_segs=1)
    if inner.is_empty:
        return empty
    inner = max(shapely.get_parts(inner), key=lambda part: part.area)
    angle = _facing(parcel.geom, parcel.style) + float(rng.normal(0, 0.012))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = shapely.transform(inner, lambda xy: xy @ turn.T)
    rows = _rows(turned, style, rng)
    placed = [(*_place(low, high, style, rng), y, depth) for y, depth, low, high in rows]
    placed = [row for row in placed if len(row[0])]
    if not placed:
        return empty
    counts = [len(row[0]) for row in placed]
    centres = np.concatenate([row[0] for row in placed])
    loose = 1.0 if parcel.style == "village" else 0.35
    y = np.repeat([row[3] for row in placed], counts) + np.clip(rng.normal(0, loose, sum(counts)), -1.6, 1.6)
    xy = np.column_stack([centres, y]) @ turn
    return [
        xy[:, 0],
        xy[:, 1],
        np.concatenate([row[1] for row in placed]),
        np.repeat([row[4] for row in placed], counts),
        angle + (rng.normal(0, 0.02, sum(counts)) if parcel.style == "village" else np.zeros(sum(counts))),
        np.concatenate([row[2] for row in placed]),
        np.full(sum(counts), number),
        np.full(sum(counts), parcel.cell),
    ]


def _rows(turned: Polygon, style: Style, rng: np.random.Generator) -> list[tuple[float, float, float, float]]:
    """Lay rows over a turned parcel: northing, depth and the span from west to east of each, in metres."""
    left, bottom, right, top = turned.bounds
    pitch = rng.uniform(*style.pitches_m)
    depth = rng.uniform(*style.depths_m)
    room = top - bottom - depth
    if room < 0:
        return []
    count = int(room // pitch) + 1
    if count > 1:
        pitch = min(room / (count - 1), pitch * 1.22)
    start = bottom + depth / 2 + (room - pitch * (count - 1)) * rng.uniform(0.2, 0.8)
    ys = start + pitch * np.arange(count)
    heights = (ys[:, None] + np.array([-0.5, 0.0, 0.5]) * depth).ravel()
    ends = np.stack([np.column_stack([np.full_like(heights, left - 1), heights]),
                     np.column_stack([np.full_like(heights, right + 1), heights])], axis=1)  # fmt: skip
    parts, which = shapely.get_parts(
        shapely.intersection(shapely.linestrings(ends), turned), return_index=True
    )
    order = np.lexsort([shapely.length(parts), which])
    parts, which = parts[order], which[order]
    last = np.flatnonzero(np.diff(np.append(which, -1)) != 0)
    spans = np.full((len(heights), 2), np.nan)
    bounds = shapely.bounds(parts[last])
    spans[which[last]] = bounds[:, [0, 2]]
    lows, highs = spans[:, 0].reshape(-1, 3).max(axis=1), spans[:, 1].reshape(-1, 3).min(axis=1)
    return [
        (float(y), float(depth), float(low), float(high))
        for y, low, high in zip(ys, lows, highs, strict=True)
        if high - low > style.entrance_widths_m[0] * min(style.entrances)
    ]


def _place(
    low: float, high: float, style: Style, rng: np.random.Generator
) -> tuple[Numbers, Numbers, Numbers]:
    """Put buildings side by side between ``low`` and ``high``: centres, lengths, entrances."""
    width = rng.uniform(*style.entrance_widths_m)
    most = int((high - low) / (width * min(style.entrances) + style.gaps_m[0])) + 1
    entrances = rng.choice(style.entrances, most)
    widths = rng.uniform(*style.entrance_widths_m, most) if len(set(style.entrances)) == 1 else width
    lengths = entrances * widths
    gaps = rng.uniform(*style.gaps_m, most)
    if style.compound_kind == "village":
        gaps = np.where(rng.random(most) < 0.16, gaps + 4.0, gaps)
    stops = np.cumsum(lengths + gaps) - gaps
    fits = int(np.searchsorted(stops, high - low + 1e-9))
    if fits < most:
        spare = high - low - (stops[fits - 1] + gaps[fits - 1] if fits else 0.0)
        possible = [e for e in sorted(set(style.entrances), reverse=True) if e * width <= spare]
        if possible and (fits == 0 or len(set(style.entrances)) > 1):
            entrances[fits], lengths[fits] = possible[0], possible[0] * width
            fits += 1
    if fits == 0:
        return np.empty(0), np.empty(0), np.empty(0)
    lengths, gaps, entrances = lengths[:fits], gaps[:fits], entrances[:fits]
    slack = high - low - lengths.sum() - gaps[:-1].sum()
    gaps = gaps + min(slack / fits, 0.5 * float(gaps.mean())) * rng.uniform(0.3, 1.0)
    slack = high - low - lengths.sum() - gaps[:-1].sum()
    starts = low + slack * rng.uniform(0.1, 0.9) + np.append(0.0, np.cumsum(lengths + gaps)[:-1])
    return starts + lengths / 2, lengths, entrances.astype(float)


def _shops(layout: Layout, land_use: LandUse, rng: np.random.Generator) -> Boxes:
    """Line the shopping streets with shops on both sides."""
    columns: list[list[Numbers]] = []
    for edge in land_use.shop_edges:
        line = layout.edges[edge]
        half = HALF_WIDTHS_M[layout.lines[layout.edge_lines[edge]].road_class]
        for side in (-1.0, 1.0):
            lengths = rng.uniform(16, 46, int(line.length / 20) + 1)
            gaps = rng.choice([1.5, 2.5, 6.0, 14.0], len(lengths))
            starts = 26 + np.cumsum(lengths + gaps) - lengths - gaps
            fits = (starts + lengths < line.length - 26) & (rng.random(len(lengths)) < 0.93)
            starts, lengths = starts[fits], lengths[fits]
            ends = [shapely.get_coordinates(shapely.line_interpolate_point(line, at)) for at in
                    (starts, starts + lengths)]  # fmt: skip
            along = ends[1] - ends[0]
            angle = np.arctan2(along[:, 1], along[:, 0])
            depth = np.full(len(starts), _SHOP_DEPTH_M) - rng.uniform(0, 2.5, len(starts))
            off = side * (half + 3.0 + _SHOP_DEPTH_M / 2)
            middle = (ends[0] + ends[1]) / 2 + off * np.column_stack([-np.sin(angle), np.cos(angle)])
            columns.append([middle[:, 0], middle[:, 1], lengths * 0.97, depth, angle])
    if not columns:
        none = np.empty(0)
        return Boxes(none, none, none, none, none, *(none.astype(np.int64) for _ in range(3)))
    x, y, length, depth, angle = (np.concatenate(column) for column in zip(*columns, strict=True))
    plain = Boxes(x, y, length, depth, angle, *(np.full(len(x), n, dtype=np.int64) for n in (1, -1, -1)))
    return _on_free_ground(plain, layout, land_use)


def _on_free_ground(shops: Boxes, layout: Layout, land_use: LandUse) -> Boxes:
    """Keep the shops that lie in one cell, off other roads, parcels and shops placed before."""
    shapes = shapely.buffer(outlines(shops), 1.0, join_style="mitre")
    cells = np.array([cell.geom for cell in layout.cells], dtype=object)
    shop, cell = shapely.STRtree(cells).query(shapes, predicate="within")
    shops.cell[shop] = cell
    good = shops.cell >= 0
    widths = np.array([HALF_WIDTHS_M[layout.lines[i].road_class] for i in layout.edge_lines]) - 0.5
    roads = shapely.buffer(layout.edges, widths, quad_segs=2)
    for obstacles in (roads, np.array(land_use.lands, dtype=object), shapely.buffer(land_use.lanes, 4.0)):
        good[np.unique(shapely.STRtree(obstacles).query(shapes, predicate="intersects")[0])] = False
    good &= np.array([land_use.uses[c] not in ("river", "coast") for c in shops.cell])
    shops, shapes = shops.take(good), shapes[good]
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    return shops.take(~np.isin(np.arange(len(shapes)), second[first < second]))


def outlines(boxes: Boxes) -> Geometries:
    """Draw boxes as plain rectangles, 1 m of room for bays included."""
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    local = signs[None] * np.column_stack([boxes.length / 2, boxes.depth / 2 + 1.0])[:, None, :]
    return np.asarray(shapely.polygons(turn_back(local, boxes)))


def turn_back(local: Numbers, boxes: Boxes) -> Numbers:
    """Turn points (n, k, 2) from the frames of n boxes to the map."""
    cos, sin = np.cos(boxes.angle)[:, None], np.sin(boxes.angle)[:, None]
    x = local[..., 0] * cos - local[..., 1] * sin + boxes.x[:, None]
    y = local[..., 0] * sin + local[..., 1] * cos + boxes.y[:, None]
    return np.stack([x, y], axis=-1)
