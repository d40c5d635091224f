"""Places of the responsibility tree as the tables hold them: the chain above each, and what lies below."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ARRAY, BigInteger, cast, func, select, true
from sqlalchemy.orm import Session, aliased

from gridmap.errors import NotFound
from gridmap.models import Area, Assignment, Building, Compound, Entrance, MicroGrid
from gridmap.services.actors import Actor, scope_of
from gridmap.services.household_bands import band_floors
from gridmap.services.places import as_geojson, get_area
from gridmap.services.postings import CURRENT
from gridmap.services.rows import AnyRow, fetch

PlaceKind = Literal["area", "micro_grid", "building", "entrance"]


@dataclass
class Step:
    """A place of the chain.

    Attributes
    ----------
    kind, code
        Its address; ``compound`` stands beside the chain and has no page.
    level
        Level of an area, else the kind.
    name, name_en
        Name; English where there is one.
    households
        Of the whole place.
    posts
        Who answers for this very place; see `list_posts_at`.
    """

    kind: str
    code: str
    level: str
    name: str
    name_en: str | None
    households: int
    households_estimated: bool
    posts: list[AnyRow] = field(default_factory=list)


@dataclass
class Below:
    """A place one level below.

    Attributes
    ----------
    households
        Of what lies in the place above: a building that two micro-grids share counts with its part.
    buildings
        With homes; None for a building or an entrance.
    posts
        How many posts answer for this very place.
    """

    kind: str
    code: str
    level: str
    name: str
    name_en: str | None
    households: int
    households_estimated: bool
    buildings: int | None = None
    posts: int = 0


@dataclass(frozen=True)
class HouseholdBand:
    """Five to ten households of an entrance; estimated, because nobody counts homes by floor."""

    floor_from: int
    floor_to: int
    households: int
    in_bounds: bool
    micro_grid_code: str | None


@dataclass
class FoundPlace:
    """A place with its chain and what lies below, before anybody is named."""

    steps: list[Step]
    below: list[Below]
    below_level: str | None
    geometry: dict[str, Any] | None
    plan_ids: set[int]
    bands: list[HouseholdBand] = field(default_factory=list)


def find_place_steps(session: Session, actor: Actor, kind: PlaceKind, code: str) -> FoundPlace:
    """Find a place, the chain of places above it and those one level below.

    Raises
    ------
    NotFound
        If there is no such place in the actor's scope.
    """
    return _READERS[kind](session, actor, code)


def _read_area(session: Session, actor: Actor, code: str) -> FoundPlace:
    area = get_area(session, actor, code)
    steps = _area_steps(session, area.id)
    geometry = session.scalar(select(as_geojson(Area.geom)).where(Area.id == area.id))
    if area.level != "grid":
        rows = fetch(session, _areas().where(Area.parent_id == area.id).order_by(Area.code))
        below = [_below_of(row, "area", row.level) for row in rows]
        return FoundPlace(steps, below, below[0].level if below else None, geometry, set())
    cells = fetch(session, _micro_grids().where(MicroGrid.grid_id == area.id).order_by(MicroGrid.code))
    if cells:
        below = [_below_of(row, "micro_grid", "micro_grid") for row in cells]
        return FoundPlace(steps, below, "micro_grid", geometry, {row.plan_id for row in cells})
    rows = fetch(session, _buildings().where(Building.grid_id == area.id, Building.households > 0))
    return FoundPlace(steps, [_below_building(row) for row in rows], "building", geometry, set())


def _read_micro_grid(session: Session, actor: Actor, code: str) -> FoundPlace:
    query = _micro_grids().add_columns(MicroGrid.id, MicroGrid.grid_id, as_geojson(MicroGrid.geom))
    row = session.execute(
        query.where(MicroGrid.code == code, scope_of(actor, MicroGrid.grid_id))
    ).one_or_none()
    if row is None:
        raise NotFound
    steps = [*_area_steps(session, row.grid_id), _step_of(row, "micro_grid")]
    held = func.sum(Assignment.households)
    parts = _buildings().join(Assignment, Assignment.building_id == Building.id)
    parts = parts.where(Assignment.micro_grid_id == row.id).group_by(Building.id).having(held > 0)
    parts = parts.add_columns(
        held.label("part"), func.bool_or(Assignment.households_estimated).label("guess")
    )
    below = []
    for part in fetch(session, parts):
        building = _below_building(part)
        building.households, building.households_estimated = part.part, part.guess
        below.append(building)
    return FoundPlace(steps, below, "building", row.geometry, {row.plan_id})


def _read_building(session: Session, actor: Actor, code: str) -> FoundPlace:
    building = _get_building(session, actor, code)
    steps, plan_ids = _building_steps(session, building, None)
    below = [
        Below(
            "entrance",
            f"{building.id}/{row.number}",
            "entrance",
            row.name,
            None,
            row.households,
            row.estimated,
        )
        for row in _list_entrances(session, building)
    ]
    geometry = session.scalar(select(as_geojson(Building.geom)).where(Building.id == building.id))
    return FoundPlace(steps, below, "entrance", geometry, plan_ids)


def _read_entrance(session: Session, actor: Actor, code: str) -> FoundPlace:
    building_code, _, number = code.partition("/")
    building = _get_building(session, actor, building_code)
    doors = [door for door in _list_entrances(session, building) if str(door.number) == number]
    if not doors:
        raise NotFound
    door = doors[0]
    steps, plan_ids = _building_steps(session, building, door.number)
    steps.append(Step("entrance", code, "entrance", door.name, None, door.households, door.estimated))
    same = (Entrance.building_id == Building.id) & (Entrance.number == door.number)
    place = select(as_geojson(func.coalesce(Entrance.geom, Building.geom)))
    place = place.select_from(Building).outerjoin(Entrance, same)
    geometry = session.scalar(place.where(Building.id == building.id))
    found = FoundPlace(steps, [], None, geometry, plan_ids)
    found.bands = _bands_of(session, building, door)
    return found


_READERS = {
    "area": _read_area,
    "micro_grid": _read_micro_grid,
    "building": _read_building,
    "entrance": _read_entrance,
}


@dataclass(frozen=True)
class _Door:
    number: int
    name: str
    storeys: int
    households: int
    estimated: bool


def _list_entrances(session: Session, building: Building) -> list[_Door]:
    """List the entrances of a building; one nobody described has an even share of the homes left over."""
    query = select(Entrance).where(Entrance.building_id == building.id)
    known = {row.number: row for row in session.scalars(query)}
    # Where some are described, these are all there are: the count may be an estimate.
    numbers = sorted(known) or range(1, building.entrance_count + 1)
    said = sum(row.households or 0 for row in known.values())
    unsaid = [number for number in numbers if number not in known or known[number].households is None]
    left = max(building.households - said, 0)
    doors = []
    for number in numbers:
        row = known.get(number)
        households = row.households if row else None
        if households is None:
            place = unsaid.index(number)
            households = left // len(unsaid) + (1 if place < left % len(unsaid) else 0)
        is_estimated = building.households_estimated or number in unsaid
        name, storeys = (row.name, row.storeys) if row else ("", None)
        doors.append(_Door(number, name, storeys or building.storeys, households, is_estimated))
    return doors


def _bands_of(session: Session, building: Building, door: _Door) -> list[HouseholdBand]:
    """Band the floors of an entrance; no band reaches over the border of a micro-grid."""
    query = select(MicroGrid.code, Assignment.floor_from, Assignment.floor_to, Assignment.households).join(
        MicroGrid, MicroGrid.id == Assignment.micro_grid_id
    )
    query = query.where(
        *CURRENT, Assignment.building_id == building.id, Assignment.entrance_number == door.number
    )
    parts = [
        (row.code, row.floor_from or 1, row.floor_to or door.storeys, row.households)
        for row in fetch(session, query.order_by(Assignment.floor_from))
    ]
    if not parts:
        whole = select(MicroGrid.code).join(Assignment, Assignment.micro_grid_id == MicroGrid.id)
        whole = whole.where(
            *CURRENT, Assignment.building_id == building.id, Assignment.entrance_number.is_(None)
        )
        parts = [(session.scalar(whole), 1, door.storeys, door.households)]
    return [
        HouseholdBand(band.floor_from, band.floor_to, band.households, band.in_bounds, code)
        for code, low, high, households in parts
        for band in band_floors(low, high, households)
    ]


def _building_steps(
    session: Session, building: Building, entrance: int | None
) -> tuple[list[Step], set[int]]:
    """Climb from a building: areas, micro-grids that hold it (or one entrance), its compound, itself."""
    steps = _area_steps(session, building.grid_id)
    query = _micro_grids().join(Assignment, Assignment.micro_grid_id == MicroGrid.id)
    query = query.where(Assignment.building_id == building.id)
    if entrance is not None:
        query = query.where(Assignment.entrance_number.is_(None) | (Assignment.entrance_number == entrance))
    cells = fetch(session, query.distinct().order_by(MicroGrid.code))
    steps += [_step_of(row, "micro_grid") for row in cells]
    if building.compound_id is not None:
        steps.append(_compound_step(session, building.compound_id))
    name = building.name or building.address
    steps.append(
        Step(
            "building",
            str(building.id),
            "building",
            name,
            None,
            building.households,
            building.households_estimated,
        )
    )
    return steps, {row.plan_id for row in cells}


def _compound_step(session: Session, compound_id: int) -> Step:
    compound = session.get_one(Compound, compound_id)
    sums = select(func.sum(Building.households), func.bool_or(Building.households_estimated))
    households, estimated = session.execute(sums.where(Building.compound_id == compound_id)).one()
    return Step("compound", compound.code, "compound", compound.name, None, households, estimated)


def _area_steps(session: Session, area_id: int | None) -> list[Step]:
    if area_id is None:
        return []
    lineage = select(func.unnest(Area.lineage)).where(Area.id == area_id)
    query = _areas().where(Area.id.in_(lineage)).order_by(func.cardinality(Area.lineage))
    return [_step_of(row, "area", row.level) for row in fetch(session, query)]


def _areas() -> Any:
    grid = aliased(Area)
    own = func.array_append(cast([], ARRAY(BigInteger)), Area.id)
    homes = (
        select(
            func.coalesce(func.sum(Building.households), 0).label("households"),
            func.coalesce(func.bool_or(Building.households_estimated), False).label("estimated"),
            func.count().filter(Building.households > 0).label("buildings"),
        )
        .select_from(grid)
        .join(Building, Building.grid_id == grid.id)
        .where(grid.lineage.contains(own))
        .lateral("homes")
    )
    return select(
        Area.code,
        Area.level,
        Area.name,
        Area.name_en,
        homes.c.households,
        homes.c.estimated.label("households_estimated"),
        homes.c.buildings,
    ).join(homes, true())


def _micro_grids() -> Any:
    return select(
        MicroGrid.code,
        MicroGrid.contents.label("name"),
        MicroGrid.plan_id,
        MicroGrid.households,
        MicroGrid.households_estimated,
        MicroGrid.building_count.label("buildings"),
    ).where(*CURRENT)


def _buildings() -> Any:
    return select(
        Building.id, Building.name, Building.address, Building.households, Building.households_estimated
    ).order_by(Building.address, Building.id)


def _get_building(session: Session, actor: Actor, code: str) -> Building:
    if not code.isdecimal() or len(code) > 18:
        raise NotFound
    query = select(Building).where(Building.id == int(code), scope_of(actor, Building.grid_id))
    building = session.scalar(query)
    if building is None:
        raise NotFound
    return building


def _step_of(row: Any, kind: str, level: str | None = None) -> Step:
    return Step(
        kind,
        row.code,
        level or kind,
        row.name,
        getattr(row, "name_en", None),
        row.households,
        row.households_estimated,
    )


def _below_of(row: Any, kind: str, level: str) -> Below:
    name_en = getattr(row, "name_en", None)
    return Below(
        kind, row.code, level, row.name, name_en, row.households, row.households_estimated, row.buildings
    )


def _below_building(row: Any) -> Below:
    name = row.address or row.name
    return Below("building", str(row.id), "building", name, None, row.households, row.households_estimated)
