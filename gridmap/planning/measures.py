"""Figures of a finished plan: shares in the band, compactness, sizes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely


def polsby_popper(polygons: np.ndarray) -> np.ndarray:
    """Return 4 pi area / perimeter^2 of polygons in metres (1 for a circle, nan for None)."""
    perimeter = shapely.length(polygons)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 4 * np.pi * shapely.area(polygons) / perimeter**2


def measure_plan(micro_grids: pd.DataFrame) -> dict[str, float]:
    """Return the figures people ask for first.

    Micro-grids without households (parks, offices) count in ``micro_grids`` but not in the shares.
    """
    lived_in = micro_grids[micro_grids["households"] > 0]
    count = len(lived_in)
    ground = lived_in["compactness"].dropna()
    return {
        "micro_grids": len(micro_grids),
        "households": int(micro_grids["households"].sum()),
        "in_band_share": float((lived_in["status"] == "in_band").mean()) if count else 1.0,
        "under": int((lived_in["status"] == "under").sum()),
        "over": int((lived_in["status"] == "over").sum()),
        "households_mean": float(lived_in["households"].mean()) if count else 0.0,
        "households_sd": float(lived_in["households"].std(ddof=0)) if count else 0.0,
        "compactness_mean": float(ground.mean()) if len(ground) else 0.0,
        "stacked_share": float(lived_in["stacked"].mean()) if count else 0.0,
    }
