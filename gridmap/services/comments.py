"""Comments on plans, pinned to a micro-grid, to a point, or to the plan as a whole."""

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.models import Account, Area, MicroGrid, PlanComment
from gridmap.services import audit
from gridmap.services.actors import Actor, require
from gridmap.services.plans import get_plan, require_readable
from gridmap.services.rows import AnyRow, AnySelect, fetch
from gridmap.services.waivers import refuse_words

LONGEST_WORDS = 2000


def list_comments(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    is_open: bool | None = None,
    micro_grid: str | None = None,
    after_id: int = 0,
    limit: int | None = 100,
) -> list[AnyRow]:
    """List the comments on a plan in the order they were made.

    Parameters
    ----------
    is_open
        Only those that are not (True), or are (False), resolved.

    Returns
    -------
    list of Row
        ``id``, ``micro_grid`` (code or None), ``lon``, ``lat`` (None where no point is meant), ``pin_lon``,
        ``pin_lat`` (where its pin stands: at the point, or amid the micro-grid; None for the plan as a whole
        and for a micro-grid that is no longer there), ``words``, ``by`` (username; None = the system),
        ``created_at``, ``resolved_at``.
    """
    where = _comments_where(session, actor, plan_id, is_open, micro_grid)
    query = _comments().where(*where, PlanComment.id > after_id)
    return fetch(session, query.order_by(PlanComment.id).limit(limit))


def count_comments(
    session: Session,
    actor: Actor,
    plan_id: int,
    *,
    is_open: bool | None = None,
    micro_grid: str | None = None,
) -> int:
    """Count what `list_comments` would list."""
    where = _comments_where(session, actor, plan_id, is_open, micro_grid)
    return session.scalar(select(func.count()).select_from(PlanComment).where(*where)) or 0


def add_comment(
    session: Session,
    actor: Actor,
    plan_id: int,
    words: str,
    *,
    micro_grid: str | None = None,
    lon: float | None = None,
    lat: float | None = None,
) -> AnyRow:
    """Comment on a plan, whatever its status; nothing about persons.

    Parameters
    ----------
    words
        Up to 2000 characters.
    micro_grid
        Code that it is pinned to.
    lon, lat
        Point that it is pinned to, degrees (EPSG:4326).

    Raises
    ------
    NotFound
        If there is no such plan for the actor.
    Conflict
        If it is not made yet.
    BadInput
        If there are no words, too many, or they name somebody; the plan has no such micro-grid; the point
        lies outside its area; or both are given.
    """
    require(actor, "plans.write")
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    refuse_words(words, "words", LONGEST_WORDS)
    if (lon is None) != (lat is None):
        raise _fault("lat" if lat is None else "lon", "api_missing")
    if micro_grid is not None:
        if lon is not None:
            raise _fault("micro_grid", "comment_one_pin")
        known = select(MicroGrid.id).where(MicroGrid.plan_id == plan.id, MicroGrid.code == micro_grid)
        if session.scalar(known) is None:
            raise _fault("micro_grid", "comment_unknown_micro_grid", micro_grid)
    point = None if lon is None else func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    if point is not None and not session.scalar(
        select(func.ST_Covers(Area.geom, point)).where(Area.id == plan.area_id)
    ):
        raise _fault("lon", "comment_outside", f"{lon}, {lat}")
    comment = PlanComment(
        plan_id=plan.id,
        micro_grid_code=micro_grid,
        point=point,
        words=words.strip(),
        account_id=actor.account_id,
    )
    session.add(comment)
    session.flush()
    audit.record(session, actor, "commented", "plan", plan.id, comment=comment.id, micro_grid=micro_grid)
    return session.execute(_comments().where(PlanComment.id == comment.id)).one()


def resolve_comment(
    session: Session, actor: Actor, plan_id: int, comment_id: int, *, is_resolved: bool = True
) -> AnyRow:
    """Mark a comment as settled, or as open again.

    Raises
    ------
    NotFound
        If the plan has none of this number, or lies outside the actor's scope.
    """
    require(actor, "plans.write")
    plan = get_plan(session, actor, plan_id)
    comment = session.scalar(
        select(PlanComment).where(PlanComment.id == comment_id, PlanComment.plan_id == plan.id)
    )
    if comment is None:
        raise NotFound
    if (comment.resolved_at is not None) != is_resolved:
        comment.resolved_at = func.now() if is_resolved else None
        session.flush()
        action = "resolved" if is_resolved else "reopened"
        audit.record(session, actor, action, "plan_comment", comment.id, plan=plan.id)
    return session.execute(_comments().where(PlanComment.id == comment.id)).one()


def _comments_where(
    session: Session, actor: Actor, plan_id: int, is_open: bool | None, micro_grid: str | None
) -> list[ColumnElement[bool]]:
    plan = get_plan(session, actor, plan_id)
    where = [PlanComment.plan_id == plan.id]
    if is_open is not None:
        where.append(PlanComment.resolved_at.is_(None) == is_open)
    if micro_grid is not None:
        where.append(PlanComment.micro_grid_code == micro_grid)
    return where


def _comments() -> AnySelect:
    pin = func.coalesce(PlanComment.point, MicroGrid.label)
    own = and_(MicroGrid.plan_id == PlanComment.plan_id, MicroGrid.code == PlanComment.micro_grid_code)
    columns = select(
        PlanComment.id,
        PlanComment.micro_grid_code.label("micro_grid"),
        func.ST_X(PlanComment.point).label("lon"),
        func.ST_Y(PlanComment.point).label("lat"),
        func.ST_X(pin).label("pin_lon"),
        func.ST_Y(pin).label("pin_lat"),
        PlanComment.words,
        Account.username.label("by"),
        PlanComment.created_at,
        PlanComment.resolved_at,
    )
    return columns.outerjoin(MicroGrid, own).outerjoin(Account, Account.id == PlanComment.account_id)


def _fault(column: str, reason: str, value: str = "") -> BadInput:
    return BadInput(fields=[FieldError("body", column, reason, value[:60])])
