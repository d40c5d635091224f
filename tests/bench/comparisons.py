"""One parent divided by the engine, by every peer and by the exact model, on the same graph of atoms."""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.planning import PlanRules
from gridmap.planning.adjacency import build_graph
from gridmap.planning.atoms import BY_FLOOR, WHOLE_BUILDINGS, build_atoms
from gridmap.planning.boundaries import draw_territories
from gridmap.planning.inputs import Source, read_source
from gridmap.planning.partition import partition
from gridmap.planning.plan import ground_of, plan_parent
from tests.bench.divisions import count_torn, into_pieces, radii, violation
from tests.bench.exact import Optimum, find_optimum
from tests.bench.peers import PEERS, divide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridmap.planning.atoms import Atoms
    from gridmap.planning.ground import Ground
    from gridmap.planning.packing import AtomGraph
    from gridmap.planning.results import ParentPlan
    from tests.bench.instances import Instance

OWN, WHOLE = "own atoms", "whole buildings"
RULES = {OWN: PlanRules(), WHOLE: PlanRules(may_break_buildings=False)}
SOLVER_SECONDS = 15.0


@dataclass(frozen=True)
class Case:
    """One parent of one city, and the atoms it is divided by."""

    city: str
    atoms: str
    index: int


@dataclass(frozen=True)
class Measured:
    """A division as it is judged.

    Attributes
    ----------
    violation
        Households outside the band, each connected piece being a part of its own.
    as_it_is, torn
        The same with torn parts taken as one, and how many these are.
    parts, in_band
        Parts with households; those of them in the band.
    radius_m, compactness
        Mean household-weighted radius; mean Polsby-Popper of the drawn polygons (nan where not drawn).
    seconds
        Computing time of the division alone (for the engine, with cells and polygons).
    """

    violation: int
    as_it_is: int
    torn: int
    parts: int
    in_band: int
    radius_m: float
    compactness: float
    seconds: float
    failed: bool = False


@dataclass(frozen=True)
class Compared:
    """All divisions of one case.

    Attributes
    ----------
    ours, peers
        The engine's division, and the peers' by name.
    optimum, proved, by_solver
        The least violation found for these atoms, whether there is none below, and whether CP-SAT was asked.
    finest
        The least found with every floor of every building an atom of its own (where ours is more than 0).
    broken_small, broken_unexplained, broken_refuted, broken_open
        Buildings that would fit one micro-grid and lie in several; those of them without a finding; those in
        parents where CP-SAT leaves all such buildings whole and misses the band by no more; those where it
        neither does so nor proves that it cannot be done.
    """

    case: Case
    atom_count: int
    ours: Measured
    peers: dict[str, Measured]
    optimum: int
    proved: bool
    by_solver: bool
    finest: int
    broken_small: int
    broken_unexplained: int
    broken_refuted: int
    broken_open: int


_sources: dict[tuple[str, str], Source] = {}


def load(instance: Instance) -> int:
    """Read a city for both kinds of atoms; return its number of parents. Call before `compare_all`."""
    for atoms, rules in RULES.items():
        _sources[instance.name, atoms] = read_source(*instance.frames, rules)
    return len(instance.parents)


def compare_all(cases: Sequence[Case]) -> Iterator[tuple[Case, Compared | None, BaseException | None]]:
    """Compare cases in two processes that inherit the cities; yield each as it is done, or why it failed."""
    with ProcessPoolExecutor(
        min(2, os.cpu_count() or 1), mp_context=get_context("fork"), initializer=_be_quiet
    ) as pool:
        waiting = {pool.submit(compare, case): case for case in cases}
        for done in as_completed(waiting):
            wrong = done.exception()
            yield waiting[done], None if wrong else done.result(), wrong


def _be_quiet() -> None:
    """METIS writes remarks to the process's own output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def draw(ground: Ground, atoms: Atoms, labels: np.ndarray, rules: PlanRules) -> np.ndarray:
    """Draw the polygons of a division (m), with the engine's own maker for everyone."""
    of_piece = labels[atoms.owner_of_pieces(ground.pieces.count)]
    return draw_territories(ground.outlines, of_piece, int(labels.max()) + 1, rules.simplify_m)


def compare(case: Case) -> Compared | None:
    """Divide one parent by everyone; None where nobody lives."""
    source, rules = _sources[case.city, case.atoms], RULES[case.atoms]
    began = time.process_time()
    plan = plan_parent(source, case.index, rules, seed=0)
    seconds = time.process_time() - began
    ground = ground_of(source, case.index, rules)
    if ground is None or plan.atoms.households.sum() == 0:
        return None
    graph = build_graph(ground, plan.atoms, rules)
    ours = _measure(graph, plan.labels, rules, seconds)
    ours_drawn = _compactness(draw(ground, plan.atoms, plan.labels, rules))
    peers = {}
    for number, name in enumerate(PEERS):
        began = time.process_time()
        answer = divide(name, graph, rules, np.random.default_rng([number, ground.parent_id]))
        seconds = time.process_time() - began
        peer = _measure(graph, answer.labels, rules, seconds, failed=answer.failed)
        if not peer.torn and peer.violation == ours.violation:
            drawn = draw(ground, plan.atoms, answer.labels, rules)
            peer = replace(peer, compactness=_compactness(drawn))
        peers[name] = peer
    best = find_optimum(graph, plan.labels, rules, seconds=SOLVER_SECONDS)
    finest = ours.violation
    if ours.violation and rules.may_break_buildings:
        finest = min(finest, _least_at_depth(ground, np.full(len(ground.buildings), BY_FLOOR), rules).value)
    broken = _broken_small(plan, rules)
    told = {details["building_id"] for _, kind, _, details in plan.findings if kind == "building_broken"}
    refuted = open_ = False
    if broken:
        small = np.array([b.households <= rules.households_max for b in ground.buildings])
        unbroken = _least_at_depth(ground, np.where(small, WHOLE_BUILDINGS, BY_FLOOR), rules)
        refuted = unbroken.value <= ours.violation
        open_ = not refuted and not unbroken.proved
    return Compared(
        case, len(plan.labels), replace(ours, compactness=ours_drawn), peers, best.value, best.proved,
        best.by_solver, finest, len(broken), len(broken - told), len(broken) * refuted, len(broken) * open_,
    )  # fmt: skip


def _least_at_depth(ground: Ground, depth: np.ndarray, rules: PlanRules) -> Optimum:
    """Look for the least violation with buildings opened so far."""
    graph = build_graph(ground, build_atoms(ground.buildings, ground.pieces, rules, depth), rules)
    start = partition(graph, rules, np.random.default_rng(0)).labels
    return find_optimum(graph, start, rules, seconds=SOLVER_SECONDS)


def _measure(
    graph: AtomGraph, labels: np.ndarray, rules: PlanRules, seconds: float, *, failed: bool = False
) -> Measured:
    pieces = into_pieces(graph, labels)
    totals = np.bincount(pieces, graph.households)
    totals = totals[totals > 0]
    inside = (totals >= rules.households_min) & (totals <= rules.households_max)
    return Measured(
        violation(graph.households, pieces, rules), violation(graph.households, labels, rules),
        count_torn(graph, labels), len(totals), int(inside.sum()), float(radii(graph, pieces).mean()),
        float("nan"), seconds, failed,
    )  # fmt: skip


def _compactness(polygons: np.ndarray) -> float:
    """Return the mean Polsby-Popper of the polygons there are (floors above others have none)."""
    drawn = polygons[~(shapely.is_missing(polygons) | shapely.is_empty(polygons))]
    return float(np.mean(4 * np.pi * shapely.area(drawn) / shapely.length(drawn) ** 2))


def _broken_small(plan: ParentPlan, rules: PlanRules) -> set[int]:
    """Return the ids of buildings that would fit one micro-grid and lie in several."""
    found = set()
    for row, building in enumerate(plan.buildings):
        parts = np.unique(plan.labels[plan.atoms.building == row])
        if building.households <= rules.households_max and len(parts) > 1:
            found.add(building.id)
    return found
