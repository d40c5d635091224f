"""What lies outside one's areas does not exist: street S1 (grid G5-0) for an account of street S0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.services.accounts import create_account
from gridmap.services.actors import SYSTEM
from gridmap.services.tokens import issue_token
from tests.api.conftest import Caller

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

API = "/api/v1"
PERIOD = "starts_at=2026-01-01T00:00:00Z&ends_at=2026-12-31T00:00:00Z"
# Grid G5-0 has id 1005000; its micro-grids end in 1-6, their buildings in 1-5.
THERE = 1005000
BUILDING_THERE = THERE * 100 + 11

# Foreign thing and one that nobody has: both answers must be the same.
PAIRS = (
    ("/areas/G5-0", "/areas/G99-99"),
    ("/areas/S1", "/areas/S99"),
    ("/areas?parent=S1", "/areas?parent=S99"),
    ("/areas.geojson?parent=S1", "/areas.geojson?parent=S99"),
    (f"/buildings/{BUILDING_THERE}", "/buildings/999"),
    ("/buildings?area=G5-0", "/buildings?area=G99-99"),
    ("/stations?area=S1", "/stations?area=S99"),
    ("/plans?area=S1", "/plans?area=S99"),
    ("/plans/{plan}", "/plans/999"),
    ("/plans/{plan}/micro-grids", "/plans/999/micro-grids"),
    ("/plans/{plan}/export.csv", "/plans/999/export.csv"),
    *(
        (f"/plans/{{plan}}/{what}", f"/plans/999/{what}")
        for what in ("compare", "compare.geojson", "compare.csv", "changes-since", "findings.csv", "waivers")
    ),
    ("/plans/{plan}/comments", "/plans/999/comments"),
    ("/plans/{plan}/graph?grid=G5-0", "/plans/999/graph?grid=G99-99"),
    ("/graph-edits?area=S1", "/graph-edits?area=S99"),
    ("/micro-grids?plan={plan}", "/micro-grids?plan=999"),
    ("/micro-grids?area=S1", "/micro-grids?area=S99"),
    ("/micro-grids/G5-0-1", "/micro-grids/G99-99-1"),
    ("/staff?area=S1", "/staff?area=S99"),
    ("/issues?area=S1", "/issues?area=S99"),
    ("/issues/{issue}", "/issues/999999"),
    ("/coverage/gaps?area=S1", "/coverage/gaps?area=S99"),
    (f"/heatmaps/issues?area=S1&{PERIOD}", f"/heatmaps/issues?area=S99&{PERIOD}"),
    (f"/heatmaps/layers?area=S1&{PERIOD}", f"/heatmaps/layers?area=S99&{PERIOD}"),
    (f"/heatmaps/surface?area=S1&{PERIOD}", f"/heatmaps/surface?area=S99&{PERIOD}"),
    ("/duty/nearest?lon=120.7275&lat=37.752", "/duty/nearest?lon=10&lat=10"),
)


@pytest.fixture
def there(connection: Connection, city: None) -> dict[str, int]:
    """A plan, an issue and an edge of street S1."""
    plan = "INSERT INTO plans (area_id, status, seed, rules) VALUES (11, 'draft', 0, '{}') RETURNING id"
    issue = "SELECT min(id) FROM issues WHERE grid_id = 1005000"
    edit = (
        "INSERT INTO graph_edits (grid_id, building_a_id, building_b_id, action, reason)"
        f" VALUES ({THERE}, {BUILDING_THERE}, {BUILDING_THERE + 1}, 'add', '便门') RETURNING id"
    )
    return {
        "edit": connection.execute(text(edit)).scalar_one(),
        "plan": connection.execute(text(plan)).scalar_one(),
        "issue": connection.execute(text(issue)).scalar_one(),
    }


@pytest.mark.parametrize(("foreign", "missing"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_what_is_foreign_answers_like_what_is_not_there(
    foreign: str, missing: str, callers: dict[str, Caller], there: dict[str, int]
) -> None:
    official = callers["official"]
    answer = official.get(API + foreign.format(**there))
    nothing = official.get(API + missing)
    assert (answer.status_code, nothing.status_code) == (404, 404)
    wanted = {"plan": str(there["plan"]), "issue": str(there["issue"]), "micro": "G5-0-1"}
    body = answer.get_data(as_text=True)
    for value, other in ((wanted["plan"], "999"), (wanted["micro"], "G99-99-1")):
        body = body.replace(value, other)
    assert body == nothing.get_data(as_text=True)


@pytest.mark.parametrize("path", [pair[0] for pair in PAIRS])
def test_the_admin_finds_all_of_it(path: str, callers: dict[str, Caller], there: dict[str, int]) -> None:
    answer = callers["admin"].get(API + path.format(**there))
    # The draft has no micro-grids, but it is there.
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "here", "everywhere"),
    [
        # S0: 1 street, 2 communities, 10 grids; S1 the same with 2 grids; the district on top.
        ("/areas", 13, 13 + 5 + 1),
        ("/areas.geojson", 13, 19),
        ("/buildings", 10 * 30, 12 * 30),
        ("/micro-grids", 10 * 6, 12 * 6),
        ("/plans", 0, 2),
        ("/graph-edits", 0, 1),
    ],
)
def test_lists_hold_only_ones_own_areas(
    path: str, here: int, everywhere: int, callers: dict[str, Caller], there: dict[str, int]
) -> None:
    totals = {}
    for name in ("official", "admin"):
        answer = callers[name].get(API + path).get_json()
        totals[name] = answer.get("total", answer.get("numberMatched"))
    assert totals == {"official": here, "admin": everywhere}


def test_issues_and_the_search_stay_inside(callers: dict[str, Caller], there: dict[str, int]) -> None:
    for path, foreign in (("/issues?limit=1000", "G5-"), ("/places?q=G5", "G5-"), ("/places?q=小区G", "G5-")):
        body = callers["official"].get(API + path).get_data(as_text=True)
        assert foreign not in body
        assert foreign in callers["admin"].get(API + path).get_data(as_text=True)


def test_writes_do_not_reach_outside(callers: dict[str, Caller], there: dict[str, int]) -> None:
    planner, field = callers["planner"], callers["field"]
    assert planner.post(f"{API}/plans", {"area_code": "S1"}).status_code == 404
    assert planner.post(f"{API}/plans/{there['plan']}/check").status_code == 404
    assert planner.post(f"{API}/plans/{there['plan']}/publish").status_code == 404
    for word in ("submit", "call-off", "branch", "roll-back"):
        assert planner.post(f"{API}/plans/{there['plan']}/{word}").status_code == 404
    assert planner.post(f"{API}/plans/{there['plan']}/return", {"words": "退回"}).status_code == 404
    assert planner.post(f"{API}/plans/{there['plan']}/comments", {"words": "看"}).status_code == 404
    waiver = {"kind": "unassigned", "grid": "G5-0", "reason": "空"}
    assert planner.post(f"{API}/plans/{there['plan']}/waivers", waiver).status_code == 404
    lock = {"codes": ["G5-0-1"], "locked": True}
    assert planner.ask("PATCH", f"{API}/plans/{there['plan']}/micro-grids", lock).status_code == 404
    on_foreign = {"area_code": "S0", "based_on": there["plan"]}
    assert planner.post(f"{API}/plans", on_foreign).status_code == 404
    edge = {
        "building_a_id": BUILDING_THERE,
        "building_b_id": BUILDING_THERE + 2,
        "action": "add",
        "reason": "门",
    }
    assert planner.post(f"{API}/graph-edits", edge).status_code == 404
    assert planner.post(f"{API}/graph-edits", edge | {"building_b_id": 100000011}).status_code == 404
    assert planner.ask("DELETE", f"{API}/graph-edits/{there['edit']}").status_code == 404
    at_building = {"category": "noise", "building_id": BUILDING_THERE}
    assert field.post(f"{API}/issues", at_building).status_code == 404
    at_point = {"category": "noise", "lon": 120.7275, "lat": 37.752}
    refused = field.post(f"{API}/issues", at_point)
    assert refused.status_code == 400
    assert refused.get_json()["fields"][0]["reason"] == "issue_outside"


def test_an_account_without_areas_sees_nothing(app: Flask, session: Session, city: None) -> None:
    create_account(session, SYSTEM, "lost", role="official", area_codes=["S0"])
    session.execute(text("DELETE FROM account_areas"))
    token, _ = issue_token(session, SYSTEM, "lost", "test")
    lost = Caller(app, token)
    for path in ("/areas", "/buildings", "/stations", "/micro-grids", "/plans", "/staff", "/issues"):
        assert lost.get(API + path).get_json()["total"] == 0, path


def test_an_admin_of_some_areas_stays_inside_them(app: Flask, session: Session, city: None) -> None:
    create_account(session, SYSTEM, "all", role="admin")
    create_account(session, SYSTEM, "there", role="official", area_codes=["S1"])
    create_account(session, SYSTEM, "both", role="official", area_codes=["S0", "S1"])
    create_account(session, SYSTEM, "here", role="admin", area_codes=["S0"])
    token, _ = issue_token(session, SYSTEM, "here", "test")
    here = Caller(app, token)
    listed = here.get(f"{API}/accounts").get_json()
    assert [account["username"] for account in listed["items"]] == ["here"]
    for name in ("all", "there", "both"):
        taken_over = here.ask("PUT", f"{API}/accounts/{name}/password", {"password": "mine from now on"})
        assert taken_over.status_code == 404
        assert here.post(f"{API}/accounts/{name}/tokens", {"label": "x"}).status_code == 404
    grown = here.post(f"{API}/accounts", {"username": "new", "role": "admin"})
    assert grown.get_json()["fields"][0]["reason"] == "account_areas_needed"
    grown = here.post(f"{API}/accounts", {"username": "new", "role": "field", "areas": ["S1"]})
    assert grown.get_json()["fields"][0]["reason"] == "account_no_such_area"
