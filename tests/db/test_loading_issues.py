"""Loading issues with their steps; the town of `tests.db.loads`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from shapely import Point, box
from sqlalchemy import select, text

from gridmap.models import Issue, IssueEvent, Staff
from tests.db.loads import AREAS, Row, area_id, figures, load, load_town

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@pytest.fixture
def town(session: Session) -> Session:
    return load_town(session)


def issue(number: int | str, **other: Any) -> Row:
    return {
        "id": str(number),
        "category": "灯",
        "reported_at": "2026-01-02 08:00",
        "geometry": Point(0.2, 0.2),
    } | other


def test_issues_get_their_grid_state_steps_and_flags(town: Session) -> None:
    rows = [
        issue(1),
        issue(2, state="closed", closed_at="2026-01-03 08:00", geometry=Point(1.5, 0.5)),
        issue(3, closed_at="2026-01-01 08:00"),
        issue(4, geometry=None),
        issue(5, geometry=Point(5, 5)),
        issue(6, geometry=None, building_id="b2"),
    ]
    report = load(town, "issues", rows)
    assert report.notes == {
        "no_coordinates": 1, "placeholder_point": 0, "outside_city": 1, "closed_before_reported": 1,
    }  # fmt: skip
    found = {entry.source_id: entry for entry in town.scalars(select(Issue))}
    assert {key: entry.flags for key, entry in found.items() if entry.flags} == {
        "3": ["closed_before_reported"], "4": ["no_coordinates"], "5": ["outside_city"],
    }  # fmt: skip
    west, east = area_id(town, "w"), area_id(town, "e")
    assert [found[key].grid_id for key in "123456"] == [west, east, west, None, None, east]
    assert [found[key].state for key in "123456"] == ["reported", "settled", "settled", *["reported"] * 3]
    steps = town.execute(
        select(IssueEvent.from_state, IssueEvent.to_state, IssueEvent.at)
        .where(IssueEvent.issue_id == found["2"].id)
        .order_by(IssueEvent.at)
    ).all()
    assert [tuple(step) for step in steps] == [
        (None, "reported", datetime(2026, 1, 2, 0, 0, tzinfo=UTC)),
        ("reported", "settled", datetime(2026, 1, 3, 0, 0, tzinfo=UTC)),
    ]
    assert figures(load(town, "issues", rows)) == (0, 0, 6)
    assert town.scalar(text("SELECT count(*) FROM issue_events")) == 8


def test_issues_are_outside_the_city_where_its_districts_are_not(session: Session) -> None:
    """Issues 1 at x 0.2, 2 at x 1.5, 3 at x 5, closed before it was reported; no grid, no building."""
    rows = [
        issue(1),
        issue(2, geometry=Point(1.5, 0.5)),
        issue(3, geometry=Point(5, 1), closed_at="2026-01-01 08:00"),
    ]

    def outside() -> dict[str, list[str]]:
        session.expire_all()
        return {entry.source_id: entry.flags for entry in session.scalars(select(Issue)) if entry.flags}

    backwards = ["closed_before_reported"]
    load(session, "issues", rows)
    assert outside() == {"3": backwards}  # nobody has said where the city is
    district = AREAS[0]
    load(session, "areas", [district | {"geometry": box(0, 0, 1, 2)}])
    assert outside() == {"2": ["outside_city"], "3": ["outside_city", *backwards]}
    load(session, "areas", [district | {"code": "d2", "geometry": box(1, 0, 6, 2)}])
    assert outside() == {"3": backwards}
    load(session, "areas", [district | {"geometry": box(0.5, 0, 1, 2)}])
    assert outside() == {"1": ["outside_city"], "3": backwards}


def test_news_of_an_issue_replace_its_steps_unless_somebody_worked_on_it(town: Session) -> None:
    load(town, "issues", [issue(1, state="closed", closed_at="2026-01-03 08:00"), issue(2)])
    first, second = town.scalars(select(Issue).order_by(Issue.source_id)).all()
    post = town.scalars(select(Staff.id)).one()
    second.state = "accepted"
    at = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
    town.add(IssueEvent(issue_id=second.id, at=at, from_state="reported", to_state="accepted", staff_id=post))
    town.flush()
    news = [
        issue(1, state="closed", closed_at="2026-01-05 08:00"),
        issue(2, closed_at="2026-01-04", text="修好了"),
    ]
    assert figures(load(town, "issues", news)) == (0, 2, 0)
    states = {e.source_id: (e.state, e.closed_at, e.text) for e in town.scalars(select(Issue))}
    assert states["1"][:2] == ("settled", datetime(2026, 1, 5, 0, 0, tzinfo=UTC))
    assert states["2"] == ("accepted", None, "修好了")
    steps = town.execute(
        select(IssueEvent.issue_id, IssueEvent.to_state, IssueEvent.at)
        .join(Issue, Issue.id == IssueEvent.issue_id)
        .order_by(Issue.source_id, IssueEvent.at)
    )
    assert [tuple(step) for step in steps] == [
        (first.id, "reported", datetime(2026, 1, 2, 0, 0, tzinfo=UTC)),
        (first.id, "settled", datetime(2026, 1, 5, 0, 0, tzinfo=UTC)),
        (second.id, "reported", datetime(2026, 1, 2, 0, 0, tzinfo=UTC)),
        (second.id, "accepted", at),
    ]


def test_a_point_with_very_many_reports_is_a_placeholder_unless_a_building_explains_it(town: Session) -> None:
    crowd = [issue(f"c{number}") for number in range(100)]
    few = [issue(f"f{number}", geometry=Point(0.3, 0.3)) for number in range(99)]
    block = [issue(f"b{number}", geometry=Point(0.4, 0.4), building_id="b1") for number in range(150)]
    assert load(town, "issues", crowd + few + block).notes["placeholder_point"] == 100
    flagged = town.scalars(select(Issue.source_id).where(Issue.flags != [])).all()
    assert {key[0] for key in flagged} == {"c"}
    # 100 are no longer one in a hundred of the source when it grows beyond 10,000.
    more = [issue(f"m{number}", geometry=Point(0.5 + number / 1e5, 0.5)) for number in range(9_700)]
    assert load(town, "issues", more).notes["placeholder_point"] == 0
