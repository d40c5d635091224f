"""Which column of a file is which column of the import contract."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gridmap.errors import BadInput, FieldError
from gridmap.formats.archives import refuse
from gridmap.formats.contents import Content
from gridmap.formats.contract import attributes_of, geometry_of

LON = ("lon", "lng", "longitude", "x", "经度")
LAT = ("lat", "latitude", "y", "纬度")
MAPPING_COLUMNS = ("column", "in_file", "value", "word")
WKT = ("wkt", "geometry", "geom", "the_geom", "几何")


@dataclass(frozen=True)
class ColumnMap:
    """Which column of the file is which of the contract, and what its words mean.

    Attributes
    ----------
    columns
        Column of the contract -> column of the file.
    constants
        Column of the contract -> value that stands in for empty cells, or for all rows.
    words
        Column of the contract -> word of the file, folded -> value of the contract.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_column_map(path: Path | str) -> ColumnMap:
    """Read a mapping file: CSV with the columns ``column``, ``in_file``, ``value`` and, optional, ``word``.

    A row speaks of a column of the contract (or ``lon``, ``lat``, ``wkt``): ``in_file`` names the column of
    the file; ``value`` gives a constant; ``value`` and ``word`` say what a word of the file means.

    Raises
    ------
    BadInput
        If it is no such file.
    """
    path = Path(path)
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                name, in_file, value, word = ((row.get(said) or "").strip() for said in MAPPING_COLUMNS)
                if not name or not (value if word else in_file or value):
                    refuse(f"{path.name}:{number}", "mapping_row", hint=",".join(MAPPING_COLUMNS))
                if in_file:
                    columns[name] = in_file
                if word:
                    words.setdefault(name, {})[word.casefold()] = value
                elif not in_file:
                    constants[name] = value
    except (OSError, UnicodeDecodeError, csv.Error):
        refuse(path.name, "unreadable_file", hint=f"CSV, UTF-8: {','.join(MAPPING_COLUMNS)}")
    return ColumnMap(columns, constants, words)


def find_columns(kind: str, content: Content, mapping: ColumnMap) -> dict[str, str]:
    """Match the columns of the contract (and ``lon``, ``lat``, ``wkt``) with those of a file.

    A mapping decides; else the contract's name, its aliases or its Chinese meaning, in that order, whatever
    the case.

    Returns
    -------
    dict
        Contract name -> column of the file, for those the file has.

    Raises
    ------
    BadInput
        Naming every required column that is missing, with the columns that are there.
    """
    in_file = {_folded(name): str(name) for name in reversed(content.frame.columns)}
    wanted = _names_of(kind)
    hint = ", ".join(map(str, content.frame.columns))
    wrong = [
        FieldError("--map", name, "unknown_column", name, ", ".join(wanted))
        for name in dict.fromkeys((*mapping.columns, *mapping.constants, *mapping.words))
        if name not in wanted
    ]
    wrong += [
        FieldError(content.file, name, "missing_column", said, hint)
        for name, said in mapping.columns.items()
        if name in wanted and _folded(said) not in in_file
    ]
    found: dict[str, str] = {}
    for name, names in wanted.items():
        chosen = (mapping.columns[name],) if name in mapping.columns else names
        match = next((in_file[_folded(said)] for said in chosen if _folded(said) in in_file), None)
        if match is not None:
            found[name] = match
    wrong += [
        FieldError(content.file, column.name, "missing_column", "", hint)
        for column in attributes_of(kind)
        if column.required and column.name not in {*found, *mapping.constants, *mapping.columns}
    ]
    place = geometry_of(kind)
    placed = content.shapes is not None or "wkt" in found or {"lon", "lat"} <= set(found)
    if place is not None and place.required and not placed:
        wrong.append(FieldError(content.file, "geometry", "missing_geometry_column", "", hint))
    if wrong:
        raise BadInput("load_refused", fields=wrong, count=len(wrong))
    return found


def _names_of(kind: str) -> dict[str, tuple[str, ...]]:
    """Contract name -> what a file may call it."""
    names = {column.name: (column.name, *column.aliases, column.meaning_zh) for column in attributes_of(kind)}
    if geometry_of(kind) is None:
        return names
    taken = {said for known in names.values() for said in known}
    places = {"lon": LON, "lat": LAT, "wkt": WKT}
    return names | {
        name: tuple(word for word in words if word not in taken) for name, words in places.items()
    }


def _folded(name: object) -> str:
    return str(name).strip().strip("\ufeff").casefold()
