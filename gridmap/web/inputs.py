"""What comes in: models of query strings and bodies, and the errors that say what is wrong with them.

Everything unknown is refused: a parameter spelt wrongly would otherwise be a filter that does not filter.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from flask import current_app, request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from werkzeug.routing import IntegerConverter

from gridmap.errors import BadInput, FieldError

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

API_PREFIX = "/api/v1/"
LARGEST_ID = 2**63 - 1
LARGEST_PAGE = 1000
SHOWN = 60  # characters of a wrong value that are said back

Code = Annotated[str, Field(min_length=1, max_length=64)]
Words = Annotated[str, Field(min_length=1, max_length=200)]
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Moment = Annotated[
    AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))
]


class IdConverter(IntegerConverter):
    """An id in a path; a number that no id can have is an address that does not exist."""

    def __init__(self, map: Any) -> None:  # noqa: A002 - werkzeug's name
        super().__init__(map, min=1, max=LARGEST_ID)


class Input(BaseModel):
    """Base of everything that comes in."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=False)

    @model_validator(mode="before")
    @classmethod
    def _refuse_bad_characters(cls, data: Any) -> Any:
        if not _storable(data):
            raise ValueError("bad_character")
        return data


class PageQuery(Input):
    """Part of a list: what follows ``after``, at most ``limit`` items."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 100


class GeometryQuery(Input):
    """Whether geometries come along."""

    geometry: Annotated[bool, Field(description="1: with the geometry as GeoJSON")] = False


class PageByCode(PageQuery):
    """Part of a list ordered by code."""

    after: Annotated[str, Field(max_length=64, description="code of the last item already seen")] = ""


class PageById(PageQuery):
    """Part of a list ordered by id."""

    after: Annotated[int, Field(ge=0, le=LARGEST_ID, description="id of the last item already seen")] = 0


def _storable(value: Any) -> bool:
    """Tell whether PostgreSQL can keep every text in it: no NUL, no half of a surrogate pair."""
    if isinstance(value, str):
        return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return all(_storable(key) and _storable(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_storable(item) for item in value)
    return True


def refuse_bad_paths() -> None:
    """Refuse a NUL in the path (before each request): no thing has such a code."""
    if "\0" in request.path:
        raise BadInput(fields=[FieldError("path", "", "api_bad_character")])


def guard_api() -> None:
    """Look at each API request before its view does: known parameters only, and a body only as JSON."""
    if request.endpoint is None or not request.path.startswith(API_PREFIX):
        return
    _refuse_unknown_parameters(current_app.view_functions[request.endpoint])
    # A form of a foreign page can send the other types without asking first; where a view takes a file all
    # the same, the token that `secure` asks for beside every cookie stands against that.
    spec = getattr(current_app.view_functions[request.endpoint], "_spec", {})
    is_form = spec.get("content_type") == "multipart/form-data"
    wanted = request.mimetype == "multipart/form-data" if is_form else request.is_json
    if request.method in {"POST", "PUT", "PATCH"} and request.content_length and not wanted:
        current_app.aborter(415)


def _refuse_unknown_parameters(view: Any) -> None:
    known = {
        field.alias or name
        for model, place in getattr(view, "_spec", {}).get("args", [])
        if place == "query"
        for name, field in model.model_fields.items()
    }
    faults = []
    for name, values in request.args.lists():
        if name not in known:
            hint = ", ".join(sorted(known)) or "-"
            faults.append(FieldError("query", name[:SHOWN], "api_unknown_parameter", hint=hint))
        elif len(values) > 1:
            faults.append(FieldError("query", name, "api_repeated_parameter"))
    if faults:
        raise BadInput(fields=faults)


def field_errors(error: ValidationError) -> list[FieldError]:
    """Translate what pydantic found into our own field errors."""
    return [_field_error(found) for found in error.errors(include_url=False)]


REASONS = {
    "missing": "api_missing",
    "extra_forbidden": "api_unknown_field",
    "string_too_long": "api_too_long",
    "string_too_short": "api_too_short",
    "literal_error": "api_not_one_of",
    "enum": "api_not_one_of",
    "greater_than": "api_out_of_range",
    "greater_than_equal": "api_out_of_range",
    "less_than": "api_out_of_range",
    "less_than_equal": "api_out_of_range",
    "finite_number": "api_out_of_range",
    "int_parsing": "api_not_a_number",
    "int_type": "api_not_a_number",
    "int_from_float": "api_not_a_number",
    "float_parsing": "api_not_a_number",
    "float_type": "api_not_a_number",
    "timezone_aware": "api_not_an_instant",
    "datetime_parsing": "api_not_an_instant",
    "datetime_from_date_parsing": "api_not_an_instant",
    "datetime_type": "api_not_an_instant",
}
MODEL_FAULTS = {
    "order": "api_order",
    "point_or_address": "api_point_or_address",
    "walk_needs": "api_walk_needs",
    "issue_or_entry": "issue_or_entry",
    "api_missing": "api_missing",
    "area_or_station": "api_area_or_station",
}
BOUNDS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def _field_error(found: ErrorDetails) -> FieldError:
    context = found.get("ctx", {})
    reason = REASONS.get(found["type"], "api_wrong_value")
    message = str(context.get("error", ""))
    if message == "bad_character":
        reason = "api_bad_character"
    elif message in MODEL_FAULTS:
        reason = MODEL_FAULTS[message]
    hint = context.get("expected") or context.get("max_length") or context.get("min_length") or ""
    for name, sign in BOUNDS.items():
        if name in context:
            hint = f"{sign} {context[name]}"
    value = found["input"]
    shown = str(value)[:SHOWN] if isinstance(value, str | int | float) else ""
    column = ".".join(str(part) for part in found["loc"])
    if column.endswith("password"):
        shown = ""
    return FieldError("query" if request.method == "GET" else "body", column, reason, shown, str(hint))
