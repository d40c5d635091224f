"""Places where a station could stand, as somebody lists them: a name and a place each."""

from pathlib import Path

from gridmap.formats.archives import refuse
from gridmap.formats.columns import ColumnMap
from gridmap.formats.contents import Content
from gridmap.formats.layers import ROWS_AT_ONCE, Layer, build_layer
from gridmap.formats.tables import TABLES, read_table
from gridmap.formats.vector import VECTORS, read_features

_CODE, _KIND = "gridmap code", "gridmap kind"
_AS_STATIONS = ColumnMap({"code": _CODE, "kind": _KIND})


def read_places(path: Path) -> Layer:
    """Read a list of places: as stations of the import contract, without codes and kinds.

    Returns
    -------
    Layer
        ``name`` and ``geometry`` (points, EPSG:4326) of the good rows, and every bad one as a `FieldError`.

    Raises
    ------
    BadInput
        If the file as a whole cannot be used.
    """
    ending = path.name.lower()
    if ending.endswith(TABLES):
        content = read_table(path)
    elif ending.endswith(VECTORS):
        content = next(iter(read_features(path, None, ROWS_AT_ONCE)))
    else:
        refuse(path.name, "unknown_format", path.suffix, " ".join(VECTORS + TABLES))
    frame = content.frame.copy()
    frame[_CODE] = frame.index.astype(str)
    frame[_KIND] = "station"
    own = Content(content.file, frame, content.shapes, content.crs, content.feature, content.unclosed)
    return build_layer("stations", own, mapping=_AS_STATIONS)
