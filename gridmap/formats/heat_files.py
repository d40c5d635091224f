"""What a heatmap shows as a file to hand on: CSV of cells or of issues, GeoPackage of cells."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyogrio import write_dataframe

from gridmap.formats.plan_files import as_csv

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd


def write_csv(table: pd.DataFrame, about: Mapping[str, Any]) -> bytes:
    """Give one row a cell or an issue with what the file is about; UTF-8 that spreadsheets read as such."""
    told = {name: "" if value is None else str(value) for name, value in about.items()}
    rows = table.assign(**told, geometry=None)
    return as_csv(rows).encode("utf-8-sig")


def write_geopackage(cells: gpd.GeoDataFrame, about: Mapping[str, Any]) -> bytes:
    """Give the layer ``cells`` (EPSG:4326), and ``about`` without geometry."""
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder, "heatmap.gpkg")
        cells.to_file(path, layer="cells", driver="GPKG", engine="pyogrio")
        rows = [{"name": name, "value": str(value)} for name, value in about.items() if value is not None]
        write_dataframe(pd.DataFrame(rows), path, layer="about", driver="GPKG")
        return path.read_bytes()
