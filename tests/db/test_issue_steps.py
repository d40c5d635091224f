"""Every state, action and role: what is legal works, what is not changes nothing; and the ways around it."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound, NotSignedIn
from gridmap.handling.register import read_register
from gridmap.models import Issue
from gridmap.services import issue_details
from gridmap.services.actors import Actor
from gridmap.services.issue_births import find_issue_by_secret
from gridmap.services.issue_legality import StepRefused, find_taker, hash_secret, require_legal
from tests.db.handled import START, Desk, open_desk

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

# Written down from the design by hand: Admin, Official, Dispatcher, Field, System, Resident. R+ means that
# the desk (A, O, D) may write it down for the resident.
LEGAL = {
    "reported": "accept AODF, merge AOD, void AO, withdraw R+, escalate AODFS",
    "accepted": "dispatch AOD, whistle AOD, settle AODF, extend AO, defer AO, merge AOD, void AO, withdraw"
    " R+, escalate AODFS",
    "dispatched": "dispatch AOD, whistle AOD, respond AODF, return AODF, extend AO, defer AO, merge AOD, void"
    " AO, withdraw R+, escalate AODFS",
    "responded": "dispatch AOD, whistle AOD, return AODF, settle AODF, extend AO, defer AO, merge AOD, void"
    " AO, withdraw R+, escalate AODFS",
    "settled": "verify AOD, reject AOD, rate R+, reopen R+",
    "verified": "rate R+, reopen R+, archive AODS",
    "rated": "reopen R+, archive AODS",
    "archived": "",
    "returned": "accept AODF, merge AOD, void AO, withdraw R+, escalate AODFS",
    "merged": "split AOD",
    "extended": "settle AODF, resume AODS, merge AOD, withdraw R+",
    "deferred": "settle AODF, resume AODS, merge AOD, withdraw R+",
    "void": "reopen R+",
    "reopened": "accept AODF, merge AOD, void AO, withdraw R+, escalate AODFS",
}
LEGAL = {state: f"{said}, contest S" if said else "contest S" for state, said in LEGAL.items()}
ROLES = ("admin", "official", "dispatcher", "planner", "field", "system", "link", "visitor")
LETTERS = {"admin": "A", "official": "O", "dispatcher": "D", "field": "F", "system": "S", "link": "R"}
PATHS = {
    "reported": "",
    "accepted": "accept",
    "dispatched": "accept dispatch",
    "responded": "accept dispatch respond",
    "settled": "accept settle",
    "verified": "accept settle verify",
    "rated": "accept settle verify rate",
    "archived": "accept settle verify archive",
    "returned": "accept dispatch return",
    "merged": "merge",
    "extended": "accept extend",
    "deferred": "accept defer",
    "void": "void",
    "reopened": "accept settle reject",
}
TO = {
    "accept": "accepted",
    "dispatch": "dispatched",
    "whistle": "dispatched",
    "respond": "responded",
    "return": "returned",
    "settle": "settled",
    "verify": "verified",
    "reject": "reopened",
    "rate": "rated",
    "reopen": "reopened",
    "archive": "archived",
    "extend": "extended",
    "defer": "deferred",
    "resume": "accepted",  # what it was before, on the way taken here
    "merge": "merged",
    "split": "accepted",
    "void": "void",
    "withdraw": "void",
}
SUMS = text(
    "SELECT (SELECT md5(string_agg(i::text, '|' ORDER BY id)) FROM issues i),"
    " (SELECT count(*) FROM issue_events), (SELECT count(*) FROM audit_entries),"
    " (SELECT md5(string_agg(c::text, '|' ORDER BY id)) FROM issue_clocks c)"
)


@pytest.fixture
def desk(session: Session, connection: Connection) -> Desk:
    return open_desk(session, connection)


def legal_roles(state: str, action: str) -> set[str]:
    """Letters of who may, by the table above."""
    entries = dict(entry.split() for entry in LEGAL[state].split(", ") if entry)
    return set(entries.get(action, "").replace("R+", "RAOD"))


def in_each_state(desk: Desk) -> dict[str, int]:
    """An issue in each state, brought there by the boss."""
    made = {}
    parent = desk.report(category="noise")
    for state, path in PATHS.items():
        made[state] = desk.report()
        for action in path.split():
            by = f"link:{desk.secret(made[state])}" if action == "rate" else "boss"
            by = "admin" if action == "verify" else by
            more = {"parent_id": parent} if action == "merge" else {}
            desk.take(made[state], action, by=by, hour=24 * 8 if action == "archive" else 1, **more)
        assert desk.row(made[state]).state == state
    return made | {"parent": parent}


def test_every_state_action_and_role() -> None:
    """14 states, 20 actions, 8 roles: who may, who may not, and what the refusal names as possible."""
    tried = 0
    for role in ROLES:
        actor = Actor(None, role, {"link": "visitor"}.get(role, role), None)
        for state in PATHS:
            issue = Issue(id=1, state=state, version=0, closed_at=None, secret_hash=hash_secret("s"))
            for action in read_register().actions:
                found = try_step(actor, issue, action, "s" if role == "link" else None)
                assert found == expected(role, state, action), (role, state, action)
                tried += 1
    assert tried == 14 * 20 * 8


def try_step(actor: Actor, issue: Issue, action: str, secret: str | None) -> object:
    """The state a step leads to, or what it is refused with."""
    nobody = cast("Session", None)  # a row that no table has asks nothing of one
    try:
        step = require_legal(nobody, find_taker(actor, issue, secret), issue, action, START)
    except StepRefused as refused:
        return set(refused.details["legal"])
    except (NotAllowed, NotSignedIn) as refused:
        return type(refused)
    return step.to_state


def expected(role: str, state: str, action: str) -> object:
    """The same by the table above."""
    letter = LETTERS.get(role, "-")
    if role == "visitor":
        return NotSignedIn
    if letter in legal_roles(state, action):
        return {"resume": "before", "escalate": "same", "contest": "agreed"}.get(action) or TO[action]
    if legal_roles(state, action) or not any(letter in legal_roles(other, action) for other in PATHS):
        return NotAllowed
    return {name for name in read_register().actions if letter in legal_roles(state, name)}


def test_what_is_legal_is_done_and_what_is_not_leaves_no_trace(desk: Desk) -> None:
    """Every legal step by the least of those who may, and every step that field staff may not take."""
    made = in_each_state(desk)
    secrets = {state: desk.secret(issue) for state, issue in made.items()}
    before = desk.session.execute(SUMS).one()
    for state, action in itertools.product(PATHS, read_register().actions):
        more = {"parent_id": made["parent"]} if action == "merge" else {}
        more["hour"] = 24 * 8 if action == "archive" else 1.5
        if "F" not in legal_roles(state, action):
            with pytest.raises((NotAllowed, StepRefused)):
                desk.take(made[state], action, by="field", **more)
        if roles := legal_roles(state, action):
            least = next(
                role
                for role in ("link", "field", "dispatcher", "official", "system")
                if LETTERS[role] in roles
            )
            by = f"link:{secrets[state]}" if least == "link" else least
            with desk.session.begin_nested() as undone:
                assert desk.take(made[state], action, by=by, **more).state == TO.get(action, state)
                undone.rollback()
    assert desk.session.execute(SUMS).one() == before


def test_an_issue_goes_through_the_loop(desk: Desk) -> None:
    issue = desk.report()
    secret = desk.secret(issue)
    desk.take(issue, "accept", by="dispatcher", hour=2)
    desk.take(issue, "dispatch", by="dispatcher", hour=3, reason={"rule": "nearest", "plan_version": 1})
    assert desk.row(issue).dispatched_to == "staff:P000003"
    desk.take(issue, "respond", by="field", hour=4)
    desk.take(issue, "settle", by="field", hour=5)
    desk.take(issue, "verify", by="dispatcher", hour=6)
    done = desk.take(issue, "rate", by=f"link:{secret}", hour=7, rating=4)
    row = desk.row(issue)
    assert (done.state, done.version, row.rating, row.rated_by, row.outcome) == (
        "rated",
        6,
        4,
        "resident",
        "fixed",
    )
    assert row.closed_at == row.settled_at == START + timedelta(hours=5)
    events = issue_details.get_issue(desk.session, desk.people["admin"], issue)["events"]
    assert [event.to_state for event in events] == [
        "reported", "accepted", "dispatched", "responded", "settled", "verified", "rated",
    ]  # fmt: skip
    clocks = desk.clocks(issue)
    assert {name: (clock.ended_at - START) // timedelta(hours=1) for (name, _), clock in clocks.items()} == {
        "accept": 2,
        "settle": 5,
        "report": 6,
    }
    details = desk.session.execute(
        text("SELECT details FROM issue_events WHERE issue_id = :id AND action = 'dispatch'"), {"id": issue}
    ).scalar_one()
    assert details == {"to": "staff:P000003", "reason": {"rule": "nearest", "plan_version": 1}}


def test_what_must_come_with_a_step_is_said_at_once(desk: Desk) -> None:
    issue = desk.report()
    desk.take(issue, "accept")
    with pytest.raises(BadInput) as refused:
        desk.take(issue, "settle", note=" ", outcome=None, rating=3)
    assert [(fault.column, fault.reason) for fault in refused.value.fields] == [
        ("rating", "step_not_asked"),
        ("note", "step_needed"),
        ("outcome", "step_needed"),
    ]
    for more, column in (
        ({"action": "settle", "outcome": "merged"}, "outcome"),
        ({"action": "dispatch", "dispatched_to": "staff:nobody"}, "dispatched_to"),
        ({"action": "whistle", "dispatched_to": "staff:P000003"}, "dispatched_to"),
        ({"action": "extend", "until": START}, "until"),
        ({"action": "extend", "until": START + timedelta(days=400)}, "until"),
    ):
        with pytest.raises(BadInput) as wrong:
            desk.take(issue, **more)
        assert [fault.column for fault in wrong.value.fields] == [column]
    assert desk.row(issue).version == 1


def test_two_at_once_and_a_retry(desk: Desk) -> None:
    issue = desk.report()
    seen = desk.row(issue).version
    desk.take(issue, "accept", version=seen, client_id="phone-0001")
    with pytest.raises(Conflict) as late:
        desk.take(issue, "void", version=seen)
    assert late.value.message == "step_moved_on"
    assert "受理" not in late.value.detail("zh")
    assert "派单" in late.value.detail("zh")
    again = desk.take(issue, "accept", version=seen, client_id="phone-0001")
    assert (again.state, again.version) == ("accepted", 1)


def test_another_s_link_and_another_s_street_find_nothing(desk: Desk) -> None:
    mine, other = desk.report(), desk.report()
    secret = desk.secret(other)
    assert find_issue_by_secret(desk.session, secret) == other
    with pytest.raises(NotFound):
        desk.take(mine, "withdraw", by=f"link:{secret}")
    desk.session.execute(text("UPDATE issues SET grid_id = NULL WHERE id = :id"), {"id": mine})
    with pytest.raises(NotFound):
        desk.take(mine, "accept", by="dispatcher")


def test_a_pause_leads_back_to_where_it_began(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept dispatch respond")
    desk.take(issue, "extend", hour=24, until=START + timedelta(days=5))
    assert desk.clocks(issue)["settle", 1].due_at == START + timedelta(days=6)
    assert desk.row(issue).due_at == START + timedelta(days=6)
    back = desk.take(issue, "resume", by="system", hour=48)
    assert back.state == "responded"
    assert desk.row(issue).due_at == START + timedelta(days=3)
    assert desk.row(issue).resumes_to is None


def test_reopening_ends_after_seven_days(desk: Desk) -> None:
    issue = desk.report()
    secret = desk.secret(issue)
    desk.walk(issue, "accept settle", hour=1)
    with pytest.raises(Conflict) as late:
        desk.take(issue, "reopen", by=f"link:{secret}", hour=24 * 7 + 1.1)
    assert late.value.message == "step_too_late"
    desk.take(issue, "reopen", by=f"link:{secret}", hour=24 * 7 + 1)
    row = desk.row(issue)
    assert (row.state, row.closed_at, row.settled_at, row.outcome) == ("reopened", None, None, None)
    assert desk.clocks(issue)["settle", 2].due_at == START + timedelta(days=9, hours=1)


def test_merged_issues_follow_their_parent(desk: Desk) -> None:
    child, parent, other = desk.report(hour=-30), desk.report(), desk.report()
    desk.take(child, "merge", parent_id=parent)
    desk.walk(parent, "accept", hour=2)
    desk.take(parent, "merge", hour=3, parent_id=other)  # the child moves along
    assert desk.row(child).parent_id == other
    desk.walk(other, "accept settle", hour=20)
    for issue in (child, parent):
        row = desk.row(issue)
        assert (row.state, row.outcome, row.settled_at) == ("merged", "merged", START + timedelta(hours=20))
    settle = desk.clocks(child)["settle", 1]
    assert (settle.due_at, settle.ended_how) == (START + timedelta(hours=18), "met")
    assert settle.ended_at > settle.due_at  # merging late has not saved it
    assert desk.clocks(parent)["settle", 1].ended_at <= desk.clocks(parent)["settle", 1].due_at
    desk.take(other, "reject", hour=30)
    assert desk.row(child).settled_at is None
    assert desk.clocks(child)["accept", 2].due_at == START + timedelta(hours=54)
    desk.take(child, "split", hour=31)
    assert (desk.row(child).state, desk.row(child).parent_id) == ("accepted", None)
    desk.take(other, "void", hour=32)
    assert desk.clocks(child)["settle", 2].ended_at is None


def test_a_closed_or_merged_issue_takes_in_no_other(desk: Desk) -> None:
    late, settled, merged = desk.report(), desk.report(), desk.report()
    desk.walk(settled, "accept settle")
    desk.take(merged, "merge", parent_id=desk.report())
    for parent in (settled, merged, late, 999):
        with pytest.raises(Conflict) as refused:
            desk.take(late, "merge", parent_id=parent)
        assert refused.value.message == "step_bad_parent"
    assert desk.row(late).version == 0


def test_nobody_checks_or_rates_his_own_work(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept")
    desk.take(issue, "settle", by="dispatcher")
    for action in ("verify", "rate"):
        with pytest.raises(Conflict) as refused:
            desk.take(issue, action, by="dispatcher")
        assert refused.value.message == "step_own_work"
    desk.take(issue, "rate", by="official", rating=1)
    assert desk.row(issue).rated_by == "desk"


def test_a_whistle_calls_the_department(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept")
    desk.take(issue, "whistle", by="dispatcher", hour=5)
    row = desk.row(issue)
    assert (row.state, row.tier, row.organisation) == ("dispatched", "department", "城管局")
    assert desk.clocks(issue)["whistle", 1].due_at == START + timedelta(hours=29)
    with pytest.raises(Conflict) as refused:
        desk.take(issue, "escalate")
    assert refused.value.message == "step_highest_tier"


def test_stored_clocks_are_reckoned_ones(desk: Desk) -> None:
    issue = desk.report()
    desk.walk(issue, "accept dispatch whistle respond")
    desk.take(issue, "defer", hour=20)
    desk.take(issue, "settle", hour=30)
    stored = desk.session.execute(SUMS).one()[3]
    desk.reckon(issue)
    assert desk.session.execute(SUMS).one()[3] == stored
    assert desk.session.get_one(Issue, issue).due_at == desk.clocks(issue)["settle", 1].due_at
