"""Two divisions of the same land side by side: who comes under another micro-grid, under other people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError
from gridmap.models import Area, Building, MicroGrid, Plan, Posting
from gridmap.planning import PlanRules
from gridmap.services.actors import Actor
from gridmap.services.handoffs import Change, find_change
from gridmap.services.places import as_geojson
from gridmap.services.plans import UNPUBLISHED, find_settled_codes, get_plan, require_readable
from gridmap.services.postings import CURRENT, is_open, today
from gridmap.services.rows import AnyRow, fetch

PART = ("building_id", "entrance", "floor_from", "floor_to")


@dataclass(frozen=True)
class Comparison:
    """What is different from one division to another; all empty or alike for the same one.

    Attributes
    ----------
    summary
        ``plan``, ``other`` (None = what everybody sees), ``households`` (of the second),
        ``atoms_moved``, ``households_moved`` (under another code), ``households_staff_changed`` (under other
        people, by the postings of today as publishing carries them over), ``staff_affected`` (posts that get
        a hand-off list then), ``moved_share``, ``buildings_new``, ``buildings_gone``,
        ``micro_grids_created``, ``_retired``, ``_changed``, ``_kept``; ``balance`` (mean distance from the
        target, households), ``compactness`` (mean, 0-1), ``in_band_share``: each ``before`` and ``after``.
    micro_grids
        Those created, retired or changed: ``code``, ``grid``, ``grid_name``, ``change``,
        ``households_before``, ``_after``, ``status_before``, ``_after``, ``people`` (posts that answer for it
        today).
    rows
        What moved: ``change``, ``building_id``, ``building``, ``entrance``, ``floor_from``, ``floor_to``,
        ``households``, ``before``, ``after`` (codes), ``staff_changed`` (other people will answer).
    shape_ids
        Id of the micro-grid that draws each code of ``micro_grids``: as it will be, or as it was where it is
        retired.
    before_ids
        Id of the micro-grid that draws each changed code as it was.
    """

    summary: dict[str, Any]
    micro_grids: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    shape_ids: dict[str, int]
    before_ids: dict[str, int]


@dataclass(frozen=True)
class _Side:
    """One of the two: its micro-grids, the plan whose unassigned atoms count, and the target."""

    micro_grids: Sequence[AnyRow]
    plan_id: int | None
    rules: PlanRules

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.micro_grids]

    @property
    def by_code(self) -> dict[str, AnyRow]:
        return {row.code: row for row in self.micro_grids}


def compare_plans(session: Session, actor: Actor, plan_id: int, other_id: int | None = None) -> Comparison:
    """Compare a plan with another one of the same area, or of one above or below, or with what is published.

    Parameters
    ----------
    plan_id
        The one after the change.
    other_id
        The one before; None = what everybody sees.

    Raises
    ------
    NotFound
        If there is no such plan for the actor.
    Conflict
        If one of them is not made yet.
    BadInput
        If the two divide different areas.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    area = session.get_one(Area, plan.area_id)
    other = None if other_id is None else get_plan(session, actor, other_id)
    if other is not None:
        require_readable(other)
        area = _common_area(session, plan, area, other)
    after = _side(session, area, plan, plan)
    before = _side(session, area, other, plan)
    found = _read_rows(session, area, before, after)
    change = find_change(session, before.ids, _codes(session, plan, other, after), after.plan_id, today())
    return _compare(session, plan, other, (before, after), found, change)


def list_shapes(session: Session, comparison: Comparison) -> list[dict[str, Any]]:
    """List the changed buildings and micro-grids with their shapes.

    Returns
    -------
    list of dict
        ``id`` ("building/12", "micro_grid/CODE", "micro_grid_before/CODE"), ``kind`` (the word before the
        slash), ``geometry`` (GeoJSON or None), ``change``, and the columns of the row or rows; a building's
        are in ``moves``. A changed micro-grid is there twice: as it will be and as it was.
    """
    moves: dict[int, list[dict[str, Any]]] = {}
    for row in comparison.rows:
        moves.setdefault(row["building_id"], []).append(row)
    query = select(Building.id, as_geojson(Building.geom)).where(_among(Building.id, moves))
    shapes: list[dict[str, Any]] = [
        {
            "id": f"building/{id_}",
            "kind": "building",
            "geometry": shape,
            "change": moves[id_][0]["change"],
            "building": moves[id_][0]["building"],
            "households": sum(row["households"] for row in moves[id_]),
            "moves": moves[id_],
        }
        for id_, shape in session.execute(query.order_by(Building.id))
    ]
    drawings = {"micro_grid": comparison.shape_ids, "micro_grid_before": comparison.before_ids}
    every = [id_ for ids in drawings.values() for id_ in ids.values()]
    outlines = select(MicroGrid.id, as_geojson(MicroGrid.geom)).where(_among(MicroGrid.id, every))
    drawn: dict[int, Any] = dict(session.execute(outlines).all())
    shapes += [
        {"id": f"{kind}/{row['code']}", "kind": kind, "geometry": drawn[ids[row["code"]]], **row}
        for kind, ids in drawings.items()
        for row in comparison.micro_grids
        if row["code"] in ids
    ]
    return shapes


def as_table(comparison: Comparison) -> pd.DataFrame:
    """Give the moved atoms as a table with the office's own words, one row each."""
    columns = ["change", "building_id", "building", "entrance", "floor_from", "floor_to", "households"]
    table = pd.DataFrame(comparison.rows, columns=[*columns, "before", "after", "staff_changed"])
    return table.astype(dict.fromkeys(("entrance", "floor_from", "floor_to"), "Int64"))


def _among(column: InstrumentedAttribute[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Build the condition that an id is one of many: an array is one parameter, however long."""
    return column == any_(literal(list(ids), ARRAY(BigInteger)))


def _common_area(session: Session, plan: Plan, area: Area, other: Plan) -> Area:
    wider = session.get_one(Area, other.area_id)
    if wider.id in area.lineage:
        return area
    if area.id in wider.lineage:
        return wider
    fault = FieldError("query", "with", "plans_apart", str(other.id))
    raise BadInput("plans_apart", fields=[fault], plan=plan.id, other=other.id)


def _side(session: Session, area: Area, plan: Plan | None, ruling: Plan) -> _Side:
    where = CURRENT if plan is None else (MicroGrid.plan_id == plan.id,)
    query = (
        select(
            MicroGrid.id, MicroGrid.code, MicroGrid.households, MicroGrid.status, MicroGrid.compactness,
            Area.code.label("grid"), Area.name.label("grid_name"),
        )
        .join(Area, Area.id == MicroGrid.grid_id)
        .where(*where, Area.lineage.contains([area.id]))
        .order_by(MicroGrid.code)
    )  # fmt: skip
    rules = PlanRules.from_dict((plan or ruling).rules)
    return _Side(fetch(session, query), None if plan is None else plan.id, rules)


def _codes(session: Session, plan: Plan, other: Plan | None, after: _Side) -> dict[int, str]:
    """Give the codes that people will see: publishing renames those that name another area by now."""
    codes = {row.id: row.code for row in after.micro_grids}
    if other is None and plan.status in UNPUBLISHED:
        codes |= {id_: code for id_, (_, code) in find_settled_codes(session, plan).items()}
    return codes


def _read_rows(session: Session, area: Area, before: _Side, after: _Side) -> list[dict[str, Any]]:
    if before.ids == after.ids and before.plan_id in (None, after.plan_id):
        return []
    asked = {
        "before_ids": before.ids,
        "after_ids": after.ids,
        "before_plan_id": before.plan_id,
        "after_plan_id": after.plan_id,
        "area_id": area.id,
    }
    rows = session.execute(sql("compare_atoms"), asked).all()
    buildings = {row.building_id for row in rows}
    query = select(Building.id, Building.name).where(_among(Building.id, buildings))
    names = dict(session.execute(query).all())
    return [
        {
            "change": row.change,
            "building_id": row.building_id,
            "building": names[row.building_id],
            "entrance": row.entrance_number,
            "floor_from": row.floor_from,
            "floor_to": row.floor_to,
            "households": row.households,
            "before": row.before,
            "after": row.after,
        }
        for row in rows
    ]


def _compare(
    session: Session,
    plan: Plan,
    other: Plan | None,
    sides: tuple[_Side, _Side],
    rows: list[dict[str, Any]],
    change: Change,
) -> Comparison:
    before, after = sides
    old, new = before.by_code, after.by_code
    touched = {row[end] for row in rows for end in ("before", "after")} - {None}
    created = sorted(new.keys() - old.keys())
    retired = sorted(old.keys() - new.keys())
    changed = sorted(touched & new.keys() & old.keys())
    people = _people(session, touched | set(created) | set(retired))
    handed = {_part_of(part): part for part in change.parts}
    rows = [row | {"staff_changed": tuple(row[name] for name in PART) in handed} for row in rows]
    moved = [row for row in rows if row["change"] == "moved"]
    households_moved = sum(row["households"] for row in moved)
    held = sum(row.households for row in before.micro_grids)
    summary = {
        "plan": plan.id,
        "other": other.id if other else None,
        "households": sum(row.households for row in after.micro_grids),
        "atoms_moved": len(moved),
        "households_moved": households_moved,
        "households_staff_changed": sum(
            part.households for part in handed.values() if part.change in ("moved", "stayed")
        ),
        "staff_affected": len(change.staff_ids),
        "moved_share": round(households_moved / held, 4) if held else 0.0,
        "buildings_new": len({row["building_id"] for row in rows if row["change"] == "new"}),
        "buildings_gone": len({row["building_id"] for row in rows if row["change"] == "gone"}),
        "micro_grids_created": len(created),
        "micro_grids_retired": len(retired),
        "micro_grids_changed": len(changed),
        "micro_grids_kept": len(old.keys() & new.keys()) - len(changed),
        "balance": {"before": _balance(before), "after": _balance(after)},
        "compactness": {"before": _compactness(before), "after": _compactness(after)},
        "in_band_share": {"before": _in_band(before), "after": _in_band(after)},
    }
    named = [("created", created), ("retired", retired), ("changed", changed)]
    micro_grids = [
        _describe(code, change, old.get(code), new.get(code), len(people.get(code, ())))
        for change, codes in named
        for code in codes
    ]
    shapes = {row["code"]: (new.get(row["code"]) or old[row["code"]]).id for row in micro_grids}
    return Comparison(summary, micro_grids, rows, shapes, {code: old[code].id for code in changed})


def _part_of(row: AnyRow) -> tuple[int | None, ...]:
    return (row.building_id, row.entrance_number, row.floor_from, row.floor_to)


def _describe(code: str, change: str, old: AnyRow | None, new: AnyRow | None, people: int) -> dict[str, Any]:
    there = new or old
    assert there is not None
    return {
        "code": code,
        "grid": there.grid,
        "grid_name": there.grid_name,
        "change": change,
        "households_before": old and old.households,
        "households_after": new and new.households,
        "status_before": old and old.status,
        "status_after": new and new.status,
        "people": people,
    }


def _people(session: Session, codes: Iterable[str | None]) -> dict[str | None, frozenset[int]]:
    """Map each code to the posts that answer for it today."""
    query = select(Posting.micro_grid_code, func.array_agg(Posting.staff_id)).group_by(
        Posting.micro_grid_code
    )
    query = query.where(Posting.micro_grid_code.in_(codes), is_open(today()))
    return {code: frozenset(staff) for code, staff in session.execute(query)}


def _balance(side: _Side) -> float | None:
    target = side.rules.households_target
    return _mean(abs(row.households - target) for row in side.micro_grids if row.households)


def _compactness(side: _Side) -> float | None:
    return _mean(row.compactness for row in side.micro_grids if row.compactness is not None)


def _in_band(side: _Side) -> float | None:
    return _mean(row.status == "in_band" for row in side.micro_grids if row.households)


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(sum(found) / len(found), 4) if found else None
