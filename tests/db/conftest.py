"""Fixtures of the database tests: a city big enough for its indexes to matter."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy.orm import Session

from gridmap.db import Database, create_database
from tests import spatial_city

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def city_database(template: str, server_url: Callable[[str], str]) -> Iterator[Database]:
    """A database that holds `tests.spatial_city`; `city` undoes whatever a test does to it."""
    name = f"gridmap_city_{os.getpid()}"
    create_database(server_url("postgres"), name, template=template)
    database = Database(server_url(name))
    with database.engine.begin() as connection:
        spatial_city.fill(connection, staff=3000, days=7, issues=20_000)
    yield database
    database.close()
    with psycopg.connect(server_url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture
def city(city_database: Database) -> Iterator[Session]:
    """A session on the filled city; its work is rolled back."""
    with city_database.engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()
