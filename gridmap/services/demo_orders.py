"""Orders of the demo city: written by its desk, some of them claimed and done by its volunteers."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from gridmap.handling.orders import HELPER_ROLES
from gridmap.models import Area, Building, Order, Staff
from gridmap.services.actors import Actor
from gridmap.services.demo_heads import find_making
from gridmap.services.orders import OrderDraft, create_order, take_order_step
from gridmap.services.postings import today

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ORDERS = (
    ("repair", "楼道灯不亮，换一个灯泡", 0),
    ("errand", "代取快递", 3),
    ("company", "周末陪聊一下午", 1),
    ("transport", "搬一张旧沙发下楼", 2),
    ("lending", "借一把三米的梯子", 0),
    ("cleaning", "清理单元门口的小广告", 1),
    ("teaching", "教用手机挂号", 2),
    ("event", "中秋包饺子，缺两名帮手", 0),
    ("space", "周六上午借活动室开议事会", 3),
    ("repair", "修一下漏水的公用水龙头", 0),
    ("errand", "雨天代买菜", 1),
    ("other", "给流浪猫搭个过冬的窝", 0),
)
"""Kind, what is wanted, and how many steps it has come: open, claimed, done, confirmed."""
_STEPS = ("claim", "finish", "confirm")


def write_orders(session: Session, actor: Actor, district_code: str) -> int:
    """Write the orders of a demo district, and let its helpers claim some, once.

    Returns
    -------
    int
        Orders written; 0 where it is no demo district or has some already.
    """
    built = find_making(session, district_code)
    if built is None or session.scalar(select(Order.id).limit(1)) is not None:
        return 0
    rng = np.random.default_rng([built["seed"], int(district_code), 5])
    district = session.scalars(select(Area.id).where(Area.code == district_code)).one()
    inside = select(Area.id).where(Area.lineage.contains([district]))
    homes = session.scalars(
        select(Building.id)
        .where(Building.grid_id.in_(inside), Building.households > 0)
        .order_by(Building.source_id)
    ).all()
    helpers = session.scalars(select(Staff.id).where(Staff.role.in_(HELPER_ROLES)).order_by(Staff.code)).all()
    for kind, title, come in ORDERS:
        draft = OrderDraft(
            client_id=uuid.UUID(bytes=rng.bytes(16), version=4),
            kind=kind,
            title=title,
            building_id=int(rng.choice(homes)),
            wanted_by=today() + timedelta(days=int(rng.integers(1, 15))),
        )
        number = create_order(session, actor, draft)
        helper = Actor(None, actor.username, "field", None, staff_id=int(rng.choice(helpers)))
        for action in _STEPS[:come]:
            take_order_step(session, actor if action == "confirm" else helper, number, action)
    return len(ORDERS)
