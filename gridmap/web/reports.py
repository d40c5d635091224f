"""Reports: the heatmap as a folium page, to embed in a frame or as one file to hand on.

Each is a page of its own under its own Content-Security-Policy, because folium writes its scripts into the
page: they carry a nonce, so that nothing else in the page can run.
"""

from __future__ import annotations

import secrets
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from flask import Blueprint, Response, current_app, request, url_for
from pydantic import ValidationError

from gridmap.errors import BadInput
from gridmap.formats.map_page import Leaflet
from gridmap.services.maps import heat_map_page
from gridmap.web.inputs import Code, Input, Moment, Words, field_errors
from gridmap.web.security import build_policy
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

reports = Blueprint("reports", __name__)

LEAFLET = "leaflet-1.9.4"


class HeatmapQuery(Input):
    """What the heatmap shows; the same names as in the JSON API."""

    area: Code
    starts_at: Moment
    ends_at: Moment
    category: Words | None = None
    level: Literal["micro_grid", "grid", "community"] = "micro_grid"
    measure: Literal["rate", "issues"] = "rate"


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


def _heatmap(session: Session, actor: Actor, leaflet: Leaflet) -> str:
    try:
        asked = HeatmapQuery.model_validate({key: value for key, value in request.args.items() if value})
    except ValidationError as error:
        raise BadInput(fields=field_errors(error)) from error
    return heat_map_page(
        session,
        actor,
        asked.area,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        category=asked.category,
        level=asked.level,
        measure=asked.measure,
        leaflet=leaflet,
        language=language_of_request(),
    )


@cache
def _leaflet_inside() -> Leaflet:
    folder = files("gridmap").joinpath("web", "static", "vendor", LEAFLET)
    texts = [folder.joinpath(name).read_text(encoding="utf-8") for name in ("leaflet.js", "leaflet.css")]
    return Leaflet(script=texts[0], style=texts[1], inline=True)
