"""Hand-off lists: what posts gained and lost when a plan was published; one's own, or those of a plan."""

from __future__ import annotations

import re
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from apiflask import APIBlueprint, FileSchema
from flask import Response
from pydantic import Field

from gridmap.formats.handoff_lists import HandoffList, as_table
from gridmap.formats.handoff_sheets import write_handoffs
from gridmap.formats.plan_files import as_csv
from gridmap.services import handoff_lists as service
from gridmap.services.postings import today
from gridmap.web.inputs import Code, Input, PageByCode
from gridmap.web.outputs import Out, PageOut, build_page
from gridmap.web.sign_in import current_actor, database, in_transaction, language_of_request

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

handoffs = APIBlueprint("api_handoffs", __name__, url_prefix="/api/v1", tag="hand-offs")

PDF, CSV = "application/pdf", "text/csv"
FILE = FileSchema(type="string", format="binary")


class OpenQuery(Input):
    """Which of the lists."""

    open: Annotated[bool | None, Field(description="1: not acknowledged yet; 0: acknowledged")] = None


class AreaQuery(Input):
    """Of which area."""

    area: Annotated[Code | None, Field(description="with buildings or micro-grids of it")] = None


class PlanQuery(PageByCode, AreaQuery):
    """Which posts of a plan."""

    state: Annotated[
        Literal["open", "acknowledged", "undecided"] | None,
        Field(description="undecided: a posting ended and nobody said yet where the post goes"),
    ] = None


class PartOut(Out):
    """A building, or a part of one, gained or lost."""

    direction: str
    building_id: int
    name: str
    address: str
    compound: str
    entrance: int | None = Field(description="null = all of them")
    floor_from: int | None
    floor_to: int | None
    households: int
    is_estimate: bool
    before: str | None = Field(description="micro-grid that held it; null = none")
    after: str | None = Field(description="micro-grid that holds it now; null = none")
    others: list[str] = Field(description="posts it is taken over from, or handed over to")


class CarriedOut(Out):
    """What became of a posting to a micro-grid whose code retired or came back."""

    from_code: str
    to_code: str | None = Field(description="null = to be decided")
    outcome: str = Field(description="carried, undecided or returned")
    households: int = Field(description="of the retired micro-grid")
    households_shared: int = Field(description="of these, in the new one that holds most of them")


class HandoffOut(Out):
    """What one post hands over and takes over since a plan was published."""

    staff_code: str
    plan_id: int
    area_code: str
    area_name: str
    area_name_en: str
    effective_on: date
    acknowledged_at: datetime | None
    parts: list[PartOut]
    carries: list[CarriedOut]


class HandoffsOut(Out):
    """The hand-off lists of a post, the newest plan first."""

    items: list[HandoffOut]


class PostOut(Out):
    """A post with a hand-off list of the plan."""

    code: str
    role: str
    role_zh: str
    role_en: str
    organisation: str
    is_acknowledged: bool
    buildings_gained: int
    households_gained: int
    buildings_lost: int
    households_lost: int
    is_estimate: bool
    undecided: list[str] = Field(description="micro-grids whose posting ended and is to be decided")


class CountsOut(Out):
    """How far the hand-over of a plan is."""

    posts: int = Field(description="with a hand-off list")
    acknowledged: int
    open: int
    undecided: int = Field(description="postings to be decided")
    most_sheets: int = Field(description="lists that are printed at once")


class PostPage(PageOut[PostOut]):
    """Part of the posts of a plan, by code, and the counts of all."""

    counts: CountsOut


@handoffs.get("/staff/me/handoffs")
@handoffs.input(OpenQuery, location="query")
@handoffs.output(HandoffsOut)
@in_transaction
def list_mine(session: Session, actor: Actor, query_data: OpenQuery) -> dict[str, Any]:
    """List the hand-offs of the post behind one's own account"""
    found = service.list_my_handoffs(session, actor, is_open=query_data.open)
    return {"items": [HandoffOut.model_validate(one) for one in found]}


@handoffs.post("/staff/me/handoffs/<id:plan_id>/acknowledge")
@handoffs.output(HandoffOut)
@in_transaction
def acknowledge(session: Session, actor: Actor, plan_id: int) -> HandoffOut:
    """Say that one's own post has taken over"""
    return HandoffOut.model_validate(service.acknowledge_handoff(session, actor, plan_id))


@handoffs.get("/staff/<code>/handoffs")
@handoffs.input(OpenQuery, location="query")
@handoffs.output(HandoffsOut)
@in_transaction
def list_of_post(session: Session, actor: Actor, code: str, query_data: OpenQuery) -> dict[str, Any]:
    """List the hand-offs of a post: one's own, or for planners anybody's"""
    found = service.list_handoffs(session, actor, code, is_open=query_data.open)
    return {"items": [HandoffOut.model_validate(one) for one in found]}


@handoffs.get("/staff/<code>/handoffs/<id:plan_id>/sheet.pdf")
@handoffs.output(FILE, content_type=PDF)
def print_one(code: str, plan_id: int) -> Response:
    """Print the hand-off list of a post"""
    with database().transaction() as session:
        one = service.get_handoff(session, current_actor(session), code, plan_id)
    return _print([one], f"handoff-{code}-plan-{plan_id}")


@handoffs.get("/staff/<code>/handoffs/<id:plan_id>/sheet.csv")
@handoffs.output(FILE, content_type=CSV)
@in_transaction
def take_one(session: Session, actor: Actor, code: str, plan_id: int) -> Response:
    """Take the hand-off list of a post away as a table"""
    one = service.get_handoff(session, actor, code, plan_id)
    return _table([one], f"handoff-{code}-plan-{plan_id}")


@handoffs.get("/plans/<id:plan_id>/handoffs")
@handoffs.input(PlanQuery, location="query")
@handoffs.output(PostPage)
@in_transaction
def list_of_plan(session: Session, actor: Actor, plan_id: int, query_data: PlanQuery) -> dict[str, Any]:
    """List the posts with a hand-off list of a plan by code, and count how many have acknowledged"""
    limit = query_data.limit
    rows = service.list_handoffs_of_plan(
        session,
        actor,
        plan_id,
        area_code=query_data.area,
        state=query_data.state or "",
        after_code=query_data.after,
        limit=limit + 1,
    )
    page = build_page(PostOut, rows, limit=limit, key="code", total=None)
    return page | {
        "counts": service.count_handoffs_of_plan(session, actor, plan_id, area_code=query_data.area)
    }


@handoffs.get("/plans/<id:plan_id>/handoffs.pdf")
@handoffs.input(AreaQuery, location="query")
@handoffs.output(FILE, content_type=PDF)
def print_all(plan_id: int, query_data: AreaQuery) -> Response:
    """Print the hand-off lists of a plan, or of an area of it: a page a post, more where one is long"""
    with database().transaction() as session:
        lists = service.get_handoffs_of_plan(
            session,
            current_actor(session),
            plan_id,
            area_code=query_data.area,
            most=service.MOST_SHEETS,
        )
    return _print(lists, f"handoffs-plan-{plan_id}")


@handoffs.get("/plans/<id:plan_id>/handoffs.csv")
@handoffs.input(AreaQuery, location="query")
@handoffs.output(FILE, content_type=CSV)
@in_transaction
def take_all(session: Session, actor: Actor, plan_id: int, query_data: AreaQuery) -> Response:
    """Take all hand-off lists of a plan away as a table"""
    lists = service.get_handoffs_of_plan(session, actor, plan_id, area_code=query_data.area)
    return _table(lists, f"handoffs-plan-{plan_id}")


def _print(lists: list[HandoffList], name: str) -> Response:
    """Draw when the transaction is over: it needs nothing of the database."""
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder, "handoffs.pdf")
        written = write_handoffs(lists, path, printed_on=today(), language=language_of_request())
        content = path.read_bytes()
    headers = {
        "Content-Disposition": f'inline; filename="{_plain(name)}.pdf"',
        "Content-Language": written.language,
    }
    return Response(content, mimetype=PDF, headers=headers)


def _table(lists: list[HandoffList], name: str) -> Response:
    content = as_csv(as_table(lists)).encode("utf-8-sig")
    headers = {"Content-Disposition": f'attachment; filename="{_plain(name)}.csv"'}
    return Response(content, mimetype=CSV, headers=headers)


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
