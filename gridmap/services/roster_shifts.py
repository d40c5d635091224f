"""From weekly patterns to shifts: unrolled for the weeks to come, so that every question asks one table.

Unrolling compares what the patterns want with what is there and writes the difference: doing it twice changes
nothing. A shift that has begun is never touched, and a single shift stands before any pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.db import driver_connection, sql
from gridmap.models import ShiftPattern
from gridmap.services.actors import SYSTEM
from gridmap.services.audit import record
from gridmap.settings import LOCAL_ZONE

WEEKS_AHEAD = 8
ROSTER_LOCK = 0x726F7374  # "rost": key of the advisory lock that lets one transaction unroll at a time
WANTED = """
    DROP TABLE IF EXISTS wanted_shifts;
    CREATE TEMPORARY TABLE wanted_shifts (
        pattern_id int8, staff_id int8, station_id int8, area_id int8,
        starts_at timestamptz, ends_at timestamptz
    ) ON COMMIT DROP"""


@dataclass(frozen=True)
class Unrolled:
    """What unrolling did: shifts added and removed, and the last local day that was looked at."""

    added: int
    removed: int
    last_day: date


def unroll_patterns(
    session: Session, *, staff_ids: Iterable[int] | None = None, now: datetime | None = None
) -> Unrolled:
    """Bring the shifts to come in line with the patterns.

    Parameters
    ----------
    staff_ids
        Whose; everybody's by default.
    now
        The moment after which shifts may change, with zone; the clock's by default.
    """
    moment = now or datetime.now(UTC)
    today = moment.astimezone(ZoneInfo(LOCAL_ZONE)).date()
    last_day = today + timedelta(weeks=WEEKS_AHEAD)
    whose = None if staff_ids is None else sorted(staff_ids)
    session.flush()
    if session.scalar(select(ShiftPattern.id).limit(1)) is None:
        return Unrolled(0, 0, last_day)
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ROSTER_LOCK})
    with driver_connection(session).cursor() as cursor:
        cursor.execute(WANTED)
    # Of a zone further west, today's local day may still be the one before.
    days = {"first_day": today - timedelta(days=1), "last_day": last_day}
    session.execute(sql("unroll_wanted"), {"now": moment, "staff_ids": whose, **days})
    with driver_connection(session).cursor() as cursor:
        cursor.execute("CREATE INDEX ON wanted_shifts (staff_id, starts_at)")
        cursor.execute("ANALYZE wanted_shifts")
    session.execute(sql("unroll_yield"), {"now": moment})
    removed = session.execute(sql("unroll_remove"), {"now": moment, "staff_ids": whose}).all()
    added = session.execute(sql("unroll_add")).all()
    with driver_connection(session).cursor() as cursor:
        cursor.execute("DROP TABLE wanted_shifts")
    session.expire_all()
    return Unrolled(len(added), len(removed), last_day)


def unroll_every_night(session: Session) -> Unrolled:
    """Unroll everybody's patterns by another day, as the system does every night."""
    done = unroll_patterns(session)
    record(
        session,
        SYSTEM,
        "unrolled",
        "roster",
        done.last_day.isoformat(),
        added=done.added,
        removed=done.removed,
    )
    return done
