"""Where entries of phones contradict each other: all sides, and what is shown meanwhile."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, or_, select

from gridmap.handling.merging import THERE
from gridmap.models import FieldEntry, Issue, IssueEvent, Staff
from gridmap.services.field_steps import ISSUE
from gridmap.services.field_visits import VISIT, find_visit_entries, merge_visit, said_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session


def list_conflicts(session: Session, staff_id: int, issue_ids: Iterable[int]) -> list[dict[str, Any]]:
    """List the open conflicts of a post: about its visits, and about issues it sees or took steps on.

    A conflict about an issue is over when somebody settles it, or takes any step on the issue afterwards.

    Returns
    -------
    list of dict
        ``entry_id`` (the least of the sides: names the conflict), ``subject`` (``what``, ``id``),
        ``made_at``, ``sides`` (``entry_id``, ``who``, ``made_at``, ``fields`` or ``steps``, ``removes``)
        and ``current``.
    """
    seen = [str(one) for one in issue_ids]
    mine = select(FieldEntry.subject_id).where(
        FieldEntry.state == "conflict", FieldEntry.subject == ISSUE, FieldEntry.staff_id == staff_id
    )
    query = select(FieldEntry).where(
        FieldEntry.state == "conflict",
        or_(
            (FieldEntry.subject == VISIT) & (FieldEntry.staff_id == staff_id),
            (FieldEntry.subject == ISSUE)
            & (FieldEntry.subject_id.in_(seen) | FieldEntry.subject_id.in_(mine)),
        ),
    )
    groups: dict[tuple[str, str, int], list[FieldEntry]] = defaultdict(list)
    for entry in session.scalars(query.order_by(FieldEntry.id)):
        groups[entry.subject, entry.subject_id, entry.answer.get("event", 0)].append(entry)
    posts = _posts_of(session, {one.staff_id for group in groups.values() for one in group})
    found = []
    for (subject, _, _), group in sorted(groups.items()):
        one = _of_visit(session, group) if subject == VISIT else _of_issue(session, group)
        if one is not None:
            who = {
                "sides": [
                    side | {"who": posts[entry.staff_id]}
                    for side, entry in zip(one["sides"], group, strict=True)
                ]
            }
            found.append(one | who)
    return found


def _posts_of(session: Session, ids: set[int]) -> dict[int, dict[str, str]]:
    query = select(Staff.id, Staff.code, Staff.role).where(Staff.id.in_(ids))
    return {row.id: {"code": row.code, "role": row.role} for row in session.execute(query)}


def _of_visit(session: Session, sides: Sequence[FieldEntry]) -> dict[str, Any]:
    merged = merge_visit(find_visit_entries(session, sides[0].subject_id))
    names = [name for name in merged.sides if name != THERE]
    rows = []
    for side in sides:
        fields = {name: value for name, value in merge_visit([side]).values.items() if name in names}
        removes = side.what == "removal" or bool(said_of(side).get("removes"))
        rows.append(_side(side) | {"fields": fields, "steps": [], "removes": removes})
    return _conflict(sides, rows) | {"current": {name: merged.values.get(name) for name in names}}


def _of_issue(session: Session, sides: Sequence[FieldEntry]) -> dict[str, Any] | None:
    if any(side.answer.get("settled") for side in sides):
        return None
    issue_id, event = int(sides[0].subject_id), sides[0].answer.get("event", 0)
    decided = exists().where(
        IssueEvent.issue_id == issue_id, IssueEvent.id > event, IssueEvent.account_id.is_not(None)
    )
    if session.scalar(select(decided)):
        return None
    issue = session.execute(
        select(Issue.state, Issue.version, Issue.outcome).where(Issue.id == issue_id)
    ).one()
    rows = [
        _side(side) | {"fields": {}, "steps": side.answer["steps"][side.answer["agreed"] :], "removes": False}
        for side in sides
    ]
    return _conflict(sides, rows) | {"current": issue._asdict()}


def _side(entry: FieldEntry) -> dict[str, Any]:
    return {"entry_id": str(entry.id), "made_at": entry.made_at}


def _conflict(sides: Sequence[FieldEntry], rows: list[dict[str, Any]]) -> dict[str, Any]:
    first = min(sides, key=lambda side: str(side.id))
    return {
        "entry_id": str(first.id),
        "subject": {"what": first.subject, "id": first.subject_id},
        "made_at": min(side.made_at for side in sides),
        "sides": rows,
    }
