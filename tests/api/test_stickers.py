"""Stickers of doors by the API and by the form of a building's page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridmap.app import create_app
from gridmap.services.actors import SYSTEM
from gridmap.services.building_codes import issue_codes, open_code
from gridmap.services.resident_reports import send_report
from gridmap.web.residents import network_of

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from gridmap.settings import Settings
    from tests.api.conftest import Caller

AREA = "/api/v1/areas/G0-0/stickers.pdf"
VALID = text("SELECT count(*) FROM building_codes WHERE revoked_at IS NULL")


def test_an_area_and_a_building_are_printed(callers: dict[str, Caller], session: Session) -> None:
    session.execute(text("UPDATE buildings SET entrance_count = 1"))
    planner = callers["planner"]
    one = planner.post("/buildings/100000011/stickers.pdf")
    assert (one.status_code, one.mimetype) == (200, "application/pdf")
    assert session.scalar(VALID) == 1
    rest = planner.post(AREA, {})  # 30 buildings, one of them done: 29 stickers on four sheets
    assert len(re.findall(rb"/Type /Page\b", rest.get_data())) == 4
    assert "no-store" in rest.headers["Cache-Control"]
    assert session.scalar(VALID) == 30
    again = planner.post(AREA, {})
    assert (again.status_code, session.scalar(VALID)) == (400, 30)
    assert planner.get(AREA).status_code == 405  # nothing is issued by looking
    assert planner.post("/api/v1/areas/G5-0/stickers.pdf", {}).status_code == 404  # another's street
    before = session.scalars(text("SELECT digest FROM building_codes")).all()
    assert planner.post(AREA, {"replace": True}).status_code == 200
    now = session.scalars(text("SELECT digest FROM building_codes WHERE revoked_at IS NULL")).all()
    assert len(now) == 30
    assert not set(now) & set(before)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_a_line_counts_as_one(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_page_counts_doors_as_they_are_issued(callers: dict[str, Caller], session: Session) -> None:
    session.execute(text("UPDATE buildings SET entrance_count = 1"))
    session.execute(text("UPDATE buildings SET entrance_count = 3 WHERE id = 100000011"))
    session.execute(text("UPDATE buildings SET households = 0 WHERE id = 100000012"))
    planner = callers["planner"]
    communities = session.execute(
        text(
            "SELECT c.code, count(*) AS doors FROM buildings b JOIN areas g ON g.id = b.grid_id"
            " JOIN areas c ON c.id = g.parent_id WHERE b.households > 0 AND 10 = ANY (g.lineage)"
            " GROUP BY 1 ORDER BY 1"
        )
    ).all()
    first = communities[0]
    page = planner.get("/stickers").get_data(as_text=True)
    assert re.findall(r'id="area-([^"]+)"', page) == [row.code for row in communities]
    whole = sum(row.doors for row in communities) + 2  # the three entrances are three doors
    assert f"{whole} 个楼门中 0 个已有门贴" in page
    assert planner.post("/buildings/100000011/stickers.pdf").status_code == 200
    assert f"{whole} 个楼门中 3 个已有门贴" in planner.get("/stickers").get_data(as_text=True)
    sheet = planner.post(f"/stickers/{first.code}.pdf")
    assert (sheet.status_code, sheet.mimetype) == (200, "application/pdf")
    page = planner.get("/stickers").get_data(as_text=True)
    assert page.count("全部已有门贴") == 1
    assert callers["field"].get("/stickers").status_code == 403


@pytest.mark.parametrize(
    ("official", "shown"),
    [("", "http://gate.internal:8000"), ("https://grid.example.org/map", "https://grid.example.org/map")],
)
def test_pages_of_residents_name_the_official_address(  # however they were reached
    app: Flask, settings: Settings, session: Session, city: None, official: str, shown: str
) -> None:
    issued = issue_codes(session, SYSTEM, building_id=100000011)[0]
    code = open_code(session, issued.token, "one")
    assert code is not None
    secret = send_report(session, code, "one", category="noise", text="灯坏了", client_id=str(uuid4()))
    named = create_app(replace(settings, public_address=official), app.extensions["database"])
    client = named.test_client()
    link = client.get(f"/f/{secret}", base_url="http://gate.internal:8000").get_data(as_text=True)
    assert f'<p class="link">{shown}/f/{secret}</p>' in link
    page = client.get(f"/r/{issued.token}", base_url="http://gate.internal:8000").get_data(as_text=True)
    assert f" {shown.partition('://')[2]}" in re.search(r'<p class="quiet small">(.*)</p>', page)[1]
