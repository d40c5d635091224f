"""Columns read as arrays are those that rows bring, of every type, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import text

from gridmap.db import sql
from gridmap.errors import Unavailable
from gridmap.services.column_reads import read_columns, reading_ahead

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.db import Database

EDGES = {"first_node": "int8", "second_node": "int8", "length_m": "float8", "geometry": "bytea"}
BOX = {"west": 120.70, "south": 37.75, "east": 120.73, "north": 37.78}
PLACES = {"place_id": "int8", "code": "text", "name": "text", "geometry": "text"}
NOWHERE = {"west": 0.0, "south": 0.0, "east": 1.0, "north": 1.0}


def test_columns_are_what_the_rows_say(city: Session):
    rows = city.execute(sql("walking_edges"), BOX).all()
    read = read_columns(city, "walking_edges", EDGES, BOX)
    assert len(rows) > 50
    assert list(zip(*(read[name].tolist() for name in EDGES), strict=True)) == [
        tuple(getattr(row, name) for name in EDGES) for row in rows
    ]


def test_texts_may_be_empty(city: Session):
    asked = {"level": "grid", "place_ids": [1_005_005, 1_000_000], "with_shapes": False}
    rows = city.execute(sql("coverage_places"), asked).all()
    read = read_columns(city, "coverage_places", PLACES, asked)
    assert read["geometry"].tolist() == [None, None]
    assert [*zip(*(read[name].tolist() for name in PLACES), strict=True)] == [
        tuple(getattr(row, name) for name in PLACES) for row in rows
    ]


@pytest.mark.parametrize("count", [0, 2])
def test_ids_may_be_an_array(city: Session, count: int):
    ids = [1_005_005, 1_000_000][:count]
    asked = {"level": "grid", "with_shapes": False}
    listed = read_columns(city, "coverage_places", PLACES, asked | {"place_ids": ids})
    read = read_columns(city, "coverage_places", PLACES, asked | {"place_ids": np.array(ids, dtype=np.int64)})
    assert len(read["place_id"]) == count
    assert {name: column.tolist() for name, column in read.items()} == {
        name: column.tolist() for name, column in listed.items()
    }


def test_points_are_pairs_of_degrees(city: Session):
    asked = {"district_id": 1, "kinds": ["station"], "margin": 1.0}
    rows = city.execute(text("SELECT code, ST_X(geom), ST_Y(geom) FROM stations WHERE kind = 'station'"))
    read = read_columns(city, "walking_stations", {"code": "text", "place": "point"}, asked)
    places = zip(read["code"], *read["place"].T, strict=True)
    expected = sorted(tuple(row) for row in rows)
    assert len(expected) > 1
    assert [*places] == expected


def test_no_rows_make_empty_arrays_of_the_type(city: Session):
    read = read_columns(city, "walking_edges", EDGES, NOWHERE)
    assert {name: (len(column), column.dtype) for name, column in read.items()} == {
        "first_node": (0, np.dtype("i8")),
        "second_node": (0, np.dtype("i8")),
        "length_m": (0, np.dtype("f8")),
        "geometry": (0, np.dtype(object)),
    }


def test_a_number_that_is_missing_is_an_error(city: Session):
    asked = {"level": "grid", "place_ids": [1_005_005], "with_shapes": False}
    with pytest.raises(ValueError, match="coverage_places: 1 of 1 rows have no geometry"):
        read_columns(city, "coverage_places", {"place_id": "int8", "geometry": "bytea"}, asked)


def test_what_is_read_ahead_is_what_would_have_been_read(city: Session):
    asked = {"level": "grid", "place_ids": [1_005_005], "with_shapes": False}
    with reading_ahead(city) as ask:
        edges, places = ask("walking_edges", EDGES, BOX), ask("coverage_places", PLACES, asked)
        nothing = ask("walking_edges", EDGES, NOWHERE)
        read = [places(), edges(), nothing()]
    for ahead, name, types, given in (
        (read[0], "coverage_places", PLACES, asked),
        (read[1], "walking_edges", EDGES, BOX),
        (read[2], "walking_edges", EDGES, NOWHERE),
    ):
        alone = read_columns(city, name, types, given)
        assert {column: values.tolist() for column, values in ahead.items()} == {
            column: values.tolist() for column, values in alone.items()
        }
    assert city.scalar(text("SELECT 1")) == 1


def test_a_server_that_goes_away_meanwhile_is_said_to_be_away(database: Database):
    def read() -> None:
        with database.transaction() as session, database.transaction() as other:
            own = session.scalar(text("SELECT pg_backend_pid()"))
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
            read_columns(session, "walking_edges", EDGES, BOX)

    with pytest.raises(Unavailable):
        read()
