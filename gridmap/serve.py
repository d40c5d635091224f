"""Serving: gunicorn's master with its web processes, and one child that works off the jobs.

Everything a process opens, it opens after the fork. The master only holds the private cluster, so that it is
the last user and stops the server when all its children are gone.
"""

from __future__ import annotations

import errno
import gc
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from gridmap.app import create_app
from gridmap.covering.graph import load_kernels
from gridmap.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from gunicorn.workers.base import Worker
    from gunicorn.workers.gthread import TConn

    from gridmap.db import Database
    from gridmap.settings import Settings

PORT_WAIT_SECONDS = (
    3  # web processes orphaned by a kill -9 of their master let go of the port within that time
)
STOP_SECONDS = 8  # a request may take this long to finish after Ctrl-C; a job gives itself back sooner
RESTART_PAUSE_SECONDS = 5


@contextmanager
def bind_port(settings: Settings) -> Iterator[socket.socket]:
    """Take hold of the port before any work is done, so that a taken one is said at once.

    Yields
    ------
    socket
        Bound, not yet listening: a browser is refused until the service is ready.

    Raises
    ------
    Unavailable
        When the port is taken or the address is not this machine's, with how to choose another.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
    except socket.gaierror as error:
        raise Unavailable("serve_no_host", host=settings.host, reason=error.strerror) from error
    with socket.socket(family, kind) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        give_up_at = time.monotonic() + PORT_WAIT_SECONDS
        while True:
            try:
                door.bind(address)
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise Unavailable(
                        "serve_no_bind", host=settings.host, port=settings.port, reason=error.strerror
                    ) from error
                if time.monotonic() > give_up_at:
                    raise Unavailable(
                        "serve_port_taken", port=settings.port, other=settings.port % 65535 + 1
                    ) from error
                time.sleep(0.2)
        yield door


def serve_until_stopped(
    settings: Settings, database: Database, door: socket.socket, *, say: Callable[..., None]
) -> None:
    """Serve until Ctrl-C, SIGTERM or a closed terminal; then nothing of ours runs any more.

    Parameters
    ----------
    settings
        Workers, threads, log level.
    database
        Open and migrated; its connections are closed before the fork, its cluster stays in use.
    door
        From `bind_port`.
    say
        Told the address once the first web process answers.
    """
    warm_up()
    database.engine.dispose()
    master = os.getpid()
    jobs = _JobsProcess()
    try:
        _Master(_WebProcesses(settings, door.detach(), say), jobs).run()
    finally:
        # gunicorn leaves a forked web process by SystemExit through these very frames.
        if os.getpid() == master:
            jobs.stop()


def warm_up() -> None:
    """Load once, before the fork, what every web process needs: nobody who opens a grid first waits for it.

    What is loaded by then is no garbage: the collector of the web processes passes it over, which shortens
    its pauses (a third of a second in a large answer) and leaves the memory shared.
    """
    import_module("gridmap.planning.warm")  # the engine's compiled code
    load_kernels()  # that of walks
    gc.collect()
    gc.freeze()


class WebProcess(ThreadWorker):
    """gunicorn's threads, but none of them is held by a connection that has not asked for anything yet.

    A browser opens connections ahead of need. gunicorn waits 5 s for the first request of each in a thread;
    a few such connections and nobody is answered (its issue 3634). Here the poller waits.
    """

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to a thread once there is something to read."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))


class _JobsProcess:
    """The child ``gridmap worker``, started again when it dies."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def keep_alive(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        if time.monotonic() < self._not_before:
            return
        self._not_before = time.monotonic() + RESTART_PAUSE_SECONDS
        # Its own session: Ctrl-C reaches the master only, which tells it to stop.
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "gridmap", "worker", "--child-of", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _WebProcesses(BaseApplication):
    """What gunicorn wants to know; it calls `load` in each web process."""

    def __init__(self, settings: Settings, door: int, say: Callable[..., None]) -> None:
        self._settings = settings
        self._door = door
        self._say = say
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        chosen: dict[str, Any] = {
            "bind": f"fd://{self._door}",
            "workers": settings.workers,
            "worker_class": WebProcess,
            "threads": settings.threads,
            "graceful_timeout": STOP_SECONDS,
            "timeout": 120,
            "keepalive": 5,
            "loglevel": "debug" if settings.log_level == "debug" else "warning",
            "control_socket_disable": True,
            "post_worker_init": self._tell_first,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self._settings)

    def _tell_first(self, worker: Worker) -> None:
        if worker.age == 1:
            self._say(
                "say.serving", address=f"http://{_in_address(self._settings.host)}:{self._settings.port}"
            )


class _Master(Arbiter):
    """gunicorn's master that minds the jobs process as well and ends with its terminal."""

    def __init__(self, app: _WebProcesses, jobs: _JobsProcess) -> None:
        self._jobs = jobs
        self._outlives_terminal = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # started by nohup
        super().__init__(app)

    def manage_workers(self) -> None:
        """Run once a second in the main loop."""
        super().manage_workers()
        self._jobs.keep_alive()

    def stop(self, graceful: bool = True) -> None:
        """End the web processes; wait for those that had to be killed, for a dying one uses the cluster."""
        super().stop(graceful)
        for process in list(self.WORKERS):
            with suppress(ChildProcessError):
                os.waitpid(process, 0)

    def handle_hup(self) -> None:
        """End with the terminal; gunicorn would load the application anew and run on unseen."""
        if not self._outlives_terminal:
            raise StopIteration


def _in_address(host: str) -> str:
    """The host as it stands in an address: any-interface as the loopback one, IPv6 in brackets."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - translated, not bound
    return f"[{host}]" if ":" in host else host
