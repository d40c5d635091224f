"""Notices: sending one to an area, seeing how far it is, and what posts say of it from the road."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field

from gridmap.services import notice_figures as figures
from gridmap.services import notice_reaches as reaches
from gridmap.services import notices as service
from gridmap.web.inputs import LARGEST_ID, Code, Input, Moment
from gridmap.web.outputs import Degrees, Out
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

notices = APIBlueprint("api_notices", __name__, url_prefix="/api/v1", tag="notices")

MOST_BUILDINGS = 1000

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class NoticesQuery(Input):
    """Part of the list of notices, the newest first."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Annotated[int, Field(ge=0, le=LARGEST_ID, description="number of the last one seen")] = 0


class OutlookQuery(Input):
    """To which area."""

    area: Code


class NoticeBody(Input):
    """A notice."""

    client_id: Annotated[UUID, Field(description="made by the sender; sent twice, it is kept once")]
    area_code: Code
    title: Annotated[str, Field(max_length=service.LONGEST_TITLE)]
    text: Annotated[str, Field(max_length=service.LONGEST_TEXT)]
    remind_after_minutes: Annotated[
        int,
        Field(
            ge=service.LEAST_MINUTES,
            le=service.MOST_MINUTES,
            description="until the first tier is to call, and from each tier to the next",
        ),
    ] = service.USUAL_MINUTES


class AcknowledgeBody(Input):
    """Which notices."""

    notice_ids: Annotated[list[Id] | None, Field(max_length=200, description="null: all open ones")] = None


class ReachBody(Input):
    """Which buildings were reached."""

    building_ids: Annotated[
        list[Id] | None, Field(max_length=MOST_BUILDINGS, description="null: all of one's own post")
    ] = None
    reached_at: Annotated[Moment | None, Field(description="by the phone's clock; now by default")] = None


class NoticeOut(Out):
    """A notice."""

    id: int
    title: str
    text: str
    area_code: str
    area_name: str
    area_name_en: str | None
    sent_at: datetime
    sent_by: str | None = Field(description="role of the account")
    closed_at: datetime | None
    is_wider: bool = Field(description="sent to more than one's own areas; the figures are of these only")
    households: int = Field(description="of the area when it was sent, each once")
    households_reached: int
    plan_version: int | None
    remind_after_minutes: int


class NoticesOut(Out):
    """Notices, the newest first."""

    items: list[NoticeOut]
    next: int | None = Field(description="to give as `before` for the older ones; null at the end")


class OutlookOut(Out):
    """Whom a notice would reach."""

    households: int
    households_estimated: bool
    households_unheld: int = Field(description="of these, held by no micro-grid")
    buildings: int
    micro_grids: int
    receivers: int = Field(description="posts")
    without_receiver: list[str] = Field(description="micro-grids that nobody answers for")
    plan_version: int | None = Field(validation_alias="plan_id")


class ReachStepOut(Out):
    """Homes reached by a minute."""

    minutes: int = Field(description="since sending")
    households: int


class ReachMarkOut(Out):
    """Homes reached by two or by three hours."""

    minutes: int
    households: int | None = Field(description="null: still to come")
    share: float | None


class ReminderTierOut(Out):
    """A tier and from when on it has to call."""

    tier: str
    from_at: datetime


class ReachAreaOut(Out):
    """How far a notice is in an area, or in a micro-grid of a grid."""

    code: str = Field(description="empty: held by no micro-grid")
    name: str
    name_en: str | None
    level: str = Field(description="of the area; micro_grid; none")
    micro_grids: int
    without_receiver: int
    receivers: int
    acknowledged: int
    households: int
    households_estimated: bool
    households_reached: int


class ReachOut(Out):
    """How far a notice is."""

    notice: NoticeOut
    households_estimated: bool
    households_unheld: int
    households_without_receiver: int
    receivers: int
    acknowledged: int
    curve: list[ReachStepOut]
    marks: list[ReachMarkOut]
    tiers: list[ReminderTierOut]
    areas: list[ReachAreaOut]
    definition: str
    as_of: datetime


class ReachedBuildingOut(Out):
    """A building of a notice."""

    id: int
    name: str
    address: str
    lon: Degrees
    lat: Degrees
    households: int
    households_reached: int


class ReachedBuildingsOut(Out):
    """The buildings of a notice."""

    items: list[ReachedBuildingOut]


class CallOut(Out):
    """A post with homes left, or a micro-grid that nobody answers for."""

    tier: str | None = Field(description="who has to call; null: nobody answers for the micro-grid")
    staff_code: str | None
    role_zh: str | None
    role_en: str | None
    organisation: str
    phone: str | None
    micro_grids: list[str]
    grid_name: str | None
    grid_name_en: str | None
    households: int
    households_left: int
    acknowledged_at: datetime | None
    due_at: datetime | None


class CallsOut(Out):
    """Who has to be called, by tier and place."""

    items: list[CallOut]


class ReachedOut(Out):
    """What a message changed."""

    notice_id: int
    buildings: int
    households: int
    households_known: int = Field(description="told before")


class AcknowledgedOut(Out):
    """Notices acknowledged now."""

    notice_ids: list[int]


class MyNoticeBuildingOut(Out):
    """A building that one's own post has to reach."""

    id: int
    name: str
    address: str
    compound_name: str
    households: int
    households_reached: int
    reached_at: datetime | None = Field(description="null while homes are left")
    entrance_numbers: list[int] = Field(
        description="of a post that answers for these entrances only; empty: for the building"
    )


class MyNoticeOut(Out):
    """An open notice, as far as it concerns one's own post."""

    id: int
    title: str
    text: str
    area_code: str
    area_name: str
    area_name_en: str | None
    sent_at: datetime
    mine: bool = Field(description="received by the post; else it answers for buildings in it")
    acknowledged_at: datetime | None
    households: int
    households_estimated: bool
    households_reached: int
    buildings: list[MyNoticeBuildingOut]


class MyNoticesOut(Out):
    """The open notices of one's own post, the newest first."""

    items: list[MyNoticeOut]


@notices.get("/notices")
@notices.input(NoticesQuery, location="query")
@notices.output(NoticesOut)
@in_transaction
def list_notices(session: Session, actor: Actor, query_data: NoticesQuery) -> dict[str, Any]:
    """List the notices to homes of one's own areas, the newest first"""
    limit = query_data.limit
    rows = service.list_notices(session, actor, before_id=query_data.before, limit=limit + 1)
    items = [NoticeOut.model_validate(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1].id if len(rows) > limit else None}


@notices.get("/notices/outlook")
@notices.input(OutlookQuery, location="query")
@notices.output(OutlookOut)
@in_transaction
def find_outlook(session: Session, actor: Actor, query_data: OutlookQuery) -> OutlookOut:
    """See whom a notice to an area would reach, before it is sent"""
    return OutlookOut.model_validate(service.find_outlook(session, actor, query_data.area))


@notices.post("/notices")
@notices.input(NoticeBody)
@notices.output(NoticeOut, status_code=201)
@in_transaction
def send_notice(session: Session, actor: Actor, json_data: NoticeBody) -> NoticeOut:
    """Send a notice to all micro-grids of an area"""
    sent = service.send_notice(session, actor, **json_data.model_dump())
    return NoticeOut.model_validate(service.describe_notice(session, actor, sent.id))


@notices.get("/notices/<id:notice_id>")
@notices.output(ReachOut)
@in_transaction
def find_reach(session: Session, actor: Actor, notice_id: int) -> dict[str, Any]:
    """See how far a notice is: homes reached over time and by area"""
    found = figures.find_reach(session, actor, notice_id, language=language_of_request())
    tiers = [ReminderTierOut(tier=tier, from_at=at) for tier, at in found.tiers]
    return {**vars(found), "tiers": tiers}


@notices.post("/notices/<id:notice_id>/close")
@notices.output(NoticeOut)
@in_transaction
def close_notice(session: Session, actor: Actor, notice_id: int) -> NoticeOut:
    """Close a notice: nobody is reminded of it any more"""
    service.close_notice(session, actor, notice_id)
    return NoticeOut.model_validate(service.describe_notice(session, actor, notice_id))


@notices.get("/notices/<id:notice_id>/buildings")
@notices.output(ReachedBuildingsOut)
@in_transaction
def list_buildings(session: Session, actor: Actor, notice_id: int) -> dict[str, Any]:
    """List the buildings of a notice with the homes reached in each"""
    rows = figures.list_notice_buildings(session, actor, notice_id)
    return {"items": [ReachedBuildingOut.model_validate(row) for row in rows]}


@notices.get("/notices/<id:notice_id>/calls")
@notices.output(CallsOut)
@in_transaction
def list_calls(session: Session, actor: Actor, notice_id: int) -> dict[str, Any]:
    """List who has to be called for a notice, by the tier that has to, and by place"""
    return {"items": [CallOut.model_validate(row) for row in figures.list_calls(session, actor, notice_id)]}


@notices.post("/notices/<id:notice_id>/reaches")
@notices.input(ReachBody)
@notices.output(ReachedOut)
@in_transaction
def reach_buildings(session: Session, actor: Actor, notice_id: int, json_data: ReachBody) -> ReachedOut:
    """Say that the homes of some buildings have got a notice; said twice, it counts once"""
    told = reaches.reach_buildings(
        session, actor, notice_id, json_data.building_ids, reached_at=json_data.reached_at
    )
    return ReachedOut.model_validate(told)


@notices.get("/staff/me/notices")
@notices.output(MyNoticesOut)
@in_transaction
def list_mine(session: Session, actor: Actor) -> dict[str, Any]:
    """List the open notices that one's own post has to take round"""
    return {"items": [MyNoticeOut.model_validate(one) for one in reaches.list_my_notices(session, actor)]}


@notices.post("/staff/me/notices/acknowledge")
@notices.input(AcknowledgeBody)
@notices.output(AcknowledgedOut)
@in_transaction
def acknowledge(session: Session, actor: Actor, json_data: AcknowledgeBody) -> dict[str, Any]:
    """Say that one's own post takes notices round: some, or all"""
    return {"notice_ids": reaches.acknowledge_notices(session, actor, json_data.notice_ids)}
