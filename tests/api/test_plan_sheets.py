"""Sheets and booklets over the API: PDF in the language of the request, with problems as everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.api.conftest import Caller

API = "/api/v1"


def test_a_sheet_is_a_page_to_print(callers: dict[str, Caller]) -> None:
    answer = callers["admin"].get(f"{API}/plans/1/micro-grids/G0-0-1/sheet.pdf", **{"Accept-Language": "en"})
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Language"] == "en"
    assert 'filename="micro-grid-G0-0-1-plan-1.pdf"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    content = answer.get_data()
    assert content.startswith(b"%PDF-1.")
    assert len(re.findall(rb"/Type /Page\b", content)) == 1


def test_a_booklet_of_a_grid(callers: dict[str, Caller]) -> None:
    answer = callers["admin"].get(f"{API}/plans/1/booklet.pdf?area=G0-0")
    assert answer.status_code == 200
    # Six micro-grids and the cover with their table.
    assert len(re.findall(rb"/Type /Page\b", answer.get_data())) == 7


def test_what_is_not_there_or_too_large_is_a_problem(callers: dict[str, Caller]) -> None:
    admin, planner = callers["admin"], callers["planner"]
    assert admin.get(f"{API}/plans/1/micro-grids/nothing/sheet.pdf").status_code == 404
    assert admin.get(f"{API}/plans/9/booklet.pdf?area=G0-0").status_code == 404
    assert planner.get(f"{API}/plans/1/micro-grids/G5-0-1/sheet.pdf").status_code == 404
    assert admin.get(f"{API}/plans/1/booklet.pdf").status_code == 400
    large = admin.get(f"{API}/plans/1/booklet.pdf?area=S0", **{"Accept-Language": "en"})
    assert large.status_code == 400
    assert "Choose one community" in large.get_json()["detail"]
