"""Lists of needs, resources and projects of compounds: what is lacking, what is there, what is under way."""

from datetime import date

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, geometry_column
from gridmap.models.places import one_of

LISTS = ("need", "resource", "project")
LISTING_STATES = ("open", "under_way", "closed")


class Listing(Base):
    """An entry of one of the lists, at a building or a compound; of organisations, never of a person."""

    __tablename__ = "listings"
    __table_args__ = (
        one_of("list", LISTS),
        one_of("state", LISTING_STATES),
        UniqueConstraint("source", "source_id"),
        CheckConstraint("num_nonnulls(building_id, compound_id) = 1", name="one_place"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        Index("ix_listings_geography", text("(geom::geography)"), postgresql_using="gist"),
        *(
            Index(f"ix_listings_{name}", name, postgresql_where=text(f"{name} IS NOT NULL"))
            for name in ("building_id", "compound_id")
        ),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str] = mapped_column(Text)
    list: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int | None]
    organisation: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[str] = mapped_column(Text, server_default="open")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None] = mapped_column(comment="last day included; empty = open")
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"))
    compound_id: Mapped[int | None] = mapped_column(ForeignKey("compounds.id"))
    area_id: Mapped[int | None] = mapped_column(
        ForeignKey("areas.id"), index=True, comment="grid of its point; for scope"
    )
    geom: Mapped[WKBElement] = geometry_column("POINT")
    created_at: Mapped[CreatedAt]
