"""Who is nearest on foot among those on duty.

Candidates come by the straight line, from the index, of each station no more than are wanted; the straight
line is never longer than the walk, so no more of them are needed once the last one wanted walks no farther
than the first unread one is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import column

from gridmap.db import sql
from gridmap.services.walking import CUT_OFF, NO_NETWORK, ON_FOOT, find_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from gridmap.covering.graph import Doors, Reach

NEAREST_COLUMNS = (
    *("shift_id", "staff_id", "staff_code", "role", "organisation", "duty_phone", "skills"),
    *("station_code", "station_name", "station_phone", "area_code", "area_name"),
    *("starts_at", "ends_at", "distance_m", "lon", "lat"),
)
NEAREST = sql("duty_nearest").columns(*(column(name) for name in NEAREST_COLUMNS))
"""With its columns named here they are not looked up again for every answer."""
FIRST_STATIONS = 4
"""So many stations' people are read at first."""
DETOUR, DETOUR_M = 2.0, 500.0
"""The search goes to twice the straight line of the farthest and half a kilometre, then everywhere."""
SPHERE = 0.99
"""The index reads by the sphere; nobody unread is nearer than this share of the last that was read."""
DECIMALS = 7


@dataclass(frozen=True)
class Candidate:
    """Somebody on duty.

    Attributes
    ----------
    row
        As `duty_nearest` gives it.
    walk_m
        Metres on foot; the straight line where nobody can walk.
    how
        `ON_FOOT`, or why the straight line is given instead: `NO_NETWORK` or `CUT_OFF`.
    """

    row: Any
    walk_m: float
    how: str


class Walker:
    """The walks from one point, on the network of its district."""

    def __init__(self, session: Session, lon: float, lat: float) -> None:
        network = find_network(session, lon, lat)
        self._graph = network.graph if network else None
        self._start = None if self._graph is None else self._graph.find_doors(np.array([(lon, lat)]))
        self._reach: Reach | None = None

    def measure(self, rows: Sequence[Any]) -> list[Candidate]:
        """Measure the walk to where each duty is kept, in the order of the rows.

        Parameters
        ----------
        rows
            With ``lon``, ``lat`` and ``distance_m``, the straight line on the spheroid.
        """
        places = {(row["lon"], row["lat"]): row["distance_m"] for row in rows}
        walks = dict(zip(places, self._walk(list(places), list(places.values())), strict=True))
        return [Candidate(row, *walks[row["lon"], row["lat"]]) for row in rows]

    def find_route(self, lon: float, lat: float) -> dict[str, Any] | None:
        """Find the way from where a duty is kept to the point, as GeoJSON; None where nobody can walk."""
        if self._graph is None or self._start is None:
            return None
        door = self._graph.find_doors(np.array([(lon, lat)]))
        if not self._graph.are_joined(self._start, door)[0]:
            return None
        route = self._reach_to(door, 0.0).find_route(door)
        return {"type": "LineString", "coordinates": shapely.get_coordinates(route).round(DECIMALS).tolist()}

    def _walk(self, lonlat: list[tuple[float, float]], straight_m: list[float]) -> list[tuple[float, str]]:
        """Measure each walk; the straight line on the spheroid is the least it can be."""
        if self._graph is None or self._start is None or self._start.edge[0] < 0 or not lonlat:
            return [(metres, NO_NETWORK) for metres in straight_m]
        doors = self._graph.find_doors(np.array(lonlat))
        is_joined = self._graph.are_joined(self._start, doors)
        reach = self._reach_to(doors[is_joined], DETOUR * max(straight_m) + DETOUR_M)
        answers = []
        walks = reach.walk_to(doors).walk_m.tolist()
        for edge, walk_m, joined, metres in zip(doors.edge, walks, is_joined, straight_m, strict=True):
            if joined:
                answers.append((max(walk_m, metres), ON_FOOT))
            else:
                answers.append((metres, NO_NETWORK if edge < 0 else CUT_OFF))
        return answers

    def _reach_to(self, doors: Doors, limit_m: float) -> Reach:
        """Search from the point as far as a limit; everywhere, where that leaves a door out."""
        assert self._graph is not None
        assert self._start is not None
        if self._reach is None or self._reach.limit_m < limit_m:
            self._reach = self._graph.reach(self._start, limit_m)
        if np.isinf(self._reach.walk_to(doors).walk_m).any():
            self._reach = self._graph.reach(self._start)
        return self._reach


def find_by_walk(
    session: Session, walker: Walker, asked: dict[str, Any], own: Sequence[Any], limit: int
) -> list[Candidate]:
    """Find who is nearest on foot.

    Parameters
    ----------
    asked
        Parameters of `duty_nearest` but ``at_most`` and ``of_station``.
    own
        Rows of those who stand first, however far they are.
    limit
        People wanted.
    """
    own_ids = {row["staff_id"] for row in own}
    first = _each_once(walker.measure(own))[:limit]
    missing = limit - len(first)
    of_station = missing + len(own_ids)
    at_most = FIRST_STATIONS * of_station
    while missing:
        wanted = {"at_most": at_most, "of_station": of_station}
        rows = session.execute(NEAREST, asked | wanted).mappings().all()
        is_all = len(rows) < at_most
        found = _each_once(walker.measure([row for row in rows if row["staff_id"] not in own_ids]))
        unread_m = np.inf if is_all else SPHERE * rows[-1]["distance_m"]
        if is_all or (len(found) >= missing and found[missing - 1].walk_m <= unread_m):
            return first + found[:missing]
        at_most *= 4
    return first


def _each_once(candidates: list[Candidate]) -> list[Candidate]:
    """Keep the nearest place of each post, the shortest walk first."""
    kept: dict[int, Candidate] = {}
    for one in sorted(candidates, key=lambda one: (one.walk_m, one.row["staff_code"])):
        kept.setdefault(one.row["staff_id"], one)
    return list(kept.values())
