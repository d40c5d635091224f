"""Whoever publishes may die at any moment: there is exactly one published plan all the same, and it is whole.

Fifty processes publish a draft of the sample town over what is published, and are killed with SIGKILL after
one of their statements: which one, and how long after it, is drawn by lot. The processes are forked by a
server that has loaded everything before, so that fifty of them take seconds.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, make_url, select, text

from gridmap.db import Database
from gridmap.models import Posting, Staff
from gridmap.services import plan_lives, plans
from gridmap.services.actors import SYSTEM
from tests.db import lives
from tests.db.lives import GRID_2

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext

LONGEST_WAIT_S = 0.004  # after a statement: about as long as the next one takes
GIVE_UP_S = 60
WHOLE = text(
    "SELECT p.id, count(m.id) FILTER (WHERE m.valid_from IS NOT NULL AND m.valid_to IS NULL) AS valid,"
    " count(m.id) FILTER (WHERE m.valid_to IS NOT NULL) AS ended, count(m.id) AS all_of_it,"
    " p.status, p.branched_from, p.published_at IS NOT NULL AS has_time,"
    " (SELECT count(*) FROM audit_entries e WHERE e.subject = 'plan' AND e.subject_id = p.id::text"
    "  AND e.action = 'published') AS told,"
    " (SELECT count(*) FROM assignments s WHERE s.plan_id = p.id) AS atoms,"
    " (SELECT count(*) FROM handoffs h WHERE h.plan_id = p.id) AS posts,"
    " (SELECT count(*) FROM handoff_carries c WHERE c.plan_id = p.id) AS carries"
    " FROM plans p JOIN micro_grids m ON m.plan_id = p.id GROUP BY p.id ORDER BY p.id"
)
BACKENDS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'doomed'"
)


def publish_telling(url: str, plan_id: int, tell: Connection) -> None:
    """Publish a plan in a process of its own, saying after each statement that it is done; 0 = committed."""
    named = make_url(url).update_query_dict({"application_name": "doomed"})
    database = Database(named.render_as_string(hide_password=False), pool_size=1)

    @event.listens_for(database.engine, "after_cursor_execute")
    def say(*_: Any) -> None:
        tell.send(1)

    with database.transaction() as session:
        plans.publish_plan(session, SYSTEM, plan_id, confirm_moved=True)
    tell.send(0)


@pytest.fixture
def town(copy_with: Callable[..., Database]) -> Database:
    return copy_with("sample-town", lives.load_town)


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def kill_while_publishing(
    forks: ForkServerContext, database: Database, plan_id: int, statement: int, wait_s: float
) -> int:
    """Kill a process that publishes, so long after its n-th statement; gives how many it has said."""
    url = database.engine.url.render_as_string(hide_password=False)
    hear, tell = forks.Pipe(duplex=False)
    process = forks.Process(target=publish_telling, args=(url, plan_id, tell))
    process.start()
    tell.close()
    said = 0
    while said < statement and hear.poll(GIVE_UP_S):
        try:
            if hear.recv() == 0:
                break
        except EOFError:
            break
        said += 1
    time.sleep(wait_s)
    if process.is_alive():
        os.kill(process.pid or 0, signal.SIGKILL)
    process.join(GIVE_UP_S)
    hear.close()
    assert process.exitcode in (0, -signal.SIGKILL)
    return said


def read_plans(database: Database) -> list[Any]:
    with database.transaction() as session:
        return list(session.execute(WHOLE))


def require_one_whole(rows: list[Any]) -> int:
    """Assert that exactly one plan is published and no plan is half of anything; gives its id."""
    for row in rows:
        assert row.atoms == 19
        if row.status == "published":
            assert (row.valid, row.ended) == (row.all_of_it, 0)
        elif row.status == "superseded":
            assert (row.valid, row.ended) == (0, row.all_of_it)
        else:
            assert (row.status, row.valid, row.ended) == ("draft", 0, 0)
        was_published = row.status != "draft"
        assert (row.has_time, row.told) == (was_published, int(was_published))
        # The first one had nobody's posting to carry over, a draft has none yet, all others have both.
        assert (row.posts, row.carries) == ((2, 2) if was_published and row.branched_from else (0, 0))
    (published,) = (row for row in rows if row.status == "published")
    return int(published.id)


def wait_until_gone(database: Database) -> None:
    give_up_at = time.monotonic() + GIVE_UP_S
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.scalar(BACKENDS):
            assert time.monotonic() < give_up_at
            time.sleep(0.002)


def test_a_killed_publication_leaves_exactly_one_published_plan(
    town: Database, forks: ForkServerContext, times: Callable[[int, int], int]
) -> None:
    killed = times(10, 50)
    current = lives.publish(town, lives.create(town).id).id
    post_heads(town)
    lot = random.Random(20261121)
    draft, fate = branch(town, current), Counter[str]()
    whole = kill_while_publishing(
        forks, town, draft, 10_000, 0.0
    )  # nobody kills this one: it says all it does
    wait_until_gone(town)
    assert require_one_whole(read_plans(town)) == draft
    assert whole > 10
    current, draft = draft, branch(town, draft)
    for _ in range(killed):
        kill_while_publishing(forks, town, draft, lot.randint(1, whole), lot.uniform(0.0, LONGEST_WAIT_S))
        require_one_whole(read_plans(town))  # while the server may not have noticed yet
        wait_until_gone(town)
        published = require_one_whole(read_plans(town))
        require_two_posted(town)
        assert published in (current, draft)
        fate["committed" if published == draft else "undone"] += 1
        if published == draft:
            current, draft = draft, branch(town, draft)
    assert fate["undone"] + fate["committed"] == killed
    assert fate["undone"]  # not all of them were done before they died
    # What the killed left behind stands in nobody's way.
    lives.publish(town, draft)
    assert require_one_whole(read_plans(town)) == draft


def post_heads(town: Database) -> None:
    """Post somebody to the micro-grids of B08 and of B09; their codes change with each publication."""
    with town.transaction() as session:
        staff = session.scalars(select(Staff.id).order_by(Staff.id).limit(2)).all()
        for one, number in zip(staff, (3, 4), strict=True):
            session.add(
                Posting(staff_id=one, micro_grid_code=f"{GRID_2}0{number}", starts_on=func.current_date())
            )


def require_two_posted(town: Database) -> None:
    """Assert that both are posted once, to what everybody sees."""
    with town.transaction() as session:
        seen = lives.codes_seen(session)
        rows = session.execute(
            select(Posting.staff_id, Posting.micro_grid_code).where(
                Posting.micro_grid_code.is_not(None), Posting.ends_on.is_(None)
            )
        ).all()
    assert len({row.staff_id for row in rows}) == len(rows) == 2
    assert {row.micro_grid_code for row in rows} <= seen.keys()


def branch(town: Database, plan_id: int) -> int:
    """A draft in which B08 and B09 have changed places."""
    with town.transaction() as session:
        made = plan_lives.branch_plan(session, SYSTEM, plan_id).id
    lives.redraw(
        town, made, GRID_2, "swap", atoms=[lives.atom(town, "B08")], others=[lives.atom(town, "B09")]
    )
    return made
