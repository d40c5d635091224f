"""The search box: areas, compounds, buildings, micro-grids and stations by a part of name, address or code.

Substrings are found by trigram indexes (three letters or more; shorter ones, as most Chinese words of two
characters, are looked for row by row), so that Chinese needs no dictionary.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from gridmap.models import Area, Building, Compound, CompoundGrid, MicroGrid, Station
from gridmap.services.actors import Actor, area_in_scope, require, scope_of
from gridmap.services.postings import CURRENT
from gridmap.services.rows import AnyRow, AnySelect, fetch

FOUND_PER_KIND = 8
ESCAPE = "\\"

Name = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def names_contain(text: str, *names: Name) -> ColumnElement[bool]:
    """Build the condition that one of the columns contains the text, whatever its case."""
    pattern = _pattern(text)
    return or_(*(name.ilike(pattern, escape=ESCAPE) for name in names))


def find_place(session: Session, actor: Actor, text: str) -> list[AnyRow]:
    """Find places by a part of their name, address or code.

    Returns
    -------
    list of Row
        At most `FOUND_PER_KIND` of each kind, whole matches and beginnings first: ``kind`` ("area",
        "compound", "building", "micro_grid", "station"), ``code`` (the id of a building), ``name``,
        ``detail`` (level, address, kind, or what a micro-grid holds), ``lon``, ``lat`` (a point inside).
    """
    require(actor, "places.read")
    text = text.strip()
    if not text:
        return []
    found = union_all(*(select(part.subquery()) for part in _parts(actor, text)))
    return fetch(session, found)


def _parts(actor: Actor, text: str) -> list[AnySelect]:
    in_scope = scope_of(actor, CompoundGrid.grid_id)
    compounds = exists().where(CompoundGrid.compound_id == Compound.id, in_scope)
    if actor.area_ids is None:
        compounds = literal(True)  # type: ignore[assignment]
    return [
        _part("area", Area.code, Area.name, Area.level, Area.geom, text, Area.code).where(
            names_contain(text, Area.name, Area.name_en, Area.code), area_in_scope(actor)
        ),
        _part(
            "compound", Compound.code, Compound.name, Compound.kind, Compound.geom, text, Compound.code
        ).where(names_contain(text, Compound.name, Compound.code), compounds),
        _part(
            "micro_grid",
            MicroGrid.code,
            MicroGrid.code,
            MicroGrid.contents,
            MicroGrid.label,
            text,
            MicroGrid.code,
        ).where(*CURRENT, names_contain(text, MicroGrid.code), scope_of(actor, MicroGrid.grid_id)),
        _part("station", Station.code, Station.name, Station.kind, Station.geom, text, Station.code).where(
            names_contain(text, Station.name, Station.code), scope_of(actor, Station.grid_id)
        ),
        _part(
            "building", Building.id, Building.name, Building.address, Building.geom, text, Building.id
        ).where(names_contain(text, Building.name, Building.address), scope_of(actor, Building.grid_id)),
    ]


def _part(kind: str, code: Any, name: Any, detail: Any, geom: Any, text: str, order: Any) -> AnySelect:
    inside = func.ST_PointOnSurface(geom)
    beginning = _pattern(text)[1:]
    rank = case((name == text, 0), (name.ilike(beginning, escape=ESCAPE), 1), else_=2)
    return (
        select(
            literal(kind).label("kind"),
            cast(code, Text).label("code"),
            name.label("name"),
            func.coalesce(detail, "").label("detail"),
            func.ST_X(inside).label("lon"),
            func.ST_Y(inside).label("lat"),
        )
        .order_by(rank, func.length(name), order)
        .limit(FOUND_PER_KIND)
    )


def _pattern(text: str) -> str:
    escaped = text.replace(ESCAPE, ESCAPE * 2).replace("%", ESCAPE + "%").replace("_", ESCAPE + "_")
    return f"%{escaped}%"
