"""What stands on each cell: its land between the roads, cut to parcels, each with a use and a compound."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import LineString, Polygon

from gridmap.formats.demo_city import names
from gridmap.formats.demo_city.layout import Cell, Geometries, Layout
from gridmap.formats.demo_city.names import name_stream
from gridmap.formats.demo_city.styles import HALF_WIDTHS_M, STYLES

LANE_M = 9.0
_SHOP_STRIP_M = 21.0
_MIXES: dict[str, tuple[tuple[str, float], ...]] = {
    "core": (("slab", 0.52), ("yard", 0.24), ("tower", 0.10), ("garden", 0.06), ("resettled", 0.08)),
    "new": (("tower", 0.44), ("garden", 0.20), ("resettled", 0.20), ("slab", 0.12), ("yard", 0.04)),
    "fringe": (("village", 0.58), ("resettled", 0.22), ("garden", 0.08), ("slab", 0.12)),
}
_SET_ASIDE: dict[str, tuple[str, ...]] = {
    "core": ("park", "market", "school", "office", "hospital", "park"),
    "new": ("park", "office", "school", "office", "market", "hospital"),
    "fringe": ("works", "works", "school", "market", "park"),
}
_PLACES = {
    "park": names.PARKS,
    "market": names.MARKETS,
    "school": names.CAMPUSES,
    "office": names.OFFICES,
    "hospital": names.HOSPITALS,
    "works": names.WORKS,
}


@dataclass
class Compound:
    """A residential compound: its kind, name and the parcels it is made of."""

    kind: str
    name: str
    parcels: list[int] = field(default_factory=list)


@dataclass
class Parcel:
    """A piece of land of one use.

    Attributes
    ----------
    cell
        Number of its cell.
    compound
        Number of its compound; -1 where nobody lives.
    target
        Households it should get.
    """

    geom: Polygon
    cell: int
    style: str
    compound: int = -1
    target: float = 0.0
    name: str = ""


@dataclass
class LandUse:
    """Parcels of a district with their compounds, inner lanes, shop fronts and set-aside cells.

    ``uses`` is, per cell, the style of an exclusive grid or an empty string for a basic one.
    """

    parcels: list[Parcel]
    compounds: list[Compound]
    lanes: list[LineString]
    shop_edges: npt.NDArray[np.int64]
    lands: list[Polygon]
    uses: list[str]
    place_names: list[str]
    ponds: list[Polygon]


class _Builder:
    """Gathers parcels and compounds while walking over the cells."""

    def __init__(self, layout: Layout, rng: np.random.Generator) -> None:
        self.layout, self.rng = layout, rng
        self.parcels: list[Parcel] = []
        self.compounds: list[Compound] = []
        self.lanes: list[LineString] = []
        self.pieces: dict[int, list[Polygon]] = defaultdict(list)
        self.streams = {
            "old": name_stream(rng, names.OLD_FIRST, names.OLD_SECOND),
            "family_yard": name_stream(rng, names.FACTORIES, ("家属院", "宿舍", "职工小区")),
            "commercial": name_stream(rng, names.COMMERCIAL_FIRST, names.COMMERCIAL_SECOND),
            "resettlement": name_stream(rng, names.RESETTLED, names.RESETTLED_SECOND),
            "village": name_stream(rng, names.VILLAGE_FIRST, names.VILLAGE_SECOND, names.VILLAGE_THIRD),
            "mixed": name_stream(rng, names.COMMERCIAL_FIRST, ("综合苑", "商住小区")),
        }

    def found(self, kind: str) -> int:
        """Found a compound and give its number."""
        self.compounds.append(Compound(kind, self.streams[kind].take()))
        return len(self.compounds) - 1

    def add(self, geom: Polygon, cell: int, style: str, compound: int = -1, target: float = 0.0) -> None:
        """Add a parcel."""
        if compound >= 0:
            self.compounds[compound].parcels.append(len(self.parcels))
        self.parcels.append(Parcel(geom, cell, style, compound, target))

    def cut(self, land: Polygon, cell: int, share: float) -> tuple[Polygon, Polygon]:
        """Cut land in two with a lane between; the first piece takes ``share`` of it."""
        first, second, line = cut_land(land, share, LANE_M, self.rng)
        others = [piece for piece in self.pieces[cell] if piece is not land]
        kept_free = shapely.buffer(shapely.union_all(others), LANE_M / 2 - 0.05)
        lane = shapely.difference(shapely.intersection(line, self.layout.cells[cell].geom), kept_free)
        self.lanes.extend(
            part for part in shapely.get_parts(lane) if part.length > 25 and part.intersects(land)
        )
        self.pieces[cell] = [*others, first, second]
        return first, second


def build_land_use(layout: Layout, rng: np.random.Generator) -> LandUse:
    """Give every cell its use and cut it to parcels of compounds."""
    shop_edges = _choose_shop_edges(layout, rng)
    lands = _lands(layout, shop_edges)
    builder = _Builder(layout, rng)
    styles = _styles(layout.cells, rng)
    partners = _partners(layout.cells, styles, rng)
    uses, place_names = [""] * len(lands), [""] * len(lands)
    streams = {style: name_stream(rng, words) for style, words in _PLACES.items()}
    squares = name_stream(rng, names.SQUARES)
    joint: dict[int, int] = {}
    for cell, land in enumerate(lands):
        style = styles[cell]
        if style in _PLACES or style in ("river", "coast"):
            uses[cell] = style
            is_square = style == "park" and land.area < 16_000
            stream = squares if is_square else streams.get(style)
            place_names[cell] = stream.take() if stream else {"river": "滨河绿带", "coast": "海滨浴场"}[style]
            builder.add(land, cell, "park" if style in ("river", "coast") else style)
        else:
            target = float(np.clip(rng.normal(440, 55), 315, 545))
            shared = joint.get(cell, -1)
            if cell in partners and shared < 0:
                shared = builder.found(STYLES[style].compound_kind)
                joint[partners[cell]] = shared
            _fill_cell(builder, land, cell, style, target, shared)
    ponds = [pond for cell, land in enumerate(lands) if uses[cell] == "park" for pond in _ponds(land, rng)]
    return LandUse(
        builder.parcels, builder.compounds, builder.lanes, shop_edges, lands, uses, place_names, ponds
    )


def _ponds(park: Polygon, rng: np.random.Generator) -> list[Polygon]:
    """Dig a pond with a winding shore in the middle of a park that is large enough."""
    middle = park.centroid
    radius = 0.62 * float(shapely.distance(middle, park.boundary))
    if park.area < 24_000 or radius < 24 or not park.contains(middle):
        return []
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    phases = rng.uniform(0, 2 * np.pi, 3)
    waves = 1 + 0.20 * np.sin(2 * angles + phases[0]) + 0.11 * np.sin(3 * angles + phases[1])
    waves += 0.04 * np.sin(7 * angles + phases[2])
    xy = [middle.x, middle.y] + (radius * waves)[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    return [Polygon(xy)]


def drop_empty_compounds(land_use: LandUse, lived_in: set[int]) -> None:
    """Take the compounds away that got no building; ``lived_in`` are the numbers of the parcels with some."""
    kept: list[Compound] = []
    for compound in land_use.compounds:
        has_homes = bool(lived_in.intersection(compound.parcels))
        for parcel in compound.parcels:
            land_use.parcels[parcel].compound = len(kept) if has_homes else -1
        if has_homes:
            kept.append(compound)
    land_use.compounds[:] = kept


def _choose_shop_edges(layout: Layout, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Choose the edges that have shops on both sides."""
    likely = {"primary": 0.50, "secondary": 0.60, "tertiary": 0.30, "residential": 0.06}
    shares = np.array([likely.get(layout.lines[i].road_class, 0.0) for i in layout.edge_lines])
    outside = np.array([layout.lines[i].name.startswith(("coast", "river")) for i in layout.edge_lines])
    chosen = (rng.random(len(shares)) < shares) & ~outside & (shapely.length(layout.edges) > 70)
    return np.flatnonzero(chosen)


def _lands(layout: Layout, shop_edges: npt.NDArray[np.int64]) -> list[Polygon]:
    """Take roads and shop fronts off each cell; what is left, its largest piece, can be built on."""
    widths = np.array([HALF_WIDTHS_M[layout.lines[i].road_class] for i in layout.edge_lines])
    kept_free: Geometries = shapely.buffer(layout.edges, widths, quad_segs=2)
    strips = shapely.buffer(layout.edges[shop_edges], widths[shop_edges] + _SHOP_STRIP_M, cap_style="flat")
    kept_free[shop_edges] = shapely.union(kept_free[shop_edges], strips)
    geoms = np.array([cell.geom for cell in layout.cells], dtype=object)
    cell_of, edge_of = shapely.STRtree(layout.edges).query(geoms, predicate="intersects")
    around = defaultdict(list)
    for cell, edge in zip(cell_of, edge_of, strict=True):
        around[int(cell)].append(int(edge))
    lands = []
    for cell, geom in enumerate(geoms):
        land = shapely.difference(geom, shapely.union_all(kept_free[around[cell]]))
        largest = max(shapely.get_parts(land), key=lambda part: part.area)
        lands.append(shapely.simplify(largest, 0.4))
    return lands


def _styles(cells: list[Cell], rng: np.random.Generator) -> list[str]:
    """Choose the main style of every cell from the mix of its part of town."""
    counters = {zone: int(rng.integers(6)) for zone in _SET_ASIDE}
    styles = []
    for cell in cells:
        draw = rng.random()
        if cell.zone not in _MIXES:
            styles.append(cell.zone)
        elif cell.geom.area < 17_000:
            styles.append("park")
        elif cell.set_aside:
            options = _SET_ASIDE[cell.zone]
            styles.append(options[counters[cell.zone] % len(options)])
            counters[cell.zone] += 1
        else:
            words, shares = zip(*_MIXES[cell.zone], strict=True)
            styles.append(words[int(np.searchsorted(np.cumsum(shares), draw * 0.9999))])
    return styles


def _partners(cells: list[Cell], styles: list[str], rng: np.random.Generator) -> dict[int, int]:
    """Pair twins of one last cut that will share a large compound across the border of their grids."""
    twins: dict[tuple[int, tuple[int, ...]], int] = {}
    partners: dict[int, int] = {}
    for index, cell in enumerate(cells):
        if not cell.path or styles[index] not in ("tower", "garden", "resettled", "slab"):
            continue
        key = (cell.quarter, cell.path[:-1])
        other = twins.setdefault(key, index)
        if other != index and rng.random() < 0.45:
            styles[index] = styles[other]
            partners[other] = index
    return partners


def _fill_cell(builder: _Builder, land: Polygon, cell: int, style: str, target: float, shared: int) -> None:
    """Cut the land of a basic grid to compounds and, where land is left over, to other uses."""
    rng = builder.rng
    need_m2 = target * STYLES[style].ground_m2
    if land.area > need_m2 + 9_000:
        land, rest = builder.cut(land, cell, max(0.3, need_m2 / land.area))
        _use_rest(builder, rest, cell)
    if shared >= 0:
        builder.add(land, cell, style, shared, target)
        return
    for geom, share in _pieces(builder, land, cell, _number_of_pieces(style, rng)):
        own = style
        if style in ("slab", "yard") and rng.random() < 0.18:
            own = "yard" if style == "slab" else "slab"
        kind = STYLES[own].compound_kind
        if kind in ("commercial", "old") and rng.random() < 0.10:
            kind = "mixed"
        compound = builder.found(kind)
        hamlets = _pieces(builder, geom, cell, int(rng.integers(2, 5))) if own == "village" else [(geom, 1.0)]
        for hamlet, part in hamlets:
            builder.add(hamlet, cell, own, compound, target * share * part)


def _number_of_pieces(style: str, rng: np.random.Generator) -> int:
    if style == "yard":
        return int(rng.choice([2, 2, 3]))
    if style == "slab":
        return int(rng.choice([1, 1, 1, 2]))
    return 1 if rng.random() < 0.88 else 2


def _pieces(builder: _Builder, land: Polygon, cell: int, count: int) -> list[tuple[Polygon, float]]:
    if count == 1 or land.area < 11_000:
        return [(land, 1.0)]
    share = builder.rng.uniform(0.42, 0.58) if count == 2 else builder.rng.uniform(0.30, 0.38)
    first, second = builder.cut(land, cell, share)
    rest = _pieces(builder, second, cell, count - 1)
    return [(first, share), *[(geom, part * (1 - share)) for geom, part in rest]]


def _use_rest(builder: _Builder, rest: Polygon, cell: int) -> None:
    """Use land that the compounds of a cell do not need: a school, an office, a hall, or a green."""
    rng = builder.rng
    fringe = builder.layout.cells[cell].zone == "fringe"
    options = (
        ("works", "school", "works", "park") if fringe else ("school", "office", "market", "school", "park")
    )
    builder.add(rest, cell, str(rng.choice(options)) if rest.area > 6_000 else "park")


def cut_land(
    land: Polygon, share: float, gap_m: float, rng: np.random.Generator
) -> tuple[Polygon, Polygon, LineString]:
    """Cut land across its longest extent.

    Returns
    -------
    tuple
        The piece with ``share`` of the area, the rest, and the line between them; half of ``gap_m`` is
        taken off each.
    """
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(land))[:4]
    sides = np.hypot(*(ring[1:3] - ring[:2]).T)
    if sides[0] < sides[1]:
        ring = np.roll(ring, -1, axis=0)
    if rng.random() < 0.5:
        ring = np.roll(ring, 2, axis=0)
    origin, along, across = ring[0], ring[1] - ring[0], ring[3] - ring[0]
    origin, across = origin - 0.2 * across, 1.4 * across

    def slab(start: float, stop: float) -> Polygon:
        low, high = origin + start * along, origin + stop * along
        return Polygon([low, high, high + across, low + across])

    low, high = 0.0, 1.0
    for _ in range(11):
        middle = (low + high) / 2
        if shapely.intersection(land, slab(-0.2, middle)).area < share * land.area:
            low = middle
        else:
            high = middle
    half = gap_m / 2 / float(np.hypot(*along))
    pieces = [
        max(shapely.get_parts(shapely.intersection(land, slab(*ends))), key=lambda part: part.area)
        for ends in ((-0.2, low - half), (low + half, 1.2))
    ]
    foot = origin + low * along
    return pieces[0], pieces[1], LineString([foot - 0.5 * across, foot + 1.5 * across])
