"""``./run bench planning``: the engine against published partitioners and the proven optimum.

Every parent of about 400 households of every shared real city that is present, and a sample of the demo
district's, is divided by the engine, by METIS, GerryChain, spopt max-p and constrained k-means on the same
graph of atoms, once with the atoms the engine chose and once with whole buildings. CP-SAT then looks for
anything better. ``--scale`` adds the 80,000 buildings of nyc_scale.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from tests.bench.comparisons import OWN, WHOLE, Case, Compared, compare_all, load
from tests.bench.figures import Figure, options, print_table, write
from tests.bench.instances import IN_BAND_CITIES, SHARED, demo_districts, list_real_cities, real_city
from tests.bench.peers import PEERS, peer_versions
from tests.bench.speed import measure_import, measure_nyc, measure_speed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.comparisons import Measured

DEMO_SAMPLE = 60
SLOW = 2.0
"""Seconds of computing for one parent that are worth a remark."""


def main() -> int:
    """Run all and report."""
    parser = options()
    parser.add_argument("--scale", action="store_true", help="also divide nyc_scale")
    parser.add_argument("--cities", help="only these, by comma (demo is one)")
    parser.add_argument("--sample", type=int, default=1, help="only every so many-th parent")
    asked = parser.parse_args()
    chosen = asked.cities.split(",") if asked.cities else [*list_real_cities(), "demo"]
    _say("peers: " + ", ".join(f"{name} {number}" for name, number in peer_versions().items()))
    demo = demo_districts()[0]
    _say("timing the engine and METIS on a demo district")
    figures = [*measure_speed(demo), *measure_import()]
    if asked.scale and (SHARED / "nyc_scale").is_dir():
        figures += measure_nyc()
    cases = []
    for name in chosen:
        city = demo if name == "demo" else real_city(name)
        count = load(city)
        step = max(1, count // DEMO_SAMPLE) if name == "demo" else asked.sample
        cases += [Case(city.name, atoms, i) for atoms in (OWN, WHOLE) for i in range(0, count, step)]
        _say(f"{city.name}: {count} parents")
    done, failures = _compare(cases)
    _tell_misses(done)
    figures = [*_all_figures(done, failures), *figures]
    print_cities(done)
    print_table(figures)
    if asked.json:
        write(figures, asked.json)
    return 0 if all(figure.holds for figure in figures) else 1


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _compare(cases: Sequence[Case]) -> tuple[list[Compared], int]:
    """Compare all, with a line of progress now and then; return what was compared and how many failed."""
    found, failures, began = [], 0, time.perf_counter()
    for number, (case, compared, wrong) in enumerate(compare_all(cases), 1):
        if wrong is not None:
            failures += 1
            _say(f"  failed: {case}: {wrong!r}")
        elif compared is not None:
            found.append(compared)
        if number % 50 == 0 or number == len(cases):
            _say(f"  {number} of {len(cases)} instances, {time.perf_counter() - began:.0f} s")
    return sorted(found, key=lambda c: (c.case.city, c.case.atoms, c.case.index)), failures


def _tell_misses(done: Sequence[Compared]) -> None:
    """Name the instances behind the figures that miss their limit."""
    for c in done:
        ahead = [name for name, peer in c.peers.items() if peer.violation < c.ours.violation]
        faults = [f"{name} is ahead with {c.peers[name].violation}" for name in ahead]
        if min(c.optimum, c.finest) < c.ours.violation:
            faults.append(f"CP-SAT finds {c.optimum}, with every floor apart {c.finest}")
        if c.broken_unexplained or c.broken_refuted:
            faults.append(f"broken: {c.broken_unexplained} without finding, {c.broken_refuted} without need")
        if c.ours.torn or c.ours.seconds > SLOW:
            faults.append(f"{c.ours.torn} torn, {c.ours.seconds:.1f} s")
        if faults:
            where = f"{c.case.city}, {c.case.atoms}, parent row {c.case.index}, {c.atom_count} atoms"
            _say(f"  {where}: {c.ours.violation} households outside; {'; '.join(faults)}")


def _all_figures(done: Sequence[Compared], failures: int) -> list[Figure]:
    own = [c for c in done if c.case.atoms == OWN]
    return [
        *_violations(done),
        *_against_peers(done),
        *_against_optimum(done),
        *_in_band(own),
        Figure("instances on which the engine fails", failures, "", 0),
        Figure(
            "contiguous share of micro-grids",
            1 - sum(c.ours.torn for c in done) / max(1, sum(c.ours.parts for c in done)),
            "",
            1,
            more_is_better=True,
        ),
        *_broken(own),
        Figure("slowest parent", max(c.ours.seconds for c in done), "s", note="never hangs"),
        *_shapes(done),
    ]


def _cities(done: Sequence[Compared]) -> list[tuple[str, str, list[Compared]]]:
    """Group by city and atoms."""
    keys = sorted({(c.case.city, c.case.atoms) for c in done})
    return [(*key, [c for c in done if (c.case.city, c.case.atoms) == key]) for key in keys]


def _violations(done: Sequence[Compared]) -> list[Figure]:
    """Total violation per city, against the best peer's total."""
    figures = []
    for city, atoms, rows in _cities(done):
        peers = {name: sum(c.peers[name].violation for c in rows) for name in PEERS}
        note = ", ".join(f"{name} {value}" for name, value in peers.items())
        ours = sum(c.ours.violation for c in rows)
        figures.append(
            Figure(f"violation, {city}, {atoms}", ours, "hh", min(peers.values()), note=f"peers: {note}")
        )
    return figures


def _against_peers(done: Sequence[Compared]) -> list[Figure]:
    """Count the instances on which a peer's contiguous division has less violation; and how it fared."""
    figures = []
    for name in PEERS:
        of_peer = [c.peers[name] for c in done]
        ahead = sum(c.peers[name].violation < c.ours.violation for c in done)
        loose = sum(c.peers[name].torn > 0 and c.peers[name].as_it_is < c.ours.violation for c in done)
        behind = sum(c.peers[name].violation > c.ours.violation for c in done)
        note = (
            f"of {len(done)}: engine ahead on {behind}; {name} failed on {sum(p.failed for p in of_peer)},"
            f" tore {sum(p.torn for p in of_peer)} parts (with these counted whole: ahead on {loose} more)"
        )
        figures.append(Figure(f"instances where {name} is ahead", ahead, "", 0, note=note))
    return figures


def _against_optimum(done: Sequence[Compared]) -> list[Figure]:
    behind = sum(c.optimum < c.ours.violation for c in done)
    solver = sum(c.by_solver and c.proved for c in done)
    still_open = sum(not c.proved for c in done)
    bound = len(done) - solver - still_open
    note = f"proved by the counts alone {bound}, by CP-SAT {solver}; not proved {still_open}"
    finer = sum(c.finest < c.ours.violation for c in done)
    finer_note = f"asked on {sum(c.ours.violation > 0 for c in done if c.case.atoms == OWN)} parents"
    return [
        Figure("instances where CP-SAT finds less violation", behind, "", 0, note=note),
        Figure("parents where CP-SAT finds less with every floor apart", finer, "", 0, note=finer_note),
    ]


def _in_band(own: Sequence[Compared]) -> list[Figure]:
    figures = []
    for city, _, rows in _cities(own):
        parts, inside = sum(c.ours.parts for c in rows), sum(c.ours.in_band for c in rows)
        limit = 0.99 if city in IN_BAND_CITIES else None
        note = f"{parts - inside} of {parts} outside; where nobody lives is not counted"
        figures.append(
            Figure(f"in the band, {city}", inside / parts, "", limit, more_is_better=True, note=note)
        )
    return figures


def _broken(own: Sequence[Compared]) -> list[Figure]:
    note = f"{sum(c.broken_small for c in own)} broken in all"
    unexplained = sum(c.broken_unexplained for c in own)
    refuted = sum(c.broken_refuted for c in own)
    still_open = f"CP-SAT did not decide in time on {sum(c.broken_open for c in own)}"
    return [
        Figure("buildings of <= 80 households broken without a finding", unexplained, "", 0, note=note),
        Figure("buildings of <= 80 households broken, CP-SAT breaks none", refuted, "", 0, note=still_open),
    ]


def _shapes(done: Sequence[Compared]) -> list[Figure]:
    """Compare shapes where violation is equal: mean of the instances' means, ours by the peer's."""
    figures = []
    for name in PEERS:
        equal = [
            (c.ours, c.peers[name])
            for c in done
            if not c.peers[name].torn and c.peers[name].violation == c.ours.violation and c.ours.parts > 1
        ]
        if not equal:
            continue
        radius = _ratio(equal, lambda m: m.radius_m)
        drawn = _ratio(equal, lambda m: m.compactness)
        note = f"{len(equal)} instances of equal violation; micro-grids {_parts(equal)}"
        figures += [
            Figure(f"household-weighted radius, engine / {name}", radius, "times", 1, note=note),
            Figure(f"Polsby-Popper, engine / {name}", drawn, "times", 1, more_is_better=True, note=note),
        ]
    return figures


def _ratio(equal: list[tuple[Measured, Measured]], measure: Callable[[Measured], float]) -> float:
    ours, peers = ([measure(m) for m in side] for side in zip(*equal, strict=True))
    return float(np.mean(ours) / np.mean(peers))


def _parts(equal: list[tuple[Measured, Measured]]) -> str:
    return f"{sum(a.parts for a, _ in equal)} / {sum(b.parts for _, b in equal)}"


def print_cities(done: Sequence[Compared]) -> None:
    """Print one line per city and kind of atoms: total violation, and where it differs."""
    heads = ["instances", "engine", "optimum", *PEERS]
    print(f"{'households outside the band':38}" + "".join(f"{head:>20}" for head in heads))
    for city, atoms, rows in _cities(done):
        values = [len(rows), sum(c.ours.violation for c in rows), sum(c.optimum for c in rows)]
        values += [sum(c.peers[name].violation for c in rows) for name in PEERS]
        print(f"{city + ', ' + atoms:38}" + "".join(f"{value:20,}" for value in values))
    print()


if __name__ == "__main__":
    sys.exit(main())
