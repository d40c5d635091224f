"""Where to put the next station, with figures worked by hand from the sample town.

The roads of the town are an H on its side: two streets of 352 m, and 222 m between their middles. So there
are two junctions, where the cross-street meets them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, text, update

from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.models import Building, Road
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.siting import SitingQuestion, find_sites
from gridmap.services.siting_cases import Point
from gridmap.services.siting_uploads import read_candidates

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.siting import Sites

EAST = "370698001001002"
DISTRICT = "370698"


def ask(town: Session, area: str = DISTRICT, **asked: Any) -> Sites:
    return find_sites(town, SYSTEM, area, SitingQuestion(**{"reach_m": 150, **asked}), language="en")


# Metres on foot from the doors, worked out by hand (0.0001 degrees are 8.8 m by 11.1 m), tell whom each place
# has within 150 m. No two of the three share a door; all doors together have 548 households.
CROSSING = Point("crossing", 120.802, 37.752)  # 5 doors of the west with 12 households, one of B10 with 22
WEST = Point("west", 120.8005, 37.75)  # 10 doors of the west with 12
EAST_END = Point("east end", 120.8036, 37.75)  # two towers with 72
THREE = (CROSSING, WEST, EAST_END)


def test_two_of_three_places_are_those_with_most_households(town):
    found = ask(town, sites=2, points=THREE)
    assert [site["name"] for site in found.sites] == ["east end", "west"]
    assert [site["added"]["households"] for site in found.sites] == [144, 120]
    assert [site["gain"]["households"] for site in found.sites] == [144, 120]
    assert found.answer.before.households_within == 0
    assert found.answer.after.households_within == 264
    assert found.answer.households == 548
    assert found.answer.is_proven
    assert "Proven best" in found.proof
    assert [point.households_within for point in found.curve] == [0, 144, 264, 346]
    assert sum(home["households"] for home in found.demands if home["state"] == "new") == 264
    assert sum(home["households"] for home in found.demands if home["state"] == "open") == 548 - 264


def test_fewest_places_for_a_share(town):
    found = ask(town, question="cover_share", share=0.6, points=THREE)
    assert len(found.sites) == 3  # 60 % are 329; two places have 264 at most
    assert found.answer.target_households == 329
    assert (found.answer.is_possible, found.answer.gap) == (True, 0)
    assert "Proven fewest" in found.proof


def test_a_share_that_all_places_miss_is_told(town):
    found = ask(town, question="cover_share", share=0.9, points=THREE)
    assert not found.answer.is_possible
    assert "only 346 households" in found.proof


def test_shortest_walks_of_the_east(town):
    gate = Point("gate", 120.8021, 37.7509)
    found = ask(town, EAST, question="shorten_walks", sites=1, points=(gate, EAST_END), present_kinds=())
    # 72 households walk 68.8, 117.3 and 245.0 m to the east end, 22 each walk 316.0 and 342.6 m; to the gate
    # it is 318.5, 265.6, 79.5, 84.1 and 110.3 m, which is more in all.
    assert [site["name"] for site in found.sites] == ["east end"]
    assert found.answer.after.mean_walk_m == pytest.approx(175.1, abs=1)
    assert found.answer.is_proven


def test_stations_of_another_kind_are_candidates(town):
    found = ask(town, candidate_kinds=("gate",))
    assert [(site["code"], site["kind"]) for site in found.sites] == [("370698-S2", "gate")]
    assert found.sites[0]["gain"]["households"] == 9 * 12 + 72 + 22 + 22
    assert [row["code"] for row in found.present] == ["370698-S1"]
    assert ask(town, EAST, candidate_kinds=("gate",)).answer.after.households_within == 72 + 22 + 22


def test_the_gate_counts_as_standing(town):
    found = ask(town, present_kinds=("station", "gate"), points=THREE, sites=3)
    assert found.answer.before.households_within == 224
    # West of the crossing four of its five doors have the gate within reach, and so has B10's.
    assert {site["name"]: site["added"]["households"] for site in found.sites} == {
        "east end": 144,
        "west": 120,
        "crossing": 12,
    }
    assert found.answer.after.households_within == 224 + 144 + 120 + 12


def test_junctions_are_candidates_where_nothing_is_named(town):
    found = ask(town)
    assert (
        found.candidates == 1
    )  # where the cross-street leaves the northern one; the other lies on the border
    assert [site["name"] for site in found.sites] == ["学府街 / 迎宾路"]
    assert found.sites[0]["gain"]["households"] == 82
    assert "1 road junctions" in found.definition


def test_what_cannot_be_walked_to_is_counted_apart(town):
    town.execute(delete(Road).where(Road.source_id == "R2"))
    found = ask(town, points=(WEST,), present_kinds=())
    away = [home for home in found.demands if home["state"] == "unreachable"]
    assert found.answer.households_unreachable == sum(home["households"] for home in away) > 0
    assert found.answer.households + found.answer.households_unreachable == 548


def test_no_roads_no_homes_no_candidates(town):
    with pytest.raises(BadInput, match="no candidate place"):
        ask(town, candidate_kinds=("member_home",))
    with pytest.raises(BadInput, match="at most 200"):
        ask(town, points=(WEST,) * 201)
    town.execute(update(Building).values(households=0))
    town.execute(text("INSERT INTO layer_changes (layer) VALUES ('buildings')"))
    with pytest.raises(BadInput, match="no building with homes"):
        ask(town)
    town.execute(delete(Road))
    with pytest.raises(BadInput, match="Load roads first"):
        ask(town)


@pytest.mark.parametrize(
    ("asked", "column"),
    [
        ({"reach_m": 0}, "reach_m"),
        ({"sites": 0}, "sites"),
        ({"sites": 51}, "sites"),
        ({"present_kinds": ("shop",)}, "present_kinds"),
        ({"candidate_kinds": ("station",)}, "candidate_kinds"),
    ],
)
def test_values_out_of_range(town, asked, column):
    with pytest.raises(BadInput) as refusal:
        ask(town, **asked)
    assert [field.column for field in refusal.value.fields] == [column]


def test_only_who_may_read_coverage_and_sees_the_area(town):
    field = Actor(account_id=None, username="field", role="field", area_ids=None)
    with pytest.raises(NotAllowed):
        find_sites(town, field, DISTRICT, SitingQuestion())
    stranger = Actor(account_id=None, username="planner", role="planner", area_ids=(0,))
    with pytest.raises(NotFound):
        find_sites(town, stranger, DISTRICT, SitingQuestion())


def test_candidates_from_a_file_with_each_bad_row_named(session):
    table = "名称,lon,lat\n甲,120.8,37.75\n乙,x,37.75\n,120.8,37.75\n丁,120.81,37.76\n"
    sent = read_candidates(session, SYSTEM, "places.csv", table.encode())
    assert sent.points == [Point("甲", 120.8, 37.75), Point("丁", 120.81, 37.76)]
    assert [(fault.where, fault.column) for fault in sent.rejected] == [
        ("places.csv:3", "lon"),
        ("places.csv:4", "name"),
    ]
    feature = '{"type": "Feature", "properties": {"name": "gate", "id": 7, "kind": "shop"}, "geometry": %s}'
    point = '{"type": "Point", "coordinates": [120.8, 37.75]}'
    collection = f'{{"type": "FeatureCollection", "features": [{feature % point}]}}'
    sent = read_candidates(session, SYSTEM, "places.geojson", collection.encode())
    assert (sent.points, sent.rejected) == ([Point("gate", 120.8, 37.75)], ())
    many = "name,lon,lat\n" + "\n".join(f"p{n},120.8,{37 + n / 1000}" for n in range(201))
    for name, content in (("many.csv", many.encode()), ("what.txt", b"a"), ("broken.xlsx", b"a")):
        with pytest.raises(BadInput):
            read_candidates(session, SYSTEM, name, content)
