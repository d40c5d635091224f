"""In which order to walk past some doors: the shortest way from a start past all of them, ending anywhere.

The search is PyVRP's (Wouda, Lan and Kool 2024: iterated local search), given a single walker whose way back
costs nothing. It promises no optimum; on cases that an exact solver proves it stays within 5 % of it
(``tests/unit/covering/test_tours.py``). Time grows with the stops times the number of tries; the same metres
and seed give the same order.
"""

from __future__ import annotations

import numpy as np
import pyvrp
from pyvrp.stop import MaxIterations

TRIES = 300
CENTIMETRES = 100
FARTHEST_CM = 10**9
"""Stands for a way that does not exist: ten thousand kilometres."""


def order_stops(walk_m: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Order stops so that the walk past all of them is short.

    Parameters
    ----------
    walk_m
        (n + 1, n + 1) metres from each place to each other; row 0 is the start, the others are the stops. inf
        where there is no way.

    Returns
    -------
    numpy.ndarray
        (n,) rows of the stops, 1 to n, in the order they are passed.
    """
    count = len(walk_m) - 1
    if count < 2:
        return np.arange(1, count + 1)
    way_cm = np.minimum(walk_m * CENTIMETRES, FARTHEST_CM).round().astype(np.int64)
    way_cm[:, 0] = 0  # the walk ends at its last stop
    np.fill_diagonal(way_cm, 0)
    case = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0)] * (count + 1),
        clients=[pyvrp.Client(place) for place in range(1, count + 1)],
        depots=[pyvrp.Depot(0)],
        vehicle_types=[pyvrp.VehicleType()],
        distance_matrices=[way_cm],
        duration_matrices=[np.zeros_like(way_cm)],
    )
    found = pyvrp.solve(case, stop=MaxIterations(TRIES), seed=seed, collect_stats=False, display=False)
    (route,) = found.best.routes()
    return np.array([stop.idx + 1 for stop in route.schedule() if stop.is_client()])
