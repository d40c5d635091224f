"""Polygons from outside on the sample town: buildings go where they stand, what is doubtful is listed."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from gridmap.models import Plan
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_export import export_plan
from gridmap.services.plan_frames import read_frame
from tests.db.imports import bring, digest_of, refused, table_of
from tests.db.lives import GRID_1, GRID_2, load_town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridmap.db import Database


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    """The sample town: grid 1 has six slabs of 48 households, grid 2 three towers of 72 and one of 44."""
    return copy_with("sample-town", load_town)


def without_floors(town: Database, tmp_path: Path) -> Plan:
    """A draft of whole buildings: pairs of slabs in grid 1, towers with shop and school in grid 2."""
    pairs = {"01": ("B01", "B02"), "02": ("B03", "B04"), "03": ("B05", "B06")}
    rows = [(f"{GRID_1}{n}", "city", f"370698-{b}", "", "", "") for n, own in pairs.items() for b in own]
    towers = {"01": ("B07", "B11"), "02": ("B08", "B12"), "03": ("B09",), "04": ("B10",)}
    rows += [(f"{GRID_2}{n}", "city", f"370698-{b}", "", "", "") for n, own in towers.items() for b in own]
    return bring(town, table_of(tmp_path, *rows)).plan


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "zip"])
def test_polygons_of_whole_buildings_give_the_same_assignment(
    town: Database, tmp_path: Path, kind: str
) -> None:
    """As GeoJSON, as a GeoPackage in a zone of CGCS2000, and as a zipped Shapefile in GB18030."""
    plan = without_floors(town, tmp_path)
    with town.transaction() as session:
        frame = export_plan(session, SYSTEM, plan.id).micro_grids[["code", "geometry"]]
    path = tmp_path / f"drawn.{kind}"
    if kind == "geojson":
        frame.to_file(path, driver="GeoJSON")
    elif kind == "gpkg":
        frame.to_crs(4528).to_file(path, layer="微网格", driver="GPKG")
    else:
        folder = tmp_path / "shape"
        folder.mkdir()
        frame.rename(columns={"code": "微网格"}).to_file(folder / "drawn.shp", encoding="GB18030")
        with zipfile.ZipFile(path, "w") as packed:
            for part in folder.iterdir():
                packed.write(part, part.name)
    made = bring(town, path)
    assert (made.doubtful, made.empty_codes, made.buildings_unassigned) == ((), (), 0)
    assert digest_of(town, made.plan.id) == digest_of(town, plan.id)


def test_what_polygons_leave_in_doubt_is_listed(town: Database, tmp_path: Path) -> None:
    """Footprints of the slabs are boxes; polygons are drawn around them by hand, in degrees."""
    with town.transaction() as session:
        frame = read_frame(session, "import_buildings", area_id=1)
    box = {
        row.source_id.removeprefix("370698-"): shapely.box(*row.geometry.bounds)
        for row in frame.itertuples(index=False)
    }
    west, south, east, north = box["B02"].bounds
    most = shapely.box(west, south, west + (east - west) * 0.8, north)
    both = shapely.union_all([box["B06"], box["B07"]]).convex_hull
    drawn_by_hand = {
        f"{GRID_1}01": box["B01"].buffer(1e-5),
        f"{GRID_1}02": box["B01"].buffer(1e-5),
        f"{GRID_1}03": most,
        f"{GRID_1}04": both,
        f"{GRID_1}05": None,
        f"{GRID_1}06": shapely.box(0, 0, 1, 1),
    }
    shapes = gpd.GeoDataFrame(
        {"code": list(drawn_by_hand)}, geometry=list(drawn_by_hand.values()), crs="EPSG:4326"
    )
    shapes.to_file(tmp_path / "drawn.geojson", driver="GeoJSON")
    made = bring(town, tmp_path / "drawn.geojson")
    found = {(one.where.rpartition("/")[2], one.column[-2:], one.reason) for one in made.doubtful}
    assert ("370698-B01", "01", "doubt_in_several") in found
    assert ("370698-B02", "03", "doubt_partly_outside") in found
    assert ("370698-B07", "04", "doubt_other_grid") in found
    assert ("370698-B08", "", "doubt_in_none") in found
    assert {(name, code) for name, code, reason in found if reason == "doubt_no_shape"} == {
        ("drawn.geojson#4", "05")
    }
    across = {code for _, code, reason in found if reason == "doubt_across_grids"}
    assert across == {"04", "06"}
    assert [one.value for one in made.doubtful if one.reason == "doubt_partly_outside"] == ["80%"]
    assert {code[-2:] for code in made.empty_codes} >= {"02", "05", "06"}


def test_polygons_that_cannot_be_used(town: Database, tmp_path: Path) -> None:
    square = shapely.box(120, 37, 121, 38)

    def reasons(frame: dict[str, list[Any]], shapes: list[Any], **options: Any) -> list[str]:
        path = tmp_path / "drawn.gpkg"
        gpd.GeoDataFrame(frame, geometry=shapes, crs=options.pop("epsg", 4326)).to_file(path, driver="GPKG")
        found = [one[2] for one in refused(town, path)]
        path.unlink()
        return found

    assert reasons({"name": ["x"]}, [square]) == ["import_missing_column"]
    assert reasons({"code": ["x"]}, [square]) == ["import_code_misfit"]
    assert reasons({"code": [f"{GRID_1}01"] * 2}, [square, square]) == ["duplicate_key"]
    assert reasons({"code": [""]}, [square]) == ["required"]
    assert reasons({"code": [f"{GRID_1}01"]}, [shapely.Point(120, 37)]) == ["wrong_geometry_type"]
    assert reasons({"code": [f"{GRID_1}01"]}, [shapely.box(0, 0, 1, 1)]) == ["import_nothing_held"]
