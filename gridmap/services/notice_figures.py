"""How far a notice is: homes reached over time, by area and by building, and who has to be called.

Counted by place, never by person: the list of calls stands in the order of places.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, select

from gridmap.db import sql
from gridmap.handling.reach import Mark, Step, build_curve, find_marks, list_tiers
from gridmap.i18n import translate
from gridmap.models import Area, Building, NoticePart, NoticeReceiver
from gridmap.services.actors import Actor
from gridmap.services.notices import describe_notice, find_own_areas, get_notice, homes_in
from gridmap.services.rows import AnyRow, AnySelect, fetch

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class ReachAnswer:
    """How far a notice is at a moment.

    Attributes
    ----------
    notice
        As in `gridmap.services.notices.list_notices`.
    households_unheld, households_without_receiver
        Of all homes, those that no micro-grid holds, and those of micro-grids that nobody answers for.
    receivers, acknowledged
        Posts.
    curve
        Homes reached by the minute.
    marks
        After two hours and after three.
    tiers
        Each tier with the moment from which it has to call.
    areas
        Rows of ``sql/notice_areas.sql``.
    """

    notice: AnyRow
    households_estimated: bool
    households_unheld: int
    households_without_receiver: int
    receivers: int
    acknowledged: int
    curve: list[Step]
    marks: list[Mark]
    tiers: list[tuple[str, datetime]]
    areas: list[AnyRow]
    definition: str
    as_of: datetime


def find_reach(
    session: Session,
    actor: Actor,
    notice_id: int,
    *,
    language: str | None = None,
    now: datetime | None = None,
) -> ReachAnswer:
    """Find how far a notice is; of one to a wider area, how far it is in the actor's.

    Raises
    ------
    NotFound
        If there is none in the actor's scope.
    """
    notice = get_notice(session, actor, notice_id)
    as_of = now or datetime.now(UTC)
    area_ids = find_own_areas(session, actor, notice)
    parts = (NoticePart.notice_id == notice.id, homes_in(area_ids))
    reached = select(NoticePart.reached_at, NoticePart.households).where(
        *parts, NoticePart.reached_at <= as_of
    )
    told = ((at, homes) for at, homes in session.execute(reached) if at is not None)
    curve = build_curve(notice.sent_at, told)
    receivers, acknowledged = session.execute(
        select(
            func.count(NoticeReceiver.staff_id.distinct()),
            func.count(NoticeReceiver.staff_id.distinct()).filter(
                NoticeReceiver.acknowledged_at.is_not(None)
            ),
        ).where(
            NoticeReceiver.notice_id == notice.id,
            NoticeReceiver.micro_grid_code.in_(select(NoticePart.micro_grid_code).where(*parts)),
        )
    ).one()
    estimated, unheld, orphaned = session.execute(_count_homes(parts)).one()
    described = describe_notice(session, actor, notice.id)
    top = area_ids[0] if area_ids is not None and len(area_ids) == 1 else notice.area_id
    depth = session.scalar(select(func.cardinality(Area.lineage)).where(Area.id == top))
    asked = {"notice_id": notice.id, "depth": depth, "area_ids": area_ids}
    return ReachAnswer(
        notice=described,
        households_estimated=bool(estimated),
        households_unheld=unheld,
        households_without_receiver=orphaned,
        receivers=receivers,
        acknowledged=acknowledged,
        curve=curve,
        marks=find_marks(curve, described.households, (as_of - notice.sent_at) / MINUTE),
        tiers=list_tiers(notice.sent_at, notice.remind_after_minutes),
        areas=list(session.execute(sql("notice_areas"), asked)),
        definition=translate("notices.definition", language or actor.language),
        as_of=as_of,
    )


def list_notice_buildings(session: Session, actor: Actor, notice_id: int) -> list[AnyRow]:
    """List the buildings of a notice by id.

    Returns
    -------
    list of Row
        ``id``, ``name``, ``address``, ``lon``, ``lat``, ``households``, ``households_reached``.

    Raises
    ------
    NotFound
        If there is none in the actor's scope.
    """
    notice = get_notice(session, actor, notice_id)
    reached = func.sum(NoticePart.households).filter(NoticePart.reached_at.is_not(None))
    query = (
        select(
            Building.id,
            Building.name,
            Building.address,
            func.ST_X(Building.point).label("lon"),
            func.ST_Y(Building.point).label("lat"),
            func.sum(NoticePart.households).label("households"),
            func.coalesce(reached, 0).label("households_reached"),
        )
        .join(NoticePart, NoticePart.building_id == Building.id)
        .where(NoticePart.notice_id == notice.id, homes_in(find_own_areas(session, actor, notice)))
        .group_by(Building.id)
        .order_by(Building.id)
    )
    return fetch(session, query)


def list_calls(session: Session, actor: Actor, notice_id: int) -> list[AnyRow]:
    """List who has to be called for a notice, by tier and place; rows of ``sql/notice_calls.sql``.

    Raises
    ------
    NotFound
        If there is none in the actor's scope.
    """
    notice = get_notice(session, actor, notice_id)
    asked = {"notice_id": notice.id, "area_ids": find_own_areas(session, actor, notice)}
    return list(session.execute(sql("notice_calls"), asked))


def _count_homes(parts: tuple[ColumnElement[bool], ...]) -> AnySelect:
    """Count homes that no micro-grid holds, or whose micro-grid nobody answers for; tell of estimates."""
    received = select(NoticeReceiver.staff_id).where(
        NoticeReceiver.notice_id == NoticePart.notice_id,
        NoticeReceiver.micro_grid_code == NoticePart.micro_grid_code,
    )
    is_held = NoticePart.micro_grid_code.is_not(None)
    homes = func.sum(NoticePart.households)
    return select(
        func.bool_or(NoticePart.households_estimated),
        func.coalesce(homes.filter(~is_held), 0),
        func.coalesce(homes.filter(is_held & ~received.exists()), 0),
    ).where(*parts)
