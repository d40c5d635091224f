"""The demo city in the database: loaded whole, loaded again without a change, never over another city."""

from datetime import date

import pytest
from sqlalchemy import func, select

from gridmap.errors import BadInput, Conflict, NotAllowed
from gridmap.models import Account, AuditEntry, Building, Issue, Posting, Staff
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.demo import DEMO_SIGN_INS, build_demo

TODAY = date(2026, 11, 20)


def test_a_town_is_loaded_whole_and_again_without_a_change(session):
    steps = []
    report = build_demo(session, SYSTEM, "town", 1, steps.append, today=TODAY)
    assert session.scalar(select(func.sum(Building.households))) == report.households
    assert session.scalar(select(func.count(Issue.id))) == report.rows["issues"]
    assert session.scalar(select(func.count(Building.id)).where(Building.grid_id.is_(None))) == 0
    assert dict(report.sign_ins) == dict(DEMO_SIGN_INS)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done == steps[-1].total
    assert all(step.text("zh") and step.text("en") for step in steps)

    again = build_demo(session, SYSTEM, "town", 1, today=TODAY)
    assert dict(again.sign_ins) == {}
    entries = select(AuditEntry).where(AuditEntry.action == "loaded").order_by(AuditEntry.id)
    second = session.scalars(entries).all()[len(report.rows) :]
    assert {entry.subject for entry in second} == set(report.rows)
    assert all(entry.details["inserted"] == entry.details["updated"] == 0 for entry in second)


def test_the_field_account_is_a_grid_officer_with_a_grid(session):
    build_demo(session, SYSTEM, "town", 1, today=TODAY)
    staff = session.scalar(select(Staff).join(Account, Account.staff_id == Staff.id))
    assert staff.role == "grid_officer"
    assert session.scalar(select(func.count(Posting.id)).where(Posting.staff_id == staff.id)) >= 1


def test_a_demo_city_is_not_laid_over_another_one(session):
    build_demo(session, SYSTEM, "town", 1, today=TODAY)
    with pytest.raises(Conflict, match="Use an empty database"):
        build_demo(session, SYSTEM, "town", 2, today=TODAY)


def test_an_unknown_size_and_a_planner_are_refused(session):
    with pytest.raises(BadInput, match="town, district, city"):
        build_demo(session, SYSTEM, "village", 1, today=TODAY)
    planner = Actor(account_id=1, username="planner", role="planner", area_ids=(1,))
    with pytest.raises(NotAllowed):
        build_demo(session, planner, "town", 1, today=TODAY)
    assert session.scalar(select(func.count(Building.id))) == 0
