"""How many doors of each community have a valid sticker, for who prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from gridmap.models import Area, Building, BuildingCode
from gridmap.services.actors import Actor, require, scope_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class StickerCount:
    """A community with its doors of homes, and those of them with a valid code."""

    code: str
    name: str
    name_en: str | None
    street: str
    street_en: str | None
    doors: int
    valid: int

    @property
    def missing(self) -> int:
        """Doors without one."""
        return self.doors - self.valid


def count_stickers(session: Session, actor: Actor) -> list[StickerCount]:
    """Count the doors and the valid codes of each community in the actor's scope, by code.

    A building with several entrances has a door for each, any other building with homes has one; as
    `gridmap.services.building_codes.issue_codes` counts them.
    """
    require(actor, "codes.issue")
    codes = (
        select(BuildingCode.building_id, func.count().label("valid"))
        .where(BuildingCode.revoked_at.is_(None))
        .group_by(BuildingCode.building_id)
        .subquery()
    )
    grid, community, street = aliased(Area), aliased(Area), aliased(Area)
    doors = case((Building.entrance_count > 1, Building.entrance_count), else_=1)
    valid = func.least(func.coalesce(codes.c.valid, 0), doors)
    query = (
        select(
            community.code,
            community.name,
            community.name_en,
            street.name,
            street.name_en,
            func.sum(doors),
            func.sum(valid),
        )
        .join(grid, grid.id == Building.grid_id)
        .join(community, community.id == grid.parent_id)
        .join(street, street.id == community.parent_id)
        .outerjoin(codes, codes.c.building_id == Building.id)
        .where(Building.households > 0, scope_of(actor, Building.grid_id))
        .group_by(community.id, street.id)
        .order_by(community.code)
    )
    return [StickerCount(*row) for row in session.execute(query)]
