"""Marks of change for the map's layers, and the indexes of the duty and coverage queries."""

import sqlalchemy as sa
from alembic import op

revision = "20261120_1255"
down_revision = "20261120_1240"
branch_labels = None
depends_on = None


# Layers drawn from one table each; a micro-grid counts once it has been published.
PLAIN_LAYERS = ("areas", "buildings", "roads", "barriers", "compounds", "stations")

NOTE_LAYER_CHANGE = """
CREATE FUNCTION note_layer_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO layer_changes (layer) VALUES (TG_ARGV[0]);
    -- Old marks may go: whoever knew the layer by them sees one more change, never one less.
    DELETE FROM layer_changes WHERE mark IN (
        SELECT mark FROM layer_changes
        WHERE layer = TG_ARGV[0] AND at < now() - interval '1 hour'
        ORDER BY at LIMIT 100 FOR UPDATE SKIP LOCKED
    );
    RETURN NULL;
END $$
"""
NOTE_MICRO_GRID_CHANGE = """
CREATE FUNCTION note_micro_grid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM come WHERE valid_from IS NOT NULL) THEN RETURN NULL; END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT FROM gone WHERE valid_from IS NOT NULL) THEN RETURN NULL; END IF;
    ELSIF NOT EXISTS (SELECT FROM come WHERE valid_from IS NOT NULL)
        AND NOT EXISTS (SELECT FROM gone WHERE valid_from IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    INSERT INTO layer_changes (layer) VALUES ('micro_grids');
    RETURN NULL;
END $$
"""
MICRO_GRID_EVENTS = {
    "INSERT": "REFERENCING NEW TABLE AS come",
    "DELETE": "REFERENCING OLD TABLE AS gone",
    "UPDATE": "REFERENCING OLD TABLE AS gone NEW TABLE AS come",
}


def upgrade() -> None:
    op.create_table(
        "layer_changes",
        sa.Column("mark", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_layer_changes")),
    )
    op.create_index("ix_layer_changes_layer_at", "layer_changes", ["layer", "at"])
    already = [{"layer": layer} for layer in (*PLAIN_LAYERS, "micro_grids")]
    op.bulk_insert(sa.table("layer_changes", sa.column("layer")), already)
    op.execute(NOTE_LAYER_CHANGE)
    op.execute(NOTE_MICRO_GRID_CHANGE)
    for layer in PLAIN_LAYERS:
        op.execute(
            f"CREATE TRIGGER note_layer_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {layer} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION note_layer_change('{layer}')"
        )
    for event, tables in MICRO_GRID_EVENTS.items():
        op.execute(
            f"CREATE TRIGGER note_layer_change_{event.lower()} AFTER {event} ON micro_grids {tables} "
            "FOR EACH STATEMENT EXECUTE FUNCTION note_micro_grid_change()"
        )
    op.execute(
        "CREATE TRIGGER note_layer_change_truncate AFTER TRUNCATE ON micro_grids "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_layer_change('micro_grids')"
    )
    # Distances in metres need an index on geography: a cast inside a query does not find the one on geometry.
    op.execute("CREATE INDEX idx_stations_geography ON stations USING gist ((geom::geography))")
    op.create_index("ix_shifts_starts_at", "shifts", ["starts_at"])


def downgrade() -> None:
    op.drop_index("ix_shifts_starts_at", table_name="shifts")
    op.execute("DROP INDEX idx_stations_geography")
    for event in (*MICRO_GRID_EVENTS, "TRUNCATE"):
        op.execute(f"DROP TRIGGER note_layer_change_{event.lower()} ON micro_grids")
    for layer in PLAIN_LAYERS:
        op.execute(f"DROP TRIGGER note_layer_change ON {layer}")
    op.execute("DROP FUNCTION note_micro_grid_change()")
    op.execute("DROP FUNCTION note_layer_change()")
    op.drop_index("ix_layer_changes_layer_at", table_name="layer_changes")
    op.drop_table("layer_changes")
