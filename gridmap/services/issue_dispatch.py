"""To whom an issue goes and why: candidates by the roster, the side of a border, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.models import Building, Issue
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.duty import nearest_on_duty
from gridmap.services.duty_answers import DutyAnswer, DutyQuestion
from gridmap.services.duty_places import AskedPlace
from gridmap.services.issue_steps import Given, Taken, list_steps, take_step
from gridmap.services.postings import list_people_of_building, list_people_of_micro_grid, today
from gridmap.services.rows import AnyRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DISPATCH = "dispatch"
RULE = "nearest_on_duty"
"""Of the tier of the issue or the next one up, on foot; who is posted to the very place stands first."""
BORDER_M = 15.0
"""Who stands no farther from a border may lie on either side."""
MOST_CANDIDATES = 5


@dataclass(frozen=True)
class Side:
    """A micro-grid (a grid, where there is no plan) in which the issue may lie.

    Attributes
    ----------
    distance_m
        From the point of the issue; 0 inside.
    """

    kind: str
    code: str
    name: str
    grid_code: str
    plan_id: int | None
    distance_m: float
    lon: float
    lat: float


@dataclass(frozen=True)
class Receivers:
    """To whom an issue can go.

    Attributes
    ----------
    rule, tier
        By which rule, and from which tier on.
    sides
        Where the issue may lie; more than one is a question for whoever dispatches it.
    side
        Code of the side that is asked for; None while the question is open.
    answer
        Who is on duty nearest to that side, with the reasons; None while the question is open, or without a
        place.
    posted
        Who answers for the place by posting, on duty or not; the nearest posting first.
    plan_version
        Plan of the sides, None without one.
    """

    rule: str
    tier: str
    sides: Sequence[Side]
    side: str | None
    answer: DutyAnswer | None
    posted: Sequence[AnyRow]
    plan_version: int | None

    @property
    def is_border(self) -> bool:
        """Whether somebody has to say on which side it lies."""
        return self.side is None and len(self.sides) > 1


def list_receivers(
    session: Session,
    actor: Actor,
    issue_id: int,
    *,
    side: str | None = None,
    at: datetime | None = None,
    language: str | None = None,
) -> Receivers:
    """List to whom an issue can go.

    Parameters
    ----------
    side
        Code of one of the sides; needed at a border.
    at
        Moment with zone; now by default.

    Raises
    ------
    NotFound
        If there is no such issue in the actor's scope.
    BadInput
        If the issue does not lie at that side.
    """
    require(actor, "duty.dispatch")
    issue = _get_place(session, actor, issue_id)
    sides = _list_sides(session, issue)
    chosen = _choose(sides, side)
    answer, posted = None, []
    if chosen is not None or (not sides and issue.lon is not None):
        lon, lat = (issue.lon, issue.lat) if chosen is None else (chosen.lon, chosen.lat)
        question = DutyQuestion(at=at, tier=issue.tier, own_first=True, limit=MOST_CANDIDATES)
        answer = nearest_on_duty(session, actor, AskedPlace(lon, lat), question, language=language)
        posted = _list_posted(session, issue, chosen, is_whole=len(sides) < 2)
    return Receivers(
        rule=RULE,
        tier=issue.tier,
        sides=sides,
        side=chosen.code if chosen else None,
        answer=answer,
        posted=posted,
        plan_version=max((one.plan_id for one in sides if one.plan_id is not None), default=None),
    )


def dispatch_issue(
    session: Session,
    actor: Actor,
    issue_id: int,
    given: Given,
    *,
    side: str | None = None,
    version: int | None = None,
    client_id: str | None = None,
    language: str | None = None,
) -> Taken:
    """Dispatch an issue and keep why: rule, tier, plan version, side, candidates, and which one was chosen.

    Parameters
    ----------
    side
        Code of the micro-grid (or grid) it lies in; needed at a border.

    Raises
    ------
    BadInput
        If it lies at a border and no side is named; and as `gridmap.services.issue_steps.take_step`.
    """
    may = any(step.action == DISPATCH for step in list_steps(session, actor, issue_id))
    if may and given.dispatched_to is not None:
        known = list_receivers(session, actor, issue_id, side=side, language=language)
        if known.is_border:
            hint = " | ".join(one.code for one in known.sides)
            raise BadInput(fields=[FieldError("body", "side", "dispatch_side", hint=hint)])
        given = replace(given, reason={**given.reason, **_reason(known, given.dispatched_to)})
    return take_step(session, actor, issue_id, DISPATCH, given, version=version, client_id=client_id)


def _reason(known: Receivers, receiver: str) -> Mapping[str, Any]:
    """Put down in plain values what whoever dispatches had before them."""
    people = known.answer.people if known.answer else []
    candidates = [
        {
            "to": f"staff:{one.staff_code}",
            "role": one.role,
            "walk_m": one.walk_m,
            "how": one.how,
            "own_place": one.own_place,
            "open_issues": one.open_issues,
            "why": one.why.text,
        }
        for one in people
    ]
    order = [one["to"] for one in candidates]
    return {
        "rule": known.rule,
        "tier": known.tier,
        "plan_version": known.plan_version,
        "side": known.side,
        "sides": [one.code for one in known.sides],
        "definition": known.answer.definition if known.answer else "",
        "passed": [one.text for one in known.answer.passed] if known.answer else [],
        "nobody": known.answer.nobody.text if known.answer and known.answer.nobody else None,
        "candidates": candidates,
        "chosen": order.index(receiver) + 1 if receiver in order else None,
    }


def _get_place(session: Session, actor: Actor, issue_id: int) -> Any:
    query = select(
        Issue.building_id,
        Issue.entrance_number,
        Issue.floor,
        Issue.tier,
        func.ST_X(Issue.geom).label("lon"),
        func.ST_Y(Issue.geom).label("lat"),
    )
    row = session.execute(query.where(Issue.id == issue_id, scope_of(actor, Issue.grid_id))).one_or_none()
    if row is None:
        raise NotFound
    return row


def _list_sides(session: Session, issue: Any) -> list[Side]:
    if issue.building_id is None and issue.lon is None:
        return []
    place = {
        "building_id": issue.building_id,
        "entrance_number": issue.entrance_number,
        "floor": issue.floor,
        "lon": issue.lon,
        "lat": issue.lat,
        "near_m": BORDER_M,
    }
    return [Side(**row._mapping) for row in session.execute(sql("issue_sides"), place)]


def _choose(sides: Sequence[Side], code: str | None) -> Side | None:
    if code is None:
        return sides[0] if len(sides) == 1 else None
    for side in sides:
        if side.code == code:
            return side
    hint = " | ".join(one.code for one in sides) or "-"
    raise BadInput(fields=[FieldError("body", "side", "api_not_one_of", value=code[:60], hint=hint)])


def _list_posted(session: Session, issue: Any, side: Side | None, *, is_whole: bool) -> list[AnyRow]:
    if issue.building_id is not None and is_whole:
        place = select(Building.id, Building.compound_id, Building.grid_id)
        building = session.execute(place.where(Building.id == issue.building_id)).one()
        return list_people_of_building(session, building, today())
    if side is None:
        return []
    code = side.code if side.kind == "micro_grid" else ""
    return list_people_of_micro_grid(session, code, side.grid_code, today())
