"""The API describes itself, and the description is right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from openapi_spec_validator import validate

from gridmap.web.problems import PROBLEM_JSON

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Page


@pytest.fixture
def spec(client: FlaskClient) -> dict:
    """The document as a machine gets it."""
    return client.get("/openapi.json").get_json()


def test_it_is_valid(spec: dict) -> None:
    assert spec["openapi"] == "3.1.0"
    validate(spec)


def test_it_holds_every_route_of_the_api_and_no_other(spec: dict, app: Flask) -> None:
    routes = {
        (re.sub(r"<(id|path|any\([^)]*\)):", "<", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {
        (path.replace("{", "<").replace("}", ">"), method)
        for path, operations in spec["paths"].items()
        for method in operations
    }
    assert described == routes


def test_every_operation_says_how_it_fails(spec: dict) -> None:
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            assert {"400", "401", "403", "503"} <= set(answers), path
            if "{" in path:
                assert "404" in answers, path
            for code, answer in answers.items():
                if code >= "400":
                    assert list(answer["content"]) == [PROBLEM_JSON], (method, path, code)
            assert operation["summary"], path
            assert operation["operationId"], path


def test_the_docs_page_works_offline(page: Page) -> None:
    page.goto("/docs")
    page.get_by_text("Micro-grids of a city as JSON").wait_for()
    page.locator(".opblock").first.wait_for()
    page.mouse.wheel(0, 100_000)  # only what is near the window is drawn
    page.locator("#operations-accounts-get_api_accounts_take_own_data").click()
    page.get_by_role("button", name="Try it out").first.wait_for()
