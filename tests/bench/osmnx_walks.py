"""Coverage by walking distance as users of OSMnx, networkx and geopandas write it.

Tables in, shares and named gaps out. The edges are those that `gridmap.services.walking.cut_roads` has cut,
so that both walk the same ways; reading them, finding doors, walking, summing up and naming are OSMnx's,
networkx's and pandas'. The sheet is the UTM zone, where OSMnx measures, so that a door may lie centimetres
nearer to another edge than on ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx
import numpy as np
import osmnx
import pandas as pd
import shapely
from sqlalchemy import text

from gridmap.covering.graph import FARTHEST_DOOR_M, ISLAND_M
from gridmap.db import sql
from gridmap.services.walking import MARGIN_DEGREES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    Asked = dict[str, Any]

AROUND = "(SELECT ST_Expand(geom, CAST(:margin AS float8)) FROM areas WHERE code = :code)"
EDGES = text(
    "SELECT first_node AS u, second_node AS v, length_m AS length, geom FROM walking_edges"
    f" WHERE geom && {AROUND} ORDER BY id"
)
STATIONS = text(f"SELECT geom FROM stations WHERE kind = ANY(:kinds) AND geom && {AROUND} ORDER BY code")
AREAS = text(
    "SELECT id, code, unnest(lineage) AS above_id FROM areas"
    " WHERE lineage @> ARRAY[(SELECT id FROM areas WHERE code = :code)]"
)
BUILDINGS = text(
    "SELECT b.id AS building_id, b.name, b.address, a.code AS grid_code, ST_PointOnSurface(b.geom) AS geom"
    " FROM buildings b LEFT JOIN areas a ON a.id = b.grid_id WHERE b.id = ANY(:ids)"
)


@dataclass(frozen=True)
class Answer:
    """Share of households covered by the code of each area, and the buildings not covered, named."""

    shares: pd.Series
    gaps: pd.DataFrame


def find_gaps(connection: Connection, code: str, kinds: Sequence[str], near_m: float) -> Answer:
    """Answer a rule of walking distance for an area and all below it."""
    asked: Asked = {"code": code, "margin": MARGIN_DEGREES, "kinds": list(kinds)}
    graph = _read_graph(connection, asked)
    crs = graph.graph["crs"]
    stations = gpd.read_postgis(STATIONS, connection, params=asked).to_crs(crs).geometry.to_numpy()
    area_id = connection.scalar(text("SELECT id FROM areas WHERE code = :code"), asked)
    doors = _read_doors(connection, area_id)
    places = doors.geometry.to_crs(crs).to_numpy()
    doors["walk_m"] = _walk(graph, places, stations)
    doors["covered_homes"] = doors["households"].where(doors["walk_m"] <= near_m, 0)
    homes = doors.groupby("building_id").agg(
        grid_id=("grid_id", "first"),
        households=("households", "sum"),
        covered_homes=("covered_homes", "sum"),
        walk_m=("walk_m", "max"),
    )
    return Answer(_sum_by_area(connection, asked, homes), _name_gaps(connection, homes, near_m))


def _read_graph(connection: Connection, asked: Asked) -> networkx.MultiDiGraph:
    edges = gpd.read_postgis(EDGES, connection, params=asked)
    edges = edges.rename_geometry("geometry").assign(key=edges.groupby(["u", "v"]).cumcount())
    ends = [shapely.get_point(edges.geometry.to_numpy(), end) for end in (0, -1)]
    nodes = pd.DataFrame({"osmid": np.concatenate([edges["u"], edges["v"]]), "at": np.concatenate(ends)})
    nodes = nodes.drop_duplicates("osmid").set_index("osmid")
    nodes = nodes.assign(x=shapely.get_x(nodes["at"].to_numpy()), y=shapely.get_y(nodes["at"].to_numpy()))
    nodes = gpd.GeoDataFrame(nodes.drop(columns="at"), geometry=nodes["at"].to_numpy(), crs=edges.crs)
    graph = osmnx.project_graph(osmnx.graph_from_gdfs(nodes, edges.set_index(["u", "v", "key"])))
    for piece in list(networkx.weakly_connected_components(graph)):
        if graph.subgraph(piece).size(weight="length") < ISLAND_M:
            graph.remove_nodes_from(piece)
    return graph


def _read_doors(connection: Connection, area_id: int) -> gpd.GeoDataFrame:
    """Read the doors; entrances of which nothing is said share what the others of the building leave."""
    grids = connection.scalars(sql("walking_grids"), {"area_id": area_id}).all()
    asked = {"grid_ids": list(grids)}
    doors = gpd.read_postgis(sql("walking_doors"), connection, geom_col="place", params=asked)
    doors = doors.sort_values(["building_id", "entrance_number"])
    own = doors["own_households"].where(doors["own_households"] >= 0)
    homes = own.groupby(doors["building_id"])
    left = (doors["building_households"] - homes.transform("sum")).clip(lower=0)
    unsaid = own.isna()
    count, place = (unsaid.groupby(doors["building_id"]).transform(how) for how in ("sum", "cumsum"))
    share = left // count.clip(lower=1) + (place <= left % count.clip(lower=1))
    return doors.assign(households=own.fillna(share).astype(int)).reset_index(drop=True)


def _walk(graph: networkx.MultiDiGraph, doors: np.ndarray, stations: np.ndarray) -> np.ndarray:
    """Measure the walk of each door to the nearest station; the straight line where there is no way."""
    ways = graph.to_undirected()
    beside: dict[tuple, list[tuple[float, float]]] = {}
    for number, (edge, along_m, length_m, offset_m) in enumerate(_find_edges(graph, stations)):
        if offset_m <= FARTHEST_DOOR_M:
            ways.add_edge(("station", number), edge[0], length=along_m + offset_m)
            ways.add_edge(("station", number), edge[1], length=length_m - along_m + offset_m)
            beside.setdefault(edge, []).append((along_m, offset_m))
    sources = {node for node in ways if isinstance(node, tuple)}
    far = networkx.multi_source_dijkstra_path_length(ways, sources, weight="length")
    nowhere = float("inf")
    walk_m = np.full(len(doors), np.inf)
    for door, (edge, along_m, length_m, offset_m) in enumerate(_find_edges(graph, doors)):
        if offset_m > FARTHEST_DOOR_M:
            continue
        metres = [abs(along_m - there_m) + more_m for there_m, more_m in beside.get(edge, ())]
        metres += [far.get(edge[0], nowhere) + along_m, far.get(edge[1], nowhere) + length_m - along_m]
        walk_m[door] = min(metres) + offset_m
    missing = np.flatnonzero(np.isinf(walk_m))
    (_, _), straight_m = shapely.STRtree(stations).query_nearest(
        doors[missing], return_distance=True, all_matches=False
    )
    walk_m[missing] = straight_m
    return walk_m


def _find_edges(graph: networkx.MultiDiGraph, places: np.ndarray) -> list[tuple]:
    """Find the nearest edge of each place: the edge, the metres along it, its length, the metres to it."""
    found, offset_m = osmnx.nearest_edges(
        graph, shapely.get_x(places), shapely.get_y(places), return_dist=True
    )
    edges = [tuple(edge) for edge in found]
    kept = [graph.edges[edge] for edge in edges]
    share = shapely.line_locate_point([edge["geometry"] for edge in kept], places, normalized=True)
    lengths = [edge["length"] for edge in kept]
    return [
        (edge, part * length_m, length_m, metres)
        for edge, part, length_m, metres in zip(edges, share.tolist(), lengths, offset_m, strict=True)
    ]


def _sum_by_area(connection: Connection, asked: Asked, homes: pd.DataFrame) -> pd.Series:
    areas = pd.read_sql(AREAS, connection, params=asked)
    code_of = areas.drop_duplicates("id").set_index("id")["code"]
    summed = homes.merge(areas, left_on="grid_id", right_on="id").groupby("above_id")
    counts = summed[["households", "covered_homes"]].sum()
    counts = counts[counts.index.isin(code_of.index)].rename(index=code_of.to_dict())
    return counts["covered_homes"] / counts["households"]


def _name_gaps(connection: Connection, homes: pd.DataFrame, near_m: float) -> pd.DataFrame:
    gaps = homes[homes["walk_m"] > near_m]
    named = gpd.read_postgis(BUILDINGS, connection, params={"ids": gaps.index.tolist()})
    return named.merge(gaps, on="building_id").sort_values("households", ascending=False)
