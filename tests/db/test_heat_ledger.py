"""The ledger counts what the spatial join counts, whatever the plan, the filter and the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import text

from gridmap.models import Area
from gridmap.services.heat_counts import (
    HeatFilter,
    choose_issues,
    count_frames,
    count_incidents,
    count_issues,
    lay_board,
)
from gridmap.services.heat_ledger import get_ledger
from gridmap.services.heat_places import Atlas
from tests import spatial_city
from tests.conftest import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from gridmap.db import Database

START = datetime(2026, 1, 1, tzinfo=UTC)
PERIODS = [(0, 365), (40, 41), (100, 190)]
JOINS = Path(__file__).parent / "heat_join"

# Two in seven issues moves off its building's middle, some just onto a border; some lose their building, some
# know entrance and floor; a part of the buildings is divided.
SCATTER = """
UPDATE issues SET
    geom = CASE id % 7
        WHEN 1 THEN ST_Translate(geom, (id % 97) * 0.0003, (id % 89) * 0.0002)
        WHEN 2 THEN ST_SetSRID(ST_MakePoint(120.7 + id % 20 * 0.005, 37.75 + id % 17 * 0.004), 4326)
        WHEN 3 THEN NULL ELSE geom END,
    building_id = CASE WHEN id % 5 = 0 THEN NULL ELSE building_id END,
    entrance_number = CASE WHEN id % 3 = 0 THEN 1 + id % 2 END,
    floor = CASE WHEN id % 2 = 0 THEN 1 + id % 6 END,
    tier = CASE WHEN id % 11 = 0 THEN 'street' ELSE 'compound' END
"""
DIVIDE = """
WITH taken AS (
    DELETE FROM assignments WHERE building_id % 10 = 1
    RETURNING plan_id, building_id, micro_grid_id
)
INSERT INTO assignments (plan_id, atom, building_id, entrance_number, floor_from, floor_to, households,
                         households_estimated, micro_grid_id)
SELECT plan_id, part.atom || building_id, building_id, part.entrance, part.low, part.high, 4, false,
       CASE WHEN part.other THEN micro_grid_id - micro_grid_id % 10 + 1 + micro_grid_id % 6
            ELSE micro_grid_id END
FROM taken, (VALUES ('x', 1, NULL, NULL, false), ('y', 2, 1, 3, false), ('z', 2, 4, 6, true))
     AS part (atom, entrance, low, high, other)
"""
SECOND_PLAN = """
INSERT INTO plans (id, area_id, status, seed, rules) VALUES (2, 1, 'superseded', 0, '{}');
INSERT INTO micro_grids (id, plan_id, grid_id, code, households, households_estimated, building_count, status,
                         stacked, colour, contents, label, geom, valid_from, valid_to)
SELECT id + 90000000, 2, grid_id, code, 390, false, 30, 'over', false, 0, '旧', label,
       (SELECT geom FROM areas WHERE id = grid_id), '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'
FROM micro_grids WHERE id % 10 = 1;
INSERT INTO assignments (plan_id, atom, building_id, households, households_estimated, micro_grid_id)
SELECT 2, 'b' || id, id, households, false, grid_id * 10 + 1 + 90000000 FROM buildings WHERE id % 3 > 0;
"""


MOVE = """
UPDATE issues SET building_id = NULL, geom = ST_SetSRID(ST_MakePoint(120.7101, 37.7521), 4326)
WHERE id % 40 = 1
"""
ADD = """
INSERT INTO issues (source, source_id, category, state, reported_at, building_id)
SELECT 'late', id, 'noise', 'reported', '2026-02-03', id FROM buildings WHERE id % 50 = 3
"""
CHANGES = (
    MOVE,
    "UPDATE issues SET flags = '{placeholder_point}' WHERE id % 60 = 2",
    ADD,
    "UPDATE issues SET reported_at = reported_at - interval '30 days' WHERE source = 'late'",
    "DELETE FROM issues WHERE source = 'late'",
)


@pytest.fixture(scope="module")
def scattered(template: str, server_url: Callable[[str], str]) -> Iterator[Database]:
    """A city with issues all over the place and a second plan, all committed."""
    with copy_of(template, server_url) as database:
        with database.engine.begin() as connection:
            spatial_city.fill(connection, columns=8, rows=6, staff=42, days=1, issues=4000)
            for step in (SCATTER, DIVIDE, *SECOND_PLAN.split(";\n")):
                connection.execute(text(step))
        yield database


def _count(session: Session, level: str, which: HeatFilter, plan_id: int = 0) -> dict[str, tuple[int, int]]:
    """Code -> issues, and those of them that a point alone has put there; only where there are some."""
    area = session.get_one(Area, 1)
    ledger = get_ledger(session)
    board = lay_board(Atlas(session), ledger, area, level, plan_id)
    issues, by_point = count_issues(board, choose_issues(session, ledger, which))
    return {
        board.geography.code[cell]: (int(issues[cell]), int(by_point[cell]))
        for cell in np.flatnonzero(issues)
    }


def _join(session: Session, level: str, which: HeatFilter, plan_id: int = 0) -> dict[str, tuple[int, int]]:
    """The same by joining every issue to buildings, parts and polygons in PostGIS."""
    query = (JOINS / f"{'micro_grids' if level == 'micro_grid' else 'areas'}.sql").read_text()
    if plan_id:
        query = query.replace("m.valid_from IS NOT NULL AND m.valid_to IS NULL", f"m.plan_id = {plan_id}")
    asked = {"area_id": 1, "starts_at": which.starts_at, "ends_at": which.ends_at}
    asked |= {"category": which.categories[0] if which.categories else "", "level": level}
    used = {name: value for name, value in asked.items() if f":{name}" in query}
    rows = session.execute(text(query), used)
    return {row.code: (row.issues, row.by_point) for row in rows if row.code and row.issues}


@pytest.mark.parametrize(
    ("level", "plan_id"), [("micro_grid", 0), ("micro_grid", 2), ("grid", 0), ("community", 0)]
)
def test_counts_are_those_of_the_join(scattered: Database, level: str, plan_id: int):
    for first, last in PERIODS:
        for categories in ((), ("water",)):
            which = HeatFilter(START + timedelta(days=first), START + timedelta(days=last), categories)
            with scattered.transaction() as session:
                counted, joined = (count(session, level, which, plan_id) for count in (_count, _join))
            assert counted == joined
            assert sum(by_point for _, by_point in counted.values()) > 0


def test_hexagons_count_every_issue_of_the_city_once(scattered: Database):
    """By plain SQL: who has a building or a point in the district."""
    which = HeatFilter(START, START + timedelta(days=365))
    query = """SELECT count(*) FROM issues i, areas d WHERE d.level = 'district' AND i.flags = '{}'
               AND (i.building_id IS NOT NULL OR ST_Intersects(d.geom, i.geom))"""
    with scattered.transaction() as session:
        counted = _count(session, "hexagon", which)
        within = session.scalar(text(query))
    # A hexagon on the border also holds what lies just outside of the district.
    assert within <= sum(issues for issues, _ in counted.values())
    assert len(counted) > 30


def test_filters_choose_by_channel_state_and_tier(scattered: Database):
    year = HeatFilter(START, START + timedelta(days=365))
    for words in ({"tiers": ("street",)}, {"states": ("reported",)}, {"categories": ("noise", "waste")}):
        which = HeatFilter(year.starts_at, year.ends_at, **words)
        with scattered.transaction() as session:
            ledger = get_ledger(session)
            chosen = choose_issues(session, ledger, which)
            column = {"tiers": "tier", "states": "state", "categories": "category"}[next(iter(words))]
            wanted = session.scalar(
                text(f"SELECT count(*) FROM issues WHERE {column} = ANY(:words) AND flags = '{{}}'"),
                {"words": list(next(iter(words.values())))},
            )
        assert chosen.trusted.sum() == wanted > 0


def test_frames_add_up_to_the_period(scattered: Database):
    which = HeatFilter(START, START + timedelta(days=60))
    bounds = [START + timedelta(days=5 * number) for number in range(13)]
    with scattered.transaction() as session:
        ledger = get_ledger(session)
        board = lay_board(Atlas(session), ledger, session.get_one(Area, 1), "micro_grid")
        whole, _ = count_issues(board, choose_issues(session, ledger, which))
        frames = count_frames(board, choose_issues(session, ledger, which), bounds)
        for number, frame in enumerate(frames):
            part = which.moved(bounds[number], bounds[number + 1])
            assert frame.tolist() == count_issues(board, choose_issues(session, ledger, part))[0].tolist()
    assert frames.sum(axis=0).tolist() == whole.tolist()


def test_what_others_write_is_taken_in(scattered: Database):
    """New, moved, flagged and deleted issues, by other transactions; one open all the while, one undone."""
    which = HeatFilter(START, START + timedelta(days=365))
    with scattered.transaction() as waiting:
        waiting.execute(text("UPDATE issues SET tier = 'community' WHERE id % 100 = 7"))
        for step in CHANGES:
            with scattered.transaction() as session:
                before = _count(session, "micro_grid", which)
            with scattered.transaction() as session:
                session.execute(text(step))
                inside = _count(session, "micro_grid", which)
                assert inside == _join(session, "micro_grid", which)
                session.rollback()
            with scattered.transaction() as session:
                assert _count(session, "micro_grid", which) == before
                session.rollback()
            with scattered.transaction() as session:
                session.execute(text(step))
            with scattered.transaction() as session:
                after = _count(session, "micro_grid", which)
                assert after == _join(session, "micro_grid", which) == inside
    community = HeatFilter(which.starts_at, which.ends_at, tiers=("community",))
    with scattered.transaction() as session:
        late = session.scalar(text("SELECT count(*) FROM issues WHERE tier = 'community' AND flags = '{}'"))
        chosen = choose_issues(session, get_ledger(session), community)
    assert chosen.trusted.sum() == late > 0


def test_incidents_are_counted_once(session: Session):
    """Five reports: two of one door and evening, one of the next day, one of another matter, one merged."""
    spatial_city.fill(session.connection(), columns=2, rows=2, staff=42, days=1, issues=1)
    session.execute(text("DELETE FROM issues"))
    building = session.scalar(text("SELECT min(id) FROM buildings"))
    evening = datetime(2026, 5, 1, 12, tzinfo=UTC)
    reports = [
        ("noise", evening, 1, "reported"),
        ("noise", evening + timedelta(hours=3), 1, "settled"),
        ("noise", evening + timedelta(hours=4), 1, "reported"),  # 2 May in the city
        ("water", evening, 1, "reported"),
        ("noise", evening, 2, "merged"),
    ]
    for number, (category, when, entrance, state) in enumerate(reports):
        session.execute(
            text(
                "INSERT INTO issues (source, source_id, category, state, reported_at, building_id,"
                " entrance_number) VALUES ('test', :number, :category, :state, :when, :building, :entrance)"
            ),
            {
                "number": str(number),
                "category": category,
                "when": when,
                "building": building,
                "entrance": entrance,
                "state": state,
            },
        )
    which = HeatFilter(evening - timedelta(days=2), evening + timedelta(days=2))
    ledger = get_ledger(session)
    board = lay_board(Atlas(session), ledger, session.get_one(Area, 1), "micro_grid")
    chosen = choose_issues(session, ledger, which)
    assert count_issues(board, chosen)[0].sum() == 5
    assert count_incidents(board, chosen).sum() == 3
    assert count_incidents(board, chosen, "UTC").sum() == 2
