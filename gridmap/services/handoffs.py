"""What follows for people when a plan is published: postings that go on, buildings gained and lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gridmap.db import copy_rows, sql
from gridmap.models import Area, MicroGrid, Plan, Posting
from gridmap.services.postings import CURRENT, today
from gridmap.services.roster_shifts import unroll_patterns
from gridmap.services.rows import AnyRow

_PART_COLUMNS = {
    "plan_id": "int8",
    "staff_id": "int8",
    "direction": "text",
    "building_id": "int8",
    "entrance_number": "int2",
    "floor_from": "int2",
    "floor_to": "int2",
    "households": "int4",
    "households_estimated": "bool",
    "code_before": "text",
    "code_after": "text",
}
_CARRY_COLUMNS = {
    "plan_id": "int8",
    "staff_id": "int8",
    "from_code": "text",
    "to_code": "text",
    "outcome": "text",
    "households": "int4",
    "households_shared": "int4",
    "starts_on": "date",
    "ends_on": "date",
}


@dataclass(frozen=True)
class Change:
    """What one division following another means for people, by the postings of a day.

    Attributes
    ----------
    on
        The first day of the new division.
    carries
        Rows of ``sql/handoff_carries.sql``: one a posting to a micro-grid that retires or comes back.
    parts
        Rows of ``sql/handoff_parts.sql``: one a post and part of a building that it gains or loses.
    """

    on: date
    carries: Sequence[AnyRow]
    parts: Sequence[AnyRow]

    @property
    def staff_ids(self) -> list[int]:
        """Posts that have a hand-off list."""
        return sorted({row.staff_id for row in (*self.carries, *self.parts)})

    def count_outcomes(self, outcome: str) -> int:
        """Count the postings that are carried, undecided or returned."""
        return sum(row.outcome == outcome for row in self.carries)


def find_change(
    session: Session,
    before_ids: Iterable[int],
    after_codes: Mapping[int, str],
    after_plan_id: int | None,
    on: date,
) -> Change:
    """Work out what a division means for people; nothing is written.

    Parameters
    ----------
    before_ids
        Micro-grids of the division before.
    after_codes
        Those of the new one, each with the code it will have.
    after_plan_id
        Plan whose unassigned atoms count too; None = none.
    """
    sides = {
        "before_ids": list(before_ids),
        "after_ids": list(after_codes),
        "after_codes": list(after_codes.values()),
        "on_date": on,
    }
    carries = session.execute(sql("handoff_carries"), sides).all()
    goes_on = [row for row in carries if row.to_code is not None and row.starts_on <= on]
    carried = {
        "carried_staff": [row.staff_id for row in goes_on],
        "carried_codes": [row.to_code for row in goes_on],
    }
    parts = session.execute(sql("handoff_parts"), sides | carried | {"after_plan_id": after_plan_id}).all()
    return Change(on, carries, parts)


def carry_over(session: Session, plan: Plan) -> dict[str, int]:
    """Carry the postings over to a plan that is being published, and write the hand-off lists.

    Called in the publishing transaction while the division before is still what everybody sees; that
    transaction's audit row tells the figures.

    Returns
    -------
    dict
        ``staff`` (posts with a hand-off list), ``postings_carried``, ``postings_undecided``,
        ``postings_returned``, ``shifts_added`` and ``shifts_removed`` (of weekly patterns, which are kept
        until the last day of the last posting).
    """
    inside = select(Area.id).where(Area.lineage.contains([plan.area_id]))
    before = session.scalars(select(MicroGrid.id).where(*CURRENT, MicroGrid.grid_id.in_(inside))).all()
    drawn = session.execute(select(MicroGrid.id, MicroGrid.code).where(MicroGrid.plan_id == plan.id))
    after: dict[int, str] = dict(drawn.all())
    change = find_change(session, before, after, plan.id, today())
    _move_postings(session, change)
    _write_lists(session, plan, change)
    posted_anew = {row.staff_id for row in change.carries}
    shifts = unroll_patterns(session, staff_ids=posted_anew) if posted_anew else None
    return {
        "staff": len(change.staff_ids),
        "shifts_added": shifts.added if shifts else 0,
        "shifts_removed": shifts.removed if shifts else 0,
        **{f"postings_{one}": change.count_outcomes(one) for one in ("carried", "undecided", "returned")},
    }


def _move_postings(session: Session, change: Change) -> None:
    """End what retires on the day before; what would begin no earlier than its end is taken away."""
    ended = [row.posting_id for row in change.carries if row.posting_id and row.starts_on < change.on]
    void = [row.posting_id for row in change.carries if row.posting_id and row.starts_on >= change.on]
    if ended:
        last = change.on - timedelta(days=1)
        session.execute(update(Posting).where(Posting.id.in_(ended)).values(ends_on=last))
    if void:
        session.execute(delete(Posting).where(Posting.id.in_(void)))
    goes_on = [row for row in change.carries if row.to_code is not None]
    if goes_on:
        rows = {
            "staff_ids": [row.staff_id for row in goes_on],
            "codes": [row.to_code for row in goes_on],
            "starts_on": [max(row.starts_on, change.on) for row in goes_on],
            "ends_on": [row.ends_on for row in goes_on],
        }
        session.execute(sql("carry_postings"), rows)


def _write_lists(session: Session, plan: Plan, change: Change) -> None:
    columns = {"plan_id": "int8", "staff_id": "int8", "effective_on": "date"}
    copy_rows(session, "handoffs", columns, ((plan.id, one, change.on) for one in change.staff_ids))
    copy_rows(session, "handoff_parts", _PART_COLUMNS, (_part(plan.id, row) for row in change.parts))
    copy_rows(session, "handoff_carries", _CARRY_COLUMNS, (_carry(plan.id, row) for row in change.carries))


def _part(plan_id: int, row: AnyRow) -> tuple[object, ...]:
    return (
        plan_id,
        row.staff_id,
        row.direction,
        row.building_id,
        row.entrance_number,
        row.floor_from,
        row.floor_to,
        row.households,
        row.is_estimate,
        row.before,
        row.after,
    )


def _carry(plan_id: int, row: AnyRow) -> tuple[object, ...]:
    return (
        plan_id,
        row.staff_id,
        row.from_code,
        row.to_code,
        row.outcome,
        row.households,
        row.households_shared,
        row.starts_on,
        row.ends_on,
    )
