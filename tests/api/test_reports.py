"""Heatmap reports over HTTP: one to embed under its own policy, one to hand on."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.conftest import Caller

ASKED = "area=S0&starts_at=2026-01-01T00:00:00%2B08:00&ends_at=2027-01-01T00:00:00%2B08:00"


def test_embedded_page_runs_only_its_own_scripts(callers: dict[str, Caller]):
    answer = callers["official"].get(f"/reports/heatmap?{ASKED}")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    (nonce,) = re.findall(r"script-src 'nonce-([\w-]{20,})'", policy)
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "frame-ancestors 'self'" in policy
    scripts = re.findall(r"<script[^>]*>", answer.text)
    assert scripts
    assert all(f'nonce="{nonce}"' in script for script in scripts)


def test_every_page_has_a_nonce_of_its_own(callers: dict[str, Caller]):
    policies = {
        callers["official"].get(f"/reports/heatmap?{ASKED}").headers["Content-Security-Policy"]
        for _ in range(2)
    }
    assert len(policies) == 2


def test_file_to_hand_on_holds_everything(callers: dict[str, Caller]):
    answer = callers["official"].get(f"/reports/heatmap.html?{ASKED}&level=grid", **{"Accept-Language": "en"})
    assert answer.headers["Content-Disposition"] == "attachment; filename=heatmap-S0.html"
    page = answer.text
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=", page) == []
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(styles) > 1
    assert [style for style in styles if "url(" in style or "@import" in style] == []
    assert '<html lang="en">' in page
    for words in (
        "Issues of",
        "2026-01-01 to 2026-12-31",
        "Per 100 households",
        "Unusual change",
        "Plan version",
        "G4-0",
    ):
        assert words in page
    assert "G5-0" not in page  # another street's


def test_in_chinese_with_plan_version_and_definition(callers: dict[str, Caller]):
    page = callers["official"].get(f"/reports/heatmap.html?{ASKED}", **{"Accept-Language": "zh"}).text
    for words in (
        "诉求热力图",
        "每百户诉求",
        "异常之处",
        "方案版本 1",
        "数据时间",
        "按已发布方案的微网格统计",
        "占位坐标",
    ):
        assert words in page


def test_slider_has_the_steps_of_the_city_and_filters_are_named(callers: dict[str, Caller]):
    page = (
        callers["official"]
        .get(
            f"/reports/heatmap.html?{ASKED}&step=month&categories=noise&layer=counts",
            **{"Accept-Language": "en"},
        )
        .text
    )
    data = json.loads(re.findall(r'\((\{"first".*?\}), geo_json', page)[0])
    assert data["first"] == 0
    frames = data["layers"][0]["frames"]
    assert frames["names"][1] == "2026-02-01 to 2026-02-28"
    assert len(frames["names"]) == 12
    answer = callers["official"].get(f"/api/v1/heatmaps/layers?{ASKED}&categories=noise").json
    ((digits, issues),) = frames["figures"]
    assert sum(map(sum, issues)) == sum(row["issues"] for row in answer["rows"])
    assert digits == 0
    assert "Noise" in page


def test_every_layer_is_played_and_a_step_too_fine_gives_way(callers: dict[str, Caller]):
    """The days of a year are too many; tests look at the quarter that ends with the step, and may refuse."""
    page = (
        callers["official"].get(f"/reports/heatmap.html?{ASKED}&step=day", **{"Accept-Language": "en"}).text
    )
    data = json.loads(re.findall(r'\((\{"first".*?\}), geo_json', page)[0])
    played = [layer["frames"] for layer in data["layers"]]
    assert [len(frames["names"]) for frames in played] == [53] * 4
    assert played[1]["names"][1] == "2026-01-05 to 2026-01-11"
    assert played[2]["names"][1] == "Quarter up to this step: 2025-10-13 to 2026-01-11"
    assert {letter for kinds in played[2]["kinds"] for letter in kinds} == {"x"}
    assert data["letters"]["x"] == "not_enough"
    assert dict(played[2]["classes"])["not_enough"] == "Not enough data"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("area=S0", 400),
        (f"{ASKED}&level=street", 400),
        (f"{ASKED}&layer=glow", 400),
        (f"{ASKED}&colour=red", 400),
        (ASKED.replace("%2B08:00", ""), 400),
        (ASKED.replace("S0", "S1"), 404),
        (ASKED.replace("S0", "nowhere"), 404),
    ],
)
def test_bad_questions(callers: dict[str, Caller], query: str, status: int):
    assert callers["official"].get(f"/reports/heatmap?{query}").status_code == status
    assert callers["official"].get(f"/reports/heatmap.html?{query}").status_code == status
