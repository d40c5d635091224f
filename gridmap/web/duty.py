"""Duty: who can be called now."""

from datetime import datetime
from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import duty as service
from gridmap.services.actors import Actor
from gridmap.web.inputs import Code, Input, Lat, Lon, Moment
from gridmap.web.outputs import Degrees, Out
from gridmap.web.sign_in import in_transaction, language_of_request

duty = APIBlueprint("api_duty", __name__, url_prefix="/api/v1", tag="duty")


class ReasonOut(Out):
    """A reason: a key with its values, and the same in words."""

    key: str
    values: dict[str, Any]
    text: str


class OnDutyOut(Out):
    """A post on duty."""

    staff_code: str
    role: str
    organisation: str
    distance_m: float = Field(description="straight line to where the duty is kept")
    station_code: str | None
    station_name: str | None
    area_code: str | None
    phone: str | None
    since: datetime
    until: datetime
    lon: Degrees
    lat: Degrees
    own_place: str | None
    own_place_code: str | None
    why: ReasonOut


class DutyOut(Out):
    """Who is on duty, nearest first; where nobody is, what to do instead."""

    people: list[OnDutyOut]
    nobody: ReasonOut | None
    at: datetime
    definition: str


class DutyQuery(Input):
    """Where, when and whom."""

    lon: Lon
    lat: Lat
    at: Annotated[Moment | None, Field(description="now by default")] = None
    role: Code | None = None
    limit: Annotated[int, Field(ge=1, le=service.MOST_PEOPLE)] = 5


@duty.get("/duty/nearest")
@duty.input(DutyQuery, location="query")
@duty.output(DutyOut)
@in_transaction
def find_nearest(session: Session, actor: Actor, query_data: DutyQuery) -> DutyOut:
    """Find who is on duty nearest to a point"""
    answer = service.nearest_on_duty(
        session,
        actor,
        query_data.lon,
        query_data.lat,
        at=query_data.at,
        role=query_data.role,
        limit=query_data.limit,
        language=language_of_request(),
    )
    return DutyOut.model_validate(answer)
