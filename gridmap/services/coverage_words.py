"""What a rule of coverage counts, said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gridmap.i18n import translate
from gridmap.models import StaffRole
from gridmap.services.coverage import day_of
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gridmap.models import CoverageRule
    from gridmap.services.coverage_kinds import Places

WORDS = {"level": "level", "per": "level", "through": "level", "station_kinds": "kind", "by": "by"}
"""Parameter -> the prefix of the texts of its words."""


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
    names = {
        role.code: role.name_en if language == "en" else role.name_zh
        for role in session.scalars(select(StaffRole))
    }
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
    said = [translate(f"coverage.rule_{rule.kind}", language, **values)]
    if asked.get("households_at_most"):
        said.append(translate("coverage.at_most", language, **values))
    if asked.get("through"):
        said.append(translate("coverage.through", language, **values))
    if not places.applies:
        said.append(translate("coverage.not_demanded", language, **values))
    return (" " if language == "en" else "").join(said)


def _say(name: str, value: Any, roles: Mapping[str, str], language: str) -> Any:
    """Say a parameter in the reader's words."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        between = ", " if language == "en" else "、"
        return between.join(str(_say(name, one, roles, language)) for one in value)
    if name == "roles":
        return roles.get(value, value)
    prefix = WORDS.get(name)
    return translate(f"coverage.{prefix}_{value}", language) if prefix else value
