"""Which micro-grid of a new plan is which of the old one: codes that outlive a re-run.

A micro-grid that keeps more than half of its households keeps its code; where two old ones flow together,
the larger one's code stays; everybody else takes the next free number of the parent, and a number once
published is never given again. The work grows with the pairs of atoms that share
a building.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.planning.codes import assign_codes

KEPT_SHARE = 0.5


def keep_codes(
    micro_grids: gpd.GeoDataFrame,
    assignments: pd.DataFrame,
    previous: pd.DataFrame,
    used: Iterable[str],
) -> gpd.GeoDataFrame:
    """Give the micro-grids of a new plan their lasting codes.

    Parameters
    ----------
    micro_grids
        number, parent_id, code, locked … as `plan_area` gives them; codes are numbered afresh, but for those
        of locked ones, which stay.
    assignments
        building_id, parent_id, entrance_number, floor_from, floor_to, households, micro_grid.
    previous
        The atoms of what is published now: code, grid_id, building_id, entrance_number, floor_from, floor_to,
        households.
    used
        Every code ever published in these parents.

    Returns
    -------
    geopandas.GeoDataFrame
        A copy with the column ``code`` replaced.
    """
    taken = set(used)
    if not taken:
        return micro_grids
    locked = micro_grids[micro_grids["locked"]]
    kept = dict(zip(locked["number"], locked["code"], strict=True))
    stayed = set(kept.values())
    heirs = {n: code for n, code in _find_heirs(assignments, previous).items() if code not in stayed} | kept
    codes: list[str] = []
    free = _free_codes(micro_grids, taken | stayed)
    for number, parent in zip(micro_grids["number"], micro_grids["parent_id"], strict=True):
        codes.append(heirs.get(number) or next(free[parent]))
    return micro_grids.assign(code=codes)


def rename_codes(findings: pd.DataFrame, before: Iterable[str], after: Iterable[str]) -> pd.DataFrame:
    """Return findings whose remedies name micro-grids by their lasting codes.

    Parameters
    ----------
    findings
        As in `PlanResult`.
    before, after
        The codes in the order of the micro-grids, as they were numbered and as `keep_codes` gave them.
    """
    new = {old: code for old, code in zip(before, after, strict=True) if old != code}
    if not new or findings.empty:
        return findings

    def rename(value: Any) -> Any:
        if isinstance(value, str):
            return new.get(value, value)
        if isinstance(value, dict):
            return {rename(key): rename(item) for key, item in value.items()}
        return [rename(item) for item in value] if isinstance(value, list) else value

    return findings.assign(details=[rename(details) for details in findings["details"]])


def _find_heirs(assignments: pd.DataFrame, previous: pd.DataFrame) -> dict[int, str]:
    """Map a new micro-grid to the old code it inherits."""
    pairs = _shared_households(assignments, previous)
    before = previous.groupby("code")["households"].sum()
    pairs["before"] = pairs["code"].map(before)
    kept = pairs[pairs["shared"] > KEPT_SHARE * pairs["before"]]
    kept = kept.sort_values(["before", "code"], ascending=[False, True]).drop_duplicates("micro_grid")
    return dict(zip(kept["micro_grid"], kept["code"], strict=True))


def _shared_households(assignments: pd.DataFrame, previous: pd.DataFrame) -> pd.DataFrame:
    """Count the households each new micro-grid shares with each old code: micro_grid, code, shared."""
    pairs = assignments.merge(previous, on="building_id", suffixes=("", "_old"))
    entrance, entrance_old = pairs["entrance_number"], pairs["entrance_number_old"]
    same_entrance = entrance.isna() | entrance_old.isna() | (entrance == entrance_old)
    pairs = pairs[same_entrance.to_numpy(bool) & (pairs["parent_id"] == pairs["grid_id"]).to_numpy(bool)]
    share, share_old = _floor_shares(pairs)
    shared = np.minimum(
        pairs["households"].to_numpy(float) * share, pairs["households_old"].to_numpy(float) * share_old
    )
    return pairs.assign(shared=shared).groupby(["micro_grid", "code"])[["shared"]].sum().reset_index()


def _floor_shares(pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Tell what part of each of two atoms' floors the other holds too; 1 where no floors are named."""
    bounds = pairs[["floor_from", "floor_to", "floor_from_old", "floor_to_old"]].to_numpy(
        float, na_value=np.nan
    )
    low, high = np.fmax(bounds[:, 0], bounds[:, 2]), np.fmin(bounds[:, 1], bounds[:, 3])
    both = ~np.isnan(bounds).any(axis=1)
    common = np.clip(high - low + 1, 0, None)
    with np.errstate(invalid="ignore"):
        share = np.where(both, common / (bounds[:, 1] - bounds[:, 0] + 1), 1.0)
        share_old = np.where(both, common / (bounds[:, 3] - bounds[:, 2] + 1), 1.0)
    return share, share_old


def _free_codes(micro_grids: gpd.GeoDataFrame, taken: set[str]) -> dict[int, Iterator[str]]:
    """Give each parent its unused codes above the highest number it ever used, in order."""
    free = {}
    for parent, grids in micro_grids.groupby("parent_id"):
        prefix = _common_prefix(grids["code"])
        highest = max((int(code[len(prefix) :]) for code in taken if _is_below(code, prefix)), default=0)
        free[parent] = iter(assign_codes(prefix, highest + len(grids))[highest:])
    return free


def _common_prefix(codes: pd.Series) -> str:
    """Cut the running number (two digits, three above 99) off a parent's codes."""
    digits = 2 if len(codes) <= 99 else len(str(len(codes)))
    return str(codes.iloc[0])[:-digits]


def _is_below(code: str, prefix: str) -> bool:
    return code.startswith(prefix) and code[len(prefix) :].isdigit()
