"""Maps to hand on: the heatmap as a page with title, layers, slider, legend, plan version and date."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.formats.heat_page import HeatWords, PageFrames, PageLayer, build_heat_page
from gridmap.formats.map_page import Leaflet
from gridmap.i18n import translate
from gridmap.models import Area
from gridmap.services.actors import Actor
from gridmap.services.heat_counts import HeatFilter
from gridmap.services.heat_layers import LAYERS, HeatLayer, heat_layer
from gridmap.services.heat_play_words import say_frames
from gridmap.services.heat_plays import play_layer
from gridmap.services.heat_words import (
    kind_of,
    lines_of,
    list_classes,
    say_elsewhere,
    say_filter,
    say_notes,
    say_period,
)
from gridmap.services.places import get_area
from gridmap.settings import LOCAL_ZONE

ROAD_CLASSES = ["motorway", "trunk", "primary", "secondary", "tertiary"]
OUTLINE_ABOVE = {"micro_grid": "grid", "grid": "community", "community": "street", "hexagon": "street"}
SIMPLIFY_DEGREES = 0.000_01  # about a metre; cells share their borders and are thinned as one coverage
DECIMALS = 6  # about ten centimetres
THINNED_FROM = 200  # cells; fewer are small enough as they are


def heat_map_page(
    session: Session,
    actor: Actor,
    area_code: str,
    which: HeatFilter,
    *,
    leaflet: Leaflet,
    layer: str = "per_100",
    level: str = "micro_grid",
    step: str = "week",
    zone: str = LOCAL_ZONE,
    language: str | None = None,
) -> str:
    """Make the page of a heatmap with all its layers; as `gridmap.services.heat_layers.heat_layer`.

    Parameters
    ----------
    leaflet
        Addresses to embed the page with, or the files' text for a page that opens from disk.
    layer
        Which one is on at the beginning.
    step
        Of the slider: ``day``, ``week`` or ``month``; a longer one where it is too fine for the period.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        For an unknown layer, level, step, state or tier, or a period that is empty, too long or without zone.
    """
    spoken = language or actor.language
    shown = [
        heat_layer(
            session,
            actor,
            area_code,
            which,
            layer=one,
            level=level,
            with_shapes=not number,
            zone=zone,
            language=spoken,
        )
        for number, one in enumerate(LAYERS)
    ]
    area = get_area(session, actor, area_code)
    grounds = [row.geometry or {"type": "Point"} for row in shown[0].rows]
    drawn = [number for number, ground in enumerate(grounds) if ground["type"] != "Point"]
    shapes = thin_shapes([grounds[number] for number in drawn])
    cells = [
        {"name": _name_of(shown[0], number), "geometry": shape}
        for number, shape in zip(drawn, shapes, strict=True)
    ]
    played = [
        play_layer(
            session,
            actor,
            area_code,
            which,
            codes=[shown[0].rows[number].code for number in drawn],
            layer=one.layer,
            level=level,
            step=step,
            zone=zone,
            language=spoken,
        )
        for one in shown
    ]
    return build_heat_page(
        cells,
        [
            _layer_of(one, drawn, say_frames(steps, one.definition, zone, spoken), spoken)
            for one, steps in zip(shown, played, strict=True)
        ],
        _words_of(shown[0], which, zone, spoken),
        first=LAYERS.index(layer),
        base=list_base(session, area, OUTLINE_ABOVE[level]),
        bounds=find_bounds(session, area),
        leaflet=leaflet,
    )


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


def thin_shapes(shapes: Sequence[Any]) -> list[dict[str, Any]]:
    """Simplify the shapes together where they are many; neighbours keep their shared border."""
    if len(shapes) < THINNED_FROM:
        return list(shapes)
    polygons = shapely.from_geojson([json.dumps(shape) for shape in shapes])
    if shapely.coverage_is_valid(polygons):
        polygons = shapely.coverage_simplify(polygons, SIMPLIFY_DEGREES)
    polygons = shapely.set_precision(polygons, 10**-DECIMALS, mode="pointwise")
    return [json.loads(text) for text in shapely.to_geojson(polygons)]


def _name_of(shown: HeatLayer, number: int) -> str:
    row = shown.rows[number]
    return row.code if row.label == row.code else f"{row.code} {row.label}"


def _layer_of(shown: HeatLayer, drawn: Sequence[int], frames: PageFrames, language: str) -> PageLayer:
    rows = [shown.rows[number] for number in drawn]
    return PageLayer(
        name=translate(f"officials.layer_{shown.layer}", language),
        classes=list_classes(shown, language),
        kinds=[kind_of(row, shown) for row in rows],
        lines=[lines_of(row, shown, language) for row in rows],
        notes=(*say_elsewhere(shown, language), shown.definition, *shown.messages),
        frames=frames,
    )


def _words_of(shown: HeatLayer, which: HeatFilter, zone: str, language: str) -> HeatWords:
    def say(key: str, **values: object) -> str:
        return translate(key, language, **values)

    period = say_period(shown.starts_at, shown.ends_at, zone, language)
    return HeatWords(
        language=language,
        title=say("heatmaps.title", area=shown.area_name),
        subtitle=f"{period} · {say_filter(which, language)}",
        layers=say("officials.layer"),
        steps_of=say("officials.slider"),
        play=say("officials.play"),
        pause=say("officials.pause"),
        whole=say("officials.whole"),
        notes=say_notes(shown, zone, language),
    )
