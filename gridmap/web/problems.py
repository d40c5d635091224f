"""Errors as answers: RFC 9457 problem details for machines, a page for people.

Whatever goes wrong between the request and the answer ends here, in the language of the request. No text of
an exception that GridMap did not mean to raise, and no SQL, leaves the house.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from apiflask import HTTPError
from flask import jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gridmap.errors import BadInput, FieldError, GridMapError, NotFound, NotSignedIn, TooMany, Unavailable
from gridmap.web.inputs import field_errors
from gridmap.web.open311_formats import OPEN311, answer_open311
from gridmap.web.sign_in import language_of_request

if TYPE_CHECKING:
    from apiflask import APIFlask
    from flask import Response

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5  # a database that restarts is back by then


class Refused(GridMapError):
    """What HTTP itself refuses; the status and the slug come with the message."""

    def __init__(self, status: int, slug: str, message: str, /, **details: Any) -> None:
        self.status = status  # type: ignore[misc]
        self.slug = slug  # type: ignore[misc]
        super().__init__(message, **details)


def answer_errors(app: APIFlask) -> None:
    """Register the answers to every kind of error."""

    @app.errorhandler(GridMapError)
    def answer_meant(error: GridMapError) -> Response:
        return answer(error)

    @app.errorhandler(CSRFError)
    def answer_csrf(_error: CSRFError) -> Response:
        return answer(Refused(400, "csrf", "csrf"))

    @app.errorhandler(HTTPException)
    def answer_http(error: HTTPException) -> Response | HTTPException:
        return error if error.code is None or error.code < 400 else answer(_of_http(error))

    @app.errorhandler(Exception)
    def answer_unmeant(error: Exception) -> Response:
        log.exception("%s %s", request.method, request.path, exc_info=error)
        return answer(GridMapError())

    @app.errorhandler(HTTPError)
    def answer_apiflask(error: HTTPError) -> Response:
        cause = error.__cause__
        if isinstance(cause, ValidationError):
            return answer(BadInput(fields=field_errors(cause)))
        return answer(Refused(error.status_code, "refused", "refused"))


def answer(error: GridMapError) -> Response:
    """Answer with the error: a page where a browser asked for one, else problem details."""
    language = language_of_request()
    if request.path.startswith(OPEN311):
        return answer_open311(error, language)
    problem = build_problem(error, language)
    if wants_page():
        page = render_template("error.html", problem=problem, language=language)
        response = make_response(page, error.status)
    else:
        response = jsonify(problem)
        response.status_code = error.status
        response.mimetype = PROBLEM_JSON
    response.headers["Content-Language"] = language
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.details.get("retry_after_s", RETRY_AFTER_S))
    elif isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    elif isinstance(error, NotSignedIn):
        response.headers["WWW-Authenticate"] = 'Bearer realm="gridmap"'
    return response


def build_problem(error: GridMapError, language: str) -> dict[str, Any]:
    """Build the problem details of an error.

    Returns
    -------
    dict
        ``type``, ``slug``, ``title``, ``status``, ``detail``; where there are any, ``details`` (named
        values), ``fields`` (wrong values), ``findings`` (broken rules).
    """
    problem: dict[str, Any] = {
        "type": f"urn:gridmap:problem:{error.slug}",
        "slug": error.slug,
        "title": error.title(language),
        "status": error.status,
        "detail": error.detail(language),
    }
    if error.details:
        problem["details"] = {name: _plain(value) for name, value in error.details.items()}
    if fields := getattr(error, "fields", ()):
        problem["fields"] = [_field(field, language) for field in fields]
    if findings := getattr(error, "findings", ()):
        problem["findings"] = list(findings)
    return problem


def wants_page() -> bool:
    """Tell whether a browser asked for a page; the API and the tiles never answer with one."""
    if request.path.startswith(("/api/", "/tiles/", "/openapi.json")):
        return False
    best = request.accept_mimetypes.best_match([PROBLEM_JSON, "application/json", "text/html"])
    return best == "text/html"


def _of_http(error: HTTPException) -> GridMapError:
    if error.code == 404:
        return NotFound("no_such_address")
    if error.code == 405:
        return Refused(405, "method_not_allowed", "method_not_allowed", method=request.method)
    if isinstance(error, RequestEntityTooLarge):
        limit = (request.max_content_length or 0) / 1_000_000
        return Refused(413, "too_large", "too_large", limit_mb=f"{limit:g}")
    if error.code == 415:
        return Refused(415, "wrong_type", "wrong_type")
    if error.code == 400 and request.is_json:
        return BadInput("bad_json")
    return Refused(error.code or 500, "refused", "refused")


def _field(field: FieldError, language: str) -> dict[str, str]:
    return {
        "where": field.where,
        "column": field.column,
        "reason": field.reason,
        "value": field.value,
        "hint": field.hint,
        "text": field.text(language),
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
