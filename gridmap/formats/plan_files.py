"""A plan as a file to hand on: GeoPackage, GeoJSON, CSV or XLSX.

The GeoPackage holds all layers, the GeoJSON the micro-grids (EPSG:4326, 7 decimals), CSV and XLSX one row an
atom with its micro-grid: the list that gives the same assignment when it is read again.
"""

import io
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from gridmap.errors import BadInput, FieldError
from gridmap.formats.rejects import FORMULA_STARTS

FORMATS = (".gpkg", ".geojson", ".csv", ".xlsx")


@dataclass(frozen=True)
class PlanFrames:
    """A plan as it leaves the house.

    Attributes
    ----------
    micro_grids
        Code, grid, households …; geometry EPSG:4326, None for upper floors only.
    atoms
        One row an atom with the codes of its micro-grid and building; geometry = footprint.
    findings
        Severity, kind, grid, micro_grid, details (JSON text).
    about
        Plan id, area, status and times.
    """

    micro_grids: gpd.GeoDataFrame
    atoms: gpd.GeoDataFrame
    findings: pd.DataFrame
    about: dict[str, Any]


def write_plan(frames: PlanFrames, path: Path) -> None:
    """Write a plan; the file appears whole or not at all.

    Raises
    ------
    BadInput
        If the file's ending names no known format.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        known = " ".join(FORMATS)
        raise BadInput(fields=[FieldError(str(path), "format", "unknown_format", value=suffix, hint=known)])
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".gridmap-") as folder:
        unfinished = Path(folder) / path.name
        if suffix == ".gpkg":
            _write_geopackage(frames, unfinished)
        elif suffix == ".geojson":
            unfinished.write_text(as_geojson(frames), "utf-8")
        elif suffix == ".xlsx":
            unfinished.write_bytes(as_xlsx(frames.atoms))
        else:
            unfinished.write_text(as_csv(frames.atoms), "utf-8-sig")
        os.replace(unfinished, path)


def as_geojson(frames: PlanFrames) -> str:
    """Give the micro-grids as a FeatureCollection with what the plan is in ``plan``."""
    grids = frames.micro_grids
    shapes = shapely.set_precision(grids.geometry.to_numpy(), 1e-7, mode="pointwise")
    fields = grids.drop(columns="geometry").astype(object).where(grids.drop(columns="geometry").notna(), None)
    features = [
        {
            "type": "Feature",
            "id": values["code"],
            "properties": values,
            "geometry": None if shape is None else shapely.geometry.mapping(shape),
        }
        for values, shape in zip(fields.to_dict("records"), shapes, strict=True)
    ]
    collection = {"type": "FeatureCollection", "plan": frames.about, "features": features}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False)


def as_csv(atoms: pd.DataFrame) -> str:
    """Give one line a row; a cell that a spreadsheet would run as a formula starts with an apostrophe."""
    table = atoms.drop(columns="geometry", errors="ignore")
    for column in table.columns[[pd.api.types.is_string_dtype(kind) for kind in table.dtypes]]:
        texts = table[column].fillna("").astype(str)
        table[column] = texts.where(~texts.str.startswith(FORMULA_STARTS), "'" + texts)
    return str(table.to_csv(index=False, lineterminator="\r\n"))


def as_xlsx(atoms: pd.DataFrame) -> bytes:
    """Give one row an atom as a workbook; texts stay texts, so that no code loses digits and none is run."""
    table = atoms.drop(columns="geometry")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("assignment")
    sheet.freeze_panes = "A2"
    for place, name in enumerate(table.columns, 1):
        longest = table[name].astype(str).str.len().max() if len(table) else 0
        sheet.column_dimensions[get_column_letter(place)].width = min(max(len(name), longest) + 2, 40)

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
        made.data_type = "s"  # "=…" would become a formula
        return made

    for row in (table.columns.tolist(), *table.astype(object).where(table.notna(), None).to_numpy().tolist()):
        sheet.append([cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_geopackage(frames: PlanFrames, path: Path) -> None:
    frames.micro_grids.to_file(path, layer="micro_grids", driver="GPKG", engine="pyogrio")
    frames.atoms.to_file(path, layer="atoms", driver="GPKG", engine="pyogrio")
    findings = gpd.GeoDataFrame(frames.findings, geometry=gpd.GeoSeries([None] * len(frames.findings)))
    findings.set_crs("EPSG:4326").to_file(path, layer="findings", driver="GPKG", engine="pyogrio")
