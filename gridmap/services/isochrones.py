"""How far one walks from a station in some minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import func, select

from gridmap.covering.graph import WALK_M_PER_MINUTE
from gridmap.covering.isochrones import build_isochrones
from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.models import Station
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.walking import get_network

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MINUTES = (5.0, 10.0, 15.0)
LONGEST_MINUTES = 60.0
DECIMALS = 6


@dataclass(frozen=True)
class Isochrone:
    """What is reached within some minutes; `geometry` is a GeoJSON MultiPolygon."""

    minutes: float
    walk_m: float
    geometry: dict[str, Any]


def find_isochrones(
    session: Session, actor: Actor, station_code: str, minutes: Sequence[float] = MINUTES
) -> list[Isochrone]:
    """Find what is reached on foot from a station, from the shortest time to the longest.

    Returns
    -------
    list of Isochrone
        Empty where the station has no walking network near it.

    Raises
    ------
    NotFound
        If there is no such station in the actor's scope.
    BadInput
        For a walking time out of range.
    """
    require(actor, "coverage.read")
    if not minutes or not all(0 < number <= LONGEST_MINUTES for number in minutes):
        shown, hint = ",".join(f"{number:g}" for number in minutes), f"0-{LONGEST_MINUTES:g}"
        raise BadInput(fields=[FieldError("query", "minutes", "coverage_number", shown, hint)])
    place = (Station.grid_id, func.ST_X(Station.geom).label("lon"), func.ST_Y(Station.geom).label("lat"))
    found = session.execute(
        select(*place).where(Station.code == station_code, scope_of(actor, Station.grid_id))
    ).one_or_none()
    if found is None:
        raise NotFound
    if found.grid_id is None:
        return []
    graph = get_network(session, found.grid_id).graph
    rising = sorted(set(minutes))
    shapes = build_isochrones(graph, graph.find_doors(np.array([[found.lon, found.lat]])), rising)
    return [
        Isochrone(number, number * WALK_M_PER_MINUTE, _as_geojson(shape))
        for number, shape in zip(rising, shapes, strict=True)
        if not shape.is_empty
    ]


def _as_geojson(shape: shapely.MultiPolygon) -> dict[str, Any]:
    rounded = shapely.set_precision(shape, 10**-DECIMALS, mode="pointwise")
    return dict(shapely.geometry.mapping(rounded))
