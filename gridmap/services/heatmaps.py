"""Heatmaps lead back to their issues: which of them a cell or an area counts, and by what words to filter."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import func, select

from gridmap.errors import BadInput, FieldError, NotFound
from gridmap.models import Issue
from gridmap.models.issues import ISSUE_STATES
from gridmap.models.staff import TIERS
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.heat_counts import HeatFilter, choose_issues, keep_here, lay_board
from gridmap.services.heat_ledger import get_ledger
from gridmap.services.heat_places import LEVELS, Atlas
from gridmap.services.places import get_area

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gridmap.services.heat_geographies import Geography

MOST_ISSUES = 200_000
"""More than these in one answer take too long; in parts there is no limit."""
FEWEST_HOUSEHOLDS = 8  # below it a rate says more about the denominator than about the place
DECIMALS = 6  # about ten centimetres


@dataclass(frozen=True)
class CountedIssue:
    """An issue that a layer counts, with the code of its cell."""

    id: int
    category: str
    channel: str
    state: str
    tier: str | None
    reported_at: datetime
    cell: str


def list_counted(
    session: Session,
    actor: Actor,
    area_code: str,
    which: HeatFilter,
    *,
    level: str = "micro_grid",
    plan_id: int = 0,
    cell: str = "",
    after_id: int = 0,
    limit: int | None = 1000,
) -> tuple[list[CountedIssue], int]:
    """List the issues that a layer counts in an area or in one of its cells, by id.

    Parameters
    ----------
    cell
        Code of a cell of the level; empty = all cells of the area.
    after_id
        Id of the last issue already seen; 0 = from the first.
    limit
        How many at most; None = all.

    Returns
    -------
    tuple
        The issues, and how many there are in all.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope, no such cell in the area, or no such plan.
    BadInput
        For an unknown level, state or tier, a period that is empty, too long or without zone, or if all are
        asked for and there are more than `MOST_ISSUES`.
    """
    require(actor, "heatmaps.read")
    check_question(which, level)
    area = get_area(session, actor, area_code)
    ledger = get_ledger(session)
    board = lay_board(Atlas(session), ledger, area, level, plan_id)
    chosen = choose_issues(session, ledger, which)
    wanted = np.append(board.shown, False)
    if cell:
        wanted &= np.append(board.geography.code == cell, False)
        if not wanted.any():
            raise NotFound
    cells = board.cell[chosen.rows]
    rows = np.flatnonzero(keep_here(board, chosen) & wanted[cells])
    ids = ledger.columns["id"][chosen.rows][rows]
    if limit is None and len(ids) > MOST_ISSUES:
        raise BadInput("too_many_issues", count=f"{len(ids):,}", most=f"{MOST_ISSUES:,}")
    order = np.argsort(ids)
    order = order[np.searchsorted(ids[order], after_id, side="right") :][:limit]
    cell_of = {int(ids[row]): board.geography.code[cells[rows[row]]] for row in order}
    listed = select(
        Issue.id, Issue.category, Issue.channel, Issue.state, Issue.tier, Issue.reported_at
    ).where(Issue.id == func.any(list(cell_of)))
    found = session.execute(listed.order_by(Issue.id))
    return [CountedIssue(*row, cell=cell_of[row.id]) for row in found], len(ids)


def list_words(session: Session, actor: Actor) -> dict[str, list[str]]:
    """List the words to filter by.

    Returns
    -------
    dict
        ``categories`` and ``channels`` in use inside the actor's scope, the most used first; all ``states``
        and ``tiers``.
    """
    require(actor, "heatmaps.read")
    number = func.count().label("issues")
    query = select(Issue.category, Issue.channel, number).where(scope_of(actor, Issue.grid_id))
    rows = session.execute(query.group_by(Issue.category, Issue.channel)).all()
    counted: dict[str, dict[str, int]] = {"categories": {}, "channels": {}}
    for row in rows:
        for words, word in ((counted["categories"], row.category), (counted["channels"], row.channel)):
            if word:
                words[word] = words.get(word, 0) + row.issues
    used = {name: sorted(words, key=lambda word: (-words[word], word)) for name, words in counted.items()}
    return used | {"states": list(ISSUE_STATES), "tiers": list(TIERS)}


def check_question(which: HeatFilter, level: str) -> None:
    """Refuse a bad question, all that is wrong with it at once."""
    faults = which.check()
    if level not in LEVELS:
        faults.insert(0, FieldError("query", "level", "heat_word", level, " | ".join(LEVELS)))
    if faults:
        raise BadInput(fields=faults)


def shapes_of(cells: Geography, shown: np.ndarray) -> dict[str, dict[str, Any]]:
    """Give the shapes of the shown cells by code: GeoJSON objects, a point for a cell without ground."""
    rounded = shapely.transform(cells.grounds[shown], lambda lonlat: np.round(lonlat, DECIMALS))
    written = shapely.to_geojson(rounded)
    return {code: json.loads(text) for code, text in zip(cells.code[shown], written, strict=True)}
