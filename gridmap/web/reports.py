"""Reports: heatmap and coverage as folium pages, to embed in a frame or as one file to hand on.

Each is a page of its own under its own Content-Security-Policy, because folium writes its scripts into the
page: they carry a nonce, so that nothing else in the page can run.
"""

from __future__ import annotations

import secrets
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from flask import Blueprint, Response, current_app, request, url_for
from pydantic import Field, ValidationError

from gridmap.errors import BadInput
from gridmap.formats.map_page import Leaflet
from gridmap.services.coverage_pages import coverage_page
from gridmap.services.maps import heat_map_page
from gridmap.web.heatmaps import LayerQuery
from gridmap.web.inputs import LARGEST_ID, Code, Input, Moment, field_errors
from gridmap.web.security import build_policy
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

reports = Blueprint("reports", __name__)

LEAFLET = "leaflet-1.9.4"


class HeatmapQuery(LayerQuery):
    """What the heatmap shows; the same names as in the JSON API."""

    step: Literal["day", "week", "month"] = "week"


class CoverageQuery(Input):
    """What a map of coverage shows; the same names as in the JSON API."""

    rule: Annotated[int, Field(ge=1, le=LARGEST_ID)]
    area: Code
    at: Moment | None = None


Query = TypeVar("Query", bound=Input)


@reports.get("/reports/heatmap")
@in_transaction
def embed_heatmap(session: Session, actor: Actor) -> Response:
    """Show the heatmap for a frame of our own pages; Leaflet comes from our static files."""
    leaflet = Leaflet(
        script=url_for("static", filename=f"vendor/{LEAFLET}/leaflet.js"),
        style=url_for("static", filename=f"vendor/{LEAFLET}/leaflet.css"),
        inline=False,
    )
    nonce = secrets.token_urlsafe(16)
    page = _heatmap(session, actor, leaflet).replace("<script", f'<script nonce="{nonce}"')
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = build_policy(
        current_app.extensions["settings"],
        default_src="'none'",
        script_src=f"'nonce-{nonce}'",
        style_src="'self' 'unsafe-inline'",
        img_src="'self' data:",
        worker_src="'none'",
        form_action="'none'",
    )
    return response


@reports.get("/reports/heatmap.html")
@in_transaction
def download_heatmap(session: Session, actor: Actor) -> Response:
    """Send the heatmap as one file that opens from disk and asks for nothing else."""
    response = Response(_heatmap(session, actor, _leaflet_inside()), mimetype="text/html")
    name = f"heatmap-{request.args['area']}.html"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@reports.get("/reports/coverage.html")
@in_transaction
def download_coverage(session: Session, actor: Actor) -> Response:
    """Send what a rule of coverage finds as one file that opens from disk and asks for nothing else."""
    asked = _read(CoverageQuery)
    language = language_of_request()
    leaflet = _leaflet_inside()
    page = coverage_page(session, actor, asked.rule, asked.area, asked.at, leaflet=leaflet, language=language)
    response = Response(page, mimetype="text/html")
    name = f"coverage-{asked.area}.html"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _read(query: type[Query]) -> Query:
    try:
        return query.model_validate({key: value for key, value in request.args.items() if value})
    except ValidationError as error:
        raise BadInput(fields=field_errors(error)) from error


def _heatmap(session: Session, actor: Actor, leaflet: Leaflet) -> str:
    asked = _read(HeatmapQuery)
    return heat_map_page(
        session,
        actor,
        asked.area,
        asked.which,
        layer=asked.layer,
        level=asked.level,
        step=asked.step,
        leaflet=leaflet,
        language=language_of_request(),
    )


@cache
def _leaflet_inside() -> Leaflet:
    folder = files("gridmap").joinpath("web", "static", "vendor", LEAFLET)
    texts = [folder.joinpath(name).read_text(encoding="utf-8") for name in ("leaflet.js", "leaflet.css")]
    return Leaflet(script=texts[0], style=texts[1], inline=True)
