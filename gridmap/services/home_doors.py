"""The doors of homes: whose they are, how many households go through each, and where it meets the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.covering.graph import Doors, WalkingGraph
    from gridmap.services.column_reads import Ask, Columns

READ = {
    "building_id": "int8",
    "entrance_number": "int2",
    "grid_id": "int8",
    "building_households": "int4",
    "own_households": "int4",
    "households_estimated": "bool",
    "place": "point",
}


@dataclass(frozen=True)
class AreaDoors:
    """The doors of the homes of an area.

    Attributes
    ----------
    building_id, entrance_number
        (n,) whose door it is, ascending; entrance 0 is the building itself.
    grid_id
        (n,) the grid it belongs to.
    households, households_estimated
        (n,) homes behind the door.
    lonlat
        (n, 2) its place.
    doors
        Where each meets the network.
    """

    building_id: np.ndarray
    entrance_number: np.ndarray
    grid_id: np.ndarray
    households: np.ndarray
    households_estimated: np.ndarray
    lonlat: np.ndarray
    doors: Doors


def ask_doors(ask: Ask, area_id: int) -> Callable[[WalkingGraph], AreaDoors]:
    """Ask for the doors of an area; they are there when they are to be found on a network."""
    grids = ask("walking_grids", {"id": "int8"}, {"area_id": area_id})
    read = ask("walking_doors", READ, {"grid_ids": grids()["id"]})
    return lambda graph: _find_doors(read(), graph)


def _find_doors(read: Columns, graph: WalkingGraph) -> AreaDoors:
    order = np.lexsort((read["entrance_number"], read["building_id"]))
    read = {name: column[order] for name, column in read.items()}
    own = read["own_households"]
    is_shared = (own < 0) & (read["entrance_number"] > 0)
    return AreaDoors(
        building_id=read["building_id"],
        entrance_number=read["entrance_number"],
        grid_id=read["grid_id"],
        households=share_households(read["building_id"], read["building_households"], own),
        households_estimated=read["households_estimated"] | is_shared,
        lonlat=read["place"],
        doors=graph.find_doors(read["place"]),
    )


def runs_of(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find where each run of equal values begins."""
    return np.flatnonzero(np.diff(values, prepend=values[:1] - 1))


def share_households(
    building_id: NDArray[np.int64], building_households: NDArray[np.int64], own: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give each door its households: its own, else an even share of what the others of the building leave.

    Parameters
    ----------
    building_id, building_households
        (n,) of each door, one building after another.
    own
        (n,) households said of the door itself; -1 where nothing is.

    Returns
    -------
    numpy.ndarray
        (n,); of what does not divide, the first doors get one more.
    """
    if not len(own):
        return own
    first = runs_of(building_id)
    building = np.repeat(np.arange(len(first)), np.diff(first, append=len(own)))
    is_unsaid = own < 0
    unsaid = np.add.reduceat(is_unsaid, first, dtype=np.int64)
    said = np.add.reduceat(np.where(is_unsaid, 0, own), first)
    left = np.maximum(building_households[first] - said, 0)
    share, more = np.divmod(left, np.maximum(unsaid, 1))
    before: NDArray[np.int64] = np.cumsum(is_unsaid) - is_unsaid
    place: NDArray[np.int64] = before - before[first][building]
    return np.where(is_unsaid, share[building] + (place < more[building]), own)
