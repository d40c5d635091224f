"""The phone and the server: what is needed for the next days in one answer, and what was done sent back."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import Field

from gridmap.services import field_entries as service
from gridmap.services.field_needs import get_needs
from gridmap.web.field_items import find_unread, read_item
from gridmap.web.handoffs import HandoffOut
from gridmap.web.inputs import Input, Moment
from gridmap.web.notices import MyNoticeOut
from gridmap.web.orders import OrderOut
from gridmap.web.outputs import Bounds, Degrees, Geometry, Out, ProblemOut
from gridmap.web.problems import build_problem
from gridmap.web.sign_in import in_transaction, language_of_request
from gridmap.web.station_sign_ins import is_sign_in_on

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.errors import GridMapError
    from gridmap.services.actors import Actor

field_sync = APIBlueprint("api_field_sync", __name__, url_prefix="/api/v1", tag="field sync")

MOST_ITEMS = 200


class EntriesBody(Input):
    """What a phone sends; each item is looked at by itself."""

    client_version: Annotated[int, Field(ge=1, le=1_000_000)]
    device: Annotated[str | None, Field(max_length=64, description="random; not kept")] = None
    sent_at: Annotated[
        Moment | None,
        Field(description="by the clock of the phone when it sends this: tells how wrong that clock is"),
    ] = None
    items: Annotated[
        list[dict[str, Any]],
        Field(
            min_length=1,
            max_length=MOST_ITEMS,
            description="each: id (UUID), what, made_at, and what belongs to it; see docs/field.md",
        ),
    ]


class EntryAnswerOut(Out):
    """What became of an entry."""

    id: str | None
    state: str = Field(description="stored, known (it was there already), held, conflict or refused")
    problem: ProblemOut | None
    result: dict[str, Any] | None = Field(description="issue_id, or the record")


class EntriesOut(Out):
    """An answer to each entry, in the order they were sent."""

    items: list[EntryAnswerOut]
    as_of: datetime


class NeededStation(Out):
    """The station of a post."""

    code: str
    name: str
    lon: Degrees
    lat: Degrees


class NeededPost(Out):
    """The post itself."""

    code: str
    role: str
    role_zh: str
    role_en: str
    organisation: str
    duty_phone: str | None
    station: NeededStation | None


class NeededMicroGrid(Out):
    """A micro-grid that holds a part of the buildings."""

    code: str
    households: int
    households_estimated: bool
    contents: str
    bounds: Bounds
    geometry: Geometry


class NeededPart(Out):
    """A part of a building and the micro-grid that holds it."""

    micro_grid_code: str
    entrance_number: int | None
    floor_from: int | None
    floor_to: int | None
    households: int


class NeededEntrance(Out):
    """An entrance; without a place where none is known."""

    number: int
    lon: Degrees | None
    lat: Degrees | None


class NeededPerson(Out):
    """A post that answers for a building."""

    code: str
    role: str
    duty_phone: str | None
    level: str


class NeededVisit(Out):
    """When a building was visited last, and when it is due."""

    kind: str
    last_at: datetime | None
    due_first_day: date
    due_last_day: date
    done: bool = Field(description="in this period, by anybody whose role has to")


class NeededBuilding(Out):
    """A building with what matters at its door."""

    id: int
    name: str
    address: str
    compound_name: str | None
    entrance_count: int
    entrances_estimated: bool
    storeys: int
    households: int
    households_estimated: bool
    lon: Degrees
    lat: Degrees
    outline: Geometry
    parts: list[NeededPart]
    entrances: list[NeededEntrance]
    people: list[NeededPerson]
    open_issues: int
    visits: list[NeededVisit]


class NeededName(Out):
    """A name in both languages."""

    name_zh: str
    name_en: str


class NeededKind(NeededName):
    """A kind of visit."""

    code: str
    period: str
    mine: bool = Field(description="posts of one's own role have to")


class NeededCategory(NeededName):
    """A category of issues."""

    category: str


class NeededStep(Out):
    """A step one may take on an issue."""

    action: str
    name: str
    gives: list[str]
    outcomes: list[str]
    to_state: str


class NeededEvent(Out):
    """A step that was taken."""

    at: datetime
    action: str | None
    to_state: str
    note: str
    role: str | None


class NeededPhoto(Out):
    """A photo; its picture has an address of its own."""

    id: int


class NeededIssue(Out):
    """An open issue."""

    id: int
    category: str
    channel: str
    state: str
    version: int
    text: str
    building_id: int | None
    entrance_number: int | None
    floor: int | None
    reported_at: datetime
    due_at: datetime | None
    tier: str
    dispatched_to_me: bool
    steps: list[NeededStep]
    events: list[NeededEvent]
    photos: list[NeededPhoto]


class NeededSubject(Out):
    """What a conflict is about."""

    what: str
    id: str


class NeededWho(Out):
    """Whose side."""

    code: str
    role: str


class NeededSide(Out):
    """One side of a conflict."""

    entry_id: str
    who: NeededWho
    made_at: datetime
    fields: dict[str, Any] = Field(description="of a visit: the values it wrote")
    steps: list[dict[str, Any]] = Field(description="of an issue: the steps it would take, action and given")
    removes: bool = Field(description="it takes the visit back")


class NeededConflict(Out):
    """Entries that contradict each other."""

    entry_id: str
    subject: NeededSubject
    made_at: datetime
    sides: list[NeededSide]
    current: dict[str, Any] = Field(description="what is shown meanwhile")


class NeededCode(Out):
    """A code on a door."""

    digest: str = Field(description="SHA-256 of what the sticker says, hexadecimal")
    building_id: int
    entrance_number: int | None = Field(description="null: the building as a whole")


class NeededSignIn(Out):
    """A station where one may sign in today, if one likes."""

    code: str
    name: str
    signed_at: datetime | None


class NeedsOut(Out):
    """All that is needed for the next seven days."""

    as_of: datetime
    keep_until: datetime
    post: NeededPost
    micro_grids: list[NeededMicroGrid]
    buildings: list[NeededBuilding]
    buildings_left_out: int = Field(description="more that the post answers for than a phone carries")
    roles: dict[str, NeededName]
    visit_kinds: list[NeededKind]
    issues: list[NeededIssue]
    categories: list[NeededCategory]
    handoffs: list[HandoffOut]
    notices: list[MyNoticeOut]
    codes: list[NeededCode]
    orders: list[OrderOut]
    conflicts: list[NeededConflict]
    sign_in_stations: list[NeededSignIn] = Field(description="empty where signing in is switched off")


@field_sync.get("/field/needs")
@field_sync.output(NeedsOut)
@in_transaction
def get_field_needs(session: Session, actor: Actor) -> Response:
    """Get what field staff need for the next seven days; 304 while nothing of it has changed"""
    found = NeedsOut.model_validate(
        get_needs(session, actor, language=language_of_request(), with_sign_in=is_sign_in_on())
    )
    moments = found.model_dump_json(include={"as_of", "keep_until"})
    content = found.model_dump_json(exclude={"as_of", "keep_until"})
    tag = hashlib.sha256(content.encode()).hexdigest()[:32]
    response = Response(f"{moments[:-1]},{content[1:]}", mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, Authorization, Accept-Language"
    response.set_etag(tag, weak=True)
    return response.make_conditional(request)  # type: ignore[return-value]


@field_sync.post("/field/entries")
@field_sync.input(EntriesBody)
@field_sync.output(EntriesOut)
@in_transaction
def take_field_entries(session: Session, actor: Actor, json_data: EntriesBody) -> dict[str, Any]:
    """Send what was done; an item that is refused never stops the rest, one sent again changes nothing"""
    service.require_post(actor)
    read = [read_item(item, with_sign_in=is_sign_in_on()) for item in json_data.items]
    sent = [one for one in read if isinstance(one, service.SentEntry)]
    found = iter(
        service.take_entries(
            session,
            actor,
            sent,
            client_version=json_data.client_version,
            sent_at=json_data.sent_at,
            unread=find_unread(json_data.items, sent),
        )
    )
    items = []
    for item, one in zip(json_data.items, read, strict=True):
        if isinstance(one, service.SentEntry):
            answer = next(found)
            items.append(_answer(str(answer.id), answer.state, answer.error, answer.result))
        else:
            given = item.get("id")
            items.append(_answer(given[:64] if isinstance(given, str) else None, service.REFUSED, one, None))
    return {"items": items, "as_of": datetime.now(UTC)}


def _answer(entry_id: str | None, state: str, error: GridMapError | None, result: Any) -> dict[str, Any]:
    problem = None if error is None else build_problem(error, language_of_request())
    return {"id": entry_id, "state": state, "problem": problem, "result": result}
