"""How the grids of a plan stand, on the sample town: 288 households in grid 1, 260 in grid 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridmap.errors import NotFound
from gridmap.services.actors import SYSTEM
from gridmap.services.plan_grids import list_plan_grids
from tests.db.test_redraws import DISTRICT, GRID_1, GRID_2, Drafted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.db import Database


def test_grids_say_what_needs_work(copy_with: Callable[..., Database]):
    """All of grid 1 in one micro-grid is above the band; nothing of grid 2 is in any."""
    drafted = Drafted(copy_with("drafted", Drafted.fill))
    drafted.redraw(drafted.li, GRID_1, "new", atoms=list(drafted.division(GRID_1).keys))
    drafted.redraw(drafted.li, GRID_2, "move", atoms=list(drafted.division(GRID_2).keys), to=None)
    with drafted.database.transaction() as session:
        one, other = list_plan_grids(session, SYSTEM, drafted.plan.id, DISTRICT)
        below = list_plan_grids(session, SYSTEM, drafted.plan.id, GRID_2)
        with pytest.raises(NotFound):
            list_plan_grids(session, SYSTEM, drafted.plan.id, "nowhere")
    counts = ("code", "households", "unassigned", "micro_grids", "under", "over", "torn")
    assert [getattr(one, name) for name in counts] == [GRID_1, 288, 0, 1, 0, 1, 0]
    assert [getattr(other, name) for name in counts] == [GRID_2, 260, 260, 0, 0, 0, 0]
    assert [row.code for row in below] == [GRID_2]
    assert one.geometry["type"] in ("Polygon", "MultiPolygon")
