"""Coverage by walking distance as users of pgRouting write it: all in the database, tables to named gaps.

The edges are those that `gridmap.services.walking.cut_roads` has cut. All else is made for the question, as
the first question of our process makes its graph. The sheet is the UTM zone; the ``equicost`` of
``pgr_drivingDistance`` gives wrong metres, so that the nearest station of a node is the least of them all.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import text

from gridmap.covering.graph import FARTHEST_DOOR_M, ISLAND_M
from gridmap.services.walking import MARGIN_DEGREES
from tests.bench.osmnx_walks import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

SHEET = text(
    "SELECT 32601 + CAST(floor((ST_X(ST_Centroid(geom)) + 180) / 6) AS int) FROM areas WHERE code = :code"
)


def find_gaps(connection: Connection, code: str, kinds: Sequence[str], near_m: float) -> Answer:
    """Answer a rule of walking distance for an area and all below it."""
    asked: dict[str, Any] = {"code": code, "margin": MARGIN_DEGREES, "kinds": list(kinds), "near_m": near_m}
    asked |= {"sheet": connection.scalar(SHEET, asked), "island_m": ISLAND_M, "farthest_m": FARTHEST_DOOR_M}
    *steps, shares, gaps = (text(one) for one in Path(__file__).with_suffix(".sql").read_text().split(";\n"))
    for step in steps:
        connection.execute(step, asked)
    found = pd.read_sql(shares, connection, params=asked).set_index("code")["share"]
    return Answer(found, pd.read_sql(gaps, connection, params=asked))
