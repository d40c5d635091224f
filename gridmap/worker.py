"""The jobs entrance: works off the queue until it is told to stop.

Told to stop, it puts the job in hand back into the queue. Killed, it leaves the job to the next worker: every
worker looks for jobs whose worker has shown no sign of life, begins them again, and gives up those that took
several workers down. A plan or an import whose job is gone for good is marked as failed, so none is in the
making for ever.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from procrastinate.exceptions import ConnectorException, JobAborted
from procrastinate.jobs import Status

from gridmap.db import open_database
from gridmap.errors import GridMapError, Unavailable
from gridmap.services import (
    coverage_months,
    issue_escalations,
    notice_reminders,
    plan_import_runs,
    plan_lives,
    plan_runs,
    plans,
    public_figures,
    retention,
    roster_shifts,
    webhooks,
)
from gridmap.services.actors import SYSTEM
from gridmap.services.jobs import JOB_KINDS, QUEUES, build_queue, remove_finished

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from procrastinate import App, JobContext

    from gridmap.db import Database
    from gridmap.settings import Settings

log = logging.getLogger(__name__)

CARE_SECONDS = 10
SIGN_OF_LIFE_SECONDS = 5
DEAD_AFTER_SECONDS = 20
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_SECONDS = 2  # then the job in hand is asked to give itself back


def work(settings: Settings) -> None:
    """Work off the queued jobs until SIGTERM or Ctrl-C.

    Raises
    ------
    Unavailable
        When the database goes away; whoever minds this process starts it again.
    """
    database = open_database(settings)
    told: list[int] = []
    for number in STOP_SIGNALS:
        signal.signal(number, lambda number, _frame: told.append(number))
    try:
        asyncio.run(_until_told(run_jobs(database, private_webhooks=settings.private_webhooks), told))
    except ConnectorException as error:
        raise Unavailable("database_lost") from error
    finally:
        database.close()


async def _until_told(running: Coroutine[Any, Any, None], told: list[int]) -> None:
    """Let jobs run until they end or a signal comes; one may have come before the loop was there.

    No signal may raise inside the loop: asyncio would then wait for ever for what was left in the middle.
    """
    jobs = asyncio.create_task(running)

    def stop(number: int) -> None:
        if not told:
            jobs.cancel()
        told.append(number)

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    if told:
        jobs.cancel()
    try:
        await jobs
    except asyncio.CancelledError:
        if not told:  # somebody else has cancelled us
            raise


async def run_jobs(
    database: Database,
    *,
    wait: bool = True,
    dead_after_seconds: float = DEAD_AFTER_SECONDS,
    private_webhooks: bool = False,
) -> None:
    """Run jobs on an open database.

    Parameters
    ----------
    wait
        False: return when the queue is empty instead of waiting for more.
    dead_after_seconds
        A worker without a sign of life for so long is dead.
    private_webhooks
        Whether webhooks may go to addresses of a private network.
    """
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    queue = build_queue(
        url,
        {
            "compute_plan": lambda context, given: _compute_plan(database, context, given),
            "publish_plan": lambda _context, given: _publish_plan(database, given),
            "import_plan": lambda context, given: _import_plan(database, context, given),
            "unroll_rosters": lambda _context, _given: _unroll_rosters(database),
            "measure_coverage": lambda _context, _given: _measure_coverage(database),
            "publish_figures": lambda _context, _given: _publish_figures(database),
            "apply_retention": lambda _context, _given: _apply_retention(database),
            "send_webhooks": lambda _context, _given: _send_webhooks(database, private_webhooks),
            "remind_receivers": lambda context, _given: _remind_receivers(database, context),
            "watch_clocks": lambda context, _given: _watch_clocks(database, context),
        },
    )
    async with queue.open_async():
        await take_care(queue, database, dead_after_seconds=dead_after_seconds)
        care = asyncio.create_task(_take_care_for_ever(queue, database)) if wait else None
        try:
            await _work_off(queue, wait=wait)
        finally:
            if care is not None:
                care.cancel()


async def _work_off(queue: App, *, wait: bool) -> None:
    """Work off every queue beside the others, until cancelled where ``wait``; each gives back its job."""
    workers = [
        asyncio.create_task(
            queue.run_worker_async(
                queues=[name],
                wait=wait,
                install_signal_handlers=False,
                shutdown_graceful_timeout=STOP_SECONDS,
                update_heartbeat_interval=SIGN_OF_LIFE_SECONDS,
                stalled_worker_timeout=DEAD_AFTER_SECONDS,
            )
        )
        for name in QUEUES
    ]
    try:
        await asyncio.gather(*workers)
    finally:  # when one has failed the others end in order; told twice, they would leave their job lying
        for worker in workers:
            if not worker.cancelling():
                worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def take_care(
    queue: App, database: Database, *, dead_after_seconds: float = DEAD_AFTER_SECONDS
) -> None:
    """Begin the jobs of dead workers again or give them up, and fail what nobody makes any more."""
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=dead_after_seconds):
        kind = JOB_KINDS.get(job.task_name)
        if kind is not None and job.attempts + 1 < kind.attempts:
            log.warning("job %s %s: its worker died; it begins again", job.id, job.task_name)
            await queue.job_manager.retry_job(job=job, retry_at=datetime.now(UTC))
        else:
            log.error("job %s %s: given up", job.id, job.task_name)
            await queue.job_manager.finish_job(job=job, status=Status.FAILED, delete_job=False)
    await asyncio.to_thread(_fail_abandoned, database)


async def _take_care_for_ever(queue: App, database: Database) -> None:
    while True:
        await asyncio.sleep(CARE_SECONDS)
        try:
            await take_care(queue, database)
        except (ConnectorException, GridMapError) as error:
            log.warning("the queue could not be looked after: %s", error)


def _fail_abandoned(database: Database) -> None:
    with database.transaction() as session:
        if abandoned := plans.fail_abandoned_plans(session):
            log.warning("%s abandoned plans marked as failed", abandoned)
        if abandoned := plan_import_runs.fail_abandoned_imports(session):
            log.warning("%s abandoned imports marked as failed", abandoned)


def _stop_when_asked(context: JobContext) -> None:
    if context.should_abort():
        raise JobAborted


def _compute_plan(database: Database, context: JobContext, arguments: dict[str, Any]) -> None:
    def heed(_done: int, _total: int) -> None:
        _stop_when_asked(context)

    plan_runs.compute_plan(database, arguments["plan_id"], progress=heed, will_retry=True)


def _import_plan(database: Database, context: JobContext, arguments: dict[str, Any]) -> None:
    plan_import_runs.run_import(database, arguments["import_id"], heed=lambda: _stop_when_asked(context))


def _publish_plan(database: Database, arguments: dict[str, Any]) -> None:
    if reason := plan_lives.publish_due(database, **arguments):
        log.warning("plan %s was not published at its time: %s", arguments["plan_id"], reason)


def _unroll_rosters(database: Database) -> None:
    with database.transaction() as session:
        done = roster_shifts.unroll_every_night(session)
        log.info("rosters unrolled until %s: %s added, %s removed", done.last_day, done.added, done.removed)


def _watch_clocks(database: Database, context: JobContext) -> None:
    done = issue_escalations.Watched(1, 0, 0)
    while done:
        _stop_when_asked(context)
        with database.transaction() as session:
            done = issue_escalations.watch_clocks(session)
        if done:
            log.info(
                "issues: %s went up, %s resumed, %s archived", done.escalated, done.resumed, done.archived
            )


def _remind_receivers(database: Database, context: JobContext) -> None:
    written: int | None = 0
    while written is not None:
        _stop_when_asked(context)
        with database.transaction() as session:
            written = notice_reminders.remind_receivers(session)
        if written:
            log.info("notices: %s posts reminded", written)


def _send_webhooks(database: Database, allow_private: bool) -> None:
    if taken := webhooks.send_webhooks(database, allow_private=allow_private):
        log.info("webhooks: %s delivered", taken)


def _publish_figures(database: Database) -> None:
    with database.transaction() as session:
        log.info("public figures: %s", public_figures.publish_figures(session, SYSTEM))


def _apply_retention(database: Database) -> None:
    with database.transaction() as session:
        removed = retention.apply_retention(session)
        jobs = remove_finished(session, retention.JOB_DAYS)
    log.info("retention: %s; %s finished jobs removed", removed, jobs)


def _measure_coverage(database: Database) -> None:
    with database.transaction() as session:
        log.info("coverage measured: %s figures", coverage_months.measure_yesterday(session))
