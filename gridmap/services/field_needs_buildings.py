"""What a phone needs of a post's places: micro-grids, buildings with their doors, people and visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, cast, func, select

from gridmap.db import sql
from gridmap.models import Assignment, Building, Compound, Entrance, MicroGrid, VisitKind, VisitPlan
from gridmap.services.places import as_geojson
from gridmap.services.postings import CURRENT
from gridmap.services.rows import AnyRow, fetch
from gridmap.services.visit_periods import find_period

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST_BUILDINGS = 1_000
"""A phone carries so many at most, those of the nearest postings first; how many more there are is told."""
SIMPLER_BY = 0.00001
"""Degrees (about 1 m) by which outlines on the phone may differ."""


@dataclass(frozen=True)
class Held:
    """The buildings a post answers for, as far as a phone carries them.

    Attributes
    ----------
    ids
        Those of the nearest postings first.
    found
        How many there are, those left out included.
    """

    ids: Sequence[int]
    found: int


def find_held(session: Session, staff_id: int, on: date) -> Held:
    """Find the buildings that a post answers for on a day."""
    asked = {"staff_id": staff_id, "on_date": on, "at_most": MOST_BUILDINGS}
    rows = session.execute(sql("field_buildings"), asked).all()
    return Held([row.building_id for row in rows], rows[0].found if rows else 0)


def list_field_micro_grids(session: Session, held: Held) -> list[dict[str, Any]]:
    """List the micro-grids that hold a part of the buildings: ground, households, bounds."""
    ground = func.coalesce(MicroGrid.geom, MicroGrid.label)
    edges = [edge(ground) for edge in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    shape = func.ST_SimplifyPreserveTopology(MicroGrid.geom, SIMPLER_BY)
    query = (
        select(
            MicroGrid.code,
            MicroGrid.households,
            MicroGrid.households_estimated,
            MicroGrid.contents,
            func.json_build_array(*edges, type_=JSON).label("bounds"),
            as_geojson(func.coalesce(shape, MicroGrid.label)),
        )
        .where(
            *CURRENT,
            MicroGrid.id.in_(select(Assignment.micro_grid_id).where(Assignment.building_id.in_(held.ids))),
        )
        .order_by(MicroGrid.code)
    )
    return [row._asdict() for row in fetch(session, query)]


def list_field_buildings(
    session: Session, held: Held, issues: Mapping[int, int], *, on: date, now: datetime | None = None
) -> list[dict[str, Any]]:
    """List the buildings with all that is needed at their doors.

    Parameters
    ----------
    issues
        How many are open, by building.
    on
        Day of the postings, local.
    now
        With zone; says in which day, month and quarter a visit is due.
    """
    buildings = _read_buildings(session, held)
    parts = _read_parts(session, held.ids)
    entrances = _read_entrances(session, held.ids)
    people = _People(session, buildings, parts, on)
    visits = _read_visits(session, held.ids, now or datetime.now(UTC))
    found = []
    for row in buildings:
        facts = row._asdict()
        del facts["compound_id"], facts["grid_id"]
        facts |= {
            "parts": [_without(part, "building_id") for part in parts[row.id]],
            "entrances": [_without(door, "building_id") for door in entrances[row.id]],
            "people": people.of(row),
            "open_issues": issues.get(row.id, 0),
            "visits": visits[row.id],
        }
        found.append(facts)
    return found


def list_field_visit_kinds(session: Session, role: str) -> list[dict[str, Any]]:
    """List the kinds of visits; ``mine``: posts of the role have to."""
    mine = select(VisitPlan.kind).where(VisitPlan.role == role)
    query = select(
        VisitKind.code,
        VisitKind.name_zh,
        VisitKind.name_en,
        VisitKind.period,
        VisitKind.code.in_(mine).label("mine"),
    )
    return [row._asdict() for row in fetch(session, query.order_by(VisitKind.place, VisitKind.code))]


def _without(row: AnyRow, name: str) -> dict[str, Any]:
    return {key: value for key, value in row._asdict().items() if key != name}


def _read_buildings(session: Session, held: Held) -> list[AnyRow]:
    outline = func.ST_AsGeoJSON(func.ST_SimplifyPreserveTopology(Building.geom, SIMPLER_BY), 6)
    query = (
        select(
            Building.id,
            Building.name,
            Building.address,
            Compound.name.label("compound_name"),
            Building.entrance_count,
            Building.entrances_estimated,
            Building.storeys,
            Building.households,
            Building.households_estimated,
            func.ST_X(Building.point).label("lon"),
            func.ST_Y(Building.point).label("lat"),
            cast(outline, JSON).label("outline"),
            Building.compound_id,
            Building.grid_id,
        )
        .outerjoin(Compound, Compound.id == Building.compound_id)
        .where(Building.id.in_(held.ids))
    )
    return fetch(session, query.order_by(Building.id))


def _read_parts(session: Session, ids: Sequence[int]) -> dict[int, list[AnyRow]]:
    query = (
        select(
            Assignment.building_id,
            MicroGrid.code.label("micro_grid_code"),
            Assignment.entrance_number,
            Assignment.floor_from,
            Assignment.floor_to,
            Assignment.households,
        )
        .join(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
        .where(*CURRENT, Assignment.building_id.in_(ids))
        .order_by(MicroGrid.code, Assignment.entrance_number, Assignment.floor_from)
    )
    return _by_building(fetch(session, query))


def _read_entrances(session: Session, ids: Sequence[int]) -> dict[int, list[AnyRow]]:
    query = select(
        Entrance.building_id,
        Entrance.number,
        func.ST_X(Entrance.geom).label("lon"),
        func.ST_Y(Entrance.geom).label("lat"),
    )
    return _by_building(fetch(session, query.where(Entrance.building_id.in_(ids)).order_by(Entrance.number)))


def _by_building(rows: Iterable[AnyRow]) -> dict[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[row.building_id].append(row)
    return found


class _People:
    """Who answers for buildings: read by place at once, told building by building."""

    def __init__(
        self, session: Session, buildings: Sequence[AnyRow], parts: Mapping[int, Sequence[AnyRow]], on: date
    ) -> None:
        self._codes = {row.id: {part.micro_grid_code for part in parts[row.id]} for row in buildings}
        asked = {
            "building_ids": [row.id for row in buildings],
            "compound_ids": list({row.compound_id for row in buildings if row.compound_id}),
            "grid_ids": list({row.grid_id for row in buildings if row.grid_id}),
            "micro_grids": sorted(set().union(*self._codes.values())) if buildings else [],
            "on_date": on,
        }
        self._rows = [(place, row) for place, row in enumerate(session.execute(sql("field_people"), asked))]
        self._at: dict[tuple[str, str], list[tuple[int, AnyRow]]] = defaultdict(list)
        for place, row in self._rows:
            self._at[_reaches(row.level), row.place].append((place, row))

    def of(self, building: AnyRow) -> list[dict[str, Any]]:
        """Tell who answers for a building, the nearest first, each post once."""
        places = [("building", str(building.id)), ("compound", str(building.compound_id))]
        places += [("area", str(building.grid_id))]
        places += [("micro_grid", code) for code in self._codes[building.id]]
        rows = sorted(found for place in places for found in self._at.get(place, ()))
        nearest: dict[str, dict[str, Any]] = {}
        for _, row in rows:
            said = {"code": row.code, "role": row.role, "duty_phone": row.duty_phone, "level": row.level}
            nearest.setdefault(row.code, said)
        return list(nearest.values())


def _reaches(level: str) -> str:
    if level in ("micro_grid", "compound"):
        return level
    return "building" if level in ("entrance", "building") else "area"


def _read_visits(session: Session, ids: Sequence[int], now: datetime) -> dict[int, list[dict[str, Any]]]:
    query = select(VisitKind.code, VisitKind.period).order_by(VisitKind.place, VisitKind.code)
    periods = {row.code: find_period(row.period, now) for row in fetch(session, query)}
    asked = {
        "building_ids": list(ids),
        "kinds": list(periods),
        "starts": [period.starts_at for period in periods.values()],
        "ends": [period.ends_at for period in periods.values()],
    }
    rows = {(row.building_id, row.kind): row for row in session.execute(sql("field_visits"), asked)}
    return {
        one: [
            {
                "kind": kind,
                "last_at": rows[one, kind].last_at,
                "due_first_day": period.first_day,
                "due_last_day": period.last_day,
                "done": rows[one, kind].done,
            }
            for kind, period in periods.items()
        ]
        for one in ids
    }
