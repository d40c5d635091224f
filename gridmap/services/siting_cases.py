"""What a question about sites is asked of: the homes of an area, and where a station could stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.spatial import KDTree
from sqlalchemy import func, select

from gridmap.covering.siting_places import find_junctions, group_places, spread_out
from gridmap.db import sql
from gridmap.errors import BadInput, FieldError
from gridmap.models import Area, Station
from gridmap.planning.frames import LocalFrame
from gridmap.services.places import in_area
from gridmap.services.walking import MARGIN_DEGREES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from gridmap.covering.graph import Doors, WalkingGraph
    from gridmap.services.walking import AreaDoors

MOST_DEMANDS = 2000
MOST_CANDIDATES = 200
ON_NODE_M = 1.0
"""A junction whose door is farther off hangs on a piece of the network where no door opens."""
NAMES_NEAR_M = 3.0


@dataclass(frozen=True)
class Point:
    """A place that somebody names as a candidate."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Demands:
    """The homes of an area, taken together by nearness.

    Attributes
    ----------
    lonlat, households, doors
        (n, 2), (n,), (n,) of the door that stands for each group.
    entrances
        How many doors there are.
    farthest_m
        The farthest a door is from the one that stands for it, in a straight line.
    estimated
        Whether a household count among them is an estimate.
    """

    lonlat: np.ndarray
    households: np.ndarray
    doors: Doors
    entrances: int
    farthest_m: float
    estimated: bool


@dataclass(frozen=True)
class Candidates:
    """Places where a station could stand.

    Attributes
    ----------
    rows
        ``kind`` (``place``, ``junction`` or a kind of station), ``code``, ``name``, ``lon``, ``lat``.
    junctions
        How many junctions there are, before they are thinned.
    farthest_m
        How far a junction left out is from one kept, at most, in a straight line.
    """

    rows: list[dict[str, Any]]
    junctions: int
    farthest_m: float

    @property
    def lonlat(self) -> np.ndarray:
        """(n, 2) longitude and latitude."""
        return np.array([[row["lon"], row["lat"]] for row in self.rows], dtype=float).reshape(-1, 2)


def group_homes(homes: AreaDoors, graph: WalkingGraph) -> Demands:
    """Take the homes of an area together by nearness; doors on different pieces of the network stay apart."""
    rows = np.flatnonzero(homes.households > 0)
    lonlat, households, doors = homes.lonlat[rows], homes.households[rows], homes.doors[rows]
    on_network = doors.edge >= 0
    piece = np.where(on_network, graph.piece[doors.edge], -1) if len(graph.piece) else np.full(len(rows), -1)
    groups = group_places(in_metres(lonlat), households, piece, MOST_DEMANDS)
    middle = groups.middle
    summed = np.bincount(groups.group, weights=households, minlength=len(middle))
    estimated = bool(homes.households_estimated[rows].any())
    return Demands(lonlat[middle], summed, doors[middle], len(rows), groups.farthest_m, estimated)


def find_candidates(
    session: Session,
    area: Area,
    graph: WalkingGraph,
    demands: Demands,
    *,
    kinds: Sequence[str],
    points: Sequence[Point],
    junctions: bool,
    reach_m: float,
) -> Candidates:
    """Find where a station could stand: stations of other kinds, named points, road junctions.

    Junctions lie inside the area, with homes within reach in a straight line; they fill up what the others
    leave of the 200 candidates.

    Raises
    ------
    BadInput
        Where there are more than 200 without the junctions, or none at all.
    """
    rows = [
        {"kind": "place", "code": None, "name": point.name, "lon": point.lon, "lat": point.lat}
        for point in points
    ]
    if kinds:
        where = (Station.kind.in_(kinds), in_area(Station.grid_id, area))
        rows += [row._asdict() for row in session.execute(_stations().where(*where).order_by(Station.code))]
    if len(rows) > MOST_CANDIDATES:
        raise BadInput("siting_too_many", count=len(rows), most=MOST_CANDIDATES)
    found, farthest_m = 0, 0.0
    if junctions:
        spots = _junctions_of(session, area, graph, demands, reach_m)
        kept, farthest_m = spread_out(in_metres(spots), MOST_CANDIDATES - len(rows))
        found = len(spots)
        rows += [
            {"kind": "junction", "code": None, "name": "", "lon": float(lon), "lat": float(lat)}
            for lon, lat in spots[kept]
        ]
    if not rows:
        raise BadInput("siting_no_candidates", area=area.code)
    return Candidates(rows, found, farthest_m)


def find_present(session: Session, area: Area, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Find the stations that stand in the district of an area, or just outside it: as candidates' rows."""
    around = select(func.ST_Expand(Area.geom, MARGIN_DEGREES)).where(Area.id == area.lineage[0])
    where = (Station.kind.in_(kinds), Station.geom.op("&&")(around.scalar_subquery()))
    return [row._asdict() for row in session.execute(_stations().where(*where).order_by(Station.code))]


def name_junctions(session: Session, rows: list[dict[str, Any]]) -> None:
    """Call junctions by the roads that meet there, as far as these have names."""
    nameless = [row for row in rows if row["kind"] == "junction"]
    values = {"lon": [row["lon"] for row in nameless], "lat": [row["lat"] for row in nameless]}
    for found in session.execute(sql("siting_road_names"), values | {"near_m": NAMES_NEAR_M}):
        nameless[found.place - 1]["name"] = " / ".join(found.names or ())


def in_metres(lonlat: np.ndarray) -> np.ndarray:
    """Return (n, 2) degrees as metres about their middle."""
    if not len(lonlat):
        return np.empty((0, 2))
    frame = LocalFrame.around(np.concatenate([lonlat.min(axis=0), lonlat.max(axis=0)]))
    return np.asarray((lonlat - (frame.lon, frame.lat)) * (frame.x_m, frame.y_m))


def _junctions_of(
    session: Session, area: Area, graph: WalkingGraph, demands: Demands, reach_m: float
) -> np.ndarray:
    spots = find_junctions(graph)
    outline = shapely.from_wkb(session.scalar(select(func.ST_AsBinary(Area.geom)).where(Area.id == area.id)))
    shapely.prepare(outline)
    spots = spots[shapely.contains_xy(outline, spots)]
    spots = spots[graph.find_doors(spots).offset_m <= ON_NODE_M]
    if not len(spots):
        return spots
    both = in_metres(np.concatenate([spots, demands.lonlat]))
    near_m, nearest = KDTree(both[len(spots) :]).query(both[: len(spots)], distance_upper_bound=reach_m)
    inside = np.isfinite(near_m)
    weight = demands.households[np.where(inside, nearest, 0)]
    return spots[inside][np.argsort(-weight[inside], kind="stable")]


def _stations() -> Any:
    return select(
        Station.kind,
        Station.code,
        Station.name,
        func.ST_X(Station.geom).label("lon"),
        func.ST_Y(Station.geom).label("lat"),
    )


def check_kinds(column: str, kinds: Sequence[str], known: Sequence[str]) -> None:
    """Refuse kinds of station that are not known.

    Raises
    ------
    BadInput
        With the known ones.
    """
    unknown = [kind for kind in kinds if kind not in known]
    if unknown:
        hint = " | ".join(known)
        raise BadInput(fields=[FieldError("body", column, "coverage_word", kind, hint) for kind in unknown])
