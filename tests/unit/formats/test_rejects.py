"""The list of rejects opens in a spreadsheet and can run nothing there; every reason has its words."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from gridmap.errors import FieldError
from gridmap.formats.rejects import HEADER, rejects_path, write_rejects
from gridmap.i18n import catalogue

GRIDMAP = Path(__file__).parents[3] / "gridmap"


def test_a_reject_says_where_what_and_what_to_do_in_both_languages(tmp_path: Path) -> None:
    wrong = FieldError("b.csv:7", "use", "unknown_choice", "宫殿", "residential | mixed | other")
    write_rejects(tmp_path / "r.csv", [wrong])
    assert (tmp_path / "r.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as lines:
        header, row = csv.reader(lines)
    assert tuple(header) == HEADER
    assert row[:5] == ["b.csv:7", "use", "unknown_choice", "宫殿", "residential | mixed | other"]
    assert row[5] == "「宫殿」不在允许的取值中\uff1aresidential | mixed | other"
    assert row[6] == "“宫殿” is not one of: residential | mixed | other"
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


@pytest.mark.parametrize("start", [*"=+-@\t\r\x00", *"\uff1d\uff0b\uff0d\uff20"])
def test_no_cell_is_taken_for_a_formula(tmp_path: Path, start: str) -> None:
    write_rejects(
        tmp_path / "r.csv", [FieldError("b.csv:7", "use", "unknown_choice", f"{start}cmd|' /C calc'!A0")]
    )
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as lines:
        _, row = csv.reader(lines)
    assert row[3].startswith(f"'{start}")
    assert all(not cell.startswith(start) for cell in row)


def test_an_older_list_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("old")
    write_rejects(tmp_path / "r.csv", [])
    assert "old" not in (tmp_path / "r.csv").read_text()


def test_the_list_stands_beside_the_file_or_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rejects_path(tmp_path / "b.gpkg") == tmp_path / "b.gpkg.rejects.csv"
    monkeypatch.chdir(tmp_path)
    assert rejects_path(Path("/nowhere/b.gpkg")) == tmp_path / "b.gpkg.rejects.csv"


def test_every_reason_in_the_code_has_its_text() -> None:
    said: set[str] = set()
    for path in (*GRIDMAP.glob("formats/*.py"), *GRIDMAP.glob("services/staging.py")):
        text = path.read_text("utf-8")
        said |= set(re.findall(r'(?:refuse|_refuse)\([^"]*?(?:"[\w ]*", )?"(\w+)"', text))
        said |= set(re.findall(r'FieldError\((?:"\w*"|[^",()]+), "[^"]*", "(\w+)"', text))
    for path in GRIDMAP.glob("sql/check_*.sql"):
        said |= set(re.findall(r"'((?:unknown|wrong|outside|leaves|overlaps)_\w+)'", path.read_text("utf-8")))
    said -= {"geometry"}
    assert len(said) > 20
    assert {reason for reason in said if f"reason.{reason}" not in catalogue()} <= {"unknown_", "wkt", "lon"}
