"""What the engine hands over: one parent divided, and the whole plan as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.planning.atoms import Atoms
from gridmap.planning.buildings import Building


@dataclass(frozen=True)
class PlanResult:
    """A plan: which atom belongs to which micro-grid, the micro-grids, and what strains the rules.

    Attributes
    ----------
    assignments
        atom, building_id, entrance_number, floor_from, floor_to, households, households_estimated, parent_id,
        micro_grid; one row per atom.
    micro_grids
        number, parent_id, code, households, households_estimated, building_count, stacked, status, locked,
        colour, label_point, contents, compactness, geometry (EPSG:4326, None above the ground).
    findings
        parent_id, micro_grid, kind, severity, details.
    """

    assignments: pd.DataFrame
    micro_grids: gpd.GeoDataFrame
    findings: pd.DataFrame


@dataclass(frozen=True)
class ParentPlan:
    """One parent divided; parts are numbered in reading order, locked ones keep their code."""

    parent_id: int
    parent_code: str
    locked_codes: dict[int, str]
    buildings: tuple[Building, ...]
    atoms: Atoms
    labels: np.ndarray
    polygons: np.ndarray
    label_points: np.ndarray
    compactness: np.ndarray
    neighbours: np.ndarray
    findings: list[tuple[int | None, str, str, dict[str, Any]]]
