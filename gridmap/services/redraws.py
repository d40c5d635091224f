"""Redrawing a draft by hand: operations of the engine, applied to the tables one after the other.

A plan's row is locked while an operation is applied, so that the ids of operations follow the order in which
they count. What an operation takes from where is compared with what is there: atoms that somebody else has
moved meanwhile stay where they are and are named, and so do those of locked buildings; the rest moves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, Conflict, GridMapError
from gridmap.models import Area, Plan, PlanOperation
from gridmap.planning import redraw, redraw_counts, redraw_locks
from gridmap.planning.redraw_division import Division
from gridmap.planning.redraw_operations import Change, Operation, apply, invert, read_operation
from gridmap.planning.remedies import Remedy, find_remedies
from gridmap.services import audit
from gridmap.services.actors import Actor, require
from gridmap.services.division_rows import changed_codes, write_change
from gridmap.services.divisions import get_grid, keep_division, open_division
from gridmap.services.locks import who_locked, write_locked_buildings
from gridmap.services.micro_grids import get_micro_grid
from gridmap.services.plans import get_plan
from gridmap.services.recounts import find_arguments
from gridmap.services.redraw_log import who_moved

Ask = Callable[[Division, dict[str, Any]], Change]

KINDS: Mapping[str, Ask] = {
    "move": lambda d, a: redraw.move(d, a["atoms"], a["to"]),
    "new": lambda d, a: redraw.new(d, a["atoms"]),
    "merge": lambda d, a: redraw.merge(d, a["codes"]),
    "cut": lambda d, a: redraw.cut_by_line(d, a["codes"], a["line"]),
    "push": lambda d, a: (
        redraw.push_step_by_step(d, a["code"], a["atoms"])
        if "atoms" in a
        else redraw.push_boundary(
            d, a["code"], a["shape"], is_area=a.get("is_area", True), take_from=a.get("take_from")
        )
    ),
    "break": lambda d, a: redraw.break_building(
        d, a["building"], entrance=a.get("entrance"), floors=a.get("floors")
    ),
    "heal": lambda d, a: redraw.heal_building(d, a["building"], a.get("to")),
    "swap": lambda d, a: redraw.swap(d, a["atoms"], a["others"]),
    "fill": lambda d, _: redraw.fill_unassigned(d),
    "rebalance": lambda d, a: redraw.rebalance(d, a["codes"]),
    "lock": lambda d, a: redraw_locks.lock(d, a["codes"]),
    "unlock": lambda d, a: redraw_locks.unlock(d, a["codes"]),
    "lock_buildings": lambda d, a: redraw_locks.lock_buildings(d, a["buildings"]),
    "unlock_buildings": lambda d, a: redraw_locks.unlock_buildings(d, a["buildings"]),
    "remedy": lambda d, a: _apply_remedy(d, a["code"], a["rank"]),
    redraw_counts.KIND: lambda d, a: redraw_counts.recount(d, a["buildings"], a["counts"]),
}
"""What can be asked for, and how the engine does it."""


@dataclass(frozen=True)
class Refused:
    """An atom that stays: it was not where the one who asked saw it, or its building is locked.

    ``by`` and ``at`` say who moved it last, or locked the building, and when, if known.
    """

    atom: str
    expected: str | None
    now: str | None
    by: str | None
    at: datetime | None
    locked: bool = False


@dataclass(frozen=True)
class Done:
    """An operation that was applied, and the division after it.

    Attributes
    ----------
    entry
        Its row in the log.
    grid
        The grid it changed.
    before
        None when it had been applied by an earlier request.
    after
        The division as it is now.
    """

    entry: PlanOperation
    grid: Area
    before: Division | None
    after: Division


def redraw_plan(
    session: Session,
    actor: Actor,
    plan_id: int,
    grid_code: str,
    kind: str,
    arguments: dict[str, Any],
    *,
    op_id: UUID,
    expected: Mapping[str, str | None] | None = None,
) -> Done:
    """Apply an operation to one grid of a draft, once: the same ``op_id`` again changes nothing.

    Parameters
    ----------
    kind, arguments
        A name of `KINDS` and what its function takes.
    expected
        Micro-grid (None = unassigned) in which the one who asks saw each atom; those that are elsewhere now
        are refused one by one.

    Raises
    ------
    NotFound
        If there is no such plan or grid for the actor.
    Conflict
        If the plan is no draft, a micro-grid concerned or the building to be broken or healed is locked, or
        nothing is left of what was asked.
    BadInput
        If what is asked for makes no sense there.
    """
    require(actor, "plans.write")
    plan = _lock_draft(session, actor, plan_id)
    if known := _find_done(session, plan, op_id):
        return known
    grid = get_grid(session, plan, grid_code)
    division = _require_buildings(open_division(session, plan, grid).division, grid)
    refused = _find_refused(session, plan, grid, division, expected or {})
    arguments = find_arguments(session, plan, division, kind, arguments)
    try:
        change = ask(division, kind, arguments, [one.atom for one in refused])
    except Conflict as error:
        raise _name_refused(error, refused) from error
    refused += _find_locked(session, plan, division, change, expected or {})
    return _record(session, actor, plan, grid, division, change, op_id, kind=kind, refused=refused)


def preview(
    session: Session, actor: Actor, plan_id: int, grid_code: str, kind: str, arguments: dict[str, Any]
) -> tuple[Division, Change]:
    """Work out what an operation would do, writing nothing; errors as in `redraw_plan`."""
    require(actor, "plans.read")
    plan = get_plan(session, actor, plan_id)
    grid = get_grid(session, plan, grid_code)
    division = _require_buildings(open_division(session, plan, grid).division, grid)
    return division, ask(division, kind, find_arguments(session, plan, division, kind, arguments))


def undo(session: Session, actor: Actor, plan_id: int, *, op_id: UUID, grid_code: str | None = None) -> Done:
    """Take back the actor's newest operation that still counts, in the whole plan or in one grid.

    Raises
    ------
    Conflict
        If there is none, or others have since moved what it would put back.
    """
    return _turn(session, actor, plan_id, op_id, grid_code, is_redo=False)


def redo(session: Session, actor: Actor, plan_id: int, *, op_id: UUID, grid_code: str | None = None) -> Done:
    """Do again what the actor took back last, if nothing new was done after it; errors as in `undo`."""
    return _turn(session, actor, plan_id, op_id, grid_code, is_redo=True)


def list_remedies(session: Session, actor: Actor, plan_id: int, code: str) -> list[Remedy]:
    """List up to three remedies of a micro-grid outside the band, the cheapest first."""
    require(actor, "plans.read")
    plan = get_plan(session, actor, plan_id)
    grid = session.get_one(Area, get_micro_grid(session, plan, code).grid_id)
    division = open_division(session, plan, grid).division
    return [] if division is None else find_remedies(division, code)


def ask(
    division: Division, kind: str, arguments: dict[str, Any], left_out: list[str] | None = None
) -> Change:
    """Let the engine make an operation and apply it, without the atoms left out.

    Raises
    ------
    BadInput
        If there is no such kind, or its arguments are not what it takes.
    Conflict
        If all atoms were left out.
    """
    if kind not in KINDS:
        raise BadInput("redraw_unknown_kind", kind=kind, kinds=", ".join(KINDS))
    gone = set(left_out or ())
    named = {
        name: [one for one in value if one not in gone] if name in ("atoms", "others") else value
        for name, value in arguments.items()
    }
    if gone and any(arguments.get(name) and not named[name] for name in ("atoms", "others")):
        raise Conflict("redraw_all_refused")
    try:
        change = KINDS[kind](division, named)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput("redraw_arguments", kind=kind, reason=str(error)) from error
    moves = [move for move in change.operation["moves"] if move[0] not in gone]
    if len(moves) == len(change.operation["moves"]):
        return change
    if not moves:
        raise Conflict("redraw_all_refused")
    rest = apply(division, Operation(**{**change.operation, "moves": moves}))
    return replace(rest, refused=tuple(key for key in change.refused if key not in gone))


def _apply_remedy(division: Division, code: str, rank: int) -> Change:
    remedies = find_remedies(division, code)
    if not 1 <= rank <= len(remedies):
        raise Conflict("redraw_no_remedy", code=code)
    return redraw.apply_remedy(division, remedies[rank - 1])  # type: ignore[arg-type]


def _lock_draft(session: Session, actor: Actor, plan_id: int) -> Plan:
    plan = get_plan(session, actor, plan_id)
    session.refresh(plan, with_for_update=True)
    if plan.status != "draft":
        raise Conflict("plan_not_draft", plan=plan_id, status=plan.status)
    return plan


def _require_buildings(division: Division | None, grid: Area) -> Division:
    if division is None:
        raise BadInput("redraw_no_buildings", grid=grid.code)
    return division


def _find_done(session: Session, plan: Plan, op_id: UUID) -> Done | None:
    entry = session.scalar(
        select(PlanOperation).where(PlanOperation.plan_id == plan.id, PlanOperation.op_id == op_id)
    )
    if entry is None:
        return None
    grid = session.get_one(Area, entry.grid_id)
    return Done(entry, grid, None, _require_buildings(open_division(session, plan, grid).division, grid))


def _find_refused(
    session: Session, plan: Plan, grid: Area, division: Division, expected: Mapping[str, str | None]
) -> list[Refused]:
    """Compare where atoms were seen with where they are, and look up who moved those that differ."""
    now = {
        key: division.code_of(division.labels[row])
        for key, row in division.row_of_key.items()
        if key in expected
    }
    differ = [key for key, code in expected.items() if key not in now or now[key] != code]
    if not differ:
        return []
    blamed = who_moved(session, plan, grid, set(differ))
    nobody = (None, None)
    return [Refused(key, expected[key], now.get(key), *blamed.get(key, nobody)) for key in differ]


def _find_locked(
    session: Session, plan: Plan, division: Division, change: Change, expected: Mapping[str, str | None]
) -> list[Refused]:
    """Say of the atoms that stay with their locked buildings who locked these."""
    rows = {key: division.row_of_key[key] for key in change.refused}
    building = {key: division.ground.buildings[division.atoms.building[row]].id for key, row in rows.items()}
    who = who_locked(session, plan, set(building.values()))
    out = []
    for key, row in rows.items():
        now = division.code_of(division.labels[row])
        by, at = who.get(building[key], (None, None))
        out.append(Refused(key, expected.get(key, now), now, by, at, locked=True))
    return out


def _record(
    session: Session,
    actor: Actor,
    plan: Plan,
    grid: Area,
    before: Division,
    change: Change,
    op_id: UUID,
    *,
    kind: str,
    refused: list[Refused] | None = None,
    undoes: int | None = None,
) -> Done:
    """Write a change and its row in the log."""
    rows = redraw_counts.rows_to_write(before, change)
    entry = PlanOperation(
        plan_id=plan.id,
        grid_id=grid.id,
        op_id=op_id,
        account_id=actor.account_id,
        kind=kind,
        operation=dict(change.operation),
        refused=[
            {
                "atom": r.atom,
                "expected": r.expected,
                "now": r.now,
                "by": r.by,
                "at": r.at and r.at.isoformat(),
                "locked": r.locked,
            }
            for r in refused or ()
        ],
        report=dict(change.report) | {"changed": changed_codes(*rows)},
        households_moved=change.report["households_moved"],
        undoes=undoes,
    )
    session.add(entry)
    session.flush()
    session.refresh(entry)
    write_change(session, plan, grid, *rows)
    write_locked_buildings(session, plan, actor, before, change.division)
    keep_division(session, plan, grid, change.division, entry.id)
    audit.record(
        session, actor, "redrawn", "plan", plan.id,
        grid=grid.code, kind=kind, operation=entry.id, households_moved=entry.households_moved,
    )  # fmt: skip
    return Done(entry, grid, before, change.division)


def _turn(
    session: Session, actor: Actor, plan_id: int, op_id: UUID, grid_code: str | None, *, is_redo: bool
) -> Done:
    """Undo or redo: apply the inverse of the operation at the top of the actor's stack."""
    require(actor, "plans.write")
    plan = _lock_draft(session, actor, plan_id)
    if known := _find_done(session, plan, op_id):
        return known
    grid = None if grid_code is None else get_grid(session, plan, grid_code)
    turned = _top_of_stack(session, actor, plan, grid, is_redo=is_redo)
    if turned is None:
        raise Conflict("redraw_nothing_to_redo" if is_redo else "redraw_nothing_to_undo")
    own = session.get_one(Area, turned.grid_id)
    division = _require_buildings(open_division(session, plan, own).division, own)
    operation = invert(read_operation(turned.operation))
    try:
        change = apply(division, operation)
    except GridMapError as error:
        raise _with_blame(session, plan, own, operation, error) from error
    kind = operation["kind"]
    done = _record(session, actor, plan, own, division, change, op_id, kind=kind, undoes=turned.id)
    turned.taken_back_by = done.entry.id
    session.flush()
    return done


def _name_refused(error: Conflict, refused: list[Refused]) -> Conflict:
    """Name who was the last to move what was chosen, where all of it had been moved."""
    moved = [(one.at, one.by) for one in refused if one.at is not None and one.by is not None]
    if error.message != "redraw_all_refused" or not moved:
        return error
    at, by = max(moved)
    return Conflict("redraw_all_moved", by=by, at=at.isoformat(timespec="seconds"))


def _with_blame(
    session: Session, plan: Plan, grid: Area, operation: Operation, error: GridMapError
) -> GridMapError:
    """Name who has moved since what an undo would put back."""
    if error.message != "redraw_outdated":
        return error
    atoms = {move[0] for move in operation["moves"]} | {f"b{row[0]}" for row in operation["parts"]}
    blamed = [who for who in who_moved(session, plan, grid, atoms).values() if who[0] is not None]
    if not blamed:
        return error
    by, at = max(blamed, key=lambda who: who[1])
    return Conflict("redraw_moved_since", atom=error.details["atom"], by=by, at=at.isoformat())


def _top_of_stack(
    session: Session, actor: Actor, plan: Plan, grid: Area | None, *, is_redo: bool
) -> PlanOperation | None:
    """Find what the actor would take back next.

    Rows of the kind "undo" take something back; a redo is the inverse of such a row and bears the kind of the
    operation it does again. A fresh operation ends what could be done again.
    """
    own = [PlanOperation.plan_id == plan.id, PlanOperation.account_id == actor.account_id]
    if grid is not None:
        own.append(PlanOperation.grid_id == grid.id)
    turned = select(PlanOperation).where(*own, PlanOperation.taken_back_by.is_(None))
    if is_redo:
        fresh = select(func.max(PlanOperation.id)).where(*own, PlanOperation.undoes.is_(None))
        newest = func.coalesce(fresh.scalar_subquery(), 0)
        turned = turned.where(PlanOperation.kind == "undo", PlanOperation.id > newest)
    else:
        turned = turned.where(PlanOperation.kind != "undo")
    return session.scalars(turned.order_by(PlanOperation.id.desc()).limit(1)).one_or_none()
