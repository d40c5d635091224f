"""The two covers as exact models for HiGHS.

Maximal cover after Church and ReVelle (1974), set cover after Toregas and others (1971), here with a share
to be covered. Only the sites are integer, since a demand is covered wholly or not at all once they are.
What the solver says is taken down as it is: sites and the bound it proved, whatever its status; the caller
counts.
"""

from __future__ import annotations

import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

ROW_SLACK = 5e-7
"""What the solver may be off by in a row that sums to one."""


def solve_most(
    covers: csr_array, households: np.ndarray, sites: int, deadline: float
) -> tuple[np.ndarray | None, float]:
    """Ask for the sites that cover most.

    Parameters
    ----------
    covers
        (c, d) 1 where a candidate covers a demand.
    households
        (d,)
    sites
        How many may be chosen.
    deadline
        On the clock of `time.monotonic`.

    Returns
    -------
    tuple
        Sites, None if none were found; households that no choice can pass, inf if nothing was proved.
    """
    c, d = covers.shape
    count = csr_array(np.concatenate([np.ones(c), np.zeros(d)])[None, :])
    cost = np.concatenate([np.zeros(c), -households])
    found, bound = _solve(covers, cost, LinearConstraint(count, 0, sites), deadline)
    return found, -bound


def solve_fewest(
    covers: csr_array, households: np.ndarray, target: float, deadline: float
) -> tuple[np.ndarray | None, float]:
    """Ask for the fewest sites that cover at least so many households.

    Parameters
    ----------
    covers, households, deadline
        As in `solve_most`.
    target
        Households, above 0.

    Returns
    -------
    tuple
        Sites, None if none were found, a rounding short of the target at worst; number of sites that no
        choice can do with less of, -inf if nothing was proved.
    """
    c, d = covers.shape
    share = csr_array(np.concatenate([np.zeros(c), households / target])[None, :])
    cost = np.concatenate([np.ones(c), np.zeros(d)])
    return _solve(covers, cost, LinearConstraint(share, 1 - ROW_SLACK, np.inf), deadline)


def _solve(
    covers: csr_array, cost: np.ndarray, row: LinearConstraint, deadline: float
) -> tuple[np.ndarray | None, float]:
    """Minimise over sites and covered demands; a demand counts only if a site that covers it is chosen."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        return None, -np.inf
    c, d = covers.shape
    integrality = np.zeros(c + d, np.int64)
    integrality[:c] = 1
    rows = hstack([-covers.T, eye_array(d)], format="csr")
    result = milp(
        cost,
        integrality=integrality,
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(rows, -np.inf, 0), row],
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    chosen = None if result.x is None else np.flatnonzero(result.x[:c] > 0.5)
    bound = result.mip_dual_bound
    return chosen, -np.inf if bound is None or not np.isfinite(bound) else float(bound)
