"""Where a question about duty is asked: a point, a building or a micro-grid, each inside one's own areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.models import Area, Building, MicroGrid
from gridmap.services.actors import Actor, scope_of
from gridmap.services.postings import CURRENT


@dataclass(frozen=True)
class AskedPlace:
    """Where help is needed: a point in degrees, a building by id or a micro-grid by code, one of them.

    The point of a building lies inside it, that of a micro-grid is its label.
    """

    lon: float | None = None
    lat: float | None = None
    building_id: int | None = None
    micro_grid_code: str | None = None


def check_place(asked: AskedPlace) -> list[FieldError]:
    """Check that one place is named, and that a point lies on earth."""
    named = {
        "lon": asked.lon,
        "building": asked.building_id,
        "micro_grid": asked.micro_grid_code,
    }
    given = [name for name, value in named.items() if value is not None]
    if asked.lat is not None and "lon" not in given:
        given.append("lat")
    if len(given) > 1:
        return [FieldError("query", given[-1], "duty_one_place", hint="lon, lat | building | micro_grid")]
    if given and given[0] in {"building", "micro_grid"}:
        return []
    faults = []
    for name, value, most in (("lon", asked.lon, 180), ("lat", asked.lat, 90)):
        if value is None:
            faults.append(FieldError("query", name, "api_missing"))
        elif not -most <= value <= most:
            faults.append(FieldError("query", name, "duty_range", str(value), f"{-most} - {most}"))
    return faults


def get_point(session: Session, actor: Actor, asked: AskedPlace) -> tuple[float, float]:
    """Get the point of what was asked for: longitude and latitude in degrees.

    Raises
    ------
    NotFound
        If there is no such building or micro-grid, or the place lies outside the actor's areas.
    BadInput
        If no place, or more than one, is named.
    """
    if faults := check_place(asked):
        raise BadInput(fields=faults)
    if asked.building_id is not None:
        point = Building.point
        query = _point(point).where(Building.id == asked.building_id, scope_of(actor, Building.grid_id))
        return _only(session, query)
    if asked.micro_grid_code is not None:
        query = _point(MicroGrid.label).where(
            *CURRENT, MicroGrid.code == asked.micro_grid_code, scope_of(actor, MicroGrid.grid_id)
        )
        return _only(session, query)
    assert asked.lon is not None
    assert asked.lat is not None
    require_point(session, actor, asked.lon, asked.lat)
    return asked.lon, asked.lat


def require_point(session: Session, actor: Actor, lon: float, lat: float) -> None:
    """Raise `NotFound` for a point outside the actor's areas."""
    if actor.area_ids is None:
        return
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    inside = exists().where(Area.id.in_(actor.area_ids), func.ST_Intersects(Area.geom, point))
    if not session.scalar(select(inside)):
        raise NotFound


def _point(geom: Any) -> Any:
    return select(func.ST_X(geom), func.ST_Y(geom))


def _only(session: Session, query: Any) -> tuple[float, float]:
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]
