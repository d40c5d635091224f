"""What leaves the house equals what is shown: CSV, GeoPackage, pictures and lists of the heatmap."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pyogrio
import pytest
import shapely
from PIL import Image

from gridmap.services import heatmaps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import Caller

PERIOD = "starts_at=2026-01-01T00:00:00%2B08:00&ends_at=2027-01-01T00:00:00%2B08:00"
EARLIER = "starts_at=2025-01-01T00:00:00Z&ends_at=2025-09-01T00:00:00Z"
SECOND = "second_starts_at=2025-01-01T00:00:00Z&second_ends_at=2025-09-01T00:00:00Z"
STARTS = ("2026-01-01T00:00:00+08:00", "2025-01-01T00:00:00+00:00")
ENGLISH = {"Accept-Language": "en"}
NUMBERS = ("households", "issues", "observed", "expected", "ratio", "shrunk_per_100", "low_per_100")


def _layer(official: Caller, asked: str) -> dict[str, Any]:
    answer = official.get(f"/api/v1/heatmaps/layers?{asked}", **ENGLISH)
    assert answer.status_code == 200
    return answer.json


def _is_same(told: Any, known: Any) -> bool:
    if known is None:
        return told in ("", None) or told != told
    return float(told) == pytest.approx(known)


@pytest.mark.parametrize(("layer", "level"), [("per_100", "micro_grid"), ("unusual", "grid")])
def test_csv_holds_exactly_what_is_shown(callers: dict[str, Caller], layer: str, level: str):
    official = callers["official"]
    asked = f"area=S0&{PERIOD}&layer={layer}&level={level}&categories=noise,leak"
    shown = _layer(official, asked)
    answer = official.get(f"/api/v1/heatmaps/layers.csv?{asked}", **ENGLISH)
    assert answer.headers["Content-Disposition"] == f"attachment; filename=heatmap-{layer}-S0.csv"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["code"] for row in rows] == [row["code"] for row in shown["rows"]]
    for row, known in zip(rows, shown["rows"], strict=True):
        assert all(_is_same(row.get(name, ""), known[name]) for name in NUMBERS)
        assert row.get("found", "") == (known["found"] or "")
    about = rows[0]
    assert about["categories"] == "noise,leak"
    assert about["definition"] == shown["definition"]
    assert about["plan_version"] == ("1" if level == "micro_grid" else "")
    assert about["q"] == ("0.05" if layer == "unusual" else "")


def test_geopackage_holds_the_cells_with_their_ground(callers: dict[str, Caller], tmp_path: Path):
    official = callers["official"]
    asked = f"area=S0&{PERIOD}&layer=per_100&level=hexagon"
    shown = _layer(official, f"{asked}&geometry=1")
    file = tmp_path / "heat.gpkg"
    file.write_bytes(official.get(f"/api/v1/heatmaps/layers.gpkg?{asked}", **ENGLISH).data)
    cells = pyogrio.read_dataframe(file, layer="cells")
    assert cells.crs.to_epsg() == 4326
    assert cells["code"].tolist() == [row["code"] for row in shown["rows"]]
    assert cells["issues"].tolist() == [row["issues"] for row in shown["rows"]]
    grounds = [shapely.from_geojson(json.dumps(row["geometry"])) for row in shown["rows"]]
    assert shapely.equals_exact(cells.geometry.to_numpy(), grounds, 1e-9).all()
    about = pyogrio.read_dataframe(file, layer="about").set_index("name")["value"]
    assert about["layer"] == "per_100"
    assert about["definition"] == shown["definition"]


@pytest.mark.parametrize("layer", ["per_100", "change"])
def test_csv_holds_both_periods_that_stand_side_by_side(callers: dict[str, Caller], layer: str):
    official = callers["official"]
    asked = f"area=C0-0&layer={layer}&level=micro_grid&categories=noise,leak"
    known = [_layer(official, f"{asked}&{period}") for period in (PERIOD, EARLIER)]
    answer = official.get(f"/api/v1/heatmaps/layers.csv?{asked}&{PERIOD}&{SECOND}", **ENGLISH)
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == sum(len(shown["rows"]) for shown in known) > 0
    for side, shown in enumerate(known, 1):
        told = [row for row in rows if row["side"] == str(side)]
        assert [row["code"] for row in told] == [row["code"] for row in shown["rows"]]
        assert {row["starts_at"] for row in told} == {STARTS[side - 1]}
        assert {row["definition"] for row in told} == {shown["definition"]}
        assert all(row["label"] == cell["label"] for row, cell in zip(told, shown["rows"], strict=True))
        for row, cell in zip(told, shown["rows"], strict=True):
            assert all(_is_same(row.get(name, ""), cell[name]) for name in NUMBERS)
            assert row.get("found", "") == (cell["found"] or "")
    issues = [sum(cell["issues"] for cell in shown["rows"]) for shown in known]
    assert issues[0] != issues[1]
    alone = official.get(f"/api/v1/heatmaps/layers.csv?{asked}&{PERIOD}", **ENGLISH)
    assert "side" not in next(csv.reader(io.StringIO(alone.data.decode("utf-8-sig"))))


def test_geopackage_holds_a_layer_for_each_period(callers: dict[str, Caller], tmp_path: Path):
    official = callers["official"]
    asked = "area=C0-0&layer=per_100&level=micro_grid"
    file = tmp_path / "heat.gpkg"
    file.write_bytes(official.get(f"/api/v1/heatmaps/layers.gpkg?{asked}&{PERIOD}&{SECOND}", **ENGLISH).data)
    names = [name for name, _kind in pyogrio.list_layers(file)]
    assert sorted(names) == ["about", "cells", "second_about", "second_cells"]
    for prefix, period, starts_at in (("", PERIOD, STARTS[0]), ("second_", EARLIER, STARTS[1])):
        shown = _layer(official, f"{asked}&{period}&geometry=1")
        cells = pyogrio.read_dataframe(file, layer=f"{prefix}cells")
        assert cells["code"].tolist() == [row["code"] for row in shown["rows"]]
        assert cells["issues"].tolist() == [row["issues"] for row in shown["rows"]]
        rates = [row["shrunk_per_100"] for row in shown["rows"]]
        assert cells["shrunk_per_100"].tolist() == pytest.approx(rates, nan_ok=True)
        grounds = [shapely.from_geojson(json.dumps(row["geometry"])) for row in shown["rows"]]
        assert shapely.equals_exact(cells.geometry.to_numpy(), grounds, 1e-9).all()
        about = pyogrio.read_dataframe(file, layer=f"{prefix}about").set_index("name")["value"]
        assert about["starts_at"] == starts_at


def test_every_figure_leads_to_its_issues(callers: dict[str, Caller]):
    official = callers["official"]
    asked = f"area=C0-0&{PERIOD}&level=grid&states=reported,settled"
    shown = _layer(official, asked)
    whole = official.get(f"/api/v1/heatmaps/issues?{asked}&limit=7").json
    assert whole["total"] == sum(row["issues"] for row in shown["rows"])
    assert len(whole["items"]) == min(7, whole["total"])
    assert {issue["state"] for issue in whole["items"]} <= {"reported", "settled"}
    row = max(shown["rows"], key=lambda row: row["issues"])
    text = official.get(f"/api/v1/heatmaps/issues.csv?{asked}&cell={row['code']}").data.decode("utf-8-sig")
    issues = list(csv.DictReader(io.StringIO(text)))
    assert len(issues) == row["issues"] > 0
    assert {issue["cell"] for issue in issues} == {row["code"]}


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_pictures_are_drawn_in_both_languages(callers: dict[str, Caller], kind: str, start: bytes):
    official = callers["official"]
    path = f"/api/v1/heatmaps/picture.{kind}?area=C0-0&{PERIOD}&layer=change&level=micro_grid"
    drawn = [official.get(path, **{"Accept-Language": language}) for language in ("en", "zh")]
    for answer in drawn:
        assert answer.status_code == 200
        assert answer.data.startswith(start)
    assert drawn[0].headers["Content-Language"] == "en"
    assert drawn[0].headers["Content-Disposition"] == f"attachment; filename=heatmap-change-C0-0.{kind}"
    if kind == "png":
        width, height = (int.from_bytes(drawn[0].data[at : at + 4], "big") for at in (16, 20))
        assert (width, height) == (1684, 1190)


def test_two_periods_are_drawn_one_below_the_other(callers: dict[str, Caller]):
    official = callers["official"]
    asked = f"area=C0-0&{PERIOD}&layer=counts&level=micro_grid"
    second = "second_starts_at=2025-01-01T00:00:00Z&second_ends_at=2025-06-01T00:00:00Z"
    png = official.get(f"/api/v1/heatmaps/picture.png?{asked}&{second}").data
    assert [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)] == [1684, 2 * 1190]
    alone = official.get(f"/api/v1/heatmaps/picture.png?{asked}").data
    with Image.open(io.BytesIO(png)) as both, Image.open(io.BytesIO(alone)) as first:
        places = [(60, top + 60, 1100, top + 1100) for top in (0, 1190)]  # title and map, not the notes' time
        drawn = [both.crop(place).convert("RGB").tobytes() for place in places]
        assert drawn[0] == first.crop(places[0]).convert("RGB").tobytes() != drawn[1]
    pdf = official.get(f"/api/v1/heatmaps/picture.pdf?{asked}&{second}").data
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 2
    wrong = second.replace("2025-06", "2024-06")
    assert official.get(f"/api/v1/heatmaps/picture.png?{asked}&{wrong}").status_code == 400


def test_bad_questions_are_refused_alike(callers: dict[str, Caller]):
    official = callers["official"]
    for name in ("layers.csv", "layers.gpkg", "picture.png", "picture.pdf", "issues.csv", "surface"):
        for query, status in (
            ("", 400),
            (f"area=S0&{PERIOD}&states=lost", 400),
            (f"area=S0&{PERIOD}&colour=red", 400),
            (f"area=S1&{PERIOD}", 404),
        ):
            assert official.get(f"/api/v1/heatmaps/{name}?{query}").status_code == status, (name, query)


def test_a_file_of_too_many_issues_says_what_to_do(
    callers: dict[str, Caller], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(heatmaps, "MOST_ISSUES", 10)
    answer = callers["official"].get(f"/api/v1/heatmaps/issues.csv?area=S0&{PERIOD}", **ENGLISH)
    assert answer.status_code == 400
    assert "a file holds 10 at most" in answer.json["detail"]
    assert callers["official"].get(f"/api/v1/heatmaps/issues?area=S0&{PERIOD}&limit=20").status_code == 200
