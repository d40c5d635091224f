"""Loading stations, staff, postings and shifts; the town of `tests.db.loads`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from shapely import Point
from sqlalchemy import select, text

from gridmap.errors import BadInput
from gridmap.models import FieldEntry, Posting, Shift, Staff, Station, Visit
from gridmap.services.actors import Actor
from gridmap.services.field_visits import take_removal, take_visit
from tests.db.loads import STATIONS, area_id, figures, load, load_town, refused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@pytest.fixture
def town(session: Session) -> Session:
    return load_town(session)


def test_stations_stand_in_a_grid_and_staff_have_an_office(town: Session) -> None:
    assert town.scalars(select(Station.grid_id)).one() == area_id(town, "w")
    post = town.scalars(select(Staff)).one()
    assert (post.office_id, post.skills) == (area_id(town, "c"), ["调解", "急救", "联络"])
    with pytest.raises(BadInput) as caught:
        load(town, "staff", [{"code": "P2", "role": "king", "office_code": "x", "station_code": "x"}])
    assert set(refused(caught)) == {
        ("f#0", "role", "unknown_role"),
        ("f#0", "office_code", "unknown_area"),
        ("f#0", "station_code", "unknown_station"),
    }
    assert "grid_officer" in next(w.hint for w in caught.value.fields if w.column == "role")


def test_postings_to_every_kind_of_place(town: Session) -> None:
    load(town, "entrances", [{"building_id": "b1", "number": 2}])
    town.execute(
        text(
            "WITH p AS (INSERT INTO plans (area_id, status, seed, rules) "
            "SELECT id, 'draft', 1, '{}' FROM areas WHERE code = 'w' RETURNING id, area_id) "
            "INSERT INTO micro_grids (plan_id, grid_id, code, households, households_estimated, "
            "building_count, status, stacked, colour, contents, label) "
            "SELECT id, area_id, 'w01', 60, false, 2, 'in_band', false, 0, '', "
            "'SRID=4326;POINT(0.5 0.5)' FROM p"
        )
    )
    places = [
        ("district", "d"), ("community", "c"), ("grid", "w"), ("micro_grid", "w01"), ("compound", "K"),
        ("building", "b1"), ("entrance", "b1/2"), ("station", "s"),
    ]  # fmt: skip
    rows = [
        {"staff_code": "P1", "place_level": level, "place_code": code, "starts_on": "2026-01-01"}
        for level, code in places
    ]
    assert figures(load(town, "postings", rows)) == (8, 0, 0)
    ended = [row | {"ends_on": "2026-06-30"} for row in rows[:1]] + rows[1:]
    assert figures(load(town, "postings", ended)) == (0, 1, 7)
    assert town.scalars(
        select(Posting.micro_grid_code).where(Posting.micro_grid_code.is_not(None))
    ).all() == ["w01"]


@pytest.mark.parametrize(
    ("level", "code", "reason"),
    [
        ("grid", "c", "unknown_area"),
        ("micro_grid", "w99", "unknown_micro_grid"),
        ("compound", "x", "unknown_compound"),
        ("building", "b1/1", "unknown_building"),
        ("entrance", "b1/9", "unknown_entrance"),
        ("entrance", "b1", "unknown_entrance"),
        ("station", "x", "unknown_station"),
    ],
)
def test_a_posting_to_no_known_place_is_refused(town: Session, level: str, code: str, reason: str) -> None:
    row = {"staff_code": "P9", "place_level": level, "place_code": code, "starts_on": "2026-01-01"}
    with pytest.raises(BadInput) as caught:
        load(town, "postings", [row])
    assert set(refused(caught)) == {("f#0", "staff_code", "unknown_staff"), ("f#0", "place_code", reason)}


def test_shifts_are_kept_where_the_duty_is(town: Session) -> None:
    day = {"staff_code": "P1", "starts_at": "2026-01-01 08:00", "ends_at": "2026-01-01 17:00"}
    night = {"starts_at": "2026-01-01 00:00", "ends_at": "2026-01-01 08:00"}
    rows = [day | {"station_code": "s"}, day | night | {"area_code": "w"}]
    assert figures(load(town, "shifts", rows)) == (2, 0, 0)
    assert figures(load(town, "shifts", rows)) == (0, 0, 2)
    begun = town.scalars(select(Shift.starts_at).order_by(Shift.starts_at)).all()
    assert begun[1] == datetime(2026, 1, 1, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai
    spots = "SELECT ST_AsText(spot::geometry) FROM shifts ORDER BY starts_at"
    assert town.scalars(text(spots)).all() == ["POINT(0.5 1)", "POINT(0.2 0.2)"]
    load(town, "stations", [STATIONS[0] | {"geometry": Point(0.3, 0.3)}])
    assert town.scalars(text(spots)).all()[1] == "POINT(0.3 0.3)"
    with pytest.raises(BadInput) as caught:
        load(town, "shifts", [rows[0] | {"staff_code": "P9", "station_code": "x"}])
    assert set(refused(caught)) == {
        ("f#0", "staff_code", "unknown_staff"),
        ("f#0", "station_code", "unknown_station"),
    }


def test_visits_are_loaded_once_or_not_at_all(town: Session) -> None:
    load(town, "entrances", [{"building_id": "b1", "number": 2}])
    own = "0b1f6d0e-6d5c-4b0e-9a55-1b1f6d0e6d5c"
    good = {
        "id": own,
        "staff_code": "P1",
        "building_id": "b1",
        "kind": "key",
        "visited_at": "2026-11-04 09:00",
    }
    rows = [good, good | {"id": "7", "entrance_number": 2, "note": "灯坏了"}]
    assert figures(load(town, "visits", rows)) == (2, 0, 0)
    assert figures(load(town, "visits", rows)) == (0, 0, 2)
    assert figures(load(town, "visits", [rows[1] | {"note": ""}], source="other")) == (1, 0, 0)
    assert figures(load(town, "visits", [rows[1] | {"note": ""}, rows[0]])) == (0, 1, 1)
    visit = next(one for one in town.scalars(select(Visit)) if str(one.client_id) == own)
    assert visit.visited_at == datetime(2026, 11, 4, 1, tzinfo=UTC)  # nine o'clock in the city
    bad = [
        good | {"id": own.upper()},
        good | {"id": own},
        good | {"id": "1", "staff_code": "x"},
        good | {"id": "2", "building_id": "x"},
        good | {"id": "3", "entrance_number": 1},
        good | {"id": "4", "kind": "secret"},
        good | {"id": "5", "visited_at": "2199-01-01"},
        good | {"id": "6", "note": "长" * 501},
    ]
    with pytest.raises(BadInput) as caught:
        load(town, "visits", bad)
    assert set(refused(caught)) == {
        ("f#1", "id", "duplicate_key"),
        ("f#2", "staff_code", "unknown_staff"),
        ("f#3", "building_id", "unknown_building"),
        ("f#4", "entrance_number", "edge_unknown_entrance"),
        ("f#5", "kind", "unknown_visit_kind"),
        ("f#6", "visited_at", "visit_to_come"),
        ("f#7", "note", "too_long"),
    }
    assert all("长" not in wrong.value for wrong in caught.value.fields)
    assert len(town.scalars(select(Visit)).all()) == 3


def test_a_visit_taken_back_on_the_phone_does_not_come_back_by_a_file(town: Session) -> None:
    record, second = uuid4(), uuid4()
    row = {"staff_code": "P1", "building_id": "b1", "kind": "key", "visited_at": "2026-11-04 09:00"}
    rows = [row | {"id": str(record)}, row | {"id": str(second)}, row | {"id": "7"}]
    assert load(town, "visits", rows[:2]).notes == {"taken_back": 0, "told_otherwise": 0}
    staff_id = town.scalar(select(Staff.id))
    load(
        town,
        "postings",
        [{"staff_code": "P1", "place_level": "building", "place_code": "b1", "starts_on": "2026-01-01"}],
    )
    for one, what, fields in (
        (record, "removal", None),
        (second, "visit", {"note": "灯已修好"}),
    ):
        entry = FieldEntry(
            id=uuid4(),
            staff_id=staff_id,
            what=what,
            made_at=datetime.now(UTC),
            clock_ahead_s=0,
            client_version=1,
            payload={"record": str(one), "fields": fields, "seen": [str(one)], "counter": 2},
            answer={},
        )
        post = Actor(None, "p1", "field", staff_id=staff_id, language="zh")
        (take_visit if fields else take_removal)(town, post, entry)
        town.add(entry)
        town.flush()
    assert town.scalars(select(Visit.client_id)).all() == [second]
    report = load(town, "visits", rows)
    assert figures(report) == (1, 0, 2)
    assert report.notes == {"taken_back": 1, "told_otherwise": 1}
    assert record not in town.scalars(select(Visit.client_id)).all()
    assert town.scalar(select(Visit.note).where(Visit.client_id == second)) == "灯已修好"
