"""Buildings and entrances as the engine sees them, and how households are shared among entrances."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from gridmap.planning.pieces import cut_positions


@dataclass(frozen=True)
class Entrance:
    """One stairwell: its number, households, storeys, and where it is known to stand (m)."""

    number: int
    households: int
    storeys: int
    at: tuple[float, float] | None = None


@dataclass(frozen=True)
class Building:
    """A building as the engine sees it (``compound`` -1 for none, ``footprint`` in metres).

    Where nobody counted the entrances, ``has_sections`` says that they are only assumed.
    """

    id: int
    name: str
    compound: int
    households: int
    is_estimate: bool
    footprint: shapely.Geometry
    entrances: tuple[Entrance, ...]
    has_sections: bool = False

    @property
    def called(self) -> str:
        """What people know it by: its name, or its number where it has none."""
        return self.name or f"#{self.id}"


def share_evenly(total: int, count: int) -> list[int]:
    """Split a total into ``count`` whole shares that differ by at most 1 and are spread evenly."""
    return [(i + 1) * total // count - i * total // count for i in range(count)]


def share_by_weight(total: int, weights: list[int]) -> list[int]:
    """Split a total in proportion to weights by largest remainder; the shares sum exactly."""
    whole = sum(weights)
    if whole == 0:
        return share_evenly(total, len(weights))
    shares = [total * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def share_households(total: int, known: list[int | None], storeys: list[int]) -> list[int]:
    """Distribute a building's households over its entrances.

    Known counts are kept while they fit the total; entrances without a count share the rest by storeys. The
    shares always sum to the total.
    """
    told = sum(k for k in known if k is not None)
    if all(k is None for k in known):
        return share_by_weight(total, storeys)
    if told > total or all(k is not None for k in known):
        return share_by_weight(total, [k or 0 for k in known])
    missing = [i for i, k in enumerate(known) if k is None]
    rest = iter(share_by_weight(total - told, [storeys[i] for i in missing]))
    return [next(rest) if k is None else k for k in known]


def order_entrances(footprint: shapely.Geometry, entrances: list[Entrance]) -> tuple[Entrance, ...]:
    """Return entrances in the order they stand along the long axis, by number where places are unknown."""
    if len(entrances) < 2 or any(e.at is None for e in entrances):
        return tuple(sorted(entrances, key=lambda e: e.number))
    axis = cut_positions(footprint, [e.at for e in entrances])[0]
    return tuple(
        sorted(
            entrances,
            key=lambda e: (e.at[0] - axis[0]) * axis[2] + (e.at[1] - axis[1]) * axis[3] if e.at else 0.0,
        )
    )
