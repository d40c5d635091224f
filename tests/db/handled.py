"""A small city whose issues are worked on: two streets, somebody of every role, and steps at given hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from gridmap.services import issue_steps, issues
from gridmap.services.accounts import actor_of_account, create_account
from gridmap.services.actors import SYSTEM, VISITOR, Actor
from gridmap.services.issue_births import give_secret
from gridmap.services.issue_steps import Given, Taken
from tests.spatial_city import fill

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

ROLES = ("admin", "planner", "official", "dispatcher", "field")
START = datetime(2026, 3, 4, 1, tzinfo=UTC)  # Wednesday 4 March, 9 o'clock in the city
NEEDS: dict[str, dict[str, Any]] = {
    "dispatch": {"dispatched_to": "staff:P000003", "note": "离得最近"},
    "whistle": {"dispatched_to": "department:城管局", "note": "占道"},
    "return": {"note": "不在本片"},
    "settle": {"outcome": "fixed", "note": "已修好"},
    "reject": {"note": "还在漏"},
    "rate": {"rating": 5},
    "reopen": {"note": "又漏了"},
    "extend": {"note": "等配件"},
    "defer": {"note": "等汛期过"},
    "split": {"note": "不是一回事"},
    "void": {"note": "恶作剧"},
    "escalate": {"note": "办不了"},
}
"""What must come with each step, but for `until` and `parent_id`."""


@dataclass
class Desk:
    """The people of the city at work, one of each role, and `boss`, another admin."""

    session: Session
    people: dict[str, Actor] = field(default_factory=dict)

    def report(self, *, hour: float = 0, category: str = "water", building_id: int | None = None) -> int:
        """Report an issue some hours after `START`, as the dispatcher does by phone."""
        building_id = building_id or self.session.execute(text("SELECT min(id) FROM buildings")).scalar_one()
        issue_id = issues.create_issue(
            self.session, self.people["dispatcher"], category=category, building_id=building_id
        )
        at = START + timedelta(hours=hour)
        self.session.execute(
            text("UPDATE issues SET reported_at = :at, clock_rule_id = NULL WHERE id = :id"),
            {"at": at, "id": issue_id},
        )
        self.session.execute(
            text("UPDATE issue_events SET at = :at WHERE issue_id = :id"), {"at": at, "id": issue_id}
        )
        self.reckon(issue_id)
        return issue_id

    def reckon(self, issue_id: int) -> None:
        """Reckon the clocks of an issue anew."""
        from gridmap.models import Issue  # noqa: PLC0415
        from gridmap.services.issue_clocks import write_clocks  # noqa: PLC0415

        self.session.expire_all()
        write_clocks(self.session, self.session.get_one(Issue, issue_id))

    def secret(self, issue_id: int) -> str:
        """The secret of the issue's link."""
        return give_secret(self.session, SYSTEM, issue_id)

    def take(self, issue_id: int, action: str, *, by: str = "boss", hour: float = 1, **more: Any) -> Taken:
        """Take a step some hours after `START`; `by` is a role, ``boss``, ``system`` or ``link:<secret>``."""
        at = START + timedelta(hours=hour)
        given: dict[str, Any] = dict(NEEDS.get(action, {}))
        given |= {key: more.pop(key) for key in list(more) if key in Given.__dataclass_fields__}
        if action in ("extend", "defer"):
            given.setdefault("until", at + timedelta(days=3))
        secret = by.removeprefix("link:") if by.startswith("link:") else None
        return issue_steps.take_step(
            self.session, self.actor(by), issue_id, action, Given(**given), now=at, secret=secret, **more
        )

    def actor(self, by: str) -> Actor:
        """Who is meant by `by`."""
        if by == "visitor" or by.startswith("link:"):
            return VISITOR
        return SYSTEM if by == "system" else self.people[by]

    def walk(self, issue_id: int, path: str, *, hour: float = 1) -> None:
        """Take several steps as the boss, at the same hour."""
        for action in path.split():
            self.take(issue_id, action, hour=hour)

    def row(self, issue_id: int) -> Any:
        """The issue as it stands."""
        return self.session.execute(text("SELECT * FROM issues WHERE id = :id"), {"id": issue_id}).one()

    def clocks(self, issue_id: int) -> dict[tuple[str, int], Any]:
        """Its clocks by name and round."""
        rows = self.session.execute(text("SELECT * FROM issue_clocks WHERE issue_id = :id"), {"id": issue_id})
        return {(row.clock, row.round_number): row for row in rows}


def open_desk(session: Session, connection: Connection, **sizes: int) -> Desk:
    """Fill the city and let somebody of every role in."""
    fill(connection, **({"columns": 2, "rows": 2, "staff": 3, "days": 1, "issues": 0} | sizes))
    desk = Desk(session)
    for role in (*ROLES, "boss"):
        areas = [] if role in ("admin", "boss") else ["S0"]
        create_account(
            session,
            SYSTEM,
            role,
            role="admin" if role == "boss" else role,
            area_codes=areas,
            staff_code="P000003" if role == "field" else None,
        )
        desk.people[role] = actor_of_account(session, role)
    return desk
