"""Making a plan: batch by batch, so that a city is never held as a whole.

Batches of grids are read, divided by a crew and written in the order of the grids' ids, each in a
transaction of its own. What is written stays when the maker dies: whoever takes the plan up again divides the
rest. Nobody sees any of it before the plan is a draft. The result does not depend on who divides, nor on how
a plan was cut into batches: a grid's part follows from the grid alone, and colours are given at the end.

A plan is made under an advisory lock that dies with its process, so that a plan whose maker was killed can be
told from one that is being made.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import delete, text
from sqlalchemy.exc import DBAPIError

from gridmap.db import Database, sql
from gridmap.errors import Conflict, GridMapError, NotFound, Unavailable
from gridmap.i18n import translate
from gridmap.models import Assignment, Finding, MicroGrid, Plan
from gridmap.planning import BatchPart, pack_batch, unpack_part
from gridmap.services import audit
from gridmap.services.actors import SYSTEM, Actor, require
from gridmap.services.plan_colours import colour_plan
from gridmap.services.plan_crews import Crew, Workforce, open_crew, wait_for
from gridmap.services.plan_frames import read_batch, write_result
from gridmap.services.plans import COMPUTE_LOCK, count_totals, get_plan, request_plan
from gridmap.services.waivers import inherit

Progress = Callable[[int, int], None]

GRIDS_PER_BATCH = 32
BUILDINGS_PER_BATCH = 2000
THIS_MACHINE = Workforce()


@dataclass
class _Run:
    """A plan in the making."""

    plan_id: int
    rules: dict[str, Any]
    seed: int
    based_on: int | None
    batches: list[list[int]]
    done: int
    total: int
    engine_seconds: float = 0.0


def create_plan(
    database: Database,
    actor: Actor,
    area_code: str,
    *,
    seed: int = 0,
    rules: dict[str, Any] | None = None,
    based_on: int | None = None,
    progress: Progress | None = None,
    workforce: Workforce = THIS_MACHINE,
) -> Plan:
    """Request a plan and make it at once."""
    with database.transaction() as session:
        plan_id = request_plan(session, actor, area_code, seed=seed, rules=rules, based_on=based_on).id
    return compute_plan(database, plan_id, progress=progress, workforce=workforce)


def resume_plan(
    database: Database,
    actor: Actor,
    plan_id: int,
    *,
    progress: Progress | None = None,
    workforce: Workforce = THIS_MACHINE,
) -> Plan:
    """Take up a plan that failed or whose maker died; what it had written is kept.

    Raises
    ------
    NotFound
        If there is no such plan for the actor.
    Conflict
        If the plan is being computed, or is a draft or more already.
    """
    with _computing(database, plan_id):
        with database.transaction() as session:
            require(actor, "plans.write")
            plan = get_plan(session, actor, plan_id)
            if plan.status not in ("computing", "failed"):
                raise Conflict("plan_not_computing", plan=plan_id, status=plan.status)
            plan.status, plan.message = "computing", ""
            audit.record(session, actor, "resumed", "plan", plan_id)
        return _make(database, plan_id, progress, workforce, will_retry=False)


def compute_plan(
    database: Database,
    plan_id: int,
    *,
    progress: Progress | None = None,
    workforce: Workforce = THIS_MACHINE,
    will_retry: bool = False,
) -> Plan:
    """Make a requested plan, or the rest of it where an earlier maker has written some.

    A fault of the data or of the engine leaves the plan ``failed`` with its reason and without rows. A lost
    database, a full disk, a dead process or cluster, and Ctrl-C leave it ``failed`` with what was written,
    for `resume_plan`.

    Parameters
    ----------
    progress
        Called with (grids done, grids in all), at least twice a second; the plan's own ``progress_share``
        follows by itself. What it raises ends the work; the plan stays ``computing``.
    workforce
        Who divides; the plan is the same.
    will_retry
        The caller begins again when something was away: the plan stays ``computing`` then.

    Raises
    ------
    NotFound
        If there is no such plan.
    Conflict
        If it is being computed, or is not waiting to be.
    """
    with _computing(database, plan_id):
        return _make(database, plan_id, progress, workforce, will_retry)


def _make(
    database: Database, plan_id: int, progress: Progress | None, workforce: Workforce, will_retry: bool
) -> Plan:
    started = time.monotonic()
    run = _begin(database, plan_id)
    try:
        _divide(database, run, workforce, progress or (lambda _done, _total: None))
        return _finish(database, run, started)
    except Unavailable as error:
        with suppress(Unavailable):  # what is away now may be away for this, too
            _stop(database, plan_id, error.detail("zh"), "computing" if will_retry else "failed")
        raise
    except GridMapError as error:
        _stop(database, plan_id, error.detail("zh"), "failed", forget=True)
        raise
    except (KeyboardInterrupt, SystemExit):
        _stop(database, plan_id, translate("plans.interrupted", "zh"), "failed")
        raise


def _begin(database: Database, plan_id: int) -> _Run:
    """Find what is left to divide."""
    with database.transaction() as session:
        plan = session.get(Plan, plan_id)
        if plan is None:
            raise NotFound("no_such", kind="plan", code=plan_id)
        if plan.status != "computing":
            raise Conflict("plan_not_computing", plan=plan_id, status=plan.status)
        grids = session.execute(sql("plan_grids"), {"area_id": plan.area_id}).all()
        done = set(session.scalars(sql("plan_done_grids"), {"plan_id": plan_id}))
    left = [(row.id, row.buildings) for row in grids if row.id not in done]
    batches, done_before = list(_cut(left)), len(grids) - len(left)
    return _Run(plan_id, plan.rules, plan.seed, plan.based_on, batches, done_before, len(grids))


def _cut(grids: list[tuple[int, int]]) -> Iterator[list[int]]:
    """Cut (grid, buildings) into batches."""
    batch: list[int] = []
    standing = 0
    for grid, buildings in grids:
        if batch and (len(batch) == GRIDS_PER_BATCH or standing + buildings > BUILDINGS_PER_BATCH):
            yield batch
            batch, standing = [], 0
        batch.append(grid)
        standing += buildings
    if batch:
        yield batch


def _divide(database: Database, run: _Run, workforce: Workforce, progress: Progress) -> None:
    """Hand out the batches a little ahead of the one that is waited for, and write them in order."""
    progress(run.done, run.total)
    handed_out: deque[tuple[list[int], Future[bytes]]] = deque()
    with open_crew(workforce, len(run.batches)) as crew:
        for batch in run.batches:
            with database.transaction() as session:
                frames = read_batch(session, batch, run.based_on)
            handed_out.append((batch, crew.submit(pack_batch(frames, run.rules, run.seed))))
            if len(handed_out) > crew.ahead:
                _take_in(database, run, crew, *handed_out.popleft(), progress)
        while handed_out:
            _take_in(database, run, crew, *handed_out.popleft(), progress)


def _take_in(
    database: Database, run: _Run, crew: Crew, batch: list[int], future: Future[bytes], progress: Progress
) -> None:
    """Wait for a batch and write its part."""
    error = wait_for(crew, future, lambda: progress(run.done, run.total))
    if isinstance(error, GridMapError):
        raise error
    if error is not None:
        raise crew.loss_of(error) or GridMapError(
            "plan_batch_failed", first=batch[0], last=batch[-1], reason=f"{type(error).__name__}: {error}"
        ) from error
    part = unpack_part(future.result())
    run.done += len(batch)
    run.engine_seconds += part.seconds
    _write(database, run, part)
    progress(run.done, run.total)


def _write(database: Database, run: _Run, part: BatchPart) -> None:
    """Write a part, unless somebody has given the plan up meanwhile."""
    try:
        with database.transaction() as session:
            plan = session.get_one(Plan, run.plan_id, with_for_update=True)
            if plan.status != "computing":
                raise Conflict("plan_not_computing", plan=run.plan_id, status=plan.status)
            write_result(session, run.plan_id, part.result)
            plan.progress_share = run.done / run.total
    except psycopg.IntegrityError as error:  # a grid or building was removed since it was read
        raise Conflict("plan_data_changed", plan=run.plan_id) from error


def _finish(database: Database, run: _Run, started: float) -> Plan:
    with database.transaction() as session:
        colour_plan(session, run.plan_id)
        plan = session.get_one(Plan, run.plan_id)
        inherit(session, plan)
        plan.status, plan.progress_share, plan.message = "draft", 1.0, ""
        plan.measures = count_totals(session, run.plan_id) | {
            "seconds": round(time.monotonic() - started, 2),
            "engine_seconds": round(run.engine_seconds, 2),
        }
        audit.record(session, SYSTEM, "computed", "plan", run.plan_id, **plan.measures)
    return plan


def _stop(database: Database, plan_id: int, message: str, status: str, *, forget: bool = False) -> None:
    """Note why the work ended; `forget` removes what was written."""
    with database.transaction() as session:
        plan = session.get_one(Plan, plan_id, with_for_update=True)
        if plan.status != "computing":
            return
        plan.status, plan.message = status, message
        if forget:
            for table in (Finding, Assignment, MicroGrid):
                session.execute(delete(table).where(table.plan_id == plan_id))


@contextmanager
def _computing(database: Database, plan_id: int) -> Iterator[None]:
    """Hold the plan's advisory lock on a connection of its own; the server frees it if this process dies."""
    with database.engine.connect() as connection:
        keys = {"key": COMPUTE_LOCK, "plan_id": plan_id}
        taken = connection.scalar(text("SELECT pg_try_advisory_lock(:key, :plan_id)"), keys)
        connection.commit()
        if not taken:
            raise Conflict("plan_being_computed", plan=plan_id)
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a lost connection has lost its locks
                connection.execute(text("SELECT pg_advisory_unlock(:key, :plan_id)"), keys)
                connection.commit()
