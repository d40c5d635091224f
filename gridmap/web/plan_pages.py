"""Pages beside the planner's: what differs between two plans, plans from files, where to put stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.formats.tables import TABLES
from gridmap.formats.vector import VECTORS
from gridmap.services.engine import warm_siting
from gridmap.services.siting import MOST_SITES, STATION_KINDS
from gridmap.web.pages import show_page
from gridmap.web.plan_imports import MOST_BYTES
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

plan_pages = Blueprint("plan_pages", __name__)


@plan_pages.get("/planner/compare")
@in_transaction
def compare(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the page that compares two plans; everything on it comes by the JSON API."""
    texts = ("compare.", "planner.plan_", "planner.status_", "planner.areas")
    return show_page(session, actor, "compare.html", action="plans.write", texts=texts)


@plan_pages.get("/planner/import")
@in_transaction
def import_file(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the page that makes a draft from a file."""
    alone = [ending for ending in VECTORS if ending != ".shp"]  # a Shapefile comes zipped
    page = {"most_bytes": MOST_BYTES, "tables": list(TABLES), "vectors": alone}
    texts = ("import.", "planner.plan_", "planner.areas")
    return show_page(session, actor, "import.html", action="plans.write", texts=texts, page=page)


@plan_pages.get("/planner/siting")
@in_transaction
def siting(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the page that asks where the next stations should stand."""
    warm_siting()
    asked = {"kinds": STATION_KINDS, "most_sites": MOST_SITES}
    return show_page(session, actor, "siting.html", action="plans.write", texts=("siting.",), **asked)
