"""Figures for everybody, published from real issues: once, of closed months, and never changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from gridmap.errors import NotSignedIn
from gridmap.models import Issue, PublicBlock, PublicCategory, PublicCell, PublicIssue
from gridmap.services.actors import SYSTEM, VISITOR
from gridmap.services.public_figures import Published, month_after, publish_figures
from gridmap.services.public_map import PUBLIC, list_months, list_year
from tests.spatial_city import fill

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

RECORDED = datetime(2025, 6, 1, 4, tzinfo=UTC)


@pytest.fixture
def town(session: Session) -> Session:
    """Two communities of two grids each, with buildings and micro-grids; no issue yet."""
    fill(session.connection(), columns=2, rows=2, staff=3, days=1, issues=0)
    return session


def _report(session: Session, at: datetime, count: int, category: str = "noise") -> None:
    """Report something at ``count`` buildings of the first community."""
    session.execute(
        text(
            "INSERT INTO issues (source, source_id, category, state, reported_at, building_id, grid_id, geom)"
            " SELECT 'test', gen_random_uuid(), :category, 'archived', :at, b.id, b.grid_id, b.point FROM"
            " (SELECT o.* FROM buildings o JOIN areas g ON g.id = o.grid_id WHERE o.households > 0"
            "  AND g.parent_id = (SELECT min(id) FROM areas WHERE level = 'community')"
            "  ORDER BY md5(o.id::text) LIMIT :count) b"
        ),
        {"at": at, "count": count, "category": category},
    )


def _blocks(session: Session) -> list[tuple[date, date, int]]:
    query = select(PublicBlock.first_month, PublicBlock.last_month, PublicBlock.issues)
    return [tuple(row) for row in session.execute(query.order_by(PublicBlock.first_month))]


def test_months_are_told_when_they_are_closed_and_never_change(town: Session):
    _report(town, RECORDED, 7)
    _report(town, RECORDED + timedelta(days=31), 2)  # July
    _report(town, RECORDED + timedelta(days=62), 4)  # August
    assert publish_figures(town, SYSTEM, now=datetime(2025, 7, 2, tzinfo=UTC)) == Published(0, 0, 0)
    assert publish_figures(town, SYSTEM, now=datetime(2025, 8, 20, tzinfo=UTC)).blocks == 1
    june = (date(2025, 6, 1), date(2025, 6, 1), 7)
    assert _blocks(town) == [june]  # July waits
    _report(town, RECORDED + timedelta(days=1), 3)  # June, too late
    publish_figures(town, SYSTEM, now=datetime(2025, 9, 4, tzinfo=UTC))
    assert _blocks(town) == [june, (date(2025, 7, 1), date(2025, 8, 1), 6)]
    assert publish_figures(town, SYSTEM, now=datetime(2025, 9, 4, tzinfo=UTC)) == Published(0, 0, 0)


def test_after_a_year_the_same_issues_are_told_by_micro_grid_and_category(town: Session):
    month = date(2025, 6, 1)
    for number in range(12):
        at = datetime.combine(month_after(month, number), datetime.min.time(), UTC) + timedelta(days=1)
        _report(town, at, 6, "noise")
        _report(town, at, 1, "lift")
    done = publish_figures(town, SYSTEM, now=datetime(2026, 6, 10, tzinfo=UTC))
    assert done.blocks == 12
    (told,) = town.execute(select(func.sum(PublicBlock.issues))).one()
    assert told == 12 * 7 == town.scalar(select(func.count()).select_from(PublicIssue))
    cells = town.scalars(select(PublicCell)).all()
    assert sum(cell.issues for cell in cells) == told
    assert all(cell.issues >= 5 and cell.households >= 8 for cell in cells)
    codes = [code for cell in cells for code in cell.codes]
    assert len(codes) == len(set(codes)) == 12  # two grids of six
    found = {row.category: row.issues for row in town.scalars(select(PublicCategory))}
    assert found == {"noise": 72, None: 12}
    year = list_year(town, PUBLIC)
    assert year is not None
    assert year.year_end == date(2026, 6, 1)
    assert all(cell["geometry"] for cell in year.cells)


def test_doubtful_places_and_repeated_reports_are_not_counted(town: Session):
    for _ in range(2):  # the same place, category and day
        _report(town, RECORDED, 6)
    first = "(SELECT min(building_id) FROM issues)"
    town.execute(text(f"UPDATE issues SET flags = ARRAY['placeholder_point'] WHERE building_id = {first}"))
    publish_figures(town, SYSTEM, now=datetime(2025, 7, 20, tzinfo=UTC))
    assert _blocks(town) == [(date(2025, 6, 1), date(2025, 6, 1), 5)]


def test_the_public_reads_without_signing_in_and_nobody_else_by_chance(town: Session):
    _report(town, RECORDED, 7)
    publish_figures(town, SYSTEM, now=datetime(2025, 7, 20, tzinfo=UTC))
    answer = list_months(town, PUBLIC, language="en")
    (told,) = [one for one in answer.communities if one["blocks"]]
    assert told["blocks"][0]["issues"] == 7
    assert "fewer than 5" in answer.definition
    assert list_year(town, PUBLIC) is None
    with pytest.raises(NotSignedIn):
        list_months(town, VISITOR)
    assert town.scalar(select(func.count()).select_from(Issue)) == 7
