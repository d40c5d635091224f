"""What several phones wrote about one record, merged: a pure function of the set of their entries.

Of each field those entries count that no other entry about the same field has seen (the heads). Heads that
say the same, or a single one, are its value. Heads that differ are a conflict: all are sides, and the one
with the greatest (counter, id) is shown meanwhile. Neither clocks nor the order of arrival play a part, so
that any order, and any repetition, gives the same state.

Whether a record is there is a field of its own: a removal writes "gone", every other entry "there". An edit
that had not seen the removal wins over it, and both are sides; a removal that nobody wrote past takes the
record away.

Having seen is transitive. Entries that claim to have seen each other have not: neither counts as later.
Complexity: entries squared, for the few entries of one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

THERE = "there"
"""Name of the field that says whether the record is there."""


@dataclass(frozen=True)
class Entry:
    """What one phone wrote about a record.

    Attributes
    ----------
    id
        Of the entry; unique.
    fields
        Values by name, of those that this entry writes.
    seen
        Ids of entries about the record that whoever wrote it had before the eyes.
    counter
        One more than any the phone had seen; only decides what is shown of a conflict.
    removes
        Whether it takes the record back; then it writes no fields.
    """

    id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    counter: int = 0
    removes: bool = False

    @property
    def written(self) -> Mapping[str, Any]:
        """What it writes, being there included."""
        return {THERE: False} if self.removes else {**self.fields, THERE: True}


@dataclass(frozen=True)
class Merged:
    """A record as its entries make it.

    Attributes
    ----------
    is_there
        False when it was taken back.
    values
        Of each field that any entry wrote; of a conflict what is shown meanwhile.
    sides
        Of each field with a conflict (or `THERE`, for a removal against an edit) the ids of its heads, in
        order.
    """

    is_there: bool
    values: Mapping[str, Any]
    sides: Mapping[str, tuple[str, ...]]

    @property
    def contested(self) -> frozenset[str]:
        """Ids of all entries that are a side of something."""
        return frozenset(one for ids in self.sides.values() for one in ids)


def merge(entries: Iterable[Entry]) -> Merged:
    """Merge the entries about one record, in whatever order they are given, each as often as it likes."""
    known = {entry.id: entry for entry in entries}
    later = _find_later(known)
    names = dict.fromkeys(name for entry in known.values() for name in entry.written)
    values: dict[str, Any] = {}
    sides: dict[str, tuple[str, ...]] = {}
    for name in sorted(names):
        writers = {one for one, entry in known.items() if name in entry.written}
        heads = sorted(
            (known[one] for one in writers if not later[one] & writers), key=lambda one: (one.counter, one.id)
        )
        said = [head.written[name] for head in heads]
        values[name] = any(said) if name == THERE else said[-1]
        if any(one != said[0] for one in said):
            sides[name] = tuple(sorted(head.id for head in heads))
    is_there = bool(values.pop(THERE, False))
    return Merged(is_there, values, sides if is_there else {})


def _find_later(known: Mapping[str, Entry]) -> dict[str, set[str]]:
    """Find for each entry those that have seen it, and that it has not seen itself."""
    reach = {one: _reach(known, one) for one in known}
    return {
        one: {other for other in known if one in reach[other] and other not in reach[one]} for one in known
    }


def _reach(known: Mapping[str, Entry], start: str) -> set[str]:
    found: set[str] = set()
    ahead = list(known[start].seen)
    while ahead:
        one = ahead.pop()
        if one in known and one not in found:
            found.add(one)
            ahead.extend(known[one].seen)
    return found - {start}
