"""Serving as a person starts it: the address is told, Ctrl-C leaves nothing running, a taken port is said."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from gridmap.cluster import Cluster
from gridmap.errors import Unavailable
from gridmap.serve import bind_port
from gridmap.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 180  # a machine may be crowded
SILENT = 60
LESS_THAN_GUNICORN_WAITS_S = 4.5  # its threads wait 5 s for the first request of a connection


@pytest.fixture
def free_port():
    for port in range(20_000, 30_000):  # below the ports that the system gives to whoever asks for any
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    pytest.fail("all ports are taken")


@pytest.fixture
def home(open_folder):
    folder = Path(tempfile.mkdtemp(dir=open_folder))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def start(home, free_port):
    """Start ``gridmap serve`` in a session of its own and wait until it tells its address."""
    started = []

    def run():
        environ = os.environ | {
            "GRIDMAP_HOME": str(home),
            "GRIDMAP_PORT": str(free_port),
            "GRIDMAP_LANGUAGE": "en",
        }
        environ.pop("DATABASE_URL", None)
        master = subprocess.Popen(
            [sys.executable, "-m", "gridmap", "serve"],
            cwd=REPOSITORY,
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(master)
        told = []
        while not told or "Serving on" not in told[-1]:
            line = master.stdout.readline()
            assert line, f"ended before it served: {told}"
            told.append(line)
        return master

    yield run
    for master in started:
        if master.poll() is None:
            master.terminate()
            master.wait(PATIENCE_S)
        master.stdout.close()
    cluster = Cluster(home / "postgres")  # left up on purpose by a kill -9
    cluster.start()
    cluster.release()


def living(home):
    """Processes with this data folder in their environment, as {process id: command line}."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"GRIDMAP_HOME={home}\0".encode() in (process / "environ").read_bytes():
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


def wait_until(condition):
    give_up_at = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.1)


def answers(port):
    with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
        return answer.status == 200


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_leaves_nothing_running(start, home, free_port, sign):
    master = start()
    assert answers(free_port)
    wait_until(lambda: "gridmap worker" in " ".join(living(home).values()))
    assert "postgres -D" in " ".join(living(home).values())
    # As a terminal does it: Ctrl-C reaches the whole group, the other two only the master.
    (os.killpg if sign == signal.SIGINT else os.kill)(master.pid, sign)
    assert master.wait(PATIENCE_S) == 0
    wait_until(lambda: living(home) == {})  # the init process may still have to collect the server


def test_killed_master_takes_its_children_along_and_the_next_start_attaches(start, home, free_port):
    master = start()
    wait_until(lambda: "gridmap worker" in " ".join(living(home).values()))
    server = (home / "postgres/data/postmaster.pid").read_text().splitlines()[0]
    master.kill()
    master.wait()
    wait_until(
        lambda: (
            not any("gridmap" in command and "postgres" not in command for command in living(home).values())
        )
    )
    following = start()
    assert answers(free_port)
    assert (home / "postgres/data/postmaster.pid").read_text().splitlines()[0] == server
    following.send_signal(signal.SIGINT)
    assert following.wait(PATIENCE_S) == 0
    wait_until(lambda: living(home) == {})


def test_connections_that_ask_for_nothing_keep_nobody_waiting(start, free_port):
    """A browser opens connections ahead of need; more of them than there are threads are open here."""
    start()
    with ExitStack() as opened:
        for _ in range(SILENT):
            opened.enter_context(socket.create_connection(("127.0.0.1", free_port)))
        with urlopen(f"http://127.0.0.1:{free_port}/healthz", timeout=LESS_THAN_GUNICORN_WAITS_S) as answer:
            assert answer.status == 200


def test_killed_jobs_process_is_started_again(start, home):
    start()

    def jobs():
        return {pid for pid, command in living(home).items() if "gridmap worker" in command}

    wait_until(lambda: len(jobs()) == 1)
    (first,) = jobs()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(jobs() - {first}) == 1)


def test_taken_port_is_said_before_anything_is_made(home):
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        environ = os.environ | {
            "GRIDMAP_HOME": str(home),
            "GRIDMAP_PORT": str(port),
            "GRIDMAP_LANGUAGE": "en",
        }
        done = subprocess.run(
            [sys.executable, "-m", "gridmap", "serve"],
            cwd=REPOSITORY,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert f"GRIDMAP_PORT={port % 65535 + 1}" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid"])
def test_address_of_another_machine_is_refused(home, host):
    settings = Settings.from_environ({"GRIDMAP_HOME": str(home), "GRIDMAP_HOST": host})
    with pytest.raises(Unavailable) as caught, bind_port(settings):
        pass
    assert host in caught.value.detail("en")
