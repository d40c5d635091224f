"""Edges of the adjacency graph that people removed or added, with their reason."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_0910"
down_revision = "20261121_0900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    whole = "empty = the whole building"
    places = ["building_a_id", sa.text("coalesce(entrance_a, 0)")]
    places += ["building_b_id", sa.text("coalesce(entrance_b, 0)")]
    op.create_table(
        "graph_edits",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("grid_id", sa.BigInteger(), nullable=False),
        sa.Column("building_a_id", sa.BigInteger(), nullable=False),
        sa.Column("entrance_a", sa.Integer(), nullable=True, comment=whole),
        sa.Column("building_b_id", sa.BigInteger(), nullable=False),
        sa.Column("entrance_b", sa.Integer(), nullable=True, comment=whole),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("action IN ('remove', 'add')", name=op.f("ck_graph_edits_action_known")),
        sa.CheckConstraint("reason ~ '[^[:space:]]'", name=op.f("ck_graph_edits_reason_given")),
        sa.CheckConstraint(
            "(building_a_id, coalesce(entrance_a, 0)) < (building_b_id, coalesce(entrance_b, 0))",
            name=op.f("ck_graph_edits_places_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["areas.id"], name=op.f("fk_graph_edits_grid_id_areas"), ondelete="CASCADE"
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                ["buildings.id"],
                name=op.f(f"fk_graph_edits_{column}_buildings"),
                ondelete="CASCADE",
            )
            for column in ("building_a_id", "building_b_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts.id"], name=op.f("fk_graph_edits_created_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_graph_edits")),
    )
    for column in ("grid_id", "building_b_id", "created_by"):
        op.create_index(op.f(f"ix_graph_edits_{column}"), "graph_edits", [column])
    op.create_index("uq_graph_edits_places", "graph_edits", places, unique=True)


def downgrade() -> None:
    op.drop_table("graph_edits")
