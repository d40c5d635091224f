"""Reminders up the tier: whoever has homes left when a tier's time is up is written down for it, once.

The worker asks every few minutes. Each round takes one notice, locks it, and writes reminders and audit row
in one transaction: a worker that is killed has done it or has not, and what it was away for is made up for
later.
Nothing is sent to anybody: the page of the notice shows each tier whom it has to call.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from gridmap.db import sql
from gridmap.handling.reach import list_tiers, next_reminder
from gridmap.models import Notice
from gridmap.services.actors import SYSTEM
from gridmap.services.audit import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def remind_receivers(session: Session, *, now: datetime | None = None) -> int | None:
    """Write the reminders of one notice that are due by now.

    Returns
    -------
    int or None
        Reminders written; None when no notice was due, so that the caller may stop asking.
    """
    moment = now or datetime.now(UTC)
    due = select(Notice).where(Notice.remind_at <= moment).order_by(Notice.remind_at, Notice.id).limit(1)
    notice = session.scalar(due.with_for_update())
    if notice is None:
        return None
    written: dict[str, int] = {}
    for tier, due_at in list_tiers(notice.sent_at, notice.remind_after_minutes):
        if due_at > moment:
            break
        asked = {"notice_id": notice.id, "tier": tier, "due_at": due_at}
        written[tier] = len(session.scalars(sql("notice_remind"), asked).all())
    notice.remind_at = next_reminder(notice.sent_at, notice.remind_after_minutes, moment)
    session.flush()
    reminded = {tier: posts for tier, posts in written.items() if posts}
    if reminded:
        record(session, SYSTEM, "reminded", "notice", notice.id, **reminded)
    return sum(reminded.values())
