"""Locks: what a planner has settled stays.

Every plan to come leaves a locked micro-grid as it is. A locked building concerns redrawing only: its homes
stay in the micro-grids that hold them, whoever redraws what is around; a plan computed anew may place it
elsewhere, but a copy (a branch, a roll-back) keeps it locked.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, Conflict, FieldError
from gridmap.models import Account, MicroGrid, Plan, PlanLockedBuilding
from gridmap.planning.redraw_division import Division
from gridmap.services import audit
from gridmap.services.actors import Actor, require
from gridmap.services.plans import get_plan

LOCKABLE = ("draft", "published")


def lock_micro_grids(
    session: Session, actor: Actor, plan_id: int, codes: Collection[str], *, locked: bool = True
) -> int:
    """Lock or unlock micro-grids of a draft or of a published plan; gives the number that changed.

    A plan based on this one keeps the code and the atoms of those that are locked.

    Raises
    ------
    NotFound
        If there is no such plan, or its area lies outside the actor's scope.
    Conflict
        If the plan is neither a draft nor published.
    BadInput
        Naming each code that the plan does not have.
    """
    require(actor, "plans.write")
    plan = get_plan(session, actor, plan_id)
    session.refresh(plan, with_for_update=True)
    if plan.status not in LOCKABLE:
        raise Conflict("plan_not_lockable", plan=plan_id, status=plan.status)
    asked = sorted(set(codes))
    named = (MicroGrid.plan_id == plan.id, MicroGrid.code.in_(asked))
    known = set(session.scalars(select(MicroGrid.code).where(*named)))
    if unknown := [code for code in asked if code not in known]:
        raise BadInput(fields=[FieldError("lock", "codes", "lock_unknown_code", code) for code in unknown])
    change = update(MicroGrid).where(*named, MicroGrid.locked != locked).values(locked=locked)
    changed = sorted(session.scalars(change.returning(MicroGrid.code)))
    if changed:
        action = "locked" if locked else "unlocked"
        audit.record(session, actor, action, "plan", plan.id, count=len(changed), micro_grids=changed)
    return len(changed)


def write_locked_buildings(
    session: Session, plan: Plan, actor: Actor, before: Division, after: Division
) -> None:
    """Write which buildings were locked or unlocked between two divisions of one grid."""
    freed = before.locked_buildings - after.locked_buildings
    if freed:
        own = PlanLockedBuilding.plan_id == plan.id, PlanLockedBuilding.building_id.in_(freed)
        session.execute(delete(PlanLockedBuilding).where(*own))
    rows = [
        {"plan_id": plan.id, "building_id": id_, "account_id": actor.account_id}
        for id_ in sorted(after.locked_buildings - before.locked_buildings)
    ]
    if rows:
        session.execute(insert(PlanLockedBuilding), rows)


def who_locked(
    session: Session, plan: Plan, building_ids: Collection[int]
) -> dict[int, tuple[str | None, datetime]]:
    """Map locked buildings of a plan to the username of who locked each, and when."""
    if not building_ids:
        return {}
    query = (
        select(PlanLockedBuilding.building_id, Account.username, PlanLockedBuilding.created_at)
        .outerjoin(Account, Account.id == PlanLockedBuilding.account_id)
        .where(PlanLockedBuilding.plan_id == plan.id, PlanLockedBuilding.building_id.in_(building_ids))
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}
