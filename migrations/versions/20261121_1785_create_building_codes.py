"""Codes on the doors of buildings, and how often each was used in the last hours."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1785"
down_revision = "20261121_1780"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "building_codes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "entrance_number", sa.SmallInteger(), nullable=True, comment="empty = the building as a whole"
        ),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of what the sticker says; no more is kept",
        ),
        sa.Column("issued_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["building_id"],
            ["buildings.id"],
            name=op.f("fk_building_codes_building_id_buildings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building_codes")),
        sa.UniqueConstraint("digest", name=op.f("uq_building_codes_digest")),
    )
    op.create_index(op.f("ix_building_codes_building_id"), "building_codes", ["building_id"])
    op.create_index(
        "ix_building_codes_valid",
        "building_codes",
        ["building_id", sa.text("COALESCE(entrance_number, 0)")],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "code_uses",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code_id", sa.BigInteger(), nullable=True, comment="empty = what was tried is no code"),
        sa.Column(
            "sender",
            sa.Text(),
            nullable=False,
            comment="digest of day and network address, keyed; ends with the day",
        ),
        sa.Column("at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_id"],
            ["building_codes.id"],
            name=op.f("fk_code_uses_code_id_building_codes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_uses")),
    )
    op.create_index("ix_code_uses_sender_at", "code_uses", ["sender", "at"])
    op.create_index("ix_code_uses_code_id_at", "code_uses", ["code_id", "at"])


def downgrade() -> None:
    op.drop_table("code_uses")
    op.drop_table("building_codes")
