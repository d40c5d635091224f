"""Maps to hand on: a heatmap as a page that carries its title, legend, definition, plan version and date."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError
from gridmap.formats.map_page import Leaflet, PageTexts, build_heat_map, build_page
from gridmap.i18n import catalogue, translate
from gridmap.models import Area
from gridmap.services.actors import Actor
from gridmap.services.heatmaps import FEWEST_HOUSEHOLDS, Heat, HeatRow, heat
from gridmap.services.places import get_area
from gridmap.settings import LOCAL_ZONE

MEASURES = ("rate", "issues")
ROAD_CLASSES = ["motorway", "trunk", "primary", "secondary", "tertiary"]
OUTLINE_ABOVE = {"micro_grid": "grid", "grid": "community", "community": "street"}
SIMPLIFY_DEGREES = 0.000_01  # about a metre; cells share their borders and are thinned as one coverage
DECIMALS = 6  # about ten centimetres
THINNED_FROM = 200  # cells; fewer are small enough as they are


def heat_map_page(
    session: Session,
    actor: Actor,
    area_code: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    leaflet: Leaflet,
    category: str | None = None,
    level: str = "micro_grid",
    measure: str = "rate",
    zone: str = LOCAL_ZONE,
    language: str | None = None,
) -> str:
    """Make the page of a heatmap; parameters as for `gridmap.services.heatmaps.heat`.

    Parameters
    ----------
    leaflet
        Addresses to embed the page with, or the files' text for a page that opens from disk.
    measure
        ``rate`` (per 100 households) or ``issues``.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        For an unknown level or measure, or a period that is empty, too long or without zone.
    """
    if measure not in MEASURES:
        raise BadInput(fields=[FieldError("query", "measure", "heat_word", measure, " | ".join(MEASURES))])
    spoken = language or actor.language
    shown = heat(
        session,
        actor,
        area_code,
        starts_at=starts_at,
        ends_at=ends_at,
        category=category,
        level=level,
        with_shapes=True,
        zone=zone,
        language=spoken,
    )
    area = get_area(session, actor, area_code)
    texts = _texts_of(shown, measure, zone, spoken)
    made = build_heat_map(
        _cells_of(shown.rows, measure),
        texts,
        breaks=shown.breaks[measure],
        base=list_base(session, area, OUTLINE_ABOVE[level]),
        bounds=find_bounds(session, area),
        leaflet=leaflet,
    )
    return build_page(made, texts, leaflet)


def list_base(session: Session, area: Area, outline_level: str) -> list[dict[str, Any]]:
    """List what lies below the cells of a page: ``{"kind", "geometry"}``, areas of a level outlined."""
    asked = {"area_id": area.id, "outline_level": outline_level, "classes": ROAD_CLASSES}
    rows = session.execute(sql("report_base"), asked)
    return [{"kind": row.kind, "geometry": json.loads(row.geometry)} for row in rows]


def find_bounds(session: Session, area: Area) -> tuple[float, float, float, float]:
    """Find west, south, east and north of an area, in degrees."""
    box = func.box2d(Area.geom)
    asked = select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
    west, south, east, north = session.execute(asked.where(Area.id == area.id)).one()
    return west, south, east, north


def _cells_of(rows: Sequence[HeatRow], measure: str) -> list[dict[str, Any]]:
    """Turn the rows that have ground into cells; those of upper floors only stand in no map."""
    drawn = [row for row in rows if row.geometry and row.geometry["type"] != "Point"]
    shapes = thin_shapes([row.geometry for row in drawn])
    return [
        {
            "name": row.code if row.label == row.code else f"{row.code} {row.label}",
            "value": row.rate_per_100 if measure == "rate" else _count_of(row),
            "figures": (
                f"{row.issues:,}" + (" †" if row.few else ""),
                "–" if row.rate_per_100 is None else f"{row.rate_per_100:.1f}",
                f"{row.households:,}" + (" *" if row.estimated else ""),
            ),
            "geometry": shape,
        }
        for row, shape in zip(drawn, shapes, strict=True)
    ]


def _count_of(row: HeatRow) -> float | None:
    """A count is shown for every cell that has households enough or issues at all."""
    return row.issues if row.issues or row.households >= FEWEST_HOUSEHOLDS else None


def thin_shapes(shapes: Sequence[Any]) -> list[dict[str, Any]]:
    """Simplify the shapes together where they are many; neighbours keep their shared border."""
    if len(shapes) < THINNED_FROM:
        return list(shapes)
    polygons = shapely.from_geojson([json.dumps(shape) for shape in shapes])
    if shapely.coverage_is_valid(polygons):
        polygons = shapely.coverage_simplify(polygons, SIMPLIFY_DEGREES)
    polygons = shapely.set_precision(polygons, 10**-DECIMALS, mode="pointwise")
    return [json.loads(text) for text in shapely.to_geojson(polygons)]


def _texts_of(shown: Heat, measure: str, zone: str, language: str) -> PageTexts:
    local = ZoneInfo(zone)
    days = {
        "from_day": shown.starts_at.astimezone(local).date().isoformat(),
        "to_day": (shown.ends_at - timedelta(microseconds=1)).astimezone(local).date().isoformat(),
    }
    counted = {
        "issues": f"{sum(row.issues for row in shown.rows):,}",
        "households": f"{sum(row.households for row in shown.rows):,}",
    }
    made = {
        "plan": shown.plan_version or "–",
        "time": shown.as_of.astimezone(local).strftime("%Y-%m-%d %H:%M"),
    }
    period = translate("heatmaps.period", language, **days)
    return PageTexts(
        language=language,
        title=translate("heatmaps.title", language, area=shown.area_name),
        subtitle=f"{period} · {_category_name(shown.category, language)}",
        legend=translate(f"heatmaps.legend_{measure}", language),
        classes=_spans_of(shown.breaks[measure]),
        too_small=translate("heatmaps.not_enough", language),
        notes=(
            translate("heatmaps.counted", language, **counted),
            *_left_out_note(shown.left_out, language),
            shown.definition,
            translate("heatmaps.made", language, **made),
        ),
        columns=(
            translate("heatmaps.tip_issues", language),
            translate("heatmaps.tip_rate", language),
            translate("heatmaps.tip_households", language),
        ),
    )


def _left_out_note(left_out: dict[str, int], language: str) -> tuple[str, ...]:
    if not left_out:
        return ()
    named = [
        translate(f"heatmaps.flag_{reason}", language, count=f"{count:,}")
        for reason, count in left_out.items()
    ]
    reasons = (", " if language == "en" else "、").join(named)
    return (translate("heatmaps.left_out", language, reasons=reasons),)


def _category_name(category: str | None, language: str) -> str:
    """Name a category; one that a city brought along is shown as it is."""
    if not category:
        return translate("heatmaps.all_categories", language)
    key = f"pages.category_{category}"
    return translate(key, language) if key in catalogue() else category


def _spans_of(breaks: Sequence[float]) -> tuple[str, ...]:
    between = [f"{low:g}–{high:g}" for low, high in pairwise(breaks)]
    return (f"< {breaks[0]:g}", *between, f"≥ {breaks[-1]:g}")
