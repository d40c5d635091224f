"""Micro-grids: those everybody sees, or those of a plan."""

from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import micro_grids as service
from gridmap.services.actors import Actor
from gridmap.web.buildings import PostedOut
from gridmap.web.inputs import LARGEST_ID, Code, GeometryQuery, Input, PageByCode
from gridmap.web.outputs import (
    Bounds,
    Degrees,
    FeatureCollection,
    Geometry,
    Out,
    PageOut,
    answer_features,
    build_page,
)
from gridmap.web.sign_in import in_transaction

micro_grids = APIBlueprint("api_micro_grids", __name__, url_prefix="/api/v1", tag="micro-grids")


class MicroGridOut(Out):
    """A micro-grid."""

    code: str
    plan_id: int
    grid_code: str
    grid_name: str
    households: int
    households_estimated: bool
    building_count: int
    status: str = Field(description="under, in_band or over")
    stacked: bool = Field(description="holds floors above another micro-grid's ground")
    locked: bool = Field(description="stays as it is in the next plan")
    colour: int
    contents: str
    compactness: float | None
    lon: Degrees
    lat: Degrees
    bounds: Bounds
    geometry: Geometry = Field(default=None, description="null, too, when it holds upper floors only")


class MicroGridPage(PageOut[MicroGridOut]):
    """Part of the micro-grids."""


class MicroGridDetailsOut(MicroGridOut):
    """A micro-grid with who answers for it."""

    people: list[PostedOut]


class PlanQuery(Input):
    """Which plan."""

    plan: Annotated[
        int | None, Field(ge=1, le=LARGEST_ID, description="of this plan; else the published ones")
    ] = None


class MicroGridsQuery(PageByCode, PlanQuery):
    """Which micro-grids."""

    area: Annotated[Code | None, Field(description="in this area")] = None
    mine: Annotated[bool, Field(description="1: only those one's own post answers for")] = False


class MicroGridsWithGeometryQuery(MicroGridsQuery, GeometryQuery):
    """Which micro-grids, and whether with their geometry."""


@micro_grids.get("/micro-grids")
@micro_grids.input(MicroGridsWithGeometryQuery, location="query")
@micro_grids.output(MicroGridPage)
@in_transaction
def list_micro_grids(
    session: Session, actor: Actor, query_data: MicroGridsWithGeometryQuery
) -> dict[str, Any]:
    """List micro-grids by code"""
    return _page(session, actor, query_data, query_data.geometry)


@micro_grids.get("/micro-grids.geojson")
@micro_grids.input(MicroGridsQuery, location="query")
@micro_grids.output(FeatureCollection, content_type="application/geo+json")
@in_transaction
def list_micro_grid_features(session: Session, actor: Actor, query_data: MicroGridsQuery) -> Response:
    """List micro-grids as GeoJSON"""
    return answer_features(_page(session, actor, query_data, True), "code")


@micro_grids.get("/micro-grids/<code>")
@micro_grids.input(PlanQuery, location="query")
@micro_grids.output(MicroGridDetailsOut)
@in_transaction
def get_micro_grid(session: Session, actor: Actor, code: str, query_data: PlanQuery) -> dict[str, Any]:
    """Get a micro-grid with its geometry and who answers for it"""
    return service.describe_micro_grid(session, actor, code, plan_id=query_data.plan)


def answer_micro_grids(
    session: Session,
    actor: Actor,
    part: PageByCode,
    *,
    plan_id: int | None = None,
    area_code: str | None = None,
    mine: bool = False,
    with_geometry: bool = False,
) -> dict[str, Any]:
    """Build one part of a list of micro-grids."""
    rows = service.list_micro_grids(
        session,
        actor,
        plan_id=plan_id,
        area_code=area_code,
        mine=mine,
        after_code=part.after,
        limit=part.limit + 1,
        with_geometry=with_geometry,
    )
    total = None
    if not part.after:
        total = service.count_micro_grids(session, actor, plan_id=plan_id, area_code=area_code, mine=mine)
    return build_page(MicroGridOut, rows, limit=part.limit, key="code", total=total)


def _page(session: Session, actor: Actor, query: MicroGridsQuery, with_geometry: bool) -> dict[str, Any]:
    return answer_micro_grids(
        session,
        actor,
        query,
        plan_id=query.plan,
        area_code=query.area,
        mine=query.mine,
        with_geometry=with_geometry,
    )
