"""Tiles over HTTP: what a browser is told, and what a second request costs."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Connection

    from tests.api.conftest import Caller

TILE = "/tiles/micro_grids/14/13686/6334.mvt"  # holds G4-0 and G5-0
GZIP = {"Accept-Encoding": "gzip"}


def test_tile_is_gzipped_and_marked(callers: dict[str, Caller]):
    answer = callers["field"].get(TILE, **GZIP)
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in answer.headers["Vary"]
    assert b"G5-0-1" in gzip.decompress(answer.data)


def test_reader_without_gzip_gets_it_plain(callers: dict[str, Caller]):
    answer = callers["field"].get(TILE, **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert b"G5-0-1" in answer.data


def test_copy_that_still_holds_is_not_sent_again(callers: dict[str, Caller]):
    etag = callers["field"].get(TILE, **GZIP).headers["ETag"]
    again = callers["field"].get(TILE, **GZIP, **{"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == etag
    other = callers["field"].get(TILE, **GZIP, **{"If-None-Match": '"something-else"'})
    assert other.status_code == 200


def test_second_request_asks_the_database_nothing(callers: dict[str, Caller], connection: Connection):
    caller = callers["field"]
    first = caller.get(TILE, **GZIP)
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    again = caller.get(TILE, **GZIP)
    event.remove(connection, "before_cursor_execute", note)
    assert again.data == first.data
    assert [statement for statement in sent if "SAVEPOINT" not in statement] == []


def test_tiles_outlive_the_process(callers: dict[str, Caller], app: Flask):
    callers["field"].get(TILE, **GZIP)
    assert (app.extensions["settings"].home / "tiles.sqlite").exists()


def test_empty_tile_is_an_answer(callers: dict[str, Caller]):
    answer = callers["field"].get("/tiles/buildings/3/6/3.mvt", **GZIP)
    assert answer.status_code == 200
    assert gzip.decompress(answer.data) == b""


@pytest.mark.usefixtures("draft")
def test_draft_is_not_kept_by_anybody(callers: dict[str, Caller]):
    answer = callers["planner"].get(f"{TILE}?plan=2", **GZIP)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers
    assert gzip.decompress(answer.data) == b""  # plan 2 has drawn nothing yet


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/people/14/13686/6334.mvt", 404),
        ("/tiles/areas/18/0/0.mvt", 404),
        ("/tiles/areas/2/4/0.mvt", 404),
        (f"{TILE}?plan=999", 404),
        (f"{TILE}?plan=x", 400),
        (f"{TILE}?plan=-1", 400),
        (f"{TILE}?plan=99999999999999999999", 400),
        ("/tiles/areas/2/-1/0.mvt", 404),
    ],
)
def test_bad_addresses(callers: dict[str, Caller], path: str, status: int):
    assert callers["planner"].get(path).status_code == status


def test_token_that_is_unknown_gets_nothing_even_after_one_that_is_known(
    callers: dict[str, Caller], app: Flask
):
    callers["field"].get(TILE)
    assert callers["visitor"].get(TILE).status_code == 401
    assert app.test_client().get(TILE, headers={"Authorization": "Bearer gm_wrong"}).status_code == 401
