"""Micro-grids as rows: of a plan, or those everybody sees, with what people need to know of them."""

from typing import Any

from sqlalchemy import JSON, ColumnElement, case, false, func, select
from sqlalchemy.orm import Session, aliased

from gridmap.errors import NotFound
from gridmap.models import Area, Finding, MicroGrid, Plan
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.places import as_geojson, get_area
from gridmap.services.plans import READABLE, get_plan
from gridmap.services.postings import CURRENT, list_people_of_micro_grid, micro_grids_of, today
from gridmap.services.rows import AnyRow, AnySelect, fetch


def list_micro_grids(
    session: Session,
    actor: Actor,
    *,
    plan_id: int | None = None,
    area_code: str | None = None,
    mine: bool = False,
    after_code: str = "",
    limit: int | None = 100,
    with_geometry: bool = False,
) -> list[AnyRow]:
    """List micro-grids by code.

    Parameters
    ----------
    plan_id
        None = those that everybody sees.
    mine
        Only those the actor's own post answers for today, wholly or in part.

    Returns
    -------
    list of Row
        ``code``, ``plan_id``, ``grid_code``, ``grid_name``, ``households``, ``households_estimated``,
        ``building_count``, ``status``, ``stacked``, ``locked``, ``colour``, ``contents``, ``compactness``,
        ``lon``, ``lat`` (of the label), ``bounds`` (west, south, east, north), and ``geometry`` when asked
        for.
    """
    where = _where(session, actor, plan_id, area_code, mine)
    query = _micro_grids(with_geometry).where(*where, MicroGrid.code > after_code)
    return fetch(session, query.order_by(MicroGrid.code).limit(limit))


def count_micro_grids(
    session: Session,
    actor: Actor,
    *,
    plan_id: int | None = None,
    area_code: str | None = None,
    mine: bool = False,
) -> int:
    """Count what `list_micro_grids` would list."""
    where = _where(session, actor, plan_id, area_code, mine)
    return session.scalar(select(func.count()).select_from(MicroGrid).where(*where)) or 0


def describe_micro_grid(
    session: Session, actor: Actor, code: str, *, plan_id: int | None = None
) -> dict[str, Any]:
    """Describe a micro-grid: its columns with geometry, and who answers for it today.

    Raises
    ------
    NotFound
        If there is none of this code in the plan, or it lies outside the actor's scope.
    """
    where = [*_where(session, actor, plan_id, None, False), MicroGrid.code == code]
    row = session.execute(_micro_grids(with_geometry=True).where(*where)).one_or_none()
    if row is None:
        raise NotFound
    return {**row._asdict(), "people": list_people_of_micro_grid(session, code, row.grid_code, today())}


def get_micro_grid(session: Session, plan: Plan, code: str) -> MicroGrid:
    """Get a micro-grid of a plan; raises NotFound if it has none of this code."""
    micro_grid = session.scalar(select(MicroGrid).where(MicroGrid.plan_id == plan.id, MicroGrid.code == code))
    if micro_grid is None:
        raise NotFound("no_such", kind="micro_grid", code=code)
    return micro_grid


def list_plan_findings(session: Session, actor: Actor, plan_id: int) -> list[AnyRow]:
    """List what the engine found when it made a plan, blocking ones first.

    Returns
    -------
    list of Row
        ``kind``, ``severity``, ``grid``, ``micro_grid`` (codes or None), ``details``.
    """
    plan = get_plan(session, actor, plan_id)
    if plan.status not in READABLE:
        return []
    query = (
        select(
            Finding.kind,
            Finding.severity,
            Area.code.label("grid"),
            MicroGrid.code.label("micro_grid"),
            Finding.details,
        )
        .outerjoin(Area, Area.id == Finding.grid_id)
        .outerjoin(MicroGrid, MicroGrid.id == Finding.micro_grid_id)
        .where(Finding.plan_id == plan.id)
        .order_by(Finding.severity, Finding.id)
    )
    return fetch(session, query)


def _micro_grids(with_geometry: bool) -> AnySelect:
    grid = aliased(Area)
    # One that holds upper floors only has no ground: its label stands for it.
    ground = func.coalesce(MicroGrid.geom, MicroGrid.label)
    edges = [edge(ground) for edge in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    query = select(
        MicroGrid.code,
        MicroGrid.plan_id,
        grid.code.label("grid_code"),
        grid.name.label("grid_name"),
        MicroGrid.households,
        MicroGrid.households_estimated,
        MicroGrid.building_count,
        MicroGrid.status,
        MicroGrid.stacked,
        MicroGrid.locked,
        MicroGrid.colour,
        MicroGrid.contents,
        MicroGrid.compactness,
        func.ST_X(MicroGrid.label).label("lon"),
        func.ST_Y(MicroGrid.label).label("lat"),
        func.json_build_array(*edges, type_=JSON).label("bounds"),
    ).join(grid, grid.id == MicroGrid.grid_id)
    if not with_geometry:
        return query
    shape = case((MicroGrid.geom.is_not(None), as_geojson(MicroGrid.geom)))
    return query.add_columns(shape.label("geometry"))


def _where(
    session: Session, actor: Actor, plan_id: int | None, area_code: str | None, mine: bool
) -> list[ColumnElement[bool]]:
    require(actor, "plans.read")
    where = [scope_of(actor, MicroGrid.grid_id)]
    if plan_id is None:
        where += CURRENT
    else:
        plan = get_plan(session, actor, plan_id)
        # A plan in the making has rows already; nobody sees them before all are there.
        where.append(MicroGrid.plan_id == plan.id if plan.status in READABLE else false())
    if area_code is not None:
        area = get_area(session, actor, area_code)
        where.append(MicroGrid.grid_id.in_(select(Area.id).where(Area.lineage.contains([area.id]))))
    if mine:
        where.append(micro_grids_of(actor.staff_id or 0, today()))
    return where
