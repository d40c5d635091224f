"""Who divides the batches of a plan: this process, processes beside it, or a Dask cluster.

A crew takes packed batches and gives futures of packed parts; it knows nothing of the database. Dask (the
extra ``scale``) is imported only when a scheduler is named.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import CancelledError, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from gridmap.errors import BadInput, FieldError, Unavailable
from gridmap.planning import divide_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

FEW_BATCHES = 3  # up to so many are done sooner in this process than others are started
CONNECT_SECONDS = 10
WORKERLESS_SECONDS = 60  # a cluster may be without workers for so long, at the start or when they die


@dataclass(frozen=True)
class Workforce:
    """Who shall divide.

    Attributes
    ----------
    processes
        Processes on this machine; None: one per core where the area is large enough, else this one alone.
    scheduler
        Address of a Dask scheduler (``tcp://host:8786``); empty: this machine.
    """

    processes: int | None = None
    scheduler: str = ""


class Crew(Protocol):
    """Takes batches and hands out their futures."""

    @property
    def ahead(self) -> int:
        """How many batches to hand out before the first is waited for."""

    def submit(self, packed: bytes) -> Future[bytes]:
        """Hand out a batch."""

    def require_life(self) -> None:
        """Raise `Unavailable` when nobody is left to work; asked while a batch is waited for."""

    def loss_of(self, error: BaseException) -> Unavailable | None:
        """Tell an error of whoever works from one of the work: the former may be begun again."""


@contextmanager
def open_crew(workforce: Workforce, batches: int) -> Iterator[Crew]:
    """Yield the crew for so many batches; it is dismissed at the end of the block.

    Raises
    ------
    Unavailable
        If the extra ``scale`` is missing, or the scheduler does not answer or has no workers.
    BadInput
        If the scheduler's address is none.
    """
    if workforce.scheduler:
        with _cluster(workforce.scheduler) as crew:
            yield crew
        return
    processes = workforce.processes
    if processes is None:
        processes = count_cores() if batches > FEW_BATCHES else 1
    processes = min(processes, batches)
    with ExitStack() as at_the_end:
        yield _Here(processes, at_the_end)


def count_cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0))


class _Here:
    """A thread of this process, and processes beside it as soon as they are up: that takes them seconds."""

    def __init__(self, processes: int, at_the_end: ExitStack) -> None:
        self._count = processes
        self._thread = _until(at_the_end, ThreadPoolExecutor(1))
        self._beside = _until(at_the_end, _fork_processes(processes)) if processes > 1 else self._thread
        self._up = self._beside.submit(os.getpid)

    @property
    def ahead(self) -> int:
        return 2 * self._count if self._up.done() else 1

    def submit(self, packed: bytes) -> Future[bytes]:
        executor = self._beside if self._up.done() else self._thread
        try:
            return executor.submit(divide_batch, packed)
        except BrokenProcessPool as error:
            raise Unavailable("plan_process_died") from error

    def require_life(self) -> None:
        """Trust the pool, which notices by itself."""

    def loss_of(self, error: BaseException) -> Unavailable | None:
        return Unavailable("plan_process_died") if isinstance(error, BrokenProcessPool) else None


def _until(at_the_end: ExitStack, executor: Executor) -> Executor:
    at_the_end.callback(executor.shutdown, wait=True, cancel_futures=True)
    return executor


def _fork_processes(count: int) -> Executor:
    """Fork from a clean process that has imported the engine once: this one has threads and connections."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gridmap.planning.warm"])
    return ProcessPoolExecutor(count, mp_context=context, initializer=_settle_in)


def _settle_in() -> None:
    """Leave Ctrl-C to the one who hands out the work, and go with it when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


class _Cluster:
    """The workers of a Dask scheduler; what a worker had in hand when it died goes to others."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._executor = client.get_executor(pure=False)
        self._last_seen = time.monotonic()

    @property
    def ahead(self) -> int:
        return 2 * self._count_slots() + 2

    def submit(self, packed: bytes) -> Future[bytes]:
        with self._asking():
            future: Future[bytes] = self._executor.submit(divide_batch, packed)
        return future

    def require_life(self) -> None:
        if self._count_slots():
            self._last_seen = time.monotonic()
        elif time.monotonic() - self._last_seen > WORKERLESS_SECONDS:
            raise Unavailable("scheduler_without_workers", address=self._address)

    def loss_of(self, error: BaseException) -> Unavailable | None:
        died = import_module("distributed").KilledWorker
        if isinstance(error, (CancelledError, died, OSError)):
            return Unavailable("scheduler_lost", address=self._address)
        return None

    def _count_slots(self) -> int:
        with self._asking():
            return int(sum(self._client.nthreads().values()))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:  # Dask's errors of communication are such
            raise Unavailable("scheduler_lost", address=self._address) from error


@contextmanager
def _cluster(address: str) -> Iterator[_Cluster]:
    try:
        distributed = import_module("distributed")
    except ModuleNotFoundError as missing:
        raise Unavailable("scale_missing", module=missing.name) from missing
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except OSError as error:
        raise Unavailable("scheduler_away", address=address) from error
    except ValueError as error:
        wrong = FieldError("plan", "scheduler", "scheduler_address", value=address, hint="tcp://host:8786")
        raise BadInput("scheduler_address", address=address, fields=[wrong]) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKERLESS_SECONDS)
        except TimeoutError as error:
            raise Unavailable("scheduler_without_workers", address=address) from error
        yield _Cluster(client, address)


def wait_for(crew: Crew, future: Future[bytes], idle: Callable[[], None]) -> BaseException | None:
    """Wait for a batch, calling `idle` twice a second; gives the error it ended with, if any."""
    while True:
        try:
            return future.exception(timeout=0.5)
        except CancelledError as error:
            return error
        except TimeoutError:
            idle()
            crew.require_life()
