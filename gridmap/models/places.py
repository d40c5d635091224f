"""Places: areas, compounds, buildings and their entrances, barriers, roads, stations."""

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id, geometry_column

AREA_LEVELS = ("district", "street", "community", "grid")
AREA_KINDS = ("basic", "exclusive")
COMPOUND_KINDS = ("commercial", "family_yard", "resettlement", "old", "village", "mixed")
BUILDING_USES = ("residential", "mixed", "other")
BARRIER_KINDS = ("river", "railway", "road", "wall")
STATION_KINDS = ("station", "gate", "building_door", "member_home")


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """Constrain a text column to a closed list of lower-case words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Area(Base):
    """District > street > community > grid, each inside its parent."""

    __tablename__ = "areas"
    __table_args__ = (
        one_of("level", AREA_LEVELS),
        one_of("kind", AREA_KINDS),
        CheckConstraint("(level = 'district') OR parent_id IS NOT NULL", name="has_parent"),
        Index("ix_areas_lineage", "lineage", postgresql_using="gin"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Text, unique=True)
    level: Mapped[str] = mapped_column(Text, index=True)
    kind: Mapped[str] = mapped_column(Text, server_default="basic")
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    lineage: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), comment="ids from the district down to this area, itself included"
    )
    geom: Mapped[WKBElement] = geometry_column("MULTIPOLYGON")
    created_at: Mapped[CreatedAt]


class Compound(Base):
    """Residential compound; overlaps grids freely."""

    __tablename__ = "compounds"
    __table_args__ = (one_of("kind", COMPOUND_KINDS),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    property_company: Mapped[str | None] = mapped_column(Text)
    has_committee: Mapped[bool | None] = mapped_column(comment="empty = not known")
    has_branch: Mapped[bool | None] = mapped_column(comment="empty = not known")
    geom: Mapped[WKBElement | None] = geometry_column("MULTIPOLYGON", nullable=True)


class CompoundGrid(Base):
    """Which compounds lie in which grids; many to many."""

    __tablename__ = "compound_grids"

    compound_id: Mapped[int] = mapped_column(ForeignKey("compounds.id", ondelete="CASCADE"), primary_key=True)
    grid_id: Mapped[int] = mapped_column(
        ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    households: Mapped[int] = mapped_column(comment="households of the compound inside the grid")


class Building(Base):
    """Building with its counted dwellings: a number, never a person."""

    __tablename__ = "buildings"
    __table_args__ = (
        one_of("use", BUILDING_USES),
        UniqueConstraint("source", "source_id"),
        CheckConstraint("households >= 0", name="households_not_negative"),
        CheckConstraint("storeys BETWEEN 1 AND 200", name="storeys_plausible"),
        CheckConstraint("entrance_count BETWEEN 1 AND 60", name="entrance_count_plausible"),
        *(
            Index(
                f"ix_buildings_{column}_trgm",
                column,
                postgresql_using="gin",
                postgresql_ops={column: "gin_trgm_ops"},
            )
            for column in ("address", "name")
        ),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    address: Mapped[str] = mapped_column(Text, server_default="")
    use: Mapped[str] = mapped_column(Text)
    storeys: Mapped[int] = mapped_column(SmallInteger)
    entrance_count: Mapped[int] = mapped_column(SmallInteger)
    entrances_estimated: Mapped[bool] = mapped_column(Boolean, server_default="false")
    households: Mapped[int]
    households_source: Mapped[str] = mapped_column(Text)
    households_estimated: Mapped[bool] = mapped_column(Boolean)
    compound_id: Mapped[int | None] = mapped_column(ForeignKey("compounds.id"), index=True)
    grid_id: Mapped[int | None] = mapped_column(
        ForeignKey("areas.id"), index=True, comment="the grid that holds its point on surface"
    )
    geom: Mapped[WKBElement] = geometry_column("MULTIPOLYGON")
    point: Mapped[WKBElement] = mapped_column(
        Geometry("POINT", srid=4326, spatial_index=False), Computed("ST_PointOnSurface(geom)", persisted=True)
    )
    created_at: Mapped[CreatedAt]


class Entrance(Base):
    """Stairwell (单元) of a building."""

    __tablename__ = "entrances"
    __table_args__ = (UniqueConstraint("building_id", "number"),)

    id: Mapped[Id]
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(Text, server_default="")
    storeys: Mapped[int | None] = mapped_column(SmallInteger)
    households: Mapped[int | None]
    geom: Mapped[WKBElement | None] = geometry_column("POINT", nullable=True)


class Barrier(Base):
    """Line or water surface that micro-grids should not cross, kept as its course."""

    __tablename__ = "barriers"
    __table_args__ = (one_of("kind", BARRIER_KINDS), UniqueConstraint("source", "source_id"))

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    barrier_class: Mapped[str] = mapped_column("class", Text, server_default="")
    name: Mapped[str] = mapped_column(Text, server_default="")
    geom: Mapped[WKBElement] = geometry_column("MULTILINESTRING")
    surface: Mapped[WKBElement | None] = geometry_column(
        "MULTIPOLYGON", nullable=True, comment="water surface, where the source has one"
    )


class Road(Base):
    """Road centre line with its class as in OpenStreetMap."""

    __tablename__ = "roads"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    road_class: Mapped[str] = mapped_column("class", Text)
    oneway: Mapped[bool] = mapped_column(server_default="false")
    bridge: Mapped[bool] = mapped_column(server_default="false")
    tunnel: Mapped[bool] = mapped_column(server_default="false")
    layer: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    foot: Mapped[bool | None] = mapped_column(comment="whether one may walk there; empty = as its class")
    geom: Mapped[WKBElement] = geometry_column("MULTILINESTRING")


class WalkingEdge(Base):
    """A piece of a road between two places where one can turn on foot; see `gridmap.covering.network`."""

    __tablename__ = "walking_edges"

    id: Mapped[Id]
    road_id: Mapped[int] = mapped_column(ForeignKey("roads.id", ondelete="CASCADE"), index=True)
    first_node: Mapped[int] = mapped_column(BigInteger, comment="its place in units of 1e-7 degrees")
    second_node: Mapped[int] = mapped_column(BigInteger)
    length_m: Mapped[float]
    geom: Mapped[WKBElement] = geometry_column("LINESTRING")


class Station(Base):
    """Service station or point where people are met."""

    __tablename__ = "stations"
    __table_args__ = (
        one_of("kind", STATION_KINDS),
        # Distances in metres are asked on geography; the index on geometry does not serve them.
        Index("idx_stations_geography", text("(geom::geography)"), postgresql_using="gist"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    geom: Mapped[WKBElement] = geometry_column("POINT")
