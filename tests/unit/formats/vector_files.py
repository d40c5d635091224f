"""Files of shapes as a test writes them, and what a layer says of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import shapely
from shapely import box

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.formats.layers import Layer

# A building of 0.0004 x 0.0003 degrees in Jinan: on the sphere 0.0004 x 111 195 x cos(36.65) = 35.68 m by
# 0.0003 x 111 195 = 33.36 m, together 1 190.3 m2.
HOUSE = box(117.02, 36.65, 117.0204, 36.6503)
HOUSE_M2 = 1_190.3


def write_vector(
    path: Path, shapes: list[object], *, crs: str | None = "EPSG:4326", **columns: list[object]
) -> Path:
    """Write shapes with their columns in the format the path's ending names."""
    driver = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".kml": "KML"}[path.suffix]
    known = [shape for shape in shapes if shape is not None]
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(shapes, dtype=object)),
        field_data=[np.array(values) for values in columns.values()],
        fields=list(columns),
        geometry_type=known[0].geom_type if len({shape.geom_type for shape in known}) == 1 else "Unknown",
        crs=crs,
        driver=driver,
    )
    return path


def reasons(layer: Layer) -> list[tuple[str, str, str]]:
    return [(wrong.where, wrong.column, wrong.reason) for wrong in layer.rejected]
