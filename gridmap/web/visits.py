"""Visits: recording them one by one or several at once, the register of kinds, and what is done and due."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field, ValidationError

from gridmap.errors import BadInput
from gridmap.services import visits as service
from gridmap.services.actors import require
from gridmap.web.coverage_rules import AreaShareOut
from gridmap.web.inputs import LARGEST_ID, Code, Input, Moment, field_errors
from gridmap.web.outputs import Out, ProblemOut
from gridmap.web.problems import build_problem
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

visits = APIBlueprint("api_visits", __name__, url_prefix="/api/v1", tag="visits")

MOST_ENTRIES = 500


class VisitBody(Input):
    """A visit."""

    client_id: UUID
    building_id: Annotated[int, Field(ge=1, le=LARGEST_ID)]
    kind: Code
    visited_at: Moment
    entrance_number: Annotated[int | None, Field(ge=1, le=99)] = None
    note: Annotated[str | None, Field(max_length=service.LONGEST_NOTE)] = None
    staff_code: Annotated[Code | None, Field()] = None


class VisitsBody(Input):
    """Visits; each is looked at by itself."""

    items: Annotated[
        list[dict[str, Any]],
        Field(
            min_length=1,
            max_length=MOST_ENTRIES,
            description="each: client_id (UUID), building_id, kind, visited_at; where there is one,"
            " entrance_number, note, staff_code (of those who enter for others)",
        ),
    ]


class VisitAnswerOut(Out):
    """What became of a visit."""

    client_id: str | None
    state: str = Field(description="stored, known (it was there already) or refused")
    problem: ProblemOut | None


class VisitAnswersOut(Out):
    """An answer to each visit, in the order they were sent."""

    items: list[VisitAnswerOut]


class VisitKindOut(Out):
    """A kind of visit."""

    code: str
    name_zh: str
    name_en: str
    period: str = Field(description="in which one is due: day, month or quarter of the calendar")
    roles: list[str] = Field(description="whose posts have to")


class VisitKindsOut(Out):
    """The register of kinds."""

    items: list[VisitKindOut]


class DoneQuery(Input):
    """Which visits, where and when."""

    area: Code
    kind: Code
    at: Annotated[Moment | None, Field(description="now by default; its day, month or quarter counts")] = None
    level: Literal["building", "entrance"] = "building"


class PeriodOut(Out):
    """A period; days are local and both included."""

    first_day: date
    last_day: date


class VisitsDoneOut(Out):
    """What is done and due of a kind of visit."""

    kind: str
    level: str
    period: PeriodOut
    areas: list[AreaShareOut] = Field(
        description="the area asked for, then all below it; covered = visited, the rest is due"
    )
    definition: str
    as_of: datetime


@visits.get("/visit-kinds")
@visits.output(VisitKindsOut)
@in_transaction
def list_visit_kinds(session: Session, actor: Actor) -> dict[str, Any]:
    """List the kinds of visits, how often each is due and by whom"""
    return {"items": [VisitKindOut.model_validate(one) for one in service.list_visit_kinds(session, actor)]}


@visits.get("/visits")
@visits.input(DoneQuery, location="query")
@visits.output(VisitsDoneOut)
@in_transaction
def find_visits_done(session: Session, actor: Actor, query_data: DoneQuery) -> VisitsDoneOut:
    """See which share of the buildings or entrances was visited in a period, area by area"""
    asked = query_data
    language = language_of_request()
    found = service.find_visits_done(
        session, actor, asked.area, asked.kind, asked.at, level=asked.level, language=language
    )
    return VisitsDoneOut.model_validate(found)


@visits.post("/visits")
@visits.input(VisitsBody)
@visits.output(VisitAnswersOut)
@in_transaction
def record_visits(session: Session, actor: Actor, json_data: VisitsBody) -> dict[str, Any]:
    """Record visits; one that is refused never stops the others, one sent again changes nothing"""
    require(actor, service.WRITE)
    answers: list[dict[str, Any] | None] = []
    entries = []
    for item in json_data.items:
        try:
            entries.append(service.VisitEntry(**VisitBody.model_validate(item).model_dump()))
            answers.append(None)
        except ValidationError as fault:
            given = item.get("client_id")
            known = given[:64] if isinstance(given, str) else None
            answers.append(_answer(known, service.REFUSED, BadInput(fields=field_errors(fault))))
    found = iter(service.record_visits(session, actor, entries))
    for place, answer in enumerate(answers):
        if answer is None:
            one = next(found)
            answers[place] = _answer(str(one.client_id), one.state, one.error)
    return {"items": answers}


def _answer(client_id: str | None, state: str, error: Any) -> dict[str, Any]:
    problem = None if error is None else build_problem(error, language_of_request())
    return {"client_id": client_id, "state": state, "problem": problem}
