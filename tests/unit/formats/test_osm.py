"""An OpenStreetMap extract becomes buildings, entrances, roads, barriers and stations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from gridmap.errors import BadInput
from gridmap.formats import osm_tags
from gridmap.formats.estimates import ESTIMATE, ONE_A_HOUSE
from gridmap.formats.osm import KINDS, read_osm, read_osm_layers

if TYPE_CHECKING:
    from pathlib import Path

# A degree of longitude at the equator is as long as one of latitude; 0.0001 degrees are 11.12 m.
STEP = 0.0001


class Town:
    """Writes a small extract; places are given in steps of 0.0001 degrees from (1, 0)."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.ways: list[Way] = []
        self.relations: list[Relation] = []

    def node(self, x: float, y: float, **tags: str) -> int:
        number = len(self.nodes) + 1
        self.nodes.append(Node(id=number, location=(1 + x * STEP, y * STEP), tags=_said(tags), version=1))
        return number

    def way(self, number: int, nodes: list[int], **tags: str) -> None:
        self.ways.append(Way(id=number, nodes=nodes, tags=_said(tags), version=1))

    def block(self, number: int, x: float, y: float, wide: float, deep: float, **tags: str) -> None:
        """A rectangular closed way."""
        corners = [(x, y), (x + wide, y), (x + wide, y + deep), (x, y + deep)]
        nodes = [self.node(*corner) for corner in corners]
        self.way(number, [*nodes, nodes[0]], **tags)

    def write(self, path: Path) -> Path:
        with osmium.SimpleWriter(str(path)) as writer:
            for node in self.nodes:
                writer.add_node(node)
            for way in sorted(self.ways, key=lambda way: way.id):
                writer.add_way(way)
            for relation in self.relations:
                writer.add_relation(relation)
        return path


def _said(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace("__", ":"): value for key, value in tags.items()}


@pytest.fixture
def town() -> Town:
    return Town()


def test_buildings_with_storeys_households_and_use(town: Town, tmp_path: Path) -> None:
    # 10 x 2 steps: 111.2 m x 22.24 m = 2 473 m2.
    town.block(1, 0, 0, 10, 2, building="apartments", building__levels="6")  # 2473 x 6 / 90 = 164.9
    town.block(2, 20, 0, 10, 2, building="apartments", building__flats="24", height="18 m", shop="bakery")
    town.block(3, 40, 0, 1, 1, building="house")
    town.block(4, 60, 0, 10, 2, building="school", building__levels="3")
    town.block(5, 80, 0, 3, 3, building="yes")  # 33.4 m x 33.4 m x 3 / 90 = 37.1, judged by size
    town.block(6, 100, 0, 3, 3, building="yes", amenity="kindergarten")
    town.block(7, 120, 0, 3, 3, building="no")
    layers = read_osm_layers(town.write(tmp_path / "t.osm.pbf"))
    rows = layers["buildings"].rows.set_index("id")
    assert rows["households"].to_dict() == {"w1": 165, "w2": 24, "w3": 1, "w4": 0, "w5": 37, "w6": 0}
    assert rows["storeys"].to_dict() == {"w1": 6, "w2": 6, "w3": 2, "w4": 3, "w5": 3, "w6": 3}
    assert rows["use"].to_dict() == {
        "w1": "residential", "w2": "mixed", "w3": "residential",
        "w4": "other", "w5": "residential", "w6": "other",
    }  # fmt: skip
    assert rows["households_source"].to_dict() == {
        "w1": ESTIMATE,
        "w2": "OpenStreetMap building:flats",
        "w3": ONE_A_HOUSE,
        "w4": "none: judged non-residential",
        "w5": ESTIMATE,
        "w6": "none: judged non-residential",
    }
    assert list(rows.index[rows["households_estimated"]]) == ["w1", "w3", "w5"]


def test_untagged_storeys_are_the_middle_of_the_tagged_ones_where_there_are_enough(
    town: Town, tmp_path: Path
) -> None:
    for number in range(1, 21):
        town.block(number, number * 10, 0, 5, 2, building="apartments", building__levels=str(4 + number % 5))
    town.block(21, 300, 0, 5, 2, building="apartments")
    town.block(22, 310, 0, 1, 1, building="house")
    rows = read_osm(town.write(tmp_path / "t.osm.pbf"))["buildings"].set_index("id")
    assert (rows.loc["w21", "storeys"], rows.loc["w22", "storeys"]) == (6, 2)


def test_a_relation_is_a_building_with_its_yard(town: Town, tmp_path: Path) -> None:
    town.block(1, 0, 0, 10, 10)
    town.block(2, 4, 4, 2, 2)
    members = [("w", 1, "outer"), ("w", 2, "inner")]
    tags = {"type": "multipolygon", "building": "residential"}
    town.relations.append(Relation(id=5, members=members, tags=tags, version=1))
    layer = read_osm_layers(town.write(tmp_path / "t.osm.pbf"))["buildings"]
    (row,) = layer.rows.itertuples()
    assert (row.Index, row.id) == (-5, "r5")
    assert row.geometry.area == pytest.approx((100 - 4) * STEP**2)


def test_a_ring_that_crosses_itself_is_mended_not_dropped(town: Town, tmp_path: Path) -> None:
    nodes = [town.node(*place) for place in [(0, 0), (4, 4), (4, 0), (0, 4)]]
    town.way(1, [*nodes, nodes[0]], building="yes")
    layer = read_osm_layers(town.write(tmp_path / "t.osm.pbf"))["buildings"]
    assert (len(layer.rows), layer.mended, layer.rejected) == (1, 1, ())
    assert layer.rows.geometry.iloc[0].area == pytest.approx(8 * STEP**2)


def test_a_building_cut_off_by_the_extract_is_listed(town: Town, tmp_path: Path) -> None:
    nodes = [town.node(*place) for place in [(0, 0), (4, 0), (4, 4)]]
    town.way(1, [*nodes, 99, nodes[0]], building="yes")
    town.way(2, [99, 98], highway="primary")
    layer = read_osm_layers(town.write(tmp_path / "t.osm.pbf"))["buildings"]
    assert [(wrong.where, wrong.reason) for wrong in layer.rejected] == [
        ("t.osm.pbf#1", "broken_outline"),
        ("t.osm.pbf#2", "broken_outline"),
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_entrances_are_numbered_along_the_wall_from_left_to_right(
    town: Town, tmp_path: Path, turned: bool
) -> None:
    # A slab with three doors in its south wall: who stands before it has the west door on the left.
    #
    #    2 +------------------------------+
    #      |                              |
    #    0 +---1-------2---------3---exit-+ 10
    west, south_1, south_2 = (
        town.node(0, 0),
        town.node(1, 0, entrance="yes"),
        town.node(4, 0, entrance="staircase"),
    )
    south_3 = town.node(8, 0, entrance="main", ref="C", addr__flats="1-12")
    out = town.node(9, 0, entrance="emergency")
    east, north_east, north_west = town.node(10, 0), town.node(10, 2), town.node(0, 2)
    ring = [south_2, south_3, out, east, north_east, north_west, west, south_1]
    if turned:
        ring.reverse()
    town.way(1, [*ring, ring[0]], building="apartments", building__levels="5")
    frames = read_osm(town.write(tmp_path / "t.osm.pbf"))
    doors = frames["entrances"].sort_values("number")
    assert list(doors["building_id"]) == ["w1"] * 3
    assert [round((door.x - 1) / STEP) for door in doors.geometry] == [1, 4, 8]
    assert list(doors["number"]) == [1, 2, 3]
    assert doors["name"].iloc[2] == "C"
    assert doors["households"].iloc[2] == 12
    assert list(frames["buildings"]["entrance_count"]) == [3]


def test_entrances_are_estimated_only_where_the_map_tags_none(town: Town, tmp_path: Path) -> None:
    # 12 homes a floor on a side of 111 m: two stairwells; a tagged door is believed.
    town.block(1, 0, 0, 10, 2, building="apartments", building__levels="5", building__flats="60")
    door = town.node(20, 0, entrance="yes")
    ring = [door, *(town.node(*place) for place in [(30, 0), (30, 2), (20, 2)])]
    town.way(2, [*ring, door], building="apartments", building__levels="5", building__flats="60")
    rows = read_osm_layers(town.write(tmp_path / "t.osm.pbf"))["buildings"].rows.set_index("id")
    assert rows["entrance_count"].to_dict() == {"w1": 2, "w2": 1}
    assert rows["entrances_estimated"].to_dict() == {"w1": True, "w2": False}


def test_roads(town: Town, tmp_path: Path) -> None:
    line = [town.node(0, 0), town.node(5, 0)]
    town.way(1, line, highway="residential", name="和平路", oneway="yes", bridge="viaduct", layer="2")
    town.way(2, line, highway="footway", oneway="no", tunnel="no", layer="ground")
    town.way(3, line, highway="motorway")
    town.way(4, line, highway="construction")
    town.way(5, line, highway="pedestrian", area="yes")
    rows = read_osm_layers(town.write(tmp_path / "t.osm.pbf"))["roads"].rows.set_index("id")
    assert list(rows.index) == ["w1", "w2", "w3"]
    assert rows[["oneway", "bridge", "tunnel", "layer"]].values.tolist() == [
        [True, True, False, 2],
        [False, False, False, 0],
        [True, False, False, 0],
    ]
    assert rows.loc["w1", "name"] == "和平路"


@pytest.mark.parametrize(
    ("tags", "foot"),
    [
        ({"highway": "motorway"}, None),
        ({"highway": "primary", "foot": "no"}, "no"),
        ({"highway": "primary", "foot": "use_sidepath"}, "no"),
        ({"highway": "trunk", "motorroad": "yes"}, "no"),
        ({"highway": "service", "access": "no"}, "no"),
        ({"highway": "service", "access": "no", "foot": "yes"}, "yes"),
        ({"highway": "service", "access": "private"}, None),  # the lanes of a gated compound
        ({"highway": "path", "foot": "designated"}, "yes"),
    ],
)
def test_roads_say_whether_one_may_walk(
    town: Town, tmp_path: Path, tags: dict[str, str], foot: str | None
) -> None:
    town.way(1, [town.node(0, 0), town.node(5, 0)], **tags)
    rows = read_osm_layers(town.write(tmp_path / "t.osm.pbf"))["roads"].rows
    assert rows["foot"].tolist() == [foot]


def test_barriers(town: Town, tmp_path: Path) -> None:
    short, long = [town.node(0, 0), town.node(5, 0)], [town.node(0, 0), town.node(50, 0)]  # 56 m and 556 m
    town.way(1, short, waterway="river", name="小清河")
    town.way(2, short, waterway="canal", tunnel="culvert")
    town.way(3, short, waterway="stream")
    town.way(4, short, railway="rail")
    town.way(5, short, railway="tram")
    town.way(6, short, barrier="wall")
    town.way(7, long, barrier="wall")
    town.way(8, short, barrier="city_wall")
    town.block(9, 0, 10, 100, 5, natural="water", water="river")  # 1 112 m x 56 m
    town.block(10, 0, 20, 2, 2, natural="water", water="pond")
    town.block(11, 0, 30, 2, 2, natural="water")  # 495 m2: too small
    rows = read_osm_layers(town.write(tmp_path / "t.osm.pbf"))["barriers"].rows.set_index("id")
    assert rows["kind"].to_dict() == {
        "w1": "river",
        "w4": "railway",
        "w7": "wall",
        "w8": "wall",
        "w9": "river",
    }
    assert rows.loc["w9", "surface"].area == pytest.approx(500 * STEP**2)
    assert set(rows.geom_type) == {"MultiLineString"}


def test_stations_are_points_and_have_a_name(town: Town, tmp_path: Path) -> None:
    town.node(1, 1, amenity="police", name="派出所", phone="110")
    town.node(2, 2, amenity="restaurant")
    town.block(1, 10, 10, 2, 2, amenity="community_centre", building="yes")
    layers = read_osm_layers(town.write(tmp_path / "t.osm.pbf"))
    rows = layers["stations"].rows.set_index("code")
    assert rows["name"].to_dict() == {"osm-n1": "派出所", "osm-w1": "community centre"}
    assert rows.loc["osm-n1", "phone"] == "110"
    assert set(rows.geom_type) == {"Point"}
    assert list(layers["buildings"].rows["id"]) == ["w1"]


def test_layers_come_in_the_order_of_loading_and_only_those_asked_for(town: Town, tmp_path: Path) -> None:
    path = town.write(tmp_path / "t.osm.pbf")
    assert tuple(read_osm_layers(path)) == KINDS
    assert tuple(read_osm_layers(path, ("roads",))) == ("roads",)
    assert all(len(layer.rows) == 0 for layer in read_osm_layers(path).values())


@pytest.mark.parametrize(
    ("said", "flats"), [("1-12", 12), ("1;2;5-8", 6), ("7", 1), ("", None), ("9-1", 1), ("1-9999", None)]
)
def test_flats_behind_a_door(said: str, flats: int | None) -> None:
    assert osm_tags.count_flats(said) == flats


@pytest.mark.parametrize(
    ("tags", "storeys"),
    [
        ({"building:levels": "5.5"}, 5),
        ({"building:levels": "0"}, 1),
        ({"building:levels": "999"}, 200),
        ({"building:levels": "-3"}, None),
        ({"building:levels": "many", "height": "30"}, 10),
        ({"height": "4 m"}, 1),
        ({"height": "1e9"}, None),
        ({}, None),
    ],
)
def test_storeys_from_tags(tags: dict[str, Any], storeys: int | None) -> None:
    assert osm_tags.building_row(1, "w1", {"building": "yes", **tags})["storeys"] == storeys


@pytest.mark.parametrize("content", [b"", b"not a map", b"\x00\x00\x00\x0d\x0a\x09OSMHeader" + b"\xff" * 100])
def test_what_is_no_extract_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.osm.pbf").write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_osm(tmp_path / "t.osm.pbf")
    assert caught.value.fields[0].reason == "unreadable_file"
    with pytest.raises(BadInput) as caught:
        read_osm(tmp_path / "none.osm.pbf")
    assert caught.value.fields[0].reason == "no_such_file"
