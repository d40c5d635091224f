"""The demo district, 329 grids, with its published plan and a draft of all of it: for tests that redraw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from gridmap.db import migrate
from gridmap.models import Plan
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_lives import branch_plan
from tests.browser.conftest import build_city

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database


def build_district(database: Database) -> None:
    """Build the district, publish a plan of it and branch a draft of that."""
    migrate(database)
    published = build_city(database, "district")
    with database.transaction() as session:
        branch_plan(session, SYSTEM, published)


@pytest.fixture(scope="session")
def template(make_template: Callable[..., str]) -> str:
    """The demo district; half a minute to make, a tenth of a second to copy."""
    return make_template("district", build_district)


@pytest.fixture
def grid() -> str:
    """A grid of 8 micro-grids, all inside the band, of ten whole towers and the entrances of another."""
    return "370699006002005"


@pytest.fixture
def draft(database: Database) -> int:
    """The draft of the whole district."""
    with database.transaction() as session:
        return session.scalars(select(Plan.id).where(Plan.status == "draft")).one()
