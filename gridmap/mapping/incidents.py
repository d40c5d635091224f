"""Incidents: what happened, counted once, however often it was reported.

Two reports are one incident when they name the same place (building, entrance and floor as far as they were
given; without a building, the very same point), the same category and the same local day. Who reported is not
kept, so two neighbours who report the same thing separately, each with their own floor, stay two; and two
different matters of one category, place and day become one. A report merged into another (`merged`) follows
its parent and is no incident of its own.

Time: one sort of the reports, O(n log n), once; each count afterwards is O(n).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


def number_incidents(keys: Sequence[ArrayLike]) -> NDArray[np.int32]:
    """Number the incidents that reports belong to.

    Parameters
    ----------
    keys
        Whole-number columns of (n,) each: all that two reports of one incident share.

    Returns
    -------
    ndarray
        (n,) number of each report's incident, 0 to the number of incidents less one.
    """
    columns = [np.asarray(key) for key in keys]
    order = np.lexsort(columns[::-1])
    new = np.zeros(len(order), dtype=bool)
    for column in columns:
        in_order = column[order]
        new[1:] |= in_order[1:] != in_order[:-1]
    incident = np.empty(len(order), dtype=np.int32)
    incident[order] = np.cumsum(new)
    return incident


def count_by_place(places: ArrayLike, chosen: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    """Count the chosen reports of each place.

    Parameters
    ----------
    places
        (n,) place of each report, -1 = none.
    chosen
        (n,) which reports count.
    size
        How many places there are.
    """
    found = np.asarray(places)[chosen] + 1
    return np.bincount(found, minlength=size + 1)[1:]


def count_incidents_by_place(
    places: ArrayLike, incidents: ArrayLike, chosen: NDArray[np.bool_], size: int
) -> NDArray[np.int64]:
    """Count the incidents that the chosen reports tell of, in the place of one of them.

    Parameters
    ----------
    incidents
        (n,) from `number_incidents`; the reports of one share their place.
    """
    place, incident = np.asarray(places), np.asarray(incidents)
    where = np.full(int(incident.max(initial=-1)) + 1, -1, dtype=np.int64)
    where[incident[chosen]] = place[chosen]
    return np.bincount(where + 1, minlength=size + 1)[1:]
