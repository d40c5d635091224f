"""What is wrong with a row of a layer is said with its place, mended, or estimated and marked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import LineString, Point, Polygon, box

from gridmap.errors import BadInput
from gridmap.formats.estimates import ESTIMATE
from gridmap.formats.layers import layer_of, read_layer, read_layers
from tests.unit.formats.vector_files import HOUSE, reasons, write_vector

if TYPE_CHECKING:
    from pathlib import Path


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
