"""Weekly patterns of the roster, one at a time: list, add, change, end, and days that differ."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint
from pydantic import Field

from gridmap.formats.roster_words import read_day
from gridmap.services import roster_patterns as service
from gridmap.web.inputs import Code, Input
from gridmap.web.outputs import Out
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.roster_patterns import DescribedPattern
    from gridmap.services.roster_shifts import Unrolled

roster_patterns = APIBlueprint("api_roster_patterns", __name__, url_prefix="/api/v1", tag="roster patterns")

Text = Annotated[str, Field(max_length=100)]


class ExceptionOut(Out):
    """A day on which a pattern is not kept, or at other hours or another place."""

    day: date
    is_off: bool
    starts_time: time | None = Field(description="null: as the pattern")
    ends_time: time | None
    station_code: str | None
    area_code: str | None


class PatternOut(Out):
    """A weekly pattern; times are local in its zone."""

    id: int
    staff_code: str
    weekdays: list[int] = Field(description="1 = Monday")
    starts_time: time
    ends_time: time = Field(description="not after the start: on the next day")
    station_code: str | None
    area_code: str | None
    valid_from: date
    valid_to: date | None = Field(description="last day included; null = open")
    on_holidays: str = Field(description="rests, works or only")
    zone: str
    exceptions: list[ExceptionOut]


class PatternsOut(Out):
    """The weekly patterns of a post."""

    items: list[PatternOut]


class WrittenPatternOut(Out):
    """A pattern as it is now, and the shifts that followed."""

    pattern: PatternOut
    shifts_added: int
    shifts_removed: int


class PatternsQuery(Input):
    """Whose."""

    staff: Code


class PatternFields(Input):
    """What a pattern says, as a row of a file would; an empty text is an empty cell."""

    weekdays: Annotated[Text | None, Field(description="1,2,3 or Mon-Fri or 周一至周五")] = None
    starts: Annotated[Text | None, Field(alias="from", description="08:30")] = None
    ends: Annotated[Text | None, Field(alias="to", description="17:30")] = None
    station_code: Text | None = None
    area_code: Text | None = None
    valid_from: Text | None = None
    valid_to: Annotated[Text | None, Field(description="last day included; empty = open")] = None
    on_holidays: Annotated[Text | None, Field(description="rests, works or only")] = None
    zone: Text | None = None


class PatternBody(PatternFields):
    """A new pattern."""

    staff_code: Text


class ExceptionBody(Input):
    """A day that differs; without hours and place it is off."""

    day: Text
    starts: Annotated[Text | None, Field(alias="from")] = None
    ends: Annotated[Text | None, Field(alias="to")] = None
    station_code: Text | None = None
    area_code: Text | None = None


@roster_patterns.get("/roster/patterns")
@roster_patterns.input(PatternsQuery, location="query")
@roster_patterns.output(PatternsOut)
@in_transaction
def list_patterns(session: Session, actor: Actor, query_data: PatternsQuery) -> dict[str, Any]:
    """List the weekly patterns of a post with their exceptions"""
    found = service.list_patterns(session, actor, query_data.staff)
    return {"items": [PatternOut.model_validate(one) for one in found]}


@roster_patterns.post("/roster/patterns")
@roster_patterns.input(PatternBody)
@roster_patterns.output(WrittenPatternOut, status_code=201)
@in_transaction
def add_pattern(session: Session, actor: Actor, json_data: PatternBody) -> dict[str, Any]:
    """Add a weekly pattern; its shifts follow at once"""
    return _written(service.add_pattern(session, actor, _said(json_data)))


@roster_patterns.patch("/roster/patterns/<id:pattern_id>")
@roster_patterns.input(PatternFields)
@roster_patterns.output(WrittenPatternOut)
@in_transaction
def change_pattern(
    session: Session, actor: Actor, pattern_id: int, json_data: PatternFields
) -> dict[str, Any]:
    """Change a weekly pattern, or end it by its last day; what has begun stays"""
    return _written(service.change_pattern(session, actor, pattern_id, _said(json_data)))


@roster_patterns.put("/roster/patterns/<id:pattern_id>/exceptions")
@roster_patterns.input(ExceptionBody)
@roster_patterns.output(WrittenPatternOut)
@in_transaction
def set_exception(
    session: Session, actor: Actor, pattern_id: int, json_data: ExceptionBody
) -> dict[str, Any]:
    """Take a day out of a pattern, or keep it at other hours or another place"""
    return _written(service.set_exception(session, actor, pattern_id, _said(json_data)))


@roster_patterns.delete("/roster/patterns/<id:pattern_id>/exceptions/<day>")
@roster_patterns.output(WrittenPatternOut)
@in_transaction
def drop_exception(session: Session, actor: Actor, pattern_id: int, day: str) -> dict[str, Any]:
    """Keep a pattern on a day again as on the others"""
    found = read_day(day) or date.min  # of which there is no exception
    return _written(service.drop_exception(session, actor, pattern_id, found))


def _said(body: Input) -> Mapping[str, str]:
    return body.model_dump(by_alias=True, exclude_none=True)


def _written(done: tuple[DescribedPattern, Unrolled]) -> dict[str, Any]:
    pattern, unrolled = done
    return {
        "pattern": PatternOut.model_validate(pattern),
        "shifts_added": unrolled.added,
        "shifts_removed": unrolled.removed,
    }
