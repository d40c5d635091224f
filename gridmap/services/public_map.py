"""What everybody may read, without signing in: published figures, with all that is needed to read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from gridmap.i18n import translate
from gridmap.mapping.breaks import build_breaks
from gridmap.mapping.disclosure import LEAST_HOUSEHOLDS, LEAST_ISSUES
from gridmap.models import Area, PublicBlock, PublicCategory, PublicCell
from gridmap.services.actors import Actor, require

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PUBLIC = Actor(account_id=None, username="", role="visitor", area_ids=None, rights=frozenset({"public.read"}))
"""Who reads the public map."""
DECIMALS = 5


@dataclass(frozen=True)
class PublicMonths:
    """Communities with their published months.

    Attributes
    ----------
    communities
        ``code``, ``name``, ``name_en``, ``street``, ``street_en``, ``geometry`` (GeoJSON), ``blocks``: each
        with ``first_month``, ``last_month`` (counted), ``issues``, ``households``, ``households_estimated``.
    first_month, last_month
        Of all blocks; None where nothing is published yet.
    breaks_per_100, year_breaks_per_100
        Bounds of the colours: issues per 100 households and month, and year.
    years
        Ends of the years that are told by micro-grid, newest first.
    published_at
        When the newest figure was published.
    """

    communities: list[dict[str, Any]]
    first_month: date | None
    last_month: date | None
    breaks_per_100: list[float]
    year_breaks_per_100: list[float]
    years: list[date]
    published_at: datetime | None
    definition: str


@dataclass(frozen=True)
class PublicYear:
    """The issues of twelve months by micro-grid and by category.

    Attributes
    ----------
    cells
        ``id``, ``community``, ``codes`` of the micro-grids, ``issues``, ``households``,
        ``households_estimated``, ``geometry`` (GeoJSON; None without ground).
    categories
        ``street``, ``street_en``, ``category`` (None = all that are not listed), ``issues``.
    plan_version
        The plan whose micro-grids they are.
    """

    year_end: date
    cells: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    plan_version: int | None
    published_at: datetime | None
    definition: str


def list_months(session: Session, actor: Actor, *, language: str | None = None) -> PublicMonths:
    """List what is published of the months."""
    require(actor, "public.read")
    street, blocks = aliased(Area), _blocks_by_area(session)
    query = (
        select(
            Area.id, Area.code, Area.name, Area.name_en, street.name.label("street"),
            street.name_en.label("street_en"), func.ST_AsGeoJSON(Area.geom, DECIMALS).label("ground"),
        )
        .join(street, street.id == Area.parent_id)
        .where(Area.level == "community")
        .order_by(Area.code)
    )  # fmt: skip
    communities = [
        {
            **{name: getattr(row, name) for name in ("code", "name", "name_en", "street", "street_en")},
            "geometry": json.loads(row.ground),
            "blocks": blocks.get(row.id, []),
        }
        for row in session.execute(query)
    ]
    about = (PublicBlock.first_month, PublicBlock.last_month, PublicBlock.published_at)
    first, last, published = session.execute(
        select(func.min(about[0]), func.max(about[1]), func.max(about[2]))
    ).one()
    years = select(PublicCell.year_end).distinct().order_by(PublicCell.year_end.desc())
    definition = _define("months", language or actor.language)
    mean = _mean_per_100([block for one in blocks.values() for block in one])
    return PublicMonths(
        communities,
        first,
        last,
        build_breaks(mean, whole=False),
        build_breaks(mean * 12, whole=False),
        list(session.scalars(years)),
        published,
        definition,
    )


def list_year(
    session: Session, actor: Actor, year_end: date | None = None, *, language: str | None = None
) -> PublicYear | None:
    """List what is published of a year, the newest by default; None where there is none."""
    require(actor, "public.read")
    end = year_end or session.scalar(select(func.max(PublicCell.year_end)))
    ground = func.ST_AsGeoJSON(PublicCell.geom, DECIMALS).label("ground")
    query = select(PublicCell, Area.code, ground).join(Area, Area.id == PublicCell.area_id)
    rows = session.execute(query.where(PublicCell.year_end == end).order_by(PublicCell.id)).all()
    if end is None or not rows:
        return None
    street = (Area.name.label("street"), Area.name_en.label("street_en"))
    categories = (
        select(*street, PublicCategory.category, PublicCategory.issues)
        .join(Area, Area.id == PublicCategory.area_id)
        .where(PublicCategory.year_end == end)
        .order_by(Area.code, PublicCategory.category.is_(None), PublicCategory.issues.desc())
    )
    cells = [row.PublicCell for row in rows]
    return PublicYear(
        year_end=end,
        cells=[
            {
                "id": row.PublicCell.id,
                "community": row.code,
                "codes": row.PublicCell.codes,
                "issues": row.PublicCell.issues,
                "households": row.PublicCell.households,
                "households_estimated": row.PublicCell.households_estimated,
                "geometry": json.loads(row.ground) if row.ground else None,
            }
            for row in rows
        ],
        categories=[row._asdict() for row in session.execute(categories)],
        plan_version=max((cell.plan_id for cell in cells if cell.plan_id), default=None),
        published_at=max(cell.published_at for cell in cells),
        definition=_define("year", language or actor.language),
    )


def frame_months(answer: PublicMonths) -> pd.DataFrame:
    """Turn the months into a table: one row a block."""
    return pd.DataFrame(
        [
            {"community": one["code"], "name": one["name"], **block}
            for one in answer.communities
            for block in one["blocks"]
        ]
    )


def frame_cells(answer: PublicYear) -> pd.DataFrame:
    """Turn the cells of a year into a table."""
    return pd.DataFrame(
        [
            {
                "year_end": answer.year_end,
                "community": cell["community"],
                "micro_grids": " ".join(cell["codes"]),
                "issues": cell["issues"],
                "households": cell["households"],
                "households_estimated": cell["households_estimated"],
                "plan_version": answer.plan_version,
            }
            for cell in answer.cells
        ]
    )


def _mean_per_100(blocks: list[dict[str, Any]]) -> float:
    """Give the city's issues per 100 households and month over all that is published; 0 without any."""
    issues = sum(block["issues"] for block in blocks)
    homes = sum(block["households"] * _months_in(block) for block in blocks)
    return 100 * issues / homes if homes else 0.0


def _months_in(block: dict[str, Any]) -> int:
    first, last = block["first_month"], block["last_month"]
    return int((last.year - first.year) * 12 + last.month - first.month + 1)


def _blocks_by_area(session: Session) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for block in session.scalars(select(PublicBlock).order_by(PublicBlock.area_id, PublicBlock.first_month)):
        found.setdefault(block.area_id, []).append(
            {
                "first_month": block.first_month,
                "last_month": block.last_month,
                "issues": block.issues,
                "households": block.households,
                "households_estimated": block.households_estimated,
            }
        )
    return found


def _define(table: str, language: str) -> str:
    return translate(f"public.definition_{table}", language, issues=LEAST_ISSUES, households=LEAST_HOUSEHOLDS)
