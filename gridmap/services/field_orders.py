"""Orders on the phone: written on the spot, claimed and done, with or without signal."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from gridmap.services.orders import OrderDraft, create_order, take_order_step

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.models import FieldEntry
    from gridmap.services.actors import Actor

ORDER, STORED = "order", "stored"


def take_order(session: Session, actor: Actor, entry: FieldEntry) -> None:
    """Take an entry that writes an order, or takes a step on one."""
    if (fields := entry.payload.get("fields")) is not None:
        day = fields.get("wanted_by")
        given = fields | {"wanted_by": None if day is None else date.fromisoformat(day)}
        order_id = create_order(session, actor, OrderDraft(client_id=entry.id, **given))
    else:
        order_id = entry.payload["order_id"]
        take_order_step(session, actor, order_id, entry.payload["action"])
    entry.subject, entry.subject_id, entry.state = ORDER, str(order_id), STORED
