"""Work off the queue inside a test."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gridmap.worker import DEAD_AFTER_SECONDS, run_jobs

if TYPE_CHECKING:
    from gridmap.db import Database


def work_off(database: Database, *, dead_after_seconds: float = DEAD_AFTER_SECONDS) -> None:
    """Run jobs until the queue is empty, in a thread: the browser of other tests has a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        work = run_jobs(database, wait=False, dead_after_seconds=dead_after_seconds)
        thread.submit(asyncio.run, work).result()
