"""Signing in at a station: of one's own free will, once a day, seen by nobody else.

A city switches it on; the entrances leave all of this out where it is not. A row says that a post was at a
station on a day, and since when: no position, no length of stay, no count by person. A station shows how many
signed in today.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.models import Area, Posting, Shift, Staff, Station, StationSignIn
from gridmap.services.actors import require, scope_of
from gridmap.services.coverage import day_of
from gridmap.services.postings import is_open, today
from gridmap.services.rows import fetch
from gridmap.services.visits import CLOCKS_DIFFER
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.models import FieldEntry
    from gridmap.services.actors import Actor
    from gridmap.services.rows import AnyRow

SIGN_IN = "sign_in"
"""What an entry of a phone that signs in is called."""


def list_own_stations(session: Session, staff_id: int, on: date | None = None) -> list[dict[str, Any]]:
    """List the stations where a post may sign in on a day (today by default), by code.

    They are its own station, those it is posted to, and those it has a shift at.

    Returns
    -------
    list of dict
        ``code``, ``name``, ``signed_at`` (None: not signed in there that day).
    """
    day = on or today()
    query = (
        select(Station.code, Station.name, StationSignIn.signed_at)
        .outerjoin(
            StationSignIn,
            (StationSignIn.station_id == Station.id)
            & (StationSignIn.staff_id == staff_id)
            & (StationSignIn.day == day),
        )
        .where(_is_of(staff_id, day))
        .order_by(Station.code)
    )
    return [row._asdict() for row in fetch(session, query)]


def take_sign_in(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Take an entry that signs in, by the corrected clock of the phone; the earliest of a day stands.

    Raises
    ------
    NotFound
        If no post stands behind the account.
    BadInput
        If the post has nothing to do with the station that day, or the time is still to come.
    """
    require(actor, "field.sync")
    if actor.staff_id is None:
        raise NotFound("no_post")
    at = entry.made_at - timedelta(seconds=entry.clock_ahead_s)
    if at > datetime.now(UTC) + CLOCKS_DIFFER:
        raise BadInput(fields=[FieldError("body", "made_at", "visit_to_come", at.isoformat())])
    code, day = entry.payload["station"], day_of(at)
    station_id = session.scalar(select(Station.id).where(Station.code == code, _is_of(actor.staff_id, day)))
    if station_id is None:
        raise BadInput(fields=[FieldError("body", "station", "sign_in_not_yours", code)])
    once = insert(StationSignIn).values(staff_id=actor.staff_id, station_id=station_id, day=day, signed_at=at)
    earliest = func.least(StationSignIn.signed_at, once.excluded.signed_at)
    session.execute(
        once.on_conflict_do_update(
            index_elements=["staff_id", "station_id", "day"], set_={"signed_at": earliest}
        )
    )
    entry.subject, entry.subject_id, entry.state = SIGN_IN, code, "stored"


def count_signed_in(session: Session, actor: Actor, station_code: str) -> int:
    """Count the posts that have signed in at a station today.

    Raises
    ------
    NotFound
        If there is no such station in the actor's scope.
    """
    require(actor, "staff.read")
    here = select(Station.id).where(Station.code == station_code, scope_of(actor, Station.grid_id))
    station_id = session.scalar(here)
    if station_id is None:
        raise NotFound
    there = (StationSignIn.station_id == station_id, StationSignIn.day == today())
    return session.scalar(select(func.count()).where(*there)) or 0


def get_station_sheet(session: Session, actor: Actor, station_code: str) -> AnyRow:
    """Get what the sheet of a station says: ``name``, ``grid_name``.

    Raises
    ------
    NotFound
        If there is no such station in the actor's scope.
    """
    require(actor, "codes.issue")
    query = select(Station.name, Area.name.label("grid_name")).outerjoin(Area, Area.id == Station.grid_id)
    found = fetch(session, query.where(Station.code == station_code, scope_of(actor, Station.grid_id)))
    if not found:
        raise NotFound
    return found[0]


def _is_of(staff_id: int, day: date) -> ColumnElement[bool]:
    """Build the condition that a station is one where the post works on the day."""
    zone = ZoneInfo(LOCAL_ZONE)
    begins, ends = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    return or_(
        Station.id.in_(select(Staff.station_id).where(Staff.id == staff_id)),
        Station.id.in_(select(Posting.station_id).where(Posting.staff_id == staff_id, is_open(day))),
        Station.id.in_(
            select(Shift.station_id).where(
                Shift.staff_id == staff_id, Shift.starts_at < ends, Shift.ends_at > begins
            )
        ),
    )
