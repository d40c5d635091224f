"""Where am I, and who answers here: from a point or an address to the building, entrance and people."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.models import Area, Assignment, Building, MicroGrid
from gridmap.services.actors import Actor, require
from gridmap.services.duty_places import require_point
from gridmap.services.postings import (
    CURRENT,
    list_people_of_building,
    list_people_of_micro_grid,
    today,
)
from gridmap.services.rows import AnyRow, fetch

AT_BUILDING_M = 30.0
"""Who stands no farther from a building is at it."""
MOST_MATCHES = 8
LIKE_ENOUGH = (0.7, 0.3)
"""Share of three-letter groups that an address must share with what was written; less where none does."""

LIKENESS = text(
    "SELECT set_config('pg_trgm.word_similarity_threshold', :share, true),"
    " set_config('enable_seqscan', :by_table, true)"
)
"""The planner takes comparing texts for free and would read the whole table: five times as long."""

_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True)) | {"两": 2}
_NUMERAL = re.compile(r"([一二两三四五六七八九]?)(十?)([一二三四五六七八九]?)(?=号|栋|幢|单元)")
_ENTRANCE = re.compile(r"(\d{1,3})\s*单元.*$")


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
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    values = {"lon": lon, "lat": lat, "within_m": AT_BUILDING_M}
    here = session.execute(sql("at_building"), values).one_or_none()
    around = select(Area.code, Area.level, Area.name).where(func.ST_Intersects(Area.geom, point))
    areas = fetch(session, around.order_by(func.cardinality(Area.lineage).desc(), Area.code))
    codes = select(MicroGrid.code).where(*CURRENT).order_by(MicroGrid.code).distinct()
    if here is None:
        codes = codes.where(func.ST_Intersects(MicroGrid.geom, point))
    else:
        codes = codes.join(Assignment, Assignment.micro_grid_id == MicroGrid.id).where(
            Assignment.building_id == here.id,
            or_(Assignment.entrance_number.is_(None), Assignment.entrance_number == here.entrance_number),
        )
    micro_grids = list(session.scalars(codes))
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
    rows: list[AnyRow] = []
    for share in LIKE_ENOUGH:
        session.execute(LIKENESS, {"share": str(share), "by_table": "off"})
        if rows := list(session.execute(sql("at_address"), values)):
            break
    session.execute(LIKENESS, {"share": str(LIKE_ENOUGH[0]), "by_table": "on"})
    return [
        AddressMatch(
            row.id, row.name, row.address, entrance_number, row.lon, row.lat, round(float(row.score), 3)
        )
        for row in rows
    ]


def read_address(written: str) -> tuple[str, int | None]:
    """Read an address as people write it: its text in the form of the register, and the entrance's number."""
    plain = _NUMERAL.sub(_digits, unicodedata.normalize("NFKC", written).strip())
    entrance = _ENTRANCE.search(plain)
    address = re.sub(r"(?<=\d)\s*[栋幢]", "号楼", plain[: entrance.start()] if entrance else plain).strip()
    return address, int(entrance[1]) if entrance else None


def _digits(numeral: re.Match[str]) -> str:
    tens, ten, ones = numeral.groups()
    if not ten:
        return "".join(str(_DIGITS[letter]) for letter in tens + ones)
    return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))


def _people(session: Session, here: Any, micro_grids: list[str], areas: list[AnyRow]) -> list[AnyRow]:
    if here is not None:
        building = session.get_one(Building, here.id)
        return list_people_of_building(session, building, today())
    grids = [area.code for area in areas if area.level == "grid"]
    if not grids:
        return []
    return list_people_of_micro_grid(session, micro_grids[0] if micro_grids else "", grids[0], today())
