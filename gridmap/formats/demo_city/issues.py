"""A year of issues of a demo district, with a few true hot spots and a few rows that are not to be trusted.

Counts are negative-binomial: Poisson with a gamma-drawn rate for every grid and every building. Inside a hot
spot the rate is doubled in its months, and nothing else is changed, so that a test of hot spots has a truth
to be held against.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.formats.demo_city.districts import Integers
from gridmap.formats.demo_city.ground import Numbers
from gridmap.formats.demo_city.places import Places

RATE_PER_HOUSEHOLD_MONTH = 0.02
HOT_FACTOR = 2.0
_HOT_HOUSEHOLDS = 25 * 65
_CHANNELS = ("hotline_12345", "qr_code", "visit", "platform", "phone", "wechat")
_CHANNEL_SHARES = (0.34, 0.16, 0.14, 0.10, 0.12, 0.14)
# Category: weight in slabs, with a lift, in villages; months (1-12) of its season; factor in season.
_CATEGORIES: dict[str, tuple[tuple[float, float, float], tuple[int, ...], float]] = {
    "noise": ((10, 14, 6), (6, 7, 8), 1.8),
    "parking": ((16, 14, 5), (), 1.0),
    "leak": ((12, 8, 5), (7, 8), 2.2),
    "rubbish": ((13, 9, 18), (6, 7, 8), 1.5),
    "lift": ((0, 12, 0), (), 1.0),
    "heating": ((9, 9, 2), (11, 12, 1, 2, 3), 3.0),
    "lighting": ((7, 5, 10), (11, 12, 1), 1.4),
    "road_damage": ((6, 4, 14), (3, 4, 7, 8), 1.5),
    "dispute": ((7, 5, 12), (2,), 1.4),
    "property_service": ((8, 16, 1), (), 1.0),
    "water_supply": ((5, 3, 8), (1, 7), 1.5),
    "greening": ((4, 5, 4), (4, 5, 9), 1.6),
}
_TEXTS: dict[str, tuple[str, ...]] = {
    "noise": ("夜间施工噪音大,影响休息。", "楼下商铺音响声音太大。", "广场舞音量过高,希望协调。"),
    "parking": ("消防通道被车辆占用。", "小区车位不足,车辆乱停。", "单元门口停车堵住出入口。"),
    "leak": ("楼顶漏雨,顶层墙面渗水。", "楼道管道漏水,地面湿滑。", "地下室积水,需要排水。"),
    "rubbish": ("垃圾桶满溢,没有及时清运。", "楼道堆放杂物,存在隐患。", "建筑垃圾长时间无人清理。"),
    "lift": ("电梯停运,老人出行不便。", "电梯运行时有异响。", "电梯按键失灵,请维修。"),
    "heating": ("暖气不热,室温偏低。", "供暖管道漏水。", "暖气片有一组不热。"),
    "lighting": ("楼道灯不亮。", "路灯损坏,夜间出行不便。", "门口照明灯闪烁。"),
    "road_damage": ("路面坑洼,雨天积水。", "人行道地砖松动。", "井盖松动,车辆经过有响声。"),
    "dispute": (
        "邻里因公共空间使用产生纠纷,请求调解。",
        "物业费用标准有争议,希望沟通。",
        "楼上楼下因漏水责任有分歧。",
    ),
    "property_service": ("物业报修后迟迟没有上门。", "小区门禁损坏无人维修。", "保洁不及时,楼道较脏。"),
    "water_supply": ("水压不足,高层用水困难。", "停水没有提前通知。", "自来水有异味,请检查。"),
    "greening": ("树枝遮挡窗户,请修剪。", "绿化带被占用。", "草坪枯死,需要补种。"),
}
_OUTDOORS = ("road_damage", "lighting", "parking", "rubbish", "greening")
_WEEKDAY = np.array([1.18, 1.08, 1.05, 1.02, 1.05, 0.84, 0.78])
_DAYS = 365


@dataclass(frozen=True)
class HotSpot:
    """Where and when the rate was doubled.

    Attributes
    ----------
    months
        As ``"2026-07"``.
    grid_codes
        Grids that have buildings of it.
    """

    lon: float
    lat: float
    months: tuple[str, ...]
    building_ids: tuple[str, ...]
    grid_codes: tuple[str, ...]
    households: int
    factor: float = HOT_FACTOR


def build_issues(
    places: Places, district_code: str, today: date, rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, list[HotSpot]]:
    """Build the issues of the year before ``today`` as they stand when it begins; tell the hot spots."""
    first = np.datetime64(today) - np.timedelta64(_DAYS, "D")
    dates = first + np.arange(_DAYS)
    months = dates.astype("datetime64[M]")
    spots, rates = _rates(places, np.unique(months), rng)
    building, day = _draw_places_and_days(rates, dates, months, rng)
    hours = _hours(len(building), rng)
    reported = dates[day].astype("datetime64[s]") + (hours * 3600).astype("timedelta64[s]")
    order = np.argsort(reported, kind="stable")
    building, reported = building[order], reported[order]
    category = _categories(places, building, reported, rng)
    state, closed = _states(reported, np.datetime64(today).astype("datetime64[s]"), rng)
    frame = pd.DataFrame({
        "id": [f"{district_code}-I{number:06d}" for number in range(1, len(building) + 1)],
        "category": category,
        "channel": rng.choice(_CHANNELS, len(building), p=_CHANNEL_SHARES),
        "state": state,
        "text": [_TEXTS[c][int(d * 3)] for c, d in zip(category, rng.random(len(category)), strict=True)],
        "reported_at": _utc(reported), "closed_at": _utc(closed),
        "due_at": _utc(reported + np.timedelta64(3, "D")),
    })  # fmt: skip
    frame, xy = _locate(frame, places, building, category, rng)
    points = places.degrees(xy)
    _spoil(frame, points, places, rng)
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326"), spots


def _utc(local: Any) -> pd.DatetimeIndex:
    return pd.to_datetime(local - np.timedelta64(8, "h")).tz_localize("UTC")


def _rates(
    places: Places, months: np.ndarray[Any, np.dtype[np.datetime64]], rng: np.random.Generator
) -> tuple[list[HotSpot], Numbers]:
    """Draw the rate of every building and month, and choose the hot spots: far apart, two or three months."""
    households = places.stock.households.astype(float)
    grids = rng.gamma(9.0, 1 / 9.0, len(places.cell_codes))
    rates = (
        households * RATE_PER_HOUSEHOLD_MONTH * grids[places.cell] * rng.gamma(2.5, 1 / 2.5, len(households))
    )
    table = np.repeat(rates[:, None], len(months), axis=1) * rng.uniform(0.92, 1.08, len(months))
    total = households.sum()
    count = int(rng.integers(3, 6)) if total > 20_000 else 1
    size = min(_HOT_HOUSEHOLDS, 0.12 * total)
    lived_in = np.flatnonzero(households > 0)
    codes, ids = np.array(places.cell_codes), places.buildings["id"].to_numpy()
    spots: list[HotSpot] = []
    taken = np.zeros(len(households), dtype=bool)
    for centre in rng.permutation(lived_in):
        away = np.hypot(*(places.xy[lived_in] - places.xy[centre]).T)
        near = lived_in[np.argsort(away, kind="stable")]
        members = near[: int(np.searchsorted(np.cumsum(households[near]), size)) + 1]
        if taken[members].any():
            continue
        taken[members] = True
        start, length = int(rng.integers(1, len(months) - 4)), int(rng.integers(2, 4))
        table[members, start : start + length] *= HOT_FACTOR
        point = places.degrees(places.xy[[centre]])[0]
        spots.append(HotSpot(
            lon=float(point.x), lat=float(point.y), months=tuple(map(str, months[start : start + length])),
            building_ids=tuple(sorted(ids[members].tolist())),
            grid_codes=tuple(sorted(set(codes[places.cell[members]].tolist()))),
            households=int(households[members].sum()),
        ))  # fmt: skip
        if len(spots) == count:
            break
    return spots, table


def _draw_places_and_days(
    rates: Numbers,
    dates: np.ndarray[Any, np.dtype[np.datetime64]],
    months: np.ndarray[Any, np.dtype[np.datetime64]],
    rng: np.random.Generator,
) -> tuple[Integers, Integers]:
    """Draw counts of every building and month, then a day of the month with fewer on weekends."""
    buildings, days = [], []
    weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
    for column, month in enumerate(np.unique(months)):
        own = np.flatnonzero(months == month)
        counts = rng.poisson(rates[:, column] * len(own) / 30.4)
        building = np.repeat(np.arange(len(rates)), counts)
        weights = _WEEKDAY[weekday[own]] * rng.gamma(40.0, 1 / 40.0, len(own))
        buildings.append(building)
        days.append(rng.choice(own, len(building), p=weights / weights.sum()))
    return np.concatenate(buildings), np.concatenate(days)


def _hours(count: int, rng: np.random.Generator) -> Numbers:
    """Draw local hours: a morning and an evening peak."""
    peaks = np.array([[9.6, 1.3], [14.8, 1.7], [19.6, 1.4]])[rng.choice(3, count, p=[0.42, 0.27, 0.31])]
    return np.clip(rng.normal(peaks[:, 0], peaks[:, 1]), 5.5, 23.9)


def _categories(
    places: Places, building: Integers, reported: np.ndarray[Any, Any], rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    """Draw categories by the kind of building and the season."""
    kind = np.where(places.stock.is_style("village"), 2, np.where(places.stock.storeys >= 7, 1, 0))[building]
    month = reported.astype("datetime64[M]").astype(np.int64) % 12 + 1
    weights = np.array([row[0] for row in _CATEGORIES.values()], dtype=float)
    season = np.array([[factor if m in seasons else 1.0 for m in range(13)]
                       for _, seasons, factor in _CATEGORIES.values()])  # fmt: skip
    heating = list(_CATEGORIES).index("heating")
    season[heating] = [0.05 if m not in _CATEGORIES["heating"][1] else 3.0 for m in range(13)]
    shares = np.cumsum(weights.T[kind] * season.T[month], axis=1)
    draw = rng.random(len(building)) * shares[:, -1]
    return np.array(list(_CATEGORIES), dtype=object)[(shares < draw[:, None]).sum(axis=1)]


def _states(
    reported: np.ndarray[Any, Any], now: np.datetime64, rng: np.random.Generator
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Let issues be accepted in a day, settled in two, answered in three; about one in ten takes longer."""
    count = len(reported)
    days = np.where(rng.random(count) < 0.91, rng.gamma(3.2, 0.42, count), rng.gamma(2.0, 4.0, count) + 3)
    closed = reported + (np.maximum(days, 0.02) * 86_400).astype("timedelta64[s]")
    never = rng.random(count) < 0.012
    is_open = (closed > now) | never
    closed[is_open] = np.datetime64("NaT", "s")
    done = rng.choice(
        ["archived", "rated", "verified", "settled", "merged", "void"], count,
        p=[0.62, 0.13, 0.10, 0.10, 0.03, 0.02],
    )  # fmt: skip
    age = (now - reported).astype("timedelta64[s]").astype(float) / 86_400
    going = np.where(
        age < 0.5, "reported", np.where(age < 1, "accepted", np.where(age < 2, "dispatched", "responded"))
    )
    late = rng.choice(["dispatched", "responded", "extended", "deferred", "returned", "reopened"], count)
    return np.where(is_open, np.where(age > 6, late, going), done).astype(object), closed


def _locate(
    frame: pd.DataFrame,
    places: Places,
    building: Integers,
    category: np.ndarray[Any, Any],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, Numbers]:
    """Give place, building, entrance and floor; what is seen outdoors lies beside the building."""
    boxes = places.stock.boxes
    outdoors = np.isin(category, _OUTDOORS) & (rng.random(len(building)) < 0.5)
    angle, away = rng.uniform(0, 2 * np.pi, len(building)), rng.uniform(14, 34, len(building))
    xy = places.xy[building].copy()
    xy[outdoors] += (np.column_stack([np.cos(angle), np.sin(angle)]) * away[:, None])[outdoors]
    indoors = ~outdoors & (places.stock.households[building] > 3)
    entrance = 1 + (rng.random(len(building)) * boxes.entrances[building]).astype(np.int64)
    floor = 1 + (rng.random(len(building)) * places.stock.storeys[building]).astype(np.int64)
    known = pd.Series(indoors)
    ids = places.buildings["id"].to_numpy().astype(object)[building]
    ids[outdoors] = None
    frame["building_id"] = ids
    frame["entrance_number"] = pd.Series(entrance, dtype=float).where(known)
    frame["floor"] = pd.Series(floor, dtype=float).where(known & (rng.random(len(building)) < 0.7))
    return frame, xy


def _spoil(frame: pd.DataFrame, points: Any, places: Places, rng: np.random.Generator) -> None:
    """Make some rows what every city has: without place, on one placeholder, far outside, on a border."""
    count = len(frame)
    drawn = rng.permutation(count)
    shares = (0.004, 0.014 if count > 12_000 else 0.0, 0.0015, 0.003, 0.001)
    stops = np.cumsum([round(share * count) for share in shares])
    nowhere, placeholder, outside, border, backwards = (
        np.asarray(part) for part in np.split(drawn[: stops[-1]], stops[:-1])
    )
    points[nowhere] = None
    points[placeholder] = places.degrees(places.xy[[0]])[0]
    far = rng.uniform([119.9, 37.0], [120.2, 37.3], (len(outside), 2))
    points[outside] = np.asarray(shapely.points(far.round(7)))
    corners = shapely.get_coordinates(places.areas.geometry.iloc[-1].exterior)
    points[border] = np.asarray(shapely.points(corners[rng.integers(0, len(corners), len(border))]))
    placeless = np.concatenate([nowhere, placeholder, outside, border])
    frame.loc[placeless, "building_id"] = None
    frame.loc[placeless, ["entrance_number", "floor"]] = np.nan
    wrong = backwards[frame["closed_at"].iloc[backwards].notna().to_numpy()]
    frame.loc[wrong, "closed_at"] = frame.loc[wrong, "reported_at"] - pd.Timedelta(hours=5)
