"""Files of every format become the same layer; what is wrong with a row is said with its place."""

from __future__ import annotations

import gzip
import json
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
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gridmap.errors import BadInput
from gridmap.formats.columns import ColumnMap, read_column_map
from gridmap.formats.coordinates import gcj02_to_bd09, wgs84_to_gcj02
from gridmap.formats.estimates import COUNTED, ESTIMATE
from gridmap.formats.layers import layer_of, read_layer, read_layers

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.formats.layers import Layer

# A building of 0.0004 x 0.0003 degrees in Jinan: on the sphere 0.0004 x 111 195 x cos(36.65) = 35.68 m by
# 0.0003 x 111 195 = 33.36 m, together 1 190.3 m2.
HOUSE = box(117.02, 36.65, 117.0204, 36.6503)
HOUSE_M2 = 1_190.3


def write_vector(
    path: Path, shapes: list[object], *, crs: str | None = "EPSG:4326", **columns: list[object]
) -> Path:
    """Write shapes with their columns in the format the path's ending names."""
    driver = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".kml": "KML"}[path.suffix]
    known = [shape for shape in shapes if shape is not None]
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(shapes, dtype=object)),
        field_data=[np.array(values) for values in columns.values()],
        fields=list(columns),
        geometry_type=known[0].geom_type if len({shape.geom_type for shape in known}) == 1 else "Unknown",
        crs=crs,
        driver=driver,
    )
    return path


def reasons(layer: Layer) -> list[tuple[str, str, str]]:
    return [(wrong.where, wrong.column, wrong.reason) for wrong in layer.rejected]


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


def test_every_wrong_value_is_listed_with_row_column_and_what_would_be_right(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(
        "id,households,storeys,use,lon,wkt\n"
        f"b1,-3,6,residential,,{json.dumps(HOUSE.wkt)}\n"
        f"b2,many,6.5,palace,,{json.dumps(HOUSE.wkt)}\n"
        f"b1,4,{'9' * 100_000},residential,,{json.dumps(HOUSE.wkt)}\n"
        ",4,201,residential,,POINT (117 36)\n"
        "b5,4,3,,,\n"
        f"b1,4,3,,,{json.dumps(HOUSE.wkt)}\n"
        "b6,4,3,,,POLYGON((\n"
    )
    layer = read_layer("buildings", tmp_path / "b.csv")
    assert len(layer.rows) == 0
    assert set(reasons(layer)) == {
        ("b.csv:2", "households", "out_of_range"),
        ("b.csv:3", "households", "not_a_number"),
        ("b.csv:3", "storeys", "not_whole"),
        ("b.csv:3", "use", "unknown_choice"),
        ("b.csv:4", "storeys", "not_a_number"),
        ("b.csv:5", "id", "required"),
        ("b.csv:5", "storeys", "out_of_range"),
        ("b.csv:5", "geometry", "wrong_geometry_type"),
        ("b.csv:6", "geometry", "missing_geometry"),
        ("b.csv:7", "id", "duplicate_key"),
        ("b.csv:8", "wkt", "unreadable_geometry"),
    }
    said = {(wrong.where, wrong.column): wrong for wrong in layer.rejected}
    assert (said["b.csv:2", "households"].value, said["b.csv:2", "households"].hint) == ("-3", "0 – 5000")
    assert said["b.csv:3", "use"].hint == "residential | mixed | other"
    assert said["b.csv:7", "id"].hint == "b.csv:2"
    assert len(said["b.csv:4", "storeys"].value) <= 40


def test_a_missing_column_names_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("nr,lon,lat\n1,117,36\n")
    with pytest.raises(BadInput) as caught:
        read_layer("stations", tmp_path / "b.csv")
    assert [wrong.column for wrong in caught.value.fields] == ["code", "name", "kind"]
    assert caught.value.fields[0].hint == "nr, lon, lat"
    assert "--map" in caught.value.fields[0].text("en")


def test_geometries_are_mended_and_counted_or_refused(tmp_path: Path) -> None:
    bow_tie = Polygon([(117, 36), (117.001, 36.001), (117.001, 36), (117, 36.001)])
    hole_outside = Polygon(box(117, 36, 117.001, 36.001).exterior, [box(118, 36, 118.001, 36.001).exterior])
    mixed = shapely.GeometryCollection([HOUSE, LineString([(117, 36), (117.1, 36)])])
    flat = Polygon([(117, 36), (117.001, 36), (117, 36)])
    line = LineString([(117, 36), (117.1, 36)])
    shapes = [HOUSE.reverse(), bow_tie, hole_outside, mixed, flat, line, None]
    path = write_vector(tmp_path / "b.gpkg", shapes, id=list("abcdefg"))
    layer = read_layer("buildings", path)
    assert list(layer.rows["id"]) == list("abcd")
    assert layer.mended == 3
    assert layer.rows.geometry.is_valid.all()
    assert set(layer.rows.geom_type) == {"MultiPolygon"}
    assert all(part.exterior.is_ccw for shape in layer.rows.geometry for part in shape.geoms)
    # The two wings of the bow tie are triangles of 0.001 x 0.001 / 4 square degrees.
    assert layer.rows.geometry.iloc[1].area == pytest.approx(0.5e-6, rel=1e-6)
    assert layer.rows.geometry.iloc[3].equals(HOUSE)
    assert reasons(layer) == [
        ("b.gpkg#5", "geometry", "no_extent"),
        ("b.gpkg#6", "geometry", "wrong_geometry_type"),
        ("b.gpkg#7", "geometry", "missing_geometry"),
    ]


def test_unclosed_rings_and_heights_are_mended(tmp_path: Path) -> None:
    ring = [[117, 36, 5], [117.001, 36, 5], [117.001, 36.001, 5], [117, 36.001, 5]]
    features = [
        {
            "type": "Feature",
            "properties": {"id": "b1"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
    ]
    (tmp_path / "b.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    layer = read_layer("buildings", tmp_path / "b.geojson")
    assert (len(layer.rows), layer.mended, layer.rejected) == (1, 1, ())
    assert layer.rows.geometry.iloc[0].equals(box(117, 36, 117.001, 36.001))
    assert not layer.rows.geometry.has_z.any()


def test_infinite_and_missing_coordinates_are_refused(tmp_path: Path) -> None:
    shapes = [Point(np.inf, 36), Point(117, 36), Point(np.nan, 36)]
    path = write_vector(tmp_path / "s.gpkg", shapes, code=list("abc"), name=list("abc"), kind=["station"] * 3)
    layer = read_layer("stations", path)
    assert list(layer.rows["code"]) == ["b"]
    assert [wrong.reason for wrong in layer.rejected if wrong.where == "s.gpkg#1"] == ["not_finite"]
    assert [wrong.where for wrong in layer.rejected] == ["s.gpkg#1", "s.gpkg#3"]


def test_half_a_coordinate_is_an_error_and_none_is_not_for_an_issue(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text(
        "id,category,reported_at,lon,lat\n1,a,2026-01-01,117,\n2,a,2026-01-01,,\n3,a,2026-01-01,0,0\n4,a,2026-01-01,x,36\n"
    )
    layer = read_layer("issues", tmp_path / "i.csv")
    assert list(layer.rows["id"]) == ["2", "3"]
    assert layer.rows.geometry.isna().all()
    assert reasons(layer) == [("i.csv:2", "lon+lat", "half_a_coordinate"), ("i.csv:5", "lon", "not_a_number")]


def test_households_are_estimated_only_where_nobody_counted_and_said_so() -> None:
    # 1 190.3 m2 x 6 storeys / 90 m2 = 79.4 households; at the default of 3 storeys 39.7.
    rows = [
        {"id": "counted", "households": 24, "storeys": 6},
        {"id": "empty", "households": 0, "storeys": 6},
        {"id": "estimated", "storeys": 6},
        {"id": "assumed"},
        {"id": "office", "use": "other", "storeys": 6},
        {"id": "shed"},
        {"id": "theirs", "households": 80, "households_source": "ESTIMATE: footprint"},
    ]
    shed = box(117.02, 36.65, 117.02001, 36.65001)
    shapes = [shed if row["id"] == "shed" else HOUSE for row in rows]
    layer = layer_of("buildings", pd.DataFrame(rows).assign(geometry=shapes))
    said = layer.rows.set_index("id")
    assert said["households"].to_dict() == {
        "counted": 24, "empty": 0, "estimated": 79, "assumed": 40, "office": 0, "shed": 0, "theirs": 80,
    }  # fmt: skip
    assert said["use"].to_dict() == {
        "counted": "residential", "empty": "other", "estimated": "residential", "assumed": "residential",
        "office": "other", "shed": "other", "theirs": "residential",
    }  # fmt: skip
    assert list(said.index[said["households_estimated"]]) == ["estimated", "assumed", "theirs"]
    assert said.loc["assumed", "households_source"] == ESTIMATE


def test_times_with_and_without_zone_and_around_the_change_of_clocks(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text(
        "id,category,reported_at\n1,a,2015-01-01T00:20:09\n2,a,2015-01-01T00:20:09-05:00\n3,a,2015-01-01T05:20:09Z\n"
        "4,a,2015-03-08 02:30\n5,a,2015-11-01 01:30\n6,a,2015/7/4 8:05\n"
        "7,a,31.12.2015\n8,a,2015-02-30\n9,a,1015-01-01\n"
    )
    layer = read_layer("issues", tmp_path / "i.csv", zone="America/New_York")
    said = layer.rows.set_index("id")["reported_at"].map(lambda at: at.isoformat()).to_dict()
    assert said == {
        "1": "2015-01-01T05:20:09+00:00",
        "2": "2015-01-01T05:20:09+00:00",
        "3": "2015-01-01T05:20:09+00:00",
        "4": "2015-03-08T07:00:00+00:00",  # 2:30 did not exist: 3:00 summer time
        "5": "2015-11-01T06:30:00+00:00",  # twice: winter time
        "6": "2015-07-04T12:05:00+00:00",
    }
    assert [wrong.where for wrong in layer.rejected] == ["i.csv:8", "i.csv:9", "i.csv:10"]
    assert {wrong.reason for wrong in layer.rejected} == {"not_a_date"}


def test_words_for_states_are_translated_and_unknown_ones_refused(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text(
        "id,category,reported_at,closed_at,status\n1,a,2026-01-01,,open\n2,a,2026-01-01,2026-01-02,Closed\n"
        "3,a,2026-01-01,2026-01-02,\n4,a,2026-01-01,,已派单\n5,a,2026-01-01,,gone\n"
    )
    layer = read_layer("issues", tmp_path / "i.csv")
    assert layer.rows.set_index("id")["state"].to_dict() == {
        "1": "reported", "2": "settled", "3": "settled", "4": "dispatched",
    }  # fmt: skip
    assert reasons(layer) == [("i.csv:6", "state", "unknown_choice")]
    assert "closed" in layer.rejected[0].hint


def test_what_residents_wrote_is_never_shown_in_an_error(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text(f"id,category,reported_at,text\n1,a,2026-01-01,{'secret ' * 4000}\n")
    (wrong,) = read_layer("issues", tmp_path / "i.csv").rejected
    assert (wrong.column, wrong.reason, wrong.value) == ("text", "too_long", "")


def test_roads_of_two_tagging_habits(tmp_path: Path) -> None:
    line = LineString([(117, 36), (117.1, 36)])
    path = write_vector(
        tmp_path / "r.gpkg",
        [line] * 4,
        id=list("abcd"),
        highway=["primary"] * 4,
        oneway=["yes", "-1", "B", "F"],
        bridge=["viaduct", "no", "F", "T"],
    )
    rows = read_layer("roads", path).rows.set_index("id")
    assert rows["oneway"].to_dict() == {"a": True, "b": True, "c": False, "d": True}
    assert rows["bridge"].to_dict() == {"a": True, "b": False, "c": False, "d": True}
    assert set(rows.geom_type) == {"MultiLineString"}


def test_a_river_surface_is_kept_with_its_course() -> None:
    frame = pd.DataFrame({"id": ["r", "l"], "kind": ["river", "railway"]})
    frame["geometry"] = [box(0, 0, 20, 1), LineString([(0, 2), (20, 2)])]
    rows = layer_of("barriers", frame).rows
    assert list(rows.geom_type) == ["MultiLineString", "MultiLineString"]
    assert rows["surface"].iloc[0].equals(box(0, 0, 20, 1))
    assert rows["surface"].iloc[1] is None


def test_a_big_file_comes_in_parts_and_duplicates_are_found_across_them(tmp_path: Path) -> None:
    ids = [f"b{number}" for number in range(25)]
    ids[24] = "b3"
    path = write_vector(tmp_path / "b.gpkg", [HOUSE] * 25, id=ids, households=[1] * 25)
    parts = list(read_layers("buildings", path, rows_at_once=10))
    assert [len(part.rows) for part in parts] == [10, 10, 4]
    assert reasons(parts[2]) == [("b.gpkg#25", "id", "duplicate_key")]
    assert parts[2].rejected[0].hint == "b.gpkg#4"
    assert len(read_layer("buildings", path).rows) == 24


def test_several_layers_ask_which(tmp_path: Path) -> None:
    for name in ("one", "two"):
        pyogrio.raw.write(
            tmp_path / "b.gpkg", geometry=shapely.to_wkb(np.array([HOUSE])), field_data=[np.array([name])],
            fields=["id"], geometry_type="Polygon", crs="EPSG:4326", driver="GPKG", layer=name,
            append=name == "two",
        )  # fmt: skip
    with pytest.raises(BadInput) as caught:
        read_layer("buildings", tmp_path / "b.gpkg")
    assert (caught.value.fields[0].reason, caught.value.fields[0].hint) == ("choose_layer", "one, two")
    assert list(read_layer("buildings", tmp_path / "b.gpkg", layer="two").rows["id"]) == ["two"]


def test_the_frame_given_is_not_changed() -> None:
    frame = pd.DataFrame({"id": ["b1"], "geometry": [HOUSE]})
    before = frame.copy()
    layer_of("buildings", frame)
    pd.testing.assert_frame_equal(frame, before)


def test_shifts_need_one_place_and_an_end_after_the_start() -> None:
    at = {"staff_code": "P1", "starts_at": "2026-01-01 08:00", "ends_at": "2026-01-01 17:00"}
    rows = [
        at | {"station_code": "S"},
        at | {"starts_at": "2026-01-02 08:00"},
        at | {"starts_at": "2026-01-03 08:00", "station_code": "S", "area_code": "A"},
    ]
    layer = layer_of("shifts", pd.DataFrame(rows), file="f")
    assert len(layer.rows) == 1
    assert set(reasons(layer)) == {
        ("f#1", "ends_at", "ends_before_start"),
        ("f#1", "station_code+area_code", "one_of_two"),
        ("f#2", "ends_at", "ends_before_start"),
        ("f#2", "station_code+area_code", "one_of_two"),
    }


def test_an_area_below_a_district_needs_a_parent() -> None:
    frame = pd.DataFrame(
        {"code": ["d", "g"], "level": ["区县", "网格"], "name": ["D", "G"], "geometry": [HOUSE] * 2}
    )
    layer = layer_of("areas", frame)
    assert list(layer.rows["level"]) == ["district"]
    assert reasons(layer) == [("areas#1", "parent_code", "required")]


@pytest.mark.parametrize("name", ["EPSG:999999", "urn:ogc:def:crs:EPSG::999999"])
def test_a_system_that_nobody_knows_is_refused_not_guessed(tmp_path: Path, name: str) -> None:
    point = {"type": "Point", "coordinates": [120.75, 37.8]}
    feature = {
        "type": "Feature",
        "geometry": point,
        "properties": {"code": "1", "name": "站", "kind": "gate"},
    }
    crs = {"type": "name", "properties": {"name": name}}
    file = tmp_path / "s.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature], "crs": crs}), "utf-8")
    with pytest.raises(BadInput) as caught:
        read_layer("stations", file)
    assert caught.value.fields[0].reason == "unknown_crs"
    assert len(read_layer("stations", file, crs="EPSG:4326").rows) == 1
