"""A city's rules of coverage, and what is missing by them: in an area, in each area below it, by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.models import CoverageRule
from gridmap.models.coverage import COUNTED_BY
from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.column_reads import Ask, Columns, read_columns, reading_ahead
from gridmap.services.coverage import Share
from gridmap.services.coverage_kinds import (
    Places,
    check_parameters,
    fill_parameters,
    get_kind,
)
from gridmap.services.coverage_words import define_rule, list_register_names
from gridmap.services.places import get_area

CHANGEABLE = ("name_zh", "name_en", "parameters", "target_share", "counted_by", "is_active")
LONGEST_NAME = 60
COUNTS = ("households", "households_covered", "households_estimated")
PLACE_COLUMNS = {
    "place_id": "int8",
    "code": "text",
    "name": "text",
    "address": "text",
    "place": "point",
}
GAP_COLUMNS = ("place_id", "code", "name", "address", "grid_code", *COUNTS, "lon", "lat")
AREA_COLUMNS = {
    "id": "int8",
    "code": "text",
    "level": "text",
    "name": "text",
    "name_en": "text",
    "parent_id": "int8",
    "parent_code": "text",
    "depth": "int4",
}
SAID = ("id", "code", "level", "name", "name_en", "parent_code")
SUMMED = ("households", "households_covered", "covered", "households_estimated")


class AreaShare(NamedTuple):
    """What is covered in one area; its parent's code is empty for the district."""

    id: int
    code: str
    level: str
    name: str
    name_en: str | None
    parent_code: str | None
    share: Share


@dataclass(frozen=True)
class RuleAnswer:
    """What a rule finds in an area, with all that is needed to read it.

    Attributes
    ----------
    areas
        The area asked for, then all areas below it, from the top down.
    gap_columns
        The places not covered, most households first, (g,) each: `GAP_COLUMNS`, the figures of its kind
        (``posts``, ``visits``, or ``distance_m``, ``station_code`` and ``how``), and ``geometry`` (GeoJSON or
        None). Nothing where they were not asked for.
    level
        What the places are.
    applies
        False where nothing is demanded at that moment.
    at
        The moment asked for.
    plan_version
        Id of the newest published plan among the places, None where no plan stands behind them.
    as_of
        When the data were read.
    """

    rule: CoverageRule
    areas: list[AreaShare]
    gap_columns: Columns
    level: str
    applies: bool
    at: datetime
    plan_version: int | None
    definition: str
    as_of: datetime

    @cached_property
    def gaps(self) -> list[dict[str, Any]]:
        """The rows of `gap_columns`."""
        rows = zip(*(column.tolist() for column in self.gap_columns.values()), strict=True)
        return [dict(zip(self.gap_columns, row, strict=True)) for row in rows]

    @property
    def share(self) -> Share:
        """What is covered in the area asked for."""
        return self.areas[0].share

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is nothing to cover."""
        share = share_by(self.share, self.rule.counted_by)
        return None if share is None else share >= self.rule.target_share


def share_by(share: Share, counted_by: str) -> float | None:
    """Give the share that a target is compared with: of the places, or of their households."""
    return share.places_share if counted_by == "places" else share.households_share


def list_rules(session: Session, actor: Actor, *, only_active: bool = False) -> list[CoverageRule]:
    """List the city's rules in the order they were made."""
    require(actor, "coverage.read")
    query = select(CoverageRule).order_by(CoverageRule.id)
    if only_active:
        query = query.where(CoverageRule.is_active)
    return list(session.scalars(query))


def get_rule(session: Session, actor: Actor, rule_id: int) -> CoverageRule:
    """Get a rule.

    Raises
    ------
    NotFound
        If there is none.
    """
    require(actor, "coverage.read")
    rule = session.get(CoverageRule, rule_id)
    if rule is None:
        raise NotFound
    return rule


def create_rule(session: Session, actor: Actor, code: str, kind: str, **values: Any) -> CoverageRule:
    """Add a rule of a kind of the register.

    Parameters
    ----------
    values
        ``name_zh``, ``name_en``, ``parameters``, ``target_share`` (0-1), ``counted_by`` (``places`` or
        ``households``), and ``is_active``.

    Raises
    ------
    BadInput
        For an unknown kind, and for parameters that the kind does not take.
    Conflict
        If there is a rule of this code.
    """
    require(actor, "coverage.write")
    _check_values(session, kind, values)
    if session.scalar(select(CoverageRule.id).where(CoverageRule.code == code)) is not None:
        raise Conflict("coverage_rule_there", code=code)
    rule = CoverageRule(code=code, kind=kind, **values)
    session.add(rule)
    session.flush()
    record(session, actor, "created", "coverage_rule", code, kind=kind)
    return rule


def change_rule(session: Session, actor: Actor, rule_id: int, **changes: Any) -> CoverageRule:
    """Change what is named of a rule; its code and kind stay.

    Raises
    ------
    NotFound
        If there is no such rule.
    BadInput
        For parameters that the kind does not take.
    """
    require(actor, "coverage.write")
    rule = get_rule(session, actor, rule_id)
    _check_values(session, rule.kind, changes)
    for name in CHANGEABLE:
        if name in changes:
            setattr(rule, name, changes[name])
    session.flush()
    record(session, actor, "changed", "coverage_rule", rule.code, changes=sorted(changes))
    return rule


def find_gaps(
    session: Session,
    actor: Actor,
    rule_id: int,
    area_code: str,
    at: datetime | None = None,
    *,
    with_gaps: bool = True,
    with_shapes: bool = False,
    language: str | None = None,
) -> RuleAnswer:
    """Measure a rule in an area and in all areas below it, and find the places that are not covered.

    Parameters
    ----------
    at
        Moment, with zone; now by default. Postings count by its local day, shifts by the moment.
    with_gaps
        Whether the uncovered places are listed; their numbers are there without.
    with_shapes
        Whether each gap carries its geometry.

    Raises
    ------
    NotFound
        If there is no such rule, or no such area in the actor's scope.
    """
    rule = get_rule(session, actor, rule_id)
    area = get_area(session, actor, area_code)
    moment = at or datetime.now(UTC)
    asked = fill_parameters(get_kind(rule.kind), rule.parameters)
    places = get_kind(rule.kind).measure(session, area.id, asked, moment)
    with reading_ahead(session) as ask:  # gaps are sorted and areas summed while the server reads and names
        below = ask("coverage_areas", AREA_COLUMNS, {"area_id": area.id})
        gaps = _gaps_in_order(places) if with_gaps else {}
        areas = below()
        named = _ask_names(ask, places.level, gaps, with_shapes=with_shapes) if with_gaps else None
        shares = _sum_by_area(areas, places.frame)
        gap_columns = _describe(places, gaps, named(), areas) if named else {}
    plans = places.frame["plan_id"].dropna()
    return RuleAnswer(
        rule=rule,
        areas=shares,
        gap_columns=gap_columns,
        level=places.level,
        applies=places.applies,
        at=moment,
        plan_version=int(plans.max()) if len(plans) else None,
        definition=define_rule(session, rule, asked, moment, places, language or actor.language),
        as_of=datetime.now(UTC),
    )


def _check_values(session: Session, kind: str, values: Mapping[str, Any]) -> None:
    faults = []
    register = get_kind(kind)
    if "parameters" in values:
        registers = list_register_names(session, "zh")
        faults += check_parameters(register, values["parameters"], registers)
    if not 0 < values.get("target_share", 1) <= 1:
        faults.append(
            FieldError("body", "target_share", "coverage_number", str(values["target_share"]), "0-1")
        )
    if values.get("counted_by", "places") not in COUNTED_BY:
        hint = " | ".join(COUNTED_BY)
        faults.append(FieldError("body", "counted_by", "coverage_word", str(values["counted_by"]), hint))
    if faults:
        raise BadInput(fields=faults)


def sum_by_area(session: Session, area_id: int, frame: pd.DataFrame) -> list[AreaShare]:
    """Sum places up in every area from the one asked for down to the grids.

    Parameters
    ----------
    frame
        As of `gridmap.services.coverage_kinds.Places`.
    """
    return _sum_by_area(read_columns(session, "coverage_areas", AREA_COLUMNS, {"area_id": area_id}), frame)


def _sum_by_area(areas: Columns, frame: pd.DataFrame) -> list[AreaShare]:
    if not len(areas["id"]):
        raise NotFound  # the area itself is gone since it was looked up
    is_known = np.isin(frame["area_id"].to_numpy("int64"), areas["id"])
    if not is_known.all():  # some went elsewhere between two queries
        frame = frame[is_known]
    by_id = np.argsort(areas["id"])
    row = _rows_of(frame["area_id"].to_numpy("int64"), areas["id"])
    counted = [*(frame[name].to_numpy("float64") for name in SUMMED), np.ones(len(frame))]
    sums = np.column_stack([np.bincount(row, one, len(by_id)) for one in counted]).astype(np.int64)
    above = by_id[np.searchsorted(areas["id"], areas["parent_id"], sorter=by_id) % len(by_id)]
    for depth in range(int(areas["depth"].max()), int(areas["depth"].min()), -1):  # from the bottom up
        here = np.flatnonzero(areas["depth"] == depth)
        np.add.at(sums, above[here], sums[here])
    said = zip(*(areas[name].tolist() for name in SAID), strict=True)
    shares = (_share_of(*summed) for summed in sums.tolist())
    return [AreaShare._make((*one, share)) for one, share in zip(said, shares, strict=True)]


def _share_of(households: int, households_covered: int, covered: int, estimated: int, places: int) -> Share:
    return Share(places, covered, households, households_covered, estimated > 0)


def _gaps_in_order(places: Places) -> Columns:
    """Choose the places that are not covered, most households without first."""
    frame = places.frame
    row = np.flatnonzero(~frame["covered"].to_numpy(bool))
    columns = ("households", "households_covered", "place_id")
    homes, covered, place_id = (frame[name].to_numpy("int64")[row] for name in columns)
    row = row[np.lexsort((place_id, covered - homes))]
    return {name: frame[name].to_numpy()[row] for name in ("place_id", "area_id", *COUNTS, *places.figures)}


def _ask_names(ask: Ask, level: str, gaps: Columns, *, with_shapes: bool) -> Callable[[], Columns]:
    asked = {"level": level, "place_ids": gaps["place_id"], "with_shapes": with_shapes}
    return ask("coverage_places", PLACE_COLUMNS | ({"geometry": "text"} if with_shapes else {}), asked)


def _describe(places: Places, gaps: Columns, named: Columns, areas: Columns) -> Columns:
    """Write out the uncovered places in their order, but for what went elsewhere between two queries."""
    is_known = np.isin(gaps["area_id"], areas["id"]) & np.isin(gaps["place_id"], named["place_id"])
    columns = {name: _as_figure(column[is_known]) for name, column in gaps.items()}
    row = _rows_of(columns["place_id"], named["place_id"])
    columns |= {name: column[row] for name, column in named.items()}
    columns["code"][columns["code"] == ""] = None
    columns["grid_code"] = _grid_codes(places, columns["area_id"], areas)
    columns["lon"], columns["lat"] = columns["place"].T
    shapes = np.full(len(row), None)
    for place, shape in enumerate(columns.get("geometry", ())):
        shapes[place] = json.loads(shape) if shape else None
    columns["geometry"] = shapes
    return {name: columns[name] for name in (*GAP_COLUMNS, *places.figures, "geometry")}


def _grid_codes(places: Places, area_id: np.ndarray, areas: Columns) -> np.ndarray:
    """Give the grid of each place; None above grids, and of a compound, which may lie in several."""
    row = _rows_of(area_id, areas["id"])
    codes = areas["code"][row]
    codes[(areas["level"][row] != "grid") | (places.level == "compound")] = None
    return codes


def _rows_of(ids: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Find each id's row among others, where it must be."""
    order = np.argsort(among)
    row: np.ndarray = order[np.searchsorted(among, ids, sorter=order)]
    assert (among[row] == ids).all()
    return row


def _as_figure(values: np.ndarray) -> np.ndarray:
    """Make figures fit to be written: metres with a decimal, None for a distance to nothing."""
    if values.dtype.kind != "f":
        return values if values.dtype.kind in "biu" else values.astype(object)
    figures = values.round(1).astype(object)
    figures[~np.isfinite(values)] = None
    return figures
