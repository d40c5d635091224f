"""The private cluster: keeps what was committed, is shared, ends with its last user, refuses strangers."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from gridmap import cluster as cluster_module
from gridmap.cluster import Cluster, find_binaries
from gridmap.db import Database, create_database
from gridmap.errors import Unavailable

REPOSITORY = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="asks what root may do; run the tests as root")

USER = """
import os, sys, time
from pathlib import Path
from gridmap.cluster import Cluster
from gridmap.db import Database
from gridmap.i18n import catalogue
catalogue()
if len(sys.argv) > 2:  # become somebody else after the imports: the checkout may be closed to them
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[2]))
cluster = Cluster(Path(sys.argv[1]), durable=False)
cluster.start()
database = Database(cluster.url("postgres"), cluster=cluster)
"""


@pytest.fixture
def folder(open_folder):
    path = Path(tempfile.mkdtemp(dir=open_folder))
    path.chmod(0o711)
    yield path
    for data in path.glob("*/data/PG_VERSION"):  # a test may have killed the last user
        if data.read_text().strip() == find_binaries().parent.name:
            left_over = Cluster(data.parents[1])
            left_over.start()
            left_over.release()


@pytest.fixture(scope="module")
def made(open_folder):
    """The data of a cluster that has been made and stopped."""
    cluster = Cluster(open_folder / "made", durable=False)
    cluster.start()
    cluster.release()
    return cluster.data


@pytest.fixture
def cluster(folder, made):
    """A running cluster with one user, this process."""
    (folder / "postgres").mkdir()
    subprocess.run(["cp", "-a", made, folder / "postgres"], check=True)
    cluster = Cluster(folder / "postgres", durable=False)
    cluster.start()
    yield cluster
    cluster.release()


@pytest.fixture
def run_user(folder):
    """Start another process that uses the cluster; it says "ready" when it has done its part."""
    running = []

    def run(code, *, root=folder / "postgres", user=None, **options):
        become = [str(user.pw_uid), str(user.pw_gid)] if user else []
        process = subprocess.Popen(
            [sys.executable, "-c", USER + code, str(root), *become],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def postmaster_of(cluster):
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


def ask(cluster, query):
    with psycopg.connect(cluster.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        return connection.execute(query).fetchone()[0]


def test_a_new_cluster_keeps_its_data_safe_and_opens_no_port(folder):
    cluster = Cluster(folder / "postgres")
    cluster.start()
    try:
        safe = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
        assert {name: ask(cluster, f"SHOW {name}") for name in safe} == dict.fromkeys(safe, "on")
        assert ask(cluster, "SHOW listen_addresses") == ""
        assert ask(cluster, "SHOW server_encoding") == "UTF8"
        assert cluster.socket_folder.stat().st_mode & 0o777 == 0o700
    finally:
        assert cluster.release()


def test_trigrams_see_chinese(cluster):
    with psycopg.connect(cluster.url("postgres").replace("+psycopg", "")) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        assert connection.execute("SELECT cardinality(show_trgm('上海张江路'))").fetchone()[0] > 0


def test_two_users_share_one_server_and_the_last_one_stops_it(folder, cluster):
    second = Cluster(folder / "postgres", durable=False)
    second.start()
    server = postmaster_of(cluster)
    assert postmaster_of(second) == server
    assert cluster.release() is False
    assert second.is_answering()
    assert second.release() is True
    assert not second.is_answering()
    cluster.start()
    assert cluster.is_answering()


def test_another_process_is_a_user_too(cluster, run_user):
    other = run_user("print('ready', flush=True); input(); database.close()\n")
    assert other.stdout.readline() == "ready\n"
    assert cluster.release() is False
    other.stdin.write("\n")
    other.stdin.flush()
    assert other.wait(30) == 0
    assert not cluster.is_answering()


def test_users_that_come_at_once_get_one_server(folder, run_user):
    code = (
        "with database.transaction() as session:\n"
        "    started = session.connection().exec_driver_sql('SELECT pg_postmaster_start_time()').scalar()\n"
        "print(started, flush=True); input()\n"
    )
    users = [run_user(code) for _ in range(2)]
    assert len({user.stdout.readline() for user in users}) == 1


def test_killed_app_loses_nothing_and_the_next_one_attaches(folder, run_user):
    app = run_user(
        "with database.transaction() as session:\n"
        "    session.connection().exec_driver_sql('CREATE TABLE kept AS SELECT 7 AS n')\n"
        "print('ready', flush=True); time.sleep(600)\n"
    )
    assert app.stdout.readline() == "ready\n"
    app.kill()
    app.wait()
    following = Cluster(folder / "postgres", durable=False)
    assert following.is_answering()
    server = postmaster_of(following)
    following.start()
    assert postmaster_of(following) == server
    assert ask(following, "SELECT n FROM kept") == 7
    assert following.release() is True


def test_sigterm_stops_the_server(folder):
    environ = {**os.environ, "GRIDMAP_HOME": str(folder)}
    environ.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "gridmap", "worker"]
    with subprocess.Popen(command, cwd=REPOSITORY, env=environ, start_new_session=True) as worker:
        cluster = Cluster(folder / "postgres")
        while not cluster.is_answering():
            assert worker.poll() is None
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
    assert not cluster.is_answering()


def test_a_process_that_leaves_without_a_word_stops_the_server(folder):
    """As where a signal comes between two blocks that would both have released it."""
    script = (
        "import sys; from pathlib import Path; from gridmap.cluster import Cluster;"
        " Cluster(Path(sys.argv[1])).start(); sys.exit(143)"
    )
    left = subprocess.run(
        [sys.executable, "-c", script, str(folder / "postgres")], cwd=REPOSITORY, check=False
    )
    assert left.returncode == 143
    assert not Cluster(folder / "postgres").is_answering()


def test_killed_server_loses_nothing_committed_and_the_app_goes_on(folder):
    cluster = Cluster(folder / "postgres")
    cluster.start()
    database = Database(cluster.url("postgres"), cluster=cluster)
    try:
        with database.transaction() as session:
            session.execute(text("CREATE TABLE counted (n int)"))
        committed, lost = [], []
        first_hundred = threading.Event()

        def insert_numbers():
            for number in range(2000):
                try:
                    with database.transaction() as session:
                        session.execute(text("INSERT INTO counted VALUES (:n)"), {"n": number})
                    committed.append(number)
                except Unavailable:
                    lost.append(number)
                if number == 100:
                    first_hundred.set()

        writer = threading.Thread(target=insert_numbers)
        writer.start()
        assert first_hundred.wait(60)
        server = postmaster_of(cluster)
        os.kill(server, signal.SIGKILL)
        writer.join()
        with database.transaction() as session:
            found = set(session.scalars(text("SELECT n FROM counted")))
        assert set(committed) <= found
        assert len(committed) + len(lost) == 2000
        assert postmaster_of(cluster) != server
    finally:
        database.close()


def test_killed_backend_fails_one_transaction_only(cluster):
    database = Database(cluster.url("postgres"), cluster=cluster)

    def sleep_in_killed_backend():
        with database.transaction() as session:
            os.kill(session.scalar(text("SELECT pg_backend_pid()")), signal.SIGKILL)
            session.execute(text("SELECT pg_sleep(30)"))

    with pytest.raises(Unavailable) as caught:
        sleep_in_killed_backend()
    assert caught.value.message == "database_lost"
    with database.transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1
    database.engine.dispose()


def test_start_waits_for_a_backend_that_outlived_its_server(cluster):
    database = Database(cluster.url("postgres"))
    told = threading.Event()
    pids = []

    def count_long():
        with suppress(Unavailable), database.transaction() as session:  # the answer may still come through
            pids.append(session.scalar(text("SELECT pg_backend_pid()")))
            told.set()
            session.execute(text("SELECT count(*) FROM generate_series(1, 12000000)"))

    counting = threading.Thread(target=count_long)
    counting.start()
    assert told.wait(30)
    os.kill(postmaster_of(cluster), signal.SIGKILL)
    cluster.start()
    assert cluster.is_answering()
    assert not _works_in(pids[0], cluster.data)
    counting.join()
    database.engine.dispose()


def _works_in(pid, folder):
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(folder)
    except OSError:
        return False


def test_left_over_pid_file_of_a_living_stranger_is_no_hindrance(cluster):
    cluster.release()
    (cluster.data / "postmaster.pid").write_text(
        f"{os.getpid()}\n{cluster.data}\n0\n5432\n{cluster.socket_folder}\n\n"
    )
    cluster.start()
    assert cluster.is_answering()


def test_half_made_cluster_is_made_anew(folder):
    cluster = Cluster(folder / "postgres", durable=False)
    cluster.start()
    cluster.release()
    cluster.data.rename(folder / "postgres" / "data.new")
    (folder / "postgres" / "data.new" / "PG_VERSION").unlink()
    cluster.start()
    assert cluster.is_answering()
    assert cluster.release() is True


def test_data_folder_of_another_major_version_is_refused_untouched(cluster):
    cluster.release()
    (cluster.data / "PG_VERSION").write_text("9.6\n")
    before = sorted(path.name for path in cluster.data.iterdir())
    with pytest.raises(Unavailable) as caught:
        Cluster(cluster.root, durable=False).start()
    assert caught.value.message == "cluster_other_major"
    said = caught.value.detail("en")
    assert "PostgreSQL 9.6" in said
    assert "pg_dump -Fc" in said
    assert "pg_restore" in said
    assert sorted(path.name for path in cluster.data.iterdir()) == before


def test_full_disk_is_said_before_anything_is_made(folder, monkeypatch):
    monkeypatch.setattr(cluster_module, "FREE_SPACE_MB", 10**12)
    with pytest.raises(Unavailable) as caught:
        Cluster(folder / "postgres").start()
    assert caught.value.message == "cluster_disk_full"
    assert not (folder / "postgres" / "data").exists()


def test_missing_server_is_said_with_the_command_that_installs_it(folder, monkeypatch):
    monkeypatch.setattr("glob.glob", lambda _: [])
    with pytest.raises(Unavailable) as caught:
        Cluster(folder / "postgres")
    assert "apt-get install postgresql-postgis" in caught.value.detail("en")


def test_long_path_gets_a_short_socket(folder):
    deep = folder / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    for path in (deep, deep.parent):
        path.chmod(0o711)
    cluster = Cluster(deep / "postgres", durable=False)
    cluster.start()
    try:
        assert len(str(cluster.socket_folder)) <= 80
        assert Cluster(deep / "postgres").is_answering()
    finally:
        assert cluster.release()
        shutil.rmtree(cluster.socket_folder)


def test_planted_link_in_place_of_the_socket_folder_is_refused(folder):
    bait = folder / "bait"
    bait.mkdir(mode=0o755)
    deep = folder / ("d" * 100)
    deep.mkdir(mode=0o711)
    cluster = Cluster(deep / "postgres", durable=False)
    cluster.socket_folder.symlink_to(bait)
    try:
        with pytest.raises(Unavailable) as caught:
            cluster.start()
        assert caught.value.message == "cluster_foreign_folder"
        assert (bait.stat().st_mode & 0o777, bait.stat().st_uid) == (0o755, os.geteuid())
        assert list(bait.iterdir()) == []
    finally:
        cluster.socket_folder.unlink()


def test_file_in_place_of_the_data_folder_is_refused(folder):
    (folder / "postgres").write_text("not a folder")
    with pytest.raises(Unavailable):
        Cluster(folder / "postgres", durable=False).start()
    assert (folder / "postgres").read_text() == "not a folder"


def test_failed_start_leaves_no_user_behind(cluster):
    cluster.release()
    conf = cluster.data / "postgresql.conf"
    good = conf.read_text()
    conf.write_text(good + "\nno_such_setting = 1\n")
    with pytest.raises(Unavailable) as caught:
        Cluster(cluster.root, durable=False).start()
    assert "no_such_setting" in caught.value.detail("en")
    conf.write_text(good)
    cluster.start()
    assert cluster.release() is True


def test_create_database_twice_is_one_database(cluster):
    create_database(cluster.url("postgres"), "town")
    create_database(cluster.url("postgres"), "town")
    assert ask(cluster, "SELECT count(*) FROM pg_database WHERE datname = 'town'") == 1


@as_root
def test_root_says_which_folder_is_closed_to_the_server(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Unavailable) as caught:
        Cluster(closed / "postgres", durable=False).start()
    assert f"chmod o+x {closed}" in caught.value.detail("en")


@as_root
def test_ordinary_user_runs_a_cluster_and_root_may_join(folder, run_user):
    nobody = pwd.getpwnam("nobody")
    mine = folder / "nobody"
    mine.mkdir()
    os.chown(mine, nobody.pw_uid, nobody.pw_gid)
    app = run_user(
        "print('ready', flush=True); input(); database.close()\n", root=mine / "postgres", user=nobody
    )
    assert app.stdout.readline() == "ready\n"
    joined = Cluster(mine / "postgres", durable=False)
    joined.start()
    assert os.stat(f"/proc/{postmaster_of(joined)}").st_uid == nobody.pw_uid
    assert joined.release() is False
    app.stdin.write("\n")
    app.stdin.flush()
    assert app.wait(30) == 0
    assert not joined.is_answering()


@as_root
def test_cluster_of_somebody_else_is_refused(cluster, run_user):
    app = run_user("", user=pwd.getpwnam("nobody"), stderr=subprocess.PIPE)
    said = app.stderr.read()
    app.stderr.close()
    assert app.wait(30) == 1
    assert "belongs to postgres" in said
    assert cluster.is_answering()
