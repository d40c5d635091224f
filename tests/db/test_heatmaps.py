"""Heatmaps: where each issue is counted, by hand; and that every figure leads back to its issues."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.heatmaps import build_breaks, heat, histogram, issues_behind, period_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.heatmaps import Heat

YEAR = {"starts_at": datetime(2026, 1, 1, tzinfo=UTC), "ends_at": datetime(2027, 1, 1, tzinfo=UTC)}
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


def _counts(answer: Heat) -> dict[str, int]:
    return {row.code: row.issues for row in answer.rows if row.issues}


def _heat(city: Session, area: str = "G0-0", **asked: object) -> Heat:
    return heat(city, SYSTEM, area, **(YEAR | asked))  # type: ignore[arg-type]


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


def test_period_is_half_open_in_the_citys_own_days(quiet: Session):
    starts_at, ends_at = period_of(date(2026, 5, 1), date(2026, 5, 31))
    assert starts_at == datetime(2026, 4, 30, 16, tzinfo=UTC)
    assert ends_at == datetime(2026, 5, 31, 16, tzinfo=UTC)
    moments = (
        starts_at - timedelta(seconds=1),
        starts_at,
        ends_at - timedelta(seconds=1),
        ends_at,
    )
    for number, when in enumerate(moments):
        _report(quiet, str(number), building=BUILDING, when=when)
    assert _counts(heat(quiet, SYSTEM, "G0-0", starts_at=starts_at, ends_at=ends_at)) == {"G0-0-1": 2}


def test_category_filters(quiet: Session):
    _report(quiet, "1", building=BUILDING, category="noise")
    _report(quiet, "2", building=BUILDING, category="water")
    assert _counts(_heat(quiet, category="water")) == {"G0-0-1": 1}


def test_rate_needs_households(quiet: Session):
    for number in range(13):
        _report(quiet, str(number), building=BUILDING)
    row = _heat(quiet).rows[0]
    assert row.rate_per_100 == pytest.approx(20)  # 13 issues on 65 households
    assert not row.few
    quiet.execute(text("UPDATE micro_grids SET households = 7 WHERE code = 'G0-0-1'"))
    assert _heat(quiet).rows[0].rate_per_100 is None
    quiet.execute(text("UPDATE micro_grids SET households = 8 WHERE code = 'G0-0-1'"))
    assert _heat(quiet).rows[0].rate_per_100 == pytest.approx(162.5)


def test_few_issues_and_estimates_are_marked(quiet: Session):
    for number in range(9):
        _report(quiet, str(number), building=BUILDING)
    quiet.execute(text("UPDATE micro_grids SET households_estimated = true WHERE code = 'G0-0-1'"))
    row = _heat(quiet).rows[0]
    assert row.few
    assert row.estimated
    _report(quiet, "tenth", building=BUILDING)
    assert not _heat(quiet).rows[0].few


@pytest.mark.parametrize("level", ["micro_grid", "grid", "community"])
def test_levels_add_up_and_lead_back_to_their_issues(city: Session, level: str):
    answer = _heat(city, "C0-1", level=level)
    assert sum(row.issues for row in answer.rows) == sum(
        row.issues for row in _heat(city, "C0-1", level="community").rows
    )
    seen: set[int] = set()
    for row in answer.rows:
        behind = issues_behind(city, SYSTEM, row.code, level=level, **YEAR)
        ids = {issue.id for issue in behind}
        assert len(ids) == len(behind) == row.issues
        assert seen.isdisjoint(ids)
        seen |= ids


def test_figures_of_a_divided_building_lead_back_too(quiet: Session):
    _divide(quiet)
    _report(quiet, "1", building=BUILDING, at=IN_G0_0_2, entrance=1)
    _report(quiet, "2", building=BUILDING, at=IN_G0_0_1, entrance=2, floor=5)
    _report(quiet, "3", building=BUILDING, at=IN_G0_0_2)
    for row in _heat(quiet).rows:
        behind = issues_behind(quiet, SYSTEM, row.code, level="micro_grid", **YEAR)
        assert len(behind) == row.issues
    assert _counts(_heat(quiet)) == {"G0-0-1": 1, "G0-0-2": 2}


def test_issues_behind_come_in_parts(city: Session):
    whole = issues_behind(city, SYSTEM, "C0-1", level="community", **YEAR)
    first = issues_behind(city, SYSTEM, "C0-1", level="community", limit=10, **YEAR)
    rest = issues_behind(city, SYSTEM, "C0-1", level="community", after_id=first[-1].id, **YEAR)
    assert [row.id for row in first + rest] == [row.id for row in whole]


def test_households_of_grids_are_those_of_their_buildings(quiet: Session):
    answer = _heat(quiet, "C0-0", level="grid")
    assert {row.code: row.households for row in answer.rows} == {f"G{c}-0": 390 for c in range(5)}
    assert _heat(quiet, "C0-0", level="community").rows[0].households == 1950


def test_colours_mean_the_same_whatever_is_asked(city: Session):
    """The bounds belong to the city, not to the area shown."""
    assert _heat(city, "G0-0").breaks == _heat(city, "D1").breaks
    # 19,600 unflagged issues on 132,600 households: mean 14.8; on 2,040 micro-grids: 9.6.
    assert _heat(city, "G0-0").breaks == {"rate": [8.0, 15.0, 30.0, 60.0], "issues": [5, 10, 20, 40]}


def test_breaks_are_readable_and_rise():
    assert build_breaks(29.6, whole=False) == [15.0, 30.0, 60.0, 120.0]
    assert build_breaks(0.4, whole=True) == [1, 2, 3, 4]
    assert build_breaks(0, whole=False) == [1.0, 2.0, 4.0, 8.0]


def test_histogram_counts_local_days_and_empty_ones(quiet: Session):
    starts_at, ends_at = period_of(date(2026, 5, 1), date(2026, 5, 4))
    _report(quiet, "1", building=BUILDING, when=datetime(2026, 5, 1, 15, 59, tzinfo=UTC))  # 1 May, 23:59
    _report(quiet, "2", at=IN_G0_0_2, when=datetime(2026, 5, 1, 16, 0, tzinfo=UTC))  # 2 May, 00:00
    _report(quiet, "3", building=BUILDING, when=datetime(2026, 5, 4, 0, 0, tzinfo=UTC))
    _report(
        quiet, "4", building=BUILDING, when=datetime(2026, 5, 4, 0, 0, tzinfo=UTC), flags=("no_coordinates",)
    )
    found = histogram(quiet, SYSTEM, "G0-0", starts_at=starts_at, ends_at=ends_at)
    assert [(one["starts_at"].date().day, one["issues"]) for one in found.bins] == [
        (1, 1),
        (2, 1),
        (3, 0),
        (4, 1),
    ]
    weeks = histogram(quiet, SYSTEM, "G0-0", starts_at=starts_at, ends_at=ends_at, step="week")
    # 1 May 2026 is a Friday: its week began on Monday 27 April.
    assert [(one["starts_at"].date(), one["issues"]) for one in weeks.bins] == [
        (date(2026, 4, 27), 2),
        (date(2026, 5, 4), 1),
    ]


def test_histogram_adds_up_to_the_map(city: Session):
    answer = _heat(city, "C0-1", level="grid")
    assert answer.histogram.step == "week"
    assert sum(one["issues"] for one in answer.histogram.bins) == sum(row.issues for row in answer.rows)


def test_bad_questions_are_refused(city: Session):
    early, late = YEAR["starts_at"], YEAR["ends_at"]
    for asked in (
        {"starts_at": late, "ends_at": early},
        {"starts_at": early, "ends_at": early},
        {"starts_at": early.replace(tzinfo=None)},
        {"starts_at": early - timedelta(days=20_000)},
        {"level": "street"},
    ):
        with pytest.raises(BadInput):
            _heat(city, **asked)


def test_only_in_ones_own_areas(city: Session):
    official = Actor(account_id=None, username="o", role="official", area_ids=(10,))
    assert heat(city, official, "G4-0", **YEAR).rows
    with pytest.raises(NotFound):
        heat(city, official, "G5-0", **YEAR)
    with pytest.raises(NotFound):
        issues_behind(city, official, "G5-0-1", level="micro_grid", **YEAR)
    with pytest.raises(NotFound):
        issues_behind(city, official, "G4-0", level="community", **YEAR)
    with pytest.raises(NotAllowed):
        heat(city, Actor(account_id=None, username="f", role="field", area_ids=(10,)), "G4-0", **YEAR)
