"""A post with its postings on the map, its week and what it carries; a post, never a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from gridmap.models import Area, Building, Compound, Entrance, MicroGrid, Posting, Staff, Station
from gridmap.services.actors import Actor
from gridmap.services.coverage import day_of
from gridmap.services.duty_weeks import DutyDay, list_week_of_staff
from gridmap.services.places import as_geojson
from gridmap.services.postings import CURRENT
from gridmap.services.rows import AnyRow, fetch
from gridmap.services.staff import get_staff
from gridmap.services.workload import Workload, find_workload

NOW, COMING, ENDED = "now", "coming", "ended"


@dataclass(frozen=True)
class PostingOnMap:
    """A posting with its place.

    Attributes
    ----------
    level
        Level of an area, else the kind of place.
    code
        As places are addressed: an entrance as ``building/number``.
    state
        ``now``, ``coming`` or ``ended``.
    geometry
        GeoJSON; None where the place has no ground (any more).
    """

    kind: str
    level: str
    code: str
    name: str
    starts_on: date
    ends_on: date | None
    state: str
    geometry: dict[str, Any] | None


@dataclass(frozen=True)
class StaffDetails:
    """A post.

    Attributes
    ----------
    post
        As of `get_staff`.
    postings
        All there ever were: those that hold now first, then the coming, then the ended.
    week
        Its shifts in the week of the moment.
    workload
        None where the actor may not see it: see `find_workload`.
    """

    post: dict[str, Any]
    postings: list[PostingOnMap]
    week: list[DutyDay]
    workload: Workload | None
    at: datetime


def describe_staff(
    session: Session, actor: Actor, code: str, at: datetime | None = None, *, language: str | None = None
) -> StaffDetails:
    """Describe a post at a moment (now by default).

    Raises
    ------
    NotFound
        If there is no such post in the actor's scope.
    """
    moment = at or datetime.now(UTC)
    post = get_staff(session, actor, code, on=day_of(moment))
    staff_id = session.scalar(select(Staff.id).where(Staff.code == code))
    assert staff_id is not None
    workload = None
    if actor.may("coverage.read") or staff_id == actor.staff_id:
        workload = find_workload(session, actor, code, moment, language=language)
    return StaffDetails(
        post,
        _list_postings(session, staff_id, day_of(moment)),
        list_week_of_staff(session, staff_id, moment),
        workload,
        moment,
    )


def _list_postings(session: Session, staff_id: int, on: date) -> list[PostingOnMap]:
    holder = func.coalesce(Posting.building_id, Entrance.building_id)
    kind = case(
        (Posting.entrance_id.is_not(None), "entrance"),
        (Posting.building_id.is_not(None), "building"),
        (Posting.micro_grid_code.is_not(None), "micro_grid"),
        (Posting.compound_id.is_not(None), "compound"),
        (Posting.station_id.is_not(None), "station"),
        else_="area",
    )
    number = case((Entrance.id.is_not(None), func.concat("/", Entrance.number)), else_="")
    query = (
        select(
            kind.label("kind"),
            Area.level,
            func.coalesce(
                Posting.micro_grid_code, Area.code, Compound.code, Station.code, func.concat(holder, number)
            ).label("code"),
            func.coalesce(
                Area.name,
                Compound.name,
                Station.name,
                func.concat_ws(
                    " ",
                    func.nullif(Building.address, ""),
                    func.nullif(Entrance.name, ""),
                ),
            ).label("name"),
            MicroGrid.contents,
            Posting.starts_on,
            Posting.ends_on,
            as_geojson(
                func.coalesce(
                    MicroGrid.geom,
                    MicroGrid.label,
                    Area.geom,
                    Compound.geom,
                    Station.geom,
                    Entrance.geom,
                    Building.geom,
                )
            ),
        )
        .select_from(Posting)
        .outerjoin(Area, Area.id == Posting.area_id)
        .outerjoin(MicroGrid, (MicroGrid.code == Posting.micro_grid_code) & CURRENT[0] & CURRENT[1])
        .outerjoin(Compound, Compound.id == Posting.compound_id)
        .outerjoin(Station, Station.id == Posting.station_id)
        .outerjoin(Entrance, Entrance.id == Posting.entrance_id)
        .outerjoin(Building, Building.id == holder)
        .where(Posting.staff_id == staff_id)
    )
    rows = [_posting_of(row, on) for row in fetch(session, query)]
    states = (NOW, COMING, ENDED)
    return sorted(rows, key=lambda one: (states.index(one.state), one.starts_on, one.kind, one.code))


def _posting_of(row: AnyRow, on: date) -> PostingOnMap:
    is_over = row.ends_on is not None and row.ends_on < on
    state = ENDED if is_over else COMING if row.starts_on > on else NOW
    name = row.contents if row.kind == "micro_grid" else row.name
    return PostingOnMap(
        row.kind,
        row.level or row.kind,
        row.code,
        name or row.code,
        row.starts_on,
        row.ends_on,
        state,
        row.geometry,
    )
