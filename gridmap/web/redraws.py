"""Redrawing a draft: its divisions, operations on them, the log, and who is at work."""

import csv
import io
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from apiflask import APIBlueprint, FileSchema
from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from gridmap.errors import BadInput
from gridmap.services import presences, redraw_log
from gridmap.services import redraws as service
from gridmap.services.actors import Actor
from gridmap.services.division_rows import changed_codes
from gridmap.services.division_views import (
    describe_atoms,
    describe_broken,
    describe_edges,
    describe_micro_grids,
    describe_opened,
    drawn_micro_grids,
)
from gridmap.services.divisions import list_grids, open_division, open_divisions
from gridmap.services.places import get_area
from gridmap.services.plans import get_plan, require_readable
from gridmap.services.redraw_log import Entry, moves_of, name_of, newest_sequence
from gridmap.web.inputs import LARGEST_ID, LARGEST_PAGE, Code, Input, Words
from gridmap.web.outputs import Out, PageOut, build_page
from gridmap.web.sign_in import in_transaction

redraws = APIBlueprint("api_redraws", __name__, url_prefix="/api/v1", tag="redraws")

Kind = Annotated[str, Field(min_length=1, max_length=32, description="one of " + ", ".join(service.KINDS))]
MicroGridCode = Annotated[str | None, Field(max_length=64)]


class DivisionsQuery(Input):
    """Which grids."""

    area: Annotated[Code, Field(description="a grid, or an area of at most 40 grids")]


class DivisionsOut(Out):
    """Grids of a plan, as the editor draws and counts them."""

    plan: dict[str, Any]
    sequence: int = Field(description="id of the newest operation on the plan; where the stream goes on")
    grids: list[dict[str, Any]]


class AskBody(Input):
    """An operation."""

    grid: Code
    kind: Kind
    arguments: dict[str, Any] = Field(default_factory=dict)


class OperationBody(AskBody):
    """An operation to be applied, once."""

    op_id: Annotated[UUID, Field(description="made by the client; sent again it changes nothing")]
    expected: Annotated[
        dict[str, MicroGridCode], Field(description="micro-grid in which each atom was seen; null = none")
    ] = Field(default_factory=dict)


class TurnBody(Input):
    """What to take back, or do again."""

    op_id: UUID
    grid: Annotated[Code | None, Field(description="only what was done in this grid")] = None


class LogEntry(Out):
    """One operation."""

    id: int
    op_id: UUID
    grid: str
    kind: str
    arguments: dict[str, Any]
    by: str | None
    at: datetime
    households_moved: int
    moves: list[list[str | None]] = Field(description="[atom, from, to]")
    undoes: int | None
    taken_back: bool


class LogPage(PageOut[LogEntry]):
    """Part of the log, the newest first."""


class LogQuery(Input):
    """Which operations."""

    by: Annotated[Words | None, Field(description="username")] = None
    kind: Kind | None = None
    micro_grid: Code | None = None
    after: Annotated[int, Field(ge=0, le=LARGEST_ID, description="id of the last one already seen")] = 0
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 100


class AnswerOut(Out):
    """What an operation did."""

    operation: LogEntry
    refused: list[dict[str, Any]] = Field(
        description="atoms that stay, moved by others or locked: atom, expected, now, by, at, locked"
    )
    report: dict[str, Any]
    grid: dict[str, Any] = Field(description="what changed in the grid, as it is now")


class PreviewOut(Out):
    """What an operation would do."""

    report: dict[str, Any]
    refused: list[str] = Field(description="atoms that would stay, since their buildings are locked")
    moves: list[list[str | None]]
    micro_grids: list[dict[str, Any]]


class RemediesQuery(Input):
    """Of which micro-grid."""

    micro_grid: Code


class RemediesOut(Out):
    """Ways back into the band, the cheapest first."""

    remedies: list[dict[str, Any]]


class PresenceBody(Input):
    """A browser at work."""

    client: UUID
    grid: Code | None = None
    codes: Annotated[list[Code], Field(max_length=50, description="micro-grids being dragged")] = Field(
        default_factory=list
    )
    leaving: bool = False


class PresenceOut(Out):
    """Who is at work."""

    clients: list[dict[str, Any]]
    refused: list[str]


@redraws.get("/plans/<id:plan_id>/divisions")
@redraws.input(DivisionsQuery, location="query")
@redraws.output(DivisionsOut)
@in_transaction
def show_divisions(
    session: Session, actor: Actor, plan_id: int, query_data: DivisionsQuery
) -> dict[str, Any]:
    """See grids of a plan as the editor does: buildings, atoms, neighbours, micro-grids"""
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    area = get_area(session, actor, query_data.area)
    sequence = newest_sequence(session, plan.id)
    opened = open_divisions(session, plan, list_grids(session, plan, area))
    return {
        "plan": {"id": plan.id, "status": plan.status, "rules": plan.rules},
        "sequence": sequence,
        "grids": describe_opened(session, plan, opened),
    }


@redraws.post("/plans/<id:plan_id>/operations")
@redraws.input(OperationBody)
@redraws.output(AnswerOut, status_code=201)
@in_transaction
def redraw(session: Session, actor: Actor, plan_id: int, json_data: OperationBody) -> dict[str, Any]:
    """Redraw one grid of a draft"""
    done = service.redraw_plan(
        session,
        actor,
        plan_id,
        json_data.grid,
        json_data.kind,
        json_data.arguments,
        op_id=json_data.op_id,
        expected=json_data.expected,
    )
    return _answer_done(session, actor, done)


@redraws.post("/plans/<id:plan_id>/operations/preview")
@redraws.input(AskBody)
@redraws.output(PreviewOut)
@in_transaction
def preview(session: Session, actor: Actor, plan_id: int, json_data: AskBody) -> dict[str, Any]:
    """See what an operation would do; nothing is changed"""
    before, change = service.preview(
        session, actor, plan_id, json_data.grid, json_data.kind, json_data.arguments
    )
    there = {change.division.codes[label] for label in set(change.division.labels.tolist()) if label >= 0}
    codes = [code for code in changed_codes(before, change.division) if code in there]
    return {
        "report": change.report,
        "refused": change.refused,
        "moves": change.operation["moves"],
        "micro_grids": drawn_micro_grids(change.division, codes),
    }


@redraws.post("/plans/<id:plan_id>/undo")
@redraws.input(TurnBody)
@redraws.output(AnswerOut, status_code=201)
@in_transaction
def undo(session: Session, actor: Actor, plan_id: int, json_data: TurnBody) -> dict[str, Any]:
    """Take back your newest operation"""
    done = service.undo(session, actor, plan_id, op_id=json_data.op_id, grid_code=json_data.grid)
    return _answer_done(session, actor, done)


@redraws.post("/plans/<id:plan_id>/redo")
@redraws.input(TurnBody)
@redraws.output(AnswerOut, status_code=201)
@in_transaction
def redo(session: Session, actor: Actor, plan_id: int, json_data: TurnBody) -> dict[str, Any]:
    """Do again what you took back last"""
    done = service.redo(session, actor, plan_id, op_id=json_data.op_id, grid_code=json_data.grid)
    return _answer_done(session, actor, done)


@redraws.get("/plans/<id:plan_id>/operations")
@redraws.input(LogQuery, location="query")
@redraws.output(LogPage)
@in_transaction
def list_operations(session: Session, actor: Actor, plan_id: int, query_data: LogQuery) -> dict[str, Any]:
    """List who moved what, and when"""
    asked = query_data.model_dump(exclude={"after", "limit"})
    rows = redraw_log.list_operations(
        session, actor, plan_id, **asked, before_id=query_data.after, limit=query_data.limit + 1
    )
    entries = [_log_entry(row) for row in rows]
    return build_page(LogEntry, entries, limit=query_data.limit, key="id", total=None)


@redraws.get("/plans/<id:plan_id>/operations.csv")
@redraws.output(FileSchema(type="string", format="binary"), content_type="text/csv")
@in_transaction
def export_operations(session: Session, actor: Actor, plan_id: int) -> Response:
    """Take the log away: one row for every atom that moved"""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["operation", "at", "by", "grid", "kind", "undoes", "atom", "from", "to"])
    for row in reversed(redraw_log.list_operations(session, actor, plan_id, limit=None)):
        one = row.operation
        about = [one.id, one.created_at.isoformat(), row.by or "", row.grid.code, one.kind, one.undoes or ""]
        writer.writerows([*about, *(place or "" for place in move)] for move in moves_of(one))
    name = f'attachment; filename="plan-{plan_id}-operations.csv"'
    content = out.getvalue().encode("utf-8-sig")  # so that spreadsheets read Chinese
    return Response(content, mimetype="text/csv", headers={"Content-Disposition": name})


@redraws.get("/plans/<id:plan_id>/remedies")
@redraws.input(RemediesQuery, location="query")
@redraws.output(RemediesOut)
@in_transaction
def list_remedies(session: Session, actor: Actor, plan_id: int, query_data: RemediesQuery) -> dict[str, Any]:
    """See what would bring a micro-grid back into the band"""
    return {"remedies": service.list_remedies(session, actor, plan_id, query_data.micro_grid)}


@redraws.post("/plans/<id:plan_id>/presence")
@redraws.input(PresenceBody)
@redraws.output(PresenceOut)
@in_transaction
def say_present(session: Session, actor: Actor, plan_id: int, json_data: PresenceBody) -> dict[str, Any]:
    """Say that you are at work on a draft, and which micro-grids you drag"""
    if json_data.leaving:
        presences.leave(session, actor, plan_id, json_data.client)
        return {"clients": _clients(presences.list_present(session, actor, plan_id)), "refused": []}
    here, refused = presences.say_present(
        session, actor, plan_id, json_data.client, grid_code=json_data.grid, codes=json_data.codes
    )
    return {"clients": _clients(here), "refused": refused}


def _answer_done(session: Session, actor: Actor, done: service.Done) -> dict[str, Any]:
    by = name_of(session, done.entry)
    return answer_entry(session, actor, Entry(done.entry, done.grid, by))


def answer_entry(session: Session, actor: Actor, entry: Entry) -> dict[str, Any]:
    """Describe an operation and how what it changed stands now."""
    grid = entry.grid
    plan = get_plan(session, actor, entry.operation.plan_id)
    opened = open_division(session, plan, grid)
    division = opened.division
    if division is None:
        raise BadInput("redraw_no_buildings", grid=grid.code)
    operation = entry.operation
    there = {division.codes[label] for label in set(division.labels.tolist()) if label >= 0}
    changed = operation.report["changed"]
    is_recut = bool(operation.operation["parts"])
    moved = [
        [key, division.code_of(division.labels[division.row_of_key[key]])]
        for key, *_ in operation.operation["moves"]
        if key in division.row_of_key
    ]
    codes = [code for code in changed if code in there]
    return {
        "operation": _log_entry(entry),
        "refused": operation.refused,
        "report": operation.report,
        "grid": {
            "code": grid.code,
            "sequence": opened.sequence,
            "moved": moved,
            "atoms": describe_atoms(division) if is_recut else None,
            "edges": describe_edges(division) if is_recut else None,
            "micro_grids": describe_micro_grids(session, plan, grid, division, codes),
            "retired": [code for code in changed if code not in there],
            "locked_buildings": sorted(division.locked_buildings),
            "broken": describe_broken(division),
        },
    }


def _log_entry(entry: Entry) -> dict[str, Any]:
    one = entry.operation
    return {
        "id": one.id,
        "op_id": one.op_id,
        "grid": entry.grid.code,
        "kind": one.kind,
        "arguments": one.operation["arguments"],
        "by": entry.by,
        "at": one.created_at,
        "households_moved": one.households_moved,
        "moves": moves_of(one),
        "undoes": one.undoes,
        "taken_back": one.taken_back_by is not None,
    }


def _clients(here: list[presences.Present]) -> list[dict[str, Any]]:
    return [one._asdict() for one in here]
