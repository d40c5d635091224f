"""Stations: where people are met and duty is kept."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gridmap.models import Area, Station
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.places import as_geojson, get_area, in_area
from gridmap.services.rows import AnyRow, fetch


def list_stations(
    session: Session,
    actor: Actor,
    *,
    area_code: str | None = None,
    kind: str | None = None,
    after_code: str = "",
    limit: int | None = None,
    with_geometry: bool = False,
) -> list[AnyRow]:
    """List stations by code: ``code``, ``name``, ``kind``, ``phone``, ``grid_code``, ``lon``, ``lat``."""
    query = (
        select(
            Station.code,
            Station.name,
            Station.kind,
            Station.phone,
            Area.code.label("grid_code"),
            func.ST_X(Station.geom).label("lon"),
            func.ST_Y(Station.geom).label("lat"),
        )
        .outerjoin(Area, Area.id == Station.grid_id)
        .where(*_stations_where(session, actor, area_code, kind), Station.code > after_code)
        .order_by(Station.code)
        .limit(limit)
    )
    if with_geometry:
        query = query.add_columns(as_geojson(Station.geom))
    return fetch(session, query)


def count_stations(
    session: Session, actor: Actor, *, area_code: str | None = None, kind: str | None = None
) -> int:
    """Count what `list_stations` would list."""
    where = _stations_where(session, actor, area_code, kind)
    return session.scalar(select(func.count()).select_from(Station).where(*where)) or 0


def _stations_where(
    session: Session, actor: Actor, area_code: str | None, kind: str | None
) -> list[ColumnElement[bool]]:
    require(actor, "places.read")
    where = [scope_of(actor, Station.grid_id)]
    if area_code is not None:
        where.append(in_area(Station.grid_id, get_area(session, actor, area_code)))
    if kind is not None:
        where.append(Station.kind == kind)
    return where
