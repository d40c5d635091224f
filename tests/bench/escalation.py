"""Escalation under fire: overdue issues, workers killed at random; none missed, none doubled.

    python -m tests.bench.escalation [kills] [issues]

Needs an empty migrated database named by DATABASE_URL.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter

from gridmap.db import Database
from tests.escalating import UNTOLD, WRONG, count, kill_a_worker, make_forks, make_overdue
from tests.working import work_off

LONGEST = 400  # statements: about a round and a half


def main() -> None:
    """Kill, and say what is left."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    issues = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    database = Database(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
    make_overdue(database, issues)
    lot, forks, fate = random.Random(6), make_forks(), Counter[str]()
    begun = time.monotonic()
    while fate["killed"] < kills:
        fate["killed" if kill_a_worker(forks, database, lot, LONGEST) else "done"] += 1
    left = count(database, WRONG)
    work_off(database, dead_after_seconds=0)
    with database.transaction() as session:
        told = tuple(session.execute(UNTOLD).one())
    wrong = count(database, WRONG)
    seconds = time.monotonic() - begun
    print(
        f"{fate['killed']} kills over {issues} issues in {seconds:.0f} s; {left} tiers left then,"
        f" afterwards {wrong} missed or doubled; raised, events, audit rows: {told}"
    )
    database.close()


if __name__ == "__main__":
    main()
