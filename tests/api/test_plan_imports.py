"""Plans sent as files: through the form, with faults named, and nobody else's way in."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gridmap.app import create_app
from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_runs import create_plan
from gridmap.services.tokens import issue_token
from tests.spatial_city import fill
from tests.working import work_off

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from gridmap.db import Database
    from gridmap.models import Plan
    from gridmap.settings import Settings

API = "/api/v1"


class Sender:
    """A planner of street S0 (four grids of 390 households) who sends files with a bearer token."""

    def __init__(self, client: FlaskClient, token: str, database: Database) -> None:
        self.client, self.database = client, database
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def send(self, name: str, content: bytes, **fields: str) -> TestResponse:
        data: dict[str, Any] = {"file": FileStorage(io.BytesIO(content), name), "area": "S0", **fields}
        boundary, body = encode_multipart(data)
        kind = f"multipart/form-data; boundary={boundary}"
        return self.client.post(f"{API}/plans/imports", data=body, content_type=kind, headers=self.headers)

    def bring(self, name: str, content: bytes, **fields: str) -> dict[str, Any]:
        """Send a file, let the worker work, and give what is said of the import then."""
        answer = self.send(name, content, **fields)
        assert answer.status_code == 202, answer.get_data(as_text=True)
        work_off(self.database)
        return self.get(answer.headers["Location"]).get_json()

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers)


@pytest.fixture
def sender(settings: Settings, database: Database) -> Sender:
    with database.engine.begin() as connection:
        fill(connection, columns=2, rows=2, staff=3, days=1, issues=0)
        connection.execute(text("SELECT setval('plans_id_seq', 1), setval('micro_grids_id_seq', 99999999)"))
    with database.transaction() as session:
        create_account(session, SYSTEM, "planner", role="planner", area_codes=["S0"])
        token, _ = issue_token(session, SYSTEM, "planner", "test")
    return Sender(create_app(settings, database).test_client(), token, database)


@pytest.fixture
def plan(sender: Sender, database: Database) -> Plan:
    return create_plan(database, SYSTEM, "S0", seed=5)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_file_that_was_taken_away_comes_back(sender: Sender, plan: Plan, kind: str) -> None:
    taken = sender.get(f"{API}/plans/{plan.id}/export.{kind}").get_data()
    done = sender.bring(f"划分.{kind}", taken)
    assert (done["status"], done["problem"], done["attempts"]) == ("done", None, 1)
    assert (done["stage"], done["grids_done"], done["grids_total"]) == ("finishing", 4, 4)
    made = done["draft"]
    assert made["plan_id"] != plan.id
    assert (made["status"], made["rows"], made["doubtful"]) == ("draft", plan.measures["atoms"], [])
    assert made["measures"]["households"] == 4 * 390
    again = sender.get(f"{API}/plans/{made['plan_id']}/export.csv").get_data()
    assert _holdings(again) == _holdings(sender.get(f"{API}/plans/{plan.id}/export.csv").get_data())
    assert sender.get(f"{API}/plans/{made['plan_id']}").get_json()["status"] == "draft"


def test_polygons_come_in_and_what_is_doubtful_is_said(sender: Sender, plan: Plan) -> None:
    shapes = json.loads(sender.get(f"{API}/plans/{plan.id}/export.geojson").get_data())
    left_out = shapes["features"].pop()
    made = sender.bring("plan.geojson", json.dumps(shapes).encode())["draft"]
    assert made["rows"] == len(shapes["features"])
    assert made["households_unassigned"] == left_out["properties"]["households"]
    assert {one["reason"] for one in made["doubtful"]} == {"doubt_in_none"}
    assert len(made["doubtful"]) == made["buildings_unassigned"] == left_out["properties"]["building_count"]
    assert "lies in no polygon" in made["doubtful"][0]["text"]
    assert all(one["building_id"] and 120 < one["lon"] < 121 for one in made["doubtful"])


def test_every_fault_is_named_and_nothing_is_kept(sender: Sender, database: Database) -> None:
    table = "micro_grid,building_source,building_id\nG0-001,nowhere,1\nG0-001,,\n"
    failed = sender.bring("../../plan.csv", table.encode())
    assert (failed["status"], failed["file_name"], failed["draft"]) == ("failed", "plan.csv", None)
    problem = failed["problem"]
    assert (problem["status"], problem["details"]) == (400, {"count": 2})
    assert problem["detail"].startswith("The file has 2 faults")
    assert [(one["where"], one["column"], one["reason"]) for one in problem["fields"]] == [
        ("plan.csv:3", "building_id", "required"),
        ("plan.csv:2", "building_id", "import_unknown_building"),
    ]
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM plans WHERE id > 1")) == 0


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"area": "nowhere"}, 404),
        ({"area": "S1"}, 404),
        ({"households_min": "0"}, 400),
        ({"households_min": "90"}, 400),
        ({"seed": "3"}, 400),
        ({"crs": "EPSG:0", "code_column": "x" * 201}, 400),
        ({"name": "plan.docx"}, 400),
    ],
)
def test_what_cannot_be_asked(fields: dict[str, str], status: int, sender: Sender) -> None:
    name = fields.pop("name", "plan.csv")
    assert sender.send(name, b"micro_grid,building_id\n", **fields).status_code == status


def test_other_bodies_are_refused(sender: Sender) -> None:
    asked = sender.client.post(f"{API}/plans/imports", json={"area": "S0"}, headers=sender.headers)
    assert asked.status_code == 415
    form = sender.client.post(f"{API}/plans", data={"area_code": "S0"}, headers=sender.headers)
    assert form.status_code == 415


def test_a_file_may_be_larger_than_other_bodies_but_not_without_end(sender: Sender) -> None:
    row = b"G0-001,nowhere,1234567890\n"
    content = b"micro_grid,building_source,building_id\n" + row * 100_000
    assert len(content) > 2_000_000
    assert sender.send("plan.csv", content).status_code == 202
    answer = sender.send("plan.csv", b" " * 33_000_000)
    assert (answer.status_code, answer.get_json()["details"]) == (413, {"limit_mb": "32"})


def test_an_import_is_called_off_while_it_waits(sender: Sender, database: Database) -> None:
    answer = sender.send("plan.csv", b"micro_grid,building_id\n")
    place, sent = answer.headers["Location"], answer.get_json()
    assert (sent["status"], sent["stage"], sent["is_broken_off"]) == ("waiting", "", False)
    assert place == f"{API}/plans/imports/{sent['id']}"
    called = sender.client.post(f"{place}/cancel", headers=sender.headers)
    assert (called.status_code, called.get_json()["status"]) == (200, "cancelled")
    work_off(database)
    assert sender.get(place).get_json()["status"] == "cancelled"
    again = sender.client.post(f"{place}/cancel", headers=sender.headers)
    assert (again.status_code, "is over" in again.get_json()["detail"]) == (409, True)


def test_nobody_sees_the_file_of_another(sender: Sender, database: Database) -> None:
    place = sender.send("plan.csv", b"micro_grid,building_id\n").headers["Location"]
    with database.transaction() as session:
        create_account(session, SYSTEM, "other", role="admin", area_codes=[])
        token, _ = issue_token(session, SYSTEM, "other", "test")
    other = {"Authorization": f"Bearer {token}"}
    assert sender.client.get(place, headers=other).status_code == 404
    assert sender.client.post(f"{place}/cancel", headers=other).status_code == 404


def test_a_cookie_alone_sends_nothing(sender: Sender) -> None:
    """A form of a foreign page could carry the cookie, but not the token that belongs to it."""
    sender.client.post(f"{API}/session", json={"username": "planner", "password": "nothing"})
    with sender.client.session_transaction() as cookie:
        cookie["account"], cookie["epoch"] = 1, 0
    data = {"file": (io.BytesIO(b"micro_grid,building_id\n"), "plan.csv"), "area": "S0"}
    answer = sender.client.post(f"{API}/plans/imports", data=data)
    assert (answer.status_code, answer.get_json()["slug"]) == (400, "csrf")


def _holdings(table: bytes) -> set[tuple[str, ...]]:
    lines = table.decode("utf-8-sig").splitlines()[1:]
    return {tuple(line.split(",")[:3]) for line in lines}
