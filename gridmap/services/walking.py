"""The walking network: cut anew when roads are loaded, kept in memory to be asked.

A process keeps one graph for each district that was asked about, with the doors of its buildings. They are
known by the marks that changes of roads, buildings and entrances leave (`layer_changes`), and are read again
when a mark is new; so every worker sees new roads at its next question.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod
from scipy.spatial import KDTree
from sqlalchemy import delete, exists, func, select

from gridmap.covering.graph import WalkingGraph
from gridmap.covering.network import build_edges
from gridmap.covering.rounds import DoorGraph
from gridmap.db import copy_rows, sql
from gridmap.models import Road, WalkingEdge
from gridmap.services.column_reads import reading_ahead
from gridmap.services.home_doors import AreaDoors, ask_doors
from gridmap.services.plan_frames import read_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from gridmap.services.column_reads import Ask, Columns

GEOD = Geod(ellps="WGS84")
MARGIN_DEGREES = 0.015
"""Roads this far outside a district belong to its network: who lives at the border may walk around it."""
KEPT_DISTRICTS = 16
ON_FOOT, NO_NETWORK, CUT_OFF = "on_foot", "no_network", "cut_off"
"""On the walking network; no walkable road near the door; a road, but no way from it to any station."""
HOW = pd.CategoricalDtype([ON_FOOT, NO_NETWORK, CUT_OFF])
"""The three, told apart by their rows: 0, 1 and 2."""
WRITTEN_EDGE_COLUMNS = {
    "road_id": "int8",
    "first_node": "int8",
    "second_node": "int8",
    "length_m": "float8",
    "geom": "bytea",
}
STATION_COLUMNS = {"code": "text", "place": "point"}
READ_EDGE_COLUMNS = {"first_node": "int8", "second_node": "int8", "length_m": "float8", "geometry": "bytea"}


@dataclass(frozen=True)
class StationWalks:
    """How far it is from each door of an area to the nearest station.

    Attributes
    ----------
    doors
        The doors.
    station_codes
        (k,) codes of the stations that were looked at.
    nearest
        (n,) row of the nearest station, -1 where there is none.
    distance_m
        (n,) metres; inf where there is no station.
    how
        (n,) of `HOW`: `ON_FOOT`, or why the straight line is given instead: `NO_NETWORK` or `CUT_OFF`.
    """

    doors: AreaDoors
    station_codes: np.ndarray
    nearest: np.ndarray
    distance_m: np.ndarray
    how: pd.Categorical


@dataclass
class WalkingNetwork:
    """The network of a district as a process keeps it.

    Attributes
    ----------
    version
        Mark of the roads it was read from.
    """

    district_id: int
    graph: WalkingGraph
    version: str
    _areas: dict[int, tuple[str, AreaDoors]] = field(default_factory=dict)
    _rounds: dict[int, tuple[AreaDoors, DoorGraph]] = field(default_factory=dict)

    def doors_of(self, session: Session, area_id: int) -> AreaDoors:
        """Return the doors of an area of the district."""
        here = _look(session, area_id)
        with reading_ahead(session) as ask:
            return _ask_homes(ask, here, self)(self)

    def find_kept(self, area_id: int, version: str) -> AreaDoors | None:
        """Find the doors of an area as they are kept; None where never read, or changed since."""
        known = self._areas.get(area_id)
        return known[1] if known is not None and known[0] == version else None

    def keep(self, area_id: int, version: str, doors: AreaDoors) -> AreaDoors:
        """Keep the doors of an area."""
        self._areas[area_id] = version, doors
        return doors

    def rounds_of(self, session: Session, area_id: int) -> DoorGraph:
        """Return the network with the doors of an area in it, to measure rounds past some of them."""
        homes = self.doors_of(session, area_id)
        known = self._rounds.get(area_id)
        if known is None or known[0] is not homes:
            known = (homes, DoorGraph(self.graph, homes.doors))
            self._rounds[area_id] = known
        return known[1]


_kept: OrderedDict[int, WalkingNetwork] = OrderedDict()
_lock = threading.Lock()


def get_network(session: Session, area_id: int) -> WalkingNetwork:
    """Get the walking network of the district that an area lies in.

    Returns
    -------
    WalkingNetwork
        Without edges where no road that may be walked is known.
    """
    here = _look(session, area_id)
    with reading_ahead(session) as ask:
        return _ask_network(ask, here)()


def find_network(session: Session, lon: float, lat: float) -> WalkingNetwork | None:
    """Find the walking network of the district that a place lies in; None outside every district."""
    here = session.execute(sql("walking_district"), {"lon": lon, "lat": lat}).one_or_none()
    return None if here is None else _find_kept(here) or get_network(session, here.district_id)


def walk_to_stations(session: Session, area_id: int, kinds: Sequence[str]) -> StationWalks:
    """Measure the way from each door of an area to the nearest station of some kinds.

    Stations just outside the district count like those inside. A place that the network does not lead to any
    station gets the straight line on the spheroid, marked.
    """
    here = _look(session, area_id)
    with reading_ahead(session) as ask:  # the graph is built while the server reads the doors
        edges = _ask_network(ask, here)
        doors = _ask_homes(ask, here, _find_kept(here))
        stations = _ask_stations(ask, here.district_id, kinds)
        network = edges()
        homes = doors(network)
        codes, lonlat = stations()
    walks = network.graph.walk_to_nearest(homes.doors, network.graph.find_doors(lonlat))
    nearest, distance_m = walks.nearest.copy(), walks.walk_m.copy()
    how = np.where(nearest >= 0, 0, np.where(homes.doors.edge < 0, 1, 2))
    missing = np.flatnonzero(how)
    if len(codes) and len(missing):
        nearest[missing], distance_m[missing] = _nearest_in_line(homes.lonlat[missing], lonlat)
    return StationWalks(homes, codes, nearest, distance_m, pd.Categorical.from_codes(how, dtype=HOW))


def cut_roads(session: Session, source: str = "") -> int:
    """Cut the roads of a source, and what they meet of others, into the edges of the walking network.

    Parameters
    ----------
    source
        Whose roads have changed; empty = cut all there are.

    Returns
    -------
    int
        Edges written.
    """
    roads = read_frame(session, "walking_roads", source=source)
    written = roads["is_written"].to_numpy(dtype=bool)
    session.execute(delete(WalkingEdge).where(WalkingEdge.road_id == func.any(roads["id"][written].tolist())))
    edges = build_edges(roads)
    rows = np.flatnonzero(written[edges.road])
    shapes = shapely.to_wkb(shapely.set_srid(edges.geometry[rows], 4326), include_srid=True)
    columns = (
        roads["id"].to_numpy()[edges.road[rows]].tolist(),
        edges.ends[rows, 0].tolist(),
        edges.ends[rows, 1].tolist(),
        edges.length_m[rows].tolist(),
        list(shapes),
    )
    return copy_rows(session, "walking_edges", WRITTEN_EDGE_COLUMNS, zip(*columns, strict=True))


def cut_missing_roads(session: Session) -> None:
    """Cut the roads of a database that was filled before there was a walking network."""
    if session.scalar(select(exists(select(Road.id)) & ~exists(select(WalkingEdge.id)))):
        cut_roads(session)


def _look(session: Session, area_id: int) -> Row[Any]:
    """Look up the district of an area, and the marks of what its network and doors were made of."""
    return session.execute(sql("walking_area"), {"area_id": area_id, "margin": MARGIN_DEGREES}).one()


def _find_kept(here: Row[Any]) -> WalkingNetwork | None:
    with _lock:
        network = _kept.get(here.district_id)
        if network is None or network.version != here.roads_version:
            return None
        _kept.move_to_end(here.district_id)
        return network


def _ask_network(ask: Ask, here: Row[Any]) -> Callable[[], WalkingNetwork]:
    kept = _find_kept(here)
    if kept is not None:
        return lambda: kept
    box = {side: getattr(here, side) for side in ("west", "south", "east", "north")}
    edges = ask("walking_edges", READ_EDGE_COLUMNS, box)
    return lambda: _keep(here, edges())


def _keep(here: Row[Any], edges: Columns) -> WalkingNetwork:
    ends = np.column_stack([edges["first_node"], edges["second_node"]])
    graph = WalkingGraph(ends, edges["length_m"], shapely.from_wkb(edges["geometry"]))
    network = WalkingNetwork(here.district_id, graph, here.roads_version)
    with _lock:
        _kept[here.district_id] = network
        while len(_kept) > KEPT_DISTRICTS:
            _kept.popitem(last=False)
    return network


def _ask_homes(
    ask: Ask, here: Row[Any], kept: WalkingNetwork | None
) -> Callable[[WalkingNetwork], AreaDoors]:
    known = kept.find_kept(here.id, here.doors_version) if kept else None
    if known is not None:
        return lambda _: known
    doors = ask_doors(ask, here.id)
    return lambda network: network.keep(here.id, here.doors_version, doors(network.graph))


def read_stations(session: Session, district_id: int, kinds: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read the stations of some kinds in and just outside a district.

    Returns
    -------
    codes, lonlat
        (k,) in order, and their places (k, 2), degrees.
    """
    with reading_ahead(session) as ask:
        return _ask_stations(ask, district_id, kinds)()


def _ask_stations(
    ask: Ask, district_id: int, kinds: Sequence[str]
) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    asked = {"district_id": district_id, "kinds": list(kinds), "margin": MARGIN_DEGREES}
    stations = ask("walking_stations", STATION_COLUMNS, asked)

    def take() -> tuple[np.ndarray, np.ndarray]:
        read = stations()
        return read["code"], read["place"]

    return take


def _nearest_in_line(lonlat: np.ndarray, stations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest station of each place in a straight line: its row, and metres on the spheroid."""
    scale = np.array([np.cos(np.radians(stations[:, 1].mean())), 1.0])
    nearest = np.asarray(KDTree(stations * scale).query(lonlat * scale)[1])
    found = stations[nearest]
    _, _, far = GEOD.inv(lonlat[:, 0], lonlat[:, 1], found[:, 0], found[:, 1])
    return nearest, np.asarray(far)
