"""What comes in by Open311: reports as forms, filters as query strings. Empty is the same as absent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from flask import request

from gridmap.errors import BadInput, FieldError
from gridmap.services.open311_questions import read_instant
from gridmap.services.open311_reports import Report
from gridmap.services.open311_requests import CLOSED, MOST_ROWS, OPEN, SPAN, Wanted

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 500
MOST_PAGES = 10_000
TAKEN = frozenset(
    {"service_code", "lat", "long", "address_string", "address_id", "description", "datum", "api_key"}
    | {"jurisdiction_id", "extensions"}
)
EXTENSIONS = ("page", "page_size", "updated_after", "updated_before")
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]*)\](\[\])?")
_YES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class Sent:
    """A report with the key it came with.

    Attributes
    ----------
    not_kept
        Names of fields that were sent and are not kept.
    """

    api_key: str
    report: Report
    not_kept: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """Which part of a list, and whether the extensions were asked for."""

    number: int
    size: int
    extended: bool


def read_report() -> Sent:
    """Read the form of a report.

    Raises
    ------
    BadInput
        If it is no form in UTF-8, a field stands twice, or an extension is used that was not asked for.
    """
    single: dict[str, str] = {}
    answers: dict[str, list[str]] = {}
    faults: list[FieldError] = []
    for name, value in _read_form():
        if not value.strip():
            continue
        if found := _ATTRIBUTE.fullmatch(name):
            answers.setdefault(found[1], []).append(value.strip())
        elif name in single:
            faults.append(FieldError(name[:60], "", "api_repeated_parameter"))
        else:
            single[name] = value
    if "datum" in single and not _wants_extensions(single.get("extensions", "")):
        faults.append(FieldError("datum", "", "open311_extension"))
    if faults:
        raise BadInput(fields=faults)
    texts = {name: value.strip() for name, value in single.items() if name in TAKEN}
    report = Report(
        service_code=texts.get("service_code", ""),
        description=texts.get("description", ""),
        lat=texts.get("lat", ""),
        long=texts.get("long", ""),
        address_id=texts.get("address_id", ""),
        address_string=texts.get("address_string", ""),
        datum=texts.get("datum", "wgs84"),
        answers=answers,
    )
    return Sent(texts.get("api_key", ""), report, tuple(name for name in single if name not in TAKEN))


def _read_form() -> list[tuple[str, str]]:
    """Read name and value pairs; bytes that are no UTF-8 are refused, not replaced."""
    if request.mimetype == "multipart/form-data":
        raise BadInput(fields=[FieldError("Content-Type", "", "open311_no_files")])
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != FORM or charset not in ("utf-8", "utf8"):
        raise BadInput(fields=[FieldError("Content-Type", "", "open311_form", hint=f"{FORM}; charset=utf-8")])
    try:
        pairs = parse_qsl(
            request.get_data().decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except UnicodeDecodeError:
        raise BadInput(fields=[FieldError("body", "", "open311_not_utf8")]) from None
    except ValueError:
        fault = FieldError("body", "", "open311_fields", hint=str(MOST_FIELDS))
        raise BadInput(fields=[fault]) from None
    return [(name, value.replace("\r\n", "\n").replace("\r", "\n")) for name, value in pairs]


def read_wanted() -> tuple[Wanted, Page]:
    """Read which requests are asked for.

    Raises
    ------
    BadInput
        With everything that is wrong.
    """
    given = _given(request.args)
    faults: list[FieldError] = []
    page = _read_page(given, faults)
    ids = _split(given.get("service_request_id", ""))
    if len(ids) > MOST_ROWS:
        faults.append(FieldError("service_request_id", "", "open311_ids", hint=str(MOST_ROWS)))
    if ids and not faults:
        return Wanted(ids=ids), page
    statuses = _split(given.get("status", ""))
    for status in statuses:
        if status not in (OPEN, CLOSED):
            hint = f"{OPEN}, {CLOSED}"
            faults.append(FieldError("status", "", "api_not_one_of", value=status[:60], hint=hint))
    starts_at, ends_at = _read_span(given, "start_date", "end_date", faults)
    changed_from, changed_to = _read_span(given, "updated_after", "updated_before", faults)
    if faults:
        raise BadInput(fields=faults)
    codes = _split(given.get("service_code", ""))
    return Wanted((), codes, statuses, starts_at, ends_at, changed_from, changed_to), page


def read_wanted_updates() -> tuple[Wanted, Page]:
    """Read which updates are asked for: of some requests or services, between two instants.

    Raises
    ------
    BadInput
        With everything that is wrong, or if the extensions were not asked for.
    """
    given = _given(request.args)
    faults: list[FieldError] = []
    page = _read_page(given, faults)
    if not page.extended:
        faults.append(FieldError("extensions", "", "open311_extension"))
    ids = _split(given.get("service_request_id", ""))
    if len(ids) > MOST_ROWS:
        faults.append(FieldError("service_request_id", "", "open311_ids", hint=str(MOST_ROWS)))
    starts_at, ends_at = _read_span(given, "start_date", "end_date", faults)
    if faults:
        raise BadInput(fields=faults)
    if starts_at is None and not ids:
        starts_at = (ends_at or datetime.now().astimezone()) - SPAN
    codes = _split(given.get("service_code", ""))
    return Wanted(ids=ids, service_codes=codes, changed_from=starts_at, changed_to=ends_at), page


def wants_extensions() -> bool:
    """Tell whether the query string asks for the extensions."""
    return _wants_extensions(_given(request.args).get("extensions", ""))


def _wants_extensions(text: str) -> bool:
    wants = _YES.get(text.lower(), False if not text else None)
    if wants is None:
        fault = FieldError("extensions", "", "api_not_one_of", value=text[:60], hint="true, false")
        raise BadInput(fields=[fault])
    return wants


def _given(arguments: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in arguments.items() if value.strip()}


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _read_page(given: Mapping[str, str], faults: list[FieldError]) -> Page:
    extended = _wants_extensions(given.get("extensions", ""))
    if not extended:
        # Leaving `page` out of account would give a client the first part for ever.
        faults += [FieldError(name, "", "open311_extension") for name in EXTENSIONS if name in given]
    number = _read_count(given, "page", 1, MOST_PAGES, faults)
    return Page(number, _read_count(given, "page_size", MOST_ROWS, MOST_ROWS, faults), extended)


def _read_count(
    given: Mapping[str, str], name: str, default: int, most: int, faults: list[FieldError]
) -> int:
    text = given.get(name, str(default))
    if re.fullmatch(r"[0-9]{1,9}", text) and 1 <= int(text) <= most:
        return int(text)
    faults.append(FieldError(name, "", "api_out_of_range", value=text[:60], hint=f"1-{most}"))
    return default


def _read_span(
    given: Mapping[str, str], first: str, last: str, faults: list[FieldError]
) -> tuple[datetime | None, datetime | None]:
    """Read two instants in order, at most 90 days apart."""
    instants = [_read_one(given, name, faults) for name in (first, last)]
    starts_at, ends_at = instants
    if starts_at is not None and ends_at is not None:
        if starts_at > ends_at:
            faults.append(FieldError(last, "", "api_order"))
        elif ends_at - starts_at > SPAN:
            faults.append(FieldError(last, "", "open311_span", hint=str(SPAN.days)))
    return starts_at, ends_at


def _read_one(given: Mapping[str, str], name: str, faults: list[FieldError]) -> datetime | None:
    text = given.get(name, "")
    instant = read_instant(text) if text else None
    if text and instant is None:
        faults.append(FieldError(name, "", "api_not_an_instant", value=text[:60]))
    return instant


def list_names(names: Iterable[str]) -> str:
    """Put names of fields into one text, shortened."""
    return ", ".join(name[:60] for name in list(names)[:20])
