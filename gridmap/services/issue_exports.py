"""Issues as rows of a file: what a list shows, without a word that people have written freely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridmap.services.actors import Actor, require
from gridmap.services.audit import record
from gridmap.services.issues import IssueFilter, list_issues

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

COLUMNS = (
    "id",
    "category",
    "channel",
    "state",
    "reported_at",
    "closed_at",
    "due_at",
    "building_id",
    "building_name",
    "entrance_number",
    "floor",
    "grid_code",
    "flags",
    "lon",
    "lat",
)


def export_issues(session: Session, actor: Actor, which: IssueFilter) -> pd.DataFrame:
    """Give all issues of a filter as a table of `COLUMNS`, times in UTC, flags separated by ``;``.

    Nothing is left out, however many they are; the audit tells how many went out.
    """
    require(actor, "issues.export")
    rows = list_issues(session, actor, which, limit=None)
    table = pd.DataFrame([[getattr(row, name) for name in COLUMNS] for row in rows], columns=list(COLUMNS))
    for name in ("reported_at", "closed_at", "due_at"):
        table[name] = pd.to_datetime(table[name], utc=True).dt.strftime("%Y-%m-%dT%H:%M:%SZ").fillna("")
    for name in ("building_id", "entrance_number", "floor"):
        table[name] = table[name].astype("Int64")
    table["flags"] = table["flags"].map(";".join)
    record(session, actor, "exported", "issues", "csv", rows=len(table))
    return table
