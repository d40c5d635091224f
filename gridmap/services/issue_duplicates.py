"""Reports of the same matter: suggested by building and category before distance, and "me too".

A suggestion never stands in the way of a report.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.handling.register import read_register
from gridmap.models import Building, Issue
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.issue_steps import Given, Taken, take_step
from gridmap.services.issues import create_issue

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST_SUGGESTED = 3
NEAR_M = 50.0
"""How far apart two reports of a category may lie."""
ALIKE = 0.3
"""Share of three-letter groups from which a text of another category counts as like it."""


@dataclass(frozen=True)
class Duplicate:
    """An open issue that may be the same matter.

    Attributes
    ----------
    distance_m
        Between the points.
    likeness
        0-1, of the texts.
    same_building, same_category
        Why it is suggested.
    reports
        How many say the same, itself included.
    """

    id: int
    category: str
    channel: str
    state: str
    text: str
    reported_at: datetime
    building_id: int | None
    building_name: str | None
    entrance_number: int | None
    floor: int | None
    lon: float
    lat: float
    distance_m: float
    likeness: float
    same_building: bool
    same_category: bool
    reports: int


def find_duplicates(
    session: Session,
    actor: Actor,
    *,
    category: str,
    text: str = "",
    building_id: int | None = None,
    lon: float | None = None,
    lat: float | None = None,
    except_id: int = 0,
) -> list[Duplicate]:
    """Find the open issues that a report may repeat, the likeliest first; at most `MOST_SUGGESTED`.

    Raises
    ------
    NotFound
        If the building does not exist or lies outside the actor's scope.
    BadInput
        If no place is given.
    """
    require(actor, "issues.write")
    if building_id is not None:
        lon, lat = _point_of(session, actor, building_id)
    if lon is None or lat is None:
        raise BadInput(fields=[FieldError("body", "building_id", "issue_place_needed")])
    values = {
        "category": category,
        "building_id": building_id,
        "lon": lon,
        "lat": lat,
        "text": text,
        "near_m": NEAR_M,
        "except_id": except_id,
        "open": [state.name for state in read_register().states.values() if state.is_open],
        "area_ids": None if actor.area_ids is None else list(actor.area_ids),
        "at_most": 4 * MOST_SUGGESTED,
    }
    found = [
        Duplicate(
            **row._mapping,
            same_category=row.category == category,
        )
        for row in session.execute(sql("issue_duplicates"), values)
    ]
    alike = [one for one in found if one.same_category or one.likeness >= ALIKE]
    return alike[:MOST_SUGGESTED]


def find_duplicates_of(session: Session, actor: Actor, issue_id: int) -> list[Duplicate]:
    """Find the open issues that an issue may repeat; see `find_duplicates`. Without a place there are none.

    Raises
    ------
    NotFound
        If there is no such issue in the actor's scope.
    """
    require(actor, "issues.write")
    query = select(
        Issue.category,
        Issue.text,
        Issue.building_id,
        func.ST_X(Issue.geom).label("lon"),
        func.ST_Y(Issue.geom).label("lat"),
    )
    issue = session.execute(query.where(Issue.id == issue_id, scope_of(actor, Issue.grid_id))).one_or_none()
    if issue is None:
        raise NotFound
    if issue.building_id is None and issue.lon is None:
        return []
    return find_duplicates(session, actor, except_id=issue_id, **issue._asdict())


def add_me_too(
    session: Session,
    actor: Actor,
    parent_id: int,
    *,
    text: str = "",
    channel: str = "phone",
    client_id: str | None = None,
) -> Taken:
    """Report what an open issue says once more: written down as a report of its own and merged at once.

    Parameters
    ----------
    client_id
        Made by the client; the same one again counts once.

    Returns
    -------
    Taken
        The new report, merged.

    Raises
    ------
    NotFound
        If there is no such issue in the actor's scope.
    Conflict
        If it is not open any more, or merged itself.
    """
    require(actor, "issues.write")
    query = select(Issue).where(Issue.id == parent_id, scope_of(actor, Issue.grid_id))
    parent = session.scalar(query)
    if parent is None:
        raise NotFound
    lon, lat = session.execute(
        select(func.ST_X(Issue.geom), func.ST_Y(Issue.geom)).where(Issue.id == parent_id)
    ).one()
    issue_id = create_issue(
        session,
        actor,
        category=parent.category,
        text=text,
        building_id=parent.building_id,
        lon=lon,
        lat=lat,
        entrance_number=parent.entrance_number,
        client_id=client_id,
        channel=channel,
    )
    once = None if client_id is None else f"{client_id[:56]}:merge"
    return take_step(session, actor, issue_id, "merge", Given(parent_id=parent_id), client_id=once)


def _point_of(session: Session, actor: Actor, building_id: int) -> tuple[float, float]:
    inside = Building.point
    query = select(func.ST_X(inside), func.ST_Y(inside)).where(Building.id == building_id)
    row = session.execute(query.where(scope_of(actor, Building.grid_id))).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]
