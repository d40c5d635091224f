"""Fixtures of all tests: one throw-away PostGIS, one migrated template, one browser.

All workers of pytest-xdist (`./run test` starts them) share server and templates; each has its own browser.

    session      a session whose work is undone after the test; `app` and `client` see its flushed rows
    database     a database of its own with real commits: for locks, crashes and the browser
    copy_with    the same with something in it that takes long to make
    live_server  the app on `database`, served over HTTP; gives its address
    page         a Chromium page; a request to a foreign host or an error in the page fails the test

DATABASE_URL, when set, names the server on which the test databases are made (its role must be allowed to).
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from gridmap.cluster import Cluster
from gridmap.db import Database, create_database, migrate
from gridmap.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, BrowserContext, Page
    from sqlalchemy import Connection
    from xdist.workermanage import WorkerController

CHROMIUM = "/usr/bin/chromium-headless-shell"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No host is ever found but ours. Cheaper than to have a look at every request.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
_numbers = itertools.count(1)
_FOLDER = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a run can be told."""
    parser.addoption("--whole", action="store_true", help="the longest proofs at their full length")


@pytest.fixture
def times(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """How often a long proof repeats itself: ``times(usually, in_whole)``."""
    is_whole = request.config.getoption("whole")
    return lambda usually, in_whole: in_whole if is_whole else usually


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that the processes of a run share; a worker is handed the one of its controller."""
    if (handed := getattr(config, "workerinput", {}).get("folder")) is not None:
        config.stash[_FOLDER] = Path(handed)
        return
    folder = Path(tempfile.mkdtemp(prefix="gridmap-test-"))
    folder.chmod(0o711)
    config.stash[_FOLDER] = folder
    config.add_cleanup(lambda: _clear(folder))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Hand the folder to a worker of pytest-xdist."""
    node.workerinput["folder"] = str(node.config.stash[_FOLDER])


def _clear(folder: Path) -> None:
    """Take away what a run made for all its processes; the last of them has stopped the private server."""
    if given := os.environ.get("DATABASE_URL"):
        for made in folder.glob("*.template"):
            _drop(_on_server(given), made.stem)
    shutil.rmtree(folder)


def _on_server(given: str) -> Callable[[str], str]:
    url = make_url(given).set(drivername="postgresql+psycopg")
    return lambda name: url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def open_folder(pytestconfig: pytest.Config) -> Path:
    """A folder that the server's own user may walk through, which pytest's are not; shared by all workers."""
    return pytestconfig.stash[_FOLDER]


@pytest.fixture(scope="session")
def server_url(open_folder: Path) -> Iterator[Callable[[str], str]]:
    """Address of a database on the test server, by name."""
    if given := os.environ.get("DATABASE_URL"):
        yield _on_server(given)
        return
    cluster = Cluster(open_folder / "postgres", durable=False)
    cluster.start()
    yield cluster.url
    cluster.release()


@pytest.fixture(scope="session")
def make_template(open_folder: Path, server_url: Callable[[str], str]) -> Callable[..., str]:
    """Make a database to be copied, once for all workers: `make_template("town", fill, base=template)`.

    `fill` gets the new `Database`, a copy of `base`. Gives its name.
    """

    def make(name: str, fill: Callable[[Database], object], base: str = "template0") -> str:
        name = f"{open_folder.name}-{name}"
        with (open_folder / f"{name}.template").open("a") as made:
            fcntl.flock(made, fcntl.LOCK_EX)  # another worker may be making it
            if os.fstat(made.fileno()).st_size == 0:
                _drop(server_url, name)  # what a fill that failed has left
                create_database(server_url("postgres"), name, template=base)
                database = Database(server_url(name))
                fill(database)
                database.close()
                made.write("made")
        return name

    return make


@pytest.fixture(scope="session")
def template(make_template: Callable[..., str]) -> str:
    """Name of a database brought to the newest revision by the migrations; others are copied from it."""
    return make_template("template", migrate)


@contextmanager
def copy_of(template: str, server_url: Callable[[str], str]) -> Iterator[Database]:
    """Copy a template for one process, and drop the copy afterwards."""
    name = f"gridmap_test_{os.getpid()}_{next(_numbers)}"
    create_database(server_url("postgres"), name, template=template)
    database = Database(server_url(name))
    yield database
    database.close()
    _drop(server_url, name)


def _drop(server_url: Callable[[str], str], name: str) -> None:
    with psycopg.connect(server_url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture
def database(template: str, server_url: Callable[[str], str]) -> Iterator[Database]:
    """A fresh database with real commits (a tenth of a second: take `session` where it will do)."""
    with copy_of(template, server_url) as database:
        yield database


@pytest.fixture
def copy_with(
    make_template: Callable[..., str], template: str, server_url: Callable[[str], str]
) -> Iterator[Callable[[str, Callable[[Database], object]], Database]]:
    """Fresh databases with something in them that is made once a run: `copy_with("town", load_town)`."""
    with ExitStack() as copies:
        yield lambda name, fill: copies.enter_context(
            copy_of(make_template(name, fill, base=template), server_url)
        )


@pytest.fixture(scope="session")
def shared_database(template: str, server_url: Callable[[str], str]) -> Iterator[Database]:
    """The database below `session`; nothing is ever committed to it."""
    with copy_of(template, server_url) as database:
        yield database


@pytest.fixture
def connection(shared_database: Database) -> Iterator[Connection]:
    """A connection in an outer transaction that is rolled back after the test."""
    with shared_database.engine.connect() as connection:
        outer = connection.begin()
        yield connection
        outer.rollback()


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session whose commits are savepoints."""
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        yield session


class _UndoneDatabase(Database):
    """A database all of whose transactions are savepoints on one connection."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.engine.url.render_as_string(hide_password=False))
        self._connection = connection

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with (
            Session(
                self._connection, join_transaction_mode="create_savepoint", expire_on_commit=False
            ) as session,
            session.begin(),
        ):
            yield session


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that touch nothing outside the test's own folder; no external database."""
    return Settings.from_environ({"GRIDMAP_HOME": str(tmp_path), "GRIDMAP_SECRET_KEY": "only-for-tests"})


@pytest.fixture
def app(settings: Settings, connection: Connection) -> Iterator[Flask]:
    """The web application on the connection of `session`: it sees what the test has flushed."""
    from gridmap.app import create_app  # noqa: PLC0415 - tests of the lower floors do without it

    undone = _UndoneDatabase(connection)
    app = create_app(settings, undone)
    app.testing = True
    yield app
    undone.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A test client; what a test adds through `session` must be flushed before the client asks."""
    return app.test_client()


@pytest.fixture
def live_server(settings: Settings, database: Database) -> Iterator[str]:
    """Address of the app served over HTTP from `database`, without the closing slash."""
    from gridmap.app import create_app  # noqa: PLC0415

    server = make_server("127.0.0.1", 0, create_app(settings, database), threaded=True)
    server.daemon_threads = False  # so that closing waits for the last answer to give its connection back
    # It looks so often, in seconds, whether it shall stop: each test waits for that.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system; without it the test fails and says how to get it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    assert Path(CHROMIUM).exists(), (
        "no Chromium: run ./run test, or apt-get install chromium-headless-shell fonts-noto-cjk"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, live_server: str) -> Iterator[Callable[..., Page]]:
    """Open pages as `open_page(**options of new_context)`: a phone, another language, a second person."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    def open_one(**options: object) -> Page:
        chosen = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "base_url": live_server} | options
        context = browser.new_context(**chosen)
        contexts.append(context)
        context.on("requestfailed", _note_foreign)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"error in the page: {error}"))
        page.on("console", _note_refusal)
        return page

    def _note_foreign(request) -> None:
        if not request.url.startswith((f"{live_server}/", "data:", "blob:")):
            faults.append(f"foreign host: {request.url}")

    def _note_refusal(message) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """One desktop page in Chinese."""
    return open_page(viewport={"width": 1280, "height": 800})
