"""Lists of needs, resources and projects: what a city has loaded, where it is, and what fits together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import func, select

from gridmap.db import sql
from gridmap.errors import NotFound
from gridmap.models import Area, Building, Compound, Listing
from gridmap.models.listings import LISTING_STATES, LISTS
from gridmap.services.actors import Actor, require, scope_of
from gridmap.services.places import get_area, in_area
from gridmap.services.postings import today
from gridmap.services.rows import AnyRow, AnySelect, fetch

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

__all__ = [
    "LISTING_STATES",
    "LISTS",
    "ListingFilter",
    "count_listings",
    "export_listings",
    "find_matches",
    "list_listings",
]

READ = "listings.read"
WITHIN_M = 1500.0
"""Straight line; somebody on foot needs about half an hour."""
MOST_MATCHES = 10
CSV_COLUMNS = (
    "id",
    "list",
    "kind",
    "title",
    "quantity",
    "organisation",
    "state",
    "starts_on",
    "ends_on",
    "building_id",
    "compound_code",
)
"""As the import contract has them: what is taken away can be loaded again."""


@dataclass(frozen=True)
class ListingFilter:
    """Which entries; None = all.

    Attributes
    ----------
    list_name
        One of `LISTS`.
    state
        One of `LISTING_STATES`.
    """

    area_code: str | None = None
    list_name: str | None = None
    kind: str | None = None
    state: str | None = None


EVERYTHING = ListingFilter()


def list_listings(
    session: Session,
    actor: Actor,
    which: ListingFilter = EVERYTHING,
    *,
    after_id: int = 0,
    limit: int | None = 200,
) -> list[AnyRow]:
    """List the entries of the actor's areas by number.

    Returns
    -------
    list of Row
        ``id``, ``list``, ``kind``, ``title``, ``quantity``, ``organisation``, ``state``, ``starts_on``,
        ``ends_on``, ``place`` (name of the building or compound), ``building_id``, ``compound_code``,
        ``area_code``, ``lon``, ``lat``.
    """
    where = _where(session, actor, which)
    query = _listings().where(*where, Listing.id > after_id)
    return fetch(session, query.order_by(Listing.id).limit(limit))


def count_listings(session: Session, actor: Actor, which: ListingFilter = EVERYTHING) -> int:
    """Count what `list_listings` would list."""
    where = _where(session, actor, which)
    return session.scalar(select(func.count()).select_from(Listing).where(*where)) or 0


def find_matches(session: Session, actor: Actor, listing_id: int) -> list[dict[str, Any]]:
    """Find what of the other lists is of the same kind and near, the nearest first.

    Returns
    -------
    list of dict
        As in `list_listings`, with ``distance_m`` by straight line.

    Raises
    ------
    NotFound
        If there is no such entry in the actor's scope.
    """
    require(actor, READ)
    here = fetch(session, _listings().where(Listing.id == listing_id, scope_of(actor, Listing.area_id)))
    if not here:
        raise NotFound
    one = here[0]
    asked = {"lon": one.lon, "lat": one.lat, "kind": one.kind, "list": one.list}
    bounds = {"on_date": today(), "within_m": WITHIN_M, "at_most": MOST_MATCHES}
    near = {row.id: row.distance_m for row in session.execute(sql("listing_matches"), asked | bounds)}
    seen = fetch(session, _listings().where(Listing.id.in_(near), scope_of(actor, Listing.area_id)))
    found = [row._asdict() | {"distance_m": near[row.id]} for row in seen]
    return sorted(found, key=lambda row: (row["distance_m"], row["id"]))


def export_listings(session: Session, actor: Actor, which: ListingFilter = EVERYTHING) -> pd.DataFrame:
    """Take entries away as a table with the columns of the import contract; ids as their source has them."""
    where = _where(session, actor, which)
    columns = (
        Listing.source_id,
        Listing.list,
        Listing.kind,
        Listing.title,
        Listing.quantity,
        Listing.organisation,
        Listing.state,
        Listing.starts_on,
        Listing.ends_on,
        Building.source_id,
        Compound.code,
    )
    query = select(*columns).outerjoin(Building, Building.id == Listing.building_id)
    query = query.outerjoin(Compound, Compound.id == Listing.compound_id).where(*where)
    rows = fetch(session, query.order_by(Listing.id))
    return pd.DataFrame([tuple(row) for row in rows], columns=list(CSV_COLUMNS), dtype=object)


def _where(session: Session, actor: Actor, which: ListingFilter) -> list[ColumnElement[bool]]:
    require(actor, READ)
    where: list[ColumnElement[bool]] = [scope_of(actor, Listing.area_id)]
    if which.area_code is not None:
        where.append(in_area(Listing.area_id, get_area(session, actor, which.area_code)))
    given = ((Listing.list, which.list_name), (Listing.kind, which.kind), (Listing.state, which.state))
    return where + [column == value for column, value in given if value is not None]


def _listings() -> AnySelect:
    place = func.coalesce(Compound.name, func.nullif(Building.address, ""), Building.name)
    return (
        select(
            Listing.id,
            Listing.list,
            Listing.kind,
            Listing.title,
            Listing.quantity,
            Listing.organisation,
            Listing.state,
            Listing.starts_on,
            Listing.ends_on,
            place.label("place"),
            Listing.building_id,
            Compound.code.label("compound_code"),
            Area.code.label("area_code"),
            func.ST_X(Listing.geom).label("lon"),
            func.ST_Y(Listing.geom).label("lat"),
        )
        .outerjoin(Building, Building.id == Listing.building_id)
        .outerjoin(Compound, Compound.id == Listing.compound_id)
        .outerjoin(Area, Area.id == Listing.area_id)
    )
