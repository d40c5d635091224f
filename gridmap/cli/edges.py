"""``gridmap plan edges …``: remove and add edges of the adjacency graph by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from gridmap.errors import BadInput, FieldError
from gridmap.services import graph_edits
from gridmap.services.actors import SYSTEM
from gridmap.services.graph_edits import Place

if TYPE_CHECKING:
    from gridmap.cli.entrance import Entrance

PLACE = re.compile(r"(\d{1,18})(?:/(\d{1,2}))?", re.ASCII)
LISTED_AT_ONCE = 1000


@click.group()
def edges() -> None:
    """Which buildings count as neighbours, against what the ground says. 人工增删相邻关系。"""


@edges.command("list")
@click.option("--area", help="Only in this area and below. 仅此区域")
@click.pass_obj
def list_(entrance: Entrance, area: str | None) -> None:
    """List the edges removed or added by hand. 列出人工增删的边。"""
    after = 0
    with entrance.database() as database, database.transaction() as session:
        while rows := graph_edits.list_graph_edits(
            session, SYSTEM, area_code=area, after_id=after, limit=LISTED_AT_ONCE
        ):
            for row in rows:
                place = _said(Place(row.building_a_id, row.entrance_a))
                other = _said(Place(row.building_b_id, row.entrance_b))
                click.echo(f"{row.id}\t{row.grid_code}\t{row.action}\t{place}\t{other}\t{row.reason}")
            after = rows[-1].id
    if not after:
        entrance.say("edges.none")


@edges.command()
@click.argument("place")
@click.argument("other")
@click.option("--reason", required=True, help="Why. 理由")
@click.pass_obj
def remove(entrance: Entrance, place: str, other: str, reason: str) -> None:
    """Part PLACE and OTHER: building numbers, or building/entrance. 断开两处。"""
    _edit(entrance, "remove", place, other, reason)


@edges.command()
@click.argument("place")
@click.argument("other")
@click.option("--reason", required=True, help="Why. 理由")
@click.pass_obj
def add(entrance: Entrance, place: str, other: str, reason: str) -> None:
    """Join PLACE and OTHER: building numbers, or building/entrance. 连接两处。"""
    _edit(entrance, "add", place, other, reason)


@edges.command()
@click.argument("edit_id", type=int)
@click.pass_obj
def forget(entrance: Entrance, edit_id: int) -> None:
    """Take an edit back by its number. 撤销。"""
    with entrance.database() as database, database.transaction() as session:
        graph_edits.drop_edge_edit(session, SYSTEM, edit_id)
    entrance.say("edges.forgotten", edit=edit_id)


def _edit(entrance: Entrance, action: str, place: str, other: str, reason: str) -> None:
    ends = _place(place), _place(other)
    with entrance.database() as database, database.transaction() as session:
        row = graph_edits.edit_edge(session, SYSTEM, *ends, action=action, reason=reason)
    entrance.say("edges.edited", edit=row.id, action=action, place=_said(ends[0]), other=_said(ends[1]))


def _place(said: str) -> Place:
    found = PLACE.fullmatch(said)
    if not found:
        raise BadInput(fields=[FieldError("edge", "", "edge_bad_place", said[:40])])
    return Place(int(found[1]), int(found[2]) if found[2] else None)


def _said(place: Place) -> str:
    return str(place.building_id) if place.entrance is None else f"{place.building_id}/{place.entrance}"
