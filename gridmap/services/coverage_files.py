"""What a rule of coverage found as frames for those outside: codes and counts, nobody's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import func, select

from gridmap.formats.coverage_files import CoverageFrames
from gridmap.models import Area
from gridmap.services.coverage_rules import share_by

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.coverage_rules import AreaShare, RuleAnswer

CRS = "EPSG:4326"


def frame_answer(session: Session, answer: RuleAnswer, language: str) -> CoverageFrames:
    """Turn an answer, whose gaps have their geometry, into frames with all that is needed to read them."""
    # Texts stay what they are: pandas would make its own kind of them, and NaN of None.
    gaps = pd.DataFrame({name: pd.Series(one, dtype=one.dtype) for name, one in answer.gap_columns.items()})
    shapes = [shapely.geometry.shape(shape) for shape in gaps["geometry"]]
    areas = pd.DataFrame([_row_of(row) for row in answer.areas])
    ground = select(Area.id, func.ST_AsBinary(Area.geom).label("ground")).where(
        Area.id.in_([row.id for row in answer.areas])
    )
    held = {row.id: row.ground for row in session.execute(ground)}
    return CoverageFrames(
        gaps=gpd.GeoDataFrame(gaps.drop(columns="geometry"), geometry=shapes, crs=CRS),
        areas=gpd.GeoDataFrame(
            areas, geometry=shapely.from_wkb([held[row.id] for row in answer.areas]), crs=CRS
        ),
        about=_about(answer, language),
    )


def _row_of(area: AreaShare) -> dict[str, Any]:
    share = area.share
    return {
        "code": area.code,
        "level": area.level,
        "name": area.name,
        "parent_code": area.parent_code,
        "places": share.places,
        "places_covered": share.places_covered,
        "places_share": share.places_share,
        "households": share.households,
        "households_covered": share.households_covered,
        "households_share": share.households_share,
        "households_estimated": share.estimated,
    }


def _about(answer: RuleAnswer, language: str) -> dict[str, Any]:
    rule = answer.rule
    return {
        "rule": rule.name_en if language == "en" else rule.name_zh,
        "definition": answer.definition,
        "area": answer.areas[0].code,
        "at": answer.at.isoformat(timespec="seconds"),
        "counted_by": rule.counted_by,
        "share": share_by(answer.share, rule.counted_by),
        "target_share": rule.target_share,
        "plan_version": answer.plan_version,
        "as_of": answer.as_of.isoformat(timespec="seconds"),
    }
