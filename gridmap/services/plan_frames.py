"""The frames of a plan: what the engine reads from the tables, and what it leaves in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from psycopg.types.json import Jsonb
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.db import copy_rows, sql
from gridmap.planning import PlanResult, with_shapes

CRS = "EPSG:4326"

MICRO_GRID_COLUMNS = {
    "id": "int8",
    "plan_id": "int8",
    "grid_id": "int8",
    "code": "text",
    "households": "int4",
    "households_estimated": "bool",
    "building_count": "int4",
    "status": "text",
    "stacked": "bool",
    "locked": "bool",
    "colour": "int2",
    "contents": "text",
    "compactness": "float8",
    "label": "bytea",
    "geom": "bytea",
}
ASSIGNMENT_COLUMNS = {
    "plan_id": "int8",
    "atom": "text",
    "building_id": "int8",
    "entrance_number": "int2",
    "floor_from": "int2",
    "floor_to": "int2",
    "households": "int4",
    "households_estimated": "bool",
    "micro_grid_id": "int8",
}
FINDING_COLUMNS = {
    "plan_id": "int8",
    "grid_id": "int8",
    "micro_grid_id": "int8",
    "kind": "text",
    "severity": "text",
    "details": "jsonb",
}


FRAMES = ("parents", "buildings", "entrances", "barriers", "locked", "edits", "previous", "used_codes")
"""What the engine is told about a batch of grids: each is ``sql/plan_<name>.sql``, asked by ``grid_ids``."""


def read_frame(session: Session, name: str, **parameters: Any) -> pd.DataFrame:
    """Run ``sql/<name>.sql`` and turn its ``geometry`` column, if any, into shapes (EPSG:4326)."""
    return with_shapes(_read_rows(session, name, parameters))


def read_batch(
    session: Session, grid_ids: Sequence[int], based_on: int | None = None
) -> dict[str, pd.DataFrame]:
    """Read the `FRAMES` of some grids; geometry stays as WKB, to be sent on to whoever divides them.

    Parameters
    ----------
    based_on
        Plan whose locked micro-grids stay; None = what everybody sees.
    """
    asked = {"grid_ids": list(grid_ids), "based_on": based_on}
    return {name: _read_rows(session, f"plan_{name}", asked) for name in FRAMES}


def _read_rows(session: Session, name: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
    result = session.execute(sql(name), parameters)
    rows = [tuple(row) for row in result.all()]  # pandas asks each row of another kind what it is
    return pd.DataFrame(rows, columns=list(result.keys()))


def write_result(session: Session, plan_id: int, result: PlanResult) -> None:
    """Write micro-grids, assignments and findings of one batch of a plan by COPY."""
    ids = _new_ids(session, len(result.micro_grids))
    id_of = dict(zip(result.micro_grids["number"].tolist(), ids, strict=True))
    copy_rows(session, "micro_grids", MICRO_GRID_COLUMNS, _micro_grid_rows(plan_id, ids, result.micro_grids))
    copy_rows(
        session, "assignments", ASSIGNMENT_COLUMNS, _assignment_rows(plan_id, id_of, result.assignments)
    )
    copy_rows(session, "findings", FINDING_COLUMNS, _finding_rows(plan_id, id_of, result.findings))


def _new_ids(session: Session, count: int) -> list[int]:
    statement = text("SELECT nextval('micro_grids_id_seq') FROM generate_series(1, :count)")
    return list(session.scalars(statement, {"count": count}))


def as_ewkb(shapes: Iterable[BaseGeometry | None]) -> list[bytes | None]:
    """Write shapes (EPSG:4326, polygons made multi) as the bytes the tables take."""
    array = np.asarray([None if shape is None else as_multi(shape) for shape in shapes], dtype=object)
    return list(shapely.to_wkb(shapely.set_srid(array, 4326), include_srid=True))


def as_multi(shape: BaseGeometry) -> BaseGeometry:
    """Make a polygon the multipolygon that the tables take."""
    return MultiPolygon([shape]) if isinstance(shape, Polygon) else shape


def _micro_grid_rows(plan_id: int, ids: list[int], grids: gpd.GeoDataFrame) -> Iterator[tuple[Any, ...]]:
    columns = ["parent_id", "code", "households", "households_estimated", "building_count", "status"]
    columns += ["stacked", "locked", "colour", "contents", "compactness"]
    values = [_plain(grids[column]) for column in columns]
    labels = as_ewkb(grids["label_point"])
    grounds = as_ewkb(grids.geometry)
    yield from zip(ids, [plan_id] * len(ids), *values, labels, grounds, strict=True)


def _assignment_rows(
    plan_id: int, id_of: dict[int, int], assignments: pd.DataFrame
) -> Iterator[tuple[Any, ...]]:
    columns = ["atom", "building_id", "entrance_number", "floor_from", "floor_to", "households"]
    columns += ["households_estimated"]
    owners = [id_of.get(number) for number in _plain(assignments["micro_grid"])]
    for *values, owner in zip(*(_plain(assignments[column]) for column in columns), owners, strict=True):
        yield (plan_id, *values, owner)


def _finding_rows(plan_id: int, id_of: dict[int, int], findings: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    columns = ["parent_id", "micro_grid", "kind", "severity", "details"]
    for parent, number, kind, severity, details in zip(
        *(_plain(findings[column]) for column in columns), strict=True
    ):
        yield (plan_id, parent, id_of.get(number), kind, severity, Jsonb(details))


def _plain(column: pd.Series) -> list[Any]:
    """Turn a column into plain Python values with None where it holds nothing."""
    return column.astype(object).where(column.notna(), None).tolist()
