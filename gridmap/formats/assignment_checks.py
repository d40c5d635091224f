"""Rows of an equivalency list compared with the buildings that stand there: every fault with its row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gridmap.errors import FieldError
from gridmap.formats.checking import shorten
from gridmap.formats.plan_assignments import AssignmentRow, AssignmentTable

NUMBER_IN_GRID = re.compile(r"-?\d{1,4}")
SHOWN_SOURCES = 5


class Standing(NamedTuple):
    """A building as a row may name it: storeys by the number of the entrance, from its grid."""

    id: int
    source: str
    source_id: str
    grid_id: int
    grid_code: str
    is_divided: bool
    storeys: Mapping[int, int]


class Placed(NamedTuple):
    """A row and the building it means."""

    row: AssignmentRow
    building: Standing


def fits(code: str, grid_code: str) -> bool:
    """Tell whether a micro-grid's code belongs to a grid: the grid's code and a number."""
    return code.startswith(grid_code) and NUMBER_IN_GRID.fullmatch(code[len(grid_code) :]) is not None


def find_grid(code: str, grid_codes: Iterable[str]) -> str | None:
    """Find the grid a micro-grid's code belongs to."""
    return next((grid for grid in sorted(grid_codes, key=len, reverse=True) if fits(code, grid)), None)


def match_rows(
    table: AssignmentTable, buildings: Iterable[Standing], area_code: str
) -> tuple[list[Placed], list[FieldError]]:
    """Find the building of each row and check that the row can be so.

    Parameters
    ----------
    buildings
        All that stand in the area.

    Returns
    -------
    list of Placed
        The rows that are right.
    list of FieldError
        What is wrong with the others, in the order of the file.
    """
    known = list(buildings)
    by_key = {(one.source, one.source_id): one for one in known}
    by_id: dict[str, list[Standing]] = defaultdict(list)
    for one in known:
        by_id[one.source_id].append(one)
    grid_codes = {one.grid_code for one in known}
    placed: dict[int, list[Placed]] = defaultdict(list)
    found: list[tuple[int, FieldError]] = []
    for row in table.rows:
        here = by_id.get(row.building, []) if not row.source else [by_key.get((row.source, row.building))]
        candidates = [one for one in here if one is not None]
        fault = _fault_of(row, candidates, grid_codes, area_code)
        if fault is None:
            placed[candidates[0].id].append(Placed(row, candidates[0]))
        else:
            found.append((row.number, FieldError(table.where(row.number), *fault)))
    right = []
    for rows in placed.values():
        twice = dict(_find_shared(rows, table))
        found += twice.items()
        right += [one for one in rows if one.row.number not in twice]
    return right, [error for _, error in sorted(found, key=lambda pair: pair[0])]


def _fault_of(
    row: AssignmentRow, candidates: list[Standing], grid_codes: set[str], area_code: str
) -> tuple[str, ...] | None:
    """Say what is wrong with one row: column, reason, value, hint."""
    if not candidates:
        named = f"{row.source}/{row.building}" if row.source else row.building
        return "building_id", "import_unknown_building", shorten(named), area_code
    if len(candidates) > 1:
        sources = ", ".join(sorted(one.source for one in candidates)[:SHOWN_SOURCES])
        return "building_source", "import_ambiguous_building", shorten(row.building), sources
    building = candidates[0]
    if not building.is_divided:
        return "building_id", "import_grid_not_divided", shorten(row.building), building.grid_code
    return _fault_of_code(row, building, grid_codes) or _fault_of_part(row, building)


def _fault_of_code(row: AssignmentRow, building: Standing, grid_codes: set[str]) -> tuple[str, ...] | None:
    if row.code is None or fits(row.code, building.grid_code):
        return None
    if find_grid(row.code, grid_codes):
        return "micro_grid", "import_other_grid", shorten(row.code), building.grid_code
    return "micro_grid", "import_code_misfit", shorten(row.code), f"{building.grid_code}01"


def _fault_of_part(row: AssignmentRow, building: Standing) -> tuple[str, ...] | None:
    if row.entrance is None:
        if row.low is None and row.high is None:
            return None
        return "entrance_number", "import_floors_without_entrance"
    if row.entrance not in building.storeys:
        numbers = ", ".join(map(str, sorted(building.storeys)))
        return "entrance_number", "import_unknown_entrance", str(row.entrance), numbers
    if row.low is None and row.high is None:
        return None
    storeys = building.storeys[row.entrance]
    if row.low is None or row.high is None:
        return "floor_from" if row.low is None else "floor_to", "import_half_a_band", "", f"1–{storeys}"
    if not 1 <= row.low <= row.high <= storeys:
        return "floor_from", "import_unknown_floor", f"{row.low}–{row.high}", f"1–{storeys}"
    return None


def _find_shared(rows: list[Placed], table: AssignmentTable) -> Iterator[tuple[int, FieldError]]:
    """Find rows that name a floor which an earlier row of the same building named already."""
    if len(rows) == 1:
        return
    taken: dict[tuple[int, int], Placed] = {}
    for one in rows:
        floors = list(_floors_of(one))
        earlier = next((taken[floor] for floor in floors if floor in taken), None)
        if earlier is None:
            taken.update(dict.fromkeys(floors, one))
            continue
        is_same = one.row[2:] == earlier.row[2:]
        reason = "import_row_twice" if is_same else "import_floor_twice"
        value, hint = shorten(one.row.building), table.where(earlier.row.number)
        yield one.row.number, FieldError(table.where(one.row.number), "", reason, value, hint)


def _floors_of(one: Placed) -> Iterator[tuple[int, int]]:
    """List the floors of a row as (entrance, floor)."""
    row, storeys = one.row, one.building.storeys
    for entrance in storeys if row.entrance is None else (row.entrance,):
        for floor in range(row.low or 1, (row.high or storeys[entrance]) + 1):
            yield entrance, floor
