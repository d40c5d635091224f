"""Lists of needs, resources and projects: entries, what fits one, the table, and the page with the map."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from apiflask import APIBlueprint, FileSchema
from flask import Blueprint, Response
from pydantic import Field

from gridmap.formats.plan_files import as_csv
from gridmap.i18n import translate
from gridmap.services import listings as service
from gridmap.services.orders import KINDS
from gridmap.web.inputs import Code, Input, PageById
from gridmap.web.outputs import Degrees, Out, PageOut, build_page
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

listings = APIBlueprint("api_listings", __name__, url_prefix="/api/v1", tag="lists")
listings_page = Blueprint("listings_page", __name__)

CSV = "text/csv"


class ListingChoice(Input):
    """Which entries."""

    area: Code | None = None
    list: Annotated[Literal["need", "resource", "project"] | None, Field(description="of which list")] = None
    kind: Code | None = None
    state: Literal["open", "under_way", "closed"] | None = None

    @property
    def which(self) -> service.ListingFilter:
        """The filter as the services take it."""
        return service.ListingFilter(self.area, self.list, self.kind, self.state)


class ListingsQuery(ListingChoice, PageById):
    """Which entries, by number."""


class ListingOut(Out):
    """An entry of a list."""

    id: int
    list: str = Field(description="need, resource or project")
    kind: str
    title: str
    quantity: int | None
    organisation: str
    state: str
    starts_on: date | None
    ends_on: date | None
    place: str | None
    building_id: int | None
    compound_code: str | None
    area_code: str | None
    lon: Degrees
    lat: Degrees


class ListingMatchOut(ListingOut):
    """What fits an entry."""

    distance_m: float = Field(description="straight line")


class ListingPage(PageOut[ListingOut]):
    """Part of the entries."""


class ListingMatchesOut(Out):
    """What fits an entry, the nearest first."""

    items: list[ListingMatchOut]
    within_m: float


@listings.get("/listings")
@listings.input(ListingsQuery, location="query")
@listings.output(ListingPage)
@in_transaction
def list_listings(session: Session, actor: Actor, query_data: ListingsQuery) -> dict[str, Any]:
    """List needs, resources and projects by number"""
    which, limit = query_data.which, query_data.limit
    rows = service.list_listings(session, actor, which, after_id=query_data.after, limit=limit + 1)
    total = None if query_data.after else service.count_listings(session, actor, which)
    return build_page(ListingOut, rows, limit=limit, key="id", total=total)


@listings.get("/listings/<id:listing_id>/matches")
@listings.output(ListingMatchesOut)
@in_transaction
def find_matches(session: Session, actor: Actor, listing_id: int) -> dict[str, Any]:
    """See what of the other lists is of the same kind and near"""
    found = service.find_matches(session, actor, listing_id)
    return {
        "items": [ListingMatchOut.model_validate(one) for one in found],
        "within_m": service.WITHIN_M,
    }


@listings.get("/listings.csv")
@listings.input(ListingChoice, location="query")
@listings.output(FileSchema(type="string", format="binary"), content_type=CSV)
@in_transaction
def take_listings(session: Session, actor: Actor, query_data: ListingChoice) -> Response:
    """Take entries away as a table that can be loaded again"""
    content = as_csv(service.export_listings(session, actor, query_data.which)).encode("utf-8-sig")
    headers = {"Content-Disposition": 'attachment; filename="listings.csv"'}
    return Response(content, mimetype=CSV, headers=headers)


@listings_page.get("/listings")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the lists on the map; the entries come by the JSON API."""
    language = language_of_request()
    return show_page(
        session,
        actor,
        "listings.html",
        action=service.READ,
        texts=("listings.", "orders.kind_"),
        kinds=[{"code": kind, "name": translate(f"orders.kind_{kind}", language)} for kind in KINDS],
        lists=service.LISTS,
    )
