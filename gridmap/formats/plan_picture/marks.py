"""Where findings stand on the map: at their building, their micro-grid, or their grid.

A micro-grid out of the band has its ring; what explains that needs no mark of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.formats.plan_picture.frames import PlanPicture
from gridmap.formats.plan_picture.grounds import Ground
from gridmap.formats.plan_picture.labels import Label

OUT_OF_BAND = {
    "total_too_small",
    "component_too_small",
    "hole_81_99",
    "atoms_too_coarse",
    "no_division_found",
    "barrier",
    "edge_removed",
    "locked",
    "outside_band",
}
"""Reasons for being out of the band."""

REACH = 4.0  # pixels from its middle that a mark covers, but for its edge


@dataclass(frozen=True)
class Mark:
    """One finding at a spot of the map (pixels); `place` is the code or id of what it is about."""

    kind: str
    place: str
    x: float
    y: float


def find_marks(picture: PlanPicture, labels: list[Label], points: np.ndarray, ground: Ground) -> list[Mark]:
    """Give each finding its place: on the building, at the upper right of the count, or in the grid.

    Parameters
    ----------
    points
        Label points of the micro-grids, in pixels.
    """
    grids = picture.micro_grids
    strained = set(grids["code"][grids["status"] != "in_band"])
    spots = {code: (point.x, point.y) for code, point in zip(grids["code"], points, strict=True)}
    codes = grids["code"].to_numpy()
    spots |= {codes[label.row]: (label.box[2] + 2, label.box[1]) for label in labels}
    asked = picture.findings
    own = asked["kind"].isin(OUT_OF_BAND) & asked["micro_grid"].isin(strained)
    buildings = picture.buildings[picture.buildings["id"].isin(asked["building"].dropna())]
    spots |= _inside(buildings["id"], buildings, ground)
    areas = picture.areas[picture.areas["code"].isin(asked["grid"])]
    spots |= _inside(areas["code"], areas, ground)
    marks = []
    named = asked[["kind", "building", "micro_grid", "grid"]][~own].astype(object)
    for kind, *places in named.where(named.notna(), None).itertuples(index=False):
        place = next((one for one in places if one is not None), None)
        if place in spots:
            marks.append(Mark(kind, str(place), *_beside(spots[place], labels)))
    return marks


def _beside(spot: tuple[float, float], labels: list[Label]) -> tuple[float, float]:
    """Move a spot that lies on a count to the count's upper right."""
    x, y = spot
    for label in labels:
        left, top, right, bottom = label.box
        if left - REACH < x < right + REACH and top - REACH < y < bottom + REACH:
            return right + 2, top
    return spot


def _inside(names: pd.Series, frame: Any, ground: Ground) -> dict[Any, tuple[float, float]]:
    middles = shapely.point_on_surface(ground.to_pixels(frame.geometry.to_numpy()))
    return {name: (point.x, point.y) for name, point in zip(names, middles, strict=True)}
