"""Who gains and loses what when a plan is published: the sample town of `tests.db.lives`, worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text, update

from gridmap.errors import RuleBroken
from gridmap.models import AuditEntry, Building, Handoff, HandoffCarry, HandoffPart, Plan, Posting, Staff
from gridmap.planning import PlanRules
from gridmap.services import plan_lives
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_comparisons import compare_plans
from gridmap.services.postings import today
from gridmap.services.roster_shifts import unroll_patterns
from tests.db import lives
from tests.db.lives import GRID_1, GRID_2

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database

ANY_BAND = PlanRules.from_dict(
    {"households_min": 1, "households_target": 72, "households_max": 400}
).to_dict()
EARLIER = date(2026, 1, 5)
A01, A02, A03 = (f"{GRID_1}0{number}" for number in range(1, 4))
B01, B02, B03, B04, B05, B06 = (f"{GRID_2}0{number}" for number in range(1, 7))


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    return copy_with("sample-town", lives.load_town)


@pytest.fixture
def seen(town: Database) -> int:
    """The plan that everybody sees, before anybody is posted."""
    return lives.publish(town, lives.create(town).id).id


def post(town: Database, codes: dict[str, str], **values: Any) -> None:
    """Post staff H<n> to micro-grids: {"H1": code}."""
    with town.transaction() as session:
        for name, code in codes.items():
            staff = session.scalar(select(Staff.id).where(Staff.code == name))
            if staff is None:
                row = Staff(code=name, role="micro_grid_head")
                session.add(row)
                session.flush()
                staff = row.id
            session.add(Posting(staff_id=staff, micro_grid_code=code, **{"starts_on": EARLIER, **values}))


def draft(town: Database, plan_id: int) -> int:
    """A copy of a plan that may hold micro-grids of any size."""
    with town.transaction() as session:
        made = plan_lives.branch_plan(session, SYSTEM, plan_id).id
        session.execute(update(Plan).where(Plan.id == made).values(rules=ANY_BAND))
    return made


def split(town: Database, seen: int, *, floor: int) -> int:
    """A draft in which B09 is divided below a floor, and 04 into 05 below and 06 above."""
    made = draft(town, seen)
    b09 = lives.atom(town, "B09")
    lives.redraw(town, made, GRID_2, "break", building=int(b09[1:]), entrance=1, floors=[floor])
    for floors in (f"1-{floor - 1}", f"{floor}-18"):
        lives.redraw(town, made, GRID_2, "new", atoms=[f"{b09}/e1/{floors}"])
    return made


def roll_back(town: Database, plan_id: int) -> int:
    with town.transaction() as session:
        session.execute(update(Plan).where(Plan.id == plan_id).values(rules=ANY_BAND))
        return plan_lives.roll_back(session, SYSTEM, plan_id, confirm_moved=True).id


def lists(town: Database, plan_id: int) -> dict[str, dict[str, Any]]:
    """Post -> what it gained and lost: {"B08": households}, from which micro-grid into which."""
    found: dict[str, dict[str, Any]] = {}
    with town.transaction() as session:
        posts = select(Staff.code).join(Handoff, Handoff.staff_id == Staff.id)
        for code in session.scalars(posts.where(Handoff.plan_id == plan_id)):
            found[code] = {"gained": {}, "lost": {}}
        query = (
            select(HandoffPart, Staff.code, Building.source_id)
            .join(Staff, Staff.id == HandoffPart.staff_id)
            .join(Building, Building.id == HandoffPart.building_id)
            .where(HandoffPart.plan_id == plan_id, HandoffPart.households > 0)
        )
        for part, code, building in session.execute(query):
            name = building.rpartition("-")[2]
            if part.entrance_number is not None:
                name += f"/{part.entrance_number}"
            if part.floor_from is not None:
                name += f"/{part.floor_from}-{part.floor_to}"
            ends = (part.code_before, part.code_after)
            found[code][part.direction][name] = (part.households, *ends)
    return found


def carries(town: Database, plan_id: int) -> list[tuple[Any, ...]]:
    with town.transaction() as session:
        query = (
            select(
                Staff.code,
                HandoffCarry.from_code,
                HandoffCarry.to_code,
                HandoffCarry.outcome,
                HandoffCarry.households_shared,
            )
            .join(Staff, Staff.id == HandoffCarry.staff_id)
            .where(HandoffCarry.plan_id == plan_id)
        )
        return [tuple(row) for row in session.execute(query.order_by(Staff.code, HandoffCarry.from_code))]


def postings(town: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Post -> its postings to micro-grids: code, first day, last day."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with town.transaction() as session:
        query = select(Staff.code, Posting.micro_grid_code, Posting.starts_on, Posting.ends_on)
        query = query.join(Staff, Staff.id == Posting.staff_id).where(Posting.micro_grid_code.is_not(None))
        for name, *row in session.execute(query.order_by(Staff.code, Posting.starts_on, Posting.id)):
            found.setdefault(name, []).append(tuple(row))
    return found


def counted(town: Database, plan_id: int) -> tuple[int, int]:
    """What the publish dialog says before: posts affected, households under other people."""
    with town.transaction() as session:
        summary = compare_plans(session, SYSTEM, plan_id).summary
    return summary["staff_affected"], summary["households_staff_changed"]


def test_a_building_that_changes_over_is_lost_here_and_gained_there(town: Database, seen: int) -> None:
    """B05 (48 households) goes from 01 to 03; who has both, and who has neither, hands nothing over."""
    post(town, {"H1": A01, "H2": A02, "H3": A03, "H5": A01})
    post(town, {"H5": A03})
    before = postings(town)
    plan = draft(town, seen)
    lives.redraw(town, plan, GRID_1, "move", atoms=[lives.atom(town, "B05")], to=A03)
    assert counted(town, plan) == (2, 48)
    lives.publish(town, plan)
    moved = {"B05": (48, A01, A03)}
    assert lists(town, plan) == {
        "H1": {"gained": {}, "lost": moved},
        "H3": {"gained": moved, "lost": {}},
    }
    assert carries(town, plan) == []
    assert postings(town) == before  # codes that stay keep their people
    assert counted(town, plan) == (0, 0)  # nothing is left to change


def test_who_goes_on_with_the_same_buildings_hands_nothing_over(town: Database, seen: int) -> None:
    """B08 and B09 change places in 03 and 04: codes follow the households, so both get new ones."""
    post(town, {"H3": B03, "H4": B04})
    plan = draft(town, seen)
    b08, b09 = lives.atom(town, "B08"), lives.atom(town, "B09")
    lives.redraw(town, plan, GRID_2, "swap", atoms=[b08], others=[b09])
    assert counted(town, plan) == (2, 0)
    lives.publish(town, plan)
    assert lists(town, plan) == {name: {"gained": {}, "lost": {}} for name in ("H3", "H4")}
    assert {row[:2] + row[3:] for row in carries(town, plan)} == {
        ("H3", B03, "carried", 72),
        ("H4", B04, "carried", 72),
    }
    with town.transaction() as session:
        held = {atom: code for atom, code in lives.holdings(session, plan).items() if atom in (b08, b09)}
    assert {row[0]: row[2] for row in carries(town, plan)} == {"H3": held[b08], "H4": held[b09]}


def test_floors_that_change_over_are_counted_as_floors(town: Database, seen: int) -> None:
    """B07 has 4 households a floor: 01 holds floors 1-3, which join the rest of it in 02."""
    post(town, {"H1": B01, "H2": B02})
    plan = draft(town, seen)
    lives.redraw(town, plan, GRID_2, "heal", building=int(lives.atom(town, "B07")[1:]), to=B02)
    assert counted(town, plan) == (2, 12)
    lives.publish(town, plan)
    floors = {"B07/1/1-3": (12, B01, B02)}
    assert lists(town, plan) == {
        "H1": {"gained": {}, "lost": floors},
        "H2": {"gained": floors, "lost": {}},
    }


def test_after_a_split_a_post_goes_on_where_more_than_half_is(town: Database, seen: int) -> None:
    """04 (B09, 18 floors of 4) becomes 05 (floors 1-5, 20 households) and 06 (floors 6-18, 52)."""
    post(town, {"H4": B04}, ends_on=date(2030, 12, 31))
    post(town, {"H6": B04}, starts_on=today() + timedelta(days=9))
    plan = split(town, seen, floor=6)
    assert counted(town, plan) == (2, 20)
    lives.publish(town, plan)
    assert carries(town, plan) == [("H4", B04, B06, "carried", 52), ("H6", B04, B06, "carried", 52)]
    assert lists(town, plan) == {
        "H4": {"gained": {}, "lost": {"B09/1/1-5": (20, B04, B05)}},
        "H6": {"gained": {}, "lost": {}},
    }
    yesterday = today() - timedelta(days=1)
    assert postings(town) == {
        "H4": [(B04, EARLIER, yesterday), (B06, today(), date(2030, 12, 31))],
        "H6": [(B06, today() + timedelta(days=9), None)],  # had not begun: begins at the new code
    }


def test_halves_are_left_to_be_decided_and_come_back_with_a_roll_back(town: Database, seen: int) -> None:
    """04 becomes 05 and 06 of 36 households each; the head posted to 05 by hand goes back to 04, too."""
    post(town, {"H4": B04})
    plan = split(town, seen, floor=10)
    assert counted(town, plan) == (1, 72)
    lives.publish(town, plan)
    yesterday = today() - timedelta(days=1)
    halves = {"B09/1/1-9": (36, B04, B05), "B09/1/10-18": (36, B04, B06)}
    assert carries(town, plan) == [("H4", B04, None, "undecided", 36)]
    assert lists(town, plan) == {"H4": {"gained": {}, "lost": halves}}
    assert postings(town) == {"H4": [(B04, EARLIER, yesterday)]}
    post(town, {"H5": B05}, starts_on=today())
    back = roll_back(town, seen)
    assert carries(town, back) == [("H4", B04, B04, "returned", 72), ("H5", B05, B04, "carried", 36)]
    assert lists(town, back) == {
        "H4": {"gained": {part: (n, new, old) for part, (n, old, new) in halves.items()}, "lost": {}},
        "H5": {"gained": {"B09/1/10-18": (36, B06, B04)}, "lost": {}},
    }
    assert postings(town) == {
        "H4": [(B04, EARLIER, yesterday), (B04, today(), None)],
        "H5": [(B04, today(), None)],  # never held a whole day at 05
    }


def test_the_figures_are_in_the_audit_of_the_publication(town: Database, seen: int) -> None:
    post(town, {"H4": B04})
    plan = split(town, seen, floor=10)
    lives.publish(town, plan)
    with town.transaction() as session:
        told = select(AuditEntry.details).where(
            AuditEntry.action == "published", AuditEntry.subject_id == str(plan)
        )
        details = session.scalars(told).one()
    figures = {key: details[key] for key in ("staff", "postings_carried", "postings_undecided")}
    assert figures == {"staff": 1, "postings_carried": 0, "postings_undecided": 1}


def test_weekly_shifts_follow_the_postings_in_the_same_transaction(town: Database, seen: int) -> None:
    """04 becomes halves: its head is posted nowhere, another one's shifts stay; rolled back they return."""
    post(town, {"H4": B04, "H1": A01})
    pattern = (
        "INSERT INTO shift_patterns (staff_id, area_id, weekdays, starts_time, ends_time, zone, valid_from,"
        " on_holidays) SELECT s.id, a.id, '{1,2,3,4,5,6,7}', '08:00', '17:00', 'Asia/Shanghai', '2026-01-01',"
        " 'works' FROM staff s, areas a WHERE s.code IN ('H1', 'H4') AND a.code = :grid"
    )

    def coming() -> dict[str, int]:
        count = (
            "SELECT s.code, count(*) FROM shifts h JOIN staff s ON s.id = h.staff_id"
            " WHERE h.starts_at > now() GROUP BY s.code"
        )
        with town.transaction() as session:
            return dict(session.execute(text(count)).all())  # type: ignore[arg-type]

    with town.transaction() as session:
        session.execute(text(pattern), {"grid": GRID_1})
        unroll_patterns(session)
    before = coming()
    assert set(before) == {"H1", "H4"}
    plan = split(town, seen, floor=10)
    lives.publish(town, plan)
    assert coming() == {"H1": before["H1"]}
    with town.transaction() as session:
        told = select(AuditEntry.details).where(AuditEntry.subject_id == str(plan))
        details = session.scalars(told.where(AuditEntry.action == "published")).one()
    assert (details["shifts_added"], details["shifts_removed"]) == (0, before["H4"])
    roll_back(town, seen)
    assert coming() == before


def test_after_a_merge_the_smaller_ones_post_goes_on_at_the_code_that_stays(
    town: Database, seen: int
) -> None:
    """03 (B08) and 04 (B09) become 03: the head of 04 goes on there, and both answer for all of it."""
    post(town, {"H3": B03, "H4": B04})
    post(town, {"H5": B04}, ends_on=today() - timedelta(days=1))  # over already: nothing becomes of it
    plan = draft(town, seen)
    lives.redraw(town, plan, GRID_2, "merge", codes=[B03, B04])
    assert counted(town, plan) == (2, 144)
    lives.publish(town, plan)
    with town.transaction() as session:
        (kept,) = {B03, B04} & lives.codes_seen(session).keys()
    gone = B04 if kept == B03 else B03
    (stays, goes) = ("H3", "H4") if kept == B03 else ("H4", "H3")
    own = {B03: ("B08", (72, B03, kept)), B04: ("B09", (72, B04, kept))}
    assert lists(town, plan) == {
        stays: {"gained": dict([own[gone]]), "lost": {}},
        goes: {"gained": dict([own[kept]]), "lost": {}},
    }
    assert carries(town, plan) == [(goes, gone, kept, "carried", 72)]
    yesterday = today() - timedelta(days=1)
    assert postings(town)[goes] == [(gone, EARLIER, yesterday), (kept, today(), None)]
    assert postings(town)[stays] == [(kept, EARLIER, None)]
    assert postings(town)["H5"] == [(B04, EARLIER, yesterday)]


def test_a_plan_published_at_its_time_carries_over_too(town: Database, seen: int) -> None:
    post(town, {"H4": B04})
    plan = split(town, seen, floor=6)
    soon = datetime.now(UTC) + timedelta(days=1)
    with town.transaction() as session:
        plan_lives.publish_at(session, SYSTEM, plan, soon, confirm_moved=True)
    assert lists(town, plan) == {}  # nobody hands anything over before
    assert postings(town) == {"H4": [(B04, EARLIER, None)]}
    when: dict[str, Any] = {"effective_at": soon.isoformat(), "confirm_moved": True, "by": "system"}
    assert plan_lives.publish_due(town, plan, **when) is None
    assert carries(town, plan) == [("H4", B04, B06, "carried", 52)]
    assert postings(town)["H4"][-1] == (B06, today(), None)


def test_what_stands_against_a_plan_leaves_the_postings_alone(town: Database, seen: int) -> None:
    """A micro-grid in two pieces blocks the plan: H4 stays where the post is."""
    post(town, {"H4": B04})
    plan = draft(town, seen)
    lives.redraw(town, plan, GRID_2, "move", atoms=[lives.atom(town, "B10")], to=B04)
    with pytest.raises(RuleBroken):
        lives.publish(town, plan)
    assert lists(town, plan) == {}
    assert postings(town) == {"H4": [(B04, EARLIER, None)]}
