"""Pages of residents: report by the code on a door, follow by a secret link; both work without scripts."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for

from gridmap.errors import BadInput, Conflict, GridMapError, NotFound, TooMany
from gridmap.i18n import texts_of, translate
from gridmap.services.building_codes import note_use, open_code
from gridmap.services.field_codes import answers_for
from gridmap.services.issue_photos import MOST_BYTES
from gridmap.services.issue_steps import Given
from gridmap.services.resident_follows import (
    LONGEST_ADDITION,
    add_words,
    get_followed,
    get_reporters_photo,
    take_residents_step,
)
from gridmap.services.resident_reports import (
    LONGEST_TEXT,
    MOST_PHOTOS,
    list_choices,
    list_known,
    send_report,
)
from gridmap.settings import LOCAL_ZONE
from gridmap.web.addresses import official_address
from gridmap.web.sign_in import current_actor, database, language_of_request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from gridmap.services.building_codes import OpenCode

residents = Blueprint("residents", __name__)

LONGEST_NOTE = 1_000
ENVELOPE_BYTES = 20_000  # of the form around the photos


@residents.url_value_preprocessor
def allow_photos(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let a report with photos in; everywhere else bodies stay as small as they are."""
    if endpoint == "residents.report":
        request.max_content_length = MOST_PHOTOS * MOST_BYTES + ENVELOPE_BYTES


@residents.get("/r/<token>")
def show_report(token: str) -> ResponseReturnValue:
    """Show what a resident may report at a door."""
    with database().transaction() as session:
        code = open_code(session, token, _sender())
        page = None if code is None else _report_page(session, code, token)
    return _or_unknown(page)


@residents.post("/r/<token>")
def report(token: str) -> ResponseReturnValue:
    """Take a report and lead to its secret link; the form again, with what is wrong."""
    sender = _sender()
    with database().transaction() as session:
        code = open_code(session, token, sender)
    if code is None:
        raise NotFound("code_unknown")
    try:
        with database().transaction() as session:
            secret = send_report(
                session,
                code,
                sender,
                category=request.form.get("category", ""),
                text=request.form.get("text", "").replace("\r\n", "\n"),
                same_as=request.form.get("same", type=int),
                client_id=request.form.get("client_id", ""),
                photos=[one.read() for one in request.files.getlist("photos") if one.filename],
            )
    except (BadInput, TooMany) as error:
        with database().transaction() as session:
            if isinstance(error, BadInput) and request.files:
                note_use(session, code, sender)  # looking at a photo costs more than reading a form
            return _report_page(session, code, token, error), error.status
    return redirect(url_for("residents.follow", secret=secret), 303)


@residents.get("/f/<secret>")
def follow(secret: str) -> ResponseReturnValue:
    """Show what became of a report."""
    return _follow_page(secret)


@residents.get("/f/<secret>/photos/<id:photo_id>")
def show_photo(secret: str, photo_id: int) -> ResponseReturnValue:
    """Show the reporter a photo of the matter."""
    with database().transaction() as session:
        content = get_reporters_photo(session, secret, photo_id)
    return Response(content, mimetype="image/jpeg")


@residents.post("/f/<secret>")
def act(secret: str) -> ResponseReturnValue:
    """Take a step of the reporter: add to the text, withdraw, reopen, rate."""
    action, rating = request.form.get("action", ""), request.form.get("rating", type=int)
    given = Given(note=request.form.get("note", "")[:LONGEST_NOTE].replace("\0", ""), rating=rating)
    try:
        with database().transaction() as session:
            if action == "add":
                add_words(session, secret, request.form.get("words", "").replace("\r\n", "\n"))
            else:
                take_residents_step(session, secret, action, given)
    except (BadInput, Conflict) as error:
        return _follow_page(secret, error), error.status
    return redirect(url_for("residents.follow", secret=secret), 303)


def _report_page(session: Session, code: OpenCode, token: str, fault: GridMapError | None = None) -> str:
    language = language_of_request()
    return render_template(
        "report.html",
        code=code,
        token=token,
        choices=list_choices(session, language),
        known=list_known(session, code, language),
        chosen=request.form.get("category", ""),
        written=request.form.get("text", ""),
        client_id=str(uuid4()),
        longest=LONGEST_TEXT,
        most_photos=MOST_PHOTOS,
        faults=_faults_of(fault),
        host=official_address().partition("://")[2],
        local=_local_time,
        page_data=_script_data(),
        is_mine=answers_for(session, current_actor(session), code.building_id),
    )


def _follow_page(secret: str, fault: GridMapError | None = None) -> str:
    with database().transaction() as session:
        followed = get_followed(session, secret)
    return render_template(
        "follow.html",
        issue=followed,
        secret=secret,
        link=official_address() + url_for("residents.follow", secret=secret),
        longest=LONGEST_ADDITION,
        page_data=_script_data(),
        faults=_faults_of(fault),
        local=_local_time,
    )


def _script_data() -> dict[str, Any]:
    """Give the scripts the words of the warning, and no more: a phone loads them."""
    language = language_of_request()
    texts = texts_of("desk.warn", language) | texts_of("residents.photo", language)
    return {"language": language, "texts": texts}


def _or_unknown(page: Any) -> ResponseReturnValue:
    if page is None:
        raise NotFound("code_unknown")
    return page


def _faults_of(error: GridMapError | None) -> list[str]:
    language = language_of_request()
    if error is None:
        return []
    fields = [
        translate(f"reason.{field.reason}", language, value=field.value, hint=field.hint)
        for field in getattr(error, "fields", ())
    ]
    return fields or [error.detail(language)]


def _local_time(at: datetime) -> str:
    return at.astimezone(ZoneInfo(LOCAL_ZONE)).strftime("%Y-%m-%d %H:%M")


def network_of(address: str) -> str:
    """Give what stands for one connection: an IPv4 address, or the /64 that a line gets of IPv6."""
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    return str(known) if known.version == 4 else str(ip_network((known, 64), strict=False))


def _sender() -> str:
    """Give a digest of the sender's address that nobody can undo, another one each day."""
    day = datetime.now(ZoneInfo(LOCAL_ZONE)).date().isoformat()
    said = f"{day} {network_of(request.remote_addr or '')}".encode()
    return hmac.new(str(current_app.secret_key).encode(), said, hashlib.sha256).hexdigest()
