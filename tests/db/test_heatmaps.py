"""Heatmaps: where each issue is counted, by hand; and that every figure leads back to its issues."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from sqlalchemy import text

from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.mapping.breaks import build_breaks
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.heat_counts import HeatFilter
from gridmap.services.heat_layers import LAYERS, heat_frames, heat_layer
from gridmap.services.heat_surfaces import heat_surface
from gridmap.services.heatmaps import list_counted, list_words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.heat_layers import HeatLayer

YEAR = HeatFilter(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
MAY = datetime(2026, 4, 30, 16, tzinfo=UTC)  # 1 May in the city's own days
BUILDING = 100_000_011  # first building of G0-0-1
IN_G0_0_2 = (120.7020, 37.7510)
IN_G0_0_1 = (120.7010, 37.7519)


@pytest.fixture
def quiet(city: Session) -> Session:
    """The city without issues."""
    city.execute(text("DELETE FROM issues"))
    return city


def _report(
    city: Session,
    name: str,
    *,
    building: int | None = None,
    at: tuple[float, float] | None = None,
    entrance: int | None = None,
    floor: int | None = None,
    flags: tuple[str, ...] = (),
    when: datetime = datetime(2026, 5, 1, tzinfo=UTC),
    category: str = "noise",
    grid: int | None = 1_000_000,
) -> None:
    city.execute(
        text(
            "INSERT INTO issues (source, source_id, category, state, reported_at, building_id,"
            " entrance_number, floor, grid_id, geom, flags) VALUES ('test', :name, :category, 'reported',"
            " :when, :building, :entrance, :floor, :grid, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :flags)"
        ),
        {
            "name": name,
            "category": category,
            "when": when,
            "building": building,
            "entrance": entrance,
            "floor": floor,
            "grid": grid,
            "lon": at[0] if at else None,
            "lat": at[1] if at else None,
            "flags": list(flags),
        },
    )


def _divide(city: Session) -> None:
    """Divide the building: entrance 1 to G0-0-1, floors 1-3 of entrance 2 too, the floors above to G0-0-2."""
    city.execute(text("DELETE FROM assignments WHERE building_id = :id"), {"id": BUILDING})
    city.execute(
        text(
            "INSERT INTO assignments (plan_id, atom, building_id, entrance_number, floor_from, floor_to,"
            " households, households_estimated, micro_grid_id) VALUES"
            " (1, 'a', :id, 1, NULL, NULL, 6, false, 10000001),"
            " (1, 'b', :id, 2, 1, 3, 4, false, 10000001),"
            " (1, 'c', :id, 2, 4, 6, 3, false, 10000002)"
        ),
        {"id": BUILDING},
    )


def _counts(answer: HeatLayer) -> dict[str, int]:
    return {row.code: row.issues for row in answer.rows if row.issues}


def _heat(
    city: Session, area: str = "G0-0", which: HeatFilter = YEAR, layer: str = "per_100", **asked: Any
) -> HeatLayer:
    return heat_layer(city, SYSTEM, area, which, layer=layer, **asked)


def _behind(city: Session, area: str, cell: str = "", **asked: Any) -> list[int]:
    found, total = list_counted(city, SYSTEM, area, YEAR, cell=cell, limit=None, **asked)
    assert [issue.cell for issue in found if cell] == [cell] * (len(found) if cell else 0)
    assert len(found) == total
    return [issue.id for issue in found]


def test_goes_where_its_whole_building_is_assigned(quiet: Session):
    """The point of the report lies next door; the building decides."""
    _report(quiet, "1", building=BUILDING, at=IN_G0_0_2)
    assert _counts(_heat(quiet)) == {"G0-0-1": 1}


@pytest.mark.parametrize(
    ("entrance", "floor", "code", "by_point"),
    [
        (1, None, "G0-0-1", 0),
        (2, 2, "G0-0-1", 0),
        (2, 5, "G0-0-2", 0),
        (None, 5, "G0-0-2", 1),  # entrance 1 or 2: two micro-grids are possible, so the point decides
        (2, None, "G0-0-2", 1),
        (None, None, "G0-0-2", 1),
        (9, None, "G0-0-2", 1),  # no such entrance in the plan
    ],
)
def test_divided_building_is_told_apart_by_entrance_and_floor(
    quiet: Session, entrance: int | None, floor: int | None, code: str, by_point: int
):
    _divide(quiet)
    _report(quiet, "1", building=BUILDING, at=IN_G0_0_2, entrance=entrance, floor=floor)
    (row,) = [row for row in _heat(quiet).rows if row.issues]
    assert (row.code, row.by_point) == (code, by_point)


def test_micro_grid_without_ground_is_still_counted(quiet: Session):
    _divide(quiet)
    quiet.execute(text("UPDATE micro_grids SET geom = NULL, stacked = true WHERE code = 'G0-0-2'"))
    _report(quiet, "1", building=BUILDING, entrance=2, floor=6, at=IN_G0_0_1)
    answer = _heat(quiet, with_shapes=True)
    assert _counts(answer) == {"G0-0-2": 1}
    (row,) = [row for row in answer.rows if row.code == "G0-0-2"]
    assert row.geometry is not None
    assert row.geometry["type"] == "Point"


def test_point_alone_goes_to_the_ground_it_falls_on(quiet: Session):
    _report(quiet, "1", at=IN_G0_0_2)
    (row,) = [row for row in _heat(quiet).rows if row.issues]
    assert (row.code, row.by_point) == ("G0-0-2", 1)


def test_point_on_a_border_counts_once(quiet: Session):
    corner = quiet.execute(
        text("SELECT ST_XMax(geom) AS x, ST_YMax(geom) AS y FROM micro_grids WHERE code = 'G0-0-1'")
    ).one()
    _report(quiet, "1", at=(corner.x, corner.y))
    assert sum(_counts(_heat(quiet)).values()) == 1
    assert sum(_counts(_heat(quiet, level="grid")).values()) == 1


def test_flagged_issues_are_left_out_and_counted(quiet: Session):
    _report(quiet, "1", building=BUILDING, flags=("placeholder_point",))
    _report(quiet, "2", building=BUILDING, flags=("no_coordinates", "closed_before_reported"))
    _report(quiet, "3", flags=("no_coordinates",), grid=None)  # may be anywhere
    _report(quiet, "4", flags=("outside_city",), grid=1_005_005)  # another grid's
    answer = _heat(quiet)
    assert _counts(answer) == {}
    assert answer.left_out == {"no_coordinates": 2, "placeholder_point": 1}


def test_what_finds_no_cell_is_said(quiet: Session):
    quiet.execute(text("UPDATE micro_grids SET valid_to = now() WHERE code = 'G0-0-2'"))
    _report(quiet, "1", at=IN_G0_0_2)
    _report(quiet, "2", at=IN_G0_0_1)
    answer = _heat(quiet)
    assert _counts(answer) == {"G0-0-1": 1}
    assert answer.left_out == {"no_cell": 1}
    assert len(answer.rows) == 5


def test_period_is_half_open(quiet: Session):
    month = HeatFilter(MAY, MAY + timedelta(days=31))
    moments = (MAY - timedelta(seconds=1), MAY, month.ends_at - timedelta(seconds=1), month.ends_at)
    for number, when in enumerate(moments):
        _report(quiet, str(number), building=BUILDING, when=when)
    assert _counts(_heat(quiet, which=month)) == {"G0-0-1": 2}


def test_category_filters(quiet: Session):
    _report(quiet, "1", building=BUILDING, category="noise")
    _report(quiet, "2", building=BUILDING, category="water")
    assert _counts(_heat(quiet, which=replace(YEAR, categories=("water",)))) == {"G0-0-1": 1}


def test_rate_needs_households(quiet: Session):
    for number in range(13):
        _report(quiet, str(number), building=BUILDING)
    row = _heat(quiet).rows[0]
    assert row.rate_per_100 == pytest.approx(20)  # 13 issues on 65 households
    quiet.execute(text("UPDATE micro_grids SET households = 7 WHERE code = 'G0-0-1'"))
    assert _heat(quiet).rows[0].rate_per_100 is None
    quiet.execute(text("UPDATE micro_grids SET households = 8 WHERE code = 'G0-0-1'"))
    assert _heat(quiet).rows[0].rate_per_100 == pytest.approx(162.5)


def test_estimates_are_marked(quiet: Session):
    quiet.execute(text("UPDATE micro_grids SET households_estimated = true WHERE code = 'G0-0-1'"))
    assert [row.code for row in _heat(quiet).rows if row.estimated] == ["G0-0-1"]


@pytest.mark.parametrize("level", ["micro_grid", "grid", "community"])
def test_levels_add_up_and_lead_back_to_their_issues(city: Session, level: str):
    answer = _heat(city, "C0-1", level=level)
    assert sum(row.issues for row in answer.rows) == sum(
        row.issues for row in _heat(city, "C0-1", level="community").rows
    )
    seen: set[int] = set()
    for row in answer.rows:
        behind = _behind(city, "C0-1", row.code, level=level)
        ids = set(behind)
        assert len(ids) == len(behind) == row.issues
        assert seen.isdisjoint(ids)
        seen |= ids
    assert seen == set(_behind(city, "C0-1", level=level))


def test_figures_of_a_divided_building_lead_back_too(quiet: Session):
    _divide(quiet)
    _report(quiet, "1", building=BUILDING, at=IN_G0_0_2, entrance=1)
    _report(quiet, "2", building=BUILDING, at=IN_G0_0_1, entrance=2, floor=5)
    _report(quiet, "3", building=BUILDING, at=IN_G0_0_2)
    for row in _heat(quiet).rows:
        assert len(_behind(quiet, "G0-0", row.code)) == row.issues
    assert _counts(_heat(quiet)) == {"G0-0-1": 1, "G0-0-2": 2}


def test_issues_behind_come_in_parts(city: Session):
    whole = _behind(city, "C0-1", level="community")
    first, total = list_counted(city, SYSTEM, "C0-1", YEAR, level="community", limit=10)
    rest, _ = list_counted(city, SYSTEM, "C0-1", YEAR, level="community", after_id=first[-1].id, limit=None)
    assert [issue.id for issue in first + rest] == whole
    assert total == len(whole) > 10


def test_households_of_grids_are_those_of_their_buildings(quiet: Session):
    answer = _heat(quiet, "C0-0", level="grid")
    assert {row.code: row.households for row in answer.rows} == {f"G{c}-0": 390 for c in range(5)}
    assert _heat(quiet, "C0-0", level="community").rows[0].households == 1950


def test_colours_mean_the_same_whatever_is_asked(city: Session):
    """The bounds belong to layer, city and length of the period: no area and no date moves them."""
    # 19,600 unflagged issues in the year up to the last on 132,600 households, 2,040 micro-grids.
    year = HeatFilter(YEAR.starts_at, YEAR.starts_at + timedelta(days=365))
    assert _heat(city, "G0-0", year).breaks == _heat(city, "D1", year).breaks == [8, 15, 30, 60]
    assert _heat(city, "D1", year, layer="counts").breaks == [5, 10, 20, 40]
    weeks = [
        HeatFilter(MAY + timedelta(days=7 * week), MAY + timedelta(days=7 * week + 7)) for week in (0, 9)
    ]
    bounds = [_heat(city, "D1", week).breaks for week in weeks]
    assert bounds[0] == bounds[1]
    frames = heat_frames(city, SYSTEM, "G0-0", year, step="week")
    assert frames.breaks_per_100 == bounds[0]
    assert _heat(city, "D1", layer="unusual").breaks == []


def test_breaks_are_readable_and_rise():
    assert build_breaks(29.6, whole=False) == [15.0, 30.0, 60.0, 120.0]
    assert build_breaks(0.4, whole=True) == [1, 2, 3, 4]
    assert build_breaks(0, whole=False) == [1.0, 2.0, 4.0, 8.0]


def test_frames_are_local_days_and_empty_ones_count(quiet: Session):
    _report(quiet, "1", building=BUILDING, when=datetime(2026, 5, 1, 15, 59, tzinfo=UTC))  # 1 May, 23:59
    _report(quiet, "2", at=IN_G0_0_2, when=datetime(2026, 5, 1, 16, 0, tzinfo=UTC))  # 2 May, 00:00
    _report(quiet, "3", building=BUILDING, when=datetime(2026, 5, 4, 0, 0, tzinfo=UTC))
    _report(
        quiet, "4", building=BUILDING, when=datetime(2026, 5, 4, 0, 0, tzinfo=UTC), flags=("no_coordinates",)
    )
    days = heat_frames(quiet, SYSTEM, "G0-0", HeatFilter(MAY, MAY + timedelta(days=4)), step="day")
    assert [(day.day, sum(cells)) for day, cells in zip(days.starts_at, days.issues, strict=True)] == [
        (1, 1),
        (2, 1),
        (3, 0),
        (4, 1),
    ]
    weeks = heat_frames(quiet, SYSTEM, "G0-0", HeatFilter(MAY, MAY + timedelta(days=4)), step="week")
    # 1 May 2026 is a Friday: its week began on Monday 27 April.
    assert [(week.day, sum(cells)) for week, cells in zip(weeks.starts_at, weeks.issues, strict=True)] == [
        (27, 2),
        (4, 1),
    ]


def test_frames_add_up_to_the_map(city: Session):
    frames = heat_frames(city, SYSTEM, "C0-1", YEAR, level="grid")
    of_map = {row.code: row.issues for row in _heat(city, "C0-1", level="grid").rows}
    of_frames = [sum(cell) for cell in zip(*frames.issues, strict=True)]
    assert dict(zip(frames.codes, of_frames, strict=True)) == of_map


def test_smooth_surface_covers_the_area_in_fixed_bands(city: Session):
    surface = heat_surface(city, SYSTEM, "C0-1", YEAR, language="en")
    assert surface.made_from == "micro_grid"
    assert surface.breaks == _heat(city, "C0-1").breaks
    ground = city.scalar(text("SELECT ST_Area(geom) FROM areas WHERE code = 'C0-1'"))
    bands = [shapely.geometry.shape(band) for band in surface.bands if band]
    assert sum(band.area for band in bands) == pytest.approx(
        ground, rel=0.02
    )  # households are near everywhere
    assert "300 m" in surface.definition


def test_words_to_filter_by_are_those_in_use(quiet: Session):
    for number, category in enumerate(("noise", "water", "water")):
        _report(quiet, str(number), building=BUILDING, category=category)
    words = list_words(quiet, SYSTEM)
    assert words["categories"] == ["water", "noise"]
    assert "merged" in words["states"]
    assert words["tiers"][0] == "compound"


def test_bad_questions_are_refused(city: Session):
    early, late = YEAR.starts_at, YEAR.ends_at
    for which in (
        HeatFilter(late, early),
        HeatFilter(early, early),
        HeatFilter(early.replace(tzinfo=None), late),
        HeatFilter(early - timedelta(days=20_000), late),
    ):
        with pytest.raises(BadInput):
            _heat(city, which=which)
    with pytest.raises(BadInput):
        _heat(city, level="street")


def test_only_in_ones_own_areas(city: Session):
    official = Actor(account_id=None, username="o", role="official", area_ids=(10,))
    assert heat_layer(city, official, "G4-0", YEAR).rows
    for ask in (heat_layer, heat_surface, list_counted):
        with pytest.raises(NotFound):
            ask(city, official, "G5-0", YEAR)
    with pytest.raises(NotFound):
        list_counted(city, official, "G4-0", YEAR, cell="G5-0-1")  # another area's
    with pytest.raises(NotFound):
        list_counted(city, official, "G4-0", YEAR, level="community", cell="G4-0")  # no community
    field = Actor(account_id=None, username="f", role="field", area_ids=(10,))
    with pytest.raises(NotAllowed):
        heat_layer(city, field, "G4-0", YEAR)
    with pytest.raises(NotAllowed):
        list_words(city, field)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_city_without_a_published_plan_has_no_cells_but_an_answer(city: Session, layer: str):
    city.execute(text("UPDATE micro_grids SET valid_to = now()"))
    answer = _heat(city, layer=layer)
    assert answer.rows == []
    assert answer.plan_version is None
    assert heat_frames(city, SYSTEM, "G0-0", YEAR, step="month").codes == []
    assert heat_surface(city, SYSTEM, "G0-0", YEAR).made_from == "hexagon"
    assert _heat(city, layer=layer, level="hexagon").elsewhere in (None, "grid")
