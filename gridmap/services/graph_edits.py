"""Edges of the adjacency graph that people remove or add, with a reason: the next plan obeys.

Two places are neighbours when they touch; people know better where a wall parts them or a gate joins them. A
place is a building or one of its entrances.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.models import Area, Building, Entrance, GraphEdit
from gridmap.models.plans import EDGE_ACTIONS
from gridmap.services import audit
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.places import get_area
from gridmap.services.rows import AnyRow, AnySelect, fetch

LONGEST_REASON = 500
# The columns of uq_graph_edits_places.
PAIR = ("building_a_id", text("coalesce(entrance_a, 0)"), "building_b_id", text("coalesce(entrance_b, 0)"))


class Place(NamedTuple):
    """A building, or one entrance of it."""

    building_id: int
    entrance: int | None = None


def list_graph_edits(
    session: Session, actor: Actor, *, area_code: str | None = None, after_id: int = 0, limit: int = 100
) -> list[AnyRow]:
    """List the edges people removed or added, by id.

    Parameters
    ----------
    area_code
        Only those of this area and everything below it.

    Returns
    -------
    list of Row
        ``id``, ``grid_code``, ``building_a_id``, ``building_a``, ``entrance_a``, ``building_b_id``,
        ``building_b`` (names), ``entrance_b``, ``action``, ``reason``, ``created_at``.
    """
    where = _edits_where(session, actor, area_code)
    return fetch(session, _edits().where(*where, GraphEdit.id > after_id).order_by(GraphEdit.id).limit(limit))


def count_graph_edits(session: Session, actor: Actor, *, area_code: str | None = None) -> int:
    """Count what `list_graph_edits` would list."""
    where = _edits_where(session, actor, area_code)
    return session.scalar(select(func.count()).select_from(GraphEdit).where(*where)) or 0


def edit_edge(
    session: Session, actor: Actor, place: Place, other: Place, *, action: str, reason: str
) -> AnyRow:
    """Remove or add the edge between two places; what was said before about the same two is replaced.

    Parameters
    ----------
    place, other
        Two different places of one grid, in any order.
    action
        ``"remove"`` or ``"add"``.
    reason
        Why, in up to 500 characters; nothing about persons.

    Returns
    -------
    Row
        As in `list_graph_edits`.

    Raises
    ------
    NotFound
        If there is no such building, or it lies outside the actor's scope.
    BadInput
        If the places lie in different grids or in none, are the same, an entrance is not there, or the reason
        is empty.
    """
    require(actor, "plans.write")
    grids = [_grid_of(session, actor, one.building_id) for one in (place, other)]
    _refuse_wrong(session, place, other, grids, action, reason)
    low, high = sorted((place, other), key=lambda one: (one.building_id, one.entrance or 0))
    said = {"action": action, "reason": reason.strip(), "created_by": actor.account_id}
    ends = {
        "building_a_id": low.building_id, "entrance_a": low.entrance,
        "building_b_id": high.building_id, "entrance_b": high.entrance,
    }  # fmt: skip
    grid = {"grid_id": grids[0]}
    statement = insert(GraphEdit).values(**ends, **grid, **said)
    statement = statement.on_conflict_do_update(
        index_elements=PAIR, set_={**grid, **said, "created_at": func.now()}
    )
    edit_id = session.execute(statement.returning(GraphEdit.id)).scalar_one()
    audit.record(session, actor, "edited", "graph_edit", edit_id, edge=action, **ends, **grid)
    return session.execute(_edits().where(GraphEdit.id == edit_id)).one()


def drop_edge_edit(session: Session, actor: Actor, edit_id: int) -> None:
    """Forget an edit: the edge is again what the ground says.

    Raises
    ------
    NotFound
        If there is none, or it lies outside the actor's scope.
    """
    require(actor, "plans.write")
    gone = delete(GraphEdit).where(GraphEdit.id == edit_id, scope_of(actor, GraphEdit.grid_id))
    row = session.execute(gone.returning(GraphEdit.action, GraphEdit.grid_id)).one_or_none()
    if row is None:
        raise NotFound
    audit.record(session, actor, "dropped", "graph_edit", edit_id, edge=row.action, grid_id=row.grid_id)


def _edits() -> AnySelect:
    one, other = aliased(Building), aliased(Building)
    return (
        select(
            GraphEdit.id,
            Area.code.label("grid_code"),
            GraphEdit.building_a_id,
            one.name.label("building_a"),
            GraphEdit.entrance_a,
            GraphEdit.building_b_id,
            other.name.label("building_b"),
            GraphEdit.entrance_b,
            GraphEdit.action,
            GraphEdit.reason,
            GraphEdit.created_at,
        )
        .join(Area, Area.id == GraphEdit.grid_id)
        .join(one, one.id == GraphEdit.building_a_id)
        .join(other, other.id == GraphEdit.building_b_id)
    )


def _edits_where(session: Session, actor: Actor, area_code: str | None) -> list[ColumnElement[bool]]:
    require(actor, "plans.read")
    where = [scope_of(actor, GraphEdit.grid_id)]
    if area_code is not None:
        area = get_area(session, actor, area_code)
        where.append(GraphEdit.grid_id.in_(select(Area.id).where(Area.lineage.contains([area.id]))))
    return where


def _grid_of(session: Session, actor: Actor, building_id: int) -> int | None:
    here = (Building.id == building_id, scope_of(actor, Building.grid_id))
    row = session.execute(select(Building.grid_id).where(*here)).one_or_none()
    if row is None:
        raise NotFound
    return row.grid_id


def _refuse_wrong(
    session: Session, place: Place, other: Place, grids: list[int | None], action: str, reason: str
) -> None:
    faults = []
    if action not in EDGE_ACTIONS:
        faults.append(_fault("action", "api_not_one_of", action, ", ".join(EDGE_ACTIONS)))
    if not reason.strip():
        faults.append(_fault("reason", "edge_reason_empty"))
    if len(reason) > LONGEST_REASON:
        faults.append(_fault("reason", "api_too_long", "", LONGEST_REASON))
    for letter, one, grid_id in zip("ab", (place, other), grids, strict=True):
        if grid_id is None:
            faults.append(_fault(f"building_{letter}_id", "edge_without_grid", one.building_id))
        if one.entrance is not None and one.entrance not in (known := _entrances_of(session, one)):
            faults.append(_fault(f"entrance_{letter}", "edge_unknown_entrance", one.entrance, _listed(known)))
    if place.building_id == other.building_id and (
        place.entrance == other.entrance or None in (place.entrance, other.entrance)
    ):
        faults.append(_fault("building_b_id", "edge_same_place", other.building_id))
    if grids[0] != grids[1]:
        faults.append(_fault("building_b_id", "edge_other_grid", other.building_id))
    if faults:
        raise BadInput(fields=faults)


def _entrances_of(session: Session, place: Place) -> list[int]:
    """Number a building's entrances: those on record, else as many as are counted or estimated."""
    building = session.get_one(Building, place.building_id)
    on_record = select(Entrance.number).where(Entrance.building_id == building.id)
    found = list(session.scalars(on_record.order_by(Entrance.number)))
    if found and not building.entrances_estimated:
        return found
    return list(range(1, building.entrance_count + 1))


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def _fault(column: str, reason: str, value: Any = "", hint: Any = "") -> FieldError:
    return FieldError("edge", column, reason, str(value), str(hint))
