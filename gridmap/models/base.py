"""The ground of every table: one metadata with named constraints, and column types used by all.

Every geometry is stored in EPSG:4326; every instant in UTC with its zone.
"""

from datetime import datetime
from typing import Annotated, Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, DateTime, MetaData, func
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)


Id = Annotated[int, mapped_column(BigInteger, primary_key=True)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]


def geometry_column(shape: str, *, nullable: bool = False, comment: str | None = None) -> MappedColumn[Any]:
    """Declare an indexed geometry column in EPSG:4326; each needs a type of its own."""
    return mapped_column(Geometry(shape, srid=4326, nullable=nullable), nullable=nullable, comment=comment)
