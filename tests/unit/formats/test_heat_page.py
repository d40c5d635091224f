"""The heatmap that leaves the house: one page with layers and slider, one picture; never a name as code."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import Any

import pytest
import shapely

from gridmap.formats.heat_page import KINDS, PATTERNS, HeatWords, PageFrames, PageLayer, build_heat_page
from gridmap.formats.heat_picture import LOOKS, HeatPicture, PictureCell, draw_heat
from gridmap.formats.map_page import Leaflet

INSIDE = Leaflet(script="/* leaflet */", style=".x { background: url(images/layers.png) }", inline=True)
WORDS = HeatWords(
    language="en",
    title="Issues of A",
    subtitle="May",
    layers="Layer",
    steps_of="Time",
    play="Play",
    pause="Pause",
    whole="Whole",
    notes=("plan 7",),
)
COUNTED = PageFrames(
    ["w1", "w2"], (("0", "< 1"),), [["0", "2"], ["1", "4"]], [(0, [[0, 3], [2, 9]])], ("@0 issues",)
)
TESTED = PageFrames(
    ["q1"],
    (("hot", "▲ hot"),),
    [["hot", "not_enough"]],
    [(1, [[3.14159, math.nan]])],
    ("@0 expected",),
    names_kind=True,
    more=[{0: "3.1×"}],
    notes=[("tested in q1",)],
)
LAYERS = [
    PageLayer("Counts", (("0", "< 1"), ("4", "≥ 8")), ["0", "4"], [["a"], ["b"]], ("counted",), COUNTED),
    PageLayer("Unusual", (("hot", "▲ hot"),), ["hot", "not_enough"], [["c"], ["d"]], ("tested",), TESTED),
]


def _cells(*names: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "geometry": json.loads(shapely.to_geojson(shapely.box(west, 0, west + 1, 1)))}
        for west, name in enumerate(names)
    ]


def _page(cells: list[dict[str, Any]], words: HeatWords = WORDS, layers: list[PageLayer] = LAYERS) -> str:
    base = [{"kind": "road", "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}}]
    return build_heat_page(cells, layers, words, first=1, base=base, bounds=(0, 0, 2, 1), leaflet=INSIDE)


def _data(page: str) -> dict[str, Any]:
    return json.loads(re.findall(r'\}\)\((\{"first".*\}), geo_json', page)[0])


def test_layers_share_their_shapes_and_keep_their_kinds():
    page = _page(_cells("G1", "G2"))
    data = _data(page)
    assert [layer["kinds"] for layer in data["layers"]] == [["0", "4"], ["hot", "not_enough"]]
    counted, tested = (layer["frames"] for layer in data["layers"])
    assert counted["figures"] == [[0, [[0, 3], [2, 9]]]]
    assert [data["letters"][letter] for letter in counted["kinds"][1]] == ["1", "4"]
    assert tested["figures"] == [[1, [[3.1, 0]]]]
    assert [data["letters"][letter] for letter in tested["kinds"][0]] == ["hot", "not_enough"]
    assert tested["more"] == [{"0": "3.1×"}]
    assert tested["notes"] == [["tested in q1"]]
    assert data["first"] == 1
    assert page.count('"type": "Polygon"') == 2
    assert re.findall(r"(?:src|href)=", page) == []
    assert "layers.png" not in page


def test_every_class_has_a_look_of_its_own_beside_its_colour():
    assert set(PATTERNS) == set(KINDS) == set(LOOKS)
    assert len({drawing for colour, drawing in PATTERNS.values()}) >= 7
    ordered = [LOOKS[str(number)] for number in range(5)]
    assert len({(slopes, ink, step) for _colour, slopes, ink, step in ordered}) == 5


@pytest.mark.parametrize(
    "evil",
    ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 'to' ~ 'xic' }}", "{% raw %}"],
)
def test_names_are_never_code(evil: str):
    words = replace(WORDS, **dict.fromkeys(("title", "subtitle", "layers", "play", "whole"), evil))
    played = replace(TESTED, names=[evil], said=(evil,), few=evil, more=[{0: evil}], notes=[(evil,)])
    layers = [
        replace(
            LAYERS[0],
            name=evil,
            lines=[[evil], [evil]],
            notes=(evil,),
            classes=(("0", evil),),
            frames=replace(played, classes=(("hot", evil),)),
        )
    ] * 2
    page = _page(_cells(evil, evil), replace(words, notes=(evil,)), layers)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "toxic" not in page
    assert _data(page)["names"] == [_data(page)["notes"][0]] * 2


def test_no_cells_are_still_a_page():
    still = replace(COUNTED, kinds=[[], []], figures=[(0, [[], []])])
    empty = [replace(layer, kinds=[], lines=[], frames=still) for layer in LAYERS]
    assert "Issues of A" in _page([], layers=empty)


@pytest.fixture
def picture() -> HeatPicture:
    return HeatPicture(
        language="en",
        title="Issues of A",
        title_by_code="Issues of 37",
        subtitle="May",
        legend="Issues",
        classes=tuple((kind, kind) for kind in LOOKS),
        cells=tuple(
            PictureCell(kind, shapely.box(west / 100, 37, west / 100 + 0.01, 37.01), f"{west}")
            for west, kind in enumerate(LOOKS)
        ),
        base=(
            ("water", shapely.box(0, 36.99, 0.1, 37)),
            ("road", shapely.LineString([(0, 37), (0.1, 37.01)])),
        ),
        bounds=(0, 36.98, 0.1, 37.02),
        notes=("definition " * 120,),
    )


def test_picture_is_the_same_for_the_same_input_and_fits_its_page(picture: HeatPicture):
    png = draw_heat([picture], "png")
    assert png == draw_heat([picture], "png")
    assert draw_heat([picture], "pdf") == draw_heat([picture], "pdf")
    assert png != draw_heat([replace(picture, cells=picture.cells[1:])], "png")
    assert draw_heat([replace(picture, cells=(), base=())], "png").startswith(b"\x89PNG")
