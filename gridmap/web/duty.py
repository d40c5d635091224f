"""Duty: who can be called now."""

from datetime import datetime
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.services import duty as service
from gridmap.services.actors import Actor
from gridmap.services.duty_answers import DutyQuestion
from gridmap.services.duty_places import AskedPlace
from gridmap.web.inputs import LARGEST_ID, Code, Input, Lat, Lon, Moment
from gridmap.web.outputs import Degrees, Geometry, Out
from gridmap.web.sign_in import in_transaction, language_of_request

duty = APIBlueprint("api_duty", __name__, url_prefix="/api/v1", tag="duty")

Tier = Literal["compound", "community", "street", "department"]
Words = Annotated[str, Field(min_length=1, max_length=400)]


class ReasonOut(Out):
    """A reason: a key with its values, and the same in words."""

    key: str
    values: dict[str, Any]
    text: str


class PostedToOut(Out):
    """A place that a post answers for."""

    place_kind: str
    place_code: str = Field(description="the id of a building; of an entrance with its number behind a slash")
    place_name: str


class OnDutyOut(Out):
    """A post on duty."""

    staff_code: str
    role: str
    role_name: str
    tier: str
    organisation: str
    skills: list[str]
    distance_m: float = Field(description="straight line to where the duty is kept")
    walk_m: float = Field(description="on foot; the straight line where `how` says so")
    walk_minutes: float = Field(description="75 m a minute")
    how: Literal["on_foot", "no_network", "cut_off", "straight_line"]
    route: Geometry = Field(None, description="the way as a GeoJSON LineString, when asked for")
    station_code: str | None
    station_name: str | None
    area_code: str | None
    phone: str | None = Field(description="of the post, else of the station")
    since: datetime
    until: datetime
    lon: Degrees
    lat: Degrees
    own_place: str | None
    own_place_code: str | None
    postings: list[PostedToOut]
    open_issues: int
    why: ReasonOut


class DutyOut(Out):
    """Who is on duty, nearest first; where nobody is, what to do instead."""

    people: list[OnDutyOut]
    tier: str | None = Field(description="that answers, or the last that was asked; null: none was asked for")
    passed: list[ReasonOut] = Field(description="tiers below it where nobody is on duty")
    nobody: ReasonOut | None
    at: datetime
    lon: Degrees
    lat: Degrees
    definition: str
    load_definition: str


class DutyQuery(Input):
    """Where (a point, a building or a micro-grid), when and whom."""

    lon: Lon | None = None
    lat: Lat | None = None
    building: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    micro_grid: Annotated[Code | None, Field(description="of the published plan")] = None
    at: Annotated[Moment | None, Field(description="now by default")] = None
    role: Annotated[Words | None, Field(description="one or more, with commas between; any of them")] = None
    skill: Annotated[Words | None, Field(description="one or more, with commas between; all of them")] = None
    tier: Annotated[
        Tier | None, Field(description="where nobody of it is on duty, the next one up is asked")
    ] = None
    own_first: Annotated[bool, Field(description="1: those whose own place it is stand first")] = False
    by: Annotated[Literal["walk", "line"], Field(description="line: by the straight line")] = "walk"
    route: Annotated[bool, Field(description="1: with the way of each")] = False
    limit: Annotated[int, Field(ge=1, le=service.MOST_PEOPLE)] = 5


@duty.get("/duty/nearest")
@duty.input(DutyQuery, location="query")
@duty.output(DutyOut)
@in_transaction
def find_nearest(session: Session, actor: Actor, query_data: DutyQuery) -> DutyOut:
    """Find who is on duty nearest to a place on foot, each with the reason"""
    asked = query_data
    question = DutyQuestion(
        at=asked.at,
        roles=_split(asked.role),
        skills=_split(asked.skill),
        tier=asked.tier,
        own_first=asked.own_first,
        on_foot=asked.by == "walk",
        with_routes=asked.route,
        limit=asked.limit,
    )
    place = AskedPlace(asked.lon, asked.lat, asked.building, asked.micro_grid)
    answer = service.nearest_on_duty(session, actor, place, question, language=language_of_request())
    return DutyOut.model_validate(answer)


def _split(words: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in (words or "").split(",") if word.strip()))
