"""Who is posted where: the conditions that staff, places and the field pages share."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from gridmap.db import sql
from gridmap.models import (
    Area,
    Assignment,
    Building,
    Compound,
    CompoundGrid,
    Entrance,
    MicroGrid,
    Posting,
    Shift,
    Staff,
    StaffRole,
    Station,
)
from gridmap.services.actors import lineage_meets
from gridmap.services.rows import AnyRow, AnySelect, fetch
from gridmap.settings import LOCAL_ZONE

CURRENT = (MicroGrid.valid_from.is_not(None), MicroGrid.valid_to.is_(None))

# From the nearest to the one who is far: the order in which people are named at a door.
NEARNESS = ("entrance", "building", "micro_grid", "compound", "area", "station")
HEAD_ROLE = "micro_grid_head"  # the one responsible; others answer for a micro-grid besides


def today() -> date:
    """Give the day it is in the city."""
    return datetime.now(ZoneInfo(LOCAL_ZONE)).date()


def is_open(on: date) -> ColumnElement[bool]:
    """Build the condition that a posting holds on the day."""
    return (Posting.starts_on <= on) & (Posting.ends_on.is_(None) | (Posting.ends_on >= on))


def lies_in(area_ids: tuple[int, ...]) -> ColumnElement[bool]:
    """Build the condition that a posting's place lies, wholly or partly, in one of the areas."""
    inside = select(Area.id).where(lineage_meets(area_ids))
    buildings = select(Building.id).where(Building.grid_id.in_(inside))
    return or_(
        Posting.area_id.in_(inside),
        Posting.micro_grid_code.in_(select(MicroGrid.code).where(*CURRENT, MicroGrid.grid_id.in_(inside))),
        Posting.compound_id.in_(select(CompoundGrid.compound_id).where(CompoundGrid.grid_id.in_(inside))),
        Posting.building_id.in_(buildings),
        Posting.entrance_id.in_(select(Entrance.id).where(Entrance.building_id.in_(buildings))),
        Posting.station_id.in_(select(Station.id).where(Station.grid_id.in_(inside))),
    )


def list_people_of_building(session: Session, building: Building | AnyRow, on: date) -> list[AnyRow]:
    """List who answers for a building on a day, the nearest posting first: roles and numbers, no names.

    Parameters
    ----------
    building
        With ``id``, ``compound_id`` and ``grid_id``.

    Returns
    -------
    list of Row
        ``code``, ``role``, ``role_zh``, ``role_en``, ``organisation``, ``duty_phone``, ``place_kind`` (see
        `NEARNESS`), ``place`` (code of the place; the number of an entrance).
    """
    return _list_people(
        session, on, building_id=building.id, compound_id=building.compound_id, grid_id=building.grid_id
    )


def list_people_of_micro_grid(session: Session, code: str, grid_code: str, on: date) -> list[AnyRow]:
    """List who answers for a micro-grid on a day, directly or through an area above it; see above."""
    return _list_people(session, on, micro_grids=[code], grid_code=grid_code)


def _list_people(session: Session, on: date, **place: Any) -> list[AnyRow]:
    nowhere: dict[str, Any] = {"micro_grids": [], "grid_id": None, "grid_code": None}
    nowhere |= {"building_id": None, "compound_id": None}
    return list(session.execute(sql("at_people"), nowhere | place | {"on_date": on}))


def list_postings_of_staff(session: Session, staff_id: int, on: date) -> list[AnyRow]:
    """List the places a post answers for on a day: ``place_kind``, ``place``, ``starts_on``, ``ends_on``."""
    query = _people().add_columns(Posting.starts_on, Posting.ends_on)
    query = query.where(Posting.staff_id == staff_id, is_open(on)).order_by(Posting.id)
    return fetch(session, query)


def list_postings_of_staff_ever(session: Session, staff_id: int) -> list[AnyRow]:
    """List all places a post ever answered for; as above."""
    query = _people().with_only_columns(
        _place_kind().label("place_kind"), _place_code().label("place"), Posting.starts_on, Posting.ends_on
    )
    query = query.where(Posting.staff_id == staff_id)
    return fetch(session, query.order_by(Posting.starts_on, Posting.id))


def list_posts_at(
    session: Session, places: Iterable[tuple[str, str]], at: datetime
) -> dict[tuple[str, str], list[AnyRow]]:
    """List who answers for some places, each by kind (see `NEARNESS`) and code, at a moment.

    Returns
    -------
    dict
        By place, heads first: rows with ``code``, ``role``, ``role_zh``, ``role_en``, ``organisation``,
        ``phone`` (of the post, else of its station or role), ``place_kind``, ``place``, ``starts_on``,
        ``ends_on`` and ``duty_until`` (None: not on duty by the roster). Places without anybody are missing.
    """
    base = aliased(Station)
    shift = select(func.max(Shift.ends_at)).where(
        Shift.staff_id == Staff.id, Shift.starts_at <= at, Shift.ends_at > at
    )
    asked = _conditions_of(places)
    if not asked:
        return {}
    query = _people().outerjoin(base, base.id == Staff.station_id)
    query = query.add_columns(
        func.coalesce(Staff.duty_phone, base.phone, StaffRole.duty_phone).label("phone"),
        Posting.starts_on,
        Posting.ends_on,
        shift.scalar_subquery().label("duty_until"),
    )
    on = at.astimezone(ZoneInfo(LOCAL_ZONE)).date()
    order = (Staff.role != HEAD_ROLE, Staff.role, Staff.code)
    found: dict[tuple[str, str], list[AnyRow]] = {}
    for row in fetch(session, query.where(is_open(on), or_(*asked)).order_by(*order)):
        found.setdefault((row.place_kind, row.place), []).append(row)
    return found


def _conditions_of(places: Iterable[tuple[str, str]]) -> list[ColumnElement[bool]]:
    codes: dict[str, list[str]] = {}
    for kind, code in places:
        codes.setdefault(kind, []).append(code)
    doors = [tuple(int(part) for part in code.split("/")) for code in codes.get("entrance", ())]
    entrances = select(Entrance.id).where(tuple_(Entrance.building_id, Entrance.number).in_(doors))
    buildings = [int(code) for code in codes.get("building", ())]
    known = {
        "area": Posting.area_id.in_(select(Area.id).where(Area.code.in_(codes.get("area", ())))),
        "micro_grid": Posting.micro_grid_code.in_(codes.get("micro_grid", ())),
        "compound": Posting.compound_id.in_(
            select(Compound.id).where(Compound.code.in_(codes.get("compound", ())))
        ),
        "building": Posting.building_id.in_(buildings),
        "entrance": Posting.entrance_id.in_(entrances),
        "station": Posting.station_id.in_(
            select(Station.id).where(Station.code.in_(codes.get("station", ())))
        ),
    }
    return [known[kind] for kind in codes]


def _place_kind() -> ColumnElement[str]:
    return case(
        (Posting.entrance_id.is_not(None), literal("entrance")),
        (Posting.building_id.is_not(None), literal("building")),
        (Posting.micro_grid_code.is_not(None), literal("micro_grid")),
        (Posting.compound_id.is_not(None), literal("compound")),
        (Posting.station_id.is_not(None), literal("station")),
        else_=literal("area"),
    )


def _place_code() -> ColumnElement[str]:
    return func.coalesce(
        Posting.micro_grid_code,
        Area.code,
        Compound.code,
        Station.code,
        case((Entrance.id.is_not(None), func.concat(Entrance.building_id, "/", Entrance.number))),
        case((Posting.building_id.is_not(None), func.concat(Posting.building_id))),
    )


def _people() -> AnySelect:
    return (
        select(
            Staff.code,
            Staff.role,
            StaffRole.name_zh.label("role_zh"),
            StaffRole.name_en.label("role_en"),
            Staff.organisation,
            Staff.duty_phone,
            _place_kind().label("place_kind"),
            _place_code().label("place"),
        )
        .select_from(Posting)
        .join(Staff, Staff.id == Posting.staff_id)
        .join(StaffRole, StaffRole.code == Staff.role)
        .outerjoin(Area, Area.id == Posting.area_id)
        .outerjoin(Compound, Compound.id == Posting.compound_id)
        .outerjoin(Station, Station.id == Posting.station_id)
        .outerjoin(Entrance, Entrance.id == Posting.entrance_id)
    )


def buildings_of(staff_id: int, on: date) -> ColumnElement[bool]:
    """Build the condition that a building is one the post answers for."""
    mine = (Posting.staff_id == staff_id, is_open(on))
    assigned = select(Assignment.building_id).join(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
    assigned = assigned.where(*CURRENT, MicroGrid.code.in_(select(Posting.micro_grid_code).where(*mine)))
    return or_(
        Building.id.in_(select(Posting.building_id).where(*mine)),
        Building.id.in_(
            select(Entrance.building_id).join(Posting, Posting.entrance_id == Entrance.id).where(*mine)
        ),
        Building.compound_id.in_(select(Posting.compound_id).where(*mine)),
        Building.grid_id.in_(_grids_of(staff_id, on)),
        Building.id.in_(assigned),
    )


def micro_grids_of(staff_id: int, on: date) -> ColumnElement[bool]:
    """Build the condition that a micro-grid is one the post answers for, wholly or in part."""
    mine = (Posting.staff_id == staff_id, is_open(on))
    parts = select(Building.id).where(
        or_(
            Building.id.in_(select(Posting.building_id).where(*mine)),
            Building.id.in_(
                select(Entrance.building_id).join(Posting, Posting.entrance_id == Entrance.id).where(*mine)
            ),
            Building.compound_id.in_(select(Posting.compound_id).where(*mine)),
        )
    )
    return or_(
        MicroGrid.code.in_(select(Posting.micro_grid_code).where(*mine)),
        MicroGrid.grid_id.in_(_grids_of(staff_id, on)),
        exists().where(Assignment.micro_grid_id == MicroGrid.id, Assignment.building_id.in_(parts)),
    )


def _grids_of(staff_id: int, on: date) -> Select[int]:
    posted = select(func.array_agg(Posting.area_id)).where(
        Posting.staff_id == staff_id, is_open(on), Posting.area_id.is_not(None)
    )
    return select(Area.id).where(Area.lineage.op("&&")(posted.scalar_subquery()))
