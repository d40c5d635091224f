"""How compact a territory is."""

from __future__ import annotations

import numpy as np
import shapely


def polsby_popper(polygons: np.ndarray) -> np.ndarray:
    """Return 4 pi area / perimeter^2 of polygons in metres (1 for a circle, nan for None)."""
    perimeter = shapely.length(polygons)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 4 * np.pi * shapely.area(polygons) / perimeter**2
