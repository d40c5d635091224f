"""Alembic's entrance: `gridmap.db.migrate` hands in the connection; there is no alembic.ini, no offline mode.

A new step: change the tables in ``gridmap/models``, run ``./run migrate --draft "create things"``, read what
it wrote, and see ``tests/db/test_migrations.py`` pass.
"""

from alembic import context
from geoalchemy2 import alembic_helpers

from gridmap.models import Base


def _belongs_to_us(thing, name, kind, reflected, compare_to):
    """Leave alone what extensions and the job queue keep for themselves."""
    if kind == "table" and reflected and compare_to is None:
        return False
    return alembic_helpers.include_object(thing, name, kind, reflected, compare_to)


def _tell(*, step, **_):
    """Say each step as it is applied."""
    context.config.attributes["say"]("say.database_migrating", step=step.up_revision.doc)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=_belongs_to_us,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    on_version_apply=_tell,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
