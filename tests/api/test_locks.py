"""Micro-grids locked by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.api.conftest import Caller

API = "/api/v1"
PATH = f"{API}/plans/1/micro-grids"


def test_a_lock_is_set_seen_and_taken_off(callers: dict[str, Caller]) -> None:
    admin = callers["admin"]
    codes = ["G0-0-1", "G0-0-2"]
    assert admin.ask("PATCH", PATH, {"codes": codes, "locked": True}).get_json() == {"changed": 2}
    listed = admin.get(f"{API}/micro-grids?area=G0-0").get_json()["items"]
    assert [cell["code"] for cell in listed if cell["locked"]] == codes
    assert admin.ask("PATCH", PATH, {"codes": codes[:1], "locked": False}).get_json() == {"changed": 1}
    assert admin.get(f"{API}/micro-grids/G0-0-1").get_json()["locked"] is False
    assert admin.get(f"{API}/micro-grids/G0-0-2").get_json()["locked"] is True


def test_what_cannot_be_locked_is_said(callers: dict[str, Caller]) -> None:
    admin = callers["admin"]
    unknown = admin.ask("PATCH", PATH, {"codes": ["G0-0-1", "G9"], "locked": True})
    assert unknown.status_code == 400
    (fault,) = unknown.get_json()["fields"]
    assert (fault["column"], fault["reason"], fault["value"]) == ("codes", "lock_unknown_code", "G9")
    assert admin.ask("PATCH", PATH, {"codes": [], "locked": True}).status_code == 400
    assert admin.ask("PATCH", PATH, {"codes": ["G0-0-1"]}).status_code == 400
    assert admin.get(f"{API}/micro-grids/G0-0-1").get_json()["locked"] is False


def test_a_plan_says_what_it_is_based_on(callers: dict[str, Caller]) -> None:
    admin = callers["admin"]
    assert admin.get(f"{API}/plans/1").get_json()["based_on"] is None
    asked = admin.post(f"{API}/plans", {"area_code": "S0", "based_on": 1})
    assert (asked.status_code, asked.get_json()["based_on"]) == (202, 1)
    assert admin.post(f"{API}/plans", {"area_code": "S0", "based_on": 999}).status_code == 404
