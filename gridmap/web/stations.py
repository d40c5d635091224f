"""Stations: where people are met."""

from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import isochrones
from gridmap.services import stations as service
from gridmap.services.actors import Actor
from gridmap.web.inputs import Code, Input, PageByCode
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

stations = APIBlueprint("api_stations", __name__, url_prefix="/api/v1", tag="stations")


class StationOut(Out):
    """A station."""

    code: str
    name: str
    kind: str
    phone: str | None
    grid_code: str | None
    lon: Degrees
    lat: Degrees
    geometry: Geometry = None


class StationPage(PageOut[StationOut]):
    """Part of the stations."""


StationKind = Literal["station", "gate", "building_door", "member_home"]


class StationsQuery(PageByCode):
    """Which stations."""

    area: Annotated[Code | None, Field(description="in this area")] = None
    kind: StationKind | None = None


class IsochroneOut(Out):
    """What is reached on foot within some minutes."""

    minutes: float
    walk_m: float
    geometry: Geometry


class IsochronesQuery(Input):
    """How long one walks."""

    minutes: Annotated[
        str, Field(pattern=r"^[0-9]{1,2}(,[0-9]{1,2}){0,5}$", description="up to six times, 1 to 60 each")
    ] = "5,10,15"


@stations.get("/stations")
@stations.input(StationsQuery, location="query")
@stations.output(StationPage)
@in_transaction
def list_stations(session: Session, actor: Actor, query_data: StationsQuery) -> dict[str, Any]:
    """List stations by code"""
    return _page(session, actor, query_data, False)


@stations.get("/stations.geojson")
@stations.input(StationsQuery, location="query")
@stations.output(FeatureCollection, content_type="application/geo+json")
@in_transaction
def list_station_features(session: Session, actor: Actor, query_data: StationsQuery) -> Response:
    """List stations as GeoJSON"""
    return answer_features(_page(session, actor, query_data, True), "code")


@stations.get("/stations/<code>/isochrones")
@stations.input(IsochronesQuery, location="query")
@stations.output(FeatureCollection, content_type="application/geo+json")
@in_transaction
def list_isochrones(session: Session, actor: Actor, code: str, query_data: IsochronesQuery) -> Response:
    """See how far one walks from a station, as GeoJSON from the shortest time to the longest"""
    minutes = [float(number) for number in query_data.minutes.split(",")]
    found = isochrones.find_isochrones(session, actor, code, minutes)
    items = [IsochroneOut.model_validate(one) for one in found]
    return answer_features({"items": items, "total": len(items), "next_link": None}, "minutes")


def _page(session: Session, actor: Actor, query: StationsQuery, with_geometry: bool) -> dict[str, Any]:
    which = {"area_code": query.area, "kind": query.kind}
    rows = service.list_stations(
        session,
        actor,
        area_code=query.area,
        kind=query.kind,
        after_code=query.after,
        limit=query.limit + 1,
        with_geometry=with_geometry,
    )
    total = None if query.after else service.count_stations(session, actor, **which)
    return build_page(StationOut, rows, limit=query.limit, key="code", total=total)
