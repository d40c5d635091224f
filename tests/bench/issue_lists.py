"""``./run bench issue_lists``: lists, the desk and the rates over a million issues.

Fills `tests.spatial_city` with a million issues of a year: one in a hundred still in the loop with its clocks
running, the others settled and most of them rated, each with the steps it took. Then asks what the pages ask:
the list of issues by its API and as a page, the desk's work list, the rates, for the whole city, a street and
a grid. ``--issues`` asks for fewer.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from typing import TYPE_CHECKING

from sqlalchemy import text

from gridmap.app import create_app
from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.settings import Settings
from tests.bench.figures import Figure, filled_database, options, percentile_ms, print_table, write

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from gridmap.db import Database

ISSUES = 1_000_000
LIMIT_MS = 200
TIMES = 15
PASSWORD = "only for this benchmark"
OPEN_EVERY = 100
# In the order of their numbers: reported, accepted, settled a day and a half later, most rated.
LIVED = (
    """
    UPDATE issues SET text = '楼道灯不亮 ' || id, channel = (ARRAY['phone', 'app', 'qr', 'web'])[1 + id % 4],
        tier = (ARRAY['compound', 'community', 'street', 'department'])[1 + (id / 7) % 4],
        organisation = (ARRAY['', '城管局', '供电公司', '自来水公司'])[1 + (id / 3) % 4],
        state = CASE WHEN id % :every > 0 THEN 'archived'
                     ELSE (ARRAY['reported', 'accepted', 'dispatched', 'settled'])[1 + (id / :every) % 4] END,
        outcome = CASE WHEN id % :every > 0 THEN 'fixed' END,
        rating = CASE WHEN id % :every > 0 AND id % 3 > 0 THEN 1 + id % 5 END,
        rated_by = CASE WHEN id % :every > 0 AND id % 3 > 0 THEN 'resident' END,
        rated_at = CASE WHEN id % :every > 0 AND id % 3 > 0 THEN reported_at + interval '3 days' END,
        settled_at = CASE WHEN id % :every > 0 THEN reported_at + interval '36 hours' END,
        closed_at = CASE WHEN id % :every > 0 THEN reported_at + interval '36 hours' END
    """,
    "UPDATE issue_clocks SET ended_at = NULL, ended_how = '' WHERE issue_id % :every = 0",
    """
    INSERT INTO issue_events (issue_id, at, action, from_state, to_state, counts_as)
    SELECT i.id, i.reported_at + s.hours * interval '1 hour', s.action, s.before, s.after, s.after
    FROM issues i, (VALUES (0, 'report', NULL, 'reported'), (12, 'accept', 'reported', 'accepted'),
                           (36, 'settle', 'accepted', 'settled')) s(hours, action, before, after)
    WHERE i.id % :every > 0 OR s.hours = 0
    """,
)


def live(database: Database) -> None:
    """Let the issues live: states, ratings, steps; the server tidies up as it does at night."""
    with database.engine.begin() as connection:
        for step in LIVED:
            used = {"every": OPEN_EVERY} if ":every" in step else {}
            connection.execute(text(step), used)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("issues", "issue_clocks", "issue_events"):
            connection.execute(text(f"VACUUM ANALYZE {table}"))


def measure(database: Database, client: FlaskClient, issues: int) -> list[Figure]:
    """Time every question as the browser asks it."""
    with database.engine.connect() as connection:
        middle = connection.scalar(
            text("SELECT id FROM issues ORDER BY reported_at DESC, id DESC OFFSET :n"), {"n": issues // 2}
        )
    return [_time(client, name, path) for name, path in _questions(middle)]


def _questions(middle: int) -> list[tuple[str, str]]:
    quarter = "starts_at=2026-07-01T00:00:00%2B08:00&ends_at=2026-10-01T00:00:00%2B08:00"
    days = "from=2026-07-01&to=2026-09-30"
    found = [
        ("list, first page", "/api/v1/issues?limit=100"),
        ("list, a page in the middle", f"/api/v1/issues?limit=100&after={middle}"),
        ("list, open", "/api/v1/issues?limit=100&is_open=1"),
        ("list, one category and state", "/api/v1/issues?limit=100&category=noise&state=reported"),
        ("list, one grid", "/api/v1/issues?limit=100&area=G3-3"),
        ("list, a quarter of a street", f"/api/v1/issues?limit=100&area=S1&{quarter}"),
        ("page of the list", "/issues"),
        ("page of the list, a category", "/issues?category=noise"),
        ("page of the list, a quarter of a street", f"/issues?area=S1&{days}"),
    ]
    found += [
        (f"desk, {tab}", f"/api/v1/issues/work?tab={tab}")
        for tab in ("new", "dispatch", "overdue", "verify", "all")
    ]
    found += [
        ("desk, words", "/api/v1/issues/work?tab=all&q=%E7%81%AF%E4%B8%8D%E4%BA%AE"),
        ("desk, words of one issue", "/api/v1/issues/work?tab=all&q=4711"),
        ("desk, a page further down", "/api/v1/issues/work?tab=all&skip=5000"),
    ]
    found += [
        (f"rates of a quarter, by {by}", f"/api/v1/issues/rates?area=D1&by={by}&{quarter}")
        for by in ("area", "category", "organisation", "company")
    ]
    return [
        *found,
        ("rates of a quarter, one street", f"/api/v1/issues/rates?area=S1&{quarter}"),
        ("page of the rates", f"/rates?area=D1&{days}"),
        ("cases behind a rate", f"/api/v1/issues/rates/cases?area=D1&figure=settlement&{quarter}"),
    ]


def _time(client: FlaskClient, name: str, path: str) -> Figure:
    def ask() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])

    spent = percentile_ms(ask, times=TIMES, share=0.95)
    print(f"  {name}: {spent:,.0f} ms", flush=True)
    return Figure(f"{name}, p95", spent, "ms", LIMIT_MS)


def main() -> int:
    """Fill, measure, print; 1 when a limit is not kept."""
    parser = options()
    parser.add_argument("--issues", type=int, default=ISSUES)
    asked = parser.parse_args()
    with filled_database(issues=asked.issues) as database, tempfile.TemporaryDirectory() as home:
        live(database)
        with database.transaction() as session:
            create_account(session, SYSTEM, "boss", role="admin", password=PASSWORD)
        app = create_app(
            Settings.from_environ({"GRIDMAP_HOME": home, "GRIDMAP_SECRET_KEY": "only for this"}), database
        )
        client = app.test_client()
        signed = client.post("/api/v1/session", json={"username": "boss", "password": PASSWORD})
        assert signed.status_code == 200, signed.text
        gc.collect()
        gc.freeze()
        figures = measure(database, client, asked.issues)
    print_table(figures)
    if asked.json:
        write(figures, asked.json)
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
