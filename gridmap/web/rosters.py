"""Rosters: the week of a place, loading a file, its template, dropping a pattern, phones of roles."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from functools import wraps
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint, FileSchema
from apiflask.fields import UploadFile
from flask import Response, request
from pydantic import ConfigDict, Field, model_validator

from gridmap.formats.roster_template import build_template
from gridmap.formats.rosters import read_roster
from gridmap.services import roster_weeks
from gridmap.services import rosters as service
from gridmap.services.actors import require
from gridmap.services.postings import today
from gridmap.services.staff import list_staff
from gridmap.services.stations import list_stations
from gridmap.settings import LOCAL_ZONE
from gridmap.web.inputs import Code, Input, Words
from gridmap.web.outputs import Out, ProblemField
from gridmap.web.sign_in import current_actor, database, in_transaction, language_of_request
from gridmap.web.staff import RoleOut

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

rosters = APIBlueprint("api_rosters", __name__, url_prefix="/api/v1", tag="rosters")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 8_000_000  # some 100,000 rows
LONGEST_NAME = 60


class WeekQuery(Input):
    """Where, and which week."""

    area: Annotated[Code | None, Field(description="an area with all below it")] = None
    station: Annotated[Code | None, Field(description="or one station")] = None
    on: Annotated[date | None, Field(description="a day of the week; today by default")] = None

    @model_validator(mode="after")
    def _one_place(self) -> WeekQuery:
        if (self.area is None) == (self.station is None):
            raise ValueError("area_or_station")
        return self


class DutyOut(Out):
    """One shift."""

    shift_id: int
    starts_at: datetime
    ends_at: datetime
    pattern_id: int | None = Field(description="null: a single shift, of no weekly pattern")
    after_last_posting: bool = Field(description="the person's last posting has ended by then")


class LineOut(Out):
    """A post at a place, with its shifts of the week."""

    place_kind: str
    place_code: str
    place_name: str
    place_name_en: str | None
    staff_code: str
    role: str
    role_zh: str
    role_en: str
    organisation: str
    phone: str | None = Field(description="of the post, else of the station, else of the role")
    shifts: list[DutyOut]


class CalendarDayOut(Out):
    """A day of the week."""

    day: date
    kind: str = Field(description="holiday, workday (a weekend day that is worked) or empty")
    name: str


class HoleOut(Out):
    """A span in which a rule of coverage asks for somebody on duty and nobody is."""

    rule_id: int
    rule_zh: str
    rule_en: str
    area_code: str
    area_name: str
    area_name_en: str | None
    starts_at: datetime
    ends_at: datetime


class WeekOut(Out):
    """The roster of a place in a week."""

    code: str
    name: str
    name_en: str | None
    level: str
    days: list[CalendarDayOut]
    lines: list[LineOut]
    lines_total: int = Field(description="more than there are lines: ask for a smaller area")
    holes: list[HoleOut]
    rules: int = Field(description="rules that were asked for holes")
    years_unknown: list[int] = Field(
        description="years of the week or soon to come of which no holiday is on record: weekends only"
    )
    zone: str = Field(description="of the days")
    as_of: datetime


class RosterForm(Input):
    """A roster and how to read it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Annotated[UploadFile, Field(description=".xlsx or .csv, see the template")]
    skip_bad: Annotated[bool, Field(description="leave bad rows out instead of writing nothing")] = False
    zone: Annotated[Words, Field(description="time zone of rows that name none")] = LOCAL_ZONE


class RosterOut(Out):
    """What loading a roster did."""

    inserted: dict[str, int] = Field(description="kind of row -> how many")
    updated: dict[str, int]
    unchanged: dict[str, int]
    shifts_added: int
    shifts_removed: int
    rostered_until: date
    rejected: list[ProblemField] = Field(
        description="rows left out; empty unless bad rows were to be skipped"
    )
    ignored: list[str] = Field(description="columns that say nothing here")


class DroppedOut(Out):
    """What dropping a pattern or a shift did."""

    shifts_added: int
    shifts_removed: int


class RoleBody(Input):
    """What may change of a role."""

    duty_phone: Annotated[str | None, Field(max_length=service.LONGEST_PHONE)]


@rosters.url_value_preprocessor
def allow_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let larger bodies in than elsewhere, before anybody looks at the form."""
    request.max_content_length = MOST_BYTES


def for_writers(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse who may not write rosters before the file is read; no transaction waits while it comes in."""

    @wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with database().transaction() as opened:
            require(current_actor(opened), service.WRITE)
        return view(*args, **kwargs)

    return inside


@rosters.get("/roster")
@rosters.input(WeekQuery, location="query")
@rosters.output(WeekOut)
@in_transaction
def get_week(session: Session, actor: Actor, query_data: WeekQuery) -> WeekOut:
    """See who keeps duty where and when in a week, and where a rule finds nobody"""
    asked = query_data
    week = roster_weeks.get_week(
        session, actor, area_code=asked.area, station_code=asked.station, on=asked.on
    )
    return WeekOut.model_validate(week)


@rosters.post("/roster/imports")
@for_writers
@rosters.input(RosterForm, location="form_and_files")
@rosters.output(RosterOut)
@in_transaction
def load_roster(session: Session, actor: Actor, form_and_files_data: RosterForm) -> dict[str, Any]:
    """Load a roster: all rows or none, unless bad ones are to be skipped"""
    form = form_and_files_data
    with tempfile.TemporaryDirectory(prefix="gridmap-roster-") as folder:
        path = Path(folder) / _own_name(form.file.filename or "")
        path.write_bytes(form.file.read())
        roster = read_roster(path, form.zone)
    report = service.load_roster(session, actor, roster, skip_bad=form.skip_bad)
    language = language_of_request()
    return {
        "inserted": dict(report.inserted),
        "updated": dict(report.updated),
        "unchanged": dict(report.unchanged),
        "shifts_added": report.unrolled.added,
        "shifts_removed": report.unrolled.removed,
        "rostered_until": report.unrolled.last_day,
        "rejected": [vars(fault) | {"text": fault.text(language)} for fault in report.rejected],
        "ignored": list(report.ignored),
    }


@rosters.get("/roster/template.xlsx")
@rosters.output(FileSchema(type="string", format="binary"), content_type=XLSX)
@in_transaction
def take_template(session: Session, actor: Actor) -> Response:
    """Take the workbook to fill in, with an example of each kind"""
    require(actor, "roster.read")
    stations = list_stations(session, actor, kind="station", limit=1)
    posts = list_staff(session, actor, role="community_worker", limit=1)
    content = build_template(
        language_of_request(),
        staff_code=posts[0].code if posts else "P-0001",
        station_code=stations[0].code if stations else "S-01",
        today=today(),
    )
    headers = {"Content-Disposition": 'attachment; filename="roster.xlsx"'}
    return Response(content, mimetype=XLSX, headers=headers)


@rosters.delete("/roster/patterns/<id:pattern_id>")
@rosters.output(DroppedOut)
@in_transaction
def drop_pattern(session: Session, actor: Actor, pattern_id: int) -> dict[str, int]:
    """Drop a weekly pattern with all its shifts to come; what has begun stays"""
    done = service.drop_pattern(session, actor, pattern_id)
    return {"shifts_added": done.added, "shifts_removed": done.removed}


@rosters.delete("/roster/shifts/<id:shift_id>")
@rosters.output(DroppedOut)
@in_transaction
def drop_shift(session: Session, actor: Actor, shift_id: int) -> dict[str, int]:
    """Drop a single shift to come; a weekly one that yielded to it comes back"""
    done = service.drop_shift(session, actor, shift_id)
    return {"shifts_added": done.added, "shifts_removed": done.removed}


@rosters.patch("/staff-roles/<code>")
@rosters.input(RoleBody)
@rosters.output(RoleOut)
@in_transaction
def change_role(session: Session, actor: Actor, code: str, json_data: RoleBody) -> RoleOut:
    """Set the duty phone of a role, called where neither post nor station has one"""
    return RoleOut.model_validate(service.set_role_phone(session, actor, code, json_data.duty_phone))


def _own_name(name: str) -> str:
    """Give the last part of a file's name with its ending: errors say it, nothing else is done with it."""
    storable = name.replace("\\", "/").replace("\0", "").encode("utf-8", "replace").decode()
    plain = PurePath(storable).name[-LONGEST_NAME:]
    return plain if plain.strip(".") else "file"
