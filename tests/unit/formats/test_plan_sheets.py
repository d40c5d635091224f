"""Sheets on paper: what stands on the pages, and the file itself. The land is that of `test_plan_picture`."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
import segno
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

from gridmap.errors import BadInput
from gridmap.formats.plan_picture.lettering import Lettering, find_lettering
from gridmap.formats.plan_sheets import Booklet, Card, Holding, Person, write_booklet
from gridmap.formats.plan_sheets.flows import FOOT, HEIGHT, MARGIN, WIDTH
from gridmap.formats.plan_sheets.sheets import CODE_SIZE, RIGHT
from gridmap.formats.plan_sheets.writing import draw_pages
from tests.unit.formats.test_plan_picture import G1, build_picture

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.formats.plan_picture.sheet import Sheet

LETTERS = find_lettering(is_kept=False)
LATIN_ONLY = Lettering(("DejaVu Sans",))
ADDRESS = f"https://grid.example.org/?micro_grid={G1}01"


def holding(number: int, **changes: object) -> Holding:
    usual = Holding(number, f"{number}号楼", "", "渔港家属院", 2, False, None, None, None, 12, False)
    return replace(usual, **changes)


NAMELESS = holding(33, name="", entrance=2, floor_from=3, floor_to=9, households=30)


def person(number: int, **changes: object) -> Person:
    usual = Person(
        f"BH-{number:03}", "楼栋长", "Building head", "", f"0535-{number:07}", "building", ("11号楼",)
    )
    return replace(usual, **changes)


def card(**changes: object) -> Card:
    usual = Card(
        f"{G1}01", G1, "第一网格", "Grid one", 72, True, 2, "in_band", ADDRESS,
        (holding(11, households=42), NAMELESS),
        (person(1), person(2, duty_phone="", role_zh="专职网格员", place_kind="micro_grid")),
    )  # fmt: skip
    return replace(usual, **changes)


def booklet(*cards: Card, has_cover: bool = False) -> Booklet:
    picture = build_picture()
    names = ("蓬莱区", "登州街道", "渔港社区")
    english = ("Penglai", "Dengzhou", "渔港社区")
    return Booklet(picture, picture, names, english, cards or (card(),), has_cover, date(2026, 11, 21))


def texts_of(sheet: Sheet) -> list[tuple[str, float, float]]:
    """What is written on a page: text, x, y of its baseline."""
    return [(one.get_text(), *one.get_position()) for one in sheet.figure.findobj(Text) if one.get_text()]


def pages_of(made: Booklet, language: str = "zh", letters: Lettering = LETTERS) -> list[Sheet]:
    return list(draw_pages(made, language, letters)[0])


def words_of(sheet: Sheet) -> list[str]:
    return [text for text, _, _ in texts_of(sheet)]


def test_a_sheet_says_what_the_micro_grid_is() -> None:
    (page,) = pages_of(booklet())
    words = words_of(page)
    for said in (
        "第一网格 · 微网格 01",
        f"编码 {G1}01",
        "蓬莱区 · 登州街道 · 渔港社区",
        "72*",
        "✓ 在 50–80 户之内",
        "整栋",
        "2 单元 3–9 层",
        "楼栋长",
        "0535-0000001",
        "未登记电话",
        "1 / 1",
    ):
        assert said in words, said
    assert any(word.startswith("方案 7（草案，2026-11-21）") for word in words)


def test_a_name_stands_on_the_map_and_a_number_where_there_is_none() -> None:
    """Building 11 is named; 33 has no name, so that a number leads from the map to the list."""
    (page,) = pages_of(booklet())
    found = texts_of(page)
    (edge,) = (y for text, _, y in found if text.startswith("着色为本微网格"))
    places = [(text, y) for text, _, y in found if text in ("11号楼", "1", "无名楼")]
    on_map, in_list = ({text for text, y in places if (y < edge) == is_map} for is_map in (True, False))
    assert on_map == {"11号楼", "1"}
    assert in_list == {"11号楼", "无名楼", "1"}


def test_long_lists_go_on_to_further_pages_and_lose_nothing() -> None:
    many = tuple(
        holding(n, name=f"{n}号楼", address=f"迎宾路{n}号", entrance=e, households=n)
        for n in range(1, 71)
        for e in (1, 2)
    )
    staff = tuple(person(n, organisation="海滨街道综合行政执法中队") for n in range(1, 31))
    pages = pages_of(booklet(card(holdings=many, people=staff)))
    assert len(pages) > 3
    words = [word for page in pages for word in words_of(page)]
    for n in range(1, 71):
        assert words.count(f"{n}号楼") >= 1, n
    assert words.count("1 单元") == words.count("2 单元") == 70
    for n in range(1, 31):
        assert words.count(f"0535-{n:07}") == 1
    assert [words_of(page)[-1] for page in pages] == [f"{n} / {len(pages)}" for n in range(1, len(pages) + 1)]
    for page in pages:
        for text, x, y in texts_of(page):
            assert MARGIN - 1 <= x < WIDTH - MARGIN + 1, text
            assert y < FOOT + 1 or y > FOOT + 10, text
            assert y < HEIGHT - 10, text


def test_one_building_with_more_parts_than_a_page_holds() -> None:
    parts = tuple(
        holding(11, entrance=e, floor_from=f, floor_to=f, households=1)
        for e in range(1, 13)
        for f in range(1, 13)
    )
    pages = pages_of(booklet(card(holdings=parts)))
    words = [word for page in pages for word in words_of(page)]
    assert all(words.count(f"{e} 单元 {f} 层") == 1 for e in range(1, 13) for f in range(1, 13))
    assert max(y for page in pages for text, _, y in texts_of(page) if text.endswith(" 层")) < FOOT


def test_buildings_without_homes_are_named_below_and_counted_nowhere() -> None:
    shops = tuple(holding(100 + n, name=f"商铺{n}" if n % 2 else "", households=0) for n in range(40))
    pages = pages_of(booklet(card(holdings=(holding(11), *shops))))
    said = "".join(word for page in pages for word in words_of(page))
    assert all(f"商铺{n}" in said for n in range(1, 40, 2))
    assert "无名楼 20 处" in said


def test_the_code_can_be_read_from_the_page() -> None:
    (page,) = pages_of(booklet())
    out = io.BytesIO()
    FigureCanvasAgg(page.finish(HEIGHT)).print_png(out)
    pixels = np.asarray(Image.open(out).convert("L")) < 128
    wanted = np.array([list(row) for row in segno.make(ADDRESS, error="m", micro=False).matrix], bool)
    step = CODE_SIZE / (len(wanted) + 8)
    middles = (np.arange(len(wanted)) + 4.5) * step
    columns = (RIGHT - CODE_SIZE + middles).astype(int)
    rows = (MARGIN - 4 + middles).astype(int)
    assert (pixels[np.ix_(rows, columns)] == wanted).all()


def test_the_cover_leads_to_every_sheet() -> None:
    cards = tuple(
        card(code=f"{G1}{n:02}", holdings=tuple(holding(n * 100 + i) for i in range(30 if n == 2 else 2)))
        for n in range(1, 61)
    )
    pages = pages_of(booklet(*cards, has_cover=True))
    assert "渔港社区 · 微网格手册" in words_of(pages[0])
    before = next(i for i, page in enumerate(pages) if "第一网格 · 微网格 01" in words_of(page))
    listed: dict[str, int] = {}
    for page in pages[:before]:
        by_line: dict[float, list[str]] = {}
        for text, _, y in texts_of(page):
            by_line.setdefault(y, []).append(text)
        for line in by_line.values():
            if line[0].startswith(G1) and len(line) > 2:
                listed[line[0]] = int(line[-1])
    assert list(listed) == [one.code for one in cards]
    for one in cards:
        assert f"编码 {one.code}" in words_of(pages[listed[one.code] - 1])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"households": 90, "status": "over"}, "▲ more than 80 (band 50–80)"),
        ({"households": 41, "status": "under"}, "▽ fewer than 50 (band 50–80)"),
        ({"households": 0, "status": "under", "holdings": (), "people": ()}, "nobody lives here"),
    ],
)
def test_the_band_is_said_by_sign_and_words(changes: dict[str, object], said: str) -> None:
    (page,) = pages_of(booklet(card(is_estimate=False, **changes)), "en")
    assert said in words_of(page)
    assert str(changes["households"]) in words_of(page)


def test_without_a_chinese_font_it_is_english_and_nothing_is_drawn_that_no_font_has(tmp_path: Path) -> None:
    written = write_booklet(
        booklet(has_cover=True), tmp_path / "sheets.pdf", language="zh", letters=LATIN_ONLY
    )
    assert written.language == "en"
    for page in pages_of(booklet(has_cover=True), "en", LATIN_ONLY):
        assert not [word for word in words_of(page) if re.search("[一-鿿]", word)]


def test_the_file_has_its_pages_and_is_the_same_again(tmp_path: Path) -> None:
    made = booklet(card(), card(code=f"{G1}02"), has_cover=True)
    told: list[tuple[int, int]] = []
    written = write_booklet(made, tmp_path / "one.pdf", progress=lambda *step: told.append(step))
    write_booklet(made, tmp_path / "two.pdf")
    first, second = ((tmp_path / name).read_bytes() for name in ("one.pdf", "two.pdf"))
    assert first == second
    assert first.startswith(b"%PDF-1.")
    assert len(re.findall(rb"/Type /Page\b", first)) == written.pages == 3
    assert re.search(rb"/MediaBox \[ 0 0 595 842 \]", first)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert b"CreationDate" not in first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.pdf", "two.pdf"]


@pytest.mark.parametrize("name", ["sheets.doc", "nowhere/sheets.pdf"])
def test_what_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput):
        write_booklet(booklet(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
