"""Publishing for everybody: what may be told of each closed month and each closed year is written once.

Months are closed some days after their end, so that late reports are in. A community's months are told one by
one, or joined; after twelve of them the same issues are told by micro-grid, on the plan published then, and
by category for whole streets (`gridmap.mapping.disclosure` says why nothing can be subtracted). What arrives
later for a month that was told is not told any more, and nothing that was told ever changes. A month in whose
middle the records begin is told together with the next.

Time: one pass over the ledger of issues a run, and O(n^3) for the n micro-grids of each community.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import func, select, text, update

from gridmap.db import copy_rows
from gridmap.mapping.disclosure import (
    LEAST_HOUSEHOLDS,
    LEAST_ISSUES,
    close_blocks,
    fold_categories,
    join_cells,
)
from gridmap.models import Area, Issue, PublicBlock, PublicCategory, PublicCell, PublicIssue
from gridmap.services.audit import record
from gridmap.services.heat_counts import HeatFilter, choose_incidents, lay_city
from gridmap.services.heat_ledger import get_ledger, to_microseconds
from gridmap.services.heat_places import Atlas
from gridmap.services.plan_frames import as_multi
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.heat_counts import Board

SETTLING_DAYS = 3
"""A month is closed so long after its end."""
MONTHS_BACK = 24
"""The first publication begins so many months ago at most."""
YEAR_MONTHS = 12
M_PER_DEGREE = 111_320.0
PUBLIC_LOCK = 0x7075626C  # "publ": key of the advisory lock that lets one transaction publish at a time


@dataclass(frozen=True)
class Published:
    """How much one run has published: blocks of months, cells of a year, figures of categories."""

    blocks: int
    cells: int
    categories: int


def publish_figures(session: Session, actor: Actor, *, now: datetime | None = None) -> Published:
    """Publish the months and years that have closed since the last time; doing it twice changes nothing."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PUBLIC_LOCK})
    closed = _last_closed(now or datetime.now(UTC))
    # Read before anything is written: a transaction that has written reads all issues anew each time.
    atlas, ledger = Atlas(session), get_ledger(session)
    blocks = _publish_months(session, lay_city(atlas, ledger, "community"), closed)
    session.flush()
    cells = categories = 0
    for year_end in _years_to_tell(session, closed):
        cells += _publish_cells(session, lay_city(atlas, ledger, "micro_grid"), year_end)
        categories += _publish_categories(session, year_end)
    done = Published(blocks, cells, categories)
    if blocks or cells:
        record(session, actor, "published", "public_figures", closed.isoformat(), blocks=blocks, cells=cells)
    return done


def month_after(month: date, months: int = 1) -> date:
    """Give the first day of a later month; of an earlier one for negative ``months``."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _last_closed(now: datetime) -> date:
    """Give the last month that is closed, by its first day."""
    day = (now.astimezone(ZoneInfo(LOCAL_ZONE)) - timedelta(days=SETTLING_DAYS)).date()
    return month_after(day.replace(day=1), -1)


def _begin_of(month: date) -> datetime:
    return datetime.combine(month, datetime.min.time(), ZoneInfo(LOCAL_ZONE))


def _publish_months(session: Session, board: Board, closed: date) -> int:
    """Tell the months of each community that follow its last block."""
    ledger = board.ledger
    if ledger.recorded_from is None:
        return 0
    recorded = ledger.recorded_from.astimezone(ZoneInfo(LOCAL_ZONE)).date()
    begin = max(recorded.replace(day=1), month_after(closed, 1 - MONTHS_BACK))
    begin = session.scalar(select(func.min(PublicBlock.first_month))) or begin
    if closed < begin:
        return 0
    newest = select(PublicBlock.area_id, func.max(PublicBlock.last_month)).group_by(PublicBlock.area_id)
    told_until = {row[0]: row[1] for row in session.execute(newest)}
    is_partial = begin <= recorded and recorded.day > SETTLING_DAYS
    months = [begin]
    while months[-1] < closed:
        months.append(month_after(months[-1]))
    rows, month = _incidents(session, board, months)
    issue_id, cell = ledger.columns["id"][rows], board.cell[rows]
    made = 0
    for number, lineage in enumerate(board.geography.lineage):
        if board.geography.households[number] < LEAST_HOUSEHOLDS:
            continue
        here = np.flatnonzero(cell == number)
        last = told_until.get(lineage[-1])
        first = 0 if last is None else months.index(last) + 1
        counts = np.bincount(month[here], minlength=len(months))[first:]
        not_alone = int(first == 0 and is_partial)
        for block in close_blocks(counts.tolist(), not_alone=not_alone):
            held = here[(month[here] >= first + block.first) & (month[here] <= first + block.last)]
            _write_block(
                session,
                board,
                number,
                months[first + block.first],
                months[first + block.last],
                issue_id[held],
            )
            made += 1
    return made


def _incidents(
    session: Session, board: Board, months: list[date]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the incidents of some months: the ledger's row of each, and the number of its month."""
    bounds = [_begin_of(month) for month in [*months, month_after(months[-1])]]
    rows = choose_incidents(session, board, HeatFilter(bounds[0], bounds[-1]))
    cuts = np.array([to_microseconds(moment) for moment in bounds], dtype=np.int64)
    return rows, np.searchsorted(cuts, board.ledger.columns["at"][rows], side="right") - 1


def _write_block(
    session: Session, board: Board, number: int, first: date, last: date, issue_ids: NDArray[np.int64]
) -> None:
    cells = board.geography
    block = PublicBlock(
        area_id=cells.lineage[number][-1],
        first_month=first,
        last_month=last,
        issues=len(issue_ids),
        households=int(cells.households[number]),
        households_estimated=bool(cells.households_estimated[number]),
    )
    session.add(block)
    session.flush()
    columns = {"issue_id": "int8", "block_id": "int8"}
    copy_rows(session, "public_issues", columns, ((issue, block.id) for issue in issue_ids.tolist()))


def _years_to_tell(session: Session, closed: date) -> list[date]:
    """List the ends of the years that are closed and not told, and give each the blocks that end in it."""
    first = session.scalar(select(func.min(PublicBlock.first_month)))
    if first is None:
        return []
    told = session.scalar(select(func.max(PublicBlock.year_end)))
    year_end, years = month_after(told or first, YEAR_MONTHS), []
    while year_end <= month_after(closed):
        ended = (PublicBlock.year_end.is_(None), PublicBlock.last_month < year_end)
        session.execute(update(PublicBlock).where(*ended).values(year_end=year_end))
        years.append(year_end)
        year_end = month_after(year_end, YEAR_MONTHS)
    return years


def _publish_cells(session: Session, board: Board, year_end: date) -> int:
    """Tell the issues of a year by micro-grid, joined inside each community."""
    query = select(PublicIssue.issue_id, PublicBlock.area_id).join(
        PublicBlock, PublicBlock.id == PublicIssue.block_id
    )
    told = session.execute(query.where(PublicBlock.year_end == year_end)).all()
    if not told or not len(board.geography):
        return 0
    id_of, order = board.ledger.columns["id"], np.argsort(board.ledger.columns["id"])
    ids, area = np.array([tuple(row) for row in told], dtype=np.int64).T
    cell = board.cell[order[np.searchsorted(id_of[order], ids)]]
    return sum(
        _write_cells(session, board, year_end, int(community), cell[area == community])
        for community in np.unique(area)
    )


def _write_cells(
    session: Session, board: Board, year_end: date, community: int, cell: NDArray[np.int32]
) -> int:
    """Write the joined cells of one community; issues of no micro-grid of it belong to the smallest."""
    cells = board.geography
    inside = np.flatnonzero(cells.cells_of(community))
    if not len(inside):
        return 0
    counts = np.array([np.sum(cell == number) for number in inside])
    lost = len(cell) - counts.sum()
    lonlat = cells.lonlat[inside]
    xy = (lonlat - lonlat.mean(axis=0)) * M_PER_DEGREE * [np.cos(np.radians(lonlat[:, 1].mean())), 1]
    joined = join_cells(
        np.append(counts, lost), np.append(cells.households[inside], 0), np.vstack([xy, [np.nan, np.nan]])
    )
    for number in np.unique(joined):
        members = inside[joined[:-1] == number]
        shapes = cells.shapes[members]
        ground = shapely.union_all(shapes[~shapely.is_missing(shapes)])
        session.add(
            PublicCell(
                year_end=year_end,
                area_id=community,
                plan_id=int(cells.plan_id[members].max()) or None,
                codes=sorted(cells.code[members]),
                issues=int(counts[joined[:-1] == number].sum() + (lost if joined[-1] == number else 0)),
                households=int(cells.households[members].sum()),
                households_estimated=bool(cells.households_estimated[members].any()),
                geom=None if ground.is_empty else from_shape(as_multi(ground), srid=4326),
            )
        )
    return len(np.unique(joined))


def _publish_categories(session: Session, year_end: date) -> int:
    """Tell the issues of a year by category, for whole streets."""
    query = (
        select(Area.parent_id, Issue.category, func.count())
        .select_from(PublicIssue)
        .join(PublicBlock, PublicBlock.id == PublicIssue.block_id)
        .join(Issue, Issue.id == PublicIssue.issue_id)
        .join(Area, Area.id == PublicBlock.area_id)
        .where(PublicBlock.year_end == year_end)
        .group_by(Area.parent_id, Issue.category)
    )
    of_street: dict[int | None, Counter[str]] = defaultdict(Counter)
    for street, category, issues in session.execute(query):
        of_street[street][category] = issues
    made = 0
    for street, counts in of_street.items():
        listed, others = fold_categories(counts)
        assert others >= LEAST_ISSUES
        told: list[tuple[str | None, int]] = [*listed.items(), (None, others)]
        session.add_all(
            PublicCategory(year_end=year_end, area_id=street, category=category, issues=issues)
            for category, issues in told
        )
        made += len(told)
    return made
