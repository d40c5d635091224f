"""Notices of the demo city, sent as a city would and taken round by its heads within two to three hours."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from gridmap.models import Area, Notice, NoticePart, NoticeReceiver
from gridmap.services.demo_heads import find_making
from gridmap.services.notices import close_notice, send_notice

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

_HEADS_START_MINUTES, _HEADS_NEED_MINUTES = 40.0, 75.0


@dataclass(frozen=True)
class _Sent:
    """A notice of the demo, to the street or the community of the field account."""

    title: str
    text: str
    hours_ago: float
    level: str
    is_over: bool


NOTICES = (
    _Sent(
        "周四停水通知",
        "因管网检修，周四 8:00 至 16:00 停水，请提前储水。高楼层恢复供水稍晚，水浑时请先放水再用。",
        75,
        "street",
        is_over=True,
    ),
    _Sent(
        "消防通道清理",
        "请把停在消防通道和楼道里的车辆、杂物今晚 20:00 前移走，明天上午统一清理。",
        26,
        "community",
        is_over=True,
    ),
    _Sent(
        "大风降温提醒",
        "今晚到明天有 8 级阵风，气温下降 10 度。请收好阳台和窗台物品，关好门窗，注意用火用电安全。",
        1.6,
        "community",
        is_over=False,
    ),
)


def send_notices(session: Session, actor: Actor, district_code: str, *, now: datetime | None = None) -> int:
    """Send the notices of a demo district, and let its heads reach their homes as heads do, once.

    Parameters
    ----------
    now
        With zone; the clock's by default. The notices lie in the days before it.

    Returns
    -------
    int
        Notices sent; 0 where it is no demo district or has some already.
    """
    built = find_making(session, district_code)
    if built is None or session.scalar(select(Notice.id).limit(1)) is not None:
        return 0
    moment = now or datetime.now(UTC)
    rng = np.random.default_rng([built["seed"], int(district_code), 4])
    community = session.scalars(select(Area).where(Area.code == built["officer"][1])).one()
    for one in NOTICES:
        area = community if one.level == "community" else session.get_one(Area, community.parent_id)
        sent_at = moment - timedelta(hours=one.hours_ago)
        client_id = uuid.UUID(bytes=rng.bytes(16), version=4)
        notice = send_notice(session, actor, client_id, area.code, one.title, one.text, now=sent_at)
        _take_round(session, notice, moment, rng)
        if one.is_over:
            close_notice(session, actor, notice.id)
            notice.closed_at = sent_at + timedelta(hours=8)
    session.flush()
    return len(NOTICES)


def _take_round(session: Session, notice: Notice, now: datetime, rng: np.random.Generator) -> None:
    """Let each head start after a while and go from building to building; the rest stays unreached."""
    heads: dict[str, int] = {}
    for row in session.execute(
        select(NoticeReceiver.micro_grid_code, NoticeReceiver.staff_id)
        .where(NoticeReceiver.notice_id == notice.id)
        .order_by(NoticeReceiver.micro_grid_code, NoticeReceiver.staff_id)
    ):
        heads.setdefault(row.micro_grid_code, row.staff_id)
    starts = {code: rng.exponential(_HEADS_START_MINUTES) for code in sorted(heads)}
    parts = select(NoticePart).where(
        NoticePart.notice_id == notice.id, NoticePart.micro_grid_code.is_not(None)
    )
    for part in session.scalars(parts.order_by(NoticePart.micro_grid_code, NoticePart.building_id)):
        spent = rng.uniform(5, _HEADS_NEED_MINUTES)
        code = part.micro_grid_code
        if code not in heads:
            continue
        reached_at = notice.sent_at + timedelta(minutes=starts[code] + spent)
        if reached_at <= now:
            part.reached_at, part.reached_by = reached_at, heads[code]
    told = select(NoticeReceiver).where(NoticeReceiver.notice_id == notice.id)
    for receiver in session.scalars(told):
        at = notice.sent_at + timedelta(minutes=starts[receiver.micro_grid_code] / 2)
        if at <= now:
            receiver.acknowledged_at = at
    session.flush()
