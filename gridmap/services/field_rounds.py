"""The walking round of one post: which of its buildings are due for a visit, in the order to walk past them.

Where the walk starts may be sent along; it is used for the answer and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import func, select

from gridmap.covering.graph import WALK_M_PER_MINUTE
from gridmap.covering.tours import order_stops
from gridmap.errors import NotFound
from gridmap.models import Building, Entrance, Staff, Station, Visit
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.coverage import day_of
from gridmap.services.duty_walks import DETOUR, DETOUR_M
from gridmap.services.postings import buildings_of
from gridmap.services.visit_periods import Period, find_period
from gridmap.services.visits import get_visit_kind
from gridmap.services.walking import CUT_OFF, GEOD, NO_NETWORK, ON_FOOT, find_network

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.covering.graph import Doors, WalkingGraph
    from gridmap.services.rows import AnyRow

MOST_STOPS = 100
"""Nobody walks past more doors in a day; the nearest of them are given, and how many are left."""
DECIMALS = 6
_DOOR = func.coalesce(Entrance.geom, Building.point)


@dataclass(frozen=True)
class Stop:
    """A building on the round.

    Attributes
    ----------
    walk_m
        Metres from the stop before, or from the start.
    how
        ``on_foot``, or why the straight line is given instead: ``no_network`` or ``cut_off``.
    """

    building_id: int
    walk_m: float
    how: str


@dataclass(frozen=True)
class Way:
    """A way on foot: metres, minutes, ``how`` as of a `Stop`, and its line as GeoJSON."""

    walk_m: float
    walk_minutes: float
    how: str
    line: dict[str, Any]


@dataclass(frozen=True)
class FieldRound:
    """A round past the buildings that are due.

    Attributes
    ----------
    start
        ``place`` (as sent), ``station`` (of the post) or ``first`` (the first building itself).
    walk_m
        Metres of the whole walk; it ends at its last stop.
    line
        The way as GeoJSON, straight where the network does not lead.
    due
        Buildings that are due, of which ``left`` are too many for one round.
    """

    kind: str
    start: str
    stops: list[Stop]
    walk_m: float
    line: dict[str, Any] | None
    due: int
    left: int
    as_of: datetime


def find_field_round(
    session: Session,
    actor: Actor,
    kind: str,
    *,
    lonlat: tuple[float, float] | None = None,
    done: Collection[int] = (),
    at: datetime | None = None,
) -> FieldRound:
    """Order the actor's buildings that are due for a kind of visit as one walks past them.

    Parameters
    ----------
    lonlat
        Where the walk starts, degrees; the post's station by default, else the first building.
    done
        Buildings that were visited but are not sent yet.
    at
        With zone; now by default. The visits of its day, month or quarter count.

    Raises
    ------
    NotFound
        If there is no post behind the account.
    BadInput
        If there is no such kind of visit.
    """
    require(actor, "visits.write")
    moment = at or datetime.now(UTC)
    period = find_period(get_visit_kind(session, kind, "body").period, moment)
    if actor.staff_id is None:
        raise NotFound("no_post")
    is_done = frozenset(done)
    due = [row for row in _list_due(session, actor, kind, moment, period) if row.id not in is_done]
    places = np.array([(row.lon, row.lat) for row in due], dtype=float).reshape(-1, 2)
    start, begun = _find_start(session, actor.staff_id, lonlat)
    chosen = _nearest(places, start, MOST_STOPS)
    due_count, due, places = len(due), [due[row] for row in chosen], places[chosen]
    if not due:
        return FieldRound(kind, begun, [], 0.0, None, 0, 0, moment)
    if start is None:
        start = places[0]
    ways = _Ways(session, np.vstack([start, places]))
    order = order_stops(ways.walk_m)
    legs = list(zip([0, *order[:-1].tolist()], order.tolist(), strict=True))
    stops = [
        Stop(due[to - 1].id, round(float(ways.walk_m[off, to]), 1), str(ways.how[off, to]))
        for off, to in legs
    ]
    whole_m = round(float(sum(ways.walk_m[leg] for leg in legs)), 1)
    line = ways.draw(legs)
    return FieldRound(kind, begun, stops, whole_m, line, due_count, due_count - len(due), moment)


def find_way(session: Session, actor: Actor, building_id: int, lonlat: tuple[float, float]) -> Way:
    """Find the way on foot from a place to the nearest door of a building.

    Raises
    ------
    NotFound
        If there is no such building in the actor's scope.
    """
    require(actor, "places.read")
    query = (
        select(func.ST_X(_DOOR), func.ST_Y(_DOOR))
        .select_from(Building)
        .outerjoin(Entrance, Entrance.building_id == Building.id)
        .where(Building.id == building_id, scope_of(actor, Building.grid_id))
        .order_by(Entrance.number)
    )
    doors = [tuple(row) for row in session.execute(query)]
    if not doors:
        raise NotFound
    ways = _Ways(session, np.array([lonlat, *doors], dtype=float), from_start=True)
    nearest = 1 + int(ways.walk_m[0, 1:].argmin())
    walk_m = round(float(ways.walk_m[0, nearest]), 1)
    return Way(walk_m, walk_m / WALK_M_PER_MINUTE, str(ways.how[0, nearest]), ways.draw([(0, nearest)]))


class _Ways:
    """The ways between some places: the first is the start.

    Attributes
    ----------
    walk_m, how
        (n, n) metres from each to each, and how they were measured; `from_start`: (1, n), from the start.
    """

    def __init__(self, session: Session, places: np.ndarray, *, from_start: bool = False) -> None:
        self._places = places
        begins = slice(1 if from_start else None)
        straight_m = _straight(places[begins], places)
        self.walk_m, self.how = straight_m, np.full(straight_m.shape, NO_NETWORK, dtype=object)
        network = find_network(session, *places[0].tolist())
        self._graph: WalkingGraph | None = network.graph if network else None
        self._doors: Doors | None = None
        if self._graph is None or not len(self._graph.ends):
            return
        self._doors = doors = self._graph.find_doors(places)
        limit_m = DETOUR * float(straight_m.max()) + DETOUR_M
        found = self._graph.walk_from_each(doors, doors[begins], limit_m)
        has_door = doors.edge >= 0
        starts = doors[begins]
        is_joined = np.array(
            [self._graph.are_joined(starts[row : row + 1], doors) for row in range(len(starts))]
        )
        if not np.isfinite(found[is_joined]).all():
            found = self._graph.walk_from_each(doors, doors[begins])
        is_walked = np.isfinite(found)
        self.how[has_door[begins, None] & has_door] = CUT_OFF
        self.how[is_walked] = ON_FOOT
        self.walk_m = np.where(is_walked, np.maximum(found, straight_m), straight_m)

    def draw(self, legs: list[tuple[int, int]]) -> dict[str, Any]:
        """Draw the way along some legs, one after the other, as GeoJSON."""
        parts = [self._line(off, to) for off, to in legs]
        return {"type": "LineString", "coordinates": np.vstack(parts).round(DECIMALS).tolist()}

    def _line(self, off: int, to: int) -> np.ndarray:
        if self.how[off, to] == ON_FOOT and self._graph is not None and self._doors is not None:
            route = self._graph.find_route(self._doors[off : off + 1], self._doors[to : to + 1])
            if route is not None:
                return shapely.get_coordinates(route)
        return self._places[[off, to]]


def _list_due(session: Session, actor: Actor, kind: str, at: datetime, period: Period) -> list[AnyRow]:
    """List the buildings with homes that the actor's post answers for and nobody visited in the period."""
    visited = select(Visit.id).where(
        Visit.building_id == Building.id,
        Visit.kind == kind,
        Visit.visited_at >= period.starts_at,
        Visit.visited_at < period.ends_at,
    )
    first = select(Entrance.geom).where(Entrance.building_id == Building.id, Entrance.geom.is_not(None))
    door = func.coalesce(first.order_by(Entrance.number).limit(1).scalar_subquery(), Building.point)
    query = (
        select(Building.id, func.ST_X(door).label("lon"), func.ST_Y(door).label("lat"))
        .where(buildings_of(actor.staff_id or 0, day_of(at)), scope_of(actor, Building.grid_id))
        .where(Building.households > 0, ~visited.exists())
        .order_by(Building.id)
    )
    return list(session.execute(query).all())


def _find_start(
    session: Session, staff_id: int, lonlat: tuple[float, float] | None
) -> tuple[np.ndarray | None, str]:
    if lonlat is not None:
        return np.array(lonlat), "place"
    query = (
        select(func.ST_X(Station.geom), func.ST_Y(Station.geom))
        .join(Staff, Staff.station_id == Station.id)
        .where(Staff.id == staff_id)
    )
    station = session.execute(query).one_or_none()
    return (None, "first") if station is None else (np.array(tuple(station), dtype=float), "station")


def _nearest(places: np.ndarray, start: np.ndarray | None, most: int) -> np.ndarray:
    """Choose the places nearest to a start in a straight line, in the order they came."""
    if len(places) <= most:
        return np.arange(len(places))
    start = places[0] if start is None else start
    far_m = GEOD.inv(*np.broadcast_to(start, places.shape).T, *places.T)[2]
    return np.sort(np.argsort(far_m, kind="stable")[:most])


def _straight(starts: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """Measure the straight lines from places to places: (starts, goals) metres on the spheroid."""
    one, other = np.repeat(starts, len(goals), axis=0), np.tile(goals, (len(starts), 1))
    metres: np.ndarray = np.asarray(GEOD.inv(*one.T, *other.T)[2]).reshape(len(starts), len(goals))
    return metres
