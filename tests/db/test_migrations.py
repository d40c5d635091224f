"""Migrations: each step goes up and down again, the models say the same, two processes do not race.

And what is required of a server is said with the command that mends it.
"""

import os
import threading

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gridmap import db
from gridmap.db import Database, alembic_config, check_server, create_database, migrate, open_database
from gridmap.errors import Unavailable
from gridmap.settings import Settings

SHAPE = text(
    """
    SELECT 'column' AS kind, attrelid::regclass::text AS place, attname::text AS name,
           concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
                     pg_get_expr(adbin, adrelid), col_description(attrelid, attnum)) AS shape
    FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p') AND attnum > 0
      AND NOT attisdropped
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index', tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'trigger', tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'routine', '', oid::regprocedure::text, md5(prosrc) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'type', '', typname::text, typtype::text FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
    ORDER BY 1, 2, 3, 4
    """
)


@pytest.fixture
def empty_database(server_url):
    """A database with nothing in it, not even extensions."""
    name = f"gridmap_empty_{os.getpid()}_{next(_numbers)}"
    create_database(server_url("postgres"), name)
    database = Database(server_url(name))
    yield database
    database.close()
    admin = Database(server_url("postgres"))
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.close()


_numbers = iter(range(1_000_000))


def shape_of(connection):
    """Everything the migrations make, as rows; extensions aside, alembic's own table aside."""
    brought = text(
        "SELECT objid::regprocedure::text FROM pg_depend "
        "WHERE deptype = 'e' AND classid = 'pg_proc'::regclass"
    )
    from_extensions = set(connection.scalars(brought)) | {"spatial_ref_sys", "alembic_version"}
    views = ("geometry_columns", "geography_columns")
    return [
        tuple(row)
        for row in connection.execute(SHAPE)
        if row.place not in from_extensions and row.name not in from_extensions and row.place not in views
    ]


def revisions(connection):
    """All revisions, oldest first."""
    directory = ScriptDirectory.from_config(alembic_config(connection))
    return [script.revision for script in directory.walk_revisions()][::-1]


def test_every_step_can_be_undone_and_done_again(empty_database):
    with empty_database.engine.begin() as connection:
        check_server(connection)
        config = alembic_config(connection)
        for revision in revisions(connection):
            before = shape_of(connection)
            command.upgrade(config, revision)
            after = shape_of(connection)
            command.downgrade(config, "-1")
            assert shape_of(connection) == before, f"{revision} does not undo what it did"
            command.upgrade(config, revision)
            assert shape_of(connection) == after, f"{revision} does not do the same twice"


def test_posts_of_a_role_that_is_undone_go_with_it(database):
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO staff (code, role) VALUES ('H1', 'micro_grid_head'), ('G1', 'grid_officer')"
        )
        connection.exec_driver_sql(
            "INSERT INTO postings (staff_id, micro_grid_code, starts_on)"
            " SELECT id, 'w01', '2026-11-20' FROM staff"
        )
        command.downgrade(alembic_config(connection), "20261121_1200")
        left = "SELECT code FROM staff JOIN postings ON staff_id = staff.id"
        assert connection.exec_driver_sql(left).scalars().all() == ["G1"]
        command.upgrade(alembic_config(connection), "head")


def test_all_the_way_down_leaves_nothing(empty_database):
    migrate(empty_database)
    with empty_database.engine.begin() as connection:
        assert shape_of(connection) != []
        command.downgrade(alembic_config(connection), "base")
        assert shape_of(connection) == []


def test_models_and_migrations_agree(shared_database):
    with shared_database.engine.begin() as connection:
        command.check(alembic_config(connection))


def test_history_is_one_line(shared_database):
    with shared_database.engine.connect() as connection:
        directory = ScriptDirectory.from_config(alembic_config(connection))
        assert len(directory.get_heads()) == 1
        assert len(directory.get_bases()) == 1


def test_two_that_migrate_at_once_do_it_once(empty_database):
    steps = []
    both = [
        threading.Thread(
            target=migrate, args=(empty_database,), kwargs={"say": lambda _, step: steps.append(step)}
        )
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with empty_database.engine.connect() as connection:
        assert len(steps) == len(revisions(connection))


def test_failed_migration_leaves_the_database_as_it_was(empty_database):
    with empty_database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE staff (mine int)")

    with pytest.raises(ProgrammingError):
        migrate(empty_database)
    with empty_database.engine.connect() as connection:
        assert {row[1] for row in shape_of(connection)} == {"staff"}


def test_database_from_a_newer_version_is_refused(database):
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '20991231_2359'")
    with pytest.raises(Unavailable) as caught:
        migrate(database)
    assert caught.value.details == {"revision": "20991231_2359"}


@pytest.fixture
def stranger(empty_database):
    """A connection whose role may log in and nothing else."""
    with empty_database.engine.connect() as connection:
        outer = connection.begin()
        connection.exec_driver_sql("CREATE ROLE gridmap_stranger")
        connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.exec_driver_sql("SET LOCAL ROLE gridmap_stranger")
        yield connection
        outer.rollback()


def test_missing_right_to_enable_postgis_is_said_with_the_command(stranger, empty_database):
    with pytest.raises(Unavailable) as caught:
        check_server(stranger)
    name = empty_database.engine.url.database
    assert f"psql -d {name} -c 'CREATE EXTENSION postgis'" in caught.value.detail("en")
    assert "gridmap_stranger" in caught.value.detail("zh")


def test_missing_right_to_make_tables_is_said_with_the_command(stranger):
    stranger.exec_driver_sql("RESET ROLE")
    for extension in db.EXTENSIONS:
        stranger.exec_driver_sql(f"CREATE EXTENSION {extension}")
    stranger.exec_driver_sql("SET LOCAL ROLE gridmap_stranger")
    with pytest.raises(Unavailable) as caught:
        check_server(stranger)
    assert 'GRANT CREATE, USAGE ON SCHEMA public TO "gridmap_stranger"' in caught.value.detail("en")


def test_missing_extension_files_are_said_with_the_package(connection, monkeypatch):
    monkeypatch.setitem(db.EXTENSIONS, "no_such_extension", "postgresql-no-such")
    with pytest.raises(Unavailable) as caught:
        check_server(connection)
    assert "apt-get install postgresql-no-such" in caught.value.detail("en")


def test_old_versions_are_said(connection, monkeypatch):
    monkeypatch.setattr(db, "OLDEST_POSTGIS", (99, 0))
    with pytest.raises(Unavailable) as caught:
        check_server(connection)
    assert "postgis_extensions_upgrade()" in caught.value.detail("en")
    monkeypatch.setattr(db, "OLDEST_POSTGRES", 99)
    with pytest.raises(Unavailable) as caught:
        check_server(connection)
    assert caught.value.message == "database_too_old"


def test_database_that_was_never_made_is_said_with_the_command(server_url, tmp_path):
    settings = Settings.from_environ({"DATABASE_URL": server_url("nowhere"), "GRIDMAP_HOME": str(tmp_path)})
    with pytest.raises(Unavailable, match=r"createdb --owner=gridmap nowhere"):
        open_database(settings)
