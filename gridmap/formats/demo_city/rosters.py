"""Shifts of a demo district: day, late and night, at stations and grids, some weeks around today."""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.formats.demo_city.people import People

# Hours of local time (UTC+8) as starts and lengths.
_DAY, _LATE, _NIGHT = (8.5, 9.0), (17.5, 3.5), (21.0, 11.5)
_ZONE_HOURS = 8
_FIVE = (0, 1, 2, 3, 4)

Texts = npt.NDArray[np.object_]
Integers = npt.NDArray[np.int64]
Span = tuple[float, float]


def build_shifts(people: People, today: date, weeks: int) -> pd.DataFrame:
    """Roster the staff.

    Grid officers work five days of seven in their grid and every seventh evening late; community workers
    five days of seven at their station; each station has one officer late and one worker or policeman at
    night. The days off are staggered, so that no day is without service. Who is posted nowhere any more has
    no shifts.

    Returns
    -------
    pd.DataFrame
        Columns of the kind shifts; times in UTC.
    """
    first = np.datetime64(today) - np.timedelta64(7 * weeks // 2, "D")
    days = np.arange(7 * weeks)
    open_now = people.postings["ends_on"].isna()
    staff = people.staff[people.staff["code"].isin(people.postings["staff_code"][open_now])]
    officers = staff[staff["role"] == "grid_officer"]
    workers = staff[staff["role"] == "community_worker"]
    posted = people.postings[people.postings["place_level"] == "grid"]
    grid_of = posted.drop_duplicates("staff_code").set_index("staff_code")["place_code"]
    grids = grid_of[officers["code"]].to_numpy()
    # The station comes first: an evening there takes the place of one in the grid.
    parts: list[pd.DataFrame] = []
    guards = staff[staff["role"].isin(["community_worker", "police"])]
    for span, pool, shift in ((_LATE, officers, 4), (_NIGHT, guards, 1)):
        for station, members in pool.groupby("station_code", sort=True):
            codes = members["code"].to_numpy()
            turn = (days * 5 + shift) % len(codes)
            parts.append(_rows(codes[turn], None, np.full(len(days), station, dtype=object), days, span))
    parts += [
        _weekly(officers["code"].to_numpy(), grids, None, days, _DAY, _FIVE),
        _weekly(officers["code"].to_numpy(), grids, None, days, _LATE, (2,)),
        _weekly(workers["code"].to_numpy(), None, workers["station_code"].to_numpy(), days, _DAY, _FIVE),
    ]
    frame = pd.concat(parts, ignore_index=True).drop_duplicates(["staff_code", "starts_at"])
    starts = first + (frame["starts_at"].to_numpy() * 60).astype("timedelta64[m]")
    frame["starts_at"] = pd.to_datetime(starts).tz_localize("UTC")
    ends = first + (frame["ends_at"].to_numpy() * 60).astype("timedelta64[m]")
    frame["ends_at"] = pd.to_datetime(ends).tz_localize("UTC")
    return frame.sort_values(["starts_at", "staff_code"], ignore_index=True)


def _weekly(
    codes: Texts,
    areas: Texts | None,
    stations: Texts | None,
    days: Integers,
    span: Span,
    turns: tuple[int, ...],
) -> pd.DataFrame:
    """Roster everybody on the given days of a seven-day turn, each three days after the one before."""
    who, day = np.meshgrid(np.arange(len(codes)), days, indexing="ij")
    on = np.isin((day + 3 * who) % 7, turns)
    who, day = who[on], day[on]
    return _rows(
        codes[who],
        None if areas is None else areas[who],
        None if stations is None else stations[who],
        day,
        span,
    )


def _rows(
    codes: Texts, areas: Texts | None, stations: Texts | None, days: Integers, span: Span
) -> pd.DataFrame:
    hours = days * 24.0 + span[0] - _ZONE_HOURS
    return pd.DataFrame({
        "staff_code": codes, "starts_at": hours, "ends_at": hours + span[1],
        "station_code": stations, "area_code": areas,
    })  # fmt: skip
