"""``./run bench field``: what a phone needs in a city of a million buildings, and 500 phones at once.

200 x 167 grids, 1,002,000 buildings with two entrances each, 200,400 micro-grids, 100,203 posts; the posts
asked for have five micro-grids, 25 buildings. Needs: the whole answer, from the request to its bytes. Phones:
500 of them over HTTP at one moment against two web processes; each asks for its needs and sends ten entries,
and one in five loses the answer and sends everything again.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import text

from gridmap.app import create_app
from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token
from gridmap.settings import Settings
from tests.bench.figures import Figure, filled_database, report
from tests.serving import serving

if TYPE_CHECKING:
    from gridmap.db import Database

CITY = {"columns": 200, "rows": 167, "staff": 100_203, "days": 1, "issues": 300_000}
MICRO_GRIDS = 5
PHONES = 500
ENTRIES = 10
TIMES = 400
AT_MOST = 5
"""So often a phone of this benchmark asks again before it gives up."""
ASKED_MS = 100
WARM_UP = 20
"""A statement is prepared when it comes for the sixth time, and its plan kept after five more."""
ENTRANCES = text(
    "INSERT INTO entrances (building_id, number, geom)"
    " SELECT b.id, n, ST_PointOnSurface(b.geom) FROM buildings b, generate_series(1, 2) n"
)
POSTS = text(
    "SELECT s.code FROM staff s JOIN postings p ON p.staff_id = s.id"
    " GROUP BY s.code HAVING count(*) = :size ORDER BY s.code LIMIT :most"
)


def let_in(database: Database) -> dict[str, str]:
    """Let a phone in for each of some posts with five micro-grids; gives their tokens."""
    with database.transaction() as session:
        codes = session.scalars(POSTS, {"size": MICRO_GRIDS, "most": PHONES}).all()
        found = {}
        for code in codes:
            create_account(session, SYSTEM, code, role="field", area_codes=["D1"], staff_code=code)
            found[code], _ = issue_token(session, SYSTEM, code, "bench")
    assert len(found) == PHONES
    return found


def measure_needs(database: Database, tokens: list[str]) -> list[Figure]:
    """Ask for what one phone after another needs, in one process."""
    with TemporaryDirectory(prefix="gridmap-bench-") as home:
        app = create_app(
            Settings.from_environ({"GRIDMAP_HOME": home, "GRIDMAP_SECRET_KEY": "bench"}), database
        )
        client, chance = app.test_client(), random.Random(1)
        spent, size = [], 0
        for _ in range(WARM_UP + TIMES):
            headers = {"Authorization": f"Bearer {chance.choice(tokens)}"}
            began = time.perf_counter()
            answer = client.get("/api/v1/field/needs", headers=headers)
            size = max(size, len(answer.get_data()))
            spent.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200
            assert len(answer.get_json()["buildings"]) == MICRO_GRIDS * 5
    spent = sorted(spent[WARM_UP:])
    return [
        Figure("needs of a post with 5 micro-grids, p50", spent[TIMES // 2], "ms"),
        Figure("needs of a post with 5 micro-grids, p95", spent[int(0.95 * TIMES)], "ms", ASKED_MS),
        Figure("needs, largest answer", size / 1000, "kB"),
    ]


class Phone:
    """A phone that asks and sends at a given moment."""

    def __init__(self, port: int, token: str, number: int) -> None:
        self._port, self._number = port, number
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._chance = random.Random(number)
        self.needs_s = self.send_s = 0.0
        self.faults: list[str] = []
        self.again: list[str] = []

    def sync(self, start: threading.Barrier) -> Phone:
        """Ask for the needs, send the entries; where the answer is lost, send all of them again."""
        start.wait()
        began = time.perf_counter()
        needs = self._ask("GET", "/api/v1/field/needs")
        self.needs_s = time.perf_counter() - began
        body = self._write(needs)
        began = time.perf_counter()
        answers = self._ask("POST", "/api/v1/field/entries", body)["items"]
        if self._number % 5 == 0:
            answers = self._ask("POST", "/api/v1/field/entries", body)["items"]
        self.send_s = time.perf_counter() - began
        self.faults += [str(one) for one in answers if one["state"] not in ("stored", "known")]
        return self

    def _write(self, needs: dict[str, Any]) -> dict[str, Any]:
        at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        items = []
        for place in self._chance.sample(needs["buildings"], ENTRIES - 1):
            fields = {"building_id": place["id"], "kind": "key", "visited_at": at}
            items.append({"what": "visit", "record": self._id(), "fields": fields, "seen": [], "counter": 0})
        place = needs["buildings"][0]["id"]
        items.append({"what": "issue", "fields": {"category": "lift", "building_id": place}})
        return {"client_version": 1, "items": [{"id": self._id(), "made_at": at} | item for item in items]}

    def _id(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask until there is an answer, as the page does: sending again is harmless."""
        while True:
            try:
                return self._ask_once(method, path, body)
            except (OSError, http.client.HTTPException, RuntimeError) as fault:
                self.again.append(f"{path}: {fault!r}")
                if len(self.again) > AT_MOST:
                    raise
                time.sleep(1)

    def _ask_once(self, method: str, path: str, body: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{answer.status} {content[:200]!r}")
        return json.loads(content)


def measure_phones(database: Database, tokens: list[str]) -> list[Figure]:
    """Let all phones sync at one moment, and count what is there afterwards."""
    with TemporaryDirectory(prefix="gridmap-bench-") as home, serving(database, home) as served:
        start = threading.Barrier(PHONES + 1)
        phones = [Phone(served.port, token, number) for number, token in enumerate(tokens)]
        with ThreadPoolExecutor(PHONES) as pool:
            waiting = [pool.submit(phone.sync, start) for phone in phones]
            start.wait()
            began = time.perf_counter()
            failed = sum(one.exception() is not None for one in waiting)
            spent = time.perf_counter() - began
    with database.engine.connect() as connection:
        visits = connection.scalar(text("SELECT count(*) FROM visits"))
        issues = connection.scalar(text("SELECT count(*) FROM issues WHERE source = 'gridmap'"))
    needs = sorted(phone.needs_s for phone in phones)
    sends = sorted(phone.send_s for phone in phones)
    late = int(0.95 * PHONES)
    again = [one for phone in phones for one in phone.again]
    for one in again[:5]:
        print(one)
    faults = failed + sum(len(phone.faults) for phone in phones)
    return [
        Figure("500 phones at once: all done after", spent, "s", 60),
        Figure("500 phones at once: needs, p95", needs[late], "s"),
        Figure("500 phones at once: ten entries, p95", sends[late], "s"),
        Figure("500 phones at once: requests asked again", len(again), ""),
        Figure("500 phones at once: phones that gave up, entries not taken", faults, "", 0),
        Figure("visits too many or too few", abs((visits or 0) - PHONES * (ENTRIES - 1)), "", 0),
        Figure("issues too many or too few", abs((issues or 0) - PHONES), "", 0),
    ]


def main() -> int:
    """Run all and report."""
    with filled_database(**CITY) as database:
        with database.engine.begin() as connection:
            connection.execute(ENTRANCES)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # as the server itself does within a minute of a load
        tokens = list(let_in(database).values())
        return report(measure_needs(database, tokens) + measure_phones(database, tokens))


if __name__ == "__main__":
    sys.exit(main())
