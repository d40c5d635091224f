"""Visits as phones write them: entries about a record, merged per field, and what of it stands in ``visits``.

The first entry about a record says building, kind and time; later ones write some fields again, or take it
back. What the merge makes of all of them is written to ``visits``, so that coverage counts it, and nothing
else; who wrote what stays in the entries.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from gridmap.errors import BadInput, FieldError
from gridmap.handling.merging import Entry, Merged, merge
from gridmap.models import Entrance, FieldEntry, Visit
from gridmap.services.visits import VisitEntry, find_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

VISIT = "visit"
BUILDING = "building_id"
CREATED_BY = (BUILDING, "kind", "visited_at")
"""What the entry that makes a record says."""


def take_visit(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Take an entry that makes a visit or writes some of its fields; held until the visit is known.

    Raises
    ------
    BadInput
        If the visit is another post's, or a value is wrong: see `gridmap.services.visits.find_fault`.
    """
    _take(session, actor, entry, entry.payload["fields"])


def take_removal(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Take an entry that takes a visit back; held until the visit is known."""
    _take(session, actor, entry, None)


def _take(session: Session, actor: Actor, entry: FieldEntry, fields: dict[str, Any] | None) -> None:
    record = UUID(entry.payload["record"])
    entry.subject, entry.subject_id = VISIT, str(record)
    others = _entries_of(session, record, entry)
    if any(other.staff_id != entry.staff_id for other in others):
        raise BadInput(fields=[FieldError("body", "record", "visit_of_another")])
    first = next((other for other in others if is_making(other)), None)
    if fields is not None and (BUILDING in fields or first is not None):
        _require_right(session, actor, entry, fields, first)
    if first is None and (fields is None or BUILDING not in fields):
        entry.state, entry.waits_for = "held", record
        return
    entry.state, entry.waits_for = "stored", None
    write_visit(session, record, [*others, entry])


def is_making(entry: FieldEntry) -> bool:
    """Tell whether an entry makes its record."""
    return entry.what == VISIT and BUILDING in entry.payload["fields"]


def _require_right(
    session: Session, actor: Actor, entry: FieldEntry, fields: dict[str, Any], first: FieldEntry | None
) -> None:
    """Raise what is wrong with the values of an entry, taken alone: no other edit makes it right or wrong."""
    made = first.payload["fields"] if first is not None else {}
    if missing := [name for name in CREATED_BY if name not in fields and name not in made]:
        raise BadInput(fields=[FieldError("body", f"fields.{name}", "api_missing") for name in missing])
    if made and fields.get(BUILDING, made[BUILDING]) != made[BUILDING]:
        raise BadInput(fields=[FieldError("body", "fields.building_id", "visit_other_building")])
    spoken = {**made, **fields}
    by_first = first if first is not None and "visited_at" not in fields else entry
    asked = VisitEntry(
        client_id=entry.id,
        building_id=spoken[BUILDING],
        kind=spoken["kind"],
        visited_at=moment_of(spoken["visited_at"], by_first),
        entrance_number=fields.get("entrance_number"),
    )
    if fault := find_fault(session, actor, asked):
        raise fault


def moment_of(told: str, entry: FieldEntry) -> datetime:
    """Give a moment that a phone told by our clock."""
    return datetime.fromisoformat(told) - timedelta(seconds=entry.clock_ahead_s)


def _entries_of(session: Session, record: UUID, new: FieldEntry) -> list[FieldEntry]:
    """Read what is known about a record; a visit that came another way becomes its first entry."""
    found = find_visit_entries(session, str(record), without=new.id)
    if not any(is_making(one) for one in found):
        visit = session.scalar(select(Visit).where(Visit.client_id == record))
        if visit is not None:
            found.append(_adopt(session, visit, new.client_version))
    return found


def find_visit_entries(session: Session, record: str, *, without: UUID | None = None) -> list[FieldEntry]:
    """Read the entries that count about a visit."""
    query = select(FieldEntry).where(
        FieldEntry.subject == VISIT,
        FieldEntry.subject_id == record,
        FieldEntry.state.in_(("stored", "conflict")),
        FieldEntry.id.is_distinct_from(without),
    )
    return list(session.scalars(query.order_by(FieldEntry.id)))


def _adopt(session: Session, visit: Visit, client_version: int) -> FieldEntry:
    number = session.scalar(select(Entrance.number).where(Entrance.id == visit.entrance_id))
    fields = {
        BUILDING: visit.building_id,
        "kind": visit.kind,
        "visited_at": visit.visited_at.isoformat(),
        "entrance_number": number,
        "note": visit.note,
    }
    said = {name: value for name, value in fields.items() if value is not None}
    first = FieldEntry(
        id=visit.client_id,
        account_id=None,
        staff_id=visit.staff_id,
        what=VISIT,
        subject=VISIT,
        subject_id=str(visit.client_id),
        made_at=visit.visited_at,
        clock_ahead_s=0,
        client_version=client_version,
        payload={"record": str(visit.client_id), "fields": said, "seen": [], "counter": 0},
        state="stored",
        answer={},
    )
    session.add(first)
    session.flush()
    return first


def merge_visit(entries: Iterable[FieldEntry]) -> Merged:
    """Merge the entries about a visit; moments by our clock."""
    return merge(_as_entry(entry) for entry in entries)


def said_of(entry: FieldEntry) -> dict[str, Any]:
    """Give what an entry says about its visit: as it was sent, or what settling a conflict came to."""
    return entry.answer if entry.what == "resolve" else entry.payload


def _as_entry(entry: FieldEntry) -> Entry:
    said = said_of(entry)
    fields = dict(said.get("fields") or {})
    if "visited_at" in fields and entry.what != "resolve":
        fields["visited_at"] = moment_of(fields["visited_at"], entry).isoformat()
    if fields.get("note") is not None:
        fields["note"] = fields["note"].strip() or None
    return Entry(
        id=str(entry.id),
        fields=fields,
        seen=frozenset(str(one) for one in said.get("seen", ())),
        counter=said.get("counter", 0),
        removes=entry.what == "removal" or bool(said.get("removes")),
    )


def write_visit(session: Session, record: UUID, entries: Sequence[FieldEntry]) -> Merged:
    """Write what the entries of a visit make of it to ``visits``, and which of them contradict each other."""
    merged = merge_visit(entries)
    for entry in entries:
        entry.state = "conflict" if str(entry.id) in merged.contested else "stored"
    if not merged.is_there:
        session.execute(delete(Visit).where(Visit.client_id == record))
        return merged
    said = merged.values
    number = said.get("entrance_number")
    entrance = select(Entrance.id).where(
        Entrance.building_id == said[BUILDING], Entrance.number == (number or 0)
    )
    values = {
        "staff_id": entries[0].staff_id,
        "building_id": said[BUILDING],
        "entrance_id": None if number is None else session.scalar(entrance),
        "kind": said["kind"],
        "visited_at": datetime.fromisoformat(said["visited_at"]),
        "note": said.get("note"),
    }
    once = insert(Visit).values(client_id=record, **values)
    session.execute(once.on_conflict_do_update(index_elements=["client_id"], set_=values))
    return merged
