"""Locked micro-grids: what a planner has settled, every plan to come leaves as it is."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, Conflict, FieldError
from gridmap.models import MicroGrid
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
