"""Issues: what was reported where and what became of it."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session, aliased

from gridmap.db import plan_by_values
from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.models import Area, Assignment, Building, Issue, IssueEvent, MicroGrid
from gridmap.models.issues import CLOSED_STATES
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.audit import record
from gridmap.services.issue_births import begin_issue
from gridmap.services.issue_scope import is_dispatched_to, is_seen_by
from gridmap.services.places import get_area
from gridmap.services.postings import CURRENT, buildings_of, today
from gridmap.services.rows import AnyRow, AnySelect, fetch

OWN_SOURCE = "gridmap"


@dataclass(frozen=True)
class IssueFilter:
    """Which issues; what is None does not filter.

    Attributes
    ----------
    micro_grid_code
        Only those at buildings in this micro-grid of the published plan.
    mine
        Only those at buildings the actor's own post answers for today, or dispatched to it.
    starts_at, ends_at
        Reported from, and before.
    ids
        Only these.
    """

    area_code: str | None = None
    micro_grid_code: str | None = None
    building_id: int | None = None
    category: str | None = None
    channel: str | None = None
    tier: str | None = None
    state: str | None = None
    is_open: bool | None = None
    mine: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    ids: tuple[int, ...] | None = None


EVERYTHING = IssueFilter()


def list_issues(
    session: Session,
    actor: Actor,
    which: IssueFilter = EVERYTHING,
    *,
    after_id: int = 0,
    limit: int | None = 100,
) -> list[AnyRow]:
    """List issues, the newest first.

    Parameters
    ----------
    after_id
        Id of the last issue already seen; 0 = from the newest.

    Returns
    -------
    list of Row
        ``id``, ``category``, ``channel``, ``state``, ``reported_at``, ``closed_at``, ``due_at``,
        ``building_id``, ``building_name``, ``entrance_number``, ``floor``, ``grid_code``, ``flags``, ``lon``,
        ``lat``. The text, which people write freely, comes only with
        `gridmap.services.issue_details.get_issue`.
    """
    where = build_issues_where(session, actor, which)
    if after_id:
        last = aliased(Issue)
        position = select(last.reported_at, last.id).where(last.id == after_id)
        if session.execute(position).one_or_none() is None:
            raise BadInput(fields=[FieldError("query", "after", "api_unknown_key", value=str(after_id))])
        where.append(tuple_(Issue.reported_at, Issue.id) < position.scalar_subquery())
    query = select_issues().where(*where).order_by(Issue.reported_at.desc(), Issue.id.desc()).limit(limit)
    return fetch(session, query)


def count_issues(session: Session, actor: Actor, which: IssueFilter = EVERYTHING) -> int:
    """Count what `list_issues` would list."""
    where = build_issues_where(session, actor, which)
    return session.scalar(select(func.count()).select_from(Issue).where(*where)) or 0


def list_categories(session: Session, actor: Actor) -> list[AnyRow]:
    """List the categories in use inside the actor's scope: ``category``, ``issues``, most used first."""
    require(actor, "issues.read")
    number = func.count().label("issues")
    query = select(Issue.category, number).where(scope_of(actor, Issue.grid_id)).group_by(Issue.category)
    return fetch(session, query.order_by(number.desc(), Issue.category))


def create_issue(
    session: Session,
    actor: Actor,
    *,
    category: str,
    text: str = "",
    building_id: int | None = None,
    lon: float | None = None,
    lat: float | None = None,
    entrance_number: int | None = None,
    floor: int | None = None,
    client_id: str | None = None,
    channel: str = "app",
) -> int:
    """Report an issue at a building or at a point (EPSG:4326).

    Parameters
    ----------
    client_id
        Id made by the client; the same one again gives the issue already there, so a retry is harmless.
    channel
        The way it came.

    Returns
    -------
    int
        Id of the issue.

    Raises
    ------
    NotFound
        If the building does not exist or lies outside the actor's scope.
    BadInput
        If no place is given, or the point lies in no grid of the actor's scope.
    Conflict
        If another account has used the client's id.
    """
    require(actor, "issues.write")
    geom, grid_id = _place_of(session, actor, building_id, lon, lat)
    source_id = client_id or str(uuid.uuid4())
    now = datetime.now(UTC)
    values = {
        "source": OWN_SOURCE,
        "source_id": source_id,
        "category": category,
        "channel": channel,
        "state": "reported",
        "text": text,
        "reported_at": now,
        "building_id": building_id,
        "entrance_number": entrance_number,
        "floor": floor,
        "grid_id": grid_id,
        "geom": geom,
    }
    once = insert(Issue).values(values).on_conflict_do_nothing(index_elements=["source", "source_id"])
    issue_id = session.scalar(once.returning(Issue.id))
    if issue_id is None:
        return _issue_already_there(session, actor, source_id)
    begin_issue(session, actor, issue_id, now)
    record(session, actor, "reported", "issue", issue_id, category=category)
    return issue_id


def _issue_already_there(session: Session, actor: Actor, source_id: str) -> int:
    row = session.execute(
        select(Issue.id, IssueEvent.account_id)
        .join(IssueEvent, IssueEvent.issue_id == Issue.id)
        .where(Issue.source == OWN_SOURCE, Issue.source_id == source_id)
        .order_by(IssueEvent.id)
        .limit(1)
    ).one()
    if row.account_id != actor.account_id:
        raise Conflict("client_id_taken")
    return int(row.id)


def _place_of(
    session: Session, actor: Actor, building_id: int | None, lon: float | None, lat: float | None
) -> tuple[Any, int]:
    if building_id is not None:
        inside = Building.point
        query = select(inside.label("geom"), Building.grid_id)
        row = session.execute(
            query.where(Building.id == building_id, scope_of(actor, Building.grid_id))
        ).one_or_none()
        if row is None:
            raise NotFound
        return row.geom, row.grid_id
    if lon is None or lat is None:
        raise BadInput(fields=[FieldError("body", "building_id", "issue_place_needed")])
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    grid_id = session.scalar(
        select(Area.id)
        .where(Area.level == "grid", func.ST_Intersects(Area.geom, point), scope_of(actor, Area.id))
        .order_by(Area.code)
        .limit(1)
    )
    if grid_id is None:
        raise BadInput(fields=[FieldError("body", "lon", "issue_outside", value=f"{lon:.6f}, {lat:.6f}")])
    return point, grid_id


def select_issues() -> AnySelect:
    """Select what lists of issues show."""
    return (
        select(
            Issue.id,
            Issue.category,
            Issue.channel,
            Issue.state,
            Issue.reported_at,
            Issue.closed_at,
            Issue.due_at,
            Issue.building_id,
            Building.name.label("building_name"),
            Issue.entrance_number,
            Issue.floor,
            Area.code.label("grid_code"),
            Issue.flags,
            func.ST_X(Issue.geom).label("lon"),
            func.ST_Y(Issue.geom).label("lat"),
        )
        .outerjoin(Building, Building.id == Issue.building_id)
        .outerjoin(Area, Area.id == Issue.grid_id)
    )


def build_issues_where(session: Session, actor: Actor, which: IssueFilter) -> list[ColumnElement[bool]]:
    """Build the conditions of a filter, inside the actor's scope; the queries are planned for its values."""
    require(actor, "issues.read")
    plan_by_values(session)
    where = [is_seen_by(actor), *_places_where(session, actor, which)]
    if which.is_open is not None:
        closed = Issue.state.in_(CLOSED_STATES)
        where.append(~closed if which.is_open else closed)
    for column, word in (
        (Issue.category, which.category),
        (Issue.channel, which.channel),
        (Issue.tier, which.tier),
        (Issue.state, which.state),
    ):
        if word is not None:
            where.append(column == word)
    if which.starts_at is not None:
        where.append(Issue.reported_at >= which.starts_at)
    if which.ends_at is not None:
        where.append(Issue.reported_at < which.ends_at)
    if which.ids is not None:
        where.append(Issue.id == func.any(cast(list(which.ids), ARRAY(BigInteger))))
    return where


def _places_where(session: Session, actor: Actor, which: IssueFilter) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if which.area_code is not None:
        area = get_area(session, actor, which.area_code)
        where.append(Issue.grid_id.in_(select(Area.id).where(Area.lineage.contains([area.id]))))
    if which.micro_grid_code is not None:
        assigned = select(Assignment.building_id).join(MicroGrid, MicroGrid.id == Assignment.micro_grid_id)
        assigned = assigned.where(*CURRENT, MicroGrid.code == which.micro_grid_code)
        where.append(Issue.building_id.in_(assigned))
    if which.building_id is not None:
        where.append(Issue.building_id == which.building_id)
    if which.mine:
        mine = select(Building.id).where(buildings_of(actor.staff_id or 0, today()))
        where.append(or_(Issue.building_id.in_(mine), is_dispatched_to(actor)))
    return where
