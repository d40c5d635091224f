"""What the map's layers were made from last: the marks by which a kept tile knows that it is old."""

from uuid import UUID

from sqlalchemy import Index, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt


class LayerChange(Base):
    """One change of a layer's table, left by a trigger; the marks of a layer together are its version.

    Appended and never updated, so that two transactions that write the same tables wait for nobody. A mark
    is random, not counted: a database brought back from a dump never repeats a version.
    """

    __tablename__ = "layer_changes"
    __table_args__ = (Index("ix_layer_changes_layer_at", "layer", "at"),)

    mark: Mapped[UUID] = mapped_column(Uuid, primary_key=True, server_default=text("gen_random_uuid()"))
    layer: Mapped[str] = mapped_column(Text)
    at: Mapped[CreatedAt]
