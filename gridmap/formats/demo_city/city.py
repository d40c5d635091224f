"""Whole districts, one after the other, so that a city of any size fits into memory."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from gridmap.formats.demo_city import names
from gridmap.formats.demo_city.buildings import build_boxes
from gridmap.formats.demo_city.districts import build_hierarchy
from gridmap.formats.demo_city.dwellings import build_stock
from gridmap.formats.demo_city.ground import Ground
from gridmap.formats.demo_city.issues import HotSpot, build_issues
from gridmap.formats.demo_city.layout import build_layout
from gridmap.formats.demo_city.parcels import build_land_use, drop_empty_compounds
from gridmap.formats.demo_city.people import build_people
from gridmap.formats.demo_city.places import build_places
from gridmap.formats.demo_city.rosters import build_shifts
from gridmap.formats.demo_city.sizes import SIZES
from gridmap.formats.demo_city.town_plan import build_barriers, build_river, build_roads, name_lines

LAYERS = (
    "areas",
    "compounds",
    "buildings",
    "entrances",
    "barriers",
    "roads",
    "stations",
    "staff",
    "postings",
    "shifts",
    "issues",
)


@dataclass
class DemoDistrict:
    """One district of a demo city.

    Attributes
    ----------
    layers
        Kind of the import contract to its frame, in loading order (`LAYERS`).
    hot_spots
        Where and when the rate of issues was doubled.
    uncovered_grids
        Codes of the grids left without a grid officer.
    """

    code: str
    name: str
    layers: dict[str, pd.DataFrame]
    hot_spots: list[HotSpot]
    uncovered_grids: list[str]


def list_district_codes(size: str) -> tuple[str, ...]:
    """Give the codes of the districts of a demo city; none of them is in official use."""
    count = SIZES[size].columns * SIZES[size].rows
    return ("370699",) if count == 1 else tuple(f"3799{number:02d}" for number in range(1, count + 1))


def build_demo_city(
    size: str, seed: int, today: date, codes: Collection[str] | None = None
) -> Iterator[DemoDistrict]:
    """Build a demo city district by district.

    Parameters
    ----------
    size
        ``"town"`` (13 grids), ``"district"`` (329 grids) or ``"city"`` (81 districts).
    seed
        The same seed gives the same city, byte for byte.
    today
        The day the rosters lie around and the year of issues ends with.
    codes
        Build only these districts, the same as among all of them; None = all.

    Yields
    ------
    DemoDistrict
        Layers with the columns of the import contract, geometry in EPSG:4326.
    """
    plan = SIZES[size]
    rng = np.random.default_rng(seed)
    ground = Ground.draw(rng, plan)
    known = list_district_codes(size)
    for number, (code, own) in enumerate(zip(known, rng.spawn(len(known)), strict=True)):
        if codes is not None and code not in codes:
            continue
        first, second = divmod(number, len(names.DISTRICT_SECOND))
        parts = names.DISTRICT_FIRST[first % len(names.DISTRICT_FIRST)], names.DISTRICT_SECOND[second]
        label = (code, parts[0][0] + parts[1][0] + "区", parts[0][1] + parts[1][1])
        yield _build_district(ground, number % plan.columns, number // plan.columns, label, today, own)


def _build_district(
    ground: Ground,
    column: int,
    row: int,
    district: tuple[str, str, str],
    today: date,
    rng: np.random.Generator,
) -> DemoDistrict:
    size, code = ground.size, district[0]
    layout = build_layout(ground, column, row, rng)
    hierarchy = build_hierarchy(layout, size, code)
    land_use = build_land_use(layout, rng)
    river = build_river(ground, column, row)
    water = river[1] if river else None
    stock = build_stock(build_boxes(layout, land_use, water, rng), land_use, rng)
    drop_empty_compounds(land_use, set(stock.boxes.parcel.tolist()))
    line_names = name_lines(layout, rng)
    places = build_places(layout, hierarchy, land_use, stock, size, district, line_names, rng)
    layers: dict[str, pd.DataFrame] = {
        "areas": places.areas,
        "compounds": places.compounds,
        "buildings": places.buildings,
        "entrances": places.entrances,
        "barriers": build_barriers(ground, column, row, land_use, code, rng),
        "roads": build_roads(ground, column, row, layout, land_use, line_names, code, water),
    }
    people = build_people(places, land_use, code, today, rng)
    issues, hot_spots = build_issues(places, code, today, rng)
    layers |= {
        "stations": people.stations,
        "staff": people.staff,
        "postings": people.postings,
        "shifts": build_shifts(people, today, size.roster_weeks),
        "issues": issues,
    }
    return DemoDistrict(code, district[1], layers, hot_spots, people.uncovered)
