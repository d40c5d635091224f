"""Loading: rows arrive with everything that follows from them, again and again, all of them or none."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from gridmap.cli import gridmap
from gridmap.errors import BadInput, NotAllowed, NotSignedIn
from gridmap.formats.layers import layer_of, read_layers
from gridmap.models import AuditEntry, Building
from gridmap.services.actors import SYSTEM, VISITOR, Actor
from gridmap.services.exchange import ACTIONS, load_layer, load_layers
from tests.db.loads import AREAS, BUILDINGS, COMPOUNDS, STAFF, STATIONS, figures, load, load_town, refused

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gridmap.db import Database


@pytest.fixture
def town(session: Session) -> Session:
    return load_town(session)


def test_loading_again_changes_nothing_and_keeps_ids(town: Session) -> None:
    before = town.execute(select(Building.source_id, Building.id)).all()
    for kind, rows in (("areas", AREAS), ("compounds", COMPOUNDS), ("stations", STATIONS), ("staff", STAFF)):
        assert figures(load(town, kind, rows)) == (0, 0, len(rows)), kind
    changed = [BUILDINGS[0] | {"households": 31}, *BUILDINGS[1:], BUILDINGS[2] | {"id": "b4"}]
    assert figures(load(town, "buildings", changed)) == (1, 1, 2)
    after = {row.source_id: row.id for row in town.execute(select(Building.source_id, Building.id))}
    assert {row.source_id: row.id for row in before}.items() <= after.items()
    assert town.scalars(select(Building.households).where(Building.source_id == "b1")).one() == 31


def test_the_same_id_of_another_source_is_another_building(town: Session) -> None:
    assert figures(load(town, "buildings", BUILDINGS[:1], source="survey")) == (1, 0, 0)
    assert town.scalar(text("SELECT count(*) FROM buildings")) == 4


def test_one_bad_row_stops_all_and_nothing_is_half_written(town: Session) -> None:
    rows = [BUILDINGS[0] | {"id": "n1"}, BUILDINGS[0] | {"id": "n2", "households": -1}]
    rows.append(BUILDINGS[0] | {"id": "n3", "compound_code": "nowhere"})
    with pytest.raises(BadInput) as caught:
        load(town, "buildings", rows)
    assert refused(caught) == [
        ("f#1", "households", "out_of_range"),
        ("f#2", "compound_code", "unknown_compound"),
    ]
    assert town.scalar(text("SELECT count(*) FROM buildings")) == 3
    report = load(town, "buildings", rows, skip_bad=True)
    assert figures(report) == (1, 0, 0)
    assert len(report.rejected) == 2


def test_a_file_in_parts_is_one_load(town: Session, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": [f"n{n}" for n in range(25)],
            "households": [3] * 25,
            "wkt": [BUILDINGS[2]["geometry"].wkt] * 25,
        }
    )
    parts = [layer_of("buildings", layer.rows) for layer in _parts(frame, tmp_path)]
    seen: list[int] = []
    report = load_layers(town, SYSTEM, "buildings", parts, progress=seen.append)
    assert figures(report) == (25, 0, 0)
    assert seen == [10, 20, 25]


def _parts(frame: pd.DataFrame, folder: Path) -> list[Any]:
    paths = []
    for start in range(0, len(frame), 10):
        paths.append(folder / f"{start}.csv")
        frame.iloc[start : start + 10].to_csv(paths[-1], index=False)
    return [layer for path in paths for layer in read_layers("buildings", path)]


def test_a_second_load_after_a_refused_one_works_in_the_same_transaction(town: Session) -> None:
    for _ in range(2):
        with pytest.raises(BadInput):
            load(town, "buildings", [BUILDINGS[0] | {"households": -1}])
    assert figures(load(town, "buildings", BUILDINGS)) == (0, 0, 3)


def test_each_load_leaves_one_line_in_the_audit(session: Session) -> None:
    load(session, "areas", AREAS)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject, entry.subject_id) == ("loaded", "areas", "city")
    assert entry.details["inserted"] == 4


@pytest.mark.parametrize("kind", list(ACTIONS))
def test_only_those_who_may_load_do(session: Session, kind: str) -> None:
    layer = layer_of("areas", pd.DataFrame(AREAS))
    with pytest.raises(NotSignedIn):
        load_layer(session, VISITOR, kind, layer)
    for role in ("planner", "official", "dispatcher", "field"):
        with pytest.raises(NotAllowed):
            load_layer(session, Actor(1, "x", role, None), kind, layer)
    with pytest.raises(NotAllowed):
        load_layer(session, Actor(1, "x", "admin", (1,)), kind, layer)


def test_the_command_loads_lists_rejects_and_says_where(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("GRIDMAP_LANGUAGE", "en")
    (tmp_path / "good.csv").write_text(f'id,households,wkt\nb1,30,"{BUILDINGS[0]["geometry"].wkt}"\n')
    bad = tmp_path / "bad.csv"
    bad.write_text(f'id,households,wkt\nb2,30,"{BUILDINGS[1]["geometry"].wkt}"\nb3,-1,POINT (1 1)\n')

    def run(*arguments: str) -> tuple[Any, str]:
        result = CliRunner().invoke(gridmap, ["load", "buildings", *arguments])
        return result, re.sub(r"\s+", " ", result.output)

    result, said = run(str(tmp_path / "good.csv"), str(bad))
    assert isinstance(result.exception, BadInput)
    listed = (tmp_path / "bad.csv.rejects.csv").read_text("utf-8-sig").splitlines()
    assert [line.split(",")[:3] for line in listed[1:]] == [
        ["bad.csv:3", "households", "out_of_range"],
        ["bad.csv:3", "geometry", "wrong_geometry_type"],
    ]
    assert "2 problems are listed in" in said
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM buildings")) == 0

    result, said = run(
        str(tmp_path / "good.csv"), str(bad), "--skip-bad", "--rejects", str(tmp_path / "r.csv")
    )
    assert result.exception is None
    assert "1 new, 0 changed, 0 unchanged, 0 geometries mended, 2 problems left out" in said
    assert (tmp_path / "r.csv").exists()
    with database.transaction() as session:
        assert session.scalars(select(Building.source_id).order_by(Building.id)).all() == ["b1", "b2"]

    (tmp_path / "broken.gpkg").write_bytes(b"no package")
    (tmp_path / "nowhere.csv").write_text("id,homes\nb4,30\n")
    gone, broken = ("gone.csv", "no_such_file"), ("broken.gpkg", "unreadable_file")
    for name, reason in (gone, broken, ("nowhere.csv", "missing_geometry_column")):
        result, said = run(str(tmp_path / name))
        assert isinstance(result.exception, BadInput)
        assert reason in {wrong.reason for wrong in result.exception.fields}
        assert "listed in" not in said
    assert {path.name for path in tmp_path.glob("*.rejects.csv")} == {"bad.csv.rejects.csv"}


def test_the_queries_of_loading_rely_on_indexes_that_are_there(session: Session) -> None:
    there = set(session.scalars(text("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")))
    folder = files("gridmap").joinpath("sql")
    ours = ("check_", "count_entrances", "find_", "flag_issues", "load_", "place_", "refresh_")
    headers = {
        entry.name: "".join(re.findall(r"^--.*\n", entry.read_text("utf-8"), re.MULTILINE))
        for entry in folder.iterdir()
        if entry.name.startswith(ours)
    }
    assert len(headers) >= 30
    for name, header in headers.items():
        assert {"Parameters:", "Returns:", "Relies on:"} <= set(re.findall(r"[A-Z]\w+(?: on)?:", header)), (
            name
        )
        assert set(re.findall(r"\b(?:uq|ix|idx|pk)_\w+", header)) <= there, name
