"""Drawn micro-grids: polygons of a file, each named by a code, and the buildings that lie in them.

A plan is what belongs where; a polygon only says which buildings to take. A building goes to the polygon that
holds its point on surface. Floors cannot be told from above, so whole buildings are taken. Whatever is not
plain is listed: nobody should have to look for it on the map.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.errors import BadInput, FieldError
from gridmap.formats.archives import refuse
from gridmap.formats.assignment_checks import find_grid
from gridmap.formats.checking import Sieve, place_of, plain_text, refuse_duplicates, shorten
from gridmap.formats.contract import geometry_of
from gridmap.formats.coordinates import find_system
from gridmap.formats.geometries import build_geometries
from gridmap.formats.vector import read_features

CODE_COLUMNS = ("micro_grid", "micro_grid_code", "code", "微网格", "微网格编码", "微网格编号", "编码", "编号")
MOST_POLYGONS = 1_000_000
MOSTLY = 0.9  # share of a footprint inside its polygon below which it is doubtful
WHOLLY = 0.99  # share of a polygon inside its grid


@dataclass(frozen=True)
class PolygonTable:
    """The polygons of a file.

    Attributes
    ----------
    polygons
        code, number (of the feature); geometry in EPSG:4326, None where the file has none (upper floors).
    """

    file: str
    polygons: gpd.GeoDataFrame


@dataclass(frozen=True)
class Taken:
    """What the polygons take.

    Attributes
    ----------
    codes
        Code of each building, None where it belongs to no polygon.
    doubtful
        What somebody should look at.
    empty_codes
        Codes that got no building: drawn around nothing, or upper floors.
    """

    codes: list[str | None]
    doubtful: tuple[FieldError, ...]
    empty_codes: tuple[str, ...]


def read_polygons(
    path: Path, *, crs: str | None = None, layer: str | None = None, code_column: str | None = None
) -> PolygonTable:
    """Read polygons with codes from a GeoPackage, GeoJSON, Shapefile (also zipped) or KML.

    Parameters
    ----------
    crs
        Coordinate system, see `coordinates.find_system`; the file's own when not given.
    layer
        Where the file has several.
    code_column
        Column that names the micro-grid; found by its name when not given.

    Raises
    ------
    BadInput
        With every polygon that cannot be used.
    """
    contents = list(read_features(path, layer, MOST_POLYGONS))
    content = contents[0]
    if len(contents) > 1 or content.shapes is None:
        refuse(path.name, "missing_geometry_column")
    column = _find_code(content.file, content.frame, code_column)
    sieve = Sieve(content.file, content.frame.index.to_numpy(np.int64), feature=True)
    codes = plain_text(content.frame[column])
    sieve.refuse((codes == "").to_numpy(), str(column), "required")
    place = geometry_of("areas")
    assert place is not None
    if crs is None and content.crs is None:
        refuse(content.file, "no_crs", hint="--crs EPSG:4527 | GCJ-02 | BD-09")
    system = find_system(crs or content.crs or "")
    shapes, _ = build_geometries(
        replace(place, required=False), content.shapes, system, sieve, content.unclosed_rows()
    )
    frame = pd.DataFrame({"code": codes.to_numpy(object), "number": content.frame.index})
    refuse_duplicates(frame, ("code",), sieve, {})
    if sieve.errors:
        _refuse_all(sieve.errors)
    if not len(frame):
        refuse(content.file, "empty_file")
    return PolygonTable(content.file, gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326"))


def take_buildings(table: PolygonTable, buildings: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> Taken:
    """Give each building to the polygon that holds its point on surface.

    Parameters
    ----------
    buildings
        source, source_id, households, grid_code, is_divided; geometry in EPSG:4326.
    grids
        code; geometry in EPSG:4326.

    Raises
    ------
    BadInput
        With every polygon whose code belongs to no grid, or if no polygon holds any building.
    """
    polygons = table.polygons
    own_grids = _grids_of(table, grids["code"].tolist())
    shapes = polygons.geometry.to_numpy()
    there = np.flatnonzero(~shapely.is_missing(shapes))
    shapely.prepare(shapes[there])
    footprints = buildings.geometry.to_numpy()
    tree = shapely.STRtree(shapes[there])
    row, at = tree.query(shapely.point_on_surface(footprints), predicate="intersects")
    held: dict[int, list[int]] = {}
    for building, polygon in zip(row.tolist(), there[at].tolist(), strict=True):
        held.setdefault(building, []).append(polygon)
    if not held:
        _refuse_all((FieldError(table.file, "geometry", "import_nothing_held", str(len(polygons))),))
    names = polygons["code"].tolist()
    codes: list[str | None] = [None] * len(buildings)
    doubtful = list(_check_polygons(table, own_grids, grids))
    for place, building in enumerate(buildings.itertuples(index=False)):
        choices = sorted(held.get(place, []), key=names.__getitem__)
        shares = shapely.area(shapely.intersection(shapes[choices], footprints[place]))
        shares = shares / max(float(shapely.area(footprints[place])), 1e-30)
        best = int(np.argmax(shares)) if choices else -1
        chosen = choices[best] if choices else None
        codes[place], doubts = _judge(building, [names[i] for i in choices], best, shares, own_grids, chosen)
        doubtful += doubts
    kept = set(codes)
    return Taken(codes, tuple(doubtful), tuple(sorted(name for name in names if name not in kept)))


def _judge(
    building: Any, names: list[str], best: int, shares: np.ndarray, grids: list[str], chosen: int | None
) -> tuple[str | None, list[FieldError]]:
    """Decide about one building: its code, and what is doubtful about it."""
    where = f"{building.source}/{building.source_id}"
    if chosen is None:
        lost = building.households > 0
        return None, [FieldError(where, "", "doubt_in_none", str(building.households))] if lost else []
    code = names[best]
    if grids[chosen] != building.grid_code or not building.is_divided:
        return None, [FieldError(where, code, "doubt_other_grid", str(building.grid_code))]
    doubts = []
    if len(names) > 1:
        doubts.append(FieldError(where, code, "doubt_in_several", ", ".join(names)))
    if shares[best] < MOSTLY:
        doubts.append(FieldError(where, code, "doubt_partly_outside", f"{shares[best]:.0%}"))
    return code, doubts


def _check_polygons(
    table: PolygonTable, own_grids: list[str], grids: gpd.GeoDataFrame
) -> Iterator[FieldError]:
    """Name polygons that lie in more than their own grid, and those without a shape."""
    outlines = dict(zip(grids["code"], grids.geometry.to_numpy(), strict=True))
    polygons = table.polygons
    for code, number, shape, grid in zip(
        polygons["code"], polygons["number"], polygons.geometry, own_grids, strict=True
    ):
        where = place_of(table.file, number, feature=True)
        if shape is None:
            yield FieldError(where, code, "doubt_no_shape")
            continue
        share = shapely.area(shapely.intersection(shape, outlines[grid])) / max(float(shape.area), 1e-30)
        if share < WHOLLY:
            yield FieldError(where, code, "doubt_across_grids", f"{share:.0%}", grid)


def _grids_of(table: PolygonTable, grid_codes: list[str]) -> list[str]:
    """Find the grid of each polygon by its code."""
    found = [find_grid(code, grid_codes) for code in table.polygons["code"]]
    hint = f"{min(grid_codes)}01" if grid_codes else ""
    wrong = [
        FieldError(
            place_of(table.file, number, feature=True), "code", "import_code_misfit", shorten(code), hint
        )
        for code, number, grid in zip(table.polygons["code"], table.polygons["number"], found, strict=True)
        if grid is None
    ]
    if wrong:
        _refuse_all(tuple(wrong))
    return [grid for grid in found if grid is not None]


def _find_code(file: str, frame: pd.DataFrame, asked: str | None) -> Any:
    in_file = {str(name).strip().casefold(): name for name in reversed(frame.columns)}
    wanted = CODE_COLUMNS if asked is None else (asked.strip().casefold(),)
    found = next((in_file[name] for name in wanted if name in in_file), None)
    if found is None:
        hint = ", ".join(map(str, frame.columns))
        _refuse_all((FieldError(file, "code", "import_missing_column", " / ".join(wanted), hint),))
    return found


def _refuse_all(errors: tuple[FieldError, ...]) -> NoReturn:
    raise BadInput("import_refused", fields=errors, count=len(errors))
