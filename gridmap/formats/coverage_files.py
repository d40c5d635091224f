"""What a rule of coverage found as a file to hand on: CSV of the gaps, GeoPackage of gaps and areas."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyogrio import write_dataframe

from gridmap.formats.plan_files import as_csv

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True)
class CoverageFrames:
    """The answer of a rule as it leaves the house; geometry in EPSG:4326.

    Attributes
    ----------
    gaps
        One row a place that is not covered.
    areas
        One row an area: counts and shares.
    about
        Rule, definition, target, plan version and times.
    """

    gaps: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    about: dict[str, Any]


def write_csv(frames: CoverageFrames) -> bytes:
    """Give one row a gap with what the file is about; marked as UTF-8 so that spreadsheets read Chinese."""
    gaps = frames.gaps.copy()
    for name, value in frames.about.items():
        gaps[name] = "" if value is None else str(value)
    return as_csv(gaps).encode("utf-8-sig")


def write_geopackage(frames: CoverageFrames) -> bytes:
    """Give the layers ``gaps`` and ``areas``, and ``about`` without geometry."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "coverage.gpkg")
        frames.areas.to_file(path, layer="areas", driver="GPKG", engine="pyogrio")
        frames.gaps.to_file(path, layer="gaps", driver="GPKG", engine="pyogrio")
        rows = [{"name": name, "value": str(value)} for name, value in frames.about.items()]
        write_dataframe(pd.DataFrame(rows), path, layer="about", driver="GPKG")
        return path.read_bytes()
