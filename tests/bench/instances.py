"""Cities to divide: the shared real ones where they are present, and districts of the demo city.

Parents of a real city are derived with the engine's own band of 300-500 households.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.formats.demo_city import build_demo_city
from gridmap.formats.estimates import complete_entrances
from gridmap.planning import derive_areas

SHARED = Path(os.environ.get("GRIDMAP_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL_CITIES = {
    "paris11_north": ("buildings.gpkg", "roads_partial.gpkg"),
    "sg_punggol": ("buildings_modelled_footprint.gpkg", "roads_drive.gpkg"),
    "suzhou_gusu": ("buildings.gpkg", None),
    "monaco": ("buildings.gpkg", "roads.gpkg"),
    "nyc_east_village_les": ("buildings.gpkg", "roads.gpkg"),
    "baltimore_se": ("buildings.gpkg", "roads.gpkg"),
    "nyc_scale": ("buildings.gpkg", "roads.gpkg"),
}
"""Folder of each real city -> its files of buildings and roads."""
IN_BAND_CITIES = ("paris11_north", "sg_punggol", "suzhou_gusu", "monaco", "nyc_east_village_les")


@dataclass(frozen=True)
class Instance:
    """A city as ``plan_area`` takes it."""

    name: str
    parents: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    entrances: pd.DataFrame | None
    barriers: gpd.GeoDataFrame | None

    @property
    def frames(
        self,
    ) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame | None, gpd.GeoDataFrame | None]:
        """The arguments of ``plan_area`` before the rules."""
        return self.parents, self.buildings, self.entrances, self.barriers


def list_real_cities() -> list[str]:
    """Name the real cities that are present, without the one made for size alone."""
    return [name for name in REAL_CITIES if name != "nyc_scale" and (SHARED / name).is_dir()]


def read_buildings(name: str) -> gpd.GeoDataFrame:
    """Read the buildings of a real city as ``plan_area`` takes them, still without a parent."""
    found = gpd.read_file(SHARED / name / REAL_CITIES[name][0])
    shapes = shapely.make_valid(found.geometry.to_numpy())
    buildings = gpd.GeoDataFrame(
        {
            "id": np.arange(1, len(found) + 1),
            "compound_id": pd.array([None] * len(found), dtype="Int64"),
            "name": found["name"].fillna(""),
            "households": found["households"].astype(int),
            "households_estimated": found["households_source"].str.startswith("ESTIMATE"),
            "storeys": found["levels"].clip(lower=1).astype(int),
            "entrance_count": found.get("entrances", 0),
        },
        geometry=shapes,
        crs=4326,
    )
    return complete_entrances(buildings)


def read_roads(name: str) -> gpd.GeoDataFrame | None:
    """Read the roads of a real city as barriers; tunnels left out."""
    file = REAL_CITIES[name][1]
    if file is None:
        return None
    found = gpd.read_file(SHARED / name / file)
    if "tunnel" in found:
        found = found[~found["tunnel"].fillna("no").astype(str).isin(["yes", "T", "True"])]
    return gpd.GeoDataFrame(
        {"kind": "road", "class": found["highway"].fillna("")}, geometry=found.geometry.to_numpy(), crs=4326
    )


def real_city(name: str, seed: int = 0) -> Instance:
    """Build a real city with parents of about 400 households."""
    buildings, roads = read_buildings(name), read_roads(name)
    grids = derive_areas(buildings, roads, seed=seed)
    parents = gpd.GeoDataFrame(
        {"id": grids["number"], "code": [f"990001001001{n:03d}" for n in grids["number"]]},
        geometry=grids.geometry.to_numpy(),
        crs=4326,
    )
    return Instance(name, parents, with_parents(buildings, parents), None, roads)


def with_parents(buildings: gpd.GeoDataFrame, parents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give every building the parent its inner point lies in; buildings in none are dropped."""
    points = shapely.point_on_surface(buildings.geometry.to_numpy())
    row, parent = shapely.STRtree(parents.geometry.to_numpy()).query(points, predicate="intersects")
    first = np.unique(row, return_index=True)[1]
    kept = buildings.iloc[row[first]].reset_index(drop=True)
    return kept.assign(parent_id=parents["id"].to_numpy(np.int64)[parent[first]])


def demo_districts(size: str = "district", count: int = 1, seed: int = 1) -> list[Instance]:
    """Build districts of the demo city."""
    made = []
    for district in build_demo_city(size, seed, date(2026, 11, 1)):
        made.append(_as_instance(district.code, district.layers))
        if len(made) == count:
            break
    return made


def _as_instance(name: str, layers: dict[str, pd.DataFrame]) -> Instance:
    areas, compounds, found = layers["areas"], layers["compounds"], layers["buildings"]
    grids = areas[areas["level"] == "grid"].reset_index(drop=True)
    parents = gpd.GeoDataFrame(
        {"id": np.arange(1, len(grids) + 1), "code": grids["code"]},
        geometry=grids["geometry"].to_numpy(),
        crs=4326,
    )
    compound = {code: number for number, code in enumerate(compounds["code"], 1)}
    building = {id_: number for number, id_ in enumerate(found["id"], 1)}
    buildings = gpd.GeoDataFrame(
        {
            "id": np.arange(1, len(found) + 1),
            "compound_id": pd.array([compound.get(c) for c in found["compound_code"]], dtype="Int64"),
            "name": found["name"].fillna("").to_numpy(),
            "households": found["households"].fillna(0).astype(int).to_numpy(),
            "households_estimated": found["households_source"]
            .fillna("")
            .str.startswith("ESTIMATE")
            .to_numpy(),
            "storeys": found["storeys"].fillna(3).astype(int).to_numpy(),
            "entrance_count": found["entrance_count"].to_numpy(),
        },
        geometry=found["geometry"].to_numpy(),
        crs=4326,
    )
    doors = layers["entrances"]
    entrances = pd.DataFrame(
        {
            "building_id": [building[b] for b in doors["building_id"]],
            "number": doors["number"].astype(int),
            "households": pd.array(doors["households"], dtype="Int64"),
            "storeys": pd.array(doors["storeys"], dtype="Int64"),
            "geometry": doors["geometry"],
        }
    )
    lines, roads = layers["barriers"], layers["roads"]
    barriers = gpd.GeoDataFrame(
        {
            "kind": [*lines["kind"], *(["road"] * len(roads))],
            "class": [*lines["class"].fillna(""), *roads["class"].fillna("")],
        },
        geometry=[*lines["geometry"], *roads["geometry"]],
        crs=4326,
    )
    return Instance(name, parents, with_parents(complete_entrances(buildings), parents), entrances, barriers)
