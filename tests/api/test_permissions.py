"""Who may do what: one table of every route and role; a route that is not in it fails.

An allowed role gets the status of the row, anybody else who is signed in 403, a visitor 401. Pages send a
visitor to sign in (302); what needs no account answers everybody alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.conftest import ROLES, VISITOR

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Connection

    from tests.api.conftest import Caller

ADMIN = frozenset({"admin"})
PLANNERS = frozenset({"admin", "planner"})
INDOORS = frozenset({"admin", "planner", "official", "dispatcher"})
REPORTERS = frozenset({"admin", "official", "dispatcher", "field"})
DISPATCHERS = frozenset({"admin", "official", "dispatcher"})
VISITORS = frozenset({"admin", "dispatcher", "field"})
ROSTERERS = frozenset({"admin", "planner", "dispatcher"})
FIELD = frozenset({"field"})
SIGNED_IN = frozenset(ROLES)
EVERYBODY = SIGNED_IN | {VISITOR}

API = "/api/v1"
PERIOD = "starts_at=2026-01-01T00:00:00Z&ends_at=2026-06-01T00:00:00Z"
OP_ID = "0b1f6d0e-6d5c-4b0e-9a55-1b1f6d0e6d5c"
RULE = {
    "code": "ours",
    "kind": "served",
    "name_zh": "规则",
    "name_en": "A rule",
    "parameters": {"by": ["property_company"]},
    "target_share": 0.5,
    "counted_by": "places",
}
NOTICE = {"client_id": OP_ID, "area_code": "G0-0", "title": "停水", "text": "明天停水。"}
ORDER = {"client_id": OP_ID, "kind": "repair", "title": "换灯泡", "building_id": 100000011}
KIND = "<any(xml,json):kind>"
TILE = "/tiles/areas/14/13684/6329.mvt"


@dataclass(frozen=True)
class Row:
    """One route: how it is called, who may, and what an allowed one, and a visitor, gets."""

    rule: str
    path: str
    allowed: frozenset[str]
    status: int = 200
    method: str = "GET"
    body: Any = None
    visitor: int = 401
    refused: int = 403
    streams: bool = False


def api(rule: str, path: str, allowed: frozenset[str], **more: Any) -> Row:
    """A row below /api/v1."""
    return Row(API + rule, API + path, allowed, **more)


TABLE = (
    # Places.
    api("/areas", "/areas", SIGNED_IN),
    api("/areas.geojson", "/areas.geojson", SIGNED_IN),
    api("/areas/<code>", "/areas/G0-0", SIGNED_IN),
    api("/places", "/places?q=G0", SIGNED_IN),
    api("/buildings", "/buildings", SIGNED_IN),
    api("/buildings.geojson", "/buildings.geojson", SIGNED_IN),
    api("/buildings/<id:building_id>", "/buildings/100000011", SIGNED_IN),
    api("/stations", "/stations", SIGNED_IN),
    api("/stations/<code>/isochrones", "/stations/ST0-1/isochrones", INDOORS),
    api("/stations.geojson", "/stations.geojson", SIGNED_IN),
    # Plans; number 1 divides the district, which only the admin sees as a whole.
    api("/plans", "/plans", SIGNED_IN),
    api("/plans", "/plans", PLANNERS, method="POST", body={"area_code": "S0"}, status=202),
    api("/plans/<id:plan_id>", "/plans/2", SIGNED_IN),
    api("/plans/<id:plan_id>/check", "/plans/2/check", SIGNED_IN, method="POST"),
    api("/plans/<id:plan_id>/publish", "/plans/2/publish", PLANNERS, method="POST", status=422),
    api("/plans/<id:plan_id>/grids", "/plans/2/grids?area=G0-0", SIGNED_IN),
    api("/plans/<id:plan_id>/micro-grids", "/plans/2/micro-grids", SIGNED_IN),
    api(
        "/plans/<id:plan_id>/micro-grids",
        "/plans/2/micro-grids",
        PLANNERS,
        method="PATCH",
        body={"codes": ["nothing"], "locked": True},
        status=400,
    ),
    api("/plans/<id:plan_id>/micro-grids.geojson", "/plans/2/micro-grids.geojson", SIGNED_IN),
    api("/plans/<id:plan_id>/export.<any(gpkg,geojson,csv,xlsx):kind>", "/plans/2/export.csv", SIGNED_IN),
    api("/plans/imports", "/plans/imports", PLANNERS, method="POST", status=400),
    api("/plans/imports/<id:import_id>", "/plans/imports/9", PLANNERS, status=404),
    api(
        "/plans/imports/<id:import_id>/cancel", "/plans/imports/9/cancel", PLANNERS, method="POST", status=404
    ),
    api(
        "/plans/<id:plan_id>/micro-grids/<code>/sheet.pdf",
        "/plans/2/micro-grids/nothing/sheet.pdf",
        SIGNED_IN,
        status=404,
    ),
    api("/plans/<id:plan_id>/booklet.pdf", "/plans/2/booklet.pdf?area=S0", SIGNED_IN, status=400),
    # From draft to published.
    api("/plans/<id:plan_id>/submit", "/plans/2/submit", PLANNERS, method="POST"),
    api(
        "/plans/<id:plan_id>/return",
        "/plans/2/return",
        PLANNERS,
        method="POST",
        body={"words": "请补上东侧两栋"},
        status=409,
    ),
    api("/plans/<id:plan_id>/call-off", "/plans/2/call-off", PLANNERS, method="POST", status=409),
    api("/plans/<id:plan_id>/branch", "/plans/2/branch", PLANNERS, method="POST", status=201),
    api("/plans/<id:plan_id>/roll-back", "/plans/2/roll-back", PLANNERS, method="POST", status=409),
    api("/plans/<id:plan_id>/compare", "/plans/2/compare", SIGNED_IN),
    api("/plans/<id:plan_id>/compare.geojson", "/plans/2/compare.geojson", SIGNED_IN),
    api("/plans/<id:plan_id>/compare.csv", "/plans/2/compare.csv?with=2", SIGNED_IN),
    api("/plans/<id:plan_id>/changes-since", "/plans/2/changes-since", SIGNED_IN),
    api("/plans/<id:plan_id>/findings.csv", "/plans/2/findings.csv", SIGNED_IN),
    api("/plans/<id:plan_id>/waivers", "/plans/2/waivers", SIGNED_IN),
    api(
        "/plans/<id:plan_id>/waivers",
        "/plans/2/waivers",
        PLANNERS,
        method="POST",
        body={"kind": "outside_band", "micro_grid": "nothing", "reason": "孤楼"},
        status=400,
    ),
    api(
        "/plans/<id:plan_id>/waivers/<id:waiver_id>",
        "/plans/2/waivers/999",
        PLANNERS,
        method="DELETE",
        status=404,
    ),
    api("/plans/<id:plan_id>/comments", "/plans/2/comments", SIGNED_IN),
    api(
        "/plans/<id:plan_id>/comments",
        "/plans/2/comments",
        PLANNERS,
        method="POST",
        body={"words": "这条路晚上封闭"},
        status=201,
    ),
    api(
        "/plans/<id:plan_id>/comments/<id:comment_id>",
        "/plans/2/comments/999",
        PLANNERS,
        method="PATCH",
        body={"resolved": True},
        status=404,
    ),
    # Redrawing.
    api("/plans/<id:plan_id>/divisions", "/plans/2/divisions?area=G0-0", SIGNED_IN),
    api("/plans/<id:plan_id>/operations", "/plans/2/operations", SIGNED_IN),
    api(
        "/plans/<id:plan_id>/operations",
        "/plans/2/operations",
        PLANNERS,
        method="POST",
        body={"grid": "G0-0", "kind": "explode", "op_id": OP_ID},
        status=400,
    ),
    api(
        "/plans/<id:plan_id>/operations/preview",
        "/plans/2/operations/preview",
        SIGNED_IN,
        method="POST",
        body={"grid": "G0-0", "kind": "explode"},
        status=400,
    ),
    api("/plans/<id:plan_id>/operations.csv", "/plans/2/operations.csv", SIGNED_IN),
    api(
        "/plans/<id:plan_id>/undo",
        "/plans/2/undo",
        PLANNERS,
        method="POST",
        body={"op_id": OP_ID},
        status=409,
    ),
    api(
        "/plans/<id:plan_id>/redo",
        "/plans/2/redo",
        PLANNERS,
        method="POST",
        body={"op_id": OP_ID},
        status=409,
    ),
    api("/plans/<id:plan_id>/remedies", "/plans/2/remedies?micro_grid=none", SIGNED_IN, status=404),
    api(
        "/plans/<id:plan_id>/presence",
        "/plans/2/presence",
        PLANNERS,
        method="POST",
        body={"client": OP_ID},
    ),
    api("/plans/<id:plan_id>/stream", "/plans/2/stream", SIGNED_IN, streams=True),
    api("/plans/<id:plan_id>/graph", "/plans/2/graph?grid=G0-0", SIGNED_IN),
    api("/graph-edits", "/graph-edits", SIGNED_IN),
    api(
        "/graph-edits",
        "/graph-edits",
        PLANNERS,
        method="POST",
        body={"building_a_id": 100000011, "building_b_id": 100000012, "action": "remove", "reason": "院墙"},
        status=201,
    ),
    api("/graph-edits/<id:edit_id>", "/graph-edits/{edit}", PLANNERS, method="DELETE", status=204),
    api("/micro-grids", "/micro-grids", SIGNED_IN),
    api("/micro-grids.geojson", "/micro-grids.geojson", SIGNED_IN),
    api("/micro-grids/<code>", "/micro-grids/G0-0-1", SIGNED_IN),
    # Staff and issues.
    api("/staff", "/staff", SIGNED_IN),
    api("/staff/me", "/staff/me", frozenset({"field"}), refused=404),
    api("/staff/<code>", "/staff/P000003", SIGNED_IN),
    api("/staff-roles", "/staff-roles", SIGNED_IN),
    # Hand-offs: one's own, and those of a plan for planners; nobody has any here.
    api("/staff/me/handoffs", "/staff/me/handoffs", frozenset({"field"}), refused=404),
    api(
        "/staff/me/handoffs/<id:plan_id>/acknowledge",
        "/staff/me/handoffs/1/acknowledge",
        SIGNED_IN,
        method="POST",
        status=404,
    ),
    api("/staff/<code>/handoffs", "/staff/P000003/handoffs", PLANNERS | {"field"}),
    api(
        "/staff/<code>/handoffs/<id:plan_id>/sheet.pdf",
        "/staff/P000003/handoffs/1/sheet.pdf",
        PLANNERS | {"field"},
        status=404,
    ),
    api(
        "/staff/<code>/handoffs/<id:plan_id>/sheet.csv",
        "/staff/P000003/handoffs/1/sheet.csv",
        PLANNERS | {"field"},
        status=404,
    ),
    api("/plans/<id:plan_id>/handoffs", "/plans/2/handoffs", PLANNERS),
    api("/plans/<id:plan_id>/handoffs.pdf", "/plans/2/handoffs.pdf", PLANNERS, status=400),
    api("/plans/<id:plan_id>/handoffs.csv", "/plans/2/handoffs.csv", PLANNERS),
    api("/issues", "/issues", SIGNED_IN),
    api(
        "/issues",
        "/issues",
        REPORTERS,
        method="POST",
        body={"category": "noise", "building_id": 100000011},
        status=201,
    ),
    api("/issues/<id:issue_id>", "/issues/{issue}", SIGNED_IN),
    api("/issue-categories", "/issue-categories", SIGNED_IN),
    # The loop: who may take which step is the register's, tests/db/test_issue_steps.py.
    api("/issues/states", "/issues/states", SIGNED_IN),
    api("/issues/<id:issue_id>/steps", "/issues/{issue}/steps", SIGNED_IN),
    api(
        "/issues/<id:issue_id>/steps",
        "/issues/{issue}/steps",
        REPORTERS,
        method="POST",
        body={"action": "accept", "version": 0},
        status=201,
    ),
    api("/issues/work", "/issues/work", DISPATCHERS),
    api(
        "/issues/duplicates",
        "/issues/duplicates",
        REPORTERS,
        method="POST",
        body={"category": "noise", "building_id": 100000011},
    ),
    api("/issues/<id:issue_id>/duplicates", "/issues/{issue}/duplicates", REPORTERS),
    api(
        "/issues/<id:issue_id>/me-too",
        "/issues/{issue}/me-too",
        DISPATCHERS,
        method="POST",
        body={},
        status=201,
    ),
    api("/issues/<id:issue_id>/receivers", "/issues/{issue}/receivers", DISPATCHERS),
    api("/issues/<id:issue_id>/photos", "/issues/{issue}/photos", SIGNED_IN),
    api(
        "/issues/<id:issue_id>/photos",
        "/issues/{issue}/photos",
        REPORTERS,
        method="POST",
        status=400,
    ),
    api("/issues/<id:issue_id>/photos/<id:photo_id>", "/issues/{issue}/photos/1", SIGNED_IN, status=404),
    api(
        "/issues/<id:issue_id>/photos/<id:photo_id>",
        "/issues/{issue}/photos/999",
        DISPATCHERS,
        method="PATCH",
        body={"is_public": True},
        status=404,
    ),
    api(
        "/issues/<id:issue_id>/photos/<id:photo_id>",
        "/issues/{issue}/photos/1",
        REPORTERS,
        method="DELETE",
        status=404,
    ),
    api("/issues.csv", "/issues.csv?area=S0", INDOORS),
    api("/issues/rates", f"/issues/rates?area=S0&{PERIOD}", INDOORS),
    api("/issues/rates/cases", f"/issues/rates/cases?area=S0&figure=response&{PERIOD}", INDOORS),
    api("/clock-rules", "/clock-rules", SIGNED_IN),
    api("/clock-rules", "/clock-rules", ADMIN, method="POST", body={"valid_from": "2099-01-01"}, status=201),
    # The spatial questions.
    api("/coverage/gaps", "/coverage/gaps?area=S0", INDOORS),
    api("/siting", "/siting", INDOORS, method="POST", body={"area": "S0"}, status=400),  # no roads to walk
    api("/siting/places", "/siting/places", INDOORS, method="POST", status=400),  # no file
    api("/coverage/kinds", "/coverage/kinds", INDOORS),
    api("/coverage/rules", "/coverage/rules", INDOORS),
    api("/coverage/rules", "/coverage/rules", PLANNERS, method="POST", body=RULE, status=201),
    api(
        "/coverage/rules/<id:rule_id>",
        "/coverage/rules/{rule}",
        PLANNERS,
        method="PATCH",
        body={"target_share": 0.8},
    ),
    api("/coverage/rules/<id:rule_id>/gaps", "/coverage/rules/{rule}/gaps?area=S0", INDOORS),
    api("/coverage/rules/<id:rule_id>/gaps.csv", "/coverage/rules/{rule}/gaps.csv?area=S0", INDOORS),
    api("/coverage/rules/<id:rule_id>/gaps.gpkg", "/coverage/rules/{rule}/gaps.gpkg?area=S0", INDOORS),
    api("/coverage/rules/<id:rule_id>/months", "/coverage/rules/{rule}/months?area=S0", INDOORS),
    api("/coverage/months", "/coverage/months", PLANNERS, method="POST"),
    api("/duty/nearest", "/duty/nearest?lon=120.71&lat=37.752", SIGNED_IN),
    # Visits: what is done by place; recording them by those who go, or enter what others did.
    api("/session/stored", "/session/stored", SIGNED_IN),
    api("/session/stored.json", "/session/stored.json", SIGNED_IN),
    api("/visit-kinds", "/visit-kinds", SIGNED_IN),
    api("/visits", "/visits?area=S0&kind=key", SIGNED_IN),
    api("/field/needs", "/field/needs", FIELD),
    api(
        "/field/entries",
        "/field/entries",
        FIELD,
        method="POST",
        body={"client_version": 1, "items": [{"what": "dance"}]},
    ),
    api("/field/round", "/field/round", VISITORS, method="POST", body={"kind": "holiday"}, status=400),
    api(
        "/field/way",
        "/field/way",
        SIGNED_IN,
        method="POST",
        body={"building_id": 1, "start": {"lon": 120.76, "lat": 37.81}},
        status=404,
    ),
    api("/visits", "/visits", VISITORS, method="POST", body={"items": [{"client_id": OP_ID}]}),
    # Notices: offices send and see, posts take them round; number 999 is none.
    api("/notices", "/notices", INDOORS),
    api("/notices", "/notices", INDOORS, method="POST", body=NOTICE, status=201),
    api("/notices/outlook", "/notices/outlook?area=G0-0", INDOORS),
    api("/notices/<id:notice_id>", "/notices/999", INDOORS, status=404),
    api("/notices/<id:notice_id>/close", "/notices/999/close", INDOORS, method="POST", status=404),
    api("/notices/<id:notice_id>/buildings", "/notices/999/buildings", INDOORS, status=404),
    api("/notices/<id:notice_id>/calls", "/notices/999/calls", INDOORS, status=404),
    api(
        "/notices/<id:notice_id>/reaches",
        "/notices/999/reaches",
        SIGNED_IN,
        method="POST",
        body={"building_ids": [1]},
        status=404,
    ),
    api("/staff/me/notices", "/staff/me/notices", frozenset({"field"}), refused=404),
    api(
        "/staff/me/notices/acknowledge",
        "/staff/me/notices/acknowledge",
        frozenset({"field"}),
        method="POST",
        body={},
        refused=404,
    ),
    # Orders; which step is whose: tests/db/test_orders.py.
    api("/orders", "/orders", SIGNED_IN),
    api("/orders", "/orders", SIGNED_IN, method="POST", body=ORDER, status=201),
    api("/orders/<id:order_id>", "/orders/999", SIGNED_IN, status=404),
    api(
        "/orders/<id:order_id>/steps",
        "/orders/999/steps",
        SIGNED_IN,
        method="POST",
        body={"action": "claim"},
        status=404,
    ),
    api("/staff/me/orders", "/staff/me/orders", frozenset({"field"}), refused=404),
    api("/listings", "/listings", SIGNED_IN),
    api("/listings/<id:listing_id>/matches", "/listings/999/matches", SIGNED_IN, status=404),
    api("/listings.csv", "/listings.csv", SIGNED_IN),
    # The roster; who may not load one is told before the form is read.
    api("/roster", "/roster?area=S0", INDOORS),
    api("/roster/imports", "/roster/imports", ROSTERERS, method="POST", status=400),
    api("/roster/template.xlsx", "/roster/template.xlsx", INDOORS),
    api("/roster/patterns/<id:pattern_id>", "/roster/patterns/999", ROSTERERS, method="DELETE", status=404),
    api("/roster/shifts/<id:shift_id>", "/roster/shifts/999", ROSTERERS, method="DELETE", status=404),
    api("/roster/patterns", "/roster/patterns?staff=P000003", INDOORS),
    api(
        "/roster/patterns", "/roster/patterns", ROSTERERS, method="POST", body={"staff_code": "x"}, status=400
    ),
    api(
        "/roster/patterns/<id:pattern_id>",
        "/roster/patterns/999",
        ROSTERERS,
        method="PATCH",
        body={"valid_to": "2026-12-01"},
        status=404,
    ),
    api(
        "/roster/patterns/<id:pattern_id>/exceptions",
        "/roster/patterns/999/exceptions",
        ROSTERERS,
        method="PUT",
        body={"day": "2026-12-01"},
        status=404,
    ),
    api(
        "/roster/patterns/<id:pattern_id>/exceptions/<day>",
        "/roster/patterns/999/exceptions/2026-12-01",
        ROSTERERS,
        method="DELETE",
        status=404,
    ),
    api("/staff-roles/<code>", "/staff-roles/police", ADMIN, method="PATCH", body={"duty_phone": "110"}),
    api("/places/at", "/places/at?lon=120.71&lat=37.752", SIGNED_IN),
    api(
        "/places/<any(area,micro_grid,building,entrance):kind>/<path:code>/responsibility",
        "/places/building/100000011/responsibility",
        SIGNED_IN,
    ),
    api("/stations/<code>", "/stations/ST0-1", SIGNED_IN),
    api("/staff/<code>/workload", "/staff/P000003/workload", INDOORS | {"field"}),
    api("/workload", "/workload?area=S0&role=police", INDOORS),
    api("/workload/suggestions", "/workload/suggestions?area=S0&rule=1", INDOORS),
    api(
        "/workload/postings",
        "/workload/postings",
        PLANNERS,
        method="POST",
        body={"staff_code": "P000003", "level": "building", "place_id": 100000011},
        status=201,
    ),
    api("/heatmaps/issues", f"/heatmaps/issues?area=S0&{PERIOD}", INDOORS),
    api("/heatmaps/layers", f"/heatmaps/layers?area=S0&layer=unusual&{PERIOD}", INDOORS),
    api("/heatmaps/frames", f"/heatmaps/frames?area=S0&step=month&{PERIOD}", INDOORS),
    api("/heatmaps/surface", f"/heatmaps/surface?area=S0&{PERIOD}", INDOORS),
    api("/heatmaps/words", "/heatmaps/words", INDOORS),
    api("/heatmaps/issues.csv", f"/heatmaps/issues.csv?area=S0&{PERIOD}", INDOORS),
    api("/heatmaps/layers.csv", f"/heatmaps/layers.csv?area=S0&{PERIOD}", INDOORS),
    api("/heatmaps/layers.gpkg", f"/heatmaps/layers.gpkg?area=G0-0&{PERIOD}", INDOORS),
    api("/heatmaps/picture.png", f"/heatmaps/picture.png?area=G0-0&{PERIOD}", INDOORS),
    api("/heatmaps/picture.pdf", f"/heatmaps/picture.pdf?area=G0-0&{PERIOD}", INDOORS),
    api(
        "/areas/<code>/stickers.pdf", "/areas/none/stickers.pdf", PLANNERS, method="POST", body={}, status=404
    ),
    # Accounts.
    api("/session", "/session", SIGNED_IN),
    api("/session", "/session", SIGNED_IN, method="PATCH", body={"language": "en"}),
    api("/session", "/session", EVERYBODY, method="DELETE", status=204),
    api(
        "/session",
        "/session",
        frozenset(),
        method="POST",
        body={"username": "nobody", "password": "wrong password"},
        refused=401,
    ),
    api("/sessions", "/sessions", SIGNED_IN, method="DELETE", status=204),
    api(
        "/session/password",
        "/session/password",
        SIGNED_IN,
        method="PUT",
        body={"old_password": "not the one", "new_password": "something long"},
        status=400,
    ),
    api("/accounts", "/accounts", ADMIN),
    api(
        "/accounts", "/accounts", ADMIN, method="POST", body={"username": "new", "role": "admin"}, status=201
    ),
    api(
        "/accounts/<username>",
        "/accounts/official",
        ADMIN,
        method="PATCH",
        body={"active": True},
        status=204,
    ),
    api(
        "/accounts/<username>/password",
        "/accounts/official/password",
        ADMIN,
        method="PUT",
        body={"password": "something long"},
        status=204,
    ),
    api("/accounts/<username>/tokens", "/accounts/official/tokens", ADMIN),
    api(
        "/accounts/<username>/tokens",
        "/accounts/official/tokens",
        ADMIN,
        method="POST",
        body={"label": "x"},
        status=201,
    ),
    api(
        "/accounts/<username>/tokens/<id:token_id>",
        "/accounts/official/tokens/{token}",
        ADMIN,
        method="DELETE",
        status=204,
    ),
    api("/webhooks", "/webhooks", ADMIN),
    api("/webhooks", "/webhooks", ADMIN, method="POST", body={"address": "ftp://nowhere"}, status=400),
    api("/webhooks/<id:target_id>", "/webhooks/999", ADMIN, method="PATCH", body={"is_on": True}, status=404),
    api("/webhooks/<id:target_id>", "/webhooks/999", ADMIN, method="DELETE", status=404),
    api("/webhooks/<id:target_id>/trials", "/webhooks/999/trials", ADMIN, method="POST", status=404),
    api("/webhooks/<id:target_id>/retries", "/webhooks/999/retries", ADMIN, method="POST", status=404),
    # Tiles and reports.
    Row("/tiles/<layer>/<int:z>/<int:x>/<int:y>.mvt", TILE, SIGNED_IN),
    Row("/reports/heatmap", f"/reports/heatmap?area=S0&{PERIOD}", INDOORS),
    Row("/reports/coverage.html", "/reports/coverage.html?rule={rule}&area=S0", INDOORS),
    Row("/reports/heatmap.html", f"/reports/heatmap.html?area=S0&{PERIOD}", INDOORS),
    # Pages.
    Row("/", "/", SIGNED_IN, status=302, visitor=302),
    Row("/sign-in", "/sign-in", EVERYBODY),
    Row("/planner", "/planner", PLANNERS, visitor=302),
    Row("/planner/compare", "/planner/compare", PLANNERS, visitor=302),
    Row("/planner/import", "/planner/import", PLANNERS, visitor=302),
    Row("/planner/siting", "/planner/siting", PLANNERS, visitor=302),
    Row("/planner/plans/<id:plan_id>/edit", "/planner/plans/2/edit", PLANNERS, visitor=302),
    Row("/officials", "/officials", INDOORS, visitor=302),
    Row("/coverage", "/coverage", INDOORS, visitor=302),
    Row("/dispatcher", "/dispatcher", DISPATCHERS, visitor=302),
    Row("/desk", "/desk", DISPATCHERS, visitor=302),
    Row("/issues", "/issues", SIGNED_IN, visitor=302),
    Row("/notices", "/notices", INDOORS, visitor=302),
    Row("/notices/<id:notice_id>", "/notices/999", INDOORS, visitor=302, status=404),
    Row("/orders", "/orders", SIGNED_IN, visitor=302),
    Row("/listings", "/listings", SIGNED_IN, visitor=302),
    Row("/rates", "/rates", INDOORS, visitor=302),
    Row("/webhooks", "/webhooks", ADMIN, visitor=302),
    Row("/issues/<id:issue_id>", "/issues/{issue}", SIGNED_IN, visitor=302),
    Row("/roster", "/roster", INDOORS, visitor=302),
    Row("/field", "/field", SIGNED_IN, visitor=302),
    Row("/manifest.webmanifest", "/manifest.webmanifest", EVERYBODY),
    Row("/field-worker.js", "/field-worker.js", EVERYBODY),
    Row("/workload", "/workload", INDOORS, visitor=302),
    Row(
        "/places/<any(area,micro_grid,building,entrance):kind>/<path:code>",
        "/places/building/100000011",
        SIGNED_IN,
        visitor=302,
    ),
    Row("/stations/<code>", "/stations/ST0-1", SIGNED_IN, visitor=302),
    Row("/stations/<code>/sign-in.pdf", "/stations/ST0-1/sign-in.pdf", PLANNERS, 404, visitor=302),
    Row("/staff/<code>", "/staff/P000003", SIGNED_IN, visitor=302),
    Row("/buildings/<id:building_id>", "/buildings/100000011", SIGNED_IN, visitor=302),
    Row("/stickers/<code>.pdf", "/stickers/none.pdf", PLANNERS, method="POST", status=404, visitor=400),
    Row("/stickers", "/stickers", PLANNERS, visitor=302),
    Row(
        "/buildings/<id:building_id>/stickers.pdf",
        "/buildings/100000011/stickers.pdf",
        PLANNERS,
        method="POST",
        visitor=400,
    ),
    Row("/sign-out", "/sign-out", SIGNED_IN, method="POST", status=302, visitor=400),
    Row("/language", "/language", SIGNED_IN, method="POST", status=302, visitor=400),
    Row("/sign-in", "/sign-in", frozenset(), method="POST", visitor=400, refused=401),
    # Open311: the token of an account is no key, and a report is a form with a key in it.
    *(
        Row(f"/open311/v2/{rule}.{KIND}", f"/open311/v2/{path}.json", frozenset({VISITOR}), status=status)
        for rule, path, status in (
            ("services", "services", 200),
            ("services/<code>", "services/noise", 200),
            ("tokens/<token>", f"tokens/{OP_ID}", 404),
            ("requests", "requests", 200),
            ("requests/<request_id>", "requests/0", 404),
            ("servicerequestupdates", "servicerequestupdates", 400),
        )
    ),
    Row(f"/open311/v2/requests.{KIND}", "/open311/v2/requests.json", EVERYBODY, status=400, method="POST"),
    Row("/open311/v2/media/<code>.jpg", "/open311/v2/media/none.jpg", EVERYBODY, status=404),
    Row(f"/open311/discovery.{KIND}", "/open311/discovery.xml", EVERYBODY),
    # Open to everybody: figures published for all; no year is told of the city of these tests.
    Row("/public", "/public", EVERYBODY),
    Row("/api/v1/public/months", "/api/v1/public/months", EVERYBODY),
    Row("/api/v1/public/year", "/api/v1/public/year", EVERYBODY, status=404),
    Row("/api/v1/public/figures.csv", "/api/v1/public/figures.csv", EVERYBODY),
    # Open to everybody who has a sticker or a link; nobody has one here, and a form needs its token.
    Row("/r/<token>", "/r/0000000000000000000000000A", frozenset(), visitor=404, refused=404),
    Row("/r/<token>", "/r/x", frozenset(), method="POST", visitor=400, refused=404),
    Row("/f/<secret>", "/f/x", frozenset(), visitor=404, refused=404),
    Row("/f/<secret>/photos/<id:photo_id>", "/f/x/photos/1", frozenset(), visitor=404, refused=404),
    Row("/f/<secret>", "/f/x", frozenset(), method="POST", visitor=400, refused=404),
    # Open to everybody: nothing of the city is in them.
    Row("/docs", "/docs", EVERYBODY),
    Row("/openapi.json", "/openapi.json", EVERYBODY),
    Row("/healthz", "/healthz", EVERYBODY),
    Row("/static/<path:filename>", "/static/js/docs.js", EVERYBODY),
)


def test_every_route_stands_in_the_table(app: Flask) -> None:
    routes = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(row.rule, row.method) for row in TABLE}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.rule}")
def test_each_role_gets_what_the_table_says(
    row: Row, callers: dict[str, Caller], connection: Connection, draft: None, known_ids: dict[str, int]
) -> None:
    found = {}
    for name, caller in callers.items():
        with connection.begin_nested() as undone:
            path = row.path.format(**known_ids)
            found[name] = (
                caller.status_of_stream(path)
                if row.streams
                else caller.ask(row.method, path, row.body).status_code
            )
            undone.rollback()
    expected = {
        name: row.status if name in row.allowed else row.visitor if name == VISITOR else row.refused
        for name in callers
    }
    assert found == expected
