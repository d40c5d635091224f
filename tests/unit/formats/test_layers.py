"""Files of every format become the same layer."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import Transformer
from shapely import MultiPolygon, Point

from gridmap.errors import BadInput
from gridmap.formats.columns import ColumnMap, read_column_map
from gridmap.formats.coordinates import gcj02_to_bd09, wgs84_to_gcj02
from gridmap.formats.estimates import COUNTED
from gridmap.formats.layers import read_layer
from tests.unit.formats.vector_files import HOUSE, reasons, write_vector

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".shp"])
def test_vector_formats_give_the_same_layer(tmp_path: Path, ending: str) -> None:
    path = write_vector(tmp_path / f"b{ending}", [HOUSE], id=["b1"], levels=[6], households=[24])
    layer = read_layer("buildings", path)
    (row,) = layer.rows.itertuples()
    assert (row.id, row.storeys, row.households, row.use) == ("b1", 6, 24, "residential")
    assert (row.households_source, row.households_estimated) == (COUNTED, False)
    assert isinstance(row.geometry, MultiPolygon)
    assert row.geometry.equals(HOUSE)
    assert layer.rows.crs.to_epsg() == 4326
    assert (layer.rejected, layer.mended, layer.feature) == ((), 0, True)


def test_a_zipped_shapefile_is_read_with_its_projection(tmp_path: Path) -> None:
    to_zone = Transformer.from_crs(4326, 4527, always_xy=True)
    flat = shapely.transform(HOUSE, lambda xy: np.column_stack(to_zone.transform(*xy.T)))
    write_vector(tmp_path / "楼栋.shp", [flat], crs="EPSG:4527", id=["b1"])
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for part in tmp_path.glob("楼栋.*"):
            archive.write(part, f"folder/{part.name}")
    layer = read_layer("buildings", tmp_path / "b.zip")
    assert layer.rows.geometry.iloc[0].equals_exact(MultiPolygon([HOUSE]), 1e-8)
    assert layer.file == "b.zip"


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_shapefile_that_names_no_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "b.shp"
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(np.array([HOUSE])), field_data=[np.array(["b1"]), np.array(["蓬莱阁"])],
        fields=["id", "name"], geometry_type="Polygon", crs="EPSG:4326",
        driver="ESRI Shapefile", encoding=encoding,
    )  # fmt: skip
    path.with_suffix(".cpg").unlink(missing_ok=True)
    with path.with_suffix(".dbf").open("r+b") as table:
        table.seek(29)
        table.write(b"\x00")
    assert list(read_layer("buildings", path).rows["name"]) == ["蓬莱阁"]


def test_kml_is_in_longitude_and_latitude(tmp_path: Path) -> None:
    (tmp_path / "s.kml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        "<Placemark><name>社区服务站</name><ExtendedData>"
        '<Data name="code"><value>S1</value></Data><Data name="kind"><value>station</value></Data>'
        "</ExtendedData>"
        "<Point><coordinates>117.02,36.65,0</coordinates></Point></Placemark></Document></kml>",
        "utf-8",
    )
    layer = read_layer("stations", tmp_path / "s.kml")
    (row,) = layer.rows.itertuples()
    assert (row.code, row.name, row.kind) == ("S1", "社区服务站", "station")
    assert row.geometry.equals(Point(117.02, 36.65))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_encodings_in_use_with_chinese_headers(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "s.csv").write_text("编码,名称,站点类型,经度,纬度\n01,蓬莱站,服务站,117.02,36.65\n", encoding)
    (row,) = read_layer("stations", tmp_path / "s.csv").rows.itertuples()
    assert (row.code, row.name, row.kind, row.geometry.x) == ("01", "蓬莱站", "station", 117.02)


def test_csv_with_wkt_and_semicolons_packed(tmp_path: Path) -> None:
    text = f"id;households;wkt\nb1;24;{HOUSE.wkt}\n"
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(text.encode()))
    layer = read_layer("buildings", tmp_path / "b.csv.gz")
    assert layer.rows.geometry.iloc[0].equals(HOUSE)


def test_xlsx_keeps_codes_and_dates_and_names_rows_as_the_sheet_does(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["staff_code", "place_level", "place_code", "starts_on", "ends_on"])
    sheet.append(["P1", "网格", "370102001001001", date(2026, 1, 5), None])
    sheet.append([None, None, None, None, None])
    sheet.append(["P2", "grid", 370102001001002, "2026/3/1", "2026-02-01"])
    sheet.append(["P3", "grid", 37010200100100201, "2026-01-05", ""])
    book.save(tmp_path / "p.xlsx")
    layer = read_layer("postings", tmp_path / "p.xlsx")
    (row,) = layer.rows.itertuples()
    assert (row.Index, row.place_level, row.place_code) == (2, "grid", "370102001001001")
    assert (row.starts_on, row.ends_on) == (date(2026, 1, 5), None)
    assert reasons(layer) == [
        ("p.xlsx:4", "ends_on", "ends_before_start"),
        ("p.xlsx:5", "place_code", "lost_digits"),
    ]


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    book.create_sheet("岗位").append(["code", "role"])
    book["岗位"].append(["P1", "grid_officer"])
    book.save(tmp_path / "p.xlsx")
    assert list(read_layer("staff", tmp_path / "p.xlsx", layer="岗位").rows["code"]) == ["P1"]
    with pytest.raises(BadInput) as caught:
        read_layer("staff", tmp_path / "p.xlsx", layer="无")
    assert caught.value.fields[0].hint == "Sheet, 岗位"


def test_a_mapping_file_renames_columns_and_sets_constants(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(
        "column,in_file,value\nid,CASE,\nreported_at,OPENED,\nlon,X,\nlat,Y,\ncategory,,路灯\n"
    )
    (tmp_path / "i.csv").write_text("CASE,OPENED,X,Y,id\n7,2026-01-01 08:00,117.02,36.65,other\n")
    mapping = read_column_map(tmp_path / "m.csv")
    layer = read_layer("issues", tmp_path / "i.csv", mapping=mapping)
    (row,) = layer.rows.itertuples()
    assert (row.id, row.category, row.state, row.geometry.y) == ("7", "路灯", "reported", 36.65)
    assert row.reported_at == pd.Timestamp("2026-01-01T00:00Z")  # eight hours behind Shanghai
    assert layer.ignored == ("id",)


def test_a_mapping_file_says_what_words_mean(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(
        "column,in_file,value,word\ncode,id,,\nkind,amenity,,\nkind,,station,TownHall\nkind,,gate,entry\n"
    )
    (tmp_path / "p.csv").write_text(
        "id,name,amenity,lon,lat\n1,A,townhall,7.4,43.7\n2,B,Entry,7.4,43.7\n3,C,bank,7.4,43.7\n4,D,gate,7.4,43.7\n"
    )
    layer = read_layer("stations", tmp_path / "p.csv", mapping=read_column_map(tmp_path / "m.csv"))
    assert list(layer.rows["kind"]) == ["station", "gate", "gate"]
    (wrong,) = layer.rejected
    assert (wrong.where, wrong.column, wrong.value) == ("p.csv:4", "kind", "bank")
    (tmp_path / "m.csv").write_text("column,in_file,value,word\nkind,,,townhall\n")
    with pytest.raises(BadInput) as caught:
        read_column_map(tmp_path / "m.csv")
    assert caught.value.fields[0].where == "m.csv:2"


def test_a_mapping_to_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadInput) as caught:
        read_layer(
            "issues", tmp_path / "i.csv", mapping=ColumnMap({"id": "A", "category": "c", "colour": "b"})
        )
    assert [(wrong.column, wrong.reason) for wrong in caught.value.fields] == [
        ("colour", "unknown_column"),
        ("category", "missing_column"),
        ("reported_at", "missing_column"),
    ]
    assert caught.value.fields[1].hint == "a, b"


def test_coordinates_in_gcj02_and_bd09_are_brought_back(tmp_path: Path) -> None:
    true = np.array([[117.02, 36.65]])
    for crs, points in (("GCJ-02", wgs84_to_gcj02(true)), ("BD-09", gcj02_to_bd09(wgs84_to_gcj02(true)))):
        path = tmp_path / f"{crs}.csv"
        path.write_text(f"code,name,kind,lon,lat\nS,s,station,{points[0, 0]:.12f},{points[0, 1]:.12f}\n")
        place = read_layer("stations", path, crs=crs).rows.geometry.iloc[0]
        assert (place.x, place.y) == pytest.approx((117.02, 36.65), abs=1e-8)


def test_a_shapefile_without_projection_asks_for_it(tmp_path: Path) -> None:
    path = write_vector(tmp_path / "b.shp", [HOUSE], crs="EPSG:4326", id=["b1"])
    path.with_suffix(".prj").unlink()
    with pytest.raises(BadInput) as caught:
        read_layer("buildings", path)
    assert caught.value.fields[0].reason == "no_crs"
    assert len(read_layer("buildings", path, crs="EPSG:4490").rows) == 1


def test_a_wrong_crs_is_noticed_by_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(
        "code,name,kind,lon,lat\nA,a,station,36.65,117.02\nB,b,station,500000,4057000\n"
    )
    layer = read_layer("stations", tmp_path / "s.csv")
    assert reasons(layer) == [
        ("s.csv:2", "geometry", "outside_world"),
        ("s.csv:3", "geometry", "outside_world"),
    ]
    assert layer.rejected[0].value == "36.65 117.02"
    assert "--crs" in layer.rejected[0].text("zh")
