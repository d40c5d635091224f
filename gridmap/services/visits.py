"""Visits: recording them once however often they are sent, and what is done and due by place.

A visit says which post was at which building and when it says so: no position, no track, no length of stay.
Nothing here counts by person; who visited can be read by that post alone (`gridmap.services.own_data`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from gridmap.errors import BadInput, Conflict, FieldError, GridMapError, NotFound
from gridmap.i18n import translate
from gridmap.models import Building, Entrance, FieldEntry, Staff, Visit, VisitKind, VisitPlan
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.audit import record
from gridmap.services.coverage import day_of
from gridmap.services.coverage_kinds import get_kind
from gridmap.services.coverage_rules import AreaShare, sum_by_area
from gridmap.services.places import get_area
from gridmap.services.postings import buildings_of
from gridmap.services.roster_known import works_for
from gridmap.services.visit_periods import Period, find_period

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

WRITE = "visits.write"
READ = "visits.read"
LONGEST_NOTE = 500
CLOCKS_DIFFER = timedelta(minutes=10)
"""A phone's clock may be so much ahead of ours."""
STORED, KNOWN, REFUSED = "stored", "known", "refused"


@dataclass(frozen=True)
class VisitEntry:
    """A visit as it is sent.

    Attributes
    ----------
    client_id
        Made by the sender: the same visit keeps it however often it is sent.
    visited_at
        With zone.
    entrance_number
        None = the building as a whole.
    staff_code
        Whose visit; None = of the post behind the account.
    """

    client_id: UUID
    building_id: int
    kind: str
    visited_at: datetime
    entrance_number: int | None = None
    note: str | None = None
    staff_code: str | None = None


@dataclass(frozen=True)
class VisitAnswer:
    """What became of a visit that was sent: ``stored``, ``known`` (it was there already) or ``refused``."""

    client_id: UUID
    state: str
    error: GridMapError | None = None


@dataclass(frozen=True)
class DescribedVisitKind:
    """A kind of visit: due once a period (``day``, ``month``, ``quarter``) by posts of the roles."""

    code: str
    name_zh: str
    name_en: str
    period: str
    roles: list[str]


@dataclass(frozen=True)
class VisitsDone:
    """What is done and due of a kind of visit, in the period of a moment.

    Attributes
    ----------
    areas
        The area asked for, then all areas below it, from the top down; covered is what was visited.
    """

    kind: str
    level: str
    period: Period
    areas: list[AreaShare]
    definition: str
    as_of: datetime


@dataclass
class _Known:
    """What the database knows of all that some entries name, as far as the actor may write there.

    Attributes
    ----------
    records
        Visits that phones have written entries about (some are taken back) -> their post.
    """

    kinds: set[str]
    staff: dict[str, int]
    entrances: dict[tuple[int, int], int]
    visits: dict[UUID, Visit]
    records: dict[UUID, int]
    buildings: set[tuple[int, object]]
    scoped: set[int] | None


def list_visit_kinds(session: Session, actor: Actor) -> list[DescribedVisitKind]:
    """List the register of kinds of visits with the roles that have to."""
    require(actor, READ)
    roles: dict[str, list[str]] = defaultdict(list)
    for plan in session.scalars(select(VisitPlan).order_by(VisitPlan.role)):
        roles[plan.kind].append(plan.role)
    kinds = session.scalars(select(VisitKind).order_by(VisitKind.place, VisitKind.code))
    return [DescribedVisitKind(k.code, k.name_zh, k.name_en, k.period, roles[k.code]) for k in kinds]


def record_visits(session: Session, actor: Actor, entries: Sequence[VisitEntry]) -> list[VisitAnswer]:
    """Record visits, each answered by itself: one that is refused never stops the others.

    Field staff record visits of their own post to buildings it answered for on the day; the others, of any
    post that works in their areas to buildings there. An entry sent again changes nothing.

    Raises
    ------
    NotAllowed
        If the role may not record visits.
    """
    require(actor, WRITE)
    known = _find_known(session, actor, entries)
    answers: dict[int, VisitAnswer] = {}
    rows: dict[UUID, Visit] = {}
    for place, entry in enumerate(entries):
        made = _row_of(actor, entry, known)
        there = known.visits.get(entry.client_id) or rows.get(entry.client_id)
        edited_by = known.records.get(entry.client_id)
        fault = None if there or edited_by else _find_fault(actor, entry, known, made)
        if edited_by is not None and edited_by == made.staff_id:
            answers[place] = VisitAnswer(
                entry.client_id, KNOWN
            )  # what became of it is for its entries to say
        elif edited_by is not None:
            answers[place] = VisitAnswer(entry.client_id, REFUSED, Conflict("visit_id_taken"))
        elif there is not None:
            answers[place] = _compare(entry.client_id, there, made)
        elif fault is not None:
            answers[place] = VisitAnswer(entry.client_id, REFUSED, fault)
        else:
            rows[entry.client_id] = made
            answers[place] = VisitAnswer(entry.client_id, STORED)
    beaten = _insert(session, rows)
    for place, entry in enumerate(entries):
        if entry.client_id in beaten and answers[place].state != REFUSED:
            answers[place] = _compare(entry.client_id, beaten[entry.client_id], rows[entry.client_id])
    stored = len(rows) - len(beaten)
    if stored:
        refused = sum(answer.state == REFUSED for answer in answers.values())
        record(session, actor, "recorded", "visit", min(rows), visits=stored, refused=refused)
    return [answers[place] for place in range(len(entries))]


def find_fault(session: Session, actor: Actor, entry: VisitEntry) -> GridMapError | None:
    """Find why a visit of the actor's own post cannot be recorded; whether its id is taken is not asked."""
    require(actor, WRITE)
    day = day_of(entry.visited_at)
    mine = exists().where(Building.id == entry.building_id, buildings_of(actor.staff_id or 0, day))
    kind = exists().where(VisitKind.code == entry.kind)
    is_mine, is_kind = session.execute(select(mine, kind)).one()
    known = _Known(
        kinds={entry.kind} if is_kind else set(session.scalars(select(VisitKind.code))),
        staff={},
        entrances={},
        visits={},
        records={},
        buildings={(entry.building_id, day)} if is_mine else set(),
        scoped=None,
    )
    if entry.entrance_number is not None:
        known.entrances = _find_entrances(session, {entry.building_id})
    return _find_fault(actor, entry, known, _row_of(actor, entry, known))


def _find_entrances(session: Session, building_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    doors = session.scalars(select(Entrance).where(Entrance.building_id.in_(building_ids)))
    return {(door.building_id, door.number): door.id for door in doors}


def find_visits_done(
    session: Session,
    actor: Actor,
    area_code: str,
    kind: str,
    at: datetime | None = None,
    *,
    level: str = "building",
    language: str | None = None,
) -> VisitsDone:
    """Count in an area and in all areas below it which places were visited in the period of a moment.

    Parameters
    ----------
    at
        With zone; now by default. The period is the kind's own.
    level
        ``building`` or ``entrance``.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        If there is no such kind.
    """
    require(actor, READ)
    area = get_area(session, actor, area_code)
    found = get_visit_kind(session, kind, "query")
    period = find_period(found.period, at or datetime.now(UTC))
    asked = {"visit_kind": kind, "period": found.period, "per": level}
    places = get_kind("visited").measure(session, area.id, asked, period.starts_at)
    spoken = language or actor.language
    words = {
        "kind": found.name_en if spoken == "en" else found.name_zh,
        "level": translate(f"coverage.level_{level}", spoken),
        "first_day": period.first_day.isoformat(),
        "last_day": period.last_day.isoformat(),
    }
    definition = translate("visits.done", spoken, **words)
    areas = sum_by_area(session, area.id, places.frame)
    return VisitsDone(kind, level, period, areas, definition, datetime.now(UTC))


def get_visit_kind(session: Session, code: str, part: str) -> VisitKind:
    """Get a kind of visit.

    Parameters
    ----------
    part
        Of the request that names it: ``query`` or ``body``.

    Raises
    ------
    BadInput
        If there is none of this code.
    """
    found = session.get(VisitKind, code)
    if found is None:
        known = session.scalars(select(VisitKind.code).order_by(VisitKind.place)).all()
        raise BadInput(fields=[FieldError(part, "kind", "unknown_visit_kind", code, " | ".join(known))])
    return found


def _find_known(session: Session, actor: Actor, entries: Sequence[VisitEntry]) -> _Known:
    building_ids = {entry.building_id for entry in entries}
    codes = {entry.staff_code for entry in entries if entry.staff_code}
    named = select(Staff).where(Staff.code.in_(codes), works_for(actor))
    staff = {one.code: one.id for one in session.scalars(named)}
    sent = session.scalars(select(Visit).where(Visit.client_id.in_({one.client_id for one in entries})))
    known = _Known(
        kinds=set(session.scalars(select(VisitKind.code))),
        staff=staff,
        entrances=_find_entrances(session, building_ids),
        visits={visit.client_id: visit for visit in sent},
        records=_find_records(session, entries),
        buildings=set(),
        scoped=None,
    )
    if actor.role != "field":
        inside = select(Building.id).where(Building.id.in_(building_ids), scope_of(actor, Building.grid_id))
        known.scoped = set(session.scalars(inside))
        return known
    for day in {day_of(entry.visited_at) for entry in entries}:
        mine = select(Building.id).where(
            Building.id.in_(building_ids), buildings_of(actor.staff_id or 0, day)
        )
        known.buildings |= {(one, day) for one in session.scalars(mine)}
    return known


def _find_records(session: Session, entries: Sequence[VisitEntry]) -> dict[UUID, int]:
    ids = {str(one.client_id): one.client_id for one in entries}
    query = select(FieldEntry.subject_id, FieldEntry.staff_id).where(
        FieldEntry.subject == "visit",
        FieldEntry.subject_id.in_(ids),
        FieldEntry.state.in_(("stored", "conflict")),
    )
    return {ids[row.subject_id]: row.staff_id for row in session.execute(query)}


def _row_of(actor: Actor, entry: VisitEntry, known: _Known) -> Visit:
    return Visit(
        client_id=entry.client_id,
        staff_id=known.staff.get(entry.staff_code) if entry.staff_code else actor.staff_id,
        building_id=entry.building_id,
        entrance_id=known.entrances.get((entry.building_id, entry.entrance_number or 0)),
        kind=entry.kind,
        visited_at=entry.visited_at,
        note=(entry.note or "").strip() or None,
    )


def _find_fault(actor: Actor, entry: VisitEntry, known: _Known, made: Visit) -> GridMapError | None:
    """Find why an entry cannot be written."""
    if actor.role == "field":
        if actor.staff_id is None:
            return NotFound("no_post")
        if made.staff_id != actor.staff_id:
            return BadInput(fields=[FieldError("body", "staff_code", "visit_of_another")])
    faults = list(_faults_of(entry, known, made))
    return BadInput(fields=faults) if faults else None


def _faults_of(entry: VisitEntry, known: _Known, made: Visit) -> Iterable[FieldError]:
    if made.staff_id is None:
        reason = "unknown_staff" if entry.staff_code else "api_missing"
        yield FieldError("body", "staff_code", reason, entry.staff_code or "")
    if entry.kind not in known.kinds:
        hint = " | ".join(sorted(known.kinds))
        yield FieldError("body", "kind", "unknown_visit_kind", entry.kind, hint)
    if known.scoped is None:
        if (entry.building_id, day_of(entry.visited_at)) not in known.buildings:
            yield FieldError("body", "building_id", "visit_not_yours", str(entry.building_id))
    elif entry.building_id not in known.scoped:
        yield FieldError("body", "building_id", "unknown_building", str(entry.building_id))
    if entry.entrance_number is not None and made.entrance_id is None:
        numbers = sorted(number for building, number in known.entrances if building == entry.building_id)
        hint = ", ".join(map(str, numbers)) or "-"
        yield FieldError("body", "entrance_number", "edge_unknown_entrance", str(entry.entrance_number), hint)
    if entry.visited_at > datetime.now(UTC) + CLOCKS_DIFFER:
        yield FieldError("body", "visited_at", "visit_to_come", entry.visited_at.isoformat())


def _compare(client_id: UUID, there: Visit, made: Visit) -> VisitAnswer:
    """Answer for an entry whose id is taken: by itself, or by another visit."""
    names = ("staff_id", "building_id", "entrance_id", "kind", "visited_at")
    if all(getattr(there, name) == getattr(made, name) for name in names):
        return VisitAnswer(client_id, KNOWN)
    return VisitAnswer(client_id, REFUSED, Conflict("visit_id_taken"))


def _insert(session: Session, rows: dict[UUID, Visit]) -> dict[UUID, Visit]:
    """Write rows, in one order everywhere; gives those of others that were there first meanwhile."""
    if not rows:
        return {}
    columns = ("client_id", "staff_id", "building_id", "entrance_id", "kind", "visited_at", "note")
    values = [{name: getattr(rows[one], name) for name in columns} for one in sorted(rows)]
    once = insert(Visit).values(values).on_conflict_do_nothing(index_elements=["client_id"])
    written = set(session.scalars(once.returning(Visit.client_id)))
    missing = set(rows) - written
    if not missing:
        return {}
    return {
        visit.client_id: visit for visit in session.scalars(select(Visit).where(Visit.client_id.in_(missing)))
    }
