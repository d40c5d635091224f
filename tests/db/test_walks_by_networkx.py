"""A thousand answers each of who is nearest and who is covered on foot, against networkx.

On the roads of the demo district, and of two real towns with their points of interest as stations where the
shared data are there. A real town is one grid, and somebody is on duty at every station.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.formats.layers import read_layer
from gridmap.services import walking
from gridmap.services.actors import SYSTEM
from gridmap.services.duty import nearest_on_duty
from gridmap.services.duty_answers import DutyQuestion
from gridmap.services.duty_places import AskedPlace
from gridmap.services.exchange import load_layer
from gridmap.services.walking import CUT_OFF, NO_NETWORK, ON_FOOT, walk_to_stations
from tests.bench.instances import SHARED, read_buildings
from tests.browser.district.conftest import build_district
from tests.conftest import copy_of
from tests.walks import Walks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANSWERS = 1000
NEAREST = 3
OFF_M = 0.25
"""A walk may differ by so much, and by one in ten thousand: answers are rounded to decimetres."""
NOON = datetime(2026, 11, 4, 4, tzinfo=UTC)
AREAS = text(
    "INSERT INTO areas (id, code, level, name, parent_id, lineage, geom)"
    " SELECT n, 'T' || n, (ARRAY['district', 'street', 'community', 'grid'])[n], 'T', nullif(n - 1, 0),"
    " ARRAY(SELECT generate_series(1, n)), ST_Multi(ST_MakeEnvelope(:west, :south, :east, :north, 4326))"
    " FROM generate_series(1, 4) n"
)
STATIONS = text(
    "INSERT INTO stations (id, code, name, kind, grid_id, geom)"
    " VALUES (:n, :code, :name, 'station', 4, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))"
)
DUTY = text(
    "WITH posts AS (INSERT INTO staff (id, code, role, station_id) SELECT id, 'P' || id, 'police', id"
    " FROM stations RETURNING id, station_id)"
    " INSERT INTO shifts (staff_id, station_id, starts_at, ends_at, spot)"
    " SELECT p.id, s.id, :starts, :ends, s.geom::geography"
    " FROM posts p JOIN stations s ON s.id = p.station_id"
)
BUILDINGS = text(
    "INSERT INTO buildings (source, source_id, use, storeys, entrance_count, households, households_source,"
    " households_estimated, grid_id, geom) VALUES ('town', :n, 'residential', 1, 1, :households, 'estimate',"
    " true, 4, ST_Multi(ST_SetSRID(ST_GeomFromWKB(:shape), 4326)))"
)

ON_DUTY = text(
    "SELECT p.code, ST_X(sh.spot::geometry) AS lon, ST_Y(sh.spot::geometry) AS lat, sh.starts_at, sh.ends_at"
    " FROM shifts sh JOIN staff p ON p.id = sh.staff_id WHERE sh.starts_at <= :ends AND sh.ends_at > :starts"
)


class Town(NamedTuple):
    """A filled database: its district, kinds of stations, and a moment amid its rosters."""

    session: Session
    area_id: int
    code: str
    kinds: tuple[str, ...]
    noon: datetime


@pytest.fixture
def district(make_template: Callable[..., str], server_url: Callable[[str], str]) -> Iterator[Town]:
    walking._kept.clear()
    with (
        copy_of(make_template("district", build_district), server_url) as database,
        database.transaction() as session,
    ):
        area = session.execute(text("SELECT id, code FROM areas WHERE level = 'district'")).one()
        noon = session.scalar(text("SELECT starts_at FROM shifts ORDER BY starts_at OFFSET 500 LIMIT 1"))
        yield Town(session, area.id, area.code, ("station", "gate"), noon)
    walking._kept.clear()


@pytest.fixture(params=["monaco", "baltimore_se"])
def real_town(request: pytest.FixtureRequest, session: Session) -> Iterator[Town]:
    folder = SHARED / request.param
    if not folder.is_dir():
        pytest.skip("the shared data are not here")
    walking._kept.clear()
    places = gpd.read_file(folder / "pois.gpkg").geometry
    homes = read_buildings(request.param)
    homes = homes[(homes.households > 0) & homes.geometry.geom_type.isin(("Polygon", "MultiPolygon"))]
    roads = read_layer("roads", folder / "roads.gpkg")
    sides = np.array([frame.total_bounds for frame in (homes, places)])
    low, high = sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)
    values = {"west": low[0], "south": low[1], "east": high[0], "north": high[1]}
    session.execute(AREAS, {name: float(value) for name, value in values.items()})
    load_layer(session, SYSTEM, "roads", roads)
    spots = [(place.x, place.y) for place in places]
    rows = [{"n": n, "code": f"S{n}", "name": "", "lon": x, "lat": y} for n, (x, y) in enumerate(spots, 1)]
    session.execute(STATIONS, rows)
    session.execute(DUTY, {"starts": NOON - timedelta(hours=4), "ends": NOON + timedelta(hours=4)})
    count = zip(homes.households, homes.geometry.to_wkb(), strict=True)
    session.execute(
        BUILDINGS, [{"n": str(n), "households": int(h), "shape": s} for n, (h, s) in enumerate(count)]
    )
    yield Town(session, 1, "T1", ("station",), NOON)
    walking._kept.clear()


def is_same(one_m: float, other_m: np.ndarray) -> np.ndarray:
    return np.abs(one_m - other_m) <= OFF_M + 1e-4 * other_m


def read_stations(town: Town) -> list[tuple[str, float, float]]:
    query = text("SELECT code, ST_X(geom), ST_Y(geom) FROM stations WHERE kind = ANY(:kinds) ORDER BY code")
    return [tuple(row) for row in town.session.execute(query, {"kinds": list(town.kinds)})]


def check_coverage(town: Town) -> set[str]:
    """Hold the walks from a thousand doors against networkx; tells how they were measured."""
    found = walk_to_stations(town.session, town.area_id, town.kinds)
    stations = read_stations(town)
    row_of = {code: row for row, (code, _, _) in enumerate(stations)}
    walks = Walks(town.session, [(lon, lat) for _, lon, lat in stations])
    differences = []
    for door in random.Random(3).sample(range(len(found.distance_m)), ANSWERS):
        lon, lat = found.doors.lonlat[door].tolist()
        metres, straight_m = walks.to(lon, lat)
        answer, how = float(found.distance_m[door]), found.how[door]
        named = walks.of == row_of[found.station_codes[found.nearest[door]]]
        if np.isfinite(metres).any():
            best = np.where(np.isfinite(metres).any(axis=1), metres.min(axis=1), np.inf)
            right = how == ON_FOOT and is_same(answer, best).any() and is_same(answer, metres[:, named]).any()
        else:
            best = straight_m.min()
            right = how in (CUT_OFF, NO_NETWORK) and is_same(answer, best) and straight_m[named].min() == best
        if not right:
            differences.append((lon, lat, answer, how, best, metres[:, named]))
    assert differences == []
    return set(found.how)


def check_nearest(town: Town, hours: float) -> set[str]:
    """Ask a thousand times who is nearest of all on duty; tells how the walks were measured."""
    rows = town.session.execute(ON_DUTY, {"starts": town.noon, "ends": town.noon + timedelta(hours=hours)})
    roster = [(row.code, (row.lon, row.lat), row.starts_at, row.ends_at) for row in rows]
    places = sorted({place for _, place, _, _ in roster})
    walks = Walks(town.session, places)
    chance, differences, hows = random.Random(4), [], set()
    homes = walk_to_stations(town.session, town.area_id, town.kinds).doors.lonlat
    for lon, lat in homes[chance.choices(range(len(homes)), k=ANSWERS)]:
        at = town.noon + timedelta(hours=hours * chance.random())
        metres, straight_m = walks.to(lon, lat)
        metres = np.maximum(np.where(np.isfinite(metres), metres, straight_m), straight_m)
        there = {place: metres[:, walks.of == row] for row, place in enumerate(places)}
        there = {code: there[place] for code, place, starts, ends in roster if starts <= at < ends}
        question = DutyQuestion(at=at, limit=NEAREST)
        people = nearest_on_duty(town.session, SYSTEM, AskedPlace(float(lon), float(lat)), question).people
        hows |= {one.how for one in people}
        best = np.array([np.sort([ways.min() for ways in there.values()])[: len(people)]])
        right = len(people) == min(NEAREST, len(there))
        for one, most in zip(people, best[0], strict=True):
            right &= bool(is_same(one.walk_m, there[one.staff_code]).any())
            right &= bool(is_same(one.walk_m, most)) or len(metres) > 1
        if not right:
            differences.append((lon, lat, [(one.staff_code, one.walk_m, one.how) for one in people], best))
    assert differences == []
    return hows


def test_walking_coverage_of_the_demo_district(district: Town):
    assert check_coverage(district) == {ON_FOOT}


def test_nearest_on_duty_in_the_demo_district(district: Town):
    assert ON_FOOT in check_nearest(district, 48)


def test_walking_coverage_of_real_towns(real_town: Town):
    assert ON_FOOT in check_coverage(real_town)


def test_nearest_on_duty_in_real_towns(real_town: Town):
    assert ON_FOOT in check_nearest(real_town, 2)
