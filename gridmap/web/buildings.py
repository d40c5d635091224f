"""Buildings, one by one and in lists."""

from datetime import datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import places
from gridmap.services.actors import Actor
from gridmap.web.inputs import Code, GeometryQuery, PageById
from gridmap.web.outputs import (
    Degrees,
    FeatureCollection,
    Geometry,
    Out,
    PageOut,
    answer_features,
    build_page,
)
from gridmap.web.sign_in import in_transaction

buildings = APIBlueprint("api_buildings", __name__, url_prefix="/api/v1", tag="buildings")


class BuildingOut(Out):
    """A building; homes are counted, nobody is listed."""

    id: int
    name: str
    address: str
    use: str
    storeys: int
    entrance_count: int
    entrances_estimated: bool
    households: int
    households_estimated: bool
    households_source: str
    compound_code: str | None
    compound_name: str | None
    grid_code: str | None
    grid_name: str | None
    lon: Degrees
    lat: Degrees
    geometry: Geometry = None


class BuildingPage(PageOut[BuildingOut]):
    """Part of the buildings."""


class EntranceOut(Out):
    """An entrance (stairwell)."""

    number: int
    name: str
    storeys: int | None
    households: int | None


class BuildingPartOut(Out):
    """The part of a building that one micro-grid holds; nulls stand for all entrances or floors."""

    code: str
    status: str
    households: int
    entrance_number: int | None
    floor_from: int | None
    floor_to: int | None
    atom_households: int


class PostedOut(Out):
    """A post that answers for a place: role and number, never a name."""

    code: str
    role: str
    role_zh: str
    role_en: str
    organisation: str
    duty_phone: str | None
    place_kind: str
    place: str | None


class OpenIssueOut(Out):
    """An open issue, in short."""

    id: int
    category: str
    state: str
    reported_at: datetime
    due_at: datetime | None


class BuildingDetailsOut(Out):
    """A building and what stands around it."""

    building: BuildingOut
    entrances: list[EntranceOut]
    micro_grids: list[BuildingPartOut]
    people: list[PostedOut] = Field(description="the nearest posting first")
    open_issues: list[OpenIssueOut]


class BuildingsQuery(PageById):
    """Which buildings."""

    area: Annotated[Code | None, Field(description="in this area")] = None
    compound: Annotated[Code | None, Field(description="of this compound")] = None
    micro_grid: Annotated[Code | None, Field(description="in this micro-grid of the published plan")] = None
    mine: Annotated[bool, Field(description="1: only those one's own post answers for")] = False
    search: Annotated[
        str | None, Field(min_length=1, max_length=100, description="part of a name or an address")
    ] = None


class BuildingsWithGeometryQuery(BuildingsQuery, GeometryQuery):
    """Which buildings, and whether with their geometry."""


@buildings.get("/buildings")
@buildings.input(BuildingsWithGeometryQuery, location="query")
@buildings.output(BuildingPage)
@in_transaction
def list_buildings(session: Session, actor: Actor, query_data: BuildingsWithGeometryQuery) -> dict[str, Any]:
    """List buildings by id"""
    return _page(session, actor, query_data, query_data.geometry)


@buildings.get("/buildings.geojson")
@buildings.input(BuildingsQuery, location="query")
@buildings.output(FeatureCollection, content_type="application/geo+json")
@in_transaction
def list_building_features(session: Session, actor: Actor, query_data: BuildingsQuery) -> Response:
    """List buildings as GeoJSON"""
    return answer_features(_page(session, actor, query_data, True), "id")


@buildings.get("/buildings/<id:building_id>")
@buildings.output(BuildingDetailsOut)
@in_transaction
def get_building(session: Session, actor: Actor, building_id: int) -> BuildingDetailsOut:
    """Get a building with its micro-grids, the people who answer for it, and its open issues"""
    return BuildingDetailsOut.model_validate(places.get_building(session, actor, building_id))


def _page(session: Session, actor: Actor, query: BuildingsQuery, with_geometry: bool) -> dict[str, Any]:
    rows = places.list_buildings(
        session,
        actor,
        area_code=query.area,
        compound_code=query.compound,
        micro_grid_code=query.micro_grid,
        search=query.search,
        mine=query.mine,
        after_id=query.after,
        limit=query.limit + 1,
        with_geometry=with_geometry,
    )
    total = None
    if not query.after:
        total = places.count_buildings(
            session,
            actor,
            area_code=query.area,
            compound_code=query.compound,
            micro_grid_code=query.micro_grid,
            search=query.search,
            mine=query.mine,
        )
    return build_page(BuildingOut, rows, limit=query.limit, key="id", total=total)
