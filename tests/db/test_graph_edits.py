"""Edges removed and added by hand: who may, what is refused, and what the next plan gets to read.

Grid G0-0 holds buildings 100000011 … 100000065 of two entrances each; G0-1 begins with 100000111. Street S0
holds both, S1 neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gridmap.cli import gridmap
from gridmap.db import Database, sql
from gridmap.errors import BadInput, NotAllowed, NotFound
from gridmap.services.actors import SYSTEM, Actor
from gridmap.services.graph_edits import (
    Place,
    count_graph_edits,
    drop_edge_edit,
    edit_edge,
    list_graph_edits,
)
from tests.spatial_city import fill

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

A, B, ELSEWHERE = 100000011, 100000012, 100000111
PLANNER = Actor(None, "planner", "planner", (10,))


@pytest.fixture
def city(connection: Connection, session: Session) -> Session:
    fill(connection, columns=6, rows=2, staff=3, days=1, issues=0)
    return session


def planned(session: Session, grid_id: int = 1000000) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(sql("plan_edits"), {"grid_ids": [grid_id]})]


def reasons(caught: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str]]:
    return [(fault.column, fault.reason) for fault in caught.value.fields]


def test_an_edge_is_kept_in_order_and_handed_to_the_next_plan(city: Session) -> None:
    edit = edit_edge(city, PLANNER, Place(B, 2), Place(A), action="remove", reason=" 院墙 ")
    assert (edit.building_a_id, edit.entrance_a, edit.building_b_id, edit.entrance_b) == (A, None, B, 2)
    assert (edit.grid_code, edit.action, edit.reason) == ("G0-0", "remove", "院墙")
    assert planned(city) == [(1000000, A, None, B, 2, "remove", "院墙")]
    assert planned(city, grid_id=1000001) == []
    columns = ["parent_id", "building_a", "entrance_a", "building_b", "entrance_b", "action", "reason"]
    assert list(city.execute(sql("plan_edits"), {"grid_ids": []}).keys()) == columns


def test_the_last_word_about_two_places_counts(city: Session) -> None:
    first = edit_edge(city, PLANNER, Place(A), Place(B), action="remove", reason="围墙")
    again = edit_edge(city, PLANNER, Place(B), Place(A), action="add", reason="开了便门")
    part = edit_edge(city, PLANNER, Place(A, 1), Place(A, 2), action="remove", reason="中间不通")
    assert again.id == first.id
    assert planned(city) == [
        (1000000, A, None, B, None, "add", "开了便门"),
        (1000000, A, 1, A, 2, "remove", "中间不通"),
    ]
    drop_edge_edit(city, PLANNER, first.id)
    assert [row.id for row in list_graph_edits(city, PLANNER)] == [part.id]
    with pytest.raises(NotFound):
        drop_edge_edit(city, PLANNER, first.id)


@pytest.mark.parametrize(
    ("place", "other", "reason", "faults"),
    [
        (Place(A), Place(ELSEWHERE), "墙", [("building_b_id", "edge_other_grid")]),
        (Place(A), Place(A), "墙", [("building_b_id", "edge_same_place")]),
        (Place(A, 1), Place(A, 1), "墙", [("building_b_id", "edge_same_place")]),
        (Place(A), Place(A, 2), "墙", [("building_b_id", "edge_same_place")]),
        (Place(A, 3), Place(B), "墙", [("entrance_a", "edge_unknown_entrance")]),
        (Place(A), Place(B), " \n", [("reason", "edge_reason_empty")]),
        (Place(A), Place(B), "墙" * 501, [("reason", "api_too_long")]),
    ],
)
def test_what_makes_no_edge_is_refused(
    city: Session, place: Place, other: Place, reason: str, faults: list[tuple[str, str]]
) -> None:
    with pytest.raises(BadInput) as caught:
        edit_edge(city, PLANNER, place, other, action="remove", reason=reason)
    assert reasons(caught) == faults
    assert planned(city) == []


def test_entrances_on_record_are_the_ones_that_count(city: Session) -> None:
    city.execute(text("INSERT INTO entrances (building_id, number) VALUES (:b, 1), (:b, 7)"), {"b": A})
    edit_edge(city, SYSTEM, Place(A, 7), Place(B), action="add", reason="连廊")
    with pytest.raises(BadInput) as caught:
        edit_edge(city, SYSTEM, Place(A, 2), Place(B), action="add", reason="连廊")
    assert caught.value.fields[0].hint == "1, 7"


def test_a_building_without_grid_and_an_unknown_action_are_refused(city: Session) -> None:
    city.execute(text("UPDATE buildings SET grid_id = NULL WHERE id IN (:a, :b)"), {"a": A, "b": B})
    with pytest.raises(BadInput) as caught:
        edit_edge(city, SYSTEM, Place(A), Place(B), action="cut", reason="墙")
    assert reasons(caught) == [
        ("action", "api_not_one_of"),
        ("building_a_id", "edge_without_grid"),
        ("building_b_id", "edge_without_grid"),
    ]


def test_who_may_edit_and_who_may_look(city: Session) -> None:
    there = Actor(None, "there", "planner", (11,))
    edit = edit_edge(city, PLANNER, Place(A), Place(B), action="remove", reason="墙")
    for refused in (Actor(None, "o", "official", (10,)), Actor(None, "f", "field", (10,))):
        with pytest.raises(NotAllowed):
            edit_edge(city, refused, Place(A), Place(B), action="remove", reason="墙")
        with pytest.raises(NotAllowed):
            drop_edge_edit(city, refused, edit.id)
        assert count_graph_edits(city, refused) == 1
    with pytest.raises(NotFound):
        edit_edge(city, there, Place(A), Place(B), action="remove", reason="墙")
    with pytest.raises(NotFound):
        drop_edge_edit(city, there, edit.id)
    assert list_graph_edits(city, there) == []
    assert count_graph_edits(city, PLANNER, area_code="G0-0") == 1
    assert count_graph_edits(city, PLANNER, area_code="G0-1") == 0


def test_an_edit_sleeps_while_a_building_is_elsewhere_and_goes_with_it(city: Session) -> None:
    edit_edge(city, SYSTEM, Place(A), Place(B), action="remove", reason="墙")
    city.execute(text("UPDATE buildings SET grid_id = 1000001 WHERE id = :b"), {"b": B})
    assert planned(city) == []
    city.execute(text("UPDATE buildings SET grid_id = 1000000 WHERE id = :b"), {"b": B})
    assert len(planned(city)) == 1
    city.execute(text("DELETE FROM assignments WHERE building_id = :b"), {"b": B})
    city.execute(text("DELETE FROM buildings WHERE id = :b"), {"b": B})
    assert city.scalar(text("SELECT count(*) FROM graph_edits")) == 0


@pytest.mark.parametrize(
    "values",
    [
        (A, None, B, None, "remove", "\t "),
        (B, None, A, None, "remove", "墙"),
        (A, 2, A, 1, "remove", "墙"),
        (A, 1, A, 1, "remove", "墙"),
        (A, None, B, None, "cut", "墙"),
    ],
)
def test_the_table_itself_refuses_what_is_out_of_order(city: Session, values: tuple[Any, ...]) -> None:
    names = ("a", "ea", "b", "eb", "action", "reason")
    insert = text(
        "INSERT INTO graph_edits"
        " (grid_id, building_a_id, entrance_a, building_b_id, entrance_b, action, reason)"
        " VALUES (1000000, :a, :ea, :b, :eb, :action, :reason)"
    )
    with pytest.raises(IntegrityError), city.begin_nested():
        city.execute(insert, dict(zip(names, values, strict=True)))


def test_the_command_line_removes_adds_lists_and_forgets(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.engine.begin() as connection:
        fill(connection, columns=2, rows=2, staff=3, days=1, issues=0)
    monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("GRIDMAP_LANGUAGE", "en")
    run = CliRunner()

    def say(*words: str) -> str:
        result = run.invoke(gridmap, ["plan", "edges", *words], catch_exceptions=False)
        assert result.exit_code == 0
        return result.output

    assert "No edge was removed" in say("list")
    assert f"{A} – {B}/2" in say("remove", str(A), f"{B}/2", "--reason", "wall")
    say("add", str(A), str(B), "--reason", "gate")
    listed = [line.split("\t") for line in say("list", "--area", "G0-0").splitlines()]
    assert [line[1:] for line in listed] == [
        ["G0-0", "remove", str(A), f"{B}/2", "wall"],
        ["G0-0", "add", str(A), str(B), "gate"],
    ]
    say("forget", listed[0][0])
    assert len(say("list").splitlines()) == 1
    with pytest.raises(BadInput, match="wrong"):
        run.invoke(gridmap, ["plan", "edges", "add", "x", "y", "--reason", "?"], catch_exceptions=False)
