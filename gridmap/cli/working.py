"""``gridmap worker``: the process that works off the jobs."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import click

from gridmap.worker import work

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance


@click.command()
@click.option("--child-of", type=int, hidden=True, help="Stop when this parent process is gone.")
@click.pass_obj
def worker(entrance: Entrance, child_of: int | None) -> None:
    """Work off the queued jobs, until Ctrl-C; `serve` does this too. 单独运行后台任务进程。"""
    if child_of is not None:
        threading.Thread(target=_leave_with_parent, args=(child_of,), daemon=True).start()
    work(entrance.settings)


def _leave_with_parent(parent: int) -> None:
    """End this process in order when the parent was killed and could not tell us."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
