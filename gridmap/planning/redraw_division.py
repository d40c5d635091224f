"""A division people can redraw: which atom of one parent lies in which micro-grid, and the polygons of it.

Nothing here is changed in place: every step gives a new division. Atoms are named by their keys (``b12``,
``b12/e2``, ``b12/e2/1-17``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely

from gridmap.errors import BadInput
from gridmap.planning.adjacency import EdgeEdit, build_graph
from gridmap.planning.assemble import atom_key, merge_atoms
from gridmap.planning.atoms import WHOLE, Atoms, Part, atoms_of, households_of
from gridmap.planning.buildings import Building
from gridmap.planning.ground import Ground
from gridmap.planning.packing import AtomGraph
from gridmap.planning.redraw_drawing import draw_all
from gridmap.planning.results import ParentPlan
from gridmap.planning.rules import PlanRules

UNASSIGNED = -1


class Assignment(NamedTuple):
    """Where a part of a building belongs; entrance and floors None mean the whole, code None nowhere."""

    building_id: int
    entrance_number: int | None
    floor_from: int | None
    floor_to: int | None
    code: str | None


class Edge(NamedTuple):
    """An edge people added or removed, between two places (keys of a building or one of its entrances)."""

    place: str
    other: str
    is_added: bool


@dataclass(frozen=True)
class Division:
    """One parent and its micro-grids.

    Attributes
    ----------
    ground, rules
        The parent, prepared, and the city's rules.
    parts
        Per building, the parts it is broken into, in order of entrance and floor.
    atoms, graph
        These parts as atoms, and their neighbours.
    labels
        (N,) row of each atom's micro-grid in ``codes``, -1 where it has none.
    codes
        Codes in the order they were given; one without atoms is retired and never used again.
    locked
        Codes that must not change.
    edges
        Edges people added or removed.
    polygons
        (1 + codes,) MultiPolygons in metres of the ground's frame: first the land of unassigned atoms, then
        each micro-grid's; None above the ground or where there is nothing.
    locked_buildings
        Ids of buildings whose atoms stay where they are, and are neither broken nor healed.
    """

    ground: Ground
    rules: PlanRules
    parts: tuple[tuple[Part, ...], ...]
    atoms: Atoms
    graph: AtomGraph
    labels: np.ndarray
    codes: tuple[str, ...]
    locked: frozenset[str]
    edges: tuple[Edge, ...]
    polygons: np.ndarray
    locked_buildings: frozenset[int] = frozenset()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Key of every atom."""
        ids = [b.id for b in self.ground.buildings]
        columns = (self.atoms.building, self.atoms.entrance, self.atoms.low, self.atoms.high)
        return tuple(atom_key(ids[b], *part) for b, *part in zip(*(c.tolist() for c in columns), strict=True))

    @cached_property
    def row_of_key(self) -> Mapping[str, int]:
        """Row of every atom by its key."""
        return {key: row for row, key in enumerate(self.keys)}

    @cached_property
    def row_of_building(self) -> Mapping[int, int]:
        """Row of every building by its id."""
        return {building.id: row for row, building in enumerate(self.ground.buildings)}

    @cached_property
    def households(self) -> np.ndarray:
        """(1 + codes,) households that have no micro-grid, then those of every micro-grid."""
        return np.bincount(self.labels + 1, self.graph.households, minlength=len(self.codes) + 1).astype(
            np.int64
        )

    @cached_property
    def is_fixed(self) -> np.ndarray:
        """(N,) true for atoms of locked buildings."""
        rows = [self.row_of_building[id_] for id_ in self.locked_buildings]
        return np.isin(self.atoms.building, rows)

    @cached_property
    def points(self) -> np.ndarray:
        """(N, 2) where atoms stand (m): the middle of the building, or of the part an entrance takes."""
        return _points_of(self.ground, self.atoms)

    def row_of_code(self, code: str) -> int:
        """Return the row of a micro-grid; raises BadInput if there is none of this code."""
        if code not in self.codes:
            raise BadInput("redraw_unknown_code", code=code, parent=self.ground.parent_code)
        return self.codes.index(code)

    def code_of(self, label: int) -> str | None:
        """Return the code of a label, None for unassigned."""
        return None if label < 0 else self.codes[label]

    def rows_of(self, keys: Iterable[str]) -> np.ndarray:
        """Return the rows of atoms; raises BadInput where one is not in this division."""
        rows = []
        for key in keys:
            if key not in self.row_of_key:
                raise BadInput("redraw_unknown_atom", atom=key, parent=self.ground.parent_code)
            rows.append(self.row_of_key[key])
        return np.unique(np.array(rows, np.int64))

    def building_of(self, building_id: int) -> tuple[int, Building]:
        """Return a building and its row; raises BadInput if it is not in this parent."""
        row = self.row_of_building.get(building_id)
        if row is None:
            raise BadInput("redraw_unknown_atom", atom=f"b{building_id}", parent=self.ground.parent_code)
        return row, self.ground.buildings[row]

    def assignments(self) -> list[Assignment]:
        """List what belongs where, as ``build_division`` takes it."""
        columns = (self.atoms.building, self.atoms.entrance, self.atoms.low, self.atoms.high, self.labels)
        return [
            Assignment(self.ground.buildings[b].id, e or None, low or None, high or None, self.code_of(label))
            for b, e, low, high, label in zip(*(c.tolist() for c in columns), strict=True)
        ]

    def digest(self) -> str:
        """Return a hash of everything people decide: assignments, codes, locks, edges, locked buildings."""
        lines = [f"{key} {self.code_of(label)}" for key, label in zip(self.keys, self.labels, strict=True)]
        said = ["\n".join(lines), " ".join(self.codes), " ".join(sorted(self.locked)), repr(self.edges)]
        said.append(" ".join(map(str, sorted(self.locked_buildings))))
        return hashlib.sha256("\f".join(said).encode()).hexdigest()


def build_division(
    ground: Ground,
    rules: PlanRules,
    rows: Iterable[Assignment],
    *,
    codes: Sequence[str] = (),
    locked: Iterable[str] = (),
    locked_buildings: Iterable[int] = (),
    edges: Iterable[Edge] = (),
    is_drawn: bool = True,
) -> Division:
    """Put a division together from what belongs where.

    Parameters
    ----------
    ground, rules
        The parent, prepared with these rules (``rules.in_force()`` where barriers are forbidden).
    rows
        What belongs where; whatever part of a building no row names is unassigned.
    codes
        Codes in order, also retired ones; codes only the rows name follow in order.
    locked, locked_buildings, edges
        Locked codes; ids of locked buildings; edges people added or removed.
    is_drawn
        False leaves the polygons out, where only remedies are asked for.

    Raises
    ------
    BadInput
        If a row names a building, entrance or floor that is not there, or two rows name the same floor.
    """
    row_of_building = {building.id: b for b, building in enumerate(ground.buildings)}
    held: dict[int, dict[Part, str | None]] = {}
    named: set[str] = set()
    for id_, entrance, low, high, code in rows:
        if id_ not in row_of_building:
            raise BadInput("redraw_unknown_atom", atom=f"b{id_}", parent=ground.parent_code)
        b = row_of_building[id_]
        part = normal_part(ground.buildings[b], Part(entrance or 0, low or 0, high or 0))
        if part in held.setdefault(b, {}):
            raise BadInput("redraw_overlap", building=id_)
        held[b][part] = code
        if code is not None:
            named.add(code)
    all_codes = (*codes, *sorted(named - set(codes)))
    row_of_code = {code: row for row, code in enumerate(all_codes)}
    parts, labels = [], []
    for b, building in enumerate(ground.buildings):
        own = complete_parts(building, held.get(b, {}))
        parts.append(tuple(own))
        labels += [UNASSIGNED if code is None else row_of_code[code] for code in own.values()]
    atoms = build_parts(ground, parts)
    edges = tuple(edges)
    graph = build_graph(ground, atoms, rules, [edit_of(ground, edge) for edge in edges])
    division = Division(
        ground, rules, tuple(parts), atoms, graph, np.array(labels, np.int64), all_codes, frozenset(),
        edges, np.full(len(all_codes) + 1, None, dtype=object), frozenset(locked_buildings),
    )  # fmt: skip
    names = frozenset(locked)
    for code in names:
        division.row_of_code(code)
    for id_ in division.locked_buildings:
        division.building_of(id_)
    return replace(division, locked=names, polygons=draw_all(division) if is_drawn else division.polygons)


def division_of_plan(
    ground: Ground,
    plan: ParentPlan,
    rules: PlanRules,
    codes: Sequence[str],
    *,
    locked: Iterable[str] = (),
    edges: Iterable[Edge] = (),
    is_drawn: bool = True,
) -> Division:
    """Make the division of a parent that the engine divided; ``codes`` by part."""
    rows = [
        Assignment(ground.buildings[b].id, entrance or None, low or None, high, codes[part])
        for b, entrance, low, high, _, part in merge_atoms(plan)
    ]
    return build_division(ground, rules, rows, codes=codes, locked=locked, edges=edges, is_drawn=is_drawn)


def fitting(ground: Ground, rows: Iterable[Assignment]) -> list[Assignment]:
    """Return the rows of buildings that still have the entrances and floors the rows name.

    A plan may be older than its buildings; those that changed since stand unassigned.
    """
    by_building: dict[int, list[Assignment]] = {}
    for row in rows:
        by_building.setdefault(row.building_id, []).append(row)
    fit = [b.id for b in ground.buildings if b.id in by_building and _fit(b, by_building[b.id])]
    return [row for id_ in fit for row in by_building[id_]]


def _fit(building: Building, rows: list[Assignment]) -> bool:
    try:
        held = [normal_part(building, Part(e or 0, low or 0, high or 0)) for _, e, low, high, _ in rows]
        complete_parts(building, dict.fromkeys(held))
    except BadInput:
        return False
    return len(set(held)) == len(rows)


def normal_part(building: Building, part: Part) -> Part:
    """Name a part the shortest way; raises BadInput if the building has no such entrance or floor."""
    if not part.entrance:
        return WHOLE
    entrance = next((e for e in building.entrances if e.number == part.entrance), None)
    if entrance is None:
        raise BadInput(
            "redraw_no_entrance", name=building.called, building=building.id, entrance=part.entrance
        )
    if part.low and not (1 <= part.low <= part.high <= entrance.storeys):
        raise BadInput(
            "redraw_no_floor", name=building.called, building=building.id, entrance=part.entrance,
            low=part.low, high=part.high, storeys=entrance.storeys,
        )  # fmt: skip
    if part.low > 1 or (part.low and part.high < entrance.storeys):
        return part
    return WHOLE if len(building.entrances) == 1 else Part(part.entrance, 0, 0)


def complete_parts(building: Building, held: Mapping[Part, str | None]) -> dict[Part, str | None]:
    """Return the parts of a building in order, with what is left out as unassigned entrances and bands.

    Raises
    ------
    BadInput
        If two parts share a floor.
    """
    if not held or WHOLE in held:
        if len(held) > 1:
            raise BadInput("redraw_overlap", building=building.id)
        return {WHOLE: held.get(WHOLE)}
    out: dict[Part, str | None] = {}
    for entrance in building.entrances:
        own = sorted(part for part in held if part.entrance == entrance.number)
        if not own or not own[0].low:
            if len(own) > 1:
                raise BadInput("redraw_overlap", building=building.id)
            out[Part(entrance.number, 0, 0)] = held[own[0]] if own else None
            continue
        floor = 1
        for part in [*own, Part(entrance.number, entrance.storeys + 1, 0)]:
            if part.low < floor:
                raise BadInput("redraw_overlap", building=building.id)
            if part.low > floor:
                out[Part(entrance.number, floor, part.low - 1)] = None
            if part.low <= entrance.storeys:
                out[part] = held[part]
            floor = part.high + 1
    return out


def build_parts(ground: Ground, parts: Sequence[Iterable[Part]]) -> Atoms:
    """List parts of buildings as atoms."""
    rows: list[tuple[int, ...]] = []
    for b, own in enumerate(parts):
        building = ground.buildings[b]
        first, count = int(ground.pieces.first_piece[b]), int(ground.pieces.piece_count[b])
        place = {e.number: i for i, e in enumerate(building.entrances)}
        for part in own:
            where = (first + place[part.entrance], 1) if part.entrance and count > 1 else (first, count)
            rows.append((b, *where, *part, households_of(building, part), part.low <= 1))
    return atoms_of(rows)


def pieces_of_place(ground: Ground, place: str) -> tuple[int, ...]:
    """Return the ground pieces of ``b12`` or ``b12/e2``; raises BadInput if there is no such place."""
    name, _, entrance = place.partition("/e")
    ids = {f"b{building.id}": b for b, building in enumerate(ground.buildings)}
    if name not in ids:
        raise BadInput("redraw_unknown_atom", atom=place, parent=ground.parent_code)
    b = ids[name]
    first, count = int(ground.pieces.first_piece[b]), int(ground.pieces.piece_count[b])
    if not entrance or count == 1:
        return tuple(range(first, first + count))
    numbers = [str(e.number) for e in ground.buildings[b].entrances]
    if entrance not in numbers:
        raise BadInput("redraw_unknown_atom", atom=place, parent=ground.parent_code)
    return (first + numbers.index(entrance),)


def edit_of(ground: Ground, edge: Edge) -> EdgeEdit:
    """Return an edge as the graph takes it."""
    return EdgeEdit(pieces_of_place(ground, edge.place), pieces_of_place(ground, edge.other), edge.is_added)


def _points_of(ground: Ground, atoms: Atoms) -> np.ndarray:
    """Return where atoms stand; floors of one entrance share its place, which is worked out once."""
    pieces = ground.pieces
    centre = shapely.get_coordinates(shapely.point_on_surface(pieces.footprints))
    points = centre[atoms.building]
    parts = np.flatnonzero((pieces.piece_count[atoms.building] > 1) & (atoms.entrance > 0))
    doors, first, of_part = np.unique(atoms.first_piece[parts], return_index=True, return_inverse=True)
    shift = np.zeros((len(doors), 2))
    for d, b in enumerate(atoms.building[parts[first]].tolist()):
        x, y, ux, uy = pieces.axis[b]
        along = (shapely.get_coordinates(pieces.footprints[b]) - (x, y)) @ (ux, uy)
        ends = [along.min(), *pieces.cuts[b], along.max()]
        door = int(doors[d] - pieces.first_piece[b])
        now = (centre[b] - (x, y)) @ (ux, uy)
        shift[d] = ((ends[door] + ends[door + 1]) / 2 - now) * np.array([ux, uy])
    points[parts] += shift[of_part.reshape(-1)]
    return points
