"""Waivers: approved exceptions, with a reason and an end; the next plan inherits what still fits."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.models import Account, Area, MicroGrid, Plan, Waiver
from gridmap.services import audit
from gridmap.services.actors import Actor, require
from gridmap.services.plan_checks import PROVED, blocking, check_frames, households_of
from gridmap.services.plans import get_plan, require_readable
from gridmap.services.postings import today
from gridmap.services.rows import AnyRow, AnySelect, fetch

LONGEST_REASON = 500
WAIVED_IN = ("draft", "submitted", "published")
FINDING: Any = [Waiver.plan_id, Waiver.kind, Waiver.grid_id, text("coalesce(micro_grid_code, '')")]
PERSONAL = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)")  # a mobile number, an identity number


def list_waivers(session: Session, actor: Actor, plan_id: int) -> list[AnyRow]:
    """List the waivers of a plan, the newest first.

    Returns
    -------
    list of Row
        ``id``, ``kind``, ``grid``, ``micro_grid`` (codes or None), ``households`` (it was approved for),
        ``reason``, ``by`` (None = the system), ``created_at``, ``expires_on``.
    """
    plan = get_plan(session, actor, plan_id)
    return fetch(session, _waivers().where(Waiver.plan_id == plan.id).order_by(Waiver.id.desc()))


def waive_finding(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    kind: str,
    reason: str,
    micro_grid: str | None = None,
    grid: str | None = None,
    expires_on: date | None = None,
) -> AnyRow:
    """Approve an exception: the finding no longer stands against publishing while its households stay.

    A second waiver of the same finding replaces the first.

    Parameters
    ----------
    kind, micro_grid, grid
        Of a finding that blocks the plan now, as `check_plan` names it; a micro-grid or a grid.
    reason
        Why, in up to 500 characters; nothing about persons.
    expires_on
        Last day it holds; None = until the micro-grid changes.

    Raises
    ------
    NotFound
        If there is no such plan for the actor.
    Conflict
        If the plan is superseded or not made yet.
    BadInput
        If there is no such finding or it cannot be waived, the reason is empty or names somebody, or the day
        is past.
    """
    require(actor, "plans.publish")
    plan = _lock_plan(session, actor, plan_id)
    refuse_words(reason, "reason", LONGEST_REASON)
    if expires_on is not None and expires_on < today():
        raise _fault("expires_on", "waiver_day_past", expires_on.isoformat())
    finding = _find(check_frames(session, plan), kind, micro_grid, grid)
    return _write(session, actor, plan, [finding], reason, expires_on)[0]


def waive_all(session: Session, actor: Actor, plan_id: int, reason: str) -> int:
    """Approve every exception that can be waived and blocks a plan now; gives how many."""
    require(actor, "plans.publish")
    plan = _lock_plan(session, actor, plan_id)
    refuse_words(reason, "reason", LONGEST_REASON)
    open_ = [row for row in blocking(check_frames(session, plan)) if row["is_waivable"]]
    return len(_write(session, actor, plan, open_, reason, None))


def drop_waiver(session: Session, actor: Actor, plan_id: int, waiver_id: int) -> None:
    """Take a waiver back.

    Raises
    ------
    NotFound
        If the plan has none of this number, or lies outside the actor's scope.
    Conflict
        If the plan is superseded.
    """
    require(actor, "plans.publish")
    plan = _lock_plan(session, actor, plan_id)
    gone = delete(Waiver).where(Waiver.id == waiver_id, Waiver.plan_id == plan.id)
    row = session.execute(gone.returning(Waiver.kind, Waiver.micro_grid_code)).one_or_none()
    if row is None:
        raise NotFound
    told = {"waiver": waiver_id, "kind": row.kind, "micro_grid": row.micro_grid_code}
    audit.record(session, actor, "unwaived", "plan", plan.id, **told)


def inherit(session: Session, plan: Plan, *, is_from_outside: bool = False) -> int:
    """Give a plan just made its proofs, and the waivers of what everybody sees that still fit.

    Parameters
    ----------
    is_from_outside
        The engine did not make it: what it proved of a plan that divides a grid in just the same way holds
        here, too.

    Returns
    -------
    int
        How many waivers were carried on.
    """
    session.execute(sql("plan_prove"), {"plan_id": plan.id, "kinds": sorted(PROVED)})
    if is_from_outside:
        session.execute(sql("plan_carry_proofs"), {"plan_id": plan.id})
    asked = {"plan_id": plan.id, "area_id": plan.area_id, "on_date": today()}
    return len(session.execute(sql("plan_carry_waivers"), asked).all())


def refuse_words(words: str, column: str, longest: int) -> None:
    """Raise `BadInput` for words that are empty, too long, or hold a number that somebody is known by."""
    if not words.strip():
        raise _fault(column, "words_empty")
    if len(words) > longest:
        raise _fault(column, "api_too_long", hint=str(longest))
    if PERSONAL.search(words):
        raise _fault(column, "words_personal")


def _lock_plan(session: Session, actor: Actor, plan_id: int) -> Plan:
    plan = get_plan(session, actor, plan_id)
    session.refresh(plan, with_for_update=True)
    require_readable(plan)
    if plan.status not in WAIVED_IN:
        raise Conflict("plan_not_waivable", plan=plan.id, status=plan.status)
    return plan


def _find(
    findings: Iterable[dict[str, Any]], kind: str, micro_grid: str | None, grid: str | None
) -> dict[str, Any]:
    """Find the finding that is meant."""
    said = f"{kind} {micro_grid or grid or ''}".strip()
    for row in findings:
        is_meant = row["micro_grid"] == micro_grid and (micro_grid is not None or row["grid"] == grid)
        if row["kind"] == kind and is_meant:
            if not row["is_waivable"]:
                raise _fault("kind", "waiver_not_possible", said)
            return row
    raise _fault("kind", "waiver_no_finding", said)


def _write(
    session: Session,
    actor: Actor,
    plan: Plan,
    findings: list[dict[str, Any]],
    reason: str,
    expires_on: date | None,
) -> list[AnyRow]:
    if not findings:
        return []
    grids = {row["grid"] for row in findings}
    grid_ids = dict(session.execute(select(Area.code, Area.id).where(Area.code.in_(grids))).all())
    own = [row["micro_grid"] for row in findings if row["micro_grid"] is not None]
    counted = select(MicroGrid.code, MicroGrid.households)
    counted = counted.where(MicroGrid.plan_id == plan.id, MicroGrid.code.in_(own))
    households = dict(session.execute(counted).all())
    said = {"reason": reason.strip(), "approved_by": actor.account_id, "expires_on": expires_on}
    statement = insert(Waiver).values(
        [
            {
                "plan_id": plan.id,
                "grid_id": grid_ids[row["grid"]],
                "micro_grid_code": row["micro_grid"],
                "kind": row["kind"],
                "households": households_of(row, households),
            }
            | said
            for row in findings
        ]
    )
    statement = statement.on_conflict_do_update(
        index_elements=FINDING,
        set_={name: getattr(statement.excluded, name) for name in ("households", "created_at", *said)},
    )
    ids = list(session.scalars(statement.returning(Waiver.id)))
    told = sorted({row["kind"] for row in findings})
    audit.record(session, actor, "waived", "plan", plan.id, waivers=ids[:100], count=len(ids), kinds=told)
    return fetch(session, _waivers().where(Waiver.id.in_(ids)).order_by(Waiver.id))


def _waivers() -> AnySelect:
    return (
        select(
            Waiver.id,
            Waiver.kind,
            Area.code.label("grid"),
            Waiver.micro_grid_code.label("micro_grid"),
            Waiver.households,
            Waiver.reason,
            Account.username.label("by"),
            Waiver.created_at,
            Waiver.expires_on,
        )
        .join(Area, Area.id == Waiver.grid_id)
        .outerjoin(Account, Account.id == Waiver.approved_by)
    )


def _fault(column: str, reason: str, value: str = "", hint: str = "") -> BadInput:
    return BadInput(fields=[FieldError("body", column, reason, value[:60], hint)])
