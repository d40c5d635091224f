"""What every command gets: the settings, a console that speaks the user's language, the database."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gridmap.db import migrate, open_database
from gridmap.errors import BadInput, RuleBroken
from gridmap.i18n import translate
from gridmap.services.walking import cut_missing_roads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridmap.db import Database
    from gridmap.errors import GridMapError
    from gridmap.settings import Settings

FIELDS_SHOWN = 20


@dataclass(frozen=True)
class Entrance:
    """The command line as its commands see it."""

    settings: Settings
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))

    def text(self, key: str, **values: Any) -> str:
        """Give a text of the catalogue in the user's language."""
        return translate(key, self.settings.language, **values)

    def say(self, key: str, **values: Any) -> None:
        """Print a text of the catalogue."""
        self.console.print(f"· {self.text(key, **values)}", markup=False)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Yield the database, brought to the newest revision; our own cluster is stopped by its last user."""
        database = open_database(self.settings, say=self.say)
        try:
            migrate(database, say=self.say)
            with database.transaction() as session:
                cut_missing_roads(session)
            yield database
        finally:
            database.close()

    @contextmanager
    def progress(self, key: str, **values: Any) -> Iterator[Callable[[int, int], None]]:
        """Show a bar while the block runs; yields ``tell(done, total)``."""
        columns = (TextColumn("· {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console) as bars:
            bar = bars.add_task(self.text(key, **values), total=None)
            yield lambda done, total: bars.update(bar, completed=done, total=total)


def print_error(error: GridMapError, language: str) -> None:
    """Print what went wrong, where, and what to do, on the error stream."""
    click.echo(error.detail(language), err=True)
    if isinstance(error, BadInput):
        for wrong in error.fields[:FIELDS_SHOWN]:
            click.echo(f"  {wrong.text(language)}", err=True)
        if (more := len(error.fields) - FIELDS_SHOWN) > 0:
            click.echo(f"  {translate('say.more_faults', language, count=more)}", err=True)
    if isinstance(error, RuleBroken):
        for finding in error.findings[:FIELDS_SHOWN]:
            click.echo("  " + ", ".join(f"{key}: {value}" for key, value in finding.items()), err=True)
