"""The responsibility tree of any place, for machines and as a page."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint
from flask import Blueprint
from pydantic import Field

from gridmap.services import responsibility as service
from gridmap.web.inputs import GeometryQuery, Moment
from gridmap.web.outputs import Geometry, Out
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.responsibility_places import PlaceKind

responsibility = APIBlueprint("api_responsibility", __name__, url_prefix="/api/v1", tag="responsibility")
places = Blueprint("places", __name__)

KINDS = "<any(area,micro_grid,building,entrance):kind>"
TEXTS = ("responsibility.", "coverage.level_")


class AnswersOut(Out):
    """A post that answers for a place: role and number, never a name."""

    code: str
    role: str
    role_zh: str
    role_en: str
    organisation: str
    phone: str | None = Field(description="of the post, else of its station, else of its role")
    place_kind: str
    place: str | None
    starts_on: date
    ends_on: date | None
    duty_until: datetime | None = Field(description="end of the shift; null: not on duty by the roster")


class StepOut(Out):
    """A place of the chain, with who answers for this very place."""

    kind: str = Field(description="area, micro_grid, building, entrance; a compound stands beside the chain")
    code: str = Field(description="of an entrance: id of the building / number")
    level: str
    name: str
    name_en: str | None
    households: int
    households_estimated: bool
    posts: list[AnswersOut]


class BelowOut(Out):
    """A place one level below, in counts."""

    kind: str
    code: str
    level: str
    name: str
    name_en: str | None
    households: int = Field(description="of the part that lies in the place above")
    households_estimated: bool
    buildings: int | None
    posts: int = Field(description="that answer for this very place")


class BandOut(Out):
    """5-10 households on neighbouring floors; computed, homes are spread evenly over the floors."""

    floor_from: int
    floor_to: int
    households: int
    in_bounds: bool = Field(description="whether it has 5-10 households; a floor is never split")
    micro_grid_code: str | None


class ResponsibilityOut(Out):
    """Who answers for a place at each level, from the district down, and what lies one level below."""

    steps: list[StepOut] = Field(description="the last is the place itself")
    below: list[BelowOut]
    below_level: str | None
    bands: list[BandOut] = Field(description="under an entrance")
    contacts: list[AnswersOut] = Field(
        description="under an entrance: centre households and volunteers, nearest first"
    )
    geometry: Geometry = None
    at: datetime
    plan_version: int | None
    definition: str


class ResponsibilityQuery(GeometryQuery):
    """When."""

    at: Annotated[Moment | None, Field(description="now by default")] = None


@responsibility.get(f"/places/{KINDS}/<path:code>/responsibility")
@responsibility.input(ResponsibilityQuery, location="query")
@responsibility.output(ResponsibilityOut)
@in_transaction
def describe(
    session: Session, actor: Actor, kind: PlaceKind, code: str, query_data: ResponsibilityQuery
) -> ResponsibilityOut:
    """Tell who answers for a place at each level, and what lies one level below"""
    asked = query_data
    found = service.describe_responsibility(
        session, actor, kind, code, asked.at, language=language_of_request()
    )
    answer = ResponsibilityOut.model_validate(found)
    return answer if asked.geometry else answer.model_copy(update={"geometry": None})


@places.get(f"/places/{KINDS}/<path:code>")
@in_transaction
def show(session: Session, actor: Actor, kind: PlaceKind, code: str) -> ResponseReturnValue:
    """Show the page of a place: its tree, to be walked up and down, and its map."""
    values: dict[str, Any] = {"place": None}
    if actor.role != "visitor":
        found = service.describe_responsibility(session, actor, kind, code, language=language_of_request())
        values["place"] = found.place
    return show_page(
        session,
        actor,
        "place.html",
        action="places.read",
        texts=TEXTS,
        page={"place": {"kind": kind, "code": code}, "may_open_posts": actor.may("coverage.read")},
        **values,
    )
