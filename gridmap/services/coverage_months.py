"""The history of coverage: what was measured last in each month, for every rule and area.

Every night the day before is measured, so that the last night of a month writes what stays of it; whoever may
change the rules can have the day of today measured at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gridmap.errors import BadInput, FieldError
from gridmap.models import CoverageMonth
from gridmap.services.actors import SYSTEM, Actor, require
from gridmap.services.audit import record
from gridmap.services.coverage import Share, day_of
from gridmap.services.coverage_kinds import moment_on
from gridmap.services.coverage_rules import find_gaps, get_rule, list_rules
from gridmap.services.places import get_area, list_areas

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.coverage_rules import RuleAnswer

KEY = ("rule_id", "area_id", "month")
LONGEST_HISTORY = 36
"""Months."""


@dataclass(frozen=True)
class Month:
    """What was measured last in a month."""

    month: date
    share: Share
    target_share: float
    plan_version: int | None
    measured_at: datetime


def measure_months(session: Session, actor: Actor, day: date | None = None) -> int:
    """Measure all active rules in all areas of the actor, and keep it as what is known of the day's month.

    Parameters
    ----------
    day
        The local day to measure, today by default. Postings, rosters and the plan are those of that day;
        buildings, stations and what is known of compounds are as they are now.

    Returns
    -------
    int
        Figures written: one a rule and area.

    Raises
    ------
    BadInput
        For a day to come.
    """
    require(actor, "coverage.write")
    measured_on = day or day_of(None)
    if measured_on > day_of(None):
        hint = f"… {day_of(None)}"
        raise BadInput(fields=[FieldError("query", "day", "api_out_of_range", measured_on.isoformat(), hint)])
    written = 0
    for area in list_areas(session, actor, top=True):
        for rule in list_rules(session, actor, only_active=True):
            at = moment_on(measured_on, rule.parameters)
            answer = find_gaps(session, actor, rule.id, area.code, at, with_gaps=False)
            written += _keep(session, answer, measured_on.replace(day=1))
    record(session, actor, "measured", "coverage", measured_on.isoformat(), figures=written)
    return written


def measure_yesterday(session: Session) -> int:
    """Measure the day before, as the system does every night."""
    return measure_months(session, SYSTEM, day_of(None) - timedelta(days=1))


def list_months(
    session: Session, actor: Actor, rule_id: int, area_code: str, *, limit: int = LONGEST_HISTORY
) -> list[Month]:
    """List what is known of the months of a rule in an area, the oldest first, the latest ``limit`` of them.

    Raises
    ------
    NotFound
        If there is no such rule, or no such area in the actor's scope.
    """
    rule = get_rule(session, actor, rule_id)
    area = get_area(session, actor, area_code)
    query = select(CoverageMonth).where(CoverageMonth.rule_id == rule.id, CoverageMonth.area_id == area.id)
    rows = session.scalars(query.order_by(CoverageMonth.month.desc()).limit(limit)).all()
    return [
        Month(
            row.month,
            Share(row.places, row.places_covered, row.households, row.households_covered, row.estimated),
            row.target_share,
            row.plan_id,
            row.measured_at,
        )
        for row in reversed(rows)
    ]


def _keep(session: Session, answer: RuleAnswer, month: date) -> int:
    rows: list[dict[str, Any]] = [
        {
            "rule_id": answer.rule.id,
            "area_id": area.id,
            "month": month,
            "places": area.share.places,
            "places_covered": area.share.places_covered,
            "households": area.share.households,
            "households_covered": area.share.households_covered,
            "estimated": area.share.estimated,
            "target_share": answer.rule.target_share,
            "plan_id": answer.plan_version,
            "measured_at": answer.as_of,
        }
        for area in answer.areas
        if area.share.places
    ]
    if not rows:
        return 0
    statement = insert(CoverageMonth)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in KEY}
    session.execute(statement.on_conflict_do_update(index_elements=KEY, set_=changed), rows)
    return len(rows)
