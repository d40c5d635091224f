"""A layer of the heatmap as it leaves the house: frames for files, and what a picture of it shows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.formats.heat_picture import HeatPicture, PictureCell
from gridmap.i18n import translate
from gridmap.services.heat_words import (
    SIGNS,
    kind_of,
    list_classes,
    say_elsewhere,
    say_filter,
    say_notes,
    say_period,
)
from gridmap.services.maps import OUTLINE_ABOVE, find_bounds, list_base
from gridmap.services.places import get_area
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.heat_counts import HeatFilter
    from gridmap.services.heat_layers import HeatLayer, LayerRow
    from gridmap.services.heatmaps import CountedIssue

CRS = "EPSG:4326"
MOST_FIGURES = 200
"""More cells than these leave no room for figures on them."""
ISSUE_COLUMNS = ("id", "reported_at", "category", "channel", "state", "tier", "cell")


def frame_cells(shown: HeatLayer) -> gpd.GeoDataFrame:
    """Turn the rows of a layer into a frame: every figure, one row a cell, in the order of the layer."""
    rows = pd.DataFrame([asdict(row) for row in shown.rows])
    if rows.empty:
        return gpd.GeoDataFrame({"code": []}, geometry=[], crs=CRS)
    grounds = [shapely.geometry.shape(ground) if ground else None for ground in rows["geometry"]]
    rows = rows.drop(columns="geometry")
    told = [name for name in rows.columns if not rows[name].isna().all() or name in ("code", "label")]
    return gpd.GeoDataFrame(rows[told], geometry=grounds, crs=CRS)


def frame_issues(issues: list[CountedIssue]) -> pd.DataFrame:
    """Turn issues into a frame; the moments as ISO 8601 texts."""
    rows = pd.DataFrame([asdict(issue) for issue in issues], columns=list(ISSUE_COLUMNS))
    rows["reported_at"] = [issue.reported_at.isoformat(timespec="seconds") for issue in issues]
    return rows


def tell_about(shown: HeatLayer, which: HeatFilter) -> dict[str, Any]:
    """Tell all that is needed to read a layer in a file."""
    words = {
        name: ",".join(getattr(which, name)) or None for name in ("categories", "channels", "states", "tiers")
    }
    return {
        "area": shown.area_code,
        "layer": shown.layer,
        "level": shown.level,
        "starts_at": shown.starts_at.isoformat(timespec="seconds"),
        "ends_at": shown.ends_at.isoformat(timespec="seconds"),
        **words,
        "q": shown.q,
        "breaks": " ".join(f"{bound:g}" for bound in shown.breaks) or None,
        "plan_version": shown.plan_version,
        "as_of": shown.as_of.isoformat(timespec="seconds"),
        "definition": shown.definition,
        "left_out": " ".join(f"{reason}={count}" for reason, count in shown.left_out.items()) or None,
    }


def read_picture(
    session: Session,
    actor: Actor,
    shown: HeatLayer,
    which: HeatFilter,
    *,
    language: str,
    zone: str = LOCAL_ZONE,
) -> HeatPicture:
    """Read what a picture of a layer, whose rows have their shapes, shows."""
    area = get_area(session, actor, shown.area_code)

    def say(key: str, **values: object) -> str:
        return translate(key, language, **values)

    drawn = [row for row in shown.rows if row.geometry and row.geometry["type"] != "Point"]
    has_figures = shown.q is not None or len(drawn) <= MOST_FIGURES
    period = say_period(shown.starts_at, shown.ends_at, zone, language)
    return HeatPicture(
        language=language,
        title=f"{say('heatmaps.title', area=shown.area_name)} · {say(f'officials.layer_{shown.layer}')}",
        title_by_code=f"{say('heatmaps.title', area=area.code)} · {say(f'officials.layer_{shown.layer}')}",
        subtitle=f"{period} · {say(f'officials.by_{shown.level}')} · {say_filter(which, language)}",
        legend=say(f"officials.legend_{shown.layer}"),
        classes=list_classes(shown, language),
        cells=tuple(
            PictureCell(
                kind=kind_of(row, shown),
                shape=shapely.geometry.shape(row.geometry or {}),
                figure=_figure_of(row, shown) if has_figures else "",
            )
            for row in drawn
        ),
        base=tuple(
            (one["kind"], shapely.geometry.shape(one["geometry"]))
            for one in list_base(session, area, OUTLINE_ABOVE[shown.level])
        ),
        bounds=find_bounds(session, area),
        notes=(
            *say_elsewhere(shown, language),
            *say_notes(shown, zone, language),
            *shown.messages,
            shown.definition,
        ),
    )


def _figure_of(row: LayerRow, shown: HeatLayer) -> str:
    if shown.q is not None:
        return f"{SIGNS[row.found]}{row.ratio:.1f}×" if row.found in SIGNS and row.ratio is not None else ""
    if shown.layer == "counts":
        return f"{row.issues:,}" if row.issues else ""
    return "" if row.shrunk_per_100 is None else f"{row.shrunk_per_100:.1f}"
