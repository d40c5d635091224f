"""Vector files through GDAL: GeoPackage, GeoJSON, Shapefile (also zipped) and KML.

GDAL picks its reader by what a file holds, not by its name, and some of its readers open other files and
addresses. So a file must look like what its name says before GDAL sees it.
"""

import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import (
    DataLayerError,
    DataSourceError,
    FeatureError,
    GeometryError,
)
from pyogrio.errors import (
    FieldError as OgrFieldError,
)
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridmap.formats.archives import refuse, refuse_document_type, unpack_shapefile
from gridmap.formats.checking import shorten
from gridmap.formats.contents import Content

VECTORS = (".gpkg", ".geojson", ".json", ".shp", ".zip", ".kml")
SEEKABLE = (".gpkg", ".shp")  # formats in which skipping to a row costs no second reading
MAGIC = {".gpkg": b"SQLite format 3\x00", ".shp": b"\x00\x00\x27\x0a"}
DEEPEST_JSON = 64
LANGUAGE_BYTE = 29  # of a shapefile's table: 0 = it does not say its encoding
MOST_TABLE_BYTES = 16_000_000
EPSG_MEMBER = re.compile(
    rb'"crs"\s*:\s*\{[^{}]*\{[^{}]*"(?:urn:ogc:def:crs:)?EPSG:[\d.]*:?(\d{1,7})"', re.IGNORECASE
)


def read_features(path: Path, layer: str | None, rows_at_once: int) -> Iterator[Content]:
    """Read the features of one layer, in parts where the format allows.

    Parameters
    ----------
    layer
        Needed when the file holds several layers.
    rows_at_once
        Most features in one part.

    Raises
    ------
    BadInput
        If the file is not what its name says, hostile, unreadable, or has several layers and none is named.
    """
    ending = path.suffix.lower()
    if ending == ".zip":
        with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
            shape = unpack_shapefile(path, Path(folder), layer)
            yield from _read_parts(shape, path.name, shape.stem, rows_at_once)
        return
    _check_content(path, ending)
    yield from _read_parts(path, path.name, layer or _only_layer(path), rows_at_once)


def count_features(path: Path, layer: str | None) -> int | None:
    """Count the features of a layer where the format knows without reading them all, else None."""
    if path.suffix.lower() not in SEEKABLE:
        return None
    _check_content(path, path.suffix.lower())
    try:
        with _quiet():
            return int(pyogrio.read_info(path, layer=layer or _only_layer(path))["features"])
    except (DataSourceError, DataLayerError):
        return None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep GDAL's murmurs (open rings, odd headers) from the screen: rows are checked one by one anyway."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _check_content(path: Path, ending: str) -> None:
    """Refuse a file that is not what its name says, before GDAL opens it."""
    with path.open("rb") as file:
        if ending in MAGIC:
            if file.read(len(MAGIC[ending])) != MAGIC[ending]:
                refuse(path.name, "unreadable_file", hint=ending)
        elif ending == ".kml":
            if refuse_document_type(file, path.name) != "kml":
                refuse(path.name, "unreadable_file", hint="KML")
        else:
            _check_json(path)


def _check_json(path: Path) -> None:
    """Refuse what does not start like JSON or nests deeper than any geometry does."""
    deepest = depth = 0
    started = False
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            if not started:
                start = part.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
                if start != b"{":
                    refuse(path.name, "unreadable_file", hint="GeoJSON")
                started = True
            marks = np.frombuffer(part, dtype=np.uint8)
            # Brackets inside texts count too: enough to bound the depth, which is all that is wanted.
            steps = np.isin(marks, (0x7B, 0x5B)).astype(np.int64) - np.isin(marks, (0x7D, 0x5D))
            levels = depth + np.cumsum(steps)
            deepest, depth = max(deepest, int(levels.max())), int(levels[-1])
            if deepest > DEEPEST_JSON:
                refuse(path.name, "nested_too_deep", str(deepest), f"≤ {DEEPEST_JSON}")
    if not started:
        refuse(path.name, "empty_file")


def _only_layer(path: Path) -> str | None:
    try:
        with _quiet():
            names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
        refuse(path.name, "unreadable_file", _first_words(error, path), path.suffix)
    if not names:
        refuse(path.name, "empty_file")
    if len(names) > 1:
        refuse(path.name, "choose_layer", "", ", ".join(names))
    return names[0]


def _read_parts(path: Path, file: str, layer: str | None, rows_at_once: int) -> Iterator[Content]:
    if path.suffix.lower() not in SEEKABLE:
        yield _read_part(path, file, layer, {})
        return
    done = 0
    while True:
        part = _read_part(path, file, layer, {"skip_features": done, "max_features": rows_at_once})
        if len(part.frame) or not done:
            yield part
        done += len(part.frame)
        if len(part.frame) < rows_at_once:
            return


def _read_part(path: Path, file: str, layer: str | None, span: dict[str, int]) -> Content:
    try:
        with _quiet():
            meta, fids, wkb, columns = pyogrio.raw.read(
                path,
                layer=layer,
                encoding=_table_encoding(path),
                force_2d=True,
                return_fids=True,
                datetime_as_string=True,
                **span,
            )
    except DataLayerError:
        refuse(file, "choose_layer", layer or "", ", ".join(pyogrio.list_layers(path)[:, 0]))
    except (
        DataSourceError,
        FeatureError,
        GeometryError,
        OgrFieldError,
        UnicodeDecodeError,
        ValueError,
    ) as error:
        refuse(file, "unreadable_file", _first_words(error, path), path.suffix)
    frame = pd.DataFrame(
        dict(zip(meta["fields"], columns, strict=True)), index=pd.Index(fids, dtype="int64"), dtype=None
    )
    shapes, unclosed = (None, None) if wkb is None else _shapes(wkb)
    return Content(file, frame, shapes, _system_of(meta, path), feature=True, unclosed=unclosed)


def _table_encoding(path: Path) -> str | None:
    """Encoding of a shapefile's table that does not name one: UTF-8 where it reads as such, else GB18030."""
    table = path.with_suffix(".dbf")
    if path.suffix.lower() != ".shp" or path.with_suffix(".cpg").exists() or not table.exists():
        return None
    with table.open("rb") as file:
        head = file.read(MOST_TABLE_BYTES)
    if len(head) > LANGUAGE_BYTE and head[LANGUAGE_BYTE]:
        return None
    # The last bytes may be half a character.
    return "UTF-8" if _reads_as_utf8(head[:-4]) else "GB18030"


def _reads_as_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.end >= len(text)
    return True


def _first_words(error: Exception, path: Path) -> str:
    """What GDAL says, without the path."""
    return shorten(str(error).replace(str(path), path.name))


def _system_of(meta: dict[str, Any], path: Path) -> str | None:
    """The file's own system; GeoJSON and KML are in longitude and latitude by definition."""
    named = meta.get("crs")
    if path.suffix.lower() in (".geojson", ".json") and (code := _unread_code(path)):
        return f"EPSG:{code}"
    if named:
        return str(named)
    return "EPSG:4326" if path.suffix.lower() in (".geojson", ".json", ".kml") else None


def _unread_code(path: Path) -> str | None:
    """The EPSG code a GeoJSON file names and nobody knows; GDAL would take it for longitude and latitude."""
    found = EPSG_MEMBER.search(path.read_bytes())
    if found is None:
        return None
    code = found.group(1).decode()
    try:
        CRS.from_epsg(int(code))
    except CRSError:
        return code
    return None


def _shapes(wkb: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Geometries, with rings closed where the file left them open."""
    shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    unclosed = shapely.is_missing(shapes) & np.array([raw is not None for raw in wkb], dtype=bool)
    if unclosed.any():
        shapes[unclosed] = shapely.from_wkb(wkb[unclosed], on_invalid="fix")
    return shapes, unclosed
