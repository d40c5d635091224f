"""The job queue: the tables of procrastinate.

Its schema is the one of the installed (and locked) release. A release that changes it ships the steps from
the one before; our migration that takes them up must first look whether they are already there.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "20261120_1257"
down_revision = "20261120_1255"
branch_labels = None
depends_on = None

DROP = """
-- Its functions take rows of its tables and its triggers call its functions: hence CASCADE.
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers
    CASCADE;
DO $$
DECLARE
    ours regprocedure;
BEGIN
    FOR ours IN SELECT oid FROM pg_proc
        WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace
    LOOP
        EXECUTE 'DROP FUNCTION ' || ours;
    END LOOP;
END;
$$;
DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status;
"""


def _run(script: str) -> None:
    """Run a script of several statements, which only a call without parameters may hold."""
    op.get_bind().connection.driver_connection.execute(script)


def upgrade() -> None:
    _run(SchemaManager.get_schema())


def downgrade() -> None:
    _run(DROP)
