"""Colours of a whole plan: neighbours differ, wherever the batches met."""

import numpy as np
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.planning import assign_colours
from gridmap.planning.assemble import NEAR_DEGREES


def colour_plan(session: Session, plan_id: int) -> None:
    """Give every micro-grid of a plan its colour; the work grows with their number."""
    session.flush()
    ids = np.array(session.scalars(sql("plan_micro_grid_ids"), {"plan_id": plan_id}).all(), np.int64)
    near = {"plan_id": plan_id, "near_degrees": NEAR_DEGREES}
    rows = session.execute(sql("plan_neighbours"), near).all()
    pairs = np.searchsorted(ids, np.array([tuple(row) for row in rows], np.int64).reshape(-1, 2))
    colours = assign_colours(len(ids), pairs)
    session.execute(sql("plan_paint"), {"ids": ids.tolist(), "colours": colours.tolist()})
