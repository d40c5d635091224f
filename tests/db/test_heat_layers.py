"""The layers as people see them: what is found for a district, with its words, on the city's own cells."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.heat_counts import HeatFilter
from gridmap.services.heat_layers import heat_frames, heat_layer
from gridmap.services.heat_plays import play_layer
from gridmap.services.heat_words import kind_of
from gridmap.services.heatmaps import list_counted
from tests import spatial_city
from tests.conftest import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from gridmap.db import Database

START = datetime(2026, 1, 1, tzinfo=UTC)
QUARTER = HeatFilter(START + timedelta(days=274), START + timedelta(days=365))
# Ten buildings of "G3-3" report every day of October, each at its own door: 310 incidents more.
HOT = """
INSERT INTO issues (source, source_id, category, state, reported_at, building_id, grid_id, geom)
SELECT 'hot', b.id || '-' || d, 'noise', 'reported',
       CAST('2026-10-02T00:00:00Z' AS timestamptz) + d * interval '1 day', b.id, b.grid_id,
       ST_Centroid(b.geom)
FROM buildings b, generate_series(0, 30) d
WHERE b.grid_id = 1003003 AND b.id % 10 < 3
"""


@pytest.fixture(scope="module")
def hot_city(template: str, server_url: Callable[[str], str]) -> Iterator[Database]:
    """A city of 80 grids with one that reports far more than its households let one expect."""
    with copy_of(template, server_url) as database:
        with database.engine.begin() as connection:
            spatial_city.fill(connection, columns=10, rows=8, staff=42, days=1, issues=12_000)
            connection.execute(text(HOT))
        yield database


@pytest.fixture
def city(hot_city: Database) -> Iterator[Session]:
    with hot_city.transaction() as session:
        yield session


def test_hot_grid_is_found_on_every_geography(city: Session):
    for level in ("micro_grid", "grid", "hexagon"):
        found = heat_layer(city, SYSTEM, "D1", QUARTER, layer="unusual", level=level, language="en")
        hot = {row.code for row in found.rows if row.found == "hot"}
        assert hot
        assert found.hot == len(hot)
        assert found.elsewhere == ("micro_grid" if level == "hexagon" else "hexagon")
        assert 0 < found.hot_elsewhere <= found.hot
        if level != "hexagon":
            assert {"G3-3", "G3-3-1"} & hot
        (row,) = [row for row in found.rows if row.code == min(hot)]
        assert row.ratio_low <= row.ratio <= row.ratio_high
        assert row.ratio == pytest.approx(row.observed / row.expected)
        assert found.messages[0].startswith("Window: ")
        assert "q = 0.05" in found.messages[1]
    part = heat_layer(city, SYSTEM, "C0-3", QUARTER, layer="unusual", level="grid")
    whole = heat_layer(city, SYSTEM, "D1", QUARTER, layer="unusual", level="grid")
    of_whole = {row.code: row for row in whole.rows}
    assert {row.code: row for row in part.rows} == {row.code: of_whole[row.code] for row in part.rows}


def test_change_against_its_own_past_is_found(city: Session):
    found = heat_layer(city, SYSTEM, "D1", QUARTER, layer="change", language="zh")
    assert "hot" in {row.found for row in found.rows if row.code.startswith("G3-3-")}
    early = HeatFilter(START, START + timedelta(days=90))
    none = heat_layer(city, SYSTEM, "D1", early, layer="change", level="grid", language="zh")
    assert {row.found for row in none.rows} == {"not_enough"}  # no past
    assert any("不作检验" in message for message in none.messages)


def test_rates_stand_beside_the_same_counts(city: Session):
    for level in ("micro_grid", "hexagon"):
        counts = heat_layer(city, SYSTEM, "C0-3", QUARTER, level=level)
        rates = heat_layer(city, SYSTEM, "C0-3", QUARTER, layer="per_100", level=level)
        assert [(row.code, row.issues) for row in counts.rows] == [
            (row.code, row.issues) for row in rates.rows
        ]
        assert counts.left_out == rates.left_out
        for row in rates.rows:
            if row.households < 8:
                assert row.rate_per_100 is None
                continue
            if level == "micro_grid":  # a hexagon has the rate of all of it, whatever part the area holds
                assert row.rate_per_100 == pytest.approx(100 * row.issues / row.households)
            assert row.low_per_100 <= row.shrunk_per_100 <= row.high_per_100


def test_hexagons_of_an_area_hold_its_own_issues_only(city: Session):
    whole = heat_layer(city, SYSTEM, "D1", QUARTER, level="hexagon")
    parts = [heat_layer(city, SYSTEM, street, QUARTER, level="hexagon") for street in ("S0", "S1")]
    assert sum(row.issues for row in whole.rows) == sum(row.issues for part in parts for row in part.rows)
    assert sum(row.households for row in whole.rows) == 80 * 390
    of_street = Actor(account_id=None, username="o", role="official", area_ids=(10,))
    row = max(parts[0].rows, key=lambda row: row.issues)
    behind, total = list_counted(city, of_street, "S0", QUARTER, level="hexagon", cell=row.code)
    assert len(behind) == total == row.issues


def test_frames_lie_in_the_citys_own_months(city: Session):
    year = HeatFilter(START - timedelta(hours=8), START + timedelta(days=365, hours=-8))
    frames = heat_frames(city, SYSTEM, "G3-3", year, step="month", level="grid")
    assert [moment.month for moment in frames.starts_at] == list(range(1, 13))
    assert frames.codes == ["G3-3"]
    shown = heat_layer(city, SYSTEM, "G3-3", year, level="grid")
    assert sum(number for (number,) in frames.issues) == shown.rows[0].issues
    assert max(frames.issues) == frames.issues[9]  # October


def test_bad_questions_are_refused(city: Session):
    for asked in ({"layer": "glow"}, {"level": "street"}):
        with pytest.raises(BadInput):
            heat_layer(city, SYSTEM, "D1", QUARTER, **asked)
    for which in (HeatFilter(START, START), HeatFilter(*(START, START + timedelta(1)), states=("lost",))):
        with pytest.raises(BadInput):
            heat_layer(city, SYSTEM, "D1", which)
    decade = HeatFilter(START, START + timedelta(days=3650))
    with pytest.raises(BadInput):
        heat_frames(city, SYSTEM, "D1", decade, step="day")
    with pytest.raises(NotFound):
        heat_layer(city, SYSTEM, "D1", QUARTER, plan_id=99)


@pytest.mark.parametrize("layer", ["counts", "per_100", "unusual", "change"])
@pytest.mark.parametrize("level", ["micro_grid", "hexagon"])
def test_a_played_step_is_the_layer_of_its_period(city: Session, layer: str, level: str):
    whole = heat_layer(city, SYSTEM, "S1", QUARTER, layer=layer, level=level)
    codes = [row.code for row in whole.rows]
    play = play_layer(city, SYSTEM, "S1", QUARTER, codes=codes, layer=layer, level=level, step="month")
    assert [step.ends_at.month for step in play.steps] == [11, 12, 1, 1]
    figures = set()
    for step in play.steps:
        period = QUARTER.moved(step.starts_at, step.ends_at)
        shown = heat_layer(city, SYSTEM, "S1", period, layer=layer, level=level)
        rows = {row.code: row for row in shown.rows}
        for number, code in enumerate(codes):
            row = rows.get(code)
            if row is None:  # a hexagon without homes and, in this step, without issues
                assert step.figures["issues"][number] == 0
                continue
            for name, values in step.figures.items():
                known = getattr(row, name)
                figures.add(known)
                assert values[number] == pytest.approx(math.nan if known is None else known, nan_ok=True)
            bounded = replace(shown, breaks=play.breaks)
            assert step.kinds[number] == kind_of(row, bounded)
    assert len(figures) > 3
