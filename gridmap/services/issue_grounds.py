"""Where many points lie: in which grid and compound, and whether in the city, for all of a file at once.

Asking the database point by point costs more than all the rest of a load; shapely asks the same library about
all of them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import func, select

from gridmap.models import Area, Compound
from gridmap.services.column_writes import NULL

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

GROUND = {"grid_id": "int8", "compound_id": "int8", "is_outside": "bool"}
"""Columns that `Grounds.place` fills, with their types."""


class Grounds:
    """The grids, compounds and districts as they are now."""

    def __init__(self, session: Session) -> None:
        self._grids = _read(session, Area.id, Area.geom, Area.code, Area.level == "grid")
        self._districts = _read(session, Area.id, Area.geom, Area.code, Area.level == "district")
        self._compounds = _read(
            session, Compound.id, Compound.geom, Compound.code, Compound.geom.is_not(None)
        )

    def place(self, shapes: pd.Series) -> dict[str, list[str]]:
        """Give the columns of `GROUND` for points (EPSG:4326, None = no point), as they are copied.

        Where a point lies on a border, the lower code has it; no point lies anywhere, nor outside.
        """
        points = shapes.to_numpy(dtype=object)
        known = ~shapely.is_missing(points)
        tree = shapely.STRtree(points)
        grids, compounds, districts = (
            _find(tree, ground, len(points)) for ground in (self._grids, self._compounds, self._districts)
        )
        outside = known & (districts < 0) & (len(self._districts[0]) > 0)
        return {
            "grid_id": _write(grids),
            "compound_id": _write(compounds),
            "is_outside": np.where(outside, "t", "f").tolist(),
        }


Ground = tuple["NDArray[np.int64]", "NDArray[np.object_]"]


def _read(session: Session, key: Any, geom: Any, code: Any, where: Any) -> Ground:
    rows = session.execute(select(key, func.ST_AsBinary(geom)).where(where).order_by(code)).all()
    shapes = shapely.from_wkb([bytes(row[1]) for row in rows])
    return np.array([row[0] for row in rows], dtype=np.int64), np.asarray(shapes, dtype=object)


def _find(tree: shapely.STRtree, ground: Ground, points: int) -> NDArray[np.int64]:
    """Find the first shape that covers each point; its id, -1 = none."""
    ids, shapes = ground
    first = np.full(points, len(ids))
    if len(ids):
        shapely.prepare(shapes)
        owner, point = tree.query(shapes, predicate="covers")
        np.minimum.at(first, point, owner)
    return np.append(ids, -1)[first]


def _write(ids: NDArray[np.int64]) -> list[str]:
    return np.where(ids < 0, NULL, ids.astype(str)).tolist()
