"""The unit of work of a city: some parents in as bytes, their part of the plan out as bytes.

Whoever does the work (this process, one beside it, one on another machine) needs neither the database nor the
rest of the city. A parent's part is the same whatever others are in its batch, except for the running numbers
and colours of micro-grids: both are given anew when the parts come together.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridmap import __version__
from gridmap.errors import Conflict
from gridmap.planning.identity import keep_codes, rename_codes
from gridmap.planning.plan import plan_area
from gridmap.planning.results import PlanResult
from gridmap.planning.rules import PlanRules

CRS = "EPSG:4326"


@dataclass(frozen=True)
class BatchPart:
    """What became of a batch.

    Attributes
    ----------
    result
        Its micro-grids with lasting codes; numbers count from 1.
    seconds
        How long the engine worked on it.
    """

    result: PlanResult
    seconds: float


def pack_batch(frames: Mapping[str, pd.DataFrame], rules: Mapping[str, Any], seed: int) -> bytes:
    """Pack a batch for `divide_batch`.

    Parameters
    ----------
    frames
        ``parents``, ``buildings``, ``entrances``, ``barriers`` as `plan_area` takes them, but geometry still
        as WKB (EPSG:4326); ``previous`` and ``used_codes`` (column ``code``) as `keep_codes` takes them.
    rules
        Values of `PlanRules`.
    """
    return pickle.dumps((__version__, dict(frames), dict(rules), seed), pickle.HIGHEST_PROTOCOL)


def divide_batch(packed: bytes) -> bytes:
    """Divide the parents of a batch; pure: the same bytes in, the same part out.

    Raises
    ------
    BadInput
        As `plan_area` does.
    Conflict
        If the batch was packed by another version of GridMap.
    """
    started = time.perf_counter()
    version, frames, rules, seed = pickle.loads(packed)  # noqa: S301 - packed by the one who hands out the work
    if version != __version__:
        raise Conflict("plan_other_version", here=__version__, asked=version)
    previous, used = frames.pop("previous"), frames.pop("used_codes")
    shaped: dict[str, Any] = {name: with_shapes(frame) for name, frame in frames.items()}
    result = plan_area(**shaped, rules=PlanRules.from_dict(rules), seed=seed)
    codes = keep_codes(result.micro_grids, result.assignments, previous, used["code"])
    findings = rename_codes(result.findings, result.micro_grids["code"], codes["code"])
    part = BatchPart(replace(result, micro_grids=codes, findings=findings), time.perf_counter() - started)
    return pickle.dumps(part, pickle.HIGHEST_PROTOCOL)


def unpack_part(packed: bytes) -> BatchPart:
    """Unpack what `divide_batch` gave."""
    part = pickle.loads(packed)  # noqa: S301 - made by our own `divide_batch`
    assert isinstance(part, BatchPart)
    return part


def with_shapes(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the column ``geometry``, if any, from WKB into shapes (EPSG:4326)."""
    if "geometry" not in frame:
        return frame
    return gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(frame["geometry"].to_numpy(object)), crs=CRS)
