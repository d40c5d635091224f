"""Duty: who can be called now, by the roster and never by anybody's position.

Walking comes from `gridmap.services.duty_walks`; here stand the question, its tiers, and the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.covering.graph import WALK_M_PER_MINUTE
from gridmap.db import sql
from gridmap.errors import BadInput, FieldError
from gridmap.i18n import translate
from gridmap.models import Staff, StaffRole
from gridmap.models.issues import CLOSED_STATES
from gridmap.models.staff import TIERS
from gridmap.services.actors import Actor, require
from gridmap.services.duty_answers import DutyAnswer, DutyQuestion, OnDuty, PostedTo, Reason
from gridmap.services.duty_places import AskedPlace, check_place, get_point
from gridmap.services.duty_walks import NEAREST, Candidate, Walker, find_by_walk
from gridmap.settings import LOCAL_ZONE

MOST_PEOPLE = 50
STRAIGHT = "straight_line"
"""How a distance was measured when the straight line was asked for."""
OWN_KINDS = ("entrance", "building", "micro_grid", "compound", "grid", "community")
"""Who is posted to one of these around the point stands first when asked; a street is everybody's."""


@dataclass(frozen=True)
class _Asked:
    """A question with all that answering it needs."""

    question: DutyQuestion
    lon: float
    lat: float
    at: datetime
    zone: str
    language: str
    roles: Mapping[str, StaffRole] = field(repr=False)

    @property
    def on_date(self) -> date:
        return self.at.astimezone(ZoneInfo(self.zone)).date()

    @property
    def point(self) -> dict[str, Any]:
        return {"lon": self.lon, "lat": self.lat}

    def say(self, key: str, **values: Any) -> str:
        return translate(key, self.language, **values)

    def clock(self, moment: datetime) -> str:
        return moment.astimezone(ZoneInfo(self.zone)).strftime("%m-%d %H:%M")

    def search(self, roles: Sequence[str]) -> dict[str, Any]:
        """Return the parameters of `duty_nearest` but how many."""
        return self.point | {"at": self.at, "roles": list(roles), "skills": list(self.question.skills)}


def nearest_on_duty(
    session: Session,
    actor: Actor,
    place: AskedPlace,
    question: DutyQuestion | None = None,
    *,
    zone: str = LOCAL_ZONE,
    language: str | None = None,
) -> DutyAnswer:
    """Find who is on duty nearest to a place, on foot.

    The place must lie in the actor's areas; the people may come from next door, because the nearest help does
    not ask for borders.

    Raises
    ------
    NotFound
        If the place is unknown or lies outside the actor's areas.
    BadInput
        For an impossible place, unknown words, a moment without zone, or a limit out of range.
    """
    require(actor, "duty.read")
    question = question or DutyQuestion()
    roles = {role.code: role for role in session.scalars(select(StaffRole).order_by(StaffRole.code))}
    _check_question(place, question, roles)
    lon, lat = get_point(session, actor, place)
    moment = question.at or datetime.now(UTC)
    asked = _Asked(question, lon, lat, moment, zone, language or actor.language, roles)
    walker = Walker(session, lon, lat) if question.on_foot or question.with_routes else None
    steps = list(_climb(asked))
    found: list[Candidate] = []
    asked_steps = 0
    while not found and asked_steps < len(steps):
        found = _find(session, asked, walker, steps[asked_steps][1])
        asked_steps += 1
    steps = steps[:asked_steps]
    return DutyAnswer(
        people=_describe(session, asked, walker, found),
        tier=steps[-1][0],
        passed=[_nobody_in(asked, tier) for tier, _ in steps[:-1] if tier is not None],
        nobody=None if found else _nobody(session, asked, [role for _, roles in steps for role in roles]),
        at=moment,
        lon=lon,
        lat=lat,
        definition=asked.say("duty.definition" if question.on_foot else "duty.definition_straight")
        + (asked.say("duty.definition_own_first") if question.own_first else ""),
        load_definition=asked.say("duty.load_definition"),
    )


def list_skills(session: Session, actor: Actor) -> list[str]:
    """List the skills that somebody has, by their text."""
    require(actor, "duty.read")
    skill = func.unnest(Staff.skills).label("skill")
    return list(session.scalars(select(skill).distinct().order_by(skill)))


def _climb(asked: _Asked) -> Iterator[tuple[str | None, list[str]]]:
    """Give the roles to ask for, tier by tier upwards; above the asked tier every role of it will do."""
    question = asked.question
    if question.tier is None:
        yield None, list(question.roles)
        return
    for tier in TIERS[TIERS.index(question.tier) :]:
        here = [code for code, role in asked.roles.items() if role.tier == tier]
        wanted = [code for code in here if code in question.roles]
        if here:
            yield tier, wanted if tier == question.tier and question.roles else here


def _find(session: Session, asked: _Asked, walker: Walker | None, roles: Sequence[str]) -> list[Candidate]:
    search, limit = asked.search(roles), asked.question.limit
    own: Sequence[Any] = ()
    if asked.question.own_first:
        own = session.execute(sql("duty_own"), search | {"on_date": asked.on_date}).mappings().all()
    if walker is not None and asked.question.on_foot:
        return find_by_walk(session, walker, search, own, limit)
    return find_by_line(session, search, own, limit)


def find_by_line(session: Session, search: dict[str, Any], own: Sequence[Any], limit: int) -> list[Candidate]:
    """Find who is nearest by the straight line: ``own`` first, then as `duty_nearest` gives them."""
    known = {row["staff_id"] for row in own}
    at_most = limit + len(known)
    wanted = {"at_most": at_most, "of_station": at_most}
    rows = session.execute(NEAREST, search | wanted).mappings().all()
    first = sorted(own, key=lambda row: (row["distance_m"], row["staff_code"]))
    ordered = [*first, *(row for row in rows if row["staff_id"] not in known)]
    return [Candidate(row, row["distance_m"], STRAIGHT) for row in ordered[:limit]]


def _describe(
    session: Session, asked: _Asked, walker: Walker | None, found: Sequence[Candidate]
) -> list[OnDuty]:
    if not found:
        return []
    ids = {"staff_ids": [one.row["staff_id"] for one in found], "on_date": asked.on_date}
    own = {
        row["staff_id"]: row for row in session.execute(sql("duty_own_places"), asked.point | ids).mappings()
    }
    closed = {"closed": list(CLOSED_STATES)}
    load = {row.staff_id: row.open_issues for row in session.execute(sql("duty_load"), ids | closed)}
    postings: dict[int, list[PostedTo]] = {}
    for row in session.execute(sql("duty_postings"), ids):
        postings.setdefault(row.staff_id, []).append(PostedTo(row.place_kind, row.place_code, row.place_name))
    people = []
    for one in found:
        staff_id = one.row["staff_id"]
        route = None
        if walker is not None and asked.question.with_routes:
            route = walker.find_route(one.row["lon"], one.row["lat"])
        known = postings.get(staff_id, []), load.get(staff_id, 0)
        people.append(_person(asked, one, own.get(staff_id), route, *known))
    return people


def _person(
    asked: _Asked,
    one: Candidate,
    own: Any,
    route: dict[str, Any] | None,
    postings: list[PostedTo],
    open_issues: int,
) -> OnDuty:
    row, role = one.row, asked.roles[one.row["role"]]
    return OnDuty(
        staff_code=row["staff_code"],
        role=role.code,
        role_name=role.name_en if asked.language == "en" else role.name_zh,
        tier=role.tier,
        organisation=row["organisation"],
        skills=row["skills"],
        distance_m=round(row["distance_m"], 1),
        walk_m=round(one.walk_m, 1),
        walk_minutes=round(one.walk_m / WALK_M_PER_MINUTE, 1),
        how=one.how,
        route=route,
        station_code=row["station_code"],
        station_name=row["station_name"],
        area_code=row["area_code"],
        phone=row["duty_phone"] or row["station_phone"] or role.duty_phone,
        since=row["starts_at"],
        until=row["ends_at"],
        lon=row["lon"],
        lat=row["lat"],
        own_place=own["place_kind"] if own else None,
        own_place_code=own["place_code"] if own else None,
        postings=postings,
        open_issues=open_issues,
        why=_why(asked, one, own),
    )


def _why(asked: _Asked, one: Candidate, own: Any) -> Reason:
    row = one.row
    key = f"duty.why_{one.how}"
    values = {
        "walk_m": round(one.walk_m),
        "walk_minutes": max(1, round(one.walk_m / WALK_M_PER_MINUTE)),
        "distance_m": round(row["distance_m"]),
        "place": row["station_name"] or row["area_name"] or "",
        "until": asked.clock(row["ends_at"]),
    }
    words = [asked.say(key, **values)]
    if own is not None:
        values["own_kind"] = asked.say(f"duty.place_{own['place_kind']}")
        values["own_name"] = own["place_name"] or own["place_code"]
        stands_first = asked.question.own_first and own["place_kind"] in OWN_KINDS
        words.insert(0, asked.say("duty.own_first" if stands_first else "duty.own_place", **values))
    return Reason(key, values, _join(asked, words))


def _nobody_in(asked: _Asked, tier: str) -> Reason:
    values = {"tier": asked.say(f"duty.tier_{tier}")}
    key = "duty.nobody_in_tier"
    if asked.question.skills or (asked.question.roles and tier == asked.question.tier):
        key = "duty.nobody_fits_in_tier"
    return Reason(key, {"tier": tier}, asked.say(key, **values))


def _nobody(session: Session, asked: _Asked, roles: Sequence[str]) -> Reason:
    """Say that nobody is on duty, when the next shift begins and which station can be called."""
    search = {"at": asked.at, "roles": list(roles), "skills": list(asked.question.skills)}
    coming = session.execute(sql("duty_next_shift"), search).first()
    station = session.execute(sql("duty_nearest_station"), asked.point).first()
    values: dict[str, Any] = {
        "next_starts_at": coming.starts_at.isoformat() if coming else None,
        "next_station": coming.station_name if coming else None,
        "next_phone": coming.phone if coming else None,
        "station_code": station.code if station else None,
        "station_name": station.name if station else None,
        "station_phone": station.phone if station else None,
        "station_distance_m": round(station.distance_m) if station else None,
    }
    key = "duty.nobody_role" if asked.question.roles or asked.question.skills else "duty.nobody"
    words = [asked.say(key)]
    if coming:
        words.append(asked.say("duty.next_shift", starts=asked.clock(coming.starts_at)))
    if station:
        said = {"name": station.name, "phone": station.phone, "distance_m": round(station.distance_m)}
        words.append(asked.say("duty.call_station", **said))
    return Reason(key, values, _join(asked, words))


def _join(asked: _Asked, words: Sequence[str]) -> str:
    return (" " if asked.language == "en" else "").join(words)


def _check_question(place: AskedPlace, question: DutyQuestion, roles: Mapping[str, StaffRole]) -> None:
    faults = check_place(place)
    if not 1 <= question.limit <= MOST_PEOPLE:
        faults.append(FieldError("query", "limit", "duty_range", str(question.limit), f"1 - {MOST_PEOPLE}"))
    if question.at is not None and question.at.tzinfo is None:
        hint = "2026-11-20T08:00:00+08:00"
        faults.append(FieldError("query", "at", "duty_zone", question.at.isoformat(), hint))
    if question.tier is not None and question.tier not in TIERS:
        faults.append(FieldError("query", "tier", "duty_tier", question.tier, " | ".join(TIERS)))
    for role in question.roles:
        if role not in roles:
            faults.append(FieldError("query", "role", "duty_role", role, " | ".join(roles)))
        elif question.tier in TIERS and roles[role].tier != question.tier:
            faults.append(FieldError("query", "role", "duty_role_tier", role, roles[role].tier))
    if faults:
        raise BadInput(fields=faults)
