"""``gridmap load roster FILE…``: single shifts, weekly patterns, exceptions and the calendar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.errors import BadInput
from gridmap.formats.rejects import rejects_path, write_rejects
from gridmap.formats.rosters import read_roster
from gridmap.services.actors import SYSTEM
from gridmap.services.rosters import RosterReport, load_roster

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridmap.cli.entrance import Entrance
    from gridmap.errors import FieldError

ROSTER = "roster"


def load_rosters(
    entrance: Entrance, files: Iterable[Path], *, zone: str, skip_bad: bool, rejects: Path | None
) -> None:
    """Load rosters, all of the files or nothing; bad rows are listed beside their file."""
    with entrance.database() as database, database.transaction() as session:
        for file in files:
            place = rejects or rejects_path(file)
            try:
                report = load_roster(session, SYSTEM, read_roster(file, zone), skip_bad=skip_bad)
            except BadInput as error:
                if any(_names_row(fault) for fault in error.fields):
                    _list_rejects(entrance, place, error.fields)
                raise
            _say(entrance, report)
            if report.rejected:
                entrance.say("roster.rejected", count=len(report.rejected))
                _list_rejects(entrance, place, report.rejected)


def _names_row(fault: FieldError) -> bool:
    return fault.where.rpartition(":")[2].isdigit()


def _say(entrance: Entrance, report: RosterReport) -> None:
    for kind in sorted({*report.inserted, *report.updated, *report.unchanged}):
        entrance.say(
            "roster.loaded",
            kind=entrance.text(f"roster.kind_{kind}"),
            inserted=report.inserted.get(kind, 0),
            updated=report.updated.get(kind, 0),
            unchanged=report.unchanged.get(kind, 0),
        )
    done = report.unrolled
    entrance.say("roster.unrolled", added=done.added, removed=done.removed, until=done.last_day)
    if report.ignored:
        entrance.say("load.ignored", columns=", ".join(report.ignored))


def _list_rejects(entrance: Entrance, path: Path, errors: Sequence[FieldError]) -> None:
    try:
        write_rejects(path, errors)
    except OSError as error:
        entrance.say("load.rejects_unwritten", path=path, reason=error.strerror or "")
    else:
        entrance.say("load.rejects_written", path=path, count=len(errors))
