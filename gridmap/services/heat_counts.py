"""Counting the ledger: which issues, in which cells, in which steps of time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from gridmap.errors import BadInput, FieldError
from gridmap.mapping.incidents import count_by_place, count_incidents_by_place, number_incidents
from gridmap.models.issues import ISSUE_STATES
from gridmap.models.staff import TIERS
from gridmap.services.heat_ledger import EPOCH, find_words, to_microseconds
from gridmap.services.heat_places import households_in, place_issues
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from gridmap.models import Area
    from gridmap.services.heat_geographies import Geography
    from gridmap.services.heat_ledger import Ledger
    from gridmap.services.heat_places import Atlas

LONGEST_PERIOD = timedelta(days=3660)
STEPS = ("day", "week", "month")
HOUSE_NUMBERS = 2**34
"""More than entrances and floors can say together."""
MERGED = ISSUE_STATES.index("merged") + 1


@dataclass(frozen=True)
class HeatFilter:
    """Which issues a map counts; an empty tuple does not filter.

    Attributes
    ----------
    starts_at, ends_at
        Half-open period, with zones.
    """

    starts_at: datetime
    ends_at: datetime
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()

    def check(self) -> list[FieldError]:
        """List what is wrong with the question."""
        faults = []
        for name, moment in (("starts_at", self.starts_at), ("ends_at", self.ends_at)):
            if moment.tzinfo is None:
                shown = moment.isoformat()
                faults.append(FieldError("query", name, "heat_zone", shown, "2026-11-20T00:00:00+08:00"))
        if not faults and not timedelta(0) < self.ends_at - self.starts_at <= LONGEST_PERIOD:
            hint = str(LONGEST_PERIOD.days)
            faults.append(FieldError("query", "ends_at", "heat_period", self.ends_at.isoformat(), hint))
        for name, asked, known in (("state", self.states, ISSUE_STATES), ("tier", self.tiers, TIERS)):
            faults += [
                FieldError("query", name, "heat_word", word, " | ".join(known))
                for word in asked
                if word not in known
            ]
        return faults

    def moved(self, starts_at: datetime, ends_at: datetime) -> HeatFilter:
        """Ask the same of another period."""
        return replace(self, starts_at=starts_at, ends_at=ends_at)


@dataclass(frozen=True)
class Chosen:
    """The issues a filter leaves.

    Attributes
    ----------
    rows
        Slice of the ledger that holds the period.
    fits
        (rows,) which of them the filter leaves, flagged ones too.
    trusted
        (rows,) which of those carry no flag.
    """

    rows: slice
    fits: NDArray[np.bool_]
    trusted: NDArray[np.bool_]


@dataclass(frozen=True)
class Board:
    """A ledger laid on a geography, seen from one area.

    Attributes
    ----------
    cell, by_point
        (n,) cell of each issue, -1 = none; whether a point alone has put it there.
    shown
        (k,) which cells belong to the area.
    here
        (n,) which issues count for the area: those in its cells; on hexagons, which no border stops, those of
        its grids.
    """

    ledger: Ledger
    geography: Geography
    cell: NDArray[np.int32]
    by_point: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    here: NDArray[np.bool_] | None

    @property
    def plan_version(self) -> int | None:
        """The newest plan among the cells shown; None for areas."""
        plans = self.geography.plan_id[self.shown]
        return int(plans.max()) if len(plans) and plans.max() else None


def lay_board(atlas: Atlas, ledger: Ledger, area: Area, level: str, plan_id: int = 0) -> Board:
    """Lay the ledger on the cells of a level, for one area."""
    city = lay_city(atlas, ledger, level, plan_id)
    if level != "hexagon":
        return replace(city, shown=city.geography.cells_of(area.id))
    grids = atlas.get_geography("grid")
    in_area = np.append(grids.cells_of(area.id), False)
    return replace(city, here=in_area[place_issues(ledger, grids)[0]])


def lay_city(atlas: Atlas, ledger: Ledger, level: str, plan_id: int = 0) -> Board:
    """Lay the ledger on the cells of a level, for the whole city."""
    geography = atlas.get_geography(level, plan_id)
    cell, by_point = place_issues(ledger, geography)
    return Board(ledger, geography, cell, by_point, np.ones(len(geography), dtype=bool), None)


def see_cells(
    atlas: Atlas, board: Board, issues: NDArray[np.int64], area: Area
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """See the cells from an area: (k,) its households in each, whether they are estimated, which to show.

    A hexagon is shown where it holds households or ``issues`` of the area.
    """
    cells = board.geography
    if board.here is None:
        return cells.households, cells.households_estimated, board.shown
    households, estimated = households_in(atlas, cells, area)
    return households, estimated, (households > 0) | (issues > 0)


def choose_issues(session: Session, ledger: Ledger, which: HeatFilter) -> Chosen:
    """Choose the issues of a filter."""
    rows = ledger.rows_between(which.starts_at, which.ends_at)
    columns = ledger.columns
    fits = np.ones(rows.stop - rows.start, dtype=bool)
    for name, words in (("category", which.categories), ("channel", which.channels)):
        if words:
            fits &= np.isin(columns[name][rows], find_words(session, words))
    for name, words, known in (("state", which.states, ISSUE_STATES), ("tier", which.tiers, TIERS)):
        if words:
            fits &= np.isin(columns[name][rows], [known.index(word) + 1 for word in words])
    return Chosen(rows, fits, fits & (columns["flag"][rows] == 0))


def keep_here(board: Board, chosen: Chosen) -> NDArray[np.bool_]:
    """Tell which of the chosen issues are trusted and count for the board's area."""
    return chosen.trusted if board.here is None else chosen.trusted & board.here[chosen.rows]


def count_issues(board: Board, chosen: Chosen) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the trusted issues of each cell, and those of them that a point alone has put there."""
    trusted = keep_here(board, chosen)
    cell = board.cell[chosen.rows]
    size = len(board.geography)
    counts = count_by_place(cell, trusted, size)
    return counts, count_by_place(cell, trusted & board.by_point[chosen.rows], size)


def count_incidents(board: Board, chosen: Chosen, zone: str = LOCAL_ZONE) -> NDArray[np.int64]:
    """Count the incidents of each cell: one a place, category and local day; merged reports follow others."""
    rows = chosen.rows
    counted = chosen.trusted & (board.ledger.columns["state"][rows] != MERGED)
    incident = _incidents_of(board.ledger, zone)[rows]
    return count_incidents_by_place(board.cell[rows], incident, counted, len(board.geography))


def choose_incidents(session: Session, board: Board, which: HeatFilter) -> NDArray[np.int64]:
    """Choose the incidents of a filter that lie in a cell: the ledger's row of the first report of each."""
    chosen = choose_issues(session, board.ledger, which)
    counted = chosen.trusted & (board.ledger.columns["state"][chosen.rows] != MERGED)
    picked = np.flatnonzero(counted & (board.cell[chosen.rows] >= 0))
    incident = _incidents_of(board.ledger, LOCAL_ZONE)[chosen.rows][picked]
    return chosen.rows.start + np.sort(picked[np.unique(incident, return_index=True)[1]])


def _incidents_of(ledger: Ledger, zone: str) -> NDArray[np.int32]:
    """Number the incidents of the whole ledger by the days of a zone; once, and kept with the ledger."""
    known = ledger.incidents.get(zone)
    if known is not None:
        return known
    columns, size = ledger.columns, len(ledger)
    if not size:
        return np.zeros(0, dtype=np.int32)
    first, last = (EPOCH + timedelta(microseconds=int(columns["at"][end])) for end in (0, -1))
    days = _cuts(build_bounds(first, last + timedelta(days=1), "day", zone))
    placed = columns["building_id"] > 0
    door = np.where(placed, columns["entrance"].astype(np.int64) * 2**16 + columns["floor"], 0)
    number = number_incidents(
        [
            columns["building_id"] * HOUSE_NUMBERS + door,
            np.where(placed, 0.0, columns["lon"]),
            np.where(placed, 0.0, columns["lat"]),
            columns["category"],
            np.searchsorted(days, columns["at"], side="right"),
        ]
    )
    ledger.incidents[zone] = number
    return number


def count_frames(board: Board, chosen: Chosen, bounds: Sequence[datetime]) -> NDArray[np.int64]:
    """Count the trusted issues of each cell in each step of time.

    Parameters
    ----------
    bounds
        Rising moments; one more than there are frames.

    Returns
    -------
    ndarray
        (frames, k).
    """
    cuts = _cuts(bounds)
    trusted = keep_here(board, chosen)
    frame = np.searchsorted(cuts, board.ledger.columns["at"][chosen.rows], side="right") - 1
    size = len(board.geography)
    cell = board.cell[chosen.rows]
    place = np.where((cell >= 0) & (frame >= 0) & (frame < len(cuts) - 1), frame * size + cell, -1)
    return count_by_place(place, trusted, (len(cuts) - 1) * size).reshape(len(cuts) - 1, size)


def count_left_out(
    atlas: Atlas, board: Board, chosen: Chosen, area: Area, flags: Sequence[str]
) -> dict[str, int]:
    """Count what no cell of the area shows: flagged issues by their flag, and ``no_cell``.

    An issue whose place is unknown may belong to any area and is counted in each.
    """
    columns = board.ledger.columns
    grid = columns["grid_id"][chosen.rows]
    of_area = np.isin(grid, atlas.get_geography("grid").ids_in(area.id))
    flag = columns["flag"][chosen.rows]
    flagged = chosen.fits & (flag > 0) & (of_area | (grid == 0))
    per_flag = np.bincount(flag[flagged], minlength=len(flags) + 1)[1:]
    left_out = {word: int(number) for word, number in zip(flags, per_flag, strict=True) if number}
    cell = board.cell[chosen.rows]
    lost = chosen.trusted & ~np.append(board.shown, False)[cell]
    if board.here is not None:
        lost = chosen.trusted & (cell < 0)
    nowhere = lost & (grid == 0)
    nowhere[nowhere] = _may_lie_in(board, chosen, np.flatnonzero(nowhere), area)
    without_cell = int(np.sum(lost & of_area) + np.sum(nowhere))
    return left_out | ({"no_cell": without_cell} if without_cell else {})


def build_bounds(starts_at: datetime, ends_at: datetime, step: str, zone: str) -> list[datetime]:
    """Build the bounds of the city's own days, weeks (from Monday) or months that meet a period.

    Raises
    ------
    BadInput
        For an unknown step.
    """
    if step not in STEPS:
        raise BadInput(fields=[FieldError("query", "step", "heat_word", step, " | ".join(STEPS))])
    local = ZoneInfo(zone)
    day = starts_at.astimezone(local).date()
    if step == "week":
        day -= timedelta(days=day.weekday())
    elif step == "month":
        day = day.replace(day=1)
    bounds = [datetime.combine(day, datetime.min.time(), local)]
    while bounds[-1] < ends_at:
        if step == "month":
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        else:
            day += timedelta(days=7 if step == "week" else 1)
        bounds.append(datetime.combine(day, datetime.min.time(), local))
    return bounds


def _cuts(bounds: Sequence[datetime]) -> NDArray[np.int64]:
    return np.array([to_microseconds(moment) for moment in bounds], dtype=np.int64)


def _may_lie_in(board: Board, chosen: Chosen, rows: NDArray[np.int64], area: Area) -> NDArray[np.bool_]:
    """Tell which of some issues of the period have no place at all, or one in the area."""
    lon, lat = (board.ledger.columns[name][chosen.rows][rows] for name in ("lon", "lat"))
    ground = shapely.from_wkb(bytes(area.geom.data))
    shapely.prepare(ground)
    return np.asarray(np.isnan(lon) | shapely.intersects_xy(ground, lon, lat))
