"""Plans: from a draft made by the engine to what everybody sees.

A plan is computed outside any transaction (the engine may take minutes) under an advisory lock that dies
with its process, so that a plan whose maker was killed can be told from one that is being made.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from gridmap.db import Database, sql
from gridmap.errors import BadInput, Conflict, FieldError, NotFound, RuleBroken
from gridmap.models import Area, Plan
from gridmap.planning import PlanResult, PlanRules, keep_codes, plan_area
from gridmap.services import audit
from gridmap.services.actors import SYSTEM, Actor, require, scope_of
from gridmap.services.places import get_area
from gridmap.services.plan_checks import blocking, check_frames
from gridmap.services.plan_frames import read_frame, write_result

Progress = Callable[[int, int], None]

PUBLISH_LOCK = 0x70756273  # "pubs": one publication at a time in a city
COMPUTE_LOCK = 0x706C616E  # "plan": with the plan's id, held while it is computed
READABLE = ("draft", "submitted", "published", "superseded")


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
) -> Plan:
    """Enter a plan that `compute_plan` will make.

    Parameters
    ----------
    area_code
        District, street, community or grid to divide.
    seed
        Same seed, same data, same plan.
    rules
        Values of `PlanRules` that differ from the defaults, for example ``{"households_max": 90}``.

    Raises
    ------
    BadInput
        If the area has no grid, or no building with households.
    """
    require(actor, "plans.write")
    area = get_area(session, actor, area_code)
    plan_rules = PlanRules.from_dict(rules or {})
    _require_something_to_plan(session, area)
    plan = Plan(
        area_id=area.id,
        status="computing",
        seed=seed,
        rules=plan_rules.to_dict(),
        created_by=actor.account_id,
    )
    session.add(plan)
    session.flush()
    audit.record(session, actor, "requested", "plan", plan.id, area=area_code, seed=seed)
    return plan


def compute_plan(database: Database, plan_id: int, *, progress: Progress | None = None) -> Plan:
    """Make a requested plan: read the frames, divide, write the draft in one transaction.

    A failure of the engine or of the data leaves the plan ``failed`` with its reason.

    Parameters
    ----------
    progress
        Called with (grids done, grids in all); the plan's own ``progress_share`` follows by itself.
    """
    with _computing(database, plan_id):
        try:
            return _compute(database, plan_id, progress)
        except (BadInput, Conflict, RuleBroken) as error:
            _mark_failed(database, plan_id, error.detail("zh"))
            raise


def create_plan(
    database: Database,
    actor: Actor,
    area_code: str,
    *,
    seed: int = 0,
    rules: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Request a plan and make it at once."""
    with database.transaction() as session:
        plan_id = request_plan(session, actor, area_code, seed=seed, rules=rules).id
    return compute_plan(database, plan_id, progress=progress)


def check_plan(session: Session, actor: Actor, plan_id: int) -> list[dict[str, Any]]:
    """Verify a plan against the buildings of today, independently of how it was made.

    Returns
    -------
    list of dict
        ``kind``, ``severity`` ("blocking" or "warning"), ``grid``, ``micro_grid`` (codes or None),
        ``details``; blocking ones first.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    return check_frames(session, plan)


def publish_plan(session: Session, actor: Actor, plan_id: int) -> Plan:
    """Make a draft what everybody sees, in this one transaction.

    Raises
    ------
    Conflict
        If the plan is not a draft.
    RuleBroken
        If a check blocks it; carries the findings.
    """
    require(actor, "plans.publish")
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PUBLISH_LOCK})
    plan = get_plan(session, actor, plan_id)
    session.refresh(plan, with_for_update=True)
    if plan.status not in ("draft", "submitted"):
        raise Conflict("plan_not_draft", plan=plan_id, status=plan.status)
    if blockers := blocking(check_frames(session, plan)):
        raise RuleBroken("plan_blocked", findings=blockers, plan=plan_id, count=len(blockers))
    ended = {row.code for row in session.execute(sql("plan_end_current"), {"area_id": plan.area_id})}
    begun = {row.code for row in session.execute(sql("plan_begin"), {"plan_id": plan.id})}
    superseded = len(session.execute(sql("plan_supersede")).all())
    plan.status, plan.published_at = "published", func.now()
    session.flush()
    session.refresh(plan)
    figures = {"micro_grids": len(begun), "retired": len(ended - begun), "superseded": superseded}
    audit.record(session, actor, "published", "plan", plan.id, **figures)
    return plan


def compare_with_published(session: Session, actor: Actor, plan_id: int) -> dict[str, int]:
    """Count what publishing the plan would change.

    Returns
    -------
    dict
        ``micro_grids_new``, ``micro_grids_kept`` (same code), ``micro_grids_retired``,
        ``households_moved`` (to another code).
    """
    plan = get_plan(session, actor, plan_id)
    row = session.execute(sql("plan_changes"), {"plan_id": plan.id, "area_id": plan.area_id}).one()
    return dict(row._mapping)


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


@contextmanager
def _computing(database: Database, plan_id: int) -> Iterator[None]:
    """Hold the plan's advisory lock on a connection of its own; the server frees it if this process dies."""
    with database.engine.connect() as connection:
        keys = {"key": COMPUTE_LOCK, "plan_id": plan_id}
        taken = connection.scalar(text("SELECT pg_try_advisory_lock(:key, :plan_id)"), keys)
        connection.commit()
        if not taken:
            raise Conflict("plan_being_computed", plan=plan_id)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key, :plan_id)"), keys)
            connection.commit()


def _compute(database: Database, plan_id: int, progress: Progress | None) -> Plan:
    started = time.monotonic()
    with database.transaction() as session:
        plan = session.get(Plan, plan_id)
        if plan is None:
            raise NotFound("no_such", kind="plan", code=plan_id)
        if plan.status != "computing":
            raise Conflict("plan_not_computing", plan=plan_id, status=plan.status)
        frames = {
            name: read_frame(session, f"plan_{name}", area_id=plan.area_id)
            for name in ("parents", "buildings", "entrances", "barriers")
        }
        previous = read_frame(session, "plan_previous", area_id=plan.area_id)
        used = read_frame(session, "plan_used_codes", area_id=plan.area_id)
    engine_started = time.monotonic()
    result = plan_area(
        **frames,
        rules=PlanRules.from_dict(plan.rules),
        seed=plan.seed,
        progress=_reporting(database, plan_id, progress),
    )
    codes = keep_codes(result.micro_grids, result.assignments, previous, used["code"])
    result = replace(result, micro_grids=codes)
    engine_seconds = time.monotonic() - engine_started
    with database.transaction() as session:
        write_result(session, plan_id, result)
        plan = session.get_one(Plan, plan_id)
        plan.status, plan.progress_share = "draft", 1.0
        seconds = time.monotonic() - started
        plan.measures = _measures(result) | {
            "seconds": round(seconds, 2),
            "engine_seconds": round(engine_seconds, 2),
        }
        audit.record(session, SYSTEM, "computed", "plan", plan_id, **plan.measures)
    return plan


def _measures(result: PlanResult) -> dict[str, Any]:
    """Sum up a plan; every figure can be counted again from its rows.

    Micro-grids without households (somebody answers for a park, too) stand apart: the band says nothing of
    them.
    """
    grids, atoms = result.micro_grids, result.assignments
    lived_in = grids[grids["households"] > 0]
    statuses = lived_in["status"].value_counts()
    broken = atoms.loc[atoms["entrance_number"].notna(), "building_id"].nunique()
    in_band = int(statuses.get("in_band", 0))
    return {
        "micro_grids": len(lived_in),
        "in_band": in_band,
        "in_band_share": round(in_band / len(lived_in), 4) if len(lived_in) else None,
        "under": int(statuses.get("under", 0)),
        "over": int(statuses.get("over", 0)),
        "without_households": len(grids) - len(lived_in),
        "households": int(grids["households"].sum()),
        "households_estimated": bool(grids["households_estimated"].any()),
        "buildings": int(atoms["building_id"].nunique()),
        "buildings_broken": int(broken),
        "atoms": len(atoms),
        "findings": len(result.findings),
    }


def _reporting(database: Database, plan_id: int, progress: Progress | None) -> Progress:
    """Pass progress on, and write it into the plan at most once a second."""
    written_at = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal written_at
        if progress is not None:
            progress(done, total)
        if time.monotonic() - written_at < 1:
            return
        written_at = time.monotonic()
        with database.transaction() as session:
            session.get_one(Plan, plan_id).progress_share = done / max(total, 1)

    return report


def _mark_failed(database: Database, plan_id: int, message: str) -> None:
    with database.transaction() as session:
        plan = session.get_one(Plan, plan_id)
        plan.status, plan.message = "failed", message
