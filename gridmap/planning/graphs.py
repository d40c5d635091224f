"""The adjacency graph as people look at it: lines between neighbours, what they cross, what was changed."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.planning.adjacency import BRIDGE, INSIDE_BUILDING, build_graph
from gridmap.planning.assemble import atom_key
from gridmap.planning.atoms import WHOLE_BUILDINGS, Atoms, build_atoms
from gridmap.planning.ground import Ground
from gridmap.planning.inputs import Source, read_source
from gridmap.planning.packing import AtomGraph
from gridmap.planning.plan import ground_of
from gridmap.planning.redraw_division import edit_of
from gridmap.planning.rules import PlanRules

COLUMNS = ("parent_id", "atom_a", "atom_b", "border_m", "crosses", "cost", "origin", "geometry")


def describe_graph(
    parents: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    entrances: pd.DataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    rules: PlanRules,
    edits: pd.DataFrame | None = None,
) -> gpd.GeoDataFrame:
    """List the edges a plan of these parents starts from.

    Parameters
    ----------
    parents, buildings, entrances, barriers, rules, edits
        As for ``plan_area``.

    Returns
    -------
    geopandas.GeoDataFrame
        parent_id, atom_a, atom_b, border_m (shared, metres), crosses (the cheapest barrier between the two as
        ``kind:class``, None for none), cost, origin ("touch", "inside" a building, "bridge" over foreign
        land, "added", "removed"), geometry (line between the two, EPSG:4326).
    """
    source = read_source(parents, buildings, entrances, barriers, rules.in_force(), None, edits)
    rows = [row for index in source.parent_order for row in _edges_of(source, int(index), rules)]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=list(COLUMNS)), geometry="geometry", crs=4326)


def _edges_of(source: Source, index: int, rules: PlanRules) -> Iterator[tuple[object, ...]]:
    ground = ground_of(source, index, rules)
    if ground is None:
        return
    in_force = rules.in_force()
    edits = [edit_of(ground, edge) for edge in source.edges_of(ground)]
    atoms = build_atoms(ground.buildings, ground.pieces, in_force, WHOLE_BUILDINGS)
    graph = build_graph(ground, atoms, in_force, edits)
    given = build_graph(ground, atoms, in_force)
    before, after = ({tuple(sorted(pair)) for pair in g.ends.tolist()} for g in (given, graph))
    removed = np.array([tuple(sorted(pair)) not in after for pair in given.ends.tolist()], bool)
    keys = _keys(ground, atoms)
    yield from _rows(ground, keys, given, np.flatnonzero(removed), ["removed"] * int(removed.sum()))
    origin = np.where(graph.nearness <= INSIDE_BUILDING, "inside", "touch")
    origin[graph.crosses == BRIDGE] = "bridge"
    added = np.array([tuple(sorted(pair)) not in before for pair in graph.ends.tolist()], bool)
    origin[added & (graph.crosses != BRIDGE)] = "added"
    yield from _rows(ground, keys, graph, np.arange(len(graph.ends)), origin.tolist())


def _keys(ground: Ground, atoms: Atoms) -> list[str]:
    columns = (atoms.building, atoms.entrance, atoms.low, atoms.high)
    return [
        atom_key(ground.buildings[b].id, entrance, low, high or None)
        for b, entrance, low, high in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _rows(
    ground: Ground, keys: list[str], graph: AtomGraph, edges: np.ndarray, origin: list[str]
) -> Iterator[tuple[object, ...]]:
    at = np.stack([graph.x_m, graph.y_m], axis=1)
    lines = ground.frame.to_degrees(shapely.linestrings(at[graph.ends[edges]]))
    for e, line, kind in zip(edges.tolist(), lines, origin, strict=True):
        a, b = graph.ends[e].tolist()
        crossed = int(graph.crosses[e])
        yield (
            ground.parent_id,
            keys[a],
            keys[b],
            round(float(graph.border_m[e]), 2),
            ground.barrier_names[crossed] if crossed >= 0 else None,
            0.0 if crossed == BRIDGE else float(graph.barrier[e]),
            kind,
            line,
        )
