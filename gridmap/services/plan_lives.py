"""The life of a plan between draft and superseded: submitted, returned, timed, branched, rolled back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gridmap.db import Database, sql
from gridmap.errors import BadInput, Conflict, FieldError, GridMapError, Unavailable
from gridmap.models import Plan, PlanComment
from gridmap.services import audit
from gridmap.services.actors import SYSTEM, Actor, require
from gridmap.services.jobs import defer
from gridmap.services.plans import (
    UNPUBLISHED,
    get_plan,
    lock_publishing,
    publish_locked,
    publish_plan,
    require_publishable,
    require_readable,
    settle_codes,
)
from gridmap.services.waivers import refuse_words

LONGEST_WORDS = 2000
EVER_PUBLISHED = ("published", "superseded")
JUST_NOW = timedelta(hours=1)  # a time so little past means now: forms give minutes, and clocks differ
COPIED = ("micro_grids", "assignments", "findings", "proofs", "waivers", "locked_buildings")


def submit_plan(session: Session, actor: Actor, plan_id: int) -> Plan:
    """Hand a draft in: nobody changes it until it is returned or published.

    Raises
    ------
    NotFound
        If there is no such plan for the actor.
    Conflict
        If the plan is no draft.
    """
    require(actor, "plans.write")
    plan = _lock_plan(session, actor, plan_id)
    if plan.status != "draft":
        raise Conflict("plan_not_to_submit", plan=plan_id, status=plan.status)
    plan.status, plan.message = "submitted", ""
    audit.record(session, actor, "submitted", "plan", plan.id)
    return plan


def return_plan(session: Session, actor: Actor, plan_id: int, words: str) -> Plan:
    """Give a submitted plan back as a draft, with words that stay as a comment on the whole plan.

    A time set for its publication is called off.

    Raises
    ------
    Conflict
        If the plan is not submitted.
    BadInput
        If there are no words, too many, or they name somebody.
    """
    require(actor, "plans.publish")
    refuse_words(words, "words", LONGEST_WORDS)
    plan = _lock_submitted(session, actor, plan_id)
    plan.status, plan.effective_at = "draft", None
    comment = PlanComment(plan_id=plan.id, words=words.strip(), account_id=actor.account_id)
    session.add(comment)
    session.flush()
    audit.record(session, actor, "returned", "plan", plan.id, comment=comment.id)
    return plan


def publish_at(
    session: Session,
    actor: Actor,
    plan_id: int,
    effective_at: datetime | None,
    *,
    confirm_moved: bool = False,
) -> Plan:
    """Publish a plan now, or have it published at a time to come, when it is checked once more.

    Until then it is submitted, so nobody changes it.

    Parameters
    ----------
    effective_at
        None, or a moment of the last hour = now.
    confirm_moved
        See `gridmap.services.plans.publish_plan`; also for the time to come.

    Raises
    ------
    BadInput
        If the time lies further back.
    Conflict, RuleBroken
        See `gridmap.services.plans.publish_plan`; what blocks the plan now is said now.
    """
    now = datetime.now(UTC)
    if effective_at is None or now - JUST_NOW < effective_at <= now:
        return publish_plan(session, actor, plan_id, confirm_moved=confirm_moved)
    if effective_at <= now:
        said = effective_at.isoformat()
        raise BadInput(fields=[FieldError("body", "effective_at", "plan_time_past", said)])
    require(actor, "plans.publish")
    plan = _lock_plan(session, actor, plan_id)
    if plan.status not in UNPUBLISHED:
        raise Conflict("plan_not_draft", plan=plan_id, status=plan.status)
    settle_codes(session, plan)
    require_publishable(session, plan, confirm_moved=confirm_moved)
    plan.status, plan.effective_at, plan.message = "submitted", effective_at, ""
    when = effective_at.isoformat()
    given = {"effective_at": when, "confirm_moved": confirm_moved, "by": actor.username}
    defer(session, "publish_plan", at=effective_at, plan_id=plan.id, **given)
    audit.record(session, actor, "timed", "plan", plan.id, effective_at=when)
    return plan


def call_off(session: Session, actor: Actor, plan_id: int) -> Plan:
    """Call the timed publication of a submitted plan off; it stays submitted.

    Raises
    ------
    Conflict
        If no time is set for it.
    """
    require(actor, "plans.publish")
    plan = _lock_submitted(session, actor, plan_id)
    if plan.effective_at is None:
        raise Conflict("plan_not_timed", plan=plan_id)
    was = plan.effective_at.isoformat()
    plan.effective_at = None
    audit.record(session, actor, "called_off", "plan", plan.id, effective_at=was)
    return plan


def publish_due(
    database: Database, plan_id: int, *, effective_at: str, confirm_moved: bool, by: str
) -> str | None:
    """Publish a plan whose time has come; gives why not in plain words if something stands against it now.

    A plan that was called off, returned, timed anew or published meanwhile is left alone, so that a job that
    is begun twice does it once.

    Raises
    ------
    Unavailable
        If the database went away; nothing was published.
    """
    try:
        with database.transaction() as session:
            lock_publishing(session)
            plan = _find_due(session, plan_id, effective_at)
            if plan is not None:
                told = {"effective_at": effective_at, "timed_by": by}
                publish_locked(session, SYSTEM, plan, confirm_moved=confirm_moved, **told)
        return None
    except Unavailable:
        raise
    except GridMapError as error:
        reason = error.detail("zh")
    with database.transaction() as session:
        plan = _find_due(session, plan_id, effective_at)
        if plan is not None:
            plan.effective_at, plan.message = None, reason
            audit.record(session, SYSTEM, "publication_failed", "plan", plan.id, reason=reason)
    return reason


def branch_plan(session: Session, actor: Actor, plan_id: int) -> Plan:
    """Copy a plan into a new draft: micro-grids with their codes and locks, atoms, findings and waivers.

    Raises
    ------
    NotFound
        If there is no such plan for the actor.
    Conflict
        If it is not made yet.
    """
    require(actor, "plans.write")
    source = get_plan(session, actor, plan_id)
    require_readable(source)
    plan = _copy(session, actor, source)
    audit.record(session, actor, "branched", "plan", plan.id, branched_from=source.id)
    return plan


def roll_back(session: Session, actor: Actor, plan_id: int, *, confirm_moved: bool = False) -> Plan:
    """Make a new version equal to one that was published, and publish it in this one transaction.

    Raises
    ------
    Conflict
        If the plan never was published, or many households would move and that was not confirmed.
    RuleBroken
        If a check blocks it today: buildings have come or gone, or a waiver has expired.
    """
    require(actor, "plans.publish")
    lock_publishing(session)
    source = get_plan(session, actor, plan_id)
    if source.status not in EVER_PUBLISHED:
        raise Conflict("plan_never_published", plan=plan_id, status=source.status)
    plan = _copy(session, actor, source)
    audit.record(session, actor, "branched", "plan", plan.id, branched_from=source.id)
    return publish_locked(session, actor, plan, confirm_moved=confirm_moved, rolled_back_to=source.id)


def _copy(session: Session, actor: Actor, source: Plan) -> Plan:
    """Copy a plan's rows table by table, each in one statement."""
    session.refresh(source, with_for_update={"read": True})  # no operation comes between the statements
    same: dict[str, Any] = {
        name: getattr(source, name) for name in ("area_id", "seed", "based_on", "rules", "measures")
    }
    plan = Plan(
        status="draft", progress_share=1.0, branched_from=source.id, created_by=actor.account_id, **same
    )
    session.add(plan)
    session.flush()
    for name in COPIED:
        session.execute(sql(f"plan_copy_{name}"), {"source_id": source.id, "plan_id": plan.id})
    session.refresh(plan)
    return plan


def _find_due(session: Session, plan_id: int, effective_at: str) -> Plan | None:
    plan = session.get(Plan, plan_id, with_for_update=True)
    if plan is None or plan.status != "submitted":
        return None
    return plan if plan.effective_at == datetime.fromisoformat(effective_at) else None


def _lock_plan(session: Session, actor: Actor, plan_id: int) -> Plan:
    plan = get_plan(session, actor, plan_id)
    session.refresh(plan, with_for_update=True)
    return plan


def _lock_submitted(session: Session, actor: Actor, plan_id: int) -> Plan:
    plan = _lock_plan(session, actor, plan_id)
    if plan.status != "submitted":
        raise Conflict("plan_not_submitted", plan=plan_id, status=plan.status)
    return plan
