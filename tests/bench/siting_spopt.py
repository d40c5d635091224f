"""One question to spopt in a process of its own: households and walks in; time, status and sites out."""

from __future__ import annotations

import resource
import sys
import time
import warnings

import numpy as np
import pulp


def main() -> None:
    """Read (1 + C, 2000) doubles, households first; print seconds, status, GiB at most, chosen rows."""
    warnings.simplefilter("ignore")
    from spopt.locate import MCLP, PMedian  # noqa: PLC0415 - its import warns

    question, sites, reach_m, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    values = np.frombuffer(sys.stdin.buffer.read()).reshape(-1, 2000)
    households, cost = values[0], values[1:].T
    began = time.perf_counter()
    if question == "MCLP":
        model = MCLP.from_cost_matrix(cost, households, service_radius=reach_m, p_facilities=sites)
    else:
        model = PMedian.from_cost_matrix(cost, households, p_facilities=sites)
    model.problem.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=seconds, threads=1))
    spent = time.perf_counter() - began
    chosen = [str(i) for i, site in enumerate(model.fac_vars) if (site.value() or 0) > 0.5]
    kibibytes = max(
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    status = pulp.LpStatus[model.problem.status].replace(" ", "_")
    print(f"{spent:.1f}", status, f"{kibibytes / 2**20:.1f}", *chosen)


if __name__ == "__main__":
    main()
