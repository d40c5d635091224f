"""Locking what shall not be redrawn: micro-grids, and single buildings."""

from __future__ import annotations

from collections.abc import Iterable

from gridmap.errors import BadInput
from gridmap.planning.redraw_division import Division
from gridmap.planning.redraw_operations import ADD, DROP, Change, apply, new_operation


def lock(division: Division, codes: Iterable[str]) -> Change:
    """Lock micro-grids: nothing moves in or out any more. Those that are locked already are passed over.

    Raises
    ------
    BadInput
        If one is unknown, or all are locked already.
    """
    return _change_locks(division, "lock", ADD, codes)


def unlock(division: Division, codes: Iterable[str]) -> Change:
    """Unlock micro-grids; errors as in ``lock``."""
    return _change_locks(division, "unlock", DROP, codes)


def lock_buildings(division: Division, buildings: Iterable[int]) -> Change:
    """Lock buildings: their atoms stay where they are, and are neither broken nor healed.

    Raises
    ------
    BadInput
        If one is not in this parent, or all are locked already.
    """
    return _change_locked_buildings(division, "lock_buildings", ADD, buildings)


def unlock_buildings(division: Division, buildings: Iterable[int]) -> Change:
    """Unlock buildings; errors as in ``lock_buildings``."""
    return _change_locked_buildings(division, "unlock_buildings", DROP, buildings)


def _change_locks(division: Division, kind: str, action: str, codes: Iterable[str]) -> Change:
    named = list(dict.fromkeys(codes))
    operation = new_operation(kind, {"codes": named})
    for code in named:
        division.row_of_code(code)
        if (code in division.locked) == (action == DROP):
            operation["locks"].append([action, code])
    if not operation["locks"]:
        raise BadInput("redraw_nothing_chosen")
    return apply(division, operation)


def _change_locked_buildings(division: Division, kind: str, action: str, buildings: Iterable[int]) -> Change:
    named = list(dict.fromkeys(int(id_) for id_ in buildings))
    operation = new_operation(kind, {"buildings": named})
    for id_ in named:
        division.building_of(id_)
        if (id_ in division.locked_buildings) == (action == DROP):
            operation["buildings"].append([action, id_])
    if not operation["buildings"]:
        raise BadInput("redraw_nothing_chosen")
    return apply(division, operation)
