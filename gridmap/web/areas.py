"""Areas: district, street, community, grid."""

from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import places
from gridmap.services.actors import Actor
from gridmap.services.search import find_place
from gridmap.web.inputs import Code, GeometryQuery, Input, PageByCode
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

areas = APIBlueprint("api_areas", __name__, url_prefix="/api/v1", tag="places")


class AreaOut(Out):
    """An area."""

    code: str
    level: str
    kind: str
    name: str
    name_en: str | None
    parent_code: str | None
    bounds: Bounds
    households: int
    geometry: Geometry = None


class AreaPage(PageOut[AreaOut]):
    """Part of the areas."""


class AreaStep(Out):
    """An area above another."""

    code: str
    name: str
    name_en: str | None
    level: str


class AreaDetailsOut(AreaOut):
    """An area with what it holds."""

    parents: list[AreaStep] = Field(description="from the district down")
    grids: int
    buildings: int
    micro_grids: int = Field(description="of the published plan")


class PlaceOut(Out):
    """A place found by its name."""

    kind: str
    code: str
    name: str
    detail: str
    lon: Degrees | None
    lat: Degrees | None


class PlaceList(Out):
    """Places found."""

    items: list[PlaceOut]


class AreasQuery(PageByCode):
    """Which areas."""

    parent: Annotated[Code | None, Field(description="only the children of this area")] = None
    level: Literal["district", "street", "community", "grid"] | None = None


class AreasWithGeometryQuery(AreasQuery, GeometryQuery):
    """Which areas, and whether with their geometry."""


class PlacesQuery(Input):
    """What is looked for."""

    q: Annotated[str, Field(max_length=100, description="part of a name, an address or a code")]


@areas.get("/areas")
@areas.input(AreasWithGeometryQuery, location="query")
@areas.output(AreaPage)
@in_transaction
def list_areas(session: Session, actor: Actor, query_data: AreasWithGeometryQuery) -> dict[str, Any]:
    """List areas by code"""
    return _page(session, actor, query_data, query_data.geometry)


@areas.get("/areas.geojson")
@areas.input(AreasQuery, location="query")
@areas.output(FeatureCollection, content_type="application/geo+json")
@in_transaction
def list_area_features(session: Session, actor: Actor, query_data: AreasQuery) -> Response:
    """List areas as GeoJSON"""
    return answer_features(_page(session, actor, query_data, True), "code")


@areas.get("/areas/<code>")
@areas.input(GeometryQuery, location="query")
@areas.output(AreaDetailsOut)
@in_transaction
def get_area(session: Session, actor: Actor, code: str, query_data: GeometryQuery) -> AreaDetailsOut:
    """Get an area with its parents and what it holds"""
    area = places.describe_area(session, actor, code, with_geometry=query_data.geometry)
    return AreaDetailsOut.model_validate(area)


@areas.get("/places")
@areas.input(PlacesQuery, location="query")
@areas.output(PlaceList)
@in_transaction
def find_places(session: Session, actor: Actor, query_data: PlacesQuery) -> dict[str, Any]:
    """Find areas, compounds, buildings, micro-grids and stations by a part of their name"""
    found = find_place(session, actor, query_data.q)
    return {"items": [PlaceOut.model_validate(place) for place in found]}


def _page(session: Session, actor: Actor, query: AreasQuery, with_geometry: bool) -> dict[str, Any]:
    which = {"parent_code": query.parent, "level": query.level}
    rows = places.list_areas(
        session,
        actor,
        parent_code=query.parent,
        level=query.level,
        after_code=query.after,
        limit=query.limit + 1,
        with_geometry=with_geometry,
    )
    total = None if query.after else places.count_areas(session, actor, **which)
    return build_page(AreaOut, rows, limit=query.limit, key="code", total=total)
