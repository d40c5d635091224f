"""Areas made from buildings alone, so that a city without an area register can start.

A derived city is one district of one street; its grids hold about 400 households and run along roads and
barriers. Where there are more grids than a community's codes can number, whole grids are grouped into several
communities. What is derived goes in as any loaded layer does.
"""

from collections.abc import Callable, Iterator
from typing import Any

import geopandas as gpd
import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from gridmap.errors import BadInput, Conflict
from gridmap.formats.layers import layer_of
from gridmap.models import Area
from gridmap.planning import PlanRules, derive_areas, group_areas
from gridmap.services import audit
from gridmap.services.actors import Actor, require
from gridmap.services.exchange import load_layer
from gridmap.services.places import get_area
from gridmap.services.plan_frames import CRS, read_frame

Progress = Callable[[int, int], None]
Row = dict[str, Any]

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
) -> int:
    """Make a district with its grids from the buildings that no grid holds.

    Parameters
    ----------
    code, name
        Of the new district; streets, communities and grids are numbered below it.
    source
        Only buildings loaded under this name; None = all.
    progress
        Called with (communities done, communities in all).

    Returns
    -------
    int
        Number of grids made.

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
    barriers = _barriers(session, buildings)
    frame = derive_areas(buildings, barriers, seed=seed)
    parts = _group(frame, barriers, seed)
    street = f"{code}001"
    communities: list[Row] = []
    grids: list[Row] = []
    for number, part in enumerate(parts, start=1):
        community = f"{street}{number:03d}"
        communities.append(_row("community", community, f"{name}社区{number}", street, _union(part.geometry)))
        grids += _grid_rows(community, part)
        if progress is not None:
            progress(number, len(parts))
    outline = _union([row["geometry"] for row in communities])
    district = _row("district", code, name, "", outline)
    _load(
        session,
        actor,
        [district, _row("street", street, f"{name}街道", code, outline), *communities, *grids],
    )
    audit.record(session, actor, "derived", "area", code, grids=len(grids), seed=seed)
    return len(grids)


def derive_inside(
    session: Session, actor: Actor, area_code: str, *, seed: int = 0, progress: Progress | None = None
) -> int:
    """Make grids inside each community of an area that has none yet; gives their number.

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
    grids: list[Row] = []
    for number, community in enumerate(communities, start=1):
        buildings = _require_buildings(session, source=None, area_id=community.id)
        within = to_shape(community.geom)
        frame = derive_areas(buildings, _barriers(session, buildings), seed=seed, within=within)
        grids += _grid_rows(community.code, frame)
        if progress is not None:
            progress(number, len(communities))
    _load(session, actor, grids)
    audit.record(session, actor, "derived", "area", area_code, grids=len(grids), seed=seed)
    return len(grids)


def _require_buildings(session: Session, *, source: str | None, area_id: int | None) -> gpd.GeoDataFrame:
    buildings = read_frame(session, "derive_buildings", source=source, area_id=area_id)
    if not len(buildings) or not buildings["households"].sum():
        raise BadInput("no_buildings_to_derive")
    return buildings


def _barriers(session: Session, buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    west, south, east, north = (float(value) for value in buildings.total_bounds)
    return read_frame(session, "derive_barriers", west=west, south=south, east=east, north=north)


def _group(grids: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame, seed: int) -> list[gpd.GeoDataFrame]:
    """Group grids into communities, where one could not number them all."""
    if len(grids) <= GRIDS_PER_COMMUNITY:
        return [grids]
    community = group_areas(grids, barriers, rules=COMMUNITY_RULES, seed=seed)
    return [grids[community == number] for number in range(1, int(community.max()) + 1)]


def _union(shapes: Any) -> shapely.Geometry:
    return shapely.coverage_union_all(list(shapes))


def _row(level: str, code: str, name: str, parent_code: str, shape: shapely.Geometry) -> Row:
    return {"level": level, "code": code, "name": name, "parent_code": parent_code, "geometry": shape}


def _grid_rows(community: str, frame: gpd.GeoDataFrame) -> Iterator[Row]:
    for number, shape in enumerate(frame.geometry, start=1):
        yield _row("grid", f"{community}{number:03d}", f"第{number}网格", community, shape)


def _load(session: Session, actor: Actor, rows: list[Row]) -> None:
    """Load the derived areas; their buildings come under them as with any other file."""
    load_layer(session, actor, "areas", layer_of("areas", gpd.GeoDataFrame(rows, crs=CRS)))
