"""The door to the database: the only file that opens connections.

An entrance calls `open_database(settings)` once (a web process after its fork), wraps one service call in
``with database.transaction() as session:`` and answers after the commit. Services flush, they never commit.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import errors as pg
from psycopg.sql import SQL, Identifier
from sqlalchemy import create_engine, event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from gridmap.cluster import ROLE, Cluster, say_nothing
from gridmap.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import URL, Connection, Engine, TextClause

    from gridmap.settings import Settings

    Say = Callable[..., None]

OLDEST_POSTGRES = 13
OLDEST_POSTGIS = (3, 3)
EXTENSIONS = {  # name -> Debian package that brings it
    "postgis": "postgresql-postgis",
    "pg_trgm": "postgresql-contrib",
    "btree_gist": "postgresql-contrib",
}
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
MIGRATION_LOCK = 0x67726964  # "grid": key of the advisory lock that lets one process migrate at a time
COMING_UP_SECONDS = 15  # a server that restarts (or recovers from the loss of one backend) is waited for


class Database:
    """One database: its pool of connections and, where it is ours, the cluster below it.

    Parameters
    ----------
    url
        Address as SQLAlchemy takes it (``postgresql+psycopg://…``).
    cluster
        The private cluster, already started; None when the server belongs to somebody else.
    pool_size
        Connections kept open; as many again may be opened for a moment.
    """

    def __init__(self, url: str, *, cluster: Cluster | None = None, pool_size: int = 5) -> None:
        self._cluster = cluster
        self.engine: Engine = create_engine(
            url, pool_pre_ping=True, pool_size=pool_size, max_overflow=pool_size, pool_timeout=30
        )
        event.listen(self.engine, "do_connect", self._connect)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session whose work is committed at the end, or rolled back when an error leaves the block.

        Raises
        ------
        Unavailable
            When the server went away or has no room left; nothing of the block was kept.
        """
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                with session.begin():
                    yield session
            except DBAPIError as error:
                raise _translated(error) from error
            except PoolTimeout as error:
                raise Unavailable("database_busy") from error

    def close(self) -> None:
        """Close the connections and stop using the private cluster; its last user stops it."""
        try:
            self.engine.dispose()
        finally:
            if self._cluster is not None:
                self._cluster.release()

    def _connect(
        self, _dialect: object, _record: object, arguments: Sequence[Any], options: Mapping[str, Any]
    ) -> psycopg.Connection[Any]:
        """Connect; wait for a server that is coming up, and raise our own one from the dead."""
        give_up_at = time.monotonic() + COMING_UP_SECONDS
        while True:
            try:
                return psycopg.connect(*arguments, **options)
            except psycopg.OperationalError as error:
                if time.monotonic() > give_up_at or not self._may_come_back(error):
                    raise
                time.sleep(0.2)

    def _may_come_back(self, error: psycopg.OperationalError) -> bool:
        # libpq hands out no SQLSTATE for a refused connection; "the database system is …" covers starting up,
        # shutting down and recovery mode, in the C locale that the private cluster speaks. A server that just
        # lost a backend also drops who is only knocking.
        if any(words in str(error) for words in ("the database system is", "server closed the connection")):
            return True
        if self._cluster is None or self._cluster.is_answering():
            return False
        self._cluster.start()
        return True


def open_database(settings: Settings, *, say: Say = say_nothing) -> Database:
    """Open the database the settings name, starting or attaching to the private cluster where they name none.

    Parameters
    ----------
    settings
        `database_url` decides: empty means the private cluster in the data folder.
    say
        Told what takes long, as a key of the catalogue and its values.

    Raises
    ------
    Unavailable
        When there is no server to be had, with the command that mends it.
    """
    pool_size = settings.threads + 1
    if settings.database_url:
        database = Database(settings.database_url, pool_size=pool_size)
    else:
        cluster = Cluster(settings.home / "postgres", say=say)
        try:
            cluster.start()
            create_database(cluster.url("postgres"), ROLE)
            database = Database(cluster.url(), cluster=cluster, pool_size=pool_size)
        except BaseException:
            cluster.release()
            raise
    try:
        with database.engine.connect():
            return database
    except BaseException as error:
        database.close()
        if isinstance(error, DBAPIError):
            raise _away(settings.database_url, error) from error
        raise


def _away(url: str, error: DBAPIError) -> Unavailable:
    """Tell a database that was never made from a server that does not answer."""
    asked = make_url(url or "postgresql://")
    if asked.database and _lacks(asked, asked.database):
        return Unavailable("database_missing", database=asked.database, role=asked.username or "gridmap")
    return Unavailable("database_away", reason=_reason(error))


def _lacks(url: URL, name: str) -> bool:
    """Whether the server answers and says that it has no database of this name."""
    server = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    try:
        with psycopg.connect(server, connect_timeout=5) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            return known is None
    except psycopg.OperationalError:
        return False


def create_database(url: str, name: str, *, template: str = "template0") -> None:
    """Create the database `name` on the server of `url` unless it is there; UTF-8, code-point order."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        try:
            connection.execute(
                SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(
                    Identifier(name), Identifier(template)
                )
            )
        except (pg.DuplicateDatabase, pg.UniqueViolation):
            return  # another process was first


# Queries and bulk loading.


@cache
def sql(name: str) -> TextClause:
    """The query of ``gridmap/sql/<name>.sql``."""
    return text(files("gridmap").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8"))


def plan_by_values(session: Session) -> None:
    """Let the server plan the queries of this transaction for their values.

    After some runs it would else keep one plan for a day and for ten years, for a grid and for a district:
    seen to take 6 s instead of 0.2 s.
    """
    session.execute(select(func.set_config("plan_cache_mode", "force_custom_plan", True)))


def driver_connection(session: Session) -> psycopg.Connection[Any]:
    """The psycopg connection inside the session's transaction, for COPY."""
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def copy_rows(session: Session, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> int:
    """Append rows by binary COPY, inside the session's transaction.

    Parameters
    ----------
    session
        Its pending changes are flushed first.
    table
        Name of the table.
    columns
        Column name -> PostgreSQL type (``int8``, ``text``, ``timestamptz``, …) in the order of each row.
        A geometry goes as ``bytea``: EWKB bytes with SRID, ``shapely.to_wkb(…, include_srid=True)``.
    rows
        Sequences of Python values; None is NULL.

    Returns
    -------
    int
        Rows written.
    """
    session.flush()
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        Identifier(table), SQL(", ").join(Identifier(column) for column in columns)
    )
    with driver_connection(session).cursor() as cursor:
        try:
            with cursor.copy(statement) as copy:
                copy.set_types(list(columns.values()))
                for row in rows:
                    copy.write_row(row)
        except psycopg.OperationalError as error:
            raise unavailable(error) or error from error
        return cursor.rowcount


# What the server must have.


def check_server(connection: Connection) -> None:
    """Require what GridMap stands on: versions, extensions (enabled where missing), the right to make tables.

    Raises
    ------
    Unavailable
        For the first thing missing, with the command that mends it.
    """
    version = connection.scalar(text("SELECT current_setting('server_version_num')::int / 10000"))
    if version < OLDEST_POSTGRES:
        raise Unavailable("database_too_old", found=version, wanted=OLDEST_POSTGRES)
    names = connection.execute(text("SELECT current_user, current_database()")).one()
    here = {"role": names[0], "database": names[1]}
    for extension, package in EXTENSIONS.items():
        _require_extension(connection, extension, package, here)
    found = connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'"))
    if tuple(int(part) for part in found.split(".")[:2]) < OLDEST_POSTGIS:
        wanted = ".".join(map(str, OLDEST_POSTGIS))
        raise Unavailable("database_old_postgis", found=found, wanted=wanted, **here)
    may = "SELECT has_schema_privilege('public', 'CREATE') AND has_schema_privilege('public', 'USAGE')"
    if not connection.scalar(text(may)):
        raise Unavailable("database_no_rights", **here)


def describe_server(connection: Connection) -> str:
    """Versions of PostgreSQL and PostGIS, in a few words."""
    found = connection.execute(
        text(
            "SELECT current_setting('server_version'), extversion FROM pg_extension WHERE extname = 'postgis'"
        )
    ).one()
    return f"PostgreSQL {found[0]}, PostGIS {found[1]}"


def _require_extension(connection: Connection, extension: str, package: str, here: dict[str, str]) -> None:
    state = connection.execute(
        text(
            "SELECT a.name IS NOT NULL AS available, e.extname IS NOT NULL AS enabled "
            "FROM (SELECT CAST(:name AS text) AS name) AS asked "
            "LEFT JOIN pg_available_extensions a USING (name) "
            "LEFT JOIN pg_extension e ON e.extname = asked.name"
        ),
        {"name": extension},
    ).one()
    if state.enabled:
        return
    if not state.available:
        raise Unavailable("database_no_extension_files", extension=extension, package=package, **here)
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f'CREATE EXTENSION IF NOT EXISTS "{extension}" SCHEMA public')
    except DBAPIError as error:
        if isinstance(error.orig, pg.InsufficientPrivilege):
            raise Unavailable("database_no_extension_rights", extension=extension, **here) from error
        raise


def alembic_config(connection: Connection, say: Say = say_nothing) -> Config:
    """Alembic's configuration for `connection`; there is no alembic.ini.

    Raises
    ------
    Unavailable
        When the migrations are not beside the package (they live in the checkout).
    """
    if not (MIGRATIONS / "env.py").exists():
        raise Unavailable("database_no_migrations", folder=MIGRATIONS)
    config = Config(attributes={"connection": connection, "say": say})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "file_template", "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    return config


def migrate(database: Database, *, revision: str = "head", say: Say = say_nothing) -> None:
    """Bring the tables to `revision`, all steps in one transaction; a second process waits and finds it done.

    Raises
    ------
    Unavailable
        When the server lacks something, or is at a revision this checkout does not know.
    """
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        check_server(connection)
        config = alembic_config(connection, say)
        current = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if current is not None and current not in known:
            raise Unavailable("database_newer", revision=current)
        command.upgrade(config, revision)


def draft_migration(database: Database, title: str) -> None:
    """Write a migration from the newest revision to what the models say, for somebody to read and mend."""
    with database.engine.begin() as connection:
        command.revision(alembic_config(connection), title, autogenerate=True)


# What the driver's errors mean to the one who waits for an answer.


def _translated(error: DBAPIError) -> Exception:
    return unavailable(error.orig) or error


def unavailable(error: BaseException | None) -> Unavailable | None:
    """The error as `Unavailable` when the server is away or has no room left, else None."""
    if isinstance(error, pg.DiskFull):
        return Unavailable("database_full")
    if isinstance(error, (pg.TooManyConnections, pg.OutOfMemory, pg.DeadlockDetected)):
        return Unavailable("database_busy")
    if isinstance(error, psycopg.OperationalError) and (
        error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
    ):
        return Unavailable("database_lost")
    return None


def _reason(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
