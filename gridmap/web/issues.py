"""Issues: what was reported where and what became of it."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from gridmap.services import issues as service
from gridmap.services.actors import Actor
from gridmap.services.issue_details import get_issue as get_issue_details
from gridmap.web.inputs import LARGEST_ID, Code, Input, Lat, Lon, Moment, PageById
from gridmap.web.outputs import Degrees, Out, PageOut, build_page
from gridmap.web.sign_in import in_transaction, language_of_request

issues = APIBlueprint("api_issues", __name__, url_prefix="/api/v1", tag="issues")

Tier = Literal["compound", "community", "street", "department"]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class IssueOut(Out):
    """An issue; its text comes with the single issue only."""

    id: int
    category: str
    channel: str
    state: str
    reported_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    building_id: int | None
    building_name: str | None
    entrance_number: int | None
    floor: int | None
    grid_code: str | None
    flags: list[str] = Field(description="why it is kept out of maps; empty = trusted")
    lon: Degrees | None
    lat: Degrees | None


class IssuePage(PageOut[IssueOut]):
    """Part of the issues."""


class EventOut(Out):
    """One step in the life of an issue."""

    at: datetime
    action: str | None = Field(description="null: known from the source of a load only")
    from_state: str | None
    to_state: str
    counts_as: str | None = Field(description="of a merged issue: the state of the one it was merged into")
    outcome: str | None
    until: datetime | None
    parent_id: int | None
    details: dict[str, Any] = Field(description="of a dispatch: to whom and why; of an escalation: the tier")
    staff_code: str | None
    role: str | None = Field(description="of the account that took it")
    note: str


class ClockOut(Out):
    """A limit of an issue."""

    clock: str
    round_number: int = Field(description="one more each time the issue is reopened")
    starts_at: datetime
    due_at: datetime
    ended_at: datetime | None
    ended_how: str = Field(description="met, or left; empty while it runs")
    is_overdue: bool = Field(description="only while the issue is open")
    estimated_year: int | None = Field(
        description="by working days, but the holidays of this year are not on record: weekends only"
    )


class ChildOut(Out):
    """An issue merged into another."""

    id: int
    state: str
    channel: str
    reported_at: datetime


class AnsweredOut(Out):
    """A question of a service and its answers."""

    question: str
    answers: list[str]


class SentOut(Out):
    """What an application sent by Open311."""

    address: str = Field(description="as it was written")
    answers: list[AnsweredOut]


class IssueDetailsOut(IssueOut):
    """An issue with its text, clocks and events."""

    source: str
    text: str
    tier: str
    version: int = Field(description="steps taken; to be sent along with the next one")
    outcome: str | None
    rating: int | None
    rated_by: str | None
    dispatched_to: str = Field(description="staff:<code>, station:<code>, department:<name>; empty: nobody")
    organisation: str
    property_company: str
    compound_name: str | None
    resumes_to: str | None = Field(description="the state before the pause")
    resumes_at: datetime | None
    parent_id: int | None
    children: list[ChildOut] = Field(description="merged into it")
    reports: int = Field(description="how many say the same, itself included")
    clocks: list[ClockOut]
    events: list[EventOut]
    sent: SentOut | None = Field(description="by Open311; for those who may read it")
    as_of: datetime


class CategoryOut(Out):
    """A category in use."""

    category: str
    issues: int


class CategoryList(Out):
    """The categories in use, the most used first."""

    items: list[CategoryOut]


class IssuesQuery(PageById):
    """Which issues."""

    area: Annotated[Code | None, Field(description="in this area")] = None
    micro_grid: Annotated[Code | None, Field(description="in this micro-grid of the published plan")] = None
    building: Id | None = None
    category: Code | None = None
    channel: Code | None = None
    tier: Tier | None = None
    state: Code | None = None
    is_open: bool | None = None
    mine: Annotated[
        bool, Field(description="1: only at buildings one's own post answers for, or dispatched to it")
    ] = False
    starts_at: Annotated[Moment | None, Field(description="reported from")] = None
    ends_at: Annotated[Moment | None, Field(description="reported before")] = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.starts_at is not None and self.ends_at is not None and self.starts_at >= self.ends_at:
            raise ValueError("order")
        return self


class IssueBody(Input):
    """A new issue, at a building or at a point."""

    category: Code
    text: Annotated[str, Field(max_length=4000)] = ""
    building_id: Id | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    entrance_number: Annotated[int | None, Field(ge=1, le=60)] = None
    floor: Annotated[int | None, Field(ge=-10, le=200)] = None
    client_id: Annotated[
        str | None,
        Field(min_length=8, max_length=64, description="made by the client; a retry with it is harmless"),
    ] = None
    channel: Annotated[
        Literal["app", "phone", "desk"], Field(description="how it came to whoever writes it down")
    ] = "app"


@issues.get("/issues")
@issues.input(IssuesQuery, location="query")
@issues.output(IssuePage)
@in_transaction
def list_issues(session: Session, actor: Actor, query_data: IssuesQuery) -> dict[str, Any]:
    """List issues, the newest first"""
    which = service.IssueFilter(
        area_code=query_data.area,
        micro_grid_code=query_data.micro_grid,
        building_id=query_data.building,
        category=query_data.category,
        channel=query_data.channel,
        tier=query_data.tier,
        state=query_data.state,
        is_open=query_data.is_open,
        mine=query_data.mine,
        starts_at=query_data.starts_at,
        ends_at=query_data.ends_at,
    )
    limit, after = query_data.limit, query_data.after
    rows = service.list_issues(session, actor, which, after_id=after, limit=limit + 1)
    total = None if after else service.count_issues(session, actor, which)
    return build_page(IssueOut, rows, limit=limit, key="id", total=total)


@issues.post("/issues")
@issues.input(IssueBody)
@issues.output(IssueDetailsOut, status_code=201)
@in_transaction
def create_issue(
    session: Session, actor: Actor, json_data: IssueBody
) -> tuple[IssueDetailsOut, int, dict[str, str]]:
    """Report an issue"""
    issue_id = service.create_issue(session, actor, **json_data.model_dump())
    issue = _details(session, actor, issue_id)
    return issue, 201, {"Location": url_for(".get_issue", issue_id=issue_id)}


@issues.get("/issues/<id:issue_id>")
@issues.output(IssueDetailsOut)
@in_transaction
def get_issue(session: Session, actor: Actor, issue_id: int) -> IssueDetailsOut:
    """Get an issue with its text, clocks and events"""
    return _details(session, actor, issue_id)


@issues.get("/issue-categories")
@issues.output(CategoryList)
@in_transaction
def list_categories(session: Session, actor: Actor) -> dict[str, Any]:
    """List the categories in use"""
    rows = service.list_categories(session, actor)
    return {"items": [CategoryOut.model_validate(row) for row in rows]}


def _details(session: Session, actor: Actor, issue_id: int) -> IssueDetailsOut:
    found = get_issue_details(session, actor, issue_id, language=language_of_request())
    return IssueDetailsOut.model_validate(found)
