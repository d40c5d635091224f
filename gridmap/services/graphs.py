"""The adjacency graph of a grid, to be looked at: what counts as neighbours when a plan is made."""

import json
from typing import Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from gridmap.errors import NotFound
from gridmap.planning import PlanRules, describe_graph
from gridmap.services.actors import Actor
from gridmap.services.places import DECIMALS, get_area
from gridmap.services.plan_frames import read_frame
from gridmap.services.plans import get_plan

FRAMES = ("parents", "buildings", "entrances", "barriers", "edits")


def get_graph(session: Session, actor: Actor, plan_id: int, grid_code: str) -> list[dict[str, Any]]:
    """Get the edges a plan starts from in one of its grids, with the data and the edits of today.

    Returns
    -------
    list of dict
        ``id`` (counted from 1), ``atom_a``, ``atom_b``, ``border_m`` (shared, metres), ``crosses``
        (``kind:class`` of the barrier between, None for none), ``cost``, ``origin`` ("touch", "inside",
        "bridge", "added" or "removed"), ``geometry`` (GeoJSON line).

    Raises
    ------
    NotFound
        If there is no such plan, it does not divide such a grid, or either lies outside the actor's scope.
    """
    plan = get_plan(session, actor, plan_id)
    grid = get_area(session, actor, grid_code)
    if grid.level != "grid" or plan.area_id not in grid.lineage:
        raise NotFound
    frames: dict[str, Any] = {
        name: read_frame(session, f"plan_{name}", grid_ids=[grid.id]) for name in FRAMES
    }
    edges = describe_graph(**frames, rules=PlanRules.from_dict(plan.rules))
    lines = shapely.transform(edges.geometry.to_numpy(), lambda degrees: np.round(degrees, DECIMALS))
    rows = edges.drop(columns=["parent_id", "geometry"]).to_dict("records")
    return [
        {"id": number, **row, "geometry": json.loads(line)}
        for number, (row, line) in enumerate(zip(rows, shapely.to_geojson(lines), strict=True), 1)
    ]
