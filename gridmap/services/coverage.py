"""Coverage: which places lack the people or the station that should be there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.db import plan_by_values, sql
from gridmap.errors import BadInput, FieldError
from gridmap.i18n import translate
from gridmap.models import StaffRole
from gridmap.models.places import AREA_LEVELS, STATION_KINDS
from gridmap.services.actors import Actor, require
from gridmap.services.home_doors import runs_of
from gridmap.services.places import get_area
from gridmap.services.walking import ON_FOOT, StationWalks, walk_to_stations
from gridmap.settings import LOCAL_ZONE

POSTING_LEVELS = ("micro_grid", *reversed(AREA_LEVELS))
LARGEST_WALK_M = 20_000.0


class Share(NamedTuple):
    """What is covered, counted twice: by places and by the households in them.

    Attributes
    ----------
    places_share, households_share
        0-1; None where there is nothing to cover.
    estimated
        Whether a household count among them is an estimate.
    """

    places: int
    places_covered: int
    households: int
    households_covered: int
    estimated: bool

    @property
    def places_share(self) -> float | None:
        """Covered places of all."""
        return self.places_covered / self.places if self.places else None

    @property
    def households_share(self) -> float | None:
        """Households in covered places of all."""
        return self.households_covered / self.households if self.households else None


@dataclass(frozen=True)
class Coverage:
    """An answer about coverage with all that is needed to read it.

    Attributes
    ----------
    gaps
        The uncovered places; ``geometry`` is a GeoJSON object where shapes were asked for.
    plan_version
        Id of the newest published plan among the places, None where no plan stands behind them.
    definition
        What was counted, in the reader's language.
    as_of
        When the data were read.
    """

    area_code: str
    share: Share
    gaps: list[dict[str, Any]]
    plan_version: int | None
    definition: str
    as_of: datetime


def gaps_without_posting(
    session: Session,
    actor: Actor,
    area_code: str,
    role: str = "grid_officer",
    at: datetime | date | None = None,
    *,
    through: Sequence[str] = ("micro_grid", "grid"),
    with_shapes: bool = True,
    zone: str = LOCAL_ZONE,
    language: str | None = None,
) -> Coverage:
    """Find the micro-grids, by the plan in force then, that nobody of a role is posted to.

    Parameters
    ----------
    at
        Moment (with zone), by its local day for postings, or a day (the plan at its end); now by default.
    through
        Levels whose postings count for the micro-grids below: ``micro_grid`` (posted to it directly),
        ``grid``, ``community``, ``street``, ``district``.
    with_shapes
        Whether each gap carries its geometry.
    zone
        IANA name of the city's time zone.

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        For an unknown role or level.
    """
    require(actor, "coverage.read")
    area = get_area(session, actor, area_code)
    _check_words("through", through, POSTING_LEVELS)
    roles = {row.code: row for row in session.scalars(select(StaffRole))}
    _check_words("role", [role], tuple(roles))
    moment = _moment_of(at, zone)
    on_date = day_of(moment, zone)
    values = {"area_id": area.id, "role": role, "on_date": on_date, "at": moment, "through": list(through)}
    plan_by_values(session)
    rows = session.execute(sql("coverage_by_posting"), values | {"with_shapes": with_shapes}).mappings().all()
    spoken = language or actor.language
    between = ", " if spoken == "en" else "、"
    definition = translate(
        "coverage.by_posting",
        spoken,
        role=roles[role].name_en if spoken == "en" else roles[role].name_zh,
        day=on_date.isoformat(),
        through=between.join(translate(f"coverage.level_{level}", spoken) for level in through),
    )
    plan_ids = {row["plan_id"] for row in rows}
    share = _share_of((row["households"], row["covered_by"], row["households_estimated"]) for row in rows)
    gaps = [_gap_of(row, without={"covered_by"}) for row in rows if row["covered_by"] is None]
    return Coverage(area.code, share, gaps, max(plan_ids, default=None), definition, datetime.now(UTC))


def gaps_by_walk(
    session: Session,
    actor: Actor,
    area_code: str,
    station_kind: str | Sequence[str],
    walk_m: float,
    *,
    with_shapes: bool = True,
    language: str | None = None,
) -> Coverage:
    """Find the buildings with homes from which any station is a longer walk than some metres.

    Every entrance counts for the homes behind it; a building is covered when all its entrances are. Where the
    walking network is missing or does not lead to a station, the straight line stands in, and says so.

    Parameters
    ----------
    station_kind
        One or more kinds of station that count.
    walk_m
        What is near enough, in metres on foot from the entrance; more than 0.
    with_shapes
        Whether each gap carries its geometry.

    Returns
    -------
    Coverage
        Each gap has ``households_covered``, ``distance_m`` and ``station_code`` of its farthest entrance
        (None: there is no station), and ``how`` that was measured (see `gridmap.services.walking`).

    Raises
    ------
    NotFound
        If there is no such area in the actor's scope.
    BadInput
        For an unknown kind or a distance out of range.
    """
    require(actor, "coverage.read")
    area = get_area(session, actor, area_code)
    kinds = [station_kind] if isinstance(station_kind, str) else list(station_kind)
    _check_words("station_kind", kinds, STATION_KINDS)
    if not 0 < walk_m <= LARGEST_WALK_M:
        hint = f"0-{LARGEST_WALK_M:.0f}"
        raise BadInput(fields=[FieldError("query", "walk_m", "coverage_walk", str(walk_m), hint)])
    walks = walk_to_stations(session, area.id, kinds)
    buildings = pd.DataFrame(sum_by_building(walks, walk_m))
    gaps = _describe_gaps(session, buildings[~buildings["covered"]], with_shapes=with_shapes)
    spoken = language or actor.language
    between = ", " if spoken == "en" else "、"
    definition = translate(
        "coverage.by_walk",
        spoken,
        walk=f"{walk_m:g}",
        kinds=between.join(translate(f"coverage.kind_{kind}", spoken) for kind in kinds),
        straight=int((walks.how != ON_FOOT).sum()),
        doors=len(walks.how),
    )
    share = Share(
        places=len(buildings),
        places_covered=int(buildings["covered"].sum()),
        households=int(buildings["households"].sum()),
        households_covered=int(buildings["households_covered"].sum()),
        estimated=bool(buildings["households_estimated"].any()),
    )
    return Coverage(area.code, share, gaps, None, definition, datetime.now(UTC))


def sum_by_building(walks: StationWalks, walk_m: float) -> dict[str, Any]:
    """Sum the doors up by building, each with its farthest door.

    Returns
    -------
    dict
        Arrays (b,): ``building_id``, ``grid_id``, ``households``, ``households_covered``,
        ``households_estimated``, ``covered`` (all its doors are near enough), ``distance_m``,
        ``station_code`` and ``how`` of its farthest door.
    """
    doors = walks.doors
    near = walks.distance_m <= walk_m
    code = np.array([*walks.station_codes, None], dtype=object)[walks.nearest]
    first = runs_of(doors.building_id)
    farthest = _last_largest(walks.distance_m, first)
    return {
        "building_id": doors.building_id[first],
        "grid_id": doors.grid_id[farthest],
        "households": _sums(doors.households, first),
        "households_covered": _sums(np.where(near, doors.households, 0), first),
        "households_estimated": _sums(doors.households_estimated, first) > 0,
        "covered": _sums(~near, first) == 0,
        "distance_m": walks.distance_m[farthest],
        "station_code": code[farthest],
        "how": walks.how[farthest],
    }


def _last_largest(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Find the row of the largest value of each run; of equal ones the last."""
    if not len(first):
        return first
    largest = np.maximum.reduceat(values, first)
    lengths = np.diff(first, append=len(values))
    rows = np.where(values == np.repeat(largest, lengths), np.arange(len(values)), -1)
    found: np.ndarray = np.maximum.reduceat(rows, first)
    return found


def _sums(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Sum up runs of values, each from its ``first`` on."""
    return np.add.reduceat(values, first, dtype=np.int64) if len(first) else np.zeros(0, np.int64)


def _describe_gaps(session: Session, gaps: pd.DataFrame, *, with_shapes: bool) -> list[dict[str, Any]]:
    values = {"building_ids": gaps["building_id"].tolist(), "with_shapes": with_shapes}
    plan_by_values(session)
    described = {row.building_id: row for row in session.execute(sql("coverage_gap_buildings"), values)}
    columns = gaps.drop(columns="covered")
    rows: list[dict[str, Any]] = [
        dict(zip(columns.columns, row, strict=True)) for row in columns.to_numpy(object)
    ]
    for row in rows:
        building = described[row["building_id"]]
        row["name"], row["address"], row["grid_code"] = building.name, building.address, building.grid_code
        row["distance_m"] = round(row["distance_m"], 1) if np.isfinite(row["distance_m"]) else None
        row["geometry"] = json.loads(building.geometry) if with_shapes else None
    return rows


def _share_of(rows: Any) -> Share:
    """Sum up rows of (households, what covers them or None, whether estimated)."""
    places = covered = households = households_covered = 0
    estimated = False
    for count, by, is_estimated in rows:
        places += 1
        households += count
        estimated = estimated or is_estimated
        if by is not None:
            covered += 1
            households_covered += count
    return Share(places, covered, households, households_covered, estimated)


def _gap_of(row: Any, *, without: set[str]) -> dict[str, Any]:
    gap = {key: value for key, value in row.items() if key not in without}
    gap["geometry"] = json.loads(gap["geometry"]) if gap["geometry"] else None
    return gap


def day_of(at: datetime | date | None, zone: str = LOCAL_ZONE) -> date:
    """Give the day of a moment (now by default) on the city's own calendar."""
    if at is None:
        at = datetime.now(UTC)
    return at.astimezone(ZoneInfo(zone)).date() if isinstance(at, datetime) else at


def _moment_of(at: datetime | date | None, zone: str) -> datetime:
    if at is None:
        return datetime.now(UTC)
    return at if isinstance(at, datetime) else datetime.combine(at, time.max, ZoneInfo(zone))


def _check_words(name: str, words: Sequence[str], known: Sequence[str]) -> None:
    """Refuse an empty list and words that are not known."""
    unknown = [word for word in words if word not in known] or ([] if words else [""])
    if unknown:
        hint = " | ".join(known)
        raise BadInput(fields=[FieldError("query", name, "coverage_word", word, hint) for word in unknown])
