"""The queue of work that outlives a request, kept by procrastinate in the same database.

A job is deferred on the connection of the caller's own transaction: it exists when, and only when, what it
works on was committed. A worker that dies leaves its jobs to be taken up again; see `gridmap.worker`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from procrastinate import (
    App,
    BaseRetryStrategy,
    JobContext,
    PsycopgConnector,
    RetryDecision,
    SyncPsycopgConnector,
)
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job, Status
from procrastinate.sql import queries
from sqlalchemy.orm import Session

from gridmap.db import driver_connection
from gridmap.errors import Unavailable

RETRY_SECONDS = 10
FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.ABORTED)
LONG, SHORT, OUT = "default", "short", "out"
QUEUES = (LONG, SHORT, OUT)
"""Each is worked off one job at a time: nobody's file waits until a city is divided."""


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    Attributes
    ----------
    name
        What it does; the worker knows the function.
    attempts
        How often it is begun at most, when its worker dies or the database goes away under it.
    queue
        One of `QUEUES`.
    cron
        When it comes by itself, in UTC; empty = only when it is deferred.
    """

    name: str
    attempts: int = 3
    queue: str = LONG
    cron: str = ""


JOB_KINDS: Mapping[str, JobKind] = {
    kind.name: kind
    for kind in (
        JobKind("compute_plan"),
        JobKind("publish_plan", queue=SHORT),
        JobKind("import_plan", queue=SHORT),
        JobKind("unroll_rosters", queue=SHORT, cron="10 16 * * *"),  # ten past midnight in China
        JobKind("measure_coverage", queue=SHORT, cron="30 17 * * *"),  # half past one at night in China
        JobKind("publish_figures", queue=SHORT, cron="0 19 * * *"),  # three at night in China
        JobKind("apply_retention", queue=SHORT, cron="30 18 * * *"),  # half past two at night in China
        JobKind("watch_clocks", queue=SHORT, cron="*/5 * * * *"),
        JobKind("remind_receivers", queue=SHORT, cron="*/5 * * * *"),
        JobKind("send_webhooks", queue=OUT, cron="*/5 * * * *"),  # others may be slow to answer
    )
}

Run = Callable[[JobContext, dict[str, Any]], None]

# Only describes jobs; it never opens a connection of its own.
_DEFERRER = App(connector=SyncPsycopgConnector())


def defer(session: Session, kind: str, *, at: datetime | None = None, **arguments: Any) -> int:
    """Put a job into the queue, in the session's transaction.

    Parameters
    ----------
    kind
        A key of `JOB_KINDS`.
    at
        Not before; None = as soon as there is a worker.
    arguments
        What the job gets: plain JSON values.

    Returns
    -------
    int
        Number of the job.
    """
    known = JOB_KINDS[kind]
    session.flush()
    connection = driver_connection(session)
    deferrer = _DEFERRER.configure_task(known.name, connection=connection, schedule_at=at, queue=known.queue)
    return deferrer.defer(**arguments)


def remove_finished(session: Session, days: int) -> int:
    """Remove jobs that have come to an end, well or not, more than some days ago; return how many."""
    asked = {"nb_hours": 24 * days, "queue": None, "statuses": [status.value for status in FINISHED]}
    return driver_connection(session).execute(queries["delete_old_jobs"], asked).rowcount


def build_queue(conninfo: str, runs: Mapping[str, Run]) -> App:
    """Build the application a worker runs.

    Parameters
    ----------
    conninfo
        Address of the database as libpq takes it.
    runs
        The function of each kind of job; it gets the context and the arguments.
    """
    queue = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=1 + 2 * len(QUEUES)))
    for kind in JOB_KINDS.values():
        task = queue.task(name=kind.name, queue=kind.queue, retry=_Retry(kind.attempts), pass_context=True)
        made = task(_as_task(runs[kind.name]))
        if kind.cron:
            queue.periodic(cron=kind.cron)(made)
    return queue


def _as_task(run: Run) -> Callable[..., None]:
    def task(context: JobContext, **arguments: Any) -> None:
        run(context, arguments)

    return task


class _Retry(BaseRetryStrategy):
    """Begin again after a shutdown or a lost database, not after an error of the work itself."""

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, JobAborted):
            return RetryDecision()
        if isinstance(exception, Unavailable) and job.attempts + 1 < self._attempts:
            return RetryDecision(retry_in={"seconds": RETRY_SECONDS})
        return None
