"""What a picture of a plan is made from, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True)
class PlanAbout:
    """What the title and the source line say.

    Attributes
    ----------
    area_code, area_name, area_name_en
        The area drawn; names may be empty.
    is_part
        The picture shows less than the plan.
    made_on
        Day of publication, else of making, in the city's time.
    band
        Fewest and most households of a micro-grid.
    sources
        Where the buildings come from, as loaded, largest first.
    """

    plan_id: int
    area_code: str
    area_name: str
    area_name_en: str
    is_part: bool
    status: str
    made_on: date
    band: tuple[int, int]
    seed: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class PlanPicture:
    """A plan as it is drawn; every geometry in EPSG:4326.

    Attributes
    ----------
    micro_grids
        code, grid, households, households_estimated, status (under, in_band, over), stacked, colour (0-5),
        floor_from, label (points); geometry, None for upper floors only.
    areas
        code, level; the areas inside the one drawn and itself.
    buildings
        id, households, micro_grids (how many hold a part), by_floors.
    lines
        kind (water, river, railway, wall, road), class.
    findings
        kind, severity, grid, micro_grid (codes or None), building (id or None).
    """

    micro_grids: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    findings: pd.DataFrame
    about: PlanAbout


@dataclass(frozen=True)
class Drawn:
    """What came of a drawing.

    Attributes
    ----------
    width, height
        Of the page, in pixels (PNG) or points (SVG).
    language
        The one it is written in: English where no font for Chinese is installed.
    unlabelled
        Micro-grids whose count had no room.
    """

    width: int
    height: int
    micro_grids: int
    unlabelled: int
    language: str
