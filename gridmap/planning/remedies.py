"""What would bring a micro-grid back into the band: ranked remedies, each an operation that can be applied.

Every remedy has been tried: it lessens the households outside the band, tears no micro-grid further and takes
no other micro-grid out of the band. The cheapest comes first: what removes the fault before what only lessens
it, then the fewest buildings newly broken, then the fewest households moved. Moves, swaps, merges and small
re-balances are looked for together; only where they do not remove the fault are buildings broken, larger
groups re-balanced, neighbours unlocked and edges added. The best of what is tried, not of all there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypedDict

from gridmap.planning.redraw_attempts import (
    Case,
    try_breaking,
    try_edges,
    try_larger,
    try_simple,
    try_unlocking,
)
from gridmap.planning.redraw_division import Division
from gridmap.planning.redraw_operations import Operation, change_only
from gridmap.planning.redraw_report import broken_buildings, states_of

MOST = 3


class Remedy(TypedDict):
    """One way out.

    kind
        ``move``, ``swap``, ``merge``, ``break``, ``rebalance``, ``unlock``, ``edge``; ``waive`` when nothing
        helps.
    text
        Key of the catalogue that says it, with ``households``: those moved, or those to be waived.
    operation
        As ``redraw.apply_remedy`` applies it; None for ``waive``.
    households_moved, broken
        What it costs: households that change their micro-grid, buildings newly broken.
    before, after
        Households of every micro-grid concerned; retired ones have 0.
    is_enough
        Whether the micro-grid is in the band afterwards (or merged into one that is).
    """

    kind: str
    text: str
    operation: Operation | None
    households_moved: int
    broken: int
    before: dict[str, int]
    after: dict[str, int]
    is_enough: bool


def cheapest_remedy(division: Division, code: str) -> Remedy | None:
    """Return the cheapest remedy of a micro-grid, None if it is in the band."""
    return next(iter(find_remedies(division, code, most=1)), None)


def find_remedies(division: Division, code: str, most: int = MOST) -> list[Remedy]:
    """Return up to ``most`` remedies of a micro-grid, the cheapest first; none if it is in the band.

    Raises
    ------
    BadInput
        If there is no micro-grid of this code.
    """
    label = division.row_of_code(code)
    if (
        not (division.labels == label).any()
        or division.rules.outside(int(division.households[label + 1])) == 0
    ):
        return []
    case = Case(division, label)
    found = list(_tried(division, label, try_simple(case)))
    for stage in (try_larger, try_breaking, try_unlocking, try_edges):
        for remedy in _tried(division, label, stage(case)):
            if any(other["is_enough"] for other in found):
                break
            found.append(remedy)
    return _ranked(found)[:most] or [_waiver(division, label)]


def _ranked(found: Iterable[Remedy]) -> list[Remedy]:
    """Sort remedies by cost and leave out those that do the same."""

    def cost(remedy: Remedy) -> tuple[Any, ...]:
        operation = remedy["operation"]
        size = 0 if operation is None else len(operation["moves"]) + len(operation["parts"])
        return not remedy["is_enough"], remedy["broken"], remedy["households_moved"], size

    ranked: list[Remedy] = []
    for remedy in sorted(found, key=cost):
        if all(_effect(remedy) != _effect(other) for other in ranked):
            ranked.append(remedy)
    return ranked


def _effect(remedy: Remedy) -> Any:
    operation = remedy["operation"]
    if operation is None:
        return None
    return sorted(operation["moves"]), operation["parts"], operation["locks"], operation["edges"]


def _waiver(division: Division, label: int) -> Remedy:
    code = division.codes[label]
    now = {code: int(division.households[label + 1])}
    return {
        "kind": "waive", "text": "redraw.remedy_waive", "operation": None, "households_moved": 0,
        "broken": 0, "before": now, "after": now, "is_enough": False,
    }  # fmt: skip


def _tried(division: Division, label: int, asked: Iterable[Operation]) -> Iterator[Remedy]:
    """Apply operations and keep those that help."""
    for operation in asked:
        remedy = _judge(division, label, operation)
        if remedy is not None:
            yield remedy


def _judge(division: Division, label: int, operation: Operation) -> Remedy | None:
    """Apply an operation (without drawing) and measure it; None if it does not help."""
    after = change_only(division, operation)
    concerned = {code for _, *ends in operation["moves"] for code in ends}
    for _, *sides in operation["parts"]:
        concerned |= {row[-1] for side in sides for row in side}
    codes = sorted({division.codes[label], *(code for code in concerned if code is not None)})
    old, new = states_of(division, codes), states_of(after, codes)
    rules, gain = division.rules, 0
    for code in codes:
        was, now = old[code], new[code]
        missed = [0 if s["status"] == "empty" else rules.outside(s["households"]) for s in (was, now)]
        if now["pieces"] > max(was["pieces"], 1) or (missed[1] > missed[0] and code != division.codes[label]):
            return None
        gain += missed[0] - missed[1]
    if gain <= 0:
        return None
    own = new[division.codes[label]]
    if own["status"] not in ("in_band", "empty", old[division.codes[label]]["status"]):
        return None
    return {
        "kind": operation["kind"],
        "text": f"redraw.remedy_{operation['kind']}",
        "operation": operation,
        "households_moved": _households_moved(division, after, operation),
        "broken": max(0, len(broken_buildings(after, codes)) - len(broken_buildings(division, codes))),
        "before": {code: old[code]["households"] for code in codes},
        "after": {code: new[code]["households"] for code in codes},
        "is_enough": own["status"] in ("in_band", "empty"),
    }


def _households_moved(division: Division, after: Division, operation: Operation) -> int:
    moved = sum(int(division.graph.households[division.row_of_key[key]]) for key, *_ in operation["moves"])
    for id_, before, later in operation["parts"]:
        b = division.row_of_building[id_]
        counts: dict[str | None, int] = {}
        for sign, side, rows in ((-1, division, before), (1, after, later)):
            own = side.graph.households[side.atoms.building == b].tolist()
            for row, count in zip(rows, own, strict=True):
                counts[row[-1]] = counts.get(row[-1], 0) + sign * count
        moved += sum(count for count in counts.values() if count > 0)
    return moved
