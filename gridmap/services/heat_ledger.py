"""The ledger: every issue in columns, kept in memory, from which any map is counted in milliseconds.

A process keeps one ledger for its database, in the order of the reports. What changed since is read by the
transaction that wrote it (`issues.changed_in`): of a database snapshot one knows a transaction before which
all have ended, so whatever a later look finds from there on is new or was read already. A transaction that
has written itself gets a ledger of its own, since what it sees may be undone.

About 75 bytes an issue; reading a million takes seconds, renewing some takes a tenth of one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.db import sql
from gridmap.models.issues import ISSUE_FLAGS, ISSUE_STATES
from gridmap.models.staff import TIERS
from gridmap.services.column_reads import read_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

TYPES = {
    "id": "int8",
    "at": "timestamptz",
    "category": "int8",
    "channel": "int8",
    "state": "int2",
    "tier": "int2",
    "flag": "int2",
    "building_id": "int8",
    "entrance": "int2",
    "floor": "int2",
    "grid_id": "int8",
    "lon": "float8",
    "lat": "float8",
}
NARROW = {"state": "i1", "tier": "i1", "flag": "i1"}
NO_ENTRANCE, NO_FLOOR = -1, -32768
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LAST_TRANSACTION = 2**63 - 1
KEPT_DATABASES = 4
UNPLACED = -2

Columns = dict[str, "NDArray[Any]"]


@dataclass(frozen=True)
class Ledger:
    """All issues, arrays of (n,) in the order of their reports.

    Attributes
    ----------
    columns
        As `sql/heat_issues.sql` names them; ``at`` in microseconds since 2000.
    read_before
        Transactions with smaller ids had all ended when it was read.
    placings
        Geography -> (its version, cell of each issue or -1, whether a point alone has put it there); filled
        by `gridmap.services.heat_places`, and carried over when the ledger is renewed, `UNPLACED` for what
        is new.
    incidents
        Zone -> number of each report's incident by its days; filled by `gridmap.services.heat_counts`.
    """

    columns: Columns
    read_before: int
    placings: OrderedDict[str, tuple[str, NDArray[np.int32], NDArray[np.bool_]]] = field(
        default_factory=OrderedDict
    )
    incidents: dict[str, NDArray[np.int32]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns["id"])

    @property
    def recorded_from(self) -> datetime | None:
        """When the first issue was reported."""
        return EPOCH + timedelta(microseconds=int(self.columns["at"][0])) if len(self) else None

    def rows_between(self, starts_at: datetime, ends_at: datetime) -> slice:
        """Give the rows of a half-open period."""
        bounds = [to_microseconds(moment) for moment in (starts_at, ends_at)]
        first, last = np.searchsorted(self.columns["at"], bounds)
        return slice(int(first), int(last))


_kept: OrderedDict[str, tuple[str, Ledger]] = OrderedDict()
_lock = threading.Lock()


def to_microseconds(moment: datetime) -> int:
    """Count microseconds since 2000-01-01 UTC, as the database does."""
    gap = moment - EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def get_ledger(session: Session) -> Ledger:
    """Get the ledger of the database as this transaction sees it."""
    here = session.execute(sql("heat_horizon")).one()
    if here.has_written:
        return _read_all(session, here.all_before)
    with _lock:
        gone, ledger = _kept.get(here.place, ("", None))
        if ledger is None or gone != here.gone:
            ledger = _read_all(session, here.all_before)
        else:
            ledger = _renew(session, ledger, here.all_before, here.none_from)
        _kept[here.place] = (here.gone, ledger)
        _kept.move_to_end(here.place)
        while len(_kept) > KEPT_DATABASES:
            _kept.popitem(last=False)
    return ledger


def find_words(session: Session, words: Iterable[str]) -> NDArray[np.int64]:
    """Find the hashes by which the ledger tells categories and channels."""
    rows = session.execute(sql("heat_words"), {"words": sorted(set(words))})
    return np.array([row.code for row in rows], dtype=np.int64)


def _read_all(session: Session, read_before: int) -> Ledger:
    found = _read(session, 0, LAST_TRANSACTION)
    order = np.argsort(found["at"], kind="stable")
    return Ledger({name: column[order] for name, column in found.items()}, read_before)


def _read(session: Session, changed_from: int, changed_before: int) -> Columns:
    asked = {
        "changed_from": changed_from,
        "changed_before": changed_before,
        "states": list(ISSUE_STATES),
        "tiers": list(TIERS),
        "flags": list(ISSUE_FLAGS),
    }
    found = read_columns(session, "heat_issues", TYPES, asked)
    return {name: column.astype(NARROW.get(name, column.dtype), copy=False) for name, column in found.items()}


def _renew(session: Session, ledger: Ledger, read_before: int, none_from: int) -> Ledger:
    """Take in what was written since; the same ledger where nothing was."""
    new = _read(session, ledger.read_before, none_from)
    stale = np.isin(ledger.columns["id"], new["id"]) if len(new["id"]) else np.zeros(len(ledger), dtype=bool)
    if _are_the_same(ledger.columns, np.flatnonzero(stale), new):
        return Ledger(ledger.columns, read_before, ledger.placings, ledger.incidents)
    kept = np.flatnonzero(~stale)
    at = np.concatenate([ledger.columns["at"][kept], new["at"]])
    order = np.argsort(at, kind="stable")
    columns = {
        name: np.concatenate([column[kept], new[name]])[order] for name, column in ledger.columns.items()
    }
    unplaced = np.full(len(new["id"]), UNPLACED, dtype=np.int32)
    by_point = np.zeros(len(unplaced), dtype=bool)
    placings = OrderedDict(
        (
            key,
            (
                version,
                np.concatenate([cell[kept], unplaced])[order],
                np.concatenate([alone[kept], by_point])[order],
            ),
        )
        for key, (version, cell, alone) in list(ledger.placings.items())
    )
    return Ledger(columns, read_before, placings)


def _are_the_same(columns: Columns, rows: NDArray[np.int64], new: Columns) -> bool:
    if len(rows) != len(new["id"]):
        return False
    known = rows[np.argsort(columns["id"][rows])]
    order = np.argsort(new["id"])
    return all(
        np.array_equal(columns[name][known], new[name][order], equal_nan=new[name].dtype.kind == "f")
        for name in columns
    )
