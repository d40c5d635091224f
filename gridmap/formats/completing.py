"""What only one kind needs: checks between columns, and values that follow from others.

`COMPLETE` is the register: kind -> function of a frame and a sieve that gives the finished frame.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely

from gridmap.formats.checking import Sieve
from gridmap.formats.contract import issue_states
from gridmap.formats.courses import course_of
from gridmap.formats.estimates import complete_buildings, complete_entrances
from gridmap.formats.geometries import MULTI_POLYGON, only

Complete = Callable[[pd.DataFrame, Sieve], pd.DataFrame]


def _areas(frame: pd.DataFrame, sieve: Sieve) -> pd.DataFrame:
    alone = frame["parent_code"].isna() & frame["level"].notna() & (frame["level"] != "district")
    sieve.refuse(alone.to_numpy(), "parent_code", "required")
    return frame


def _barriers(frame: pd.DataFrame, _sieve: Sieve) -> pd.DataFrame:
    """Keep a surface of water as its course, the surface beside it."""
    frame = frame.copy()
    shapes = frame["geometry"].to_numpy(dtype=object)
    areal = shapely.get_type_id(shapes) == MULTI_POLYGON
    frame["surface"] = only(shapes, areal)
    frame["geometry"] = np.array(
        [course_of(shape) if flat else shape for shape, flat in zip(shapes, areal, strict=True)], dtype=object
    )
    return frame


def _buildings(frame: pd.DataFrame, _sieve: Sieve) -> pd.DataFrame:
    return complete_entrances(complete_buildings(frame))


def _postings(frame: pd.DataFrame, sieve: Sieve) -> pd.DataFrame:
    dated = frame["starts_on"].notna() & frame["ends_on"].notna()
    ends = frame["ends_on"].where(dated, None)
    early = pd.Series(
        [end is not None and end < start for start, end in zip(frame["starts_on"], ends, strict=True)],
        index=frame.index,
    )
    sieve.refuse((early & dated).to_numpy(), "ends_on", "ends_before_start", frame["ends_on"])
    return frame


def _shifts(frame: pd.DataFrame, sieve: Sieve) -> pd.DataFrame:
    early = (frame["ends_at"] <= frame["starts_at"]).fillna(False)
    sieve.refuse(early.to_numpy(), "ends_at", "ends_before_start", frame["ends_at"])
    both = frame["station_code"].notna() == frame["area_code"].notna()
    sieve.refuse(both.to_numpy(), "station_code+area_code", "one_of_two")
    return frame


def _issues(frame: pd.DataFrame, sieve: Sieve) -> pd.DataFrame:
    """Translate the source's word for the state; without a word, a closed issue is settled."""
    frame = frame.copy()
    words = {**issue_states(), **{state: state for state in issue_states().values()}}
    said = frame["state"].fillna("").str.lower()
    state = said.map(words).astype(object)
    unknown = state.isna() & (said != "")
    sieve.refuse(unknown.to_numpy(), "state", "unknown_choice", frame["state"], " | ".join(words))
    by_time = frame["closed_at"].notna().map({True: "settled", False: "reported"})
    frame["state"] = state.where(said != "", by_time)
    frame["text"] = frame["text"].fillna("")
    frame["channel"] = frame["channel"].fillna("")
    return frame


COMPLETE: Mapping[str, Complete] = MappingProxyType(
    {
        "areas": _areas,
        "barriers": _barriers,
        "buildings": _buildings,
        "postings": _postings,
        "shifts": _shifts,
        "issues": _issues,
    }
)
