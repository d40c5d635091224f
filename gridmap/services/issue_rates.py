"""How well issues are handled: rates with their intervals by area, tier, organisation, company or category.

Rates are of services and organisations, never of people. Every figure names its definition and opens its
cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select

from gridmap.db import plan_by_values, sql
from gridmap.errors import BadInput, FieldError
from gridmap.handling.rates import FEWEST_CASES, Rate, list_apart
from gridmap.i18n import translate
from gridmap.models import Area, Issue, MicroGrid
from gridmap.services.actors import Actor, require
from gridmap.services.places import get_area
from gridmap.services.postings import CURRENT

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

GROUPINGS = ("area", "tier", "organisation", "company", "category")
FIGURES = (
    "response",
    "settlement",
    "satisfaction",
    "fixed",
    "rated",
    "by_desk",
    "void",
    "paused",
    "merged",
    "refiled",
)
"""The three rates, then what stands beside them so that nobody is misled."""


@dataclass(frozen=True)
class GroupRates:
    """The figures of one group.

    Attributes
    ----------
    key, name
        Code, and what a reader calls it; an empty key is what belongs to none.
    """

    key: str
    name: str
    figures: Mapping[str, Rate]


@dataclass(frozen=True)
class RatesAnswer:
    """Rates of an area in a period.

    Attributes
    ----------
    whole, groups
        Of the area, and of each group in it, by name.
    red, black
        Property companies whose settlement rate is certainly above, or below, that of all others together;
        the intervals do not overlap. Alphabetical.
    definitions
        Of each figure, in words.
    plan_version
        The newest plan in force in the area. The figures do not depend on it: they go by grids.
    """

    area_code: str
    grouping: str
    starts_at: datetime
    ends_at: datetime
    as_of: datetime
    whole: GroupRates
    groups: list[GroupRates]
    red: list[str] = field(default_factory=list)
    black: list[str] = field(default_factory=list)
    definitions: Mapping[str, str] = field(default_factory=dict)
    plan_version: int | None = None
    fewest_cases: int = FEWEST_CASES


def find_rates(
    session: Session,
    actor: Actor,
    area_code: str,
    grouping: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    language: str | None = None,
) -> RatesAnswer:
    """Find the rates of an area for the limits that fell into a period.

    Parameters
    ----------
    grouping
        One of `GROUPINGS`.
    starts_at, ends_at
        With zone, half-open.

    Raises
    ------
    NotFound
        If the area is unknown or lies outside the actor's.
    BadInput
        For an unknown grouping.
    """
    require(actor, "rates.read")
    spoken = language or actor.language
    asked = _asked(session, actor, area_code, grouping, starts_at, ends_at)
    groups: dict[str, dict[str, Rate]] = {}
    for row in session.execute(sql("issue_rates"), asked):
        groups.setdefault(row.group_key, {})[row.figure] = Rate(row.good, row.counted)
    names = _names_of(session, grouping, list(groups), spoken)
    listed = [_group(key, names[key], figures) for key, figures in groups.items()]
    companies = {group.name: group.figures["settlement"] for group in listed if group.key}
    red, black = list_apart(companies) if grouping == "company" else ([], [])
    return RatesAnswer(
        area_code=area_code,
        grouping=grouping,
        starts_at=starts_at,
        ends_at=ends_at,
        as_of=datetime.now(UTC),
        whole=_whole(listed),
        groups=sorted(listed, key=lambda group: (group.key == "", group.name)),
        red=red,
        black=black,
        definitions={name: translate(f"handling.figure_{name}", spoken) for name in FIGURES},
        plan_version=_plan_of(session, asked["area_id"]),
    )


def find_last_report(session: Session, actor: Actor, area_code: str) -> datetime | None:
    """Find when the newest issue of an area was reported."""
    require(actor, "rates.read")
    area = get_area(session, actor, area_code)
    return session.scalar(select(func.max(Issue.reported_at)).where(Issue.grid_id.in_(_below(area.id))))


def list_rate_issues(
    session: Session,
    actor: Actor,
    area_code: str,
    grouping: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    figure: str,
    key: str | None = None,
    after_id: int = 0,
    limit: int = 100,
) -> list[int]:
    """List the ids of the cases that a figure counts, of one group or (None) of all, in their order."""
    require(actor, "rates.read")
    if figure not in FIGURES:
        hint = ", ".join(FIGURES)
        raise BadInput(fields=[FieldError("query", "figure", "api_not_one_of", value=figure[:60], hint=hint)])
    asked = _asked(session, actor, area_code, "all" if key is None else grouping, starts_at, ends_at)
    more = {"figure": figure, "group_key": key, "after_id": after_id, "at_most": limit}
    row = session.execute(sql("issue_rates"), asked | more).one_or_none()
    return [] if row is None else list(row.ids or [])


def _asked(
    session: Session, actor: Actor, area_code: str, grouping: str, starts_at: datetime, ends_at: datetime
) -> dict[str, Any]:
    if grouping not in (*GROUPINGS, "all"):
        hint = ", ".join(GROUPINGS)
        raise BadInput(fields=[FieldError("query", "by", "api_not_one_of", value=grouping[:60], hint=hint)])
    area = get_area(session, actor, area_code)
    plan_by_values(session)
    return {
        "area_id": area.id,
        "grouping": grouping,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "figure": None,
        "group_key": None,
        "after_id": 0,
        "at_most": 0,
    }


def _below(area_id: int) -> Select[int]:
    return select(Area.id).where(Area.lineage.contains([area_id]))


def _plan_of(session: Session, area_id: int) -> int | None:
    query = select(func.max(MicroGrid.plan_id)).where(*CURRENT, MicroGrid.grid_id.in_(_below(area_id)))
    return session.scalar(query)


def _group(key: str, name: str, figures: Mapping[str, Rate]) -> GroupRates:
    return GroupRates(key, name, {figure: figures.get(figure, Rate(0, 0)) for figure in FIGURES})


def _whole(groups: list[GroupRates]) -> GroupRates:
    def total(figure: str) -> Rate:
        rates = [group.figures[figure] for group in groups]
        return Rate(sum(rate.good for rate in rates), sum(rate.counted for rate in rates))

    return GroupRates("", "", {figure: total(figure) for figure in FIGURES})


def _names_of(session: Session, grouping: str, keys: list[str], language: str) -> dict[str, str]:
    """Give what a reader calls each group."""
    names = {key: key or translate("handling.group_none", language) for key in keys}
    if grouping == "tier":
        return {key: translate(f"handling.tier_{key}", language) for key in keys}
    if grouping == "area":
        query = select(Area.code, Area.name, Area.name_en).where(Area.code.in_(keys))
        found = session.execute(query)
        names |= {row.code: (row.name_en if language == "en" else None) or row.name for row in found}
    return names
