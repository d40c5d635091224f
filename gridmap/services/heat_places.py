"""Where issues are counted: geographies as one question sees them, and the cell of each issue of the ledger.

Geographies are kept by the marks that changes leave; placing all issues anew takes O(n log cells).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import select

from gridmap.db import sql
from gridmap.errors import NotFound
from gridmap.models import Plan
from gridmap.services.column_reads import read_columns
from gridmap.services.heat_geographies import (
    City,
    Geography,
    build_areas,
    build_hexagons,
    build_micro_grids,
    total_households,
)
from gridmap.services.heat_ledger import UNPLACED
from gridmap.services.plan_frames import read_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from gridmap.models import Area
    from gridmap.services.heat_ledger import Ledger

AREA_LEVELS = ("grid", "community")
LEVELS = ("micro_grid", *AREA_LEVELS, "hexagon")
LASTING = ("published", "superseded")
"""Plans that do not change any more."""
KEPT_GEOGRAPHIES = 12
BUILDING_TYPES = {
    "id": "int8",
    "grid_id": "int8",
    "households": "int4",
    "households_estimated": "bool",
    "lon": "float8",
    "lat": "float8",
}
PART_TYPES = {
    "building_id": "int8",
    "entrance": "int2",
    "floor_from": "int2",
    "floor_to": "int2",
    "micro_grid_id": "int8",
}


_kept: OrderedDict[str, Geography] = OrderedDict()
_lock = threading.Lock()


class Atlas:
    """The geographies as one question sees them; made once for the question, or kept for the next.

    A transaction that has written itself neither takes what is kept nor keeps what it made.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        here = session.execute(sql("heat_horizon")).one()
        marks = {row.layer: row.version for row in session.execute(sql("layer_versions"))}
        self._place = here.place
        self._own = bool(here.has_written)
        self._version = " ".join(marks.get(layer, "") for layer in ("areas", "buildings", "micro_grids"))
        self._made: dict[str, Geography] = {}
        self._city: City | None = None

    def get_geography(self, level: str, plan_id: int = 0) -> Geography:
        """Get the cells of a level.

        Parameters
        ----------
        level
            One of `LEVELS`.
        plan_id
            For micro-grids: of which plan; 0 = of what is published.

        Raises
        ------
        NotFound
            If there is no such plan.
        """
        key = f"{self._place} {level} {plan_id}"
        if key not in self._made:
            self._made[key] = self._find(key, level, plan_id)
        return self._made[key]

    def _find(self, key: str, level: str, plan_id: int) -> Geography:
        status = LASTING[0]
        if plan_id:
            status = self._session.scalar(select(Plan.status).where(Plan.id == plan_id)) or ""
        if not status:
            raise NotFound
        if self._own or status not in LASTING:
            return self._build(level, plan_id, key, "")
        with _lock:
            known = _kept.get(key)
        if known is not None and known.version == self._version:
            return known
        made = self._build(level, plan_id, key, self._version)
        with _lock:
            _kept[key] = made
            while len(_kept) > KEPT_GEOGRAPHIES:
                _kept.popitem(last=False)
        return made

    def _build(self, level: str, plan_id: int, key: str, version: str) -> Geography:
        if self._city is None:
            buildings = read_columns(self._session, "heat_buildings", BUILDING_TYPES, {})
            self._city = City(read_frame(self._session, "heat_area_cells"), pd.DataFrame(buildings))
        if level == "micro_grid":
            cells = read_frame(self._session, "heat_cells", plan_id=plan_id)
            parts = read_columns(self._session, "heat_parts", PART_TYPES, {"plan_id": plan_id})
            return build_micro_grids(self._city, cells, pd.DataFrame(parts), key, version)
        if level == "hexagon":
            return build_hexagons(self._city, key, version)
        return build_areas(self._city, level, key, version)


def place_issues(ledger: Ledger, geography: Geography) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Place every issue of the ledger.

    Returns
    -------
    tuple
        (n,) cell of each issue, -1 = none; (n,) whether a point alone has put it there.
    """
    version, cell, by_point = ledger.placings.get(geography.key, ("", None, None))
    if cell is None or by_point is None or not geography.version or version != geography.version:
        cell, by_point = geography.settle(ledger.columns)
    else:
        open_rows = np.flatnonzero(cell == UNPLACED)
        if not len(open_rows):
            return cell, by_point
        cell, by_point = cell.copy(), by_point.copy()
        part = {name: column[open_rows] for name, column in ledger.columns.items()}
        cell[open_rows], by_point[open_rows] = geography.settle(part)
    if geography.version:
        ledger.placings[geography.key] = (geography.version, cell, by_point)
        while len(ledger.placings) > KEPT_GEOGRAPHIES:
            ledger.placings.popitem(last=False)
    return cell, by_point


def households_in(
    atlas: Atlas, hexagons: Geography, area: Area
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Count the households of an area by hexagon, and tell where they rest on an estimate."""
    grids = atlas.get_geography("grid")
    assert hexagons.dwellings is not None
    here = hexagons.dwellings[hexagons.dwellings["grid_id"].isin(grids.ids_in(area.id))]
    return total_households(here, here["cell"].to_numpy(dtype=np.int32), len(hexagons))
