"""The town of the tests of loading, and what they ask of it.

The town, in degrees; grids west (w) and east (e) fill the community, whose edge is the district's:

    2 +-----------+-----------+
      |           |           |      compound K covers x 0.5-1.5, y 0.5-1.5: half in each grid
      |     w   +-|-+   e     |
      |         | K |         |
      |         +-|-+         |
    0 +-----------+-----------+
      0           1           2
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from shapely import Point, box
from sqlalchemy import select

from gridmap.formats.layers import layer_of
from gridmap.models import Area, Building
from gridmap.services.actors import SYSTEM
from gridmap.services.exchange import LoadReport, load_layer

if TYPE_CHECKING:
    import pytest
    from sqlalchemy.orm import Session

    from gridmap.errors import BadInput

Row = dict[str, Any]

AREAS: list[Row] = [
    {"code": "d", "level": "district", "name": "区", "geometry": box(0, 0, 2, 2)},
    {"code": "c", "level": "community", "name": "社区", "parent_code": "d", "geometry": box(0, 0, 2, 2)},
    {"code": "w", "level": "grid", "name": "西", "parent_code": "c", "geometry": box(0, 0, 1, 2)},
    {"code": "e", "level": "grid", "name": "东", "parent_code": "c", "geometry": box(1, 0, 2, 2)},
]
COMPOUNDS: list[Row] = [{"code": "K", "name": "小区", "kind": "old", "geometry": box(0.5, 0.5, 1.5, 1.5)}]
BUILDINGS: list[Row] = [
    {"id": "b1", "households": 30, "storeys": 6, "compound_code": "K", "geometry": box(0.6, 1, 0.61, 1.01)},
    {"id": "b2", "households": 20, "storeys": 6, "geometry": box(1.4, 1, 1.41, 1.01)},
    {"id": "b3", "households": 7, "storeys": 1, "geometry": box(0.1, 0.1, 0.11, 0.11)},
]
STATIONS: list[Row] = [{"code": "s", "name": "站", "kind": "station", "geometry": Point(0.2, 0.2)}]
STAFF: list[Row] = [
    {
        "code": "P1",
        "role": "grid_officer",
        "office_code": "c",
        "station_code": "s",
        "skills": "调解\uff1b急救; 联络",
    }
]


def load(session: Session, kind: str, rows: list[Row], **options: Any) -> LoadReport:
    return load_layer(session, SYSTEM, kind, layer_of(kind, pd.DataFrame(rows), file="f"), **options)


def figures(report: LoadReport) -> tuple[int, int, int]:
    return report.inserted, report.updated, report.unchanged


def refused(error: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str, str]]:
    return [(wrong.where, wrong.column, wrong.reason) for wrong in error.value.fields]


def load_town(session: Session) -> Session:
    """Load all of it but people's postings."""
    load(session, "areas", AREAS)
    load(session, "compounds", COMPOUNDS)
    load(session, "buildings", BUILDINGS)
    load(session, "stations", STATIONS)
    load(session, "staff", STAFF)
    return session


def area_id(session: Session, code: str) -> int:
    return session.scalars(select(Area.id).where(Area.code == code)).one()


def grids_of_buildings(session: Session) -> dict[str, str | None]:
    query = select(Building.source_id, Area.code).outerjoin(Area, Area.id == Building.grid_id)
    return {row[0]: row[1] for row in session.execute(query)}
