"""Stickers of doors by the API and by the form of a building's page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.web.residents import network_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

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
