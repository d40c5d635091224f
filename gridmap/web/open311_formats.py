"""Answers of Open311: the same rows as XML, which every client reads, and as JSON.

In JSON a wrapper of equal elements is an array; a definition of a service and the discovery are objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Response, json, request

from gridmap.errors import BadInput, GridMapError, NotAllowed, NotFound, TooMany, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN311 = "/open311/"
XML, JSON = "xml", "json"
TYPES = {XML: "text/xml; charset=utf-8", JSON: "application/json; charset=utf-8"}
RETRY_AFTER_S = 5
ELEMENTS = {
    "services": "service",
    "service_requests": "request",
    "service_requests_updates": "request_update",
    "errors": "error",
    "attributes": "attribute",
    "extended_attributes": "attribute",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What the elements of a wrapper are called; for ``values`` it depends on what they are."""


def answer_rows(wrapper: str, rows: Sequence[Mapping[str, Any]], kind: str, *, status: int = 200) -> Response:
    """Answer with rows: an element around them in XML, an array in JSON."""
    return _answer(_build(wrapper, rows), rows, kind, status)


def answer_object(name: str, fields: Mapping[str, Any], kind: str) -> Response:
    """Answer with one thing that has fields."""
    return _answer(_build(name, fields), fields, kind, 200)


def answer_open311(error: GridMapError, language: str) -> Response:
    """Answer with an error as Open311 writes it, in the format of the address asked for.

    404 is for what does not exist, 403 for keys, 400 for everything else a client does wrong; the code in
    the body may say it more precisely.
    """
    texts = [error.detail(language)]
    if isinstance(error, BadInput) and error.fields:
        texts = [field.text(language) for field in error.fields]
    rows = [{"code": str(error.status), "description": text} for text in texts]
    kind = JSON if request.path.endswith(".json") else XML
    response = answer_rows("errors", rows, kind, status=_status_of(error))
    response.headers["Content-Language"] = language
    if isinstance(error, TooMany | Unavailable):
        response.headers["Retry-After"] = str(error.details.get("retry_after_s", RETRY_AFTER_S))
    return response


def _status_of(error: GridMapError) -> int:
    if isinstance(error, NotFound) or error.status >= 500:
        return error.status
    return 403 if isinstance(error, NotAllowed | TooMany) else 400


def _answer(root: Element, plain: Any, kind: str, status: int) -> Response:
    if kind == JSON:
        body: str | bytes = json.dumps(plain)
    else:
        body = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, status=status, content_type=TYPES[kind])


def _build(name: str, value: Any) -> Element:
    element = Element(name)
    _fill(element, value)
    return element


def _fill(element: Element, value: Any) -> None:
    if isinstance(value, Mapping):
        for name, part in value.items():
            _fill(SubElement(element, name), part)
    elif isinstance(value, list | tuple):
        for part in value:
            _fill(SubElement(element, ELEMENTS.get(element.tag, "value")), part)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = str(value)
