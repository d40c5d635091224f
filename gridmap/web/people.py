"""Pages of a station and of a post: what stands there, who is on duty, what is carried; and their answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from apiflask import APIBlueprint
from flask import Blueprint, redirect, request, url_for
from pydantic import Field

from gridmap.services.staff_details import describe_staff
from gridmap.services.station_details import describe_station
from gridmap.services.workload_figures import FIGURES
from gridmap.settings import LOCAL_ZONE
from gridmap.web.coverage_rules import RuleOut
from gridmap.web.inputs import Input, Moment
from gridmap.web.outputs import Degrees, Out
from gridmap.web.pages import show_page
from gridmap.web.responsibility import AnswersOut
from gridmap.web.sign_in import in_transaction, language_of_request
from gridmap.web.station_sign_ins import describe_sign_in

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.workload_figures import Spread

ZONE = ZoneInfo(LOCAL_ZONE)

people_api = APIBlueprint("api_people", __name__, url_prefix="/api/v1", tag="a station")
people = Blueprint("people", __name__)


class DutyShiftOut(Out):
    """A shift: role and number."""

    code: str
    role: str
    role_zh: str
    role_en: str
    phone: str | None
    starts_at: datetime
    ends_at: datetime


class DutyDayOut(Out):
    """A day with the shifts that begin on it."""

    day: date
    opens_at: datetime | None
    closes_at: datetime | None
    shifts: list[DutyShiftOut]


class ReachedOut(Out):
    """Homes within some minutes on foot."""

    minutes: float
    walk_m: float
    households: int
    households_estimated: bool
    buildings: int


class NextStationOut(Out):
    """Another station."""

    code: str
    name: str
    kind: str
    walk_m: float
    how: str = Field(description="on_foot, or why it is the straight line: no_network, cut_off")


class BasedOut(Out):
    """A post that has its place at the station."""

    code: str
    role: str
    role_zh: str
    role_en: str
    phone: str | None


class OneStationOut(Out):
    """A station."""

    code: str
    name: str
    kind: str
    phone: str | None
    grid_code: str | None
    grid_name: str | None
    lon: Degrees
    lat: Degrees


class StationDetailsOut(Out):
    """A station and what stands around it."""

    station: OneStationOut
    on_duty: list[DutyShiftOut]
    week: list[DutyDayOut] = Field(description="Monday to Sunday")
    posts: list[AnswersOut] = Field(description="posted to the station")
    based: list[BasedOut]
    reached: list[ReachedOut] | None = Field(description="null: not for this role")
    nearest: list[NextStationOut]
    rules: list[RuleOut]
    at: datetime
    definition: str


class StationQuery(Input):
    """When."""

    at: Annotated[Moment | None, Field(description="now by default")] = None


@people.app_context_processor
def clock_values() -> dict[str, Any]:
    """Give templates the city's day and clock."""
    return {
        "today": datetime.now(ZONE).date(),
        "local_day": lambda moment: moment.astimezone(ZONE).date(),
        "local_clock": lambda moment: moment.astimezone(ZONE).strftime("%H:%M"),
        "local_time": lambda moment: moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M"),
    }


@people_api.get("/stations/<code>")
@people_api.input(StationQuery, location="query")
@people_api.output(StationDetailsOut)
@in_transaction
def get_station(session: Session, actor: Actor, code: str, query_data: StationQuery) -> StationDetailsOut:
    """Get a station: homes within a walk, who is on duty, the week, the next stations, the rules"""
    found = describe_station(session, actor, code, query_data.at, language=language_of_request())
    return StationDetailsOut.model_validate(found)


@people.get("/stations/<code>")
@in_transaction
def show_station(session: Session, actor: Actor, code: str) -> ResponseReturnValue:
    """Show a station: its map with how far one walks, homes within, duty, postings, rules."""
    if actor.role == "visitor":
        return redirect(url_for("pages.show_sign_in", next=request.path))
    found = describe_station(session, actor, code, language=language_of_request())
    station = found.station
    return show_page(
        session,
        actor,
        "station.html",
        action="places.read",
        texts=("station_page.",),
        found=found,
        station=station,
        may_open_posts=actor.may("coverage.read"),
        sign_in=describe_sign_in(session, actor, code),
        page={
            "station": {"code": station.code, "lon": station.lon, "lat": station.lat},
            "may_measure": found.reached is not None,
        },
    )


@people.get("/staff/<code>")
@in_transaction
def show_staff(session: Session, actor: Actor, code: str) -> ResponseReturnValue:
    """Show a post: its postings on the map, its week, and what it carries beside the spread of its role."""
    if actor.role == "visitor":
        return redirect(url_for("pages.show_sign_in", next=request.path))
    found = describe_staff(session, actor, code, language=language_of_request())
    shapes = [
        {"geometry": one.geometry, "name": one.name, "state": one.state}
        for one in found.postings
        if one.geometry is not None
    ]
    return show_page(
        session,
        actor,
        "staff.html",
        action="staff.read",
        texts=("workload.",),
        found=found,
        post=found.post,
        figures=_figures(found.workload),
        page={"postings": shapes},
    )


def _figures(workload: Any) -> list[dict[str, Any]]:
    """Put each figure of a post beside the band of its role: shares of the way from the least to the most."""
    if workload is None:
        return []
    spreads = {spread.figure: spread for spread in workload.spread.spreads} if workload.spread else {}
    return [
        {"name": name, "value": workload.load.figure(name), "spread": spreads.get(name)}
        | _band_of(spreads.get(name), workload.load.figure(name))
        for name in FIGURES
    ]


def _band_of(spread: Spread | None, value: float | None) -> dict[str, Any]:
    """Place a band from 0 to the most (in percent of it): both ends, both quartiles, and the post's own."""
    if spread is None or value is None:
        return {"band": None}
    least, lower, upper, most = spread.least, spread.lower, spread.upper, spread.most
    if least is None or lower is None or upper is None or most is None:
        return {"band": None}
    whole = max(most, value) or 1.0
    shares = {"least": least, "lower": lower, "upper": upper, "most": most, "own": value}
    return {"band": {key: round(100 * number / whole, 1) for key, number in shares.items()}}
