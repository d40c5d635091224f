"""Where am I, and who answers here."""

from typing import Annotated, Self

from apiflask import APIBlueprint
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from gridmap.services import whereabouts as service
from gridmap.services.actors import Actor
from gridmap.web.buildings import PostedOut
from gridmap.web.inputs import Input, Lat, Lon
from gridmap.web.outputs import Degrees, Out
from gridmap.web.sign_in import in_transaction

whereabouts = APIBlueprint("api_whereabouts", __name__, url_prefix="/api/v1", tag="whereabouts")


class HereBuildingOut(Out):
    """The building a point lies in, or the nearest within 30 m."""

    id: int
    name: str
    address: str
    households: int
    compound_code: str | None
    compound_name: str | None
    distance_m: float = Field(description="0 inside")
    entrance_number: int | None = Field(description="of the nearest entrance, where its place is known")
    entrance_name: str | None


class HereAreaOut(Out):
    """An area around a point."""

    code: str
    level: str
    name: str


class HereOut(Out):
    """A place and who answers for it today."""

    lon: Degrees
    lat: Degrees
    building: HereBuildingOut | None
    micro_grids: list[str] = Field(description="of the published plan")
    areas: list[HereAreaOut] = Field(description="from the grid up")
    people: list[PostedOut] = Field(description="the nearest posting first")


class AddressMatchOut(Out):
    """A building whose address is like what was written."""

    building_id: int
    name: str
    address: str
    entrance_number: int | None = Field(description="as written")
    lon: Degrees
    lat: Degrees
    score: float = Field(description="0 - 1; 1 is the address itself")


class WhereaboutsOut(Out):
    """The place that was asked for; of an address, the best match."""

    here: HereOut | None
    matches: list[AddressMatchOut] = Field(description="of an address, the best first")


class WhereaboutsQuery(Input):
    """A point or an address."""

    lon: Lon | None = None
    lat: Lat | None = None
    address: Annotated[
        str | None, Field(min_length=1, max_length=100, description="as people write it, with slips")
    ] = None

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        point = (self.lon is not None) + (self.lat is not None)
        if point + 2 * (self.address is not None) != 2:
            raise ValueError("point_or_address")
        return self


@whereabouts.get("/places/at")
@whereabouts.input(WhereaboutsQuery, location="query")
@whereabouts.output(WhereaboutsOut)
@in_transaction
def describe_place(session: Session, actor: Actor, query_data: WhereaboutsQuery) -> WhereaboutsOut:
    """Tell the building, entrance, micro-grid and people at a point or an address"""
    matches: list[service.AddressMatch] = []
    lon, lat = query_data.lon, query_data.lat
    if query_data.address is not None:
        matches = service.find_addresses(session, actor, query_data.address)
        lon, lat = (matches[0].lon, matches[0].lat) if matches else (None, None)
    here = None
    if lon is not None and lat is not None:
        here = service.describe_whereabouts(session, actor, lon, lat)
    return WhereaboutsOut.model_validate({"here": here, "matches": matches})
