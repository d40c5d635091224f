"""A plan by the API: asked for, made by a worker, checked, published, taken away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyogrio
import pytest
from sqlalchemy import text

from gridmap.app import create_app
from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token
from tests.api.conftest import Caller
from tests.spatial_city import fill
from tests.working import work_off

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.db import Database
    from gridmap.settings import Settings

API = "/api/v1"


@pytest.fixture
def planner(settings: Settings, database: Database) -> Caller:
    """A planner of a street of four grids, each of six micro-grids of 65 households, with real commits."""
    with database.engine.begin() as connection:
        fill(connection, columns=2, rows=2, staff=3, days=1, issues=0)
        connection.execute(text("SELECT setval('plans_id_seq', 1), setval('micro_grids_id_seq', 99999999)"))
    with database.transaction() as session:
        create_account(session, SYSTEM, "planner", role="planner", area_codes=["S0"])
        token, _ = issue_token(session, SYSTEM, "planner", "test")
    return Caller(create_app(settings, database), token)


def test_from_the_question_to_the_file(planner: Caller, database: Database, tmp_path: Path) -> None:
    asked = planner.post(f"{API}/plans", {"area_code": "S0", "seed": 7})
    assert asked.status_code == 202
    address = asked.headers["Location"]
    waiting = planner.get(address).get_json()
    assert (waiting["status"], waiting["seed"], waiting["changes"]) == ("computing", 7, None)
    assert planner.post(f"{address}/publish").status_code == 409
    assert planner.get(f"{address}/export.csv").status_code == 409

    work_off(database)
    plan = planner.get(address).get_json()
    assert (plan["status"], plan["progress_share"]) == ("draft", 1.0)
    assert plan["measures"]["households"] == 4 * 390

    cells = planner.get(f"{address}/micro-grids?limit=1000").get_json()["items"]
    assert sum(cell["households"] for cell in cells) == 4 * 390
    assert len(cells) == plan["measures"]["micro_grids"]
    assert all(cell["status"] == "in_band" and 50 <= cell["households"] <= 80 for cell in cells)
    checked = planner.post(f"{address}/check").get_json()["findings"]
    assert [finding for finding in checked if finding["severity"] == "blocking"] == []

    published = planner.post(f"{address}/publish")
    assert (published.status_code, published.get_json()["status"]) == (200, "published")
    current = planner.get(f"{API}/micro-grids?limit=1000").get_json()["items"]
    assert {cell["plan_id"] for cell in current} == {plan["id"]}
    assert planner.post(f"{address}/publish").status_code == 409

    table = planner.get(f"{address}/export.csv")
    assert table.get_data().startswith(b"\xef\xbb\xbf")
    assert len(table.get_data().splitlines()) == 1 + plan["measures"]["atoms"]
    assert f"plan-S0-{plan['id']}.csv" in table.headers["Content-Disposition"]
    shapes = json.loads(planner.get(f"{address}/export.geojson").get_data())
    assert len(shapes["features"]) == len(cells)
    path = tmp_path / "plan.gpkg"
    path.write_bytes(planner.get(f"{address}/export.gpkg").get_data())
    assert {name for name, _ in pyogrio.list_layers(path)} >= {"micro_grids", "atoms"}

    with database.transaction() as session:
        actions = session.execute(text("SELECT action FROM audit_entries WHERE subject = 'plan' ORDER BY id"))
        assert list(actions.scalars()) == ["requested", "computed", "published"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"area_code": "nowhere"}, 404),
        ({"area_code": "S0", "seed": -1}, 400),
        ({"area_code": "S0", "rules": {"households_min": 0}}, 400),
        ({"area_code": "S0", "rules": {"households_min": 90}}, 400),
        ({"area_code": "S0", "rules": {"weights": {}}}, 400),
    ],
)
def test_what_cannot_be_asked(body: dict, status: int, planner: Caller, database: Database) -> None:
    assert planner.post(f"{API}/plans", body).status_code == status
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM plans WHERE id > 1")) == 0
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
