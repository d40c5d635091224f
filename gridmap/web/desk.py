"""Pages of the issue loop: the dispatchers' desk, and an issue as a page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

from gridmap.i18n import texts_of
from gridmap.services.actors import require
from gridmap.services.issue_desk import TABS
from gridmap.services.issue_details import get_issue
from gridmap.services.issue_register import list_states
from gridmap.services.issues import list_categories
from gridmap.web.pages import category_name, show_page
from gridmap.web.sign_in import in_transaction, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

desk = Blueprint("desk", __name__)

TEXTS = ("desk.", "handling.", "duty.place_", "coverage.level_")
CHIPS = 12
"""Categories with a chip of their own; the others stand in a list."""


@desk.get("/desk")
@in_transaction
def show(session: Session, actor: Actor) -> ResponseReturnValue:
    """Show the desk; its work list and issues come by the JSON API."""
    values: dict[str, Any] = {"tabs": TABS, "chips": [], "others": [], "channels": [], "page": {}}
    if actor.role != "visitor":
        require(actor, "duty.dispatch")
        language = language_of_request()
        categories = _list_categories(session, actor, language)
        values |= {
            "chips": categories[:CHIPS],
            "others": sorted(categories[CHIPS:], key=lambda one: one["name"]),
            "channels": sorted(texts_of("desk.channel_", language)),
            "page": {"states": _list_states(actor, language)},
        }
    return show_page(session, actor, "desk.html", action="duty.dispatch", texts=TEXTS, **values)


@desk.get("/issues/<id:issue_id>")
@in_transaction
def show_issue(session: Session, actor: Actor, issue_id: int) -> ResponseReturnValue:
    """Show an issue as a page of its own, to be read, worked on and printed."""
    values: dict[str, Any] = {"issue_id": issue_id, "page": {}}
    if actor.role != "visitor":
        language = language_of_request()
        get_issue(session, actor, issue_id)  # what there is not, or not for the reader, is no page
        values["page"] = {"issue": issue_id, "states": _list_states(actor, language)}
    return show_page(session, actor, "issue.html", action="issues.read", texts=TEXTS, **values)


def _list_states(actor: Actor, language: str) -> list[dict[str, Any]]:
    """Tell of each state, in the order of the register, whether it is open."""
    return [{"state": one.state, "is_open": one.is_open} for one in list_states(actor, language=language)]


def _list_categories(session: Session, actor: Actor, language: str) -> list[dict[str, str]]:
    """List the categories in use, the most used first, then those that have a name."""
    used = [row.category for row in list_categories(session, actor)]
    named = [key.removeprefix("pages.category_") for key in texts_of("pages.category_", language)]
    codes = dict.fromkeys([*used, *named])
    return [{"code": code, "name": category_name(code, language)} for code in codes]
