"""Areas, compounds, buildings with entrances, barriers, roads and stations."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "20261120_1200"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_geospatial_table(
        "areas",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="basic", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "lineage",
            sa.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="ids from the district down to this area, itself included",
        ),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(level = 'district') OR parent_id IS NOT NULL", name=op.f("ck_areas_has_parent")),
        sa.CheckConstraint("kind IN ('basic', 'exclusive')", name=op.f("ck_areas_kind_known")),
        sa.CheckConstraint(
            "level IN ('district', 'street', 'community', 'grid')", name=op.f("ck_areas_level_known")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["areas.id"], name=op.f("fk_areas_parent_id_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
        sa.UniqueConstraint("code", name=op.f("uq_areas_code")),
    )
    op.create_geospatial_index("idx_areas_geom", "areas", ["geom"], postgresql_using="gist")
    op.create_index(op.f("ix_areas_level"), "areas", ["level"])
    op.create_index("ix_areas_lineage", "areas", ["lineage"], postgresql_using="gin")
    op.create_index(op.f("ix_areas_parent_id"), "areas", ["parent_id"])
    op.create_geospatial_table(
        "barriers",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("geom", Geometry("MULTILINESTRING", srid=4326, spatial_index=False), nullable=False),
        sa.Column(
            "surface",
            Geometry("MULTIPOLYGON", srid=4326, spatial_index=False),
            nullable=True,
            comment="water surface, where the source has one",
        ),
        sa.CheckConstraint(
            "kind IN ('river', 'railway', 'road', 'wall')", name=op.f("ck_barriers_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barriers")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_barriers_source_source_id")),
    )
    op.create_geospatial_index("idx_barriers_geom", "barriers", ["geom"], postgresql_using="gist")
    op.create_geospatial_index("idx_barriers_surface", "barriers", ["surface"], postgresql_using="gist")
    op.create_geospatial_table(
        "compounds",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("property_company", sa.Text(), nullable=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=True),
        sa.CheckConstraint(
            "kind IN ('commercial', 'family_yard', 'resettlement', 'old', 'village', 'mixed')",
            name=op.f("ck_compounds_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compounds")),
        sa.UniqueConstraint("code", name=op.f("uq_compounds_code")),
    )
    op.create_geospatial_index("idx_compounds_geom", "compounds", ["geom"], postgresql_using="gist")
    op.create_geospatial_table(
        "roads",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("oneway", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("bridge", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("tunnel", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("layer", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("geom", Geometry("MULTILINESTRING", srid=4326, spatial_index=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roads")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_roads_source_source_id")),
    )
    op.create_geospatial_index("idx_roads_geom", "roads", ["geom"], postgresql_using="gist")
    op.create_geospatial_table(
        "buildings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("storeys", sa.SmallInteger(), nullable=False),
        sa.Column("entrance_count", sa.SmallInteger(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("households_source", sa.Text(), nullable=False),
        sa.Column("households_estimated", sa.Boolean(), nullable=False),
        sa.Column("compound_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "grid_id", sa.BigInteger(), nullable=True, comment="the grid that holds its point on surface"
        ),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("use IN ('residential', 'mixed', 'other')", name=op.f("ck_buildings_use_known")),
        sa.CheckConstraint(
            "entrance_count BETWEEN 1 AND 60", name=op.f("ck_buildings_entrance_count_plausible")
        ),
        sa.CheckConstraint("households >= 0", name=op.f("ck_buildings_households_not_negative")),
        sa.CheckConstraint("storeys BETWEEN 1 AND 200", name=op.f("ck_buildings_storeys_plausible")),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compounds.id"], name=op.f("fk_buildings_compound_id_compounds")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["areas.id"], name=op.f("fk_buildings_grid_id_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buildings")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_buildings_source_source_id")),
    )
    op.create_geospatial_index("idx_buildings_geom", "buildings", ["geom"], postgresql_using="gist")
    op.create_index(op.f("ix_buildings_compound_id"), "buildings", ["compound_id"])
    op.create_index(op.f("ix_buildings_grid_id"), "buildings", ["grid_id"])
    op.create_table(
        "compound_grids",
        sa.Column("compound_id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "households", sa.Integer(), nullable=False, comment="households of the compound inside the grid"
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"],
            ["compounds.id"],
            name=op.f("fk_compound_grids_compound_id_compounds"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["areas.id"], name=op.f("fk_compound_grids_grid_id_areas"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("compound_id", "grid_id", name=op.f("pk_compound_grids")),
    )
    op.create_index(op.f("ix_compound_grids_grid_id"), "compound_grids", ["grid_id"])
    op.create_geospatial_table(
        "stations",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("grid_id", sa.BigInteger(), nullable=True),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.CheckConstraint(
            "kind IN ('station', 'gate', 'building_door', 'member_home')", name=op.f("ck_stations_kind_known")
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["areas.id"], name=op.f("fk_stations_grid_id_areas")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stations")),
        sa.UniqueConstraint("code", name=op.f("uq_stations_code")),
    )
    op.create_geospatial_index("idx_stations_geom", "stations", ["geom"], postgresql_using="gist")
    op.create_index(op.f("ix_stations_grid_id"), "stations", ["grid_id"])
    op.create_geospatial_table(
        "entrances",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("storeys", sa.SmallInteger(), nullable=True),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
        sa.ForeignKeyConstraint(
            ["building_id"],
            ["buildings.id"],
            name=op.f("fk_entrances_building_id_buildings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entrances")),
        sa.UniqueConstraint("building_id", "number", name=op.f("uq_entrances_building_id_number")),
    )
    op.create_geospatial_index("idx_entrances_geom", "entrances", ["geom"], postgresql_using="gist")


def downgrade() -> None:
    op.drop_geospatial_index("idx_entrances_geom", table_name="entrances", column_name="geom")
    op.drop_geospatial_table("entrances")
    op.drop_index(op.f("ix_stations_grid_id"), table_name="stations")
    op.drop_geospatial_index("idx_stations_geom", table_name="stations", column_name="geom")
    op.drop_geospatial_table("stations")
    op.drop_index(op.f("ix_compound_grids_grid_id"), table_name="compound_grids")
    op.drop_table("compound_grids")
    op.drop_index(op.f("ix_buildings_grid_id"), table_name="buildings")
    op.drop_index(op.f("ix_buildings_compound_id"), table_name="buildings")
    op.drop_geospatial_index("idx_buildings_geom", table_name="buildings", column_name="geom")
    op.drop_geospatial_table("buildings")
    op.drop_geospatial_index("idx_roads_geom", table_name="roads", column_name="geom")
    op.drop_geospatial_table("roads")
    op.drop_geospatial_index("idx_compounds_geom", table_name="compounds", column_name="geom")
    op.drop_geospatial_table("compounds")
    op.drop_geospatial_index("idx_barriers_surface", table_name="barriers", column_name="surface")
    op.drop_geospatial_index("idx_barriers_geom", table_name="barriers", column_name="geom")
    op.drop_geospatial_table("barriers")
    op.drop_index(op.f("ix_areas_parent_id"), table_name="areas")
    op.drop_index("ix_areas_lineage", table_name="areas", postgresql_using="gin")
    op.drop_index(op.f("ix_areas_level"), table_name="areas")
    op.drop_geospatial_index("idx_areas_geom", table_name="areas", column_name="geom")
    op.drop_geospatial_table("areas")
