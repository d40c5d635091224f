"""Page of orders: the form to write one for a resident, the list, and where they are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from gridmap.i18n import translate
from gridmap.services import orders as service
from gridmap.services.postings import today
from gridmap.web.pages import show_page
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

orders_page = Blueprint("orders_page", __name__)


@orders_page.get("/orders")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the orders of one's own areas; they come by the JSON API."""
    language = language_of_request()
    return show_page(
        session,
        actor,
        "orders.html",
        action=service.READ,
        texts=("orders.",),
        kinds=[{"code": kind, "name": translate(f"orders.kind_{kind}", language)} for kind in service.KINDS],
        longest={"title": service.LONGEST_TITLE, "text": service.LONGEST_TEXT},
        first_day=today().isoformat(),
        may_write=actor.may(service.WRITE),
    )
