"""Plans from outside: an equivalency list or drawn polygons become a new draft, wholly or not at all."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import shapely
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError
from gridmap.formats.archives import refuse
from gridmap.formats.assignment_checks import Placed, Standing, match_rows
from gridmap.formats.checking import place_of
from gridmap.formats.plan_assignments import read_assignments
from gridmap.formats.plan_polygons import PolygonTable, Taken, read_polygons, take_buildings
from gridmap.formats.tables import TABLES
from gridmap.formats.vector import VECTORS
from gridmap.models import Area, Plan
from gridmap.planning import PlanRules
from gridmap.planning.redraw_division import Assignment
from gridmap.services import audit
from gridmap.services.actors import Actor, require
from gridmap.services.places import get_area
from gridmap.services.plan_colours import colour_plan
from gridmap.services.plan_drafts import list_grid_ids, write_draft
from gridmap.services.plan_frames import read_frame
from gridmap.services.plans import count_totals
from gridmap.services.waivers import inherit

Rows = dict[int, list[Assignment]]
Tell = Callable[[str, int, int], None]
"""Told the stage (one of `gridmap.models.plan_imports.IMPORT_STAGES`), grids drawn, and grids in all."""


@dataclass(frozen=True)
class Source:
    """How a file is to be read.

    Attributes
    ----------
    layer
        Layer of a vector file or sheet of a workbook, where there are several.
    crs
        Coordinate system of polygons, where the file does not name it.
    code_column
        Column that names the micro-grid of a polygon, where its name does not tell.
    """

    path: Path
    layer: str | None = None
    crs: str | None = None
    code_column: str | None = None

    @property
    def is_table(self) -> bool:
        """Whether it is an equivalency list; else it holds polygons."""
        return self.path.name.lower().endswith(TABLES)


class Spot(NamedTuple):
    """A place on the map; lon, lat in degrees (EPSG:4326)."""

    building_id: int | None
    lon: float
    lat: float


@dataclass(frozen=True)
class Imported:
    """What became of an import.

    Attributes
    ----------
    plan
        The new draft.
    area_code
        The area it divides.
    rows
        Rows or polygons of the file.
    buildings_unassigned, households_unassigned
        What the file leaves without a micro-grid, wholly or in part.
    doubtful
        Buildings and polygons that somebody should look at.
    spots
        Where those are: ``where`` of a fault -> spot; none for a polygon without a shape.
    empty_codes
        Polygons that got no building.
    retired_codes
        Codes that were in use once and are given up; a published plan should not bring them back.
    ignored
        Columns of the file that say nothing here.
    """

    plan: Plan
    area_code: str
    rows: int
    buildings_unassigned: int
    households_unassigned: int
    doubtful: tuple[FieldError, ...] = ()
    spots: Mapping[str, Spot] = field(default_factory=dict)
    empty_codes: tuple[str, ...] = ()
    retired_codes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Read:
    """What a file says about the buildings of an area."""

    rows: Rows
    count: int
    taken: Taken | None = None
    spots: Mapping[str, Spot] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Asked:
    """The area that is divided, its grids, how to read the file, and whom to tell."""

    area: Area
    grid_ids: list[int]
    source: Source
    tell: Tell


def require_importable(
    session: Session, actor: Actor, area_code: str, source: Source, rules: dict[str, Any] | None = None
) -> tuple[Area, list[int], PlanRules]:
    """Raise what is wrong before the file is read; gives the area, its grids, and the rules."""
    require(actor, "plans.write")
    area = get_area(session, actor, area_code)
    plan_rules = PlanRules.from_dict(rules or {})
    grid_ids = list_grid_ids(session, area.id)
    if not grid_ids:
        raise BadInput("area_without_grids", area=area.code)
    if not source.path.name.lower().endswith((*TABLES, *VECTORS)):
        refuse(source.path.name, "unknown_format", source.path.suffix, " ".join((*TABLES, *VECTORS)))
    return area, grid_ids, plan_rules


def import_plan(
    session: Session,
    actor: Actor,
    area_code: str,
    source: Source,
    *,
    rules: dict[str, Any] | None = None,
    tell: Tell = lambda _stage, _done, _total: None,
) -> Imported:
    """Make a new draft of an area from a file; nothing is written unless all of it is right.

    Parameters
    ----------
    area_code
        District, street, community or grid that the draft divides.
    source
        An equivalency list (CSV, XLSX) or polygons with a column of codes (GeoPackage, GeoJSON, Shapefile).
    rules
        Values of `PlanRules` that differ from the defaults.
    tell
        Told how far it is; what it raises ends the work.

    Raises
    ------
    NotFound
        If there is no such area for the actor.
    BadInput
        With every row or polygon that is wrong: where it stands, why, and what to do.
    """
    started = time.monotonic()
    area, grid_ids, plan_rules = require_importable(session, actor, area_code, source, rules)
    tell("reading", 0, len(grid_ids))
    _require_file(source.path)
    asked = _Asked(area, grid_ids, source, tell)
    read = _read_table(session, asked) if source.is_table else _read_polygons(session, asked)
    plan = Plan(
        area_id=area.id,
        status="draft",
        seed=0,
        rules=plan_rules.to_dict(),
        progress_share=1.0,
        created_by=actor.account_id,
    )
    session.add(plan)
    session.flush()
    write_draft(session, plan, grid_ids, read.rows, lambda done: tell("drawing", done, len(grid_ids)))
    tell("finishing", len(grid_ids), len(grid_ids))
    colour_plan(session, plan.id)
    inherit(session, plan, is_from_outside=True)
    plan.measures = count_totals(session, plan.id) | {"seconds": round(time.monotonic() - started, 2)}
    session.flush()
    session.refresh(plan)
    left = session.execute(sql("import_unassigned"), {"plan_id": plan.id}).one()
    retired = session.scalars(sql("import_retired_codes"), {"plan_id": plan.id, "grid_ids": grid_ids}).all()
    figures = {"rows": read.count, "buildings_unassigned": left.buildings, "file": source.path.name[:200]}
    audit.record(session, actor, "imported", "plan", plan.id, area=area.code, **figures)
    return Imported(
        plan,
        area.code,
        read.count,
        left.buildings,
        left.households,
        doubtful=read.taken.doubtful if read.taken else (),
        spots=read.spots,
        empty_codes=read.taken.empty_codes if read.taken else (),
        retired_codes=tuple(retired),
        ignored=read.ignored,
    )


def _read_table(session: Session, asked: _Asked) -> _Read:
    try:
        table = read_assignments(asked.source.path, asked.source.layer)
    except BadInput as error:
        raise _refused(error.fields) from error
    asked.tell("matching", 0, len(asked.grid_ids))
    buildings = _read_buildings(session, asked.area)
    placed, errors = match_rows(table, _standing(buildings), asked.area.code)
    if wrong := [*table.errors, *errors]:
        raise _refused(wrong)
    return _Read(_by_grid(placed), len(table.rows), ignored=table.ignored)


def _read_polygons(session: Session, asked: _Asked) -> _Read:
    source = asked.source
    try:
        table = read_polygons(source.path, crs=source.crs, layer=source.layer, code_column=source.code_column)
    except BadInput as error:
        raise _refused(error.fields) from error
    asked.tell("matching", 0, len(asked.grid_ids))
    buildings = _read_buildings(session, asked.area)
    parents = read_frame(session, "plan_parents", grid_ids=asked.grid_ids)
    taken = take_buildings(table, buildings, parents)
    rows: Rows = defaultdict(list)
    for id_, grid_id, code in zip(buildings["id"], buildings["grid_id"], taken.codes, strict=True):
        if code is not None:
            rows[grid_id].append(Assignment(id_, None, None, None, code))
    return _Read(rows, len(table.polygons), taken, _find_spots(table, buildings, taken))


def _find_spots(table: PolygonTable, buildings: gpd.GeoDataFrame, taken: Taken) -> dict[str, Spot]:
    """Find where the doubtful buildings and polygons lie, by what their faults call them."""
    asked = {one.where for one in taken.doubtful}
    named = zip(
        buildings["source"] + "/" + buildings["source_id"], buildings["id"], buildings.geometry, strict=True
    )
    shapes: list[tuple[str, int | None, Any]] = [(where, int(id_), shape) for where, id_, shape in named]
    drawn = zip(table.polygons["number"], table.polygons.geometry, strict=True)
    shapes += [(place_of(table.file, number, feature=True), None, shape) for number, shape in drawn]
    spots = {}
    for where, id_, shape in shapes:
        if where in asked and shape is not None:
            point = shapely.point_on_surface(shape)
            spots[where] = Spot(id_, float(point.x), float(point.y))
    return spots


def _read_buildings(session: Session, area: Area) -> gpd.GeoDataFrame:
    frame = read_frame(session, "import_buildings", area_id=area.id)
    assert isinstance(frame, gpd.GeoDataFrame)
    return frame


def _standing(buildings: gpd.GeoDataFrame) -> Iterable[Standing]:
    """Give each building the entrances and storeys that the engine will see."""
    for row in buildings.itertuples(index=False):
        usual = max(row.storeys, 1)
        if row.entrances:
            storeys = {number: max(own or usual, 1) for number, own in row.entrances}
        else:
            storeys = dict.fromkeys(range(1, max(row.entrance_count, 1) + 1), usual)
        yield Standing(
            row.id, row.source, row.source_id, row.grid_id, row.grid_code, bool(row.is_divided), storeys
        )


def _by_grid(placed: Iterable[Placed]) -> Rows:
    rows: Rows = defaultdict(list)
    for row, building in placed:
        rows[building.grid_id].append(Assignment(building.id, row.entrance, row.low, row.high, row.code))
    return rows


def _require_file(path: Path) -> None:
    if not path.is_file():
        refuse(path.name, "no_such_file", str(path))


def _refused(fields: Iterable[Any]) -> BadInput:
    """Say that nothing was written, with every fault."""
    wrong = list(fields)
    return BadInput("import_refused", fields=wrong, count=len(wrong))
