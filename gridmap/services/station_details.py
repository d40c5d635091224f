"""A station with what stands around it: homes within a walk, who is on duty, the next station, the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.covering.graph import WALK_M_PER_MINUTE
from gridmap.errors import NotFound
from gridmap.i18n import translate
from gridmap.models import Area, CoverageRule, Staff, StaffRole, Station
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.duty_weeks import DutyDay, list_on_duty_at_station, list_week_of_station
from gridmap.services.isochrones import MINUTES
from gridmap.services.postings import list_posts_at
from gridmap.services.rows import AnyRow, fetch
from gridmap.services.walking import CUT_OFF, GEOD, MARGIN_DEGREES, NO_NETWORK, ON_FOOT, get_network

NEXT_STATIONS = 3


@dataclass(frozen=True)
class Reached:
    """The homes within some minutes on foot."""

    minutes: float
    walk_m: float
    households: int
    households_estimated: bool
    buildings: int


@dataclass(frozen=True)
class NextStation:
    """Another station.

    Attributes
    ----------
    walk_m
        Metres on foot; the straight line where ``how`` says so (`gridmap.services.walking`).
    """

    code: str
    name: str
    kind: str
    walk_m: float
    how: str


@dataclass(frozen=True)
class StationDetails:
    """A station and what stands around it.

    Attributes
    ----------
    station
        ``code``, ``name``, ``kind``, ``phone``, ``grid_code``, ``grid_name``, ``lon``, ``lat``.
    on_duty
        Shifts kept there at the moment, and ``week``, those of its week; see `gridmap.services.duty_weeks`.
    posts
        Who is posted to the station; see `list_posts_at`.
    based
        Posts that have their place there: ``code``, ``role``, ``role_zh``, ``role_en``, ``phone``.
    reached
        By minutes, rising; None where the actor may not read coverage, empty without a network.
    nearest
        The nearest other stations, the nearest first.
    rules
        Rules of coverage in force that ask about its kind; empty where the actor may not read coverage.
    """

    station: AnyRow
    on_duty: list[AnyRow]
    week: list[DutyDay]
    posts: list[AnyRow]
    based: list[AnyRow]
    reached: list[Reached] | None
    nearest: list[NextStation]
    rules: list[CoverageRule]
    district_code: str | None
    at: datetime
    definition: str


def describe_station(
    session: Session, actor: Actor, code: str, at: datetime | None = None, *, language: str | None = None
) -> StationDetails:
    """Describe a station at a moment (now by default).

    Raises
    ------
    NotFound
        If there is no such station in the actor's scope.
    """
    require(actor, "places.read")
    require(actor, "staff.read")
    query = _station().add_columns(Station.id, Station.grid_id, Area.lineage)
    row = session.execute(query.where(Station.code == code, scope_of(actor, Station.grid_id))).one_or_none()
    if row is None:
        raise NotFound
    moment = at or datetime.now(UTC)
    district_id = row.lineage[0] if row.lineage else None
    may_measure = actor.may("coverage.read")
    posts = list_posts_at(session, [("station", code)], moment)
    return StationDetails(
        station=row,
        on_duty=list_on_duty_at_station(session, row.id, moment),
        week=list_week_of_station(session, row.id, moment),
        posts=posts.get(("station", code), []),
        based=_list_based(session, row.id),
        reached=_measure_reach(session, district_id, row) if may_measure else None,
        nearest=_list_nearest(session, district_id, row),
        rules=_list_rules(session, row.kind) if may_measure else [],
        district_code=session.scalar(select(Area.code).where(Area.id == district_id)),
        at=moment,
        definition=translate("station_page.definition", language or actor.language),
    )


def _station() -> Any:
    return select(
        Station.code,
        Station.name,
        Station.kind,
        Station.phone,
        Area.code.label("grid_code"),
        Area.name.label("grid_name"),
        func.ST_X(Station.geom).label("lon"),
        func.ST_Y(Station.geom).label("lat"),
    ).outerjoin(Area, Area.id == Station.grid_id)


def _list_based(session: Session, station_id: int) -> list[AnyRow]:
    query = select(
        Staff.code,
        Staff.role,
        StaffRole.name_zh.label("role_zh"),
        StaffRole.name_en.label("role_en"),
        func.coalesce(Staff.duty_phone, Station.phone, StaffRole.duty_phone).label("phone"),
    )
    query = query.join(StaffRole, StaffRole.code == Staff.role).join(Station, Station.id == Staff.station_id)
    return fetch(session, query.where(Staff.station_id == station_id).order_by(Staff.role, Staff.code))


def _measure_reach(session: Session, district_id: int | None, here: Any) -> list[Reached]:
    if district_id is None:
        return []
    network = get_network(session, district_id)
    start = network.graph.find_doors(np.array([[here.lon, here.lat]]))
    if start.edge[0] < 0:
        return []
    homes = network.doors_of(session, district_id)
    walks = network.graph.walk_to_nearest(homes.doors, start, max(MINUTES) * WALK_M_PER_MINUTE).walk_m
    reached = []
    for minutes in MINUTES:
        near = walks <= minutes * WALK_M_PER_MINUTE
        reached.append(
            Reached(
                minutes,
                minutes * WALK_M_PER_MINUTE,
                int(homes.households[near].sum()),
                bool(homes.households_estimated[near].any()),
                len(np.unique(homes.building_id[near])),
            )
        )
    return reached


def _list_nearest(session: Session, district_id: int | None, here: Any) -> list[NextStation]:
    """List the nearest other stations in and just around the district: on foot where a way leads there."""
    if district_id is None:
        return []
    around = select(func.ST_Expand(Area.geom, MARGIN_DEGREES)).where(Area.id == district_id)
    inside = Station.geom.op("&&")(around.scalar_subquery())
    others = fetch(session, _station().where(inside, Station.code != here.code).order_by(Station.code))
    if not others:
        return []
    lonlat = np.array([(row.lon, row.lat) for row in others])
    graph = get_network(session, district_id).graph
    doors, start = graph.find_doors(lonlat), graph.find_doors(np.array([[here.lon, here.lat]]))
    walks = graph.walk_to_nearest(doors, start).walk_m
    own = np.tile([here.lon, here.lat], (len(others), 1))
    _, _, straight = GEOD.inv(own[:, 0], own[:, 1], lonlat[:, 0], lonlat[:, 1])
    found = [
        NextStation(row.code, row.name, row.kind, round(float(walk if how == ON_FOOT else line), 1), how)
        for row, walk, line, how in zip(
            others, walks, straight, _how(walks, doors.edge, start.edge[0]), strict=True
        )
    ]
    return sorted(found, key=lambda one: (one.walk_m, one.code))[:NEXT_STATIONS]


def _how(walks: np.ndarray, edges: np.ndarray, own_edge: int) -> Sequence[str]:
    return [
        ON_FOOT if np.isfinite(walk) else NO_NETWORK if edge < 0 or own_edge < 0 else CUT_OFF
        for walk, edge in zip(walks, edges, strict=True)
    ]


def _list_rules(session: Session, kind: str) -> list[CoverageRule]:
    query = select(CoverageRule).where(CoverageRule.is_active, CoverageRule.kind == "station_walk")
    rules = session.scalars(query.order_by(CoverageRule.id))
    return [rule for rule in rules if kind in rule.parameters["station_kinds"]]
