"""All that field staff need for the next seven days, in one answer that a phone can keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gridmap.models import Staff, StaffRole, Station
from gridmap.services.field_codes import list_codes
from gridmap.services.field_conflicts import list_conflicts
from gridmap.services.field_entries import require_post
from gridmap.services.field_needs_buildings import (
    Held,
    find_held,
    list_field_buildings,
    list_field_micro_grids,
    list_field_visit_kinds,
)
from gridmap.services.field_needs_issues import list_field_categories, list_field_issues
from gridmap.services.handoff_lists import list_my_handoffs
from gridmap.services.notice_reaches import list_my_notices
from gridmap.services.orders import list_my_orders
from gridmap.services.postings import today
from gridmap.services.rows import fetch
from gridmap.services.station_sign_ins import list_own_stations

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

KEPT_DAYS = 7
"""So long a phone keeps what it was given."""


@dataclass(frozen=True)
class Asked:
    """Who asks: what the parts of the answer are made for.

    Attributes
    ----------
    staff_id, code, role
        Of the post.
    held
        Its buildings.
    on
        The day, local.
    """

    staff_id: int
    code: str
    role: str
    held: Held
    on: date
    language: str


Part = Callable[["Session", "Actor", Asked], Any]

PARTS: Mapping[str, Part] = {
    "micro_grids": lambda session, _actor, asked: list_field_micro_grids(session, asked.held),
    "visit_kinds": lambda session, _actor, asked: list_field_visit_kinds(session, asked.role),
    "issues": lambda session, actor, asked: list_field_issues(
        session, actor, asked.held, asked.code, language=asked.language
    ),
    "categories": lambda session, _actor, _asked: list_field_categories(session),
    "handoffs": lambda session, actor, _asked: list_my_handoffs(session, actor, is_open=True),
    "notices": lambda session, actor, _asked: list_my_notices(session, actor),
    "codes": lambda session, _actor, asked: list_codes(session, asked.held.ids),
    "orders": lambda session, actor, _asked: list_my_orders(session, actor),
}
"""Key of the answer -> what writes it; buildings and conflicts need the issues and come after."""


def get_needs(
    session: Session, actor: Actor, *, language: str | None = None, with_sign_in: bool = False
) -> dict[str, Any]:
    """Get what field staff need for the next seven days.

    Parameters
    ----------
    with_sign_in
        Whether one may sign in at stations: ``sign_in_stations`` is empty where not.

    Returns
    -------
    dict
        ``as_of``, ``keep_until``, ``post``, ``roles``, the keys of `PARTS`, ``buildings``,
        ``buildings_left_out`` (how many more the post answers for than a phone carries), ``conflicts`` and
        ``sign_in_stations``.

    Raises
    ------
    NotAllowed, NotFound
        If the account is no field account, or has no post.
    """
    staff_id = require_post(actor)
    now, on = datetime.now(UTC), today()
    post = _get_post(session, staff_id)
    held = find_held(session, staff_id, on)
    asked = Asked(staff_id, post["code"], post["role"], held, on, language or actor.language)
    found = {name: part(session, actor, asked) for name, part in PARTS.items()}
    at_building: dict[int, int] = {}
    for issue in found["issues"]:
        at = issue["building_id"]
        at_building[at] = at_building.get(at, 0) + 1
    return found | {
        "as_of": now,
        "keep_until": now + timedelta(days=KEPT_DAYS),
        "post": post,
        "roles": _list_roles(session),
        "buildings": list_field_buildings(session, held, at_building, on=on, now=now),
        "buildings_left_out": held.found - len(held.ids),
        "conflicts": list_conflicts(session, staff_id, [issue["id"] for issue in found["issues"]]),
        "sign_in_stations": list_own_stations(session, staff_id, on) if with_sign_in else [],
    }


def _get_post(session: Session, staff_id: int) -> dict[str, Any]:
    query = (
        select(
            Staff.code,
            Staff.role,
            StaffRole.name_zh.label("role_zh"),
            StaffRole.name_en.label("role_en"),
            Staff.organisation,
            func.coalesce(Staff.duty_phone, Station.phone, StaffRole.duty_phone).label("duty_phone"),
            Station.code.label("station_code"),
            Station.name.label("station_name"),
            func.ST_X(Station.geom).label("lon"),
            func.ST_Y(Station.geom).label("lat"),
        )
        .join(StaffRole, StaffRole.code == Staff.role)
        .outerjoin(Station, Station.id == Staff.station_id)
    )
    post = fetch(session, query.where(Staff.id == staff_id))[0]._asdict()
    code, name, lon, lat = (post.pop(key) for key in ("station_code", "station_name", "lon", "lat"))
    post["station"] = None if code is None else {"code": code, "name": name, "lon": lon, "lat": lat}
    return post


def _list_roles(session: Session) -> dict[str, dict[str, str]]:
    query = select(StaffRole.code, StaffRole.name_zh, StaffRole.name_en).order_by(StaffRole.code)
    return {row.code: {"name_zh": row.name_zh, "name_en": row.name_en} for row in fetch(session, query)}
