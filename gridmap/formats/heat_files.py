"""What a heatmap shows as a file to hand on: CSV of cells or of issues, GeoPackage of cells."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyogrio import write_dataframe

from gridmap.formats.plan_files import as_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    About = Mapping[str, Any]

PREFIXES = ("", "second_")
"""Before the names of the layers of the first and of the second period."""


def write_csv(parts: Sequence[tuple[pd.DataFrame, About]]) -> bytes:
    """Give one row a cell or an issue with what it is about; UTF-8 that spreadsheets read as such.

    Parameters
    ----------
    parts
        Tables with what each is about, one below the other; of several, a column ``side`` counts from 1.
    """
    told = []
    for side, (table, about) in enumerate(parts, 1):
        words = {name: "" if value is None else str(value) for name, value in about.items()}
        told.append(table.assign(**words, **({"side": side} if len(parts) > 1 else {}), geometry=None))
    columns = list(dict.fromkeys(name for table in told for name in table.columns))
    # Figures of one part that another lacks stay empty there, and keep their kind: no number is rounded.
    whole = [table.reindex(columns=columns).astype(object) for table in told]
    return as_csv(pd.concat(whole, ignore_index=True)).encode("utf-8-sig")


def write_geopackage(parts: Sequence[tuple[gpd.GeoDataFrame, About]]) -> bytes:
    """Give the layers ``cells`` (EPSG:4326) and ``about``, without geometry; both again for a second part.

    Parameters
    ----------
    parts
        One or two frames of cells with what each is about; the layers of the second begin with ``second_``.
    """
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder, "heatmap.gpkg")
        for prefix, (cells, about) in zip(PREFIXES, parts, strict=False):
            cells.to_file(path, layer=f"{prefix}cells", driver="GPKG", engine="pyogrio")
            rows = [{"name": name, "value": str(value)} for name, value in about.items() if value is not None]
            write_dataframe(pd.DataFrame(rows), path, layer=f"{prefix}about", driver="GPKG")
        return path.read_bytes()
