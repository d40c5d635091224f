"""The application as it is served: gunicorn with its own processes and threads, on a free port."""

from __future__ import annotations

import http
import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridmap.app import create_app
from gridmap.serve import warm_up
from gridmap.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

    from gridmap.db import Database

PATIENCE_S = 180  # a machine may be crowded


def application() -> Flask:
    """The application, for gunicorn; settings from the environment."""
    return create_app(Settings.from_environ(os.environ))


def on_starting(_master: object) -> None:
    """Do before the fork what `gridmap serve` does; gunicorn asks this module."""
    warm_up()


class Served:
    """Where it is served, and the process that minds the others."""

    def __init__(self, port: int, process_id: int) -> None:
        self.port = port
        self.process_id = process_id
        self.address = f"http://127.0.0.1:{port}"


@contextmanager
def serving(
    database: Database, home: Path | str, *, workers: int = 2, threads: int = 4, **settings: str
) -> Iterator[Served]:
    """Serve a database while the block runs.

    Parameters
    ----------
    settings
        More variables of the environment, as ``GRIDMAP_TILE_CACHE_MB="0"``.
    """
    environment = {
        **os.environ,
        "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "GRIDMAP_HOME": str(home),
        "GRIDMAP_THREADS": str(threads),
        **settings,
    }
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gridmap.serve.WebProcess"]
    command += [
        "--log-level",
        "error",
        "--workers",
        str(workers),
        "--threads",
        str(threads),
        "--graceful-timeout",
        "1",
    ]
    # As in earnest the master imports everything before it forks: it takes this module for its settings.
    command += ["--config", "python:tests.serving"]
    with socket.create_server(("127.0.0.1", 0)) as door:  # handed over open: nobody else can take the port
        port, descriptor = door.getsockname()[1], door.fileno()
        command += ["--bind", f"fd://{descriptor}", "tests.serving:application()"]
        process = subprocess.Popen(command, env=environment, pass_fds=[descriptor])
    try:
        _wait_for_answer(port)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait_for_answer(port: int) -> None:
    """Wait until the application answers: the port is open long before."""
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
            if answer.status == http.HTTPStatus.OK:
                return
        except OSError:
            if time.monotonic() > give_up_at:
                raise
        finally:
            connection.close()
        time.sleep(0.1)
