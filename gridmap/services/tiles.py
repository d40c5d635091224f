"""Vector tiles of the map: made by PostGIS, kept until their data change.

Who sees what: the layers hold the city's base data (borders, counted dwellings, roads, stations) and the
published plan, which all staff share; so a tile asks for the right to read places and not for an area scope,
and all readers share one kept tile. Figures of issues are never in tiles, and the tile of a draft is made for
the one who may read the draft and is not kept.

How fresh: every statement that changes a layer's table leaves a mark (`layer_changes`); the marks are the
layer's version, which a process reads at most once in `VERSION_SECONDS`. So a change shows at the latest so
much after its commit, and a tile asked for again costs no query of its data until then.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.db import Database, sql
from gridmap.errors import NotFound
from gridmap.models import Plan
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.kept_tiles import KeptTiles
from gridmap.services.plans import READABLE

VERSION_SECONDS = 1.0
LARGEST_ZOOM = 17
LARGEST_TILE_BYTES = 500_000  # before gzip
TRIES = 6  # coarser each time; the last one holds hardly more than outlines
WORLD_M = 40_075_016.686  # side of the Web Mercator square, metres
TILE_PIXELS = 512

Options = Callable[[int], dict[str, Any]]

# From which zoom on roads of a class are drawn; the classes of OpenStreetMap.
ROAD_CLASSES = {
    "motorway": 8,
    "trunk": 8,
    "primary": 9,
    "secondary": 10,
    "tertiary": 11,
    "unclassified": 12,
    "residential": 12,
    "living_street": 13,
    "pedestrian": 13,
    "service": 14,
}
AREA_LEVELS = {"district": 0, "street": 7, "community": 8, "grid": 9}


def _levels(z: int) -> dict[str, Any]:
    return {"levels": [level for level, zoom in AREA_LEVELS.items() if zoom <= z]}


def _road_classes(z: int) -> dict[str, Any]:
    """Classes by zoom; from zoom 15 on whatever there is, footways and unknown classes too."""
    named = [name for name, zoom in ROAD_CLASSES.items() if zoom <= z]
    return {"classes": named, "all_classes": z >= 15, "merged": z < 13}


@dataclass(frozen=True)
class Layer:
    """One entry of the register.

    Attributes
    ----------
    name
        Name in the address and in the tile; its query is ``sql/tile_<name>.sql``.
    table
        Table whose changes make its tiles old.
    from_zoom
        Below it the tiles are empty.
    options
        Further parameters of the query by zoom.
    """

    name: str
    table: str
    from_zoom: int = 0
    options: Options = field(default=lambda _z: {})


LAYERS: tuple[Layer, ...] = (
    Layer("areas", "areas", options=_levels),
    Layer("area_borders", "areas", options=_levels),
    Layer("area_names", "areas", options=_levels),
    Layer("micro_grids", "micro_grids", 8),
    Layer("micro_grid_names", "micro_grids", 8),
    Layer("buildings", "buildings", 12, lambda z: {"merged": z < 14}),
    Layer("roads", "roads", 8, _road_classes),
    Layer("water", "barriers", 7),
    Layer("railways", "barriers", 9),
    Layer("walls", "barriers", 13),
    Layer("compounds", "compounds", 11),
    Layer("stations", "stations", 11),
)
LAYERS_BY_NAME = {layer.name: layer for layer in LAYERS}


@dataclass(frozen=True)
class Tile:
    """A tile ready to be sent.

    Attributes
    ----------
    body
        Gzipped Mapbox vector tile; None when the reader's copy (`etag`) still holds.
    etag
        Changes with the layer's data; empty for a draft, which is not to be kept.
    """

    body: bytes | None
    etag: str


class TileShelf:
    """What a process needs to answer tiles: the database, the kept tiles, the versions it knows."""

    def __init__(self, database: Database, kept: KeptTiles) -> None:
        self.database = database
        self.kept = kept
        self._lock = threading.Lock()
        self._versions: dict[str, str] = {}
        self._read_at = float("-inf")

    def version_of(self, table: str) -> str:
        """Give the version of a table's tiles, at most `VERSION_SECONDS` old."""
        with self._lock:
            if time.monotonic() - self._read_at > VERSION_SECONDS:
                read_at = time.monotonic()
                with self.database.transaction() as session:
                    rows = session.execute(sql("layer_versions")).all()
                self._versions = {row.layer: row.version for row in rows}
                self._read_at = read_at
            return self._versions.get(table, "")


def get_tile(
    shelf: TileShelf,
    actor: Actor,
    layer_name: str,
    z: int,
    x: int,
    y: int,
    *,
    plan_id: int | None = None,
    known_etag: str = "",
) -> Tile:
    """Get a tile of 512 pixels of the Web Mercator grid.

    Parameters
    ----------
    plan_id
        Draw the micro-grids of this plan instead of the published ones; never kept.
    known_etag
        Tag of the copy the reader has.

    Raises
    ------
    NotFound
        If there is no such layer, tile or (for this actor) plan.
    """
    require(actor, "places.read")
    layer = LAYERS_BY_NAME.get(layer_name)
    if layer is None or not (0 <= z <= LARGEST_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound
    if plan_id is not None:
        return _get_draft(shelf, actor, layer, z, x, y, plan_id)
    version = shelf.version_of(layer.table)
    etag = hashlib.sha256(f"{layer.name}/{version}/{z}/{x}/{y}".encode()).hexdigest()[:24]
    if etag == known_etag:
        return Tile(None, etag)
    body = shelf.kept.find(layer.name, version, z, x, y)
    if body is None:
        with shelf.database.transaction() as session:
            body = gzip.compress(build_tile(session, layer, z, x, y), 6, mtime=0)
        shelf.kept.put(layer.name, version, z, x, y, body)
    return Tile(body, etag)


def _get_draft(shelf: TileShelf, actor: Actor, layer: Layer, z: int, x: int, y: int, plan_id: int) -> Tile:
    if layer.table != "micro_grids":
        raise NotFound
    require(actor, "plans.read")
    with shelf.database.transaction() as session:
        status = session.scalar(select(Plan.status).where(Plan.id == plan_id, scope_of(actor, Plan.area_id)))
        if status is None:
            raise NotFound
        if status not in READABLE:  # its rows are still being written
            return Tile(gzip.compress(b"", mtime=0), "")
        return Tile(gzip.compress(build_tile(session, layer, z, x, y, plan_id), 6, mtime=0), "")


def build_tile(session: Session, layer: Layer, z: int, x: int, y: int, plan_id: int = 0) -> bytes:
    """Make a tile by SQL, coarser until it is small enough.

    Parameters
    ----------
    plan_id
        Plan of the micro-grids, 0 = the published ones.

    Returns
    -------
    bytes
        Mapbox vector tile, not compressed; empty where there is nothing.
    """
    if z < layer.from_zoom:
        return b""
    pixel_m = WORLD_M / 2**z / TILE_PIXELS
    extent = 1024 if z < 13 else 2048 if z < 15 else 4096
    grain_m = 0.0 if z >= 15 else pixel_m
    values: dict[str, Any] = {"z": z, "x": x, "y": y, **layer.options(z)}
    if layer.table == "micro_grids":
        values["plan_id"] = plan_id
    body = b""
    for _ in range(TRIES):
        sized = {"extent": extent, "margin": extent // 32, "grain_m": grain_m}
        body = bytes(session.scalar(sql(f"tile_{layer.name}"), values | sized) or b"")
        if len(body) <= LARGEST_TILE_BYTES:
            break
        extent = max(extent // 2, 256)
        grain_m = 2 * max(grain_m, pixel_m)
        if "merged" in values:
            values["merged"] = True
    return body
