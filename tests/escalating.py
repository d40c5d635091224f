"""Workers that let overdue issues go up, killed with SIGKILL after one of their statements drawn by lot."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, make_url, text

from gridmap.db import Database
from gridmap.services import jobs
from gridmap.worker import run_jobs

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext

GIVE_UP_S = 60
LONGEST_WAIT_S = 0.004  # after a statement: about as long as the next one takes
WRONG = text(
    "SELECT count(*) FROM (SELECT c.id, t.tier FROM issue_clocks c"
    " CROSS JOIN unnest(ARRAY['community', 'street', 'department']) t(tier)"
    " LEFT JOIN issue_escalations e ON e.clock_id = c.id AND e.tier = t.tier"
    " WHERE c.ended_at IS NULL AND c.clock IN ('accept', 'settle', 'whistle')"
    " GROUP BY c.id, t.tier HAVING count(e.id) <> 1) missed_or_doubled"
)
"""Clocks long overdue and their tiers that were not gone up to exactly once."""
UNTOLD = text(
    "SELECT (SELECT count(*) FROM issue_escalations WHERE raised),"
    " (SELECT count(*) FROM issue_events WHERE action = 'escalate'),"
    " (SELECT count(*) FROM audit_entries WHERE action = 'escalated')"
)
BACKENDS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'doomed'"
)


def work_telling(url: str, tell: Connection) -> None:
    """Work off the queue in a process of its own, saying after each statement that it is done."""
    named = make_url(url).update_query_dict({"application_name": "doomed"})
    database = Database(named.render_as_string(hide_password=False), pool_size=2)

    @event.listens_for(database.engine, "after_cursor_execute")
    def say(*_: Any) -> None:
        tell.send(1)

    asyncio.run(run_jobs(database, wait=False, dead_after_seconds=0))


def make_forks() -> ForkServerContext:
    """Make the server that forks processes which have loaded everything before."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def kill_a_worker(
    forks: ForkServerContext,
    database: Database,
    lot: random.Random,
    longest: int,
    kind: str = "watch_clocks",
) -> bool:
    """Put a job into the queue and kill the worker that takes it; False if it was done before."""
    with database.transaction() as session:
        jobs.defer(session, kind)
    url = database.engine.url.render_as_string(hide_password=False)
    hear, tell = forks.Pipe(duplex=False)
    process = forks.Process(target=work_telling, args=(url, tell))
    process.start()
    tell.close()
    said, last = 0, lot.randint(1, longest)
    while said < last and hear.poll(GIVE_UP_S):
        try:
            hear.recv()
        except EOFError:
            break
        said += 1
    time.sleep(lot.uniform(0, LONGEST_WAIT_S))
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join(GIVE_UP_S)
    hear.close()
    give_up_at = time.monotonic() + GIVE_UP_S
    while count(database, BACKENDS):  # the server may not have noticed yet
        assert time.monotonic() < give_up_at
        time.sleep(0.002)
    return process.exitcode == -signal.SIGKILL


def count(database: Database, query: Any) -> int:
    """The single number of a query."""
    with database.transaction() as session:
        return int(session.execute(query).scalar_one())


def make_overdue(database: Database, number: int) -> None:
    """Report issues that nobody accepts, long ago, with the clocks of "123"."""
    with database.transaction() as session:
        rows = session.execute(
            text(
                "INSERT INTO issues (source, source_id, category, state, reported_at, clock_rule_id)"
                " SELECT 'overdue', n::text, 'water', 'reported',"
                "  CAST('2026-03-01T00:00:00Z' AS timestamptz) + n * interval '1 hour',"
                "  (SELECT min(id) FROM clock_rules) FROM generate_series(1, :number) n RETURNING id"
            ),
            {"number": number},
        )
        ids = [row.id for row in rows]
        session.execute(
            text(
                "INSERT INTO issue_clocks (issue_id, clock, round_number, starts_at, due_at, escalates_at)"
                " SELECT i.id, c.clock, 1, i.reported_at, i.reported_at + c.days * interval '1 day',"
                "  i.reported_at + c.days * interval '1 day'"
                " FROM issues i, (VALUES ('accept', 1), ('settle', 2)) c(clock, days) WHERE i.id = ANY (:ids)"
            ),
            {"ids": ids},
        )
