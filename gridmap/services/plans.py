"""Plans: from a draft made by the engine to what everybody sees.

`gridmap.services.plan_runs` makes what is requested here.
"""

from typing import Any

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, Conflict, FieldError, NotFound, RuleBroken
from gridmap.models import Area, MicroGrid, Plan, PlanComment, PlanProof, Waiver
from gridmap.planning import PlanRules
from gridmap.services import audit
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.handoffs import carry_over
from gridmap.services.places import get_area
from gridmap.services.plan_checks import blocking, check_frames

PUBLISH_LOCK = 0x70756273  # "pubs": one publication at a time in a city
COMPUTE_LOCK = 0x706C616E  # "plan": with the plan's id, held while it is computed
READABLE = ("draft", "submitted", "published", "superseded")
UNPUBLISHED = ("draft", "submitted")
MOVED_SHARE = 0.1
"""Of the households everybody sees: when more of them come under another micro-grid, people confirm it."""


def list_plans(
    session: Session, actor: Actor, *, area_code: str | None = None, after_id: int = 0, limit: int = 100
) -> list[Plan]:
    """List plans of an area and everything below it, newest first.

    Parameters
    ----------
    after_id
        Id of the last plan already seen; 0 = from the newest.
    """
    query = select(Plan).where(*_plans_where(session, actor, area_code))
    if after_id:
        query = query.where(Plan.id < after_id)
    return list(session.scalars(query.order_by(Plan.id.desc()).limit(limit)))


def count_plans(session: Session, actor: Actor, *, area_code: str | None = None) -> int:
    """Count what `list_plans` would list."""
    where = _plans_where(session, actor, area_code)
    return session.scalar(select(func.count()).select_from(Plan).where(*where)) or 0


def _plans_where(session: Session, actor: Actor, area_code: str | None) -> list[ColumnElement[bool]]:
    require(actor, "plans.read")
    where = [scope_of(actor, Plan.area_id)]
    if area_code is not None:
        area = get_area(session, actor, area_code)
        where.append(Plan.area_id.in_(select(Area.id).where(Area.lineage.contains([area.id]))))
    return where


def get_plan(session: Session, actor: Actor, plan_id: int) -> Plan:
    """Get a plan.

    Raises
    ------
    NotFound
        If there is none, or its area lies outside the actor's scope.
    """
    require(actor, "plans.read")
    plan = session.scalar(select(Plan).where(Plan.id == plan_id, scope_of(actor, Plan.area_id)))
    if plan is None:
        raise NotFound("no_such", kind="plan", code=plan_id)
    return plan


def request_plan(
    session: Session,
    actor: Actor,
    area_code: str,
    *,
    seed: int = 0,
    rules: dict[str, Any] | None = None,
    based_on: int | None = None,
) -> Plan:
    """Enter a plan that `plan_runs.compute_plan` will make.

    Parameters
    ----------
    area_code
        District, street, community or grid to divide.
    seed
        Same seed, same data, same plan.
    rules
        Values of `PlanRules` that differ from the defaults, for example ``{"households_max": 90}``.
    based_on
        Plan whose locked micro-grids stay as they are; None = what everybody sees when the plan is made.

    Raises
    ------
    NotFound
        If there is no such area or no plan ``based_on`` for the actor.
    Conflict
        If the plan ``based_on`` has no micro-grids yet.
    BadInput
        If the area has no grid, or no building with households, or lies apart from the plan ``based_on``.
    """
    require(actor, "plans.write")
    area = get_area(session, actor, area_code)
    plan_rules = PlanRules.from_dict(rules or {})
    _require_something_to_plan(session, area)
    if based_on is not None:
        _require_base(session, actor, area, based_on)
    plan = Plan(
        area_id=area.id,
        status="computing",
        seed=seed,
        based_on=based_on,
        rules=plan_rules.to_dict(),
        created_by=actor.account_id,
    )
    session.add(plan)
    session.flush()
    audit.record(session, actor, "requested", "plan", plan.id, area=area_code, seed=seed, based_on=based_on)
    return plan


def check_plan(session: Session, actor: Actor, plan_id: int) -> list[dict[str, Any]]:
    """Verify a plan against the buildings of today, independently of how it was made.

    Returns
    -------
    list of dict
        As `gridmap.services.plan_checks.check_frames` gives them; what blocks and is not waived first.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    return check_frames(session, plan)


def publish_plan(session: Session, actor: Actor, plan_id: int, *, confirm_moved: bool = False) -> Plan:
    """Make a draft or a submitted plan what everybody sees, in this one transaction.

    Parameters
    ----------
    confirm_moved
        Needed when more than `MOVED_SHARE` of the households come under another micro-grid.

    Raises
    ------
    Conflict
        If the plan is neither, or many households would move and that was not confirmed.
    RuleBroken
        If a check blocks it; carries the findings.
    """
    require(actor, "plans.publish")
    lock_publishing(session)
    plan = get_plan(session, actor, plan_id)
    session.refresh(plan, with_for_update=True)
    if plan.status not in UNPUBLISHED:
        raise Conflict("plan_not_draft", plan=plan_id, status=plan.status)
    return publish_locked(session, actor, plan, confirm_moved=confirm_moved)


def lock_publishing(session: Session) -> None:
    """Wait until nobody else publishes, and let nobody begin before this transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PUBLISH_LOCK})


def publish_locked(session: Session, actor: Actor, plan: Plan, *, confirm_moved: bool, **told: Any) -> Plan:
    """Check a plan and publish it, under `lock_publishing`; ``told`` goes into the audit too."""
    settle_codes(session, plan)
    changes = require_publishable(session, plan, confirm_moved=confirm_moved)
    people = carry_over(session, plan)
    ended = {row.code for row in session.execute(sql("plan_end_current"), {"area_id": plan.area_id})}
    begun = {row.code for row in session.execute(sql("plan_begin"), {"plan_id": plan.id})}
    superseded = len(session.execute(sql("plan_supersede")).all())
    plan.status, plan.published_at, plan.effective_at, plan.message = "published", func.now(), None, ""
    session.flush()
    session.refresh(plan)
    figures = {"micro_grids": len(begun), "retired": len(ended - begun), "superseded": superseded}
    moved = {"households_moved": changes["households_moved"]}
    audit.record(session, actor, "published", "plan", plan.id, **figures, **moved, **people, **told)
    return plan


def require_publishable(session: Session, plan: Plan, *, confirm_moved: bool) -> dict[str, int]:
    """Raise what stands against publishing a plan, else give what it would change; see `publish_plan`."""
    if blockers := blocking(check_frames(session, plan)):
        raise RuleBroken("plan_blocked", findings=blockers, plan=plan.id, count=len(blockers))
    changes = _changes_of(session, plan)
    share = changes["households_moved"] / max(changes["households_before"], 1)
    if share > MOVED_SHARE and not confirm_moved:
        raise Conflict(
            "plan_moves_many",
            plan=plan.id,
            households=changes["households_moved"],
            percent=f"{share:.1%}",
            share=round(share, 4),
        )
    return changes


def settle_codes(session: Session, plan: Plan) -> int:
    """Give micro-grids whose code names another area by now the next free one; says how many."""
    settled = find_settled_codes(session, plan)
    for id_, (old, code) in settled.items():
        session.execute(update(MicroGrid).where(MicroGrid.id == id_).values(code=code))
        for table in (PlanProof, Waiver, PlanComment):
            own = (table.plan_id == plan.id, table.micro_grid_code == old)
            session.execute(update(table).where(*own).values(micro_grid_code=code))
    return len(settled)


def find_settled_codes(session: Session, plan: Plan) -> dict[int, tuple[str, str]]:
    """Find the micro-grids whose code names another area by now: id -> that code, and the next free one."""
    foreign = session.execute(sql("plan_foreign_codes"), {"plan_id": plan.id}).all()
    settled: dict[int, tuple[str, str]] = {}
    if not foreign:
        return settled
    known = select(MicroGrid.grid_id, MicroGrid.code).where(
        MicroGrid.grid_id.in_({row.grid_id for row in foreign}),
        MicroGrid.valid_from.is_not(None) | (MicroGrid.plan_id == plan.id),
    )
    taken: dict[int, set[str]] = {}
    for grid_id, code in session.execute(known):
        taken.setdefault(grid_id, set()).add(code)
    for row in foreign:
        code = _next_code(row.parent_code, taken[row.grid_id])
        taken[row.grid_id].add(code)
        settled[row.id] = (row.code, code)
    return settled


def _next_code(parent_code: str, taken: set[str]) -> str:
    tails = [code.removeprefix(parent_code) for code in taken if code.startswith(parent_code)]
    number = max((int(tail) for tail in tails if tail.isdecimal()), default=0) + 1
    return f"{parent_code}{number:0{max([2, *map(len, tails)])}d}"


def compare_with_published(session: Session, actor: Actor, plan_id: int) -> dict[str, int]:
    """Count what publishing the plan would change.

    Returns
    -------
    dict
        ``micro_grids_new``, ``micro_grids_kept`` (same code), ``micro_grids_retired``,
        ``households_moved`` (to another code, or to none), ``households_before`` (of all everybody sees).
    """
    return _changes_of(session, get_plan(session, actor, plan_id))


def _changes_of(session: Session, plan: Plan) -> dict[str, int]:
    row = session.execute(sql("plan_changes"), {"plan_id": plan.id, "area_id": plan.area_id}).one()
    return dict(row._mapping)


def count_totals(session: Session, plan_id: int) -> dict[str, Any]:
    """Count what a plan holds: the figures of its ``measures`` that follow from its rows."""
    totals = dict(session.execute(sql("plan_totals"), {"plan_id": plan_id}).one()._mapping)
    return totals | {"in_band_share": share_in_band(totals)}


def share_in_band(totals: dict[str, Any]) -> float | None:
    """Give the share of lived-in micro-grids that are inside the band; None without any."""
    lived_in = totals["micro_grids"]
    return round(totals["in_band"] / lived_in, 4) if lived_in else None


def figures_of(plan: Plan) -> dict[str, Any]:
    """Give the totals of a computed plan as texts for a sentence."""
    share = plan.measures["in_band_share"]
    return {
        "micro_grids": plan.measures["micro_grids"],
        # 100 % is said of all only, never of nearly all.
        "in_band": "–" if share is None else f"{share if share == 1 else min(share, 0.999):.1%}",
        "households": plan.measures["households"],
        "mark": "*" if plan.measures["households_estimated"] else "",
        "seconds": plan.measures["seconds"],
    }


def fail_abandoned_plans(session: Session) -> int:
    """Mark plans whose maker died as failed; those still being made hold their lock and are left alone."""
    abandoned = len(session.execute(sql("fail_abandoned_plans"), {"key": COMPUTE_LOCK}).all())
    session.flush()
    return abandoned


def require_readable(plan: Plan) -> None:
    """Raise `Conflict` while a plan has no micro-grids to show."""
    if plan.status not in READABLE:
        raise Conflict("plan_not_ready", plan=plan.id, status=plan.status)


def _require_base(session: Session, actor: Actor, area: Area, based_on: int) -> None:
    base = get_plan(session, actor, based_on)
    require_readable(base)
    divided = session.get_one(Area, base.area_id)
    if area.id not in divided.lineage and divided.id not in area.lineage:
        raise _nothing_to_plan(area, "plan_of_other_area")


def _require_something_to_plan(session: Session, area: Area) -> None:
    row = session.execute(sql("plan_size"), {"area_id": area.id}).one()
    if not row.grids:
        raise _nothing_to_plan(area, "area_without_grids")
    if not row.households:
        raise _nothing_to_plan(area, "area_without_households")


def _nothing_to_plan(area: Area, reason: str) -> BadInput:
    return BadInput(
        reason,
        fields=[FieldError(where="area", column="area_code", reason=reason, value=area.code)],
        area=area.code,
    )
