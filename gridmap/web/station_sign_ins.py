"""Signing in at a station, as pages tell of it where a city has switched it on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, redirect, request, url_for

from gridmap.errors import NotFound
from gridmap.formats.station_codes import write_station_code
from gridmap.services.station_sign_ins import count_signed_in, get_station_sheet, list_own_stations
from gridmap.web.addresses import official_address
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

station_sign_ins = Blueprint("station_sign_ins", __name__)

PDF = "application/pdf"


def is_sign_in_on() -> bool:
    """Tell whether staff may sign in at stations; off by default, and then nothing tells of it."""
    return bool(current_app.extensions["settings"].station_sign_in)


def describe_sign_in(session: Session, actor: Actor, code: str) -> dict[str, Any] | None:
    """Describe signing in at a station: how many today, never who; None where it is switched off."""
    if not is_sign_in_on():
        return None
    is_field = actor.role == "field" and actor.staff_id is not None
    own = list_own_stations(session, actor.staff_id or 0) if is_field else []
    return {
        "count": count_signed_in(session, actor, code),
        "is_mine": code in {one["code"] for one in own},
        "may_print": actor.may("codes.issue"),
    }


@station_sign_ins.get("/stations/<code>/sign-in.pdf")
@in_transaction
def print_code(session: Session, actor: Actor, code: str) -> ResponseReturnValue:
    """Print the sheet by which staff sign in at a station; there is none where that is switched off."""
    if actor.role == "visitor":
        return redirect(url_for("pages.show_sign_in", next=request.path))
    station = get_station_sheet(session, actor, code)
    if not is_sign_in_on():
        raise NotFound
    address = official_address() + url_for("field.show", tab="me", station=code)
    with tempfile.TemporaryDirectory(prefix="gridmap-") as folder:
        path, spoken = Path(folder, "station.pdf"), language_of_request()
        written = write_station_code(station.name, station.grid_name or "", address, path, language=spoken)
        content = path.read_bytes()
    headers = {"Content-Disposition": "inline", "Content-Language": written.language}
    return Response(content, mimetype=PDF, headers=headers)
