"""``./run bench siting``: stations among 200 places for 2,000 buildings, next to spopt and HiGHS.

Buildings and places are drawn from a district of the demo city; walks are those of streets that run
north-south and east-west. Asked with ten stations standing, and with none. What any of them chooses is
counted here, from the walks: a status is not a result.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.covering.siting import build_curve, cover_most, cover_share, shorten_walks
from gridmap.covering.siting_case import read_case
from gridmap.covering.siting_covers import build_cover
from gridmap.covering.siting_models import solve_fewest, solve_most
from gridmap.covering.siting_search import load_kernels
from tests.bench.figures import Figure, report
from tests.bench.instances import demo_districts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridmap.covering.siting_results import Siting

PLACES, HOMES, STATIONS, SITES = 200, 2000, 10, 20
REACH_M, SHARE = 500, 0.6
LIMIT_S, PEER_S = 10.0, 60.0
LIMIT_GAP = 0.01


@dataclass(frozen=True)
class Case:
    """Walks, households and walks to the stations that stand."""

    name: str
    walks_m: np.ndarray
    households: np.ndarray
    present_m: np.ndarray

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The arguments of every question."""
        return self.walks_m, self.households, self.present_m


def draw_cases() -> list[Case]:
    """Draw buildings with homes, candidate places and stations from a demo district."""
    found = demo_districts()[0].buildings
    found = found[found["households"] > 0].to_crs(32651)
    at = shapely.get_coordinates(shapely.centroid(found.geometry.to_numpy()))
    rows = np.random.default_rng(1).permutation(len(at))[: HOMES + PLACES + STATIONS]
    homes, places, stations = np.split(rows, [HOMES, HOMES + PLACES])
    households = found["households"].to_numpy()[homes]

    def walks(origins: np.ndarray) -> np.ndarray:
        return np.abs(at[origins][:, None] - at[homes]).sum(axis=2)

    walks_m = walks(places)
    return [
        Case(f"{STATIONS} stations stand", walks_m, households, walks(stations).min(axis=0)),
        Case("no station stands", walks_m, households, np.full(HOMES, np.inf)),
    ]


def measure() -> list[Figure]:
    """Ask the three questions and the curve, ours and the peers'."""
    load_kernels()
    return [figure for case in draw_cases() for figure in (*_ours(case), *_peers(case))]


def _ours(case: Case) -> list[Figure]:
    questions: dict[str, Callable[[], Siting]] = {
        f"maximal cover, {SITES} sites": lambda: cover_most(*case.arrays, reach_m=REACH_M, sites=SITES),
        f"set cover, {SHARE:.0%}": lambda: cover_share(*case.arrays, reach_m=REACH_M, share=SHARE),
        "set cover, all that can be": lambda: cover_share(*case.arrays, reach_m=REACH_M, share=1),
        f"p-median, {SITES} sites": lambda: shorten_walks(*case.arrays, reach_m=REACH_M, sites=SITES),
    }
    figures = []
    for what, ask in questions.items():
        began, computing = time.perf_counter(), time.process_time()
        answer = ask()
        spent, computing = time.perf_counter() - began, time.process_time() - computing
        note = (
            f"computing {computing:.2f} s, value {answer.value:,.0f}, bound {answer.bound:,.0f},"
            f" possible {answer.is_possible}"
        )
        figures += [
            Figure(f"{case.name}: {what}", spent, "s", LIMIT_S, note=note),
            Figure(f"{case.name}: {what}, gap", answer.gap * 100, "%", LIMIT_GAP * 100, note=note),
        ]
    began = time.perf_counter()
    curve = build_curve(*case.arrays, reach_m=REACH_M, sites=SITES)
    spent = time.perf_counter() - began
    gap = max(point.gap for point in curve)
    return [
        *figures,
        Figure(f"{case.name}: curve of 1 to {SITES} sites", spent, "s", note=f"largest gap {gap:.2%}"),
    ]


def _peers(case: Case) -> list[Figure]:
    """HiGHS alone on the reduced covers; spopt as its documentation has it, with CBC."""
    cover = build_cover(read_case(*case.arrays, REACH_M))
    most = cover_most(*case.arrays, reach_m=REACH_M, sites=SITES, seconds=PEER_S)
    fewest = cover_share(*case.arrays, reach_m=REACH_M, share=SHARE, seconds=PEER_S)
    present = most.before.households_within
    began = time.perf_counter()
    found, bound = solve_most(cover.covers, cover.households, SITES, time.monotonic() + PEER_S)
    spent = time.perf_counter() - began
    value = present + (0 if found is None else cover.count(found))
    figures = [
        Figure(
            f"{case.name}: maximal cover, HiGHS alone", spent, "s",
            note=f"value {value:,.0f}, bound {present + bound:,.0f}; ours {most.value:,.0f}",
        ),
    ]  # fmt: skip
    missing = min((fewest.target_households or 0) - present, cover.all_households)
    began = time.perf_counter()
    found, bound = solve_fewest(cover.covers, cover.households, missing, time.monotonic() + PEER_S)
    spent = time.perf_counter() - began
    sites = "no" if found is None else len(found)
    note = f"{sites} sites, bound {bound:.2f}; ours {fewest.value:.0f}"
    figures.append(Figure(f"{case.name}: set cover, HiGHS alone", spent, "s", note=note))
    if find_spec("spopt") and not np.isfinite(case.present_m).any():
        figures += _spopt(case, most)
    return figures


def _spopt(case: Case, most: Siting) -> list[Figure]:
    """Ask spopt with no station standing, each question in a process of its own."""
    best = shorten_walks(*case.arrays, reach_m=REACH_M, sites=SITES, seconds=PEER_S)
    ground = read_case(*case.arrays, REACH_M)
    figures = []
    for question, count, ours in (
        ("MCLP", ground.within, most.value),
        ("PMedian", ground.cost, best.value),
    ):
        run = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.bench.siting_spopt",
                question,
                str(SITES),
                str(REACH_M),
                str(PEER_S),
            ],
            input=np.vstack([case.households, case.walks_m]).tobytes(),
            stdout=subprocess.PIPE,
            check=True,
        )
        spent, status, gib, *chosen = run.stdout.decode().splitlines()[-1].split()
        name = f"{case.name}: spopt {question}"
        note = f"said {status}, {gib} GiB, CBC stopped after {PEER_S:.0f} s, {len(chosen)} sites"
        figures.append(Figure(name, float(spent), "s", note=note))
        if chosen:
            value = count(ground.nearest_m([int(i) for i in chosen]))
            note = f"{value:,.0f}; ours {ours:,.0f}"
            figures.append(Figure(f"{name}, worth", value / ours, "of ours", note=note))
    return figures


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    return report(measure(), argv)


if __name__ == "__main__":
    sys.exit(main())
