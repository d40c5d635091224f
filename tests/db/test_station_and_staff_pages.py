"""What stands around a station and behind a post, in the sample town."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from gridmap.errors import NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.places import get_area
from gridmap.services.staff_details import describe_staff
from gridmap.services.station_details import describe_station

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

EAST = "370698001001002"
CHINA = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=CHINA)  # a Friday


def test_a_station_tells_who_is_on_duty_and_the_week(town: Session):
    found = describe_station(town, SYSTEM, "370698-S1", MORNING)
    assert (found.station.name, found.station.phone, found.district_code) == (
        "样板社区党群服务站",
        "0535-000 0001",
        "370698",
    )
    assert [row.code for row in found.on_duty] == ["370698-CW-0001"]
    assert [day.day for day in found.week] == [date(2026, 11, number) for number in range(16, 23)]
    assert [len(day.shifts) for day in found.week] == [0, 0, 0, 0, 1, 0, 0]
    friday = found.week[4]
    assert (friday.opens_at, friday.closes_at) == (
        datetime(2026, 11, 20, 8, 30, tzinfo=CHINA),
        datetime(2026, 11, 20, 17, 30, tzinfo=CHINA),
    )
    assert found.week[0].opens_at is None
    assert [row.code for row in found.based] == ["370698-CW-0001", "370698-GO-0001"]
    later = describe_station(town, SYSTEM, "370698-S1", datetime(2026, 11, 20, 17, 30, tzinfo=CHINA))
    assert later.on_duty == []


def test_homes_within_a_walk_and_the_next_station(town: Session):
    """S1 is 9 units from 学府街, S2 one from 迎宾路: 14 units along the one street and 11 along the other."""
    found = describe_station(town, SYSTEM, "370698-S1", MORNING)
    assert found.reached is not None
    assert [one.minutes for one in found.reached] == [5, 10, 15]
    homes = [one.households for one in found.reached]
    assert homes == sorted(homes)
    assert (homes[-1], found.reached[-1].buildings) == (548, 10)  # all of the town within 1,125 m
    assert 0 < homes[0] < 548
    (gate,) = found.nearest
    assert (gate.code, gate.how) == ("370698-S2", "on_foot")
    assert gate.walk_m == pytest.approx(9 * 11.1 + 14 * 8.806 + 11 * 11.1 + 8.806, abs=4)
    assert [rule.code for rule in found.rules] == ["station_500_m"]
    assert describe_station(town, SYSTEM, "370698-S2", MORNING).rules == []


def test_without_roads_the_station_says_so(town: Session):
    town.execute(text("DELETE FROM roads"))
    found = describe_station(town, SYSTEM, "370698-S1", MORNING)
    assert found.reached == []
    assert [one.how for one in found.nearest] == ["no_network"]
    assert found.nearest[0].walk_m == pytest.approx(((13 * 8.806) ** 2 + (2 * 11.1) ** 2) ** 0.5, abs=2)


def test_field_staff_see_no_coverage_at_a_station(town: Session):
    east = get_area(town, SYSTEM, EAST)
    own = Actor(account_id=None, username="f", role="field", area_ids=(east.id,))
    found = describe_station(town, own, "370698-S1", MORNING)
    assert (found.reached, found.rules) == (None, [])
    west = get_area(town, SYSTEM, "370698001001001")
    with pytest.raises(NotFound):
        describe_station(
            town,
            Actor(account_id=None, username="f", role="field", area_ids=(west.id,)),
            "370698-S1",
            MORNING,
        )


def test_a_post_has_its_postings_with_dates_and_its_week(town: Session):
    town.execute(
        text(
            "INSERT INTO postings (staff_id, area_id, starts_on, ends_on) SELECT s.id, a.id, d.f, d.t"
            " FROM staff s, areas a,"
            " (VALUES (date '2025-01-01', date '2025-12-31'), ('2027-01-01', NULL)) d (f, t)"
            " WHERE s.code = '370698-EH-0001' AND a.code = '370698001001002'"
        )
    )
    found = describe_staff(town, SYSTEM, "370698-EH-0001", MORNING)
    assert [(one.state, one.level) for one in found.postings] == [
        ("now", "entrance"),
        ("coming", "grid"),
        ("ended", "grid"),
    ]
    assert found.postings[0].code.endswith("/2")
    assert found.postings[0].name == "东风路8号 纺织厂家属院 1号楼 2单元"
    assert all(one.geometry is not None for one in found.postings)
    assert found.workload is not None
    assert found.workload.load.households == 12
    officer = describe_staff(town, SYSTEM, "370698-GO-0001", MORNING)
    assert [row.area_name for row in officer.week[4].shifts] == ["样板社区第1网格"]


def test_a_field_account_sees_no_others_workload(town: Session):
    anywhere = Actor(account_id=None, username="f", role="field", area_ids=None, staff_id=0)
    assert describe_staff(town, anywhere, "370698-GO-0001", MORNING).workload is None
    with pytest.raises(NotFound):
        describe_staff(town, SYSTEM, "nobody")
