"""The picture of a plan: real files, opened again.

::

      0     100    200    300    400      x in metres
    y +------+------+-------------+ 200
      | 01   | 02   |  01         |       G1 = x 0..200: 72, 60*, 90 (over), 41 (under) households
      |  72  | 60*  |  66         |       G2 = x 200..400: 66 on the ground, 64 on the floors above it,
      +------+------+~~~~river~~~~+ 100                    and a park (03) without households
      | 03   | 04   |  03         |       road: x = 200; G1 01 crosses a barrier; a building of 30
      |  90  | 41   |   0         |
      +------+------+-------------+ 0              households is shared by 01 and 02
"""

from __future__ import annotations

import re
import resource
from collections import Counter
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

from gridmap.errors import BadInput
from gridmap.formats.plan_picture import PlanAbout, PlanPicture, draw_plan
from gridmap.formats.plan_picture.labels import place_labels
from gridmap.formats.plan_picture.legend import bar_metres, bar_texts
from gridmap.formats.plan_picture.lettering import Lettering, find_lettering
from gridmap.formats.plan_picture.palette import SOFT
from tests.town import to_degrees

G1, G2 = "370614001001001", "370614001001002"
SVG = "{http://www.w3.org/2000/svg}"
LATIN_ONLY = Lettering(("DejaVu Sans",))


def boxes(*corners):
    return to_degrees(np.array([corner and shapely.box(*corner) for corner in corners], dtype=object))


def points(*places):
    return to_degrees(np.array([shapely.Point(place) for place in places], dtype=object))


def build_picture(**about) -> PlanPicture:
    micro_grids = gpd.GeoDataFrame(
        {
            "code": [f"{G1}01", f"{G1}02", f"{G1}03", f"{G1}04", f"{G2}01", f"{G2}02", f"{G2}03"],
            "grid": [G1] * 4 + [G2] * 3,
            "households": [72, 60, 90, 41, 66, 64, 0],
            "households_estimated": [False, True, False, False, False, False, False],
            "status": ["in_band", "in_band", "over", "under", "in_band", "in_band", "under"],
            "stacked": [False] * 5 + [True, False],
            "colour": [0, 1, 2, 3, 4, 1, 5],
            "floor_from": pd.array([None] * 4 + [1, 9, None], dtype="Int64"),
            "label": points((50, 150), (150, 150), (50, 50), (150, 50), (260, 130), (330, 160), (300, 50)),
        },
        geometry=boxes(
            (0, 100, 100, 200), (100, 100, 200, 200), (0, 0, 100, 100), (100, 0, 200, 100),
            (200, 100, 400, 200), None, (200, 0, 400, 100),
        ),
        crs=4326,
    )  # fmt: skip
    areas = gpd.GeoDataFrame(
        {"code": [G1, G2, G1[:12]], "level": ["grid", "grid", "community"]},
        geometry=boxes((0, 0, 200, 200), (200, 0, 400, 200), (0, 0, 400, 200)),
        crs=4326,
    )
    buildings = gpd.GeoDataFrame(
        {
            "id": [11, 22, 33, 44],
            "source": ["town"] * 4,
            "households": [72, 130, 30, 0],
            "micro_grids": [1, 2, 2, 0],
            "by_floors": [False, True, False, False],
        },
        geometry=boxes((10, 110, 40, 122), (310, 150, 350, 170), (85, 160, 115, 172), (300, 20, 330, 32)),
        crs=4326,
    )
    lines = gpd.GeoDataFrame(
        {"kind": ["road", "river"], "class": ["secondary", ""]},
        geometry=to_degrees(shapely.linestrings([[(200, -50), (200, 250)], [(200, 100), (450, 100)]])),
        crs=4326,
    )
    findings = pd.DataFrame(
        {
            "kind": ["barrier_crossed", "atoms_too_coarse", "total_too_small", "building_broken", "of_later"],
            "severity": ["warning"] * 5,
            "grid": [G1, G1, G1, G1, G2],
            "micro_grid": [f"{G1}01", f"{G1}03", f"{G1}04", None, None],
            "building": pd.array([None, None, None, 33, None], dtype=object),
        }
    )
    told = {
        "plan_id": 7,
        "area_code": G1[:12],
        "area_name": "渔港社区",
        "area_name_en": "",
        "is_part": False,
        "status": "draft",
        "made_on": date(2026, 11, 21),
        "band": (50, 80),
        "seed": 3,
        "sources": ("town",),
    }
    return PlanPicture(micro_grids, areas, buildings, lines, findings, PlanAbout(**(told | about)))


def draw_svg(picture, tmp_path, **options):
    """Draw, read the file again, and give its root with all texts by the id of their group."""
    draw_plan(picture, tmp_path / "plan.svg", **options)
    root = ET.parse(tmp_path / "plan.svg").getroot()
    texts = {
        group.get("id"): "".join(group.find(f"{SVG}text").itertext())
        for group in root.iter(f"{SVG}g")
        if group.find(f"{SVG}text") is not None
    }
    return root, texts


def outline(root, name):
    """Corners of the path in a group."""
    (path,) = root.find(f".//{SVG}g[@id='{name}']").iter(f"{SVG}path")
    return np.array(re.findall(r"[ML] (\S+) (\S+)", path.get("d")), dtype=float)


def test_a_png_holds_the_page_in_the_colours_of_the_micro_grids(tmp_path):
    drawn = draw_plan(build_picture(), tmp_path / "plan.png", width=1000)
    with Image.open(tmp_path / "plan.png") as image:
        assert image.size == (drawn.width, drawn.height) == (1000, drawn.height)
        colours = Counter({colour[:3]: count for count, colour in image.getcolors(1 << 20)})
    assert len(colours) > 100
    for hue in SOFT[:5]:
        # A micro-grid of 100 m by 100 m is over 200 pixels wide and high.
        assert colours[tuple(bytes.fromhex(hue[1:]))] > 20_000
    assert (drawn.micro_grids, drawn.unlabelled) == (7, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.png"]


def test_an_svg_has_a_group_for_each_micro_grid_on_the_ground_and_its_count_as_text(tmp_path):
    picture = build_picture()
    root, texts = draw_svg(picture, tmp_path)
    groups = [group.get("id") for group in root.iter(f"{SVG}g")]
    on_ground = [code for code in picture.micro_grids["code"] if code != f"{G2}02"]
    assert [name for name in groups if name.startswith("micro-grid-")] == [
        f"micro-grid-{c}" for c in on_ground
    ]
    counts = {
        name.removeprefix("households-"): t for name, t in texts.items() if name.startswith("households-")
    }
    assert counts == {
        f"{G1}01": "72",
        f"{G1}02": "60*",
        f"{G1}03": "90",
        f"{G1}04": "41",
        f"{G2}01": "66",
        f"{G2}02": "64",
    }
    families = {re.search("font-family: ([^;]*)", text.get("style"))[1] for text in root.iter(f"{SVG}text")}
    assert all(family.startswith("'PingFang SC', 'Microsoft YaHei'") for family in families)


def test_what_is_out_of_the_band_and_other_findings_are_marked_and_explained(tmp_path):
    root, texts = draw_svg(build_picture(), tmp_path, language="en")
    marked = {group.get("id") for group in root.iter(f"{SVG}g") if group.get("id").startswith("finding-")}
    rings = {f"finding-{G1}03", f"finding-{G1}04"}  # which need no mark for their reason
    others = {f"finding-barrier_crossed-{G1}01", "finding-building_broken-33", f"finding-of_later-{G2}"}
    assert marked == rings | others
    said = set(texts.values())
    assert {
        "More than 80 households: 1",
        "Fewer than 50 households: 1",
        "Reaches across a barrier: 1",
    } <= said
    assert {"River", "Road", "Micro-grid without households"} <= said
    assert not {"Railway", "Water", "Wall"} & said  # nothing is explained that is not there


def test_the_title_says_which_plan_it_is(tmp_path):
    _root, texts = draw_svg(build_picture(), tmp_path, language="zh")
    assert texts["title"] == "渔港社区 · 微网格划分图"
    said = " ".join(texts.values())
    for word in ("方案 7（草案，2026-11-21）", "50–80 户", "随机种子 3", "2 个网格", "7 个微网格", "393* 户"):
        assert word in said
    # Of the six with households four are in the band.
    assert "66.7% 在户数范围之内" in said


def test_the_map_is_true_to_scale(tmp_path):
    root, texts = draw_svg(build_picture(), tmp_path, language="en")
    square = np.ptp(outline(root, f"micro-grid-{G1}01"), axis=0)
    assert square[0] == pytest.approx(square[1], rel=5e-3)
    half_bar = np.ptp(outline(root, "scale-bar-0"), axis=0)[0]
    assert {"0", "25", "50 m"} <= set(texts.values())
    assert half_bar == pytest.approx(square[0] * 25 / 100, rel=5e-3)


@pytest.mark.parametrize(
    ("px_per_m", "metres", "last"),
    [(4.0, 50, "50 m"), (0.2, 1000, "1,000 m"), (0.05, 2000, "2 km"), (40, 5, "5 m")],
)
def test_the_scale_bar_is_round(px_per_m, metres, last):
    assert bar_metres(px_per_m) == metres
    assert bar_texts(metres)[2] == last


@pytest.mark.parametrize("name", ["plan.png", "plan.svg"])
def test_the_same_plan_gives_the_same_bytes(tmp_path, name):
    draw_plan(build_picture(), tmp_path / name)
    first = (tmp_path / name).read_bytes()
    draw_plan(build_picture(), tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [480, 700, 1600])
def test_no_text_leaves_the_page(tmp_path, width, language):
    picture = build_picture(area_name="很长的社区名称" * 12)
    root, _texts = draw_svg(picture, tmp_path, width=width, language=language, credit="© somebody " * 20)
    letters = find_lettering(is_kept=True)
    height = float(root.get("height").removesuffix("pt"))
    assert root.get("width") == f"{width}pt"
    for text in root.iter(f"{SVG}text"):
        style = text.get("style")
        size = float(re.search(r"font-size: ([\d.]+)px", style)[1])
        wide = letters.width("".join(text.itertext()), size, bold="700" in style)
        start = float(text.get("x")) - (wide / 2 if "middle" in style else 0)
        assert start >= 0
        assert start + wide <= width
        assert size / 2 < float(text.get("y")) < height


def test_counts_without_room_are_counted(tmp_path):
    """Forty by forty micro-grids of 5 m, 9 pixels on a small page: none has room, and the legend says so."""
    cells = [(x * 5, y * 5, x * 5 + 5, y * 5 + 5) for x in range(40) for y in range(40)]
    base = build_picture()
    number = len(cells)
    many = gpd.GeoDataFrame(
        {
            "code": [f"{G1}{i:04d}" for i in range(number)],
            "grid": G1,
            "households": 60,
            "households_estimated": False,
            "status": "in_band",
            "stacked": False,
            "colour": 0,
            "floor_from": pd.array([None] * number, dtype="Int64"),
            "label": points(*[(x + 2.5, y + 2.5) for x, y, _, _ in cells]),
        },
        geometry=boxes(*cells),
        crs=4326,
    )
    picture = replace(base, micro_grids=many, areas=base.areas[:1], findings=base.findings[:0])
    assert draw_plan(picture, tmp_path / "plan.png", width=480).unlabelled == 1600
    assert draw_plan(picture, tmp_path / "plan.png", width=2000).unlabelled == 0
    _root, texts = draw_svg(picture, tmp_path, width=480, language="en")
    assert "1,600 of 1,600 micro-grids" in " ".join(texts.values())
    assert not [name for name in texts if name.startswith("households-")]


def test_counts_stand_in_their_territories_and_never_on_each_other():
    picture = build_picture()
    shapes = shapely.transform(picture.micro_grids.geometry.to_numpy(), lambda c: (c - (120.75, 37.81)) * 4e5)
    spots = shapely.transform(picture.micro_grids["label"].to_numpy(), lambda c: (c - (120.75, 37.81)) * 4e5)
    window = (-500.0, -500.0, 5000.0, 5000.0)
    placed = place_labels(
        picture.micro_grids, shapes, spots, np.full(7, None), window, find_lettering(is_kept=False)
    )
    assert [label.row for label in placed] == [0, 1, 2, 3, 4, 5]
    assert [label.kind for label in placed] == ["count", "count", "ring", "ring", "count", "pill"]
    areas = [shapely.box(*label.box) for label in placed]
    assert all(
        shapes[label.row].covers(area)
        for label, area in zip(placed, areas, strict=True)
        if label.kind == "count"
    )
    tree = shapely.STRtree(areas)
    assert len(tree.query(areas, predicate="overlaps")[0]) == 0


def test_without_a_font_for_chinese_it_is_english_and_codes(tmp_path):
    drawn = draw_plan(build_picture(), tmp_path / "plan.png", language="zh", letters=LATIN_ONLY)
    assert drawn.language == "en"  # and no warning of a missing glyph, which would fail the test
    kept = replace(LATIN_ONLY, is_kept=True)
    _root, texts = draw_svg(build_picture(), tmp_path, language="zh", letters=kept)
    assert texts["title"].startswith("渔港社区")  # an SVG is read with the reader's fonts


def test_names_are_texts_and_nothing_else(tmp_path):
    picture = build_picture(area_name="<b>$x_1$ & {0}\x00 % \\frac", area_name_en="")
    _root, texts = draw_svg(picture, tmp_path, language="en")
    assert texts["title"] == "<b>$x_1$ & {0} % \\frac in micro-grids"


@pytest.mark.parametrize(
    ("name", "width", "words"),
    [
        ("plan.pdf", 1600, (".png", ".svg")),
        ("plan", 1600, (".png", ".svg")),
        ("plan.png", 100, ("480", "6000")),
        ("missing/plan.png", 1600, ("missing",)),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_written(tmp_path, name, width, words):
    with pytest.raises(BadInput) as refused:
        draw_plan(build_picture(), tmp_path / name, width=width)
    (wrong,) = refused.value.fields
    assert all(word in wrong.text("en") for word in words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["plan.png", "plan.svg"])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, name):
    (tmp_path / name).write_bytes(b"before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            draw_plan(build_picture(), tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"before"


def test_a_finding_on_a_count_moves_beside_it(tmp_path):
    """The shared building's middle is under the count of micro-grid 02 when that stands there."""
    picture = build_picture()
    grids = picture.micro_grids.copy()
    grids.loc[1, "label"] = points((108, 166))[0]
    root, _texts = draw_svg(replace(picture, micro_grids=grids), tmp_path)
    count = root.find(f".//{SVG}g[@id='households-{G1}02']/{SVG}text")
    mark = outline(root, "finding-building_broken-33")
    assert np.abs(mark - (float(count.get("x")), float(count.get("y")))).max(axis=1).min() > 8
