"""Answers of several queries stand while others change what they read: no row that moved away breaks one."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select, text

from gridmap.models import CoverageRule
from gridmap.services.actors import SYSTEM
from gridmap.services.coverage_rules import find_gaps
from gridmap.services.visits import find_visits_done
from tests.spatial_city import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridmap.db import Database

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
# Grid G0-0 goes to community C1-0 of the second street: a list of areas was loaded.
AWAY = "UPDATE areas SET parent_id = 2000, lineage = '{1,11,2000,1000000}' WHERE id = 1000000"


@contextmanager
def changed_after(database: Database, query: str, change: str) -> Iterator[list[str]]:
    """Commit a change from elsewhere as soon as a query whose text begins so has been answered, once."""
    done: list[str] = []

    def commit(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith(query) and not done:
            done.append(change)
            with database.engine.begin() as other:
                other.execute(text(change))

    event.listen(database.engine, "after_cursor_execute", commit)
    try:
        yield done
    finally:
        event.remove(database.engine, "after_cursor_execute", commit)


@pytest.fixture
def town(database: Database) -> Database:
    with database.engine.begin() as connection:
        fill(connection, columns=6, rows=2, staff=12, days=1, issues=0)
    return database


def test_visits_are_counted_while_a_grid_goes_to_another_community(town: Database):
    with changed_after(town, "-- How often each building", AWAY) as done, town.transaction() as session:
        found = find_visits_done(session, SYSTEM, "C0-0", "key", NOW)
    assert done
    shares = {one.code: one.share.places for one in found.areas}
    assert shares == {"C0-0": 120, "G1-0": 30, "G2-0": 30, "G3-0": 30, "G4-0": 30}  # as the areas are now


def test_gaps_are_named_while_a_grid_goes_to_another_community(town: Database):
    with town.transaction() as session:
        rule = session.scalars(
            select(CoverageRule.id).where(CoverageRule.kind == "head").order_by(CoverageRule.id)
        ).first()
    assert rule is not None
    with changed_after(town, "-- ", AWAY) as done, town.transaction() as session:
        answer = find_gaps(session, SYSTEM, rule, "C0-0", NOW)
    assert done
    assert {one.code for one in answer.areas} == {"C0-0", "G1-0", "G2-0", "G3-0", "G4-0"}
    assert {gap["grid_code"] for gap in answer.gaps} - {None} <= {"G1-0", "G2-0", "G3-0", "G4-0"}
    assert len(answer.gaps) == answer.areas[0].share.places - answer.areas[0].share.places_covered
