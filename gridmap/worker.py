"""The jobs entrance: works off the queue until it is told to stop."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from gridmap.db import open_database

if TYPE_CHECKING:
    from gridmap.settings import Settings


def work(settings: Settings) -> None:
    """Work off the queued jobs until SIGTERM or Ctrl-C."""
    database = open_database(settings)
    try:
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
    finally:
        database.close()
