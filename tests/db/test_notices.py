"""A notice counts each home once, is reached by place, and reminds each post and tier once.

The city of `tests.spatial_city`: community C0-0 has five grids of six micro-grids, five buildings of 13
households in each; nobody is posted to the sixth of a grid. A post answers for several of the rest,
in all grids by turns.
"""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, Conflict, NotAllowed, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.jobs import defer
from gridmap.services.notice_figures import find_reach, list_calls, list_notice_buildings
from gridmap.services.notice_reaches import acknowledge_notices, list_my_notices, reach_buildings
from gridmap.services.notice_reminders import remind_receivers
from gridmap.services.notices import close_notice, find_outlook, list_notices, send_notice
from tests.escalating import kill_a_worker, make_forks
from tests.spatial_city import fill
from tests.working import work_off

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.db import Database
    from gridmap.models import Notice

STAFF = 90  # 30 posts with micro-grids; a grid has five that are answered for
GRID, COMMUNITY = "G0-0", "C0-0"


@pytest.fixture
def town(session: Session) -> Session:
    fill(session.connection(), columns=5, rows=2, staff=STAFF, days=1, issues=0)
    return session


def post(session: Session, micro_grid: str = "G0-0-1") -> Actor:
    """The field account of the post that answers for a micro-grid."""
    query = text("SELECT staff_id FROM postings WHERE micro_grid_code = :code")
    return Actor(None, "field", "field", (1,), session.scalar(query, {"code": micro_grid}))


def send(session: Session, area: str = GRID, *, hours_ago: float = 5, wait: int = 60) -> Notice:
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    return send_notice(session, SYSTEM, uuid4(), area, "停水通知", "明天 8 时至 12 时停水。", wait, now=at)


def homes_of(session: Session, notice: Notice) -> tuple[int, int]:
    answer = find_reach(session, SYSTEM, notice.id)
    return answer.notice.households_reached, answer.notice.households


def count(session: Session, table: str) -> int:
    return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_every_home_counts_once_also_where_nobody_answers(town: Session):
    # One building in two halves, a bigger register count since the plan, a building that no plan knows.
    town.execute(
        text("UPDATE assignments SET households = 6, micro_grid_id = 10000001 WHERE building_id = 100000021")
    )
    town.execute(
        text(
            "INSERT INTO assignments (plan_id, atom, building_id, entrance_number, households,"
            " households_estimated, micro_grid_id) VALUES (1, 'half', 100000021, 2, 7, true, 10000002)"
        )
    )
    town.execute(text("UPDATE buildings SET households = 15 WHERE id = 100000011"))
    town.execute(text("DELETE FROM assignments WHERE building_id = 100000033"))
    look = find_outlook(town, SYSTEM, GRID)
    assert (look.households, look.households_unheld, look.buildings) == (30 * 13 + 2, 13, 30)
    assert (look.micro_grids, look.receivers, look.without_receiver) == (6, 5, ["G0-0-6"])
    assert look.households_estimated
    notice = send(town)
    answer = find_reach(town, SYSTEM, notice.id)
    assert (answer.notice.households, answer.households_unheld) == (392, 13)
    assert answer.households_without_receiver == 5 * 13
    assert sum(row.households for row in answer.areas) == 392
    halves = {row.code: row.households for row in answer.areas}
    assert (halves["G0-0-1"], halves["G0-0-2"], halves[""]) == (5 * 13 + 2 + 6, 4 * 13 + 7, 13)
    assert sum(row.households for row in list_notice_buildings(town, SYSTEM, notice.id)) == 392
    reach_buildings(town, post(town), notice.id)
    assert homes_of(town, notice)[0] == 5 * 13 + 2 + 6  # the other half of the divided building is not theirs


def test_what_is_told_in_any_order_gives_the_same_curve(town: Session):
    notice = send(town)
    mine = post(town)
    told = [
        (100000010 + n, notice.sent_at + timedelta(minutes=m))
        for n, m in ((1, 30), (2, 150), (1, 90), (3, -9))
    ]
    curves = []
    for seed in range(6):
        nested = town.begin_nested()
        for building, at in random.Random(seed).sample(told, len(told)):
            reach_buildings(town, mine, notice.id, [building], reached_at=at)
        curves.append(find_reach(town, SYSTEM, notice.id).curve)
        nested.rollback()
    assert all(curve == curves[0] for curve in curves)
    assert [(step.minutes, step.households) for step in curves[0]] == [(0, 13), (30, 26), (150, 39)]
    done = reach_buildings(town, mine, notice.id)
    assert (done.buildings, done.households, done.households_known) == (5, 65, 0)
    again = reach_buildings(town, mine, notice.id)
    assert (again.buildings, again.households_known) == (0, 65)
    marks = find_reach(town, SYSTEM, notice.id).marks
    assert [mark.households for mark in marks] == [0, 0]  # five hours after sending


def test_a_post_sees_acknowledges_and_reaches_what_is_its_own(town: Session):
    notice, other = send(town), send(town, "G1-0")
    mine = post(town)
    (found,) = list_my_notices(town, mine)
    assert (found.id, found.mine, found.households, len(found.buildings)) == (notice.id, True, 65, 5)
    assert acknowledge_notices(town, mine) == [notice.id]
    assert acknowledge_notices(town, mine, [notice.id]) == []
    with pytest.raises(NotFound):
        acknowledge_notices(town, mine, [other.id])
    reach_buildings(town, mine, notice.id, [100000012])
    (found,) = list_my_notices(town, mine)
    assert found.households_reached == 13
    assert [one.id for one in found.buildings if one.reached_at] == [100000012]
    with pytest.raises(BadInput):
        reach_buildings(town, mine, notice.id, [100000021])
    with pytest.raises(NotFound):
        reach_buildings(town, mine, other.id)
    # Who is posted to one building helps with it, without having received the notice.
    helper = town.scalar(text("SELECT max(id) FROM staff WHERE id % 3 = 1"))
    place = {"staff": helper, "building": 100000013}
    town.execute(
        text(
            "INSERT INTO postings (staff_id, building_id, starts_on) VALUES (:staff, :building, '2026-01-01')"
        ),
        place,
    )
    helping = Actor(None, "helper", "field", (1,), helper)
    (found,) = list_my_notices(town, helping)
    assert (found.mine, [one.id for one in found.buildings]) == (False, [100000013])
    close_notice(town, SYSTEM, notice.id)
    assert list_my_notices(town, mine) == []
    with pytest.raises(Conflict):
        reach_buildings(town, mine, notice.id)
    with pytest.raises(NotFound):
        list_my_notices(town, Actor(None, "nobody", "field", (1,), None))


def test_the_desk_writes_for_whom_it_has_called_and_sees_its_own_areas(town: Session):
    notice = send(town, COMMUNITY)
    official = Actor(None, "official", "official", (1_001_000,))  # of grid G1-0 only
    with pytest.raises(BadInput):
        reach_buildings(town, official, notice.id, [100000061])
    desk = Actor(None, "desk", "dispatcher", (10,))
    assert reach_buildings(town, desk, notice.id, [100000061]).households == 13  # nobody answers for G0-0-6
    with pytest.raises(BadInput):
        reach_buildings(town, desk, notice.id)
    with pytest.raises(NotAllowed):
        send_notice(town, post(town), uuid4(), GRID, "标题", "内容")
    for words in (("", "内容"), ("题", " "), ("题" * 61, "内容")):
        with pytest.raises(BadInput):
            send_notice(town, SYSTEM, uuid4(), GRID, *words)


def test_sent_again_with_its_id_it_is_the_same(town: Session):
    client = uuid4()
    first = send_notice(town, SYSTEM, client, GRID, "标题", "内容")
    assert send_notice(town, SYSTEM, client, GRID, " 标题 ", "内容").id == first.id
    assert (count(town, "notices"), count(town, "notice_parts")) == (1, 30)
    with pytest.raises(Conflict):
        send_notice(town, SYSTEM, client, GRID, "标题", "别的内容")


def test_where_a_micro_grid_has_no_post_those_of_its_grid_take_it(town: Session):
    town.execute(
        text(
            "INSERT INTO postings (staff_id, area_id, starts_on) SELECT id, 1000000, '2026-01-01' FROM staff"
            " WHERE id IN (1, 2)"
        )  # a community worker and a policeman
    )
    look = find_outlook(town, SYSTEM, GRID)
    assert (look.receivers, look.without_receiver) == (6, [])


def test_reminders_go_up_once_to_whoever_has_homes_left(town: Session):
    notice = send(town, hours_ago=0)
    hour = timedelta(hours=1)
    assert remind_receivers(town, now=notice.sent_at + 0.9 * hour) is None
    reach_buildings(town, post(town, "G0-0-2"), notice.id)
    assert remind_receivers(town, now=notice.sent_at + hour) == 4
    assert remind_receivers(town, now=notice.sent_at + hour) is None
    calls = list_calls(town, SYSTEM, notice.id)
    assert [(one.tier, one.micro_grids, one.households_left) for one in calls] == [
        (None, ["G0-0-6"], 65),
        *(("compound", [f"G0-0-{n}"], 65) for n in (1, 3, 4, 5)),
    ]
    assert all(one.phone.startswith("138") for one in calls[1:])
    reach_buildings(town, post(town), notice.id)
    # The worker was away for two tiers: each is made up for, once.
    assert remind_receivers(town, now=notice.sent_at + 9 * hour) == 6
    assert remind_receivers(town, now=notice.sent_at + 99 * hour) is None
    assert {(one.tier, tuple(one.micro_grids)) for one in list_calls(town, SYSTEM, notice.id)} == {
        (None, ("G0-0-6",)),
        *(("street", (f"G0-0-{n}",)) for n in (3, 4, 5)),
    }
    told = town.scalars(text("SELECT details FROM audit_entries WHERE action = 'reminded' ORDER BY id")).all()
    assert [{k: v for k, v in one.items() if k != "by"} for one in told] == [
        {"compound": 4},
        {"community": 3, "street": 3},
    ]


def test_a_closed_notice_reminds_nobody_and_keeps_its_figures(town: Session):
    notice = send(town)
    reach_buildings(town, post(town), notice.id)
    close_notice(town, SYSTEM, notice.id)
    assert remind_receivers(town) is None
    assert homes_of(town, notice) == (65, 390)


def test_phones_at_once_count_once(database: Database):
    with database.engine.begin() as connection:
        fill(connection, columns=5, rows=2, staff=STAFF, days=1, issues=0)
    with database.transaction() as session:
        notice, mine = send(session), post(session)
    told = []

    def tell() -> None:
        with database.transaction() as session:
            told.append(reach_buildings(session, mine, notice.id))

    phones = [threading.Thread(target=tell) for _ in range(6)]
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.join()
    with database.transaction() as session:
        assert len(told) == 6
        assert homes_of(session, notice) == (65, 390)


def test_a_worker_that_is_killed_reminds_once(database: Database):
    with database.engine.begin() as connection:
        fill(connection, columns=5, rows=2, staff=STAFF, days=1, issues=0)
    with database.transaction() as session:
        ids = [send(session, f"G{n % 5}-{n // 5}").id for n in range(10)]
    lot, forks = random.Random(6), make_forks()
    for _ in range(3):
        kill_a_worker(forks, database, lot, 20, "remind_receivers")
    with database.transaction() as session:
        defer(session, "remind_receivers")
    work_off(database, dead_after_seconds=0)
    query = text("SELECT count(*), count(DISTINCT (notice_id, staff_id, tier)) FROM notice_reminders")
    with database.transaction() as session:
        assert tuple(session.execute(query).one()) == (10 * 5 * 3, 10 * 5 * 3)
        audits = "SELECT count(*) FROM audit_entries WHERE action = 'reminded'"
        assert session.scalar(text(audits)) == len(ids)


def test_a_post_at_a_single_entrance_reaches_the_homes_of_that_entrance(town: Session):
    helper = town.scalar(text("SELECT max(id) FROM staff WHERE id % 3 = 1"))
    # Of 13 households 6 are behind entrance 1 and 7 behind entrance 2; a third building does not know.
    town.execute(
        text(
            "INSERT INTO entrances (building_id, number, households) VALUES"
            " (100000013, 1, 6), (100000013, 2, 7), (100000014, 1, NULL), (100000014, 2, 20)"
        )
    )
    town.execute(
        text(
            "INSERT INTO postings (staff_id, entrance_id, starts_on) SELECT :staff, id, '2026-01-01'"
            " FROM entrances WHERE number = 1 OR building_id = 100000014"
        ),
        {"staff": helper},
    )
    notice = send(town)
    assert homes_of(town, notice) == (0, 30 * 13)
    head = Actor(None, "head", "field", (1,), helper)
    (found,) = list_my_notices(town, head)
    (building,) = found.buildings
    assert (building.id, building.entrance_numbers, building.households) == (100000013, [1], 6)
    with pytest.raises(BadInput):  # more homes behind a door than the building has: not counted by itself
        reach_buildings(town, head, notice.id, [100000014])
    assert reach_buildings(town, head, notice.id, [100000013]).households == 6
    assert homes_of(town, notice)[0] == 6
    rows = {row.id: row for row in list_notice_buildings(town, SYSTEM, notice.id)}
    assert (rows[100000013].households, rows[100000013].households_reached) == (13, 6)
    # Who holds the whole building has the rest left, and reaches it without counting the entrance twice.
    mine = post(town)
    (found,) = list_my_notices(town, mine)
    assert (found.households, found.households_reached, len(found.buildings)) == (65, 6, 5)
    whole = next(one for one in found.buildings if one.id == 100000013)
    assert (whole.entrance_numbers, whole.reached_at) == ([], None)
    done = reach_buildings(town, mine, notice.id)
    assert (done.households, done.households_known) == (59, 6)
    assert homes_of(town, notice)[0] == 65


def test_an_entrance_of_a_divided_building_counts_as_the_plan_divides_it(town: Session):
    town.execute(
        text("UPDATE assignments SET households = 6, entrance_number = 1 WHERE building_id = 100000021")
    )
    town.execute(
        text(
            "INSERT INTO assignments (plan_id, atom, building_id, entrance_number, households,"
            " households_estimated, micro_grid_id) VALUES (1, 'a', 100000021, 2, 3, false, 10000001),"
            " (1, 'b', 100000021, 2, 4, false, 10000002)"
        )
    )
    helper = town.scalar(text("SELECT max(id) FROM staff WHERE id % 3 = 1"))
    town.execute(
        text(
            "WITH door AS (INSERT INTO entrances (building_id, number, households) VALUES (100000021, 2, 9)"
            " RETURNING id) INSERT INTO postings (staff_id, entrance_id, starts_on)"
            " SELECT :staff, id, '2026-01-01' FROM door"
        ),
        {"staff": helper},
    )
    notice = send(town)
    assert homes_of(town, notice) == (0, 30 * 13)
    assert reach_buildings(town, Actor(None, "head", "field", (1,), helper), notice.id).households == 3 + 4
    assert reach_buildings(town, post(town), notice.id).households == 5 * 13  # the building's atoms lie in 2


def test_an_official_of_a_part_sees_a_wider_notice_as_far_as_it_is_theirs(town: Session):
    notice, elsewhere = send(town, COMMUNITY), send(town, "G1-0")
    remind_receivers(town)
    official = Actor(None, "official", "official", (1_000_000,))  # of grid G0-0 only
    reach_buildings(town, SYSTEM, notice.id, [100000011, 100100011])  # one in G0-0, one in G1-0
    (row,) = list_notices(town, official)
    assert (row.id, row.is_wider, row.households, row.households_reached) == (notice.id, True, 390, 13)
    (whole, _) = sorted(list_notices(town, SYSTEM), key=lambda one: one.id)
    assert (whole.is_wider, whole.households, whole.households_reached) == (False, 5 * 390, 26)
    answer = find_reach(town, official, notice.id)
    assert (answer.notice.households, answer.curve[-1].households) == (390, 13)
    assert (answer.receivers, answer.households_without_receiver) == (5, 65)
    assert {area.code: area.households_reached for area in answer.areas} == {
        f"G0-0-{n}": 13 if n == 1 else 0 for n in range(1, 7)
    }
    assert answer.marks[0].share == 0
    buildings = list_notice_buildings(town, official, notice.id)
    assert (len(buildings), sum(one.households_reached for one in buildings)) == (30, 13)
    codes = {code for call in list_calls(town, official, notice.id) for code in call.micro_grids}
    assert codes == {f"G0-0-{n}" for n in range(1, 7)}
    assert reach_buildings(town, official, notice.id, [100000012]).households == 13
    with pytest.raises(BadInput):
        reach_buildings(town, official, notice.id, [100100012])
    with pytest.raises(NotFound):
        close_notice(town, official, notice.id)
    with pytest.raises(NotFound):
        find_reach(town, official, elsewhere.id)
