"""Fixtures of the database tests: a city big enough for its indexes to matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.services.walking import cut_roads
from tests import spatial_city
from tests.conftest import copy_of
from tests.sample_town import load_sample_town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridmap.db import Database


@pytest.fixture(scope="session")
def city_database(
    make_template: Callable[..., str], template: str, server_url: Callable[[str], str]
) -> Iterator[Database]:
    """A database that holds `tests.spatial_city`; `city` undoes whatever a test does to it."""
    with copy_of(make_template("city", _fill, base=template), server_url) as database:
        yield database


def _fill(database: Database) -> None:
    with database.engine.begin() as connection:
        spatial_city.fill(connection, staff=3000, days=7, issues=20_000)
        with Session(connection, join_transaction_mode="create_savepoint") as session, session.begin():
            cut_roads(session)
        connection.execute(text("ANALYZE walking_edges"))


@pytest.fixture
def city(city_database: Database) -> Iterator[Session]:
    """A session on the filled city; its work is rolled back."""
    with city_database.engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@pytest.fixture
def town(session: Session) -> Session:
    """The sample town, whose work is undone; many modules draw a town of their own."""
    load_sample_town(session)
    return session
