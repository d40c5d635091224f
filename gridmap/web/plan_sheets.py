"""Sheets of micro-grids to print, as PDF."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from apiflask import APIBlueprint, FileSchema
from flask import Response, request

from gridmap.formats.plan_sheets import write_booklet
from gridmap.services import plan_sheets as service
from gridmap.web.inputs import Code, Input
from gridmap.web.sign_in import current_actor, database, language_of_request

if TYPE_CHECKING:
    from gridmap.formats.plan_sheets import Booklet

plan_sheets = APIBlueprint("api_plan_sheets", __name__, url_prefix="/api/v1", tag="plan-sheets")

PDF = "application/pdf"


class BookletQuery(Input):
    """Which booklet."""

    area: Code


@plan_sheets.get("/plans/<id:plan_id>/micro-grids/<code>/sheet.pdf")
@plan_sheets.output(FileSchema(type="string", format="binary"), content_type=PDF)
def get_sheet(plan_id: int, code: str) -> Response:
    """Print one micro-grid: map, buildings by entrance and floors, who answers, a QR code to its page"""
    with database().transaction() as session:
        actor = current_actor(session)
        sheet = service.get_sheet(session, actor, plan_id, code, address=request.host_url)
    return _answer(sheet, f"micro-grid-{code}-plan-{plan_id}")


@plan_sheets.get("/plans/<id:plan_id>/booklet.pdf")
@plan_sheets.input(BookletQuery, location="query")
@plan_sheets.output(FileSchema(type="string", format="binary"), content_type=PDF)
def get_booklet(plan_id: int, query_data: BookletQuery) -> Response:
    """Print a community or a grid: a cover with map and table, then a sheet for each micro-grid"""
    with database().transaction() as session:
        actor = current_actor(session)
        booklet = service.get_booklet(session, actor, plan_id, query_data.area, address=request.host_url)
    return _answer(booklet, f"booklet-{query_data.area}-plan-{plan_id}")


def _answer(booklet: Booklet, name: str) -> Response:
    """Draw when the transaction is over: it takes seconds, and needs nothing of the database."""
    language = language_of_request()
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder, "sheets.pdf")
        written = write_booklet(booklet, path, language=language)
        content = path.read_bytes()
    plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
    headers = {
        "Content-Disposition": f'inline; filename="{plain}.pdf"',
        "Content-Language": written.language,
    }
    return Response(content, mimetype=PDF, headers=headers)
