"""Estimates for buildings whose source does not count, and said so: households and entrances.

Households: floor area / 90 m², only in buildings that look residential. Entrances: as many as keep at most 8
homes at one landing, as far as the footprint has room for them. A count from an estimate is never mixed up
with a counted one: the building carries a mark, and the source of households starts with ``ESTIMATE``.
"""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap.formats.osm_tags import HOUSES

M2_PER_HOUSEHOLD = 90
ESTIMATE = "ESTIMATE floor area x storeys / 90"
NOT_RESIDENTIAL = "none: judged non-residential"
COUNTED = "given in the source"
SMALLEST_HOUSE_M2, LARGEST_HOUSE_M2 = 25, 1_500
MOST_HOUSEHOLDS = 5_000
ONE_A_HOUSE = "ESTIMATE one household a house"
# Storeys nobody tells: the middle of those the same map tags, if it tags enough of them.
ENOUGH_TAGGED, USUAL_STOREYS, HOUSE_STOREYS = 20, 3, 2
EARTH_RADIUS_M = 6_371_008.8
HOMES_AT_A_LANDING, MOST_AT_A_LANDING, NARROWEST_SECTION_M, MOST_ENTRANCES = 8, 16, 5, 60


def footprint_m2(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Area of small polygons in EPSG:4326, in m².

    Degrees are scaled by the size of a degree at the middle of each polygon; for anything of the size of a
    building the error against the ellipsoid stays below 0.7 %.
    """
    bounds = shapely.bounds(shapes)
    per_degree = np.pi * EARTH_RADIUS_M / 180
    parallel = np.cos(np.radians((bounds[:, 1] + bounds[:, 3]) / 2))
    return np.nan_to_num(shapely.area(shapes) * per_degree**2 * parallel)


def estimate_households(
    area_m2: npt.NDArray[np.float64], storeys: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Households of residential buildings: footprint x storeys / 90 m², rounded, at least 1."""
    share = area_m2 * storeys / M2_PER_HOUSEHOLD
    return np.clip(np.floor(share + 0.5), 1, MOST_HOUSEHOLDS).astype(np.int64)


def estimate_osm_buildings(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Fill storeys, use and households of buildings from OpenStreetMap.

    Storeys that the map does not tag are 2 for a house and for the rest the median of those tagged in the
    same file, from 20 tagged buildings on, else 3. A house is one household; other residential buildings
    are estimated from their floor area. ``use`` is judged by size where the tags leave it open.

    Parameters
    ----------
    frame
        As `gridmap.formats.osm` collects it, with the column ``building`` of tag values. Not changed.
    """
    frame = frame.copy()
    house = frame.pop("building").isin(HOUSES) if "building" in frame else pd.Series(dtype=bool)
    storeys = pd.to_numeric(frame["storeys"])
    tagged = storeys[~house & storeys.notna()]
    usual = int(tagged.median()) if len(tagged) >= ENOUGH_TAGGED else USUAL_STOREYS
    assumed = pd.Series(np.where(house, HOUSE_STOREYS, usual), index=frame.index)
    frame["storeys"] = storeys.where(storeys.notna(), assumed).astype("int64")
    single = house & frame["households"].isna()
    frame["households"] = pd.to_numeric(frame["households"]).where(~single, 1).astype("Int64")
    frame["households_source"] = frame["households_source"].where(~single, ONE_A_HOUSE)
    return complete_buildings(frame)


def complete_buildings(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill use, households and their source; adds ``households_estimated``.

    Parameters
    ----------
    frame
        Columns of the contract; ``geometry`` holds MultiPolygons in EPSG:4326. Not changed.
    """
    frame = frame.copy()
    given = frame["households"].notna().to_numpy()
    use = frame["use"].astype(object)
    area_m2 = footprint_m2(frame["geometry"].to_numpy())
    house_sized = (area_m2 >= SMALLEST_HOUSE_M2) & (area_m2 <= LARGEST_HOUSE_M2)
    lived_in = np.where(
        use.notna(),
        use.isin(("residential", "mixed")),
        np.where(given, frame["households"].fillna(0) > 0, house_sized),
    ).astype(bool)
    estimated = estimate_households(area_m2, frame["storeys"].fillna(1).to_numpy(dtype=float))
    frame["households"] = frame["households"].where(given, np.where(lived_in, estimated, 0)).astype("Int64")
    frame["use"] = use.where(use.notna(), np.where(lived_in, "residential", "other"))
    source = frame["households_source"].astype(object)
    said = np.where(
        given, source.where(source.notna(), COUNTED), np.where(lived_in, ESTIMATE, NOT_RESIDENTIAL)
    )
    frame["households_source"] = said
    frame["households_estimated"] = [text.lower().startswith("estimate") for text in said]
    return frame


def complete_entrances(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill ``entrance_count`` where nobody counted stairwells; adds ``entrances_estimated``.

    That is where it is empty or 0, and where it leaves more than 16 homes to a landing: such a number counts
    doors to the street. A stairwell is taken to serve at most 8 homes on a floor and at least 5 m of the
    footprint's long side, and a building to have at most 60 of them.

    Parameters
    ----------
    frame
        ``households``, ``storeys``, ``entrance_count`` and ``geometry`` (EPSG:4326). Not changed.
    """
    given = pd.to_numeric(frame["entrance_count"]).fillna(0).to_numpy(dtype=float)
    households = frame["households"].fillna(0).to_numpy(dtype=float)
    storeys = np.maximum(frame["storeys"].fillna(1).to_numpy(dtype=float), 1)
    on_floor = np.ceil(households / storeys)
    uncounted = (given < 1) | (on_floor > MOST_AT_A_LANDING * given)
    wanted = np.ceil(on_floor / HOMES_AT_A_LANDING)
    several = np.flatnonzero(uncounted & (wanted > 1))
    room = long_side_m(frame["geometry"].to_numpy()[several]) // NARROWEST_SECTION_M
    wanted[several] = np.minimum(wanted[several], room)
    estimate = np.clip(np.maximum(wanted, given), 1, MOST_ENTRANCES)
    count = np.where(uncounted, estimate, given).astype(np.int64)
    return frame.assign(entrance_count=count, entrances_estimated=(given < 1) | (count > given))


def long_side_m(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Longer side of the smallest rectangle around each small polygon in EPSG:4326, in metres; 0 for none."""
    side = np.zeros(len(shapes))
    points, shape = shapely.get_coordinates(shapes, return_index=True)
    if not len(points):
        return side
    bounds = shapely.bounds(shapes)[shape]
    metres = (points - bounds[:, :2]) * (np.pi * EARTH_RADIUS_M / 180)
    metres[:, 0] *= np.cos(np.radians((bounds[:, 1] + bounds[:, 3]) / 2))
    rectangles = shapely.oriented_envelope(shapely.set_coordinates(shapes.copy(), metres))
    corners, shape = shapely.get_coordinates(rectangles, return_index=True)
    steps = np.hypot(*np.diff(corners, axis=0).T)
    within = shape[1:] == shape[:-1]
    np.maximum.at(side, shape[1:][within], steps[within])
    return side
