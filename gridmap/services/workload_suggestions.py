"""Suggestions of whom to post where: a question for each place that a rule finds without anybody.

Nothing is posted by itself: a planner answers the question, and only then there is a posting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.covering.graph import WALK_M_PER_MINUTE, Doors
from gridmap.errors import BadInput, Conflict, FieldError, NotFound
from gridmap.i18n import translate
from gridmap.models import Area, Building, CoverageRule, Entrance, MicroGrid, Posting, Staff, StaffRole
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.audit import record
from gridmap.services.coverage import day_of
from gridmap.services.coverage_rules import find_gaps, get_rule
from gridmap.services.places import get_area
from gridmap.services.plan_frames import read_frame
from gridmap.services.postings import is_open, list_posts_at
from gridmap.services.staff import get_staff
from gridmap.services.walking import WalkingNetwork, get_network
from gridmap.services.workload import list_posts_of_role
from gridmap.services.workload_figures import (
    FEWEST_POSTS,
    FIGURES,
    Load,
    build_spreads,
    find_doors,
    find_loads,
)

RULE_KINDS = ("posting", "head")
FARTHEST_M = 1500.0
"""20 minutes on foot: nobody is asked to answer for a place farther away."""
MOST_PLACES = 50
"""Places asked about at once, those with most households first; all are counted."""
AREA_LEVELS = ("district", "street", "community", "grid")


@dataclass(frozen=True)
class Reason:
    """Why a post is suggested: a key of the catalogue with its values, and the same in words."""

    key: str
    values: dict[str, Any]
    text: str


@dataclass(frozen=True)
class Suggestion:
    """A place nobody of the role answers for, and the post that might.

    Attributes
    ----------
    level, place_id, place_code, place_name
        The place; ``level`` is a level of areas, ``micro_grid``, ``building`` or ``entrance``.
    staff_code
        None where nobody fits: ``reasons`` says why.
    question
        In the reader's language.
    """

    level: str
    place_id: int
    place_code: str | None
    place_name: str
    households: int
    lon: float
    lat: float
    staff_code: str | None
    role: str
    walk_m: float | None
    question: str
    reasons: list[Reason]


@dataclass(frozen=True)
class Suggestions:
    """All suggestions of a rule in an area.

    Attributes
    ----------
    places
        Places without anybody; of them the first `MOST_PLACES` are asked about.
    """

    rule: CoverageRule
    area_code: str
    items: list[Suggestion]
    places: int
    on: date
    plan_version: int | None
    definition: str
    as_of: datetime


@dataclass(frozen=True)
class _Post:
    staff: Staff
    load: Load


@dataclass
class _Town:
    """What is known of the posts of the roles, while places are given out."""

    posts: dict[int, _Post]
    doors: pd.DataFrame
    network: WalkingNetwork
    homes: Doors
    organisations: dict[str, set[str]]
    most: float
    light: float | None
    role_names: dict[str, str]
    language: str

    def say(self, key: str, **values: Any) -> Reason:
        return Reason(key, values, translate(f"workload.{key}", self.language, **values))


def find_suggestions(
    session: Session,
    actor: Actor,
    area_code: str,
    rule_id: int,
    at: datetime | None = None,
    *,
    language: str | None = None,
) -> Suggestions:
    """Find for each place that a rule finds without anybody a post of the role that might answer for it, too.

    A post is asked about where it stays within the rule's households a post, else within what the role
    carries at most today, and answers already for homes within `FARTHEST_M` on foot; among these the one of
    the same organisation as the role's others in the grid comes first, then the nearest by whole minutes,
    then the one with fewest households. A place given to a post counts for it when the next is looked at.

    Raises
    ------
    NotFound
        If there is no such rule, or no such area in the actor's scope.
    BadInput
        If the rule asks for no posting.
    """
    rule = get_rule(session, actor, rule_id)
    if rule.kind not in RULE_KINDS:
        raise BadInput(
            fields=[FieldError("query", "rule", "coverage_word", rule.code, " | ".join(RULE_KINDS))]
        )
    area = get_area(session, actor, area_code)
    spoken, on = language or actor.language, day_of(at)
    answer = find_gaps(session, actor, rule_id, area_code, at, language=spoken)
    empty = [gap for gap in answer.gaps if not gap["posts"]]
    asked = empty[:MOST_PLACES]
    town = _read_town(session, area, rule, on, spoken)
    town.organisations.update(_organisations_at(session, asked, rule.parameters["roles"], answer.at))
    items = []
    for gap in asked:
        item, chosen = _suggest(town, rule, answer.level, gap)
        if chosen is not None:
            post = town.posts[chosen]
            load = replace(post.load, households=post.load.households + gap["households"])
            town.posts[chosen] = _Post(post.staff, load)
        items.append(item)
    definition = translate(
        "workload.suggestions_definition", spoken, minutes=round(FARTHEST_M / WALK_M_PER_MINUTE)
    )
    return Suggestions(
        rule, area.code, items, len(empty), on, answer.plan_version, definition, datetime.now(UTC)
    )


def accept_suggestion(
    session: Session, actor: Actor, staff_code: str, level: str, place_id: int, starts_on: date | None = None
) -> Posting:
    """Post somebody to a place, as a planner has decided.

    Parameters
    ----------
    level, place_id
        The place, as in `Suggestion`.
    starts_on
        First day; today by default.

    Raises
    ------
    NotFound
        If there is no such post or place in the actor's scope.
    Conflict
        If the post answers for the place already.
    """
    require(actor, "coverage.write")
    get_staff(session, actor, staff_code)
    staff_id = session.scalar(select(Staff.id).where(Staff.code == staff_code))
    assert staff_id is not None
    column, value, named = _column_of(session, actor, level, place_id)
    begins = starts_on or day_of(None)
    same = select(Posting.id).where(Posting.staff_id == staff_id, getattr(Posting, column) == value)
    if session.scalar(same.where(is_open(begins)).limit(1)) is not None:
        raise Conflict("posted_there", staff=staff_code, place=named)
    posting = Posting(staff_id=staff_id, starts_on=begins, **{column: value})
    session.add(posting)
    session.flush()
    record(session, actor, "posted", "staff", staff_code, level=level, place=named, starts_on=str(begins))
    return posting


def _column_of(session: Session, actor: Actor, level: str, place_id: int) -> tuple[str, Any, str]:
    """Give the column of a posting for a place, its value, and the place's public code."""
    queries = {
        "micro_grid": select(MicroGrid.code, MicroGrid.code).where(
            MicroGrid.id == place_id, MicroGrid.valid_to.is_(None), scope_of(actor, MicroGrid.grid_id)
        ),
        "building": select(Building.id, Building.id).where(
            Building.id == place_id, scope_of(actor, Building.grid_id)
        ),
        "entrance": select(Entrance.id, func.concat(Entrance.building_id, "/", Entrance.number))
        .join(Building, Building.id == Entrance.building_id)
        .where(Entrance.id == place_id, scope_of(actor, Building.grid_id)),
    }
    areas = select(Area.id, Area.code).where(
        Area.id == place_id, Area.level == level, scope_of(actor, Area.id)
    )
    columns = {"micro_grid": "micro_grid_code", "building": "building_id", "entrance": "entrance_id"}
    row = session.execute(queries.get(level, areas)).one_or_none()
    if row is None:
        raise NotFound
    return columns.get(level, "area_id"), row[0], str(row[1])


def _read_town(session: Session, area: Area, rule: CoverageRule, on: date, language: str) -> _Town:
    roles = list(rule.parameters["roles"])
    staff = list_posts_of_role(session, area, roles, on)
    loads = find_loads(session, [one.id for one in staff], on)
    shares = read_frame(session, "workload_shares", staff_ids=[one.id for one in staff], on_date=on)
    households = next(spread for spread in build_spreads(loads.values()) if spread.figure == FIGURES[0])
    most = max((load.households for load in loads.values()), default=0)
    names = session.scalars(select(StaffRole).where(StaffRole.code.in_(roles)))
    network = get_network(session, area.id)
    return _Town(
        {one.id: _Post(one, loads[one.id]) for one in staff},
        find_doors(session, area.lineage[0], shares),
        network,
        network.doors_of(session, area.lineage[0]).doors,
        {},
        rule.parameters.get("households_at_most") or most,
        households.lower,
        {role.code: role.name_en if language == "en" else role.name_zh for role in names},
        language,
    )


def _suggest(
    town: _Town, rule: CoverageRule, level: str, gap: dict[str, Any]
) -> tuple[Suggestion, int | None]:
    walks = _walk_to_posts(town, gap)
    here = town.organisations.get(gap["grid_code"], set())
    fitting = {
        staff_id: walk_m
        for staff_id, walk_m in walks.items()
        if town.posts[staff_id].load.households + gap["households"] <= town.most
    }
    chosen = min(fitting, key=lambda one: _order(town, here, one, fitting[one]), default=None)
    place = _name_of(level, gap)
    role = town.posts[chosen].staff.role if chosen is not None else rule.parameters["roles"][0]
    named = {"place": place, "role": town.role_names.get(role, role)}
    if chosen is None:
        reasons = [town.say("nobody_fits" if walks else "nobody_near", most=round(town.most))]
        asked = town.say("question_new", **named)
    else:
        reasons = list(_reasons(town, here, chosen, fitting[chosen], gap["households"]))
        asked = town.say("question", code=town.posts[chosen].staff.code, **named)
    suggestion = Suggestion(
        level=level,
        place_id=gap["place_id"],
        place_code=gap["code"],
        place_name=place,
        households=gap["households"],
        lon=gap["lon"],
        lat=gap["lat"],
        staff_code=None if chosen is None else town.posts[chosen].staff.code,
        role=role,
        walk_m=None if chosen is None else round(fitting[chosen], 1),
        question=asked.text,
        reasons=reasons,
    )
    return suggestion, chosen


def _name_of(level: str, gap: dict[str, Any]) -> str:
    """Name a place so that it can be found: there is a building 2 in every yard."""
    name, address = gap["name"] or "", gap["address"] or ""
    if level == "micro_grid":
        return f"{gap['code']} {name}".strip()
    if address:
        return address if name in address else f"{address} {name}"
    return name or gap["code"] or str(gap["place_id"])


def _walk_to_posts(town: _Town, gap: dict[str, Any]) -> dict[int, float]:
    """Measure the walk from a place to the nearest home of each post, where it is not too far."""
    if town.doors.empty:
        return {}
    graph = town.network.graph
    start = graph.find_doors(np.array([[gap["lon"], gap["lat"]]]))
    walks = graph.walk_to_nearest(town.homes, start, FARTHEST_M).walk_m[town.doors["door"].to_numpy()]
    staff_id, first = np.unique(town.doors["staff_id"].to_numpy(), return_index=True)  # they come by post
    nearest = zip(staff_id.tolist(), np.minimum.reduceat(walks, first).tolist(), strict=True)
    return {one: walk_m for one, walk_m in nearest if np.isfinite(walk_m)}


def _organisations_at(
    session: Session, gaps: Sequence[dict[str, Any]], roles: Sequence[str], at: datetime
) -> dict[str, set[str]]:
    """List by grid the organisations of those who answer for it in one of the roles, or in any."""
    codes = sorted({gap["grid_code"] for gap in gaps if gap["grid_code"] is not None})
    found = {}
    for (_, code), posts in list_posts_at(session, [("area", code) for code in codes], at).items():
        same = [post for post in posts if post.role in roles] or posts
        found[code] = {post.organisation for post in same if post.organisation}
    return found


def _order(town: _Town, here: set[str], staff_id: int, walk_m: float) -> tuple[bool, int, int, str]:
    post = town.posts[staff_id]
    minutes = round(walk_m / WALK_M_PER_MINUTE)
    return post.staff.organisation not in here, minutes, post.load.households, post.staff.code


def _reasons(town: _Town, here: set[str], chosen: int, walk_m: float, more: int) -> Sequence[Reason]:
    post = town.posts[chosen]
    now = post.load.households
    minutes = max(1, round(walk_m / WALK_M_PER_MINUTE))
    reasons = [
        town.say("why_near", minutes=minutes, walk_m=round(walk_m)),
        town.say("why_load", now=now, then=now + more, most=round(town.most)),
    ]
    if town.light is not None and now <= town.light and len(town.posts) >= FEWEST_POSTS:
        reasons.append(town.say("why_light"))
    if post.staff.organisation and post.staff.organisation in here:
        reasons.append(town.say("why_organisation", organisation=post.staff.organisation))
    return reasons
