"""The folium page: what it holds, what it must never hold."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gridmap.formats.map_page import COLOURS, Leaflet, PageTexts, build_cell_map, build_page, class_of

BREAKS = (1.0, 2.0, 4.0, 8.0)
INSIDE = Leaflet(script="/* leaflet */", style=".x { background: url(images/layers.png) }", inline=True)
SERVED = Leaflet(script="/static/leaflet.js", style="/static/leaflet.css", inline=False)
ADDRESS = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)


def _texts(**changes: Any) -> PageTexts:
    words: dict[str, Any] = {
        "language": "zh",
        "title": "示范区诉求热力图",
        "subtitle": "2026-01-01 至 2026-12-31",
        "legend": "每百户诉求",
        "classes": ("< 1", "1–2", "2–4", "4–8", "≥ 8"),
        "too_small": "不足 8 户",
        "notes": ("方案版本 7",),
        "columns": ("诉求", "每百户", "户数"),
    }
    return PageTexts(**(words | changes))


def _square(west: float) -> dict[str, Any]:
    corners = [[west, 0.0], [west + 1, 0.0], [west + 1, 1.0], [west, 1.0], [west, 0.0]]
    return {"type": "Polygon", "coordinates": [corners]}


def _cell(value: float | None, *, name: str = "G1", west: float = 0.0) -> dict[str, Any]:
    figures = {"figures": ("3 †", "4.6", "65")}
    return {"name": name, "value": value, "geometry": _square(west), **figures}


def _page(cells: list[dict[str, Any]], leaflet: Leaflet = INSIDE, **texts: Any) -> str:
    words = _texts(**texts)
    base = [
        {"kind": "road", "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}},
        {"kind": "outline", "geometry": {"type": "LineString", "coordinates": [[0, 0], [0, 1]]}},
    ]
    made = build_cell_map(cells, words, breaks=BREAKS, base=base, bounds=(0, 0, 1, 1), leaflet=leaflet)
    return build_page(made, leaflet, title=words.title, language=words.language)


@pytest.mark.parametrize(
    ("value", "number"), [(None, None), (0, 0), (0.99, 0), (1, 1), (3.9, 2), (4, 3), (8, 4), (1e9, 4)]
)
def test_class_of_a_value(value: float | None, number: int | None):
    assert class_of(value, BREAKS) == number


def test_carries_all_its_words():
    page = _page([_cell(3)])
    for words in (
        "示范区诉求热力图",
        "2026-01-01 至 2026-12-31",
        "每百户诉求",
        "2–4",
        "≥ 8",
        "不足 8 户",
        "方案版本 7",
    ):
        assert words in page
    assert '<html lang="zh-CN">' in page
    assert "<title>示范区诉求热力图</title>" in page
    assert '<html lang="en">' in _page([], language="en")


def test_each_class_has_its_colour_and_no_value_the_hatch():
    cells = [_cell(value, west=number) for number, value in enumerate((0.5, 1, 2, 4, 8, None))]
    page = _page(cells)
    drawn = page.split("<script>")[-1]
    for colour in COLOURS:
        assert colour in drawn
    assert "url(#hatch)" in drawn


@pytest.mark.parametrize("leaflet", [INSIDE, SERVED])
def test_asks_no_foreign_host(leaflet: Leaflet):
    page = _page([_cell(3)], leaflet).replace("http://www.w3.org/", "")
    assert ADDRESS.findall(page) == []
    # As words: the numbers that folium gives to its elements may end in d3.
    assert re.findall(r"\b(?:bootstrap|jquery|\w*awesome|d3)\b", page) == []


def test_page_that_stands_alone_asks_for_nothing():
    page = _page([_cell(3)])
    assert "/* leaflet */" in page
    assert re.findall(r"(?:src|href)=", page) == []
    assert "layers.png" not in page


def test_served_page_takes_leaflet_from_us():
    page = _page([_cell(3)], SERVED)
    assert re.findall(r'(?:src|href)="([^"]+)"', page) == ["/static/leaflet.js", "/static/leaflet.css"]


@pytest.mark.parametrize(
    "evil",
    [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "{{ 'to' ~ 'xic' }}",
        "{{ '{{' }} 'to' ~ 'xic' }}",
        "{% raw %}",
        "{# lost #}",
        "`${alert(1)}`",
    ],
)
def test_names_are_never_code(evil: str):
    """Neither in the page nor, by the templates below it, on the server."""
    page = _page(
        [_cell(3, name=evil)],
        title=evil,
        subtitle=evil,
        legend=evil,
        classes=(evil,) * 5,
        too_small=evil,
        notes=(evil,),
        columns=(evil,) * 3,
    )
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "toxic" not in page
    assert "`${alert" not in page.split("</title>")[1]
    if "lost" in evil:
        assert page.count("lost") == 15  # everywhere that it was given, and in the title


def test_no_cells_are_still_a_page():
    assert "示范区诉求热力图" in _page([])


def test_inputs_are_not_changed():
    cells = [_cell(3), _cell(None, west=2)]
    before = json.dumps(cells)
    _page(cells)
    assert json.dumps(cells) == before


def test_map_has_no_flag_and_no_tiles():
    page = _page([_cell(3)])
    assert re.search(r'"attributionControl": false', page)
    assert "L.tileLayer" not in page
