"""The desk's JSON API: its work list, reports of the same matter, and to whom an issue can go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from gridmap.services import issue_desk as service
from gridmap.services import issue_dispatch, issue_duplicates
from gridmap.services.actors import Actor
from gridmap.services.issues import IssueFilter
from gridmap.web.buildings import PostedOut
from gridmap.web.duty import DutyOut
from gridmap.web.inputs import LARGEST_PAGE, Code, Input, Lat, Lon
from gridmap.web.issue_steps import TakenOut
from gridmap.web.issues import Id, IssueOut, Tier
from gridmap.web.outputs import Degrees, Out
from gridmap.web.sign_in import in_transaction, language_of_request

issue_desk = APIBlueprint("api_issue_desk", __name__, url_prefix="/api/v1", tag="desk")


class WorkOut(IssueOut):
    """An issue of the work list, with the clock that runs out next."""

    text: str = Field(description="its beginning")
    tier: str
    version: int
    dispatched_to: str
    compound_name: str | None
    building_address: str | None
    reports: int = Field(description="how many say the same, itself included")
    clock: str | None
    clock_starts_at: datetime | None
    clock_due_at: datetime | None
    is_overdue: bool


class WorkListOut(Out):
    """Part of the work list."""

    items: list[WorkOut]
    counts: dict[str, int] = Field(description="what each tab holds under the same conditions")
    skip: int
    as_of: datetime


class WorkQuery(Input):
    """Which work."""

    tab: Annotated[
        Literal["new", "dispatch", "overdue", "verify", "all"],
        Field(description="to be accepted, to be dispatched, overdue, to be verified, all"),
    ] = "new"
    area: Annotated[Code | None, Field(description="in this area")] = None
    category: Code | None = None
    channel: Code | None = None
    tier: Tier | None = None
    q: Annotated[
        str, Field(max_length=100, description="a number, or part of text, building, address, compound")
    ] = ""
    skip: Annotated[int, Field(ge=0, le=1_000_000, description="how many to leave out")] = 0
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50


class DuplicateOut(Out):
    """An open issue that a report may repeat, and why it is suggested."""

    id: int
    category: str
    channel: str
    state: str
    text: str
    reported_at: datetime
    building_id: int | None
    building_name: str | None
    entrance_number: int | None
    floor: int | None
    lon: Degrees
    lat: Degrees
    distance_m: float
    likeness: float = Field(description="0 - 1, of the texts")
    same_building: bool
    same_category: bool
    reports: int = Field(description="how many say it already")


class DuplicatesOut(Out):
    """The likeliest first, at most three."""

    items: list[DuplicateOut]


class DuplicatesBody(Input):
    """A report that is being written."""

    category: Code
    text: Annotated[str, Field(max_length=4000)] = ""
    building_id: Id | None = None
    lon: Lon | None = None
    lat: Lat | None = None

    @model_validator(mode="after")
    def _check_point(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("point_or_address")
        return self


class MeTooBody(Input):
    """The same, once more."""

    text: Annotated[str, Field(max_length=4000)] = ""
    channel: Literal["app", "phone", "desk"] = "phone"
    client_id: Annotated[
        str | None,
        Field(min_length=8, max_length=64, description="made by the client; a retry with it is harmless"),
    ] = None


class SideOut(Out):
    """A side of a border on which the issue may lie."""

    kind: Literal["micro_grid", "grid"]
    code: str
    name: str
    grid_code: str
    distance_m: float
    lon: Degrees
    lat: Degrees


class ReceiversOut(Out):
    """To whom an issue can go, and why."""

    rule: str
    tier: str
    sides: list[SideOut]
    side: str | None = Field(description="that is asked for; null while the question is open")
    is_border: bool = Field(description="somebody has to say on which side it lies")
    answer: DutyOut | None = Field(description="who is on duty nearest to it")
    posted: list[PostedOut] = Field(description="who answers for the place, on duty or not")
    plan_version: int | None


class ReceiversQuery(Input):
    """Which side."""

    side: Annotated[Code | None, Field(description="micro-grid (or grid) in which the issue lies")] = None


@issue_desk.get("/issues/work")
@issue_desk.input(WorkQuery, location="query")
@issue_desk.output(WorkListOut)
@in_transaction
def list_work(session: Session, actor: Actor, query_data: WorkQuery) -> dict[str, Any]:
    """List what is to be done at the desk, what falls due first first"""
    asked = query_data
    conditions = IssueFilter(
        area_code=asked.area, category=asked.category, channel=asked.channel, tier=asked.tier
    )
    which = service.DeskFilter(asked.tab, conditions, asked.q)
    now = datetime.now(UTC)
    rows = service.list_work(session, actor, which, skip=asked.skip, limit=asked.limit, now=now)
    return {
        "items": [WorkOut.model_validate(row) for row in rows],
        "counts": service.count_work(session, actor, which, now=now),
        "skip": asked.skip,
        "as_of": now,
    }


@issue_desk.post("/issues/duplicates")
@issue_desk.input(DuplicatesBody)
@issue_desk.output(DuplicatesOut)
@in_transaction
def find_duplicates(session: Session, actor: Actor, json_data: DuplicatesBody) -> dict[str, Any]:
    """Find open issues that a report may repeat; asking writes nothing, the text stays out of addresses"""
    found = issue_duplicates.find_duplicates(session, actor, **json_data.model_dump())
    return {"items": [DuplicateOut.model_validate(one) for one in found]}


@issue_desk.get("/issues/<id:issue_id>/duplicates")
@issue_desk.output(DuplicatesOut)
@in_transaction
def find_duplicates_of(session: Session, actor: Actor, issue_id: int) -> dict[str, Any]:
    """Find open issues that an issue may repeat"""
    found = issue_duplicates.find_duplicates_of(session, actor, issue_id)
    return {"items": [DuplicateOut.model_validate(one) for one in found]}


@issue_desk.post("/issues/<id:issue_id>/me-too")
@issue_desk.input(MeTooBody)
@issue_desk.output(TakenOut, status_code=201)
@in_transaction
def add_me_too(
    session: Session, actor: Actor, issue_id: int, json_data: MeTooBody
) -> tuple[TakenOut, int, dict[str, str]]:
    """Report what an open issue says once more; it is merged into that one at once"""
    taken = issue_duplicates.add_me_too(session, actor, issue_id, **json_data.model_dump())
    place = {"Location": url_for("api_issues.get_issue", issue_id=taken.issue_id)}
    return TakenOut.model_validate(taken), 201, place


@issue_desk.get("/issues/<id:issue_id>/receivers")
@issue_desk.input(ReceiversQuery, location="query")
@issue_desk.output(ReceiversOut)
@in_transaction
def list_receivers(session: Session, actor: Actor, issue_id: int, query_data: ReceiversQuery) -> ReceiversOut:
    """List to whom an issue can go: who is on duty nearest to it, with the reasons; a border asks first"""
    found = issue_dispatch.list_receivers(
        session, actor, issue_id, side=query_data.side, language=language_of_request()
    )
    return ReceiversOut.model_validate(found)
