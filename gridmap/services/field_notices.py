"""Notices on the phone: what a post has to take round, and its entries about it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gridmap.services.notice_reaches import acknowledge_notices, reach_buildings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.models import FieldEntry
    from gridmap.services.actors import Actor

NOTICE, STORED = "notice", "stored"


def take_acknowledgement(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Take an entry that says that the post takes a notice round."""
    notice_id = entry.payload["notice_id"]
    acknowledge_notices(session, actor, [notice_id])
    entry.subject, entry.subject_id, entry.state = NOTICE, str(notice_id), STORED


def take_reach(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Take an entry that says which buildings are reached, by the corrected clock of the phone."""
    notice_id = entry.payload["notice_id"]
    at = entry.made_at - timedelta(seconds=entry.clock_ahead_s)
    reach_buildings(session, actor, notice_id, entry.payload.get("building_ids"), reached_at=at)
    entry.subject, entry.subject_id, entry.state = NOTICE, str(notice_id), STORED
