"""The walking round of a post, and the way to a building: places come in a body, which no log holds."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field

from gridmap.services import field_rounds as service
from gridmap.web.inputs import LARGEST_ID, Code, Input, Lat, Lon
from gridmap.web.outputs import Out
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

field_rounds = APIBlueprint("api_field_rounds", __name__, url_prefix="/api/v1", tag="field rounds")

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class StartBody(Input):
    """Where a walk starts; used for the answer, kept nowhere."""

    lon: Lon
    lat: Lat


class RoundBody(Input):
    """Which round."""

    kind: Code
    start: Annotated[StartBody | None, Field(description="the post's station by default")] = None
    done: Annotated[list[Id], Field(max_length=2000, description="visited but not sent yet")] = Field(
        default_factory=list
    )


class StopOut(Out):
    """A building on the round."""

    building_id: int
    walk_m: float = Field(description="metres from the stop before, or from the start")
    how: Literal["on_foot", "no_network", "cut_off"] = Field(
        description="on_foot, or why the straight line is given instead"
    )


class FieldRoundOut(Out):
    """A round past the buildings that are due."""

    kind: str
    start: Literal["place", "station", "first"]
    stops: list[StopOut]
    walk_m: float = Field(description="of the whole walk, which ends at its last stop")
    line: dict[str, Any] | None = Field(description="GeoJSON LineString of the way")
    due: int = Field(description="buildings due in the period")
    left: int = Field(description="of them, too many for one round")
    as_of: datetime


class WayBody(Input):
    """From where to which building."""

    building_id: Id
    start: StartBody


class WayOut(Out):
    """A way on foot to the nearest door of a building."""

    walk_m: float
    walk_minutes: float
    how: Literal["on_foot", "no_network", "cut_off"]
    line: dict[str, Any]


@field_rounds.post("/field/round")
@field_rounds.input(RoundBody)
@field_rounds.output(FieldRoundOut)
@in_transaction
def find_field_round(session: Session, actor: Actor, json_data: RoundBody) -> FieldRoundOut:
    """Order my buildings that are due for a kind of visit as one walks past them"""
    start = json_data.start
    found = service.find_field_round(
        session,
        actor,
        json_data.kind,
        lonlat=None if start is None else (start.lon, start.lat),
        done=json_data.done,
    )
    return FieldRoundOut.model_validate(found)


@field_rounds.post("/field/way")
@field_rounds.input(WayBody)
@field_rounds.output(WayOut)
@in_transaction
def find_way(session: Session, actor: Actor, json_data: WayBody) -> WayOut:
    """Find the way on foot from where I stand to a building"""
    start = json_data.start
    found = service.find_way(session, actor, json_data.building_id, (start.lon, start.lat))
    return WayOut.model_validate(found)
