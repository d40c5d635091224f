"""Who has a draft open, and which micro-grids they are dragging: seen by the others, never kept.

A lease is a courtesy: it tells others to wait, it refuses nobody's operation.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.models import Account, Area, PlanPresence
from gridmap.services.actors import Actor, require
from gridmap.services.divisions import get_grid
from gridmap.services.plans import get_plan

LEASE = timedelta(seconds=30)
GONE_AFTER = timedelta(seconds=60)


class Present(NamedTuple):
    """One browser at work: who, where, and the micro-grids leased for so many seconds more."""

    client: UUID
    by: str | None
    grid: str | None
    codes: list[str]
    lease_seconds: int


def say_present(
    session: Session,
    actor: Actor,
    plan_id: int,
    client: UUID,
    *,
    grid_code: str | None = None,
    codes: list[str] | None = None,
) -> tuple[list[Present], list[str]]:
    """Say that a browser has a draft open and what it drags.

    Returns
    -------
    list of Present
        Everybody at work, this browser too.
    list of str
        Codes that another browser leases; they were not leased again.
    """
    require(actor, "plans.write")
    plan = get_plan(session, actor, plan_id)
    grid = None if grid_code is None else get_grid(session, plan, grid_code)
    now = datetime.now(UTC)
    session.execute(
        delete(PlanPresence).where(PlanPresence.plan_id == plan.id, PlanPresence.seen_at < now - GONE_AFTER)
    )
    others = [one for one in list_present(session, actor, plan_id) if one.client != client]
    taken = {code for one in others for code in one.codes}
    asked = sorted(set(codes or ()))
    values = {
        "account_id": actor.account_id,
        "grid_id": None if grid is None else grid.id,
        "codes": [code for code in asked if code not in taken],
        "seen_at": now,
        "lease_until": now + LEASE if asked else None,
    }
    row = insert(PlanPresence).values(plan_id=plan.id, client=client, **values)
    session.execute(row.on_conflict_do_update(index_elements=["plan_id", "client"], set_=values))
    return list_present(session, actor, plan_id), [code for code in asked if code in taken]


def list_present(session: Session, actor: Actor, plan_id: int) -> list[Present]:
    """List the browsers that have a plan open, those here longest first."""
    require(actor, "plans.read")
    plan = get_plan(session, actor, plan_id)
    query = (
        select(PlanPresence, Account.username, Area.code)
        .outerjoin(Account, Account.id == PlanPresence.account_id)
        .outerjoin(Area, Area.id == PlanPresence.grid_id)
        .where(PlanPresence.plan_id == plan.id, PlanPresence.seen_at >= func.now() - GONE_AFTER)
        .order_by(PlanPresence.client)
    )
    return [_present(*row) for row in session.execute(query)]


def leave(session: Session, actor: Actor, plan_id: int, client: UUID) -> None:
    """Take a browser off the list at once."""
    require(actor, "plans.write")
    plan = get_plan(session, actor, plan_id)
    session.execute(
        delete(PlanPresence).where(
            PlanPresence.plan_id == plan.id,
            PlanPresence.client == client,
            PlanPresence.account_id == actor.account_id,
        )
    )


def _present(row: PlanPresence, by: str | None, grid: str | None) -> Present:
    left = 0.0 if row.lease_until is None else (row.lease_until - datetime.now(UTC)).total_seconds()
    return Present(row.client, by, grid, row.codes if left > 0 else [], max(0, round(left)))
