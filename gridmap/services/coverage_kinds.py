"""The kinds of coverage rules: what a rule may demand, and how it is measured.

A kind is one entry of `RULE_KINDS`: its parameters, and a function that lists the places which a rule of the
kind speaks of, each covered or not. Whatever is made of that (shares, gaps, months, reports) knows no kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from gridmap.covering.graph import WALK_M_PER_MINUTE
from gridmap.db import plan_by_values
from gridmap.errors import BadInput, FieldError
from gridmap.models.places import AREA_LEVELS, STATION_KINDS
from gridmap.models.visits import PERIODS
from gridmap.services.coverage import LARGEST_WALK_M, day_of, sum_by_building
from gridmap.services.plan_frames import read_frame
from gridmap.services.visit_periods import find_period
from gridmap.services.walking import walk_to_stations
from gridmap.settings import LOCAL_ZONE

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

UPWARDS = tuple(reversed(AREA_LEVELS))
HEADED = ("micro_grid", "building", "entrance")
POSTED = (*HEADED, "compound")
SERVED_BY = ("property_company", "committee", "branch")
VISITED = ("building", "entrance")
ROLES, VISIT_KINDS = "roles", "visit_kind"
"""Words of a parameter that are a register of the database, by the name of the parameter."""


@dataclass(frozen=True)
class Places:
    """The places that a rule speaks of.

    Attributes
    ----------
    level
        What they are: ``micro_grid``, ``building``, ``entrance``, ``compound`` or a level of areas.
    frame
        One row a place: ``place_id``, ``area_id`` (the area itself, or the grid it lies in), ``households``,
        ``households_covered``, ``households_estimated``, ``covered``, ``plan_id`` and the ``figures``.
    figures
        Columns of the frame that say why a place is covered or not.
    applies
        Whether anything is demanded at the moment asked for.
    """

    level: str
    frame: pd.DataFrame
    figures: tuple[str, ...]
    applies: bool = True


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kind.

    Attributes
    ----------
    words
        The words it may hold, one or (`many`) a list; `ROLES` or `VISIT_KINDS`, the words of that register;
        None for a number.
    least, most
        Bounds of a number.
    whole
        Whether the number has no fractions.
    default
        What an absent one means; without one it is required.
    """

    name: str
    words: tuple[str, ...] | str | None = None
    many: bool = False
    least: float = 1
    most: float = 1
    whole: bool = True
    default: Any = ...

    def check(self, value: Any, registers: Mapping[str, Collection[str]]) -> FieldError | None:
        """Tell what is wrong with a value; None: nothing."""
        if value is None and self.default is None:
            return None
        if self.words is None:
            return self._check_number(value)
        known = tuple(registers[self.words]) if isinstance(self.words, str) else self.words
        given = value if self.many and isinstance(value, list) else [value]
        wrong = [word for word in given if word not in known]
        if wrong or not given or (self.many and not isinstance(value, list)):
            shown = str(wrong[0] if wrong else value)[:60]
            return self._fault("coverage_word", shown, " | ".join(known))
        return None

    def _check_number(self, value: Any) -> FieldError | None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and self.least <= value <= self.most and (not self.whole or value == int(value)):
            return None
        return self._fault("coverage_number", str(value)[:60], f"{self.least:g}-{self.most:g}")

    def _fault(self, reason: str, value: str, hint: str) -> FieldError:
        return FieldError("body", f"parameters.{self.name}", reason, value, hint)


Measure = Callable[["Session", int, Mapping[str, Any], datetime], Places]


@dataclass(frozen=True)
class RuleKind:
    """A kind of rule.

    Attributes
    ----------
    measure
        ``(session, area_id, parameters, at)`` -> `Places`.
    """

    code: str
    parameters: tuple[Parameter, ...]
    measure: Measure


def _read(session: Session, name: str, **values: Any) -> pd.DataFrame:
    plan_by_values(session)
    return read_frame(session, name, **values)


def _posted(
    session: Session, area_id: int, level: str, roles: list[str], at: datetime, through: Sequence[str]
) -> pd.DataFrame:
    return _read(
        session,
        "coverage_posts",
        area_id=area_id,
        level=level,
        roles=roles,
        on_date=day_of(at),
        at=at,
        through=list(through),
    )


def _counted(
    frame: pd.DataFrame, level: str, least: int = 1, at_most: int | None = None, *, applies: bool = True
) -> Places:
    """Call places covered that have ``least`` posts, with at most ``at_most`` households each."""
    covered = frame["posts"] >= least
    if at_most is not None:
        covered &= frame["households"] <= at_most * frame["posts"]
    made = frame.assign(covered=covered, households_covered=frame["households"].where(covered, 0))
    return Places(level, made if applies else made.iloc[:0], ("posts",), applies)


def _measure_posting(session: Session, area_id: int, asked: Mapping[str, Any], at: datetime) -> Places:
    frame = _posted(session, area_id, asked["level"], asked["roles"], at, asked["through"])
    return _counted(frame, asked["level"], asked["at_least"], asked["households_at_most"])


def _measure_head(session: Session, area_id: int, asked: Mapping[str, Any], at: datetime) -> Places:
    frame = _posted(session, area_id, asked["per"], asked["roles"], at, ())
    return _counted(frame, asked["per"], 1, asked["households_at_most"])


def _measure_duty(session: Session, area_id: int, asked: Mapping[str, Any], at: datetime) -> Places:
    values = {"level": asked["level"], "roles": asked["roles"], "at": at}
    frame = _read(session, "coverage_shifts", area_id=area_id, **values)
    return _counted(frame, asked["level"], applies=_is_within_hours(asked, at))


def _measure_walk(session: Session, area_id: int, asked: Mapping[str, Any], at: datetime) -> Places:  # noqa: ARG001
    walks = walk_to_stations(session, area_id, asked["station_kinds"])
    near_m = asked["walk_m"] or asked["walk_minutes"] * WALK_M_PER_MINUTE
    sums = sum_by_building(walks, near_m)
    ids = {"place_id": sums.pop("building_id"), "area_id": sums.pop("grid_id"), "plan_id": np.nan}
    # Codes stay what they are: pandas would make its own kind of texts of them, which takes long.
    sums["station_code"] = pd.Series(sums["station_code"], dtype=object)
    return Places("building", pd.DataFrame(ids | sums), ("distance_m", "station_code", "how"))


def _measure_served(session: Session, area_id: int, asked: Mapping[str, Any], at: datetime) -> Places:  # noqa: ARG001
    """Call compounds covered that are known to have all that is asked for; what is not known is told."""
    frame = _read(session, "coverage_compounds", area_id=area_id)
    said = frame[list(dict.fromkeys(asked["by"]))].astype(object)
    frame = frame.assign(posts=(said == True).sum(axis=1), unknown=said.isna().sum(axis=1))  # noqa: E712
    places = _counted(frame, "compound", said.shape[1])
    return replace(places, figures=("posts", "unknown"))


def _measure_visited(session: Session, area_id: int, asked: Mapping[str, Any], at: datetime) -> Places:
    """Call places covered that were visited in the period of the moment, before it or after."""
    period = find_period(asked["period"], at)
    frame = _read(
        session,
        "coverage_visits",
        area_id=area_id,
        level=asked["per"],
        kind=asked["visit_kind"],
        starts_at=period.starts_at,
        ends_at=period.ends_at,
    )
    covered = frame["visits"] > 0
    made = frame.assign(covered=covered, households_covered=frame["households"].where(covered, 0))
    return Places(asked["per"], made, ("visits",))


def _is_within_hours(asked: Mapping[str, Any], at: datetime) -> bool:
    local = at.astimezone(_zone())
    hour = local.hour + local.minute / 60
    first, last = asked["from_hour"], asked["to_hour"]
    return bool(first <= hour < last) if first < last else bool(hour >= first or hour < last)


def _zone() -> ZoneInfo:
    return ZoneInfo(LOCAL_ZONE)


def moment_on(day: date, parameters: Mapping[str, Any]) -> datetime:
    """Give the moment of a day at which a rule is measured for its month: amid its hours, else at noon."""
    first, last = parameters.get("from_hour", 12), parameters.get("to_hour", 12)
    amid = first + ((last - first) % 24) / 2
    return datetime.combine(day, time(), _zone()) + timedelta(hours=amid)


_ROLES = Parameter("roles", ROLES, many=True)
_AT_MOST = Parameter("households_at_most", most=100_000, default=None)
RULE_KINDS: tuple[RuleKind, ...] = (
    RuleKind(
        "posting",
        (
            _ROLES,
            Parameter("level", (*POSTED, *UPWARDS)),
            Parameter("at_least", most=1000, default=1),
            _AT_MOST,
            Parameter("through", UPWARDS, many=True, default=()),
        ),
        _measure_posting,
    ),
    RuleKind("head", (_ROLES, Parameter("per", HEADED), _AT_MOST), _measure_head),
    RuleKind(
        "on_duty",
        (
            _ROLES,
            Parameter("level", UPWARDS),
            Parameter("from_hour", least=0, most=23, default=0),
            Parameter("to_hour", least=1, most=24, default=24),
        ),
        _measure_duty,
    ),
    RuleKind(
        "station_walk",
        (
            Parameter("station_kinds", STATION_KINDS, many=True),
            Parameter("walk_m", most=LARGEST_WALK_M, whole=False, default=None),
            Parameter("walk_minutes", most=LARGEST_WALK_M / WALK_M_PER_MINUTE, whole=False, default=None),
        ),
        _measure_walk,
    ),
    RuleKind("served", (Parameter("by", SERVED_BY, many=True),), _measure_served),
    RuleKind(
        "visited",
        (
            Parameter(VISIT_KINDS, VISIT_KINDS),
            Parameter("period", PERIODS),
            Parameter("per", VISITED),
        ),
        _measure_visited,
    ),
)


def get_kind(code: str) -> RuleKind:
    """Get a kind of the register.

    Raises
    ------
    BadInput
        If there is none of this name.
    """
    for kind in RULE_KINDS:
        if kind.code == code:
            return kind
    hint = " | ".join(kind.code for kind in RULE_KINDS)
    raise BadInput(fields=[FieldError("body", "kind", "coverage_word", code[:60], hint)])


def check_parameters(
    kind: RuleKind, given: Mapping[str, Any], registers: Mapping[str, Collection[str]]
) -> list[FieldError]:
    """Tell all that is wrong with the parameters of a rule.

    Parameters
    ----------
    registers
        `ROLES` and `VISIT_KINDS`, each with the words of the database.
    """
    known = {parameter.name: parameter for parameter in kind.parameters}
    hint = " | ".join(known)
    faults = [
        FieldError("body", f"parameters.{name}"[:60], "coverage_word", name[:60], hint)
        for name in given
        if name not in known
    ]
    for name, parameter in known.items():
        if name in given:
            fault = parameter.check(given[name], registers)
            faults += [fault] if fault else []
        elif parameter.default is ...:
            faults.append(FieldError("body", f"parameters.{name}", "api_missing"))
    if not faults and kind.code == "station_walk":
        said = [name for name in ("walk_m", "walk_minutes") if given.get(name) is not None]
        if len(said) != 1:
            faults.append(
                FieldError("body", "parameters.walk_m", "coverage_one_of", hint="walk_m | walk_minutes")
            )
    return faults


def fill_parameters(kind: RuleKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give all parameters of a kind, the absent ones by their defaults."""
    return {parameter.name: given.get(parameter.name, parameter.default) for parameter in kind.parameters}
