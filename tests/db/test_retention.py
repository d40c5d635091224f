"""What people leave behind goes when its days are over, and nothing else does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.models import Base
from gridmap.services import jobs
from gridmap.services.retention import KEPT, REGISTER, apply_retention
from tests.spatial_city import fill

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2027, 12, 31, 12, tzinfo=UTC)


def _names_somebody() -> set[str]:
    return {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.column.table.name in {"staff", "accounts"} for key in table.foreign_keys)
    }


def test_every_table_that_names_somebody_is_in_the_register():
    """A table that is added without saying how long it is kept fails here."""
    aged = {rule.table for rule in REGISTER}
    assert _names_somebody() - aged == set(KEPT)
    assert all(rule.days > 0 and rule.purpose for rule in REGISTER)


@pytest.fixture
def town(session: Session) -> Session:
    fill(session.connection(), columns=2, rows=2, staff=3, days=7, issues=0)
    return session


def test_rows_go_when_their_days_are_over(town: Session):
    kind = town.scalar(text("SELECT min(code) FROM visit_kinds"))
    visit = text(
        "INSERT INTO visits (client_id, staff_id, kind, building_id, visited_at)"
        " SELECT gen_random_uuid(), 1, :kind, min(id), CAST(:at AS timestamptz) FROM buildings"
    )
    for days in (399, 401):
        town.execute(visit, {"kind": kind, "at": NOW - timedelta(days=days)})
    shifts = text("SELECT min(ends_at), count(*) FROM shifts")
    _, before = town.execute(shifts).one()
    removed = apply_retention(town, now=NOW)
    oldest, left = town.execute(shifts).one()
    assert (removed["visits"], town.scalar(text("SELECT count(*) FROM visits"))) == (1, 1)
    assert removed["shifts"] == before - left > 0
    assert oldest is None or oldest >= NOW - timedelta(days=400)
    details = town.scalar(text("SELECT details FROM audit_entries WHERE subject = 'retention'"))
    assert details["visits"] == 1


def test_a_night_without_anything_old_leaves_no_audit_row(town: Session):
    at = datetime.combine(date(2026, 11, 20), datetime.min.time(), UTC)
    assert not any(apply_retention(town, now=at).values())
    assert town.scalar(text("SELECT count(*) FROM audit_entries WHERE subject = 'retention'")) == 0


def test_finished_jobs_go_and_waiting_ones_stay(session: Session):
    for _ in range(3):
        jobs.defer(session, "measure_coverage")
    first, second = session.scalars(text("SELECT id FROM procrastinate_jobs ORDER BY id LIMIT 2"))
    session.execute(
        text("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id IN (:a, :b)"),
        {"a": first, "b": second},
    )
    old = "UPDATE procrastinate_events SET at = now() - interval '31 days' WHERE job_id = :id"
    session.execute(text(old), {"id": first})
    assert jobs.remove_finished(session, 30) == 1
    assert list(session.scalars(text("SELECT status::text FROM procrastinate_jobs ORDER BY id"))) == [
        "succeeded",
        "todo",
    ]
