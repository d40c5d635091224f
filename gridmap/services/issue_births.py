"""What an issue gets when it comes into the world: its report, compound, clocks, and a secret link."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.errors import NotFound
from gridmap.models import Building, Compound, Issue, IssueEvent
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.audit import record
from gridmap.services.issue_clocks import write_clocks
from gridmap.services.issue_legality import hash_secret

SECRET_BYTES = 24


def begin_issue(session: Session, actor: Actor, issue_id: int, at: datetime) -> None:
    """Write the report of an issue just inserted: event, compound with its property company, clocks."""
    issue = session.get_one(Issue, issue_id)
    event = IssueEvent(
        issue_id=issue_id,
        at=at,
        to_state=issue.state,
        action="report",
        account_id=actor.account_id,
        details={},
    )
    session.add(event)
    compound = _find_compound(session, issue)
    if compound is not None:
        issue.compound_id, issue.property_company = compound.id, compound.property_company or ""
    write_clocks(session, issue)


def give_secret(session: Session, actor: Actor, issue_id: int) -> str:
    """Make the secret of an issue's link, shown once and kept as a digest; one given before ends.

    Raises
    ------
    NotFound
        If there is no such issue in the actor's scope.
    """
    require(actor, "issues.write")
    query = select(Issue).where(Issue.id == issue_id, scope_of(actor, Issue.grid_id))
    issue = session.scalar(query.with_for_update())
    if issue is None:
        raise NotFound
    secret = secrets.token_urlsafe(SECRET_BYTES)
    issue.secret_hash = hash_secret(secret)
    record(session, actor, "link_given", "issue", issue_id)
    return secret


def find_issue_by_secret(session: Session, secret: str) -> int | None:
    """Find the issue of a secret link; whoever has the link needs no account."""
    return session.scalar(select(Issue.id).where(Issue.secret_hash == hash_secret(secret)))


def _find_compound(session: Session, issue: Issue) -> Compound | None:
    """Find the compound of the issue's building, else that around its point; on a border the lower code."""
    of_building = select(Compound).join(Building, Building.compound_id == Compound.id)
    if found := session.scalar(of_building.where(Building.id == issue.building_id)):
        return found
    around = select(Compound).where(func.ST_Intersects(Compound.geom, issue.geom))
    return session.scalar(around.order_by(Compound.code).limit(1))
