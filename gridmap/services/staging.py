"""Staging: rows of a layer in a temporary table, where the database checks them before anything is written.

The table ``staged_<kind>`` has the contract's columns, the part and row each row came from, and columns that
the checks fill with the ids they find. It disappears with the transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psycopg.sql import SQL, Identifier
from sqlalchemy import text

from gridmap.db import driver_connection, sql
from gridmap.errors import FieldError
from gridmap.formats.contract import attributes_of, geometry_of
from gridmap.services.column_writes import moments_of, plain_of, shapes_of, text_of, write_columns
from gridmap.services.issue_grounds import GROUND, Grounds
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.orm import Session

    from gridmap.formats.layers import Layer

TYPES = {
    "text": "text",
    "choice": "text",
    "integer": "int8",
    "boolean": "bool",
    "date": "date",
    "datetime": "timestamptz",
}
# Columns beside those of the contract: what reading adds, and what the checks find.
ADDED = {"buildings": {"households_estimated": "bool", "entrances_estimated": "bool"}}
SURFACES = {"barriers": ("surface",)}
FOUND = {
    "areas": {"was_level": "text", "was_geom": "geometry"},
    "buildings": {"was_compound_id": "int8"},
    "entrances": {"found_id": "int8"},
    "issues": {"found_id": "int8", "is_from_building": "bool", **GROUND},
    "postings": {
        "staff_id": "int8",
        "area_id": "int8",
        "micro_grid_code": "text",
        "compound_id": "int8",
        "building_id": "int8",
        "entrance_id": "int8",
        "station_id": "int8",
    },
    "visits": {"client_id": "uuid", "found_id": "int8", "entrance_id": "int8", "staff_id": "int8"},
    "listings": {"found_id": "int8", "compound_id": "int8"},
}
WRITE = {"text": text_of, "timestamptz": moments_of, "bytea": shapes_of}  # type -> how it is written
# ``number`` is the row in the file.
RENAMED = {("entrances", "number"): "entrance_number"}
# Kinds whose rows refer to things, or replace some, that have to be found before anything is written:
# kind -> query.
FIND = {
    "areas": "find_areas_before",
    "buildings": "find_compounds_before",
    "entrances": "find_buildings_entrances",
    "issues": "find_buildings_issues",
    "postings": "find_places_postings",
    "visits": "find_places_visits",
    "listings": "find_places_listings",
}
CHECKED = frozenset(
    {"areas", "buildings", "entrances", "issues", "listings", "postings", "shifts", "staff", "visits"}
)
GROWN_SHARE = (
    0.2  # of a table's rows; when so many are new, the planner's picture of the table is out of date
)
OUTSIDE_SHARE = 0.01  # of an area that may lie outside its parent, or inside another of its level


class Stage:
    """The staged rows of one kind.

    Attributes
    ----------
    rows
        How many rows are staged and not refused.
    mended
        How many geometries reading mended.
    rejected
        What reading refused, then what the database's checks refused.
    """

    def __init__(self, session: Session, kind: str) -> None:
        self.session, self.kind, self.table = session, kind, f"staged_{kind}"
        self.rows = self.mended = 0
        self.rejected: list[FieldError] = []
        self._parts: list[Layer] = []
        self._grounds = Grounds(session) if kind == "issues" else None
        self._create()

    def add(self, layers: Iterable[Layer], progress: Callable[[int], None]) -> None:
        """Copy layers into the table; ``progress`` is told the rows copied so far."""
        for layer in layers:
            part = len(self._parts)
            # The rows themselves are not kept: a city does not fit into memory.
            self._parts.append(_emptied(layer))
            self.rejected.extend(layer.rejected)
            self.mended += layer.mended
            written = self._written(part, layer)
            if self._grounds is not None:
                written |= self._grounds.place(layer.rows["geometry"])
            self.rows += write_columns(self.session, self.table, written)
            progress(self.rows)
        # How points of issues lie is no question of any query, and costly to find out.
        known = [name for name, kind in self._columns().items() if self.kind != "issues" or kind != "bytea"]
        with driver_connection(self.session).cursor() as cursor:
            cursor.execute(
                SQL("ANALYZE {} ({})").format(Identifier(self.table), SQL(", ").join(map(Identifier, known)))
            )

    def check(self, source: str) -> None:
        """Refuse what the database cannot take, until nothing is: a refused row may take others with it."""
        if self.kind in FIND:
            query = sql(FIND[self.kind])
            self.session.execute(query, {"source": source} if "source" in _parameters(query) else {})
        if self.kind not in CHECKED:
            return
        query = sql(f"check_{self.kind}")
        known = {"outside_share": OUTSIDE_SHARE, "zone": LOCAL_ZONE}
        values = {name: known[name] for name in _parameters(query)}
        while found := self.session.execute(query, values).all():
            self.rejected.extend(
                FieldError(
                    self._parts[row.part].where(row.number),
                    row.column_name,
                    row.reason,
                    row.value[:40],
                    row.hint or "",
                )
                for row in found
            )
            self._remove({(row.part, row.number) for row in found})

    def drop(self) -> None:
        """Remove the table."""
        with driver_connection(self.session).cursor() as cursor:
            cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(self.table)))

    def _create(self) -> None:
        self.drop()
        geometries = [name for name, kind in self._columns().items() if kind == "bytea"]
        columns = [
            SQL("{} {}").format(Identifier(name), SQL("geometry" if kind == "bytea" else kind))
            for name, kind in {**self._columns(), **FOUND.get(self.kind, {})}.items()
        ]
        with driver_connection(self.session).cursor() as cursor:
            cursor.execute(
                SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(
                    Identifier(self.table), SQL(", ").join(columns)
                )
            )
            if self.kind == "areas":
                for name in geometries:
                    cursor.execute(
                        SQL("CREATE INDEX ON {} USING gist ({})").format(
                            Identifier(self.table), Identifier(name)
                        )
                    )

    def _columns(self) -> dict[str, str]:
        columns = {"part": "int4", "number": "int8"}
        for column in attributes_of(self.kind):
            columns[RENAMED.get((self.kind, column.name), column.name)] = TYPES[column.type]
        columns |= ADDED.get(self.kind, {})
        if geometry_of(self.kind) is not None:
            columns["geom"] = "bytea"
        return columns | dict.fromkeys(SURFACES.get(self.kind, ()), "bytea")

    def _written(self, part: int, layer: Layer) -> dict[str, list[str]]:
        rows, kinds = layer.rows, self._columns()
        written = {"part": [str(part)] * len(rows), "number": rows.index.astype(str).tolist()}
        names = {RENAMED.get((self.kind, one.name), one.name): one.name for one in attributes_of(self.kind)}
        for column, kind in kinds.items():
            if column not in written:
                values = rows["geometry" if column == "geom" else names.get(column, column)]
                written[column] = WRITE.get(kind, plain_of)(values)
        return written

    def _remove(self, rows: set[tuple[int, int]]) -> None:
        parts, numbers = zip(*rows, strict=True)
        self.rows -= len(rows)
        with driver_connection(self.session).cursor() as cursor:
            cursor.execute(
                SQL(
                    "DELETE FROM {} WHERE (part, number) IN (SELECT unnest(%s::int4[]), unnest(%s::int8[]))"
                ).format(Identifier(self.table)),
                (list(parts), list(numbers)),
            )


def count_anew(session: Session, table: str, inserted: int) -> None:
    """Renew the planner's statistics of a table that has grown much.

    The queries that follow in the same transaction cannot wait for the server's own rounds: taken for empty,
    a table of a hundred thousand new rows is joined row by row.
    """
    rows = session.scalar(
        text("SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)"), {"name": table}
    )
    if inserted > GROWN_SHARE * max(rows or 0, 0):
        with driver_connection(session).cursor() as cursor:
            cursor.execute(SQL("ANALYZE {}").format(Identifier(table)))


def _emptied(layer: Layer) -> Layer:
    return replace(layer, rows=layer.rows.iloc[:0], rejected=())


def _parameters(query: Any) -> set[str]:
    return set(query.compile().params)
