"""Workload: what a post carries, how that spreads in its role, and whom to ask where nobody answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint
from flask import Blueprint
from pydantic import Field

from gridmap.services import workload as service
from gridmap.services import workload_suggestions as suggestions
from gridmap.services.coverage_rules import list_rules
from gridmap.services.staff import list_roles
from gridmap.web.inputs import LARGEST_ID, Code, Input, Moment
from gridmap.web.outputs import Degrees, Out
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

workload = APIBlueprint("api_workload", __name__, url_prefix="/api/v1", tag="workload")
workload_page = Blueprint("workload_page", __name__)

TEXTS = ("workload.", "coverage.level_")


class LoadOut(Out):
    """What a post answers for, each home once."""

    households: int
    households_estimated: bool
    buildings: int = Field(description="with homes")
    entrances: int
    open_issues: int
    round_m: float | None = Field(
        description="metres past all entrances and back: never too short, at most twice the least there is"
    )
    doors_left_out: int = Field(description="entrances that are not on that round")


class SpreadBinOut(Out):
    """How many posts have a figure from low up to high."""

    low: float
    high: float
    posts: int


class SpreadOut(Out):
    """How a figure spreads; nulls with fewer than four posts."""

    figure: str = Field(description="households, buildings, entrances, open_issues or round_m")
    posts: int
    least: float | None
    lower: float | None = Field(description="first quartile")
    middle: float | None = Field(description="median")
    upper: float | None = Field(description="third quartile")
    most: float | None
    bins: list[SpreadBinOut]


class RoleSpreadOut(Out):
    """How the workload of a role spreads in an area; nobody is named or ranked."""

    area_code: str
    role: str
    role_zh: str
    role_en: str
    posts: int
    spreads: list[SpreadOut]
    on: date
    plan_version: int | None
    definition: str
    as_of: datetime


class WorkloadOut(Out):
    """What one post carries, beside the spread of its role in its district."""

    staff_code: str
    load: LoadOut
    spread: RoleSpreadOut | None
    on: date
    definition: str
    as_of: datetime


class SuggestionReasonOut(Out):
    """Why, as a key with values and in words."""

    key: str
    values: dict[str, Any]
    text: str


class SuggestionOut(Out):
    """A place nobody of the role answers for, and the post that might: a question."""

    level: str
    place_id: int
    place_code: str | None
    place_name: str
    households: int
    lon: Degrees
    lat: Degrees
    staff_code: str | None = Field(description="null: nobody fits")
    role: str
    walk_m: float | None
    question: str
    reasons: list[SuggestionReasonOut]


class SuggestionsOut(Out):
    """Suggestions of a rule in an area; nothing is posted by them."""

    area_code: str
    items: list[SuggestionOut] = Field(description="for the 50 places with most households")
    places: int = Field(description="all places without anybody")
    on: date
    plan_version: int | None
    definition: str
    as_of: datetime


class PostingMadeOut(Out):
    """The new posting."""

    staff_code: str
    level: str
    place_id: int
    starts_on: date


class AtQuery(Input):
    """When."""

    at: Annotated[Moment | None, Field(description="its day counts; now by default")] = None


class SpreadQuery(AtQuery):
    """Where and whose."""

    area: Code
    role: Code


class SuggestionsQuery(AtQuery):
    """Where, and by which rule."""

    area: Code
    rule: Annotated[int, Field(ge=1, le=LARGEST_ID, description="a rule of kind posting or head")]


class PostingBody(Input):
    """Whom to post where."""

    staff_code: Code
    level: Annotated[Code, Field(description="as in the suggestion")]
    place_id: Annotated[int, Field(ge=1, le=LARGEST_ID)]
    starts_on: Annotated[date | None, Field(description="today by default")] = None


@workload.get("/workload")
@workload.input(SpreadQuery, location="query")
@workload.output(RoleSpreadOut)
@in_transaction
def find_spread(session: Session, actor: Actor, query_data: SpreadQuery) -> RoleSpreadOut:
    """See how the workload of a role spreads in an area; nobody is named"""
    asked = query_data
    found = service.find_spread(
        session, actor, asked.area, asked.role, asked.at, language=language_of_request()
    )
    return RoleSpreadOut.model_validate(found)


@workload.get("/staff/<code>/workload")
@workload.input(AtQuery, location="query")
@workload.output(WorkloadOut)
@in_transaction
def find_workload(session: Session, actor: Actor, code: str, query_data: AtQuery) -> WorkloadOut:
    """See what a post carries, beside the spread of its role"""
    found = service.find_workload(session, actor, code, query_data.at, language=language_of_request())
    return WorkloadOut.model_validate(found)


@workload.get("/workload/suggestions")
@workload.input(SuggestionsQuery, location="query")
@workload.output(SuggestionsOut)
@in_transaction
def find_suggestions(session: Session, actor: Actor, query_data: SuggestionsQuery) -> SuggestionsOut:
    """Ask whom to post where a rule finds nobody"""
    asked = query_data
    found = suggestions.find_suggestions(
        session, actor, asked.area, asked.rule, asked.at, language=language_of_request()
    )
    return SuggestionsOut.model_validate(found)


@workload.post("/workload/postings")
@workload.input(PostingBody)
@workload.output(PostingMadeOut, status_code=201)
@in_transaction
def accept_suggestion(session: Session, actor: Actor, json_data: PostingBody) -> PostingMadeOut:
    """Post somebody to a place, as a planner has decided"""
    asked = json_data
    posting = suggestions.accept_suggestion(
        session, actor, asked.staff_code, asked.level, asked.place_id, asked.starts_on
    )
    return PostingMadeOut(
        staff_code=asked.staff_code,
        level=asked.level,
        place_id=asked.place_id,
        starts_on=posting.starts_on,
    )


@workload_page.get("/workload")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the page of workload; its figures come by the JSON API."""
    page: dict[str, Any] = {"may_post": actor.may("coverage.write"), "roles": [], "rules": []}
    if actor.may("coverage.read"):
        is_english = language_of_request() == "en"
        page["roles"] = [
            {"code": role.code, "name": role.name_en if is_english else role.name_zh}
            for role in list_roles(session, actor)
        ]
        page["rules"] = [
            {"id": rule.id, "name": rule.name_en if is_english else rule.name_zh}
            for rule in list_rules(session, actor, only_active=True)
            if rule.kind in suggestions.RULE_KINDS
        ]
    return show_page(session, actor, "workload.html", action="coverage.read", texts=TEXTS, page=page)
