"""The log of a draft: who moved what, from where to where, and when."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.models import Account, Area, Plan, PlanOperation
from gridmap.planning.assemble import atom_key
from gridmap.services.actors import Actor, require
from gridmap.services.plans import get_plan
from gridmap.services.rows import AnySelect

LOOKED_BACK = 500  # operations of a grid that are searched for who moved an atom


class Entry(NamedTuple):
    """A row of the log, its grid, and the username of who did it."""

    operation: PlanOperation
    grid: Area
    by: str | None


def list_operations(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    by: str | None = None,
    kind: str | None = None,
    micro_grid: str | None = None,
    before_id: int = 0,
    limit: int | None = 100,
) -> list[Entry]:
    """List the operations on a plan, the newest first.

    Parameters
    ----------
    by
        Username of who did it.
    micro_grid
        Code that atoms came from or went to.
    before_id
        Id of the last operation already seen; 0 = from the newest.
    """
    require(actor, "plans.read")
    plan = get_plan(session, actor, plan_id)
    query = _entries().where(PlanOperation.plan_id == plan.id)
    if by is not None:
        query = query.where(Account.username == by)
    if kind is not None:
        query = query.where(PlanOperation.kind == kind)
    if micro_grid is not None:
        query = query.where(PlanOperation.report["changed"].contains([micro_grid]))
    if before_id:
        query = query.where(PlanOperation.id < before_id)
    rows = session.execute(query.order_by(PlanOperation.id.desc()).limit(limit))
    return [Entry(row[0], row[1], row[2]) for row in rows]


def list_operations_since(
    session: Session, actor: Actor, plan_id: int, sequence: int, *, limit: int = 50
) -> list[Entry]:
    """List what was done to a plan after an operation, in order."""
    require(actor, "plans.read")
    plan = get_plan(session, actor, plan_id)
    query = _entries().where(PlanOperation.plan_id == plan.id, PlanOperation.id > sequence)
    rows = session.execute(query.order_by(PlanOperation.id).limit(limit))
    return [Entry(row[0], row[1], row[2]) for row in rows]


def newest_sequence(session: Session, plan_id: int) -> int:
    """Give the id of the newest operation on a plan, 0 for none."""
    newest = select(func.max(PlanOperation.id)).where(PlanOperation.plan_id == plan_id)
    return session.scalar(newest) or 0


def _entries() -> AnySelect:
    return (
        select(PlanOperation, Area, Account.username)
        .join(Area, Area.id == PlanOperation.grid_id)
        .outerjoin(Account, Account.id == PlanOperation.account_id)
    )


def moves_of(entry: PlanOperation) -> list[list[str | None]]:
    """List [atom, from, to] of everything an operation moved, parts of buildings broken or healed too."""
    moves: list[list[str | None]] = [list(move) for move in entry.operation["moves"]]
    for id_, before, after in entry.operation["parts"]:
        moves += [[_key_of(id_, row), row[-1], None] for row in before if row not in after]
        moves += [[_key_of(id_, row), None, row[-1]] for row in after if row not in before]
    return moves


def name_of(session: Session, entry: PlanOperation) -> str | None:
    """Give the username of who did an operation."""
    if entry.account_id is None:
        return None
    return session.scalar(select(Account.username).where(Account.id == entry.account_id))


def _key_of(building_id: int, row: list[Any]) -> str:
    entrance, low, high, _ = row
    return atom_key(building_id, entrance, low, high or None)


def who_moved(
    session: Session, plan: Plan, grid: Area, atoms: set[str]
) -> dict[str, tuple[str | None, datetime]]:
    """Find the newest operation that touched each atom (or its building) and who did it."""
    log = (
        select(PlanOperation.operation, PlanOperation.created_at, Account.username)
        .outerjoin(Account, Account.id == PlanOperation.account_id)
        .where(PlanOperation.plan_id == plan.id, PlanOperation.grid_id == grid.id)
        .order_by(PlanOperation.id.desc())
        .limit(LOOKED_BACK)
    )
    found: dict[str, tuple[str | None, datetime]] = {}
    for operation, at, by in session.execute(log):
        touched = {move[0] for move in operation["moves"]}
        broken = {f"b{row[0]}" for row in operation["parts"]}
        for atom in atoms - found.keys():
            if atom in touched or atom.partition("/")[0] in broken:
                found[atom] = (by, at)
    return found
