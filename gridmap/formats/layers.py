"""Layers: one kind of data from one file, in the columns of the import contract and in EPSG:4326.

`read_layer` is the whole way in for anything a city sends; `build_layer` starts from a frame that is already
in memory. Both are pure: no database, nothing written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.errors import FieldError
from gridmap.formats.archives import refuse
from gridmap.formats.checking import Sieve, coerce, place_of, plain_text, refuse_duplicates
from gridmap.formats.columns import ColumnMap, find_columns
from gridmap.formats.completing import COMPLETE
from gridmap.formats.contents import Content
from gridmap.formats.contract import Column, attributes_of, geometry_of, key_of
from gridmap.formats.coordinates import find_system
from gridmap.formats.geometries import Shapes, build_geometries
from gridmap.formats.tables import TABLES, read_table
from gridmap.formats.vector import VECTORS, read_features
from gridmap.settings import LOCAL_ZONE

ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class Layer:
    """Rows of one kind.

    Attributes
    ----------
    rows
        The contract's columns (``geometry`` only for kinds with a place), indexed by the row number of the
        file, as a spreadsheet counts it, or the feature id.
    rejected
        What is wrong with the rows that are not among ``rows``.
    mended
        How many geometries were mended.
    file, feature
        Name of the file; whether the index holds feature ids.
    ignored
        Columns of the file that the contract does not know.
    """

    kind: str
    rows: pd.DataFrame
    rejected: tuple[FieldError, ...] = ()
    mended: int = 0
    file: str = ""
    feature: bool = False
    ignored: tuple[str, ...] = ()

    def where(self, number: int) -> str:
        """Say where the row with this number stands."""
        return place_of(self.file, number, feature=self.feature)


def read_layer(
    kind: str,
    path: Path | str,
    *,
    crs: str | None = None,
    mapping: ColumnMap | None = None,
    layer: str | None = None,
    zone: str = LOCAL_ZONE,
) -> Layer:
    """Read one file whole.

    Parameters
    ----------
    kind
        A kind of the import contract.
    path
        GeoPackage, GeoJSON, Shapefile (also zipped), KML, CSV (also .csv.gz) or XLSX.
    crs
        Coordinate system of the file, see `coordinates.find_system`; the file's own when not given.
    mapping
        Which column is which, where names and aliases of the contract do not tell.
    layer
        Layer or sheet to read, where there are several.
    zone
        Time zone of times that carry none.

    Returns
    -------
    Layer
        Good rows, and every bad one as a `FieldError`.

    Raises
    ------
    BadInput
        If the file as a whole cannot be used: unreadable, hostile, of unknown CRS, or short of a column.
    """
    parts = list(read_layers(kind, path, crs=crs, mapping=mapping, layer=layer, zone=zone))
    if len(parts) == 1:
        return parts[0]
    return replace(
        parts[0],
        rows=pd.concat([part.rows for part in parts]),
        rejected=tuple(error for part in parts for error in part.rejected),
        mended=sum(part.mended for part in parts),
    )


def read_layers(
    kind: str,
    path: Path | str,
    *,
    crs: str | None = None,
    mapping: ColumnMap | None = None,
    layer: str | None = None,
    zone: str = LOCAL_ZONE,
    rows_at_once: int = ROWS_AT_ONCE,
) -> Iterator[Layer]:
    """Read a file in parts of at most ``rows_at_once`` rows, so that its size does not matter.

    Duplicate keys are found across the parts. Parameters and errors are those of `read_layer`.
    """
    path = Path(path)
    if not path.is_file():
        refuse(path.name, "no_such_file", str(path))
    ending = path.name.lower()
    seen: dict[str, int] = {}
    if ending.endswith(TABLES):
        yield build_layer(kind, read_table(path, layer), crs=crs, mapping=mapping, zone=zone, seen=seen)
    elif ending.endswith(VECTORS):
        for content in read_features(path, layer, rows_at_once):
            yield build_layer(kind, content, crs=crs, mapping=mapping, zone=zone, seen=seen)
    else:
        refuse(path.name, "unknown_format", path.suffix, " ".join(VECTORS + TABLES))


def layer_of(
    kind: str, frame: pd.DataFrame, *, file: str = "", rejected: tuple[FieldError, ...] = ()
) -> Layer:
    """Make a layer from a frame in memory.

    Parameters
    ----------
    frame
        Columns by the contract's names; ``geometry`` in EPSG:4326. Its index numbers the rows where it is
        of unique whole numbers.
    file
        What errors call it; the kind when not given.
    rejected
        What was refused before.
    """
    if not (frame.index.is_unique and pd.api.types.is_integer_dtype(frame.index)):
        frame = frame.reset_index(drop=True)
    shapes = None
    if "geometry" in frame:
        given = np.asarray(frame["geometry"], dtype=object)
        shapes = np.where(shapely.is_geometry(given), given, np.full(len(given), None))
        frame = pd.DataFrame(frame.drop(columns="geometry"))
    layer = build_layer(kind, Content(file or kind, frame, shapes, "EPSG:4326", feature=True))
    return replace(layer, rejected=rejected + layer.rejected)


def build_layer(
    kind: str,
    content: Content,
    *,
    crs: str | None = None,
    mapping: ColumnMap | None = None,
    zone: str = LOCAL_ZONE,
    seen: dict[str, int] | None = None,
) -> Layer:
    """Check what a file holds against the contract; see `read_layer` for parameters and errors.

    Parameters
    ----------
    seen
        Keys of the parts of the same file read before; grows.
    """
    mapping = mapping or ColumnMap()
    numbers = content.frame.index.to_numpy(dtype=np.int64)
    sieve = Sieve(content.file, numbers, feature=content.feature)
    found = find_columns(kind, content, mapping)
    rows: dict[str, pd.Series | Shapes] = {}
    for column in attributes_of(kind):
        values = _values_of(column, content, found, mapping)
        rows[column.name] = coerce(column, values, sieve, ZoneInfo(zone))
    mended = 0
    place = geometry_of(kind)
    if place is not None:
        shapes = _shapes_of(content, found, mapping, sieve)
        system = find_system(_system_name(content, crs, shapes))
        rows["geometry"], mended = build_geometries(place, shapes, system, sieve, content.unclosed_rows())
    frame = pd.DataFrame(rows, index=content.frame.index)
    complete = COMPLETE.get(kind)
    if complete is not None:
        frame = complete(frame, sieve)
    refuse_duplicates(frame, key_of(kind), sieve, {} if seen is None else seen)
    frame = frame[~sieve.bad] if sieve.bad.any() else frame
    if place is not None:
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")
    ignored = tuple(str(name) for name in content.frame.columns if name not in found.values())
    return Layer(kind, frame, sieve.errors, mended, content.file, content.feature, ignored)


def _values_of(column: Column, content: Content, found: Mapping[str, str], mapping: ColumnMap) -> pd.Series:
    if column.name in found:
        values: pd.Series = content.frame[found[column.name]]
        if column.name in mapping.words:
            values = _in_our_words(plain_text(values), mapping.words[column.name])
        constant = mapping.constants.get(column.name)
        return values if constant is None else values.where(values.notna(), constant)
    return pd.Series(mapping.constants.get(column.name, ""), index=content.frame.index, dtype=object)


def _in_our_words(text: pd.Series, words: Mapping[str, str]) -> pd.Series:
    """Replace the words that a mapping knows; others stay."""
    ours = text.str.casefold().map(words)
    return ours.where(ours.notna(), text)


def _shapes_of(content: Content, found: Mapping[str, str], mapping: ColumnMap, sieve: Sieve) -> Shapes:
    """Geometries of the file: its own, or from WKT, or from longitude and latitude columns."""
    if content.shapes is not None and "wkt" not in mapping.columns and "lon" not in mapping.columns:
        return content.shapes
    if "wkt" in found:
        return _from_wkt(plain_text(content.frame[found["wkt"]]), found["wkt"], sieve)
    if "lon" not in found or "lat" not in found:
        return np.full(len(content.frame), None, dtype=object)
    numbers: list[npt.NDArray[np.float64]] = []
    blank = np.ones(len(content.frame), dtype=bool)
    for name in (found["lon"], found["lat"]):
        text = plain_text(content.frame[name])
        read = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float)
        sieve.refuse(np.isnan(read) & (text != "").to_numpy(), name, "not_a_number", text)
        blank &= (text == "").to_numpy()
        numbers.append(read)
    half = ~blank & (np.isnan(numbers[0]) ^ np.isnan(numbers[1])) & ~sieve.bad
    sieve.refuse(half, f"{found['lon']}+{found['lat']}", "half_a_coordinate")
    known = ~np.isnan(numbers[0]) & ~np.isnan(numbers[1])
    shapes = np.full(len(content.frame), None, dtype=object)
    shapes[known] = shapely.points(numbers[0][known], numbers[1][known])
    return shapes


def _from_wkt(text: pd.Series, name: str, sieve: Sieve) -> Shapes:
    # Collections inside collections are read by recursion: a deep one would end the process.
    deep = (text.str.upper().str.count("COLLECTION") > 4).to_numpy()
    shapes = shapely.from_wkt(
        text.where(~deep & (text != ""), None).to_numpy(dtype=object), on_invalid="ignore"
    )
    unread = shapely.is_missing(shapes) & (text != "").to_numpy()
    sieve.refuse(unread, name, "unreadable_geometry", text)
    return np.asarray(shapes, dtype=object)


def _system_name(content: Content, crs: str | None, shapes: Shapes) -> str:
    if crs or content.crs:
        return crs or content.crs or ""
    if not shapely.is_missing(shapes).all():
        refuse(content.file, "no_crs", hint="--crs EPSG:4527 | GCJ-02 | BD-09")
    return "EPSG:4326"
