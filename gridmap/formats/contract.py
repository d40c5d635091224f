"""The import contract: which columns each kind of data has.

The register is ``geodata/import_columns.csv``, one row a column; the package holds a link to it. Nothing else
in the code lists columns, types, limits or allowed words of a file.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

GEOMETRY_TYPES = ("polygon", "line", "point", "line_or_polygon")


@dataclass(frozen=True)
class Column:
    """One column of one kind.

    Attributes
    ----------
    type
        ``text``, ``choice``, ``integer``, ``boolean``, ``date``, ``datetime`` or one of `GEOMETRY_TYPES`.
    key
        Whether the column belongs to the key of the kind: two rows of a file may not share a key.
    minimum, maximum
        Limits of a number; for text, ``maximum`` is its longest length in characters.
    allowed
        Words of a choice; of a boolean, further words that mean yes.
    words
        How a file may say a choice, in lower case -> the word of ``allowed``. The register writes them as
        ``word=other=other``.
    default
        Text that stands in for an empty cell; empty = none.
    aliases
        Other names a file may use; the Chinese meaning is always one.
    """

    name: str
    type: str
    required: bool
    key: bool
    unit: str
    minimum: float | None
    maximum: float | None
    allowed: tuple[str, ...]
    words: Mapping[str, str]
    default: str
    aliases: tuple[str, ...]
    meaning_en: str
    meaning_zh: str


@cache
def contract() -> Mapping[str, tuple[Column, ...]]:
    """Read the register: kind -> its columns, in the register's order."""
    kinds: dict[str, tuple[Column, ...]] = {}
    with files("gridmap.formats").joinpath("import_columns.csv").open(encoding="utf-8") as register:
        for row in csv.DictReader(register):
            kinds[row["kind"]] = (*kinds.get(row["kind"], ()), _column(row))
    return MappingProxyType(kinds)


def kinds() -> tuple[str, ...]:
    """Name the kinds in the order in which a city is loaded: places first, then what refers to them."""
    return tuple(contract())


def attributes_of(kind: str) -> tuple[Column, ...]:
    """List the columns of ``kind`` without its geometry."""
    return tuple(column for column in contract()[kind] if column.type not in GEOMETRY_TYPES)


def geometry_of(kind: str) -> Column | None:
    """Give the geometry column of ``kind``, None for a kind without place."""
    return next((column for column in contract()[kind] if column.type in GEOMETRY_TYPES), None)


def key_of(kind: str) -> tuple[str, ...]:
    """Name the columns that tell one row of ``kind`` from another."""
    return tuple(column.name for column in contract()[kind] if column.key)


@cache
def issue_states() -> Mapping[str, str]:
    """Read how states are called in other systems: word in lower case -> state in GridMap."""
    with files("gridmap.formats").joinpath("issue_states.csv").open(encoding="utf-8") as register:
        return MappingProxyType({row["word"]: row["state"] for row in csv.DictReader(register)})


def _column(row: dict[str, str]) -> Column:
    choices = [said.split("=") for said in row["allowed"].split("|") if said]
    return Column(
        name=row["column"],
        type=row["type"],
        required=row["required"] == "yes",
        key=row["key"] == "yes",
        unit=row["unit"],
        minimum=float(row["minimum"]) if row["minimum"] else None,
        maximum=float(row["maximum"]) if row["maximum"] else None,
        allowed=tuple(said[0] for said in choices),
        words=MappingProxyType({word: said[0] for said in choices for word in said}),
        default=row["default"],
        aliases=tuple(filter(None, row["aliases"].split("|"))),
        meaning_en=row["meaning_en"],
        meaning_zh=row["meaning_zh"],
    )
