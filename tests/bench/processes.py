"""What a block takes: memory and processor time of this process, of all it started, and of a server.

Shared pages are counted once: each process with its proportional share (PSS) as the kernel tells it.
Processor time tells what a crowded machine hides: how long the block would take on an idle one.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY_SECONDS = 1.0


@dataclass
class Taken:
    """What a block took.

    Attributes
    ----------
    ours_gib, server_gib, both_gib
        The most memory seen at one time: of this process and all it started, of the server, of both together.
    ours_seconds, server_seconds
        Processor time.
    """

    ours_gib: float = 0.0
    server_gib: float = 0.0
    both_gib: float = 0.0
    ours_seconds: float = 0.0
    server_seconds: float = 0.0


@contextmanager
def watched(server_folder: Path) -> Iterator[Taken]:
    """Look once a second while the block runs; the figures are complete at its end.

    Parameters
    ----------
    server_folder
        Data folder of the server, which its processes work in.
    """
    taken, over = Taken(), threading.Event()

    def watch() -> None:
        while True:
            ours = sum(map(proportional_bytes, processes_below(os.getpid()))) / 2**30
            server = sum(map(proportional_bytes, _processes_in(server_folder))) / 2**30
            taken.ours_gib, taken.server_gib = max(taken.ours_gib, ours), max(taken.server_gib, server)
            taken.both_gib = max(taken.both_gib, ours + server)
            if over.wait(EVERY_SECONDS):
                return

    ours_before, server_before = (
        _seconds(processes_below(os.getpid())),
        _seconds(_processes_in(server_folder)),
    )
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join()
        taken.ours_seconds = _seconds(processes_below(os.getpid())) - ours_before
        taken.server_seconds = _seconds(_processes_in(server_folder)) - server_before


def processes_below(process: int) -> list[int]:
    """List a process and all it started."""
    found = [process]
    for task in Path(f"/proc/{process}/task").glob("*"):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            found += processes_below(int(child))
    return found


def _processes_in(folder: Path) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cwd").readlink() == folder:
                found.append(int(place.name))
        except OSError:
            continue
    return found


def _seconds(processes: list[int]) -> float:
    """Processor time of processes and of their children that have ended."""
    ticks = 0
    for process in processes:
        try:
            stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
        except OSError:
            continue
        ticks += sum(map(int, stat.rsplit(")", 1)[1].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def proportional_bytes(process: int) -> int:
    """Memory of a process in bytes, pages it shares with others counted in part; 0 if it is gone."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
