"""The engine with its compiled code in memory: what processes that divide are forked from.

Importing this divides a made-up grid once, so that each process forked afterwards finds the code loaded
instead of reading it from the cache (and, where the cache is empty, compiling it) again.
"""

from __future__ import annotations

import pandas as pd
import shapely

from gridmap.planning.batches import divide_batch, pack_batch
from gridmap.planning.rules import PlanRules

EAST, NORTH = 120.0, 30.0
STEP = 0.0005  # degrees, about 50 m


def _divide_made_up_grid() -> None:
    """Divide 24 slabs, one of them too large to stay whole, on both sides of a road."""
    rules = PlanRules()
    slabs = [
        {
            "id": 6 * row + column,
            "parent_id": 1,
            "compound_id": row % 2,
            "name": "",
            "households": rules.households_max * 2 if row == column else rules.households_min // 2,
            "households_estimated": False,
            "storeys": 18,
            "entrance_count": 2,
            "entrances_estimated": False,
            "geometry": shapely.box(
                EAST + STEP * (column + 0.2),
                NORTH + STEP * (row + 0.2),
                EAST + STEP * (column + 0.8),
                NORTH + STEP * (row + 0.4),
            ).wkb,
        }
        for row in range(4)
        for column in range(6)
    ]
    outline = shapely.box(EAST, NORTH, EAST + 6 * STEP, NORTH + 4 * STEP)
    road = shapely.LineString([(EAST - STEP, NORTH + 2 * STEP), (EAST + 7 * STEP, NORTH + 2 * STEP)])
    frames = {
        "parents": pd.DataFrame({"id": [1], "code": ["1"], "geometry": [outline.wkb]}),
        "buildings": pd.DataFrame(slabs),
        "entrances": pd.DataFrame(columns=["building_id", "number", "households", "storeys", "geometry"]),
        "barriers": pd.DataFrame({"kind": ["road"], "class": ["primary"], "geometry": [road.wkb]}),
        "previous": pd.DataFrame(
            columns=[
                "code",
                "grid_id",
                "building_id",
                "entrance_number",
                "floor_from",
                "floor_to",
                "households",
            ]
        ),
        "used_codes": pd.DataFrame(columns=["code"]),
    }
    divide_batch(pack_batch(frames, rules.to_dict(), seed=0))


_divide_made_up_grid()
