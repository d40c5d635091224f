"""What every page shares: the frame with its texts, signing in and out, the language, the first page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from gridmap.errors import NotSignedIn, TooMany
from gridmap.i18n import texts_of, translate
from gridmap.services.actors import VISITOR, require
from gridmap.services.demo import list_open_sign_ins
from gridmap.services.places import list_areas
from gridmap.web.sign_in import (
    database,
    end_session,
    in_transaction,
    language_of_request,
    remember_language,
    sign_in_by_password,
)

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor

pages = Blueprint("pages", __name__)

# Page, name of its text, what one must be allowed to do there.
PAGES = (
    ("planner.show", "pages.to_planner", "plans.write"),
    ("officials.show", "pages.to_officials", "heatmaps.read"),
    ("rates_page.show", "pages.to_rates", "rates.read"),
    ("coverage_page.show", "pages.to_coverage", "coverage.read"),
    ("workload_page.show", "pages.to_workload", "coverage.read"),
    ("desk.show", "pages.to_dispatcher", "duty.dispatch"),
    ("notices_page.show", "pages.to_notices", "notices.read"),
    ("roster_page.show", "pages.to_roster", "roster.read"),
    ("stickers.show", "stickers.title", "codes.issue"),
    ("field.show", "pages.to_field", "duty.read"),
    ("orders_page.show", "pages.to_orders", "orders.read"),
    ("listings_page.show", "pages.to_listings", "listings.read"),
    ("webhooks_page.show", "pages.to_webhooks", "webhooks.keep"),
)
FIRST_PAGE = {
    "admin": "planner.show",
    "planner": "planner.show",
    "official": "officials.show",
    "dispatcher": "desk.show",
    "field": "field.show",
}


@pages.get("/")
@in_transaction
def landing(_session: Session, actor: Actor) -> ResponseReturnValue:
    """Send each role to its own page."""
    if actor.role == "visitor":
        return redirect(url_for("pages.show_sign_in"))
    asked = request.query_string.decode()
    return redirect(url_for(FIRST_PAGE[actor.role]) + (f"?{asked}" if asked else ""))


@pages.get("/sign-in")
def show_sign_in() -> ResponseReturnValue:
    """Show the form to sign in."""
    return _sign_in_page(next_address=_own_address(request.args.get("next", "")))


@pages.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Check name and password; back to where the reader wanted to go, or the form with the reason."""
    username = request.form.get("username", "")
    next_address = _own_address(request.form.get("next", ""))
    try:
        sign_in_by_password(username, request.form.get("password", ""))
    except (NotSignedIn, TooMany) as error:
        fault = error.detail(language_of_request())
        return _sign_in_page(username=username, next_address=next_address, fault=fault), error.status
    return redirect(next_address or url_for("pages.landing"))


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Close the session."""
    end_session()
    return redirect(url_for("pages.show_sign_in"))


@pages.post("/language")
def choose_language() -> ResponseReturnValue:
    """Keep the language and come back to the view as it was."""
    remember_language(request.form.get("language", ""))
    return redirect(_own_address(request.form.get("next", "")) or url_for("pages.landing"))


@pages.app_context_processor
def frame_values() -> dict[str, Any]:
    """Give every template its language and who is signed in; an error page must not need the database."""
    language = language_of_request()
    actor = g.get("actor", VISITOR)
    return {
        "actor": actor,
        "city": "",
        "language": language,
        "page_data": build_page_data(language),
        "page_links": _links_of(actor, language),
        "say": lambda key, **values: translate(key, language, **values),
        "short_code": short_code,
        "category_name": lambda code: category_name(code, language),
    }


def show_page(
    session: Session, actor: Actor, template: str, *, action: str, texts: tuple[str, ...], **values: Any
) -> ResponseReturnValue:
    """Render a page of the frame for somebody who is signed in; a visitor signs in first.

    Parameters
    ----------
    action
        What the role must be allowed to do.
    texts
        Prefixes of the texts that its scripts use, besides those of the frame.
    values
        Values of the template; those in ``page`` go to its scripts.
    """
    if actor.role == "visitor":
        address = request.full_path if request.query_string else request.path
        return redirect(url_for("pages.show_sign_in", next=address))
    require(actor, action)
    areas = list_areas(session, actor, top=True)
    data = build_page_data(language_of_request(), texts) | {
        "areas": [{"code": area.code, "name": area.name, "name_en": area.name_en} for area in areas],
        "extent": _extent_of(areas),
        **values.pop("page", {}),
    }
    city = _name_of(areas[0]) if areas else ""
    return render_template(template, page_data=data, city=city, **values)


def build_page_data(language: str, texts: tuple[str, ...] = ()) -> dict[str, Any]:
    """Collect what the scripts of a page need to know."""
    settings = current_app.extensions["settings"]
    return {
        "language": language,
        "csrf": generate_csrf(),
        "sign_in": url_for("pages.show_sign_in"),
        "base_map": {"url": settings.base_map_url, "credit": settings.base_map_credit},
        "texts": {
            key: text for prefix in ("pages.", *texts) for key, text in texts_of(prefix, language).items()
        },
        "areas": [],
        "extent": None,
    }


def short_code(code: str) -> str:
    """Give the part of a micro-grid's code that tells it from its neighbours: grid and number."""
    return f"{code[12:15]}-{code[15:]}" if len(code) > 14 else code[-8:]


def category_name(code: str, language: str) -> str:
    """Name a category; one that a city brought along is shown as it is."""
    return texts_of(f"pages.category_{code}", language).get(f"pages.category_{code}", code)


def _sign_in_page(*, next_address: str, username: str = "", fault: str = "") -> str:
    with database().transaction() as session:
        demo = list_open_sign_ins(session)
    return render_template(
        "sign_in.html",
        demo_accounts=demo,
        public_map=current_app.extensions["settings"].public_map,
        fault=fault,
        next_address=next_address,
        username=username,
    )


def _links_of(actor: Actor, language: str) -> list[dict[str, str]]:
    """List the pages the actor may use; a field page needs the post behind the account."""
    if actor.role == "visitor":
        return []
    return [
        {"address": url_for(endpoint), "name": translate(key, language)}
        for endpoint, key, action in PAGES
        if actor.may(action) and (endpoint != "field.show" or actor.role == "field")
    ]


def _name_of(area: Any) -> str:
    return str((language_of_request() == "en" and area.name_en) or area.name)


def _extent_of(areas: list[Any]) -> list[float] | None:
    bounds = [area.bounds for area in areas if area.bounds]
    if not bounds:
        return None
    west, south, east, north = zip(*bounds, strict=True)
    return [min(west), min(south), max(east), max(north)]


def _own_address(address: str) -> str:
    """Let only an address of this site pass: a forged link must not lead elsewhere after signing in."""
    parts = urlsplit(address)
    is_own = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_own and not parts.scheme and not parts.netloc else ""
