"""Duty: who can be called now, by the roster and never by anybody's position."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.i18n import translate
from gridmap.models import Area, StaffRole
from gridmap.services.actors import Actor, require
from gridmap.settings import LOCAL_ZONE

MOST_PEOPLE = 50


@dataclass(frozen=True)
class Reason:
    """Why somebody is named: a key of the catalogue with its values, and the same in words."""

    key: str
    values: dict[str, Any]
    text: str


@dataclass(frozen=True)
class OnDuty:
    """A post that is on duty.

    Attributes
    ----------
    distance_m
        Straight line from the asked point to where the duty is kept (station, or middle of the area).
    phone
        Of the post, else of the station; None when there is neither.
    until
        End of the shift.
    own_place
        Kind of the smallest place around the point that the post answers for, None when it is nobody's own.
    """

    staff_code: str
    role: str
    organisation: str
    distance_m: float
    station_code: str | None
    station_name: str | None
    area_code: str | None
    phone: str | None
    since: datetime
    until: datetime
    lon: float
    lat: float
    own_place: str | None
    own_place_code: str | None
    why: Reason


@dataclass(frozen=True)
class DutyAnswer:
    """Who is on duty, nearest first; where nobody is, what to do instead.

    Attributes
    ----------
    nobody
        Why the list is empty, with the next shift and the nearest station's phone; None when it is not.
    definition
        What "nearest on duty" means, in the reader's language.
    """

    people: list[OnDuty]
    nobody: Reason | None
    at: datetime
    definition: str


def nearest_on_duty(
    session: Session,
    actor: Actor,
    lon: float,
    lat: float,
    *,
    at: datetime | None = None,
    role: str | None = None,
    limit: int = 5,
    zone: str = LOCAL_ZONE,
    language: str | None = None,
) -> DutyAnswer:
    """Find who is on duty nearest to a point.

    The point must lie in the actor's areas; the people may come from next door, because the nearest help does
    not ask for borders.

    Parameters
    ----------
    lon, lat
        Degrees, EPSG:4326.
    at
        Moment with its zone; now by default.
    role
        Only this role; None = every role.
    limit
        People wanted, 1-50.

    Raises
    ------
    NotFound
        If the point lies outside the actor's areas.
    BadInput
        For an impossible point, an unknown role, a moment without zone, or a limit out of range.
    """
    require(actor, "duty.read")
    moment = datetime.now(UTC) if at is None else at
    _check_question(session, lon, lat, moment, role, limit)
    _require_point(session, actor, lon, lat)
    spoken = language or actor.language
    definition = translate("duty.definition", spoken)
    asked = {"lon": lon, "lat": lat, "at": moment, "role": role or ""}
    rows = session.execute(sql("duty_nearest"), asked | {"at_most": limit}).mappings().all()
    if not rows:
        nobody = _nobody(session, asked, zone, spoken)
        return DutyAnswer([], nobody, moment, definition)
    own_asked = {
        "lon": lon,
        "lat": lat,
        "on_date": moment.astimezone(ZoneInfo(zone)).date(),
        "staff_ids": [row["staff_id"] for row in rows],
    }
    own = {row["staff_id"]: row for row in session.execute(sql("duty_own_places"), own_asked).mappings()}
    people = [_person(row, own.get(row["staff_id"]), zone, spoken) for row in rows]
    return DutyAnswer(people, None, moment, definition)


def _person(row: Any, own: Any, zone: str, language: str) -> OnDuty:
    distance_m = round(row["distance_m"], 1)
    values = {
        "distance_m": round(distance_m),
        "place": row["station_name"] or row["area_name"] or "",
        "until": _clock(row["ends_at"], zone),
    }
    key = "duty.why_near"
    if own is not None:
        key = "duty.why_own_place"
        values["own_kind"] = translate(f"duty.place_{own['place_kind']}", language)
        values["own_name"] = own["place_name"] or own["place_code"]
    return OnDuty(
        staff_code=row["staff_code"],
        role=row["role"],
        organisation=row["organisation"],
        distance_m=distance_m,
        station_code=row["station_code"],
        station_name=row["station_name"],
        area_code=row["area_code"],
        phone=row["duty_phone"] or row["station_phone"],
        since=row["starts_at"],
        until=row["ends_at"],
        lon=row["lon"],
        lat=row["lat"],
        own_place=own["place_kind"] if own else None,
        own_place_code=own["place_code"] if own else None,
        why=Reason(key, values, translate(key, language, **values)),
    )


def _nobody(session: Session, asked: dict[str, Any], zone: str, language: str) -> Reason:
    """Say that nobody is on duty, when the next shift begins and which station can be called."""
    coming = session.execute(sql("duty_next_shift"), {key: asked[key] for key in ("at", "role")}).first()
    point = {key: asked[key] for key in ("lon", "lat")}
    station = session.execute(sql("duty_nearest_station"), point).first()
    values: dict[str, Any] = {
        "next_starts_at": coming.starts_at.isoformat() if coming else None,
        "next_station": coming.station_name if coming else None,
        "next_phone": coming.phone if coming else None,
        "station_code": station.code if station else None,
        "station_name": station.name if station else None,
        "station_phone": station.phone if station else None,
        "station_distance_m": round(station.distance_m) if station else None,
    }
    words = [translate("duty.nobody_role" if asked["role"] else "duty.nobody", language)]
    if coming:
        words.append(translate("duty.next_shift", language, starts=_clock(coming.starts_at, zone)))
    if station:
        said = {"name": station.name, "phone": station.phone, "distance_m": round(station.distance_m)}
        words.append(translate("duty.call_station", language, **said))
    key = "duty.nobody_role" if asked["role"] else "duty.nobody"
    return Reason(key, values, (" " if language == "en" else "").join(words))


def _clock(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M")


def _check_question(
    session: Session, lon: float, lat: float, moment: datetime, role: str | None, limit: int
) -> None:
    faults = []
    if not -180 <= lon <= 180:
        faults.append(FieldError("query", "lon", "duty_range", str(lon), "-180 - 180"))
    if not -90 <= lat <= 90:
        faults.append(FieldError("query", "lat", "duty_range", str(lat), "-90 - 90"))
    if not 1 <= limit <= MOST_PEOPLE:
        faults.append(FieldError("query", "limit", "duty_range", str(limit), f"1 - {MOST_PEOPLE}"))
    if moment.tzinfo is None:
        faults.append(FieldError("query", "at", "duty_zone", moment.isoformat(), "2026-11-20T08:00:00+08:00"))
    if role is not None and not session.scalar(select(exists().where(StaffRole.code == role))):
        known = session.scalars(select(StaffRole.code).order_by(StaffRole.code))
        faults.append(FieldError("query", "role", "duty_role", role, " | ".join(known)))
    if faults:
        raise BadInput(fields=faults)


def _require_point(session: Session, actor: Actor, lon: float, lat: float) -> None:
    """Raise `NotFound` for a point outside the actor's areas."""
    if actor.area_ids is None:
        return
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    inside = exists().where(Area.id.in_(actor.area_ids), func.ST_Intersects(Area.geom, point))
    if not session.scalar(select(inside)):
        raise NotFound
