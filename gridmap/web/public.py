"""The public map: published figures for everybody, as a page, as JSON and as CSV; without signing in."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from apiflask import APIBlueprint, FileSchema
from flask import Blueprint, Response, current_app, render_template
from pydantic import Field

from gridmap.errors import NotFound
from gridmap.formats.plan_files import as_csv
from gridmap.services import public_map as service
from gridmap.web.inputs import Input
from gridmap.web.outputs import Out
from gridmap.web.pages import build_page_data, category_name
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

public = Blueprint("public", __name__)
public_api = APIBlueprint("api_public", __name__, url_prefix="/api/v1", tag="public figures")

CACHED = "public, max-age=600"


class PublicBlockOut(Out):
    """Issues of one month, or of some that were joined."""

    first_month: date
    last_month: date = Field(description="counted; the same as the first where it is one month")
    issues: int
    households: int
    households_estimated: bool


class PublicCommunityOut(Out):
    """A community and what is published of it."""

    code: str
    name: str
    name_en: str | None
    street: str
    street_en: str | None
    geometry: dict[str, Any] = Field(description="GeoJSON")
    blocks: list[PublicBlockOut]


class PublicMonthsOut(Out):
    """All that is published by month."""

    communities: list[PublicCommunityOut]
    first_month: date | None
    last_month: date | None
    breaks_per_100: list[float] = Field(description="bounds of the colours, per month")
    year_breaks_per_100: list[float] = Field(description="bounds of the colours, per year")
    years: list[date] = Field(description="ends of the years told by micro-grid: the month after each")
    published_at: datetime | None
    definition: str


class PublicCellOut(Out):
    """Issues of a year in one micro-grid, or in some that were joined."""

    id: int
    community: str
    codes: list[str]
    issues: int
    households: int
    households_estimated: bool
    geometry: dict[str, Any] | None = Field(description="GeoJSON; empty where none of them has ground")


class PublicCategoryOut(Out):
    """Issues of a year in one category of a street."""

    street: str
    street_en: str | None
    category: str | None = Field(description="empty: all that are not listed")
    category_name: str | None
    issues: int


class PublicYearOut(Out):
    """All that is published of twelve months."""

    year_end: date
    cells: list[PublicCellOut]
    categories: list[PublicCategoryOut]
    plan_version: int | None
    published_at: datetime | None
    definition: str


class YearQuery(Input):
    """Which year."""

    year_end: Annotated[date | None, Field(description="the newest by default")] = None


class TableQuery(YearQuery):
    """Which table."""

    table: Literal["months", "micro_grids"] = "months"


@public.get("/public")
def show() -> Response:
    """Show the public map; its figures come by the JSON API."""
    _require_public()
    language = language_of_request()
    page = render_template(
        "public.html",
        page_data=build_page_data(language, ("public.",)) | {"least_issues": service.LEAST_ISSUES},
        city="",
        actor=service.PUBLIC,
    )
    return Response(page)


@public_api.get("/public/months")
@public_api.output(PublicMonthsOut)
@in_transaction
def list_months(session: Session, _actor: Actor) -> PublicMonthsOut:
    """See the published months of all communities; no sign-in"""
    _require_public()
    return PublicMonthsOut.model_validate(
        service.list_months(session, service.PUBLIC, language=language_of_request())
    )


@public_api.get("/public/year")
@public_api.input(YearQuery, location="query")
@public_api.output(PublicYearOut)
@in_transaction
def list_year(session: Session, _actor: Actor, query_data: YearQuery) -> dict[str, Any]:
    """See a published year by micro-grid and by category; no sign-in"""
    language = language_of_request()
    answer = _get_year(session, query_data.year_end)
    categories = [
        one | {"category_name": one["category"] and category_name(one["category"], language)}
        for one in answer.categories
    ]
    return vars(answer) | {"categories": categories}


@public_api.get("/public/figures.csv")
@public_api.input(TableQuery, location="query")
@public_api.output(FileSchema(type="string", format="binary"), content_type="text/csv")
@in_transaction
def take_figures(session: Session, _actor: Actor, query_data: TableQuery) -> Response:
    """Take the published figures away as CSV; no sign-in"""
    _require_public()
    if query_data.table == "months":
        frame = service.frame_months(service.list_months(session, service.PUBLIC))
    else:
        frame = service.frame_cells(_get_year(session, query_data.year_end))
    content = as_csv(frame).encode("utf-8-sig")
    name = f"gridmap-public-{query_data.table}.csv"
    return Response(
        content, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@public_api.after_request
def may_be_kept(response: Response) -> Response:
    """Let caches keep what is the same for everybody."""
    if response.status_code == 200:
        response.headers["Cache-Control"] = CACHED
        response.vary.add("Accept-Language")
        response.vary.add("Cookie")
    return response


def _get_year(session: Session, year_end: date | None) -> service.PublicYear:
    _require_public()
    answer = service.list_year(session, service.PUBLIC, year_end, language=language_of_request())
    if answer is None:
        raise NotFound
    return answer


def _require_public() -> None:
    """Raise NotFound where the city has switched the public map off."""
    if not current_app.extensions["settings"].public_map:
        raise NotFound
