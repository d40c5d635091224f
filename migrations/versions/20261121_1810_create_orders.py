"""Orders with their steps; lists of needs, resources and projects."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "20261121_1810"
down_revision = "20261121_1800"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_orders()
    _create_events()
    _create_listings()


def _refer(table: str, column: str, target: str, on_delete: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=on_delete)


def _index_given(table: str, *columns: str) -> None:
    for column in columns:
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_{table}_{column}", table, [column], postgresql_where=where)


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "client_id",
            postgresql.UUID(),
            nullable=False,
            comment="made by whoever writes it: sent twice, it is kept once",
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False, comment="where it is wanted"),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("wanted_by", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "version",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="steps taken; one more with each",
        ),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "ordered_by", sa.BigInteger(), nullable=True, comment="the post that wrote it; empty = the desk"
        ),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'claimed', 'done', 'confirmed', 'withdrawn')",
            name=op.f("ck_orders_state_known"),
        ),
        _refer("orders", "area_id", "areas"),
        _refer("orders", "building_id", "buildings"),
        _refer("orders", "created_by", "accounts"),
        _refer("orders", "ordered_by", "staff", "SET NULL"),
        _refer("orders", "claimed_by", "staff", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("client_id", name=op.f("uq_orders_client_id")),
    )
    op.create_index("ix_orders_area_id_state", "orders", ["area_id", "state"])
    _index_given("orders", "building_id", "created_by", "ordered_by", "claimed_by")


def _create_events() -> None:
    op.create_table(
        "order_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        _refer("order_events", "order_id", "orders", "CASCADE"),
        _refer("order_events", "account_id", "accounts"),
        _refer("order_events", "staff_id", "staff", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    op.create_index("ix_order_events_order_id", "order_events", ["order_id"])
    _index_given("order_events", "account_id", "staff_id")


def _create_listings() -> None:
    op.create_table(
        "listings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("organisation", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True, comment="last day included; empty = open"),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("compound_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.BigInteger(), nullable=True, comment="grid of its point; for scope"),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("list IN ('need', 'resource', 'project')", name=op.f("ck_listings_list_known")),
        sa.CheckConstraint("state IN ('open', 'under_way', 'closed')", name=op.f("ck_listings_state_known")),
        sa.CheckConstraint("num_nonnulls(building_id, compound_id) = 1", name=op.f("ck_listings_one_place")),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_listings_ends_after_start")
        ),
        _refer("listings", "building_id", "buildings"),
        _refer("listings", "compound_id", "compounds"),
        _refer("listings", "area_id", "areas"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listings")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_listings_source_source_id")),
    )
    op.create_geospatial_index("idx_listings_geom", "listings", ["geom"], postgresql_using="gist")
    op.create_index(
        "ix_listings_geography", "listings", [sa.text("(geom::geography)")], postgresql_using="gist"
    )
    op.create_index(op.f("ix_listings_area_id"), "listings", ["area_id"])
    _index_given("listings", "building_id", "compound_id")


def downgrade() -> None:
    for table in ("listings", "order_events", "orders"):
        op.drop_table(table)
