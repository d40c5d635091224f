"""The heatmap to take away: exactly what is shown, as CSV, GeoPackage, PNG or PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from apiflask import APIBlueprint, FileSchema
from flask import Response

from gridmap.formats.heat_files import write_csv, write_geopackage
from gridmap.formats.heat_picture import draw_heat
from gridmap.formats.plan_picture.lettering import find_lettering
from gridmap.services.heat_exports import frame_cells, frame_issues, read_picture, tell_about
from gridmap.services.heatmaps import list_counted
from gridmap.web.heatmaps import CountedFileQuery, LayerQuery, SidesQuery, ask_layer
from gridmap.web.sign_in import current_actor, database, in_transaction, language_of_request

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

heat_outputs = APIBlueprint("api_heat_outputs", __name__, url_prefix="/api/v1", tag="heat-outputs")

BINARY = FileSchema(type="string", format="binary")
GEOPACKAGE = "application/geopackage+sqlite3"


@heat_outputs.get("/heatmaps/layers.csv")
@heat_outputs.input(SidesQuery, location="query")
@heat_outputs.output(BINARY, content_type="text/csv")
@in_transaction
def take_layer_as_csv(session: Session, actor: Actor, query_data: SidesQuery) -> Response:
    """Take the cells of a layer away as CSV, with all its figures; those of a second period below"""
    parts = _frame_sides(session, actor, query_data, with_shapes=False)
    return _file(write_csv(parts), query_data, "csv", "text/csv")


@heat_outputs.get("/heatmaps/layers.gpkg")
@heat_outputs.input(SidesQuery, location="query")
@heat_outputs.output(BINARY, content_type=GEOPACKAGE)
@in_transaction
def take_layer_as_geopackage(session: Session, actor: Actor, query_data: SidesQuery) -> Response:
    """Take the cells of a layer away as GeoPackage with all figures; a second period as a layer of its own"""
    parts = _frame_sides(session, actor, query_data, with_shapes=True)
    return _file(write_geopackage(parts), query_data, "gpkg", GEOPACKAGE)


@heat_outputs.get("/heatmaps/picture.png")
@heat_outputs.input(SidesQuery, location="query")
@heat_outputs.output(BINARY, content_type="image/png")
def take_png(query_data: SidesQuery) -> Response:
    """Draw a layer for a meeting, as PNG; a second period below the first"""
    return _picture(query_data, "png", "image/png")


@heat_outputs.get("/heatmaps/picture.pdf")
@heat_outputs.input(SidesQuery, location="query")
@heat_outputs.output(BINARY, content_type="application/pdf")
def take_pdf(query_data: SidesQuery) -> Response:
    """Draw a layer for a meeting, as PDF; a second period on a second page"""
    return _picture(query_data, "pdf", "application/pdf")


@heat_outputs.get("/heatmaps/issues.csv")
@heat_outputs.input(CountedFileQuery, location="query")
@heat_outputs.output(BINARY, content_type="text/csv")
@in_transaction
def take_issues_as_csv(session: Session, actor: Actor, query_data: CountedFileQuery) -> Response:
    """Take all issues that a layer counts, in an area or in one of its cells, away as CSV"""
    asked = query_data
    found, _ = list_counted(
        session,
        actor,
        asked.area,
        asked.which,
        level=asked.level,
        plan_id=asked.plan,
        cell=asked.cell,
        limit=None,
    )
    content = write_csv([(frame_issues(found), {})])
    return _send(content, f"issues-{asked.cell or asked.area}.csv", "text/csv")


def _frame_sides(
    session: Session, actor: Actor, asked: SidesQuery, *, with_shapes: bool
) -> list[tuple[GeoDataFrame, dict[str, Any]]]:
    """Frame what a query asks for, period by period, with what is to be told about it."""
    parts = []
    for one in asked.sides:
        shown = ask_layer(session, actor, one, with_shapes=with_shapes)
        parts.append((frame_cells(shown), tell_about(shown, one.which)))
    return parts


def _picture(asked: SidesQuery, kind: Literal["png", "pdf"], mime_type: str) -> Response:
    """Draw when the transaction is over: it takes seconds, and needs nothing of the database."""
    letters = find_lettering(is_kept=False)
    language = letters.language(language_of_request())
    with database().transaction() as session:
        actor = current_actor(session)
        pictures = []
        for one in asked.sides:
            shown = ask_layer(session, actor, one, with_shapes=True, language=language)
            pictures.append(read_picture(session, actor, shown, one.which, language=language))
    response = _file(draw_heat(pictures, kind, letters), asked, kind, mime_type)
    response.headers["Content-Language"] = language
    return response


def _file(content: bytes, asked: LayerQuery, kind: str, mime_type: str) -> Response:
    return _send(content, f"heatmap-{asked.layer}-{asked.area}.{kind}", mime_type)


def _send(content: bytes, name: str, mime_type: str) -> Response:
    response = Response(content, mimetype=mime_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
