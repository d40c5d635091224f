"""Areas, compounds, buildings and entrances of a demo district as layers of the import contract."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.formats.demo_city import names
from gridmap.formats.demo_city.districts import Hierarchy, Integers
from gridmap.formats.demo_city.dwellings import Stock, build_doors, build_footprints
from gridmap.formats.demo_city.ground import Numbers, to_degrees
from gridmap.formats.demo_city.layout import Geometries, Layout
from gridmap.formats.demo_city.names import pick_pairs
from gridmap.formats.demo_city.parcels import LandUse
from gridmap.formats.demo_city.sizes import Size

_SERVED_SHARES = {
    "commercial": 0.96, "resettlement": 0.8, "mixed": 0.85, "old": 0.35, "family_yard": 0.4, "village": 0.05,
}  # fmt: skip
_COMMITTEES = ("yes", "yes", "no", None, "yes", "no", "yes")  # in turn; of one in seven nothing is known
_COMPANIES = (
    "海澜物业",
    "安和物业",
    "邻里物业",
    "万家物业服务",
    "新程物业",
    "碧水物业",
    "城建物业",
    "同德物业",
)
_LABELS = {
    "school": "教学楼",
    "hospital": "病房楼",
    "works": "车间",
    "market": "商铺",
    "office": "办公楼",
    "park": "管理房",
}
Texts = list[str]


@dataclass
class Places:
    """The layers of places, and what the layers of people and issues need to know of them.

    Attributes
    ----------
    cell, compound
        Per building: number of its cell and of its compound (-1 = none).
    xy, entrance_xy
        Metres of buildings' centres and of doors.
    """

    areas: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    stock: Stock
    cell: Integers
    compound: Integers
    xy: Numbers
    entrance_xy: Numbers
    cell_codes: Texts
    size: Size

    def degrees(self, xy: Numbers) -> Geometries:
        """Bring places in metres (n, 2) to points in longitude and latitude."""
        return to_degrees(np.asarray(shapely.points(np.asarray(xy, dtype=float).reshape(-1, 2))), self.size)


def build_places(
    layout: Layout,
    hierarchy: Hierarchy,
    land_use: LandUse,
    stock: Stock,
    size: Size,
    district: tuple[str, str, str],
    line_names: Texts,
    rng: np.random.Generator,
) -> Places:
    """Build the four layers of places; ``district`` is code, Chinese name and pinyin."""
    code = district[0]
    parcel_compound = np.array([parcel.compound for parcel in land_use.parcels])
    compound = np.where(stock.boxes.parcel >= 0, parcel_compound[stock.boxes.parcel], -1)
    order = np.lexsort([np.arange(len(compound)), np.where(compound >= 0, compound, 10**6)])
    stock = Stock(stock.boxes.take(order), *(getattr(stock, field)[order] for field in (
        "style", "storeys", "flats", "first_floor", "households")))  # fmt: skip
    compound = compound[order]
    ids = [f"{code}-B{number:05d}" for number in range(1, len(order) + 1)]
    addresses, building_names = _addresses(layout, land_use, stock, compound, line_names)
    buildings = _buildings(stock, compound, ids, addresses, building_names, code, size, rng)
    building, number, door_xy = build_doors(stock)
    entrances = gpd.GeoDataFrame(
        {
            "building_id": np.array(ids, dtype=object)[building],
            "number": number,
            "name": [f"{n}单元" for n in number],
            "storeys": stock.storeys[building],
            "households": (stock.households // stock.boxes.entrances)[building],
        },
        geometry=to_degrees(np.asarray(shapely.points(door_xy)), size),
        crs="EPSG:4326",
    )
    households = np.bincount(stock.boxes.cell, stock.households, len(layout.cells)).astype(float)
    return Places(
        areas=_areas(layout, hierarchy, land_use, households, size, district, rng),
        compounds=_compounds(land_use, code, size, rng),
        buildings=buildings,
        entrances=entrances,
        stock=stock,
        cell=stock.boxes.cell,
        compound=compound,
        xy=np.column_stack([stock.boxes.x, stock.boxes.y]),
        entrance_xy=door_xy,
        cell_codes=hierarchy.codes,
        size=size,
    )


def _areas(
    layout: Layout,
    hierarchy: Hierarchy,
    land_use: LandUse,
    households: Numbers,
    size: Size,
    district: tuple[str, str, str],
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Build district, streets, communities and grids, parents first; each is the union of its cells."""
    geoms = np.array([cell.geom for cell in layout.cells], dtype=object)
    codes = np.array(hierarchy.codes)
    exclusive = np.array([bool(use) for use in land_use.uses]) | (households == 0)
    rows: list[tuple[str, str, str, str, str, str | None]] = [
        (district[0], "district", district[1], f"{district[2]} District", "basic", None)
    ]
    shapes = [shapely.coverage_union_all(geoms)]
    street_codes, community_codes = (
        sorted({code[:length] for code in hierarchy.codes}) for length in (9, 12)
    )
    street_order = rng.permutation(len(names.STREETS))
    pairs = pick_pairs(rng, names.COMMUNITY_FIRST, names.COMMUNITY_SECOND, len(community_codes))
    for index, code in enumerate(street_codes):
        zh, en = names.STREETS[street_order[index % len(street_order)]]
        rows.append((code, "street", f"{zh}街道", f"{en} Subdistrict", "basic", code[:6]))
        shapes.append(shapely.coverage_union_all(geoms[np.char.startswith(codes, code)]))
    community_names = {}
    for code, (zh, en) in zip(community_codes, pairs, strict=True):
        community_names[code] = (zh, en)
        rows.append((code, "community", f"{zh}社区", f"{en} Community", "basic", code[:9]))
        shapes.append(shapely.coverage_union_all(geoms[np.char.startswith(codes, code)]))
    for cell in np.argsort(codes):
        code = str(codes[cell])
        zh, en = community_names[code[:12]]
        place = land_use.place_names[cell]
        name = f"{zh}社区第{int(code[12:])}网格" + (f"({place})" if place else "")
        kind = "exclusive" if exclusive[cell] else "basic"
        rows.append((code, "grid", name, f"{en} Grid {int(code[12:])}", kind, code[:12]))
        shapes.append(geoms[cell])
    frame = pd.DataFrame(rows, columns=["code", "level", "name", "name_en", "kind", "parent_code"])
    return gpd.GeoDataFrame(frame, geometry=to_degrees(np.array(shapes, dtype=object), size), crs="EPSG:4326")


def _compounds(land_use: LandUse, code: str, size: Size, rng: np.random.Generator) -> gpd.GeoDataFrame:
    shapes = []
    for compound in land_use.compounds:
        geom = shapely.union_all([land_use.parcels[parcel].geom for parcel in compound.parcels])
        if len(compound.parcels) > 1:
            geom = shapely.buffer(geom, 9.5, join_style="mitre", mitre_limit=2)
            geom = shapely.buffer(geom, -9.5, join_style="mitre", mitre_limit=2)
            geom = shapely.simplify(shapely.buffer(geom, -0.05), 0.1)
        shapes.append(geom)
    company: list[str | None] = [str(name) for name in rng.choice(_COMPANIES, len(shapes))]
    served = rng.random(len(shapes)) < [_SERVED_SHARES[compound.kind] for compound in land_use.compounds]
    frame = pd.DataFrame({
        "code": [compound_code(code, number) for number in range(len(shapes))],
        "name": [compound.name for compound in land_use.compounds],
        "kind": [compound.kind for compound in land_use.compounds],
        "property_company": [name if has else None for name, has in zip(company, served, strict=True)],
        "has_committee": [_COMMITTEES[number % len(_COMMITTEES)] for number in range(len(shapes))],
        "has_branch": ["yes" if number % 50 else None for number in range(len(shapes))],
    })  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry=to_degrees(np.array(shapes, dtype=object), size), crs="EPSG:4326")


def compound_code(district_code: str, number: int) -> str:
    """Write the code of a compound from its position."""
    return f"{district_code}-C{number + 1:04d}"


def _addresses(
    layout: Layout, land_use: LandUse, stock: Stock, compound: Integers, line_names: Texts
) -> tuple[Texts, Texts]:
    """Number compounds, places and shops along the nearest named road; give addresses and names."""
    parcel = stock.boxes.parcel
    owner = np.where(
        compound >= 0, compound, np.where(parcel >= 0, 10**5 + parcel, 10**6 + np.arange(len(parcel)))
    )
    _, first, group = np.unique(owner, return_index=True, return_inverse=True)
    points = shapely.points(stock.boxes.x[first], stock.boxes.y[first])
    named = np.flatnonzero([bool(line_names[line]) for line in layout.edge_lines])
    edge = named[shapely.STRtree(layout.edges[named]).nearest(points)]
    road = np.array([line_names[line] for line in layout.edge_lines[edge]])
    along = shapely.get_x(points) + 0.7 * shapely.get_y(points)
    order = np.lexsort([along, road])
    starts = np.searchsorted(road[order], road[order])
    house = np.empty(len(order), dtype=np.int64)
    house[order] = np.arange(len(order)) - starts + 1
    doors = [f"{name}{number}号" for name, number in zip(road, house, strict=True)]
    in_group = _rank_in_group(group)
    village = stock.is_style("village")
    addresses, building_names = [], []
    for row, (mine, rank, parcel_number) in enumerate(zip(group, in_group, parcel, strict=True)):
        if compound[row] >= 0:
            place, label = land_use.compounds[compound[row]].name, f"{rank}{'号' if village[row] else '号楼'}"
        elif parcel_number >= 0:
            parcel_used = land_use.parcels[parcel_number]
            place = land_use.place_names[parcel_used.cell]
            label = f"{_LABELS.get(parcel_used.style, '')}{rank}"
        else:
            place, label = "", "沿街商铺"
        addresses.append(" ".join(part for part in (doors[mine], place, label) if part))
        building_names.append(label if compound[row] >= 0 or not place else f"{place}{label}")
    return addresses, building_names


def _rank_in_group(group: npt.NDArray[np.int64]) -> Integers:
    order = np.argsort(group, kind="stable")
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(group[order], group[order]) + 1
    return rank


def _buildings(
    stock: Stock,
    compound: Integers,
    ids: Texts,
    addresses: Texts,
    building_names: Texts,
    code: str,
    size: Size,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    lived_in = stock.households > 0
    use = np.where(lived_in, np.where(stock.first_floor == 2, "mixed", "residential"), "other")
    estimated = lived_in & (rng.random(len(ids)) < 0.03)
    frame = pd.DataFrame({
        "id": ids, "name": building_names, "address": addresses,
        "compound_code": [compound_code(code, n) if n >= 0 else None for n in compound],
        "use": use, "storeys": stock.storeys, "households": stock.households,
        "households_source": np.where(estimated, "ESTIMATE: floor area", "register: demo"),
        "entrance_count": stock.boxes.entrances,
    })  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry=to_degrees(build_footprints(stock), size), crs="EPSG:4326")
