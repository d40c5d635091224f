"""The codes on the doors of one's own buildings: a phone finds the door of a sticker without network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gridmap.models import Building, BuildingCode
from gridmap.services.postings import buildings_of, today
from gridmap.services.rows import fetch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor


def list_codes(session: Session, building_ids: Iterable[int]) -> list[dict[str, Any]]:
    """List the valid codes of buildings.

    Returns
    -------
    list of dict
        ``digest`` (hexadecimal SHA-256 of what the sticker says, which nobody can turn back),
        ``building_id``, ``entrance_number`` (None = the building as a whole).
    """
    query = select(
        func.encode(BuildingCode.digest, "hex").label("digest"),
        BuildingCode.building_id,
        BuildingCode.entrance_number,
    ).where(BuildingCode.building_id.in_(list(building_ids)), BuildingCode.revoked_at.is_(None))
    ordered = query.order_by(BuildingCode.building_id, BuildingCode.entrance_number)
    return [row._asdict() for row in fetch(session, ordered)]


def answers_for(session: Session, actor: Actor, building_id: int) -> bool:
    """Tell whether the actor is field staff who answers for a building today."""
    if actor.role != "field" or actor.staff_id is None:
        return False
    mine = select(Building.id).where(Building.id == building_id, buildings_of(actor.staff_id, today()))
    return session.scalar(mine) is not None
