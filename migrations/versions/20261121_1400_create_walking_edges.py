"""The walking network: where one may walk, and the edges that the roads are cut into."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "20261121_1400"
down_revision = "20261121_1300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "roads",
        sa.Column(
            "foot",
            sa.Boolean(),
            nullable=True,
            comment="whether one may walk there; empty = as its class",
        ),
    )
    op.create_geospatial_table(
        "walking_edges",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("road_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "first_node", sa.BigInteger(), nullable=False, comment="its place in units of 1e-7 degrees"
        ),
        sa.Column("second_node", sa.BigInteger(), nullable=False),
        sa.Column("length_m", sa.Float(), nullable=False),
        sa.Column(
            "geom",
            geoalchemy2.Geometry("LINESTRING", srid=4326, spatial_index=False, nullable=False),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["road_id"], ["roads.id"], name=op.f("fk_walking_edges_road_id_roads"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walking_edges")),
    )
    op.create_geospatial_index("idx_walking_edges_geom", "walking_edges", ["geom"], postgresql_using="gist")
    op.create_index(op.f("ix_walking_edges_road_id"), "walking_edges", ["road_id"])
    # Doors are places of entrances, too: whoever keeps them in memory must hear of their changes.
    op.bulk_insert(sa.table("layer_changes", sa.column("layer")), [{"layer": "entrances"}])
    op.execute(
        "CREATE TRIGGER note_layer_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON entrances "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_layer_change('entrances')"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER note_layer_change ON entrances")
    op.execute("DELETE FROM layer_changes WHERE layer = 'entrances'")
    op.drop_geospatial_table("walking_edges")
    op.drop_column("roads", "foot")
