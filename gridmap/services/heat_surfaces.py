"""The smooth surface of the heatmap: a drawing of the rates of cells and households, never of pins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.i18n import translate
from gridmap.mapping.density import BREADTH_M, build_surface, draw_bands
from gridmap.services.actors import Actor, require
from gridmap.services.heat_breaks import find_breaks
from gridmap.services.heat_counts import choose_issues, count_issues, lay_city
from gridmap.services.heat_ledger import get_ledger
from gridmap.services.heat_places import Atlas
from gridmap.services.heatmaps import check_question
from gridmap.services.places import get_area

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.heat_counts import HeatFilter

DECIMALS = 5  # about a metre: the lattice has a hundred


@dataclass(frozen=True)
class HeatSurface:
    """Where the smoothed issues per 100 households lie in each class.

    Attributes
    ----------
    bands
        A GeoJSON MultiPolygon for each of the five classes, cut at the area's border; None where empty.
    breaks
        Those of the layer per 100 households on the same cells.
    made_from
        Level of the cells that were smoothed.
    """

    area_code: str
    bands: list[dict[str, Any] | None]
    breaks: list[float]
    made_from: str
    definition: str
    as_of: datetime


def heat_surface(
    session: Session,
    actor: Actor,
    area_code: str,
    which: HeatFilter,
    *,
    plan_id: int = 0,
    language: str | None = None,
) -> HeatSurface:
    """Smooth the issues per 100 households of the city's micro-grids, or of its hexagons without a plan.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope, or no such plan.
    BadInput
        For an unknown state or tier, or a period that is empty, too long or without zone.
    """
    require(actor, "heatmaps.read")
    check_question(which, "hexagon")
    area = get_area(session, actor, area_code)
    atlas, ledger = Atlas(session), get_ledger(session)
    level = "micro_grid" if len(atlas.get_geography("micro_grid", plan_id)) else "hexagon"
    city = lay_city(atlas, ledger, level, plan_id)
    issues, _ = count_issues(city, choose_issues(session, ledger, which))
    breaks = find_breaks(session, city, which, "per_100")
    ground = shapely.from_wkb(bytes(area.geom.data))
    cells = city.geography
    bands: list[dict[str, Any] | None] = [None] * (len(breaks) + 1)
    if cells.households.sum():
        surface = build_surface(cells.lonlat, issues, cells.households)
        drawn = draw_bands(surface, [bound / 100 for bound in breaks])
        cut = shapely.intersection(np.array(drawn, dtype=object), ground)
        bands = [_write(band) for band in cut]
    spoken = language or actor.language
    return HeatSurface(
        area_code=area.code,
        bands=bands,
        breaks=breaks,
        made_from=level,
        definition=translate("heatmaps.surface", spoken, metres=f"{BREADTH_M:g}"),
        as_of=datetime.now(UTC),
    )


def _write(band: Any) -> dict[str, Any] | None:
    rounded = shapely.set_precision(band, 10**-DECIMALS)
    polygons = [part for part in shapely.get_parts(rounded) if part.geom_type == "Polygon"]
    if not polygons:
        return None
    written: dict[str, Any] = json.loads(shapely.to_geojson(shapely.MultiPolygon(polygons)))
    return written
