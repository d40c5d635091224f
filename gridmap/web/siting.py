"""Siting: where to put the next station."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import PurePath
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from gridmap.services import siting as service
from gridmap.services.actors import Actor, require
from gridmap.services.siting_cases import MOST_CANDIDATES, Point
from gridmap.services.siting_uploads import read_candidates
from gridmap.web.inputs import Code, Input, Lat, Lon
from gridmap.web.outputs import Degrees, Out
from gridmap.web.sign_in import current_actor, database, in_transaction, language_of_request
from gridmap.web.stations import StationKind

siting = APIBlueprint("api_siting", __name__, url_prefix="/api/v1", tag="siting")

QuestionWord = Literal["cover_most", "cover_share", "shorten_walks"]


class PointIn(Input):
    """A place that is a candidate."""

    name: Annotated[str, Field(max_length=200)] = ""
    lon: Lon
    lat: Lat


class SitingIn(Input):
    """Where stations could stand, and what they are for."""

    area: Code
    question: Annotated[
        QuestionWord,
        Field(
            description="cover_most: most households within reach; cover_share: fewest stations for a share"
            " of them; shorten_walks: the shortest walks in all"
        ),
    ] = "cover_most"
    reach_m: Annotated[
        float, Field(gt=0, le=service.LARGEST_WALK_M, description="metres on foot from the entrance")
    ] = 500
    sites: Annotated[
        int, Field(ge=1, le=service.MOST_SITES, description="new stations; not for cover_share")
    ] = 5
    share: Annotated[
        float, Field(gt=0, le=1, description="for cover_share: of those whom anything reaches on foot")
    ] = 0.9
    present_kinds: Annotated[
        tuple[StationKind, ...], Field(description="stations that count as standing already")
    ] = ("station",)
    candidate_kinds: Annotated[
        tuple[StationKind, ...], Field(description="stations of these kinds are candidates")
    ] = ()
    points: Annotated[
        tuple[PointIn, ...], Field(max_length=MOST_CANDIDATES, description="places that are candidates")
    ] = ()
    junctions: Annotated[
        bool,
        Field(description="road junctions are candidates; where nothing else is named they are in any case"),
    ] = False


class PlacesForm(Input):
    """A list of places."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Annotated[
        UploadFile,
        Field(description=".csv, .xlsx: name, lon, lat; .geojson, .gpkg, .zip, .kml: points"),
    ]


class PointOut(Out):
    """A place that is a candidate."""

    name: str
    lon: Degrees
    lat: Degrees


class PlacesOut(Out):
    """The places of a file."""

    points: list[PointOut]
    rejected: list[str] = Field(description="where a row is wrong, what, and what would be right")


class EffectOut(Out):
    """What a site makes better."""

    households: float = Field(description="more households within reach")
    household_m: float = Field(description="metres walked less, times households")


class SpotOut(Out):
    """A station, or a place where one could stand."""

    kind: str = Field(description="place, junction, or the kind of station")
    code: str | None
    name: str
    lon: Degrees
    lat: Degrees


class SiteOut(SpotOut):
    """A place where a station should stand; the first adds most."""

    number: int
    gain: EffectOut = Field(description="as the only new station")
    added: EffectOut = Field(description="after those before it; these sum to the whole")
    loss: EffectOut = Field(description="if it alone is left out")


class StandingOut(Out):
    """How households stand."""

    households_within: float
    households_unreached: float = Field(description="whom a candidate would reach, but no station does")
    household_m: float
    mean_walk_m: float | None


class AnswerOut(Out):
    """What the engine proved."""

    question: str
    before: StandingOut
    after: StandingOut
    households: float = Field(description="whom a station or a candidate reaches on foot at all")
    households_unreachable: float = Field(description="left out of every other figure")
    reach_m: float
    unreached_m: float = Field(description="what a walk counts as where no station reaches")
    target_households: float | None
    is_possible: bool
    value: float
    bound: float = Field(description="proved: no choice is better than this")
    gap: float = Field(description="between value and bound, 0-1; 0: nothing better exists")
    is_proven: bool


class CurvePointOut(Out):
    """The most that so many new stations bring within reach."""

    sites: int
    households_within: float
    within_share: float
    bound: float
    gap: float


class DemandOut(Out):
    """Homes taken together."""

    lon: Degrees
    lat: Degrees
    households: int
    state: Literal["present", "new", "open", "unreachable"]


class SitesOut(Out):
    """Where stations should stand, with all that is needed to read it."""

    area_code: str
    answer: AnswerOut
    sites: list[SiteOut]
    present: list[SpotOut]
    demands: list[DemandOut]
    curve: list[CurvePointOut]
    candidates: int
    entrances: int
    grouped_m: float = Field(description="an entrance is at most so far from the one that stands for it")
    estimated: bool
    proof: str
    definition: str
    as_of: datetime


def for_readers(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse who may not read coverage before the file is read; no transaction waits while it comes in."""

    @wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with database().transaction() as opened:
            require(current_actor(opened), "coverage.read")
        return view(*args, **kwargs)

    return inside


@siting.post("/siting/places")
@for_readers
@siting.input(PlacesForm, location="form_and_files")
@siting.output(PlacesOut)
@in_transaction
def read_places(session: Session, actor: Actor, form_and_files_data: PlacesForm) -> dict[str, Any]:
    """Send a list of candidate places; gives them as `points` of a question, nothing is stored"""
    file = form_and_files_data.file
    ending = "".join(PurePath((file.filename or "").replace("\0", "")).suffixes[-2:]).lower()
    sent = read_candidates(session, actor, f"places{ending[-20:]}", file.read())
    language = language_of_request()
    return {
        "points": [PointOut.model_validate(point) for point in sent.points],
        "rejected": [fault.text(language) for fault in sent.rejected],
    }


@siting.post("/siting")
@siting.input(SitingIn)
@siting.output(SitesOut)
@in_transaction
def find_sites(session: Session, actor: Actor, json_data: SitingIn) -> SitesOut:
    """Find where the next stations should stand; nothing is stored"""
    asked = json_data.model_dump(exclude={"area", "points"})
    points = tuple(Point(point.name, point.lon, point.lat) for point in json_data.points)
    question = service.SitingQuestion(**asked, points=points)
    found = service.find_sites(session, actor, json_data.area, question, language=language_of_request())
    return SitesOut.model_validate(found)
