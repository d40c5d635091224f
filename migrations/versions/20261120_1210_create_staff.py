"""Staff by role and number, their postings and shifts."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography
from sqlalchemy.dialects import postgresql

revision = "20261120_1210"
down_revision = "20261120_1200"
branch_labels = None
depends_on = None


ROLES = (
    ("grid_officer", "专职网格员", "Grid officer"),
    ("community_worker", "社区工作者", "Community worker"),
    ("building_head", "楼栋长", "Building head"),
    ("entrance_head", "单元长", "Entrance head"),
    ("centre_household", "中心户", "Centre household"),
    ("police", "社区民警", "Community police"),
    ("legal_adviser", "法律顾问", "Legal adviser"),
    ("enforcement", "执法人员", "Enforcement"),
    ("property_steward", "物业管家", "Property steward"),
    ("volunteer", "志愿者", "Volunteer"),
    ("partner_organisation", "双报到单位", "Partner organisation"),
)


def upgrade() -> None:
    op.create_table(
        "staff_roles",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_staff_roles")),
    )
    op.bulk_insert(
        sa.table("staff_roles", sa.column("code"), sa.column("name_zh"), sa.column("name_en")),
        [{"code": code, "name_zh": name_zh, "name_en": name_en} for code, name_zh, name_en in ROLES],
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), server_default="", nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=True),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("duty_phone", sa.Text(), nullable=True),
        sa.Column("skills", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["areas.id"], name=op.f("fk_staff_office_id_areas")),
        sa.ForeignKeyConstraint(["role"], ["staff_roles.code"], name=op.f("fk_staff_role_staff_roles")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_staff_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("code", name=op.f("uq_staff_code")),
    )
    op.create_index(op.f("ix_staff_office_id"), "staff", ["office_id"])
    op.create_index(op.f("ix_staff_role"), "staff", ["role"])
    op.create_index(op.f("ix_staff_station_id"), "staff", ["station_id"])
    op.create_table(
        "postings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "micro_grid_code",
            sa.Text(),
            nullable=True,
            comment="the code outlives the plan versions that draw it",
        ),
        sa.Column("compound_id", sa.BigInteger(), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("entrance_id", sa.BigInteger(), nullable=True),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True, comment="last day included; empty = open"),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_postings_ends_after_start")
        ),
        sa.CheckConstraint(
            "num_nonnulls(area_id, micro_grid_code, compound_id, building_id, entrance_id, station_id) = 1",
            name=op.f("ck_postings_one_place"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_postings_area_id_areas")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["buildings.id"], name=op.f("fk_postings_building_id_buildings")
        ),
        sa.ForeignKeyConstraint(
            ["compound_id"], ["compounds.id"], name=op.f("fk_postings_compound_id_compounds")
        ),
        sa.ForeignKeyConstraint(
            ["entrance_id"], ["entrances.id"], name=op.f("fk_postings_entrance_id_entrances")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_postings_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_postings_station_id_stations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postings")),
        sa.UniqueConstraint(
            "staff_id",
            "area_id",
            "micro_grid_code",
            "compound_id",
            "building_id",
            "entrance_id",
            "station_id",
            "starts_on",
            name="uq_postings_staff_place_start",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_postings_area_id"), "postings", ["area_id"])
    op.create_index(op.f("ix_postings_building_id"), "postings", ["building_id"])
    op.create_index(op.f("ix_postings_compound_id"), "postings", ["compound_id"])
    op.create_index(op.f("ix_postings_entrance_id"), "postings", ["entrance_id"])
    op.create_index(op.f("ix_postings_micro_grid_code"), "postings", ["micro_grid_code"])
    op.create_index(op.f("ix_postings_station_id"), "postings", ["station_id"])
    op.create_geospatial_table(
        "shifts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "during",
            postgresql.TSTZRANGE(),
            sa.Computed("tstzrange(starts_at, ends_at)", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "spot",
            Geography("POINT", srid=4326, spatial_index=False),
            nullable=False,
            comment="the station, or the area's point on surface",
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shifts_ends_after_start")),
        sa.CheckConstraint("num_nonnulls(station_id, area_id) = 1", name=op.f("ck_shifts_one_place")),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_shifts_area_id_areas")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_shifts_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_shifts_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
        sa.UniqueConstraint("staff_id", "starts_at", name=op.f("uq_shifts_staff_id_starts_at")),
    )
    op.create_index(op.f("ix_shifts_area_id"), "shifts", ["area_id"])
    op.create_index("ix_shifts_spot_during", "shifts", ["spot", "during"], postgresql_using="gist")
    op.create_index(op.f("ix_shifts_station_id"), "shifts", ["station_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_shifts_station_id"), table_name="shifts")
    op.drop_index("ix_shifts_spot_during", table_name="shifts", postgresql_using="gist")
    op.drop_index(op.f("ix_shifts_area_id"), table_name="shifts")
    op.drop_geospatial_table("shifts")
    op.drop_index(op.f("ix_postings_station_id"), table_name="postings")
    op.drop_index(op.f("ix_postings_micro_grid_code"), table_name="postings")
    op.drop_index(op.f("ix_postings_entrance_id"), table_name="postings")
    op.drop_index(op.f("ix_postings_compound_id"), table_name="postings")
    op.drop_index(op.f("ix_postings_building_id"), table_name="postings")
    op.drop_index(op.f("ix_postings_area_id"), table_name="postings")
    op.drop_table("postings")
    op.drop_index(op.f("ix_staff_station_id"), table_name="staff")
    op.drop_index(op.f("ix_staff_role"), table_name="staff")
    op.drop_index(op.f("ix_staff_office_id"), table_name="staff")
    op.drop_table("staff")
    op.drop_table("staff_roles")
