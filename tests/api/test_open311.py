"""Open311 GeoReport v2 as a table: each case is asked in XML and in JSON, and both say the same.

The city and the reports are drawn in tests/api/open311_world.py; the cases stand in `open311_cases` and
`open311_reading_cases`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.orm import Session

from gridmap.app import create_app
from gridmap.errors import BadInput
from gridmap.services import open311_register
from gridmap.services.actors import SYSTEM
from gridmap.settings import Settings
from tests.api.open311_cases import POINT, SENDING, Case
from tests.api.open311_reading_cases import READING, SPRING
from tests.api.open311_world import WORDS, World, build_world, read
from tests.conftest import _UndoneDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridmap.db import Database

TABLE = (*SENDING, *READING)


@pytest.fixture(scope="module")
def world(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One city for all cases; each case is undone."""
    home: Path = tmp_path_factory.mktemp("home")
    settings = Settings.from_environ({"GRIDMAP_HOME": str(home), "GRIDMAP_SECRET_KEY": "only-for-tests"})
    with shared_database.engine.connect() as connection:
        outer = connection.begin()
        undone = _UndoneDatabase(connection)
        app = create_app(settings, undone)
        app.testing = True
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            built = build_world(app, connection, session)
            session.commit()
        yield built
        undone.close()
        outer.rollback()


def ask(world: World, case: Case, kind: str) -> Any:
    """Ask a case in one format."""
    path, mark, query = case.path.partition("?")
    more: dict[str, Any] = dict(case.raw)
    if case.form is not None:
        more["data"] = {name: _filled(world, value) for name, value in case.form.items()}
    method = "POST" if case.form is not None or case.raw else "GET"
    return world.ask(method, f"{path}.{kind}{mark}{query}", key=case.key, **more)


def _filled(world: World, value: Any) -> Any:
    return world.fill(value) if value in ("{good}", "{gone}", "{slow}") else value


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_case(world: World, case: Case) -> None:
    said = {}
    before = world.count("issues"), world.count("open311_requests")
    for kind in ("xml", "json"):
        answer = ask(world, case, kind)
        body = said[kind] = read(answer, kind)
        assert answer.status_code == case.status, str(body)[:500]
        if case.form is not None or case.raw:
            more = case.status == 200
            assert world.written == (before[0] + more, before[1] + more)
        if case.status != 200:
            assert {error["code"] for error in body} <= {str(case.status), "413"}
            assert case.says in " ".join(error["description"] for error in body)
        elif isinstance(case.holds, tuple):
            assert [int(row["service_request_id"]) for row in body] == [
                world.ids[name] for name in case.holds
            ]
        else:
            assert case.holds(body), body[:2] if isinstance(body, list) else body
    if case.form is None:
        differ = [pair for pair in zip(*map(_rows, said.values()), strict=True) if pair[0] != pair[1]]
        assert differ[:1] == []


def _rows(body: Any) -> list[Any]:
    return body if isinstance(body, list) else [body]


def test_table_is_as_long_as_the_design_asks() -> None:
    assert len({case.name for case in TABLE}) == len(TABLE)
    assert 2 * len(TABLE) >= 120


REPORT = {
    "service_code": "rubbish",
    "description": WORDS + "\n第二行",
    "datum": "gcj02",
    "extensions": "true",
}


def test_a_report_is_an_issue_like_any_other(world: World) -> None:
    """The same degrees lie 500 m farther west and south when they are those of a Chinese base map."""
    form = REPORT | POINT | {"api_key": world.keys["good"], "address_string": "面包店门口"}
    with world.connection.begin_nested() as undone:
        client = world.app.test_client()
        sent = client.post("/open311/v2/requests.json", data=form).get_json()
        insider = {"Authorization": f"Bearer {world.keys['insider']}"}
        path = f"/open311/v2/requests/{sent[0]['service_request_id']}.xml"
        (seen,) = read(client.get(path, headers=insider), "xml")
        rows = (
            "SELECT i.channel, i.state, e.action, e.account_id, a.details ->> 'by' AS by,"
            " count(c.id) AS clocks, ST_Distance(i.geom::geography,"
            " ST_SetSRID(ST_MakePoint(120.7061234, 37.7512345), 4326)) AS away_m"
            " FROM issues i JOIN issue_events e ON e.issue_id = i.id JOIN issue_clocks c ON c.issue_id = i.id"
            " JOIN audit_entries a ON a.subject = 'issue' AND a.subject_id = i.id::text"
            " GROUP BY i.id, e.id, a.id ORDER BY i.id DESC LIMIT 1"
        )
        row = world.connection.exec_driver_sql(rows).one()
        undone.rollback()
    assert seen["description"] == REPORT["description"]
    assert seen["address"] == "面包店门口, 小区G0-0, 网格0-0, 社区0-0, 第0街道, 示范区"
    assert (row.channel, row.state, row.action, row.account_id) == ("open311", "reported", "report", None)
    assert row.by == "open311:app good"
    assert row.clocks > 0
    assert 300 < row.away_m < 800


def test_a_key_sends_as_much_as_it_may(world: World) -> None:
    form = {"service_code": "rubbish", "api_key": world.keys["slow"], **POINT}
    with world.connection.begin_nested() as undone:
        answers = [world.app.test_client().post("/open311/v2/requests.json", data=form) for _ in range(2)]
        undone.rollback()
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].get_json()[0]["code"] == "429"
    assert 1 < int(answers[1].headers["Retry-After"]) <= 3601


def test_a_part_says_where_the_next_one_is(world: World) -> None:
    answer = world.ask("GET", f"/v2/requests.json?{SPRING}&service_code=heating")
    (link,) = re.findall(r'<http://localhost/open311(.+)>; rel="next"', answer.headers["Link"])
    rest = world.ask("GET", link)
    assert (len(answer.get_json()), len(rest.get_json())) == (1000, 5)
    assert "Link" not in rest.headers


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("{", "register is wrong here"),
        ('[{"code": "a b"}]', "0.code"),
        (None, "“noise” stands twice"),
    ],
)
def test_a_register_with_a_fault_changes_nothing(world: World, file: str | None, says: str) -> None:
    with Session(world.connection, join_transaction_mode="create_savepoint") as session:
        kept = open311_register.build_file(session, SYSTEM)
        wrong = file or json.dumps(json.loads(kept) + json.loads(kept)[:1])
        with pytest.raises(BadInput) as refused:
            open311_register.load_services(session, SYSTEM, "services.json", wrong)
        assert says in " ".join(field.text("en") for field in refused.value.fields)
        assert open311_register.load_services(session, SYSTEM, "services.json", kept) == 12
        assert open311_register.build_file(session, SYSTEM) == kept
