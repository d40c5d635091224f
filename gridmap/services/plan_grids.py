"""Grids of a plan with how they stand: which of them need work, so that they can be opened."""

from typing import Any

from sqlalchemy import JSON, func, select
from sqlalchemy.orm import Session, aliased

from gridmap.models import Area, Building, Finding, MicroGrid
from gridmap.services.actors import Actor
from gridmap.services.places import as_geojson, get_area
from gridmap.services.plans import get_plan, require_readable
from gridmap.services.rows import AnyRow, AnySelect, fetch

TOLERANCE_DEGREES = 0.00003  # 3 m: grids are seen from afar


def list_plan_grids(session: Session, actor: Actor, plan_id: int, area_code: str) -> list[AnyRow]:
    """List the grids of a plan in an area, by code.

    Returns
    -------
    list of Row
        ``code``, ``name``, ``name_en``, ``community``, ``community_en`` (names of the area above), ``bounds``
        (west, south, east, north), ``geometry`` (GeoJSON, thinned to 3 m), ``households`` (of all its
        buildings), ``unassigned`` (households in no micro-grid of the plan), ``micro_grids``, ``under``,
        ``over`` (micro-grids below and above the band), ``torn`` (micro-grids in pieces).

    Raises
    ------
    NotFound
        If there is no such plan or area for the actor.
    Conflict
        If the plan is not made yet.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    area = get_area(session, actor, area_code)
    above = aliased(Area)
    held = _held(plan.id).subquery()
    torn = _torn(plan.id).subquery()
    homes = (
        select(Building.grid_id, func.sum(Building.households).label("households"))
        .group_by(Building.grid_id)
        .subquery()
    )
    edges = [edge(Area.geom) for edge in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    households = func.coalesce(homes.c.households, 0)
    query = (
        select(
            Area.code,
            Area.name,
            Area.name_en,
            above.name.label("community"),
            above.name_en.label("community_en"),
            func.json_build_array(*edges, type_=JSON).label("bounds"),
            as_geojson(func.ST_SimplifyPreserveTopology(Area.geom, TOLERANCE_DEGREES)),
            households.label("households"),
            func.greatest(households - func.coalesce(held.c.households, 0), 0).label("unassigned"),
            *(_count_of(held, name) for name in ("micro_grids", "under", "over")),
            _count_of(torn, "torn"),
        )
        .outerjoin(above, above.id == Area.parent_id)
        .outerjoin(held, held.c.grid_id == Area.id)
        .outerjoin(torn, torn.c.grid_id == Area.id)
        .outerjoin(homes, homes.c.grid_id == Area.id)
        .where(Area.level == "grid", Area.lineage.contains([area.id]), Area.lineage.contains([plan.area_id]))
    )
    return fetch(session, query.order_by(Area.code))


def _count_of(table: Any, name: str) -> Any:
    return func.coalesce(table.c[name], 0).label(name)


def _held(plan_id: int) -> AnySelect:
    """Count the micro-grids of each grid, by how they stand."""
    of_status = (func.count().filter(MicroGrid.status == name).label(name) for name in ("under", "over"))
    return (
        select(
            MicroGrid.grid_id,
            func.count().label("micro_grids"),
            func.sum(MicroGrid.households).label("households"),
            *of_status,
        )
        .where(MicroGrid.plan_id == plan_id)
        .group_by(MicroGrid.grid_id)
    )


def _torn(plan_id: int) -> AnySelect:
    found = func.count(Finding.micro_grid_id.distinct()).label("torn")
    return (
        select(Finding.grid_id, found)
        .where(Finding.plan_id == plan_id, Finding.kind == "not_contiguous")
        .group_by(Finding.grid_id)
    )
