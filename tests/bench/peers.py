"""Published partitioners on the engine's own graph of atoms, each set to do its best at this task.

Every peer is a function (connected graph, rules, rng) -> `Division`. None of them knows a two-sided band, so
each is run with every number of parts, seed and weighting that may help, and the best of its answers counts:
least violation, then the number of parts nearest to the wished size, then the smallest radius. That is more
than their users get from one call.
"""

from __future__ import annotations

import random
import signal
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import geopandas
import libpysal
import networkx
import numpy as np
import pymetis
from gerrychain import Graph
from gerrychain.partition.initial_partition_generators import recursive_tree_part
from gerrychain.tree.bipartition_tree import PopulationBalanceError, bipartition_tree
from k_means_constrained import KMeansConstrained
from spopt.region import MaxPHeuristic

from tests.bench.divisions import components, rank, without_gaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gridmap.planning.packing import AtomGraph
    from gridmap.planning.rules import PlanRules

TREE_TRIES, TREE_ATTEMPTS = 4, 50
MAX_P_TRIES = ((12, 3.0), (1, 1.0), (1, 1.0))  # constructions, seconds of computing
K_MEANS_STARTS = 2


@dataclass(frozen=True)
class Division:
    """A peer's answer: part of each atom, and whether the peer gave up and the fallback stands in."""

    labels: np.ndarray
    failed: bool = False


class _TimeIsUp(Exception):
    pass


def peer_versions() -> dict[str, str]:
    """Name the peers' packages and the versions they have here."""
    return {
        name: version(name) for name in ("pymetis", "gerrychain", "spopt", "k-means-constrained", "ortools")
    }


def part_counts(graph: AtomGraph, rules: PlanRules) -> list[int]:
    """List every number of parts that could fit the band, or the two around where none can."""
    households = int(graph.households.sum())
    low, high = -(-households // rules.households_max), households // rules.households_min
    least, most = max(1, min(low, high)), max(low, high, 1)
    return sorted({min(parts, len(graph.households)) for parts in range(least, most + 1)})


def _best(graph: AtomGraph, found: Iterable[np.ndarray], rules: PlanRules) -> np.ndarray | None:
    """Choose the best of some labellings; None if there is none."""
    best, least = None, (np.inf, np.inf, np.inf)
    for labels in found:
        value = rank(graph, labels, rules)
        if value < least:
            best, least = labels, value
    return best


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise `_TimeIsUp` inside after so much computing (main thread only)."""

    def stop(_signal: int, _frame: object) -> None:
        raise _TimeIsUp

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _link_weights(graph: AtomGraph) -> np.ndarray:
    """Return how much METIS shall mind cutting each edge: shared metres, more inside a building."""
    inside = np.select([graph.nearness == 0, graph.nearness == 1], [20.0, 10.0], 1.0)
    across = np.where(graph.barrier > 0, 0.5, 1.0)
    return np.maximum(1, np.round((1.0 + graph.border_m) * inside * across)).astype(np.int64)


def adjacency(graph: AtomGraph, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return METIS's compressed rows: starts, neighbours, edge weights."""
    ends = np.concatenate([graph.ends, graph.ends[:, ::-1]])
    order = np.argsort(ends[:, 0], kind="stable")
    starts = np.zeros(len(graph.households) + 1, np.int64)
    starts[1:] = np.cumsum(np.bincount(ends[:, 0], minlength=len(graph.households)))
    return starts, ends[order, 1], np.concatenate([weights, weights])[order]


def metis_once(
    graph: AtomGraph, parts: int, seed: int, imbalance: float, *, recursive: bool, weigh: bool
) -> np.ndarray:
    """Run METIS once; `imbalance` is how much heavier than the mean a part may be (0.1 for a tenth)."""
    if parts == 1:
        return np.zeros(len(graph.households), np.int64)
    weights = _link_weights(graph) if weigh else np.ones(len(graph.ends), np.int64)
    starts, neighbours, weights = adjacency(graph, weights)
    options = pymetis.Options(seed=seed, ufactor=max(1, int(1000 * imbalance)), ncuts=4, niter=20)
    if not recursive:
        options.contig = 1
    _, labels = pymetis.part_graph(
        parts,
        pymetis.CSRAdjacency(starts, neighbours),
        vweights=graph.households,
        eweights=weights,
        recursive=recursive,
        options=options,
    )
    return np.asarray(labels, np.int64)


def metis(graph: AtomGraph, rules: PlanRules, rng: np.random.Generator) -> Division:
    """METIS, multilevel recursive bisection and k-way.

    Every number of parts that can fit the band; recursive, and k-way with contiguity asked for; edges weighed
    by shared border (inside buildings more) and all alike; imbalance as tight as it can, half of and all that
    the band leaves. 12 answers for each number of parts, of which the best counts.
    """
    total = max(1, int(graph.households.sum()))

    def slack(parts: int) -> float:
        return max(0.0, rules.households_max * parts / total - 1)

    found = (
        metis_once(
            graph, parts, int(rng.integers(1 << 30)), share * slack(parts),
            recursive=recursive, weigh=weigh,
        )
        for parts in part_counts(graph, rules)
        for recursive in (True, False)
        for weigh in (True, False)
        for share in (0.0, 0.5, 1.0)
    )  # fmt: skip
    labels = _best(graph, found, rules)
    assert labels is not None
    return Division(labels)


def gerrychain_trees(graph: AtomGraph, rules: PlanRules, rng: np.random.Generator) -> Division:
    """GerryChain's ``recursive_tree_part``, random spanning trees cut one part at a time.

    Every number of parts that can fit the band, four starts each with 50 trees for each part; the tolerance
    is what the band leaves around the mean part, and in every other start the whole band around its middle.
    It raises where it finds no cut: when all starts fail the instance counts as failed, and what it finds
    with a tolerance doubled until it finds anything stands in for it.
    """
    counts = part_counts(graph, rules)
    within = _best(graph, _tree_parts(graph, counts, rules, rng, widen=1), rules)
    if within is not None:
        return Division(within)
    for doubled in range(1, 9):
        within = _best(graph, _tree_parts(graph, counts, rules, rng, widen=2**doubled), rules)
        if within is not None:
            return Division(within, failed=True)
    return Division(np.zeros(len(graph.households), np.int64), failed=True)


def _tree_parts(
    graph: AtomGraph, counts: list[int], rules: PlanRules, rng: np.random.Generator, *, widen: int
) -> Iterator[np.ndarray]:
    plain = networkx.Graph()
    plain.add_nodes_from((i, {"households": int(h)}) for i, h in enumerate(graph.households))
    plain.add_edges_from(graph.ends.tolist())
    frozen = Graph.from_networkx(plain)
    cut = partial(bipartition_tree, max_attempts=TREE_ATTEMPTS, warn_attempts=10 * TREE_ATTEMPTS)
    low, high = rules.households_min, rules.households_max
    for parts in counts:
        if parts == 1:
            yield np.zeros(len(graph.households), np.int64)
            continue
        mean, middle = float(graph.households.sum() / parts), (low + high) / 2
        around_mean = max(0.02, min(high / mean - 1, 1 - low / mean))
        for start in range(TREE_TRIES):
            target, reach = (middle, high / middle - 1) if start % 2 else (mean, around_mean)
            chance = random.Random(int(rng.integers(1 << 62)))
            try:
                found = recursive_tree_part(
                    frozen, range(parts), target, "households", reach * widen,
                    bipartition_tree_fn=cut, rng=chance,
                )  # fmt: skip
            except (RuntimeError, PopulationBalanceError, KeyError, ZeroDivisionError):
                continue
            yield without_gaps(np.array([found[i] for i in range(len(graph.households))]))


def spopt_max_p(graph: AtomGraph, rules: PlanRules, rng: np.random.Generator) -> Division:
    """Run spopt's ``MaxPHeuristic``: as many regions as possible of at least 50 households.

    Compact by its attributes x and y; 12 constructions, each good one annealed. It knows no upper limit. It
    does not end on some graphs: after 3 s of computing it is stopped and asked for a single construction,
    twice for 1 s; then it has failed, and all in one part stands in.
    """
    if graph.households.sum() < 2 * rules.households_min:
        return Division(np.zeros(len(graph.households), np.int64))
    atoms = geopandas.GeoDataFrame(
        {"households": graph.households, "x": graph.x_m, "y": graph.y_m},
        geometry=geopandas.points_from_xy(graph.x_m, graph.y_m),
    )
    neighbours: dict[int, list[int]] = {i: [] for i in range(len(atoms))}
    for a, b in graph.ends.tolist():
        neighbours[a].append(b)
        neighbours[b].append(a)
    weights = libpysal.weights.W(neighbours, silence_warnings=True)
    for rounds, seconds in MAX_P_TRIES:
        np.random.seed(int(rng.integers(1 << 31)))  # noqa: NPY002 - spopt draws from the global generator
        model = MaxPHeuristic(
            atoms, weights, ["x", "y"], "households", rules.households_min,
            top_n=2, max_iterations_construction=rounds, max_iterations_sa=1,
        )  # fmt: skip
        try:
            with _at_most(seconds):
                model.solve()
        except _TimeIsUp:
            continue
        return Division(without_gaps(np.asarray(model.labels_)))
    return Division(np.zeros(len(graph.households), np.int64), failed=True)


def constrained_k_means(graph: AtomGraph, rules: PlanRules, rng: np.random.Generator) -> Division:
    """k-means with a least and greatest cluster size, on points.

    It weighs nothing, so every household is a point at its atom's place, and an atom goes to the cluster most
    of its households are in. Every number of clusters that can fit the band, two starts each. It knows no
    graph: its parts may be torn, which is counted.
    """
    place = np.stack([graph.x_m, graph.y_m], axis=1)
    place = place - place.mean(axis=0)
    points = np.repeat(place, graph.households, axis=0)
    atom = np.repeat(np.arange(len(place)), graph.households)
    low, high = rules.households_min, rules.households_max

    def clusters() -> Iterator[np.ndarray]:
        for parts in part_counts(graph, rules):
            model = KMeansConstrained(
                parts, size_min=min(low, len(points) // parts), size_max=max(high, -(-len(points) // parts)),
                n_init=K_MEANS_STARTS, max_iter=30, random_state=int(rng.integers(1 << 31)),
            )  # fmt: skip
            cluster = model.fit_predict(points)
            votes = np.zeros((len(place), parts))
            np.add.at(votes, (atom, cluster), 1.0)
            empty = graph.households == 0
            apart = np.linalg.norm(place[empty, None] - model.cluster_centers_[None], axis=2)
            votes[empty] = -apart
            yield votes.argmax(axis=1)

    if not len(points):
        return Division(np.zeros(len(place), np.int64))
    labels = _best(graph, clusters(), rules)
    assert labels is not None
    return Division(labels)


PEERS: dict[str, Callable[[AtomGraph, PlanRules, np.random.Generator], Division]] = {
    "METIS": metis,
    "GerryChain": gerrychain_trees,
    "spopt max-p": spopt_max_p,
    "constrained k-means": constrained_k_means,
}


def divide(name: str, graph: AtomGraph, rules: PlanRules, rng: np.random.Generator) -> Division:
    """Let a peer divide every connected component of a graph."""
    component = components(graph.ends, len(graph.households))
    labels, failed, parts = np.empty(len(component), np.int64), False, 0
    for c in range(int(component.max()) + 1):
        atoms = np.flatnonzero(component == c)
        own = Division(np.zeros(1, np.int64))
        if len(atoms) > 1:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                own = PEERS[name](graph.take(atoms), rules, rng)
        labels[atoms] = without_gaps(own.labels) + parts
        parts = int(labels[atoms].max()) + 1
        failed |= own.failed
    return Division(labels, failed)
