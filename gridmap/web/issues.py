"""Issues: what was reported where and what became of it."""

from datetime import datetime
from typing import Annotated, Any, Self

from apiflask import APIBlueprint
from flask import url_for
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from gridmap.services import issues as service
from gridmap.services.actors import Actor
from gridmap.web.inputs import LARGEST_ID, Code, Input, Lat, Lon, Moment, PageById
from gridmap.web.outputs import Degrees, Out, PageOut, build_page
from gridmap.web.sign_in import in_transaction

issues = APIBlueprint("api_issues", __name__, url_prefix="/api/v1", tag="issues")

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
    from_state: str | None
    to_state: str
    staff_code: str | None
    note: str


class IssueDetailsOut(IssueOut):
    """An issue with its text and its events."""

    source: str
    text: str
    events: list[EventOut]


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
    state: Code | None = None
    is_open: bool | None = None
    mine: Annotated[bool, Field(description="1: only at buildings one's own post answers for")] = False
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
    issue = IssueDetailsOut.model_validate(service.get_issue(session, actor, issue_id))
    return issue, 201, {"Location": url_for(".get_issue", issue_id=issue_id)}


@issues.get("/issues/<id:issue_id>")
@issues.output(IssueDetailsOut)
@in_transaction
def get_issue(session: Session, actor: Actor, issue_id: int) -> IssueDetailsOut:
    """Get an issue with its text and its events"""
    return IssueDetailsOut.model_validate(service.get_issue(session, actor, issue_id))


@issues.get("/issue-categories")
@issues.output(CategoryList)
@in_transaction
def list_categories(session: Session, actor: Actor) -> dict[str, Any]:
    """List the categories in use"""
    rows = service.list_categories(session, actor)
    return {"items": [CategoryOut.model_validate(row) for row in rows]}
