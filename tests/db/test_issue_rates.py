"""Rates worked by hand, and the tricks that do not help: void, merge, reopen, refile, rate oneself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.handling.rates import Rate
from gridmap.services.issue_rates import RatesAnswer, find_rates, list_rate_issues
from tests.db.handled import START, Desk, open_desk

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

PERIOD = (START, START + timedelta(days=30))


@pytest.fixture
def desk(session: Session, connection: Connection) -> Desk:
    desk = open_desk(session, connection)
    session.execute(text("UPDATE compounds SET property_company = '甲物业' WHERE code = 'XG0-0'"))
    return desk


def rates(desk: Desk, by: str = "category", area: str = "D1") -> RatesAnswer:
    return find_rates(desk.session, desk.people["admin"], area, by, *PERIOD, language="en")


def handle_fourteen(desk: Desk) -> dict[str, int]:
    """Issues of a category each, all reported in the first hour; what became of them is in their names."""
    made = {}
    for number in range(6):
        made[f"good{number}"] = desk.report(category=f"good{number}")
        desk.walk(made[f"good{number}"], "accept settle", hour=10)
    for name in ("late0", "late1"):
        made[name] = desk.report(category=name)
        desk.walk(made[name], "accept", hour=10)
        desk.take(made[name], "settle", hour=60)
    made["nobody"] = desk.report(category="nobody")
    made["again"] = desk.report(category="again")
    desk.walk(made["again"], "accept settle", hour=10)
    desk.take(made["again"], "reopen", by=f"link:{desk.secret(made['again'])}", hour=12)
    for name, hour in (("void", 5), ("late_void", 60)):
        made[name] = desk.report(category=name)
        desk.take(made[name], "void", hour=hour)
    made["late_merge"], made["parent"] = desk.report(category="leak"), desk.report(hour=58, category="leak2")
    desk.walk(made["parent"], "accept", hour=59)
    desk.take(made["late_merge"], "merge", hour=60, parent_id=made["parent"])
    desk.take(made["parent"], "settle", hour=70)
    return made


def test_fourteen_issues_by_hand(desk: Desk) -> None:
    made = handle_fourteen(desk)
    whole = rates(desk).whole.figures
    # The one voided in its first hours is no case; those voided or merged when they were late are.
    # Accepted in time: six good, two late, the reopened, the parent.
    assert whole["response"] == Rate(10, 13)
    assert whole["settlement"] == Rate(7, 13)
    assert whole["fixed"] == Rate(7, 7)
    # Beside them, of all fourteen.
    assert whole["void"] == Rate(2, 14)
    assert whole["merged"] == Rate(1, 14)
    assert whole["paused"] == Rate(0, 14)
    assert whole["settlement"].interval == pytest.approx((0.2914, 0.7679), abs=0.0001)
    cases = list_rate_issues(
        desk.session, desk.people["admin"], "D1", "category", *PERIOD, figure="settlement"
    )
    assert cases == sorted(set(made.values()) - {made["void"]})
    behind = {"figure": "settlement", "after_id": cases[4], "limit": 3}
    assert list_rate_issues(desk.session, desk.people["admin"], "D1", "tier", *PERIOD, **behind) == cases[5:8]
    require_groups(desk)


def require_groups(desk: Desk) -> None:
    """The same by company, area, organisation and category."""
    by_company = rates(desk, "company")
    assert [(group.name, group.figures["settlement"]) for group in by_company.groups] == [
        ("甲物业", Rate(7, 13))
    ]
    assert (by_company.red, by_company.black) == ([], [])
    assert [(group.key, group.name) for group in rates(desk, "area").groups] == [("S0", "第0街道")]
    assert [group.key for group in rates(desk, "area", "S0").groups] == ["C0-0"]
    assert [(group.key, group.name) for group in rates(desk, "organisation").groups] == [("", "(none)")]
    late = next(group for group in rates(desk).groups if group.key == "late0")
    assert late.figures["settlement"] == Rate(0, 1)
    assert late.figures["settlement"].share is None
    assert "within 7 days" in by_company.definitions["settlement"]


def test_filing_anew_is_seen(desk: Desk) -> None:
    first = desk.report()
    desk.walk(first, "accept settle", hour=10)
    assert rates(desk).whole.figures["refiled"] == Rate(0, 1)
    desk.report(hour=30)  # the same building and category
    assert rates(desk).whole.figures["refiled"] == Rate(1, 1)


def test_a_pause_is_seen_and_does_not_heal_what_was_late(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept", hour=1)
    desk.take(issue, "extend", hour=49, until=START + timedelta(days=9))
    desk.take(issue, "settle", hour=50)
    whole = rates(desk).whole.figures
    assert (whole["settlement"], whole["paused"]) == (Rate(0, 1), Rate(1, 1))


def test_rating_one_s_own_report_does_not_count(desk: Desk) -> None:
    issues = [desk.report(category=f"r{number}") for number in range(3)]  # by the dispatcher
    for issue in issues:
        desk.walk(issue, "accept")
        desk.take(issue, "settle", by="dispatcher" if issue == issues[0] else "field", hour=2)
    for issue, rating in zip(issues, (5, 4, 2), strict=True):
        desk.take(issue, "rate", by=f"link:{desk.secret(issue)}", hour=3, rating=rating)
    whole = rates(desk).whole.figures
    assert (whole["satisfaction"], whole["by_desk"], whole["rated"]) == (Rate(1, 2), Rate(0, 2), Rate(3, 3))


def test_who_may_not_ask_and_what_cannot_be_asked(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        find_rates(desk.session, desk.people["field"], "S0", "tier", *PERIOD)
    with pytest.raises(NotFound):
        find_rates(desk.session, desk.people["official"], "D1", "tier", *PERIOD)
    with pytest.raises(BadInput):
        find_rates(desk.session, desk.people["admin"], "D1", "officer", *PERIOD)
    with pytest.raises(BadInput):
        list_rate_issues(desk.session, desk.people["admin"], "D1", "tier", *PERIOD, figure="speed")
