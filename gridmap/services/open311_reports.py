"""What an application reports by Open311: checked whole, then an issue like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import select

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.formats.coordinates import find_system, to_lonlat
from gridmap.models import Issue, Open311Request, Open311Service
from gridmap.services.actors import Actor, require
from gridmap.services.issues import create_issue
from gridmap.services.open311_keys import require_room
from gridmap.services.open311_questions import check_answers, read_number, read_questions
from gridmap.services.open311_register import BLACKBOX, get_service
from gridmap.services.open311_texts import is_clean, read_id
from gridmap.services.whereabouts import AddressMatch, find_addresses

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CHANNEL = "open311"
LONGEST_DESCRIPTION = 4_000
LONGEST_ADDRESS = 200
DATUMS = ("wgs84", "gcj02", "bd09")
SURE, APART = 0.8, 0.05
"""Score of an address from which it is what was meant, and its lead over the next."""


@dataclass(frozen=True)
class Report:
    """A report as it was sent; an empty text is one that was not given.

    Attributes
    ----------
    lat, long
        Degrees in `datum`.
    address_id
        Id of a building.
    answers
        Code of a question -> what was answered.
    """

    service_code: str = ""
    description: str = ""
    lat: str = ""
    long: str = ""
    address_id: str = ""
    address_string: str = ""
    datum: str = "wgs84"
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What an application gets for a report: the id of the request, a token for it, or neither."""

    service_request_id: str | None
    token: str | None
    type: str


@dataclass(frozen=True)
class _Place:
    building_id: int | None = None
    entrance_number: int | None = None
    lon: float | None = None
    lat: float | None = None


def report_request(session: Session, actor: Actor, report: Report, *, key_id: int | None = None) -> Receipt:
    """Report an issue by Open311.

    Parameters
    ----------
    key_id
        Of the application's key; None sends without a rate.

    Raises
    ------
    NotFound
        If there is no such service.
    BadInput
        With everything that is wrong or missing; nothing is written.
    TooMany
        If the key has sent as much as it may.
    """
    require(actor, "issues.write")
    if not report.service_code:
        raise BadInput(fields=[FieldError("service_code", "", "api_missing")])
    service = get_service(session, actor, report.service_code)
    faults = check_answers(read_questions(service.attributes), report.answers)
    faults += _text_faults(report)
    place, place_faults = _find_place(session, actor, report)
    if faults := faults + place_faults:
        raise BadInput(fields=faults)
    if key_id is not None:
        require_room(session, key_id)
    issue_id = _create(session, actor, service, report, place)
    token = uuid4() if service.type == "batch" else None
    sent = Open311Request(
        issue_id=issue_id,
        key_id=key_id,
        token=token,
        address=report.address_string,
        attributes={code: list(values) for code, values in report.answers.items()},
    )
    session.add(sent)
    session.flush()
    shown = str(issue_id) if service.type == "realtime" else None
    return Receipt(shown, str(token) if token else None, service.type)


def find_by_token(session: Session, actor: Actor, token: str) -> str:
    """Find the id of the request that a token was given for.

    Raises
    ------
    NotFound
        If no such token was given, or its service is not shown any more.
    """
    require(actor, "open311.read")
    query = (
        select(Open311Request.issue_id)
        .join(Issue, Issue.id == Open311Request.issue_id)
        .join(Open311Service, Open311Service.category == Issue.category)
        .where(Open311Service.type != BLACKBOX)
    )
    try:
        found = session.scalar(query.where(Open311Request.token == UUID(token)))
    except ValueError:
        found = None
    if found is None:
        raise NotFound("open311_no_token", token=token[:64])
    return str(found)


def _create(session: Session, actor: Actor, service: Open311Service, report: Report, place: _Place) -> int:
    try:
        return create_issue(
            session,
            actor,
            category=service.category,
            text=report.description,
            building_id=place.building_id,
            lon=place.lon,
            lat=place.lat,
            entrance_number=place.entrance_number,
            channel=CHANNEL,
        )
    except NotFound:
        fault = FieldError("address_id", "", "open311_no_building", value=report.address_id[:20])
        raise BadInput(fields=[fault]) from None


def _text_faults(report: Report) -> list[FieldError]:
    faults = []
    texts = {
        "description": (report.description, LONGEST_DESCRIPTION),
        "address_string": (report.address_string, LONGEST_ADDRESS),
    }
    for name, (text, longest) in texts.items():
        if len(text) > longest:
            faults.append(FieldError(name, "", "api_too_long", hint=str(longest)))
    answers = {f"attribute[{code}]": "".join(values) for code, values in report.answers.items()}
    for name, text in {
        "description": report.description,
        "address_string": report.address_string,
        **answers,
    }.items():
        if not is_clean(text):
            faults.append(FieldError(name, "", "api_bad_character"))
    return faults


def _find_place(session: Session, actor: Actor, report: Report) -> tuple[_Place, list[FieldError]]:
    """Find the place: a building by its id, else a point, else an address that can only mean one building."""
    if report.address_id:
        building_id = read_id(report.address_id)
        if building_id is not None:
            return _Place(building_id=building_id), []
        fault = FieldError("address_id", "", "open311_no_building", value=report.address_id[:20])
        return _Place(), [fault]
    if report.lat or report.long:
        return _find_point(report)
    if report.address_string:
        return _find_address(session, actor, report.address_string)
    return _Place(), [FieldError("lat", "", "open311_place_needed")]


def _find_point(report: Report) -> tuple[_Place, list[FieldError]]:
    faults = []
    degrees = []
    for name, text, most in (("lat", report.lat, 90), ("long", report.long, 180)):
        number = read_number(text)
        degrees.append(number)
        if not text:
            faults.append(FieldError(name, "", "api_missing"))
        elif number is None:
            faults.append(FieldError(name, "", "api_not_a_number", value=text[:60]))
        elif abs(number) > most:
            faults.append(FieldError(name, "", "api_out_of_range", value=text[:60], hint=f"{-most} - {most}"))
    if report.datum not in DATUMS:
        hint = ", ".join(DATUMS)
        faults.append(FieldError("datum", "", "api_not_one_of", value=report.datum[:60], hint=hint))
    if faults:
        return _Place(), faults
    lat, lon = degrees
    points = to_lonlat(np.array([[lon, lat]], dtype=float), find_system(report.datum))
    return _Place(lon=float(points[0, 0]), lat=float(points[0, 1])), []


def _find_address(session: Session, actor: Actor, written: str) -> tuple[_Place, list[FieldError]]:
    if len(written) > LONGEST_ADDRESS or not is_clean(written):
        return _Place(), []  # said with the other texts
    found = find_addresses(session, actor, written)
    if not found or found[0].score < SURE:
        return _Place(), [FieldError("address_string", "", "open311_no_address", hint=_candidates(found))]
    if len(found) > 1 and found[0].score - found[1].score < APART:
        return _Place(), [FieldError("address_string", "", "open311_addresses", hint=_candidates(found))]
    return _Place(building_id=found[0].building_id, entrance_number=found[0].entrance_number), []


def _candidates(found: Sequence[AddressMatch]) -> str:
    return "; ".join(f"{match.address} (address_id={match.building_id})" for match in found[:5]) or "-"
