"""Settling contradictions of phones: somebody says which side holds, and it is written on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.handling.merging import THERE
from gridmap.models import FieldEntry
from gridmap.services.field_steps import ISSUE, Wanted, as_given, lock_issue, take_chain
from gridmap.services.field_visits import VISIT, find_visit_entries, merge_visit, said_of, write_visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

CURRENT = "current"
"""What is shown now holds, rather than one of the sides."""


def take_resolution(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Settle a conflict; held until the conflict is known.

    Raises
    ------
    NotFound
        If it is not one of the actor's post.
    Conflict
        If nothing contradicts there.
    BadInput
        If what is to hold is none of its sides.
    """
    about = session.get(FieldEntry, UUID(entry.payload["conflict"]))
    if about is None or about.state == "held":
        entry.state, entry.waits_for = "held", UUID(entry.payload["conflict"])
        return
    if about.subject == VISIT:
        _resolve_visit(session, entry, about)
    elif about.subject == ISSUE:
        _resolve_issue(session, actor, entry, about)
    else:
        raise Conflict("no_conflict")


def _resolve_visit(session: Session, entry: FieldEntry, about: FieldEntry) -> None:
    if about.staff_id != entry.staff_id:
        raise NotFound
    others = find_visit_entries(session, about.subject_id, without=entry.id)
    merged = merge_visit(others)
    take, sides = entry.payload["take"], merged.contested
    if not sides:
        raise Conflict("no_conflict")
    if take != CURRENT and take not in sides:
        raise _no_side(take, sides)
    fields: dict[str, Any] = {}
    removes = False
    if take == CURRENT:
        fields = {name: merged.values[name] for name in merged.sides if name != THERE}
    else:
        chosen = next(one for one in others if str(one.id) == take)
        written = merge_visit([chosen]).values
        fields = {name: written[name] for name in merged.sides if name in written}
        removes = chosen.what == "removal"
    counter = 1 + max(int(said_of(one).get("counter", 0)) for one in others)
    seen = sorted(set(entry.payload.get("seen") or sides) | {str(about.id)})
    entry.subject, entry.subject_id = VISIT, about.subject_id
    entry.answer = {"fields": fields, "seen": seen, "counter": counter, "removes": removes}
    entry.state, entry.waits_for = "stored", None
    write_visit(session, UUID(about.subject_id), [*others, entry])


def _no_side(take: str, sides: Sequence[str] | frozenset[str]) -> BadInput:
    return BadInput(
        fields=[FieldError("body", "take", "api_not_one_of", take, " | ".join((*sorted(sides), CURRENT)))]
    )


def _resolve_issue(session: Session, actor: Actor, entry: FieldEntry, about: FieldEntry) -> None:
    issue = lock_issue(session, actor, int(about.subject_id))
    if "parted" not in about.answer:
        raise Conflict("no_conflict")
    parted = about.answer["parted"]
    query = select(FieldEntry).where(
        FieldEntry.subject == ISSUE,
        FieldEntry.subject_id == about.subject_id,
        FieldEntry.answer["parted"].as_integer() == parted,
    )
    sides = {str(one.id): one for one in session.scalars(query)}
    take = entry.payload["take"]
    if take != CURRENT and take not in sides:
        raise _no_side(take, list(sides))
    wanted = [] if take == CURRENT else _steps_of(sides, take)
    take_chain(session, actor, issue, entry, parted, wanted, "")
    for side in sides.values():
        side.answer = side.answer | {"settled": True}


def _steps_of(sides: dict[str, FieldEntry], take: str) -> list[Wanted]:
    """Collect the steps of the chain that a side belongs to, from where it parted to its end."""
    last = take
    while following := [one for one, side in sides.items() if side.answer["after"] == last]:
        last = min(following)
    chain: list[FieldEntry] = []
    at = last
    while at in sides:
        chain.append(sides[at])
        at = sides[at].answer["after"]
    steps = [step for side in reversed(chain) for step in side.answer["steps"][side.answer["agreed"] :]]
    return [Wanted(step["action"], as_given(step["given"])) for step in steps]
