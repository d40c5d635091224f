"""Vector tiles and the shelf that keeps them: what is in them, how big they get, when they are made anew.

The tiles are read by GDAL, not by anything of ours.
"""

from __future__ import annotations

import gzip
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyogrio
import pytest
from sqlalchemy import event, text

from gridmap.db import Database, sql
from gridmap.errors import NotFound, NotSignedIn
from gridmap.services import tiles
from gridmap.services.actors import SYSTEM, VISITOR, Actor
from gridmap.services.kept_tiles import KeptTiles
from gridmap.services.tiles import LAYERS, LAYERS_BY_NAME, TileShelf, build_tile, get_tile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

NEAR = (16, 54745, 25331)  # lies within G5-4 and G5-5 (column 5 begins at 120.725 E, row 5 at 37.770 N)
FAR = (11, 1710, 791)  # holds most of the city


def _read(body: bytes, folder: Path) -> GeoDataFrame:
    file = folder / "tile.mvt"
    file.write_bytes(body)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL: the tile's place is not in its file name
        return pyogrio.read_dataframe(file)


@contextmanager
def _statements(database: Database) -> Iterator[list[str]]:
    """Collect the statements sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def shelf(city_database: Database, tmp_path: Path) -> TileShelf:
    return TileShelf(city_database, KeptTiles(tmp_path / "tiles.sqlite", limit_mb=10))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the versions anew each time."""
    monkeypatch.setattr(tiles, "VERSION_SECONDS", -1.0)


@pytest.mark.parametrize(
    ("layer", "fields"),
    [
        ("areas", {"code", "name", "level"}),
        ("micro_grids", {"code", "households", "estimated", "status", "colour", "stacked"}),
        ("buildings", {"use", "households", "estimated", "storeys"}),
        ("roads", {"class"}),
    ],
)
def test_tile_holds_what_the_city_has_there(city: Session, tmp_path: Path, layer: str, fields: set[str]):
    found = _read(build_tile(city, LAYERS_BY_NAME[layer], *NEAR), tmp_path)
    assert fields <= set(found.columns)
    assert len(found) > 0


def test_micro_grids_of_a_tile_are_those_that_touch_it(city: Session, tmp_path: Path):
    found = _read(build_tile(city, LAYERS_BY_NAME["micro_grids"], *NEAR), tmp_path)
    wanted = city.scalars(
        text(
            "SELECT code FROM micro_grids WHERE ST_Intersects(ST_Transform(geom, 3857),"
            " ST_TileEnvelope(:z, :x, :y, margin => 0.03125))"
        ),
        dict(zip("zxy", NEAR, strict=True)),
    ).all()
    assert set(found["code"]) == set(wanted)
    assert set(found["households"]) == {65}


def test_buildings_lie_where_they_are(city: Session, tmp_path: Path):
    """Back from tile units to degrees: a metre at most is lost."""
    z, x, y = NEAR
    found = _read(build_tile(city, LAYERS_BY_NAME["buildings"], z, x, y), tmp_path)
    side_m = tiles.WORLD_M / 2**z
    west, north = x * side_m - tiles.WORLD_M / 2, tiles.WORLD_M / 2 - y * side_m
    wanted = city.execute(
        text(
            "SELECT id, ST_X(c) AS x, ST_Y(c) AS y"
            " FROM (SELECT id, ST_Centroid(ST_Transform(geom, 3857)) AS c FROM buildings"
            " WHERE ST_Transform(geom, 3857) @ ST_TileEnvelope(:z, :x, :y)) b"
        ),
        {"z": z, "x": x, "y": y},
    ).all()
    assert wanted
    centres = {row.mvt_id: row.geometry.centroid for row in found.itertuples()}
    for row in wanted:
        # GDAL gives units of a tile of 4096 with y upwards from the bottom.
        centre = centres[row.id]
        assert west + centre.x * side_m / 4096 == pytest.approx(row.x, abs=1)
        assert north - (4096 - centre.y) * side_m / 4096 == pytest.approx(row.y, abs=1)


def test_far_buildings_are_one_shape_a_use(city: Session, tmp_path: Path):
    found = _read(build_tile(city, LAYERS_BY_NAME["buildings"], 12, 3421, 1583), tmp_path)
    assert list(found["use"]) == ["residential"]
    assert found.geometry.iloc[0].geom_type == "MultiPolygon"


def test_empty_below_the_first_zoom_and_in_the_sea(city: Session):
    assert build_tile(city, LAYERS_BY_NAME["buildings"], *FAR) == b""
    for layer in LAYERS:
        assert build_tile(city, layer, 14, 0, 8000) == b""


@pytest.mark.parametrize("layer", ["areas", "micro_grids", "buildings", "roads"])
def test_tile_too_big_is_made_coarser(city: Session, monkeypatch: pytest.MonkeyPatch, layer: str):
    tile = (12, 3421, 1583)
    whole = build_tile(city, LAYERS_BY_NAME[layer], *tile)
    monkeypatch.setattr(tiles, "LARGEST_TILE_BYTES", len(whole) - 1)
    assert 0 < len(build_tile(city, LAYERS_BY_NAME[layer], *tile)) < len(whole)


def test_no_tile_passes_the_limit(city: Session):
    for layer in LAYERS:
        for z in range(8, 18):
            x, y = 54745 * 2**z // 2**16, 25331 * 2**z // 2**16
            assert len(build_tile(city, layer, z, x, y)) <= 500_000


def test_kept_tile_costs_no_query(shelf: TileShelf):
    first = get_tile(shelf, SYSTEM, "buildings", *NEAR)
    with _statements(shelf.database) as sent:
        again = get_tile(shelf, SYSTEM, "buildings", *NEAR)
        held = get_tile(shelf, SYSTEM, "buildings", *NEAR, known_etag=first.etag)
    assert sent == []
    assert again == first
    assert held == tiles.Tile(None, first.etag)


def test_another_process_finds_the_tile_kept(shelf: TileShelf, tmp_path: Path):
    first = get_tile(shelf, SYSTEM, "buildings", *NEAR)
    other = TileShelf(shelf.database, KeptTiles(tmp_path / "tiles.sqlite", limit_mb=10))
    with _statements(shelf.database) as sent:
        assert get_tile(other, SYSTEM, "buildings", *NEAR) == first
    assert len(sent) == 1  # the versions


@pytest.mark.usefixtures("hasty")
def test_change_makes_the_tile_anew_and_only_its_layer(database: Database, tmp_path: Path):
    shelf = TileShelf(database, KeptTiles(tmp_path / "tiles.sqlite", limit_mb=10))
    before = get_tile(shelf, SYSTEM, "stations", *NEAR)
    areas = get_tile(shelf, SYSTEM, "areas", *NEAR)
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO stations (code, name, kind, geom)"
                " SELECT 'S1', 'S1', 'station', ST_Transform(ST_Centroid(ST_TileEnvelope(:z, :x, :y)), 4326)"
            ),
            dict(zip("zxy", NEAR, strict=True)),
        )
    after = get_tile(shelf, SYSTEM, "stations", *NEAR, known_etag=before.etag)
    assert after.etag != before.etag
    assert after.body is not None
    found = _read(gzip.decompress(after.body), tmp_path)
    assert list(found["code"]) == ["S1"]
    assert get_tile(shelf, SYSTEM, "areas", *NEAR, known_etag=areas.etag).body is None


def _versions(session: Session) -> dict[str, str]:
    return {row.layer: row.version for row in session.execute(sql("layer_versions"))}


@pytest.mark.parametrize(
    ("change", "layer"),
    [
        ("UPDATE areas SET name = 'x' WHERE code = 'G0-0'", "areas"),
        ("UPDATE buildings SET households = 14 WHERE id = 100000011", "buildings"),
        ("DELETE FROM roads WHERE source_id = 'r1000000'", "roads"),
        ("TRUNCATE barriers", "barriers"),
        ("UPDATE compounds SET name = 'x' WHERE code = 'XG0-0'", "compounds"),
        ("UPDATE stations SET name = 'x' WHERE code = 'ST0-1'", "stations"),
        ("UPDATE micro_grids SET valid_to = now() WHERE code = 'G0-0-1'", "micro_grids"),
        ("DELETE FROM micro_grids WHERE code = 'G0-0-1'", "micro_grids"),
    ],
)
def test_every_change_marks_its_layer(city: Session, change: str, layer: str):
    before = _versions(city)
    city.execute(text(change))
    after = _versions(city)
    assert {name for name in after if after[name] != before.get(name)} == {layer}


def test_draft_changes_nothing_until_it_is_published(city: Session):
    before = _versions(city)
    city.execute(
        text(
            "INSERT INTO micro_grids (plan_id, grid_id, code, households, households_estimated,"
            " building_count, status, stacked, colour, contents, label)"
            " SELECT 1, grid_id, 'draft', 60, false, 1, 'in_band', false, 0, '', label"
            " FROM micro_grids WHERE code = 'G0-0-1'"
        )
    )
    assert _versions(city) == before
    city.execute(text("UPDATE micro_grids SET valid_from = now() WHERE code = 'draft'"))
    assert _versions(city)["micro_grids"] != before["micro_grids"]


def test_two_writers_neither_wait_nor_hide_each_other(database: Database):
    """The one who began first commits last: the reader in between still learns of both."""
    change = text("INSERT INTO compounds (code, name, kind) VALUES (:code, 'x', 'old')")
    with database.engine.connect() as first, database.engine.connect() as second:
        first.execute(change, {"code": "1"})
        second.execute(text("SET LOCAL lock_timeout = '1s'"))
        second.execute(change, {"code": "2"})
        second.commit()
        with database.transaction() as session:
            between = _versions(session)["compounds"]
        first.commit()
    with database.transaction() as session:
        assert _versions(session)["compounds"] != between


def test_old_marks_are_taken_away(session: Session):
    session.execute(text("UPDATE layer_changes SET at = now() - interval '2 hours'"))
    for number in range(3):
        session.execute(
            text("INSERT INTO compounds (code, name, kind) VALUES (:code, 'x', 'old')"), {"code": str(number)}
        )
    marks = session.scalar(text("SELECT count(*) FROM layer_changes WHERE layer = 'compounds'"))
    assert marks == 3


def test_draft_is_shown_to_its_readers_and_not_kept(shelf: TileShelf):
    tile = get_tile(shelf, SYSTEM, "micro_grids", *NEAR, plan_id=1)
    assert tile.etag == ""
    assert tile.body
    stranger = Actor(account_id=None, username="p", role="planner", area_ids=(10,))
    with pytest.raises(NotFound):
        get_tile(shelf, stranger, "micro_grids", *NEAR, plan_id=1)
    with pytest.raises(NotFound):
        get_tile(shelf, SYSTEM, "micro_grids", *NEAR, plan_id=999)
    with pytest.raises(NotFound):
        get_tile(shelf, SYSTEM, "buildings", *NEAR, plan_id=1)


@pytest.mark.parametrize(
    ("layer", "z", "x", "y"),
    [("people", 3, 1, 1), ("areas", 18, 0, 0), ("areas", 3, 8, 0), ("areas", 3, 0, 8), ("areas", -1, 0, 0)],
)
def test_tiles_that_do_not_exist(shelf: TileShelf, layer: str, z: int, x: int, y: int):
    with pytest.raises(NotFound):
        get_tile(shelf, SYSTEM, layer, z, x, y)


def test_visitors_get_none(shelf: TileShelf):
    with pytest.raises(NotSignedIn):
        get_tile(shelf, VISITOR, "areas", *NEAR)


# The shelf by itself.


def test_new_version_takes_the_place_of_the_old(tmp_path: Path):
    kept = KeptTiles(tmp_path / "tiles.sqlite", limit_mb=1)
    kept.put("areas", "v1", 1, 0, 0, b"old")
    kept.put("areas", "v2", 1, 0, 0, b"new")
    assert kept.find("areas", "v1", 1, 0, 0) is None
    assert kept.find("areas", "v2", 1, 0, 0) == b"new"
    assert kept.find("roads", "v2", 1, 0, 0) is None


def test_full_shelf_lets_the_oldest_go(tmp_path: Path):
    file = tmp_path / "tiles.sqlite"
    kept = KeptTiles(file, limit_mb=1)
    for number in range(300):
        kept.put("areas", "v", 10, number, 0, bytes(10_000))
    left = [number for number in range(300) if kept.find("areas", "v", 10, number, 0)]
    assert left == list(range(left[0], 300))
    assert 50 <= len(left) <= 100
    assert file.stat().st_size < 2_000_000


def test_nothing_is_kept_with_a_limit_of_nothing(tmp_path: Path):
    kept = KeptTiles(tmp_path / "tiles.sqlite", limit_mb=0)
    kept.put("areas", "v", 0, 0, 0, b"x")
    assert kept.find("areas", "v", 0, 0, 0) is None
    assert list(tmp_path.iterdir()) == []


def test_broken_file_is_only_a_slower_map(tmp_path: Path):
    file = tmp_path / "tiles.sqlite"
    file.write_bytes(b"this is no database" * 100)
    kept = KeptTiles(file, limit_mb=1)
    kept.put("areas", "v", 0, 0, 0, b"x")
    assert kept.find("areas", "v", 0, 0, 0) is None
    kept.put("areas", "v", 0, 0, 0, b"x")
    assert kept.find("areas", "v", 0, 0, 0) == b"x"
