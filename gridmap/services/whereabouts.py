"""Where am I, and who answers here: from a point or an address to the building, entrance and people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.services.actors import Actor, require
from gridmap.services.addresses import build_patterns, read_address
from gridmap.services.duty_places import require_point
from gridmap.services.postings import list_people_of_building, list_people_of_micro_grid, today
from gridmap.services.rows import AnyRow

AT_BUILDING_M = 30.0
"""Who stands no farther from a building is at it."""
MOST_MATCHES = 8
ALIKE = 0.6
"""Score above which what has nearly all parts of an address is what was meant; else letters are compared."""
LIKE_ENOUGH = (0.7, 0.3)
"""Share of three-letter groups that an address must share with what was written; less where none does."""

LIKENESS = text(
    "SELECT set_config('pg_trgm.word_similarity_threshold', :share, true),"
    " set_config('enable_seqscan', :by_table, true)"
)
"""The planner takes comparing texts for free and would read the whole table: five times as long."""


@dataclass(frozen=True)
class Whereabouts:
    """A place and who answers for it today.

    Attributes
    ----------
    building
        ``id``, ``name``, ``address``, ``households``, ``compound_code``, ``compound_name``, ``distance_m`` (0
        inside), ``entrance_number`` and ``entrance_name`` of the nearest entrance; None away from buildings.
    micro_grids
        Codes of the published plan: of the building, or of its entrance where it is divided.
    areas
        ``code``, ``level``, ``name`` from the grid up to the district.
    people
        The nearest posting first; see `list_people_of_building`.
    """

    lon: float
    lat: float
    building: AnyRow | None
    micro_grids: list[str]
    areas: list[AnyRow]
    people: list[AnyRow]


@dataclass(frozen=True)
class AddressMatch:
    """A building whose address is like what was written.

    Attributes
    ----------
    entrance_number
        As written, None where no entrance was.
    score
        0-1; 1 is the address itself.
    """

    building_id: int
    name: str
    address: str
    entrance_number: int | None
    lon: float
    lat: float
    score: float


def describe_whereabouts(session: Session, actor: Actor, lon: float, lat: float) -> Whereabouts:
    """Describe a point: its building, entrance, micro-grids and areas, and who answers there today.

    Raises
    ------
    NotFound
        If the point lies outside the actor's areas.
    """
    require(actor, "places.read")
    require_point(session, actor, lon, lat)
    point = {"lon": lon, "lat": lat}
    here = session.execute(sql("at_building"), point | {"within_m": AT_BUILDING_M}).one_or_none()
    around = list(session.execute(sql("at_areas"), point))
    areas = [row for row in around if row.level != "micro_grid"]
    micro_grids = (
        [row.code for row in around if row.level == "micro_grid"] if here is None else here.micro_grids
    )
    return Whereabouts(lon, lat, here, micro_grids, areas, _people(session, here, micro_grids, areas))


def find_addresses(session: Session, actor: Actor, written: str) -> list[AddressMatch]:
    """Find the buildings whose address is most like what was written, the best first.

    Full-width letters, Chinese numerals before 号, 栋, 幢 or 单元, and slips of the pen do not matter; an
    entrance (2单元) and what follows it is taken off first.
    """
    require(actor, "places.read")
    address, entrance_number = read_address(written)
    if not address:
        return []
    area_ids = None if actor.area_ids is None else list(actor.area_ids)
    values = {
        "address": address,
        "numbers": re.findall(r"\d+", address),
        "area_ids": area_ids,
        "at_most": MOST_MATCHES,
    }
    rows = _find_by_parts(session, values)
    if not rows or rows[0].score < ALIKE:
        rows = _find_by_letters(session, values) or rows
    return [
        AddressMatch(
            row.id, row.name, row.address, entrance_number, row.lon, row.lat, round(float(row.score), 3)
        )
        for row in rows
    ]


def _find_by_parts(session: Session, values: dict[str, Any]) -> list[AnyRow]:
    patterns = build_patterns(values["address"])
    return list(session.execute(sql("at_address_parts"), values | {"patterns": patterns})) if patterns else []


def _find_by_letters(session: Session, values: dict[str, Any]) -> list[AnyRow]:
    rows: list[AnyRow] = []
    for share in LIKE_ENOUGH:
        session.execute(LIKENESS, {"share": str(share), "by_table": "off"})
        if rows := list(session.execute(sql("at_address"), values)):
            break
    session.execute(LIKENESS, {"share": str(LIKE_ENOUGH[0]), "by_table": "on"})
    return rows


def _people(session: Session, here: Any, micro_grids: list[str], areas: list[AnyRow]) -> list[AnyRow]:
    if here is not None:
        return list_people_of_building(session, here, today())
    grids = [area.code for area in areas if area.level == "grid"]
    if not grids:
        return []
    return list_people_of_micro_grid(session, micro_grids[0] if micro_grids else "", grids[0], today())
