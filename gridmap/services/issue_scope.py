"""Which issues somebody sees: those of one's areas, and what was dispatched to one's own post."""

from __future__ import annotations

from sqlalchemy import ColumnElement, literal, select

from gridmap.models import Issue, Staff
from gridmap.services.actors import Actor, scope_of
from gridmap.services.issue_receivers import STAFF


def is_dispatched_to(actor: Actor) -> ColumnElement[bool]:
    """Build the condition that an issue was dispatched to the post behind an account."""
    post = select(literal(f"{STAFF}:") + Staff.code).where(Staff.id == (actor.staff_id or 0))
    return Issue.dispatched_to == post.scalar_subquery()


def is_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Build the condition that the actor sees an issue: the nearest help may come from next door."""
    inside = scope_of(actor, Issue.grid_id)
    return inside if actor.staff_id is None else inside | is_dispatched_to(actor)
