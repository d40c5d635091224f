"""The ground of every table: one metadata with named constraints, and column types used by all.

Every geometry is stored in EPSG:4326; every instant in UTC with its zone.
"""

from datetime import datetime
from typing import Annotated

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, DateTime, MetaData, func
from sqlalchemy.orm import DeclarativeBase, mapped_column

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
Polygons = Annotated[WKBElement, mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=True))]
Lines = Annotated[WKBElement, mapped_column(Geometry("MULTILINESTRING", srid=4326, spatial_index=True))]
Place = Annotated[WKBElement, mapped_column(Geometry("POINT", srid=4326, spatial_index=True))]
