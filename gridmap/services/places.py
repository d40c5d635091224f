"""Places: areas, and buildings with what stands around them.

Lists give rows with exactly the columns they name, a geometry as GeoJSON with 7 decimals only when asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, JSON, BigInteger, ColumnElement, cast, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from gridmap.errors import NotFound
from gridmap.models import (
    Area,
    Assignment,
    Building,
    Compound,
    Entrance,
    Issue,
    MicroGrid,
)
from gridmap.models.issues import CLOSED_STATES
from gridmap.services.actors import Actor, area_in_scope, lineage_meets, require, require_area, scope_of
from gridmap.services.postings import CURRENT, buildings_of, list_people_of_building, today
from gridmap.services.rows import AnyRow, AnySelect, fetch
from gridmap.services.search import names_contain

DECIMALS = 7


def as_geojson(geom: Any) -> ColumnElement[Any]:
    """Build the column that gives a geometry as a GeoJSON object with 7 decimals (1 cm)."""
    return cast(func.ST_AsGeoJSON(geom, DECIMALS), JSON).label("geometry")


# Areas.


def get_area(session: Session, actor: Actor, code: str) -> Area:
    """Get an area.

    Raises
    ------
    NotFound
        If there is none, or it lies outside the actor's scope.
    """
    require(actor, "places.read")
    area = session.scalar(select(Area).where(Area.code == code))
    if area is None:
        raise NotFound
    require_area(actor, area)
    return area


def list_areas(
    session: Session,
    actor: Actor,
    *,
    parent_code: str | None = None,
    level: str | None = None,
    top: bool = False,
    after_code: str = "",
    limit: int | None = None,
    with_geometry: bool = False,
) -> list[AnyRow]:
    """List areas by code.

    Parameters
    ----------
    parent_code
        Only the children of this area.
    top
        Only the largest areas of the actor's scope.

    Returns
    -------
    list of Row
        ``code``, ``level``, ``kind``, ``name``, ``name_en``, ``parent_code``, ``bounds`` (west, south, east,
        north), ``households``, and ``geometry`` when asked for.
    """
    query = _areas(with_geometry).where(*_areas_where(session, actor, parent_code, level, top))
    query = query.where(Area.code > after_code).order_by(Area.code).limit(limit)
    return fetch(session, query)


def count_areas(
    session: Session, actor: Actor, *, parent_code: str | None = None, level: str | None = None
) -> int:
    """Count what `list_areas` would list."""
    where = _areas_where(session, actor, parent_code, level, top=False)
    return session.scalar(select(func.count()).select_from(Area).where(*where)) or 0


def describe_area(
    session: Session, actor: Actor, code: str, *, with_geometry: bool = False
) -> dict[str, Any]:
    """Describe an area: its columns as in `list_areas`, its parents from the district down, its counts."""
    area = get_area(session, actor, code)
    row = session.execute(_areas(with_geometry).where(Area.id == area.id)).one()
    below = select(Area.id).where(Area.lineage.contains([area.id]))
    parents = select(Area.code, Area.name, Area.name_en, Area.level).where(
        Area.id.in_(area.lineage), Area.id != area.id
    )
    counts = {
        "grids": select(Area.id).where(Area.lineage.contains([area.id]), Area.level == "grid"),
        "buildings": select(Building.id).where(Building.grid_id.in_(below)),
        "micro_grids": select(MicroGrid.id).where(*CURRENT, MicroGrid.grid_id.in_(below)),
    }
    return {
        **row._asdict(),
        "parents": fetch(session, parents.order_by(func.cardinality(Area.lineage))),
        **{name: _count(session, rows) for name, rows in counts.items()},
    }


def find_areas_by_id(session: Session, area_ids: Iterable[int]) -> dict[int, AnyRow]:
    """Find ``code`` and ``name`` of areas whose ids the caller was allowed to see."""
    query = select(Area.id, Area.code, Area.name).where(Area.id.in_(set(area_ids)))
    return {row.id: row for row in fetch(session, query)}


def _count(session: Session, rows: AnySelect) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _areas(with_geometry: bool) -> AnySelect:
    parent = aliased(Area)
    below = aliased(Area)
    households = (
        select(func.coalesce(func.sum(Building.households), 0))
        .join(below, below.id == Building.grid_id)
        .where(below.lineage.contains(func.array_append(cast([], ARRAY(BigInteger)), Area.id)))
        .scalar_subquery()
    )
    edges = [edge(Area.geom) for edge in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    query = select(
        Area.code,
        Area.level,
        Area.kind,
        Area.name,
        Area.name_en,
        parent.code.label("parent_code"),
        func.json_build_array(*edges, type_=JSON).label("bounds"),
        households.label("households"),
    ).outerjoin(parent, parent.id == Area.parent_id)
    return query.add_columns(as_geojson(Area.geom)) if with_geometry else query


def _areas_where(
    session: Session, actor: Actor, parent_code: str | None, level: str | None, top: bool
) -> list[ColumnElement[bool]]:
    require(actor, "places.read")
    where = [area_in_scope(actor)]
    if parent_code is not None:
        where.append(Area.parent_id == get_area(session, actor, parent_code).id)
    if level is not None:
        where.append(Area.level == level)
    if top:
        above = aliased(Area)
        own = actor.area_ids
        is_above = above.id == Area.parent_id
        if own is not None:
            is_above &= lineage_meets(own, above)
        where.append(~exists(select(above.id).where(is_above)))
    return where


# Buildings.


@dataclass(frozen=True)
class BuildingDetails:
    """A building and what stands around it.

    Attributes
    ----------
    building
        As in `list_buildings`, with geometry.
    entrances
        ``number``, ``name``, ``storeys``, ``households``.
    micro_grids
        Of the published plan: ``code``, ``status``, ``households`` (of the whole micro-grid),
        ``entrance_number``, ``floor_from``, ``floor_to``, ``atom_households`` (of this part of the building).
    people
        Who answers for it today, the nearest first; see `list_people_of_building`.
    open_issues
        ``id``, ``category``, ``state``, ``reported_at``, ``due_at``, newest first.
    """

    building: AnyRow
    entrances: list[AnyRow]
    micro_grids: list[AnyRow]
    people: list[AnyRow]
    open_issues: list[AnyRow]


def list_buildings(
    session: Session,
    actor: Actor,
    *,
    area_code: str | None = None,
    compound_code: str | None = None,
    micro_grid_code: str | None = None,
    search: str | None = None,
    mine: bool = False,
    after_id: int = 0,
    limit: int | None = 100,
    with_geometry: bool = False,
) -> list[AnyRow]:
    """List buildings by id.

    Parameters
    ----------
    micro_grid_code
        Only those in this micro-grid of the published plan.
    search
        Part of a name or an address.
    mine
        Only those the actor's own post answers for today.

    Returns
    -------
    list of Row
        ``id``, ``name``, ``address``, ``use``, ``storeys``, ``entrance_count``, ``entrances_estimated``,
        ``households``, ``households_estimated``, ``households_source``, ``compound_code``,
        ``compound_name``, ``grid_code``, ``grid_name``, ``lon``, ``lat`` (a point inside), and ``geometry``
        when asked for.
    """
    where = _buildings_where(session, actor, area_code, compound_code, micro_grid_code, search, mine)
    query = _buildings(with_geometry).where(*where, Building.id > after_id)
    return fetch(session, query.order_by(Building.id).limit(limit))


def count_buildings(
    session: Session,
    actor: Actor,
    *,
    area_code: str | None = None,
    compound_code: str | None = None,
    micro_grid_code: str | None = None,
    search: str | None = None,
    mine: bool = False,
) -> int:
    """Count what `list_buildings` would list."""
    where = _buildings_where(session, actor, area_code, compound_code, micro_grid_code, search, mine)
    return session.scalar(select(func.count()).select_from(Building).where(*where)) or 0


def get_building(session: Session, actor: Actor, building_id: int) -> BuildingDetails:
    """Get a building with its micro-grids, the people who answer for it, and its open issues.

    Raises
    ------
    NotFound
        If there is none, or it lies outside the actor's scope.
    """
    require(actor, "places.read")
    building = session.scalar(
        select(Building).where(Building.id == building_id, scope_of(actor, Building.grid_id))
    )
    if building is None:
        raise NotFound
    entrances = select(Entrance.number, Entrance.name, Entrance.storeys, Entrance.households)
    micro_grids = (
        select(
            MicroGrid.code,
            MicroGrid.status,
            MicroGrid.households,
            Assignment.entrance_number,
            Assignment.floor_from,
            Assignment.floor_to,
            Assignment.households.label("atom_households"),
        )
        .join(Assignment, Assignment.micro_grid_id == MicroGrid.id)
        .where(*CURRENT, Assignment.building_id == building.id)
        .order_by(MicroGrid.code, Assignment.entrance_number, Assignment.floor_from)
    )
    issues = (
        select(Issue.id, Issue.category, Issue.state, Issue.reported_at, Issue.due_at)
        .where(Issue.building_id == building.id, Issue.state.not_in(CLOSED_STATES))
        .order_by(Issue.reported_at.desc(), Issue.id.desc())
    )
    at_entrances = entrances.where(Entrance.building_id == building.id).order_by(Entrance.number)
    return BuildingDetails(
        building=session.execute(_buildings(with_geometry=True).where(Building.id == building.id)).one(),
        entrances=fetch(session, at_entrances),
        micro_grids=fetch(session, micro_grids),
        people=list_people_of_building(session, building, today()),
        open_issues=fetch(session, issues) if actor.may("issues.read") else [],
    )


def _buildings(with_geometry: bool) -> AnySelect:
    inside = Building.point
    query = (
        select(
            Building.id,
            Building.name,
            Building.address,
            Building.use,
            Building.storeys,
            Building.entrance_count,
            Building.entrances_estimated,
            Building.households,
            Building.households_estimated,
            Building.households_source,
            Compound.code.label("compound_code"),
            Compound.name.label("compound_name"),
            Area.code.label("grid_code"),
            Area.name.label("grid_name"),
            func.ST_X(inside).label("lon"),
            func.ST_Y(inside).label("lat"),
        )
        .outerjoin(Compound, Compound.id == Building.compound_id)
        .outerjoin(Area, Area.id == Building.grid_id)
    )
    return query.add_columns(as_geojson(Building.geom)) if with_geometry else query


def _buildings_where(
    session: Session,
    actor: Actor,
    area_code: str | None,
    compound_code: str | None,
    micro_grid_code: str | None,
    search: str | None,
    mine: bool,
) -> list[ColumnElement[bool]]:
    require(actor, "places.read")
    where = [scope_of(actor, Building.grid_id)]
    if area_code is not None:
        where.append(in_area(Building.grid_id, get_area(session, actor, area_code)))
    if compound_code is not None:
        compound_id = session.scalar(select(Compound.id).where(Compound.code == compound_code))
        if compound_id is None:
            raise NotFound
        where.append(Building.compound_id == compound_id)
    if micro_grid_code is not None:
        assigned = select(Assignment.building_id).join(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
        where.append(Building.id.in_(assigned.where(*CURRENT, MicroGrid.code == micro_grid_code)))
    if mine:
        where.append(buildings_of(actor.staff_id or 0, today()))
    if search is not None:
        where.append(names_contain(search, Building.name, Building.address))
    return where


def in_area(
    grid_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], area: Area
) -> ColumnElement[bool]:
    """Build the condition that the grid in column ``grid_id`` is the area or lies below it."""
    return grid_id.in_(select(Area.id).where(Area.lineage.contains([area.id])))
