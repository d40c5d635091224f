"""Who is nearest on foot among those on duty.

Candidates come by the straight line, from the index; the straight line is never longer than the walk, so no
more of them are needed once the last one wanted walks no farther than the first unread one is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.db import sql
from gridmap.services.duty_places import find_smallest_area
from gridmap.services.walking import CUT_OFF, NO_NETWORK, ON_FOOT, get_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from gridmap.covering.graph import Doors, WalkingGraph

FIRST_ROWS = 32
DETOUR, DETOUR_M = 2.0, 500.0
"""Walks are looked for up to twice the straight line of the farthest candidate and half a kilometre."""
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
        Metres on foot; the straight line where nobody can walk; inf: farther than was looked.
    how
        `ON_FOOT`, or why the straight line is given instead: `NO_NETWORK` or `CUT_OFF`.
    """

    row: Any
    walk_m: float
    how: str


class Walker:
    """The walks from one point, on the network of its district."""

    def __init__(self, session: Session, lon: float, lat: float) -> None:
        area_id = find_smallest_area(session, lon, lat)
        self._graph: WalkingGraph | None = get_network(session, area_id).graph if area_id else None
        self._start = self._doors([(lon, lat)])

    def measure(self, rows: Sequence[Any], limit_m: float) -> list[Candidate]:
        """Measure the walk to where each duty is kept, the shortest first; beyond the limit it is inf."""
        places: dict[tuple[float, float], float] = {
            (row["lon"], row["lat"]): row["distance_m"] for row in rows
        }
        found = dict(zip(places, self._walks(list(places), list(places.values()), limit_m), strict=True))
        candidates = [Candidate(row, *found[row["lon"], row["lat"]]) for row in rows]
        return sorted(candidates, key=lambda one: (one.walk_m, one.row["staff_code"]))

    def find_route(self, lon: float, lat: float) -> dict[str, Any] | None:
        """Find the way from where a duty is kept to the point, as GeoJSON; None where nobody can walk."""
        if self._graph is None or self._start is None:
            return None
        goal = self._doors([(lon, lat)])
        route = None if goal is None else self._graph.find_route(goal, self._start)
        if route is None:
            return None
        xy = shapely.get_coordinates(route).round(DECIMALS).tolist()
        return {"type": "LineString", "coordinates": xy if len(xy) > 1 else xy * 2}

    def _doors(self, lonlat: list[tuple[float, float]]) -> Doors | None:
        return None if self._graph is None else self._graph.find_doors(np.array(lonlat))

    def _walks(
        self, lonlat: list[tuple[float, float]], straight_m: list[float], limit_m: float
    ) -> list[tuple[float, str]]:
        """Measure each walk; the straight line on the spheroid is the least it can be."""
        doors = self._doors(lonlat) if lonlat else None
        if self._graph is None or self._start is None or doors is None or self._start.edge[0] < 0:
            return [(metres, NO_NETWORK) for metres in straight_m]
        walks = self._graph.walk_to_nearest(doors, self._start, limit_m).walk_m
        together = self._graph.piece[doors.edge] == self._graph.piece[self._start.edge[0]]
        answers = []
        for edge, walk, reachable, straight in zip(doors.edge, walks, together, straight_m, strict=True):
            if edge < 0:
                answers.append((straight, NO_NETWORK))
            elif not reachable:
                answers.append((straight, CUT_OFF))
            else:
                answers.append((max(float(walk), straight), ON_FOOT))
        return answers


def find_by_walk(
    session: Session, walker: Walker, asked: dict[str, Any], own: Sequence[Any], limit: int
) -> list[Candidate]:
    """Find who is nearest on foot.

    Parameters
    ----------
    asked
        Parameters of `duty_nearest` but ``at_most``.
    own
        Rows of those who stand first, however far they are.
    limit
        People wanted.
    """
    own_ids = {row["staff_id"] for row in own}
    first = _each_once(walker.measure(own, np.inf))[:limit]
    missing, at_most = limit - len(first), max(FIRST_ROWS, 3 * limit)
    while missing:
        rows = session.execute(sql("duty_nearest"), asked | {"at_most": at_most}).mappings().all()
        is_all = len(rows) < at_most
        unread_m = np.inf if is_all else SPHERE * rows[-1]["distance_m"]
        others = [row for row in rows if row["staff_id"] not in own_ids]
        found = _each_once(walker.measure(others, np.inf if is_all else DETOUR * unread_m + DETOUR_M))
        if is_all or (len(found) >= missing and found[missing - 1].walk_m <= unread_m):
            return first + found[:missing]
        at_most *= 4
    return first


def _each_once(candidates: list[Candidate]) -> list[Candidate]:
    """Keep the first of each post: one that is on duty at two places is met at the nearer."""
    kept: dict[int, Candidate] = {}
    for one in candidates:
        kept.setdefault(one.row["staff_id"], one)
    return list(kept.values())
