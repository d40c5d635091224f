"""Files made to do harm are refused before they can, with a sentence that says why."""

from __future__ import annotations

import gzip
import io
import json
import resource
import struct
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from gridmap.errors import BadInput
from gridmap.formats import archives, geometries
from gridmap.formats.layers import read_layer

if TYPE_CHECKING:
    from pathlib import Path

KML = (
    '<?xml version="1.0"?>{dtd}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'
)


def refusal(kind: str, path: Path, **options: str) -> tuple[str, str]:
    with pytest.raises(BadInput) as caught:
        read_layer(kind, path, **options)
    (wrong,) = caught.value.fields
    assert wrong.text("zh")
    assert wrong.text("en")
    return wrong.where, wrong.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE kml SYSTEM "http://192.0.2.1/evil.dtd">',
        "<!-- " + "x" * 200_000 + " --><!DOCTYPE kml [<!ENTITY % p SYSTEM 'http://192.0.2.1/'>%p;]>",
    ],
)
def test_xml_with_a_document_type_is_refused(tmp_path: Path, dtd: str, encoding: str) -> None:
    text = KML.format(dtd=dtd, body="<name>&a;</name>")
    text = text.replace('version="1.0"', f'version="1.0" encoding="{encoding.upper()}"')
    (tmp_path / "s.kml").write_bytes(text.encode(encoding))
    assert refusal("stations", tmp_path / "s.kml") == ("s.kml", "xml_document_type")


def test_a_workbook_with_a_document_type_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["code", "role"])
    book.save(tmp_path / "clean.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "clean.xlsx") as clean,
        zipfile.ZipFile(tmp_path / "s.xlsx", "w") as packed,
    ):
        for entry in clean.infolist():
            body = clean.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                body = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>' + body.partition(b"?>")[2]
            packed.writestr(entry.filename, body)
    assert refusal("staff", tmp_path / "s.xlsx") == ("s.xlsx", "xml_document_type")


@pytest.mark.parametrize("name", ["b.zip", "b.xlsx"])
def test_an_archive_that_would_unpack_out_of_proportion_is_refused_unopened(
    tmp_path: Path, name: str
) -> None:
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("b.shp", bytes(archives.SUSPECT_BYTES + 1))
    assert refusal("buildings", tmp_path / name) == (name, "archive_too_big")


def test_an_archive_of_too_many_entries_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for number in range(archives.MOST_ENTRIES + 1):
            archive.writestr(f"{number}.shp", b"")
    assert refusal("buildings", tmp_path / "b.zip") == ("b.zip", "archive_too_big")


def test_a_lying_size_does_not_unpack_further_than_it_says(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.shp", bytes(2_000_000))
    raw = bytearray(packed.getvalue())
    directory = raw.rindex(b"PK\x01\x02")
    raw[directory + 24 : directory + 28] = struct.pack("<I", 100)  # uncompressed size in the directory
    (tmp_path / "b.zip").write_bytes(raw)
    assert refusal("buildings", tmp_path / "b.zip") == ("b.zip", "unreadable_file")


def test_paths_inside_an_archive_lead_nowhere(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    with zipfile.ZipFile(inner / "b.zip", "w") as archive:
        archive.writestr("../../escaped.shp", b"\x00\x00\x27\x0a" + bytes(96))
        archive.writestr("../../escaped.dbf", b"x")
    refusal("buildings", inner / "b.zip")
    assert not list(tmp_path.rglob("escaped*"))


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("b.shp", b"secret")
    raw = bytearray(packed.getvalue())
    directory = raw.rindex(b"PK\x01\x02")
    raw[directory + 8] |= 1
    (tmp_path / "b.zip").write_bytes(raw)
    assert refusal("buildings", tmp_path / "b.zip") == ("b.zip", "archive_encrypted")


def test_archives_that_are_none_or_hold_no_or_two_shapefiles(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 nothing")
    assert refusal("buildings", tmp_path / "b.zip") == ("b.zip", "unreadable_file")
    for names in ([], ["a.shp", "b.shp"]):
        with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
            for name in [*names, "nested.zip"]:
                archive.writestr(name, b"")
        assert refusal("buildings", tmp_path / "b.zip") == ("b.zip", "choose_layer")


def test_a_gzip_bomb_is_stopped_while_unpacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 40_000_000)  # so that the test needs 10 MB, not 1 GB
    (tmp_path / "i.csv.gz").write_bytes(gzip.compress(bytes(12_000_000)))
    assert refusal("issues", tmp_path / "i.csv.gz") == ("i.csv.gz", "archive_too_big")
    (tmp_path / "i.csv.gz").write_bytes(gzip.compress(b"id,a\n" * 1000)[:-20])
    assert refusal("issues", tmp_path / "i.csv.gz") == ("i.csv.gz", "unreadable_file")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("b.geojson", b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource>'),
        ("b.gpkg", b"<OGRVRTDataSource></OGRVRTDataSource>"),
        ("b.kml", b"<OGRVRTDataSource></OGRVRTDataSource>"),
        ("b.shp", b"SQLite format 3\x00"),
        ("b.gpkg", b"SQLite format 3\x00" + b"\xff" * 4096),
        ("b.shp", b"\x00\x00\x27\x0a" + b"\xff" * 4096),
        ("b.geojson", b'{"type": "FeatureCollection", "features": ['),
        ("b.geojson", b'{"type": "FeatureCollection"'),
        ("b.geojson", b"{}"),
        ("b.kml", b"<kml"),
        ("b.kml", b"not xml"),
        ("b.xlsx", b"not a zip"),
        ("b.csv", b"\x81\xff\x00\x81"),
        ("b.exe", b"MZ"),
    ],
)
def test_files_that_are_not_what_they_say(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    where, reason = refusal("buildings", tmp_path / name)
    assert where == name
    assert reason in {"unreadable_file", "unknown_encoding", "unknown_format", "empty_file"}


@pytest.mark.parametrize(
    "name", ["b.csv", "b.geojson", "b.gpkg", "b.shp", "b.kml", "b.xlsx", "b.zip", "b.csv.gz"]
)
def test_an_empty_file_and_no_file_at_all(tmp_path: Path, name: str) -> None:
    assert refusal("buildings", tmp_path / name) == (name, "no_such_file")
    (tmp_path / name).write_bytes(b"")
    assert refusal("buildings", tmp_path / name)[1] in {"unreadable_file", "empty_file"}


def test_json_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.geojson").write_text('{"type":"FeatureCollection","features":' + "[" * 100_000)
    assert refusal("buildings", tmp_path / "b.geojson") == ("b.geojson", "nested_too_deep")


def test_xml_nested_without_end_does_not_end_the_process(tmp_path: Path) -> None:
    (tmp_path / "s.kml").write_text(KML.format(dtd="", body="<Folder>" * 100_000))
    assert refusal("stations", tmp_path / "s.kml")[0] == "s.kml"


def test_collections_nested_without_end_are_refused(tmp_path: Path) -> None:
    wkt = "GEOMETRYCOLLECTION (" * 50_000 + "POINT (1 1)" + ")" * 50_000
    (tmp_path / "b.csv").write_text(f'id,wkt\nb1,"{wkt}"\n')
    layer = read_layer("buildings", tmp_path / "b.csv")
    assert [wrong.reason for wrong in layer.rejected] == ["unreadable_geometry"]


def test_too_many_vertices_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geometries, "MOST_VERTICES", 100)
    wkt = "POLYGON ((" + ", ".join(f"117.{n:03} 36" for n in range(101)) + ", 117.05 37, 117.000 36))"
    (tmp_path / "b.csv").write_text(f'id,wkt\nb1,"{wkt}"\n')
    layer = read_layer("buildings", tmp_path / "b.csv")
    assert [(wrong.reason, wrong.value) for wrong in layer.rejected] == [("too_many_vertices", "103")]


def test_numbers_no_computer_can_hold(tmp_path: Path) -> None:
    ring = "[[117,36],[1e308,36],[117,37],[117,36]]"
    feature = (
        '{"type":"Feature","properties":{"id":"b1","id":"b2","households":%s},'
        f'"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}'
    )
    text = '{"type":"FeatureCollection","features":[' + feature + "]}"
    (tmp_path / "b.geojson").write_text(text % ("9" * 5_000))
    assert refusal("buildings", tmp_path / "b.geojson") == ("b.geojson", "unreadable_file")
    (tmp_path / "b.geojson").write_text(text % "4")
    layer = read_layer("buildings", tmp_path / "b.geojson")
    assert [(wrong.column, wrong.reason) for wrong in layer.rejected] == [("geometry", "outside_world")]


def test_a_row_with_too_many_cells_says_its_line(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text("id,category,reported_at\n1,a,2026-01-01\n2,a,2026-01-01,extra\n")
    with pytest.raises(BadInput) as caught:
        read_layer("issues", tmp_path / "i.csv")
    assert caught.value.fields[0].reason == "ragged_row"
    assert "line 3" in caught.value.fields[0].value


def test_a_zero_byte_in_a_text_is_refused(tmp_path: Path) -> None:
    properties = {"code": "P\u00001", "role": "volunteer"}
    feature = {"type": "Feature", "properties": properties, "geometry": None}
    (tmp_path / "p.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    layer = read_layer("staff", tmp_path / "p.geojson")
    # GDAL cuts a text at the zero byte; either way nothing that cannot be stored comes through.
    assert "\x00" not in "".join(layer.rows["code"])


def test_reading_a_hostile_file_needs_little_memory(tmp_path: Path) -> None:
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (
        zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("b.shp", "w") as entry,
    ):
        for _ in range(100):
            entry.write(bytes(1 << 20))
    refusal("buildings", tmp_path / "b.zip")
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    assert grown_mb < 200
