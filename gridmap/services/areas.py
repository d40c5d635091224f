"""Areas made from buildings alone, so that a city without an area register can start.

A derived city is one district of one street; its grids hold about 400 households and run along roads and
barriers. Where there are more grids than a community's codes can number, communities are derived first.
"""

from collections.abc import Callable

import geopandas as gpd
import shapely
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, Conflict
from gridmap.models import Area
from gridmap.planning import AREA_RULES, PlanRules, derive_areas
from gridmap.services import audit
from gridmap.services.actors import Actor, require
from gridmap.services.places import get_area
from gridmap.services.plan_frames import as_ewkb, read_frame

Progress = Callable[[int, int], None]

GRIDS_PER_COMMUNITY = 900
COMMUNITY_RULES = PlanRules(
    households_min=3_000, households_max=5_000, households_target=4_000, may_break_buildings=False
)


def derive_city(
    session: Session,
    actor: Actor,
    *,
    code: str,
    name: str,
    source: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Area]:
    """Make a district with its grids from the buildings that no grid holds.

    Parameters
    ----------
    code, name
        Of the new district; streets, communities and grids are numbered below it.
    source
        Only buildings loaded under this name; None = all.

    Returns
    -------
    list of Area
        The new grids.

    Raises
    ------
    Conflict
        If an area of this code exists.
    BadInput
        If there are no buildings to make grids from.
    """
    require(actor, "places.load")
    if session.scalar(select(exists().where(Area.code == code))):
        raise Conflict("areas_exist", code=code)
    buildings = _require_buildings(session, source=source, area_id=None)
    communities = _derive_communities(session, buildings, seed)
    grids = [
        _derive_grids(session, buildings, seed=seed, within=community, progress=progress)
        for community in communities
    ]
    outline = shapely.union_all([shapely.union_all(frame.geometry.to_numpy()) for frame in grids])
    district = _add(session, "district", code, name, outline, parent=None)
    street = _add(session, "street", f"{code}001", f"{name}街道", outline, parent=district)
    made: list[Area] = []
    for number, frame in enumerate(grids, start=1):
        shape = shapely.union_all(frame.geometry.to_numpy())
        community = _add(
            session, "community", f"{street.code}{number:03d}", f"{name}社区{number}", shape, street
        )
        made += _add_grids(session, community, frame)
    _settle(session, actor, district, made, seed)
    return made


def derive_inside(
    session: Session, actor: Actor, area_code: str, *, seed: int = 0, progress: Progress | None = None
) -> list[Area]:
    """Make grids inside each community of an area that has none yet.

    Raises
    ------
    Conflict
        If the area has grids already.
    BadInput
        If it has no community, or a community no buildings.
    """
    require(actor, "places.load")
    area = get_area(session, actor, area_code)
    below = select(Area).where(Area.lineage.contains([area.id])).order_by(Area.code)
    if session.scalar(select(exists().where(Area.lineage.contains([area.id]), Area.level == "grid"))):
        raise Conflict("grids_exist", area=area_code)
    communities = list(session.scalars(below.where(Area.level == "community")))
    if not communities:
        raise BadInput("area_without_communities", area=area_code)
    made: list[Area] = []
    for community in communities:
        buildings = _require_buildings(session, source=None, area_id=community.id)
        outline = shapely.from_wkb(
            session.scalar(select(Area.geom.ST_AsBinary()).where(Area.id == community.id))
        )
        frame = _derive_grids(session, buildings, seed=seed, within=outline, progress=progress)
        made += _add_grids(session, community, frame)
    _settle(session, actor, area, made, seed)
    return made


def _require_buildings(session: Session, *, source: str | None, area_id: int | None) -> gpd.GeoDataFrame:
    buildings = read_frame(session, "derive_buildings", source=source, area_id=area_id)
    if not len(buildings) or not buildings["households"].sum():
        raise BadInput("no_buildings_to_derive")
    return buildings


def _barriers(session: Session, buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    west, south, east, north = (float(value) for value in buildings.total_bounds)
    return read_frame(session, "derive_barriers", west=west, south=south, east=east, north=north)


def _derive_communities(
    session: Session, buildings: gpd.GeoDataFrame, seed: int
) -> list[shapely.Geometry | None]:
    """Divide into communities where one could not number the grids; else one, shaped by its grids."""
    if buildings["households"].sum() < GRIDS_PER_COMMUNITY * AREA_RULES.households_target:
        return [None]
    frame = derive_areas(buildings, _barriers(session, buildings), rules=COMMUNITY_RULES, seed=seed)
    return list(frame.geometry)


def _derive_grids(
    session: Session,
    buildings: gpd.GeoDataFrame,
    *,
    seed: int,
    within: shapely.Geometry | None,
    progress: Progress | None,
) -> gpd.GeoDataFrame:
    if within is not None:
        shapely.prepare(within)
        inside = shapely.intersects(within, buildings.representative_point().to_numpy())
        buildings = buildings[inside].reset_index(drop=True)
    return derive_areas(buildings, _barriers(session, buildings), seed=seed, within=within, progress=progress)


def _add(
    session: Session, level: str, code: str, name: str, shape: shapely.Geometry, parent: Area | None
) -> Area:
    area = Area(
        level=level,
        code=code,
        name=name,
        parent_id=parent.id if parent else None,
        lineage=[],
        geom=as_ewkb([shape])[0],
    )
    session.add(area)
    session.flush()
    area.lineage = [*(parent.lineage if parent else []), area.id]
    return area


def _add_grids(session: Session, community: Area, frame: gpd.GeoDataFrame) -> list[Area]:
    return [
        _add(session, "grid", f"{community.code}{number:03d}", f"第{number}网格", shape, community)
        for number, shape in enumerate(frame.geometry, start=1)
    ]


def _settle(session: Session, actor: Actor, area: Area, made: list[Area], seed: int) -> None:
    """Give the buildings to their new grids and leave the audit row."""
    session.flush()
    session.execute(sql("assign_buildings"), {"area_id": area.id})
    audit.record(session, actor, "derived", "area", area.code, grids=len(made), seed=seed)
