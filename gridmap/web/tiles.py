"""Vector tiles: /tiles/<layer>/<z>/<x>/<y>.mvt, of 512 pixels on the Web Mercator grid."""

from __future__ import annotations

import gzip
import threading
import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, g, request, session

from gridmap.errors import BadInput, FieldError
from gridmap.services.actors import VISITOR
from gridmap.services.kept_tiles import KeptTiles
from gridmap.services.tiles import TileShelf, get_tile
from gridmap.web.sign_in import current_actor, database

if TYPE_CHECKING:
    from collections.abc import Hashable

    from flask import Flask

    from gridmap.services.actors import Actor
    from gridmap.settings import Settings

tiles = Blueprint("tiles", __name__)

MVT = "application/vnd.mapbox-vector-tile"
ACTOR_SECONDS = 2.0
MOST_ACTORS = 1000


class KnownActors:
    """Who has asked for a tile a moment ago, so that a map of forty tiles asks once who looks at it.

    An account that is removed or signed out sees base data for at most `ACTOR_SECONDS` longer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._actors: dict[Hashable, tuple[float, Actor]] = {}

    def actor(self) -> Actor:
        """Tell who asks, from what the request shows of itself."""
        shown = (request.headers.get("Authorization"), session.get("account"), session.get("epoch"))
        now = time.monotonic()
        with self._lock:
            known = self._actors.get(shown)
        if known is not None and now - known[0] < ACTOR_SECONDS:
            g.actor = known[1]
            return known[1]
        with database().transaction() as opened:
            actor = current_actor(opened)
        if actor is not VISITOR:
            with self._lock:
                if len(self._actors) >= MOST_ACTORS:
                    self._actors.clear()
                self._actors[shown] = (now, actor)
        return actor


def set_up_tiles(app: Flask, settings: Settings) -> None:
    """Give the application its shelf of kept tiles; nothing is opened before the first tile."""
    kept = KeptTiles(settings.home / "tiles.sqlite", limit_mb=settings.tile_cache_mb)
    app.extensions["tiles"] = TileShelf(app.extensions["database"], kept)
    app.extensions["tile_actors"] = KnownActors()
    app.register_blueprint(tiles)


@tiles.get("/tiles/<layer>/<int:z>/<int:x>/<int:y>.mvt")
def show(layer: str, z: int, x: int, y: int) -> Response:
    """Send one tile; with ``?plan=ID`` the micro-grids of that plan."""
    actor = current_app.extensions["tile_actors"].actor()
    known = request.if_none_match
    tile = get_tile(
        current_app.extensions["tiles"],
        actor,
        layer,
        z,
        x,
        y,
        plan_id=_plan_asked(),
        known_etag=next(iter(known.as_set(include_weak=True)), "").removeprefix("W/").strip('"'),
    )
    if tile.body is None:
        response = Response(status=304)
    elif request.accept_encodings["gzip"]:
        response = Response(tile.body, mimetype=MVT, headers={"Content-Encoding": "gzip"})
    else:
        response = Response(gzip.decompress(tile.body), mimetype=MVT)
    response.headers["Vary"] = "Accept-Encoding, Authorization, Cookie"
    # The browser keeps a tile but asks each time whether it still holds, which costs no query of its data.
    response.headers["Cache-Control"] = "private, no-cache" if tile.etag else "private, no-store"
    if tile.etag:
        response.set_etag(tile.etag, weak=True)
    return response


def _plan_asked() -> int | None:
    given = request.args.get("plan")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise BadInput(fields=[FieldError("query", "plan", "heat_word", given, "1, 2, 3 …")])
    return int(given)
