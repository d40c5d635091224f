"""Page of officials: how many issues, where, and what the numbers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.services.heat_counts import STEPS
from gridmap.services.heat_layers import LAYERS
from gridmap.services.heat_places import LEVELS
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

officials = Blueprint("officials", __name__)


@officials.get("/officials")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the officials' page; its figures come by the JSON API."""
    texts = ("officials.", "handling.tier_", "handling.channel_", "heatmaps.flag_")
    asked = {"layers": LAYERS, "levels": LEVELS, "steps": STEPS}
    return show_page(session, actor, "officials.html", action="heatmaps.read", texts=texts, **asked)
