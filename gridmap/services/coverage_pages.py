"""A map of coverage to hand on: one file with its title, legend, definition, plan version and date."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from gridmap.formats.map_page import Leaflet, PageTexts, build_cell_map, build_page
from gridmap.i18n import translate
from gridmap.models import Area
from gridmap.services.coverage_rules import find_gaps, share_by
from gridmap.services.maps import DECIMALS, find_bounds, list_base, thin_shapes
from gridmap.services.places import get_area
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.coverage import Share
    from gridmap.services.coverage_rules import AreaShare, RuleAnswer

LEAST_SHARES = (0.9, 0.7, 0.5)
"""Lower bounds of the classes between whole coverage and little."""
CLASSES = ("100 %", "90–<100 %", "70–<90 %", "50–<70 %", "< 50 %")
BELOW = {"district": "community", "street": "community", "community": "grid", "grid": "grid"}
"""Level of the cells for each level of area."""
MOST_GAPS = 15_000
"""More places than these are left to the other files: the page stays under 10 MB."""


def coverage_page(
    session: Session,
    actor: Actor,
    rule_id: int,
    area_code: str,
    at: datetime | None = None,
    *,
    leaflet: Leaflet,
    language: str | None = None,
) -> str:
    """Make the page of a rule in an area; parameters as for `gridmap.services.coverage_rules.find_gaps`.

    Raises
    ------
    NotFound
        If there is no such rule, or no such area in the actor's scope.
    """
    spoken = language or actor.language
    answer = find_gaps(session, actor, rule_id, area_code, at, with_shapes=True, language=spoken)
    area = get_area(session, actor, area_code)
    texts = _texts_of(answer, spoken)
    level = BELOW[area.level]
    made = build_cell_map(
        _cells_of(session, [row for row in answer.areas if row.level == level], answer.rule.counted_by),
        texts,
        breaks=[1, 2, 3, 4],
        base=[*list_base(session, area, level), *_collect(answer.gaps[:MOST_GAPS])],
        bounds=find_bounds(session, area),
        leaflet=leaflet,
    )
    return build_page(made, leaflet, title=texts.title, language=texts.language)


def _collect(gaps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put all polygons into one shape: the page writes each shape with its style."""
    rings = []
    for gap in gaps:
        shape = gap["geometry"]
        if shape["type"] == "MultiPolygon":
            rings += shape["coordinates"]
        elif shape["type"] == "Polygon":
            rings.append(shape["coordinates"])
    return [{"kind": "gap", "geometry": {"type": "MultiPolygon", "coordinates": rings}}] if rings else []


def _cells_of(session: Session, rows: list[AreaShare], counted_by: str) -> list[dict[str, Any]]:
    ground = select(Area.id, func.ST_AsGeoJSON(Area.geom, DECIMALS).label("ground"))
    held = {
        row.id: json.loads(row.ground)
        for row in session.execute(ground.where(Area.id.in_([row.id for row in rows])))
    }
    shapes = thin_shapes([held[row.id] for row in rows])
    return [
        {
            "name": f"{row.code} {row.name}",
            "value": _class_of(share_by(row.share, counted_by)),
            "figures": _figures_of(row.share, counted_by),
            "geometry": shape,
        }
        for row, shape in zip(rows, shapes, strict=True)
    ]


def _class_of(share: float | None) -> int | None:
    """Number the class of a share, from whole (0) to little (4)."""
    if share is None:
        return None
    return 0 if share >= 1 else 1 + sum(share < least for least in LEAST_SHARES)


def _figures_of(share: Share, counted_by: str) -> tuple[str, str, str]:
    estimated = " *" if share.estimated else ""
    return (
        _percent(share_by(share, counted_by)),
        f"{share.places_covered:,} / {share.places:,}",
        f"{share.households_covered:,} / {share.households:,}{estimated}",
    )


def _percent(share: float | None) -> str:
    """Write a share; what is not whole never reads as 100 %."""
    if share is None:
        return "–"
    return "100 %" if share >= 1 else f"{min(share * 100, 99.9):.1f} %"


def _say_plan(version: int | None, language: str) -> str:
    if version is None:
        return translate("coverage.no_plan", language)
    return translate("coverage.plan_version", language, plan=version)


def _texts_of(answer: RuleAnswer, language: str) -> PageTexts:
    rule, area = answer.rule, answer.areas[0]
    local = ZoneInfo(LOCAL_ZONE)
    values = {
        "area": (area.name_en or area.name) if language == "en" else area.name,
        "rule": rule.name_en if language == "en" else rule.name_zh,
        "share": _percent(share_by(answer.share, rule.counted_by)),
        "target": _percent(rule.target_share),
        "missing": f"{answer.share.places - answer.share.places_covered:,}",
        "what": translate(f"coverage.level_{answer.level}", language),
        "at": answer.at.astimezone(local).strftime("%Y-%m-%d %H:%M"),
        "time": answer.as_of.astimezone(local).strftime("%Y-%m-%d %H:%M"),
        "plan": _say_plan(answer.plan_version, language),
        "shown": f"{MOST_GAPS:,}",
    }

    def say(key: str) -> str:
        return translate(f"coverage.page_{key}", language, **values)

    left_out = (say("left_out"),) if len(answer.gaps) > MOST_GAPS else ()
    return PageTexts(
        language=language,
        title=say("title"),
        subtitle=say("subtitle"),
        legend=say("legend"),
        classes=CLASSES,
        too_small=say("nothing"),
        notes=(say("gaps"), *left_out, answer.definition, say("made")),
        columns=(say("share"), say("places"), say("households")),
    )
