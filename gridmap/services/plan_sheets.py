"""Sheets of micro-grids to print: what they show, read in the actor's scope."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import Any
from urllib.parse import quote

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.db import sql
from gridmap.errors import BadInput, FieldError
from gridmap.formats.plan_picture import PlanPicture
from gridmap.formats.plan_sheets.frames import Booklet, Card, Holding, Person
from gridmap.models import Area, MicroGrid, Plan
from gridmap.services.actors import Actor
from gridmap.services.micro_grids import get_micro_grid
from gridmap.services.places import get_area
from gridmap.services.plan_pictures import get_plan_picture
from gridmap.services.plans import get_plan, require_readable
from gridmap.services.postings import today

MOST_SHEETS = 150  # at about a sixth of a second each, an answer stays well below the server's patience
SMALL_LEVELS = ("community", "grid")


def get_sheet(session: Session, actor: Actor, plan_id: int, code: str, *, address: str) -> Booklet:
    """Read what the sheet of one micro-grid shows.

    Parameters
    ----------
    address
        Where this GridMap is reached, for the QR code: ``https://host``.

    Raises
    ------
    NotFound
        If there is no such plan or micro-grid for the actor.
    Conflict
        If the plan is not computed yet.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    micro_grid = get_micro_grid(session, plan, code)
    grid = session.get_one(Area, micro_grid.grid_id)
    picture = get_plan_picture(session, actor, plan.id, area_code=_around(session, actor, plan, grid).code)
    cards = _read_cards(session, plan, grid, address)
    return _booklet(
        session, grid, (picture, picture), [card for card in cards if card.code == code], has_cover=False
    )


def get_booklet(session: Session, actor: Actor, plan_id: int, area_code: str, *, address: str) -> Booklet:
    """Read what the booklet of a community or a grid shows: cover, table, and a sheet a micro-grid.

    Raises
    ------
    NotFound
        If there is no such plan or area for the actor.
    Conflict
        If the plan is not computed yet.
    BadInput
        If the area is not part of the plan's, is larger than a community, or has too many micro-grids.
    """
    plan = get_plan(session, actor, plan_id)
    require_readable(plan)
    area = get_area(session, actor, area_code)
    own = session.get_one(Area, plan.area_id)
    if own.id not in area.lineage:
        wrong = FieldError("area", "area", "area_outside_plan", value=area_code, hint=own.code)
        raise BadInput(fields=[wrong])
    if area.level not in SMALL_LEVELS:
        raise BadInput("booklet_of_level", area=area.code)
    inside = select(Area.id).where(Area.lineage.contains([area.id]))
    count = session.scalar(
        select(func.count()).where(MicroGrid.plan_id == plan.id, MicroGrid.grid_id.in_(inside))
    )
    if not count:
        raise BadInput("booklet_empty", area=area.code, plan=plan.id)
    if count > MOST_SHEETS:
        raise BadInput("booklet_too_large", area=area.code, count=count, most=MOST_SHEETS)
    picture = around = get_plan_picture(session, actor, plan.id, area_code=area.code)
    wider = _around(session, actor, plan, area)
    if wider.id != area.id:
        around = get_plan_picture(session, actor, plan.id, area_code=wider.code)
    cards = _read_cards(session, plan, area, address)
    return _booklet(session, area, (picture, around), cards, has_cover=True)


def _around(session: Session, actor: Actor, plan: Plan, grid: Area) -> Area:
    """Choose the land a sheet alone shows: the community, where plan and scope hold it, else the grid."""
    parent = session.get(Area, grid.parent_id)
    is_held = parent is not None and plan.area_id in parent.lineage
    if parent is None or not is_held:
        return grid
    is_seen = actor.area_ids is None or bool(set(actor.area_ids) & set(parent.lineage))
    return parent if is_seen and parent.level in SMALL_LEVELS else grid


def _booklet(
    session: Session,
    area: Area,
    pictures: tuple[PlanPicture, PlanPicture],
    cards: list[Card],
    *,
    has_cover: bool,
) -> Booklet:
    above = select(Area).where(Area.id.in_(area.lineage), Area.level != "grid")
    names = list(session.scalars(above.order_by(func.cardinality(Area.lineage))))
    return Booklet(
        picture=pictures[0],
        around=pictures[1],
        lineage=tuple(one.name for one in names),
        lineage_en=tuple(one.name_en or one.name for one in names),
        cards=tuple(cards),
        has_cover=has_cover,
        printed_on=today(),
    )


def _read_cards(session: Session, plan: Plan, area: Area, address: str) -> list[Card]:
    asked = {"plan_id": plan.id, "area_id": area.id}
    holdings: dict[str, list[Holding]] = defaultdict(list)
    for code, *columns in session.execute(sql("sheet_holdings"), asked):
        holdings[code].append(Holding(*columns))
    people = _people_of(session.execute(sql("sheet_people"), asked | {"on_date": today()}).all())
    query = (
        select(MicroGrid, Area.code, Area.name, Area.name_en)
        .join(Area, Area.id == MicroGrid.grid_id)
        .where(MicroGrid.plan_id == plan.id, Area.lineage.contains([area.id]))
    )
    return [
        Card(
            code=row.code,
            grid=grid_code,
            grid_name=grid_name,
            grid_name_en=grid_name_en or "",
            households=row.households,
            is_estimate=row.households_estimated,
            building_count=row.building_count,
            status=row.status,
            address=_page_of(address, plan, row.code),
            holdings=tuple(holdings[row.code]),
            people=people.get(row.code, ()),
        )
        for row, grid_code, grid_name, grid_name_en in session.execute(query.order_by(MicroGrid.code))
    ]


def _people_of(rows: Any) -> dict[str, tuple[Person, ...]]:
    """Join the postings of one post in a micro-grid: nearest place first, each post once."""
    people = {}
    for code, own in groupby(rows, key=lambda row: row.micro_grid):
        posts: dict[str, list[Any]] = {}
        for row in own:
            posts.setdefault(row.code, []).append(row)
        people[code] = tuple(_person(postings) for postings in posts.values())
    return people


def _person(postings: list[Any]) -> Person:
    first = postings[0]
    nearest = [row.place for row in postings if row.place_kind == first.place_kind]
    return Person(
        code=first.code,
        role_zh=first.role_zh,
        role_en=first.role_en,
        organisation=first.organisation,
        duty_phone=first.duty_phone,
        place_kind=first.place_kind,
        places=tuple(dict.fromkeys(nearest)),
    )


def _page_of(address: str, plan: Plan, code: str) -> str:
    """Give the address of a micro-grid's page; each role is sent on to its own."""
    draft = "" if plan.status == "published" else f"&plan={plan.id}"
    return f"{address.rstrip('/')}/?micro_grid={quote(code)}{draft}"
