"""What a rule of coverage counts, said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gridmap.i18n import translate
from gridmap.models import StaffRole, VisitKind
from gridmap.services.coverage import day_of
from gridmap.services.coverage_kinds import ROLES, VISIT_KINDS
from gridmap.services.visit_periods import find_period
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gridmap.models import CoverageRule
    from gridmap.services.coverage_kinds import Places

WORDS = {
    "level": "level",
    "per": "level",
    "through": "level",
    "station_kinds": "kind",
    "by": "by",
    "period": "period",
}
"""Parameter -> the prefix of the texts of its words."""


def list_register_names(session: Session, language: str) -> dict[str, dict[str, str]]:
    """List the words of the registers that parameters choose from, each with its name in a language."""
    roles = session.scalars(select(StaffRole).order_by(StaffRole.code))
    kinds = session.scalars(select(VisitKind).order_by(VisitKind.place, VisitKind.code))
    return {
        name: {row.code: row.name_en if language == "en" else row.name_zh for row in rows}
        for name, rows in ((ROLES, roles), (VISIT_KINDS, kinds))
    }


def define_rule(
    session: Session,
    rule: CoverageRule,
    asked: Mapping[str, Any],
    moment: datetime,
    places: Places,
    language: str,
) -> str:
    """Say what a rule counts, in one or two sentences.

    Parameters
    ----------
    asked
        All parameters of the rule.
    places
        What was measured at the moment.
    """
    local = moment.astimezone(ZoneInfo(LOCAL_ZONE))
    values: dict[str, Any] = {"day": day_of(moment).isoformat(), "time": local.strftime("%Y-%m-%d %H:%M")}
    has_registers = bool({ROLES, VISIT_KINDS} & asked.keys())
    names = list_register_names(session, language) if has_registers else {}
    for name, value in asked.items():
        values[name] = _say(name, value, names, language)
    if rule.kind == "station_walk":
        how = places.frame["how"]
        values |= {
            "walk": translate(
                "coverage.metres" if asked["walk_m"] else "coverage.minutes",
                language,
                number=f"{asked['walk_m'] or asked['walk_minutes']:g}",
            ),
            "straight": int((how != "on_foot").sum()),
            "buildings": len(how),
        }
    if rule.kind == "visited":
        period = find_period(asked["period"], moment)
        values |= {"first_day": period.first_day.isoformat(), "last_day": period.last_day.isoformat()}
    said = [translate(f"coverage.rule_{rule.kind}", language, **values)]
    place = asked.get("level") or asked.get("per")
    if place == "micro_grid":
        said.append(translate("coverage.plan_of_day", language))
    if place in ("building", "entrance"):
        said.append(translate("coverage.homes_only", language))
    if asked.get("households_at_most"):
        said.append(translate("coverage.at_most", language, **values))
    if asked.get("through"):
        said.append(translate("coverage.through", language, **values))
    if not places.applies:
        said.append(translate("coverage.not_demanded", language, **values))
    return (" " if language == "en" else "").join(said)


def _say(name: str, value: Any, names: Mapping[str, Mapping[str, str]], language: str) -> Any:
    """Say a parameter in the reader's words."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        between = ", " if language == "en" else "、"
        return between.join(str(_say(name, one, names, language)) for one in value)
    if name in names:
        return names[name].get(value, value)
    prefix = WORDS.get(name)
    return translate(f"coverage.{prefix}_{value}", language) if prefix else value
