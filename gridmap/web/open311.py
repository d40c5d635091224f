"""Open311 GeoReport v2: applications report issues and follow what becomes of them.

The key of an application comes in the body of a report; who reads may send it as a bearer token and then sees
what the key allows. No cookie acts here.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request, url_for

from gridmap.errors import NotAllowed, NotFound
from gridmap.i18n import translate
from gridmap.services import open311_register, open311_reports, open311_requests, photo_releases
from gridmap.services.open311_keys import READER, find_application
from gridmap.web import open311_forms as forms
from gridmap.web.addresses import official_address
from gridmap.web.open311_formats import JSON, TYPES, XML, answer_object, answer_rows
from gridmap.web.sign_in import database, language_of_request, sends_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from gridmap.services.actors import Actor
    from gridmap.services.open311_requests import Found

open311 = Blueprint("open311", __name__, url_prefix="/open311")

KIND = "<any(xml,json):kind>"
CHANGESET = "2026-11-21T17:30:00+08:00"
"""When the discovery document changed last."""
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


def read_only(view: Callable[..., Response]) -> Callable[..., Response]:
    """Wrap a view into one transaction; it gets the session and who reads first."""

    @wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Response:
        with database().transaction() as session:
            return view(session, _reader(session), *args, **kwargs)

    return inside


def _reader(session: Session) -> Actor:
    if not sends_token():
        return READER
    given = request.authorization
    if given is None or given.type != "bearer":
        raise NotAllowed("open311_key_unknown")
    return find_application(session, given.token or "").actor


@open311.get(f"/discovery.{KIND}")
def show_discovery(kind: str) -> Response:
    """Say where the interface is, and how to get a key."""
    language = language_of_request()
    contact = current_app.extensions["settings"].open311_contact
    discovery = {
        "changeset": CHANGESET,
        "contact": contact or translate("open311.contact", language),
        "key_service": translate("open311.key_service", language),
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": url_for(".list_services", kind=XML, _external=True).removesuffix("/services.xml"),
                "changeset": CHANGESET,
                "type": "production",
                "formats": [TYPES[kind].partition(";")[0] for kind in (XML, JSON)],
            }
        ],
    }
    return answer_object("discovery", discovery, kind)


@open311.get(f"/v2/services.{KIND}")
@read_only
def list_services(session: Session, actor: Actor, kind: str) -> Response:
    """List the services."""
    return answer_rows(
        "services", open311_register.list_services(session, actor, language_of_request()), kind
    )


@open311.get(f"/v2/services/<code>.{KIND}")
@read_only
def show_service(session: Session, actor: Actor, code: str, kind: str) -> Response:
    """Show the definition of a service: what is asked with a report."""
    definition = open311_register.describe_service(session, actor, code, language_of_request())
    return answer_object("service_definition", definition, kind)


@open311.post(f"/v2/requests.{KIND}")
def create_request(kind: str) -> Response:
    """Take a report."""
    sent = forms.read_report()
    with database().transaction() as session:
        application = find_application(session, sent.api_key)
        receipt = open311_reports.report_request(
            session, application.actor, sent.report, key_id=application.key_id
        )
    language = language_of_request()
    notice = translate(f"open311.notice_{receipt.type}", language)
    if sent.not_kept:
        notice += translate("open311.not_kept", language, names=forms.list_names(sent.not_kept))
    # Never both, as the specification has it; neither for a service that shows nothing.
    numbers = {"service_request_id": receipt.service_request_id, "token": receipt.token}
    row = {name: value for name, value in numbers.items() if value is not None}
    return answer_rows("service_requests", [row | {"service_notice": notice, "account_id": None}], kind)


@open311.get(f"/v2/tokens/<token>.{KIND}")
@read_only
def show_token(session: Session, actor: Actor, token: str, kind: str) -> Response:
    """Give the id of the request that a token stands for."""
    request_id = open311_reports.find_by_token(session, actor, token)
    return answer_rows("service_requests", [{"service_request_id": request_id, "token": token}], kind)


@open311.get(f"/v2/requests.{KIND}")
@read_only
def list_requests(session: Session, actor: Actor, kind: str) -> Response:
    """List requests."""
    wanted, page = forms.read_wanted()
    found = open311_requests.list_requests(
        session,
        actor,
        wanted,
        language_of_request(),
        page=page.number,
        page_size=page.size,
        extended=page.extended,
        address_of=_media_address,
    )
    return _answer_part("service_requests", found, page, kind)


@open311.get(f"/v2/requests/<request_id>.{KIND}")
@read_only
def show_request(session: Session, actor: Actor, request_id: str, kind: str) -> Response:
    """Show one request."""
    extended = forms.wants_extensions()
    if "," in request_id:
        raise NotFound("open311_no_request", ids=request_id[:200])
    wanted = open311_requests.Wanted(ids=(request_id,))
    found = open311_requests.list_requests(
        session, actor, wanted, language_of_request(), extended=extended, address_of=_media_address
    )
    return answer_rows("service_requests", found.items, kind)


@open311.get("/v2/media/<code>.jpg")
def show_media(code: str) -> Response:
    """Show a photo that was released, whoever asks; any page may have it in itself."""
    with database().transaction() as session:
        content = photo_releases.get_public_photo(session, READER, code)
    response = Response(content, mimetype="image/jpeg")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@open311.get(f"/v2/servicerequestupdates.{KIND}")
@read_only
def list_updates(session: Session, actor: Actor, kind: str) -> Response:
    """List what happened to requests; an extension."""
    wanted, page = forms.read_wanted_updates()
    found = open311_requests.list_updates(
        session, actor, wanted, language_of_request(), page=page.number, page_size=page.size
    )
    return _answer_part("service_requests_updates", found, page, kind)


def _media_address(code: str) -> str:
    return official_address() + url_for(".show_media", code=code)


def _answer_part(wrapper: str, found: Found, page: forms.Page, kind: str) -> Response:
    """Answer with a part of a list; a header says where the next is, so that nothing is cut off unsaid."""
    response = answer_rows(wrapper, found.items, kind)
    if found.has_more:
        asked = {**request.args.to_dict(), "extensions": "true", "page": page.number + 1}
        response.headers["Link"] = f'<{request.base_url}?{urlencode(asked)}>; rel="next"'
    return response
