"""Rules of coverage: what a city demands, what is missing, month by month."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from apiflask import APIBlueprint, FileSchema
from flask import Response
from pydantic import Field

from gridmap.formats.coverage_files import write_csv, write_geopackage
from gridmap.services import coverage_months, coverage_register
from gridmap.services import coverage_rules as service
from gridmap.services.coverage_files import frame_answer
from gridmap.web.coverage import ShareOut
from gridmap.web.inputs import Code, GeometryQuery, Input, Moment
from gridmap.web.outputs import Out
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.coverage_rules import RuleAnswer

coverage_rules = APIBlueprint("api_coverage_rules", __name__, url_prefix="/api/v1", tag="coverage rules")

CountedBy = Literal["places", "households"]
Name = Annotated[str, Field(min_length=1, max_length=service.LONGEST_NAME)]
Target = Annotated[float, Field(gt=0, le=1, description="share that must be covered, 0-1")]


class RuleOut(Out):
    """What must be present where, and for which share."""

    id: int
    code: str
    kind: str = Field(description="posting, head, on_duty, station_walk, served or visited")
    name_zh: str
    name_en: str
    parameters: dict[str, Any]
    target_share: float
    counted_by: str = Field(description="what the target is a share of: places or households")
    is_active: bool


class RulesOut(Out):
    """All rules of the city."""

    items: list[RuleOut]


class WordOut(Out):
    """A word that a parameter may hold."""

    word: str
    name: str


class ParameterOut(Out):
    """What a rule of a kind has to say."""

    code: str
    name: str
    words: list[WordOut] = Field(description="empty: it is a number")
    many: bool = Field(description="a list of words")
    least: float
    most: float
    whole: bool
    required: bool
    default: Any


class KindOut(Out):
    """A kind of rule."""

    code: str
    name: str
    parameters: list[ParameterOut]


class KindsOut(Out):
    """The register of kinds."""

    items: list[KindOut]


class RuleBody(Input):
    """A new rule."""

    code: Annotated[str, Field(min_length=1, max_length=64, pattern="^[a-z][a-z0-9_]*$")]
    kind: Code
    name_zh: Name
    name_en: Name
    parameters: dict[str, Any]
    target_share: Target
    counted_by: CountedBy
    is_active: bool = True


class RuleChanges(Input):
    """What changes of a rule; what is left out stays."""

    name_zh: Name | None = None
    name_en: Name | None = None
    parameters: dict[str, Any] | None = None
    target_share: Target | None = None
    counted_by: CountedBy | None = None
    is_active: bool | None = None


class AreaShareOut(Out):
    """What is covered in an area."""

    code: str
    level: str
    name: str
    name_en: str | None
    parent_code: str | None
    share: ShareOut


class RuleAnswerOut(Out):
    """What a rule finds in an area, with all that is needed to read it."""

    rule: RuleOut
    share: ShareOut
    is_met: bool | None = Field(description="whether the target is met; null: nothing to cover")
    applies: bool = Field(description="false: nothing is demanded at that moment")
    level: str = Field(description="what the places are")
    areas: list[AreaShareOut] = Field(description="the area asked for, then all below it, from the top down")
    gaps: list[dict[str, Any]] = Field(description="places not covered, most households first")
    at: datetime
    plan_version: int | None
    definition: str
    as_of: datetime


class GapsQuery(Input):
    """Where and when."""

    area: Code
    at: Annotated[Moment | None, Field(description="now by default")] = None


class AnswerQuery(GapsQuery, GeometryQuery):
    """Where, when, and how much of it."""

    gaps: Annotated[bool, Field(description="0: figures only")] = True


class MonthOut(Out):
    """What was measured last in a month."""

    month: date = Field(description="its first day")
    share: ShareOut
    target_share: float
    plan_version: int | None
    measured_at: datetime


class MonthsOut(Out):
    """History of a rule in an area, the oldest first."""

    items: list[MonthOut]


class MonthsQuery(Input):
    """Where."""

    area: Code


class MeasureQuery(Input):
    """When."""

    day: Annotated[date | None, Field(description="local day, not to come; today by default")] = None


class MeasuredOut(Out):
    """How many figures were written."""

    figures: int


@coverage_rules.get("/coverage/rules")
@coverage_rules.output(RulesOut)
@in_transaction
def list_rules(session: Session, actor: Actor) -> dict[str, Any]:
    """List the city's rules of coverage"""
    return {"items": [RuleOut.model_validate(rule) for rule in service.list_rules(session, actor)]}


@coverage_rules.get("/coverage/kinds")
@coverage_rules.output(KindsOut)
@in_transaction
def list_kinds(session: Session, actor: Actor) -> dict[str, Any]:
    """List the kinds of rules with the parameters that each takes"""
    found = coverage_register.list_kinds(session, actor, language=language_of_request())
    return {"items": [KindOut.model_validate(kind) for kind in found]}


@coverage_rules.post("/coverage/rules")
@coverage_rules.input(RuleBody)
@coverage_rules.output(RuleOut, status_code=201)
@in_transaction
def create_rule(session: Session, actor: Actor, json_data: RuleBody) -> RuleOut:
    """Add a rule of one of the kinds"""
    return RuleOut.model_validate(service.create_rule(session, actor, **json_data.model_dump()))


@coverage_rules.patch("/coverage/rules/<id:rule_id>")
@coverage_rules.input(RuleChanges)
@coverage_rules.output(RuleOut)
@in_transaction
def change_rule(session: Session, actor: Actor, rule_id: int, json_data: RuleChanges) -> RuleOut:
    """Change a rule: its target, parameters, names, or whether it is in force"""
    changes = json_data.model_dump(exclude_none=True)
    return RuleOut.model_validate(service.change_rule(session, actor, rule_id, **changes))


@coverage_rules.get("/coverage/rules/<id:rule_id>/gaps")
@coverage_rules.input(AnswerQuery, location="query")
@coverage_rules.output(RuleAnswerOut)
@in_transaction
def find_gaps(session: Session, actor: Actor, rule_id: int, query_data: AnswerQuery) -> RuleAnswerOut:
    """Measure a rule in an area and in all areas below, and list the places that are not covered"""
    asked = query_data
    language = language_of_request()
    answer = service.find_gaps(
        session,
        actor,
        rule_id,
        asked.area,
        asked.at,
        with_gaps=asked.gaps,
        with_shapes=asked.geometry,
        language=language,
    )
    return RuleAnswerOut.model_validate(answer)


@coverage_rules.get("/coverage/rules/<id:rule_id>/gaps.csv")
@coverage_rules.input(GapsQuery, location="query")
@coverage_rules.output(FileSchema(type="string", format="binary"), content_type="text/csv")
@in_transaction
def take_gaps_as_csv(session: Session, actor: Actor, rule_id: int, query_data: GapsQuery) -> Response:
    """Take the uncovered places away as CSV"""
    answer = _measure(session, actor, rule_id, query_data)
    content = write_csv(frame_answer(session, answer, language_of_request()))
    return _file(answer, content, "csv", "text/csv")


@coverage_rules.get("/coverage/rules/<id:rule_id>/gaps.gpkg")
@coverage_rules.input(GapsQuery, location="query")
@coverage_rules.output(
    FileSchema(type="string", format="binary"), content_type="application/geopackage+sqlite3"
)
@in_transaction
def take_gaps_as_geopackage(session: Session, actor: Actor, rule_id: int, query_data: GapsQuery) -> Response:
    """Take the uncovered places, and the shares of all areas, away as GeoPackage"""
    answer = _measure(session, actor, rule_id, query_data)
    content = write_geopackage(frame_answer(session, answer, language_of_request()))
    return _file(answer, content, "gpkg", "application/geopackage+sqlite3")


@coverage_rules.get("/coverage/rules/<id:rule_id>/months")
@coverage_rules.input(MonthsQuery, location="query")
@coverage_rules.output(MonthsOut)
@in_transaction
def list_months(session: Session, actor: Actor, rule_id: int, query_data: MonthsQuery) -> dict[str, Any]:
    """See how a rule was kept in an area month by month"""
    months = coverage_months.list_months(session, actor, rule_id, query_data.area)
    return {"items": [MonthOut.model_validate(month) for month in months]}


@coverage_rules.post("/coverage/months")
@coverage_rules.input(MeasureQuery, location="query")
@coverage_rules.output(MeasuredOut)
@in_transaction
def measure_months(session: Session, actor: Actor, query_data: MeasureQuery) -> dict[str, int]:
    """Measure all rules in force as of a day, by the plan and the postings of then, for its month"""
    return {"figures": coverage_months.measure_months(session, actor, query_data.day)}


def _measure(session: Session, actor: Actor, rule_id: int, asked: GapsQuery) -> RuleAnswer:
    language = language_of_request()
    return service.find_gaps(
        session, actor, rule_id, asked.area, asked.at, with_shapes=True, language=language
    )


def _file(answer: RuleAnswer, content: bytes, kind: str, mime_type: str) -> Response:
    name = f"coverage-{answer.rule.code}-{answer.areas[0].code}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=mime_type, headers=headers)
