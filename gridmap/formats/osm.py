"""OpenStreetMap extracts (.osm.pbf): buildings, entrances, roads, barriers and service points in one pass.

What counts as what stands in the tables at the top of `osm_tags`. An id is the type's letter and the number
of the object (``w23715051``), so that loading a newer extract changes rows instead of doubling them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from osmium.filter import KeyFilter

from gridmap.errors import FieldError
from gridmap.formats import osm_tags
from gridmap.formats.archives import refuse
from gridmap.formats.checking import place_of
from gridmap.formats.contract import contract
from gridmap.formats.estimates import EARTH_RADIUS_M, MOST_ENTRANCES, estimate_osm_buildings, footprint_m2
from gridmap.formats.layers import Layer, layer_of

if TYPE_CHECKING:
    from osmium.osm import Area, Way

OSM = (".osm.pbf", ".pbf")
KINDS = ("buildings", "entrances", "roads", "barriers", "stations")
SHORTEST_WALL_M = 100
SMALLEST_WATER_M2 = 2_000

Row = dict[str, Any]


@dataclass
class _Found:
    """What one pass over a file collects.

    Attributes
    ----------
    rows
        Kind -> rows.
    doors
        Entrance nodes by number.
    outlines
        Closed building ways whose area has not come yet: what is left at the end has a broken outline.
    cut
        Objects the file does not hold whole.
    """

    file: str
    rows: dict[str, list[Row]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    doors: dict[int, Mapping[str, str]] = field(default_factory=dict)
    outlines: dict[int, Row] = field(default_factory=dict)
    cut: list[FieldError] = field(default_factory=list)
    wkb: osmium.geom.WKBFactory = field(default_factory=osmium.geom.WKBFactory)


def read_osm(path: Path | str) -> dict[str, gpd.GeoDataFrame]:
    """Read an extract.

    Returns
    -------
    dict
        Kind -> frame in the contract's columns and EPSG:4326, indexed by the number of the object (negative
        for relations). Household counts are estimates unless the map tags the number of flats; the number of
        entrances is empty where the map tags none.

    Raises
    ------
    BadInput
        If the file is no OpenStreetMap extract.
    """
    return {kind: frame for kind, (frame, _) in _read(Path(path)).items()}


def read_osm_layers(path: Path | str, kinds: tuple[str, ...] = KINDS) -> dict[str, Layer]:
    """Read an extract as checked layers, in the order in which they are loaded; errors as `read_osm`.

    Objects that the extract cuts off at its border are among the rejected.
    """
    path = Path(path)
    layers: dict[str, Layer] = {}
    for kind, (frame, cut) in _read(path).items():
        if kind in kinds:
            layers[kind] = layer_of(kind, frame, file=path.name, rejected=tuple(cut))
    return layers


def _read(path: Path) -> dict[str, tuple[gpd.GeoDataFrame, list[FieldError]]]:
    if not path.is_file():
        refuse(path.name, "no_such_file", str(path))
    found = _Found(path.name)
    try:
        for thing in _things(path):
            _take(thing, found)
    except (RuntimeError, UnicodeDecodeError):
        refuse(path.name, "unreadable_file", hint=".osm.pbf")
    # A ring that crosses itself makes no area; as a polygon it is mended like that of any other file.
    found.rows["buildings"].extend(found.outlines.values())
    frames = {kind: _frame(kind, rows) for kind, rows in found.rows.items()}
    buildings = estimate_osm_buildings(frames["buildings"])
    frames["buildings"] = _with_entrance_counts(buildings, frames["entrances"])
    return {kind: (frame, found.cut if kind == "buildings" else []) for kind, frame in frames.items()}


def _things(path: Path) -> Iterator[Any]:
    processor = osmium.FileProcessor(str(path)).with_locations()
    processor = processor.with_areas(KeyFilter("building", "natural", "waterway", *osm_tags.STATION_KEYS))
    return iter(processor.with_filter(KeyFilter(*osm_tags.KEYS)))


def _take(thing: Any, found: _Found) -> None:
    tags = thing.tags
    if thing.is_node():
        if tags.get("entrance") and tags["entrance"] not in osm_tags.NOT_A_STAIRWELL:
            found.doors[thing.id] = {key: tags[key] for key in ("ref", "name", "addr:flats") if key in tags}
        if osm_tags.is_station(tags):
            _take_station(thing.id, f"n{thing.id}", tags, shapely.Point(thing.lon, thing.lat), found)
    elif thing.is_way():
        _take_way(thing, found)
    elif thing.is_area():
        _take_area(thing, found)


def _take_way(way: Way, found: _Found) -> None:
    tags = cast("osm_tags.Tags", way.tags)
    if osm_tags.is_building(tags) and way.is_closed():
        _keep_outline(way, found)
    road = osm_tags.is_road(tags)
    barrier = osm_tags.line_barrier(tags)
    if not road and barrier is None:
        return
    points = _points_of(way)
    if len(points) < 2:
        _cut(way.id, found)
        return
    line = shapely.LineString(points)
    if road:
        found.rows["roads"].append(osm_tags.road_row(way.id, tags) | {"geometry": line})
    if barrier is not None and (barrier[1] not in osm_tags.SHORT_WALLS or length_m(line) >= SHORTEST_WALL_M):
        found.rows["barriers"].append(_barrier_row(way.id, f"w{way.id}", barrier, tags) | {"geometry": line})


def _keep_outline(way: Way, found: _Found) -> None:
    points = _points_of(way)
    if len(points) < max(len(way.nodes), 4):
        _cut(way.id, found)
        return
    row = osm_tags.building_row(way.id, f"w{way.id}", cast("osm_tags.Tags", way.tags))
    found.outlines[way.id] = row | {"geometry": shapely.Polygon(points)}


def _points_of(way: Way) -> list[tuple[float, float]]:
    """Places of the nodes that the file holds."""
    return [(node.lon, node.lat) for node in way.nodes if node.location.valid()]


def _cut(number: int, found: _Found) -> None:
    found.cut.append(FieldError(place_of(found.file, number, feature=True), "geometry", "broken_outline"))


def _take_area(area: Area, found: _Found) -> None:
    tags = cast("osm_tags.Tags", area.tags)
    from_way = area.from_way()
    number = area.orig_id() if from_way else -area.orig_id()
    name = f"{'w' if from_way else 'r'}{area.orig_id()}"
    water = osm_tags.water_class(tags)
    building, station = osm_tags.is_building(tags), osm_tags.is_station(tags)
    if not (building or station or water):
        return
    try:
        shape = shapely.from_wkb(bytes.fromhex(found.wkb.create_multipolygon(area)))
    except RuntimeError:
        # osmium's word for rings it cannot put together; a way is still among the outlines.
        if not from_way and building:
            _cut(number, found)
        return
    if building:
        found.outlines.pop(number, None)
        found.rows["buildings"].append(osm_tags.building_row(number, name, tags) | {"geometry": shape})
        _take_entrances(area, name, found)
    if station:
        _take_station(number, name, tags, shapely.point_on_surface(shape), found)
    if water and footprint_m2(np.array([shape], dtype=object))[0] >= SMALLEST_WATER_M2:
        row = _barrier_row(number, name, ("river", water), tags)
        found.rows["barriers"].append(row | {"geometry": shape})


def _take_entrances(area: Area, building: str, found: _Found) -> None:
    """Number the doors of a building along its wall: from left to right as one stands before them."""
    if not found.doors:
        return
    doors: list[tuple[int, shapely.Point]] = []
    for ring in area.outer_rings():
        nodes = [(node.ref, node.lon, node.lat) for node in ring][:-1]
        at = [position for position, (ref, _, _) in enumerate(nodes) if ref in found.doors]
        if at:
            doors.extend(_along_the_wall(nodes, at))
    for number, (ref, place) in enumerate(doors, start=1):
        tags = found.doors[ref]
        row = {
            "number_in_file": ref,
            "building_id": building,
            "number": number,
            "name": tags.get("name") or tags.get("ref"),
            "households": osm_tags.count_flats(tags.get("addr:flats", "")),
            "geometry": place,
        }
        found.rows["entrances"].append(row)


def _along_the_wall(nodes: list[tuple[int, float, float]], at: list[int]) -> list[tuple[int, shapely.Point]]:
    """Order doors counter-clockwise, beginning after the longest stretch of wall without a door."""
    outline = np.array([(lon, lat) for _, lon, lat in nodes])
    clockwise = not shapely.LinearRing(outline).is_ccw
    steps = np.hypot(*(np.roll(outline, -1, axis=0) - outline).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    places = along[at]
    gaps = np.diff(places, prepend=places[-1] - along[-1])
    if clockwise:
        order = np.roll(np.arange(len(at))[::-1], int(-(len(at) - np.argmax(gaps)) % len(at)))
    else:
        order = np.roll(np.arange(len(at)), -int(np.argmax(gaps)))
    return [(nodes[at[i]][0], shapely.Point(nodes[at[i]][1:])) for i in order]


def _take_station(number: int, name: str, tags: Any, place: shapely.Point, found: _Found) -> None:
    found.rows["stations"].append(osm_tags.station_row(number, name, tags) | {"geometry": place})


def _barrier_row(number: int, name: str, barrier: tuple[str, str], tags: Any) -> Row:
    return {
        "number_in_file": number,
        "id": name,
        "kind": barrier[0],
        "class": barrier[1],
        "name": tags.get("name"),
    }


def length_m(line: shapely.LineString) -> float:
    """Length of a line in EPSG:4326 on the sphere, in metres."""
    lon, lat = np.radians(shapely.get_coordinates(line)).T
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    return float(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half)).sum())


def _frame(kind: str, rows: list[Row]) -> gpd.GeoDataFrame:
    names = [column.name for column in contract()[kind]]
    extra = [name for name in ("number_in_file", "building") if rows and name in rows[0]]
    frame = pd.DataFrame(rows, columns=[*names, *extra])
    # A node may serve two buildings, and an object may be seen twice: the number stays a row's own.
    if len(frame):
        frame.index = pd.Index(frame.pop("number_in_file").astype("int64"))
    if not frame.index.is_unique:
        frame = frame.reset_index(drop=True)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


def _with_entrance_counts(buildings: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    counted = entrances.groupby("building_id").size()
    buildings = buildings.copy()
    buildings["entrance_count"] = buildings["id"].map(counted).clip(upper=MOST_ENTRANCES).astype("Int64")
    return buildings
