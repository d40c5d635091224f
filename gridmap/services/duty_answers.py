"""What is asked about duty, and what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class DutyQuestion:
    """Whom to look for.

    Attributes
    ----------
    at
        Moment with its zone; now by default.
    roles
        One of these; empty = every role.
    skills
        All of these.
    tier
        Only roles of this tier; where nobody of it is on duty, the next one up is asked. None = every tier.
    own_first
        Whether those posted to the very place (`gridmap.services.duty.OWN_KINDS`) stand before the nearer.
    on_foot
        Whether the walk decides; else the straight line does.
    with_routes
        Whether each comes with the way they would walk.
    limit
        People wanted, 1-50.
    """

    at: datetime | None = None
    roles: Sequence[str] = ()
    skills: Sequence[str] = ()
    tier: str | None = None
    own_first: bool = False
    on_foot: bool = True
    with_routes: bool = False
    limit: int = 5


@dataclass(frozen=True)
class Reason:
    """Why somebody is named, or nobody: a key of the catalogue with its values, and the same in words."""

    key: str
    values: dict[str, Any]
    text: str


@dataclass(frozen=True)
class PostedTo:
    """A place that a post answers for; see `duty_postings`."""

    place_kind: str
    place_code: str
    place_name: str


@dataclass(frozen=True)
class OnDuty:
    """A post that is on duty.

    Attributes
    ----------
    distance_m
        Straight line from the asked point to where the duty is kept (station, or middle of the area).
    walk_m, walk_minutes
        The walk between them; the straight line where ``how`` says so.
    how
        ``on_foot``, or why the straight line is given: ``no_network``, ``cut_off``, ``straight_line``.
    route
        The way on the walking network as GeoJSON LineString, where it was asked for and there is one.
    phone
        Of the post, else of the station; None when there is neither.
    until
        End of the shift.
    own_place
        Kind of the smallest place around the point that the post answers for, None when it is nobody's own.
    open_issues
        Open issues of the places posted to.
    """

    staff_code: str
    role: str
    role_name: str
    tier: str
    organisation: str
    skills: list[str]
    distance_m: float
    walk_m: float
    walk_minutes: float
    how: str
    route: dict[str, Any] | None
    station_code: str | None
    station_name: str | None
    area_code: str | None
    phone: str | None
    since: datetime
    until: datetime
    lon: float
    lat: float
    own_place: str | None
    own_place_code: str | None
    postings: list[PostedTo]
    open_issues: int
    why: Reason


@dataclass(frozen=True)
class DutyAnswer:
    """Who is on duty, nearest first; where nobody is, what to do instead.

    Attributes
    ----------
    tier
        The tier that answers, or the last that was asked; None where none was asked for.
    passed
        The tiers below it where nobody is on duty.
    nobody
        Why the list is empty, with the next shift and the nearest station's phone; None when it is not.
    lon, lat
        The asked point.
    definition, load_definition
        What "nearest on duty" and "open issues" mean, in the reader's language.
    """

    people: list[OnDuty]
    tier: str | None
    passed: list[Reason]
    nobody: Reason | None
    at: datetime
    lon: float
    lat: float
    definition: str
    load_definition: str
