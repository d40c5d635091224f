"""Who is on duty nearest on foot, against networkx and rosters made by hand."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest
from sqlalchemy import text

from gridmap.errors import BadInput
from gridmap.services.actors import SYSTEM
from gridmap.services.duty import list_skills, nearest_on_duty
from gridmap.services.duty_answers import DutyQuestion
from gridmap.services.duty_places import AskedPlace
from gridmap.services.walking import cut_roads
from tests.db.rosters_by_hand import BUILDING, NOON, ask, clear_roster, roster

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LANES = text(  # upwards through every other row of grids, between the columns
    "INSERT INTO roads (source, source_id, class, geom)"
    " SELECT 'lanes', 'l' || id, 'footway', ST_Multi(ST_SetSRID(ST_MakeLine("
    "ST_MakePoint(ST_XMin(geom), ST_YMin(geom)), ST_MakePoint(ST_XMin(geom), ST_YMin(geom) + 0.004)), 4326))"
    " FROM areas WHERE level = 'grid' AND id % 1000 % 3 < 2 AND id / 1000 % 4 = 0"
)


# Walking. The only roads of the city run along the lower edge of each row of grids, from end to end: rows
# hang together nowhere, and who keeps duty in another row is cut off.


def _reference(city: Session) -> nx.Graph:
    graph = nx.Graph()
    for row in city.execute(text("SELECT first_node, second_node, length_m FROM walking_edges")):
        graph.add_edge(row.first_node, row.second_node, weight=row.length_m)
    return graph


def _to_road(city: Session, lon: float, lat: float) -> tuple[int, float, float, float]:
    """Edge, metres along it, metres beside it, and its length, by PostGIS."""
    nearest = text(
        "SELECT id, length_m, ST_LineLocatePoint(geom, p) AS along,"
        " ST_Distance(geom::geography, p::geography) AS beside"
        " FROM walking_edges, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) p"
        " ORDER BY ST_Distance(geom::geography, p::geography), id LIMIT 1"
    )
    row = city.execute(nearest, {"lon": lon, "lat": lat}).one()
    return row.id, row.along * row.length_m, row.beside, row.length_m


def _walks_to_stations(city: Session, lon: float, lat: float) -> dict[str, float]:
    """Metres on foot to each station, by networkx; those that are cut off are missing."""
    graph = _reference(city)
    ends = {
        row.id: (row.first_node, row.second_node)
        for row in city.execute(text("SELECT id, first_node, second_node FROM walking_edges"))
    }

    def join(name: object, x: float, y: float) -> tuple[int, float, float]:
        edge, along, beside, length = _to_road(city, x, y)
        first, second = ends[edge]
        graph.add_edge(name, first, weight=along + beside)
        graph.add_edge(name, second, weight=length - along + beside)
        return edge, along, beside

    start = join("asked", lon, lat)
    walks = {}
    for row in city.execute(text("SELECT code, ST_X(geom) AS x, ST_Y(geom) AS y FROM stations")):
        goal = join(row.code, row.x, row.y)
        if nx.has_path(graph, "asked", row.code):
            walks[row.code] = nx.dijkstra_path_length(graph, "asked", row.code)
        if goal[0] == start[0]:
            direct = abs(goal[1] - start[1]) + goal[2] + start[2]
            walks[row.code] = min(direct, walks.get(row.code, direct))
        graph.remove_node(row.code)
    return walks


def test_walks_are_those_of_networkx_over_everybody_on_duty(city: Session):
    chance = random.Random(11)
    city.execute(LANES)
    cut_roads(city)
    on_duty = text(
        "SELECT p.code, st.code AS station,"
        " ST_Distance(sh.spot, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography) AS straight_m"
        " FROM shifts sh JOIN staff p ON p.id = sh.staff_id JOIN stations st ON st.id = sh.station_id"
        " WHERE sh.starts_at <= :at AND :at < sh.ends_at AND p.role = 'police'"
    )
    hows = set()
    for _ in range(12):
        lon, lat = 120.702 + chance.random() * 0.096, 37.752 + chance.random() * 0.064
        walks = _walks_to_stations(city, lon, lat)
        everybody = city.execute(on_duty, {"lon": lon, "lat": lat, "at": NOON}).all()
        metres = {row.code: max(walks.get(row.station, 0), row.straight_m) for row in everybody}
        wanted = sorted(metres, key=lambda code: (round(metres[code], 0), code))[:60]
        found = ask(city, (lon, lat), roles=["police"], on_foot=True, limit=50).people
        assert [one.walk_m for one in found] == pytest.approx(
            [metres[one.staff_code] for one in found], rel=3e-3, abs=0.5
        )
        assert [one.walk_m for one in found] == pytest.approx(
            [metres[code] for code in wanted[:50]], rel=3e-3, abs=0.5
        )
        hows |= {one.how for one in found}
    assert hows == {"on_foot", "cut_off"}


def test_the_walk_decides_and_not_the_straight_line(town: Session):
    # Station S1 (120.8034, 37.7511) lies 99.9 m below the upper street and 122.1 m above the lower one.
    asked = AskedPlace(120.8, 37.752)
    question = DutyQuestion(at=datetime(2026, 11, 20, 2, tzinfo=UTC), with_routes=True)
    answer = nearest_on_duty(town, SYSTEM, asked, question, language="en")
    near = {one.staff_code[-7:]: one for one in answer.people}
    worker = near["CW-0001"]
    # Along the upper street to its middle 176.2 m, on to above the station 123.3 m, then 99.9 m down to it.
    assert worker.walk_m == pytest.approx(176.2 + 123.3 + 99.9, abs=1.5)
    assert worker.walk_minutes == pytest.approx(worker.walk_m / 75, abs=0.1)
    assert worker.how == "on_foot"
    assert worker.route is not None
    assert worker.route["coordinates"][0] == pytest.approx([120.8034, 37.752])
    assert worker.route["coordinates"][-1] == pytest.approx([120.8, 37.752])
    assert "5 min on foot" in worker.why.text
    assert [one.walk_m for one in answer.people] == sorted(one.walk_m for one in answer.people)
    assert "75 m a minute" in answer.definition


def test_no_road_near_gives_the_straight_line_and_says_so(town: Session):
    question = DutyQuestion(at=datetime(2026, 11, 20, 2, tzinfo=UTC), with_routes=True)
    far = nearest_on_duty(town, SYSTEM, AskedPlace(120.9, 37.8), question).people
    assert {(one.how, one.route) for one in far} == {("no_network", None)}
    assert all(one.walk_m == one.distance_m for one in far)
    assert "没有步行路网" in far[0].why.text


def test_own_place_stands_first_when_asked(city: Session):
    clear_roster(city)
    roster(city, 3, NOON, 8, "ST3-1")
    roster(city, 6, NOON, 8, "ST9-1")
    city.execute(text("DELETE FROM postings WHERE staff_id IN (3, 6)"))
    city.execute(
        text("INSERT INTO postings (staff_id, micro_grid_code, starts_on) VALUES (6, 'G3-1-5', '2026-01-01')")
    )
    for on_foot in (True, False):
        assert [one.staff_code for one in ask(city, on_foot=on_foot).people] == ["P000003", "P000006"]
        found = ask(city, on_foot=on_foot, own_first=True).people
        assert [one.staff_code for one in found] == ["P000006", "P000003"]
        assert found[0].why.text.startswith("排在前面")
        assert [one.staff_code for one in ask(city, on_foot=on_foot, own_first=True, limit=1).people] == [
            "P000006"
        ]
    city.execute(text("UPDATE postings SET ends_on = '2026-11-03' WHERE staff_id = 6"))
    assert ask(city, own_first=True).people[0].staff_code == "P000003"


def test_roles_are_any_of_and_skills_all_of(city: Session):
    clear_roster(city)
    for staff_id in (3, 4, 5):  # a grid officer, a community worker, a police officer
        roster(city, staff_id, NOON, 8)
    city.execute(text("UPDATE staff SET skills = '{急救}' WHERE id IN (3, 4)"))
    city.execute(text("UPDATE staff SET skills = '{急救,手语}' WHERE id = 5"))

    def codes(**question: Any) -> list[str]:
        return [one.staff_code for one in ask(city, **question).people]

    assert codes(roles=["grid_officer", "police"]) == ["P000003", "P000005"]
    assert codes(skills=["急救"]) == ["P000003", "P000004", "P000005"]
    assert codes(skills=["急救", "手语"]) == ["P000005"]
    assert codes(skills=["急救"], roles=["community_worker"]) == ["P000004"]
    assert codes(skills=["驾驶"]) == []
    assert list_skills(city, SYSTEM) == ["急救", "手语"]


def test_nobody_of_a_tier_asks_the_next_one_up(city: Session):
    clear_roster(city)
    roster(city, 5, NOON, 8)  # police: street
    answer = ask(city, tier="compound", language="en")
    assert answer.tier == "street"
    assert [one.staff_code for one in answer.people] == ["P000005"]
    assert [reason.values for reason in answer.passed] == [{"tier": "compound"}, {"tier": "community"}]
    assert "compound" in answer.passed[0].text
    assert answer.nobody is None
    roster(city, 3, NOON, 8)  # a grid officer: community
    answer = ask(city, tier="community", roles=["community_worker"])
    assert (answer.tier, [reason.key for reason in answer.passed]) == (
        "street",
        ["duty.nobody_fits_in_tier"],
    )
    assert ask(city, tier="community").people[0].staff_code == "P000003"
    with pytest.raises(BadInput) as refused:
        ask(city, tier="compound", roles=["police"])
    assert refused.value.fields[0].hint == "street"


def test_nobody_above_either_names_the_station(city: Session):
    clear_roster(city)
    roster(city, 3, NOON, 8)
    answer = ask(city, tier="street")
    assert (answer.people, answer.tier) == ([], "department")
    assert [reason.values["tier"] for reason in answer.passed] == ["street"]
    assert answer.nobody is not None
    assert answer.nobody.values["station_code"] == "ST3-1"


def test_open_load_counts_each_matter_of_the_places_once(city: Session):
    clear_roster(city)
    roster(city, 3, NOON, 8)
    city.execute(text("DELETE FROM postings WHERE staff_id = 3"))

    def load() -> int:
        return ask(city).people[0].open_issues

    def post(column: str, value: object) -> None:
        city.execute(
            text(f"INSERT INTO postings (staff_id, {column}, starts_on) VALUES (3, :value, '2026-01-01')"),
            {"value": value},
        )

    assert load() == 0
    city.execute(text("DELETE FROM issues"))
    for n, (building, entrance, grid, state) in enumerate(
        [
            (BUILDING, None, 1_003_001, "reported"),
            (BUILDING, 2, 1_003_001, "accepted"),
            (BUILDING, 2, 1_003_001, "settled"),
            (BUILDING + 1, None, 1_003_001, "reported"),
            (None, None, 1_003_001, "reported"),
            (None, None, 1_003_002, "reported"),
        ]
    ):
        city.execute(
            text(
                "INSERT INTO issues (source, source_id, category, state, reported_at, building_id,"
                " entrance_number, grid_id)"
                " VALUES ('t', :n, 'noise', :state, now(), :building, :entrance, :grid)"
            ),
            {"n": str(n), "state": state, "building": building, "entrance": entrance, "grid": grid},
        )
    entrance_id = city.scalar(
        text("INSERT INTO entrances (building_id, number) VALUES (:b, 2) RETURNING id"), {"b": BUILDING}
    )
    post("entrance_id", entrance_id)
    assert load() == 1
    post("building_id", BUILDING)
    assert load() == 2
    post("micro_grid_code", "G3-1-5")
    assert load() == 3
    post("area_id", 1_003_001)
    assert load() == 4
    (one,) = ask(city).people
    assert [(place.place_kind, place.place_code) for place in one.postings] == [
        ("entrance", f"{BUILDING}/2"),
        ("building", str(BUILDING)),
        ("micro_grid", "G3-1-5"),
        ("grid", "G3-1"),
    ]
