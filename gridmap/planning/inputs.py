"""Reading and checking what ``plan_area`` and ``derive_areas`` are given."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import BadInput
from gridmap.planning.assemble import atom_key
from gridmap.planning.atoms import Part
from gridmap.planning.buildings import Building, Entrance, order_entrances, share_by_weight, share_households
from gridmap.planning.dividing import Lock
from gridmap.planning.frames import LocalFrame
from gridmap.planning.ground import Ground
from gridmap.planning.redraw_division import Edge
from gridmap.planning.rules import PlanRules

PARENT_COLUMNS = ("id", "code")
BUILDING_COLUMNS = (
    "id",
    "compound_id",
    "name",
    "households",
    "households_estimated",
    "storeys",
    "entrance_count",
)
LOCK_COLUMNS = ("parent_id", "code", "building_id", "entrance_number", "floor_from", "floor_to")
EDIT_COLUMNS = ("parent_id", "building_a", "entrance_a", "building_b", "entrance_b", "action")
Place = tuple[int, int]


@dataclass(frozen=True)
class Source:
    """Checked input, grouped by parent."""

    parent_id: np.ndarray
    parent_code: np.ndarray
    parent_geometry: np.ndarray
    parent_order: np.ndarray
    rows_of_parent: dict[int, np.ndarray]
    table: dict[str, np.ndarray]
    footprint: np.ndarray
    entrances: dict[int, list[tuple[int, int | None, int | None, tuple[float, float] | None]]]
    barrier_tree: shapely.STRtree
    barrier_cost: np.ndarray
    barrier_name: np.ndarray
    estimated: dict[int, bool]
    locks: dict[int, dict[str, list[tuple[int, Part]]]]
    edits: dict[int, list[tuple[Place, Place, bool]]]

    def locks_of(self, ground: Ground) -> tuple[list[Lock], list[str]]:
        """Return the locks of a parent, and the codes of those whose parts are no longer there."""
        row = {building.id: b for b, building in enumerate(ground.buildings)}
        locks, outdated = [], []
        for code, places in sorted(self.locks.get(ground.parent_id, {}).items()):
            parts: dict[int, list[Part]] = {}
            for id_, part in places:
                parts.setdefault(row.get(id_, -1), []).append(part)
            if all(b >= 0 and _has_parts(ground.buildings[b], own) for b, own in parts.items()):
                locks.append(Lock(code, parts))
            else:
                outdated.append(code)
        return locks, outdated

    def edges_of(self, ground: Ground) -> list[Edge]:
        """Return the edges people removed or added between places that are still there."""
        doors = {b.id: {0, *(e.number for e in b.entrances)} for b in ground.buildings}
        return [
            Edge(atom_key(*a, 0, None), atom_key(*b, 0, None), is_added)
            for a, b, is_added in self.edits.get(ground.parent_id, [])
            if a[1] in doors.get(a[0], ()) and b[1] in doors.get(b[0], ())
        ]

    def buildings_of(self, index: int, frame: LocalFrame) -> list[Building]:
        """Return the buildings of a parent in order of compound and id, in metres."""
        rows = self.rows_of_parent.get(int(self.parent_id[index]), np.empty(0, np.int64))
        footprints = frame.to_metres(self.footprint[rows]) if len(rows) else []
        return [self._building(int(r), f, frame) for r, f in zip(rows, footprints, strict=True)]

    def _building(self, row: int, footprint: shapely.Geometry, frame: LocalFrame) -> Building:
        t = self.table
        id_, households = int(t["id"][row]), int(t["households"][row])
        storeys = max(int(t["storeys"][row]), 1)
        told = self.entrances.get(id_)
        if told:
            floors = [max(s or storeys, 1) for _, _, s, _ in told]
            shares = share_households(households, [h for _, h, _, _ in told], floors)
            known = [
                Entrance(n, h, f, _in_frame(at, frame))
                for (n, _, _, at), h, f in zip(told, shares, floors, strict=True)
            ]
            entrances = order_entrances(footprint, known)
        else:
            count = max(int(t["entrance_count"][row]), 1)
            shares = share_by_weight(households, [1] * count)
            entrances = tuple(Entrance(i, h, storeys) for i, h in enumerate(shares, 1))
        return Building(
            id_, str(t["name"][row]), int(t["compound_id"][row]), households,
            bool(t["households_estimated"][row]), footprint, entrances,
            bool(t["entrances_estimated"][row]) and not told,
        )  # fmt: skip

    def barriers_near(
        self, geometry: shapely.Geometry, frame: LocalFrame
    ) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """Return the barrier lines (m) that touch a parent, their costs and names."""
        hit = np.sort(self.barrier_tree.query(geometry))
        lines = frame.to_metres(self.barrier_tree.geometries[hit])
        return lines, self.barrier_cost[hit], tuple(self.barrier_name[hit].tolist())


def _has_parts(building: Building, parts: list[Part]) -> bool:
    storeys = {e.number: e.storeys for e in building.entrances}
    return all(
        not part.entrance or (part.entrance in storeys and part.high <= storeys[part.entrance])
        for part in parts
    )


def _in_frame(at: tuple[float, float] | None, frame: LocalFrame) -> tuple[float, float] | None:
    if at is None:
        return None
    return (at[0] - frame.lon) * frame.x_m, (at[1] - frame.lat) * frame.y_m


def read_source(
    parents: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    entrances: pd.DataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    rules: PlanRules,
    locked: pd.DataFrame | None = None,
    edits: pd.DataFrame | None = None,
) -> Source:
    """Check the input of a plan and group it by parent; raises BadInput saying what is wrong."""
    _require_columns(parents, "parents", PARENT_COLUMNS)
    _require_columns(buildings, "buildings", (*BUILDING_COLUMNS, "parent_id"))
    for frame, name in ((parents, "parents"), (buildings, "buildings")):
        require_degrees(frame, name)
        _require_unique(frame, name)
    parent_ids = parents["id"].to_numpy(np.int64)
    strangers = set(buildings["parent_id"].unique().tolist()) - set(parent_ids.tolist())
    if strangers:
        raise BadInput("planning_unknown_parent", id=min(strangers), count=len(strangers))
    table = read_buildings(buildings)
    order = np.lexsort((table["id"], table["compound_id"]))
    parent_of = buildings["parent_id"].to_numpy(np.int64)[order]
    order = order[np.argsort(parent_of, kind="stable")]
    known, starts = np.unique(np.sort(parent_of), return_index=True)
    ends = np.append(starts, len(order))[1:]
    rows = {int(p): order[a:b] for p, a, b in zip(known, starts, ends, strict=True)}
    lines, costs, names = read_barriers(barriers, rules)
    return Source(
        parent_ids,
        parents["code"].to_numpy(object),
        repair(parents.geometry.to_numpy(), "parents"),
        np.argsort(parent_ids, kind="stable"),
        rows,
        table,
        repair(buildings.geometry.to_numpy(), "buildings"),
        read_entrances(entrances),
        shapely.STRtree(lines),
        costs,
        names,
        dict(zip(table["id"].tolist(), table["households_estimated"].tolist(), strict=True)),
        _read_locks(locked),
        _read_edits(edits),
    )


def _read_locks(locked: pd.DataFrame | None) -> dict[int, dict[str, list[tuple[int, Part]]]]:
    """Return parts of buildings by parent and code."""
    out: dict[int, dict[str, list[tuple[int, Part]]]] = {}
    if locked is None:
        return out
    _require_columns(locked, "locked", LOCK_COLUMNS)
    parent, code, building, *part = (locked[column].tolist() for column in LOCK_COLUMNS)
    for p, c, b, *numbers in zip(parent, code, building, *part, strict=True):
        own = Part(*(_whole(n) or 0 for n in numbers))
        out.setdefault(int(p), {}).setdefault(str(c), []).append((int(b), own))
    return out


def _read_edits(edits: pd.DataFrame | None) -> dict[int, list[tuple[Place, Place, bool]]]:
    """Return (place, place, whether added) by parent; a place is a building and an entrance or 0."""
    out: dict[int, list[tuple[Place, Place, bool]]] = {}
    if edits is None:
        return out
    _require_columns(edits, "edits", EDIT_COLUMNS)
    for parent, a, e, b, f, action in zip(*(edits[c].tolist() for c in EDIT_COLUMNS), strict=True):
        ends = (int(a), _whole(e) or 0), (int(b), _whole(f) or 0)
        out.setdefault(int(parent), []).append((*ends, action == "add"))
    return out


def read_buildings(buildings: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    """Return the columns of buildings as plain arrays; a missing compound becomes -1."""
    households = buildings["households"].to_numpy(np.int64)
    if (households < 0).any():
        bad = buildings["id"].to_numpy()[households < 0][0]
        raise BadInput("planning_negative_households", id=int(bad))
    compound = pd.to_numeric(buildings["compound_id"]).astype("Float64").fillna(-1).to_numpy(np.float64)
    return {
        "id": buildings["id"].to_numpy(np.int64),
        "compound_id": compound.astype(np.int64),
        "name": buildings["name"].fillna("").to_numpy(object),
        "households": households,
        "households_estimated": buildings["households_estimated"].to_numpy(bool),
        "entrances_estimated": (
            buildings["entrances_estimated"].to_numpy(bool)
            if "entrances_estimated" in buildings
            else np.zeros(len(buildings), bool)
        ),
        "storeys": buildings["storeys"].to_numpy(np.int64),
        "entrance_count": buildings["entrance_count"].to_numpy(np.int64),
    }


def read_entrances(
    entrances: pd.DataFrame | None,
) -> dict[int, list[tuple[int, int | None, int | None, tuple[float, float] | None]]]:
    """Return (number, households, storeys, (lon, lat)) per building, by number."""
    out: dict[int, list[tuple[int, int | None, int | None, tuple[float, float] | None]]] = {}
    if entrances is None or len(entrances) == 0:
        return out
    _require_columns(entrances, "entrances", ("building_id", "number"))
    missing = pd.Series([None] * len(entrances), index=entrances.index)
    columns = [entrances.get(c, missing) for c in ("households", "storeys", "geometry")]
    for building, number, households, storeys, point in zip(
        entrances["building_id"].tolist(),
        entrances["number"].tolist(),
        *(c.tolist() for c in columns),
        strict=True,
    ):
        at = None if point is None or pd.isna(point) or point.is_empty else (point.x, point.y)
        out.setdefault(int(building), []).append((int(number), _whole(households), _whole(storeys), at))
    for id_, rows in out.items():
        numbers = {r[0] for r in rows}
        if len(numbers) < len(rows):
            raise BadInput("planning_repeated_entrance", id=id_)
        rows.sort(key=lambda r: r[0])
    return out


def _whole(value: object) -> int | None:
    return None if value is None or pd.isna(value) else int(value)  # type: ignore[call-overload]


def read_barriers(
    barriers: gpd.GeoDataFrame | None, rules: PlanRules
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lines (degrees) that cost something to cross, their costs, and their ``kind:class``."""
    if barriers is None or len(barriers) == 0:
        return np.empty(0, object), np.empty(0), np.empty(0, object)
    _require_columns(barriers, "barriers", ("kind",))
    require_degrees(barriers, "barriers")
    classes = barriers["class"] if "class" in barriers else pd.Series([None] * len(barriers))
    named = [
        (str(kind), class_ if isinstance(class_, str) else "")
        for kind, class_ in zip(barriers["kind"], classes, strict=True)
    ]
    costs = np.array([rules.barrier_cost(kind, class_) for kind, class_ in named])
    names = np.array([f"{kind}:{class_}" if class_ else kind for kind, class_ in named], dtype=object)
    geometry = barriers.geometry.to_numpy()
    keep = (costs > 0) & ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
    geometry, costs, names = shapely.force_2d(geometry[keep]), costs[keep], names[keep]
    areal = shapely.get_dimensions(geometry) == 2
    geometry[areal] = shapely.boundary(geometry[areal])
    parts, owner = shapely.get_parts(geometry, return_index=True)
    lines = shapely.get_dimensions(parts) == 1
    return parts[lines], costs[owner[lines]], names[owner[lines]]


def repair(geometry: np.ndarray, name: str) -> np.ndarray:
    """Return polygons made valid; raises BadInput where there is no polygon at all."""
    geometry = shapely.force_2d(geometry)
    bad = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    if bad.any():
        raise BadInput("planning_no_geometry", table=name, row=int(np.flatnonzero(bad)[0]))
    broken = np.flatnonzero(~shapely.is_valid(geometry))
    for i in broken:
        parts = shapely.get_parts(shapely.make_valid(geometry[i]))
        geometry[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    flat = (shapely.get_dimensions(geometry) != 2) | shapely.is_empty(geometry)
    if flat.any():
        raise BadInput("planning_not_polygon", table=name, row=int(np.flatnonzero(flat)[0]))
    return geometry


def require_degrees(frame: gpd.GeoDataFrame, name: str) -> None:
    """Raise BadInput unless the frame is in EPSG:4326."""
    if frame.crs is None or frame.crs.to_epsg() != 4326:
        raise BadInput("planning_not_degrees", table=name, crs=str(frame.crs))


def _require_columns(frame: pd.DataFrame, name: str, columns: tuple[str, ...]) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise BadInput("planning_missing_columns", table=name, columns=", ".join(missing))


def _require_unique(frame: pd.DataFrame, name: str) -> None:
    twice = frame["id"][frame["id"].duplicated()]
    if len(twice):
        raise BadInput("planning_repeated_id", table=name, id=int(twice.iloc[0]))
