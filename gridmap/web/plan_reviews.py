"""Looking a plan over: waivers, comments, and the findings as a table."""

from datetime import date, datetime
from typing import Annotated, Any

from apiflask import APIBlueprint, FileSchema
from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.formats.plan_files import as_csv
from gridmap.services import comments, waivers
from gridmap.services.actors import Actor
from gridmap.services.plan_export import list_checked
from gridmap.web.inputs import Code, Input, Lat, Lon, PageById
from gridmap.web.outputs import Degrees, Out, PageOut, build_page
from gridmap.web.sign_in import in_transaction

plan_reviews = APIBlueprint("api_plan_reviews", __name__, url_prefix="/api/v1", tag="plan reviews")


class WaiverOut(Out):
    """An approved exception."""

    id: int
    kind: str
    grid: str
    micro_grid: str | None
    households: int = Field(description="it was approved for; with others it does not hold")
    reason: str
    by: str | None = Field(description="null = the system")
    created_at: datetime
    expires_on: date | None


class WaiverList(Out):
    """The waivers of a plan, the newest first."""

    items: list[WaiverOut]


class WaiverBody(Input):
    """An exception to be approved: a finding of the check that blocks and can be waived."""

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    micro_grid: Code | None = None
    grid: Annotated[Code | None, Field(description="for a finding that names no micro-grid")] = None
    reason: Annotated[str, Field(min_length=1, max_length=waivers.LONGEST_REASON)]
    expires_on: Annotated[date | None, Field(description="last day; null = no end")] = None


class CommentOut(Out):
    """A comment."""

    id: int
    micro_grid: str | None
    lon: Degrees | None
    lat: Degrees | None
    pin_lon: Degrees | None = Field(description="where its pin stands: at the point, or amid the micro-grid")
    pin_lat: Degrees | None
    words: str
    by: str | None
    created_at: datetime
    resolved_at: datetime | None


class CommentPage(PageOut[CommentOut]):
    """Part of the comments."""


class CommentsQuery(PageById):
    """Which comments."""

    open: Annotated[bool | None, Field(description="1: not resolved; 0: resolved")] = None
    micro_grid: Code | None = None


class CommentBody(Input):
    """A comment; nothing about persons."""

    words: Annotated[str, Field(min_length=1, max_length=comments.LONGEST_WORDS)]
    micro_grid: Code | None = None
    lon: Lon | None = None
    lat: Lat | None = None


class ResolveBody(Input):
    """Whether a comment is settled."""

    resolved: bool


@plan_reviews.get("/plans/<id:plan_id>/findings.csv")
@plan_reviews.output(FileSchema(type="string", format="binary"), content_type="text/csv")
@in_transaction
def list_findings(session: Session, actor: Actor, plan_id: int) -> Response:
    """Take away what a check of the plan finds, waivers included"""
    table = list_checked(session, actor, plan_id)
    headers = {"Content-Disposition": f'attachment; filename="plan-{plan_id}-findings.csv"'}
    content = as_csv(table.assign(geometry=None)).encode("utf-8-sig")
    return Response(content, mimetype="text/csv", headers=headers)


@plan_reviews.get("/plans/<id:plan_id>/waivers")
@plan_reviews.output(WaiverList)
@in_transaction
def list_waivers(session: Session, actor: Actor, plan_id: int) -> dict[str, Any]:
    """List the exceptions that were approved"""
    rows = waivers.list_waivers(session, actor, plan_id)
    return {"items": [WaiverOut.model_validate(row) for row in rows]}


@plan_reviews.post("/plans/<id:plan_id>/waivers")
@plan_reviews.input(WaiverBody)
@plan_reviews.output(WaiverOut, status_code=201)
@in_transaction
def waive_finding(session: Session, actor: Actor, plan_id: int, json_data: WaiverBody) -> WaiverOut:
    """Approve an exception"""
    row = waivers.waive_finding(session, actor, plan_id, **json_data.model_dump())
    return WaiverOut.model_validate(row)


@plan_reviews.delete("/plans/<id:plan_id>/waivers/<id:waiver_id>")
@plan_reviews.output({}, status_code=204)
@in_transaction
def drop_waiver(session: Session, actor: Actor, plan_id: int, waiver_id: int) -> str:
    """Take a waiver back"""
    waivers.drop_waiver(session, actor, plan_id, waiver_id)
    return ""


@plan_reviews.get("/plans/<id:plan_id>/comments")
@plan_reviews.input(CommentsQuery, location="query")
@plan_reviews.output(CommentPage)
@in_transaction
def list_comments(session: Session, actor: Actor, plan_id: int, query_data: CommentsQuery) -> dict[str, Any]:
    """List the comments on a plan in the order they were made"""
    limit, after = query_data.limit, query_data.after
    which: dict[str, Any] = {"is_open": query_data.open, "micro_grid": query_data.micro_grid}
    rows = comments.list_comments(session, actor, plan_id, **which, after_id=after, limit=limit + 1)
    total = None if after else comments.count_comments(session, actor, plan_id, **which)
    return build_page(CommentOut, rows, limit=limit, key="id", total=total)


@plan_reviews.post("/plans/<id:plan_id>/comments")
@plan_reviews.input(CommentBody)
@plan_reviews.output(CommentOut, status_code=201)
@in_transaction
def add_comment(session: Session, actor: Actor, plan_id: int, json_data: CommentBody) -> CommentOut:
    """Comment on a plan, pinned to a micro-grid, to a point, or to nothing"""
    said = json_data.model_dump()
    row = comments.add_comment(session, actor, plan_id, said.pop("words"), **said)
    return CommentOut.model_validate(row)


@plan_reviews.patch("/plans/<id:plan_id>/comments/<id:comment_id>")
@plan_reviews.input(ResolveBody)
@plan_reviews.output(CommentOut)
@in_transaction
def resolve_comment(
    session: Session, actor: Actor, plan_id: int, comment_id: int, json_data: ResolveBody
) -> CommentOut:
    """Settle a comment, or open it again"""
    resolved = json_data.resolved
    row = comments.resolve_comment(session, actor, plan_id, comment_id, is_resolved=resolved)
    return CommentOut.model_validate(row)
