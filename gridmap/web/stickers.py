"""Stickers of doors, as PDF: issued and drawn in one answer, since no code can be shown again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from apiflask import APIBlueprint, FileSchema
from flask import Blueprint, Response, redirect, request, url_for
from pydantic import Field

from gridmap.formats.stickers import write_stickers
from gridmap.services import building_codes as service
from gridmap.services.sticker_counts import count_stickers
from gridmap.services.stickers import build_stickers
from gridmap.web.addresses import official_address
from gridmap.web.inputs import Input
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.building_codes import IssuedCode

stickers_api = APIBlueprint("api_stickers", __name__, url_prefix="/api/v1", tag="stickers")
stickers = Blueprint("stickers", __name__)

PDF = "application/pdf"


class StickersBody(Input):
    """Which stickers."""

    replace: Annotated[
        bool, Field(description="also for doors with a valid one, which ends; else they are left out")
    ] = False


@stickers_api.post("/areas/<code>/stickers.pdf")
@stickers_api.input(StickersBody, location="json")
@stickers_api.output(FileSchema(type="string", format="binary"), content_type=PDF)
@in_transaction
def print_area(session: Session, actor: Actor, code: str, json_data: StickersBody) -> Response:
    """Issue codes for the doors of an area and print their stickers; a code is shown this once"""
    issued = service.issue_codes(session, actor, area_code=code, replace=json_data.replace)
    return _answer(issued, f"stickers-{len(issued)}")


@stickers.get("/stickers")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show how many doors of each community have a sticker, with a button that prints the others."""
    counts = count_stickers(session, actor) if actor.may("codes.issue") else []
    return show_page(
        session,
        actor,
        "stickers.html",
        action="codes.issue",
        texts=(),
        counts=counts,
        most=service.MOST_PLACES,
    )


@stickers.post("/stickers/<code>.pdf")
@in_transaction
def print_community(session: Session, actor: Actor, code: str) -> ResponseReturnValue:
    """Issue and print the stickers of a community, from the form of the page."""
    if actor.role == "visitor":
        return redirect(url_for("pages.show_sign_in"))
    replace = request.form.get("replace") == "yes"
    issued = service.issue_codes(session, actor, area_code=code, replace=replace)
    return _answer(issued, f"stickers-{code}")


@stickers.post("/buildings/<id:building_id>/stickers.pdf")
@in_transaction
def print_building(session: Session, actor: Actor, building_id: int) -> ResponseReturnValue:
    """Issue and print the stickers of a building, from the form of its page."""
    if actor.role == "visitor":
        return redirect(url_for("pages.show_sign_in"))
    replace = request.form.get("replace") == "yes"
    issued = service.issue_codes(session, actor, building_id=building_id, replace=replace)
    return _answer(issued, f"stickers-building-{building_id}")


def _answer(issued: list[IssuedCode], name: str) -> Response:
    """Draw before the commit: codes that are on no paper would be of no use to anybody."""
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path = Path(folder, "stickers.pdf")
        written = write_stickers(
            build_stickers(issued, official_address()), path, language=language_of_request()
        )
        content = path.read_bytes()
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Content-Language": written.language,
    }
    return Response(content, mimetype=PDF, headers=headers)
